/* SPDX-License-Identifier: MIT */
/*
 * A ring of the last results. Who reports takes the next place by one
 * compare-and-swap of the head, then swaps his result into the slot; the slot's
 * former content leaves the sums in the same step as his enters: the
 * difference is added. The sums therefore agree with the slots whenever nobody
 * is in between, in whatever order threads arrive, and for a moment a sum may
 * be below zero.
 *
 * A slot says generation and lap, so that who was overtaken by a whole lap
 * leaves the newer result alone, and what another generation left behind counts
 * as nothing.
 *
 * Good results are judged only while there are too few calls: afterwards they
 * can only lower the rates. Sums and head are sequentially consistent: a bad
 * result adds to the sum and then reads the head, the good one that completes
 * the minimum moves the head and then reads the sums, so that one of them sees
 * both.
 *
 * What several threads report in one moment may leave in another order than
 * it came: what is judged then differs from the last `length` results by at
 * most one result per thread that is in the middle of its report.
 */
#include "resilience/window_internal.h"

#include "resilience/epoch_internal.h"

#define POSITION_MASK 0xffffffu
#define LAP_MASK      0xffffffu
#define SLOT_LAP_MASK 0x3fffu
#define SUM_MASK      0xffffffffu

void msvc__count_window_init(struct msvc__count_window *window, unsigned length, unsigned minimum)
{
    window->length = length;
    window->minimum = minimum;
}

struct place {
    uint32_t lap;
    uint32_t position;
};

static struct place place_of(uint64_t head, uint64_t generation)
{
    if (head >> 48 != generation)
        return (struct place){ 0, 0 };
    return (struct place){ (uint32_t)(head >> 24) & LAP_MASK, (uint32_t)head & POSITION_MASK };
}

/* Lap 0 comes once: the count of results is told from it. */
static uint64_t head_after(struct place place, uint64_t generation, unsigned length)
{
    if (++place.position == length) {
        place.position = 0;
        place.lap = place.lap == LAP_MASK ? 1 : place.lap + 1;
    }
    return generation << 48 | (uint64_t)place.lap << 24 | place.position;
}

/* False for a late sample. Why a foreign generation is an older one: see time_window.c. */
static bool take_place(struct msvc__count_window *window, const struct msvc__sample *sample,
                       struct place *out)
{
    uint64_t generation = msvc__epoch_generation(sample->epoch);
    uint64_t seen = atomic_load_explicit(&window->head, memory_order_acquire);

    do {
        if (seen >> 48 != generation && msvc__sample_is_late(sample))
            return false;
        *out = place_of(seen, generation);
    } while (!atomic_compare_exchange_weak(&window->head, &seen,
                                           head_after(*out, generation, window->length)));
    return true;
}

/* Put the result into its slot. The result that leaves, or -1 when ours is the one that is late. */
static int replace(struct msvc__count_window *window, const struct msvc__sample *sample,
                   struct place place)
{
    _Atomic uint32_t *slot = &window->slots[place.position];
    uint32_t generation = (uint32_t)msvc__epoch_generation(sample->epoch);
    uint32_t lap = place.lap & SLOT_LAP_MASK;
    uint32_t next = generation << 16 | lap << 2 | sample->result;
    uint32_t seen = atomic_load_explicit(slot, memory_order_acquire);
    uint32_t ahead;
    int leaves;

    do {
        leaves = 0;
        if (seen >> 16 == generation) {
            ahead = ((seen >> 2) - lap) & SLOT_LAP_MASK;
            if (ahead != 0 && ahead <= SLOT_LAP_MASK / 2)
                return -1;
            leaves = ahead == 0 ? 0 : (int)(seen & 3);
        } else if (msvc__sample_is_late(sample)) {
            return -1;
        }
    } while (!atomic_compare_exchange_weak(slot, &seen, next));
    return leaves;
}

static void adjust(_Atomic uint64_t *sum, const struct msvc__sample *sample, int difference)
{
    uint64_t generation = msvc__epoch_generation(sample->epoch);
    uint64_t seen = atomic_load_explicit(sum, memory_order_acquire);
    uint32_t count;

    if (difference == 0)
        return;
    do {
        if (seen >> 48 != generation && msvc__sample_is_late(sample))
            return;
        count = seen >> 48 == generation ? (uint32_t)(seen & SUM_MASK) : 0;
        count += (uint32_t)difference;
    } while (!atomic_compare_exchange_weak(sum, &seen, generation << 48 | count));
}

static int has(int result, int bit)
{
    return (result & bit) != 0;
}

bool msvc__count_window_add(struct msvc__count_window *window, const struct msvc__sample *sample)
{
    int comes = (int)sample->result;
    struct place place;
    int leaves;

    if (!take_place(window, sample, &place))
        return false;
    leaves = replace(window, sample, place);
    if (leaves < 0)
        return false;
    if (comes != leaves) {
        adjust(&window->failures, sample,
               has(comes, MSVC__RESULT_FAILED) - has(leaves, MSVC__RESULT_FAILED));
        adjust(&window->slow, sample,
               has(comes, MSVC__RESULT_SLOW) - has(leaves, MSVC__RESULT_SLOW));
    }
    return comes != MSVC__RESULT_GOOD || (place.lap == 0 && place.position < window->minimum);
}

static uint64_t sum_of(const _Atomic uint64_t *sum, uint64_t generation, uint64_t most)
{
    uint64_t seen = atomic_load(sum);
    uint64_t count = seen >> 48 == generation ? seen & SUM_MASK : 0;

    if (count > SUM_MASK / 2)
        return 0;
    return count < most ? count : most;
}

void msvc__count_window_sum(const struct msvc__count_window *window, uint64_t epoch,
                            struct msvc__sums *out)
{
    uint64_t generation = msvc__epoch_generation(epoch);
    struct place next = place_of(atomic_load(&window->head), generation);

    out->calls = next.lap > 0 ? window->length : next.position;
    out->failures = sum_of(&window->failures, generation, out->calls);
    out->slow = sum_of(&window->slow, generation, out->calls);
}
