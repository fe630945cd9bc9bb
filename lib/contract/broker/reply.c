/* SPDX-License-Identifier: MIT */
/* What a broker answered, and what it wants to say with it: brokers have said it in five ways. */
#include "contract/broker/broker_internal.h"

#include <stdlib.h>

#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"

int msvc__reply_new(struct msvc_pact_broker_reply **out, struct msvc_http_answer *taken,
                    struct msvc_error *err)
{
    struct msvc_pact_broker_reply *reply = msvc__new(sizeof(*reply));
    size_t length = 0;
    const char *body = msvc_http_answer_body(taken, &length);
    int status;

    if (reply == NULL) {
        msvc_http_answer_free(taken);
        return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__BROKER, 0, "no memory");
    }
    reply->answer = taken;
    status = msvc_json_parse(&reply->document, body, length,
                             MSVC_JSON_OPTIONS(.allow_duplicates = true), err);
    if (status == MSVC_ERR_NOMEM || status == MSVC_ERR_LIMIT) {
        msvc_pact_broker_reply_free(reply);
        return status;
    }
    *out = reply;
    return 0;
}

void msvc_pact_broker_reply_free(struct msvc_pact_broker_reply *reply)
{
    if (reply == NULL)
        return;
    msvc_json_free(reply->document);
    msvc_http_answer_free(reply->answer);
    free(reply);
}

int msvc_pact_broker_reply_status(const struct msvc_pact_broker_reply *reply)
{
    return reply != NULL ? msvc_http_answer_status(reply->answer) : MSVC_ERR_INVALID;
}

const char *msvc_pact_broker_reply_json(const struct msvc_pact_broker_reply *reply)
{
    return msvc__reply_root(reply) != NULL ? msvc_http_answer_body(reply->answer, NULL) : "";
}

const struct msvc_json *msvc__reply_root(const struct msvc_pact_broker_reply *reply)
{
    return reply != NULL && reply->document != NULL ? msvc_json_root(reply->document) : NULL;
}

/* "notices" of new brokers, "logs" of old ones. */
static const struct msvc_json *notices_of(const struct msvc_pact_broker_reply *reply)
{
    const struct msvc_json *root = msvc__reply_root(reply);
    const struct msvc_json *found = msvc_json_member(root, "notices");

    if (msvc_json_type(found) != MSVC_JSON_ARRAY)
        found = msvc_json_member(root, "logs");
    return msvc_json_type(found) == MSVC_JSON_ARRAY ? found : NULL;
}

static const char *notice_text(const struct msvc_json *notice)
{
    const char *text = msvc_json_string(msvc_json_member(notice, "text"), NULL);

    return text != NULL ? text : msvc_json_string(msvc_json_member(notice, "message"), NULL);
}

size_t msvc_pact_broker_notice_count(const struct msvc_pact_broker_reply *reply)
{
    return msvc_json_count(notices_of(reply));
}

const char *msvc_pact_broker_notice(const struct msvc_pact_broker_reply *reply, size_t index)
{
    const struct msvc_json *notice = msvc_json_first(notices_of(reply));
    const char *text;

    while (notice != NULL && index-- > 0)
        notice = msvc_json_next(notice);
    text = notice_text(notice);
    return notice != NULL && text == NULL ? "" : text;
}

static void add(struct msvc_buffer *out, const char *field, const char *text)
{
    if (text == NULL)
        return;
    msvc_buffer_text(out, out->length > 0 ? "; " : "");
    if (field != NULL)
        msvc_buffer_printf(out, "%s ", field);
    msvc_buffer_text(out, text);
}

/* Texts, lists of texts, or lists of them by field; no deeper. */
static void add_all(struct msvc_buffer *out, const char *field, const struct msvc_json *errors,
                    unsigned depth)
{
    add(out, field, msvc_json_string(errors, NULL));
    if (depth == 0)
        return;
    for (const struct msvc_json *one = msvc_json_first(errors); one != NULL;
         one = msvc_json_next(one)) {
        const char *name = msvc_json_name(one, NULL);

        add_all(out, name != NULL ? name : field, one, depth - 1);
    }
}

void msvc__reply_complain(struct msvc_buffer *out, const struct msvc_pact_broker_reply *reply)
{
    const struct msvc_json *root = msvc__reply_root(reply);
    const struct msvc_json *error = msvc_json_member(root, "error");

    add_all(out, NULL, msvc_json_member(root, "errors"), 3);
    add(out, NULL, msvc_json_string(error, NULL));
    add(out, NULL, msvc_json_string(msvc_json_member(error, "message"), NULL));
    add(out, NULL, msvc_json_string(msvc_json_member(root, "detail"), NULL)); /* RFC 9457 */
    for (size_t i = 0; out->length == 0 && i < msvc_pact_broker_notice_count(reply); i++)
        add(out, NULL, msvc_pact_broker_notice(reply, i));
    if (out->length == 0)
        add(out, NULL, msvc_json_string(msvc_json_member(root, "message"), NULL));
}
