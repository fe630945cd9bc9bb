/* SPDX-License-Identifier: MIT */
#include "rabbitmq_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <amqp_framing.h>
#include <pthread.h>

#include <msvc/clock.h>
#include <msvc/header.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"

static void refuses_what_no_group_wants(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *bus = open_bus(f, "");

    publish(f, bus, "nobody.cares", NULL, "1");
    wait_for(f, &f->outcomes[MSVC_PUBLISH_REFUSED], 1);
    assert_int_equal(f->permanent, 0);
    assert_string_equal(f->reason, "312: no group wants topic 'nobody.cares'");
}

static void keeps_what_no_group_wants_when_asked(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *bus = open_bus(f, "&unrouted=keep");
    char queue[128];

    publish(f, bus, "nobody.cares", NULL, "1");
    wait_for(f, &f->outcomes[MSVC_PUBLISH_CONFIRMED], 1);
    (void)snprintf(queue, sizeof(queue), "%s.unrouted", f->exchange);
    assert_int_equal(admin_count(queue), 1);
    assert_false(msvc_bus_capabilities(bus)->refuses_unroutable);
}

static void tells_refused_from_confirmed_in_one_batch(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *bus = open_bus(f, "");

    subscribe(bus, MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("wanted"),
                                     .handler = record, .user = f->recorder));
    for (int i = 0; i < 50; i++) {
        publish(f, bus, "wanted", NULL, "yes");
        publish(f, bus, "unwanted", NULL, "no");
    }
    wait_for(f, &f->outcomes[MSVC_PUBLISH_REFUSED], 50);
    wait_for(f, &f->outcomes[MSVC_PUBLISH_CONFIRMED], 50);
    wait_for(f, &f->recorder->count, 50);
    for (int i = 0; i < 50; i++)
        assert_string_equal(f->recorder->seen[i].payload, "yes");
}

static void delete_exchange(const struct fixture *f)
{
    amqp_connection_state_t admin = admin_open();

    (void)amqp_exchange_delete(admin, 1, amqp_cstring_bytes(f->exchange), 0);
    assert_int_equal(amqp_get_rpc_reply(admin).reply_type, AMQP_RESPONSE_NORMAL);
    admin_close(admin);
}

static void refuses_each_publish_to_an_exchange_that_is_gone(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *bus = open_bus(f, "");

    wait_until_connected(f, bus);
    delete_exchange(f);
    for (int i = 0; i < 5; i++)
        publish(f, bus, "orders", NULL, "1");
    wait_for(f, &f->outcomes[MSVC_PUBLISH_REFUSED], 5);
    assert_int_equal(f->permanent, 0);
    assert_memory_equal(f->reason, "404: NOT_FOUND - no exchange", 28);
    assert_true(msvc_bus_is_connected(bus));
}

static void refuses_headers_that_do_not_fit_a_frame(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *bus = open_bus(f, "");
    static char value[MSVC_MESSAGE_HEADER_VALUE_MAX + 1];
    static char names[41][8];
    struct msvc_header headers[41] = { { NULL, NULL } };

    memset(value, 'x', MSVC_MESSAGE_HEADER_VALUE_MAX);
    for (int i = 0; i < 40; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "h%d", i);
        headers[i] = (struct msvc_header){ names[i], value };
    }
    wait_until_connected(f, bus);
    assert_int_equal(msvc_bus_publish(bus, MSVC_MESSAGE(.type = "t", .headers = headers),
                                      count_outcome, f, NULL),
                     0);
    wait_for(f, &f->outcomes[MSVC_PUBLISH_REFUSED], 1);
    assert_int_equal(f->permanent, 1);
    publish(f, bus, "nobody.cares", NULL, "1");
    wait_for(f, &f->outcomes[MSVC_PUBLISH_REFUSED], 2);
}

static int run_status(struct msvc_bus *bus)
{
    struct msvc_error err = { 0 };
    uint64_t deadline = msvc_deadline_in(NULL, 10000);
    int status = 0;

    while (status >= 0 && msvc_deadline_left_ms(NULL, deadline, 1) > 0)
        status = msvc_bus_run_once(bus, 20, &err);
    return status;
}

