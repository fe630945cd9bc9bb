/* SPDX-License-Identifier: MIT */
/* What goes in comes out, and every publish has one outcome. */
#include <stdlib.h>
#include <string.h>

#include "bus_suite_internal.h"
#include "bus_support.h"

#define PARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static struct msvc_message *seen; /* by keep() */

static enum msvc_disposition keep(struct msvc_delivery *delivery, void *user)
{
    (void)user;
    assert_null(seen);
    assert_int_equal(msvc_message_copy(&seen, msvc_delivery_message(delivery), NULL, NULL), 0);
    return MSVC_DELIVERY_ACK;
}

static bool has_seen(void *user)
{
    (void)user;
    return seen != NULL;
}

/* The message as it comes out again; free it. */
static struct msvc_message *send_through(struct fixture *f, const struct msvc_message *message)
{
    struct msvc_bus *bus = open_bus(f);

    seen = NULL;
    subscribe_with(f, bus,
                   MSVC_SUBSCRIPTION(.group = own(f, "g"), .topics = MSVC_TOPICS(message->topic),
                                     .handler = keep));
    assert_int_equal(msvc_bus_publish_wait(bus, message, (int)f->engine->patience_ms, NULL), 0);
    run_until(f, has_seen, NULL);
    return seen;
}

static void carries_every_attribute(void **state)
{
    struct fixture *f = fixture_of(state);
    const char *topic = own(f, "orders");
    struct msvc_message *m = send_through(
        f, MSVC_MESSAGE(.id = "id-1", .source = "/shop", .type = "order.created", .subject = "o/42",
                        .time_ns = 1767323045123456789, .content_type = "application/json",
                        .topic = topic, .key = "customer \xc3\xa9", .traceparent = PARENT,
                        .tracestate = "vendor=1", .payload = "{\"a\":1}", .payload_length = 7));

    assert_string_equal(m->id, "id-1");
    assert_string_equal(m->source, "/shop");
    assert_string_equal(m->type, "order.created");
    assert_string_equal(m->subject, "o/42");
    assert_int_equal(m->time_ns, 1767323045123456789);
    assert_string_equal(m->content_type, "application/json");
    assert_string_equal(m->topic, topic);
    assert_string_equal(m->key, "customer \xc3\xa9");
    assert_string_equal(m->traceparent, PARENT);
    assert_string_equal(m->tracestate, "vendor=1");
    assert_int_equal(m->payload_length, 7);
    assert_memory_equal(m->payload, "{\"a\":1}", 7);
    msvc_message_free(m);
}

static void carries_headers(void **state)
{
    struct fixture *f = fixture_of(state);
    struct msvc_message *m = send_through(
        f, MSVC_MESSAGE(.type = "t", .topic = own(f, "orders"),
                        .headers = MSVC_HEADERS({ "tenant", "blue" }, { "empty", "" },
                                                { "text", "gr\xc3\xbc\xc3\x9f \"dich\"" })));

    assert_string_equal(msvc_header_find(m->headers, "tenant", 0), "blue");
    assert_string_equal(msvc_header_find(m->headers, "empty", 0), "");
    assert_string_equal(msvc_header_find(m->headers, "text", 0), "gr\xc3\xbc\xc3\x9f \"dich\"");
    assert_null(m->headers[3].name);
    msvc_message_free(m);
}

static void leaves_absent_what_was_absent(void **state)
{
    struct fixture *f = fixture_of(state);
    struct msvc_message *m = send_through(f, MSVC_MESSAGE(.type = "t", .topic = own(f, "orders")));

    assert_null(m->subject);
    assert_null(m->key);
    assert_null(m->traceparent);
    assert_null(m->tracestate);
    assert_true(m->headers == NULL || m->headers[0].name == NULL);
    assert_int_equal(m->payload_length, 0);
    msvc_message_free(m);
}

static void carries_binary_payloads(void **state)
{
    struct fixture *f = fixture_of(state);
    unsigned char bytes[512];
    struct msvc_message *m;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)i;
    m = send_through(f, MSVC_MESSAGE(.type = "t", .topic = own(f, "orders"),
                                     .content_type = "application/octet-stream", .payload = bytes,
                                     .payload_length = sizeof(bytes)));
    assert_string_equal(m->content_type, "application/octet-stream");
    assert_int_equal(m->payload_length, sizeof(bytes));
    assert_memory_equal(m->payload, bytes, sizeof(bytes));
    msvc_message_free(m);
}

static size_t most_payload(const struct fixture *f, const struct msvc_bus *bus)
{
    size_t most = msvc_bus_capabilities(bus)->payload_most;

    return f->engine->payload_tested != 0 ? f->engine->payload_tested : most;
}

static void carries_the_largest_payload(void **state)
{
    struct fixture *f = fixture_of(state);
    size_t length = most_payload(f, open_bus(f));
    char *bytes = malloc(length);
    struct msvc_message *m;

    assert_non_null(bytes);
    memset(bytes, 'x', length);
    bytes[length - 1] = 'y';
    m = send_through(f, MSVC_MESSAGE(.type = "t", .topic = own(f, "orders"), .payload = bytes,
                                     .content_type = "text/plain", .payload_length = length));
    assert_int_equal(m->payload_length, length);
    assert_memory_equal(m->payload, bytes, length);
    msvc_message_free(m);
    free(bytes);
}

