/* SPDX-License-Identifier: MIT */
/*
 * A window is saved as sixteen parts, the oldest first: the slices of a time
 * window, or sixteenths of the last results of a count window. Restoring lays
 * each part where it would be now; what is too old is left out.
 */
#include <msvc/breaker_saved.h>

#include <msvc/clock.h>
#include <msvc/status.h>

#include "resilience/breaker_internal.h"

#define VERSION   1
#define PARTS     MSVC_BREAKER_SAVED_PARTS
#define CALLS_MAX 0x7fffffffu
#define OPEN_MAX  ((uint64_t)UINT32_MAX)

static void save_part(struct msvc_breaker_saved_part *out, const struct msvc__sums *sums)
{
    out->calls = sums->calls < CALLS_MAX ? (uint32_t)sums->calls : CALLS_MAX;
    out->failures = sums->failures < out->calls ? (uint32_t)sums->failures : out->calls;
    out->slow = sums->slow < out->calls ? (uint32_t)sums->slow : out->calls;
}

static void save_time(const struct msvc__time_window *window, uint64_t epoch, uint64_t now_ns,
                      struct msvc_breaker_saved *out)
{
    uint64_t last = now_ns >> window->slice_shift;
    struct msvc__sums sums;

    out->part_ns = (uint64_t)1 << window->slice_shift;
    for (unsigned back = 0; back < window->slices && back <= last; back++) {
        msvc__time_window_sum_slice(window, epoch, last - back, &sums);
        save_part(&out->parts[PARTS - 1 - back], &sums);
    }
}

static void save_count(const struct msvc__count_window *window, uint64_t epoch,
                       struct msvc_breaker_saved *out)
{
    struct msvc__sums all;
    struct msvc__sums sums;

    msvc__count_window_sum(window, epoch, &all);
    for (unsigned i = 0; i < PARTS; i++) {
        msvc__count_window_sum_part(window, epoch, all.calls * i / PARTS,
                                    all.calls * (i + 1) / PARTS, &sums);
        save_part(&out->parts[i], &sums);
    }
}

void msvc_breaker_save(const struct msvc_breaker *breaker, uint64_t now_ns,
                       struct msvc_breaker_saved *out)
{
    struct msvc_breaker_snapshot snapshot;
    uint64_t epoch;

    if (breaker == NULL || out == NULL)
        return;
    now_ns = msvc__breaker_now_ns(breaker, now_ns);
    msvc_breaker_snapshot(breaker, now_ns, &snapshot);
    epoch = atomic_load(&breaker->epoch);
    *out = (struct msvc_breaker_saved){
        .version = VERSION,
        .state = msvc__epoch_state(epoch),
        .openings = msvc__epoch_openings(epoch),
        .streak = snapshot.streak,
    };
    if (snapshot.open_until_ns > now_ns)
        out->open_left_ms =
            (snapshot.open_until_ns - now_ns + MSVC__NS_PER_MS - 1) / MSVC__NS_PER_MS;
    if (breaker->by_time != NULL)
        save_time(breaker->by_time, epoch, now_ns, out);
    else
        save_count(breaker->by_count, epoch, out);
}

static bool is_valid(const struct msvc_breaker_saved *saved)
{
    for (unsigned i = 0; i < PARTS; i++) {
        const struct msvc_breaker_saved_part *part = &saved->parts[i];

        if (part->calls > CALLS_MAX || part->failures > part->calls || part->slow > part->calls)
            return false;
    }
    return saved->version == VERSION && saved->state <= MSVC_BREAKER_METRICS_ONLY &&
           saved->openings <= MSVC__EPOCH_OPENINGS_MAX && saved->streak <= MSVC__STREAK_MAX &&
           saved->open_left_ms <= OPEN_MAX && saved->part_ns <= (uint64_t)1 << 62;
}