static void says_auth_for_a_wrong_password(void **state)
{
    struct fixture *f = *state;
    char url[600];

    (void)snprintf(url, sizeof(url), "amqp://guest:wrong%s", strchr(f->url, '@'));
    assert_int_equal(run_status(open_url(f, url, 0)), MSVC_ERR_AUTH);
}

static void says_auth_for_a_virtual_host_that_is_not_ours(void **state)
{
    struct fixture *f = *state;
    char url[600];

    (void)snprintf(url, sizeof(url), "%.*s/nosuch", (int)(strchr(f->url, '?') - f->url - 1),
                   f->url);
    assert_int_equal(run_status(open_url(f, url, 0)), MSVC_ERR_AUTH);
}

static void says_state_for_a_group_that_exists_with_another_order(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *first = open_bus(f, "");
    struct msvc_bus *second;

    subscribe(first, MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("t"), .handler = record,
                                       .user = f->recorder));
    second = open_bus(f, "");
    assert_int_equal(msvc_bus_subscribe(second,
                                        MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("t"),
                                                          .order = MSVC_ORDER_KEY,
                                                          .handler = record, .user = f->other),
                                        NULL),
                     0);
    assert_int_equal(run_status(second), MSVC_ERR_STATE);
    assert_false(msvc_bus_is_connected(second));
}

static enum msvc_disposition check_event(struct msvc_delivery *delivery, void *user)
{
    const struct msvc_message *m = msvc_delivery_message(delivery);
    struct recorder *r = user;

    assert_string_equal(m->id, "id-1");
    assert_string_equal(m->source, "/orders");
    assert_string_equal(m->type, "order.created");
    assert_string_equal(m->subject, "o1");
    assert_int_equal(m->time_ns, 1700000000123456789);
    assert_string_equal(m->content_type, "text/plain");
    assert_string_equal(m->topic, "orders");
    assert_string_equal(m->key, "k");
    assert_string_equal(m->traceparent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    assert_string_equal(m->tracestate, "a=b");
    assert_string_equal(msvc_header_find(m->headers, "tenant", 0), "t\xc3\xbc");
    assert_int_equal(m->payload_length, 3);
    assert_memory_equal(m->payload, "a\0b", 3);
    r->count++;
    return MSVC_DELIVERY_ACK;
}

static void carries_every_attribute(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *bus = open_bus(f, "");

    subscribe(bus, MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("orders"),
                                     .handler = check_event, .user = f->recorder));
    assert_int_equal(
        msvc_bus_publish_wait(
            bus,
            MSVC_MESSAGE(.id = "id-1", .source = "/orders", .type = "order.created",
                         .subject = "o1", .time_ns = 1700000000123456789,
                         .content_type = "text/plain", .topic = "orders", .key = "k",
                         .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                         .tracestate = "a=b", .headers = MSVC_HEADERS({ "tenant", "t\xc3\xbc" }),
                         .payload = "a\0b", .payload_length = 3),
            5000, NULL),
        0);
    wait_for(f, &f->recorder->count, 1);
}

static void carries_a_payload_of_many_frames(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *bus = open_bus(f, "");
    const size_t length = 3u << 20;
    char *payload = malloc(length + 1);

    memset(payload, 'p', length);
    payload[length] = '\0';
    subscribe(bus, MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("big"), .handler = record,
                                     .user = f->recorder));
    publish(f, bus, "big", NULL, payload);
    free(payload);
    wait_for(f, &f->recorder->count, 1);
    assert_int_equal(f->outcomes[MSVC_PUBLISH_CONFIRMED], 1);
    assert_int_equal(strlen(f->recorder->seen[0].payload), 31);
}

