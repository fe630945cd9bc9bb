/* SPDX-License-Identifier: MIT */
/*
 * The order of the policies is the order of these functions:
 * msvc_call() falls back, repeat() retries, guarded() asks the breaker,
 * limited() the rate limit, confined() the bulkhead, and timed() makes the call
 * and holds it to its deadline.
 */
#include <msvc/call.h>

#include <msvc/bulkhead.h>
#include <msvc/cancel.h>
#include <msvc/clock.h>
#include <msvc/rate_limit.h>
#include <msvc/retry.h>
#include <msvc/status.h>

#include "base/options_internal.h"

#define NS_PER_MS 1000000

struct run {
    struct msvc_call_options options; /* without zeros where there is a default */
    msvc_call_fn *call;
    void *user;
    uint64_t deadline_ns; /* of everything */
};

/* The earlier one; 0 is none. */
static uint64_t earlier(uint64_t a, uint64_t b)
{
    if (a == 0 || b == 0)
        return a + b;
    return a < b ? a : b;
}

static uint64_t after_ms(uint64_t now_ns, unsigned ms)
{
    return ms == MSVC_CALL_UNLIMITED ? 0 : now_ns + (uint64_t)ms * NS_PER_MS;
}

struct
try {
    struct msvc_attempt attempt;
    uint64_t began_ns; /* before the policies */
    uint64_t made_ns;  /* behind them */
    uint64_t ended_ns; /* 0: no policy allowed it, it was not made */
};

/* An overrun says that the dependency is not well, whatever came back in the end. */
static int timed(const struct run *run, struct try *try)
{
    struct msvc_attempt *attempt = &try->attempt;
    bool overran;
    int status;

    /* Waiting for a turn is not the dependency's fault. */
    try->made_ns =
        run->options.bulkhead != NULL ? msvc_clock_monotonic_ns(run->options.clock) : try->began_ns;
    status = run->call(attempt, run->user);
    try->ended_ns = msvc_clock_monotonic_ns(run->options.clock);
    overran = attempt->deadline_ns != 0 && try->ended_ns > attempt->deadline_ns;
    if (!attempt->has_outcome)
        attempt->outcome = msvc_outcome_of(status);
    if (overran && attempt->outcome != MSVC_OUTCOME_IGNORED &&
        attempt->outcome != MSVC_OUTCOME_CANCELLED)
        attempt->outcome = MSVC_OUTCOME_FAILURE;
    return overran && status >= 0 ? MSVC_ERR_TIMEOUT : status;
}

static int confined(const struct run *run, struct try *try)
{
    struct msvc_bulkhead *bulkhead = run->options.bulkhead;
    int status;

    if (bulkhead == NULL)
        return timed(run, try);
    status = msvc_bulkhead_enter(bulkhead, try->attempt.deadline_ns, run->options.cancel);
    if (status < 0)
        return status;
    status = timed(run, try);
    msvc_bulkhead_leave(bulkhead);
    return status;
}

static int limited(const struct run *run, struct try *try)
{
    struct msvc_rate_limit *limit = run->options.rate_limit;

    if (limit != NULL && msvc_rate_limit_take(limit, try->began_ns, 1, 0, NULL) < 0)
        return MSVC_ERR_REJECTED;
    return confined(run, try);
}

/* A call that a later policy did not allow says nothing about the dependency. */
static int guarded(const struct run *run, struct try *try)
{
    struct msvc_breaker *breaker = run->options.breaker;
    struct msvc_permit permit;
    int status;

    if (breaker == NULL)
        return limited(run, try);
    status = msvc_breaker_begin(breaker, try->began_ns, &permit);
    if (status < 0)
        return status;
    status = limited(run, try);
    if (try->ended_ns == 0) {
        msvc_breaker_end(breaker, &permit, MSVC_OUTCOME_IGNORED, 0, try->began_ns);
        return status;
    }
    msvc_breaker_end(breaker, &permit, try->attempt.outcome, try->ended_ns - try->made_ns,
                     try->ended_ns);
    if (try->attempt.outcome == MSVC_OUTCOME_REJECTED)
        msvc_breaker_open_for(breaker, try->attempt.retry_after_ms, try->ended_ns);
    return status;
}

/*
 * The wait that the peer asked for, and a millisecond: the breaker that opened
 * for as long rounds up, and a wait of any length tells the peer's rejection
 * from one of ours.
 */
static uint64_t asked_ms(const struct try *try, int status)
{
    bool is_peers = status == MSVC_ERR_REJECTED && try->ended_ns != 0;

    if (try->attempt.retry_after_ms == 0 && !is_peers)
        return 0;
    return try->attempt.retry_after_ms < UINT64_MAX ? try->attempt.retry_after_ms + 1 : UINT64_MAX;
}

static int attempt_once(const struct run *run, const struct msvc_retry *retry,
                        uint64_t *out_asked_ms)
{
    struct try try = { .attempt = { .number = retry->attempt, .cancel = run->options.cancel } };
    int status;

    *out_asked_ms = 0;
    if (msvc_cancel_is_requested(run->options.cancel))
        return MSVC_ERR_CANCELLED;
    try.began_ns = msvc_clock_monotonic_ns(run->options.clock);
    if (run->deadline_ns != 0 && try.began_ns >= run->deadline_ns)
        return MSVC_ERR_TIMEOUT;
    try.attempt.deadline_ns = earlier(after_ms(try.began_ns, run->options.timeout_ms),
                                      msvc_retry_attempt_deadline(retry));
    status = guarded(run, &try);
    *out_asked_ms = asked_ms(&try, status);
    return status;
}

static int repeat(const struct run *run, struct msvc_retry *retry)
{
    uint64_t asked;
    int status;

    do {
        status = attempt_once(run, retry, &asked);
        if (!msvc_retry_again(retry, status, asked))
            return status;
    } while (msvc_retry_wait(retry, run->options.cancel) == 0);
    return MSVC_ERR_CANCELLED;
}

static int set_up(struct run *run, struct msvc_retry *retry)
{
    struct msvc_call_options *o = &run->options;
    struct msvc_retry_options policy;
    int status;

    if (o->timeout_ms == 0)
        o->timeout_ms = 3000;
    if (o->total_ms == 0)
        o->total_ms = MSVC_CALL_UNLIMITED;
    run->deadline_ns =
        earlier(o->deadline_ns, after_ms(msvc_clock_monotonic_ns(o->clock), o->total_ms));

    status = msvc__options_copy(&policy, sizeof(policy), o->retry);
    if (status < 0)
        return status;
    if (o->retry == NULL)
        policy.attempts = 1;
    policy.clock = o->clock;
    return msvc_retry_init(retry, &policy, run->deadline_ns);
}

static bool may_fall_back(int status)
{
    return status < 0 && status != MSVC_ERR_INVALID && status != MSVC_ERR_CANCELLED;
}

int msvc_call(msvc_call_fn *call, void *user, const struct msvc_call_options *options)
{
    struct run run = { .call = call, .user = user };
    struct msvc_retry retry;
    int status;

    if (call == NULL)
        return MSVC_ERR_INVALID;
    status = msvc__options_copy(&run.options, sizeof(run.options), options);
    if (status < 0)
        return status;
    status = set_up(&run, &retry);
    if (status < 0)
        return status;

    status = repeat(&run, &retry);
    if (run.options.fallback != NULL && may_fall_back(status))
        return run.options.fallback(status, user);
    return status;
}
