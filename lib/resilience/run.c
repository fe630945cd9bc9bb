/* SPDX-License-Identifier: MIT */
/*
 * Every step looks at the lanes in the same order: is there a result, was it
 * cancelled, is an attempt late, is one due; else wait for what comes first.
 * Nothing here waits or keeps the time: whoever drives it does.
 */
#include <msvc/run.h>

#include <msvc/cancel.h>
#include <msvc/clock.h>
#include <msvc/status.h>

#include "base/options_internal.h"
#include "resilience/hedge_internal.h"
#include "resilience/lane_internal.h"

static void read_clock(struct msvc_run *run, uint64_t now_ns)
{
    run->now_ns = now_ns != 0 ? now_ns : msvc_clock_monotonic_ns(run->policy->options.clock);
}

/* The budget counts a run as one call, however many lanes it has. */
static int open_lane(struct msvc_run *run)
{
    struct msvc_run_lane *lane = &run->lanes[run->lane_count];
    struct msvc_retry_options options = run->policy->retry;
    int status;

    options.is_idempotent = run->options.is_idempotent;
    if (run->lane_count > 0)
        options.budget = NULL;
    status = msvc_retry_init(&lane->retry, &options, run->deadline_ns);
    if (status < 0)
        return status;
    lane->retry.options.budget = run->policy->options.budget;
    lane->phase = MSVC__LANE_DUE;
    run->lane_count++;
    return 0;
}

int msvc_run_begin(struct msvc_run *run, const struct msvc_policy *policy,
                   const struct msvc_call_options *options, void *user)
{
    struct msvc_call_options copied;
    unsigned total_ms;
    int status;

    if (run == NULL)
        return MSVC_ERR_INVALID;
    status = msvc__options_copy(&copied, sizeof(copied), options);
    if (status < 0)
        return status;
    *run = (struct msvc_run){ .fd = -1, .options = copied, .user = user };
    run->policy = policy != NULL ? policy : &msvc__policy_default;
    read_clock(run, 0);
    run->deadline_ns = copied.deadline_ns;
    total_ms = run->policy->options.total_ms;
    if (total_ms != MSVC_POLICY_UNLIMITED)
        run->deadline_ns =
            msvc__earlier(copied.deadline_ns, run->now_ns + (uint64_t)total_ms * MSVC__NS_PER_MS);
    return open_lane(run);
}

/* The attempt that was reserved is not going to be made. */
static void give_back(struct msvc_run_lane *lane)
{
    if (lane->retry.holds_budget)
        msvc_retry_budget_give_back(lane->retry.options.budget);
    lane->retry.holds_budget = false;
}

static void close_lane(struct msvc_run *run, struct msvc_run_lane *lane)
{
    if (lane->phase == MSVC__LANE_QUEUED)
        msvc__lane_withdraw(run, lane);
    else if (lane->phase == MSVC__LANE_HELD)
        (void)msvc__lane_conclude(run, lane, MSVC_ERR_CANCELLED);
    give_back(lane);
    lane->phase = MSVC__LANE_OVER;
}

/* From here on nothing is started; what flies is to be stopped. */
static void settle_on(struct msvc_run *run, int status)
{
    run->has_result = true;
    run->status = status;
    for (unsigned i = 0; i < run->lane_count; i++) {
        if (run->lanes[i].phase != MSVC__LANE_FLYING)
            close_lane(run, &run->lanes[i]);
    }
}

static bool is_any(const struct msvc_run *run, enum msvc__lane_phase phase)
{
    for (unsigned i = 0; i < run->lane_count; i++) {
        if (run->lanes[i].phase == (int)phase)
            return true;
    }
    return false;
}

static bool are_all_over(const struct msvc_run *run)
{
    for (unsigned i = 0; i < run->lane_count; i++) {
        if (run->lanes[i].phase != MSVC__LANE_OVER)
            return false;
    }
    return true;
}

static bool may_fall_back(int status)
{
    return status < 0 && status != MSVC_ERR_INVALID && status != MSVC_ERR_CANCELLED;
}

static enum msvc_run_step end(struct msvc_run *run)
{
    msvc_fallback_fn *fallback = run->policy->options.fallback;

    if (!run->has_ended && fallback != NULL && may_fall_back(run->status))
        run->status = fallback(run->status, run->user);
    run->has_ended = true;
    return MSVC_RUN_DONE;
}

static bool is_late(const struct msvc_run *run, const struct msvc_run_lane *lane)
{
    return lane->attempt.deadline_ns != 0 && run->now_ns >= lane->attempt.deadline_ns;
}

