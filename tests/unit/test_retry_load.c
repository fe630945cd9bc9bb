/* SPDX-License-Identifier: MIT */
/* What retries and hedges add to the load of a dependency, when it fails and when it is slow. */
#include <msvc/policy.h>

#include <string.h>

#include <msvc/call.h>
#include <msvc/hedge.h>
#include <msvc/retry.h>
#include <msvc/run.h>
#include <msvc/status.h>

#include "fake_clock.h"
#include "fake_random.h"
#include "test.h"

#define CALLS      10000
#define CALL_EVERY 10 /* ms: a hundred calls a second */

struct fixture {
    struct fake_clock clock;
    struct fake_random random;
    struct msvc_retry_budget *budget;
    struct msvc_hedge *hedge;
    struct msvc_policy *policy;
    unsigned fails_percent;
    unsigned attempts;
};

static int setup(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    memset(f, 0, sizeof(*f));
    fake_clock_init(&f->clock);
    fake_random_init(&f->random, 41);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_policy_free(f->policy);
    msvc_hedge_free(f->hedge);
    msvc_retry_budget_free(f->budget);
    return 0;
}

static void open(struct fixture *f, bool has_budget)
{
    if (has_budget)
        assert_int_equal(
            msvc_retry_budget_new(&f->budget, MSVC_RETRY_BUDGET_OPTIONS(.clock = &f->clock.clock)),
            0);
    assert_int_equal(msvc_hedge_new(&f->hedge, MSVC_HEDGE_OPTIONS(.delay_ms = 20)), 0);
    assert_int_equal(
        msvc_policy_new(
            &f->policy,
            MSVC_POLICY_OPTIONS(.retry = MSVC_RETRY_OPTIONS(.attempts = 4, .base_ms = 1),
                                .hedge = f->hedge, .budget = f->budget, .timeout_ms = 50,
                                .clock = &f->clock.clock, .random = &f->random.random)),
        0);
}

/* Attempts fail at once, or not at all until they are stopped. */
static void call_once(struct fixture *f, bool is_slow)
{
    struct msvc_run run;
    enum msvc_run_step step;

    assert_int_equal(
        msvc_run_begin(&run, f->policy, MSVC_CALL_OPTIONS(.is_idempotent = true), NULL), 0);
    while ((step = msvc_run_next(&run, 0)) != MSVC_RUN_DONE) {
        if (step == MSVC_RUN_WAIT) {
            f->clock.monotonic_ns = run.until_ns;
            continue;
        }
        f->attempts += step == MSVC_RUN_ATTEMPT;
        if (step == MSVC_RUN_STOP)
            (void)msvc_run_report(&run, run.attempt, MSVC_ERR_CANCELLED, 0);
        else if (!is_slow)
            (void)msvc_run_report(&run, run.attempt,
                                  msvc_random_below(&f->random.random, 100) < f->fails_percent
                                      ? MSVC_ERR_UNAVAILABLE
                                      : 0,
                                  0);
    }
}

static double load(struct fixture *f, bool is_slow)
{
    for (unsigned i = 0; i < CALLS; i++) {
        call_once(f, is_slow);
        fake_clock_advance_ms(&f->clock, CALL_EVERY);
    }
    return (double)f->attempts / CALLS;
}

static void at_100_percent_failure_the_load_is_1_2_times_the_calls_at_most(void **state)
{
    struct fixture *f = *state;
    double measured;

    f->fails_percent = 100;
    open(f, true);
    measured = load(f, false);
    assert_true(measured > 1.05);
    assert_true(measured <= 1.2);
}

static void when_nothing_answers_hedges_and_retries_together_stay_below_1_2(void **state)
{
    struct fixture *f = *state;

    open(f, true);
    assert_true(load(f, true) <= 1.2);
}

static void without_a_budget_it_is_four_times_the_calls(void **state)
{
    struct fixture *f = *state;
    double measured;

    f->fails_percent = 100;
    open(f, false);
    measured = load(f, false);
    assert_true(measured > 3.99);
}

static void at_a_few_failures_every_retry_has_a_place(void **state)
{
    struct fixture *f = *state;
    double measured;

    f->fails_percent = 5;
    open(f, true);
    measured = load(f, false);
    assert_true(measured > 1.04 && measured < 1.07);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(at_100_percent_failure_the_load_is_1_2_times_the_calls_at_most),
        TEST(when_nothing_answers_hedges_and_retries_together_stay_below_1_2),
        TEST(without_a_budget_it_is_four_times_the_calls),
        TEST(at_a_few_failures_every_retry_has_a_place),
    };

    return cmocka_run_group_tests_name("retry_load", tests, NULL, NULL);
}
