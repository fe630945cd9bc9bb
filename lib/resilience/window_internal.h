/* SPDX-License-Identifier: MIT */
/*
 * What a breaker remembers of the last calls: by time or by number. Both are
 * lock-free, allocate nothing, and are emptied by a change of epoch without
 * anybody clearing them: every number carries the generation it belongs to,
 * and numbers of another generation read as nothing.
 */
#ifndef MSVC_RESILIENCE_WINDOW_INTERNAL_H
#define MSVC_RESILIENCE_WINDOW_INTERNAL_H

#include <stdatomic.h>

#include <msvc/base.h>

#include "resilience/epoch_internal.h"

enum {
    MSVC__RESULT_GOOD = 0,
    MSVC__RESULT_FAILED = 1,
    MSVC__RESULT_SLOW = 2,
};

/* One result: the epoch it was called in, and where to see whether that is still the present. */
struct msvc__sample {
    const _Atomic uint64_t *present;
    uint64_t epoch;
    uint64_t now_ns;
    unsigned result; /* bits of MSVC__RESULT_* */
};

struct msvc__sums {
    uint64_t calls;
    uint64_t failures;
    uint64_t slow;
};

#define MSVC__STRIPES 8
#define MSVC__SLICES  16

/* Counts of one group of threads; see msvc__time_entry(). */
struct msvc__stripe {
    _Atomic uint64_t calls[MSVC__SLICES];
    _Atomic uint64_t failures[MSVC__SLICES];
    _Atomic uint64_t slow[MSVC__SLICES];
};

struct msvc__time_window {
    struct msvc__stripe stripes[MSVC__STRIPES]; /* on cache lines of their own */
    _Atomic uint64_t verdict;                   /* see time_window.c */
    _Atomic uint64_t used;                      /* a bit for each stripe that was ever counted in */
    unsigned slice_shift;                       /* a slice is 2^shift nanoseconds */
    unsigned slices;                            /* in a window, 8 to 16 */
};

#define MSVC__COUNT_BITS   24
#define MSVC__COUNT_MAX    (((uint64_t)1 << MSVC__COUNT_BITS) - 1)
#define MSVC__VERSION_BITS 20
#define MSVC__VERSION_MASK (((uint64_t)1 << MSVC__VERSION_BITS) - 1)

#if defined(__GNUC__)
#define MSVC__FAST_TLS __attribute__((tls_model("initial-exec")))
#else
#define MSVC__FAST_TLS
#endif

/* Where the thread's stripe begins, in bytes; the first one's for a thread that has none yet. */
extern MSVC__FAST_TLS _Thread_local size_t msvc__stripe_offset;

/*
 * The verdict that a slice is settled, of version 0. The generation is in the
 * upper 16 bits; what the number of the slice has beyond 28 bits is added to
 * it: two slices look alike only if there are 2^28 of them, or a multiple,
 * between them.
 */
static inline uint64_t msvc__time_settled(uint64_t epoch, uint64_t slice)
{
    return (msvc__epoch_generation(epoch) << 48) + (slice << MSVC__VERSION_BITS);
}

/* The entry of that slice with a count of nothing: which one of the ring is not said. */
static inline uint64_t msvc__time_entry(uint64_t settled)
{
    return settled & ~MSVC__COUNT_MAX;
}

/*
 * The usual case of msvc__time_window_add(), for a good result: nobody else in
 * the stripe, not the first in the slice, settled. False when it was not
 * counted, or when it was and `counted` says so and the rates must be looked at.
 * The load is relaxed: it is only a guess at what the compare-and-swap, which is
 * sequentially consistent, will find.
 */
