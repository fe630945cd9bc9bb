/* SPDX-License-Identifier: MIT */
#include <msvc/json.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"

#include "test.h"

struct fixture {
    struct msvc_json_document *document;
    const struct msvc_json *root;
    struct msvc_buffer text;
    struct msvc_error err;
};

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){ .text = MSVC_BUFFER_INIT };
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc__fail_allocation_after(-1);
    msvc_json_free(f->document);
    msvc_buffer_clear(&f->text);
    return 0;
}

static void parse_n(struct fixture *f, const char *text, size_t length,
                    const struct msvc_json_options *options)
{
    if (msvc_json_parse(&f->document, text, length, options, &f->err) < 0)
        fail_msg("%.40s: %s", text, f->err.message);
    f->root = msvc_json_root(f->document);
}

static void parse(struct fixture *f, const char *text)
{
    parse_n(f, text, strlen(text), NULL);
}

static void refuses_n(struct fixture *f, const char *text, size_t length, const char *message)
{
    assert_int_equal(msvc_json_parse(&f->document, text, length, NULL, &f->err),
                     MSVC_ERR_MALFORMED);
    assert_null(f->document);
    assert_string_equal(f->err.message, message);
}

static void refuses(struct fixture *f, const char *text, const char *message)
{
    refuses_n(f, text, strlen(text), message);
}

static void string_is(const struct msvc_json *value, const char *expected, size_t expected_length)
{
    size_t length = 0;
    const char *text = msvc_json_string(value, &length);

    assert_non_null(text);
    assert_int_equal(length, expected_length);
    assert_memory_equal(text, expected, expected_length + 1);
}

static void int_is(struct fixture *f, const char *text, int64_t expected)
{
    int64_t number = 77;

    parse(f, text);
    assert_int_equal(msvc_json_get_int(&number, f->root), 0);
    assert_true(number == expected);
}

static void int_is_refused(struct fixture *f, const char *text, int status)
{
    int64_t number = 77;

    parse(f, text);
    assert_int_equal(msvc_json_get_int(&number, f->root), status);
    assert_int_equal(number, 77);
}

static void reads_an_order(void **state)
{
    struct fixture *f = *state;
    const struct msvc_json *lines;

    parse(f, " {\"id\" : \"o-1\",\r\n\t\"lines\":[ 1 , true,false,null,{}, [] ]} ");
    assert_int_equal(msvc_json_type(f->root), MSVC_JSON_OBJECT);
    assert_int_equal(msvc_json_count(f->root), 2);
    string_is(msvc_json_member(f->root, "id"), "o-1", 3);
    lines = msvc_json_member(f->root, "lines");
    assert_int_equal(msvc_json_type(lines), MSVC_JSON_ARRAY);
    assert_int_equal(msvc_json_count(lines), 6);
}

static void walks_an_array_in_order(void **state)
{
    struct fixture *f = *state;
    const struct msvc_json *value;

    parse(f, "[true,false,null]");
    value = msvc_json_first(f->root);
    assert_int_equal(msvc_json_type(value), MSVC_JSON_TRUE);
    value = msvc_json_next(value);
    assert_int_equal(msvc_json_type(value), MSVC_JSON_FALSE);
    value = msvc_json_next(value);
    assert_int_equal(msvc_json_type(value), MSVC_JSON_NULL);
    assert_null(msvc_json_next(value));
}

static void walks_members_with_their_names(void **state)
{
    struct fixture *f = *state;
    const struct msvc_json *value;
    size_t length = 0;

    parse(f, "{\"b\":1,\"a\\u0000c\":2}");
    value = msvc_json_first(f->root);
    assert_string_equal(msvc_json_name(value, NULL), "b");
    value = msvc_json_next(value);
    assert_memory_equal(msvc_json_name(value, &length), "a\0c", 4);
    assert_int_equal(length, 3);
    assert_null(msvc_json_name(f->root, NULL));
}

static void answers_none_along_a_path_that_is_not_there(void **state)
{
    struct fixture *f = *state;
    int64_t number;

    parse(f, "{\"a\":[1]}");
    assert_null(msvc_json_member(msvc_json_member(f->root, "b"), "c"));
    assert_null(msvc_json_member(msvc_json_member(f->root, "a"), "c"));
    assert_null(msvc_json_string(msvc_json_member(f->root, "a"), NULL));
    assert_null(msvc_json_number(NULL));
    assert_null(msvc_json_root(NULL));
    assert_int_equal(msvc_json_type(NULL), MSVC_JSON_NONE);
    assert_int_equal(msvc_json_count(NULL), 0);
    assert_int_equal(msvc_json_get_int(&number, NULL), MSVC_ERR_NOT_FOUND);
}

