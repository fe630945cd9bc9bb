/* SPDX-License-Identifier: MIT */
#include <msvc/buffer.h>

#include <stdlib.h>
#include <string.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"

#include "test.h"

static int setup(void **state)
{
    static struct msvc_buffer b;

    b = (struct msvc_buffer)MSVC_BUFFER_INIT;
    *state = &b;
    return 0;
}

static int teardown(void **state)
{
    msvc__fail_allocation_after(-1);
    msvc_buffer_clear(*state);
    return 0;
}

static void holds(const struct msvc_buffer *b, const char *expected)
{
    assert_int_equal(msvc_buffer_status(b), 0);
    assert_int_equal(b->length, strlen(expected));
    assert_string_equal(b->data, expected);
}

static void grows_with_what_is_appended(void **state)
{
    struct msvc_buffer *b = *state;

    msvc_buffer_text(b, "hello ");
    msvc_buffer_bytes(b, "world", 3);
    msvc_buffer_byte(b, '!');
    msvc_buffer_printf(b, " %d %s", 42, "times");
    holds(b, "hello wor! 42 times");
}

static void is_null_while_empty(void **state)
{
    struct msvc_buffer *b = *state;

    assert_null(b->data);
    assert_int_equal(msvc_buffer_status(b), 0);
}

static void is_always_followed_by_a_nul(void **state)
{
    struct msvc_buffer *b = *state;

    for (unsigned i = 0; i < 1000; i++) {
        msvc_buffer_byte(b, 'a');
        assert_int_equal(b->data[b->length], '\0');
    }
    assert_int_equal(b->length, 1000);
}

static void takes_what_was_written_at_reserve(void **state)
{
    struct msvc_buffer *b = *state;
    char *at;

    msvc_buffer_text(b, "a");
    at = msvc_buffer_reserve(b, 100);
    assert_non_null(at);
    memcpy(at, "bc", 2);
    msvc_buffer_added(b, 2);
    holds(b, "abc");
}

static void truncates_and_ignores_a_longer_length(void **state)
{
    struct msvc_buffer *b = *state;

    msvc_buffer_text(b, "abc");
    msvc_buffer_truncate(b, 5);
    holds(b, "abc");
    msvc_buffer_truncate(b, 1);
    holds(b, "a");
}

static void drops_the_first_bytes(void **state)
{
    struct msvc_buffer *b = *state;

    msvc_buffer_text(b, "abc");
    msvc_buffer_consume(b, 2);
    holds(b, "c");
}

static void drops_no_more_than_there_is(void **state)
{
    struct msvc_buffer *b = *state;

    msvc_buffer_text(b, "abc");
    msvc_buffer_consume(b, 4);
    holds(b, "");
    msvc_buffer_clear(b);
    msvc_buffer_consume(b, 1);
    assert_int_equal(b->length, 0);
}

static void fills_up_to_its_limit(void **state)
{
    struct msvc_buffer *b = *state;

    b->limit = 3;
    msvc_buffer_text(b, "abc");
    holds(b, "abc");
}

static void stays_failed_once_over_its_limit(void **state)
{
    struct msvc_buffer *b = *state;

    b->limit = 3;
    msvc_buffer_text(b, "abcd");
    msvc_buffer_text(b, "a");
    assert_null(msvc_buffer_reserve(b, 0));
    assert_int_equal(msvc_buffer_status(b), MSVC_ERR_LIMIT);
    assert_int_equal(b->length, 0);
    assert_null(msvc_buffer_steal(b));
}

static void notices_a_limit_below_what_it_holds(void **state)
{
    struct msvc_buffer *b = *state;

    msvc_buffer_text(b, "abc");
    b->limit = 2;
    msvc_buffer_byte(b, 'd');
    assert_int_equal(msvc_buffer_status(b), MSVC_ERR_LIMIT);
}

static void refuses_what_no_memory_could_hold(void **state)
{
    struct msvc_buffer *b = *state;

    b->limit = SIZE_MAX;
    assert_null(msvc_buffer_reserve(b, SIZE_MAX - 1));
    assert_int_equal(msvc_buffer_status(b), MSVC_ERR_LIMIT);
}

static void keeps_its_limit_and_works_again_after_clear(void **state)
{
    struct msvc_buffer *b = *state;

    b->limit = 3;
    msvc_buffer_text(b, "abcd");
    msvc_buffer_clear(b);
    msvc_buffer_text(b, "abc");
    holds(b, "abc");
    assert_int_equal(b->limit, 3);
}

static void gives_its_bytes_away_and_is_empty(void **state)
{
    struct msvc_buffer *b = *state;
    char *data;

    msvc_buffer_text(b, "abc");
    data = msvc_buffer_steal(b);
    assert_string_equal(data, "abc");
    assert_null(b->data);
    free(data);
}

static void gives_an_empty_string_away(void **state)
{
    char *data = msvc_buffer_steal(*state);

    assert_string_equal(data, "");
    free(data);
}

static void keeps_what_it_had_when_memory_runs_out(void **state)
{
    struct msvc_buffer *b = *state;

    msvc_buffer_text(b, "abc");
    msvc__fail_allocation_after(0);
    assert_null(msvc_buffer_reserve(b, 1000));
    assert_int_equal(msvc_buffer_status(b), MSVC_ERR_NOMEM);
    assert_string_equal(b->data, "abc");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(grows_with_what_is_appended),
        TEST(is_null_while_empty),
        TEST(is_always_followed_by_a_nul),
        TEST(takes_what_was_written_at_reserve),
        TEST(truncates_and_ignores_a_longer_length),
        TEST(drops_the_first_bytes),
        TEST(drops_no_more_than_there_is),
        TEST(fills_up_to_its_limit),
        TEST(stays_failed_once_over_its_limit),
        TEST(notices_a_limit_below_what_it_holds),
        TEST(refuses_what_no_memory_could_hold),
        TEST(keeps_its_limit_and_works_again_after_clear),
        TEST(gives_its_bytes_away_and_is_empty),
        TEST(gives_an_empty_string_away),
        TEST(keeps_what_it_had_when_memory_runs_out),
    };

    return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
