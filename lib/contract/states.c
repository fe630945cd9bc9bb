/* SPDX-License-Identifier: MIT */
/* What must be so at the provider before an interaction. */
#include <stdlib.h>
#include <string.h>

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

static int add_state(struct msvc__interaction *x, const char *name, const struct msvc_json *params,
                     struct msvc_error *err)
{
    struct msvc__state *state = &x->states[x->state_count];

    if (name == NULL)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, MSVC__CONTRACT, 0,
                              "expected a provider state to have a name");
    state->name = msvc__copy_text(name);
    state->params = msvc_json_type(params) == MSVC_JSON_OBJECT ? msvc__canonical_copy(params)
                                                               : msvc__copy_text("{}");
    x->state_count++;
    return state->name != NULL && state->params != NULL ? 0 : no_memory(err);
}

/* Version 3 has a list; versions 1 and 2 one text, under one of two names. */
int msvc__states_read(struct msvc__interaction *x, const struct msvc_json *json,
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
