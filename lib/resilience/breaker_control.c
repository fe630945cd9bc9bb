/* SPDX-License-Identifier: MIT */
/*
 * Changing a breaker's state, by its own rules or by hand, and looking at it.
 */
#include <msvc/breaker.h>

#include <msvc/clock.h>
#include <msvc/random.h>
#include <msvc/status.h>

#include "resilience/breaker_internal.h"

#define DAY_MS 86400000

void msvc__breaker_announce(struct msvc_breaker *b, const struct msvc__change *change)
{
    if (change->happened && change->from != change->to && b->options.on_change != NULL)
        b->options.on_change(b, change->from, change->to, b->options.user);
}

bool msvc__breaker_swap(struct msvc_breaker *b, uint64_t epoch, uint64_t next,
                        struct msvc__change *change)
{
    if (!atomic_compare_exchange_strong(&b->epoch, &epoch, next))
        return false;
    *change = (struct msvc__change){ true, msvc__epoch_state(epoch), msvc__epoch_state(next) };
    return true;
}

/* How long the next opening lasts, after so many in a row. */
uint64_t msvc__breaker_wait_ms(const struct msvc_breaker *b, unsigned openings)
{
    struct msvc__rules rules;
    uint64_t spread;
    uint64_t wait;

    msvc__rules_read(&b->rules, &rules);
    wait = (uint64_t)rules.open_ms << openings;
    if (wait > rules.open_max_ms)
        wait = rules.open_max_ms;
    spread = wait * rules.jitter_percent / 100;
    return spread > 0 ? wait - msvc_random_below(b->options.random, spread + 1) : wait;
}

/* The epoch of an opening that begins now. Times are rounded up: never half-open too early. */
uint64_t msvc__breaker_opened(uint64_t epoch, unsigned openings, uint64_t age, uint64_t wait)
{
    return msvc__epoch_next(epoch, MSVC_BREAKER_OPEN, openings,
                            (age + MSVC__NS_PER_MS - 1) / MSVC__NS_PER_MS + wait);
}

bool msvc__breaker_open_from(struct msvc_breaker *b, uint64_t epoch, uint64_t age,
                             struct msvc__change *change)
{
    unsigned openings = msvc__epoch_openings(epoch);
    uint64_t wait = msvc__breaker_wait_ms(b, openings);

    return msvc__breaker_swap(b, epoch, msvc__breaker_opened(epoch, openings + 1, age, wait),
                              change);
}

static bool waits_to_be_told(uint64_t epoch)
{
    return msvc__epoch_state(epoch) > MSVC_BREAKER_RAMPING;
}

void msvc_breaker_open_for(struct msvc_breaker *breaker, uint64_t asked_ms, uint64_t now_ns)
{
    struct msvc__change change = { 0 };
    uint64_t epoch;
    uint64_t next;
    uint64_t age;

    if (breaker == NULL || asked_ms == 0)
        return;
    age = msvc__breaker_age_ns(breaker, now_ns);
    do {
        epoch = atomic_load(&breaker->epoch);
        next = msvc__breaker_opened(epoch, msvc__epoch_openings(epoch), age,
                                    asked_ms < DAY_MS ? asked_ms : DAY_MS);
        if (waits_to_be_told(epoch) || (msvc__epoch_state(epoch) == MSVC_BREAKER_OPEN &&
                                        msvc__epoch_time_ms(epoch) >= msvc__epoch_time_ms(next)))
            return;
    } while (!msvc__breaker_swap(breaker, epoch, next, &change));
    msvc__breaker_announce(breaker, &change);
}

int msvc_breaker_set(struct msvc_breaker *breaker, enum msvc_breaker_state state, uint64_t now_ns)
{
    struct msvc__change change = { 0 };
    uint64_t epoch;
    uint64_t next;
    uint64_t age;

    if (breaker == NULL || (int)state < 0 || state > MSVC_BREAKER_METRICS_ONLY)
        return MSVC_ERR_INVALID;
    age = msvc__breaker_age_ns(breaker, now_ns);
    do {
        epoch = atomic_load(&breaker->epoch);
        next = state == MSVC_BREAKER_OPEN
                   ? msvc__breaker_opened(epoch, 1, age, msvc__breaker_wait_ms(breaker, 0))
                   : msvc__epoch_next(epoch, state, 0, age / MSVC__NS_PER_MS);
    } while (!msvc__breaker_swap(breaker, epoch, next, &change));
    msvc__breaker_announce(breaker, &change);
    return 0;
}

enum msvc_breaker_state msvc_breaker_state(const struct msvc_breaker *breaker)
{
    if (breaker == NULL)
        return MSVC_BREAKER_DISABLED;
    return msvc__epoch_state(atomic_load(&breaker->epoch));
}

const char *msvc_breaker_state_name(enum msvc_breaker_state state)
{
    switch (state) {
    case MSVC_BREAKER_CLOSED:
        return "closed";
    case MSVC_BREAKER_OPEN:
        return "open";
    case MSVC_BREAKER_HALF_OPEN:
        return "half-open";
    case MSVC_BREAKER_RAMPING:
        return "ramping";
    case MSVC_BREAKER_FORCED_OPEN:
        return "forced-open";
    case MSVC_BREAKER_DISABLED:
        return "disabled";
    case MSVC_BREAKER_METRICS_ONLY:
        return "metrics-only";
    }
    return "unknown";
}

static void look_at_window(const struct msvc_breaker *b, uint64_t epoch, uint64_t now_ns,
                           struct msvc_breaker_snapshot *out)
{
    struct msvc__sums sums;
    uint64_t streak = atomic_load(&b->streak);

    if (b->by_count != NULL)
        msvc__count_window_sum(b->by_count, epoch, &sums);
    else
        msvc__time_window_sum(b->by_time, epoch, now_ns, &sums);
    out->calls = sums.calls;
    out->failures = sums.failures;
    out->slow = sums.slow;
    if (streak >> 24 == msvc__epoch_generation(epoch))
        out->streak = (unsigned)(streak & MSVC__STREAK_MAX);
}

void msvc_breaker_snapshot(const struct msvc_breaker *breaker, uint64_t now_ns,
                           struct msvc_breaker_snapshot *out)
{
    struct msvc__tally tally = { 0, 0, 0 };
    uint64_t epoch;
    uint64_t age;

    if (out == NULL)
        return;
    *out = (struct msvc_breaker_snapshot){ .state = MSVC_BREAKER_DISABLED };
    if (breaker == NULL)
        return;
    now_ns = msvc__breaker_now_ns(breaker, now_ns);
    age = msvc__breaker_age_ns(breaker, now_ns);
    epoch = atomic_load(&breaker->epoch);
    out->state = msvc__epoch_state(epoch);
    look_at_window(breaker, epoch, now_ns, out);
    if (out->state == MSVC_BREAKER_OPEN)
        out->open_until_ns = breaker->made_ns + msvc__epoch_time_ms(epoch) * MSVC__NS_PER_MS;
    if (out->state == MSVC_BREAKER_HALF_OPEN)
        msvc__probes_tally(&breaker->probes, epoch, age / MSVC__NS_PER_MS, &tally);
    out->probes_leased = tally.leased;
    out->probes_good = tally.good;
    out->probes_bad = tally.bad;
}
