/* SPDX-License-Identifier: MIT */
#include <msvc/random.h>

#include <string.h>

#include "test.h"

/* Gives these numbers, one after the other. */
struct script {
    struct msvc_random random;
    const uint64_t *numbers;
};

static void next(void *user, void *out, size_t length)
{
    struct script *script = user;

    assert_int_equal(length, sizeof(*script->numbers));
    memcpy(out, script->numbers++, length);
}

static uint64_t draw(const uint64_t *numbers, uint64_t below)
{
    struct script script = { .numbers = numbers };

    script.random = (struct msvc_random){ next, &script };
    return msvc_random_below(&script.random, below);
}

static void takes_the_remainder(void **state)
{
    (void)state;
    assert_int_equal(draw((const uint64_t[]){ 12 }, 10), 2);
}

static void draws_again_above_the_last_whole_multiple(void **state)
{
    (void)state;
    /* 2^64 is 6 more than a multiple of 10: the six highest numbers would favour 0 to 5. */
    assert_int_equal(draw((const uint64_t[]){ UINT64_MAX, UINT64_MAX - 5, 7 }, 10), 7);
}

static void takes_the_highest_number_of_the_last_whole_multiple(void **state)
{
    (void)state;
    assert_int_equal(draw((const uint64_t[]){ UINT64_MAX - 6, 7 }, 10), 9);
}

static void takes_every_number_when_below_is_a_power_of_two(void **state)
{
    (void)state;
    assert_int_equal(draw((const uint64_t[]){ UINT64_MAX, 7 }, 256), 255);
}

static void takes_every_number_but_one_when_below_is_the_greatest(void **state)
{
    (void)state;
    assert_true(draw((const uint64_t[]){ UINT64_MAX, UINT64_MAX - 1 }, UINT64_MAX) ==
                UINT64_MAX - 1);
}

static void below_one_is_zero(void **state)
{
    (void)state;
    assert_int_equal(draw((const uint64_t[]){ UINT64_MAX }, 1), 0);
}

static void below_zero_is_zero_without_a_draw(void **state)
{
    (void)state;
    assert_int_equal(draw(NULL, 0), 0);
}

static void the_system_does_not_repeat_itself(void **state)
{
    uint8_t first[32] = { 0 };
    uint8_t second[32] = { 0 };

    (void)state;
    msvc_random_fill(NULL, first, sizeof(first));
    msvc_random_fill(msvc_random_system(), second, sizeof(second));
    assert_memory_not_equal(first, second, sizeof(first));
}

static void the_system_fills_more_than_one_call_gives(void **state)
{
    static uint8_t bytes[1000];
    uint8_t zeros[64] = { 0 };

    (void)state;
    msvc_random_fill(NULL, bytes, sizeof(bytes));
    assert_memory_not_equal(bytes + sizeof(bytes) - sizeof(zeros), zeros, sizeof(zeros));
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(takes_the_remainder),
        TEST(draws_again_above_the_last_whole_multiple),
        TEST(takes_the_highest_number_of_the_last_whole_multiple),
        TEST(takes_every_number_when_below_is_a_power_of_two),
        TEST(takes_every_number_but_one_when_below_is_the_greatest),
        TEST(below_one_is_zero),
        TEST(below_zero_is_zero_without_a_draw),
        TEST(the_system_does_not_repeat_itself),
        TEST(the_system_fills_more_than_one_call_gives),
    };

    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
