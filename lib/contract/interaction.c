/* SPDX-License-Identifier: MIT */
/*
 * One interaction. Its key is its kind, its description and its states; its
 * text is the whole of it in the one form it is written in, so that two are
 * the same when their texts are. What we know nothing of lives on in the text.
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

#define RESPONSES_MAX 1000

static int no_memory(struct msvc_error *err)
{
    return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
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
    msvc_buffer_text(&key, msvc__kind_name(x->kind));
    text = msvc_buffer_status(&key) == 0 ? msvc_buffer_steal(&key) : NULL;
    msvc_buffer_clear(&key);
    return text;
}

static const char *const kind_names[] = {
    [MSVC_PACT_KIND_HTTP] = "Synchronous/HTTP",
    [MSVC_PACT_KIND_MESSAGE] = "Asynchronous/Messages",
    [MSVC_PACT_KIND_SYNCHRONOUS_MESSAGE] = "Synchronous/Messages",
};

const char *msvc__kind_name(enum msvc_pact_kind kind)
{
    return kind_names[kind];
}

static int read_kind(enum msvc_pact_kind *out, const struct msvc_json *json, struct msvc_error *err)
{
    const char *name = msvc_json_string(msvc_json_member(json, "type"), NULL);

    for (size_t i = 0; name != NULL && i < sizeof(kind_names) / sizeof(kind_names[0]); i++) {
        if (strcmp(kind_names[i], name) == 0) {
            *out = (enum msvc_pact_kind)i;
            return 0;
        }
    }
    return msvc_error_set(err, MSVC_ERR_MALFORMED, MSVC__CONTRACT, 0,
                          "expected type to be \"Synchronous/HTTP\", \"Asynchronous/Messages\" or "
                          "\"Synchronous/Messages\", found %s%s%s",
                          name != NULL ? "\"" : "", name != NULL ? name : "none",
                          name != NULL ? "\"" : "");
}

static int new_responses(struct msvc__interaction *x, size_t count, struct msvc_error *err)
{
    if (count > RESPONSES_MAX)
        return msvc_error_set(err, MSVC_ERR_LIMIT, MSVC__CONTRACT, 0, "more than %d responses",
                              RESPONSES_MAX);
    x->responses = msvc__new_array(count + 1, sizeof(*x->responses));
    return x->responses != NULL ? 0 : no_memory(err);
}

static int read_http(struct msvc__interaction *x, const struct msvc_json *json, unsigned version,
                     struct msvc_error *err)
{
    int status = new_responses(x, 1, err);

    if (status == 0)
        status =
            msvc__part_read(&x->request, msvc_json_member(json, "request"), true, version, err);
    if (status < 0)
        return status;
    x->response_count = 1;
    return msvc__part_read(&x->responses[0], msvc_json_member(json, "response"), false, version,
                           err);
}

static int read_message(struct msvc__interaction *x, const struct msvc_json *json, unsigned version,
                        struct msvc_error *err)
{
    int status = new_responses(x, 1, err);

    if (status < 0)
        return status;
    x->response_count = 1;
    return msvc__message_read(&x->responses[0], json, version, err);
}

/* A request and a list of responses; one alone may stand without a list. */
static int read_synchronous(struct msvc__interaction *x, const struct msvc_json *json,
                            unsigned version, struct msvc_error *err)
{
    const struct msvc_json *response = msvc_json_member(json, "response");
    bool is_list = msvc_json_type(response) == MSVC_JSON_ARRAY;
    const struct msvc_json *one = is_list ? msvc_json_first(response) : response;
    size_t count = is_list ? msvc_json_count(response) : response != NULL;
    int status = new_responses(x, count, err);

    if (status == 0 && (status = msvc__message_read(&x->request, msvc_json_member(json, "request"),
                                                    version, err)) < 0)
        msvc_error_prefix(err, "request");
    for (size_t i = 0; status == 0 && i < count; i++, one = msvc_json_next(one)) {
        status = msvc__message_read(&x->responses[i], one, version, err);
        if (status < 0)
            msvc_error_prefix(err, "response %zu", i + 1);
        x->response_count++;
    }
    return status;
}

static int read_parts(struct msvc__interaction *x, const struct msvc_json *json, unsigned version,
                      struct msvc_error *err)
{
    switch (x->kind) {
    case MSVC_PACT_KIND_MESSAGE:
        return read_message(x, json, version, err);
    case MSVC_PACT_KIND_SYNCHRONOUS_MESSAGE:
        return read_synchronous(x, json, version, err);
    default:
        return read_http(x, json, version, err);
    }
}

/* A document of its own, for what is looked at rarely. */
static int keep_object(struct msvc_json_document **out, const struct msvc_json *json,
                       struct msvc_error *err)
{
    char *text;
    int status;

    if (msvc_json_type(json) != MSVC_JSON_OBJECT)
        return 0;
    text = msvc__canonical_copy(json);
    if (text == NULL)
        return no_memory(err);
    status = msvc_json_parse(out, text, strlen(text), NULL, err);
    free(text);
    return status;
}

/* What version 4 and brokers say about an interaction beside its parts. */
static int read_marks(struct msvc__interaction *x, const struct msvc_json *json,
                      struct msvc_error *err)
{
    const char *id = msvc_json_string(msvc_json_member(json, "_id"), NULL);

    x->is_pending = msvc_json_type(msvc_json_member(json, "pending")) == MSVC_JSON_TRUE;
    x->needs_plugin = msvc_json_count(msvc_json_member(json, "pluginConfiguration")) > 0;
    x->id = msvc__copy_text(id);
    if (id != NULL && x->id == NULL)
        return no_memory(err);
    return keep_object(&x->comments, msvc_json_member(json, "comments"), err);
}

/* What tells it from others. */
static int read_outline(struct msvc__interaction *x, const struct msvc_json *json, unsigned version,
                        struct msvc_error *err)
{
    const char *description = msvc_json_string(msvc_json_member(json, "description"), NULL);
    int status = 0;

    if (description == NULL)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, MSVC__CONTRACT, 0,
                              "expected an interaction to be an object with a description");
    x->description = msvc__copy_text(description);
    x->text = msvc__canonical_copy(json);
    if (x->description == NULL || x->text == NULL)
        return no_memory(err);
    if (version >= 4)
        status = read_kind(&x->kind, json, err);
    if (status == 0)
        status = msvc__states_read(x, json, err);
    if (status < 0)
        return status;
    x->key = make_key(x);
    return x->key != NULL ? 0 : no_memory(err);
}

static int read_into(struct msvc__interaction *x, const struct msvc_json *json, unsigned version,
                     enum msvc__reading reading, struct msvc_error *err)
{
    int status = read_outline(x, json, version, err);

    if (status < 0 || reading == MSVC__READ_OUTLINE)
        return status;
    status = read_parts(x, json, version, err);
    return status == 0 ? read_marks(x, json, err) : status;
}

int msvc__interaction_read(struct msvc__interaction **out, const struct msvc_json *json,
                           enum msvc_pact_kind kind, unsigned version, enum msvc__reading reading,
                           struct msvc_error *err)
{
    struct msvc__interaction *x = msvc__new(sizeof(*x));
    int status;

    if (x == NULL)
        return no_memory(err);
    x->kind = kind;
    status = read_into(x, json, version, reading, err);
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
    for (size_t i = 0; i < x->response_count; i++)
        msvc__part_clear(&x->responses[i]);
    free(x->responses);
    msvc_json_free(x->comments);
    free(x->description);
    free(x->text);
    free(x->key);
    free(x->id);
    free(x);
}
