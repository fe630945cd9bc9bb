/* SPDX-License-Identifier: MIT */
/* Provider states: a URL that is asked, or a command that is run. */
#include "contract/cli/hooks_internal.h"

#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "contract/cli/spawn_internal.h"

#define UNKNOWN_STATE 2 /* what the command exits with */

static int write_request(struct msvc_buffer *out, const struct msvc_contract_state *state)
{
    struct msvc_json_writer w;

    msvc_json_writer_init(&w, out);
    msvc_json_begin_object(&w);
    msvc_json_member_text(&w, "action", state->is_teardown ? "teardown" : "setup");
    msvc_json_key(&w, "params");
    msvc_json_raw(&w, state->params, strlen(state->params));
    msvc_json_member_text(&w, "state", state->name);
    msvc_json_end_object(&w);
    return msvc_json_writer_status(&w);
}

/* An answer that is no JSON object says nothing: many handlers answer "ok". */
static void take_values(struct msvc_buffer *values, const char *text, size_t length)
{
    struct msvc_json_document *document = NULL;

    if (msvc_json_parse(&document, text, length, NULL, NULL) == 0 &&
        msvc_json_type(msvc_json_root(document)) == MSVC_JSON_OBJECT)
        msvc_buffer_bytes(values, text, length);
    msvc_json_free(document);
}

static int post(const struct cli_peer *peer, const struct msvc_buffer *body,
                struct msvc_buffer *values, struct msvc_error *err)
{
    struct msvc_http_answer *answer = NULL;
    const char *text;
    size_t length = 0;
    int code;
    int status = msvc_http_call(peer->transport,
                                MSVC_HTTP_REQUEST(.method = "POST", .target = peer->target,
                                                  .body = body->data, .body_length = body->length),
                                &answer, err);

    if (status < 0)
        return status;
    code = msvc_http_answer_status(answer);
    text = msvc_http_answer_body(answer, &length);
    if (code >= 200 && code < 300)
        take_values(values, text, length);
    else
        status = msvc_error_set(err, code == 404 ? MSVC_ERR_NOT_FOUND : MSVC_ERR_REFUSED, "verify",
                                code, "the state URL answered %d", code);
    msvc_http_answer_free(answer);
    return status;
}

static int run(const struct cli_hooks *hooks, const struct msvc_buffer *body,
               struct msvc_buffer *values, struct msvc_error *err)
{
    struct msvc_buffer output = { .limit = (size_t)1 << 20 };
    int code =
        cli_spawn(hooks->state_command, body->data, body->length, hooks->timeout_ms, &output, err);

    if (code == 0)
        take_values(values, output.data != NULL ? output.data : "", output.length);
    else if (code > 0)
        code = msvc_error_set(err, code == UNKNOWN_STATE ? MSVC_ERR_NOT_FOUND : MSVC_ERR_REFUSED,
                              "verify", code, "the state command exited with %d", code);
    msvc_buffer_clear(&output);
    return code;
}

int cli_hooks_state(const struct cli_hooks *hooks, const struct msvc_contract_state *state,
                    struct msvc_buffer *values, struct msvc_error *err)
{
    struct msvc_buffer body = MSVC_BUFFER_INIT;
    int status = write_request(&body, state);

    if (status == 0 && hooks->states.transport != NULL)
        status = post(&hooks->states, &body, values, err);
    if (status == 0 && hooks->state_command != NULL)
        status = run(hooks, &body, values, err);
    msvc_buffer_clear(&body);
    return status;
}
