/* SPDX-License-Identifier: MIT */
/**
 * @file trace.h
 *
 * Traces with OpenTelemetry's semantics: spans, their attributes, status and
 * links, a parent-based sampler, and a bounded batch queue in front of the
 * exporters. Recording allocates nothing and never waits; what does not fit is
 * dropped and counted.
 *
 *     span = msvc_span_start(tracer, "reserve stock", NULL);
 *     msvc_span_enter(&scope, span);
 *     reserve(order);
 *     msvc_span_leave(&scope);
 *     msvc_span_end(span);
 *
 * A span without an explicit parent is a child of the one that the thread has
 * entered. NULL is a tracer that is off and a span that records nothing.
 */
#ifndef MSVC_TRACE_H
#define MSVC_TRACE_H

#include <msvc/attribute.h>
#include <msvc/base.h>
#include <msvc/trace_context.h>

MSVC_BEGIN_DECLS

struct msvc_clock;
struct msvc_error;
struct msvc_random;
struct msvc_span_exporter;

/** Bytes in which a span keeps its name, attributes, events and links; what does not fit is dropped
 * and counted. A tracer has live_limit + queue_limit such spans, made once; memory that was never
 * used costs address space only. */
#define MSVC_SPAN_STORAGE_SIZE 4096

/**
 * Makes spans for one service and queues the ended ones. In a child of fork() it
 * goes on with counts of zero: the spans queued or open before are the
 * parent's, who exports them. Threading: safe.
 */
struct msvc_tracer;

/** One operation. Threading: one thread at a time; may move between threads. */
struct msvc_span;

/** Numbers of the OTLP protocol. */
enum msvc_span_kind {
    MSVC_SPAN_INTERNAL = 1,
    MSVC_SPAN_SERVER = 2,
    MSVC_SPAN_CLIENT = 3,
    MSVC_SPAN_PRODUCER = 4,
    MSVC_SPAN_CONSUMER = 5,
};

enum msvc_span_status {
    MSVC_SPAN_UNSET = 0,
    MSVC_SPAN_OK = 1,
    MSVC_SPAN_ERROR = 2,
};

/** The root sampler; a span with a parent follows that, unless the options say ignores_parent. */
enum msvc_sampler {
    MSVC_SAMPLER_ALWAYS_ON,
    MSVC_SAMPLER_ALWAYS_OFF,
    MSVC_SAMPLER_RATIO, /**< By the trace id's low 56 bits, so that services agree. */
};

/** How to trace. Start from #MSVC_TRACER_OPTIONS; 0 means the default. */
struct msvc_tracer_options {
    size_t size;                           /**< Set by #MSVC_TRACER_OPTIONS. */
    const char *service_name;              /**< Copied. Default: service.name of resource, or else
                                              "unknown_service:" and the program's name. */
    const struct msvc_attribute *resource; /**< Optional; ended by one whose key is NULL. Copied. */
    enum msvc_sampler sampler;             /**< Default: always on. */
    double ratio;                          /**< For #MSVC_SAMPLER_RATIO: 0 to 1. */
    bool ignores_parent;                   /**< Ask the sampler for every span, not only roots. */
    struct msvc_span_exporter *const
        *exporters;             /**< Ended by NULL; taken on success. NULL: spans only propagate. */
    unsigned queue_limit;       /**< Ended spans that may wait. Default 2048. */
    unsigned batch_limit;       /**< Spans in one export. Default 512, at most queue_limit. */
    unsigned live_limit;        /**< Spans that may be open at once. Default 1024. */
    unsigned delay_ms;          /**< Longest wait before an export. Default 5000. */
    unsigned export_timeout_ms; /**< Default 30000. */
    const struct msvc_clock *clock;   /**< Borrowed. Default: the system's. */
    const struct msvc_random *random; /**< Seeds the ids. Borrowed. Default: the system's. */
};

#define MSVC_TRACER_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_tracer_options, __VA_ARGS__)

/** `MSVC_EXPORTERS(a, b)`: a list that ends with NULL and lives to the end of the block. */
#define MSVC_EXPORTERS(...) MSVC_LIST_OF(struct msvc_span_exporter *, __VA_ARGS__)

/**
 * @param[out] out  Owned by the caller; untouched on failure.
 * @param options   Copied; NULL for the defaults.
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_UNSUPPORTED, #MSVC_ERR_LIMIT when live_limit or
 *         queue_limit is over 1000000, #MSVC_ERR_UNAVAILABLE when no descriptor is left, or
 *         #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_tracer_new(struct msvc_tracer **out,
                                           const struct msvc_tracer_options *options);

/** Destroy @p tracer and its exporters; what waits is lost: flush first. NULL is ignored. */
MSVC_API void msvc_tracer_free(struct msvc_tracer *tracer);

