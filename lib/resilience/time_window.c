/* SPDX-License-Identifier: MIT */
/*
 * Time is cut into slices of a power of two of nanoseconds, so that finding
 * one is a shift, and the ring holds the sixteen last of them. An entry of the
 * ring is one word, tag << 24 | count; the tag is the generation and how often
 * the ring went round. Counting compares and swaps the whole word: an entry
 * that belongs to another time is replaced, never cleared and then counted,
 * so that no count can land in a slice it does not belong to.
 *
 * Threads count in stripes of their own, on cache lines of their own; only who
 * judges reads all of them. Judging after every result would be exact and
 * slow, so good results skip it where it cannot matter: once the sums were
 * judged, another good result in the same slice can only lower the rates,
 * unless there were too few calls to judge. `verdict` says for which slice
 * that holds: its entry with its place in the ring and a version instead of a
 * count; generation 0 for none. Bad results raise the version, so that a judge
 * who did not see them cannot settle.
 *
 * The order: a bad result counts, raises the version, then judges; a good one
 * counts, then reads the verdict; a judge reads the verdict, sums, then swaps
 * the verdict if it is still the one he read. All of these are sequentially
 * consistent, since each side must see the other's write or be seen. If a good
 * result finds its slice settled, then the judge who settled it saw every bad
 * result that has raised the version; one that has not will judge later
 * itself, and see this good one.
 *
 * 2^24 calls of one slice in one stripe is as far as it counts.
 */
#include "resilience/window_internal.h"

#include "resilience/epoch_internal.h"

/* Whose clock is further ahead counts as being of another generation. */
#define ROUNDS_AHEAD ((uint64_t)0x7fffff)

_Static_assert(MSVC__SLICES == 1 << (MSVC__COUNT_BITS - MSVC__VERSION_BITS),
               "an entry is a verdict without its place in the ring");

_Thread_local size_t msvc__stripe_offset;
static _Thread_local bool has_stripe;

/* Which stripe a thread counts in; handed out in turn, so that the first eight share none. Relaxed:
 * any number will do. */
static size_t own_stripe(void)
{
    static _Atomic unsigned threads;

    if (!has_stripe) {
        msvc__stripe_offset = atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) %
                              MSVC__STRIPES * sizeof(struct msvc__stripe);
        has_stripe = true;
    }
    return msvc__stripe_offset / sizeof(struct msvc__stripe);
}

/* Whether both entries are of one generation and the first of a later round. */
static bool is_later(uint64_t entry, uint64_t than)
{
    uint64_t ahead = (entry - than) >> MSVC__COUNT_BITS;

    return ahead != 0 && ahead <= ROUNDS_AHEAD;
}

/*
 * An entry of another generation is an older one's if the sample is not late:
 * who writes a newer one has seen the newer epoch, so we, having read what he
 * wrote, see it too.
 */
static void count(_Atomic uint64_t *entry, uint64_t none, uint64_t many,
                  const struct msvc__sample *sample)
{
    uint64_t seen = atomic_load_explicit(entry, memory_order_acquire);
    uint64_t next;

    do {
        if (seen - none <= MSVC__COUNT_MAX) {
            if (seen - none > MSVC__COUNT_MAX - many)
                return;
            next = seen + many;
        } else {
            if (is_later(seen, none) || msvc__sample_is_late(sample))
                return;
            next = none + many;
        }
    } while (!atomic_compare_exchange_weak(entry, &seen, next));
}

static uint64_t counted(const _Atomic uint64_t *entry, uint64_t none)
{
    uint64_t count = atomic_load(entry) - none;

    return count <= MSVC__COUNT_MAX ? count : 0;
}

void msvc__time_window_init(struct msvc__time_window *window, uint64_t length_ns)
{
    window->slice_shift = 0;
    while (length_ns >> window->slice_shift >= MSVC__SLICES)
        window->slice_shift++;
    window->slices =
        (unsigned)((length_ns + ((uint64_t)1 << window->slice_shift) - 1) >> window->slice_shift);
}

/* The first load is relaxed: a guess, as in the usual case. */
static void unsettle(struct msvc__time_window *window)
{
    uint64_t seen = atomic_load_explicit(&window->verdict, memory_order_relaxed);

    while (!atomic_compare_exchange_weak(&window->verdict, &seen, (seen + 1) & MSVC__VERSION_MASK))
        ;
}

/* Settled for this slice, or for a later one by somebody whose clock is ahead. */
static bool is_settled(uint64_t verdict, uint64_t settled)
{
    return (verdict - settled) >> MSVC__VERSION_BITS <= ROUNDS_AHEAD * MSVC__SLICES;
}

