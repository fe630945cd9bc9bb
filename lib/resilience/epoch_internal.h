/* SPDX-License-Identifier: MIT */
/*
 * A breaker's epoch: state, generation and time in one 64-bit word, so that
 * one compare-and-swap changes all of it and comparing two words tells whether
 * anything changed between.
 *
 *     bits 0-2    state
 *     bits 3-7    openings since it was last closed, saturating
 *     bits 8-23   generation, 1 to 65534, another one with every change
 *     bits 24-63  milliseconds since the breaker was made: while open, when
 *                 the opening is over; else when the state began
 *
 * A word comes back only if 65,534 changes happen within the same millisecond
 * of the clock; 40 bits of milliseconds last for 34 years.
 */
#ifndef MSVC_RESILIENCE_EPOCH_INTERNAL_H
#define MSVC_RESILIENCE_EPOCH_INTERNAL_H

#include <msvc/breaker.h>

#define MSVC__EPOCH_STATE_BITS   3
#define MSVC__EPOCH_TIME_SHIFT   24
#define MSVC__EPOCH_TIME_MAX     (((uint64_t)1 << 40) - 1)
#define MSVC__EPOCH_OPENINGS_MAX 31u

static inline enum msvc_breaker_state msvc__epoch_state(uint64_t epoch)
{
    return (enum msvc_breaker_state)(epoch & ((1u << MSVC__EPOCH_STATE_BITS) - 1));
}

static inline unsigned msvc__epoch_openings(uint64_t epoch)
{
    return (unsigned)(epoch >> MSVC__EPOCH_STATE_BITS) & MSVC__EPOCH_OPENINGS_MAX;
}

static inline uint64_t msvc__epoch_generation(uint64_t epoch)
{
    return epoch >> 8 & 0xffff;
}

static inline uint64_t msvc__epoch_time_ms(uint64_t epoch)
{
    return epoch >> MSVC__EPOCH_TIME_SHIFT;
}

/* The epoch that follows @p epoch; 0 stands for the one before the first. */
static inline uint64_t msvc__epoch_next(uint64_t epoch, enum msvc_breaker_state state,
                                        unsigned openings, uint64_t time_ms)
{
    uint64_t generation = msvc__epoch_generation(epoch) % 0xfffe + 1;

    if (openings > MSVC__EPOCH_OPENINGS_MAX)
        openings = MSVC__EPOCH_OPENINGS_MAX;
    if (time_ms > MSVC__EPOCH_TIME_MAX)
        time_ms = MSVC__EPOCH_TIME_MAX;
    return time_ms << MSVC__EPOCH_TIME_SHIFT | generation << 8 |
           (uint64_t)openings << MSVC__EPOCH_STATE_BITS | (uint64_t)state;
}

#endif
