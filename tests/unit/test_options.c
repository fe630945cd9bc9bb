/* SPDX-License-Identifier: MIT */
#include "base/options_internal.h"

#include <string.h>

#include <msvc/status.h>

#include "test.h"

/* What the library knows, and what it was and may become. */
struct today {
    size_t size;
    int first;
    const char *second;
};

struct yesterday {
    size_t size;
    int first;
};

struct tomorrow {
    struct today today;
    int third;
};

static void copies_options_of_its_own_version(void **state)
{
    struct today given = { sizeof(given), 1, "two" };
    struct today taken;

    (void)state;
    assert_int_equal(msvc__options_copy(&taken, sizeof(taken), &given), 0);
    assert_int_equal(taken.first, 1);
    assert_string_equal(taken.second, "two");
}

static void takes_null_for_all_defaults(void **state)
{
    struct today taken = { 7, 7, "seven" };

    (void)state;
    assert_int_equal(msvc__options_copy(&taken, sizeof(taken), NULL), 0);
    assert_int_equal(taken.size, sizeof(taken));
    assert_int_equal(taken.first, 0);
    assert_null(taken.second);
}

static void fills_an_older_struct_up_with_zeros(void **state)
{
    struct yesterday given = { sizeof(given), 1 };
    struct today taken = { 7, 7, "seven" };

    (void)state;
    assert_int_equal(msvc__options_copy(&taken, sizeof(taken), &given), 0);
    assert_int_equal(taken.size, sizeof(taken));
    assert_int_equal(taken.first, 1);
    assert_null(taken.second);
}

static void accepts_a_newer_struct_whose_new_fields_are_zero(void **state)
{
    struct tomorrow given = { { sizeof(given), 1, "two" }, 0 };
    struct today taken;

    (void)state;
    memset((char *)&given + sizeof(given.today) + sizeof(given.third), 0,
           sizeof(given) - sizeof(given.today) - sizeof(given.third));
    assert_int_equal(msvc__options_copy(&taken, sizeof(taken), &given), 0);
    assert_int_equal(taken.size, sizeof(taken));
    assert_string_equal(taken.second, "two");
}

static void refuses_a_newer_struct_that_asks_for_more(void **state)
{
    struct tomorrow given = { { sizeof(given), 1, "two" }, 3 };
    struct today taken = { 7, 7, "seven" };

    (void)state;
    assert_int_equal(msvc__options_copy(&taken, sizeof(taken), &given), MSVC_ERR_UNSUPPORTED);
    assert_int_equal(taken.first, 7);
}

static void refuses_a_struct_whose_size_was_not_set(void **state)
{
    struct today given = { 0, 1, "two" };
    struct today taken = { 7, 7, "seven" };

    (void)state;
    assert_int_equal(msvc__options_copy(&taken, sizeof(taken), &given), MSVC_ERR_INVALID);
    assert_int_equal(taken.first, 7);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(copies_options_of_its_own_version),
        TEST(takes_null_for_all_defaults),
        TEST(fills_an_older_struct_up_with_zeros),
        TEST(accepts_a_newer_struct_whose_new_fields_are_zero),
        TEST(refuses_a_newer_struct_that_asks_for_more),
        TEST(refuses_a_struct_whose_size_was_not_set),
    };

    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
