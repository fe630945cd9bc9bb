/* SPDX-License-Identifier: MIT */
/* What changes when a breaker in use gets other numbers, what does not, and how a ramp goes. */
#include <msvc/breaker.h>

#include <string.h>

#include <msvc/status.h>

#include "fake_clock.h"
#include "fake_random.h"
#include "test.h"

struct fixture {
    struct fake_clock clock;
    struct fake_random random;
    struct msvc_breaker_options options;
    struct msvc_breaker *breaker;
};

static int setup(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    fake_clock_init(&fixture.clock);
    fake_random_init(&fixture.random, 1);
    fixture.options = (struct msvc_breaker_options){
        .size = sizeof(struct msvc_breaker_options),
        .minimum_calls = 4,
        .open_ms = 100,
        .clock = &fixture.clock.clock,
        .random = &fixture.random.random,
    };
    assert_int_equal(msvc_breaker_new(&fixture.breaker, &fixture.options), 0);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_breaker_free(f->breaker);
    return 0;
}

static void report(struct fixture *f, enum msvc_outcome outcome, unsigned times)
{
    struct msvc_permit permit;

    while (times-- > 0) {
        assert_int_equal(msvc_breaker_begin(f->breaker, 0, &permit), 0);
        msvc_breaker_end(f->breaker, &permit, outcome, 0, 0);
    }
}

static unsigned count_admitted(struct fixture *f, unsigned of)
{
    struct msvc_permit permit;
    unsigned admitted = 0;

    while (of-- > 0)
        admitted += msvc_breaker_begin(f->breaker, 0, &permit) == 0;
    return admitted;
}

static void reconfigure(struct fixture *f)
{
    assert_int_equal(msvc_breaker_reconfigure(f->breaker, &f->options), 0);
}

static struct msvc_breaker_snapshot look(struct fixture *f)
{
    struct msvc_breaker_snapshot snapshot;

    msvc_breaker_snapshot(f->breaker, 0, &snapshot);
    return snapshot;
}

static void keeps_an_opening_and_its_end(void **state)
{
    struct fixture *f = *state;
    uint64_t until_ns;

    report(f, MSVC_OUTCOME_FAILURE, 4);
    until_ns = look(f).open_until_ns;
    f->options.failure_percent = 90;
    f->options.open_ms = 7000;
    reconfigure(f);
    assert_int_equal(look(f).state, MSVC_BREAKER_OPEN);
    assert_int_equal(look(f).open_until_ns, until_ns);
}

static void keeps_counts(void **state)
{
    struct fixture *f = *state;

    report(f, MSVC_OUTCOME_SUCCESS, 5);
    report(f, MSVC_OUTCOME_FAILURE, 2);
    f->options.minimum_calls = 50;
    reconfigure(f);
    assert_int_equal(look(f).calls, 7);
    assert_int_equal(look(f).failures, 2);
}

static void opens_by_the_new_rate_with_the_next_result(void **state)
{
    struct fixture *f = *state;

    report(f, MSVC_OUTCOME_SUCCESS, 6);
    report(f, MSVC_OUTCOME_FAILURE, 2);
    f->options.failure_percent = 20;
    reconfigure(f);
    assert_int_equal(look(f).state, MSVC_BREAKER_CLOSED);
    report(f, MSVC_OUTCOME_SUCCESS, 1);
    assert_int_equal(look(f).state, MSVC_BREAKER_OPEN);
}

static void keeps_probes_that_are_out(void **state)
{
    struct fixture *f = *state;
    struct msvc_permit probe;

    report(f, MSVC_OUTCOME_FAILURE, 4);
    fake_clock_advance_ms(&f->clock, 100);
    assert_int_equal(msvc_breaker_begin(f->breaker, 0, &probe), 0);
    f->options.probes = 3;
    f->options.probe_successes = 1;
    reconfigure(f);
    assert_int_equal(count_admitted(f, 10), 2);
    msvc_breaker_end(f->breaker, &probe, MSVC_OUTCOME_SUCCESS, 0, 0);
    assert_int_equal(look(f).state, MSVC_BREAKER_CLOSED);
}

