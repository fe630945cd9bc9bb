/* SPDX-License-Identifier: MIT */
/*
 * OTLP's JSON differs from what protobuf's rules would give: ids are
 * hexadecimal, enumerations are numbers. 64-bit numbers are strings, as JSON
 * readers lose digits otherwise. What is 0 or empty is left out, as protobuf does.
 */
#include "export/otlp_json_internal.h"

#include <math.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/number_internal.h"
#include "base/utf8_internal.h"

#define HAS_IS_REMOTE 0x100
#define IS_REMOTE     0x200

static void put_hex(struct msvc_json_writer *w, const char *name, const uint8_t *bytes,
                    size_t count)
{
    static const char digits[] = "0123456789abcdef";
    char text[33];

    for (size_t i = 0; i < count; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 0x0f];
    }
    msvc_json_key(w, name);
    msvc_json_text_n(w, text, 2 * count);
}

static void put_int64(struct msvc_json_writer *w, const char *name, int64_t number)
{
    char text[MSVC__NUMBER_SIZE];

    msvc_json_key(w, name);
    msvc_json_text_n(w, text, msvc__format_int(text, number));
}

static void put_count(struct msvc_json_writer *w, const char *name, uint32_t count)
{
    if (count > 0)
        msvc_json_member_int(w, name, count);
}

static void put_text(struct msvc_json_writer *w, const char *name, const char *text)
{
    if (text[0] != '\0')
        msvc_json_member_text(w, name, text);
}

static void put_base64(struct msvc_json_writer *w, const char *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *at = (const unsigned char *)bytes;
    struct msvc_buffer text = MSVC_BUFFER_INIT;

    for (; length > 0; at += 3, length -= length < 3 ? length : 3) {
        unsigned group = (unsigned)at[0] << 16 | (length > 1 ? (unsigned)at[1] << 8 : 0) |
                         (length > 2 ? (unsigned)at[2] : 0);

        msvc_buffer_byte(&text, digits[group >> 18]);
        msvc_buffer_byte(&text, digits[group >> 12 & 63]);
        msvc_buffer_byte(&text, length > 1 ? digits[group >> 6 & 63] : '=');
        msvc_buffer_byte(&text, length > 2 ? digits[group & 63] : '=');
    }
    if (msvc_buffer_status(&text) < 0)
        w->status = msvc_buffer_status(&text);
    msvc_json_text_n(w, text.data, text.length);
    msvc_buffer_clear(&text);
}

static void put_double(struct msvc_json_writer *w, double number)
{
    msvc_json_key(w, "doubleValue");
    if (isnan(number))
        msvc_json_text(w, "NaN");
    else if (isinf(number))
        msvc_json_text(w, number > 0 ? "Infinity" : "-Infinity");
    else
        msvc_json_double(w, number);
}

/* A string that is not UTF-8 is bytes, so that nothing of it is lost. */
static void put_string(struct msvc_json_writer *w, const char *text, size_t length)
{
    if (msvc__utf8_is_valid(text, length)) {
        msvc_json_key(w, "stringValue");
        msvc_json_text_n(w, text != NULL ? text : "", length);
    } else {
        msvc_json_key(w, "bytesValue");
        put_base64(w, text, length);
    }
}

static void put_value(struct msvc_json_writer *w, const struct msvc_attribute *attribute)
{
    msvc_json_begin_object(w);
    switch (attribute->type) {
    case MSVC_ATTRIBUTE_STRING:
        put_string(w, attribute->value.string.data, attribute->value.string.length);
        break;
    case MSVC_ATTRIBUTE_INT:
        put_int64(w, "intValue", attribute->value.integer);
        break;
    case MSVC_ATTRIBUTE_DOUBLE:
        put_double(w, attribute->value.number);
        break;
    case MSVC_ATTRIBUTE_BOOL:
        msvc_json_member_bool(w, "boolValue", attribute->value.truth);
        break;
    default:
        break;
    }
    msvc_json_end_object(w);
}

static void put_attributes(struct msvc_json_writer *w, const struct msvc_attribute *attributes,
                           size_t count)
{
    if (count == 0)
        return;
    msvc_json_key(w, "attributes");
    msvc_json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        msvc_json_begin_object(w);
        msvc_json_member_text(w, "key", attributes[i].key);
        msvc_json_key(w, "value");
        put_value(w, &attributes[i]);
        msvc_json_end_object(w);
    }
    msvc_json_end_array(w);
}