static void keeps_numbers_as_they_were_written(void **state)
{
    struct fixture *f = *state;

    parse(f, "-123456789012345678901234567890.10E+0400");
    assert_string_equal(msvc_json_number(f->root), "-123456789012345678901234567890.10E+0400");
}

static void reads_the_greatest_integer(void **state)
{
    int_is(*state, "9223372036854775807", INT64_MAX);
}

static void reads_the_least_integer(void **state)
{
    int_is(*state, "-9223372036854775808", INT64_MIN);
}

static void one_point_zero_is_whole(void **state)
{
    int_is(*state, "-1.0", -1);
}

static void one_e_two_is_whole(void **state)
{
    int_is(*state, "1E2", 100);
}

static void an_exponent_may_make_a_fraction_whole(void **state)
{
    int_is(*state, "1.250e2", 125);
}

static void a_negative_exponent_may_leave_it_whole(void **state)
{
    int_is(*state, "1200e-2", 12);
}

static void zero_with_a_huge_exponent_is_zero(void **state)
{
    int_is(*state, "-0.0e99999999999999999999999", 0);
}

static void a_fraction_is_not_whole(void **state)
{
    int_is_refused(*state, "1.5", MSVC_ERR_INVALID);
}

static void a_huge_negative_exponent_is_not_whole(void **state)
{
    int_is_refused(*state, "1e-99999999999999999999999", MSVC_ERR_INVALID);
}

static void two_to_the_63_does_not_fit(void **state)
{
    int_is_refused(*state, "9223372036854775808", MSVC_ERR_LIMIT);
}

static void below_the_least_integer_does_not_fit(void **state)
{
    int_is_refused(*state, "-9223372036854775809", MSVC_ERR_LIMIT);
}

static void a_huge_exponent_does_not_fit(void **state)
{
    int_is_refused(*state, "1e99999999999999999999999", MSVC_ERR_LIMIT);
}

static void a_string_is_no_integer(void **state)
{
    int_is_refused(*state, "\"1\"", MSVC_ERR_INVALID);
}

static void decodes_escapes(void **state)
{
    struct fixture *f = *state;

    parse(f, "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e4\\u20AC\"");
    string_is(f->root, "\"\\/\b\f\n\r\tA\xc3\xa4\xe2\x82\xac", 14);
}

static void decodes_a_surrogate_pair(void **state)
{
    struct fixture *f = *state;

    parse(f, "\"\\uD83D\\ude00\"");
    string_is(f->root, "\xf0\x9f\x98\x80", 4);
}

static void keeps_a_nul_in_a_string(void **state)
{
    struct fixture *f = *state;

    parse(f, "\"a\\u0000b\"");
    string_is(f->root, "a\0b", 3);
}

static void refuses_an_empty_text(void **state)
{
    refuses(*state, "", "JSON, line 1, column 1: expected a value, found the end");
}

static void refuses_a_byte_order_mark(void **state)
{
    refuses(*state, "\xef\xbb\xbf{}", "JSON, line 1, column 1: expected a value, found byte 0xef");
}

static void says_line_and_column_in_characters(void **state)
{
    refuses(*state, "{\n \"\xc3\xa4\xc3\xa4\": x}",
            "JSON, line 2, column 8: expected a value, found 'x'");
}

static void refuses_a_second_document(void **state)
{
    refuses(*state, "1 2",
            "JSON, line 1, column 3: expected nothing after the document, found '2'");
}

static void refuses_a_comma_before_the_end_of_an_array(void **state)
{
    refuses(*state, "[1,]", "JSON, line 1, column 4: expected a value, found ']'");
}

static void refuses_a_comma_before_the_end_of_an_object(void **state)
{
    refuses(*state, "{\"a\":1,}", "JSON, line 1, column 8: expected a name in quotes, found '}'");
}

static void refuses_a_comma_at_the_start(void **state)
{
    refuses(*state, "[,1]", "JSON, line 1, column 2: expected a value, found ','");
}

