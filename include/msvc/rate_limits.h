/* SPDX-License-Identifier: MIT */
/**
 * @file rate_limits.h
 *
 * One rate limit for each key (a customer, an address, a token), in bounded memory.
 *
 *     if (msvc_rate_limits_take(limits, user_id, strlen(user_id), 0, &wait_ns) < 0)
 *         return answer_429();
 */
#ifndef MSVC_RATE_LIMITS_H
#define MSVC_RATE_LIMITS_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_clock;
struct msvc_random;

/** Most keys that are remembered at once. */
#define MSVC_RATE_LIMITS_KEYS_MAX 10000000

/** Limits of the same rate, by key. Threading: safe. */
struct msvc_rate_limits;

/** Start from #MSVC_RATE_LIMITS_OPTIONS; in every field 0 means the default. */
struct msvc_rate_limits_options {
    size_t size;        /**< Set by #MSVC_RATE_LIMITS_OPTIONS. */
    unsigned calls;     /**< So many in a period, for each key. Default 100. */
    unsigned period_ms; /**< Default 1000. */
    unsigned burst;     /**< So many at once after a pause. Default 1: evenly spread. */
    unsigned keys; /**< So many are remembered; 50 bytes each, allocated at once. Default 10000,
                      at most #MSVC_RATE_LIMITS_KEYS_MAX. */
    const struct msvc_clock *clock;   /**< Borrowed; must outlive it. Default: the system's. */
    const struct msvc_random *random; /**< Used by msvc_rate_limits_new() alone. Default: the
                                         system's. */
};

#define MSVC_RATE_LIMITS_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_rate_limits_options, __VA_ARGS__)

/**
 * @param[out] out  Owned by the caller; untouched on failure.
 * @param options   Copied; NULL for the defaults.
 * @return 0, #MSVC_ERR_INVALID as msvc_rate_limit_new(), #MSVC_ERR_UNSUPPORTED or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_rate_limits_new(struct msvc_rate_limits **out,
                                                const struct msvc_rate_limits_options *options);

/** Destroy @p limits. NULL is ignored. No call may be in flight. */
MSVC_API void msvc_rate_limits_free(struct msvc_rate_limits *limits);

/**
 * Take the right to one call for @p key, now or not at all.
 *
 * Keys that have their whole burst again are forgotten when place is needed, the one
 * that was used longest ago first. When every place is in use, keys without one share one limit:
 * nobody ever gets more than the rate and a burst, but then some get less.
 *
 * @param key              Any bytes. Not kept: a keyed hash of 128 bits stands for it.
 * @param now_ns           Now by the limits' clock; 0: it reads the clock.
 * @param[out] out_wait_ns When rejected, after how long it would be granted; else 0. NULL: not
 *                         wanted.
 * @return 0, #MSVC_ERR_REJECTED: nothing was taken, or #MSVC_ERR_INVALID.
 */
MSVC_API MSVC_MUST_USE int msvc_rate_limits_take(struct msvc_rate_limits *limits, const void *key,
                                                 size_t key_length, uint64_t now_ns,
                                                 uint64_t *out_wait_ns);

/** Keys that are remembered at this moment; 0 for NULL. */
MSVC_API size_t msvc_rate_limits_keys(struct msvc_rate_limits *limits);

MSVC_END_DECLS

#endif
