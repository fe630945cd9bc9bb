/* SPDX-License-Identifier: MIT */
#include <msvc/message.h>

#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>

#include "base/alloc_internal.h"

#include "test.h"

#define HEAD "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\""

static void assert_writes(const struct msvc_message *message, const char *json)
{
    struct msvc_buffer b = MSVC_BUFFER_INIT;

    assert_int_equal(msvc_message_to_json(&b, message), 0);
    assert_string_equal(b.data, json);
    msvc_buffer_clear(&b);
}

/* Owned by the caller. */
static struct msvc_message *read(const char *json)
{
    struct msvc_message *message = NULL;
    struct msvc_error err = { .message = "" };

    if (msvc_message_from_json(&message, json, strlen(json), &err) < 0)
        fail_msg("%s: %s", json, err.message);
    return message;
}

static void assert_refused(const char *json, int status, const char *part)
{
    struct msvc_message *message = NULL;
    struct msvc_error err;

    assert_int_equal(msvc_message_from_json(&message, json, strlen(json), &err), status);
    assert_int_equal(err.status, status);
    assert_non_null(strstr(err.message, part));
    assert_null(message);
}

static void assert_payload(const char *json, const char *payload, size_t length)
{
    struct msvc_message *m = read(json);

    assert_int_equal(m->payload_length, length);
    assert_memory_equal(m->payload, payload, length);
    msvc_message_free(m);
}

static void writes_every_attribute_in_a_fixed_order(void **state)
{
    (void)state;
    assert_writes(
        MSVC_MESSAGE(.id = "1", .source = "/s", .type = "t", .subject = "sub", .time_ns = 1,
                     .content_type = "application/json", .topic = "a.b", .key = "k",
                     .traceparent = "p", .tracestate = "s",
                     .headers = MSVC_HEADERS({ "tenant", "blue" }), .payload = "{}",
                     .payload_length = 2),
        HEAD ",\"subject\":\"sub\",\"time\":\"1970-01-01T00:00:00.000000001Z\","
             "\"datacontenttype\":\"application/json\",\"topic\":\"a.b\",\"partitionkey\":\"k\","
             "\"traceparent\":\"p\",\"tracestate\":\"s\",\"tenant\":\"blue\",\"data\":{}}");
}

static void leaves_out_what_is_not_set(void **state)
{
    (void)state;
    assert_writes(MSVC_MESSAGE(.id = "1", .source = "/s", .type = "t", .topic = "t"), HEAD "}");
}

static void writes_json_payloads_as_they_are(void **state)
{
    const char *payload = "{ \"n\": 12345678901234567890.10 }";

    (void)state;
    assert_writes(MSVC_MESSAGE(.id = "1", .source = "/s", .type = "t", .payload = payload,
                               .payload_length = strlen(payload)),
                  HEAD ",\"data\":{ \"n\": 12345678901234567890.10 }}");
}

static void writes_text_as_a_string(void **state)
{
    (void)state;
    assert_writes(MSVC_MESSAGE(.id = "1", .source = "/s", .type = "t",
                               .content_type = "Text/plain; charset=utf-8", .payload = "a\"b",
                               .payload_length = 3),
                  HEAD ",\"datacontenttype\":\"Text/plain; charset=utf-8\",\"data\":\"a\\\"b\"}");
}

static void writes_everything_else_as_base64(void **state)
{
    (void)state;
    assert_writes(MSVC_MESSAGE(.id = "1", .source = "/s", .type = "t", .content_type = "image/png",
                               .payload = "\0\1\2\377", .payload_length = 4),
                  HEAD ",\"datacontenttype\":\"image/png\",\"data_base64\":\"AAEC/w==\"}");
}

static void writes_json_that_is_none_as_base64(void **state)
{
    (void)state;
    assert_writes(
        MSVC_MESSAGE(.id = "1", .source = "/s", .type = "t", .payload = "{", .payload_length = 1),
        HEAD ",\"data_base64\":\"ew==\"}");
}

static void writes_nothing_without_id_or_source(void **state)
{
    struct msvc_buffer b = MSVC_BUFFER_INIT;

    (void)state;
    assert_int_equal(msvc_message_to_json(&b, MSVC_MESSAGE(.id = "1", .type = "t")),
                     MSVC_ERR_INVALID);
    assert_int_equal(msvc_message_to_json(&b, MSVC_MESSAGE(.source = "/", .type = "t")),
                     MSVC_ERR_INVALID);
    assert_int_equal(msvc_message_to_json(NULL, MSVC_MESSAGE(.type = "t")), MSVC_ERR_INVALID);
    assert_int_equal(b.length, 0);
}

