/* SPDX-License-Identifier: MIT */
/*
 * The numbers of a breaker's options that may change while it is in use. There
 * are two copies; the version says which one holds. Who writes fills the other
 * one and then raises the version, so that a reader is never held up by a
 * writer who is asleep, and never sees half a change.
 */
#ifndef MSVC_RESILIENCE_RULES_INTERNAL_H
#define MSVC_RESILIENCE_RULES_INTERNAL_H

#include <stdatomic.h>

#include <msvc/breaker.h>

/* Without zeros for defaults. What they mean: msvc/breaker.h. */
struct msvc__rules {
    uint32_t failure_percent;
    uint32_t slow_ms;
    uint32_t slow_percent;
    uint32_t failure_streak;
    uint32_t minimum_calls;
    uint32_t open_ms;
    uint32_t open_max_ms;
    uint32_t jitter_percent;
    uint32_t probes;
    uint32_t probe_successes;
    uint32_t lease_ms;
    uint32_t ramp_ms;
};

#define MSVC__RULES_COUNT (sizeof(struct msvc__rules) / sizeof(uint32_t))

struct msvc__rulebook {
    _Atomic uint32_t version;
    _Atomic uint32_t is_written; /* 1 while somebody writes */
    _Atomic uint32_t numbers[2][MSVC__RULES_COUNT];
};

void msvc__rules_of(struct msvc__rules *out, const struct msvc_breaker_options *filled);
void msvc__rules_read(const struct msvc__rulebook *book, struct msvc__rules *out);

/* False when another thread is writing. */
bool msvc__rules_write(struct msvc__rulebook *book, const struct msvc__rules *rules);

#endif
