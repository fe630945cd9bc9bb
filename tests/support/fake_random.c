/* SPDX-License-Identifier: MIT */
#include "fake_random.h"

/* splitmix64: every seed gives a full-period sequence. */
static uint64_t next(struct fake_random *fake)
{
    uint64_t z = (fake->state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void fill(void *user, void *out, size_t length)
{
    unsigned char *bytes = out;

    for (size_t i = 0; i < length; i++)
        bytes[i] = (unsigned char)next(user);
}

void fake_random_init(struct fake_random *fake, uint64_t seed)
{
    fake->random = (struct msvc_random){ fill, fake };
    fake->state = seed;
}
