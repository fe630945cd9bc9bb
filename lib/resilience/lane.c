/* SPDX-License-Identifier: MIT */
/*
 * The order of the policies is the order of these functions: admit() asks the
 * breaker, limited() the rate limit, confined() the bulkhead, launch() the adaptive
 * limit; withdraw() and conclude() go the same way back.
 */
#include "resilience/lane_internal.h"

#include <string.h>

#include <msvc/fault.h>
#include <msvc/rate_limit.h>
#include <msvc/rate_limits.h>
#include <msvc/status.h>

/* A call that a later policy did not allow says nothing about the dependency. */
static int refuse(const struct msvc_run *run, struct msvc_run_lane *lane, int status)
{
    if (run->policy->options.breaker != NULL)
        msvc_breaker_end(run->policy->options.breaker, &lane->permit, MSVC_OUTCOME_IGNORED, 0,
                         run->now_ns);
    return status;
}

/* Waiting for a turn is not the dependency's fault: its time starts here. */
static int launch(const struct msvc_run *run, struct msvc_run_lane *lane)
{
    struct msvc_adaptive_limit *limit = run->policy->options.adaptive_limit;

    lane->made_ns = run->now_ns;
    if (limit == NULL || msvc_adaptive_limit_enter(limit, run->now_ns, &lane->adaptive) == 0)
        return 1;
    msvc__lane_withdraw(run, lane);
    return MSVC_ERR_REJECTED;
}

static int confined(const struct msvc_run *run, struct msvc_run_lane *lane)
{
    struct msvc_bulkhead *bulkhead = run->policy->options.bulkhead;
    int status;

    if (bulkhead == NULL)
        return launch(run, lane);
    status = msvc_bulkhead_queue(bulkhead, &lane->place);
    if (status < 0)
        return refuse(run, lane, status);
    return status > 0 ? launch(run, lane) : 0;
}

static int limited(const struct msvc_run *run, struct msvc_run_lane *lane)
{
    struct msvc_rate_limits *limits = run->policy->options.rate_limits;
    struct msvc_rate_limit *limit = run->policy->options.rate_limit;
    const char *key = run->options.key;

    if (limits != NULL && key != NULL &&
        msvc_rate_limits_take(limits, key, strlen(key), run->now_ns, NULL) < 0)
        return refuse(run, lane, MSVC_ERR_REJECTED);
    if (limit != NULL && msvc_rate_limit_take(limit, run->now_ns, 1, 0, NULL) < 0)
        return refuse(run, lane, MSVC_ERR_REJECTED);
    return confined(run, lane);
}

int msvc__lane_admit(const struct msvc_run *run, struct msvc_run_lane *lane)
{
    const struct msvc_policy_options *policy = &run->policy->options;
    uint64_t timeout_ns = (uint64_t)policy->timeout_ms * MSVC__NS_PER_MS;
    int status;

    lane->began_ns = run->now_ns;
    lane->was_stopped = false;
    lane->attempt = (struct msvc_attempt){ .cancel = run->options.cancel };
    lane->attempt.deadline_ns = policy->timeout_ms == MSVC_POLICY_UNLIMITED
                                    ? run->deadline_ns
                                    : msvc__earlier(run->deadline_ns, run->now_ns + timeout_ns);
    if (policy->breaker == NULL)
        return limited(run, lane);
    status = msvc_breaker_begin(policy->breaker, run->now_ns, &lane->permit);
    return status < 0 ? status : limited(run, lane);
}

int msvc__lane_settle(const struct msvc_run *run, struct msvc_run_lane *lane)
{
    if (msvc_bulkhead_has_entered(run->policy->options.bulkhead, &lane->place))
        return launch(run, lane);
    if (lane->attempt.deadline_ns == 0 || run->now_ns < lane->attempt.deadline_ns)
        return 0;
    msvc__lane_withdraw(run, lane);
    return MSVC_ERR_REJECTED;
}

/* As a dependency that is slow or fails: no longer than the attempt may take. */
bool msvc__lane_hold(const struct msvc_run *run, struct msvc_run_lane *lane)
{
    struct msvc_fault_effect effect;
    uint64_t until_ns;

    if (!msvc_fault_draw(run->policy->options.fault, run->options.fault, &effect))
        return false;
    until_ns = run->now_ns + (uint64_t)effect.latency_ms * MSVC__NS_PER_MS;
    lane->held_until_ns = msvc__earlier(until_ns, lane->attempt.deadline_ns);
    lane->held_status = lane->held_until_ns < until_ns ? MSVC_ERR_TIMEOUT : effect.status;
    return true;
}

void msvc__lane_withdraw(const struct msvc_run *run, struct msvc_run_lane *lane)
{
    if (run->policy->options.bulkhead != NULL)
        msvc_bulkhead_quit(run->policy->options.bulkhead, &lane->place);
    (void)refuse(run, lane, 0);
}

/* An overrun says that the dependency is not well, whatever came back in the end. */
static int judge(const struct msvc_run *run, struct msvc_run_lane *lane, int status)
{
    struct msvc_attempt *attempt = &lane->attempt;
    bool overran = attempt->deadline_ns != 0 && run->now_ns > attempt->deadline_ns;

    if (lane->was_stopped && !run->has_result && status == MSVC_ERR_CANCELLED)
        status = MSVC_ERR_TIMEOUT;
    if (!attempt->has_outcome)
        attempt->outcome = msvc_outcome_of(status);
    if (overran && attempt->outcome != MSVC_OUTCOME_IGNORED &&
        attempt->outcome != MSVC_OUTCOME_CANCELLED)
        attempt->outcome = MSVC_OUTCOME_FAILURE;
    return overran && status >= 0 ? MSVC_ERR_TIMEOUT : status;
}

int msvc__lane_conclude(const struct msvc_run *run, struct msvc_run_lane *lane, int status)
{
    const struct msvc_policy_options *policy = &run->policy->options;
    enum msvc_outcome outcome;

    status = judge(run, lane, status);
    outcome = lane->attempt.outcome;
    if (policy->adaptive_limit != NULL)
        msvc_adaptive_limit_leave(policy->adaptive_limit, &lane->adaptive,
                                  status == MSVC_ERR_TIMEOUT ? MSVC_OUTCOME_SLOW : outcome,
                                  run->now_ns);
    if (policy->bulkhead != NULL)
        msvc_bulkhead_quit(policy->bulkhead, &lane->place);
    if (policy->breaker != NULL) {
        msvc_breaker_end(policy->breaker, &lane->permit, outcome, run->now_ns - lane->made_ns,
                         run->now_ns);
        if (outcome == MSVC_OUTCOME_REJECTED)
            msvc_breaker_open_for(policy->breaker, lane->attempt.retry_after_ms, run->now_ns);
    }
    return status;
}
