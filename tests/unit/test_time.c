/* SPDX-License-Identifier: MIT */
#include <msvc/clock.h>

#include <string.h>

#include <msvc/status.h>

#include "test.h"

static void writes(int64_t wall_ns, const char *expected)
{
    char text[MSVC_TIME_SIZE];

    msvc_time_format(text, wall_ns);
    assert_string_equal(text, expected);
}

static void reads(const char *text, int64_t expected)
{
    int64_t wall_ns = 77;

    assert_int_equal(msvc_time_parse(&wall_ns, text, strlen(text)), 0);
    assert_true(wall_ns == expected);
}

static void refuses(const char *text, int status)
{
    int64_t wall_ns = 77;

    assert_int_equal(msvc_time_parse(&wall_ns, text, strlen(text)), status);
    assert_int_equal(wall_ns, 77);
}

static void writes_the_epoch(void **state)
{
    (void)state;
    writes(0, "1970-01-01T00:00:00.000000000Z");
}

static void writes_nanoseconds(void **state)
{
    (void)state;
    writes(1767323045000000001, "2026-01-02T03:04:05.000000001Z");
}

static void writes_the_nanosecond_before_the_epoch(void **state)
{
    (void)state;
    writes(-1, "1969-12-31T23:59:59.999999999Z");
}

static void writes_a_leap_day(void **state)
{
    (void)state;
    writes(INT64_C(951782400) * 1000000000, "2000-02-29T00:00:00.000000000Z");
}

static void writes_any_number(void **state)
{
    (void)state;
    writes(INT64_MIN, "1677-09-21T00:12:43.145224192Z");
    writes(INT64_MAX, "2262-04-11T23:47:16.854775807Z");
}

static void reads_what_it_writes(void **state)
{
    (void)state;
    reads("2026-01-02T03:04:05.000000001Z", 1767323045000000001);
}

static void reads_an_offset_east(void **state)
{
    (void)state;
    reads("2026-01-02T05:34:05+02:30", 1767323045000000000);
}

static void reads_an_offset_west(void **state)
{
    (void)state;
    reads("2026-01-01T19:04:05-08:00", 1767323045000000000);
}

static void reads_lower_case(void **state)
{
    (void)state;
    reads("2026-01-02t03:04:05z", 1767323045000000000);
}

static void reads_a_short_fraction(void **state)
{
    (void)state;
    reads("2026-01-02T03:04:05.5Z", 1767323045500000000);
}

static void reads_a_fraction_before_the_epoch(void **state)
{
    (void)state;
    reads("1969-12-31T23:59:59.25Z", -750000000);
}

static void cuts_what_is_below_a_nanosecond(void **state)
{
    (void)state;
    reads("2026-01-02T03:04:05.0000000019999Z", 1767323045000000001);
}

static void takes_a_leap_second_for_the_one_after(void **state)
{
    (void)state;
    reads("1990-12-31T15:59:60-08:00", INT64_C(662688000) * 1000000000);
}

static void refuses_a_leap_second_in_the_middle_of_a_day(void **state)
{
    (void)state;
    refuses("1990-12-31T15:59:60Z", MSVC_ERR_MALFORMED);
}

static void refuses_a_day_that_the_month_does_not_have(void **state)
{
    (void)state;
    refuses("2026-02-29T00:00:00Z", MSVC_ERR_MALFORMED);
    refuses("1900-02-29T00:00:00Z", MSVC_ERR_MALFORMED);
    refuses("2026-04-31T00:00:00Z", MSVC_ERR_MALFORMED);
    refuses("2026-04-00T00:00:00Z", MSVC_ERR_MALFORMED);
}

static void refuses_a_month_that_is_none(void **state)
{
    (void)state;
    refuses("2026-13-01T00:00:00Z", MSVC_ERR_MALFORMED);
    refuses("2026-00-01T00:00:00Z", MSVC_ERR_MALFORMED);
}