/** Export what is due, at most one batch, waiting at most @p timeout_ms for something to be; may
 * return earlier, and does without exporters. @return Spans exported, or the exporter's status. */
MSVC_API int msvc_tracer_run_once(struct msvc_tracer *tracer, int timeout_ms,
                                  struct msvc_error *err);

/** Readable when there is work for msvc_tracer_run_once(), or its timeout has changed. −1 when the
 * tracer has no exporters. */
MSVC_API int msvc_tracer_fd(const struct msvc_tracer *tracer);

/** Milliseconds until there is work even if the descriptor stays quiet; −1: never. */
MSVC_API int msvc_tracer_timeout_ms(struct msvc_tracer *tracer);

/** Export everything that has ended. @return 0, #MSVC_ERR_TIMEOUT, or the exporter's status. */
MSVC_API int msvc_tracer_flush(struct msvc_tracer *tracer, int timeout_ms, struct msvc_error *err);

/** started = exported + rejected + dropped_* + live + queued, always. With several exporters a
 * batch that one of them gave up is dropped; rejected is the most that one of them saw. */
struct msvc_tracer_counts {
    uint64_t started;        /**< Recording spans. */
    uint64_t live;           /**< Started, not ended. */
    uint64_t queued;         /**< Ended, not yet exported. */
    uint64_t exported;       /**< Taken by every exporter. */
    uint64_t rejected;       /**< Refused by an exporter's peer. */
    uint64_t dropped_full;   /**< The queue was full. */
    uint64_t dropped_export; /**< The exporter gave up. */
    uint64_t unrecorded;     /**< Not in started: sampled out, or live_limit reached. */
};

/** All zero for NULL. */
MSVC_API void msvc_tracer_counts(struct msvc_tracer_counts *out, const struct msvc_tracer *tracer);

/** How a span starts. Start from #MSVC_SPAN_OPTIONS; 0 means the default. */
struct msvc_span_options {
    size_t size;              /**< Set by #MSVC_SPAN_OPTIONS. */
    enum msvc_span_kind kind; /**< Default internal. */
    const struct msvc_trace_context *
        parent; /**< Default: the thread's current context. One that is not valid starts a trace. */
    const struct msvc_trace_context *const
        *links;                              /**< Optional; ended by NULL. At most 8 are kept. */
    const struct msvc_attribute *attributes; /**< Optional; ended by one whose key is NULL. */
    int64_t start_wall_ns;                   /**< Default: now. */
};

#define MSVC_SPAN_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_span_options, __VA_ARGS__)

/** Start a span. A @p name over 255 bytes is cut. @return The span, ended with msvc_span_end();
 * NULL when @p tracer is NULL or has live_limit open, or when @p options are of a newer version. */
MSVC_API struct msvc_span *msvc_span_start(struct msvc_tracer *tracer, const char *name,
                                           const struct msvc_span_options *options);

/** Whether anything set on it will be exported; false for NULL. */
MSVC_API bool msvc_span_is_recording(const struct msvc_span *span);

/** What to hand to callees; NULL for NULL. Borrowed until msvc_span_end(). */
MSVC_API const struct msvc_trace_context *msvc_span_context(const struct msvc_span *span);

/** Set or replace attributes, ended by one whose key is NULL. Beyond 128 or the span's storage they
 * are dropped and counted. */
MSVC_API void msvc_span_set(struct msvc_span *span, const struct msvc_attribute *attributes);
MSVC_API void msvc_span_rename(struct msvc_span *span, const char *name);

/** OK is final; a description is kept only for #MSVC_SPAN_ERROR. */
MSVC_API void msvc_span_set_status(struct msvc_span *span, enum msvc_span_status status,
                                   const char *description);

/** Add an event, now. What is beyond 128 or the span's storage is dropped and counted. */
MSVC_API void msvc_span_event(struct msvc_span *span, const char *name,
                              const struct msvc_attribute *attributes);

/** End it and queue it; @p span is gone. NULL is ignored. */
MSVC_API void msvc_span_end(struct msvc_span *span);

/** What the thread's context was before an enter. */
struct msvc_span_scope {
    const struct msvc_trace_context *previous; /**< Private. */
};

/** Make @p span the thread's current one; leave before it ends, in reverse order, on the same
 * thread. NULL changes nothing and is left in the same way. */
MSVC_API void msvc_span_enter(struct msvc_span_scope *scope, const struct msvc_span *span);

/** The same with a bare context, borrowed until the leave. NULL: outside of any trace. */
MSVC_API void msvc_trace_enter(struct msvc_span_scope *scope,
                               const struct msvc_trace_context *context);
MSVC_API void msvc_span_leave(struct msvc_span_scope *scope);

/** The thread's current context, NULL outside of any. Borrowed until its scope is left. */
MSVC_API const struct msvc_trace_context *msvc_trace_current(void);

MSVC_END_DECLS

#endif
