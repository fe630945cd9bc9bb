/* SPDX-License-Identifier: MIT */
/*
 * The other end of the queue. Spans stay in it while they are exported, so
 * that the queue's limit counts them, and are given back to the pool together.
 * One thread at a time exports; another one that wants to waits for it.
 */
#include <msvc/trace.h>

#include <limits.h>
#include <poll.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "base/os_internal.h"
#include "telemetry/tracer_internal.h"

#define NS_PER_MS  UINT64_C(1000000)
#define RETRY_MS   1
#define SCOPE_NAME "libmsvc"

/* Waiting is real time even where the clock is not: a test's clock moves by itself only. */
static bool begin_export(struct msvc_tracer *tracer, int timeout_ms)
{
    for (int waited_ms = 0; atomic_exchange(&tracer->is_exporting, true); waited_ms += RETRY_MS) {
        if (timeout_ms >= 0 && waited_ms >= timeout_ms)
            return false;
        (void)poll(NULL, 0, RETRY_MS);
    }
    return true;
}

static void end_export(struct msvc_tracer *tracer)
{
    atomic_store(&tracer->is_exporting, false);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* When the oldest span has waited long enough; 0 when there is none. */
static uint64_t due_ns(struct msvc_tracer *tracer)
{
    struct msvc_span *oldest = msvc__span_queue_peek(&tracer->queue, 0);

    if (oldest == NULL)
        return 0;
    return atomic_load_explicit(&oldest->ended_ns, memory_order_relaxed) +
           tracer->options.delay_ms * NS_PER_MS;
}

static bool is_due(struct msvc_tracer *tracer)
{
    uint64_t due = due_ns(tracer);

    return due != 0 && (msvc__span_queue_length(&tracer->queue) >= tracer->options.batch_limit ||
                        due <= msvc__tracer_now_ns(tracer));
}

/* The rest is for whoever exports. */

static size_t gather(struct msvc_tracer *tracer)
{
    size_t count = 0;
    struct msvc_span *span;

    while (count < tracer->options.batch_limit) {
        span = msvc__span_queue_peek(&tracer->queue, count);
        if (span == NULL)
            break;
        tracer->batch[count++] = &span->data;
    }
    return count;
}

/* Each exporter gets its time and every batch, whatever became of it elsewhere. */
static int offer(struct msvc_tracer *tracer, size_t count, uint64_t deadline_ns,
                 size_t *most_rejected, struct msvc_error *err)
{
    struct msvc_span_batch batch = { tracer->resource, tracer->resource_count, SCOPE_NAME,
                                     msvc_version(),   tracer->batch,          count };
    int first_status = 0;

    for (size_t i = 0; i < tracer->exporter_count; i++) {
        struct msvc_span_exporter *exporter = tracer->exporters[i];
        uint64_t own_ns =
            msvc__tracer_now_ns(tracer) + tracer->options.export_timeout_ms * NS_PER_MS;
        size_t rejected = 0;
        int status = exporter->ops->export_spans(exporter, &batch, least(own_ns, deadline_ns),
                                                 &rejected, first_status == 0 ? err : NULL);

        if (status < 0 && first_status == 0)
            first_status = status;
        if (rejected > *most_rejected)
            *most_rejected = rejected < count ? rejected : count;
    }
    return first_status;
}

static void settle(struct msvc_tracer *tracer, size_t count, int status, size_t rejected)
{
    struct msvc__tracer_counters *c = &tracer->counters;

    for (size_t i = 0; i < count; i++)
        msvc__tracer_release(tracer, msvc__span_queue_peek(&tracer->queue, i));
    msvc__span_queue_drop(&tracer->queue, count);
    if (status < 0) {
        atomic_fetch_add(&c->dropped_export, count);
        return;
    }
    atomic_fetch_add(&c->rejected, rejected);
    atomic_fetch_add(&c->exported, count - rejected);
}

/* How many were taken off the queue; *status is what became of them. */
static size_t export_batch(struct msvc_tracer *tracer, uint64_t deadline_ns, int *status,
                           struct msvc_error *err)
{
    size_t count = gather(tracer);
    size_t rejected = 0;

    *status = 0;
    if (count == 0)
        return 0;
    *status = offer(tracer, count, deadline_ns, &rejected, err);
    settle(tracer, count, *status, rejected);
    return count;
}

int msvc_tracer_fd(const struct msvc_tracer *tracer)
{
    return tracer != NULL ? tracer->wake_fd : -1;
}

int msvc_tracer_timeout_ms(struct msvc_tracer *tracer)
{
    uint64_t due;

    if (tracer == NULL || tracer->exporter_count == 0)
        return -1;
    msvc__tracer_adopt(tracer);
    if (is_due(tracer))
        return 0;
    due = due_ns(tracer);
    return due != 0 ? msvc_deadline_left_ms(tracer->options.clock, due, INT_MAX) : -1;
}

static int shorter(int a_ms, int b_ms)
{
    if (a_ms < 0)
        return b_ms;
    return b_ms < 0 || a_ms < b_ms ? a_ms : b_ms;
}

int msvc_tracer_run_once(struct msvc_tracer *tracer, int timeout_ms, struct msvc_error *err)
{
    struct pollfd wake = { .events = POLLIN };
    size_t count = 0;
    int status = 0;

    if (tracer == NULL || tracer->exporter_count == 0)
        return 0;
    msvc__tracer_adopt(tracer);
    if (!is_due(tracer)) {
        wake.fd = tracer->wake_fd;
        (void)poll(&wake, 1, shorter(timeout_ms, msvc_tracer_timeout_ms(tracer)));
    }
    msvc__wake_clear(tracer->wake_fd);
    if (!is_due(tracer) || !begin_export(tracer, 0))
        return 0;
    if (is_due(tracer))
        count = export_batch(tracer, UINT64_MAX, &status, err);
    end_export(tracer);
    return status < 0 ? status : (int)count;
}

/* What ended before the call; what ends meanwhile may have to wait. */
int msvc_tracer_flush(struct msvc_tracer *tracer, int timeout_ms, struct msvc_error *err)
{
    uint64_t deadline_ns;
    uint64_t target;
    int first_status = 0;

    if (tracer == NULL || tracer->exporter_count == 0)
        return 0;
    msvc__tracer_adopt(tracer);
    deadline_ns = msvc_deadline_in(tracer->options.clock, timeout_ms);
    if (deadline_ns == 0)
        deadline_ns = UINT64_MAX;
    target = atomic_load(&tracer->queue.tail);
    if (!begin_export(tracer, timeout_ms))
        return msvc_error_set(err, MSVC_ERR_TIMEOUT, "trace", 0,
                              "another thread exported for %d ms", timeout_ms);
    while (atomic_load(&tracer->queue.head) < target) {
        int status = 0;

        if (msvc__tracer_now_ns(tracer) >= deadline_ns) {
            status = msvc_error_set(err, MSVC_ERR_TIMEOUT, "trace", 0,
                                    "spans were left to export after %d ms", timeout_ms);
            first_status = first_status < 0 ? first_status : status;
            break;
        }
        if (export_batch(tracer, deadline_ns, &status, first_status == 0 ? err : NULL) == 0)
            (void)poll(NULL, 0, RETRY_MS); /* a thread is about to write the oldest */
        first_status = first_status < 0 ? first_status : status;
    }
    end_export(tracer);
    return first_status;
}
