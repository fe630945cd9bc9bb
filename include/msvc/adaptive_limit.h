/* SPDX-License-Identifier: MIT */
/**
 * @file adaptive_limit.h
 *
 * Adaptive limit: as many calls at once as a dependency can take, found out from
 * how long they last. While more calls only make all of them slower it lets in
 * fewer, and rejects the others at once instead of after a timeout.
 *
 *     struct msvc_adaptive_permit permit;
 *
 *     if (msvc_adaptive_limit_enter(limit, 0, &permit) < 0)
 *         return use_fallback();
 *     status = call_the_dependency();
 *     msvc_adaptive_limit_leave(limit, &permit, msvc_outcome_of(status), 0);
 */
#ifndef MSVC_ADAPTIVE_LIMIT_H
#define MSVC_ADAPTIVE_LIMIT_H

#include <msvc/base.h>
#include <msvc/breaker.h>

MSVC_BEGIN_DECLS

struct msvc_clock;

/** Highest limit. */
#define MSVC_ADAPTIVE_LIMIT_MAX 100000

/** One dependency's limit. Threading: safe, lock-free. */
struct msvc_adaptive_limit;

/** Start from #MSVC_ADAPTIVE_LIMIT_OPTIONS; in every field 0 means the default. */
struct msvc_adaptive_limit_options {
    size_t size;            /**< Set by #MSVC_ADAPTIVE_LIMIT_OPTIONS. */
    unsigned initial;       /**< Calls at once in the beginning. Default 100. */
    unsigned minimum;       /**< Never less. Default 2. */
    unsigned maximum;       /**< Never more. Default 1000, at most #MSVC_ADAPTIVE_LIMIT_MAX. */
    unsigned queue_percent; /**< Latency that waiting in the dependency's queue may add, in percent
                               of the latency without, 10 to 500. More: higher throughput where
                               latencies vary much. Default 50. */
    unsigned window_calls;  /**< Looks at the limit after so many answers, or twice as many as calls
                               were under way, 10 to 10000. Default 100. */
    const struct msvc_clock *clock; /**< Borrowed; must outlive it. Default: the system's. */
};

#define MSVC_ADAPTIVE_LIMIT_OPTIONS(...) \
    MSVC_OPTIONS_OF(struct msvc_adaptive_limit_options, __VA_ARGS__)

/** The right to make one call. A value; the fields are private. */
struct msvc_adaptive_permit {
    uint64_t began_ns;
    uint32_t epoch;
    bool is_held;
};

/**
 * @param[out] out  Owned by the caller; untouched on failure.
 * @param options   Copied; NULL for the defaults.
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_UNSUPPORTED or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_adaptive_limit_new(
    struct msvc_adaptive_limit **out, const struct msvc_adaptive_limit_options *options);

/** Destroy @p limit. NULL is ignored. No call may be under way. */
MSVC_API void msvc_adaptive_limit_free(struct msvc_adaptive_limit *limit);

/**
 * Ask to make one call, and follow with one msvc_adaptive_limit_leave().
 *
 * @param now_ns       Now by the limit's clock; 0: it reads the clock.
 * @param[out] permit  Untouched on failure.
 * @return 0, #MSVC_ERR_REJECTED or #MSVC_ERR_INVALID.
 */
MSVC_API MSVC_MUST_USE int msvc_adaptive_limit_enter(struct msvc_adaptive_limit *limit,
                                                     uint64_t now_ns,
                                                     struct msvc_adaptive_permit *permit);

/**
 * Report how the call ended. Answers count with how long they took; a peer that
 * turned the call away (#MSVC_OUTCOME_REJECTED) wants fewer of them; failures,
 * ignored and cancelled calls say nothing.
 *
 * @param permit  Spent: leaving again does nothing.
 * @param now_ns  As in msvc_adaptive_limit_enter().
 */
MSVC_API void msvc_adaptive_limit_leave(struct msvc_adaptive_limit *limit,
                                        struct msvc_adaptive_permit *permit,
                                        enum msvc_outcome outcome, uint64_t now_ns);

/** Calls that may be under way at once at this moment; 0 for NULL. */
MSVC_API unsigned msvc_adaptive_limit_now(const struct msvc_adaptive_limit *limit);

/** Calls under way; 0 for NULL. */
MSVC_API unsigned msvc_adaptive_limit_calls(const struct msvc_adaptive_limit *limit);

MSVC_END_DECLS

#endif
