/* SPDX-License-Identifier: MIT */
/*
 * A lane is retry(breaker(rate limit(bulkhead(attempt)))) of one run: the first
 * one is the call, every other one a hedge. This is how one attempt gets past
 * the policies, and what they are told when it has ended.
 */
#ifndef MSVC_RESILIENCE_LANE_INTERNAL_H
#define MSVC_RESILIENCE_LANE_INTERNAL_H

#include <msvc/run.h>

#include "resilience/policy_internal.h"

enum msvc__lane_phase {
    MSVC__LANE_OVER,
    MSVC__LANE_DUE,    /* its next attempt starts at retry.next_ns */
    MSVC__LANE_QUEUED, /* in the bulkhead's queue */
    MSVC__LANE_HELD,   /* a fault on purpose, until held_until_ns */
    MSVC__LANE_FLYING, /* the attempt is the user's to end */
};

/* Ask all policies. 1: make the attempt, 0: queued, negative: not allowed, nothing is held. */
int msvc__lane_admit(const struct msvc_run *run, struct msvc_run_lane *lane);

/* While queued: has its turn come? As msvc__lane_admit(). */
int msvc__lane_settle(const struct msvc_run *run, struct msvc_run_lane *lane);

/* Whether a fault takes the attempt that was allowed: it is held then. */
bool msvc__lane_hold(const struct msvc_run *run, struct msvc_run_lane *lane);

/* The attempt was not made: give back what it holds. */
void msvc__lane_withdraw(const struct msvc_run *run, struct msvc_run_lane *lane);

/* The attempt ended. Returns the status that it has in the end. */
int msvc__lane_conclude(const struct msvc_run *run, struct msvc_run_lane *lane, int status);

#endif
