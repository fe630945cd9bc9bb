/* SPDX-License-Identifier: MIT */
#include <msvc/store.h>

#include <string.h>

#include <msvc/driver/store.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"

#include "test.h"

static struct msvc_rows *one_row(size_t column_count, const struct msvc_value *values)
{
    struct msvc_rows *rows = msvc_rows_new(column_count);

    assert_non_null(rows);
    assert_int_equal(msvc_rows_append(rows, values), 0);
    assert_true(msvc_rows_next(rows));
    return rows;
}

static void goes_through_rows_once(void **state)
{
    struct msvc_rows *rows = msvc_rows_new(1);

    (void)state;
    for (int i = 0; i < 40; i++)
        assert_int_equal(msvc_rows_append(rows, MSVC_VALUES(MSVC_INT(i))), 0);
    assert_int_equal(msvc_rows_count(rows), 40);
    for (int i = 0; i < 40; i++) {
        assert_true(msvc_rows_next(rows));
        assert_int_equal(msvc_rows_int(rows, 0), i);
    }
    assert_false(msvc_rows_next(rows));
    assert_false(msvc_rows_next(rows));
    msvc_rows_free(rows);
}

static void has_no_values_before_the_first_row(void **state)
{
    struct msvc_rows *rows = msvc_rows_new(1);

    (void)state;
    assert_int_equal(msvc_rows_append(rows, MSVC_VALUES(MSVC_INT(7))), 0);
    assert_true(msvc_rows_is_null(rows, 0));
    assert_int_equal(msvc_rows_int(rows, 0), 0);
    msvc_rows_free(rows);
}

static void writes_numbers_as_text(void **state)
{
    struct msvc_rows *rows = one_row(2, MSVC_VALUES(MSVC_INT(INT64_MIN), MSVC_DOUBLE(0.1)));

    (void)state;
    assert_string_equal(msvc_rows_text(rows, 0), "-9223372036854775808");
    assert_string_equal(msvc_rows_text(rows, 1), "0.1");
    assert_string_equal(msvc_rows_text(rows, 0), "-9223372036854775808");
    msvc_rows_free(rows);
}

static void reads_numbers_from_text(void **state)
{
    struct msvc_rows *rows = one_row(4, MSVC_VALUES(MSVC_TEXT("-42"), MSVC_TEXT("2.5"),
                                                    MSVC_TEXT("12 apples"), MSVC_TEXT("1e400")));

    (void)state;
    assert_int_equal(msvc_rows_int(rows, 0), -42);
    assert_true(msvc_rows_double(rows, 1) == 2.5);
    assert_int_equal(msvc_rows_int(rows, 1), 2);
    assert_int_equal(msvc_rows_int(rows, 2), 0);
    assert_int_equal(msvc_rows_int(rows, 3), 0);
    msvc_rows_free(rows);
}

static void tells_null_from_empty(void **state)
{
    struct msvc_rows *rows = one_row(3, MSVC_VALUES(MSVC_NULL(), MSVC_TEXT(""), MSVC_TEXT(NULL)));
    size_t length = 9;

    (void)state;
    assert_true(msvc_rows_is_null(rows, 0));
    assert_null(msvc_rows_text(rows, 0));
    assert_string_equal(msvc_rows_text(rows, 1), "");
    assert_non_null(msvc_rows_blob(rows, 1, &length));
    assert_int_equal(length, 0);
    assert_true(msvc_rows_is_null(rows, 2));
    msvc_rows_free(rows);
}

static void keeps_every_byte_of_a_blob(void **state)
{
    struct msvc_rows *rows = one_row(1, MSVC_VALUES(MSVC_BLOB("a\0b", 3)));
    size_t length;

    (void)state;
    assert_memory_equal(msvc_rows_blob(rows, 0, &length), "a\0b", 3);
    assert_int_equal(length, 3);
    assert_int_equal(msvc_rows_int(rows, 0), 0);
    msvc_rows_free(rows);
}

static void a_column_that_is_not_there_is_null(void **state)
{
    struct msvc_rows *rows = one_row(1, MSVC_VALUES(MSVC_INT(1)));

    (void)state;
    assert_true(msvc_rows_is_null(rows, 1));
    assert_null(msvc_rows_text(rows, 1));
    msvc_rows_free(rows);
}

static void refuses_more_bytes_than_the_limit(void **state)
{
    struct msvc_rows *rows = msvc_rows_new(1);
    struct msvc_value huge = msvc_value_text_n("", (size_t)300 << 20);

    (void)state;
    assert_int_equal(msvc_rows_append(rows, &huge), MSVC_ERR_LIMIT);
    assert_int_equal(msvc_rows_count(rows), 0);
    msvc_rows_free(rows);
}

static void survives_a_failed_allocation(void **state)
{
    struct msvc_rows *rows = msvc_rows_new(1);

    (void)state;
    for (long successes = 0; successes < 2; successes++) {
        msvc__fail_allocation_after(successes);
        assert_int_equal(msvc_rows_append(rows, MSVC_VALUES(MSVC_INT(1))), MSVC_ERR_NOMEM);
    }
    msvc__fail_allocation_after(-1);
    assert_int_equal(msvc_rows_append(rows, MSVC_VALUES(MSVC_INT(1))), 0);
    msvc_rows_free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_through_rows_once),
        cmocka_unit_test(has_no_values_before_the_first_row),
        cmocka_unit_test(writes_numbers_as_text),
        cmocka_unit_test(reads_numbers_from_text),
        cmocka_unit_test(tells_null_from_empty),
        cmocka_unit_test(keeps_every_byte_of_a_blob),
        cmocka_unit_test(a_column_that_is_not_there_is_null),
        cmocka_unit_test(refuses_more_bytes_than_the_limit),
        cmocka_unit_test(survives_a_failed_allocation),
    };

    return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
