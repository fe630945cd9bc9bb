/* SPDX-License-Identifier: MIT */
/* Calls to a broker: who we are, what its statuses mean, and the index that all links start at. */
#include <msvc/contract_broker.h>

#include <stdlib.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/status.h>
#include <msvc/url.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"
#include "contract/broker/broker_internal.h"
#include "message/base64_internal.h"

#define TIMEOUT_MS 30000

static int no_memory(struct msvc_error *err)
{
    return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__BROKER, 0, "no memory");
}

int msvc__broker_invalid(struct msvc_error *err, const char *expected)
{
    return msvc_error_set(err, MSVC_ERR_INVALID, MSVC__BROKER, 0, "expected %s", expected);
}

/* "http://host/pacts/" has the path "/pacts". */
static int set_base(struct msvc_pact_broker *broker, const char *base_url, struct msvc_error *err)
{
    struct msvc_url *url = NULL;
    int status = base_url != NULL ? msvc_url_parse(&url, base_url, err) : 0;
    size_t length;

    if (status < 0)
        return status;
    broker->base_path = msvc__copy_text(url != NULL ? msvc_url_path(url) : "");
    msvc_url_free(url);
    if (broker->base_path == NULL)
        return no_memory(err);
    length = strlen(broker->base_path);
    while (length > 0 && broker->base_path[length - 1] == '/')
        broker->base_path[--length] = '\0';
    return 0;
}

static int set_authorization(struct msvc_pact_broker *broker,
                             const struct msvc_pact_broker_options *o, struct msvc_error *err)
{
    struct msvc_buffer value = MSVC_BUFFER_INIT;
    struct msvc_buffer pair = MSVC_BUFFER_INIT;

    if ((o->username != NULL) != (o->password != NULL) || (o->username != NULL && o->token != NULL))
        return msvc__broker_invalid(err, "a user name with its password, or a token");
    if (o->username == NULL && o->token == NULL)
        return 0;
    if (o->token != NULL) {
        msvc_buffer_printf(&value, "Bearer %s", o->token);
    } else {
        msvc_buffer_printf(&pair, "%s:%s", o->username, o->password);
        msvc_buffer_text(&value, "Basic ");
        msvc__base64_append(&value, pair.data, pair.length);
    }
    msvc_buffer_clear(&pair);
    broker->authorization = msvc_buffer_steal(&value);
    broker->secret = msvc__copy_text(o->token != NULL ? o->token : o->password);
    return broker->authorization != NULL && broker->secret != NULL ? 0 : no_memory(err);
}

int msvc_pact_broker_new(struct msvc_pact_broker **out, struct msvc_http_transport *transport,
                         const struct msvc_pact_broker_options *options, struct msvc_error *err)
{
    struct msvc_pact_broker_options o;
    struct msvc_pact_broker *broker;
    int status;

    if (out == NULL || transport == NULL)
        return msvc__broker_invalid(err, "a transport, found NULL");
    status = msvc__options_copy(&o, sizeof(o), options);
    if (status < 0)
        return msvc_error_set(err, status, MSVC__BROKER, 0, "%s", msvc_status_text(status));
    broker = msvc__new(sizeof(*broker));
    if (broker == NULL)
        return no_memory(err);
    broker->transport = transport;
    broker->timeout_ms = o.timeout_ms > 0 ? o.timeout_ms : TIMEOUT_MS;
    status = set_base(broker, o.base_url, err);
    if (status == 0)
        status = set_authorization(broker, &o, err);
    if (status < 0)
        msvc_pact_broker_free(broker);
    else
        *out = broker;
    return status;
}

void msvc_pact_broker_free(struct msvc_pact_broker *broker)
{
    if (broker == NULL)
        return;
    msvc_pact_broker_reply_free(broker->index);
    free(broker->secret);
    free(broker->authorization);
    free(broker->base_path);
    free(broker);
}

static int status_of(int code)
{
    switch (code) {
    case 401:
    case 403:
        return MSVC_ERR_AUTH;
    case 404:
        return MSVC_ERR_NOT_FOUND;
    case 409:
        return MSVC_ERR_EXISTS;
    default:
        return code >= 500 ? MSVC_ERR_UNAVAILABLE : MSVC_ERR_REFUSED;
    }
}

/* Put into words what a broker refused. It may repeat what it was sent: not our secret. */
static int refuse(const struct msvc_pact_broker *broker, const struct msvc__broker_call *call,
                  const struct msvc_pact_broker_reply *reply, struct msvc_error *err)
{
    int code = msvc_pact_broker_reply_status(reply);
    struct msvc_buffer words = MSVC_BUFFER_INIT;
    bool has_words;

    msvc__reply_complain(&words, reply);
    has_words = msvc_buffer_status(&words) == 0 && words.length > 0 &&
                (broker->secret == NULL || broker->secret[0] == '\0' ||
                 strstr(words.data, broker->secret) == NULL);
    (void)msvc_error_set(err, status_of(code), MSVC__BROKER, code,
                         "the broker answered %d to %s %s%s%s", code,
                         call->method != NULL ? call->method : "GET", call->target,
                         has_words ? ": " : "", has_words ? words.data : "");
    msvc_buffer_clear(&words);
    return status_of(code);
}

