/* SPDX-License-Identifier: MIT */
#include "base/alloc_internal.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"

static int teardown(void **state)
{
    (void)state;
    msvc__fail_allocation_after(-1);
    return 0;
}

static void gives_zeros(void **state)
{
    char *block = msvc__new(100);
    char zeros[100] = { 0 };

    (void)state;
    assert_non_null(block);
    assert_memory_equal(block, zeros, sizeof(zeros));
    free(block);
}

static void refuses_an_array_whose_size_overflows(void **state)
{
    volatile size_t huge = SIZE_MAX / 2;

    (void)state;
    assert_null(msvc__new_array(huge, 3));
}

static void copies_text(void **state)
{
    char *copy = msvc__copy_text("abc");

    (void)state;
    assert_string_equal(copy, "abc");
    free(copy);
    assert_null(msvc__copy_text(NULL));
}

static void copies_bytes_with_a_nul_behind(void **state)
{
    char *copy = msvc__copy_bytes("a\0b", 3);

    (void)state;
    assert_memory_equal(copy, "a\0b", 4);
    free(copy);
    copy = msvc__copy_bytes(NULL, 0);
    assert_string_equal(copy, "");
    free(copy);
}

static void fails_the_chosen_allocation_once(void **state)
{
    void *first;
    void *third;

    (void)state;
    msvc__fail_allocation_after(1);
    first = msvc__new(1);
    assert_null(msvc__new(1));
    third = msvc__new(1);
    assert_non_null(first);
    assert_non_null(third);
    free(first);
    free(third);
}

static void keeps_the_old_block_when_growing_fails(void **state)
{
    char *block = msvc__copy_text("abc");

    (void)state;
    msvc__fail_allocation_after(0);
    assert_null(msvc__grow(block, 1000));
    assert_string_equal(block, "abc");
    free(block);
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(gives_zeros),
        TEST(refuses_an_array_whose_size_overflows),
        TEST(copies_text),
        TEST(copies_bytes_with_a_nul_behind),
        TEST(fails_the_chosen_allocation_once),
        TEST(keeps_the_old_block_when_growing_fails),
    };

    return cmocka_run_group_tests_name("alloc", tests, NULL, NULL);
}
