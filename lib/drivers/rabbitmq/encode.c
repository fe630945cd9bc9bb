/* SPDX-License-Identifier: MIT */
/*
 * CloudEvents' AMQP binding, binary mode, on the headers of AMQP 0-9-1: the
 * names are those of the binding, so that a consumer that reads the queue by
 * AMQP 1.0 finds an event. What 0-9-1 has a property for is there as well.
 */
#include "drivers/rabbitmq/rabbitmq_internal.h"

#include <string.h>

#include <msvc/clock.h>
#include <msvc/status.h>

#define PREFIX      "cloudEvents:"
#define PREFIX_SIZE (sizeof(PREFIX) - 1)
#define ENTRY_MOST  (MSVC_MESSAGE_HEADER_COUNT_MAX + 16)
#define NAME_MOST   255 /* of a header, with the prefix: AMQP's limit */

struct table {
    amqp_table_entry_t entries[ENTRY_MOST];
    int count;
};

static void add(struct table *t, amqp_bytes_t name, amqp_bytes_t value)
{
    amqp_table_entry_t *entry = &t->entries[t->count++];

    entry->key = name;
    entry->value.kind = AMQP_FIELD_KIND_UTF8;
    entry->value.value.bytes = value;
}

static void add_text(struct table *t, const char *name, const char *value)
{
    if (value != NULL)
        add(t, amqp_cstring_bytes(name), amqp_cstring_bytes(value));
}

static void add_number(struct table *t, const char *name, int32_t number)
{
    amqp_table_entry_t *entry = &t->entries[t->count++];

    entry->key = amqp_cstring_bytes(name);
    entry->value.kind = AMQP_FIELD_KIND_I32;
    entry->value.value.i32 = number;
}

/* The names of the user's own headers, prefixed; *names has room for all of them. */
static int add_extensions(struct table *t, const struct msvc_header *headers,
                          char names[][NAME_MOST + 1])
{
    for (size_t i = 0; headers != NULL && headers[i].name != NULL; i++) {
        size_t length = strlen(headers[i].name);

        if (i == MSVC_MESSAGE_HEADER_COUNT_MAX || length + PREFIX_SIZE > NAME_MOST)
            return MSVC_ERR_LIMIT;
        memcpy(names[i], PREFIX, PREFIX_SIZE);
        memcpy(names[i] + PREFIX_SIZE, headers[i].name, length + 1);
        add_text(t, names[i], headers[i].value);
    }
    return 0;
}

static void add_attributes(struct table *t, const struct msvc_message *m, const char *time)
{
    add_text(t, PREFIX "specversion", "1.0");
    add_text(t, PREFIX "id", m->id);
    add_text(t, PREFIX "source", m->source);
    add_text(t, PREFIX "type", m->type);
    add_text(t, PREFIX "subject", m->subject);
    add_text(t, PREFIX "time", m->time_ns != 0 ? time : NULL);
    add_text(t, PREFIX "partitionkey", m->key);
    add_text(t, PREFIX "traceparent", m->traceparent);
    add_text(t, PREFIX "tracestate", m->tracestate);
}

int msvc__rmq_send_message(struct rmq *r, const struct msvc_message *m)
{
    char names[MSVC_MESSAGE_HEADER_COUNT_MAX][NAME_MOST + 1];
    char time[MSVC_TIME_SIZE];
    struct table t = { .count = 0 };
    amqp_basic_properties_t properties = {
        ._flags = AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG |
                  AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_TYPE_FLAG | AMQP_BASIC_TIMESTAMP_FLAG |
                  AMQP_BASIC_CONTENT_TYPE_FLAG,
        .delivery_mode = AMQP_DELIVERY_PERSISTENT,
        .message_id = amqp_cstring_bytes(m->id),
        .type = amqp_cstring_bytes(m->type),
        .timestamp = m->time_ns > 0 ? (uint64_t)m->time_ns / 1000000000u : 0,
        .content_type =
            amqp_cstring_bytes(m->content_type != NULL ? m->content_type : "application/json"),
    };
    amqp_bytes_t body = { .len = m->payload_length, .bytes = (void *)(uintptr_t)m->payload };
    int status;

    msvc_time_format(time, m->time_ns);
    add_attributes(&t, m, time);
    status = add_extensions(&t, m->headers, names);
    if (status < 0)
        return status;
    properties.headers.num_entries = t.count;
    properties.headers.entries = t.entries;
    return msvc__rmq_put_publish(r, r->config.exchange, msvc_message_topic(m), &properties, body);
}

/* What we or the broker wrote for an earlier life of the message. */
static bool is_of_the_past(amqp_bytes_t key)
{
    static const char *const names[] = {
        "x-death",          "x-first-death-exchange", "x-first-death-queue", "x-first-death-reason",
        "x-delivery-count", RMQ_HEADER_ATTEMPTS,      RMQ_HEADER_TOPIC,      RMQ_HEADER_REASON
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (msvc__rmq_is_key(key, names[i]))
            return true;
    }
    return false;
}

static void keep_headers(struct table *t, const struct rmq_delivery *d)
{
    const amqp_table_t *old = &d->properties.headers;

    if ((d->properties._flags & AMQP_BASIC_HEADERS_FLAG) == 0)
        return;
    for (int i = 0; i < old->num_entries && t->count < ENTRY_MOST - 3; i++) {
        if (!is_of_the_past(old->entries[i].key))
            t->entries[t->count++] = old->entries[i];
    }
}

int msvc__rmq_send_move(struct rmq *r, const struct rmq_delivery *d)
{
    struct table t = { .count = 0 };
    amqp_basic_properties_t properties = d->properties;

    keep_headers(&t, d);
    add_number(&t, RMQ_HEADER_ATTEMPTS, (int32_t)d->attempt);
    add(&t, amqp_cstring_bytes(RMQ_HEADER_TOPIC), d->topic);
    add_text(&t, RMQ_HEADER_REASON, d->reason);
    properties.headers.num_entries = t.count;
    properties.headers.entries = t.entries;
    properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
    properties._flags |= AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG;
    /* A user-id must be the sender's own and an expiration would end the message: both go. */
    properties._flags &= ~(amqp_flags_t)(AMQP_BASIC_USER_ID_FLAG | AMQP_BASIC_EXPIRATION_FLAG);
    return msvc__rmq_put_publish(r, "", d->target, &properties, d->body);
}
