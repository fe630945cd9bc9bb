/* SPDX-License-Identifier: MIT */
/*
 * A span takes a place from the pool and gives it to the queue when it ends.
 * One that is not recorded takes a place too: its context travels on. The wall
 * clock is read once, at the start; everything after is the start plus what
 * the monotonic clock says has passed, so that no span ends before it began.
 */
#include <msvc/trace.h>

#include <string.h>

#include "base/fork_internal.h"
#include "base/options_internal.h"
#include "base/os_internal.h"
#include "telemetry/tracer_internal.h"

#define DESCRIPTION_LIMIT 1024

static void count(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* NULL when live_limit spans are open. */
static struct msvc_span *open_span(struct msvc_tracer *tracer)
{
    struct msvc_span *span = NULL;

    if (atomic_fetch_add_explicit(&tracer->open_count, 1, memory_order_relaxed) <
        tracer->options.live_limit)
        span = msvc__span_pool_take(&tracer->pool);
    if (span == NULL) {
        atomic_fetch_sub_explicit(&tracer->open_count, 1, memory_order_relaxed);
        return NULL;
    }
    span->tracer = tracer;
    span->generation = atomic_load_explicit(&tracer->generation, memory_order_relaxed);
    atomic_store_explicit(&span->is_open, true, memory_order_relaxed);
    return span;
}

/* The place goes back before it counts as free, so that whoever may open a span finds one. */
void msvc__tracer_release(struct msvc_tracer *tracer, struct msvc_span *span)
{
    atomic_store_explicit(&span->is_open, false, memory_order_relaxed);
    msvc__span_pool_put(&tracer->pool, span);
}

static void close_span(struct msvc_tracer *tracer)
{
    atomic_fetch_sub_explicit(&tracer->open_count, 1, memory_order_release);
}

static uint64_t randomness(const uint8_t trace_id[16])
{
    uint64_t bits = 0;

    for (int i = 9; i < 16; i++)
        bits = bits << 8 | trace_id[i];
    return bits;
}

static uint8_t sample(const struct msvc_tracer *tracer, const uint8_t trace_id[16])
{
    return randomness(trace_id) >= tracer->threshold ? MSVC_TRACE_SAMPLED : 0;
}

static void start_trace(struct msvc_tracer *tracer, struct msvc_trace_context *context)
{
    msvc__ids_next_trace(&tracer->ids, context->trace_id);
    context->flags = MSVC_TRACE_RANDOM | sample(tracer, context->trace_id);
    context->tracestate[0] = '\0';
}

static void continue_trace(const struct msvc_tracer *tracer, struct msvc_span_data *data,
                           const struct msvc_trace_context *parent)
{
    struct msvc_trace_context *context = &data->context;

    memcpy(context->trace_id, parent->trace_id, sizeof(context->trace_id));
    context->flags = parent->flags;
    if (tracer->options.ignores_parent)
        context->flags = (parent->flags & MSVC_TRACE_RANDOM) | sample(tracer, context->trace_id);
    memcpy(context->tracestate, parent->tracestate, strlen(parent->tracestate) + 1);
    memcpy(data->parent_span_id, parent->span_id, sizeof(data->parent_span_id));
    data->parent_is_remote = parent->is_remote;
}

static void set_context(struct msvc_span *span, const struct msvc_trace_context *parent)
{
    struct msvc_span_data *data = &span->data;

    memset(data->parent_span_id, 0, sizeof(data->parent_span_id));
    data->parent_is_remote = false;
    data->context.is_remote = false;
    if (msvc_trace_context_is_valid(parent))
        continue_trace(span->tracer, data, parent);
    else
        start_trace(span->tracer, &data->context);
    msvc__ids_next_span(&span->tracer->ids, data->context.span_id);
}

static void set_times(struct msvc_span *span, int64_t start_wall_ns)
{
    int64_t now_wall_ns = msvc_clock_wall_ns(span->tracer->options.clock);

    span->start_ns = msvc__tracer_now_ns(span->tracer);
    span->data.start_wall_ns = now_wall_ns;
    if (start_wall_ns != 0) {
        span->start_ns -= (uint64_t)now_wall_ns - (uint64_t)start_wall_ns;
        span->data.start_wall_ns = start_wall_ns;
    }
}

static int64_t wall_at(const struct msvc_span *span, uint64_t monotonic_ns)
{
    return (int64_t)((uint64_t)span->data.start_wall_ns + (monotonic_ns - span->start_ns));
}

static void add_link(struct msvc_span *span, const struct msvc_trace_context *context)
{
    struct msvc_span_data *data = &span->data;
    struct msvc_span_link_data *link = NULL;

    if (data->link_count < MSVC__SPAN_LINK_LIMIT)
        link = msvc__span_storage_take(&span->storage, sizeof(*link));
    if (link == NULL) {
        data->dropped_link_count++;
        return;
    }
    memset(link, 0, sizeof(*link));
    memcpy(link->trace_id, context->trace_id, sizeof(link->trace_id));
    memcpy(link->span_id, context->span_id, sizeof(link->span_id));
    link->flags = context->flags;
    link->is_remote = context->is_remote;
    link->tracestate =
        msvc__span_storage_text(&span->storage, context->tracestate, MSVC_TRACESTATE_SIZE);
    if (span->last_link != NULL)
        span->last_link->next = link;
    else
        data->links = link;
    span->last_link = link;
    data->link_count++;
}

/* Everything but context and times, which are set already. */
static void start_recording(struct msvc_span *span, const char *name,
                            const struct msvc_span_options *options)
{
    struct msvc_span_data *data = &span->data;

    msvc__span_storage_clear(&span->storage);
    data->name = msvc__span_storage_text(&span->storage, name, MSVC__SPAN_NAME_LIMIT);
    data->kind = options->kind != 0 ? options->kind : MSVC_SPAN_INTERNAL;
    data->status = MSVC_SPAN_UNSET;
    data->status_description = "";
    data->attributes = (const struct msvc_attribute *)(const void *)span->storage.bytes;
    data->attribute_count = 0;
    data->events = NULL;
    data->event_count = 0;
    data->links = NULL;
    data->link_count = 0;
    data->dropped_attribute_count = 0;
    data->dropped_event_count = 0;
    data->dropped_link_count = 0;
    span->last_event = NULL;
    span->last_link = NULL;
    msvc_span_set(span, options->attributes);
    for (size_t i = 0; options->links != NULL && options->links[i] != NULL; i++)
        add_link(span, options->links[i]);
}

struct msvc_span *msvc_span_start(struct msvc_tracer *tracer, const char *name,
                                  const struct msvc_span_options *given)
{
    struct msvc_span_options options = { 0 };
    struct msvc_span *span;

    if (tracer == NULL || msvc__options_copy(&options, sizeof(options), given) < 0)
        return NULL;
    msvc__tracer_adopt(tracer);
    span = open_span(tracer);
    if (span == NULL) {
        count(&tracer->counters.unrecorded);
        return NULL;
    }
    set_context(span, options.parent != NULL ? options.parent : msvc_trace_current());
    span->is_recording =
        tracer->exporter_count > 0 && (span->data.context.flags & MSVC_TRACE_SAMPLED) != 0;
    if (!span->is_recording) {
        count(&tracer->counters.unrecorded);
        return span;
    }
    count(&tracer->counters.started);
    set_times(span, options.start_wall_ns);
    start_recording(span, name, &options);
    return span;
}

bool msvc_span_is_recording(const struct msvc_span *span)
{
    return span != NULL && span->is_recording;
}

const struct msvc_trace_context *msvc_span_context(const struct msvc_span *span)
{
    return span != NULL ? &span->data.context : NULL;
}

void msvc_span_set(struct msvc_span *span, const struct msvc_attribute *attributes)
{
    if (!msvc_span_is_recording(span) || attributes == NULL)
        return;
    for (; attributes->key != NULL; attributes++) {
        if (!msvc__span_storage_set(&span->storage, &span->data.attribute_count, attributes))
            span->data.dropped_attribute_count++;
    }
}

void msvc_span_rename(struct msvc_span *span, const char *name)
{
    if (msvc_span_is_recording(span))
        span->data.name = msvc__span_storage_text(&span->storage, name, MSVC__SPAN_NAME_LIMIT);
}

void msvc_span_set_status(struct msvc_span *span, enum msvc_span_status status,
                          const char *description)
{
    if (!msvc_span_is_recording(span) || span->data.status == MSVC_SPAN_OK)
        return;
    if (status != MSVC_SPAN_OK && status != MSVC_SPAN_ERROR)
        return;
    span->data.status = status;
    span->data.status_description =
        status == MSVC_SPAN_ERROR
            ? msvc__span_storage_text(&span->storage, description, DESCRIPTION_LIMIT)
            : "";
}

void msvc_span_event(struct msvc_span *span, const char *name,
                     const struct msvc_attribute *attributes)
{
    struct msvc_span_event_data *event = NULL;

    if (!msvc_span_is_recording(span))
        return;
    if (span->data.event_count < MSVC__SPAN_EVENT_LIMIT)
        event = msvc__span_storage_take(&span->storage, sizeof(*event));
    if (event == NULL) {
        span->data.dropped_event_count++;
        return;
    }
    event->next = NULL;
    event->wall_ns = wall_at(span, msvc__tracer_now_ns(span->tracer));
    event->name = msvc__span_storage_text(&span->storage, name, MSVC__SPAN_NAME_LIMIT);
    event->attributes = msvc__span_storage_attributes(&span->storage, &event->attribute_count,
                                                      &event->dropped_attribute_count, attributes);
    if (span->last_event != NULL)
        span->last_event->next = event;
    else
        span->data.events = event;
    span->last_event = event;
    span->data.event_count++;
}

/* The one who exports is woken when it has something to wait for, and when a batch is full. */
static void enqueue(struct msvc_tracer *tracer, struct msvc_span *span)
{
    uint64_t now = msvc__tracer_now_ns(tracer);
    uint64_t waiting;

    span->data.end_wall_ns = wall_at(span, now);
    atomic_store_explicit(&span->ended_ns, now, memory_order_relaxed);
    atomic_store_explicit(&span->is_open, false, memory_order_relaxed);
    count(&tracer->counters.ended);
    if (!msvc__span_queue_push(&tracer->queue, span, &waiting)) {
        count(&tracer->counters.dropped_full);
        msvc__tracer_release(tracer, span);
    } else if (waiting == 1 || waiting == tracer->options.batch_limit) {
        msvc__wake_signal(tracer->wake_fd);
    }
}

/* A child of fork() never queues what its parent started. */
void msvc_span_end(struct msvc_span *span)
{
    struct msvc_tracer *tracer;

    if (span == NULL)
        return;
    tracer = span->tracer;
    msvc__tracer_adopt(tracer);
    if (span->is_recording && span->generation == msvc__fork_generation())
        enqueue(tracer, span);
    else
        msvc__tracer_release(tracer, span);
    close_span(tracer);
}

void msvc_span_enter(struct msvc_span_scope *scope, const struct msvc_span *span)
{
    msvc_trace_enter(scope, span != NULL ? &span->data.context : msvc_trace_current());
}