static void retries_after_the_delay_and_counts_attempts(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *bus = open_bus(f, "");
    const struct seen *s = f->recorder->seen;

    f->recorder->answer = MSVC_DELIVERY_RETRY;
    f->recorder->answer_times = 2;
    f->recorder->delay_ms = 200;
    subscribe(bus, MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("t"), .handler = record,
                                     .user = f->recorder));
    publish(f, bus, "t", NULL, "1");
    wait_for(f, &f->recorder->count, 3);
    assert_true(s[1].at_ns - s[0].at_ns >= 190000000u);
    assert_int_equal(s[0].attempt, 1);
    assert_int_equal(s[1].attempt, 2);
    assert_int_equal(s[2].attempt, 3);
    run_for(f, 300);
    assert_int_equal(f->recorder->count, 3);
}

static void keeps_a_retry_while_nobody_is_there(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *bus = open_bus(f, "");
    struct msvc_bus_counts counts = { 0 };
    char queue[128];

    (void)snprintf(queue, sizeof(queue), "%s.g.retry.6400", f->exchange);
    f->recorder->answer = MSVC_DELIVERY_RETRY;
    f->recorder->delay_ms = 5000;
    subscribe(bus, MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("t"), .handler = record,
                                     .user = f->recorder));
    publish(f, bus, "t", NULL, "1");
    wait_for(f, &f->recorder->count, 1);
    run_for(f, 500);
    msvc_bus_counts(bus, &counts);
    assert_int_equal(counts.retried, 1);
    close_bus(f, bus);
    assert_int_equal(admin_count(queue), 1);
}

static void parks_with_the_reason(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *bus = open_bus(f, "");
    amqp_connection_state_t admin;
    amqp_message_t message;
    char queue[128];

    (void)snprintf(queue, sizeof(queue), "%s.g.parked", f->exchange);
    f->recorder->answer = MSVC_DELIVERY_PARK;
    subscribe(bus, MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("t"), .handler = record,
                                     .user = f->recorder));
    publish(f, bus, "t", NULL, "1");
    wait_for(f, &f->recorder->count, 1);
    run_for(f, 300);
    admin = admin_open();
    assert_int_equal(amqp_basic_get(admin, 1, amqp_cstring_bytes(queue), 1).reply.id,
                     AMQP_BASIC_GET_OK_METHOD);
    assert_int_equal(amqp_read_message(admin, 1, &message, 0).reply_type, AMQP_RESPONSE_NORMAL);
    for (int i = 0; i < message.properties.headers.num_entries; i++) {
        const amqp_table_entry_t *e = &message.properties.headers.entries[i];

        if (e->key.len == 13 && memcmp(e->key.bytes, "x-msvc-reason", 13) == 0)
            assert_memory_equal(e->value.value.bytes.bytes, "told to", 7);
    }
    assert_memory_equal(message.body.bytes, "1", 1);
    amqp_destroy_message(&message);
    admin_close(admin);
}

static void parks_what_has_no_id(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *bus = open_bus(f, "");
    amqp_basic_properties_t none = { 0 };
    char queue[128];

    (void)snprintf(queue, sizeof(queue), "%s.g.parked", f->exchange);
    subscribe(bus, MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("t"), .handler = record,
                                     .user = f->recorder));
    admin_publish(f->exchange, "t", &none, "1");
    run_for(f, 500);
    assert_int_equal(f->recorder->count, 0);
    assert_int_equal(admin_count(queue), 1);
}

static void reads_a_message_of_somebody_else(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *bus = open_bus(f, "");
    amqp_basic_properties_t properties = { ._flags = AMQP_BASIC_MESSAGE_ID_FLAG,
                                           .message_id = amqp_cstring_bytes("m1") };

    subscribe(bus, MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("t.*"), .handler = record,
                                     .user = f->recorder));
    admin_publish(f->exchange, "t.x", &properties, "1");
    wait_for(f, &f->recorder->count, 1);
    assert_string_equal(f->recorder->seen[0].type, "t.x");
}

