/* SPDX-License-Identifier: MIT */
/*
 * Everything a tracer will ever need is made with it. No part of it is under a
 * lock, so that a child of fork() finds nothing locked by a thread that is not
 * there any more: its first call puts every span back that nobody can hold,
 * and forgets what the parent will export.
 */
#include <msvc/trace.h>

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/fork_internal.h"
#include "base/options_internal.h"
#include "base/os_internal.h"
#include "telemetry/resource_internal.h"
#include "telemetry/tracer_internal.h"

#define DEFAULT_QUEUE_LIMIT       2048
#define DEFAULT_BATCH_LIMIT       512
#define DEFAULT_LIVE_LIMIT        1024
#define DEFAULT_DELAY_MS          5000
#define DEFAULT_EXPORT_TIMEOUT_MS 30000
#define MOST_SPANS                1000000

static unsigned or_default(unsigned given, unsigned by_default)
{
    return given > 0 ? given : by_default;
}

/* Ids with at least this much in their low 56 bits are sampled: all of them from 0 on. */
static uint64_t threshold_of(const struct msvc_tracer_options *options)
{
    const uint64_t never = UINT64_C(1) << 56;

    switch (options->sampler) {
    case MSVC_SAMPLER_ALWAYS_ON:
        return 0;
    case MSVC_SAMPLER_RATIO:
        return never - (uint64_t)(options->ratio * (double)never);
    case MSVC_SAMPLER_ALWAYS_OFF:
    default:
        return never;
    }
}

static int check_options(const struct msvc_tracer_options *options)
{
    if ((unsigned)options->sampler > MSVC_SAMPLER_RATIO)
        return MSVC_ERR_INVALID;
    if (!(options->ratio >= 0.0 && options->ratio <= 1.0))
        return MSVC_ERR_INVALID;
    if (options->batch_limit > options->queue_limit)
        return MSVC_ERR_INVALID;
    if (options->queue_limit > MOST_SPANS || options->live_limit > MOST_SPANS)
        return MSVC_ERR_LIMIT;
    return 0;
}

static int take_options(struct msvc_tracer *tracer, const struct msvc_tracer_options *given)
{
    struct msvc_tracer_options *o = &tracer->options;
    int status = msvc__options_copy(o, sizeof(*o), given);

    if (status < 0)
        return status;
    o->queue_limit = or_default(o->queue_limit, DEFAULT_QUEUE_LIMIT);
    if (o->batch_limit == 0)
        o->batch_limit =
            o->queue_limit < DEFAULT_BATCH_LIMIT ? o->queue_limit : DEFAULT_BATCH_LIMIT;
    o->live_limit = or_default(o->live_limit, DEFAULT_LIVE_LIMIT);
    o->delay_ms = or_default(o->delay_ms, DEFAULT_DELAY_MS);
    o->export_timeout_ms = or_default(o->export_timeout_ms, DEFAULT_EXPORT_TIMEOUT_MS);
    status = check_options(o);
    if (status == 0)
        tracer->threshold = threshold_of(o);
    return status;
}

static int make_resource(struct msvc_tracer *tracer)
{
    int status = msvc__resource_new(&tracer->resource, &tracer->resource_count,
                                    tracer->options.service_name, tracer->options.resource);

    tracer->options.service_name = NULL;
    tracer->options.resource = NULL;
    return status;
}

static int make_spans(struct msvc_tracer *tracer)
{
    uint32_t queued = tracer->exporter_count > 0 ? tracer->options.queue_limit : 0;

    tracer->span_count = tracer->options.live_limit + queued;
    tracer->spans = msvc__new_array(tracer->span_count, sizeof(tracer->spans[0]));
    if (tracer->spans == NULL)
        return MSVC_ERR_NOMEM;
    tracer->pool.spans = tracer->spans;
    tracer->pool.count = tracer->span_count;
    return 0;
}

/* Without exporters nothing is ever queued. */
static int make_queue(struct msvc_tracer *tracer)
{
    struct msvc_span_exporter *const *given = tracer->options.exporters;
    size_t count = 0;
    int status;

    tracer->options.exporters = NULL;
    while (given != NULL && given[count] != NULL)
        count++;
    if (count == 0)
        return 0;
    tracer->exporters = msvc__new_array(count, sizeof(struct msvc_span_exporter *));
    tracer->batch = msvc__new_array(tracer->options.batch_limit, sizeof(struct msvc_span_data *));
    if (tracer->exporters == NULL || tracer->batch == NULL)
        return MSVC_ERR_NOMEM;
    status = msvc__span_queue_init(&tracer->queue, tracer->options.queue_limit);
    if (status < 0)
        return status;
    tracer->wake_fd = msvc__wake_open();
    if (tracer->wake_fd < 0)
        return tracer->wake_fd;
    memcpy(tracer->exporters, given, count * sizeof(struct msvc_span_exporter *));
    tracer->exporter_count = count;
    return 0;
}

