/* SPDX-License-Identifier: MIT */
#include <msvc/retry.h>

#include <string.h>

#include <msvc/status.h>

#include "test.h"

/* Sun, 06 Nov 1994 08:49:37 GMT */
#define THEN_S  784111777
#define S_TO_NS INT64_C(1000000000)

static uint64_t parse_at(const char *text, int64_t wall_s)
{
    uint64_t ms = 12345;

    assert_int_equal(msvc_retry_after_parse(&ms, text, strlen(text), wall_s * S_TO_NS), 0);
    return ms;
}

static void assert_malformed(const char *text)
{
    uint64_t ms = 12345;

    assert_int_equal(msvc_retry_after_parse(&ms, text, strlen(text), 0), MSVC_ERR_MALFORMED);
    assert_int_equal(ms, 12345);
}

static void reads_seconds(void **state)
{
    (void)state;
    assert_int_equal(parse_at("120", 0), 120000);
    assert_int_equal(parse_at("0", 0), 0);
    assert_int_equal(parse_at(" 7\t", 0), 7000);
}

static void cuts_seconds_to_a_day(void **state)
{
    (void)state;
    assert_int_equal(parse_at("86401", 0), MSVC_RETRY_AFTER_MAX_MS);
    assert_int_equal(parse_at("99999999999999999999999999999", 0), MSVC_RETRY_AFTER_MAX_MS);
}

static void reads_the_preferred_date(void **state)
{
    (void)state;
    assert_int_equal(parse_at("Sun, 06 Nov 1994 08:49:37 GMT", THEN_S - 90), 90000);
}

static void reads_the_date_of_rfc_850(void **state)
{
    (void)state;
    assert_int_equal(parse_at("Sunday, 06-Nov-94 08:49:37 GMT", THEN_S - 90), 90000);
}

static void reads_the_date_of_asctime(void **state)
{
    (void)state;
    assert_int_equal(parse_at("Sun Nov  6 08:49:37 1994", THEN_S - 90), 90000);
    assert_int_equal(parse_at("Wed Nov 16 08:49:37 1994", THEN_S + 10 * 86400 - 5), 5000);
}

static void takes_a_past_date_for_now(void **state)
{
    (void)state;
    assert_int_equal(parse_at("Sun, 06 Nov 1994 08:49:37 GMT", THEN_S + 1), 0);
}

static void cuts_a_far_date_to_a_day(void **state)
{
    (void)state;
    assert_int_equal(parse_at("Fri, 31 Dec 9999 23:59:59 GMT", THEN_S), MSVC_RETRY_AFTER_MAX_MS);
}

static void puts_years_of_two_digits_within_fifty_years(void **state)
{
    (void)state;
    assert_int_equal(parse_at("Saturday, 01-Jan-94 00:00:00 GMT", 1767225600), 0);
    assert_int_equal(parse_at("Thursday, 01-Jan-26 00:01:00 GMT", 1767225600), 60000);
}

static void knows_leap_days(void **state)
{
    (void)state;
    assert_int_equal(parse_at("Thu, 29 Feb 2024 00:00:01 GMT", 1709164800), 1000);
    assert_malformed("Wed, 29 Feb 2023 00:00:01 GMT");
    assert_malformed("Mon, 29 Feb 2100 00:00:01 GMT");
}

static void refuses_what_is_neither(void **state)
{
    (void)state;
    assert_malformed("");
    assert_malformed("-1");
    assert_malformed("1.5");
    assert_malformed("soon");
    assert_malformed("Sun, 06 Nov 1994 08:49:37");
    assert_malformed("Sun, 06 Nov 1994 08:49:37 GMT x");
    assert_malformed("Sun, 06 Nov 1994 24:49:37 GMT");
    assert_malformed("Sun, 31 Nov 1994 08:49:37 GMT");
    assert_malformed("Sun, 00 Nov 1994 08:49:37 GMT");
}

static void refuses_missing_text(void **state)
{
    uint64_t ms;

    (void)state;
    assert_int_equal(msvc_retry_after_parse(&ms, NULL, 0, 0), MSVC_ERR_MALFORMED);
    assert_int_equal(msvc_retry_after_parse(NULL, "1", 1, 0), MSVC_ERR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_seconds),
        cmocka_unit_test(cuts_seconds_to_a_day),
        cmocka_unit_test(reads_the_preferred_date),
        cmocka_unit_test(reads_the_date_of_rfc_850),
        cmocka_unit_test(reads_the_date_of_asctime),
        cmocka_unit_test(takes_a_past_date_for_now),
        cmocka_unit_test(cuts_a_far_date_to_a_day),
        cmocka_unit_test(puts_years_of_two_digits_within_fifty_years),
        cmocka_unit_test(knows_leap_days),
        cmocka_unit_test(refuses_what_is_neither),
        cmocka_unit_test(refuses_missing_text),
    };

    return cmocka_run_group_tests_name("retry_after", tests, NULL, NULL);
}
