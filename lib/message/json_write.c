/* SPDX-License-Identifier: MIT */
/*
 * The CloudEvents JSON format 1.0.2. A payload that is JSON stands in `data` as
 * its own bytes, so that numbers, white space and signatures survive; text stands
 * there as a string; all other bytes go into `data_base64`. The topic is the extension `topic`,
 * left out when it is the type.
 */
#include "message/json_internal.h"

#include <string.h>

#include <msvc/buffer.h>
#include <msvc/clock.h>
#include <msvc/json.h>
#include <msvc/message.h>
#include <msvc/status.h>

#include "base/utf8_internal.h"
#include "message/base64_internal.h"

#define DEFAULT_TYPE "application/json"

static bool starts_with(const char *text, size_t length, const char *prefix)
{
    size_t wanted = strlen(prefix);

    for (size_t i = 0; i < wanted; i++) {
        if (i == length || (text[i] | 0x20) != prefix[i])
            return false;
    }
    return true;
}

/* The media type without parameters and the blanks before them. */
static size_t media_length(const char *type)
{
    return strcspn(type, "; \t");
}

/* subtype json, or +json at its end; in any case. */
bool msvc__message_is_json_type(const char *type)
{
    size_t length = media_length(type);

    if (length < 5)
        return false;
    type += length - 5;
    return (*type == '/' || *type == '+') && starts_with(type + 1, 4, "json");
}

static bool is_text_type(const char *type)
{
    return starts_with(type, media_length(type), "text/");
}

static bool is_json(const char *data, size_t length)
{
    struct msvc_json_document *document;

    if (msvc_json_parse(&document, data, length, MSVC_JSON_OPTIONS(.allow_duplicates = true),
                        NULL) < 0)
        return false;
    msvc_json_free(document);
    return true;
}

static void write_base64(struct msvc_json_writer *w, const void *data, size_t length)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;

    msvc_json_key(w, "data_base64");
    msvc__base64_append(&text, data, length);
    if (msvc_buffer_status(&text) == 0)
        msvc_json_text_n(w, text.data, text.length);
    /* else the key stays without a value, and the writer says so at the end */
    msvc_buffer_clear(&text);
}

static void write_payload(struct msvc_json_writer *w, const struct msvc_message *m)
{
    const char *type = m->content_type != NULL ? m->content_type : DEFAULT_TYPE;
    const char *data = m->payload;
    size_t length = m->payload_length;

    if (length == 0)
        return;
    if (msvc__message_is_json_type(type) && is_json(data, length)) {
        msvc_json_key(w, "data");
        msvc_json_raw(w, data, length);
    } else if (is_text_type(type) && msvc__utf8_is_valid(data, length)) {
        msvc_json_key(w, "data");
        msvc_json_text_n(w, data, length);
    } else {
        write_base64(w, data, length);
    }
}

static void write_optional(struct msvc_json_writer *w, const char *name, const char *text)
{
    if (text != NULL)
        msvc_json_member_text(w, name, text);
}

static void write_members(struct msvc_json_writer *w, const struct msvc_message *m)
{
    char time[MSVC_TIME_SIZE];

    msvc_json_member_text(w, "specversion", "1.0");
    msvc_json_member_text(w, "id", m->id);
    msvc_json_member_text(w, "source", m->source);
    msvc_json_member_text(w, "type", m->type);
    write_optional(w, "subject", m->subject);
    if (m->time_ns != 0) {
        msvc_time_format(time, m->time_ns);
        msvc_json_member_text(w, "time", time);
    }
    write_optional(w, "datacontenttype", m->content_type);
    if (m->topic != NULL && strcmp(m->topic, m->type) != 0)
        msvc_json_member_text(w, "topic", m->topic);
    write_optional(w, "partitionkey", m->key);
    write_optional(w, "traceparent", m->traceparent);
    write_optional(w, "tracestate", m->tracestate);
    for (const struct msvc_header *h = m->headers; h != NULL && h->name != NULL; h++)
        msvc_json_member_text(w, h->name, h->value);
    write_payload(w, m);
}

int msvc_message_to_json(struct msvc_buffer *out, const struct msvc_message *message)
{
    struct msvc_json_writer writer;
    int status;

    if (out == NULL || message == NULL || message->id == NULL || message->source == NULL)
        return MSVC_ERR_INVALID;
    status = msvc_message_check(message, NULL);
    if (status < 0)
        return status;
    msvc_json_writer_init(&writer, out);
    msvc_json_begin_object(&writer);
    write_members(&writer, message);
    msvc_json_end_object(&writer);
    status = msvc_json_writer_status(&writer);
    return status == MSVC_ERR_STATE ? MSVC_ERR_NOMEM : status;
}
