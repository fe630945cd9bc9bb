/* SPDX-License-Identifier: MIT */
#include <msvc/error.h>

#include <errno.h>
#include <string.h>

#include "test.h"

static void fills_every_field_and_returns_the_status(void **state)
{
    struct msvc_error err;

    (void)state;
    memset(&err, 0xff, sizeof(err));
    assert_int_equal(msvc_error_set(&err, MSVC_ERR_TIMEOUT, "kafka", EAGAIN, "no ack in %d ms", 5),
                     MSVC_ERR_TIMEOUT);
    assert_int_equal(err.status, MSVC_ERR_TIMEOUT);
    assert_int_equal(err.native, EAGAIN);
    assert_string_equal(err.origin, "kafka");
    assert_string_equal(err.message, "no ack in 5 ms");
    assert_int_equal(err.reserved[0], 0);
    assert_int_equal(err.reserved[63], 0);
}

static void accepts_null(void **state)
{
    (void)state;
    assert_int_equal(msvc_error_set(NULL, MSVC_ERR_LIMIT, "core", 0, "x"), MSVC_ERR_LIMIT);
    msvc_error_prefix(NULL, "x");
}

static void cuts_a_long_origin(void **state)
{
    struct msvc_error err;

    (void)state;
    (void)msvc_error_set(&err, MSVC_ERR_LIMIT, "a-very-long-origin-name", 0, "x");
    assert_string_equal(err.origin, "a-very-long-ori");
}

static void cuts_a_long_message_between_characters(void **state)
{
    struct msvc_error err;
    char text[500];

    (void)state;
    memset(text, 'a', sizeof(text));
    memcpy(text + sizeof(err.message) - 2, "\xc3\xa4", 2);
    text[sizeof(text) - 1] = '\0';
    (void)msvc_error_set(&err, MSVC_ERR_LIMIT, "core", 0, "%s", text);
    assert_int_equal(strlen(err.message), sizeof(err.message) - 2);
}

static void keeps_the_start_of_long_bytes_that_are_not_utf8(void **state)
{
    struct msvc_error err;
    char text[500];

    (void)state;
    memset(text, 0x80, sizeof(text));
    text[sizeof(text) - 1] = '\0';
    (void)msvc_error_set(&err, MSVC_ERR_LIMIT, "core", 0, "%s", text);
    assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
    assert_int_equal(err.message[0], '?');
}

static void makes_remote_text_one_clean_line(void **state)
{
    struct msvc_error err;

    (void)state;
    (void)msvc_error_set(&err, MSVC_ERR_REFUSED, "core", 0, "%s",
                         "a\nb\r\tc\x7f"
                         "d\xff\xc3\xa4\x1b[0m");
    assert_string_equal(err.message, "a b  c d?\xc3\xa4 [0m");
}

static void puts_a_prefix_before_the_message(void **state)
{
    struct msvc_error err;

    (void)state;
    (void)msvc_error_set(&err, MSVC_ERR_REFUSED, "core", 7, "found x");
    msvc_error_prefix(&err, "line %d", 3);
    assert_string_equal(err.message, "line 3: found x");
    assert_int_equal(err.status, MSVC_ERR_REFUSED);
    assert_int_equal(err.native, 7);
}

static void cuts_the_message_behind_a_long_prefix(void **state)
{
    struct msvc_error err;
    char text[600];

    (void)state;
    memset(text, 'p', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    (void)msvc_error_set(&err, MSVC_ERR_REFUSED, "core", 0, "found x");
    msvc_error_prefix(&err, "%s", text);
    assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fills_every_field_and_returns_the_status),
        TEST(accepts_null),
        TEST(cuts_a_long_origin),
        TEST(cuts_a_long_message_between_characters),
        TEST(keeps_the_start_of_long_bytes_that_are_not_utf8),
        TEST(makes_remote_text_one_clean_line),
        TEST(puts_a_prefix_before_the_message),
        TEST(cuts_the_message_behind_a_long_prefix),
    };

    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
