/* SPDX-License-Identifier: MIT */
/*
 * Reading is lock-free: it starts over only when a change was completed
 * meanwhile. The numbers are stored with release and loaded with acquire: who
 * sees a number of the change after the next one sees that the version was
 * raised before it was written, and starts over.
 */
#include "resilience/rules_internal.h"

#include <string.h>

void msvc__rules_of(struct msvc__rules *out, const struct msvc_breaker_options *filled)
{
    *out = (struct msvc__rules){
        .failure_percent = filled->failure_percent,
        .slow_ms = filled->slow_ms,
        .slow_percent = filled->slow_percent,
        .failure_streak = filled->failure_streak,
        .minimum_calls = filled->minimum_calls,
        .open_ms = filled->open_ms,
        .open_max_ms = filled->open_max_ms,
        .jitter_percent = filled->jitter_percent,
        .probes = filled->probes,
        .probe_successes = filled->probe_successes,
        .lease_ms = filled->lease_ms,
        .ramp_ms = filled->ramp_ms,
    };
}

void msvc__rules_read(const struct msvc__rulebook *book, struct msvc__rules *out)
{
    uint32_t numbers[MSVC__RULES_COUNT];
    uint32_t version;

    do {
        version = atomic_load_explicit(&book->version, memory_order_acquire);
        for (size_t i = 0; i < MSVC__RULES_COUNT; i++)
            numbers[i] = atomic_load_explicit(&book->numbers[version & 1][i], memory_order_acquire);
    } while (atomic_load_explicit(&book->version, memory_order_acquire) != version);
    memcpy(out, numbers, sizeof(*out));
}

bool msvc__rules_write(struct msvc__rulebook *book, const struct msvc__rules *rules)
{
    uint32_t numbers[MSVC__RULES_COUNT];
    uint32_t nobody = 0;
    uint32_t next;

    if (!atomic_compare_exchange_strong(&book->is_written, &nobody, 1))
        return false;
    memcpy(numbers, rules, sizeof(numbers));
    next = atomic_load_explicit(&book->version, memory_order_acquire) + 1;
    for (size_t i = 0; i < MSVC__RULES_COUNT; i++)
        atomic_store_explicit(&book->numbers[next & 1][i], numbers[i], memory_order_release);
    atomic_store(&book->version, next);
    atomic_store(&book->is_written, 0);
    return true;
}
