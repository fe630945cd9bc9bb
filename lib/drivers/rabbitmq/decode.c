/* SPDX-License-Identifier: MIT */
/*
 * Anything may be in a queue. What follows the CloudEvents binding, in binary
 * or structured mode, is read in full; a message of somebody who never heard of
 * CloudEvents is read as well as it goes, as long as it has an id.
 */
#include "drivers/rabbitmq/rabbitmq_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <msvc/clock.h>
#include <msvc/status.h>

#define STRUCTURED "application/cloudevents+json"

bool msvc__rmq_is_key(amqp_bytes_t key, const char *name)
{
    size_t length = strlen(name);

    return key.len == length && memcmp(key.bytes, name, length) == 0;
}

/* A NUL-terminated copy in the delivery's pool; NULL when out of memory or when it holds a NUL. */
static const char *text_of(struct rmq_delivery *d, amqp_bytes_t bytes)
{
    char *text;

    if (bytes.len > 0 && memchr(bytes.bytes, '\0', bytes.len) != NULL)
        return NULL;
    text = amqp_pool_alloc(&d->pool, bytes.len + 1);
    if (text == NULL)
        return NULL;
    if (bytes.len > 0)
        memcpy(text, bytes.bytes, bytes.len);
    text[bytes.len] = '\0';
    return text;
}

static bool number_of(int64_t *out, const amqp_field_value_t *value)
{
    switch (value->kind) {
    case AMQP_FIELD_KIND_I8:
        *out = value->value.i8;
        return true;
    case AMQP_FIELD_KIND_U8:
        *out = value->value.u8;
        return true;
    case AMQP_FIELD_KIND_I16:
        *out = value->value.i16;
        return true;
    case AMQP_FIELD_KIND_U16:
        *out = value->value.u16;
        return true;
    case AMQP_FIELD_KIND_I32:
        *out = value->value.i32;
        return true;
    case AMQP_FIELD_KIND_U32:
        *out = value->value.u32;
        return true;
    case AMQP_FIELD_KIND_I64:
        *out = value->value.i64;
        return true;
    default:
        return false;
    }
}

/* A header's value as text: strings, numbers, truths. NULL for anything else. */
static const char *value_text(struct rmq_delivery *d, const amqp_field_value_t *value)
{
    char digits[24];
    int64_t number;

    if (value->kind == AMQP_FIELD_KIND_UTF8 || value->kind == AMQP_FIELD_KIND_BYTES)
        return text_of(d, value->value.bytes);
    if (value->kind == AMQP_FIELD_KIND_BOOLEAN)
        return value->value.boolean ? "true" : "false";
    if (!number_of(&number, value))
        return NULL;
    (void)snprintf(digits, sizeof(digits), "%" PRId64, number);
    return text_of(d, amqp_cstring_bytes(digits));
}

/* The CloudEvents attribute a header carries; length 0 when it is none. */
static amqp_bytes_t attribute_of(amqp_bytes_t key)
{
    static const size_t prefix = sizeof("cloudEvents:") - 1;
    const char *text = key.bytes;

    if (key.len <= prefix || memcmp(text, "cloudEvents", prefix - 1) != 0 ||
        (text[prefix - 1] != ':' && text[prefix - 1] != '_'))
        return amqp_empty_bytes;
    return (amqp_bytes_t){ .len = key.len - prefix, .bytes = (char *)key.bytes + prefix };
}

/* Where an attribute goes that message.h has a field for; NULL for others. */
static const char **field_of(struct msvc_message *m, amqp_bytes_t name)
{
    if (msvc__rmq_is_key(name, "id"))
        return &m->id;
    if (msvc__rmq_is_key(name, "source"))
        return &m->source;
    if (msvc__rmq_is_key(name, "type"))
        return &m->type;
    if (msvc__rmq_is_key(name, "subject"))
        return &m->subject;
    if (msvc__rmq_is_key(name, "partitionkey"))
        return &m->key;
    if (msvc__rmq_is_key(name, "traceparent"))
        return &m->traceparent;
    if (msvc__rmq_is_key(name, "tracestate"))
        return &m->tracestate;
    return NULL;
}

static bool is_ours(amqp_bytes_t key)
{
    return (key.len > 2 && memcmp(key.bytes, "x-", 2) == 0) ||
           msvc__rmq_is_key(key, "cloudEvents:specversion") ||
           msvc__rmq_is_key(key, "cloudEvents_specversion");
}

static void read_header(struct rmq_delivery *d, const amqp_table_entry_t *entry,
                        struct msvc_header *headers, size_t *count)
{
    amqp_bytes_t name = attribute_of(entry->key);
    const char **field = field_of(&d->message, name);
    const char *value;

