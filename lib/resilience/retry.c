/* SPDX-License-Identifier: MIT */
/*
 * Whether to try again is asked in the order of what is cheapest to know: does
 * it make sense, are attempts left, is there time, and last, since asking takes
 * it, is there budget. Every wait is drawn anew from zero to its cap ("full
 * jitter"), so that callers who failed together do not come back together.
 */
#include <msvc/retry.h>

#include <poll.h>
#include <stddef.h>

#include <msvc/cancel.h>
#include <msvc/clock.h>
#include <msvc/random.h>
#include <msvc/status.h>

#include "base/options_internal.h"

#define NS_PER_MS    1000000
#define ATTEMPTS_MAX 1000
#define SHIFT_MAX    31

static void fill_in(struct msvc_retry_options *o)
{
    if (o->attempts == 0)
        o->attempts = 3;
    if (o->base_ms == 0)
        o->base_ms = 100;
    if (o->max_ms == 0)
        o->max_ms = 10000;
    if (o->retry_after_ms == 0)
        o->retry_after_ms = 60000;
}

int msvc_retry_init(struct msvc_retry *out, const struct msvc_retry_options *options,
                    uint64_t deadline_ns)
{
    struct msvc_retry_options filled;
    int status;

    if (out == NULL)
        return MSVC_ERR_INVALID;
    status = msvc__options_copy(&filled, sizeof(filled), options);
    if (status < 0)
        return status;
    fill_in(&filled);
    if (filled.attempts > ATTEMPTS_MAX)
        return MSVC_ERR_INVALID;

    *out = (struct msvc_retry){ .attempt = 1, .deadline_ns = deadline_ns, .options = filled };
    msvc_retry_budget_deposit(filled.budget);
    return 0;
}

uint64_t msvc_retry_attempt_deadline(const struct msvc_retry *retry)
{
    uint64_t own;

    if (retry == NULL || retry->options.attempt_ms == 0)
        return retry != NULL ? retry->deadline_ns : 0;
    own = msvc_deadline_in(retry->options.clock, retry->options.attempt_ms);
    return retry->deadline_ns != 0 && retry->deadline_ns < own ? retry->deadline_ns : own;
}

static bool stop(struct msvc_retry *retry, enum msvc_retry_end end)
{
    retry->end = end;
    return false;
}

/* Nothing reached the peer, and nothing was attempted. */
static bool is_our_rejection(int status, uint64_t asked_ms)
{
    return msvc_status_retry(status) == MSVC_RETRY_LATER && asked_ms == 0;
}

static bool makes_sense(const struct msvc_retry *retry, int status, uint64_t asked_ms)
{
    switch (msvc_status_retry(status)) {
    case MSVC_RETRY_AGAIN:
        return true;
    case MSVC_RETRY_LATER:
        return asked_ms != 0 || retry->options.waits_for_policies;
    case MSVC_RETRY_IF_IDEMPOTENT:
        return retry->options.is_idempotent;
    default:
        return false;
    }
}

static uint64_t draw_delay_ms(const struct msvc_retry *retry, uint64_t asked_ms)
{
    const struct msvc_retry_options *o = &retry->options;
    unsigned shift = retry->waits < SHIFT_MAX ? retry->waits : SHIFT_MAX;
    uint64_t cap = (uint64_t)o->base_ms << shift;

    if (asked_ms > 0)
        return asked_ms + msvc_random_below(o->random, (uint64_t)o->base_ms + 1);
    if (cap > o->max_ms)
        cap = o->max_ms;
    return msvc_random_below(o->random, cap + 1);
}

/* Whether an attempt after the wait could still be in time. */
static bool fits(struct msvc_retry *retry, uint64_t delay_ms)
{
    uint64_t now = msvc_clock_monotonic_ns(retry->options.clock);

    retry->delay_ms = delay_ms;
    retry->next_ns = now + delay_ms * NS_PER_MS;
    return retry->deadline_ns == 0 || retry->next_ns < retry->deadline_ns;
}

bool msvc_retry_again(struct msvc_retry *retry, int status, uint64_t asked_ms)
{
    bool is_free;

    if (retry == NULL || retry->end != MSVC_RETRY_GOES_ON)
        return false;
    if (status >= 0)
        return stop(retry, MSVC_RETRY_DONE);
    if (!makes_sense(retry, status, asked_ms))
        return stop(retry, MSVC_RETRY_POINTLESS);
    is_free = is_our_rejection(status, asked_ms);
    if (retry->attempt >= retry->options.attempts && !(is_free && retry->deadline_ns != 0))
        return stop(retry, MSVC_RETRY_SPENT);
    if (asked_ms > retry->options.retry_after_ms)
        return stop(retry, MSVC_RETRY_TOO_LONG);
    if (!fits(retry, draw_delay_ms(retry, asked_ms)))
        return stop(retry, MSVC_RETRY_TOO_LATE);
    if (!is_free && !msvc_retry_budget_take(retry->options.budget))
        return stop(retry, MSVC_RETRY_NO_BUDGET);

    retry->holds_budget = !is_free;
    retry->attempt += !is_free || retry->deadline_ns == 0;
    retry->waits++;
    return true;
}

/* In pieces of at most a minute: clocks may jump while the machine sleeps. */
static int wait_by_poll(const struct msvc_retry *retry, struct msvc_cancel *cancel)
{
    struct pollfd asked = { .fd = msvc_cancel_fd(cancel), .events = POLLIN };
    int left_ms;

    while (!msvc_cancel_is_requested(cancel)) {
        left_ms = msvc_deadline_left_ms(retry->options.clock, retry->next_ns, 60000);
        if (left_ms == 0)
            return 0;
        (void)poll(&asked, 1, left_ms);
    }
    return MSVC_ERR_CANCELLED;
}

int msvc_retry_wait(struct msvc_retry *retry, struct msvc_cancel *cancel)
{
    const struct msvc_retry_options *o;
    int status;

    if (retry == NULL)
        return MSVC_ERR_INVALID;
    o = &retry->options;
    status =
        o->wait != NULL ? o->wait(retry->next_ns, cancel, o->user) : wait_by_poll(retry, cancel);
    if (status < 0 && retry->holds_budget)
        msvc_retry_budget_give_back(o->budget);
    retry->holds_budget = false;
    return status;
}