static void begins_to_count_failures_in_a_row_when_asked(void **state)
{
    struct fixture *f = *state;

    report(f, MSVC_OUTCOME_SUCCESS, 20);
    report(f, MSVC_OUTCOME_FAILURE, 2);
    f->options.failure_streak = 3;
    reconfigure(f);
    report(f, MSVC_OUTCOME_FAILURE, 2);
    assert_int_equal(look(f).state, MSVC_BREAKER_CLOSED);
    report(f, MSVC_OUTCOME_FAILURE, 1);
    assert_int_equal(look(f).state, MSVC_BREAKER_OPEN);
}

static void refuses_what_cannot_change(void **state)
{
    struct fixture *f = *state;
    struct msvc_breaker_options other = f->options;
    struct fake_clock clock;

    other.window_ms = 5000;
    assert_int_equal(msvc_breaker_reconfigure(f->breaker, &other), MSVC_ERR_INVALID);
    other = f->options;
    other.window_calls = 10;
    assert_int_equal(msvc_breaker_reconfigure(f->breaker, &other), MSVC_ERR_INVALID);
    fake_clock_init(&clock);
    other = f->options;
    other.clock = &clock.clock;
    assert_int_equal(msvc_breaker_reconfigure(f->breaker, &other), MSVC_ERR_INVALID);
    other = f->options;
    other.failure_percent = 101;
    assert_int_equal(msvc_breaker_reconfigure(f->breaker, &other), MSVC_ERR_INVALID);
    assert_int_equal(msvc_breaker_reconfigure(NULL, &f->options), MSVC_ERR_INVALID);
}

static void start_ramp(struct fixture *f)
{
    f->options.ramp_ms = 1000;
    f->options.open_max_ms = 400;
    reconfigure(f);
    report(f, MSVC_OUTCOME_FAILURE, 4);
    fake_clock_advance_ms(&f->clock, 100);
    report(f, MSVC_OUTCOME_SUCCESS, 1);
    assert_int_equal(look(f).state, MSVC_BREAKER_RAMPING);
}

static void admits_a_growing_share_after_good_probes(void **state)
{
    struct fixture *f = *state;

    start_ramp(f);
    assert_in_range(count_admitted(f, 1000), 70, 130);
    fake_clock_advance_ms(&f->clock, 500);
    assert_in_range(count_admitted(f, 1000), 440, 560);
    fake_clock_advance_ms(&f->clock, 499);
    assert_in_range(count_admitted(f, 1000), 960, 1000);
    fake_clock_advance_ms(&f->clock, 1);
    assert_int_equal(count_admitted(f, 1000), 1000);
    assert_int_equal(look(f).state, MSVC_BREAKER_CLOSED);
}

/* As after a failed probe: twice as long. */
static void opens_for_longer_when_calls_fail_on_the_ramp(void **state)
{
    struct fixture *f = *state;
    struct msvc_permit permit;
    unsigned failures = 0;

    start_ramp(f);
    while (failures < 4) {
        if (msvc_breaker_begin(f->breaker, 0, &permit) < 0)
            continue;
        msvc_breaker_end(f->breaker, &permit, MSVC_OUTCOME_FAILURE, 0, 0);
        failures++;
    }
    assert_int_equal(look(f).state, MSVC_BREAKER_OPEN);
    assert_int_equal(look(f).open_until_ns, f->clock.monotonic_ns + 200 * UINT64_C(1000000));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_an_opening_and_its_end),
        TEST(keeps_counts),
        TEST(opens_by_the_new_rate_with_the_next_result),
        TEST(keeps_probes_that_are_out),
        TEST(begins_to_count_failures_in_a_row_when_asked),
        TEST(refuses_what_cannot_change),
        TEST(admits_a_growing_share_after_good_probes),
        TEST(opens_for_longer_when_calls_fail_on_the_ramp),
    };

    return cmocka_run_group_tests_name("breaker_reconfigure", tests, NULL, NULL);
}
