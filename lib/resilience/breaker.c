/* SPDX-License-Identifier: MIT */
/*
 * The breaker is one atomic word, its epoch, and things that carry the epoch's
 * generation. A permit is the epoch in which its call began. Nothing is ever
 * cleared: a change of state swaps the word, and with that every permit out,
 * every count and every probe of the epoch before says nothing any more.
 *
 * While closed, beginning a call is one load, and ending it one
 * compare-and-swap on a cache line that the thread has mostly to itself.
 *
 * Orders. All operations on the word are sequentially consistent but for the
 * loads of begin and end, which acquire: both only compare the word, or act on
 * places and counts that check it again before they count in a new epoch, so
 * that an older word costs an admission or a result that took place a moment
 * earlier, and acquire makes what the changing thread wrote before the
 * change visible.
 */
#include <msvc/breaker.h>

#include <msvc/clock.h>
#include <msvc/status.h>

#include "resilience/breaker_internal.h"

/* Kept out of begin and end, so that these save no registers in the usual case. */
#if defined(__GNUC__)
#define ASIDE __attribute__((noinline))
#else
#define ASIDE
#endif

static bool open_from(struct msvc_breaker *b, uint64_t epoch, uint64_t age,
                      struct msvc__change *change)
{
    unsigned openings = msvc__epoch_openings(epoch);
    uint64_t wait = msvc__breaker_wait_ms(b, openings);

    return msvc__breaker_swap(b, epoch, msvc__breaker_opened(epoch, openings + 1, age, wait),
                              change);
}

enum answer {
    ADMITTED,
    REFUSED,
    CHANGED, /* the state is another one meanwhile: ask again */
};

/*
 * Change the state if the places say so. Whoever finds them full does it too:
 * the thread that wrote the last result may be asleep.
 */
static void judge_places(struct msvc_breaker *b, uint64_t epoch, uint64_t age,
                         struct msvc__change *change)
{
    struct msvc__tally tally;

    msvc__probes_tally(&b->probes, epoch, age / MSVC__NS_PER_MS, &tally);
    if (tally.good >= b->options.probe_successes)
        (void)msvc__breaker_swap(
            b, epoch, msvc__epoch_next(epoch, MSVC_BREAKER_CLOSED, 0, age / MSVC__NS_PER_MS),
            change);
    else if (tally.bad > b->options.probes - b->options.probe_successes)
        (void)open_from(b, epoch, age, change);
}

/* A place taken after the epoch was over is no admission: nobody will ever look at it. */
static enum answer begin_probe(struct msvc_breaker *b, uint64_t epoch, uint64_t age,
                               struct msvc_permit *permit, struct msvc__change *change)
{
    struct msvc__probe probe;

    if (!msvc__probes_take(&b->probes, &b->epoch, epoch, age / MSVC__NS_PER_MS, &probe)) {
        judge_places(b, epoch, age, change);
        return atomic_load(&b->epoch) == epoch ? REFUSED : CHANGED;
    }
    if (atomic_load(&b->epoch) != epoch)
        return CHANGED;
    *permit = (struct msvc_permit){
        .generation = epoch,
        .lease = probe.lease,
        .deadline_ns = b->made_ns + probe.deadline_ms * MSVC__NS_PER_MS,
        .slot = probe.place,
    };
    return ADMITTED;
}

/* Field by field: end() reads them one by one, and the processor hands over only what was written
 * in one piece. */
static void admit(struct msvc_permit *permit, uint64_t epoch)
{
    permit->generation = epoch;
    permit->deadline_ns = 0;
}

static enum answer ask(struct msvc_breaker *b, uint64_t epoch, uint64_t age,
                       struct msvc_permit *permit, struct msvc__change *change)
{
    switch (msvc__epoch_state(epoch)) {
    case MSVC_BREAKER_FORCED_OPEN:
        return REFUSED;
    case MSVC_BREAKER_OPEN:
        if (msvc__breaker_is_early(epoch, age))
            return REFUSED;
        (void)msvc__breaker_swap(b, epoch,
                                 msvc__epoch_next(epoch, MSVC_BREAKER_HALF_OPEN,
                                                  msvc__epoch_openings(epoch),
                                                  age / MSVC__NS_PER_MS),
                                 change);
        return CHANGED;
    case MSVC_BREAKER_HALF_OPEN:
        return begin_probe(b, epoch, age, permit, change);
    default:
        admit(permit, epoch);
        return ADMITTED;
    }
}