static void reads_every_attribute(void **state)
{
    struct msvc_message *m =
        read(HEAD ",\"subject\":\"sub\",\"time\":\"1970-01-01T00:00:01Z\",\"datacontenttype\":"
                  "\"text/plain\",\"topic\":\"a.b\",\"partitionkey\":\"k\",\"traceparent\":\"p\","
                  "\"tracestate\":\"s\",\"tenant\":\"blue\",\"flag\":true,\"count\":-7}");

    (void)state;
    assert_string_equal(m->id, "1");
    assert_string_equal(m->source, "/s");
    assert_string_equal(m->type, "t");
    assert_string_equal(m->subject, "sub");
    assert_int_equal(m->time_ns, 1000000000);
    assert_string_equal(m->content_type, "text/plain");
    assert_string_equal(m->topic, "a.b");
    assert_string_equal(m->key, "k");
    assert_string_equal(m->traceparent, "p");
    assert_string_equal(m->tracestate, "s");
    assert_string_equal(msvc_header_find(m->headers, "tenant", 0), "blue");
    assert_string_equal(msvc_header_find(m->headers, "flag", 0), "true");
    assert_string_equal(msvc_header_find(m->headers, "count", 0), "-7");
    msvc_message_free(m);
}

static void invents_nothing_that_is_absent(void **state)
{
    struct msvc_message *m = read(HEAD ",\"subject\":null}");

    (void)state;
    assert_null(m->subject);
    assert_null(m->key);
    assert_null(m->traceparent);
    assert_int_equal(m->time_ns, 0);
    assert_int_equal(m->payload_length, 0);
    assert_string_equal(msvc_message_topic(m), "t");
    msvc_message_free(m);
}

static void cuts_json_payloads_out_as_they_stood(void **state)
{
    (void)state;
    assert_payload(HEAD ",\"data\": { \"a\" : [1.50, \"}\\\"]\", {}] } , \"x\":1}",
                   "{ \"a\" : [1.50, \"}\\\"]\", {}] }", 28);
    assert_payload("{\"data\":-1.5e3\n,\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/\","
                   "\"type\":\"t\"}",
                   "-1.5e3", 6);
    assert_payload(HEAD ",\"d\\u0061ta\":true}", "true", 4);
    assert_payload(HEAD ",\"data\":null}", "null", 4);
    assert_payload(HEAD ",\"x\":\"\\\\\",\"data\":\"text\"}", "\"text\"", 6);
}

static void reads_text_and_base64(void **state)
{
    (void)state;
    assert_payload(HEAD ",\"datacontenttype\":\"text/plain\",\"data\":\"a\\u0000b\"}", "a\0b", 3);
    assert_payload(HEAD ",\"data_base64\":\"AAEC/w==\"}", "\0\1\2\377", 4);
    assert_payload(HEAD ",\"data_base64\":\"\"}", "", 0);
}

static void refuses_what_is_no_event(void **state)
{
    (void)state;
    assert_refused("[]", MSVC_ERR_MALFORMED, "object");
    assert_refused("{", MSVC_ERR_MALFORMED, "");
    assert_refused("{\"id\":\"1\"}", MSVC_ERR_MALFORMED, "specversion");
    assert_refused("{\"specversion\":\"1.0\",\"id\":\"1\",\"type\":\"t\"}", MSVC_ERR_MALFORMED,
                   "source");
    assert_refused("{\"specversion\":1}", MSVC_ERR_MALFORMED, "specversion");
    assert_int_equal(msvc_message_from_json(NULL, "", 0, NULL), MSVC_ERR_INVALID);
}

static void refuses_other_versions(void **state)
{
    (void)state;
    assert_refused("{\"specversion\":\"0.3\",\"id\":\"1\",\"source\":\"/\",\"type\":\"t\"}",
                   MSVC_ERR_UNSUPPORTED, "0.3");
}

