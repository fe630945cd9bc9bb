/* SPDX-License-Identifier: MIT */
/*
 * protobuf-c packs a tree of structs. The tree borrows everything that it can
 * from the batch. Text must be UTF-8, or a collector refuses the whole request:
 * a value that is not goes as bytes, which loses nothing, and a name is mended.
 *
 * What a peer sends is decoded only here; none of these messages can contain
 * itself, so that no answer can nest deeper than two levels.
 */
#include "otlp/encode_internal.h"

#include <string.h>

#include <msvc/buffer.h>
#include <msvc/otlp.h>
#include <msvc/status.h>

#include "base/utf8_internal.h"
#include "otlp.pb-c.h"

#define HAS_IS_REMOTE 0x100u
#define IS_REMOTE     0x200u

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

/* protobuf-c has no const, but packing only reads. */
static ProtobufCBinaryData bytes_of(const void *bytes, size_t length)
{
    union {
        const void *given;
        uint8_t *data;
    } pointer = { bytes };

    return (ProtobufCBinaryData){ length, pointer.data };
}

static ProtobufCBinaryData mended(struct msvc__arena *arena, const char *text, size_t length)
{
    char *out = msvc__arena_take(arena, length, sizeof(replacement) - 1);
    size_t used = 0;

    if (out == NULL)
        return bytes_of(NULL, 0);
    while (length > 0) {
        size_t bad = 1;
        size_t good = msvc__utf8_length(text, length, &bad);

        if (good > 0)
            memcpy(out + used, text, good);
        else
            memcpy(out + used, replacement, sizeof(replacement) - 1);
        used += good > 0 ? good : sizeof(replacement) - 1;
        text += good > 0 ? good : bad;
        length -= good > 0 ? good : bad;
    }
    return bytes_of(out, used);
}

static ProtobufCBinaryData text_of(struct msvc__arena *arena, const char *text)
{
    size_t length = strlen(text);

    return msvc__utf8_is_valid(text, length) ? bytes_of(text, length) : mended(arena, text, length);
}

static void set_string(Msvc__Otlp__AnyValue *out, const char *text, size_t length)
{
    if (msvc__utf8_is_valid(text, length)) {
        out->value_case = MSVC__OTLP__ANY_VALUE__VALUE_STRING_VALUE;
        out->string_value = bytes_of(text, length);
    } else {
        out->value_case = MSVC__OTLP__ANY_VALUE__VALUE_BYTES_VALUE;
        out->bytes_value = bytes_of(text, length);
    }
}

static void set_value(Msvc__Otlp__AnyValue *out, const struct msvc_attribute *attribute)
{
    msvc__otlp__any_value__init(out);
    switch (attribute->type) {
    case MSVC_ATTRIBUTE_STRING:
        set_string(out, attribute->value.string.data, attribute->value.string.length);
        break;
    case MSVC_ATTRIBUTE_INT:
        out->value_case = MSVC__OTLP__ANY_VALUE__VALUE_INT_VALUE;
        out->int_value = attribute->value.integer;
        break;
    case MSVC_ATTRIBUTE_DOUBLE:
        out->value_case = MSVC__OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE;
        out->double_value = attribute->value.number;
        break;
    case MSVC_ATTRIBUTE_BOOL:
        out->value_case = MSVC__OTLP__ANY_VALUE__VALUE_BOOL_VALUE;
        out->bool_value = attribute->value.truth;
        break;
    default:
        break;
    }
}

/* NULL, and *out_count 0, when there are none or the memory is out. */
static Msvc__Otlp__KeyValue **pairs_of(struct msvc__arena *arena, size_t *out_count,
                                       const struct msvc_attribute *attributes, size_t count)
{
    struct pair {
        Msvc__Otlp__KeyValue key_value;
        Msvc__Otlp__AnyValue value;
    } *pairs = msvc__arena_take(arena, count, sizeof(*pairs));
    Msvc__Otlp__KeyValue **list = msvc__arena_take(arena, count, sizeof(Msvc__Otlp__KeyValue *));

    *out_count = 0;
    if (pairs == NULL || list == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        msvc__otlp__key_value__init(&pairs[i].key_value);
        pairs[i].key_value.key = text_of(arena, attributes[i].key);
        pairs[i].key_value.value = &pairs[i].value;
        set_value(&pairs[i].value, &attributes[i]);
        list[i] = &pairs[i].key_value;
    }
    *out_count = count;
    return list;
}

