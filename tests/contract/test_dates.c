/* SPDX-License-Identifier: MIT */
/* Dates: patterns that match and write, and expressions that move a moment. */
#include <stdio.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "contract/date_internal.h"

#include "test.h"

#define HOUR_NS INT64_C(3600000000000)

/* 2000-01-01 10:00:00, a Saturday. */
static struct msvc__moment base(void)
{
    return (struct msvc__moment){ .day = 10957, .ns = 10 * HOUR_NS };
}

static const char *format(struct msvc__moment moment, const char *text)
{
    static char shown[256];
    struct msvc__date_pattern *pattern = NULL;
    struct msvc_buffer out = MSVC_BUFFER_INIT;

    assert_int_equal(msvc__date_pattern_new(&pattern, text, NULL), 0);
    msvc__date_pattern_write(&out, pattern, moment);
    (void)snprintf(shown, sizeof(shown), "%s", out.data != NULL ? out.data : "");
    msvc_buffer_clear(&out);
    msvc__date_pattern_free(pattern);
    return shown;
}

/* The base moved by an expression; what is wrong with it when it cannot be read. */
static const char *move(const char *expression, enum msvc__date_part part)
{
    static struct msvc_error err;
    struct msvc__moment moment = base();

    if (msvc__date_expression(&moment, expression, part, &err) < 0)
        return err.message;
    return format(moment, part == MSVC__DATE_ONLY   ? "yyyy-MM-dd"
                          : part == MSVC__TIME_ONLY ? "HH:mm:ss.SSS"
                                                    : "yyyy-MM-dd'T'HH:mm:ss");
}

static bool matches(const char *text, const char *value)
{
    struct msvc__date_pattern *pattern = NULL;
    bool is;

    assert_int_equal(msvc__date_pattern_new(&pattern, text, NULL), 0);
    is = msvc__date_pattern_match(pattern, value, strlen(value));
    msvc__date_pattern_free(pattern);
    return is;
}

static void knows_the_days_of_all_years(void **state)
{
    (void)state;
    for (int64_t day = -800000; day < 800000; day += 37)
        assert_int_equal(msvc__date_to_day(msvc__date_of_day(day)), day);
    assert_int_equal(msvc__date_weekday(0), 4);
    assert_int_equal(msvc__date_weekday(-4), 7);
    assert_int_equal(msvc__date_month_days(1900, 2), 28);
    assert_int_equal(msvc__date_month_days(2000, 2), 29);
}

