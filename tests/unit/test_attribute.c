/* SPDX-License-Identifier: MIT */
#include <msvc/attribute.h>

#include "test.h"

static void borrows_a_string_with_its_length(void **state)
{
    const char *text = "abc";
    struct msvc_attribute a = MSVC_STR("key", text);

    (void)state;
    assert_string_equal(a.key, "key");
    assert_int_equal(a.type, MSVC_ATTRIBUTE_STRING);
    assert_ptr_equal(a.value.string.data, text);
    assert_int_equal(a.value.string.length, 3);
}

static void takes_null_for_the_empty_string(void **state)
{
    struct msvc_attribute a = MSVC_STRN("key", NULL, 7);

    (void)state;
    assert_int_equal(a.value.string.length, 0);
    a = MSVC_STR("key", NULL);
    assert_int_equal(a.value.string.length, 0);
}

static void holds_a_value_of_each_type(void **state)
{
    (void)state;
    assert_true(MSVC_I64("key", INT64_MIN).value.integer == INT64_MIN);
    assert_int_equal(MSVC_I64("key", 1).type, MSVC_ATTRIBUTE_INT);
    assert_true(MSVC_F64("key", 0.5).value.number == 0.5);
    assert_int_equal(MSVC_F64("key", 0.5).type, MSVC_ATTRIBUTE_DOUBLE);
    assert_true(MSVC_BOOL("key", true).value.truth);
    assert_int_equal(MSVC_BOOL("key", true).type, MSVC_ATTRIBUTE_BOOL);
}

static void a_list_ends_with_one_that_has_no_key(void **state)
{
    const struct msvc_attribute *list = MSVC_ATTRIBUTES(MSVC_I64("a", 1), MSVC_BOOL("b", false));

    (void)state;
    assert_string_equal(list[0].key, "a");
    assert_string_equal(list[1].key, "b");
    assert_null(list[2].key);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(borrows_a_string_with_its_length),
        TEST(takes_null_for_the_empty_string),
        TEST(holds_a_value_of_each_type),
        TEST(a_list_ends_with_one_that_has_no_key),
    };

    return cmocka_run_group_tests_name("attribute", tests, NULL, NULL);
}