/* When it is not closed. At most a few rounds: each is one more change by some thread. */
ASIDE static int begin_guarded(struct msvc_breaker *b, uint64_t now_ns, struct msvc_permit *permit)
{
    uint64_t age = msvc__breaker_age_ns(b, now_ns);
    enum answer answer;

    do {
        struct msvc__change change = { 0 };

        answer = ask(b, atomic_load(&b->epoch), age, permit, &change);
        msvc__breaker_announce(b, &change);
    } while (answer == CHANGED);
    return answer == ADMITTED ? 0 : MSVC_ERR_REJECTED;
}

int msvc_breaker_begin(struct msvc_breaker *breaker, uint64_t now_ns, struct msvc_permit *permit)
{
    uint64_t epoch;

    if (breaker == NULL || permit == NULL)
        return MSVC_ERR_INVALID;
    epoch = atomic_load_explicit(&breaker->epoch, memory_order_acquire);
    if (msvc__epoch_state(epoch) == MSVC_BREAKER_CLOSED) {
        admit(permit, epoch);
        return 0;
    }
    if (msvc__epoch_state(epoch) == MSVC_BREAKER_FORCED_OPEN ||
        (msvc__epoch_state(epoch) == MSVC_BREAKER_OPEN && now_ns != 0 &&
         msvc__breaker_is_early(epoch, msvc__breaker_age_at(breaker, now_ns))))
        return MSVC_ERR_REJECTED;
    return begin_guarded(breaker, now_ns, permit);
}

/* Failures in a row, ours included; 0 for a late one. */
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

static bool has_streak(struct msvc_breaker *b, const struct msvc__sample *sample)
{
    if (b->options.failure_streak == 0)
        return false;
    if (sample->result & MSVC__RESULT_FAILED)
        return count_streak(b, sample) >= b->options.failure_streak;
    end_streak(b, sample->epoch);
    return false;
}

/* Whether the rates are as high as they may not be, however few calls there were. */
static bool is_bad(const struct msvc_breaker *b, const struct msvc__sums *sums)
{
    return sums->calls > 0 &&
           (sums->failures * 100 >= b->options.failure_percent * sums->calls ||
            (b->options.slow_ms != 0 && sums->slow * 100 >= b->options.slow_percent * sums->calls));
}

ASIDE static bool judge_time(struct msvc_breaker *b, uint64_t epoch, uint64_t age)
{
    uint64_t verdict = msvc__time_window_verdict(b->by_time);
    struct msvc__sums sums;

    msvc__time_window_sum(b->by_time, epoch, age, &sums);
    if (!is_bad(b, &sums)) {
        msvc__time_window_settle(b->by_time, verdict, epoch, age);
        return false;
    }
    return sums.calls >= b->options.minimum_calls;
}

static bool judge_count(struct msvc_breaker *b, uint64_t epoch)
{
    struct msvc__sums sums;

    msvc__count_window_sum(b->by_count, epoch, &sums);
    return is_bad(b, &sums) && sums.calls >= b->options.minimum_calls;
}

/* Count one result; whether the breaker must open. */
static bool record(struct msvc_breaker *b, const struct msvc__sample *sample)
{
    bool streak = has_streak(b, sample);

    if (b->by_count != NULL)
        return (msvc__count_window_add(b->by_count, sample) && judge_count(b, sample->epoch)) ||
               streak;
    return (msvc__time_window_add(b->by_time, sample) &&
            judge_time(b, sample->epoch, sample->now_ns)) ||
           streak;
}

static unsigned result_of(const struct msvc_breaker *b, enum msvc_outcome outcome,
                          uint64_t duration_ns)
{
    unsigned result = MSVC__RESULT_GOOD;

    if (outcome == MSVC_OUTCOME_FAILURE || outcome == MSVC_OUTCOME_REJECTED)
        result |= MSVC__RESULT_FAILED;
    if (outcome == MSVC_OUTCOME_SLOW || duration_ns >= b->slow_ns)
        result |= MSVC__RESULT_SLOW;
    return result;
}

ASIDE static void trip(struct msvc_breaker *b, uint64_t epoch, uint64_t age)
{
    struct msvc__change change = { 0 };

    if (msvc__epoch_state(epoch) != MSVC_BREAKER_CLOSED)
        return;
    (void)open_from(b, epoch, age, &change);
    msvc__breaker_announce(b, &change);
}