static int transfer(struct msvc_http_answer **out, struct msvc_pact_broker *broker,
                    const struct msvc__broker_call *call, struct msvc_error *err)
{
    const struct msvc_header headers[] = {
        { "Accept", call->accept != NULL ? call->accept : MSVC__HAL },
        { broker->authorization != NULL ? "Authorization" : NULL, broker->authorization },
        { NULL, NULL },
    };
    const struct msvc_buffer *body = call->body;

    return msvc_http_call(
        broker->transport,
        MSVC_HTTP_REQUEST(.method = call->method, .target = call->target, .headers = headers,
                          .body = body != NULL ? body->data : NULL,
                          .body_length = body != NULL ? body->length : 0,
                          .content_type = call->content_type,
                          .deadline_ns = msvc_deadline_in(NULL, broker->timeout_ms),
                          .answer_limit = MSVC_PACT_BROKER_ANSWER_MAX),
        out, err);
}

int msvc__broker_send(struct msvc_pact_broker_reply **out, struct msvc_pact_broker *broker,
                      const struct msvc__broker_call *call, struct msvc_error *err)
{
    struct msvc_pact_broker_reply *reply = NULL;
    struct msvc_http_answer *answer = NULL;
    int status = transfer(&answer, broker, call, err);
    int code;

    if (status == 0)
        status = msvc__reply_new(&reply, answer, err);
    if (status < 0)
        return status;
    code = msvc_pact_broker_reply_status(reply);
    if (code < 200 || code >= 300)
        status = refuse(broker, call, reply, err);
    else if (call->needs_json && msvc_json_type(msvc__reply_root(reply)) != MSVC_JSON_OBJECT)
        status = msvc_error_set(err, MSVC_ERR_MALFORMED, MSVC__BROKER, code,
                                "the broker answered %d to %s without a JSON object: is it a Pact "
                                "Broker?",
                                code, call->target);
    if (status < 0)
        msvc_pact_broker_reply_free(reply);
    else
        *out = reply;
    return status;
}

static int load_index(struct msvc_pact_broker *broker, const char *accept, struct msvc_error *err)
{
    if (broker->index != NULL)
        return 0;
    return msvc__broker_send(
        &broker->index, broker,
        &(struct msvc__broker_call){ .target = "/", .accept = accept, .needs_json = true }, err);
}

static int no_relation(struct msvc_error *err, const char *relation)
{
    return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, MSVC__BROKER, 0,
                          "the broker has no relation %s: is it too old, or is it none?", relation);
}

int msvc__broker_knows(struct msvc_pact_broker *broker, const char *relation,
                       struct msvc_error *err)
{
    int status = load_index(broker, NULL, err);

    if (status < 0)
        return status;
    return msvc__hal_link(msvc__reply_root(broker->index), relation, NULL) != NULL;
}

int msvc__broker_follow(struct msvc_buffer *out, struct msvc_pact_broker *broker,
                        const char *relation, const struct msvc__broker_param *params,
                        const char *accept, struct msvc_error *err)
{
    int status = load_index(broker, accept, err);
    const char *link;

    if (status < 0)
        return status;
    link = msvc__hal_link(msvc__reply_root(broker->index), relation, NULL);
    return link != NULL ? msvc__hal_target(out, broker, link, params, err)
                        : no_relation(err, relation);
}

static int send_to(struct msvc_pact_broker_reply **out, struct msvc_pact_broker *broker,
                   const char *target, const struct msvc__broker_call *call, struct msvc_error *err)
{
    struct msvc__broker_call there = *call;

    there.target = target;
    return msvc__broker_send(out, broker, &there, err);
}

int msvc__broker_go(struct msvc_pact_broker_reply **out, struct msvc_pact_broker *broker,
                    const char *relation, const struct msvc__broker_param *params,
                    const struct msvc__broker_call *call, struct msvc_error *err)
{
    struct msvc_buffer target = MSVC_BUFFER_INIT;
    int status = msvc__broker_follow(&target, broker, relation, params, call->accept, err);

    if (status == 0)
        status = send_to(out, broker, target.data, call, err);
    msvc_buffer_clear(&target);
    return status;
}

int msvc__broker_go_link(struct msvc_pact_broker_reply **out, struct msvc_pact_broker *broker,
                         const char *link, const char *relation,
                         const struct msvc__broker_call *call, struct msvc_error *err)
{
    struct msvc_buffer target = MSVC_BUFFER_INIT;
    int status = link != NULL ? msvc__hal_target(&target, broker, link, NULL, err)
                              : no_relation(err, relation);

    if (status == 0)
        status = send_to(out, broker, target.data, call, err);
    msvc_buffer_clear(&target);
    return status;
}

void msvc__broker_member(struct msvc_json_writer *w, const char *name, const char *text)
{
    if (text != NULL)
        msvc_json_member_text(w, name, text);
}

int msvc__broker_written(const struct msvc_json_writer *w, struct msvc_error *err)
{
    int status = msvc_json_writer_status(w);

    return status == 0
               ? 0
               : msvc_error_set(err, status, MSVC__BROKER, 0, "%s", msvc_status_text(status));
}
