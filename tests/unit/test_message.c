/* SPDX-License-Identifier: MIT */
#include <msvc/message.h>

#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/trace.h>

#include "base/alloc_internal.h"

#include "test.h"

#define PARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static struct msvc_message *copy_of(const struct msvc_message *message)
{
    struct msvc_message *copy = NULL;

    assert_int_equal(msvc_message_copy(&copy, message, "/orders", NULL), 0);
    return copy;
}

static void assert_refused(const struct msvc_message *message, int status, const char *field)
{
    struct msvc_message *copy = NULL;
    struct msvc_error err;

    assert_int_equal(msvc_message_copy(&copy, message, NULL, &err), status);
    assert_int_equal(err.status, status);
    assert_non_null(strstr(err.message, field));
    assert_null(copy);
}

static void finds_headers_without_regard_to_case_and_in_order(void **state)
{
    const struct msvc_header *headers = MSVC_HEADERS({ "Via", "a" }, { "x", "b" }, { "VIA", "c" });

    (void)state;
    assert_string_equal(msvc_header_find(headers, "via", 0), "a");
    assert_string_equal(msvc_header_find(headers, "via", 1), "c");
    assert_null(msvc_header_find(headers, "via", 2));
    assert_null(msvc_header_find(headers, "vi", 0));
    assert_null(msvc_header_find(NULL, "via", 0));
}

static void fills_in_what_the_sender_left_out(void **state)
{
    struct msvc_message *copy = copy_of(MSVC_MESSAGE(.type = "order.created"));

    (void)state;
    assert_int_equal(strlen(copy->id), 36);
    assert_string_equal(copy->source, "/orders");
    assert_string_equal(copy->topic, "order.created");
    assert_string_equal(copy->content_type, "application/json");
    assert_true(copy->time_ns > 0);
    assert_null(copy->key);
    assert_null(copy->traceparent);
    msvc_message_free(copy);
}

static void copies_everything_that_was_given(void **state)
{
    char payload[] = { 'a', '\0', 'b' };
    struct msvc_message *copy =
        copy_of(MSVC_MESSAGE(.id = "1", .source = "/s", .type = "t", .subject = "sub", .time_ns = 5,
                             .content_type = "text/plain", .topic = "a.b", .key = "k",
                             .traceparent = PARENT, .tracestate = "x=1",
                             .headers = MSVC_HEADERS({ "tenant", "blue" }), .payload = payload,
                             .payload_length = sizeof(payload)));

    (void)state;
    memset(payload, 'z', sizeof(payload));
    assert_string_equal(copy->id, "1");
    assert_string_equal(copy->source, "/s");
    assert_string_equal(copy->subject, "sub");
    assert_int_equal(copy->time_ns, 5);
    assert_string_equal(copy->content_type, "text/plain");
    assert_string_equal(copy->topic, "a.b");
    assert_string_equal(copy->key, "k");
    assert_string_equal(copy->traceparent, PARENT);
    assert_string_equal(copy->tracestate, "x=1");
    assert_string_equal(msvc_header_find(copy->headers, "tenant", 0), "blue");
    assert_null(copy->headers[1].name);
    assert_int_equal(copy->payload_length, 3);
    assert_memory_equal(copy->payload, "a\0b", 4);
    msvc_message_free(copy);
}

static void takes_the_trace_of_the_thread(void **state)
{
    struct msvc_trace_context context;
    struct msvc_span_scope scope;
    struct msvc_message *copy;

    (void)state;
    assert_int_equal(msvc_trace_context_parse(&context, PARENT, "x=1"), 0);
    msvc_trace_enter(&scope, &context);
    copy = copy_of(MSVC_MESSAGE(.type = "t"));
    msvc_span_leave(&scope);
    assert_string_equal(copy->traceparent, PARENT);
    assert_string_equal(copy->tracestate, "x=1");
    msvc_message_free(copy);
}

static void keeps_the_trace_of_the_message(void **state)
{
    struct msvc_trace_context context;
    struct msvc_span_scope scope;
    struct msvc_message *copy;

    (void)state;
    assert_int_equal(msvc_trace_context_parse(&context, PARENT, "x=1"), 0);
    msvc_trace_enter(&scope, &context);
    copy = copy_of(MSVC_MESSAGE(.type = "t", .traceparent = "other"));
    msvc_span_leave(&scope);
    assert_string_equal(copy->traceparent, "other");
    assert_null(copy->tracestate);
    msvc_message_free(copy);
}