static void refuses_attributes_of_the_wrong_kind(void **state)
{
    (void)state;
    assert_refused(HEAD ",\"subject\":1}", MSVC_ERR_MALFORMED, "subject");
    assert_refused(HEAD ",\"subject\":\"\"}", MSVC_ERR_MALFORMED, "subject");
    assert_refused(HEAD ",\"subject\":\"a\\u0000b\"}", MSVC_ERR_MALFORMED, "subject");
    assert_refused(HEAD ",\"time\":\"yesterday\"}", MSVC_ERR_MALFORMED, "time");
    assert_refused(HEAD ",\"Tenant\":\"a\"}", MSVC_ERR_MALFORMED, "Tenant");
    assert_refused(HEAD ",\"tenant\":[]}", MSVC_ERR_MALFORMED, "tenant");
    assert_refused(HEAD ",\"topic\":\"a.*\"}", MSVC_ERR_MALFORMED, "topic");
}

static void refuses_two_payloads_and_bad_base64(void **state)
{
    (void)state;
    assert_refused(HEAD ",\"data\":1,\"data_base64\":\"AA==\"}", MSVC_ERR_MALFORMED, "data");
    assert_refused(HEAD ",\"data_base64\":\"AA=\"}", MSVC_ERR_MALFORMED, "base64");
    assert_refused(HEAD ",\"data_base64\":\"AB==\"}", MSVC_ERR_MALFORMED, "base64");
    assert_refused(HEAD ",\"data_base64\":\"A===\"}", MSVC_ERR_MALFORMED, "base64");
    assert_refused(HEAD ",\"data_base64\":\"====\"}", MSVC_ERR_MALFORMED, "base64");
    assert_refused(HEAD ",\"data_base64\":7}", MSVC_ERR_MALFORMED, "base64");
}

static void refuses_too_many_extensions(void **state)
{
    struct msvc_buffer b = MSVC_BUFFER_INIT;

    (void)state;
    msvc_buffer_text(&b, HEAD);
    for (int i = 0; i <= MSVC_MESSAGE_HEADER_COUNT_MAX; i++)
        msvc_buffer_printf(&b, ",\"x%d\":\"\"", i);
    msvc_buffer_text(&b, "}");
    assert_refused(b.data, MSVC_ERR_LIMIT, "extensions");
    msvc_buffer_clear(&b);
}

static void says_so_wherever_memory_runs_out(void **state)
{
    const char *json = HEAD ",\"datacontenttype\":\"image/png\",\"data_base64\":\"AAEC\"}";
    struct msvc_message *message = NULL;
    int status = MSVC_ERR_NOMEM;
    long n = 0;

    (void)state;
    for (; status == MSVC_ERR_NOMEM; n++) {
        msvc__fail_allocation_after(n);
        status = msvc_message_from_json(&message, json, strlen(json), NULL);
    }
    msvc__fail_allocation_after(-1);
    assert_int_equal(status, 0);
    assert_true(n > 2);
    msvc_message_free(message);
}

static void says_so_wherever_memory_runs_out_writing(void **state)
{
    struct msvc_buffer b = MSVC_BUFFER_INIT;
    int status = MSVC_ERR_NOMEM;

    (void)state;
    for (long n = 0; status == MSVC_ERR_NOMEM; n++) {
        msvc_buffer_clear(&b);
        msvc__fail_allocation_after(n);
        status = msvc_message_to_json(&b, MSVC_MESSAGE(.id = "1", .source = "/", .type = "t",
                                                       .content_type = "image/png", .payload = "x",
                                                       .payload_length = 1));
    }
    msvc__fail_allocation_after(-1);
    assert_int_equal(status, 0);
    msvc_buffer_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_every_attribute_in_a_fixed_order),
        cmocka_unit_test(leaves_out_what_is_not_set),
        cmocka_unit_test(writes_json_payloads_as_they_are),
        cmocka_unit_test(writes_text_as_a_string),
        cmocka_unit_test(writes_everything_else_as_base64),
        cmocka_unit_test(writes_json_that_is_none_as_base64),
        cmocka_unit_test(writes_nothing_without_id_or_source),
        cmocka_unit_test(reads_every_attribute),
        cmocka_unit_test(invents_nothing_that_is_absent),
        cmocka_unit_test(cuts_json_payloads_out_as_they_stood),
        cmocka_unit_test(reads_text_and_base64),
        cmocka_unit_test(refuses_what_is_no_event),
        cmocka_unit_test(refuses_other_versions),
        cmocka_unit_test(refuses_attributes_of_the_wrong_kind),
        cmocka_unit_test(refuses_two_payloads_and_bad_base64),
        cmocka_unit_test(refuses_too_many_extensions),
        cmocka_unit_test(says_so_wherever_memory_runs_out),
        cmocka_unit_test(says_so_wherever_memory_runs_out_writing),
    };

    return cmocka_run_group_tests_name("message_json", tests, NULL, NULL);
}
