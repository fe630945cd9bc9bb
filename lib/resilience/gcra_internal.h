/* SPDX-License-Identifier: MIT */
/*
 * The generic cell rate algorithm: one number, the moment by which everything
 * granted so far would be done at an even pace. A call is granted if that moment
 * is not further ahead than a burst, and moves it on by one interval.
 *
 * Time is in sixteenths of nanoseconds since the limit was made: fine enough
 * that rounding the interval up costs less than 0.1 % at the highest rate, and
 * enough for 36 years.
 */
#ifndef MSVC_RESILIENCE_GCRA_INTERNAL_H
#define MSVC_RESILIENCE_GCRA_INTERNAL_H

#include <msvc/rate_limit.h>

#define MSVC__TICKS_PER_NS UINT64_C(16)

struct msvc__gcra {
    const struct msvc_clock *clock;
    uint64_t made_ns;
    uint64_t interval;  /* ticks */
    uint64_t tolerance; /* ticks: how far ahead the moment may be */
    unsigned burst;
};

/* 0 or MSVC_ERR_INVALID; options with zeros where the default is meant. */
int msvc__gcra_init(struct msvc__gcra *out, const struct msvc_rate_limit_options *options);

/* Now in ticks; 0 reads the clock. */
uint64_t msvc__gcra_ticks(const struct msvc__gcra *gcra, uint64_t now_ns);

/* How long a call at `now` has to wait that moves the moment on to `next`. */
static inline uint64_t msvc__gcra_wait_ns(const struct msvc__gcra *gcra, uint64_t now,
                                          uint64_t next)
{
    uint64_t early = now + gcra->tolerance;

    return next > early ? (next - early + MSVC__TICKS_PER_NS - 1) / MSVC__TICKS_PER_NS : 0;
}

#endif