static void put_events(struct msvc_json_writer *w, const struct msvc_span_event_data *event)
{
    if (event == NULL)
        return;
    msvc_json_key(w, "events");
    msvc_json_begin_array(w);
    for (; event != NULL; event = event->next) {
        msvc_json_begin_object(w);
        put_int64(w, "timeUnixNano", event->wall_ns);
        put_text(w, "name", event->name);
        put_attributes(w, event->attributes, event->attribute_count);
        put_count(w, "droppedAttributesCount", event->dropped_attribute_count);
        msvc_json_end_object(w);
    }
    msvc_json_end_array(w);
}

static void put_flags(struct msvc_json_writer *w, uint8_t flags, bool is_remote)
{
    msvc_json_member_int(w, "flags", flags | HAS_IS_REMOTE | (is_remote ? IS_REMOTE : 0));
}

static void put_links(struct msvc_json_writer *w, const struct msvc_span_link_data *link)
{
    if (link == NULL)
        return;
    msvc_json_key(w, "links");
    msvc_json_begin_array(w);
    for (; link != NULL; link = link->next) {
        msvc_json_begin_object(w);
        put_hex(w, "traceId", link->trace_id, sizeof(link->trace_id));
        put_hex(w, "spanId", link->span_id, sizeof(link->span_id));
        put_text(w, "traceState", link->tracestate);
        put_flags(w, link->flags, link->is_remote);
        msvc_json_end_object(w);
    }
    msvc_json_end_array(w);
}

static void put_status(struct msvc_json_writer *w, const struct msvc_span_data *span)
{
    if (span->status == MSVC_SPAN_UNSET)
        return;
    msvc_json_key(w, "status");
    msvc_json_begin_object(w);
    put_text(w, "message", span->status_description);
    msvc_json_member_int(w, "code", span->status);
    msvc_json_end_object(w);
}

static bool has_parent(const struct msvc_span_data *span)
{
    static const uint8_t none[sizeof(span->parent_span_id)];

    return memcmp(span->parent_span_id, none, sizeof(none)) != 0;
}

static void put_span(struct msvc_json_writer *w, const struct msvc_span_data *span)
{
    msvc_json_begin_object(w);
    put_hex(w, "traceId", span->context.trace_id, sizeof(span->context.trace_id));
    put_hex(w, "spanId", span->context.span_id, sizeof(span->context.span_id));
    put_text(w, "traceState", span->context.tracestate);
    if (has_parent(span))
        put_hex(w, "parentSpanId", span->parent_span_id, sizeof(span->parent_span_id));
    put_flags(w, span->context.flags, span->parent_is_remote);
    put_text(w, "name", span->name);
    msvc_json_member_int(w, "kind", span->kind);
    put_int64(w, "startTimeUnixNano", span->start_wall_ns);
    put_int64(w, "endTimeUnixNano", span->end_wall_ns);
    put_attributes(w, span->attributes, span->attribute_count);
    put_count(w, "droppedAttributesCount", span->dropped_attribute_count);
    put_events(w, span->events);
    put_count(w, "droppedEventsCount", span->dropped_event_count);
    put_links(w, span->links);
    put_count(w, "droppedLinksCount", span->dropped_link_count);
    put_status(w, span);
    msvc_json_end_object(w);
}

static void put_scope_spans(struct msvc_json_writer *w, const struct msvc_span_batch *batch)
{
    msvc_json_begin_object(w);
    msvc_json_key(w, "scope");
    msvc_json_begin_object(w);
    put_text(w, "name", batch->scope_name);
    put_text(w, "version", batch->scope_version);
    msvc_json_end_object(w);
    msvc_json_key(w, "spans");
    msvc_json_begin_array(w);
    for (size_t i = 0; i < batch->span_count; i++)
        put_span(w, batch->spans[i]);
    msvc_json_end_array(w);
    msvc_json_end_object(w);
}

int msvc__otlp_json_write(struct msvc_buffer *out, const struct msvc_span_batch *batch)
{
    struct msvc_json_writer w;

    msvc_json_writer_init(&w, out);
    msvc_json_begin_object(&w);
    msvc_json_key(&w, "resourceSpans");
    msvc_json_begin_array(&w);
    msvc_json_begin_object(&w);
    msvc_json_key(&w, "resource");
    msvc_json_begin_object(&w);
    put_attributes(&w, batch->resource, batch->resource_count);
    msvc_json_end_object(&w);
    msvc_json_key(&w, "scopeSpans");
    msvc_json_begin_array(&w);
    put_scope_spans(&w, batch);
    msvc_json_end_array(&w);
    msvc_json_end_object(&w);
    msvc_json_end_array(&w);
    msvc_json_end_object(&w);
    return msvc_json_writer_status(&w);
}