static void reads_a_structured_event(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *bus = open_bus(f, "");
    amqp_basic_properties_t properties = {
        ._flags = AMQP_BASIC_CONTENT_TYPE_FLAG,
        .content_type = amqp_cstring_bytes("application/cloudevents+json; charset=utf-8"),
    };

    subscribe(bus, MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("t"), .handler = record,
                                     .user = f->recorder));
    admin_publish(f->exchange, "t", &properties,
                  "{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"/s\",\"type\":\"a.b\","
                  "\"data\":42}");
    wait_for(f, &f->recorder->count, 1);
    assert_string_equal(f->recorder->seen[0].type, "a.b");
    assert_string_equal(f->recorder->seen[0].payload, "42");
}

static void retry_holds_up_its_key_and_no_other(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *bus = open_bus(f, "");
    const struct seen *s = f->recorder->seen;

    f->recorder->answer = MSVC_DELIVERY_RETRY;
    f->recorder->answer_for = "a1";
    f->recorder->answer_times = 1;
    f->recorder->delay_ms = 300;
    subscribe(bus,
              MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("t"), .order = MSVC_ORDER_KEY,
                                .max_in_flight = 2, .handler = record, .user = f->recorder));
    publish(f, bus, "t", "a", "a1");
    for (int i = 0; i < 20; i++)
        publish(f, bus, "t", "a", "a2");
    publish(f, bus, "t", "b", "b1");
    wait_for(f, &f->recorder->count, 23);
    assert_string_equal(s[0].payload, "a1");
    assert_string_equal(s[1].payload, "b1");
    assert_string_equal(s[2].payload, "a1");
    assert_int_equal(s[2].attempt, 2);
    assert_string_equal(s[3].payload, "a2");
}

/* Within a member the numbers of a key are without gaps; the next member begins at most one after
 * what was seen before. It may begin earlier: acknowledgements can be lost with a connection. */
static void check_order(const struct recorder *r, int last[10])
{
    bool has_begun[10] = { false };

    for (unsigned i = 0; i < r->count; i++) {
        int key = atoi(r->seen[i].key);
        int number = atoi(r->seen[i].payload);

        if (has_begun[key])
            assert_int_equal(number, last[key] + 1);
        else
            assert_true(number <= last[key] + 1);
        has_begun[key] = true;
        last[key] = number;
    }
}

static void keeps_the_order_of_a_key_when_its_member_leaves(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *sender = open_bus(f, "");
    struct msvc_bus *first = open_bus(f, "");
    struct msvc_bus *second = open_bus(f, "");
    int last[10] = { 0 };
    char key[16];
    char payload[16];

    subscribe(first,
              MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("t"), .order = MSVC_ORDER_KEY,
                                .handler = record, .user = f->recorder));
    subscribe(second,
              MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("t"), .order = MSVC_ORDER_KEY,
                                .handler = record, .user = f->other));
    for (int i = 0; i < 300; i++) {
        (void)snprintf(key, sizeof(key), "%d", i % 10);
        (void)snprintf(payload, sizeof(payload), "%d", i / 10 + 1);
        publish(f, sender, "t", key, payload);
    }
    wait_for(f, &f->recorder->count, 60);
    assert_int_equal(f->other->count, 0);
    close_bus(f, first);
    wait_for(f, &f->other->count, 300 - f->recorder->count);
    run_for(f, 200);
    check_order(f->recorder, last);
    check_order(f->other, last);
    for (int i = 0; i < 10; i++)
        assert_int_equal(last[i], 30);
}