static void refuses_a_missing_comma(void **state)
{
    refuses(*state, "[1 2]", "JSON, line 1, column 4: expected ',' or ']', found '2'");
}

static void refuses_a_missing_colon(void **state)
{
    refuses(*state, "{\"a\" 1}", "JSON, line 1, column 6: expected ':' after a name, found '1'");
}

static void refuses_a_name_without_quotes(void **state)
{
    refuses(*state, "{a:1}", "JSON, line 1, column 2: expected a name in quotes, found 'a'");
}

static void refuses_the_wrong_bracket(void **state)
{
    refuses(*state, "[1}", "JSON, line 1, column 3: expected ',' or ']', found '}'");
}

static void refuses_an_open_object(void **state)
{
    refuses(*state, "{\"a\":1", "JSON, line 1, column 7: expected ',' or '}', found the end");
}

static void refuses_an_open_string(void **state)
{
    refuses(*state, "\"abc",
            "JSON, line 1, column 5: expected '\"' at the end of a string, found the end");
}

static void refuses_a_line_break_in_a_string(void **state)
{
    refuses(*state, "\"a\n\"",
            "JSON, line 1, column 3: expected an escape instead of a control character, found "
            "byte 0x0a");
}

static void refuses_a_nul_between_values(void **state)
{
    refuses_n(*state, "[1\0]", 4, "JSON, line 1, column 3: expected ',' or ']', found byte 0x00");
}

static void refuses_what_is_not_utf8(void **state)
{
    refuses(*state, "\"\xc3(\"", "JSON, line 1, column 2: expected UTF-8, found byte 0xc3");
}

static void refuses_an_unknown_escape(void **state)
{
    refuses(*state, "\"\\x41\"",
            "JSON, line 1, column 3: expected one of \"\\/bfnrtu after a backslash, found 'x'");
}

static void refuses_a_short_unicode_escape(void **state)
{
    refuses(*state, "\"\\u12\"",
            "JSON, line 1, column 6: expected four hexadecimal digits after \\u, found '\"'");
}

static void refuses_a_lone_high_surrogate(void **state)
{
    refuses(*state, "\"\\ud83dx\"", "JSON, line 1, column 2: half of a surrogate pair");
}

static void refuses_a_lone_low_surrogate(void **state)
{
    refuses(*state, "\"\\ude00\"", "JSON, line 1, column 2: half of a surrogate pair");
}

static void refuses_two_high_surrogates(void **state)
{
    refuses(*state, "\"\\ud83d\\ud83d\"", "JSON, line 1, column 2: half of a surrogate pair");
}

static void refuses_a_leading_zero(void **state)
{
    refuses(*state, "-01",
            "JSON, line 1, column 3: expected no digit after a leading zero, found '1'");
}

static void refuses_a_plus_sign(void **state)
{
    refuses(*state, "+1", "JSON, line 1, column 1: expected a value, found '+'");
}

static void refuses_a_minus_sign_alone(void **state)
{
    refuses(*state, "-", "JSON, line 1, column 2: expected a digit, found the end");
}

static void refuses_a_point_without_digits(void **state)
{
    refuses(*state, "[1.]", "JSON, line 1, column 4: expected a digit after the point, found ']'");
}

static void refuses_an_exponent_without_digits(void **state)
{
    refuses(*state, "1e+",
            "JSON, line 1, column 4: expected a digit in the exponent, found the end");
}

static void refuses_nan(void **state)
{
    refuses(*state, "NaN", "JSON, line 1, column 1: expected a value, found 'N'");
}

static void refuses_a_word_that_is_cut(void **state)
{
    refuses(*state, "[tru]", "JSON, line 1, column 2: expected true, false or null, found 't'");
}

static void refuses_a_name_that_occurs_twice(void **state)
{
    refuses(*state, "{\"a\":1,\"b\":2,\n\"a\":3}",
            "JSON, line 2, column 6: the object that ends here has a name twice: \"a\"");
}

static void finds_a_name_twice_however_it_is_written(void **state)
{
    refuses(*state, "{\"a\":1,\"\\u0061\":2}",
            "JSON, line 1, column 18: the object that ends here has a name twice: \"a\"");
}

