/* SPDX-License-Identifier: MIT */
/*
 * What the broker delivered stays here until it is acknowledged. Without order
 * everything goes to the core at once, and a retry waits in a queue of the
 * broker. With order by key a message waits here, unacknowledged, until the
 * ones before it of its key are settled; so does a retry, which therefore
 * holds up its key and nothing else.
 */
#include "drivers/rabbitmq/rabbitmq_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"

#define POOL_PAGE      4096
#define HELD_DELAY_MAX (20u * 60 * 1000) /* the broker gives up on a consumer after 30 minutes */

static void delivery_free(struct rmq_delivery *d)
{
    if (d == NULL)
        return;
    msvc_message_free(d->structured);
    empty_amqp_pool(&d->pool);
    free(d);
}

static bool has_order(const struct rmq_consumer *c)
{
    return c->wanted->order == MSVC_ORDER_KEY;
}

static unsigned open_most(const struct rmq_consumer *c)
{
    return c->wanted->max_in_flight > 0 ? c->wanted->max_in_flight : 16;
}

static void append(struct rmq_consumer *c, struct rmq_delivery *d)
{
    d->next = NULL;
    *c->last = d;
    c->last = &d->next;
}

static void take_out(struct rmq_delivery *d)
{
    struct rmq_consumer *c = d->consumer;

    for (struct rmq_delivery **at = &c->first; *at != NULL; at = &(*at)->next) {
        if (*at != d)
            continue;
        *at = d->next;
        if (c->last == &d->next)
            c->last = at;
        return;
    }
}

static void acknowledge(struct rmq *r, struct rmq_delivery *d)
{
    amqp_basic_ack_t ack = { .delivery_tag = d->tag };

    msvc__rmq_put_method(r, RMQ_CHANNEL_CONSUME, AMQP_BASIC_ACK_METHOD, &ack);
    take_out(d);
    delivery_free(d);
}

/* `requeue` gives it back to the group; otherwise the broker moves it to the parked ones. */
static void reject(struct rmq *r, struct rmq_delivery *d, bool requeue)
{
    amqp_basic_reject_t no = { .delivery_tag = d->tag, .requeue = requeue };

    msvc__rmq_put_method(r, RMQ_CHANNEL_CONSUME, AMQP_BASIC_REJECT_METHOD, &no);
    take_out(d);
    delivery_free(d);
}

void msvc__rmq_moved(struct rmq *r, struct rmq_delivery *d, bool is_there)
{
    if (is_there)
        acknowledge(r, d);
    else
        reject(r, d, true);
}

static char *copy_reason(struct rmq_delivery *d, const char *reason)
{
    size_t length = strlen(reason);
    char *copy = amqp_pool_alloc(&d->pool, length + 1);

    if (copy != NULL)
        memcpy(copy, reason, length + 1);
    return copy;
}

static int park(struct rmq *r, struct rmq_delivery *d, const char *reason)
{
    d->reason = copy_reason(d, reason != NULL ? reason : "");
    if (d->reason == NULL)
        return MSVC_ERR_NOMEM;
    d->delay_step = -1;
    (void)snprintf(d->target, sizeof(d->target), "%s.parked", d->consumer->queue);
    return msvc__rmq_move(r, d);
}

