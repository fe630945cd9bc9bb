/* SPDX-License-Identifier: MIT */
/* A random source that gives the same bytes for the same seed. Threading: one thread at a time. */
#ifndef MSVC_TEST_FAKE_RANDOM_H
#define MSVC_TEST_FAKE_RANDOM_H

#include <msvc/random.h>

struct fake_random {
    struct msvc_random random; /* give &fake->random to the code under test */
    uint64_t state;
};

void fake_random_init(struct fake_random *fake, uint64_t seed);

#endif
