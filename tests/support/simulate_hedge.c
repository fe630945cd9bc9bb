/* SPDX-License-Identifier: MIT */
#include "simulate_hedge.h"

#include <stdlib.h>

#include <msvc/hedge.h>
#include <msvc/policy.h>
#include <msvc/retry.h>
#include <msvc/run.h>
#include <msvc/status.h>

#include "fake_clock.h"
#include "fake_random.h"

#define NS_PER_MS 1000000

struct world {
    const struct hedge_simulation *simulation;
    struct fake_clock clock;
    struct fake_random random;
    struct msvc_retry_budget *budget;
    struct msvc_hedge *hedge;
    struct msvc_policy *policy;
    double *took_ms;
    unsigned attempts;
    unsigned failed;
};

struct flight {
    struct msvc_attempt *attempt; /* NULL: none */
    uint64_t ends_ns;
};

static uint64_t draw_latency_ns(struct world *w)
{
    if (msvc_random_below(&w->random.random, w->simulation->slow_one_in) == 0)
        return UINT64_C(200) * NS_PER_MS;
    return UINT64_C(10) * NS_PER_MS + msvc_random_below(&w->random.random, 5 * NS_PER_MS);
}

static struct flight *first_to_end(struct flight *flights)
{
    struct flight *first = NULL;

    for (unsigned i = 0; i < MSVC_RUN_AT_ONCE_MAX; i++) {
        if (flights[i].attempt != NULL && (first == NULL || flights[i].ends_ns < first->ends_ns))
            first = &flights[i];
    }
    return first;
}

static struct flight *flight_of(struct flight *flights, const struct msvc_attempt *attempt)
{
    while (flights->attempt != attempt)
        flights++;
    return flights;
}

/* Time goes to whatever comes first: the run's moment, or the end of an attempt. */
static void move_on(struct world *w, struct msvc_run *run, struct flight *flights)
{
    struct flight *first = first_to_end(flights);
    struct msvc_attempt *attempt;

    if (first == NULL || (run->until_ns != 0 && run->until_ns < first->ends_ns)) {
        w->clock.monotonic_ns = run->until_ns;
        return;
    }
    w->clock.monotonic_ns = first->ends_ns;
    attempt = first->attempt;
    first->attempt = NULL;
    (void)msvc_run_report(run, attempt, 0, first->ends_ns);
}

static void call_once(struct world *w)
{
    struct flight flights[MSVC_RUN_AT_ONCE_MAX] = { { NULL, 0 } };
    struct msvc_run run;
    enum msvc_run_step step;

    if (msvc_run_begin(&run, w->policy, MSVC_CALL_OPTIONS(.is_idempotent = true), NULL) < 0)
        abort();
    while ((step = msvc_run_next(&run, w->clock.monotonic_ns)) != MSVC_RUN_DONE) {
        if (step == MSVC_RUN_ATTEMPT) {
            *flight_of(flights, NULL) =
                (struct flight){ run.attempt, w->clock.monotonic_ns + draw_latency_ns(w) };
            w->attempts++;
        } else if (step == MSVC_RUN_STOP) {
            flight_of(flights, run.attempt)->attempt = NULL;
            (void)msvc_run_report(&run, run.attempt, MSVC_ERR_CANCELLED, w->clock.monotonic_ns);
        } else {
            move_on(w, &run, flights);
        }
    }
    w->failed += run.status != 0;
}

static void open_world(struct world *w)
{
    fake_clock_init(&w->clock);
    fake_random_init(&w->random, 11);
    if (w->simulation->budget_percent != 0 &&
        msvc_retry_budget_new(&w->budget,
                              MSVC_RETRY_BUDGET_OPTIONS(.percent = w->simulation->budget_percent,
                                                        .per_second = MSVC_RETRY_BUDGET_NONE,
                                                        .clock = &w->clock.clock)) < 0)
        abort();
    if (w->simulation->hedges && msvc_hedge_new(&w->hedge, NULL) < 0)
        abort();
    if (msvc_policy_new(&w->policy, MSVC_POLICY_OPTIONS(.hedge = w->hedge, .budget = w->budget,
                                                        .clock = &w->clock.clock)) < 0)
        abort();
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

static double at(const struct world *w, double share)
{
    return w->took_ms[(size_t)(share * (double)(w->simulation->calls - 1))];
}

void simulate_hedge(struct hedge_result *out, const struct hedge_simulation *simulation)
{
    struct world w = { .simulation = simulation };
    uint64_t began_ns;

    open_world(&w);
    w.took_ms = calloc(simulation->calls, sizeof(*w.took_ms));
    for (unsigned i = 0; i < simulation->calls; i++) {
        began_ns = w.clock.monotonic_ns;
        call_once(&w);
        w.took_ms[i] = (double)(w.clock.monotonic_ns - began_ns) / NS_PER_MS;
    }
    qsort(w.took_ms, simulation->calls, sizeof(*w.took_ms), compare);
    *out = (struct hedge_result){
        .p50_ms = at(&w, 0.5),
        .p99_ms = at(&w, 0.99),
        .p999_ms = at(&w, 0.999),
        .load = (double)w.attempts / simulation->calls,
        .failed = w.failed,
    };
    free(w.took_ms);
    msvc_policy_free(w.policy);
    msvc_hedge_free(w.hedge);
    msvc_retry_budget_free(w.budget);
}
