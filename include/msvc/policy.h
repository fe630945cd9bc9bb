/* SPDX-License-Identifier: MIT */
/**
 * @file policy.h
 *
 * Everything that stands between a caller and a dependency, in one object:
 * built once, shared by all threads, never changed. The order is fixed:
 *
 *     fallback ( hedge ( retry ( breaker ( rate limit ( bulkhead ( adaptive limit (
 *         attempt timeout ( call ))))))))
 *
 * with one deadline around all, and one budget that retries and hedges share.
 * Every part is optional.
 *
 *     msvc_policy_new(&policy, MSVC_POLICY_OPTIONS(.breaker = breaker, .budget = budget,
 *                                                  .retry = MSVC_RETRY_OPTIONS(.attempts = 4)));
 *     status = msvc_call(policy, get_user, &request, NULL);
 *
 * msvc/call.h makes a call under it and waits, msvc/run.h does the same in
 * steps that never wait, for event loops.
 */
#ifndef MSVC_POLICY_H
#define MSVC_POLICY_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_adaptive_limit;
struct msvc_breaker;
struct msvc_bulkhead;
struct msvc_clock;
struct msvc_fault;
struct msvc_hedge;
struct msvc_random;
struct msvc_rate_limit;
struct msvc_rate_limits;
struct msvc_retry_budget;
struct msvc_retry_options;

/** For timeout_ms and total_ms: no limit. */
#define MSVC_POLICY_UNLIMITED 0xffffffffu

/** The policies for the calls to one dependency. Threading: safe, it never changes. */
struct msvc_policy;

/** Answer in place of a call that ended with @p status. @p user is the call's. @return What the
 * call shall return; negative: it failed after all. */
typedef int msvc_fallback_fn(int status, void *user);

/** Which policies. Start from #MSVC_POLICY_OPTIONS; in every field 0 means the default. What is
 * borrowed must outlive the policy, and may be shared by several. */
struct msvc_policy_options {
    size_t size;         /**< Set by #MSVC_POLICY_OPTIONS. */
    unsigned timeout_ms; /**< For one attempt. Default 3000; #MSVC_POLICY_UNLIMITED. */
    unsigned total_ms;   /**< For all attempts and waits. Default: no limit. */

    /** Optional. Copied. NULL makes one attempt. What is the policy's or the call's to say is not
     * set in it: budget, clock, random, attempt_ms, is_idempotent. */
    const struct msvc_retry_options *retry;
    struct msvc_retry_budget *budget;           /**< Optional. Shared by retries and hedges. */
    struct msvc_hedge *hedge;                   /**< Optional. For calls that are idempotent. */
    struct msvc_breaker *breaker;               /**< Optional. */
    struct msvc_rate_limit *rate_limit;         /**< Optional. An attempt takes one, at once or not
                                                   at all. */
    struct msvc_rate_limits *rate_limits;       /**< Optional. Likewise, for calls with a `key`. */
    struct msvc_bulkhead *bulkhead;             /**< Optional. Waited for within the attempt's
                                                   time. */
    struct msvc_adaptive_limit *adaptive_limit; /**< Optional. */
    struct msvc_fault *fault;                   /**< Optional. Faults on purpose, for tests. */
    msvc_fallback_fn *fallback; /**< Optional. Runs once, after every failure but #MSVC_ERR_INVALID
                                   and #MSVC_ERR_CANCELLED. */

    const struct msvc_clock *clock;   /**< Of all parts. Default: the system's. */
    const struct msvc_random *random; /**< Of the retries' waits. Default: the system's. */
};

/** `MSVC_POLICY_OPTIONS(.breaker = breaker)`: options that live to the end of the block. */
#define MSVC_POLICY_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_policy_options, __VA_ARGS__)

/**
 * @param[out] out  Owned by the caller; untouched on failure.
 * @param options   Copied; NULL for the defaults: one attempt in three seconds.
 * @return 0, #MSVC_ERR_INVALID for a number outside of its range or a field of `retry` that is not
 *         its to set, #MSVC_ERR_UNSUPPORTED or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_policy_new(struct msvc_policy **out,
                                           const struct msvc_policy_options *options);

/** Destroy @p policy, not its parts. NULL is ignored. No call may be under way. */
MSVC_API void msvc_policy_free(struct msvc_policy *policy);

MSVC_END_DECLS

#endif
