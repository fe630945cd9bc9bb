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
 * change visible. quick_ns is relaxed: who reads an old one while the rules change
 * reported before the change.
 */
#include <msvc/breaker.h>

#include <msvc/clock.h>
#include <msvc/random.h>
#include <msvc/status.h>

#include "resilience/breaker_internal.h"

/* Kept out of begin and end, so that these save no registers in the usual case. */
#if defined(__GNUC__)
#define ASIDE          __attribute__((noinline))
#define RARELY(is_met) __builtin_expect((is_met), 0)
#else
#define ASIDE
#define RARELY(is_met) (is_met)
#endif

/* Percent of the calls that a ramp begins with. */
#define RAMP_FLOOR 10

enum answer {
    ADMITTED,
    REFUSED,
    CHANGED, /* the state is another one meanwhile: ask again */
};

/* At once, or by way of a ramp, which an opening in the middle counts as a failed probe. */
static void close_from(struct msvc_breaker *b, uint64_t epoch, uint64_t age, bool has_ramp,
                       struct msvc__change *change)
{
    enum msvc_breaker_state state = has_ramp ? MSVC_BREAKER_RAMPING : MSVC_BREAKER_CLOSED;
    unsigned openings = has_ramp ? msvc__epoch_openings(epoch) : 0;

    (void)msvc__breaker_swap(
        b, epoch, msvc__epoch_next(epoch, state, openings, age / MSVC__NS_PER_MS), change);
}

/*
 * Change the state if the places say so. Whoever finds them full does it too:
 * the thread that wrote the last result may be asleep.
 */
static void judge_places(struct msvc_breaker *b, uint64_t epoch, uint64_t age,
                         struct msvc__change *change)
{
    struct msvc__tally tally;
    struct msvc__rules rules;

    msvc__rules_read(&b->rules, &rules);
    msvc__probes_tally(&b->probes, epoch, age / MSVC__NS_PER_MS, &tally);
    if (tally.good >= rules.probe_successes)
        close_from(b, epoch, age, rules.ramp_ms != 0, change);
    else if (tally.bad > rules.probes - rules.probe_successes)
        (void)msvc__breaker_open_from(b, epoch, age, change);
}

/* A place taken after the epoch was over is no admission: nobody will ever look at it. */
static enum answer begin_probe(struct msvc_breaker *b, uint64_t epoch, uint64_t age,
                               struct msvc_permit *permit, struct msvc__change *change)
{
    struct msvc__prober prober;
    struct msvc__probe probe;
    struct msvc__rules rules;