/* FNV-1a over topic, NUL, key; never 0. */
static uint64_t order_of(const struct msvc_message *m)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    if (m->key == NULL)
        return 0;
    for (const char *at = m->topic; *at != '\0'; at++)
        hash = (hash ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
    hash *= UINT64_C(0x100000001b3);
    for (const char *at = m->key; *at != '\0'; at++)
        hash = (hash ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
    return hash != 0 ? hash : 1;
}

static struct rmq_consumer *find_consumer(const struct rmq *r, amqp_bytes_t tag)
{
    struct rmq_consumer *c = r->consumers;

    while (c != NULL && !msvc__rmq_is_key(tag, c->tag))
        c = c->next;
    return c;
}

static struct rmq_delivery *delivery_new(struct rmq *r, const amqp_basic_deliver_t *method)
{
    struct rmq_consumer *c = find_consumer(r, method->consumer_tag);
    struct rmq_delivery *d = c != NULL ? msvc__new(sizeof(*d)) : NULL;

    if (d == NULL)
        return NULL;
    init_amqp_pool(&d->pool, POOL_PAGE);
    d->consumer = c;
    d->tag = method->delivery_tag;
    d->delay_step = -1;
    amqp_pool_alloc_bytes(&d->pool, method->routing_key.len, &d->topic);
    if (d->topic.bytes == NULL && method->routing_key.len > 0) {
        delivery_free(d);
        return NULL;
    }
    if (method->routing_key.len > 0)
        memcpy(d->topic.bytes, method->routing_key.bytes, method->routing_key.len);
    return d;
}

/* All of it is here. */
static void complete(struct rmq *r)
{
    struct rmq_delivery *d = r->incoming;
    struct msvc_error err;
    int status;

    r->incoming = NULL;
    append(d->consumer, d);
    if (d->is_oversized) {
        reject(r, d, false);
        return;
    }
    status = msvc__rmq_decode(d, &err);
    if (status == MSVC_ERR_NOMEM || (status < 0 && park(r, d, err.message) < 0))
        msvc__rmq_lose(r, MSVC_ERR_NOMEM, "out of memory");
    else if (status == 0 && has_order(d->consumer))
        d->order = order_of(&d->message);
}

/* Properties are decoded again from a copy of their bytes, because the frame's do not last. */
static int take_header(struct rmq_delivery *d, const amqp_frame_t *frame)
{
    amqp_bytes_t raw = frame->payload.properties.raw;
    amqp_bytes_t copy;
    void *decoded;

    amqp_pool_alloc_bytes(&d->pool, raw.len, &copy);
    if (copy.bytes == NULL)
        return MSVC_ERR_NOMEM;
    memcpy(copy.bytes, raw.bytes, raw.len);
    if (amqp_decode_properties(AMQP_BASIC_CLASS, &d->pool, copy, &decoded) < 0)
        return MSVC_ERR_MALFORMED;
    d->properties = *(amqp_basic_properties_t *)decoded;
    d->is_oversized = frame->payload.properties.body_size > MSVC_MESSAGE_PAYLOAD_MAX;
    d->body.len = (size_t)frame->payload.properties.body_size;
    if (d->is_oversized || d->body.len == 0)
        return 0;
    amqp_pool_alloc_bytes(&d->pool, d->body.len, &d->body);
    return d->body.bytes != NULL ? 0 : MSVC_ERR_NOMEM;
}

static int take_body(struct rmq_delivery *d, amqp_bytes_t part)
{
    if (part.len > d->body.len - d->body_length)
        return MSVC_ERR_MALFORMED;
    if (!d->is_oversized)
        memcpy((char *)d->body.bytes + d->body_length, part.bytes, part.len);
    d->body_length += part.len;
    return 0;
}

static void take_method(struct rmq *r, const amqp_method_t *method)
{
    if (method->id == AMQP_BASIC_DELIVER_METHOD) {
        r->incoming = delivery_new(r, method->decoded);
        if (r->incoming == NULL)
            msvc__rmq_lose(r, MSVC_ERR_NOMEM, "out of memory");
    } else if (method->id == AMQP_BASIC_CANCEL_METHOD) {
        msvc__rmq_lose(r, MSVC_ERR_UNAVAILABLE, "the broker ended a subscription");
    } else if (method->id == AMQP_CHANNEL_CLOSE_METHOD) {
        const amqp_channel_close_t *close = method->decoded;

        msvc__rmq_lose(r, msvc__rmq_status_of_code(close->reply_code), "%u: %.*s",
                       close->reply_code, (int)close->reply_text.len,
                       (const char *)close->reply_text.bytes);
    }
}

void msvc__rmq_consume_frame(struct rmq *r, const amqp_frame_t *frame)
{
    int status = 0;

    if (frame->frame_type == AMQP_FRAME_METHOD)
        take_method(r, &frame->payload.method);
    else if (r->incoming != NULL && frame->frame_type == AMQP_FRAME_HEADER)
        status = take_header(r->incoming, frame);
    else if (r->incoming != NULL && frame->frame_type == AMQP_FRAME_BODY)
        status = take_body(r->incoming, frame->payload.body_fragment);
    if (status < 0)
        msvc__rmq_lose(r, status, "a delivery: %s", msvc_status_text(status));
    else if (r->incoming != NULL && frame->frame_type != AMQP_FRAME_METHOD &&
             r->incoming->body_length == r->incoming->body.len)
        complete(r);
}

static bool is_first_of_its_key(const struct rmq_delivery *d)
{
    if (d->order == 0)
        return true;
    for (const struct rmq_delivery *at = d->consumer->first; at != d; at = at->next) {
        if (at->order == d->order)
            return false;
    }
    return true;
}

static void hand_over(struct rmq *r, struct rmq_delivery *d)
{
    d->attempt += d->state == RMQ_WAITING ? 1 : 0;
    d->state = RMQ_OPEN;
    d->consumer->open++;
    r->reported++;
    r->host->delivered(r->host, d->consumer->subscription, &d->message, d->tag, d->attempt);
}

void msvc__rmq_pump(struct rmq *r)
{
    uint64_t now = msvc_clock_monotonic_ns(r->host->clock);

    for (struct rmq_consumer *c = r->consumers; c != NULL && !r->is_stopped; c = c->next) {
        for (struct rmq_delivery *d = c->first; d != NULL && c->open < open_most(c); d = d->next) {
            bool is_due = d->state == RMQ_HELD || (d->state == RMQ_WAITING && d->due_ns <= now);

            if (is_due && is_first_of_its_key(d))
                hand_over(r, d);
        }
    }
}

static struct rmq_delivery *find_open(const struct rmq *r, uint64_t tag)
{
    for (struct rmq_consumer *c = r->consumers; c != NULL; c = c->next) {
        for (struct rmq_delivery *d = c->first; d != NULL; d = d->next) {
            if (d->tag == tag && d->state == RMQ_OPEN)
                return d;
        }
    }
    return NULL;
}

static int retry(struct rmq *r, struct rmq_delivery *d, unsigned delay_ms)
{
    if (d->order != 0) {
        unsigned held_ms = delay_ms < HELD_DELAY_MAX ? delay_ms : HELD_DELAY_MAX;

        d->due_ns = msvc_deadline_in(r->host->clock, (int64_t)held_ms);
        d->state = RMQ_WAITING;
        return 0;
    }
    if (delay_ms == 0) {
        reject(r, d, true);
        return 0;
    }
    d->delay_step = (int)msvc__rmq_delay_step(delay_ms);
    msvc__rmq_delay_queue(d->target, d->consumer, (unsigned)d->delay_step);
    return msvc__rmq_move(r, d);
}

int msvc__rmq_settle(struct rmq *r, uint64_t tag, enum msvc_disposition disposition,
                     unsigned delay_ms, const char *reason)
{
    struct rmq_delivery *d = find_open(r, tag);

    if (d == NULL)
        return 0;
    d->consumer->open--;
    if (disposition == MSVC_DELIVERY_RETRY)
        return retry(r, d, delay_ms);
    if (disposition == MSVC_DELIVERY_PARK)
        return park(r, d, reason);
    acknowledge(r, d);
    return 0;
}

void msvc__rmq_consume_lost(struct rmq *r)
{
    delivery_free(r->incoming);
    r->incoming = NULL;
    for (struct rmq_consumer *c = r->consumers; c != NULL; c = c->next) {
        while (c->first != NULL) {
            struct rmq_delivery *d = c->first;

            c->first = d->next;
            delivery_free(d);
        }
        c->last = &c->first;
        c->open = 0;
        c->stands = false;
        c->declared = 0;
    }
}

/* With order by key the subscription stays until the connection ends: the broker would otherwise
 * give the next messages of a key to another member while this one still works on one. */
void msvc__rmq_consume_stop(struct rmq *r)
{
    r->is_stopped = true;
    for (struct rmq_consumer *c = r->consumers; c != NULL && r->amqp != NULL; c = c->next) {
        amqp_basic_cancel_t cancel = { .consumer_tag = amqp_cstring_bytes(c->tag), .nowait = 1 };

        if (c->stands && !has_order(c))
            msvc__rmq_put_method(r, RMQ_CHANNEL_CONSUME, AMQP_BASIC_CANCEL_METHOD, &cancel);
    }
}

uint64_t msvc__rmq_consume_due(const struct rmq *r)
{
    uint64_t first = UINT64_MAX;

    for (struct rmq_consumer *c = r->consumers; c != NULL && !r->is_stopped; c = c->next) {
        for (struct rmq_delivery *d = c->first; d != NULL; d = d->next) {
            if (d->state == RMQ_WAITING && d->due_ns < first)
                first = d->due_ns;
        }
    }
    return first;
}