    if (is_ours(entry->key))
        return;
    value = value_text(d, &entry->value);
    if (value == NULL)
        return;
    if (field != NULL) {
        *field = value;
    } else if (msvc__rmq_is_key(name, "time")) {
        if (msvc_time_parse(&d->message.time_ns, value, strlen(value)) < 0)
            d->message.time_ns = 0;
    } else {
        const char *own = text_of(d, name.len > 0 ? name : entry->key);

        if (own != NULL)
            headers[(*count)++] = (struct msvc_header){ own, value };
    }
}

/* What the broker and we count, whatever the message is. */
static void read_counts(struct rmq_delivery *d)
{
    const amqp_table_t *table = &d->properties.headers;
    int64_t number;
    int64_t before = 0;

    for (int i = 0; i < table->num_entries; i++) {
        const amqp_table_entry_t *entry = &table->entries[i];

        if (msvc__rmq_is_key(entry->key, RMQ_HEADER_TOPIC) &&
            entry->value.kind == AMQP_FIELD_KIND_UTF8)
            d->topic = entry->value.value.bytes;
        else if ((msvc__rmq_is_key(entry->key, RMQ_HEADER_ATTEMPTS) ||
                  msvc__rmq_is_key(entry->key, "x-delivery-count")) &&
                 number_of(&number, &entry->value) && number > 0 && number < 1000000)
            before += number;
    }
    d->attempt = (unsigned)before + 1;
}

static int read_headers(struct rmq_delivery *d)
{
    const amqp_table_t *table = &d->properties.headers;
    struct msvc_header *headers;
    size_t count = 0;

    headers = amqp_pool_alloc(&d->pool, ((size_t)table->num_entries + 1) * sizeof(*headers));
    if (headers == NULL)
        return MSVC_ERR_NOMEM;
    for (int i = 0; i < table->num_entries; i++)
        read_header(d, &table->entries[i], headers, &count);
    headers[count] = (struct msvc_header){ NULL, NULL };
    d->message.headers = count > 0 ? headers : NULL;
    return 0;
}

/* AMQP's own properties stand in for attributes that the headers do not have. */
static void read_properties(struct rmq_delivery *d)
{
    const amqp_basic_properties_t *p = &d->properties;
    struct msvc_message *m = &d->message;

    if (m->id == NULL && (p->_flags & AMQP_BASIC_MESSAGE_ID_FLAG) != 0)
        m->id = text_of(d, p->message_id);
    if (m->type == NULL && (p->_flags & AMQP_BASIC_TYPE_FLAG) != 0)
        m->type = text_of(d, p->type);
    if (m->type == NULL || *m->type == '\0')
        m->type = m->topic;
    if (m->source == NULL)
        m->source = "/";
    if ((p->_flags & AMQP_BASIC_CONTENT_TYPE_FLAG) != 0)
        m->content_type = text_of(d, p->content_type);
    if (m->content_type == NULL)
        m->content_type = "application/octet-stream";
    if (m->time_ns == 0 && (p->_flags & AMQP_BASIC_TIMESTAMP_FLAG) != 0 &&
        p->timestamp < 9000000000u)
        m->time_ns = (int64_t)p->timestamp * 1000000000;
}

static bool is_structured(const struct rmq_delivery *d)
{
    const amqp_bytes_t *type = &d->properties.content_type;

    return (d->properties._flags & AMQP_BASIC_CONTENT_TYPE_FLAG) != 0 &&
           type->len >= sizeof(STRUCTURED) - 1 &&
           strncasecmp(type->bytes, STRUCTURED, sizeof(STRUCTURED) - 1) == 0;
}

static int decode_structured(struct rmq_delivery *d, const char *topic, struct msvc_error *err)
{
    int status = msvc_message_from_json(&d->structured, d->body.bytes, d->body.len, err);

    if (status < 0)
        return status;
    d->message = *d->structured;
    d->message.topic = topic;
    return 0;
}

int msvc__rmq_decode(struct rmq_delivery *d, struct msvc_error *err)
{
    struct msvc_message *m = &d->message;
    const char *topic;

    if ((d->properties._flags & AMQP_BASIC_HEADERS_FLAG) == 0)
        d->properties.headers = amqp_empty_table;
    read_counts(d);
    topic = text_of(d, d->topic);
    if (topic == NULL)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, RMQ_ORIGIN, 0, "the topic holds a NUL");
    if (is_structured(d))
        return decode_structured(d, topic, err);
    *m = (struct msvc_message){ .size = sizeof(*m), .topic = topic };
    m->payload = d->body.bytes;
    m->payload_length = d->body.len;
    if (read_headers(d) < 0)
        return msvc_error_set(err, MSVC_ERR_NOMEM, RMQ_ORIGIN, 0, "out of memory");
    read_properties(d);
    if (m->id == NULL || *m->id == '\0')
        return msvc_error_set(err, MSVC_ERR_MALFORMED, RMQ_ORIGIN, 0,
                              "no id: neither a message-id nor a header cloudEvents:id");
    return msvc_message_check(m, err);
}
