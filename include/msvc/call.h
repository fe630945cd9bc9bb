/* SPDX-License-Identifier: MIT */
/**
 * @file call.h
 *
 * Make a call of your own under a policy, and wait for its end.
 *
 *     static int get_user(struct msvc_attempt *attempt, void *user)
 *     {
 *         return fetch(user, attempt->deadline_ns);
 *     }
 *
 *     status = msvc_call(policy, get_user, &request,
 *                        MSVC_CALL_OPTIONS(.deadline_ns = deadline_ns, .is_idempotent = true));
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

struct msvc_cancel;
struct msvc_policy;

/** One attempt, as the call sees it. */
struct msvc_attempt {
    unsigned number;            /**< From 1. */
    bool is_hedge;              /**< Another attempt of the same call is under way. */
    uint64_t deadline_ns;       /**< Return by then, by the policy's clock; 0: no deadline. */
    struct msvc_cancel *cancel; /**< Borrowed; look at it while waiting. NULL: none. */

    /* What the call may say besides its status. */
    uint64_t retry_after_ms; /**< The wait that the peer asked for: no attempt before, and with
                                #MSVC_ERR_REJECTED the breaker opens for so long. 0: none. */
    bool has_outcome;        /**< `outcome` counts in the breaker instead of
                                msvc_outcome_of(status). */
    enum msvc_outcome outcome;
    void *result; /**< What the attempt made, for the `result` of the options. */
};

/** Make the call once. @return 0 or a count on success, or a negative status; runs on the thread of
 * msvc_call(), no lock held. Of a policy that hedges: on threads of its executor, several at once.
 */
typedef int msvc_call_fn(struct msvc_attempt *attempt, void *user);

/** Release the result of an attempt that does not count; on the thread of msvc_call(). */
typedef void msvc_discard_fn(void *result);

/** What is this one call's. Start from #MSVC_CALL_OPTIONS; in every field 0 means the default. */
struct msvc_call_options {
    size_t size;                /**< Set by #MSVC_CALL_OPTIONS. */
    uint64_t deadline_ns;       /**< The caller's own deadline, by the policy's clock; the earlier
                                   one counts. 0: none. */
    bool is_idempotent;         /**< Doing it twice is harmless. Default false: what may have
                                   happened is not repeated. */
    struct msvc_cancel *cancel; /**< Borrowed. Ends waits and attempts that look at it. Optional. */
    const char *key;            /**< Whose call it is, for rate_limits. Borrowed. Optional. */
    const char *fault; /**< An order as msvc_fault_parse() reads it. Borrowed. Optional; without
                          effect unless the policy has a fault that takes orders and is armed. */
    void **result; /**< Where msvc_call() puts the `result` of the attempt that succeeded; untouched
                      on failure. Optional. */
    msvc_discard_fn *discard; /**< For results of attempts that do not count: too late, failed, or
                                 another one was first. Optional. */
};

#define MSVC_CALL_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_call_options, __VA_ARGS__)

/**
 * Make @p call under @p policy.
 *
 * @param policy   NULL for one attempt in three seconds.
 * @param user     Passed to the call and the fallback, never read.
 * @param options  NULL for the defaults.
 * @return What the call or the fallback returned; #MSVC_ERR_REJECTED when a policy did not
 *         allow it, #MSVC_ERR_TIMEOUT when it overran or no time was left, #MSVC_ERR_CANCELLED,
 *         #MSVC_ERR_INVALID (also when the policy hedges and has no executor) or
 *         #MSVC_ERR_UNSUPPORTED for the options.
 */
MSVC_API MSVC_MUST_USE int msvc_call(const struct msvc_policy *policy, msvc_call_fn *call,
                                     void *user, const struct msvc_call_options *options);

MSVC_END_DECLS

#endif