/* Of the places that were ever used; the others cost no memory until they are. */
static void fill_pool(struct msvc_tracer *tracer)
{
    uint32_t open = 0;

    atomic_store(&tracer->pool.head, 0);
    for (uint32_t i = atomic_load(&tracer->pool.used); i > 0; i--) {
        if (atomic_load(&tracer->spans[i - 1].is_open))
            open++;
        else
            msvc__span_pool_put(&tracer->pool, &tracer->spans[i - 1]);
    }
    atomic_store(&tracer->open_count, open);
}

static void start_afresh(struct msvc_tracer *tracer)
{
    struct msvc__tracer_counters *c = &tracer->counters;

    if (tracer->exporter_count > 0)
        msvc__span_queue_reset(&tracer->queue);
    fill_pool(tracer);
    msvc__ids_seed(&tracer->ids, tracer->options.random);
    atomic_store(&c->started, 0);
    atomic_store(&c->ended, 0);
    atomic_store(&c->exported, 0);
    atomic_store(&c->rejected, 0);
    atomic_store(&c->dropped_full, 0);
    atomic_store(&c->dropped_export, 0);
    atomic_store(&c->unrecorded, 0);
    atomic_store(&tracer->is_exporting, false);
}

void msvc__tracer_adopt(struct msvc_tracer *tracer)
{
    unsigned now = msvc__fork_generation();
    unsigned before = atomic_load_explicit(&tracer->generation, memory_order_acquire);

    if (before == now)
        return;
    if (atomic_compare_exchange_strong(&tracer->adopter, &before, now)) {
        if (tracer->wake_fd >= 0)
            msvc__wake_replace(tracer->wake_fd); /* or the parent would wake */
        start_afresh(tracer);
        atomic_store_explicit(&tracer->generation, now, memory_order_release);
    }
    while (atomic_load_explicit(&tracer->generation, memory_order_acquire) != now)
        (void)sched_yield();
}

/* Exporters that were not taken stay the caller's. */
static void destroy(struct msvc_tracer *tracer)
{
    if (tracer->wake_fd >= 0)
        (void)close(tracer->wake_fd);
    msvc__resource_free(tracer->resource, tracer->resource_count);
    free(tracer->queue.cells);
    free(tracer->batch);
    free(tracer->exporters);
    free(tracer->spans);
    free(tracer);
}

int msvc_tracer_new(struct msvc_tracer **out, const struct msvc_tracer_options *options)
{
    struct msvc_tracer *tracer;
    int status;

    if (out == NULL)
        return MSVC_ERR_INVALID;
    tracer = msvc__new(sizeof(*tracer));
    if (tracer == NULL)
        return MSVC_ERR_NOMEM;
    tracer->wake_fd = -1;
    status = take_options(tracer, options);
    if (status == 0)
        status = make_resource(tracer);
    if (status == 0)
        status = make_queue(tracer);
    if (status == 0)
        status = make_spans(tracer);
    if (status < 0)
        goto fail;
    atomic_store(&tracer->generation, msvc__fork_generation());
    atomic_store(&tracer->adopter, msvc__fork_generation());
    start_afresh(tracer);
    *out = tracer;
    return 0;

fail:
    destroy(tracer);
    return status;
}

void msvc_tracer_free(struct msvc_tracer *tracer)
{
    if (tracer == NULL)
        return;
    for (size_t i = 0; i < tracer->exporter_count; i++)
        tracer->exporters[i]->ops->free(tracer->exporters[i]);
    destroy(tracer);
}

/* What results from another number is read before it, so that no difference is negative. */
void msvc_tracer_counts(struct msvc_tracer_counts *out, const struct msvc_tracer *tracer)
{
    const struct msvc__tracer_counters *c;
    uint64_t ended;

    memset(out, 0, sizeof(*out));
    if (tracer == NULL ||
        atomic_load(&tracer->generation) != msvc__fork_generation()) /* nothing counted yet */
        return;
    c = &tracer->counters;
    out->exported = atomic_load(&c->exported);
    out->rejected = atomic_load(&c->rejected);
    out->dropped_full = atomic_load(&c->dropped_full);
    out->dropped_export = atomic_load(&c->dropped_export);
    out->unrecorded = atomic_load(&c->unrecorded);
    ended = atomic_load(&c->ended);
    out->queued = ended - out->exported - out->rejected - out->dropped_full - out->dropped_export;
    out->started = atomic_load(&c->started);
    out->live = out->started - ended;
}
