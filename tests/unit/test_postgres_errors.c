/* SPDX-License-Identifier: MIT */
#include <msvc/status.h>

#include "drivers/postgres/postgres_internal.h"

#include "test.h"

static void maps_a_unique_key_to_exists(void **state)
{
    (void)state;
    assert_int_equal(msvc__postgres_status("23505"), MSVC_ERR_EXISTS);
}

static void maps_other_constraints_to_refused(void **state)
{
    (void)state;
    assert_int_equal(msvc__postgres_status("23502"), MSVC_ERR_REFUSED); /* not null */
    assert_int_equal(msvc__postgres_status("23503"), MSVC_ERR_REFUSED); /* foreign key */
    assert_int_equal(msvc__postgres_status("23514"), MSVC_ERR_REFUSED); /* check */
    assert_int_equal(msvc__postgres_status("23P01"), MSVC_ERR_REFUSED); /* exclusion */
    assert_int_equal(msvc__postgres_status("40002"), MSVC_ERR_REFUSED); /* deferred */
    assert_int_equal(msvc__postgres_status("P0001"), MSVC_ERR_REFUSED); /* raise */
    assert_int_equal(msvc__postgres_status("25006"), MSVC_ERR_REFUSED); /* read only */
}

static void maps_what_another_attempt_may_cure_to_conflict(void **state)
{
    (void)state;
    assert_int_equal(msvc__postgres_status("40001"), MSVC_ERR_CONFLICT); /* serialization */
    assert_int_equal(msvc__postgres_status("40P01"), MSVC_ERR_CONFLICT); /* deadlock */
    assert_int_equal(msvc__postgres_status("55P03"), MSVC_ERR_CONFLICT); /* lock timeout */
    assert_int_equal(msvc__postgres_status("72000"), MSVC_ERR_CONFLICT); /* snapshot too old */
}

static void maps_a_statement_timeout_to_timeout(void **state)
{
    (void)state;
    assert_int_equal(msvc__postgres_status("57014"), MSVC_ERR_TIMEOUT);
}

static void maps_a_server_that_goes_or_comes_to_unavailable(void **state)
{
    (void)state;
    assert_int_equal(msvc__postgres_status("57P01"), MSVC_ERR_UNAVAILABLE); /* shutdown */
    assert_int_equal(msvc__postgres_status("57P03"), MSVC_ERR_UNAVAILABLE); /* starting up */
    assert_int_equal(msvc__postgres_status("53300"), MSVC_ERR_UNAVAILABLE); /* connections */
    assert_int_equal(msvc__postgres_status("53100"), MSVC_ERR_UNAVAILABLE); /* disk full */
    assert_int_equal(msvc__postgres_status("08006"), MSVC_ERR_UNAVAILABLE);
    assert_int_equal(msvc__postgres_status("3D000"), MSVC_ERR_UNAVAILABLE); /* no such database */
    assert_int_equal(msvc__postgres_status("25P03"), MSVC_ERR_UNAVAILABLE); /* idle too long */
}

static void maps_what_nobody_knows_to_unknown(void **state)
{
    (void)state;
    assert_int_equal(msvc__postgres_status("08007"), MSVC_ERR_UNKNOWN);
    assert_int_equal(msvc__postgres_status("40003"), MSVC_ERR_UNKNOWN);
}

static void maps_a_wrong_password_and_a_missing_right_to_auth(void **state)
{
    (void)state;
    assert_int_equal(msvc__postgres_status("28P01"), MSVC_ERR_AUTH);
    assert_int_equal(msvc__postgres_status("28000"), MSVC_ERR_AUTH);
    assert_int_equal(msvc__postgres_status("42501"), MSVC_ERR_AUTH);
}

static void maps_the_users_sql_to_invalid(void **state)
{
    (void)state;
    assert_int_equal(msvc__postgres_status("42601"), MSVC_ERR_INVALID); /* syntax */
    assert_int_equal(msvc__postgres_status("42P01"), MSVC_ERR_INVALID); /* no such table */
    assert_int_equal(msvc__postgres_status("22P02"), MSVC_ERR_INVALID); /* not a number */
    assert_int_equal(msvc__postgres_status("0A000"), MSVC_ERR_INVALID); /* not supported */
    assert_int_equal(msvc__postgres_status("34000"), MSVC_ERR_INVALID); /* no such cursor */
    assert_int_equal(msvc__postgres_status("08P01"), MSVC_ERR_INVALID); /* parameters missing */
}

static void maps_a_transaction_that_is_over_to_state(void **state)
{
    (void)state;
    assert_int_equal(msvc__postgres_status("25P02"), MSVC_ERR_STATE); /* has failed */
    assert_int_equal(msvc__postgres_status("55000"), MSVC_ERR_STATE); /* in recovery */
}

static void maps_defects_and_what_is_not_known_to_internal(void **state)
{
    (void)state;
    assert_int_equal(msvc__postgres_status("XX000"), MSVC_ERR_INTERNAL);
    assert_int_equal(msvc__postgres_status("ZZZZZ"), MSVC_ERR_INTERNAL);
}

static void keeps_the_sqlstate_as_a_number(void **state)
{
    (void)state;
    assert_int_equal(msvc__postgres_native("00000"), 0);
    assert_int_equal(msvc__postgres_native("0000Z"), 35);
    assert_true(msvc__postgres_native("57014") != msvc__postgres_native("57P01"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_a_unique_key_to_exists),
        cmocka_unit_test(maps_other_constraints_to_refused),
        cmocka_unit_test(maps_what_another_attempt_may_cure_to_conflict),
        cmocka_unit_test(maps_a_statement_timeout_to_timeout),
        cmocka_unit_test(maps_a_server_that_goes_or_comes_to_unavailable),
        cmocka_unit_test(maps_what_nobody_knows_to_unknown),
        cmocka_unit_test(maps_a_wrong_password_and_a_missing_right_to_auth),
        cmocka_unit_test(maps_the_users_sql_to_invalid),
        cmocka_unit_test(maps_a_transaction_that_is_over_to_state),
        cmocka_unit_test(maps_defects_and_what_is_not_known_to_internal),
        cmocka_unit_test(keeps_the_sqlstate_as_a_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
