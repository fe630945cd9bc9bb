/* SPDX-License-Identifier: MIT */
#include <msvc/breaker.h>

#include <string.h>

#include <msvc/status.h>

#include "fake_clock.h"
#include "test.h"

struct fixture {
    struct fake_clock clock;
    struct msvc_breaker *breaker;
};

static int setup(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    fake_clock_init(&fixture.clock);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_breaker_free(f->breaker);
    return 0;
}

static void make(struct fixture *f, enum msvc_breaker_preset preset)
{
    struct msvc_breaker_options options = { .size = sizeof(options), .clock = &f->clock.clock };

    assert_int_equal(msvc_breaker_options_fill(&options, preset), 0);
    assert_int_equal(msvc_breaker_new(&f->breaker, &options), 0);
}

static void report(struct fixture *f, enum msvc_outcome outcome, unsigned times)
{
    struct msvc_permit permit;

    while (times-- > 0) {
        assert_int_equal(msvc_breaker_begin(f->breaker, 0, &permit), 0);
        msvc_breaker_end(f->breaker, &permit, outcome, 0, 0);
    }
}

static void assert_state(struct fixture *f, enum msvc_breaker_state state)
{
    assert_string_equal(msvc_breaker_state_name(msvc_breaker_state(f->breaker)),
                        msvc_breaker_state_name(state));
}

/* Rejects for open_ms, then takes so many probes at once. */
static void assert_opening(struct fixture *f, uint64_t open_ms, unsigned probes)
{
    struct msvc_permit permit;

    assert_state(f, MSVC_BREAKER_OPEN);
    fake_clock_advance_ms(&f->clock, open_ms - 1);
    assert_int_equal(msvc_breaker_begin(f->breaker, 0, &permit), MSVC_ERR_REJECTED);
    fake_clock_advance_ms(&f->clock, 1);
    while (probes-- > 0)
        assert_int_equal(msvc_breaker_begin(f->breaker, 0, &permit), 0);
    assert_int_equal(msvc_breaker_begin(f->breaker, 0, &permit), MSVC_ERR_REJECTED);
}

static void opens_as_opossum_on_the_first_failure(void **state)
{
    struct fixture *f = *state;

    make(f, MSVC_BREAKER_PRESET_OPOSSUM);
    report(f, MSVC_OUTCOME_FAILURE, 1);
    assert_opening(f, 30000, 1);
}

static void stays_closed_as_opossum_when_just_half_failed(void **state)
{
    struct fixture *f = *state;

    make(f, MSVC_BREAKER_PRESET_OPOSSUM);
    report(f, MSVC_OUTCOME_SUCCESS, 5);
    report(f, MSVC_OUTCOME_FAILURE, 5);
    assert_state(f, MSVC_BREAKER_CLOSED);
    report(f, MSVC_OUTCOME_FAILURE, 1);
    assert_state(f, MSVC_BREAKER_OPEN);
}

static void forgets_as_opossum_after_ten_seconds(void **state)
{
    struct fixture *f = *state;

    make(f, MSVC_BREAKER_PRESET_OPOSSUM);
    report(f, MSVC_OUTCOME_SUCCESS, 5);
    fake_clock_advance_ms(&f->clock, 12000);
    report(f, MSVC_OUTCOME_FAILURE, 1);
    assert_state(f, MSVC_BREAKER_OPEN);
}

static void opens_as_resilience4j_at_half_of_a_hundred_calls(void **state)
{
    struct fixture *f = *state;

    make(f, MSVC_BREAKER_PRESET_RESILIENCE4J);
    report(f, MSVC_OUTCOME_FAILURE, 50);
    report(f, MSVC_OUTCOME_SUCCESS, 49);
    assert_state(f, MSVC_BREAKER_CLOSED);
    report(f, MSVC_OUTCOME_SUCCESS, 1);
    assert_opening(f, 60000, 10);
}

static void closes_as_resilience4j_unless_half_of_ten_probes_fail(void **state)
{
    struct fixture *f = *state;

    make(f, MSVC_BREAKER_PRESET_RESILIENCE4J);
    report(f, MSVC_OUTCOME_FAILURE, 100);
    fake_clock_advance_ms(&f->clock, 60000);
    report(f, MSVC_OUTCOME_FAILURE, 4);
    report(f, MSVC_OUTCOME_SUCCESS, 6);
    assert_state(f, MSVC_BREAKER_CLOSED);
}

static void opens_again_as_resilience4j_when_half_of_ten_probes_fail(void **state)
{
    struct fixture *f = *state;

    make(f, MSVC_BREAKER_PRESET_RESILIENCE4J);
    report(f, MSVC_OUTCOME_FAILURE, 100);
    fake_clock_advance_ms(&f->clock, 60000);
    report(f, MSVC_OUTCOME_SUCCESS, 5);
    report(f, MSVC_OUTCOME_FAILURE, 5);
    assert_state(f, MSVC_BREAKER_OPEN);
}