static void set_events(struct msvc__arena *arena, Msvc__Otlp__Span *out,
                       const struct msvc_span_data *span)
{
    Msvc__Otlp__Event *events = msvc__arena_take(arena, span->event_count, sizeof(*events));

    out->events = msvc__arena_take(arena, span->event_count, sizeof(Msvc__Otlp__Event *));
    if (events == NULL || out->events == NULL)
        return;
    for (const struct msvc_span_event_data *from = span->events; from != NULL; from = from->next) {
        Msvc__Otlp__Event *event = &events[out->n_events];

        msvc__otlp__event__init(event);
        event->time_unix_nano = (uint64_t)from->wall_ns;
        event->name = text_of(arena, from->name);
        event->attributes =
            pairs_of(arena, &event->n_attributes, from->attributes, from->attribute_count);
        event->dropped_attributes_count = from->dropped_attribute_count;
        out->events[out->n_events++] = event;
    }
}

static uint32_t flags_of(uint8_t flags, bool is_remote)
{
    return flags | HAS_IS_REMOTE | (is_remote ? IS_REMOTE : 0);
}

static void set_links(struct msvc__arena *arena, Msvc__Otlp__Span *out,
                      const struct msvc_span_data *span)
{
    Msvc__Otlp__Link *links = msvc__arena_take(arena, span->link_count, sizeof(*links));

    out->links = msvc__arena_take(arena, span->link_count, sizeof(Msvc__Otlp__Link *));
    if (links == NULL || out->links == NULL)
        return;
    for (const struct msvc_span_link_data *from = span->links; from != NULL; from = from->next) {
        Msvc__Otlp__Link *link = &links[out->n_links];

        msvc__otlp__link__init(link);
        link->trace_id = bytes_of(from->trace_id, sizeof(from->trace_id));
        link->span_id = bytes_of(from->span_id, sizeof(from->span_id));
        link->trace_state = text_of(arena, from->tracestate);
        link->flags = flags_of(from->flags, from->is_remote);
        out->links[out->n_links++] = link;
    }
}

static void set_status(struct msvc__arena *arena, Msvc__Otlp__Span *out,
                       const struct msvc_span_data *span)
{
    if (span->status == MSVC_SPAN_UNSET)
        return;
    out->status = msvc__arena_take(arena, 1, sizeof(*out->status));
    if (out->status == NULL)
        return;
    msvc__otlp__status__init(out->status);
    out->status->code = (int32_t)span->status;
    out->status->message = text_of(arena, span->status_description);
}

static void set_context(struct msvc__arena *arena, Msvc__Otlp__Span *out,
                        const struct msvc_span_data *span)
{
    static const uint8_t root[sizeof(span->parent_span_id)];

    out->trace_id = bytes_of(span->context.trace_id, sizeof(span->context.trace_id));
    out->span_id = bytes_of(span->context.span_id, sizeof(span->context.span_id));
    out->trace_state = text_of(arena, span->context.tracestate);
    out->flags = flags_of(span->context.flags, span->parent_is_remote);
    if (memcmp(span->parent_span_id, root, sizeof(root)) != 0)
        out->parent_span_id = bytes_of(span->parent_span_id, sizeof(span->parent_span_id));
}

static void set_span(struct msvc__arena *arena, Msvc__Otlp__Span *out,
                     const struct msvc_span_data *span)
{
    msvc__otlp__span__init(out);
    set_context(arena, out, span);
    out->name = text_of(arena, span->name);
    out->kind = (int32_t)span->kind;
    out->start_time_unix_nano = (uint64_t)span->start_wall_ns;
    out->end_time_unix_nano = (uint64_t)span->end_wall_ns;
    out->attributes = pairs_of(arena, &out->n_attributes, span->attributes, span->attribute_count);
    out->dropped_attributes_count = span->dropped_attribute_count;
    set_events(arena, out, span);
    out->dropped_events_count = span->dropped_event_count;
    set_links(arena, out, span);
    out->dropped_links_count = span->dropped_link_count;
    set_status(arena, out, span);
}