static void write_members(struct fixture *f, unsigned count, const char *last)
{
    msvc_buffer_byte(&f->text, '{');
    for (unsigned i = 0; i < count; i++)
        msvc_buffer_printf(&f->text, "\"member-%u\":%u,", i, i);
    msvc_buffer_printf(&f->text, "\"%s\":-1}", last);
}

static void finds_every_member_of_a_big_object(void **state)
{
    struct fixture *f = *state;

    write_members(f, 5000, "last");
    parse(f, f->text.data);
    assert_int_equal(msvc_json_count(f->root), 5001);
    assert_string_equal(msvc_json_number(msvc_json_member(f->root, "member-4711")), "4711");
    assert_string_equal(msvc_json_number(msvc_json_member(f->root, "last")), "-1");
    assert_null(msvc_json_member(f->root, "member-5000"));
}

static void refuses_a_name_that_occurs_twice_in_a_big_object(void **state)
{
    struct fixture *f = *state;

    write_members(f, 5000, "member-17");
    assert_int_equal(msvc_json_parse(&f->document, f->text.data, f->text.length, NULL, &f->err),
                     MSVC_ERR_MALFORMED);
    assert_non_null(strstr(f->err.message, "twice: \"member-17\""));
}

static void keeps_the_last_of_two_when_asked_to(void **state)
{
    struct fixture *f = *state;
    const char *text = "{\"a\":1,\"b\":2,\"a\":3,\"a\":4}";

    parse_n(f, text, strlen(text), MSVC_JSON_OPTIONS(.allow_duplicates = true));
    assert_int_equal(msvc_json_count(f->root), 2);
    assert_string_equal(msvc_json_number(msvc_json_member(f->root, "a")), "4");
    assert_string_equal(msvc_json_name(msvc_json_first(f->root), NULL), "b");
    assert_string_equal(msvc_json_name(msvc_json_next(msvc_json_first(f->root)), NULL), "a");
}

static void keeps_the_last_of_two_in_a_big_object(void **state)
{
    struct fixture *f = *state;

    write_members(f, 100, "member-17");
    parse_n(f, f->text.data, f->text.length, MSVC_JSON_OPTIONS(.allow_duplicates = true));
    assert_int_equal(msvc_json_count(f->root), 100);
    assert_string_equal(msvc_json_number(msvc_json_member(f->root, "member-17")), "-1");
}

static void write_nested(struct fixture *f, unsigned depth)
{
    for (unsigned i = 0; i < depth; i++)
        msvc_buffer_text(&f->text, i % 2 == 0 ? "[" : "{\"a\":");
    msvc_buffer_byte(&f->text, '1');
    for (unsigned i = depth; i > 0; i--)
        msvc_buffer_byte(&f->text, i % 2 == 0 ? '}' : ']');
}

static void reads_as_deep_as_the_limit(void **state)
{
    struct fixture *f = *state;

    write_nested(f, MSVC_JSON_DEPTH_MAX);
    parse(f, f->text.data);
}

static void refuses_one_level_more(void **state)
{
    struct fixture *f = *state;

    write_nested(f, MSVC_JSON_DEPTH_MAX + 1);
    assert_int_equal(msvc_json_parse(&f->document, f->text.data, f->text.length, NULL, &f->err),
                     MSVC_ERR_LIMIT);
    assert_non_null(strstr(f->err.message, "nested deeper"));
}

static void obeys_a_smaller_depth_limit(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        msvc_json_parse(&f->document, "[[1]]", 5, MSVC_JSON_OPTIONS(.depth_limit = 1), &f->err),
        MSVC_ERR_LIMIT);
}

static void obeys_the_length_limit(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        msvc_json_parse(&f->document, "[1]", 3, MSVC_JSON_OPTIONS(.length_limit = 2), &f->err),
        MSVC_ERR_LIMIT);
}

static void refuses_limits_above_the_most(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_json_parse(&f->document, "1", 1,
                                     MSVC_JSON_OPTIONS(.depth_limit = MSVC_JSON_DEPTH_MAX + 1),
                                     NULL),
                     MSVC_ERR_INVALID);
    assert_int_equal(msvc_json_parse(&f->document, "1", 1,
                                     MSVC_JSON_OPTIONS(.length_limit = MSVC_JSON_LENGTH_MAX + 1),
                                     NULL),
                     MSVC_ERR_INVALID);
}

static void refuses_null(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_json_parse(&f->document, NULL, 0, NULL, NULL), MSVC_ERR_INVALID);
    assert_int_equal(msvc_json_parse(NULL, "1", 1, NULL, NULL), MSVC_ERR_INVALID);
}

