/* SPDX-License-Identifier: MIT */
#include <msvc/status.h>

#include "test.h"

static void names_and_describes_every_status(void **state)
{
    (void)state;
    assert_string_equal(msvc_status_name(MSVC_ERR_TIMEOUT), "TIMEOUT");
    assert_string_equal(msvc_status_text(MSVC_ERR_TIMEOUT),
                        "deadline passed before an answer came");
}

static void takes_counts_for_success(void **state)
{
    (void)state;
    assert_string_equal(msvc_status_name(7), "OK");
    assert_string_equal(msvc_status_text(0), "success");
}

static void never_advises_a_retry_for_a_status_it_does_not_know(void **state)
{
    (void)state;
    assert_int_equal(msvc_status_retry(-9999), MSVC_RETRY_NEVER);
    assert_string_equal(msvc_status_text(-9999), "unknown status");
}

static void advises_to_retry_only_where_nothing_happened_or_repeating_is_harmless(void **state)
{
    (void)state;
    assert_int_equal(msvc_status_retry(MSVC_ERR_UNAVAILABLE), MSVC_RETRY_AGAIN);
    assert_int_equal(msvc_status_retry(MSVC_ERR_REJECTED), MSVC_RETRY_LATER);
    assert_int_equal(msvc_status_retry(MSVC_ERR_UNKNOWN), MSVC_RETRY_IF_IDEMPOTENT);
    assert_int_equal(msvc_status_retry(MSVC_ERR_MALFORMED), MSVC_RETRY_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_describes_every_status),
        cmocka_unit_test(takes_counts_for_success),
        cmocka_unit_test(never_advises_a_retry_for_a_status_it_does_not_know),
        cmocka_unit_test(advises_to_retry_only_where_nothing_happened_or_repeating_is_harmless),
    };

    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
