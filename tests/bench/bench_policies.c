/* SPDX-License-Identifier: MIT */
/*
 * What a policy costs, beside what any of them needs: two readings of the clock.
 * Then what hedges and the adaptive limit achieve, in simulations whose time is only
 * counted: the same figures on every machine.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <msvc/adaptive_limit.h>
#include <msvc/breaker.h>
#include <msvc/bulkhead.h>
#include <msvc/call.h>
#include <msvc/clock.h>
#include <msvc/hedge.h>
#include <msvc/policy.h>
#include <msvc/rate_limit.h>
#include <msvc/rate_limits.h>
#include <msvc/retry.h>

#include "measure.h"
#include "simulate_hedge.h"
#include "simulate_limit.h"

#define CALLS  1000
#define ROUNDS 2000
#define KEYS   100000

struct parts {
    struct msvc_breaker *breaker;
    struct msvc_retry_budget *budget;
    struct msvc_rate_limit *rate_limit;
    struct msvc_rate_limits *rate_limits;
    struct msvc_bulkhead *bulkhead;
    struct msvc_adaptive_limit *adaptive_limit;
    struct msvc_hedge *hedge;
    struct msvc_policy *breaker_only;
    struct msvc_policy *all;
};

static struct parts parts;
static volatile uint64_t sink;

static void must(int status)
{
    if (status >= 0)
        return;
    fprintf(stderr, "bench_policies: status %d\n", status);
    exit(1);
}

static int nothing(struct msvc_attempt *attempt, void *user)
{
    (void)user;
    sink = attempt->deadline_ns;
    return 0;
}

static void read_clock_twice(unsigned i)
{
    (void)i;
    sink = msvc_clock_monotonic_ns(NULL);
    sink = msvc_clock_monotonic_ns(NULL);
}

static void call_without_policy(unsigned i)
{
    (void)i;
    must(msvc_call(NULL, nothing, NULL, NULL));
}

static void call_with_breaker(unsigned i)
{
    (void)i;
    must(msvc_call(parts.breaker_only, nothing, NULL, NULL));
}

static void call_with_all(unsigned i)
{
    (void)i;
    must(msvc_call(parts.all, nothing, NULL, MSVC_CALL_OPTIONS(.key = "customer")));
}

static void take_rate_limit(unsigned i)
{
    (void)i;
    sink = (uint64_t)msvc_rate_limit_take(parts.rate_limit, 0, 1, 0, NULL);
}

static void take_of_one_key(unsigned i)
{
    (void)i;
    sink = (uint64_t)msvc_rate_limits_take(parts.rate_limits, "customer", 8, 0, NULL);
}

static void take_of_many_keys(unsigned i)
{
    static unsigned taken;
    unsigned key = taken++ % KEYS;

    (void)i;
    sink = (uint64_t)msvc_rate_limits_take(parts.rate_limits, &key, sizeof(key), 0, NULL);
}

static void record_latency(unsigned i)
{
    msvc_hedge_record(parts.hedge, i * 1000);
}

static void enter_adaptive_limit(unsigned i)
{
    struct msvc_adaptive_permit permit;

    must(msvc_adaptive_limit_enter(parts.adaptive_limit, 1 + i, &permit));
    msvc_adaptive_limit_leave(parts.adaptive_limit, &permit, MSVC_OUTCOME_SUCCESS, 2 + i);
}

static struct row {
    const char *name;
    void (*work)(unsigned i);
    double best_ns;
} rows[] = {
    { "two readings of the clock", read_clock_twice, 1e9 },
    { "msvc_call, no policy", call_without_policy, 1e9 },
    { "msvc_call, breaker", call_with_breaker, 1e9 },
    { "msvc_call, everything but hedges", call_with_all, 1e9 },
    { "rate limit, reads the clock", take_rate_limit, 1e9 },
    { "rate limits, one key", take_of_one_key, 1e9 },
    { "rate limits, 100,000 keys", take_of_many_keys, 1e9 },
    { "hedge, a latency recorded", record_latency, 1e9 },
    { "adaptive limit, time passed in", enter_adaptive_limit, 1e9 },
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static void open_parts(void)
{
    struct parts *p = &parts;

    must(msvc_breaker_new(&p->breaker, NULL));
    must(msvc_retry_budget_new(&p->budget, NULL));
    must(msvc_rate_limit_new(&p->rate_limit,
                             MSVC_RATE_LIMIT_OPTIONS(.calls = 10000000, .burst = 1000000)));
    must(msvc_rate_limits_new(
        &p->rate_limits,
        MSVC_RATE_LIMITS_OPTIONS(.calls = 10000000, .burst = 1000000, .keys = 2 * KEYS)));
    must(msvc_bulkhead_new(&p->bulkhead, NULL));
    must(msvc_adaptive_limit_new(&p->adaptive_limit, NULL));
    must(msvc_hedge_new(&p->hedge, NULL));
    must(msvc_policy_new(&p->breaker_only, MSVC_POLICY_OPTIONS(.breaker = p->breaker)));
    must(msvc_policy_new(&p->all,
                         MSVC_POLICY_OPTIONS(.breaker = p->breaker, .budget = p->budget,
                                             .rate_limit = p->rate_limit,
                                             .rate_limits = p->rate_limits, .bulkhead = p->bulkhead,
                                             .adaptive_limit = p->adaptive_limit, .total_ms = 10000,
                                             .retry = MSVC_RETRY_OPTIONS(.attempts = 3))));
}

static void close_parts(void)
{
    msvc_policy_free(parts.all);
    msvc_policy_free(parts.breaker_only);
    msvc_hedge_free(parts.hedge);
    msvc_adaptive_limit_free(parts.adaptive_limit);
    msvc_bulkhead_free(parts.bulkhead);
    msvc_rate_limits_free(parts.rate_limits);
    msvc_rate_limit_free(parts.rate_limit);
    msvc_retry_budget_free(parts.budget);
    msvc_breaker_free(parts.breaker);
}

static void measure(struct row *row)
{
    double began = seconds_now();
    double took_ns;

    for (unsigned i = 0; i < CALLS; i++)
        row->work(i);
    took_ns = (seconds_now() - began) * 1e9 / CALLS;
    if (took_ns < row->best_ns)
        row->best_ns = took_ns;
}

static void print_costs(void)
{
    open_parts();
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < ROW_COUNT; i++)
            measure(&rows[i]);
    }
    for (size_t i = 0; i < ROW_COUNT; i++)
        printf("%-36s %8.1f ns %8.2f x\n", rows[i].name, rows[i].best_ns,
               rows[i].best_ns / rows[0].best_ns);
    close_parts();
}

static void print_hedges(void)
{
    struct hedge_simulation simulation = { .calls = 100000, .slow_one_in = 95 };
    struct hedge_result r;

    printf("\nsimulated: one call in 95 takes 200 ms, the others 10 to 15 ms\n");
    for (unsigned percent = 0; percent <= 2; percent++) {
        simulation.hedges = percent > 0;
        simulation.budget_percent = percent;
        simulate_hedge(&r, &simulation);
        printf(
            "hedges with a budget of %u %%            p50 %6.1f ms  p99 %6.1f ms  p99.9 %6.1f ms  "
            "load %.4f\n",
            percent, r.p50_ms, r.p99_ms, r.p999_ms, r.load);
    }
}

static void print_limit(const char *name, unsigned workers, enum service_times service)
{
    struct limit_simulation simulation = {
        .workers = workers, .load = 3, .service = service, .seconds = 40, .warm_up_s = 10
    };
    struct limit_result adaptive;
    struct limit_result best;
    struct limit_result half;
    unsigned limit = 0;

    simulate_limit(&adaptive, &simulation);
    simulate_best_fixed_limit(&best, &limit, &simulation);
    simulation.load = 0.5;
    simulation.warm_up_s = 0;
    simulate_limit(&half, &simulation);
    printf("%2u workers, %-12s %8.3f %8.3f (%3u) %7.1f %% %7.1f ms %7.1f ms %6lu of %lu\n", workers,
           name, adaptive.goodput, best.goodput, limit, 100 * adaptive.goodput / best.goodput,
           adaptive.p99_ms, half.p99_ms, half.rejected, half.offered);
}

static void print_limits(void)
{
    printf("\nsimulated: three times the load that the server can do; goodput is answers within "
           "100 ms\n");
    printf("                         adaptive   best fixed            p99  p99 at half  rejected "
           "at half\n");
    for (unsigned workers = 4; workers <= 64; workers *= 4) {
        print_limit("exponential", workers, SERVICE_EXPONENTIAL);
        print_limit("even", workers, SERVICE_EVEN);
        print_limit("two kinds", workers, SERVICE_TWO_KINDS);
    }
}

int main(void)
{
    print_machine();
    print_costs();
    print_hedges();
    print_limits();
    return 0;
}