static void refuses_a_time_of_day_that_is_none(void **state)
{
    (void)state;
    refuses("2026-01-01T24:00:00Z", MSVC_ERR_MALFORMED);
    refuses("2026-01-01T00:60:00Z", MSVC_ERR_MALFORMED);
    refuses("2026-01-01T00:00:61Z", MSVC_ERR_MALFORMED);
}

static void refuses_a_missing_offset(void **state)
{
    (void)state;
    refuses("2026-01-01T00:00:00", MSVC_ERR_MALFORMED);
    refuses("2026-01-01T00:00:00+0100", MSVC_ERR_MALFORMED);
    refuses("2026-01-01T00:00:00+24:00", MSVC_ERR_MALFORMED);
}

static void refuses_a_point_without_digits(void **state)
{
    (void)state;
    refuses("2026-01-01T00:00:00.Z", MSVC_ERR_MALFORMED);
}

static void refuses_a_space_for_the_t(void **state)
{
    (void)state;
    refuses("2026-01-01 00:00:00Z", MSVC_ERR_MALFORMED);
}

static void refuses_text_that_goes_on(void **state)
{
    (void)state;
    refuses("2026-01-01T00:00:00Z ", MSVC_ERR_MALFORMED);
}

static void refuses_every_prefix(void **state)
{
    const char *text = "2026-01-02T03:04:05+00:00";
    int64_t wall_ns;

    (void)state;
    for (size_t i = 0; i < strlen(text); i++)
        assert_int_equal(msvc_time_parse(&wall_ns, text, i), MSVC_ERR_MALFORMED);
}

static void refuses_null(void **state)
{
    int64_t wall_ns;

    (void)state;
    assert_int_equal(msvc_time_parse(&wall_ns, NULL, 0), MSVC_ERR_MALFORMED);
}

static void years_outside_the_range_are_over_the_limit(void **state)
{
    (void)state;
    refuses("1677-12-31T23:59:59Z", MSVC_ERR_LIMIT);
    refuses("2262-01-01T00:00:00Z", MSVC_ERR_LIMIT);
    refuses("0000-01-01T00:00:00Z", MSVC_ERR_LIMIT);
    refuses("9999-12-31T23:59:59Z", MSVC_ERR_LIMIT);
}

static void an_offset_may_move_a_year_into_the_range(void **state)
{
    (void)state;
    reads("1677-12-31T23:59:59-00:01", INT64_C(-9214559941) * 1000000000);
    refuses("2261-12-31T23:59:59-00:01", MSVC_ERR_LIMIT);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(writes_the_epoch),
        TEST(writes_nanoseconds),
        TEST(writes_the_nanosecond_before_the_epoch),
        TEST(writes_a_leap_day),
        TEST(writes_any_number),
        TEST(reads_what_it_writes),
        TEST(reads_an_offset_east),
        TEST(reads_an_offset_west),
        TEST(reads_lower_case),
        TEST(reads_a_short_fraction),
        TEST(reads_a_fraction_before_the_epoch),
        TEST(cuts_what_is_below_a_nanosecond),
        TEST(takes_a_leap_second_for_the_one_after),
        TEST(refuses_a_leap_second_in_the_middle_of_a_day),
        TEST(refuses_a_day_that_the_month_does_not_have),
        TEST(refuses_a_month_that_is_none),
        TEST(refuses_a_time_of_day_that_is_none),
        TEST(refuses_a_missing_offset),
        TEST(refuses_a_point_without_digits),
        TEST(refuses_a_space_for_the_t),
        TEST(refuses_text_that_goes_on),
        TEST(refuses_every_prefix),
        TEST(refuses_null),
        TEST(years_outside_the_range_are_over_the_limit),
        TEST(an_offset_may_move_a_year_into_the_range),
    };

    return cmocka_run_group_tests_name("time", tests, NULL, NULL);
}
