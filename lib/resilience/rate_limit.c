/* SPDX-License-Identifier: MIT */
/* One word is all the state, so one compare-and-swap is all the work; relaxed, since nothing else
 * depends on it. */
#include "resilience/gcra_internal.h"

#include <stdatomic.h>
#include <stdlib.h>

#include <msvc/clock.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"

#define TICKS_PER_MS (MSVC__TICKS_PER_NS * 1000000)
#define DAY_MS       86400000u
#define YEAR_TICKS   (TICKS_PER_MS * DAY_MS * 365)

struct msvc_rate_limit {
    _Atomic uint64_t paced; /* ticks: when all that was granted would be done */
    struct msvc__gcra gcra; /* constant */
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

int msvc__gcra_init(struct msvc__gcra *out, const struct msvc_rate_limit_options *options)
{
    struct msvc_rate_limit_options filled = *options;

    fill_in(&filled);
    if (!is_valid(&filled))
        return MSVC_ERR_INVALID;
    *out = (struct msvc__gcra){
        .clock = filled.clock,
        .made_ns = msvc_clock_monotonic_ns(filled.clock),
        .interval = interval_of(&filled),
        .tolerance = interval_of(&filled) * filled.burst,
        .burst = filled.burst,
    };
    return 0;
}

int msvc_rate_limit_new(struct msvc_rate_limit **out, const struct msvc_rate_limit_options *options)
{
    struct msvc_rate_limit_options copied;
    struct msvc__gcra gcra;
    struct msvc_rate_limit *limit;
    int status;

    if (out == NULL)
        return MSVC_ERR_INVALID;
    status = msvc__options_copy(&copied, sizeof(copied), options);
    if (status < 0)
        return status;
    status = msvc__gcra_init(&gcra, &copied);
    if (status < 0)
        return status;

    limit = msvc__new(sizeof(*limit));
    if (limit == NULL)
        return MSVC_ERR_NOMEM;
    limit->gcra = gcra;
    *out = limit;
    return 0;
}

void msvc_rate_limit_free(struct msvc_rate_limit *limit)
{
    free(limit);
}

uint64_t msvc__gcra_ticks(const struct msvc__gcra *gcra, uint64_t now_ns)
{
    if (now_ns == 0)
        now_ns = msvc_clock_monotonic_ns(gcra->clock);
    return now_ns > gcra->made_ns ? (now_ns - gcra->made_ns) * MSVC__TICKS_PER_NS : 0;
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
    if (count > limit->gcra.burst)
        return answer(out_wait_ns, UINT64_MAX, MSVC_ERR_REJECTED);
    now = msvc__gcra_ticks(&limit->gcra, now_ns);
    seen = atomic_load_explicit(&limit->paced, memory_order_relaxed);
    do {
        next = (seen > now ? seen : now) + limit->gcra.interval * count;
        wait_ns = msvc__gcra_wait_ns(&limit->gcra, now, next);
        if (wait_ns > most_wait_ns)
            return answer(out_wait_ns, wait_ns, MSVC_ERR_REJECTED);
    } while (!atomic_compare_exchange_weak_explicit(&limit->paced, &seen, next,
                                                    memory_order_relaxed, memory_order_relaxed));
    return answer(out_wait_ns, wait_ns, 0);
}