static void opens_as_resilience4j_when_all_calls_take_a_minute(void **state)
{
    struct fixture *f = *state;
    struct msvc_permit permit;

    make(f, MSVC_BREAKER_PRESET_RESILIENCE4J);
    for (int i = 0; i < 100; i++) {
        assert_state(f, MSVC_BREAKER_CLOSED);
        assert_int_equal(msvc_breaker_begin(f->breaker, 0, &permit), 0);
        msvc_breaker_end(f->breaker, &permit, MSVC_OUTCOME_SUCCESS, 60000000000, 0);
    }
    assert_state(f, MSVC_BREAKER_OPEN);
}

static void opens_as_hystrix_at_half_of_twenty_calls(void **state)
{
    struct fixture *f = *state;

    make(f, MSVC_BREAKER_PRESET_HYSTRIX);
    report(f, MSVC_OUTCOME_SUCCESS, 10);
    report(f, MSVC_OUTCOME_FAILURE, 9);
    assert_state(f, MSVC_BREAKER_CLOSED);
    report(f, MSVC_OUTCOME_FAILURE, 1);
    assert_opening(f, 5000, 1);
}

static void forgets_as_hystrix_after_ten_seconds(void **state)
{
    struct fixture *f = *state;

    make(f, MSVC_BREAKER_PRESET_HYSTRIX);
    report(f, MSVC_OUTCOME_FAILURE, 19);
    fake_clock_advance_ms(&f->clock, 12000);
    report(f, MSVC_OUTCOME_FAILURE, 19);
    assert_state(f, MSVC_BREAKER_CLOSED);
}

static void opens_as_microprofile_at_half_of_twenty_calls(void **state)
{
    struct fixture *f = *state;

    make(f, MSVC_BREAKER_PRESET_MICROPROFILE);
    report(f, MSVC_OUTCOME_SUCCESS, 100);
    report(f, MSVC_OUTCOME_FAILURE, 9);
    assert_state(f, MSVC_BREAKER_CLOSED);
    report(f, MSVC_OUTCOME_FAILURE, 1);
    assert_opening(f, 5000, 1);
}

static void says_nothing_as_microprofile_before_twenty_calls(void **state)
{
    struct fixture *f = *state;

    make(f, MSVC_BREAKER_PRESET_MICROPROFILE);
    report(f, MSVC_OUTCOME_FAILURE, 19);
    assert_state(f, MSVC_BREAKER_CLOSED);
    report(f, MSVC_OUTCOME_FAILURE, 1);
    assert_state(f, MSVC_BREAKER_OPEN);
}

static void sets_all_numbers_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    struct msvc_breaker_options options = {
        .size = sizeof(options),
        .failure_streak = 3,
        .jitter_percent = 20,
        .clock = &f->clock.clock,
        .user = f,
    };

    assert_int_equal(msvc_breaker_options_fill(&options, MSVC_BREAKER_PRESET_HYSTRIX), 0);
    assert_int_equal(options.failure_streak, 0);
    assert_int_equal(options.jitter_percent, 0);
    assert_ptr_equal(options.clock, &f->clock.clock);
    assert_ptr_equal(options.user, f);
}

static void refuses_what_it_does_not_know_and_leaves_options_alone(void **state)
{
    struct msvc_breaker_options options = { .size = sizeof(options), .open_ms = 7 };
    struct msvc_breaker_options unsized = { .open_ms = 7 };

    (void)state;
    assert_int_equal(msvc_breaker_options_fill(&options, (enum msvc_breaker_preset)4),
                     MSVC_ERR_INVALID);
    assert_int_equal(msvc_breaker_options_fill(&options, (enum msvc_breaker_preset) - 1),
                     MSVC_ERR_INVALID);
    assert_int_equal(options.open_ms, 7);
    assert_int_equal(msvc_breaker_options_fill(&unsized, MSVC_BREAKER_PRESET_OPOSSUM),
                     MSVC_ERR_INVALID);
    assert_int_equal(unsized.open_ms, 7);
    assert_int_equal(msvc_breaker_options_fill(NULL, MSVC_BREAKER_PRESET_OPOSSUM),
                     MSVC_ERR_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(opens_as_opossum_on_the_first_failure),
        TEST(stays_closed_as_opossum_when_just_half_failed),
        TEST(forgets_as_opossum_after_ten_seconds),
        TEST(opens_as_resilience4j_at_half_of_a_hundred_calls),
        TEST(closes_as_resilience4j_unless_half_of_ten_probes_fail),
        TEST(opens_again_as_resilience4j_when_half_of_ten_probes_fail),
        TEST(opens_as_resilience4j_when_all_calls_take_a_minute),
        TEST(opens_as_hystrix_at_half_of_twenty_calls),
        TEST(forgets_as_hystrix_after_ten_seconds),
        TEST(opens_as_microprofile_at_half_of_twenty_calls),
        TEST(says_nothing_as_microprofile_before_twenty_calls),
        TEST(sets_all_numbers_and_nothing_else),
        TEST(refuses_what_it_does_not_know_and_leaves_options_alone),
    };

    return cmocka_run_group_tests_name("breaker_presets", tests, NULL, NULL);
}
