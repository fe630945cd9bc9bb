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
 * that holds: version << 40 | generation << 24 | slice. Bad results raise the
 * version, so that a judge who did not see them cannot settle.
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

_Thread_local size_t msvc__own_stripe;

/* Which stripe a thread counts in; handed out in turn, so that the first eight share none. */
static size_t own_stripe(void)
{
    static _Atomic unsigned threads;

    if (msvc__own_stripe == 0)
        msvc__own_stripe =
            atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) % MSVC__STRIPES + 1;
    return msvc__own_stripe - 1;
}

/* Whether both tags are of one generation and `tag` of a later round. */
static bool is_later(uint64_t tag, uint64_t than)
{
    uint32_t ahead = (uint32_t)(tag - than) & MSVC__ROUND_MASK;

    return tag >> 24 == than >> 24 && ahead != 0 && ahead <= MSVC__ROUND_MASK / 2;
}

/*
 * An entry of another generation is an older one's if the sample is not late:
 * who writes a newer one has seen the newer epoch, so we, having read what he
 * wrote, see it too.
 */
static void count(_Atomic uint64_t *entry, uint64_t tag, const struct msvc__sample *sample)
{
    uint64_t seen = atomic_load_explicit(entry, memory_order_acquire);
    uint64_t next;

    do {
        if (seen >> MSVC__COUNT_BITS == tag) {
            if ((seen & MSVC__COUNT_MAX) == MSVC__COUNT_MAX)
                return;
            next = seen + 1;
        } else {
            if (is_later(seen >> MSVC__COUNT_BITS, tag) || msvc__sample_is_late(sample))
                return;
            next = tag << MSVC__COUNT_BITS | 1;
        }
    } while (!atomic_compare_exchange_weak(entry, &seen, next));
}

static uint64_t counted(const _Atomic uint64_t *entry, uint64_t tag)
{
    uint64_t seen = atomic_load(entry);

    return seen >> MSVC__COUNT_BITS == tag ? seen & MSVC__COUNT_MAX : 0;
}

void msvc__time_window_init(struct msvc__time_window *window, uint64_t length_ns)
{
    window->slice_shift = 0;
    while (length_ns >> window->slice_shift >= MSVC__SLICES)
        window->slice_shift++;
    window->slices =
        (unsigned)((length_ns + ((uint64_t)1 << window->slice_shift) - 1) >> window->slice_shift);
    atomic_init(&window->verdict, MSVC__UNSETTLED);
}

static void unsettle(struct msvc__time_window *window)
{
    uint64_t seen = atomic_load_explicit(&window->verdict, memory_order_relaxed);

    while (!atomic_compare_exchange_weak(&window->verdict, &seen,
                                         ((seen >> 40) + 1) << 40 | MSVC__UNSETTLED))
        ;
}

/* Settled for this slice, or for a later one by somebody whose clock is ahead. */
static bool is_settled(uint64_t verdict, uint64_t epoch, uint64_t slice)
{
    uint64_t settled = verdict & MSVC__UNSETTLED;
    uint64_t mine = msvc__settled_tag(epoch, slice);

    return settled == mine || is_later(settled, mine);
}

bool msvc__time_window_add(struct msvc__time_window *window, const struct msvc__sample *sample)
{
    struct msvc__stripe *stripe = &window->stripes[own_stripe()];
    uint64_t slice = sample->now_ns >> window->slice_shift;
    uint64_t tag = msvc__time_tag(sample->epoch, slice);
    unsigned at = (unsigned)slice % MSVC__SLICES;

    count(&stripe->calls[at], tag, sample);
    if (sample->result == MSVC__RESULT_GOOD)
        return !is_settled(atomic_load(&window->verdict), sample->epoch, slice);

    if (sample->result & MSVC__RESULT_FAILED)
        count(&stripe->failures[at], tag, sample);
    if (sample->result & MSVC__RESULT_SLOW)
        count(&stripe->slow[at], tag, sample);
    unsettle(window);
    return true;
}

uint64_t msvc__time_window_verdict(const struct msvc__time_window *window)
{
    return atomic_load(&window->verdict);
}

/* Calls are counted first and summed last, so that no rate is above one. */
void msvc__time_window_sum(const struct msvc__time_window *window, uint64_t epoch, uint64_t now_ns,
                           struct msvc__sums *out)
{
    uint64_t last = now_ns >> window->slice_shift;
    struct msvc__sums sums = { 0, 0, 0 };

    for (uint64_t back = 0; back < window->slices && back <= last; back++) {
        uint64_t slice = last - back;
        uint64_t tag = msvc__time_tag(epoch, slice);
        unsigned at = (unsigned)slice % MSVC__SLICES;

        for (unsigned i = 0; i < MSVC__STRIPES; i++) {
            const struct msvc__stripe *stripe = &window->stripes[i];

            sums.failures += counted(&stripe->failures[at], tag);
            sums.slow += counted(&stripe->slow[at], tag);
            sums.calls += counted(&stripe->calls[at], tag);
        }
    }
    *out = sums;
}

void msvc__time_window_settle(struct msvc__time_window *window, uint64_t verdict, uint64_t epoch,
                              uint64_t now_ns)
{
    uint64_t slice = now_ns >> window->slice_shift;

    atomic_compare_exchange_strong(&window->verdict, &verdict,
                                   (verdict & ~MSVC__UNSETTLED) | msvc__settled_tag(epoch, slice));
}