static void delivers_again_what_was_not_settled_when_the_connection_is_cut(void **state)
{
    struct fixture *f = *state;
    unsigned short port;
    struct proxy *proxy = proxy_start(&port);
    char url[600];
    struct msvc_bus *bus;

    (void)snprintf(url, sizeof(url), "amqp://guest:guest@127.0.0.1:%u/?exchange=%s", (unsigned)port,
                   f->exchange);
    bus = open_url(f, url, 0);
    f->recorder->keeps = true;
    subscribe(bus, MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("t"), .handler = record,
                                     .user = f->recorder));
    for (int i = 0; i < 8; i++)
        publish(f, bus, "t", NULL, "1");
    wait_for(f, &f->recorder->count, 8);
    f->recorder->keeps = false;
    proxy_cut(proxy);
    wait_for(f, &f->recorder->count, 16);
    for (unsigned i = 0; i < f->recorder->later_count; i++)
        msvc_delivery_settle(f->recorder->later[i], MSVC_DELIVERY_ACK);
    assert_int_equal(f->recorder->seen[15].attempt, 2);
    run_for(f, 200);
    assert_int_equal(f->recorder->count, 16);
    close_bus(f, bus);
    proxy_stop(proxy);
}

static void works_over_tls(void **state)
{
    struct fixture *f = *state;
    char url[700];
    struct msvc_bus *bus;

    (void)snprintf(url, sizeof(url), "%s&exchange=%s", getenv("RABBITMQ_TLS_URL"), f->exchange);
    bus = open_url(f, url, 0);
    subscribe(bus, MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("t"), .handler = record,
                                     .user = f->recorder));
    for (int i = 0; i < 200; i++)
        publish(f, bus, "t", NULL, "1");
    wait_for(f, &f->recorder->count, 200);
    wait_for(f, &f->outcomes[MSVC_PUBLISH_CONFIRMED], 200);
}

static void refuses_a_certificate_of_another_name(void **state)
{
    struct fixture *f = *state;
    const char *good = getenv("RABBITMQ_TLS_URL");
    char url[700];

    (void)snprintf(url, sizeof(url), "amqps://guest:guest@127.0.0.1%s",
                   strchr(strchr(good, '@'), ':'));
    assert_int_equal(run_status(open_url(f, url, 0)), MSVC_ERR_AUTH);
}

static void refuses_a_certificate_of_an_authority_it_does_not_know(void **state)
{
    struct fixture *f = *state;
    char url[700];

    (void)snprintf(url, sizeof(url), "%s", getenv("RABBITMQ_TLS_URL"));
    *strchr(url, '?') = '\0';
    assert_true(run_status(open_url(f, url, 0)) < 0);
    assert_false(msvc_bus_is_connected(f->buses[0]));
}

/* One thread's bus: publish to itself and wait for all of it. */
static void *run_a_bus(void *user)
{
    struct fixture *f = user;
    struct msvc_bus *bus = open_bus(f, "");

    subscribe(bus, MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("t"), .handler = record,
                                     .user = f->recorder));
    for (int i = 0; i < 100; i++)
        publish(f, bus, "t", NULL, "1");
    wait_for(f, &f->recorder->count, 100);
    wait_for(f, &f->outcomes[MSVC_PUBLISH_CONFIRMED], 100);
    return NULL;
}

static void buses_in_two_threads_are_independent(void **state)
{
    void *second = NULL;
    pthread_t thread;

    assert_int_equal(rabbitmq_setup(&second), 0);
    assert_int_equal(pthread_create(&thread, NULL, run_a_bus, second), 0);
    (void)run_a_bus(*state);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(((struct fixture *)second)->recorder->count, 100);
    (void)rabbitmq_teardown(&second);
}

/* Publish, retry, park and acknowledge while the n-th allocation fails. */
static void work_without_memory(struct fixture *f, struct msvc_bus *bus, long n)
{
    int status;

    msvc__fail_allocation_after(n);
    for (int i = 0; i < 4; i++) {
        status = msvc_bus_publish(
            bus, MSVC_MESSAGE(.type = "t", .payload = "1", .payload_length = 1), NULL, NULL, NULL);
        assert_true(status == 0 || status == MSVC_ERR_NOMEM);
    }
    for (int i = 0; i < 6; i++)
        (void)msvc_bus_run_once(bus, 5, NULL);
    msvc__fail_allocation_after(-1);
    wait_until_connected(f, bus);
}

