/* SPDX-License-Identifier: MIT */
#include <msvc/json.h>

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <msvc/buffer.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"

#include "test.h"

struct fixture {
    struct msvc_buffer out;
    struct msvc_json_writer w;
};

static int setup(void **state)
{
    static struct fixture f;

    f.out = (struct msvc_buffer)MSVC_BUFFER_INIT;
    msvc_json_writer_init(&f.w, &f.out);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc__fail_allocation_after(-1);
    msvc_buffer_clear(&f->out);
    return 0;
}

static void wrote(struct fixture *f, const char *expected)
{
    assert_int_equal(msvc_json_writer_status(&f->w), 0);
    assert_string_equal(f->out.data, expected);
}

static void double_writes(struct fixture *f, double number, const char *expected)
{
    msvc_json_double(&f->w, number);
    wrote(f, expected);
    assert_true(strtod(f->out.data, NULL) == number);
}

static void writes_an_order(void **state)
{
    struct fixture *f = *state;

    msvc_json_begin_object(&f->w);
    msvc_json_member_text(&f->w, "id", "o-1");
    msvc_json_member_int(&f->w, "total", -4200);
    msvc_json_member_bool(&f->w, "paid", false);
    msvc_json_key(&f->w, "lines");
    msvc_json_begin_array(&f->w);
    msvc_json_uint(&f->w, UINT64_MAX);
    msvc_json_begin_object(&f->w);
    msvc_json_end_object(&f->w);
    msvc_json_null(&f->w);
    msvc_json_end_array(&f->w);
    msvc_json_key(&f->w, "raw");
    msvc_json_raw(&f->w, "[1,2]", 5);
    msvc_json_end_object(&f->w);
    wrote(f, "{\"id\":\"o-1\",\"total\":-4200,\"paid\":false,"
             "\"lines\":[18446744073709551615,{},null],\"raw\":[1,2]}");
}

static void writes_a_bare_value(void **state)
{
    struct fixture *f = *state;

    msvc_json_bool(&f->w, true);
    wrote(f, "true");
}

static void writes_the_least_integer(void **state)
{
    struct fixture *f = *state;

    msvc_json_int(&f->w, INT64_MIN);
    wrote(f, "-9223372036854775808");
}

static void writes_null_for_a_null_string(void **state)
{
    struct fixture *f = *state;

    msvc_json_text(&f->w, NULL);
    wrote(f, "null");
}

static void escapes_quotes_backslashes_and_control_characters(void **state)
{
    struct fixture *f = *state;

    msvc_json_text_n(&f->w, "\"\\\b\f\n\r\t\x1f\0/", 10);
    wrote(f, "\"\\\"\\\\\\b\\f\\n\\r\\t\\u001f\\u0000/\"");
}

static void leaves_del_and_valid_utf8_as_they_are(void **state)
{
    struct fixture *f = *state;

    msvc_json_text(&f->w, "\x7f\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80 plain text behind it");
    wrote(f, "\"\x7f\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80 plain text behind it\"");
}

static void replaces_each_maximal_part_that_is_not_utf8(void **state)
{
    struct fixture *f = *state;

    msvc_json_text(&f->w, "a\xf0\x9f\x98z\xff\xfe\xed\xa0\x80\xc3");
    wrote(f, "\"a\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
             "\xef\xbf\xbd\"");
}

static void finds_what_needs_an_escape_at_every_offset(void **state)
{
    struct fixture *f = *state;

    msvc_json_begin_array(&f->w);
    msvc_json_text(&f->w, "1234567\"");
    msvc_json_text(&f->w, "12345678\n");
    msvc_json_text(&f->w, "\\2345678abcdefgh");
    msvc_json_text(&f->w, "123\x01"
                          "5678");
    msvc_json_end_array(&f->w);
    wrote(f, "[\"1234567\\\"\",\"12345678\\n\",\"\\\\2345678abcdefgh\",\"123\\u00015678\"]");
}