static void accepts_a_message_of_an_older_version(void **state)
{
    struct msvc_message old = { .size = offsetof(struct msvc_message, subject), .type = "t" };
    struct msvc_message *copy;

    (void)state;
    old.subject = "not looked at";
    copy = copy_of(&old);
    assert_null(copy->subject);
    assert_int_equal(copy->size, sizeof(*copy));
    msvc_message_free(copy);
}

static void refuses_what_has_no_type(void **state)
{
    (void)state;
    assert_refused(MSVC_MESSAGE(.id = "1"), MSVC_ERR_INVALID, "type");
    assert_refused(MSVC_MESSAGE(.type = ""), MSVC_ERR_INVALID, "type");
    assert_refused(NULL, MSVC_ERR_INVALID, "NULL");
    assert_int_equal(msvc_message_copy(NULL, MSVC_MESSAGE(.type = "t"), NULL, NULL),
                     MSVC_ERR_INVALID);
}

static void refuses_attributes_that_are_too_long(void **state)
{
    char text[MSVC_MESSAGE_NAME_MAX + 2] = { 0 };

    (void)state;
    memset(text, 'a', MSVC_MESSAGE_NAME_MAX);
    assert_int_equal(msvc_message_check(MSVC_MESSAGE(.type = "t", .key = text), NULL), 0);
    text[MSVC_MESSAGE_NAME_MAX] = 'a';
    assert_refused(MSVC_MESSAGE(.type = "t", .key = text), MSVC_ERR_LIMIT, "key");
    assert_refused(MSVC_MESSAGE(.type = "t", .subject = text), MSVC_ERR_LIMIT, "subject");
    assert_refused(MSVC_MESSAGE(.type = text), MSVC_ERR_LIMIT, "type");
}

static void refuses_text_that_is_not_clean_utf8(void **state)
{
    (void)state;
    assert_refused(MSVC_MESSAGE(.type = "t", .id = "\xff"), MSVC_ERR_INVALID, "id");
    assert_refused(MSVC_MESSAGE(.type = "t", .subject = "a\nb"), MSVC_ERR_INVALID, "subject");
    assert_refused(MSVC_MESSAGE(.type = "t", .key = ""), MSVC_ERR_INVALID, "key");
}

static void refuses_topics_that_are_patterns_or_have_holes(void **state)
{
    (void)state;
    assert_refused(MSVC_MESSAGE(.type = "t", .topic = "a.*"), MSVC_ERR_INVALID, "topic");
    assert_refused(MSVC_MESSAGE(.type = "t", .topic = "#"), MSVC_ERR_INVALID, "topic");
    assert_refused(MSVC_MESSAGE(.type = "t", .topic = "a..b"), MSVC_ERR_INVALID, "topic");
    assert_refused(MSVC_MESSAGE(.type = "a."), MSVC_ERR_INVALID, "topic");
    assert_int_equal(msvc_message_check(MSVC_MESSAGE(.type = "a.*b"), NULL), 0);
}

static void refuses_headers_that_cloudevents_cannot_carry(void **state)
{
    (void)state;
    assert_refused(MSVC_MESSAGE(.type = "t", .headers = MSVC_HEADERS({ "X-Tenant", "a" })),
                   MSVC_ERR_INVALID, "X-Tenant");
    assert_refused(MSVC_MESSAGE(.type = "t", .headers = MSVC_HEADERS({ "id", "a" })),
                   MSVC_ERR_INVALID, "id");
    assert_refused(MSVC_MESSAGE(.type = "t", .headers = MSVC_HEADERS({ "a", "1" }, { "a", "2" })),
                   MSVC_ERR_INVALID, "twice");
    assert_refused(MSVC_MESSAGE(.type = "t", .headers = MSVC_HEADERS({ "a", NULL })),
                   MSVC_ERR_INVALID, "no value");
}