/*
 * Before anything is counted in it, so that who sums skips no count. Acquire is
 * enough: who sees the bit another thread set is ordered after its swap, and so is
 * the count that follows; who sums and misses the bit comes before both.
 */
static void announce(struct msvc__time_window *window, size_t stripe)
{
    uint64_t bit = (uint64_t)1 << stripe;
    uint64_t seen = atomic_load_explicit(&window->used, memory_order_acquire);

    while ((seen & bit) == 0 && !atomic_compare_exchange_weak(&window->used, &seen, seen | bit))
        ;
}

bool msvc__time_window_add(struct msvc__time_window *window, const struct msvc__sample *sample)
{
    size_t own = own_stripe();
    struct msvc__stripe *stripe = &window->stripes[own];
    uint64_t slice = sample->now_ns >> window->slice_shift;
    uint64_t settled = msvc__time_settled(sample->epoch, slice);
    uint64_t none = msvc__time_entry(settled);
    unsigned at = (unsigned)slice % MSVC__SLICES;

    announce(window, own);
    count(&stripe->calls[at], none, 1, sample);
    if (sample->result == MSVC__RESULT_GOOD)
        return !is_settled(atomic_load(&window->verdict), settled);

    if (sample->result & MSVC__RESULT_FAILED)
        count(&stripe->failures[at], none, 1, sample);
    if (sample->result & MSVC__RESULT_SLOW)
        count(&stripe->slow[at], none, 1, sample);
    unsettle(window);
    return true;
}

uint64_t msvc__time_window_verdict(const struct msvc__time_window *window)
{
    return atomic_load(&window->verdict);
}

/* Calls are counted first and summed last, so that no rate is above one, and where there is none
 * there is no failure either. */
static void sum_stripe(const struct msvc__stripe *stripe, uint64_t none, unsigned at,
                       struct msvc__sums *sums)
{
    if (counted(&stripe->calls[at], none) == 0)
        return;
    sums->failures += counted(&stripe->failures[at], none);
    sums->slow += counted(&stripe->slow[at], none);
    sums->calls += counted(&stripe->calls[at], none);
}

void msvc__time_window_sum_slice(const struct msvc__time_window *window, uint64_t epoch,
                                 uint64_t slice, struct msvc__sums *out)
{
    uint64_t used = atomic_load(&window->used);
    struct msvc__sums sums = { 0, 0, 0 };

    for (unsigned i = 0; used >> i != 0; i++) {
        if (used >> i & 1)
            sum_stripe(&window->stripes[i], msvc__time_entry(msvc__time_settled(epoch, slice)),
                       (unsigned)slice % MSVC__SLICES, &sums);
    }
    *out = sums;
}

void msvc__time_window_sum(const struct msvc__time_window *window, uint64_t epoch, uint64_t now_ns,
                           struct msvc__sums *out)
{
    uint64_t last = now_ns >> window->slice_shift;
    uint64_t used = atomic_load(&window->used);
    struct msvc__sums sums = { 0, 0, 0 };

    for (unsigned i = 0; used >> i != 0; i++) {
        if ((used >> i & 1) == 0)
            continue;
        for (uint64_t back = 0; back < window->slices && back <= last; back++)
            sum_stripe(&window->stripes[i],
                       msvc__time_entry(msvc__time_settled(epoch, last - back)),
                       (unsigned)(last - back) % MSVC__SLICES, &sums);
    }
    *out = sums;
}

static uint64_t at_most(uint64_t count)
{
    return count < MSVC__COUNT_MAX ? count : MSVC__COUNT_MAX;
}

void msvc__time_window_put(struct msvc__time_window *window, const struct msvc__sample *sample,
                           const struct msvc__sums *sums)
{
    size_t own = own_stripe();
    struct msvc__stripe *stripe = &window->stripes[own];
    uint64_t slice = sample->now_ns >> window->slice_shift;
    uint64_t none = msvc__time_entry(msvc__time_settled(sample->epoch, slice));
    unsigned at = (unsigned)slice % MSVC__SLICES;

    if (sums->calls == 0)
        return;
    announce(window, own);
    count(&stripe->calls[at], none, at_most(sums->calls), sample);
    if (sums->failures != 0)
        count(&stripe->failures[at], none, at_most(sums->failures), sample);
    if (sums->slow != 0)
        count(&stripe->slow[at], none, at_most(sums->slow), sample);
    unsettle(window);
}

void msvc__time_window_settle(struct msvc__time_window *window, uint64_t verdict, uint64_t epoch,
                              uint64_t now_ns)
{
    uint64_t slice = now_ns >> window->slice_shift;

    atomic_compare_exchange_strong(&window->verdict, &verdict,
                                   msvc__time_settled(epoch, slice) |
                                       (verdict & MSVC__VERSION_MASK));
}
