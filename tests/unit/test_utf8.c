/* SPDX-License-Identifier: MIT */
#include "base/utf8_internal.h"

#include <string.h>

#include "test.h"

static void is_character(const char *text)
{
    assert_int_equal(msvc__utf8_length(text, strlen(text), NULL), strlen(text));
    assert_true(msvc__utf8_is_valid(text, strlen(text)));
}

static void is_bad(const char *text, size_t expected)
{
    size_t bad = 77;

    assert_int_equal(msvc__utf8_length(text, strlen(text), &bad), 0);
    assert_int_equal(bad, expected);
    assert_false(msvc__utf8_is_valid(text, strlen(text)));
}

static void accepts_the_first_and_last_of_every_length(void **state)
{
    (void)state;
    is_character("\x01");
    is_character("\x7f");
    is_character("\xc2\x80");
    is_character("\xdf\xbf");
    is_character("\xe0\xa0\x80");
    is_character("\xef\xbf\xbf");
    is_character("\xf0\x90\x80\x80");
    is_character("\xf4\x8f\xbf\xbf");
}

static void accepts_what_stands_beside_the_surrogates(void **state)
{
    (void)state;
    is_character("\xed\x9f\xbf");
    is_character("\xee\x80\x80");
}

static void refuses_overlong_forms(void **state)
{
    (void)state;
    is_bad("\xc0\x80", 1);
    is_bad("\xc1\xbf", 1);
    is_bad("\xe0\x9f\xbf", 1);
    is_bad("\xf0\x8f\xbf\xbf", 1);
}

static void refuses_surrogates(void **state)
{
    (void)state;
    is_bad("\xed\xa0\x80", 1);
    is_bad("\xed\xbf\xbf", 1);
}

static void refuses_what_is_above_unicode(void **state)
{
    (void)state;
    is_bad("\xf4\x90\x80\x80", 1);
    is_bad("\xf5\x80\x80\x80", 1);
    is_bad("\xff", 1);
}

static void refuses_a_continuation_alone(void **state)
{
    (void)state;
    is_bad("\x80", 1);
    is_bad("\xbf", 1);
}

static void counts_the_maximal_part_of_a_cut_character(void **state)
{
    (void)state;
    is_bad("\xc3", 1);
    is_bad("\xe2\x82", 2);
    is_bad("\xe2\x82z", 2);
    is_bad("\xf0\x9f\x98", 3);
    is_bad("\xf0\x9f\x98z", 3);
}

static void cuts_before_a_character_that_does_not_fit(void **state)
{
    (void)state;
    assert_int_equal(msvc__utf8_cut("a\xf0\x9f\x98\x80", 5, 4), 1);
    assert_int_equal(msvc__utf8_cut("a\xc3\xa4z", 4, 3), 3);
    assert_int_equal(msvc__utf8_cut("a\xc3\xa4z", 4, 2), 1);
}

static void cuts_nothing_that_fits(void **state)
{
    (void)state;
    assert_int_equal(msvc__utf8_cut("abc", 3, 3), 3);
}

static void cuts_at_the_most_what_is_not_utf8(void **state)
{
    (void)state;
    assert_int_equal(msvc__utf8_cut("\x80\x80\x80\x80\x80\x80\x80", 7, 6), 6);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(accepts_the_first_and_last_of_every_length),
        TEST(accepts_what_stands_beside_the_surrogates),
        TEST(refuses_overlong_forms),
        TEST(refuses_surrogates),
        TEST(refuses_what_is_above_unicode),
        TEST(refuses_a_continuation_alone),
        TEST(counts_the_maximal_part_of_a_cut_character),
        TEST(cuts_before_a_character_that_does_not_fit),
        TEST(cuts_nothing_that_fits),
        TEST(cuts_at_the_most_what_is_not_utf8),
    };

    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