/* A count window needs no time before it opens. */
ASIDE static void end_counted(struct msvc_breaker *b, uint64_t epoch, unsigned result,
                              uint64_t now_ns)
{
    uint64_t age = b->by_time != NULL ? msvc__breaker_age_ns(b, now_ns) : 0;
    struct msvc__sample sample = { &b->epoch, epoch, age, result };

    if (record(b, &sample))
        trip(b, epoch, b->by_time != NULL ? age : msvc__breaker_age_ns(b, now_ns));
}

ASIDE static void judge_and_trip(struct msvc_breaker *b, uint64_t epoch, uint64_t age)
{
    if (judge_time(b, epoch, age))
        trip(b, epoch, age);
}

/* A good call in good times. */
static inline void end_well(struct msvc_breaker *b, uint64_t epoch, uint64_t now_ns)
{
    uint64_t age = msvc__breaker_age_at(b, now_ns);
    bool counted;

    if (msvc__time_window_add_quickly(b->quick, epoch, age, &counted))
        return;
    if (counted)
        judge_and_trip(b, epoch, age);
    else
        end_counted(b, epoch, MSVC__RESULT_GOOD, now_ns);
}

ASIDE static void end_well_by_clock(struct msvc_breaker *b, uint64_t epoch)
{
    end_well(b, epoch, msvc_clock_monotonic_ns(b->options.clock));
}

/* A slow probe is a bad one only where slow calls open the breaker. */
static enum msvc_outcome judge_probe(const struct msvc_breaker *b, enum msvc_outcome outcome,
                                     uint64_t duration_ns)
{
    if (outcome == MSVC_OUTCOME_IGNORED || outcome == MSVC_OUTCOME_CANCELLED)
        return outcome;
    switch (result_of(b, outcome, duration_ns)) {
    case MSVC__RESULT_GOOD:
        return MSVC_OUTCOME_SUCCESS;
    case MSVC__RESULT_SLOW:
        return b->options.slow_ms != 0 ? MSVC_OUTCOME_FAILURE : MSVC_OUTCOME_SUCCESS;
    default:
        return MSVC_OUTCOME_FAILURE;
    }
}

ASIDE static void end_probe(struct msvc_breaker *b, uint64_t epoch,
                            const struct msvc_permit *permit, enum msvc_outcome outcome,
                            uint64_t now_ns)
{
    struct msvc__change change = { 0 };

    if (!msvc__probes_give(&b->probes, permit->slot, permit->lease, outcome))
        return;
    judge_places(b, epoch, msvc__breaker_age_ns(b, now_ns), &change);
    msvc__breaker_announce(b, &change);
}

/* Whatever is not a good call in good times. */
ASIDE static void end_guarded(struct msvc_breaker *b, uint64_t epoch,
                              const struct msvc_permit *permit, enum msvc_outcome outcome,
                              uint64_t duration_ns, uint64_t now_ns)
{
    switch (msvc__epoch_state(epoch)) {
    case MSVC_BREAKER_HALF_OPEN:
        end_probe(b, epoch, permit, judge_probe(b, outcome, duration_ns), now_ns);
        return;
    case MSVC_BREAKER_CLOSED:
    case MSVC_BREAKER_METRICS_ONLY:
        if (outcome != MSVC_OUTCOME_IGNORED && outcome != MSVC_OUTCOME_CANCELLED)
            end_counted(b, epoch, result_of(b, outcome, duration_ns), now_ns);
        return;
    default:
        return;
    }
}

void msvc_breaker_end(struct msvc_breaker *breaker, struct msvc_permit *permit,
                      enum msvc_outcome outcome, uint64_t duration_ns, uint64_t now_ns)
{
    uint64_t epoch;

    if (breaker == NULL || permit == NULL)
        return;
    epoch = permit->generation;
    permit->generation = 0; /* as no epoch ever is */
    if (atomic_load_explicit(&breaker->epoch, memory_order_acquire) != epoch)
        return;

    if (msvc__epoch_state(epoch) != MSVC_BREAKER_CLOSED || outcome != MSVC_OUTCOME_SUCCESS ||
        duration_ns >= breaker->slow_ns)
        end_guarded(breaker, epoch, permit, outcome, duration_ns, now_ns);
    else if (breaker->quick == NULL)
        end_counted(breaker, epoch, MSVC__RESULT_GOOD, now_ns);
    else if (now_ns == 0)
        end_well_by_clock(breaker, epoch);
    else
        end_well(breaker, epoch, now_ns);
}