static void survives_every_failed_allocation(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *bus = open_bus(f, "");

    f->recorder->answer = MSVC_DELIVERY_RETRY;
    f->recorder->answer_times = 1;
    f->recorder->delay_ms = 1;
    subscribe(bus, MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("t"), .handler = record,
                                     .user = f->recorder));
    for (long n = 0; n < 60; n++)
        work_without_memory(f, bus, n);
    f->recorder->count = 0;
    publish(f, bus, "t", NULL, "last");
    wait_for(f, &f->outcomes[MSVC_PUBLISH_CONFIRMED], 1);
}

static void opens_or_says_it_has_no_memory(void **state)
{
    struct fixture *f = *state;
    int status = MSVC_ERR_NOMEM;
    struct msvc_bus *bus = NULL;

    for (long n = 0; status == MSVC_ERR_NOMEM && n < 200; n++) {
        msvc__fail_allocation_after(n);
        status = msvc_bus_open(&bus, f->url, MSVC_BUS_DRIVERS(msvc_bus_rabbitmq()), NULL, NULL);
    }
    msvc__fail_allocation_after(-1);
    assert_int_equal(status, 0);
    msvc_bus_close(bus);
}

static int open_status(const char *url, struct msvc_error *err)
{
    struct msvc_bus *bus = NULL;

    return msvc_bus_open(&bus, url, MSVC_BUS_DRIVERS(msvc_bus_rabbitmq()), NULL, err);
}

static void refuses_a_url_it_does_not_understand(void **state)
{
    struct msvc_error err;

    (void)state;
    assert_int_equal(open_status("rabbitmq://h/?unrouted=maybe", &err), MSVC_ERR_INVALID);
    assert_string_equal(err.message, "unrouted is 'maybe', not refuse or keep");
    assert_int_equal(open_status("rabbitmq://h/?exchange=amq.topic", &err), MSVC_ERR_INVALID);
    assert_int_equal(open_status("rabbitmq://h/?exchange=", &err), MSVC_ERR_INVALID);
    assert_int_equal(open_status("rabbitmq://h/?heartbeat=0", &err), MSVC_ERR_INVALID);
    assert_int_equal(open_status("rabbitmq://h/?ca=x", &err), MSVC_ERR_INVALID);
    assert_int_equal(open_status("amqps://h/?cert=x", &err), MSVC_ERR_INVALID);
    assert_int_equal(open_status("rabbitmq://h/?colour=x", &err), MSVC_ERR_INVALID);
    assert_non_null(strstr(err.message, "colour"));
}

#define test(name) cmocka_unit_test_setup_teardown(name, rabbitmq_setup, rabbitmq_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(refuses_what_no_group_wants),
        test(keeps_what_no_group_wants_when_asked),
        test(tells_refused_from_confirmed_in_one_batch),
        test(refuses_each_publish_to_an_exchange_that_is_gone),
        test(refuses_headers_that_do_not_fit_a_frame),
        test(says_auth_for_a_wrong_password),
        test(says_auth_for_a_virtual_host_that_is_not_ours),
        test(says_state_for_a_group_that_exists_with_another_order),
        test(carries_every_attribute),
        test(carries_a_payload_of_many_frames),
        test(retries_after_the_delay_and_counts_attempts),
        test(keeps_a_retry_while_nobody_is_there),
        test(parks_with_the_reason),
        test(parks_what_has_no_id),
        test(reads_a_message_of_somebody_else),
        test(reads_a_structured_event),
        test(retry_holds_up_its_key_and_no_other),
        test(keeps_the_order_of_a_key_when_its_member_leaves),
        test(delivers_again_what_was_not_settled_when_the_connection_is_cut),
        test(buses_in_two_threads_are_independent),
        test(survives_every_failed_allocation),
        test(opens_or_says_it_has_no_memory),
        test(refuses_a_url_it_does_not_understand),
        test(works_over_tls),
        test(refuses_a_certificate_of_another_name),
        test(refuses_a_certificate_of_an_authority_it_does_not_know),
    };

    return cmocka_run_group_tests_name("rabbitmq", tests, NULL, NULL);
}
