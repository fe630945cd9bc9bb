/* SPDX-License-Identifier: MIT */
/*
 * What other breakers do by default, in the words of this one. Where theirs
 * cannot be said exactly, docs/breaker.md says how it differs.
 */
#include <msvc/breaker.h>

#include <stddef.h>

#include <msvc/status.h>

/* More than half, not half: the next whole percent. */
static void fill_opossum(struct msvc_breaker_options *o)
{
    o->failure_percent = 51;
    o->minimum_calls = 1;
    o->window_ms = 10000;
    o->open_ms = 30000;
}

/* A call is slow there after a minute: a probe's lease has to be longer. */
static void fill_resilience4j(struct msvc_breaker_options *o)
{
    o->failure_percent = 50;
    o->slow_ms = 60000;
    o->slow_percent = 100;
    o->minimum_calls = 100;
    o->window_calls = 100;
    o->open_ms = 60000;
    o->probes = 10;
    o->probe_successes = 6;
    o->lease_ms = 120000;
}

static void fill_hystrix(struct msvc_breaker_options *o)
{
    o->failure_percent = 50;
    o->minimum_calls = 20;
    o->window_ms = 10000;
    o->open_ms = 5000;
}

static void fill_microprofile(struct msvc_breaker_options *o)
{
    o->failure_percent = 50;
    o->minimum_calls = 20;
    o->window_calls = 20;
    o->open_ms = 5000;
}

/* To the library's defaults. */
static void clear_numbers(struct msvc_breaker_options *o)
{
    o->failure_percent = 0;
    o->slow_ms = 0;
    o->slow_percent = 0;
    o->failure_streak = 0;
    o->minimum_calls = 0;
    o->window_ms = 0;
    o->window_calls = 0;
    o->open_ms = 0;
    o->open_max_ms = 0;
    o->jitter_percent = 0;
    o->probes = 0;
    o->probe_successes = 0;
    o->lease_ms = 0;
    o->ramp_ms = 0;
}

int msvc_breaker_options_fill(struct msvc_breaker_options *options, enum msvc_breaker_preset preset)
{
    static void (*const fill[])(struct msvc_breaker_options * o) = {
        [MSVC_BREAKER_PRESET_OPOSSUM] = fill_opossum,
        [MSVC_BREAKER_PRESET_RESILIENCE4J] = fill_resilience4j,
        [MSVC_BREAKER_PRESET_HYSTRIX] = fill_hystrix,
        [MSVC_BREAKER_PRESET_MICROPROFILE] = fill_microprofile,
    };

    if (options == NULL || options->size < offsetof(struct msvc_breaker_options, clock) ||
        (int)preset < 0 || preset > MSVC_BREAKER_PRESET_MICROPROFILE)
        return MSVC_ERR_INVALID;
    clear_numbers(options);
    fill[preset](options);
    return 0;
}