static Msvc__Otlp__Span **spans_of(struct msvc__arena *arena, const struct msvc_span_batch *batch)
{
    Msvc__Otlp__Span *spans = msvc__arena_take(arena, batch->span_count, sizeof(*spans));
    Msvc__Otlp__Span **list =
        msvc__arena_take(arena, batch->span_count, sizeof(Msvc__Otlp__KeyValue *));

    if (spans == NULL || list == NULL)
        return NULL;
    for (size_t i = 0; i < batch->span_count; i++) {
        set_span(arena, &spans[i], batch->spans[i]);
        list[i] = &spans[i];
    }
    return list;
}

static int pack(struct msvc_buffer *out, const Msvc__Otlp__ExportRequest *request, size_t most)
{
    size_t length = msvc__otlp__export_request__get_packed_size(request);
    char *place;

    if (length > most)
        return MSVC_ERR_LIMIT;
    place = msvc_buffer_reserve(out, length);
    if (place == NULL)
        return msvc_buffer_status(out);
    (void)msvc__otlp__export_request__pack(request, (uint8_t *)place);
    msvc_buffer_added(out, length);
    return 0;
}

int msvc__otlp_encode(struct msvc_buffer *out, struct msvc__arena *arena,
                      const struct msvc_span_batch *batch, size_t most)
{
    Msvc__Otlp__ExportRequest request = MSVC__OTLP__EXPORT_REQUEST__INIT;
    Msvc__Otlp__ResourceSpans resource_spans = MSVC__OTLP__RESOURCE_SPANS__INIT;
    Msvc__Otlp__ResourceSpans *only_resource = &resource_spans;
    Msvc__Otlp__Resource resource = MSVC__OTLP__RESOURCE__INIT;
    Msvc__Otlp__ScopeSpans scope_spans = MSVC__OTLP__SCOPE_SPANS__INIT;
    Msvc__Otlp__ScopeSpans *only_scope = &scope_spans;
    Msvc__Otlp__InstrumentationScope scope = MSVC__OTLP__INSTRUMENTATION_SCOPE__INIT;

    msvc__arena_reset(arena);
    scope.name = text_of(arena, batch->scope_name);
    scope.version = text_of(arena, batch->scope_version);
    scope_spans.scope = &scope;
    scope_spans.spans = spans_of(arena, batch);
    scope_spans.n_spans = batch->span_count;
    resource.attributes =
        pairs_of(arena, &resource.n_attributes, batch->resource, batch->resource_count);
    resource_spans.resource = &resource;
    resource_spans.scope_spans = &only_scope;
    resource_spans.n_scope_spans = 1;
    request.resource_spans = &only_resource;
    request.n_resource_spans = 1;
    return arena->has_failed ? MSVC_ERR_NOMEM : pack(out, &request, most);
}

size_t msvc__otlp_decode_rejected(const void *bytes, size_t length)
{
    Msvc__Otlp__ExportResponse *response = msvc__otlp__export_response__unpack(NULL, length, bytes);
    size_t rejected = 0;

    if (response == NULL)
        return 0;
    if (response->partial_success != NULL && response->partial_success->rejected > 0)
        rejected = (size_t)response->partial_success->rejected;
    msvc__otlp__export_response__free_unpacked(response, NULL);
    return rejected;
}

void msvc__otlp_decode_error(char *out, size_t size, const void *bytes, size_t length)
{
    Msvc__Otlp__ErrorStatus *error = msvc__otlp__error_status__unpack(NULL, length, bytes);
    size_t cut = 0;

    if (error != NULL) {
        const char *text = (const char *)error->message.data;

        cut = msvc__utf8_cut(text, error->message.len, size - 1);
        if (cut > 0)
            memcpy(out, text, cut);
        msvc__otlp__error_status__free_unpacked(error, NULL);
    }
    out[cut] = '\0';
}
