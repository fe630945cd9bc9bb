/* SPDX-License-Identifier: MIT */
/* Provider states: who sets them up says what came of it, and which values they got. */
#include "contract/verify_internal.h"

#include <string.h>

#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/canonical_internal.h"

/* Longest answer of a state callback. */
#define VALUES_LIMIT ((size_t)1 << 20)

char *msvc__states_list(const struct msvc__interaction *interaction)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    char *list;

    for (size_t i = 0; i < interaction->state_count; i++) {
        msvc_buffer_text(&text, i > 0 ? " and " : "");
        msvc_buffer_text(&text, interaction->states[i].name);
    }
    list = text.length > 0 ? msvc_buffer_steal(&text) : msvc__copy_text("");
    msvc_buffer_clear(&text);
    return list;
}

/* Append the members of an object, if it is one. */
static int add_members(struct msvc_buffer *out, const char *json, size_t length)
{
    struct msvc_json_document *document = NULL;
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    int status = msvc_json_parse(&document, json, length, NULL, NULL);

    if (status == 0 && msvc_json_type(msvc_json_root(document)) != MSVC_JSON_OBJECT)
        status = MSVC_ERR_MALFORMED;
    if (status == 0)
        status = msvc__canonical(&text, msvc_json_root(document));
    if (status == 0 && text.length > 2) { /* without the braces */
        msvc_buffer_bytes(out, text.data + 1, text.length - 2);
        msvc_buffer_byte(out, ',');
    }
    msvc_buffer_clear(&text);
    msvc_json_free(document);
    return status;
}

static void note(struct msvc__result *result, const struct msvc__state *state, int status,
                 const char *what, const struct msvc_error *err)
{
    msvc__mismatch_add(
        &result->mismatches,
        &(struct msvc_contract_mismatch){
            .part = "state", .path = state->name, .actual = msvc_status_name(status) },
        "%s%s%s", status == MSVC_ERR_NOT_FOUND ? "the provider does not know this state" : what,
        err->status < 0 ? ": " : "", err->status < 0 ? err->message : "");
}

static int ask(const struct msvc_contract_options *options, const struct msvc__state *state,
               bool is_teardown, struct msvc_buffer *values, struct msvc_error *err)
{
    const struct msvc_contract_state wanted = { .name = state->name,
                                                .params = state->params,
                                                .is_teardown = is_teardown };
    int status;

    msvc_error_set(err, 0, MSVC__CONTRACT, 0, " ");
    status = options->state(&wanted, values, options->user, err);
    if (status == MSVC_ERR_NOT_FOUND && state->name[0] == '\0')
        status = 0;
    return status < 0 ? status : 0;
}

static int set_up(const struct msvc_contract_options *options, const struct msvc__state *state,
                  struct msvc_buffer *values, struct msvc_error *err)
{
    struct msvc_buffer own = { .limit = VALUES_LIMIT };
    int status = ask(options, state, false, &own, err);

    if (status == 0)
        status = msvc_buffer_status(&own);
    if (status == 0 && own.length > 0)
        status = add_members(values, own.data, own.length);
    if (status == MSVC_ERR_MALFORMED && err->status == 0)
        (void)msvc_error_set(err, status, MSVC__CONTRACT, 0,
                             "expected a JSON object as its values");
    msvc_buffer_clear(&own);
    return status;
}

/* An interaction that names no state is announced with one without a name. */
static const struct msvc__state *states_of(const struct msvc__interaction *interaction,
                                           size_t *count)
{
    static char empty[] = "";
    static char none[] = "{}";
    static const struct msvc__state unnamed = { .name = empty, .params = none };

    *count = interaction->state_count > 0 ? interaction->state_count : 1;
    return interaction->state_count > 0 ? interaction->states : &unnamed;
}

bool msvc__states_set_up(struct msvc__result *result, const struct msvc_contract_options *options,
                         const struct msvc__interaction *interaction, struct msvc_buffer *values)
{
    size_t count;
    const struct msvc__state *states = states_of(interaction, &count);
    struct msvc_error err;

    for (size_t i = 0; i < interaction->state_count; i++)
        (void)add_members(values, states[i].params, strlen(states[i].params));
    result->has_unset_states = options->state == NULL && interaction->state_count > 0;
    for (size_t i = 0; options->state != NULL && i < count; i++) {
        int status = set_up(options, &states[i], values, &err);

        if (status < 0) {
            note(result, &states[i], status, "the state could not be set up", &err);
            return false;
        }
    }
    return true;
}

void msvc__states_tear_down(struct msvc__result *result,
                            const struct msvc_contract_options *options,
                            const struct msvc__interaction *interaction)
{
    size_t count;
    const struct msvc__state *states = states_of(interaction, &count);
    struct msvc_error err;

    if (options->state == NULL || !options->tears_down_states)
        return;
    for (size_t i = 0; i < count; i++) {
        struct msvc_buffer ignored = { .limit = VALUES_LIMIT };
        int status = ask(options, &states[i], true, &ignored, &err);

        msvc_buffer_clear(&ignored);
        if (status < 0)
            note(result, &states[i], status, "the state could not be torn down", &err);
    }
}
