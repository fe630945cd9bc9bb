/* SPDX-License-Identifier: MIT */
/*
 * The last results, of which only the bad ones are written down. Results are
 * numbered; who reports takes the next number by one compare-and-swap of the
 * head, and a good one is done with that. A bad one sets its bits in a ring of
 * words of sixteen results each. Judging counts the bits among the last
 * `length` numbers, a word at a time.
 *
 * A word says generation and lap, so that what the lap before or another
 * generation left in it reads as nothing, and who was overtaken by a whole lap
 * leaves the newer results alone. The ring is so much longer than the window
 * that a word is out of it before its next lap begins.
 *
 * Good results are judged only until the window is full: afterwards they
 * can only lower the rates. Words and head are sequentially consistent: a bad
 * result writes its word and then reads the head, the good one that completes
 * the minimum moves the head and then reads the words, so that one of them
 * sees both.
 *
 * A bad result that has its number and has not written its word yet counts as
 * a good one for others; its own thread judges when it is written.
 */
#include "resilience/window_internal.h"

#include "resilience/epoch_internal.h"

#define LAP_MASK 0xffffu
#define TAG_BITS 32
#define FAILED   UINT64_C(0x55555555)

_Static_assert(MSVC__RESULT_FAILED == 1 && MSVC__RESULT_SLOW == 2, "the bits of a pair");

/* One more than the words that a window can touch. */
static unsigned words_for(unsigned length)
{
    return (length + MSVC__WORD_RESULTS - 1) / MSVC__WORD_RESULTS + 1;
}

size_t msvc__count_window_size(unsigned length)
{
    return sizeof(struct msvc__count_window) + words_for(length) * sizeof(uint64_t);
}

void msvc__count_window_init(struct msvc__count_window *window, unsigned length)
{
    window->length = length;
    window->words_count = words_for(length);
}

static uint64_t tag_of(const struct msvc__count_window *window, uint64_t generation, uint64_t word)
{
    return generation << 16 | (word / window->words_count & LAP_MASK);
}

/* The number after this one. Past the limit it goes back by whole laps of laps, which changes no
 * word's place and no tag. */
static uint64_t number_after(const struct msvc__count_window *window, uint64_t number)
{
    uint64_t turn = (uint64_t)window->words_count * MSVC__WORD_RESULTS * (LAP_MASK + 1);

    return number + 1 < MSVC__NUMBER_LIMIT ? number + 1 : number + 1 - turn;
}

/* False for a late sample. Why a foreign generation is an older one: see time_window.c. */
static bool take_number(struct msvc__count_window *window, const struct msvc__sample *sample,
                        uint64_t *out)
{
    uint64_t generation = msvc__epoch_generation(sample->epoch);
    uint64_t seen = atomic_load_explicit(&window->head, memory_order_acquire);

    do {
        if (seen >> MSVC__NUMBER_BITS != generation && msvc__sample_is_late(sample))
            return false;
        *out = seen >> MSVC__NUMBER_BITS == generation ? seen & MSVC__NUMBER_MASK : 0;
    } while (!atomic_compare_exchange_weak(
        &window->head, &seen, generation << MSVC__NUMBER_BITS | number_after(window, *out)));
    return true;
}

/* Whether a word belongs to a later lap than ours of the same generation. */
static bool is_overtaken(uint64_t seen, uint64_t ours)
{
    uint32_t ahead = (uint32_t)(seen - ours) & LAP_MASK;

    return seen >> 16 == ours >> 16 && ahead != 0 && ahead <= LAP_MASK / 2;
}

static void write_down(struct msvc__count_window *window, const struct msvc__sample *sample,
                       uint64_t number)
{
    uint64_t word = number / MSVC__WORD_RESULTS;
    _Atomic uint64_t *entry = &window->words[word % window->words_count];
    uint64_t tag = tag_of(window, msvc__epoch_generation(sample->epoch), word);
    uint64_t bits = (uint64_t)sample->result << (number % MSVC__WORD_RESULTS * 2);
    uint64_t seen = atomic_load_explicit(entry, memory_order_acquire);
    uint64_t next;

    do {
        if (seen >> TAG_BITS == tag)
            next = seen | bits;
        else if (is_overtaken(seen >> TAG_BITS, tag) || msvc__sample_is_late(sample))
            return;
        else
            next = tag << TAG_BITS | bits;
    } while (!atomic_compare_exchange_weak(entry, &seen, next));
}

bool msvc__count_window_add(struct msvc__count_window *window, const struct msvc__sample *sample)
{
    uint64_t number;

    if (!take_number(window, sample, &number))
        return false;
    if (sample->result == MSVC__RESULT_GOOD)
        return number < window->length;
    write_down(window, sample, number);
    return true;
}

/* Failures in the low half, slow ones in the high half: eight bytes of up to four each. */
static uint64_t count_pairs(uint32_t pairs)
{
    uint64_t ones = (pairs & FAILED) | (uint64_t)(pairs >> 1 & FAILED) << 32;

    ones = (ones & UINT64_C(0x3333333333333333)) + (ones >> 2 & UINT64_C(0x3333333333333333));
    return (ones + (ones >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
}

static unsigned add_bytes(uint32_t bytes)
{
    return bytes * UINT32_C(0x01010101) >> 24;
}

/* What a word says of the numbers from @p from up to @p to. */
static uint32_t read_pairs(const struct msvc__count_window *window, unsigned at,
                           uint64_t generation, uint64_t word, uint64_t from, uint64_t to)
{
    uint64_t seen = atomic_load(&window->words[at]);
    uint64_t first = word * MSVC__WORD_RESULTS;
    uint32_t pairs = (uint32_t)seen;

    if (pairs == 0 || seen >> TAG_BITS != tag_of(window, generation, word))
        return 0;
    if (from > first)
        pairs &= UINT32_MAX << (from - first) * 2;
    if (to < first + MSVC__WORD_RESULTS)
        pairs &= ~(UINT32_MAX << (to - first) * 2);
    return pairs;
}

/* Of the numbers from @p from up to @p to. */
static void sum_numbers(const struct msvc__count_window *window, uint64_t generation, uint64_t from,
                        uint64_t to, struct msvc__sums *out)
{
    uint64_t word = from / MSVC__WORD_RESULTS;
    unsigned at = (unsigned)(word % window->words_count);
    struct msvc__sums sums = { to - from, 0, 0 };

    for (; word * MSVC__WORD_RESULTS < to; word++) {
        uint64_t bytes = count_pairs(read_pairs(window, at, generation, word, from, to));

        sums.failures += add_bytes((uint32_t)bytes);
        sums.slow += add_bytes((uint32_t)(bytes >> 32));
        at = at + 1 < window->words_count ? at + 1 : 0;
    }
    *out = sums;
}

void msvc__count_window_sum_part(const struct msvc__count_window *window, uint64_t epoch,
                                 uint64_t first, uint64_t last, struct msvc__sums *out)
{
    uint64_t generation = msvc__epoch_generation(epoch);
    uint64_t head = atomic_load(&window->head);
    uint64_t to = head >> MSVC__NUMBER_BITS == generation ? head & MSVC__NUMBER_MASK : 0;
    uint64_t from = to > window->length ? to - window->length : 0;

    sum_numbers(window, generation, from + first < to ? from + first : to,
                from + last < to ? from + last : to, out);
}

void msvc__count_window_sum(const struct msvc__count_window *window, uint64_t epoch,
                            struct msvc__sums *out)
{
    msvc__count_window_sum_part(window, epoch, 0, window->length, out);
}
