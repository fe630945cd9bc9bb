/* SPDX-License-Identifier: MIT */
/*
 * Counting results while closed, and judging whether it must open. Whoever
 * reports a bad result looks at the sums; who reports a good one only where
 * the window says that it could matter.
 */
#include <msvc/breaker.h>

#include "resilience/breaker_internal.h"

/* Failures in a row, ours included; 0 for a late one. Acquire: why a foreign generation is an older
 * one is said in time_window.c. */
static unsigned count_streak(struct msvc_breaker *b, const struct msvc__sample *sample)
{
    uint64_t generation = msvc__epoch_generation(sample->epoch);
    uint64_t seen = atomic_load_explicit(&b->streak, memory_order_acquire);
    uint64_t next;

    do {
        if (seen >> 24 == generation) {
            next = (seen & MSVC__STREAK_MAX) < MSVC__STREAK_MAX ? seen + 1 : seen;
        } else {
            if (msvc__sample_is_late(sample))
                return 0;
            next = generation << 24 | 1;
        }
    } while (!atomic_compare_exchange_weak(&b->streak, &seen, next));
    return (unsigned)(next & MSVC__STREAK_MAX);
}

/* Relaxed: only the word itself matters, and a failure that is counted meanwhile came after us. */
static void end_streak(struct msvc_breaker *b, uint64_t epoch)
{
    uint64_t generation = msvc__epoch_generation(epoch);
    uint64_t seen = atomic_load_explicit(&b->streak, memory_order_relaxed);

    while (seen >> 24 == generation && (seen & MSVC__STREAK_MAX) != 0) {
        if (atomic_compare_exchange_weak_explicit(&b->streak, &seen, generation << 24,
                                                  memory_order_relaxed, memory_order_relaxed))
            return;
    }
}

static bool has_streak(struct msvc_breaker *b, const struct msvc__rules *rules,
                       const struct msvc__sample *sample)
{
    if (rules->failure_streak == 0)
        return false;
    if (sample->result & MSVC__RESULT_FAILED)
        return count_streak(b, sample) >= rules->failure_streak;
    end_streak(b, sample->epoch);
    return false;
}

/* Whether the rates are as high as they may not be, however few calls there were. */
static bool is_bad(const struct msvc__rules *rules, const struct msvc__sums *sums)
{
    return sums->calls > 0 &&
           (sums->failures * 100 >= rules->failure_percent * sums->calls ||
            (rules->slow_ms != 0 && sums->slow * 100 >= rules->slow_percent * sums->calls));
}

static bool judge_time(struct msvc_breaker *b, const struct msvc__rules *rules, uint64_t epoch,
                       uint64_t now_ns)
{
    uint64_t verdict = msvc__time_window_verdict(b->by_time);
    struct msvc__sums sums;

    msvc__time_window_sum(b->by_time, epoch, now_ns, &sums);
    if (!is_bad(rules, &sums)) {
        msvc__time_window_settle(b->by_time, verdict, epoch, now_ns);
        return false;
    }
    return sums.calls >= rules->minimum_calls;
}

static bool judge_count(struct msvc_breaker *b, const struct msvc__rules *rules, uint64_t epoch)
{
    struct msvc__sums sums;

    msvc__count_window_sum(b->by_count, epoch, &sums);
    return is_bad(rules, &sums) && sums.calls >= rules->minimum_calls;
}

void msvc__breaker_look_again(struct msvc_breaker *b)
{
    atomic_store(&b->quick_ns, 0);
    atomic_store(&b->must_look, 1);
}

/* Whether the rules are others since anybody looked. Who finds out makes good calls quick again. */
static bool takes_a_look(struct msvc_breaker *b, const struct msvc__rules *rules)
{
    uint32_t yes = 1;

    if (atomic_load(&b->must_look) == 0 || !atomic_compare_exchange_strong(&b->must_look, &yes, 0))
        return false;
    atomic_store(&b->quick_ns, msvc__rules_quick_ns(rules));
    return true;
}

/* Count one result; whether the breaker must open. */
static bool count_and_judge(struct msvc_breaker *b, const struct msvc__rules *rules,
                            const struct msvc__sample *sample)
{
    bool streak = has_streak(b, rules, sample);
    bool look = takes_a_look(b, rules);

    if (b->by_count != NULL)
        return ((msvc__count_window_add(b->by_count, sample) || look) &&
                judge_count(b, rules, sample->epoch)) ||
               streak;
    return ((msvc__time_window_add(b->by_time, sample) || look) &&
            judge_time(b, rules, sample->epoch, sample->now_ns)) ||
           streak;
}

static void trip(struct msvc_breaker *b, uint64_t epoch, uint64_t now_ns)
{
    struct msvc__change change = { 0 };

    if (msvc__epoch_state(epoch) != MSVC_BREAKER_CLOSED &&
        msvc__epoch_state(epoch) != MSVC_BREAKER_RAMPING)
        return;
    (void)msvc__breaker_open_from(b, epoch, msvc__breaker_age_ns(b, now_ns), &change);
    msvc__breaker_announce(b, &change);
}

/* A count window needs no time before it opens. */
void msvc__breaker_record(struct msvc_breaker *b, uint64_t epoch, unsigned result, uint64_t now_ns)
{
    struct msvc__sample sample = { &b->epoch, epoch, now_ns, result };
    struct msvc__rules rules;

    if (b->by_time != NULL)
        sample.now_ns = msvc__breaker_now_ns(b, now_ns);
    msvc__rules_read(&b->rules, &rules);
    if (count_and_judge(b, &rules, &sample))
        trip(b, epoch, sample.now_ns);
}

void msvc__breaker_judge(struct msvc_breaker *b, uint64_t epoch, uint64_t now_ns)
{
    struct msvc__rules rules;

    msvc__rules_read(&b->rules, &rules);
    if (judge_time(b, &rules, epoch, now_ns))
        trip(b, epoch, now_ns);
}
