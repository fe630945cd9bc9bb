/* SPDX-License-Identifier: MIT */
/* SMS and push go to a gateway's webhook; the notification's id lets it drop a repetition. */
#include "notifications.h"

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/json.h>

static int write_body(struct msvc_buffer *out, const struct notification *n)
{
    struct msvc_json_writer writer;

    msvc_json_writer_init(&writer, out);
    msvc_json_begin_object(&writer);
    msvc_json_member_text(&writer, "id", n->id);
    msvc_json_member_text(&writer, "userId", n->user_id);
    msvc_json_member_text(&writer, "channel", n->channel);
    msvc_json_member_text(&writer, "title", n->subject);
    msvc_json_member_text(&writer, "text", n->body);
    msvc_json_end_object(&writer);
    return msvc_json_writer_status(&writer);
}

int send_webhook(struct msvc_http_transport *transport, const struct notification *n,
                 struct msvc_error *err)
{
    struct msvc_buffer body = MSVC_BUFFER_INIT;
    struct msvc_http_answer *answer;
    int status = write_body(&body, n);

    if (status < 0)
        (void)msvc_error_set(err, status, "notifications", 0, "no memory for a webhook");
    else
        status =
            msvc_http_call(transport,
                           MSVC_HTTP_REQUEST(.method = "POST", .target = "/", .body = body.data,
                                             .body_length = body.length, .idempotency_key = n->id),
                           &answer, err);
    msvc_buffer_clear(&body);
    if (status < 0)
        return status;
    if (msvc_http_answer_status(answer) / 100 != 2)
        status =
            msvc_error_set(err, MSVC_ERR_REFUSED, "notifications", msvc_http_answer_status(answer),
                           "the webhook answered %d", msvc_http_answer_status(answer));
    msvc_http_answer_free(answer);
    return status;
}