    msvc__rules_read(&b->rules, &rules);
    prober = (struct msvc__prober){ &b->epoch, epoch, age / MSVC__NS_PER_MS, rules.probes,
                                    rules.lease_ms };
    if (!msvc__probes_take(&b->probes, &prober, &probe)) {
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

/* Random, so that callers who come in step are not turned away in step. */
static enum answer begin_in_ramp(struct msvc_breaker *b, uint64_t epoch, uint64_t age,
                                 struct msvc_permit *permit, struct msvc__change *change)
{
    uint64_t began = msvc__epoch_time_ms(epoch) * MSVC__NS_PER_MS;
    uint64_t gone_ms = age > began ? (age - began) / MSVC__NS_PER_MS : 0;
    struct msvc__rules rules;
    uint64_t share;

    msvc__rules_read(&b->rules, &rules);
    if (gone_ms >= rules.ramp_ms) {
        close_from(b, epoch, age, false, change);
        return CHANGED;
    }
    share = gone_ms * 100 / rules.ramp_ms;
    if (msvc_random_below(b->options.random, 100) >= (share > RAMP_FLOOR ? share : RAMP_FLOOR))
        return REFUSED;
    admit(permit, epoch);
    return ADMITTED;
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
    case MSVC_BREAKER_RAMPING:
        return begin_in_ramp(b, epoch, age, permit, change);
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

/* For those who cannot use the short cut of the header: other compilers, other languages. */
#undef msvc_breaker_begin
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
    if (msvc__epoch_state(epoch) == MSVC_BREAKER_FORCED_OPEN)
        return MSVC_ERR_REJECTED;
    return begin_guarded(breaker, now_ns, permit);
}

static unsigned result_of(const struct msvc__rules *rules, enum msvc_outcome outcome,
                          uint64_t duration_ns)
{
    unsigned result = MSVC__RESULT_GOOD;

    if (outcome == MSVC_OUTCOME_FAILURE || outcome == MSVC_OUTCOME_REJECTED)
        result |= MSVC__RESULT_FAILED;
    if (outcome == MSVC_OUTCOME_SLOW || duration_ns >= msvc__rules_slow_ns(rules))
        result |= MSVC__RESULT_SLOW;
    return result;
}

/* What a good call with a time window is followed by where it could matter. */
ASIDE static void look_closer(struct msvc_breaker *b, uint64_t epoch, uint64_t now_ns, bool counted)
{
    if (counted)
        msvc__breaker_judge(b, epoch, now_ns);
    else
        msvc__breaker_record(b, epoch, MSVC__RESULT_GOOD, now_ns);
}

/* A good call in good times. */
static inline void end_well(struct msvc_breaker *b, uint64_t epoch, uint64_t now_ns)
{
    bool counted;

    if (RARELY(!msvc__time_window_add_quickly(b->by_time, epoch, now_ns, &counted)))
        look_closer(b, epoch, now_ns, counted);
}

static inline void end_well_by_number(struct msvc_breaker *b, uint64_t epoch, uint64_t now_ns)
{
    if (RARELY(!msvc__count_window_add_quickly(b->by_count, epoch)))
        msvc__breaker_record(b, epoch, MSVC__RESULT_GOOD, now_ns);
}

ASIDE static void end_well_by_clock(struct msvc_breaker *b, uint64_t epoch)
{
    end_well(b, epoch, msvc_clock_monotonic_ns(b->options.clock));
}

/* A slow probe is a bad one only where slow calls open the breaker. */
static enum msvc_outcome judge_probe(const struct msvc_breaker *b, enum msvc_outcome outcome,
                                     uint64_t duration_ns)
{
    struct msvc__rules rules;

    if (outcome == MSVC_OUTCOME_IGNORED || outcome == MSVC_OUTCOME_CANCELLED)
        return outcome;
    msvc__rules_read(&b->rules, &rules);
    switch (result_of(&rules, outcome, duration_ns)) {
    case MSVC__RESULT_GOOD:
        return MSVC_OUTCOME_SUCCESS;
    case MSVC__RESULT_SLOW:
        return rules.slow_ms != 0 ? MSVC_OUTCOME_FAILURE : MSVC_OUTCOME_SUCCESS;
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
    struct msvc__rules rules;

    switch (msvc__epoch_state(epoch)) {
    case MSVC_BREAKER_HALF_OPEN:
        end_probe(b, epoch, permit, judge_probe(b, outcome, duration_ns), now_ns);
        return;
    case MSVC_BREAKER_CLOSED:
    case MSVC_BREAKER_RAMPING:
    case MSVC_BREAKER_METRICS_ONLY:
        if (outcome == MSVC_OUTCOME_IGNORED || outcome == MSVC_OUTCOME_CANCELLED)
            return;
        msvc__rules_read(&b->rules, &rules);
        msvc__breaker_record(b, epoch, result_of(&rules, outcome, duration_ns), now_ns);
        return;
    default:
        return;
    }
}

void msvc_breaker_end(struct msvc_breaker *breaker, struct msvc_permit *permit,
                      enum msvc_outcome outcome, uint64_t duration_ns, uint64_t now_ns)
{
    uint64_t epoch;

    if (RARELY(breaker == NULL || permit == NULL))
        return;
    epoch = permit->generation;
    permit->generation = 0; /* as no epoch ever is */
    if (RARELY(atomic_load_explicit(&breaker->epoch, memory_order_acquire) != epoch))
        return;

    if (RARELY(msvc__epoch_state(epoch) != MSVC_BREAKER_CLOSED || outcome != MSVC_OUTCOME_SUCCESS ||
               duration_ns >= atomic_load_explicit(&breaker->quick_ns, memory_order_relaxed)))
        end_guarded(breaker, epoch, permit, outcome, duration_ns, now_ns);
    else if (breaker->by_count != NULL)
        end_well_by_number(breaker, epoch, now_ns);
    else if (RARELY(now_ns == 0))
        end_well_by_clock(breaker, epoch);
    else
        end_well(breaker, epoch, now_ns);
}
