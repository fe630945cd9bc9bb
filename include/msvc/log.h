/* SPDX-License-Identifier: MIT */
/**
 * @file log.h
 *
 * Structured logs: one record is one line of valid JSON, whatever bytes come
 * in, written with one write(2).
 *
 *     msvc_log_new(&log, MSVC_LOG_OPTIONS(.service_name = "order-service"));
 *     msvc_log_info(log, "order created", MSVC_STR("order.id", id), MSVC_I64("total", 4200));
 *
 * prints
 *
 *     {"timestamp":"2026-11-22T10:13:00.000000001Z","level":"INFO","service":"order-service",
 *      "message":"order created","trace_id":"…","span_id":"…","trace_flags":"01",
 *      "order.id":"42","total":4200}
 *
 * (on one line). trace_id, span_id and trace_flags are those of the span that
 * the thread has entered (trace.h), and absent outside of one. An attribute
 * that would repeat a key of the record itself gets the prefix "attributes.".
 */
#ifndef MSVC_LOG_H
#define MSVC_LOG_H

#include <msvc/attribute.h>
#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_clock;
struct msvc_trace_context;

/** Longest line, with its line break; what is longer is cut, and says "truncated":true. */
#define MSVC_LOG_LINE_MAX 32768

/** Severity numbers of the OpenTelemetry logs data model. */
enum msvc_log_level {
    MSVC_LOG_TRACE = 1,
    MSVC_LOG_DEBUG = 5,
    MSVC_LOG_INFO = 9,
    MSVC_LOG_WARN = 13,
    MSVC_LOG_ERROR = 17,
    MSVC_LOG_FATAL = 21,
    MSVC_LOG_OFF = 25,
};

/** A logger. NULL is a logger that is off, wherever one is taken. Threading: safe. */
struct msvc_log;

/** One record as a logger of the user's own gets it; borrowed until the call returns. */
struct msvc_log_record {
    int64_t wall_ns;
    enum msvc_log_level level;
    const char *message;
    const struct msvc_trace_context *context; /**< NULL outside of a span. */
    const struct msvc_attribute *attributes;  /**< Ended by one whose key is NULL. */
};

/** Receives records instead of the JSON writer; called on the logging thread, no lock held. */
typedef void msvc_log_sink_fn(const struct msvc_log_record *record, void *user);

/** How to log. Start from #MSVC_LOG_OPTIONS; 0 means the default. */
struct msvc_log_options {
    size_t size;                  /**< Set by #MSVC_LOG_OPTIONS. */
    enum msvc_log_level level;    /**< Least level that is written. Default #MSVC_LOG_INFO. */
    int fd;                       /**< Where lines go; borrowed. Default 1, standard output. */
    const char *service_name;     /**< Optional. Copied. Written as "service". */
    const char *service_instance; /**< Optional. Copied. Written as "instance". */
    const struct msvc_clock
        *clock;             /**< Borrowed; must outlive the logger. Default: the system's. */
    msvc_log_sink_fn *sink; /**< Optional: gets the records, nothing is written to fd. */
    void *user;             /**< Passed to sink, never read. */
};

#define MSVC_LOG_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_log_options, __VA_ARGS__)

/**
 * @param[out] out  Owned by the caller; untouched on failure.
 * @param options   Copied; NULL for the defaults.
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_UNSUPPORTED, #MSVC_ERR_LIMIT when service name and
 *         instance together are over 4000 bytes as JSON, or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_log_new(struct msvc_log **out,
                                        const struct msvc_log_options *options);

/** Destroy @p log. NULL is ignored. No call may be in flight. */
MSVC_API void msvc_log_free(struct msvc_log *log);

/** Change the level while others log. */
MSVC_API void msvc_log_set_level(struct msvc_log *log, enum msvc_log_level level);

/** Whether a record of @p level would be written; false for NULL. */
MSVC_API bool msvc_log_is_enabled(const struct msvc_log *log, enum msvc_log_level level);

/** Records that were not written, or only in part, because the descriptor refused them; a
 * non-blocking one that is full does. 0 for NULL. */
MSVC_API uint64_t msvc_log_lost_count(const struct msvc_log *log);

/** "INFO" for #MSVC_LOG_INFO; levels between have the name of the one below. Static. */
MSVC_API const char *msvc_log_level_name(enum msvc_log_level level);

/** Read a name of msvc_log_level_name(), in either case. @return 0 or #MSVC_ERR_INVALID. */
MSVC_API MSVC_MUST_USE int msvc_log_level_parse(enum msvc_log_level *out, const char *name);

/**
 * Write one record. The level is tested first.
 *
 * @param message     NULL is the empty string.
 * @param attributes  Ended by one whose key is NULL; NULL for none. Of a repeated key the last one
 *                    counts. Those after the 128th are left out, and the record says
 *                    "truncated":true.
 */
MSVC_API void msvc_log_write(struct msvc_log *log, enum msvc_log_level level, const char *message,
                             const struct msvc_attribute *attributes);

/* Evaluate their arguments only when the level is enabled. At least one attribute. */
#define msvc_log_at(log, level, message, ...)                                      \
    (msvc_log_is_enabled((log), (level))                                           \
         ? msvc_log_write((log), (level), (message), MSVC_ATTRIBUTES(__VA_ARGS__)) \
         : (void)0)
#define msvc_log_debug(log, message, ...) msvc_log_at(log, MSVC_LOG_DEBUG, message, __VA_ARGS__)
#define msvc_log_info(log, message, ...)  msvc_log_at(log, MSVC_LOG_INFO, message, __VA_ARGS__)
#define msvc_log_warn(log, message, ...)  msvc_log_at(log, MSVC_LOG_WARN, message, __VA_ARGS__)
#define msvc_log_error(log, message, ...) msvc_log_at(log, MSVC_LOG_ERROR, message, __VA_ARGS__)

MSVC_END_DECLS

#endif
