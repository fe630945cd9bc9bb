/* SPDX-License-Identifier: MIT */
/*
 * Asking the kernel for every id costs more than the rest of a span. Ids are
 * therefore a counter, mixed from a secret and random start (splitmix64): no
 * id comes twice, all bits are as good as random, and no lock is needed. They
 * are not secrets: who knows one can work out the next.
 */
#include "telemetry/ids_internal.h"

#include <msvc/random.h>

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Never zero. */
static void put(uint8_t *out, uint64_t seed, uint64_t step)
{
    uint64_t id = mix(seed + step * UINT64_C(0x9e3779b97f4a7c15));

    if (id == 0)
        id = 1;
    for (int i = 7; i >= 0; i--) {
        out[i] = (uint8_t)id;
        id >>= 8;
    }
}

static uint64_t next_step(struct msvc__ids *ids)
{
    return atomic_fetch_add_explicit(&ids->sequence, 1, memory_order_relaxed);
}

void msvc__ids_seed(struct msvc__ids *ids, const struct msvc_random *random)
{
    msvc_random_fill(random, ids->seeds, sizeof(ids->seeds));
    atomic_store_explicit(&ids->sequence, 1, memory_order_relaxed);
}

void msvc__ids_next_trace(struct msvc__ids *ids, uint8_t out[16])
{
    uint64_t step = next_step(ids);

    put(out, ids->seeds[0], step);
    put(out + 8, ids->seeds[1], step);
}

void msvc__ids_next_span(struct msvc__ids *ids, uint8_t out[8])
{
    put(out, ids->seeds[2], next_step(ids));
}
