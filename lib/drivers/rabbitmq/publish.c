/* SPDX-License-Identifier: MIT */
/*
 * The broker counts publishes from 1 and confirms by number. What it could not
 * route it returns before it confirms. A publish that it cannot take at all
 * closes the channel, together with everything on its way: that is then sent
 * again one by one, until the one that does it is alone and is refused.
 */
#include "drivers/rabbitmq/rabbitmq_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"

#define SENT_CAPACITY 256
#define OUT_ENOUGH    ((size_t)256 << 10) /* bytes waiting for the socket: write no more frames */

static void append(struct rmq *r, struct rmq_publish *p)
{
    p->next = NULL;
    *r->unsent_last = p;
    r->unsent_last = &p->next;
}

void msvc__rmq_publish_append(struct rmq *r, struct rmq_publish *p)
{
    p->deadline_ns = msvc_deadline_in(r->host->clock, (int64_t)r->host->timeout_ms);
    append(r, p);
}

static struct rmq_publish *pop(struct rmq *r)
{
    struct rmq_publish *p = r->unsent;

    r->unsent = p->next;
    if (r->unsent == NULL)
        r->unsent_last = &r->unsent;
    return p;
}

int msvc__rmq_move(struct rmq *r, struct rmq_delivery *d)
{
    struct rmq_publish *p = msvc__new(sizeof(*p));

    if (p == NULL)
        return MSVC_ERR_NOMEM;
    p->move = d;
    d->state = RMQ_MOVING;
    r->moving++;
    msvc__rmq_publish_append(r, p);
    return 0;
}

/* p is gone. */
static void finish(struct rmq *r, struct rmq_publish *p, enum msvc_publish_outcome outcome,
                   bool is_permanent, const char *reason)
{
    struct msvc_publish_result result = { .outcome = outcome,
                                          .is_permanent = is_permanent,
                                          .reason = reason };

    if (p->move != NULL) {
        r->moving--;
        r->has_moved = true;
        msvc__rmq_moved(r, p->move, outcome == MSVC_PUBLISH_CONFIRMED);
    } else {
        r->reported++;
        r->host->published(r->host, p->publish, &result);
    }
    free(p->refusal);
    free(p);
}

static struct rmq_publish **slot_of(const struct rmq_sent *s, uint64_t tag)
{
    return &s->slots[tag & (s->capacity - 1)];
}

static int make_room(struct rmq_sent *s)
{
    size_t capacity = s->capacity > 0 ? s->capacity * 2 : SENT_CAPACITY;
    struct rmq_sent larger = { .capacity = capacity };

    if (s->next - s->first < s->capacity)
        return 0;
    larger.slots = msvc__new_array(capacity, sizeof(struct rmq_publish *));
    if (larger.slots == NULL)
        return MSVC_ERR_NOMEM;
    for (uint64_t tag = s->first; tag < s->next; tag++)
        *slot_of(&larger, tag) = *slot_of(s, tag);
    free(s->slots);
    s->slots = larger.slots;
    s->capacity = capacity;
    return 0;
}

/* Take out what was sent as `tag`; NULL when it has ended already. */
static struct rmq_publish *take(struct rmq *r, uint64_t tag)
{
    struct rmq_sent *s = &r->sent;
    struct rmq_publish *p;

    if (tag < s->first || tag >= s->next)
        return NULL;
    p = *slot_of(s, tag);
    *slot_of(s, tag) = NULL;
    if (p != NULL) {
        s->open--;
        r->careful -= r->careful > 0 ? 1 : 0;
    }
    while (s->first < s->next && *slot_of(s, s->first) == NULL)
        s->first++;
    return p;
}

static int send_one(struct rmq *r, struct rmq_publish *p)
{
    struct rmq_delivery *d = p->move;
    struct msvc_error err;

    if (d == NULL)
        return msvc__rmq_send_message(r, p->message);
    if (d->delay_step >= 0) {
        int status = msvc__rmq_declare_delay(r, d->consumer, (unsigned)d->delay_step, &err);

        if (status < 0) {
            msvc__rmq_lose(r, status, "%s", err.message);
            return 0;
        }
    }
    return msvc__rmq_send_move(r, d);
}

bool msvc__rmq_publish_is_due(const struct rmq *r)
{
    return r->unsent != NULL && r->lost == 0 && !r->is_blocked && r->out.length < OUT_ENOUGH &&
           (r->careful == 0 || r->sent.open == 0);
}

