/* SPDX-License-Identifier: MIT */
/*
 * One interaction. Its key is its description and its states; its text is the
 * whole of it in the one form it is written in, so that two are the same when
 * their texts are.
 */
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/canonical_internal.h"
#include "contract/model_internal.h"

#define STATES_MAX 1000

static int no_memory(struct msvc_error *err)
{
    return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
}

static char *canonical_copy(const struct msvc_json *json)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    char *copy = msvc__canonical(&text, json) == 0 ? msvc_buffer_steal(&text) : NULL;

    msvc_buffer_clear(&text);
    return copy;
}

static int add_state(struct msvc__interaction *x, const char *name, const struct msvc_json *params,
                     struct msvc_error *err)
{
    struct msvc__state *state = &x->states[x->state_count];

    if (name == NULL)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, MSVC__CONTRACT, 0,
                              "expected a provider state to have a name");
    state->name = msvc__copy_text(name);
    state->params =
        msvc_json_type(params) == MSVC_JSON_OBJECT ? canonical_copy(params) : msvc__copy_text("{}");
    x->state_count++;
    return state->name != NULL && state->params != NULL ? 0 : no_memory(err);
}

/* Version 3 has a list; versions 1 and 2 one text, under one of two names. */
static int read_states(struct msvc__interaction *x, const struct msvc_json *json,
                       struct msvc_error *err)
{
    const struct msvc_json *list = msvc_json_member(json, "providerStates");
    const struct msvc_json *one = msvc_json_member(json, "providerState");
    size_t count = msvc_json_count(list);
    int status = 0;

    if (count > STATES_MAX)
        return msvc_error_set(err, MSVC_ERR_LIMIT, MSVC__CONTRACT, 0, "more than %d states",
                              STATES_MAX);
    if (one == NULL)
        one = msvc_json_member(json, "provider_state");
    x->states = msvc__new_array(count + 1, sizeof(*x->states));
    if (x->states == NULL)
        return no_memory(err);
    if (msvc_json_type(list) == MSVC_JSON_ARRAY) {
        for (const struct msvc_json *state = msvc_json_first(list); status == 0 && state != NULL;
             state = msvc_json_next(state))
            status = add_state(x, msvc_json_string(msvc_json_member(state, "name"), NULL),
                               msvc_json_member(state, "params"), err);
        return status;
    }
    if (one == NULL || msvc_json_type(one) == MSVC_JSON_NULL)
        return 0;
    return add_state(x, msvc_json_string(one, NULL), NULL, err);
}

static char *make_key(const struct msvc__interaction *x)
{
    struct msvc_buffer key = MSVC_BUFFER_INIT;
    char *text;

    msvc__canonical_text(&key, x->description, strlen(x->description));
    for (size_t i = 0; i < x->state_count; i++) {
        msvc__canonical_text(&key, x->states[i].name, strlen(x->states[i].name));
        msvc_buffer_text(&key, x->states[i].params);
    }
    text = msvc_buffer_status(&key) == 0 ? msvc_buffer_steal(&key) : NULL;
    msvc_buffer_clear(&key);
    return text;
}

static int read_into(struct msvc__interaction *x, const struct msvc_json *json, unsigned version,
                     struct msvc_error *err)
{
    const char *description = msvc_json_string(msvc_json_member(json, "description"), NULL);
    int status;

    if (description == NULL)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, MSVC__CONTRACT, 0,
                              "expected an interaction to be an object with a description");
    x->description = msvc__copy_text(description);
    x->text = canonical_copy(json);
    if (x->description == NULL || x->text == NULL)
        return no_memory(err);
    status = read_states(x, json, err);
    if (status == 0)
        status =
            msvc__part_read(&x->request, msvc_json_member(json, "request"), true, version, err);
    if (status == 0)
        status =
            msvc__part_read(&x->response, msvc_json_member(json, "response"), false, version, err);
    if (status < 0)
        return status;
    x->key = make_key(x);
    return x->key != NULL ? 0 : no_memory(err);
}

int msvc__interaction_read(struct msvc__interaction **out, const struct msvc_json *json,
                           unsigned version, struct msvc_error *err)
{
    struct msvc__interaction *x = msvc__new(sizeof(*x));
    int status;

    if (x == NULL)
        return no_memory(err);
    status = read_into(x, json, version, err);
    if (status < 0) {
        if (x->description != NULL)
            msvc_error_prefix(err, "interaction \"%s\"", x->description);
        msvc__interaction_free(x);
        return status;
    }
    *out = x;
    return 0;
}

void msvc__interaction_free(struct msvc__interaction *x)
{
    if (x == NULL)
        return;
    for (size_t i = 0; i < x->state_count; i++) {
        free(x->states[i].name);
        free(x->states[i].params);
    }
    free(x->states);
    msvc__part_clear(&x->request);
    msvc__part_clear(&x->response);
    free(x->description);
    free(x->text);
    free(x->key);
    free(x);
}
