/* SPDX-License-Identifier: MIT */
#include "fake_clock.h"

static uint64_t read_monotonic(void *user)
{
    struct fake_clock *fake = user;

    return fake->monotonic_ns;
}

static int64_t read_wall(void *user)
{
    struct fake_clock *fake = user;

    return fake->wall_ns;
}

void fake_clock_init(struct fake_clock *fake)
{
    fake->clock = (struct msvc_clock){ read_monotonic, read_wall, fake };
    fake->monotonic_ns = 1000000000;
    fake->wall_ns = 1767323045000000000;
}

void fake_clock_advance_ms(struct fake_clock *fake, uint64_t ms)
{
    fake->monotonic_ns += ms * 1000000;
    fake->wall_ns += (int64_t)ms * 1000000;
}
