/* SPDX-License-Identifier: MIT */
/* What an instance lends, when there is none; test_service (integration) has the rest. */
#include <msvc/service.h>

#include <msvc/status.h>

#include "test.h"

static void lends_nothing_of_no_instance(void **state)
{
    (void)state;
    assert_null(msvc_service_name(NULL));
    assert_null(msvc_service_router(NULL));
    assert_null(msvc_service_health(NULL));
    assert_null(msvc_service_store(NULL));
    assert_null(msvc_service_log(NULL));
    assert_null(msvc_service_telemetry(NULL));
    assert_null(msvc_service_text(NULL, "HTTP_LISTEN"));
    assert_int_equal(msvc_service_number(NULL, "HTTP_WORKERS"), 0);
    assert_false(msvc_service_flag(NULL, "STORE_MIGRATE"));
}

static void has_no_transport_without_an_instance(void **state)
{
    struct msvc_http_transport *transport = NULL;

    (void)state;
    assert_int_equal(msvc_service_transport(&transport, NULL, "USER_SERVICE_URL", NULL),
                     MSVC_ERR_INVALID);
    assert_null(transport);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lends_nothing_of_no_instance),
        cmocka_unit_test(has_no_transport_without_an_instance),
    };

    return cmocka_run_group_tests_name("service_parts", tests, NULL, NULL);
}