static bool find_one_to_stop(struct msvc_run *run)
{
    for (unsigned i = 0; i < run->lane_count; i++) {
        struct msvc_run_lane *lane = &run->lanes[i];

        if (lane->phase == MSVC__LANE_FLYING && !lane->was_stopped &&
            (run->has_result || is_late(run, lane))) {
            lane->was_stopped = true;
            run->attempt = &lane->attempt;
            return true;
        }
    }
    return false;
}

/* Decide after an attempt, made or not, whether the lane has another one. */
static void go_on(struct msvc_run *run, struct msvc_run_lane *lane, int status, uint64_t asked_ms)
{
    lane->phase = MSVC__LANE_OVER;
    if (run->has_result)
        return;
    if (msvc_retry_again(&lane->retry, status, asked_ms))
        lane->phase = MSVC__LANE_DUE;
    else if (status >= 0 || are_all_over(run))
        settle_on(run, status);
}

static int start(struct msvc_run *run, struct msvc_run_lane *lane)
{
    if (run->deadline_ns != 0 && run->now_ns >= run->deadline_ns)
        return MSVC_ERR_TIMEOUT;
    return msvc__lane_admit(run, lane);
}

/* The newest attempt is the one to hedge. */
static void launch(struct msvc_run *run, struct msvc_run_lane *lane)
{
    uint64_t delay_ns = msvc_hedge_delay_ns(run->policy->options.hedge);

    lane->retry.holds_budget = false;
    lane->attempt.number = ++run->attempts;
    lane->attempt.is_hedge = lane != run->lanes;
    run->attempt = &lane->attempt;
    run->hedge_ns = delay_ns != 0 ? run->now_ns + delay_ns : 0;
}

/* A fault is over: it ends the attempt, or lets it go. */
static bool let_go(struct msvc_run *run, struct msvc_run_lane *lane)
{
    lane->phase = MSVC__LANE_FLYING;
    run->attempt = &lane->attempt;
    if (lane->held_status == 0)
        return true;
    (void)msvc_run_report(run, &lane->attempt, lane->held_status, run->now_ns);
    return false;
}

/* The attempt is allowed: make it, unless it is late or fails on purpose. */
static bool make(struct msvc_run *run, struct msvc_run_lane *lane)
{
    launch(run, lane);
    lane->phase = MSVC__LANE_FLYING;
    if (!msvc__lane_hold(run, lane))
        return true;
    lane->phase = MSVC__LANE_HELD;
    return lane->held_until_ns <= run->now_ns && let_go(run, lane);
}

/* Lead a lane on that has something to do. True: its attempt is to be made. */
static bool lead_on(struct msvc_run *run, struct msvc_run_lane *lane)
{
    int status;

    if (lane->phase == MSVC__LANE_HELD)
        return lane->held_until_ns <= run->now_ns && let_go(run, lane);
    if (lane->phase == MSVC__LANE_DUE && lane->retry.next_ns <= run->now_ns)
        status = start(run, lane);
    else if (lane->phase == MSVC__LANE_QUEUED)
        status = msvc__lane_settle(run, lane);
    else
        return false;

    if (status < 0) {
        give_back(lane);
        go_on(run, lane, status, 0);
        return false;
    }
    lane->phase = MSVC__LANE_QUEUED;
    return status > 0 && make(run, lane);
}

static bool find_one_to_start(struct msvc_run *run)
{
    for (unsigned i = 0; i < run->lane_count && !run->has_result; i++) {
        if (lead_on(run, &run->lanes[i]))
            return true;
    }
    return false;
}

static bool may_hedge(const struct msvc_run *run)
{
    const struct msvc_run_lane *newest = &run->lanes[run->lane_count - 1];
    const struct msvc_hedge *hedge = run->policy->options.hedge;

    return hedge != NULL && run->options.is_idempotent && !run->has_result && run->hedge_ns != 0 &&
           newest->phase >= MSVC__LANE_HELD && !newest->was_stopped &&
           run->lane_count <= hedge->hedges;
}

/* A hedge that some policy does not allow at once is not made, and no other one of this attempt. */
static bool hedge(struct msvc_run *run)
{
    struct msvc_run_lane *lane = &run->lanes[run->lane_count];
    int status;

    if (!may_hedge(run) || run->now_ns < run->hedge_ns)
        return false;
    run->hedge_ns = 0;
    if (!msvc_retry_budget_take(run->policy->options.budget))
        return false;
    if (open_lane(run) < 0)
        return false;
    lane->retry.holds_budget = true;
    status = start(run, lane);
    if (status > 0)
        return make(run, lane);
    lane->phase = status == 0 ? MSVC__LANE_QUEUED : MSVC__LANE_OVER;
    close_lane(run, lane);
    return false;
}

