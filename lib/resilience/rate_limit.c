/* SPDX-License-Identifier: MIT */
/*
 * The generic cell rate algorithm: one number, the moment by which everything
 * granted so far would be done at an even pace. A call is granted if that moment
 * is not further ahead than a burst, and moves it on by one interval. One word
 * is all the state, so one compare-and-swap is all the work; relaxed, since
 * nothing else depends on it.
 *
 * Time is in sixteenths of nanoseconds since the limit was made: fine enough
 * that rounding the interval up costs less than 0.1 % at the highest rate, and
 * enough for 36 years.
 */
#include <msvc/rate_limit.h>

#include <stdatomic.h>
#include <stdlib.h>

#include <msvc/clock.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"

#define TICKS_PER_NS UINT64_C(16)
#define TICKS_PER_MS (TICKS_PER_NS * 1000000)
#define DAY_MS       86400000u
#define YEAR_TICKS   (TICKS_PER_MS * DAY_MS * 365)

struct msvc_rate_limit {
    _Atomic uint64_t paced;         /* ticks: when all that was granted would be done */
    const struct msvc_clock *clock; /* constant, as all below */
    uint64_t made_ns;
    uint64_t interval;  /* ticks */
    uint64_t tolerance; /* ticks: how far ahead `paced` may be */
    unsigned burst;
};

static void fill_in(struct msvc_rate_limit_options *o)
{
    if (o->calls == 0)
        o->calls = 100;
    if (o->period_ms == 0)
        o->period_ms = 1000;
    if (o->burst == 0)
        o->burst = 1;
}

static uint64_t interval_of(const struct msvc_rate_limit_options *o)
{
    return (o->period_ms * TICKS_PER_MS + o->calls - 1) / o->calls;
}

static bool is_valid(const struct msvc_rate_limit_options *o)
{
    return o->period_ms <= DAY_MS &&
           o->calls <= (uint64_t)MSVC_RATE_LIMIT_MAX * o->period_ms / 1000 &&
           o->burst <= YEAR_TICKS / interval_of(o);
}

int msvc_rate_limit_new(struct msvc_rate_limit **out, const struct msvc_rate_limit_options *options)
{
    struct msvc_rate_limit_options filled;
    struct msvc_rate_limit *limit;
    int status;

    if (out == NULL)
        return MSVC_ERR_INVALID;
    status = msvc__options_copy(&filled, sizeof(filled), options);
    if (status < 0)
        return status;
    fill_in(&filled);
    if (!is_valid(&filled))
        return MSVC_ERR_INVALID;

    limit = msvc__new(sizeof(*limit));
    if (limit == NULL)
        return MSVC_ERR_NOMEM;
    limit->clock = filled.clock;
    limit->made_ns = msvc_clock_monotonic_ns(filled.clock);
    limit->burst = filled.burst;
    limit->interval = interval_of(&filled);
    limit->tolerance = limit->interval * filled.burst;
    *out = limit;
    return 0;
}

void msvc_rate_limit_free(struct msvc_rate_limit *limit)
{
    free(limit);
}

static uint64_t ticks_at(const struct msvc_rate_limit *limit, uint64_t now_ns)
{
    if (now_ns == 0)
        now_ns = msvc_clock_monotonic_ns(limit->clock);
    return now_ns > limit->made_ns ? (now_ns - limit->made_ns) * TICKS_PER_NS : 0;
}

static int answer(uint64_t *out_wait_ns, uint64_t wait_ns, int status)
{
    if (out_wait_ns != NULL)
        *out_wait_ns = wait_ns;
    return status;
}

int msvc_rate_limit_take(struct msvc_rate_limit *limit, uint64_t now_ns, unsigned count,
                         uint64_t most_wait_ns, uint64_t *out_wait_ns)
{
    uint64_t now;
    uint64_t seen;
    uint64_t next;
    uint64_t wait_ns;

    if (limit == NULL || count == 0)
        return MSVC_ERR_INVALID;
    if (count > limit->burst)
        return answer(out_wait_ns, UINT64_MAX, MSVC_ERR_REJECTED);
    now = ticks_at(limit, now_ns);
    seen = atomic_load_explicit(&limit->paced, memory_order_relaxed);
    do {
        next = (seen > now ? seen : now) + limit->interval * count;
        wait_ns = 0;
        if (next > now + limit->tolerance)
            wait_ns = (next - now - limit->tolerance + TICKS_PER_NS - 1) / TICKS_PER_NS;
        if (wait_ns > most_wait_ns)
            return answer(out_wait_ns, wait_ns, MSVC_ERR_REJECTED);
    } while (!atomic_compare_exchange_weak_explicit(&limit->paced, &seen, next,
                                                    memory_order_relaxed, memory_order_relaxed));
    return answer(out_wait_ns, wait_ns, 0);
}
