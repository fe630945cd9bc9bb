/* SPDX-License-Identifier: MIT */
/* A clock that stands still until a test moves it. */
#ifndef MSVC_TEST_FAKE_CLOCK_H
#define MSVC_TEST_FAKE_CLOCK_H

#include <stdatomic.h>

#include <msvc/clock.h>

struct fake_clock {
    struct msvc_clock clock; /* give &fake->clock to the code under test */
    _Atomic uint64_t monotonic_ns;
    _Atomic int64_t wall_ns;
};

/* Starts one second after boot, on 2026-01-02T03:04:05Z. */
void fake_clock_init(struct fake_clock *fake);

/* Both clocks go forward. */
void fake_clock_advance_ms(struct fake_clock *fake, uint64_t ms);

#endif
