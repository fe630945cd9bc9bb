/* SPDX-License-Identifier: MIT */
/*
 * A copy is one block: the struct, the headers, the payload, then the strings.
 * So one free() ends it, and a window of waiting messages costs one allocation
 * each. Measuring and copying walk the same list of fields.
 */
#include "message/message_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/trace.h>
#include <msvc/uuid.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"

#define STRING_COUNT 9

/* Where the strings of a message are. */
static void list_strings(const char **fields[STRING_COUNT], struct msvc_message *m)
{
    const char **all[STRING_COUNT] = {
        &m->id,    &m->source, &m->type,        &m->subject,    &m->content_type,
        &m->topic, &m->key,    &m->traceparent, &m->tracestate,
    };

    memcpy(fields, all, sizeof(all));
}

static size_t count_headers(const struct msvc_header *headers)
{
    size_t count = 0;

    while (headers != NULL && headers[count].name != NULL)
        count++;
    return count;
}

static size_t text_size(const char *text)
{
    return text != NULL ? strlen(text) + 1 : 0;
}

static size_t measure(const struct msvc_message *message, size_t header_count)
{
    struct msvc_message m = *message;
    size_t size = sizeof(m) + (header_count + 1) * sizeof(struct msvc_header);
    const char **fields[STRING_COUNT];

    list_strings(fields, &m);
    for (size_t i = 0; i < STRING_COUNT; i++)
        size += text_size(*fields[i]);
    for (size_t i = 0; i < header_count; i++)
        size += text_size(m.headers[i].name) + text_size(m.headers[i].value);
    return size + m.payload_length + 1;
}

/* Put bytes at *at and move it on. */
static const char *put(char **at, const void *bytes, size_t length)
{
    const char *here = *at;

    if (length > 0)
        memcpy(*at, bytes, length);
    *at += length;
    return here;
}

static const char *put_text(char **at, const char *text)
{
    return text != NULL ? put(at, text, strlen(text) + 1) : NULL;
}

struct msvc_message *msvc__message_pack(const struct msvc_message *message)
{
    size_t header_count = count_headers(message->headers);
    struct msvc_message *m = msvc__new(measure(message, header_count));
    const char **fields[STRING_COUNT];
    struct msvc_header *headers;
    char *at;

    if (m == NULL)
        return NULL;
    *m = *message;
    headers = (struct msvc_header *)(m + 1);
    at = (char *)(headers + header_count + 1);
    m->payload = put(&at, message->payload, message->payload_length);
    at++; /* a NUL behind the payload, for those who read it as text */
    list_strings(fields, m);
    for (size_t i = 0; i < STRING_COUNT; i++)
        *fields[i] = put_text(&at, *fields[i]);
    for (size_t i = 0; i < header_count; i++) {
        headers[i].name = put_text(&at, message->headers[i].name);
        headers[i].value = put_text(&at, message->headers[i].value);
    }
    m->headers = headers;
    return m;
}

const char *msvc_message_topic(const struct msvc_message *message)
{
    if (message == NULL)
        return NULL;
    return message->topic != NULL ? message->topic : message->type;
}

/* The thread's span, when the message brings none of its own. */
static void default_trace(struct msvc_message *m, char traceparent[MSVC_TRACEPARENT_SIZE])
{
    const struct msvc_trace_context *current = msvc_trace_current();

    if (m->traceparent != NULL || !msvc_trace_context_is_valid(current))
        return;
    msvc_trace_context_traceparent(traceparent, current);
    m->traceparent = traceparent;
    m->tracestate = current->tracestate[0] != '\0' ? current->tracestate : NULL;
}

int msvc_message_copy(struct msvc_message **out, const struct msvc_message *message,
                      const char *source, struct msvc_error *err)
{
    char traceparent[MSVC_TRACEPARENT_SIZE];
    char id[MSVC_UUID_SIZE];
    struct msvc_message m;
    struct msvc_message *copy;
    int status;

    if (out == NULL || message == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "message", 0, "a pointer is NULL");
    status = msvc__options_copy(&m, sizeof(m), message);
    if (status == 0 && m.source == NULL)
        m.source = source != NULL ? source : "/";
    if (status == 0)
        status = msvc_message_check(&m, err);
    if (status < 0)
        return status == MSVC_ERR_UNSUPPORTED ? msvc_message_check(message, err) : status;
    if (m.id == NULL) {
        msvc_uuid_new(id, NULL, NULL);
        m.id = id;
    }
    if (m.time_ns == 0)
        m.time_ns = msvc_clock_wall_ns(NULL);
    if (m.content_type == NULL)
        m.content_type = "application/json";
    m.topic = msvc_message_topic(&m);
    default_trace(&m, traceparent);
    copy = msvc__message_pack(&m);
    if (copy == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "message", 0, "no memory for a message");
    *out = copy;
    return 0;
}

void msvc_message_free(struct msvc_message *message)
{
    free(message);
}
