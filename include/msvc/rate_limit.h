/* SPDX-License-Identifier: MIT */
/**
 * @file rate_limit.h
 *
 * Rate limit: at most so many calls in a period, spread evenly, with bursts up
 * to a bound. In *any* stretch of time there are no more than its share of the
 * rate plus one burst; there is no window whose edge could be doubled.
 *
 *     if (msvc_rate_limit_take(limit, 0, 1, 0, NULL) < 0)
 *         return answer_429();
 */
#ifndef MSVC_RATE_LIMIT_H
#define MSVC_RATE_LIMIT_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_clock;

/** Highest rate: calls per second. */
#define MSVC_RATE_LIMIT_MAX 10000000

/** One limit. Threading: safe, share it between threads. */
struct msvc_rate_limit;

/** Start from #MSVC_RATE_LIMIT_OPTIONS; in every field 0 means the default. */
struct msvc_rate_limit_options {
    size_t size;                    /**< Set by #MSVC_RATE_LIMIT_OPTIONS. */
    unsigned calls;                 /**< So many in a period. Default 100. */
    unsigned period_ms;             /**< Default 1000. */
    unsigned burst;                 /**< So many at once after a pause. Default 1: evenly spread. */
    const struct msvc_clock *clock; /**< Borrowed; must outlive it. Default: the system's. */
};

#define MSVC_RATE_LIMIT_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_rate_limit_options, __VA_ARGS__)

/**
 * Create a limit that has been idle for long.
 *
 * @param[out] out  Owned by the caller; untouched on failure.
 * @param options   Copied; NULL for the defaults.
 * @return 0, #MSVC_ERR_INVALID for a rate above #MSVC_RATE_LIMIT_MAX, a period above a day or
 *         a burst that takes more than a year, #MSVC_ERR_UNSUPPORTED or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_rate_limit_new(struct msvc_rate_limit **out,
                                               const struct msvc_rate_limit_options *options);

/** Destroy @p limit. NULL is ignored. No call may be in flight. */
MSVC_API void msvc_rate_limit_free(struct msvc_rate_limit *limit);

/**
 * Take the right to @p count calls, now or within @p most_wait_ns. What was
 * taken cannot be given back; who was promised a later moment must wait for it.
 *
 * @param now_ns           Now by the limit's clock; 0: it reads the clock.
 * @param most_wait_ns     Longest wait you accept; 0: now or not at all.
 * @param[out] out_wait_ns How long to wait before the calls, 0 for none; when rejected, after how
 *                         long it would have been granted at once (UINT64_MAX: never, count is
 *                         above the burst). NULL: not wanted.
 * @return 0, #MSVC_ERR_REJECTED: nothing was taken, or #MSVC_ERR_INVALID.
 */
MSVC_API MSVC_MUST_USE int msvc_rate_limit_take(struct msvc_rate_limit *limit, uint64_t now_ns,
                                                unsigned count, uint64_t most_wait_ns,
                                                uint64_t *out_wait_ns);

MSVC_END_DECLS

#endif