/* Results of a count window have no time: they are as if reported now. */
static void restore_time(struct msvc_breaker *b, uint64_t epoch,
                         const struct msvc_breaker_saved *saved, uint64_t gone_ns, uint64_t now_ns)
{
    struct msvc__time_window *window = b->by_time;

    for (unsigned back = 0; back < PARTS; back++) {
        const struct msvc_breaker_saved_part *part = &saved->parts[PARTS - 1 - back];
        uint64_t old_ns = saved->part_ns != 0 ? gone_ns : 0;
        struct msvc__sample sample = { &b->epoch, epoch, now_ns, MSVC__RESULT_GOOD };

        if (saved->part_ns != 0 && back != 0 && saved->part_ns > now_ns / back)
            return;
        old_ns += saved->part_ns * back;
        if (old_ns > now_ns || old_ns >> window->slice_shift >= window->slices)
            return;
        sample.now_ns = now_ns - old_ns;
        msvc__time_window_put(window, &sample,
                              &(struct msvc__sums){ part->calls, part->failures, part->slow });
    }
}

/* Of more than fit, as many as fit, in proportion. */
static uint32_t share(uint32_t some, uint32_t of, uint32_t all)
{
    return all > of ? (uint32_t)((uint64_t)some * of / all) : some;
}

static void restore_count(struct msvc_breaker *b, uint64_t epoch,
                          const struct msvc_breaker_saved *saved)
{
    for (unsigned i = 0; i < PARTS; i++) {
        const struct msvc_breaker_saved_part *part = &saved->parts[i];
        uint32_t length = b->by_count->length;
        uint32_t failures = share(part->failures, length, part->calls);
        uint32_t slow = share(part->slow, length, part->calls);

        for (uint32_t at = 0; at < part->calls && at < length; at++) {
            struct msvc__sample sample = { &b->epoch, epoch, 0, MSVC__RESULT_GOOD };

            sample.result |= at < failures ? MSVC__RESULT_FAILED : 0;
            sample.result |= at < slow ? MSVC__RESULT_SLOW : 0;
            (void)msvc__count_window_add(b->by_count, &sample);
        }
    }
}

/* The epoch that was, with what is left of its opening. */
static uint64_t epoch_of(uint64_t epoch, const struct msvc_breaker_saved *saved, uint64_t gone_ms,
                         uint64_t age)
{
    uint64_t left_ms = saved->open_left_ms > gone_ms ? saved->open_left_ms - gone_ms : 0;
    enum msvc_breaker_state state = (enum msvc_breaker_state)saved->state;

    if (state == MSVC_BREAKER_OPEN)
        return msvc__breaker_opened(epoch, saved->openings, age, left_ms);
    return msvc__epoch_next(epoch, state, saved->openings, age / MSVC__NS_PER_MS);
}

int msvc_breaker_restore(struct msvc_breaker *breaker, const struct msvc_breaker_saved *saved,
                         uint64_t gone_ms, uint64_t now_ns)
{
    struct msvc__change change = { 0 };
    uint64_t epoch;
    uint64_t next;

    if (breaker == NULL || saved == NULL || !is_valid(saved))
        return MSVC_ERR_INVALID;
    now_ns = msvc__breaker_now_ns(breaker, now_ns);
    gone_ms = gone_ms < OPEN_MAX ? gone_ms : OPEN_MAX;
    do {
        epoch = atomic_load(&breaker->epoch);
        next = epoch_of(epoch, saved, gone_ms, msvc__breaker_age_ns(breaker, now_ns));
    } while (!msvc__breaker_swap(breaker, epoch, next, &change));

    if (breaker->by_time != NULL)
        restore_time(breaker, next, saved, gone_ms * MSVC__NS_PER_MS, now_ns);
    else
        restore_count(breaker, next, saved);
    atomic_store(&breaker->streak, msvc__epoch_generation(next) << 24 | saved->streak);
    msvc__breaker_look_again(breaker);
    msvc__breaker_announce(breaker, &change);
    return 0;
}