static void moves_dates(void **state)
{
    static const struct {
        const char *expression;
        const char *date;
    } cases[] = {
        { "", "2000-01-01" },
        { "now", "2000-01-01" },
        { "today", "2000-01-01" },
        { "yesterday", "1999-12-31" },
        { "tomorrow", "2000-01-02" },
        { "+ 1 day", "2000-01-02" },
        { "+ 1 week", "2000-01-08" },
        { "+1day-2weeks", "1999-12-19" },
        { "- 2 weeks", "1999-12-18" },
        { "+ 1 fortnight", "2000-01-15" },
        { "+ 4 years", "2004-01-01" },
        { "tomorrow + 4 years", "2004-01-02" },
        { "next week", "2000-01-08" },
        { "last month", "1999-12-01" },
        { "next fortnight", "2000-01-15" },
        { "next monday", "2000-01-03" },
        { "last wed", "1999-12-29" },
        { "next saturday", "2000-01-08" },
        { "next june", "2000-06-01" },
        { "next jan", "2001-01-01" },
        { "last december", "1999-12-01" },
        { "next year + 1 month - 1 day", "2001-01-31" },
        { "  TODAY   +  30 days ", "2000-01-31" },
        { "+ 30 days + 1 month", "2000-02-29" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(move(cases[i].expression, MSVC__DATE_ONLY), cases[i].date);
}

static void moves_times(void **state)
{
    static const struct {
        const char *expression;
        const char *time;
    } cases[] = {
        { "", "10:00:00.000" },
        { "now", "10:00:00.000" },
        { "midnight", "00:00:00.000" },
        { "noon", "12:00:00.000" },
        { "now + 2 hours", "12:00:00.000" },
        { "- 1 hour - 30 minutes", "08:30:00.000" },
        { "+ 14 hours + 1 millisecond", "00:00:00.001" },
        { "1 o'clock", "13:00:00.000" },
        { "11 o'clock", "11:00:00.000" },
        { "1 o'clock am", "01:00:00.000" },
        { "6 o'clock pm + 5 seconds", "18:00:05.000" },
        { "12 o'clock am", "00:00:00.000" },
        { "next hour", "11:00:00.000" },
        { "last minute", "09:59:00.000" },
        { "+ 9999999 hours", "01:00:00.000" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(move(cases[i].expression, MSVC__TIME_ONLY), cases[i].time);
}

static void moves_dates_and_times(void **state)
{
    static const struct {
        const char *expression;
        const char *moment;
    } cases[] = {
        { "today", "2000-01-01T10:00:00" },
        { "today @ midnight", "2000-01-01T00:00:00" },
        { "tomorrow @ noon - 5 minutes", "2000-01-02T11:55:00" },
        { "yesterday @ 1 o'clock", "1999-12-31T13:00:00" },
        { "@ + 15 hours", "2000-01-02T01:00:00" },
        { "+ 1 week @ now + 1 hour", "2000-01-08T11:00:00" },
        { "next tuesday@last hour", "2000-01-04T09:00:00" },
        { "now + 3 hours", "2000-01-01T13:00:00" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(move(cases[i].expression, MSVC__DATE_AND_TIME), cases[i].moment);
}

static void says_where_an_expression_goes_wrong(void **state)
{
    (void)state;
    assert_string_equal(move("today + x", MSVC__DATE_ONLY),
                        "date expression \"today + x\", character 9: expected a number of 1 to 7 "
                        "digits");
    assert_non_null(strstr(move("+ 1 hour", MSVC__DATE_ONLY), "character 5: expected days, weeks"));
    assert_non_null(strstr(move("+ 1 day", MSVC__TIME_ONLY), "expected hours, minutes"));
    assert_non_null(strstr(move("soon", MSVC__DATE_ONLY), "character 1: expected +, - or the end"));
    assert_non_null(strstr(move("today @ noon", MSVC__DATE_ONLY), "character 7"));
    assert_non_null(strstr(move("next thing", MSVC__DATE_ONLY), "a day of the week or a month"));
    assert_non_null(strstr(move("+ 9999999 years", MSVC__DATE_ONLY), "leaves the years"));
    assert_non_null(strstr(move("25 o'clock", MSVC__TIME_ONLY), "an hour from 0 to 24"));
}

static void writes_every_letter(void **state)
{
    struct msvc__moment moment = { .day = 19782,
                                   .ns = 13 * HOUR_NS + 5 * 60000000000 + 7008009010 };

    (void)state; /* Thursday, 29 February 2024, 13:05:07.008009010 */
    assert_string_equal(format(moment, "yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSSXXX"),
                        "2024-02-29T13:05:07.008009010Z");
    assert_string_equal(format(moment, "EEEE, d MMMM yy G"), "Thursday, 29 February 24 AD");
    assert_string_equal(format(moment, "EEE MMM D e Q q"), "Thu Feb 60 4 1 1");
    assert_string_equal(format(moment, "hh 'o''clock' a, k K"), "01 o'clock PM, 13 1");
    assert_string_equal(format(moment, "YYYY-'W'ww x xx xxx Z ZZZZ ZZZZZ O z VV"),
                        "2024-W09 +00 +0000 +00:00 +0000 GMT Z GMT UTC UTC");
    assert_string_equal(format(moment, "QQQ QQQQ n A"), "Q1 1st quarter 8009010 47107008");
}

static void reads_back_what_it_writes(void **state)
{
    static const char *const patterns[] = {
        "yyyy-MM-dd",
        "EEEE, d MMMM yyyy G",
        "EEE MMM dd HH:mm:ss z yyyy",
        "yyyyMMddHHmmssSSS",
        "hh:mm:ss a",
        "YYYY-'W'ww-e",
        "yyyy-DDD'T'HHX",
        "QQQ q yyyy O ZZZZ VV xxx XXXXX n N A",
    };

    (void)state;
    for (int64_t day = -1000; day < 20000; day += 173) {
        for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
            struct msvc__moment moment = { .day = day, .ns = day < 0 ? 0 : day * 1234567890 };

            assert_true(matches(patterns[i], format(moment, patterns[i])));
        }
    }
}

static void matches_offsets_as_they_are_asked_for(void **state)
{
    (void)state;
    assert_true(matches("X", "+10") && matches("X", "+1030") && matches("X", "Z"));
    assert_true(matches("XX", "+1030") && !matches("XX", "+10:30") && !matches("XX", "+10"));
    assert_true(matches("ssXXX", "00-03:30") && !matches("ssXXX", "00-0330") &&
                matches("ssXXX", "00Z"));
    assert_true(matches("xxx", "+00:00") && !matches("xxx", "Z"));
    assert_true(matches("Z", "-0330") && !matches("Z", "Z") && !matches("Z", "-03:30"));
    assert_true(matches("ZZZZ", "GMT+08:00") && matches("ZZZZZ", "+08:00"));
    assert_true(matches("z", "CET") && matches("zzzz", "Central European Time"));
    assert_true(matches("VV", "Europe/Paris") && matches("O", "GMT+8"));
    assert_false(matches("ssXXX", "00+19:00") || matches("ssXXX", "00+10:60"));
}

static void says_where_a_pattern_goes_wrong(void **state)
{
    static const char *const wrong[] = { "yyyy-bb", "yyyy 'at", "HHH", "[HH]", "V", "OO" };
    struct msvc__date_pattern *pattern = NULL;
    struct msvc_error err;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(msvc__date_pattern_new(&pattern, wrong[i], &err), MSVC_ERR_MALFORMED);
        assert_non_null(strstr(err.message, "character"));
    }
    assert_int_equal(msvc__date_pattern_new(&pattern, "yyyy-bb", &err), MSVC_ERR_MALFORMED);
    assert_non_null(strstr(err.message, "date pattern \"yyyy-bb\", character 6"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_days_of_all_years),
        cmocka_unit_test(moves_dates),
        cmocka_unit_test(moves_times),
        cmocka_unit_test(moves_dates_and_times),
        cmocka_unit_test(says_where_an_expression_goes_wrong),
        cmocka_unit_test(writes_every_letter),
        cmocka_unit_test(reads_back_what_it_writes),
        cmocka_unit_test(matches_offsets_as_they_are_asked_for),
        cmocka_unit_test(says_where_a_pattern_goes_wrong),
    };

    return cmocka_run_group_tests_name("dates", tests, NULL, NULL);
}
