/* SPDX-License-Identifier: MIT */
/*
 * Messages over HTTP, as every implementation of Pact asks for them: POST the
 * description and the states, get the message as the body, its metadata in a
 * header in base64.
 */
#include "contract/cli/hooks_internal.h"

#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "message/base64_internal.h"

#define METADATA_HEADER "Pact-Message-Metadata"

/* As version 4 writes contents. */
static void write_contents(struct msvc_json_writer *w, const struct msvc_contract_message *wanted)
{
    struct msvc_json_document *document = NULL;
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    bool is_json =
        msvc_json_parse(&document, wanted->request, wanted->request_length, NULL, NULL) == 0;

    msvc_json_begin_object(w);
    msvc_json_key(w, "content");
    if (is_json) {
        msvc_json_raw(w, wanted->request, wanted->request_length);
    } else {
        msvc__base64_append(&text, wanted->request, wanted->request_length);
        msvc_json_text(w, text.data != NULL ? text.data : "");
    }
    msvc_json_member_text(w, "contentType", wanted->request_type);
    msvc_json_key(w, "encoded");
    if (is_json)
        msvc_json_bool(w, false);
    else
        msvc_json_text(w, "base64");
    msvc_json_end_object(w);
    msvc_json_free(document);
    msvc_buffer_clear(&text);
}

static void write_sent(struct msvc_json_writer *w, const struct msvc_contract_message *wanted)
{
    msvc_json_key(w, "request");
    msvc_json_begin_object(w);
    msvc_json_key(w, "contents");
    write_contents(w, wanted);
    msvc_json_key(w, "metadata");
    msvc_json_raw(w, wanted->request_metadata, strlen(wanted->request_metadata));
    msvc_json_end_object(w);
}

static int write_request(struct msvc_buffer *out, const struct msvc_contract_message *wanted)
{
    struct msvc_json_writer w;

    msvc_json_writer_init(&w, out);
    msvc_json_begin_object(&w);
    msvc_json_member_text(&w, "description", wanted->description);
    msvc_json_key(&w, "providerStates");
    msvc_json_raw(&w, wanted->states, strlen(wanted->states));
    if (wanted->request != NULL)
        write_sent(&w, wanted);
    msvc_json_end_object(&w);
    return msvc_json_writer_status(&w);
}

static int take_message(const struct msvc_contract_message *wanted,
                        const struct msvc_http_answer *answer, struct msvc_error *err)
{
    const char *metadata = msvc_http_answer_header(answer, METADATA_HEADER, 0);
    const char *type = msvc_http_answer_header(answer, "Content-Type", 0);
    int code = msvc_http_answer_status(answer);
    size_t length = 0;
    const char *body = msvc_http_answer_body(answer, &length);

    if (code < 200 || code > 299)
        return msvc_error_set(err, code == 404 ? MSVC_ERR_NOT_FOUND : MSVC_ERR_REFUSED, "verify",
                              code, "the message URL answered %d", code);
    if (metadata != NULL && !msvc__base64_decode(wanted->metadata, metadata, strlen(metadata)))
        return msvc_error_set(err, MSVC_ERR_MALFORMED, "verify", 0,
                              "expected base64 in " METADATA_HEADER ", found \"%s\"", metadata);
    msvc_buffer_bytes(wanted->body, body, length);
    if (type != NULL)
        msvc_buffer_text(wanted->type, type);
    return 0;
}

int cli_hooks_message(const struct cli_hooks *hooks, const struct msvc_contract_message *wanted,
                      struct msvc_error *err)
{
    struct msvc_buffer body = MSVC_BUFFER_INIT;
    struct msvc_http_answer *answer = NULL;
    int status = write_request(&body, wanted);

    if (status == 0)
        status =
            msvc_http_call(hooks->messages.transport,
                           MSVC_HTTP_REQUEST(.method = "POST", .target = hooks->messages.target,
                                             .body = body.data, .body_length = body.length),
                           &answer, err);
    if (status == 0)
        status = take_message(wanted, answer, err);
    msvc_http_answer_free(answer);
    msvc_buffer_clear(&body);
    return status;
}