void msvc__rmq_publish_step(struct rmq *r)
{
    while (msvc__rmq_publish_is_due(r)) {
        struct rmq_publish *p;
        int status = make_room(&r->sent);

        if (status < 0) {
            msvc__rmq_lose(r, status, "out of memory");
            return;
        }
        p = pop(r);
        status = send_one(r, p);
        if (status < 0) {
            finish(r, p, MSVC_PUBLISH_REFUSED, true, "its headers do not fit into one frame");
            continue;
        }
        *slot_of(&r->sent, r->sent.next++) = p;
        r->sent.open++;
    }
}

static void confirm(struct rmq *r, uint64_t tag, bool is_ack)
{
    struct rmq_publish *p = take(r, tag);

    if (p == NULL)
        return;
    if (p->refusal != NULL)
        finish(r, p, MSVC_PUBLISH_REFUSED, false, p->refusal);
    else if (is_ack)
        finish(r, p, MSVC_PUBLISH_CONFIRMED, false, "");
    else
        finish(r, p, MSVC_PUBLISH_REFUSED, false, "the broker could not store it (basic.nack)");
}

static void confirm_all(struct rmq *r, uint64_t tag, bool multiple, bool is_ack)
{
    uint64_t last = tag == 0 || tag >= r->sent.next ? r->sent.next - 1 : tag;

    if (!multiple) {
        confirm(r, tag, is_ack);
        return;
    }
    for (uint64_t at = r->sent.first; at <= last; at++)
        confirm(r, at, is_ack);
}

static bool is_returned(const struct rmq *r, const struct rmq_publish *p,
                        const amqp_basic_properties_t *returned)
{
    bool has_id = (returned->_flags & AMQP_BASIC_MESSAGE_ID_FLAG) != 0;
    const struct rmq_delivery *d = p->move;

    if (p->refusal != NULL)
        return false;
    if (d == NULL)
        return has_id && msvc__rmq_is_key(returned->message_id, p->message->id) &&
               strcmp(msvc_message_topic(p->message), r->return_key) == 0;
    return strcmp(d->target, r->return_key) == 0 &&
           (!has_id || (returned->message_id.len == d->properties.message_id.len &&
                        memcmp(returned->message_id.bytes, d->properties.message_id.bytes,
                               returned->message_id.len) == 0));
}

static char *refusal_of(const struct rmq *r)
{
    char text[400];

    (void)snprintf(text, sizeof(text), "%u: no group wants topic '%s'", r->return_code,
                   r->return_key);
    return msvc__copy_text(text);
}

/* The header of a returned message: it says which one it is. Its confirm comes after. */
static void take_return(struct rmq *r, const amqp_basic_properties_t *returned)
{
    r->in_return = false;
    for (uint64_t tag = r->sent.first; tag < r->sent.next; tag++) {
        struct rmq_publish *p = *slot_of(&r->sent, tag);

        if (p == NULL || !is_returned(r, p, returned))
            continue;
        p->refusal = refusal_of(r);
        if (p->refusal == NULL)
            msvc__rmq_lose(r, MSVC_ERR_NOMEM, "out of memory");
        return;
    }
}

static void begin_return(struct rmq *r, const amqp_basic_return_t *method)
{
    r->in_return = true;
    r->return_code = method->reply_code;
    (void)snprintf(r->return_key, sizeof(r->return_key), "%.*s", (int)method->routing_key.len,
                   (const char *)method->routing_key.bytes);
}

/* Everything sent and not ended goes to the front of what is to be sent, in its order. */
static void send_again(struct rmq *r)
{
    struct rmq_publish *rest = r->unsent;
    struct rmq_publish **rest_last = r->unsent_last;
    size_t count = r->sent.open;

    r->unsent = NULL;
    r->unsent_last = &r->unsent;
    for (uint64_t tag = r->sent.first; tag < r->sent.next;) {
        struct rmq_publish *p = *slot_of(&r->sent, tag);

        *slot_of(&r->sent, tag++) = NULL;
        if (p == NULL)
            continue;
        free(p->refusal);
        p->refusal = NULL;
        append(r, p);
    }
    if (rest != NULL) {
        *r->unsent_last = rest;
        r->unsent_last = rest_last;
    }
    r->careful = count;
    r->sent.open = 0;
}