static void refuses_a_payload_over_the_limit(void **state)
{
    struct fixture *f = fixture_of(state);
    struct msvc_bus *bus = open_bus(f);
    size_t length = msvc_bus_capabilities(bus)->payload_most + 1;
    char *bytes = calloc(1, length);

    assert_non_null(bytes);
    assert_int_equal(
        msvc_bus_publish(bus, MSVC_MESSAGE(.type = "t", .payload = bytes, .payload_length = length),
                         NULL, NULL, NULL),
        MSVC_ERR_LIMIT);
    free(bytes);
}

static void confirms_each_publish_once(void **state)
{
    struct fixture *f = fixture_of(state);
    struct msvc_bus *bus = open_bus(f);
    struct recorder *r = new_recorder(f);
    struct msvc_bus_counts counts;

    subscribe(f, bus, "g", "orders", r);
    for (int i = 0; i < 500; i++)
        publish(f, bus, "orders", NULL, "x");
    wait_for_all_confirmed(f);
    assert_int_equal(f->confirmed, 500);
    msvc_bus_counts(bus, &counts);
    assert_int_equal(counts.confirmed, 500);
    assert_int_equal(counts.waiting, 0);
    wait_for_count(f, r, 500);
}

static void limits_what_waits_for_an_outcome(void **state)
{
    struct fixture *f = fixture_of(state);
    struct msvc_bus *bus = open_bus_with(f, MSVC_BUS_OPTIONS(.window = 2));
    const struct msvc_message *m = MSVC_MESSAGE(.type = "t", .topic = own(f, "orders"));

    assert_int_equal(msvc_bus_publish(bus, m, NULL, NULL, NULL), 0);
    assert_int_equal(msvc_bus_publish(bus, m, NULL, NULL, NULL), 0);
    assert_int_equal(msvc_bus_publish(bus, m, NULL, NULL, NULL), MSVC_ERR_REJECTED);
}

static void refuses_a_message_without_a_type(void **state)
{
    struct fixture *f = fixture_of(state);

    assert_int_equal(msvc_bus_publish(open_bus(f), MSVC_MESSAGE(.id = "1"), NULL, NULL, NULL),
                     MSVC_ERR_INVALID);
}

static void takes_or_refuses_what_no_group_wants_as_it_claims(void **state)
{
    struct fixture *f = fixture_of(state);
    struct msvc_bus *bus = open_bus(f);
    int wanted = msvc_bus_capabilities(bus)->refuses_unroutable ? MSVC_ERR_REFUSED : 0;

    assert_int_equal(msvc_bus_publish_wait(bus, MSVC_MESSAGE(.type = "t", .topic = own(f, "none")),
                                           (int)f->engine->patience_ms, NULL),
                     wanted);
}

static void note(const struct msvc_publish_result *result, void *user)
{
    unsigned *counts = user;

    counts[result->outcome]++;
}

static void tells_every_outcome_when_it_closes(void **state)
{
    struct fixture *f = fixture_of(state);
    struct msvc_bus *bus = open_bus(f);
    const struct msvc_message *m = MSVC_MESSAGE(.type = "t", .topic = own(f, "orders"));
    unsigned counts[3] = { 0 };

    for (int i = 0; i < 10; i++)
        assert_int_equal(msvc_bus_publish(bus, m, note, counts, NULL), 0);
    close_bus(f, bus);
    assert_int_equal(counts[0] + counts[1] + counts[2], 10);
    assert_int_equal(counts[MSVC_PUBLISH_UNKNOWN], 10);
}

static void publishes_from_several_buses(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *consumer = open_bus(f);

    subscribe(f, consumer, "g", "orders", r);
    for (int i = 0; i < 4; i++)
        (void)open_bus(f);
    for (int i = 0; i < 400; i++)
        publish(f, f->buses[i % 5], "orders", NULL, "x");
    wait_for_all_confirmed(f);
    wait_for_count(f, r, 400);
    assert_int_equal(f->confirmed, 400);
}

static enum msvc_disposition publish_on(struct msvc_delivery *delivery, void *user)
{
    struct fixture *f = user;

    (void)delivery;
    publish(f, f->buses[0], "second", NULL, "from the handler");
    return MSVC_DELIVERY_ACK;
}

static void publishes_from_a_handler(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    subscribe_with(f, bus,
                   MSVC_SUBSCRIPTION(.group = own(f, "first"), .handler = publish_on,
                                     .topics = MSVC_TOPICS(own(f, "first")), .user = f));
    subscribe(f, bus, "second", "second", r);
    publish(f, bus, "first", NULL, "x");
    wait_for_count(f, r, 1);
    assert_string_equal(r->records[0].payload, "from the handler");
}

const struct CMUnitTest bus_publish_tests[] = {
    cmocka_unit_test(carries_every_attribute),
    cmocka_unit_test(carries_headers),
    cmocka_unit_test(leaves_absent_what_was_absent),
    cmocka_unit_test(carries_binary_payloads),
    cmocka_unit_test(carries_the_largest_payload),
    cmocka_unit_test(refuses_a_payload_over_the_limit),
    cmocka_unit_test(confirms_each_publish_once),
    cmocka_unit_test(limits_what_waits_for_an_outcome),
    cmocka_unit_test(refuses_a_message_without_a_type),
    cmocka_unit_test(takes_or_refuses_what_no_group_wants_as_it_claims),
    cmocka_unit_test(tells_every_outcome_when_it_closes),
    cmocka_unit_test(publishes_from_several_buses),
    cmocka_unit_test(publishes_from_a_handler),
    { .name = NULL },
};
