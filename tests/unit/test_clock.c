/* SPDX-License-Identifier: MIT */
#include <msvc/clock.h>

#include "fake_clock.h"

#include "test.h"

static int setup(void **state)
{
    static struct fake_clock fake;

    fake_clock_init(&fake);
    *state = &fake;
    return 0;
}

static void reads_the_clock_it_is_given(void **state)
{
    struct fake_clock *fake = *state;

    assert_true(msvc_clock_monotonic_ns(&fake->clock) == 1000000000);
    assert_true(msvc_clock_wall_ns(&fake->clock) == 1767323045000000000);
}

static void reads_the_systems_clock_for_null(void **state)
{
    uint64_t before = msvc_clock_monotonic_ns(msvc_clock_system());

    (void)state;
    assert_true(before > 0);
    assert_true(msvc_clock_monotonic_ns(NULL) >= before);
    assert_true(msvc_clock_wall_ns(NULL) > 1767323045000000000);
}

static void a_deadline_is_that_far_from_now(void **state)
{
    struct fake_clock *fake = *state;

    assert_true(msvc_deadline_in(&fake->clock, 5) == 1005000000);
}

static void a_negative_timeout_is_no_deadline(void **state)
{
    struct fake_clock *fake = *state;

    assert_true(msvc_deadline_in(&fake->clock, -1) == 0);
    assert_int_equal(msvc_deadline_left_ms(&fake->clock, 0, -1), -1);
    assert_int_equal(msvc_deadline_left_ms(&fake->clock, 0, 70), 70);
}

static void a_deadline_too_far_away_is_the_last_instant(void **state)
{
    struct fake_clock *fake = *state;

    assert_true(msvc_deadline_in(&fake->clock, INT64_MAX) == UINT64_MAX);
}

static void rounds_up_what_is_left(void **state)
{
    struct fake_clock *fake = *state;

    assert_int_equal(msvc_deadline_left_ms(&fake->clock, 1000000001, 100), 1);
    assert_int_equal(msvc_deadline_left_ms(&fake->clock, 1001000000, 100), 1);
    assert_int_equal(msvc_deadline_left_ms(&fake->clock, 1001000001, 100), 2);
}

static void nothing_is_left_once_it_has_passed(void **state)
{
    struct fake_clock *fake = *state;
    uint64_t deadline = msvc_deadline_in(&fake->clock, 5);

    fake_clock_advance_ms(fake, 5);
    assert_int_equal(msvc_deadline_left_ms(&fake->clock, deadline, 100), 0);
}

static void never_waits_longer_than_the_most(void **state)
{
    struct fake_clock *fake = *state;

    assert_int_equal(msvc_deadline_left_ms(&fake->clock, UINT64_MAX, 100), 100);
    assert_int_equal(msvc_deadline_left_ms(&fake->clock, UINT64_MAX, -1), -1);
}

static void has_no_current_deadline_at_first(void **state)
{
    (void)state;
    assert_int_equal(msvc_deadline_current(), 0);
}

static void never_extends_the_current_deadline(void **state)
{
    uint64_t outer, inner;

    (void)state;
    outer = msvc_deadline_enter(2000);
    assert_int_equal(msvc_deadline_current(), 2000);
    inner = msvc_deadline_enter(3000);
    assert_int_equal(msvc_deadline_current(), 2000);
    msvc_deadline_leave(inner);
    inner = msvc_deadline_enter(0);
    assert_int_equal(msvc_deadline_current(), 2000);
    msvc_deadline_leave(inner);
    inner = msvc_deadline_enter(1000);
    assert_int_equal(msvc_deadline_current(), 1000);
    msvc_deadline_leave(inner);
    assert_int_equal(msvc_deadline_current(), 2000);
    msvc_deadline_leave(outer);
    assert_int_equal(msvc_deadline_current(), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_the_clock_it_is_given),
        TEST(reads_the_systems_clock_for_null),
        TEST(a_deadline_is_that_far_from_now),
        TEST(a_negative_timeout_is_no_deadline),
        TEST(a_deadline_too_far_away_is_the_last_instant),
        TEST(rounds_up_what_is_left),
        TEST(nothing_is_left_once_it_has_passed),
        TEST(never_waits_longer_than_the_most),
        TEST(has_no_current_deadline_at_first),
        TEST(never_extends_the_current_deadline),
    };

    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