static void escapes_names_too(void **state)
{
    struct fixture *f = *state;

    msvc_json_begin_object(&f->w);
    msvc_json_member_int(&f->w, "a\"b", 1);
    msvc_json_end_object(&f->w);
    wrote(f, "{\"a\\\"b\":1}");
}

static void writes_a_price_with_its_own_digits(void **state)
{
    double_writes(*state, 19.99, "19.99");
}

static void writes_a_whole_double_without_a_point(void **state)
{
    double_writes(*state, -4200.0, "-4200");
}

static void writes_sixteen_digits_where_fifteen_do_not_read_back(void **state)
{
    double_writes(*state, 0.1 + 0.2, "0.30000000000000004");
}

static void writes_the_shorter_decimal_above_a_power_of_two(void **state)
{
    double_writes(*state, ldexp(1, -44), "5.684341886080802e-14");
}

static void writes_the_least_double_with_one_digit(void **state)
{
    double_writes(*state, ldexp(1, -1074), "5e-324");
}

static void writes_the_largest_double(void **state)
{
    double_writes(*state, DBL_MAX, "1.7976931348623157e308");
}

static void writes_small_numbers_with_an_exponent(void **state)
{
    double_writes(*state, 1.5e-7, "1.5e-7");
}

static void keeps_the_sign_of_zero(void **state)
{
    double_writes(*state, -0.0, "-0");
}

static void writes_null_for_nan_and_infinities(void **state)
{
    struct fixture *f = *state;

    msvc_json_begin_array(&f->w);
    msvc_json_double(&f->w, (double)NAN);
    msvc_json_double(&f->w, (double)INFINITY);
    msvc_json_double(&f->w, -(double)INFINITY);
    msvc_json_end_array(&f->w);
    wrote(f, "[null,null,null]");
}

static void an_empty_document_is_a_state_error(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_json_writer_status(&f->w), MSVC_ERR_STATE);
}

static void an_open_array_is_a_state_error(void **state)
{
    struct fixture *f = *state;

    msvc_json_begin_array(&f->w);
    assert_int_equal(msvc_json_writer_status(&f->w), MSVC_ERR_STATE);
}

static void a_second_document_is_a_state_error(void **state)
{
    struct fixture *f = *state;

    msvc_json_int(&f->w, 1);
    msvc_json_int(&f->w, 2);
    assert_int_equal(msvc_json_writer_status(&f->w), MSVC_ERR_STATE);
    assert_string_equal(f->out.data, "1");
}

static void a_value_without_a_name_is_a_state_error(void **state)
{
    struct fixture *f = *state;

    msvc_json_begin_object(&f->w);
    msvc_json_int(&f->w, 1);
    msvc_json_end_object(&f->w);
    assert_int_equal(msvc_json_writer_status(&f->w), MSVC_ERR_STATE);
}

static void a_name_without_a_value_is_a_state_error(void **state)
{
    struct fixture *f = *state;

    msvc_json_begin_object(&f->w);
    msvc_json_key(&f->w, "a");
    msvc_json_end_object(&f->w);
    assert_int_equal(msvc_json_writer_status(&f->w), MSVC_ERR_STATE);
}

static void two_names_in_a_row_are_a_state_error(void **state)
{
    struct fixture *f = *state;

    msvc_json_begin_object(&f->w);
    msvc_json_key(&f->w, "a");
    msvc_json_key(&f->w, "b");
    assert_int_equal(msvc_json_writer_status(&f->w), MSVC_ERR_STATE);
}

static void a_name_in_an_array_is_a_state_error(void **state)
{
    struct fixture *f = *state;

    msvc_json_begin_array(&f->w);
    msvc_json_key(&f->w, "a");
    assert_int_equal(msvc_json_writer_status(&f->w), MSVC_ERR_STATE);
}

static void the_wrong_end_is_a_state_error(void **state)
{
    struct fixture *f = *state;

    msvc_json_begin_array(&f->w);
    msvc_json_end_object(&f->w);
    assert_int_equal(msvc_json_writer_status(&f->w), MSVC_ERR_STATE);
}

