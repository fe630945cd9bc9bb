/* SPDX-License-Identifier: MIT */
/**
 * @file hedge.h
 *
 * Hedge: when an answer takes longer than nearly all others did, ask a second
 * time, take the answer that comes first and stop the other attempt. Cuts the
 * slow tail for a few percent more calls, where doing it twice is harmless.
 *
 *     msvc_hedge_new(&hedge, MSVC_HEDGE_OPTIONS(.executor = &pool));
 *     msvc_policy_new(&policy, MSVC_POLICY_OPTIONS(.hedge = hedge, .budget = budget));
 *
 * C has no hidden threads: msvc_call() makes the attempts of a policy that
 * hedges on an executor of yours, a run (msvc/run.h) leaves them to your loop.
 */
#ifndef MSVC_HEDGE_H
#define MSVC_HEDGE_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

/** Most hedges of one call. */
#define MSVC_HEDGE_MAX 3

/** When to hedge the calls to one dependency, learnt from how long they take; 4 KiB. Threading:
 * safe, lock-free. */
struct msvc_hedge;

/** A thread pool of yours. */
struct msvc_executor {
    /**
     * Run work(argument) soon, once, on another thread.
     *
     * @return 0, or a negative status when it is not going to be run.
     */
    int (*submit)(void *user, void (*work)(void *argument), void *argument);
    void *user; /**< Passed to submit, never read. */
};

/** When to hedge. Start from #MSVC_HEDGE_OPTIONS; in every field 0 means the default. */
struct msvc_hedge_options {
    size_t size;            /**< Set by #MSVC_HEDGE_OPTIONS. */
    unsigned percentile;    /**< Hedge what takes longer than so many percent of the calls, 50 to
                               99. Default 98: about 2 % more calls. */
    unsigned minimum_ms;    /**< But never earlier. Default 1. */
    unsigned minimum_calls; /**< And not before so many calls were measured. Default 100. */
    unsigned delay_ms; /**< Instead of measuring: hedge always after so long. Default: measure. */
    unsigned hedges;   /**< Most hedges of one call, each after one more such wait. Default 1, at
                          most #MSVC_HEDGE_MAX. */
    const struct msvc_executor
        *executor; /**< For msvc_call(). Copied; what its user points to
                      must outlive the hedge. Default: msvc_call() refuses. */
};

#define MSVC_HEDGE_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_hedge_options, __VA_ARGS__)

/**
 * @param[out] out  Owned by the caller; untouched on failure.
 * @param options   Copied; NULL for the defaults.
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_UNSUPPORTED or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_hedge_new(struct msvc_hedge **out,
                                          const struct msvc_hedge_options *options);

/** Destroy @p hedge. NULL is ignored. No call may be under way. */
MSVC_API void msvc_hedge_free(struct msvc_hedge *hedge);

/**
 * How long to wait for an answer before asking again: the latency that
 * `percentile` of the last one to two thousand calls stayed below, at most 1/16
 * above it. Looked up every 64 calls.
 *
 * @return Nanoseconds; 0: do not hedge, too little is known.
 */
MSVC_API uint64_t msvc_hedge_delay_ns(const struct msvc_hedge *hedge);

/** Tell how long one call took. A policy does it by itself. Anything above 68 s is 68 s. */
MSVC_API void msvc_hedge_record(struct msvc_hedge *hedge, uint64_t latency_ns);

MSVC_END_DECLS

#endif