static void refuses_more_headers_than_the_limit(void **state)
{
    struct msvc_header headers[MSVC_MESSAGE_HEADER_COUNT_MAX + 2] = { { NULL, NULL } };
    char names[MSVC_MESSAGE_HEADER_COUNT_MAX + 1][3];

    (void)state;
    for (int i = 0; i <= MSVC_MESSAGE_HEADER_COUNT_MAX; i++) {
        names[i][0] = (char)('a' + i % 26);
        names[i][1] = (char)('a' + i / 26);
        names[i][2] = '\0';
        headers[i] = (struct msvc_header){ names[i], "v" };
    }
    assert_refused(MSVC_MESSAGE(.type = "t", .headers = headers), MSVC_ERR_LIMIT, "headers");
    headers[MSVC_MESSAGE_HEADER_COUNT_MAX].name = NULL;
    assert_int_equal(msvc_message_check(MSVC_MESSAGE(.type = "t", .headers = headers), NULL), 0);
}

static void refuses_payloads_over_the_limit_or_absent(void **state)
{
    (void)state;
    assert_refused(
        MSVC_MESSAGE(.type = "t", .payload = "x", .payload_length = MSVC_MESSAGE_PAYLOAD_MAX + 1),
        MSVC_ERR_LIMIT, "payload");
    assert_refused(MSVC_MESSAGE(.type = "t", .payload_length = 1), MSVC_ERR_INVALID, "payload");
}

static void says_so_when_memory_is_out(void **state)
{
    struct msvc_message *copy = NULL;

    (void)state;
    msvc__fail_allocation_after(0);
    assert_int_equal(msvc_message_copy(&copy, MSVC_MESSAGE(.type = "t"), NULL, NULL),
                     MSVC_ERR_NOMEM);
    assert_null(copy);
}

static void matches_topics_as_an_exchange_does(void **state)
{
    (void)state;
    assert_true(msvc_topic_matches("order.created", "order.created"));
    assert_false(msvc_topic_matches("order.created", "order.create"));
    assert_false(msvc_topic_matches("order", "order.created"));
    assert_false(msvc_topic_matches("order.created.x", "order.created"));
}

static void star_is_exactly_one_word(void **state)
{
    (void)state;
    assert_true(msvc_topic_matches("order.*", "order.created"));
    assert_true(msvc_topic_matches("*.created", "order.created"));
    assert_false(msvc_topic_matches("order.*", "order"));
    assert_false(msvc_topic_matches("order.*", "order.item.created"));
    assert_false(msvc_topic_matches("order*", "order1"));
}

static void hash_is_any_number_of_words(void **state)
{
    (void)state;
    assert_true(msvc_topic_matches("#", "a.b.c"));
    assert_true(msvc_topic_matches("a.#", "a"));
    assert_true(msvc_topic_matches("a.#", "a.b.c"));
    assert_true(msvc_topic_matches("#.c", "a.b.c"));
    assert_true(msvc_topic_matches("#.b.#.d.#", "a.b.c.d"));
    assert_true(msvc_topic_matches("#.a.b", "a.a.a.b"));
    assert_true(msvc_topic_matches("#.*", "a"));
    assert_false(msvc_topic_matches("#.*.*", "a"));
    assert_false(msvc_topic_matches("a.#.b", "a.b.c"));
}

static void matches_nothing_with_null(void **state)
{
    (void)state;
    assert_false(msvc_topic_matches(NULL, "a"));
    assert_false(msvc_topic_matches("#", NULL));
    assert_null(msvc_message_topic(NULL));
    msvc_message_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_headers_without_regard_to_case_and_in_order),
        cmocka_unit_test(fills_in_what_the_sender_left_out),
        cmocka_unit_test(copies_everything_that_was_given),
        cmocka_unit_test(takes_the_trace_of_the_thread),
        cmocka_unit_test(keeps_the_trace_of_the_message),
        cmocka_unit_test(accepts_a_message_of_an_older_version),
        cmocka_unit_test(refuses_what_has_no_type),
        cmocka_unit_test(refuses_attributes_that_are_too_long),
        cmocka_unit_test(refuses_text_that_is_not_clean_utf8),
        cmocka_unit_test(refuses_topics_that_are_patterns_or_have_holes),
        cmocka_unit_test(refuses_headers_that_cloudevents_cannot_carry),
        cmocka_unit_test(refuses_more_headers_than_the_limit),
        cmocka_unit_test(refuses_payloads_over_the_limit_or_absent),
        cmocka_unit_test(says_so_when_memory_is_out),
        cmocka_unit_test(matches_topics_as_an_exchange_does),
        cmocka_unit_test(star_is_exactly_one_word),
        cmocka_unit_test(hash_is_any_number_of_words),
        cmocka_unit_test(matches_nothing_with_null),
    };

    return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
