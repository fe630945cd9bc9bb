/* SPDX-License-Identifier: MIT */
/*
 * Making a breaker: defaults, ranges, and one block of memory for all of it.
 */
#include <msvc/breaker.h>

#include <stddef.h>
#include <stdlib.h>

#include <msvc/clock.h>
#include <msvc/random.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"
#include "resilience/breaker_internal.h"

#define CACHE_LINE 64

_Static_assert(sizeof(struct msvc_breaker) + CACHE_LINE + sizeof(struct msvc__time_window) <= 4096,
               "as the header promises");
_Static_assert(sizeof(struct msvc_breaker) + CACHE_LINE + sizeof(struct msvc__count_window) +
                       (6000 / MSVC__WORD_RESULTS + 1) * sizeof(uint64_t) <=
                   4096,
               "as the header promises");
/* What the short cut of the header reads, in every program that was built with it. */
_Static_assert(offsetof(struct msvc_breaker, epoch) ==
                       offsetof(struct msvc__breaker_front, epoch) &&
                   offsetof(struct msvc_breaker, made_ns) ==
                       offsetof(struct msvc__breaker_front, made_ns) &&
                   sizeof(_Atomic uint64_t) == sizeof(uint64_t) && MSVC__EPOCH_STATE_BITS == 3 &&
                   MSVC__EPOCH_TIME_SHIFT == 24,
               "part of the ABI");

static unsigned or_default(unsigned given, unsigned fallback)
{
    return given != 0 ? given : fallback;
}

static void fill_in(struct msvc_breaker_options *o)
{
    o->failure_percent = or_default(o->failure_percent, 50);
    o->slow_percent = or_default(o->slow_percent, 100);
    o->minimum_calls = or_default(o->minimum_calls, 5);
    if (o->window_calls == 0)
        o->window_ms = or_default(o->window_ms, 10000);
    else if (o->minimum_calls > o->window_calls)
        o->minimum_calls = o->window_calls;
    o->open_ms = or_default(o->open_ms, 30000);
    o->open_max_ms = or_default(o->open_max_ms, o->open_ms);
    o->probes = or_default(o->probes, 1);
    o->probe_successes = or_default(o->probe_successes, o->probes);
    o->lease_ms = or_default(o->lease_ms, 30000);
}

static void fill_in_objects(struct msvc_breaker_options *o)
{
    if (o->clock == NULL)
        o->clock = msvc_clock_system();
    if (o->random == NULL)
        o->random = msvc_random_system();
}

static bool is_valid(const struct msvc_breaker_options *o)
{
    if (o->failure_percent > 100 && o->failure_percent != MSVC_BREAKER_OFF)
        return false;
    if (o->slow_percent > 100 || o->jitter_percent > 100 || o->open_max_ms < o->open_ms)
        return false;
    if (o->window_calls > MSVC_BREAKER_WINDOW_CALLS_MAX ||
        (o->window_calls != 0 && o->window_ms != 0))
        return false;
    return o->failure_streak <= MSVC__STREAK_MAX && o->probes <= MSVC_BREAKER_PROBES_MAX &&
           o->probe_successes <= o->probes;
}

bool msvc__breaker_fill_in(struct msvc_breaker_options *options)
{
    fill_in(options);
    return is_valid(options);
}

/* On a cache line of its own, behind the breaker. */
static void *behind(struct msvc_breaker *b)
{
    uintptr_t end = (uintptr_t)(b + 1);

    return (char *)(b + 1) + (CACHE_LINE - end % CACHE_LINE) % CACHE_LINE;
}

static size_t window_size(const struct msvc_breaker_options *o)
{
    if (o->window_calls == 0)
        return sizeof(struct msvc__time_window);
    return msvc__count_window_size(o->window_calls);
}

static void set_up(struct msvc_breaker *b, const struct msvc_breaker_options *o)
{
    struct msvc__rules rules;

    b->options = *o;
    b->made_ns = msvc_clock_monotonic_ns(o->clock);
    msvc__rules_of(&rules, o);
    (void)msvc__rules_write(&b->rules, &rules);
    atomic_init(&b->quick_ns, msvc__rules_quick_ns(&rules));
    atomic_init(&b->epoch, msvc__epoch_next(0, MSVC_BREAKER_CLOSED, 0, 0));
    if (o->window_calls == 0) {
        b->by_time = behind(b);
        msvc__time_window_init(b->by_time, (uint64_t)o->window_ms * MSVC__NS_PER_MS);
    } else {
        b->by_count = behind(b);
        msvc__count_window_init(b->by_count, o->window_calls);
    }
}

int msvc_breaker_new(struct msvc_breaker **out, const struct msvc_breaker_options *options)
{
    struct msvc_breaker_options filled;
    struct msvc_breaker *b;
    int status;

    if (out == NULL)
        return MSVC_ERR_INVALID;
    status = msvc__options_copy(&filled, sizeof(filled), options);
    if (status < 0)
        return status;
    if (!msvc__breaker_fill_in(&filled))
        return MSVC_ERR_INVALID;
    fill_in_objects(&filled);

    b = msvc__new(sizeof(*b) + CACHE_LINE + window_size(&filled));
    if (b == NULL)
        return MSVC_ERR_NOMEM;
    set_up(b, &filled);
    *out = b;
    return 0;
}

void msvc_breaker_free(struct msvc_breaker *breaker)
{
    free(breaker);
}