static inline bool msvc__time_window_add_quickly(struct msvc__time_window *window, uint64_t epoch,
                                                 uint64_t now_ns, bool *counted)
{
    uint64_t slice = now_ns >> window->slice_shift;
    uint64_t settled = msvc__time_settled(epoch, slice);
    struct msvc__stripe *stripe =
        (struct msvc__stripe *)(void *)((char *)window->stripes + msvc__stripe_offset);
    _Atomic uint64_t *entry = &stripe->calls[slice % MSVC__SLICES];
    uint64_t seen = atomic_load_explicit(entry, memory_order_relaxed);

    *counted = false;
    if (seen - msvc__time_entry(settled) >= MSVC__COUNT_MAX || /* another slice, or full */
        !atomic_compare_exchange_strong(entry, &seen, seen + 1))
        return false;
    *counted = true;
    return atomic_load(&window->verdict) - settled <= MSVC__VERSION_MASK;
}

void msvc__time_window_init(struct msvc__time_window *window, uint64_t length_ns);

/* Returns whether the rates must be looked at now. */
bool msvc__time_window_add(struct msvc__time_window *window, const struct msvc__sample *sample);

/* Read before msvc__time_window_sum(), give to msvc__time_window_settle() after judging the sums.
 */
uint64_t msvc__time_window_verdict(const struct msvc__time_window *window);
void msvc__time_window_sum(const struct msvc__time_window *window, uint64_t epoch, uint64_t now_ns,
                           struct msvc__sums *out);

/* Of one slice. */
void msvc__time_window_sum_slice(const struct msvc__time_window *window, uint64_t epoch,
                                 uint64_t slice, struct msvc__sums *out);

/* Count many results at once, of the sample's time; nobody judges. */
void msvc__time_window_put(struct msvc__time_window *window, const struct msvc__sample *sample,
                           const struct msvc__sums *sums);

/* Further good results of this slice cannot change what was judged. */
void msvc__time_window_settle(struct msvc__time_window *window, uint64_t verdict, uint64_t epoch,
                              uint64_t now_ns);

/* Results of one word. */
#define MSVC__WORD_RESULTS 16
#define MSVC__NUMBER_BITS  48
#define MSVC__NUMBER_MASK  (((uint64_t)1 << MSVC__NUMBER_BITS) - 1)
#define MSVC__NUMBER_LIMIT ((uint64_t)1 << 47)

struct msvc__count_window {
    _Atomic uint64_t head; /* generation << 48 | number of the next result */
    unsigned length;
    unsigned words_count;
    _Atomic uint64_t words[]; /* generation << 48 | lap << 32 | sixteen pairs of bits */
};

/* The usual case of msvc__count_window_add(), for a good result: the window is full, and nobody
 * else moved the head. False when it was not counted. Relaxed as above. */
static inline bool msvc__count_window_add_quickly(struct msvc__count_window *window, uint64_t epoch)
{
    uint64_t seen = atomic_load_explicit(&window->head, memory_order_relaxed);
    uint64_t none = msvc__epoch_generation(epoch) << MSVC__NUMBER_BITS;

    return seen - none - window->length < MSVC__NUMBER_LIMIT - window->length - 1 &&
           atomic_compare_exchange_strong(&window->head, &seen, seen + 1);
}

/* Bytes of a window of so many results. */
size_t msvc__count_window_size(unsigned length);
void msvc__count_window_init(struct msvc__count_window *window, unsigned length);

/* Returns whether the rates must be looked at now. */
bool msvc__count_window_add(struct msvc__count_window *window, const struct msvc__sample *sample);
/* Of the results in the window only those from the first up to the last, counted from the oldest.
 */
void msvc__count_window_sum_part(const struct msvc__count_window *window, uint64_t epoch,
                                 uint64_t first, uint64_t last, struct msvc__sums *out);
void msvc__count_window_sum(const struct msvc__count_window *window, uint64_t epoch,
                            struct msvc__sums *out);

/* Whether the present is another one than the sample's. */
static inline bool msvc__sample_is_late(const struct msvc__sample *sample)
{
    return atomic_load(sample->present) != sample->epoch;
}

#endif
