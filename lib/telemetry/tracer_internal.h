/* SPDX-License-Identifier: MIT */
/* What the parts of a tracer share: making spans, and exporting them. */
#ifndef MSVC_TELEMETRY_TRACER_INTERNAL_H
#define MSVC_TELEMETRY_TRACER_INTERNAL_H

#include <msvc/clock.h>

#include "telemetry/ids_internal.h"
#include "telemetry/span_internal.h"

struct msvc__tracer_counters {
    _Atomic uint64_t started;
    _Atomic uint64_t ended;
    _Atomic uint64_t exported;
    _Atomic uint64_t rejected;
    _Atomic uint64_t dropped_full;
    _Atomic uint64_t dropped_export;
    _Atomic uint64_t unrecorded;
};

struct msvc_tracer {
    /* Constant after new(). */
    struct msvc_tracer_options options; /* its strings, resource and exporters are below */
    uint64_t threshold;                 /* least low 56 bits of a trace id that is sampled */
    struct msvc_attribute *resource;
    size_t resource_count;
    struct msvc_span_exporter **exporters;
    size_t exporter_count;
    struct msvc_span *spans;
    uint32_t span_count;
    int wake_fd; /* -1 without exporters */

    struct msvc__span_pool pool;
    struct msvc__span_queue queue;
    struct msvc__ids ids;
    struct msvc__tracer_counters counters;
    _Atomic uint32_t open_count; /* recording or not */

    _Atomic unsigned generation; /* of the process that everything here is for */
    _Atomic unsigned adopter;    /* of the process whose first thread makes it so */

    _Atomic bool is_exporting;           /* guards what follows */
    const struct msvc_span_data **batch; /* batch_limit of them */
};

/* Call it first in everything that touches a tracer: in a child of fork(), starts afresh. */
void msvc__tracer_adopt(struct msvc_tracer *tracer);

static inline uint64_t msvc__tracer_now_ns(const struct msvc_tracer *tracer)
{
    return msvc_clock_monotonic_ns(tracer->options.clock);
}

/* Give an ended span's place back. */
void msvc__tracer_release(struct msvc_tracer *tracer, struct msvc_span *span);

#endif