/* What the wait ends with at the latest. */
static enum msvc_run_step wait(struct msvc_run *run)
{
    run->until_ns = may_hedge(run) ? run->hedge_ns : 0;
    run->fd = -1;
    for (unsigned i = 0; i < run->lane_count; i++) {
        const struct msvc_run_lane *lane = &run->lanes[i];

        if (lane->phase == MSVC__LANE_DUE)
            run->until_ns = msvc__earlier(run->until_ns, lane->retry.next_ns);
        else if (lane->phase == MSVC__LANE_HELD)
            run->until_ns = msvc__earlier(run->until_ns, lane->held_until_ns);
        else if (lane->phase != MSVC__LANE_OVER && !lane->was_stopped)
            run->until_ns = msvc__earlier(run->until_ns, lane->attempt.deadline_ns);
        if (lane->phase == MSVC__LANE_QUEUED)
            run->fd = lane->place.fd;
    }
    return MSVC_RUN_WAIT;
}

enum msvc_run_step msvc_run_next(struct msvc_run *run, uint64_t now_ns)
{
    if (run == NULL)
        return MSVC_RUN_DONE;
    read_clock(run, now_ns);
    if (!run->has_result && msvc_cancel_is_requested(run->options.cancel))
        settle_on(run, MSVC_ERR_CANCELLED);
    if (find_one_to_stop(run))
        return MSVC_RUN_STOP;
    if (find_one_to_start(run) || hedge(run))
        return MSVC_RUN_ATTEMPT;
    if (run->has_result && !is_any(run, MSVC__LANE_FLYING))
        return end(run);
    return wait(run);
}

/*
 * The wait that the peer asked for, and a millisecond: the breaker that opened
 * for as long rounds up, and a wait of any length tells the peer's rejection
 * from one of ours.
 */
static uint64_t asked_ms(const struct msvc_attempt *attempt, int status)
{
    if (attempt->retry_after_ms == 0 && status != MSVC_ERR_REJECTED)
        return 0;
    return attempt->retry_after_ms < UINT64_MAX ? attempt->retry_after_ms + 1 : UINT64_MAX;
}

static struct msvc_run_lane *lane_of(struct msvc_run *run, const struct msvc_attempt *attempt)
{
    for (unsigned i = 0; run != NULL && i < run->lane_count; i++) {
        if (&run->lanes[i].attempt == attempt && run->lanes[i].phase == MSVC__LANE_FLYING)
            return &run->lanes[i];
    }
    return NULL;
}

/*
 * How long answers take. Only of first attempts: hedges are stopped when the
 * first one answers, so those that end are the quick ones. The loser of a
 * race took at least as long as it had, and counts with that: leaving the slow ones out
 * would make hedges earlier and earlier.
 */
static void learn(const struct msvc_run *run, const struct msvc_run_lane *lane, int status)
{
    bool was_answered =
        lane->attempt.outcome == MSVC_OUTCOME_SUCCESS || lane->attempt.outcome == MSVC_OUTCOME_SLOW;
    bool has_lost = lane->was_stopped && run->has_result && run->status >= 0;

    if (was_answered || has_lost || status == MSVC_ERR_TIMEOUT)
        msvc_hedge_record(run->policy->options.hedge, run->now_ns - lane->made_ns);
}

bool msvc_run_report(struct msvc_run *run, struct msvc_attempt *attempt, int status,
                     uint64_t now_ns)
{
    struct msvc_run_lane *lane = lane_of(run, attempt);
    bool is_wanted;

    if (lane == NULL)
        return false;
    read_clock(run, now_ns);
    is_wanted = !run->has_result;
    status = msvc__lane_conclude(run, lane, status);
    if (lane == run->lanes)
        learn(run, lane, status);
    go_on(run, lane, status, asked_ms(attempt, status));
    return is_wanted && status >= 0;
}

void msvc_run_abandon(struct msvc_run *run)
{
    if (run == NULL || run->policy == NULL || run->has_ended)
        return;
    read_clock(run, 0);
    if (!run->has_result)
        settle_on(run, MSVC_ERR_CANCELLED);
    for (unsigned i = 0; i < run->lane_count; i++) {
        if (run->lanes[i].phase == MSVC__LANE_FLYING)
            (void)msvc_run_report(run, &run->lanes[i].attempt, MSVC_ERR_CANCELLED, run->now_ns);
    }
    run->has_ended = true;
}
