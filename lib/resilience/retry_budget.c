/* SPDX-License-Identifier: MIT */
/*
 * A token bucket in one word: milliseconds << 24 | thousandths of a token.
 * Calls pay in, time pays in, and taking is one compare-and-swap, so that two
 * threads cannot take the same token. Relaxed orders: nothing but the word
 * itself depends on it.
 */
#include <msvc/retry.h>

#include <stdatomic.h>
#include <stdlib.h>

#include <msvc/clock.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"

#define NS_PER_MS   1000000
#define TOKEN       1000u
#define TOKENS_MASK 0xffffffu
#define BURST_MAX   10000u

struct msvc_retry_budget {
    _Atomic uint64_t bucket;
    const struct msvc_clock *clock; /* constant, as all below */
    uint64_t made_ns;
    unsigned full;       /* thousandths */
    unsigned per_call;   /* thousandths */
    unsigned per_second; /* tokens, and so thousandths per millisecond */
};

static void fill_in(struct msvc_retry_budget_options *o)
{
    if (o->percent == 0)
        o->percent = 10;
    if (o->per_second == 0)
        o->per_second = 1;
    else if (o->per_second == MSVC_RETRY_BUDGET_NONE)
        o->per_second = 0;
    if (o->burst == 0)
        o->burst = 10;
}

int msvc_retry_budget_new(struct msvc_retry_budget **out,
                          const struct msvc_retry_budget_options *options)
{
    struct msvc_retry_budget_options filled;
    struct msvc_retry_budget *budget;
    int status;

    if (out == NULL)
        return MSVC_ERR_INVALID;
    status = msvc__options_copy(&filled, sizeof(filled), options);
    if (status < 0)
        return status;
    fill_in(&filled);
    if (filled.percent > 1000 || filled.per_second > BURST_MAX || filled.burst > BURST_MAX)
        return MSVC_ERR_INVALID;

    budget = msvc__new(sizeof(*budget));
    if (budget == NULL)
        return MSVC_ERR_NOMEM;
    budget->clock = filled.clock;
    budget->made_ns = msvc_clock_monotonic_ns(filled.clock);
    budget->full = filled.burst * TOKEN;
    budget->per_call = filled.percent * TOKEN / 100;
    budget->per_second = filled.per_second;
    atomic_init(&budget->bucket, budget->full);
    *out = budget;
    return 0;
}

void msvc_retry_budget_free(struct msvc_retry_budget *budget)
{
    free(budget);
}

/* The bucket at this moment, with more tokens in it, never above full. */
static uint64_t topped_up(const struct msvc_retry_budget *budget, uint64_t bucket, uint64_t now_ms,
                          unsigned more)
{
    uint64_t then_ms = bucket >> 24;
    uint64_t passed_ms = now_ms > then_ms ? now_ms - then_ms : 0;
    uint64_t tokens = (bucket & TOKENS_MASK) + more;

    if (passed_ms > TOKENS_MASK)
        passed_ms = TOKENS_MASK;
    tokens += passed_ms * budget->per_second;
    if (tokens > budget->full)
        tokens = budget->full;
    return (now_ms > then_ms ? now_ms : then_ms) << 24 | tokens;
}

static uint64_t age_ms(const struct msvc_retry_budget *budget)
{
    return (msvc_clock_monotonic_ns(budget->clock) - budget->made_ns) / NS_PER_MS;
}

static void put(struct msvc_retry_budget *budget, unsigned more)
{
    uint64_t now_ms = age_ms(budget);
    uint64_t seen = atomic_load_explicit(&budget->bucket, memory_order_relaxed);

    while (!atomic_compare_exchange_weak_explicit(&budget->bucket, &seen,
                                                  topped_up(budget, seen, now_ms, more),
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

void msvc_retry_budget_deposit(struct msvc_retry_budget *budget)
{
    if (budget != NULL)
        put(budget, budget->per_call);
}

void msvc_retry_budget_give_back(struct msvc_retry_budget *budget)
{
    if (budget != NULL)
        put(budget, TOKEN);
}

bool msvc_retry_budget_take(struct msvc_retry_budget *budget)
{
    uint64_t now_ms;
    uint64_t seen;
    uint64_t next;

    if (budget == NULL)
        return true;
    now_ms = age_ms(budget);
    seen = atomic_load_explicit(&budget->bucket, memory_order_relaxed);
    do {
        next = topped_up(budget, seen, now_ms, 0);
        if ((next & TOKENS_MASK) < TOKEN)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&budget->bucket, &seen, next - TOKEN,
                                                    memory_order_relaxed, memory_order_relaxed));
    return true;
}
