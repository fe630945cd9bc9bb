/* SPDX-License-Identifier: MIT */
/* What the files of the breaker share. */
#ifndef MSVC_RESILIENCE_BREAKER_INTERNAL_H
#define MSVC_RESILIENCE_BREAKER_INTERNAL_H

#include <msvc/breaker.h>
#include <msvc/clock.h>

#include "resilience/epoch_internal.h"
#include "resilience/probes_internal.h"
#include "resilience/rules_internal.h"
#include "resilience/window_internal.h"

#define MSVC__NS_PER_MS  1000000
#define MSVC__STREAK_MAX 0xffffffu

struct msvc__entry;

struct msvc_breaker {
    _Atomic uint64_t epoch;              /* see epoch_internal.h */
    uint64_t made_ns;                    /* constant: where our time begins */
    _Atomic uint64_t quick_ns;           /* shorter good calls are only counted */
    struct msvc__time_window *by_time;   /* constant; one of the two is NULL */
    struct msvc__count_window *by_count; /* constant */
    struct msvc__entry *entry;           /* constant: where a registry has it; else NULL */
    struct msvc_breaker_options options; /* constant after new(), without zeros; see rules */
    struct msvc__rulebook rules;         /* the numbers that hold now */
    _Atomic uint32_t must_look;          /* the rules changed: judge with the next result */
    struct msvc__probes probes;
    _Atomic uint64_t streak; /* generation << 24 | failures in a row */
};

/* What a call changed, announced when it is done. */
struct msvc__change {
    bool happened;
    enum msvc_breaker_state from;
    enum msvc_breaker_state to;
};

static inline uint64_t msvc__breaker_now_ns(const struct msvc_breaker *b, uint64_t now_ns)
{
    return now_ns != 0 ? now_ns : msvc_clock_monotonic_ns(b->options.clock);
}

/* Nanoseconds since the breaker was made. */
static inline uint64_t msvc__breaker_age_ns(const struct msvc_breaker *b, uint64_t now_ns)
{
    now_ns = msvc__breaker_now_ns(b, now_ns);
    return now_ns > b->made_ns ? now_ns - b->made_ns : 0;
}

/* Whether an opening is not over yet. */
static inline bool msvc__breaker_is_early(uint64_t epoch, uint64_t age_ns)
{
    return age_ns < msvc__epoch_time_ms(epoch) * MSVC__NS_PER_MS;
}

/* Change the epoch, unless it is another one meanwhile. */
bool msvc__breaker_swap(struct msvc_breaker *b, uint64_t epoch, uint64_t next,
                        struct msvc__change *change);

/* The epoch of an opening at age_ns that lasts for wait_ms. */
uint64_t msvc__breaker_opened(uint64_t epoch, unsigned openings, uint64_t age_ns, uint64_t wait_ms);

/* Open because of how calls or probes ended. */
bool msvc__breaker_open_from(struct msvc_breaker *b, uint64_t epoch, uint64_t age_ns,
                             struct msvc__change *change);

/* Count one result of MSVC__RESULT_* bits, and open if it must. */
void msvc__breaker_record(struct msvc_breaker *b, uint64_t epoch, unsigned result, uint64_t now_ns);

/* Judge with the next result, whatever it is. */
void msvc__breaker_look_again(struct msvc_breaker *b);

/* Open if the time window says so. */
void msvc__breaker_judge(struct msvc_breaker *b, uint64_t epoch, uint64_t now_ns);

/* How long an opening lasts after so many in a row. */
uint64_t msvc__breaker_wait_ms(const struct msvc_breaker *b, unsigned openings);

/* Zeros to defaults; false when a number is outside of its range. */
bool msvc__breaker_fill_in(struct msvc_breaker_options *options);

/* From which duration a call is slow; UINT64_MAX when none is. */
static inline uint64_t msvc__rules_slow_ns(const struct msvc__rules *rules)
{
    return rules->slow_ms != 0 ? (uint64_t)rules->slow_ms * MSVC__NS_PER_MS : UINT64_MAX;
}

/* Good calls shorter than this need nothing but to be counted: none, if failures in a row count. */
static inline uint64_t msvc__rules_quick_ns(const struct msvc__rules *rules)
{
    return rules->failure_streak == 0 ? msvc__rules_slow_ns(rules) : 0;
}

/* Call on_change if there was one. */
void msvc__breaker_announce(struct msvc_breaker *b, const struct msvc__change *change);

#endif
