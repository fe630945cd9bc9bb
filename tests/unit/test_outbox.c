/* SPDX-License-Identifier: MIT */
#include <msvc/outbox.h>

#include <string.h>

#include <msvc/buffer.h>
#include <msvc/driver/outbox.h>
#include <msvc/error.h>
#include <msvc/header.h>
#include <msvc/message.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"

#include "test.h"

static void computes_the_shard_that_sql_computes(void **state)
{
    (void)state;
    assert_int_equal(msvc_outbox_shard("order.created", NULL), 7);
    assert_int_equal(msvc_outbox_shard("orders", "o-1"), 63);
    assert_int_equal(msvc_outbox_shard("orders", "o-2"), 18);
    assert_int_equal(msvc_outbox_shard("\xc3\xa4", "\xc3\x9f"), 0);
    assert_int_equal(msvc_outbox_shard("", ""), 31);
}

static int read_row(struct msvc_message **out, const char *headers, struct msvc_error *err)
{
    return msvc_outbox_row_message(out, MSVC_MESSAGE(.type = "a", .id = "1"), headers, err);
}

static void has_problem(const char *headers, int status)
{
    struct msvc_message *m = NULL;
    struct msvc_error err = { 0 };

    assert_int_equal(read_row(&m, headers, &err), status);
    assert_null(m);
    assert_true(err.message[0] != '\0');
}

static void reads_headers_people_write(void **state)
{
    struct msvc_message *m;

    (void)state;
    assert_int_equal(read_row(&m, " {\"tenant\": \"t1\", \"try\": 2, \"last\": true} ", NULL), 0);
    assert_string_equal(msvc_header_find(m->headers, "tenant", 0), "t1");
    assert_string_equal(msvc_header_find(m->headers, "try", 0), "2");
    assert_string_equal(msvc_header_find(m->headers, "last", 0), "true");
    msvc_message_free(m);
}

static void leaves_open_what_the_row_leaves_open(void **state)
{
    struct msvc_message *m;

    (void)state;
    assert_int_equal(read_row(&m, NULL, NULL), 0);
    assert_null(m->source);
    assert_null(m->traceparent);
    assert_null(m->tracestate);
    assert_string_equal(m->topic, "a");
    msvc_message_free(m);
}

static void refuses_headers_that_are_no_json(void **state)
{
    (void)state;
    has_problem("tenant=t1", MSVC_ERR_MALFORMED);
}

static void refuses_headers_that_are_no_object(void **state)
{
    (void)state;
    has_problem("[\"tenant\"]", MSVC_ERR_MALFORMED);
}

static void refuses_a_header_that_is_no_scalar(void **state)
{
    (void)state;
    has_problem("{\"tenant\":{}}", MSVC_ERR_MALFORMED);
}

static void refuses_a_header_with_a_nul(void **state)
{
    (void)state;
    has_problem("{\"tenant\":\"a\\u0000b\"}", MSVC_ERR_MALFORMED);
}

static void refuses_more_headers_than_the_limit(void **state)
{
    struct msvc_buffer json = MSVC_BUFFER_INIT;

    (void)state;
    msvc_buffer_text(&json, "{\"h0\":\"\"");
    for (int i = 1; i <= MSVC_MESSAGE_HEADER_COUNT_MAX; i++)
        msvc_buffer_printf(&json, ",\"h%d\":\"\"", i);
    msvc_buffer_text(&json, "}");
    has_problem(json.data, MSVC_ERR_LIMIT);
    msvc_buffer_clear(&json);
}

static void refuses_a_row_without_type(void **state)
{
    struct msvc_message *m = NULL;

    (void)state;
    assert_int_equal(msvc_outbox_row_message(&m, MSVC_MESSAGE(.type = ""), NULL, NULL),
                     MSVC_ERR_INVALID);
    assert_null(m);
}

static void survives_every_failed_allocation(void **state)
{
    struct msvc_message *m = NULL;
    int status = MSVC_ERR_NOMEM;

    (void)state;
    for (long successes = 0; status == MSVC_ERR_NOMEM; successes++) {
        msvc__fail_allocation_after(successes);
        status = read_row(&m, "{\"tenant\":\"t1\"}", NULL);
        msvc__fail_allocation_after(-1);
    }
    assert_int_equal(status, 0);
    msvc_message_free(m);
}

static void refuses_null_objects(void **state)
{
    (void)state;
    assert_int_equal(msvc_outbox_append(NULL, MSVC_MESSAGE(.type = "a"), NULL, NULL),
                     MSVC_ERR_INVALID);
    assert_int_equal(msvc_outbox_migrate(NULL, NULL), MSVC_ERR_INVALID);
    assert_int_equal(msvc_outbox_row_message(NULL, NULL, NULL, NULL), MSVC_ERR_INVALID);
    assert_int_equal(msvc_outbox_headers_write(NULL, NULL), MSVC_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(computes_the_shard_that_sql_computes),
        cmocka_unit_test(reads_headers_people_write),
        cmocka_unit_test(leaves_open_what_the_row_leaves_open),
        cmocka_unit_test(refuses_headers_that_are_no_json),
        cmocka_unit_test(refuses_headers_that_are_no_object),
        cmocka_unit_test(refuses_a_header_that_is_no_scalar),
        cmocka_unit_test(refuses_a_header_with_a_nul),
        cmocka_unit_test(refuses_more_headers_than_the_limit),
        cmocka_unit_test(refuses_a_row_without_type),
        cmocka_unit_test(survives_every_failed_allocation),
        cmocka_unit_test(refuses_null_objects),
    };

    return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
