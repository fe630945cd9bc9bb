/* SPDX-License-Identifier: MIT */
/**
 * @file call.h
 *
 * Run a call of your own under the policies, in one order:
 *
 *     fallback ( retry ( breaker ( rate limit ( bulkhead ( attempt timeout ( call ))))))
 *
 * with one deadline around all. Every policy is optional.
 *
 *     static int get_user(struct msvc_attempt *attempt, void *user)
 *     {
 *         return fetch(user, attempt->deadline_ns);
 *     }
 *
 *     status = msvc_call(get_user, &request,
 *                        MSVC_CALL_OPTIONS(.breaker = breaker, .timeout_ms = 3000));
 *
 * C cannot stop a running function: the call gets its deadline and must keep
 * it. One that returns after its deadline has failed with #MSVC_ERR_TIMEOUT,
 * even if it returned success.
 */
#ifndef MSVC_CALL_H
#define MSVC_CALL_H

#include <msvc/base.h>
#include <msvc/breaker.h>

MSVC_BEGIN_DECLS

struct msvc_bulkhead;
struct msvc_cancel;
struct msvc_clock;
struct msvc_rate_limit;
struct msvc_retry_options;

/** For timeout_ms and total_ms: no limit. */
#define MSVC_CALL_UNLIMITED 0xffffffffu

/** One attempt, as the call sees it. */
struct msvc_attempt {
    unsigned number;            /**< From 1. */
    uint64_t deadline_ns;       /**< Return by then, by the options' clock; 0: no deadline. */
    struct msvc_cancel *cancel; /**< Borrowed; look at it while waiting. NULL: none. */

    /* What the call may say besides its status. */
    uint64_t retry_after_ms; /**< The wait that the peer asked for: no attempt before, and with
                                #MSVC_ERR_REJECTED the breaker opens for so long. 0: none. */
    bool has_outcome;        /**< `outcome` counts in the breaker instead of
                                msvc_outcome_of(status). */
    enum msvc_outcome outcome;
};

/** Make the call once. @return 0 or a count on success, or a negative status; runs on the thread of
 * msvc_call(), no lock held. */
typedef int msvc_call_fn(struct msvc_attempt *attempt, void *user);

/** Answer in place of a call that ended with @p status. @return What msvc_call() shall return. */
typedef int msvc_fallback_fn(int status, void *user);

/** Which policies. Start from #MSVC_CALL_OPTIONS; in every field 0 means the default. */
struct msvc_call_options {
    size_t size;          /**< Set by #MSVC_CALL_OPTIONS. */
    unsigned timeout_ms;  /**< For one attempt. Default 3000; #MSVC_CALL_UNLIMITED. */
    unsigned total_ms;    /**< For all attempts and waits. Default: no limit. */
    uint64_t deadline_ns; /**< The caller's own deadline; the earlier one counts. 0: none. */
    struct msvc_breaker *breaker; /**< Optional. Borrowed. */
    const struct msvc_retry_options
        *retry; /**< Optional: NULL makes one attempt. Its clock is the one below. */
    msvc_fallback_fn *fallback; /**< Optional; called for every failure but #MSVC_ERR_INVALID and
                                   #MSVC_ERR_CANCELLED. */
    struct msvc_cancel *cancel; /**< Optional. Borrowed; ends waits between attempts. */
    const struct msvc_clock *clock;     /**< Borrowed; the breaker's too. Default: the system's. */
    struct msvc_rate_limit *rate_limit; /**< Optional. Borrowed; each attempt takes one, at once or
                                           not at all. */
    struct msvc_bulkhead *bulkhead;     /**< Optional. Borrowed; waits within the attempt's time. */
};

#define MSVC_CALL_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_call_options, __VA_ARGS__)

/**
 * Run @p call.
 *
 * @param user     Passed to the call and the fallback, never read.
 * @param options  NULL for the defaults: one attempt in three seconds.
 * @return What the call or the fallback returned; #MSVC_ERR_REJECTED when a policy did not
 *         allow it, #MSVC_ERR_TIMEOUT when it overran or no time was left, #MSVC_ERR_CANCELLED,
 *         #MSVC_ERR_INVALID or #MSVC_ERR_UNSUPPORTED for the options.
 */
MSVC_API MSVC_MUST_USE int msvc_call(msvc_call_fn *call, void *user,
                                     const struct msvc_call_options *options);

MSVC_END_DECLS

#endif