static void refuses_options_of_a_newer_version(void **state)
{
    struct newer {
        struct msvc_json_options known;
        int unknown;
    } newer = { .known.size = sizeof(newer), .unknown = 1 };
    struct fixture *f = *state;

    assert_int_equal(msvc_json_parse(&f->document, "1", 1, &newer.known, &f->err),
                     MSVC_ERR_UNSUPPORTED);
}

static void survives_every_failed_allocation(void **state)
{
    struct fixture *f = *state;
    int status = MSVC_ERR_NOMEM;

    write_members(f, 100, "last");
    for (long i = 0; status == MSVC_ERR_NOMEM; i++) {
        assert_null(f->document);
        msvc__fail_allocation_after(i);
        status = msvc_json_parse(&f->document, f->text.data, f->text.length, NULL, &f->err);
        msvc__fail_allocation_after(-1);
        assert_true(status == 0 || i < 10);
    }
    assert_int_equal(status, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_an_order),
        TEST(walks_an_array_in_order),
        TEST(walks_members_with_their_names),
        TEST(answers_none_along_a_path_that_is_not_there),
        TEST(keeps_numbers_as_they_were_written),
        TEST(reads_the_greatest_integer),
        TEST(reads_the_least_integer),
        TEST(one_point_zero_is_whole),
        TEST(one_e_two_is_whole),
        TEST(an_exponent_may_make_a_fraction_whole),
        TEST(a_negative_exponent_may_leave_it_whole),
        TEST(zero_with_a_huge_exponent_is_zero),
        TEST(a_fraction_is_not_whole),
        TEST(a_huge_negative_exponent_is_not_whole),
        TEST(two_to_the_63_does_not_fit),
        TEST(below_the_least_integer_does_not_fit),
        TEST(a_huge_exponent_does_not_fit),
        TEST(a_string_is_no_integer),
        TEST(decodes_escapes),
        TEST(decodes_a_surrogate_pair),
        TEST(keeps_a_nul_in_a_string),
        TEST(refuses_an_empty_text),
        TEST(refuses_a_byte_order_mark),
        TEST(says_line_and_column_in_characters),
        TEST(refuses_a_second_document),
        TEST(refuses_a_comma_before_the_end_of_an_array),
        TEST(refuses_a_comma_before_the_end_of_an_object),
        TEST(refuses_a_comma_at_the_start),
        TEST(refuses_a_missing_comma),
        TEST(refuses_a_missing_colon),
        TEST(refuses_a_name_without_quotes),
        TEST(refuses_the_wrong_bracket),
        TEST(refuses_an_open_object),
        TEST(refuses_an_open_string),
        TEST(refuses_a_line_break_in_a_string),
        TEST(refuses_a_nul_between_values),
        TEST(refuses_what_is_not_utf8),
        TEST(refuses_an_unknown_escape),
        TEST(refuses_a_short_unicode_escape),
        TEST(refuses_a_lone_high_surrogate),
        TEST(refuses_a_lone_low_surrogate),
        TEST(refuses_two_high_surrogates),
        TEST(refuses_a_leading_zero),
        TEST(refuses_a_plus_sign),
        TEST(refuses_a_minus_sign_alone),
        TEST(refuses_a_point_without_digits),
        TEST(refuses_an_exponent_without_digits),
        TEST(refuses_nan),
        TEST(refuses_a_word_that_is_cut),
        TEST(refuses_a_name_that_occurs_twice),
        TEST(finds_a_name_twice_however_it_is_written),
        TEST(finds_every_member_of_a_big_object),
        TEST(refuses_a_name_that_occurs_twice_in_a_big_object),
        TEST(keeps_the_last_of_two_when_asked_to),
        TEST(keeps_the_last_of_two_in_a_big_object),
        TEST(reads_as_deep_as_the_limit),
        TEST(refuses_one_level_more),
        TEST(obeys_a_smaller_depth_limit),
        TEST(obeys_the_length_limit),
        TEST(refuses_limits_above_the_most),
        TEST(refuses_null),
        TEST(refuses_options_of_a_newer_version),
        TEST(survives_every_failed_allocation),
    };

    return cmocka_run_group_tests_name("json_read", tests, NULL, NULL);
}
