/* SPDX-License-Identifier: MIT */
/**
 * @file run.h
 *
 * A call under a policy in steps that never wait: for event loops, and for
 * clients that have many calls in flight on one thread. The run says what to do
 * next, you do it and report how it ended.
 *
 *     msvc_run_begin(&run, policy, MSVC_CALL_OPTIONS(.is_idempotent = true), NULL);
 *     while ((step = msvc_run_next(&run, 0)) != MSVC_RUN_DONE) {
 *         if (step == MSVC_RUN_ATTEMPT)
 *             send_request(run.attempt);
 *         else if (step == MSVC_RUN_STOP)
 *             drop_request(run.attempt);
 *         else
 *             break;
 *     }
 *
 * Ask after every report, when `until_ns` has come and when `fd` is readable:
 * the three things that can lead on. Then, until #MSVC_RUN_WAIT or #MSVC_RUN_DONE.
 */
#ifndef MSVC_RUN_H
#define MSVC_RUN_H

#include <msvc/adaptive_limit.h>
#include <msvc/base.h>
#include <msvc/bulkhead.h>
#include <msvc/call.h>
#include <msvc/hedge.h>
#include <msvc/retry.h>

MSVC_BEGIN_DECLS

struct msvc_policy;

/** Most attempts of one run that are in flight at once: the first and its hedges. */
#define MSVC_RUN_AT_ONCE_MAX (1 + MSVC_HEDGE_MAX)

/** What to do next. */
enum msvc_run_step {
    MSVC_RUN_ATTEMPT, /**< Start `attempt` now, and report how it ended when it has. */
    MSVC_RUN_STOP,    /**< Stop `attempt`, its result is not wanted any more or its deadline has
                         passed; then report it, with #MSVC_ERR_CANCELLED or what it had. */
    MSVC_RUN_WAIT,    /**< Nothing to start: wait for a report, for `until_ns`, or for `fd`. */
    MSVC_RUN_DONE,    /**< Over, nothing is in flight: the result is in `status`. */
};

/** One attempt as its run sees it. All fields are private. */
struct msvc_run_lane {
    struct msvc_attempt attempt;
    struct msvc_retry retry;
    struct msvc_bulkhead_place place;
    struct msvc_permit permit;
    struct msvc_adaptive_permit adaptive;
    uint64_t began_ns;
    uint64_t made_ns;
    uint64_t held_until_ns;
    int held_status;
    int phase;
    bool was_stopped;
};

/** One call in progress. In the caller's memory; do not copy or move it before it is over.
 * Threading: one thread at a time. */
struct msvc_run {
    struct msvc_attempt *attempt; /**< After #MSVC_RUN_ATTEMPT and #MSVC_RUN_STOP. Borrowed until
                                     it is reported. */
    uint64_t until_ns;            /**< After #MSVC_RUN_WAIT, by the policy's clock; 0: no time. */
    int fd;                       /**< After #MSVC_RUN_WAIT: readable when there is a place in the
                                     bulkhead; −1: none. Borrowed until the next call. */
    int status;                   /**< After #MSVC_RUN_DONE: as msvc_call() returns it. */

    const struct msvc_policy *policy; /**< Private, as all below. */
    struct msvc_call_options options;
    void *user;
    uint64_t deadline_ns;
    uint64_t now_ns;
    uint64_t hedge_ns;
    unsigned attempts;
    unsigned lane_count;
    bool has_result;
    bool has_ended;
    struct msvc_run_lane lanes[MSVC_RUN_AT_ONCE_MAX];
};

/**
 * Begin a run. Nothing is attempted yet.
 *
 * @param[out] run  Untouched on failure.
 * @param policy    Borrowed until the run is over. NULL for one attempt in three seconds.
 * @param options   Copied; NULL for the defaults. Its cancel is looked at in each step; wake your
 *                  loop by msvc_cancel_fd().
 * @param user      Passed to the fallback, never read.
 * @return 0, #MSVC_ERR_INVALID or #MSVC_ERR_UNSUPPORTED.
 */
MSVC_API MSVC_MUST_USE int msvc_run_begin(struct msvc_run *run, const struct msvc_policy *policy,
                                          const struct msvc_call_options *options, void *user);

/**
 * Say what to do next. #MSVC_RUN_DONE comes again when asked again.
 *
 * @param now_ns  Now by the policy's clock; 0: it reads the clock.
 */
MSVC_API enum msvc_run_step msvc_run_next(struct msvc_run *run, uint64_t now_ns);

/**
 * Report how @p attempt ended, once for each that was to be started.
 *
 * @param attempt  With what it has to say besides; not valid any more afterwards.
 * @param status   As a #msvc_call_fn returns it.
 * @param now_ns   As in msvc_run_next().
 * @return Whether this one is the run's result: what came with it is to be kept. False: release
 *         it, there will be or was another one, or the run failed.
 */
MSVC_API bool msvc_run_report(struct msvc_run *run, struct msvc_attempt *attempt, int status,
                              uint64_t now_ns);

/** Give up: what is in flight counts as cancelled, need not be reported, and nothing more is
 * attempted. The run is over, its status is #MSVC_ERR_CANCELLED unless it had another already. */
MSVC_API void msvc_run_abandon(struct msvc_run *run);

MSVC_END_DECLS

#endif