static void an_end_too_many_is_a_state_error(void **state)
{
    struct fixture *f = *state;

    msvc_json_end_array(&f->w);
    assert_int_equal(msvc_json_writer_status(&f->w), MSVC_ERR_STATE);
}

static void a_null_name_is_invalid(void **state)
{
    struct fixture *f = *state;

    msvc_json_begin_object(&f->w);
    msvc_json_member_int(&f->w, NULL, 1);
    assert_int_equal(msvc_json_writer_status(&f->w), MSVC_ERR_INVALID);
}

static void nests(struct fixture *f, unsigned depth)
{
    for (unsigned i = 0; i < depth; i++)
        msvc_json_begin_array(&f->w);
    for (unsigned i = 0; i < depth; i++)
        msvc_json_end_array(&f->w);
}

static void writes_as_deep_as_the_limit(void **state)
{
    struct fixture *f = *state;

    nests(f, MSVC_JSON_DEPTH_MAX);
    assert_int_equal(msvc_json_writer_status(&f->w), 0);
    assert_int_equal(f->out.length, 2 * MSVC_JSON_DEPTH_MAX);
}

static void one_level_too_deep_is_over_the_limit(void **state)
{
    struct fixture *f = *state;

    nests(f, MSVC_JSON_DEPTH_MAX + 1);
    assert_int_equal(msvc_json_writer_status(&f->w), MSVC_ERR_LIMIT);
}

static void says_what_the_buffer_says(void **state)
{
    struct fixture *f = *state;

    f->out.limit = 4;
    msvc_json_text(&f->w, "too long");
    assert_int_equal(msvc_json_writer_status(&f->w), MSVC_ERR_LIMIT);
}

static void survives_a_failed_allocation(void **state)
{
    struct fixture *f = *state;

    msvc__fail_allocation_after(0);
    msvc_json_text(&f->w, "a");
    assert_int_equal(msvc_json_writer_status(&f->w), MSVC_ERR_NOMEM);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(writes_an_order),
        TEST(writes_a_bare_value),
        TEST(writes_the_least_integer),
        TEST(writes_null_for_a_null_string),
        TEST(escapes_quotes_backslashes_and_control_characters),
        TEST(leaves_del_and_valid_utf8_as_they_are),
        TEST(replaces_each_maximal_part_that_is_not_utf8),
        TEST(finds_what_needs_an_escape_at_every_offset),
        TEST(escapes_names_too),
        TEST(writes_a_price_with_its_own_digits),
        TEST(writes_a_whole_double_without_a_point),
        TEST(writes_sixteen_digits_where_fifteen_do_not_read_back),
        TEST(writes_the_shorter_decimal_above_a_power_of_two),
        TEST(writes_the_least_double_with_one_digit),
        TEST(writes_the_largest_double),
        TEST(writes_small_numbers_with_an_exponent),
        TEST(keeps_the_sign_of_zero),
        TEST(writes_null_for_nan_and_infinities),
        TEST(an_empty_document_is_a_state_error),
        TEST(an_open_array_is_a_state_error),
        TEST(a_second_document_is_a_state_error),
        TEST(a_value_without_a_name_is_a_state_error),
        TEST(a_name_without_a_value_is_a_state_error),
        TEST(two_names_in_a_row_are_a_state_error),
        TEST(a_name_in_an_array_is_a_state_error),
        TEST(the_wrong_end_is_a_state_error),
        TEST(an_end_too_many_is_a_state_error),
        TEST(a_null_name_is_invalid),
        TEST(writes_as_deep_as_the_limit),
        TEST(one_level_too_deep_is_over_the_limit),
        TEST(says_what_the_buffer_says),
        TEST(survives_a_failed_allocation),
    };

    return cmocka_run_group_tests_name("json_write", tests, NULL, NULL);
}