static void channel_closed(struct rmq *r, const amqp_channel_close_t *method)
{
    amqp_channel_close_ok_t ok = { 0 };
    struct msvc_error err;
    char reason[400];
    int status;

    (void)snprintf(reason, sizeof(reason), "%u: %.*s", method->reply_code,
                   (int)method->reply_text.len, (const char *)method->reply_text.bytes);
    if (r->sent.open == 1) {
        bool is_permanent = method->reply_code != 404;

        while (r->sent.first < r->sent.next && r->sent.open > 0) {
            struct rmq_publish *p = take(r, r->sent.first);

            if (p != NULL)
                finish(r, p, MSVC_PUBLISH_REFUSED, is_permanent, reason);
        }
    }
    send_again(r);
    msvc__rmq_put_method(r, RMQ_CHANNEL_PUBLISH, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok);
    msvc__rmq_flush_all(r);
    status = r->lost == 0 ? msvc__rmq_open_publish_channel(r, &err) : 0;
    if (status < 0)
        msvc__rmq_lose(r, status, "%s", err.message);
}

static void take_method(struct rmq *r, const amqp_method_t *method)
{
    if (method->id == AMQP_BASIC_ACK_METHOD) {
        const amqp_basic_ack_t *ack = method->decoded;

        confirm_all(r, ack->delivery_tag, ack->multiple != 0, true);
    } else if (method->id == AMQP_BASIC_NACK_METHOD) {
        const amqp_basic_nack_t *nack = method->decoded;

        confirm_all(r, nack->delivery_tag, nack->multiple != 0, false);
    } else if (method->id == AMQP_BASIC_RETURN_METHOD) {
        begin_return(r, method->decoded);
    } else if (method->id == AMQP_CHANNEL_CLOSE_METHOD) {
        channel_closed(r, method->decoded);
    }
}

void msvc__rmq_publish_frame(struct rmq *r, const amqp_frame_t *frame)
{
    if (frame->frame_type == AMQP_FRAME_METHOD)
        take_method(r, &frame->payload.method);
    else if (frame->frame_type == AMQP_FRAME_HEADER && r->in_return)
        take_return(r, frame->payload.properties.decoded);
}

void msvc__rmq_publish_expire(struct rmq *r)
{
    uint64_t now = msvc_clock_monotonic_ns(r->host->clock);

    for (uint64_t tag = r->sent.first; tag < r->sent.next; tag++) {
        struct rmq_publish *p = *slot_of(&r->sent, tag);

        if (p == NULL)
            continue;
        if (p->deadline_ns > now)
            break;
        finish(r, take(r, tag), MSVC_PUBLISH_UNKNOWN, false, "no confirm in time");
    }
    while (r->unsent != NULL && r->unsent->deadline_ns <= now)
        finish(r, pop(r), MSVC_PUBLISH_UNKNOWN, false,
               r->is_blocked ? "the broker takes no messages now (connection.blocked)"
                             : "not sent in time");
}

/* Deliveries that move come again by themselves. */
static void abandon(struct rmq *r, struct rmq_publish *p, const char *reason)
{
    if (p->move == NULL) {
        finish(r, p, MSVC_PUBLISH_UNKNOWN, false, reason);
        return;
    }
    r->moving--;
    free(p->refusal);
    free(p);
}

void msvc__rmq_publish_lost(struct rmq *r, const char *reason)
{
    for (uint64_t tag = r->sent.first; tag < r->sent.next; tag++) {
        struct rmq_publish *p = *slot_of(&r->sent, tag);

        *slot_of(&r->sent, tag) = NULL;
        if (p != NULL)
            abandon(r, p, reason);
    }
    while (r->unsent != NULL)
        abandon(r, pop(r), reason);
    r->sent.first = r->sent.next = 1;
    r->sent.open = 0;
    r->careful = 0;
    r->in_return = false;
}

void msvc__rmq_publish_clear(struct rmq *r)
{
    for (uint64_t tag = r->sent.first; tag < r->sent.next; tag++) {
        struct rmq_publish *p = *slot_of(&r->sent, tag);

        if (p != NULL)
            free(p->refusal);
        free(p);
    }
    while (r->unsent != NULL)
        free(pop(r));
    free(r->sent.slots);
}

uint64_t msvc__rmq_publish_deadline(const struct rmq *r)
{
    uint64_t first = UINT64_MAX;

    if (r->sent.first < r->sent.next)
        first = (*slot_of(&r->sent, r->sent.first))->deadline_ns;
    if (r->unsent != NULL && r->unsent->deadline_ns < first)
        first = r->unsent->deadline_ns;
    return first;
}
