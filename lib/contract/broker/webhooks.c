/* SPDX-License-Identifier: MIT */
#include <msvc/contract_webhook.h>

#include <string.h>

#include <msvc/error.h>
#include <msvc/header.h>
#include <msvc/status.h>

#include "base/options_internal.h"
#include "contract/broker/broker_internal.h"

static const struct msvc__broker_call get = { .needs_json = true };

int msvc_pact_broker_webhooks(struct msvc_pact_broker *broker, struct msvc_pact_broker_reply **out,
                              struct msvc_error *err)
{
    if (broker == NULL || out == NULL)
        return msvc__broker_invalid(err, "a broker, found NULL");
    return msvc__broker_go(out, broker, "pb:webhooks", NULL, &get, err);
}

int msvc_pact_broker_webhook(struct msvc_pact_broker *broker, const char *uuid,
                             struct msvc_pact_broker_reply **out, struct msvc_error *err)
{
    if (broker == NULL || uuid == NULL || out == NULL)
        return msvc__broker_invalid(err, "a webhook's id");
    return msvc__broker_go(out, broker, "pb:webhook", MSVC__PARAMS({ "uuid", uuid }), &get, err);
}

int msvc_pact_broker_delete_webhook(struct msvc_pact_broker *broker, const char *uuid,
                                    struct msvc_pact_broker_reply **out, struct msvc_error *err)
{
    if (broker == NULL || uuid == NULL || out == NULL)
        return msvc__broker_invalid(err, "a webhook's id");
    return msvc__broker_go(out, broker, "pb:webhook", MSVC__PARAMS({ "uuid", uuid }),
                           &(struct msvc__broker_call){ .method = "DELETE" }, err);
}

int msvc_pact_broker_test_webhook(struct msvc_pact_broker *broker, const char *uuid,
                                  struct msvc_pact_broker_reply **out, struct msvc_error *err)
{
    struct msvc_pact_broker_reply *webhook = NULL;
    int status = msvc_pact_broker_webhook(broker, uuid, &webhook, err);

    if (status == 0)
        status = msvc__broker_go_link(
            out, broker, msvc__hal_link(msvc__reply_root(webhook), "pb:execute", NULL),
            "pb:execute", &(struct msvc__broker_call){ .method = "POST" }, err);
    msvc_pact_broker_reply_free(webhook);
    return status;
}

/* JSON as JSON, anything else as a text. */
static void write_body(struct msvc_json_writer *w, const char *body)
{
    struct msvc_json_document *document = NULL;

    msvc_json_key(w, "body");
    if (msvc_json_parse(&document, body, strlen(body), NULL, NULL) == 0)
        msvc_json_raw(w, body, strlen(body));
    else
        msvc_json_text(w, body);
    msvc_json_free(document);
}

static void write_request(struct msvc_json_writer *w, const struct msvc_pact_webhook *h)
{
    msvc_json_begin_object(w);
    msvc__broker_member(w, "url", h->url);
    msvc_json_member_text(w, "method", h->method != NULL ? h->method : "POST");
    if (h->headers != NULL) {
        msvc_json_key(w, "headers");
        msvc_json_begin_object(w);
        for (const struct msvc_header *one = h->headers; one->name != NULL; one++)
            msvc_json_member_text(w, one->name, one->value);
        msvc_json_end_object(w);
    }
    if (h->body != NULL)
        write_body(w, h->body);
    msvc__broker_member(w, "username", h->username);
    msvc__broker_member(w, "password", h->password);
    msvc_json_end_object(w);
}

/* {"name":…} or {"label":…} of one side. */
static void write_side(struct msvc_json_writer *w, const char *side, const char *name,
                       const char *label)
{
    if (name == NULL && label == NULL)
        return;
    msvc_json_key(w, side);
    msvc_json_begin_object(w);
    msvc_json_member_text(w, name != NULL ? "name" : "label", name != NULL ? name : label);
    msvc_json_end_object(w);
}

static int write_webhook(struct msvc_buffer *out, const struct msvc_pact_webhook *h,
                         bool names_sides, struct msvc_error *err)
{
    struct msvc_json_writer w;

    msvc_json_writer_init(&w, out);
    msvc_json_begin_object(&w);
    msvc__broker_member(&w, "description", h->description);
    msvc_json_key(&w, "events");
    msvc_json_begin_array(&w);
    for (const char *const *event = h->events; *event != NULL; event++) {
        msvc_json_begin_object(&w);
        msvc_json_member_text(&w, "name", *event);
        msvc_json_end_object(&w);
    }
    msvc_json_end_array(&w);
    msvc_json_key(&w, "request");
    write_request(&w, h);
    if (names_sides) {
        write_side(&w, "consumer", h->consumer, h->consumer_label);
        write_side(&w, "provider", h->provider, h->provider_label);
    }
    msvc_json_end_object(&w);
    return msvc__broker_written(&w, err);
}

/* That of two participants has a place of its own, to which no relation leads. */
static int post_to_pair(struct msvc_pact_broker *broker, const struct msvc_pact_webhook *h,
                        const struct msvc_buffer *body, struct msvc_pact_broker_reply **out,
                        struct msvc_error *err)
{
    struct msvc_buffer link = MSVC_BUFFER_INIT;
    int status;

    msvc_buffer_text(&link, "/webhooks/provider/");
    msvc__broker_encode(&link, h->provider);
    msvc_buffer_text(&link, "/consumer/");
    msvc__broker_encode(&link, h->consumer);
    status = msvc_buffer_status(&link) < 0
                 ? msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__BROKER, 0, "no memory")
                 : msvc__broker_send(out, broker,
                                     &(struct msvc__broker_call){
                                         .method = "POST", .target = link.data, .body = body },
                                     err);
    msvc_buffer_clear(&link);
    return status;
}

int msvc_pact_broker_put_webhook(struct msvc_pact_broker *broker,
                                 const struct msvc_pact_webhook *webhook,
                                 struct msvc_pact_broker_reply **out, struct msvc_error *err)
{
    struct msvc_pact_webhook h;
    struct msvc_buffer body = MSVC_BUFFER_INIT;
    bool is_pair;
    int status = msvc__options_copy(&h, sizeof(h), webhook);

    if (status < 0 || broker == NULL || out == NULL || h.events == NULL || h.events[0] == NULL)
        return msvc__broker_invalid(err, "a webhook with at least one event");
    is_pair = h.uuid == NULL && h.consumer != NULL && h.provider != NULL;
    status = write_webhook(&body, &h, !is_pair, err);
    if (status == 0 && is_pair)
        status = post_to_pair(broker, &h, &body, out, err);
    else if (status == 0 && h.uuid != NULL)
        status =
            msvc__broker_go(out, broker, "pb:webhook", MSVC__PARAMS({ "uuid", h.uuid }),
                            &(struct msvc__broker_call){ .method = "PUT", .body = &body }, err);
    else if (status == 0)
        status =
            msvc__broker_go(out, broker, "pb:webhooks", NULL,
                            &(struct msvc__broker_call){ .method = "POST", .body = &body }, err);
    msvc_buffer_clear(&body);
    return status;
}
