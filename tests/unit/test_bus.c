/* SPDX-License-Identifier: MIT */
/* What the core does whatever the engine; the rest is the conformance suite's. */
#include <msvc/bus.h>

#include <string.h>

#include <msvc/bus/memory.h>
#include <msvc/error.h>
#include <msvc/telemetry.h>

#include "base/alloc_internal.h"

#include "fake_bus.h"
#include "fake_clock.h"
#include "fake_exporter.h"
#include "fake_random.h"
#include "test.h"

#define PARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

struct fixture {
    struct fake_clock clock;
    struct fake_random random;
    struct fake_bus fake;
    struct msvc_bus *bus;

    unsigned outcomes[3];
    char reason[128];
    unsigned handled;
    char order[32]; /* first letters of the payloads */
    enum msvc_disposition answer;
    struct msvc_delivery *delivery; /* the last one */
    char current[MSVC_TRACEPARENT_SIZE];
};

static int setup(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;
    const struct msvc_bus_driver *drivers[] = { &f->fake.driver, NULL };

    memset(f, 0, sizeof(*f));
    fake_clock_init(&f->clock);
    fake_random_init(&f->random, 1);
    fake_bus_init(&f->fake);
    *state = f;
    return msvc_bus_open(
        &f->bus, "fake:", drivers,
        MSVC_BUS_OPTIONS(.clock = &f->clock.clock, .random = &f->random.random, .timeout_ms = 1000),
        NULL);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_bus_close(f->bus);
    return 0;
}

static void note(const struct msvc_publish_result *result, void *user)
{
    struct fixture *f = user;

    f->outcomes[result->outcome]++;
    strncpy(f->reason, result->reason, sizeof(f->reason) - 1);
}

static void publish(struct fixture *f)
{
    assert_int_equal(msvc_bus_publish(f->bus, MSVC_MESSAGE(.type = "t"), note, f, NULL), 0);
}

static void run(struct fixture *f)
{
    (void)msvc_bus_run_once(f->bus, 0, NULL);
}

static enum msvc_disposition handle(struct msvc_delivery *delivery, void *user)
{
    struct fixture *f = user;
    const struct msvc_message *m = msvc_delivery_message(delivery);

    f->delivery = delivery;
    if (m->payload_length > 0)
        strncat(f->order, m->payload, 1);
    f->handled++;
    msvc_trace_context_traceparent(f->current, msvc_trace_current());
    return f->answer;
}

static void subscribe(struct fixture *f, enum msvc_bus_order order)
{
    assert_int_equal(
        msvc_bus_subscribe(f->bus,
                           MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("#"),
                                             .order = order, .max_attempts = 5,
                                             .retry_most_ms = 300, .handler = handle, .user = f),
                           NULL),
        0);
}

/* One letter is the payload. */
static void deliver(struct fixture *f, uint64_t tag, unsigned attempt, const char *key,
                    const char *letter)
{
    fake_bus_deliver(&f->fake, tag, attempt,
                     MSVC_MESSAGE(.id = "1", .source = "/", .type = "t", .key = key,
                                  .traceparent = PARENT, .payload = letter,
                                  .payload_length = strlen(letter)));
}

/* ---- opening ---- */

static void refuses_a_url_that_no_driver_knows(void **state)
{
    struct msvc_bus *bus = NULL;
    struct msvc_error err;

    (void)state;
    assert_int_equal(
        msvc_bus_open(&bus, "other://x", MSVC_BUS_DRIVERS(msvc_bus_memory()), NULL, &err),
        MSVC_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.message, "other"));
    assert_int_equal(msvc_bus_open(&bus, "::", MSVC_BUS_DRIVERS(msvc_bus_memory()), NULL, NULL),
                     MSVC_ERR_MALFORMED);
    assert_int_equal(
        msvc_bus_open(&bus, "memory:?x=1", MSVC_BUS_DRIVERS(msvc_bus_memory()), NULL, NULL),
        MSVC_ERR_INVALID);
    assert_int_equal(
        msvc_bus_open(NULL, "memory:", MSVC_BUS_DRIVERS(msvc_bus_memory()), NULL, NULL),
        MSVC_ERR_INVALID);
    assert_null(bus);
    msvc_bus_close(NULL);
}

static void refuses_subscriptions_that_lack_something(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_bus_subscribe(f->bus, NULL, NULL), MSVC_ERR_INVALID);
    assert_int_equal(
        msvc_bus_subscribe(f->bus, MSVC_SUBSCRIPTION(.group = "g", .handler = handle), NULL),
        MSVC_ERR_INVALID);
    assert_int_equal(msvc_bus_subscribe(f->bus,
                                        MSVC_SUBSCRIPTION(.group = "", .handler = handle,
                                                          .topics = MSVC_TOPICS("#")),
                                        NULL),
                     MSVC_ERR_INVALID);
    assert_int_equal(
        msvc_bus_subscribe(f->bus,
                           MSVC_SUBSCRIPTION(.group = "g", .handler = handle,
                                             .order = MSVC_ORDER_KEY, .topics = MSVC_TOPICS("#")),
                           NULL),
        MSVC_ERR_UNSUPPORTED);
}

static void lists_every_need_that_is_not_met(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus_capabilities needs = { .is_durable = true, .has_delay = true };
    struct msvc_error err;

    f->fake.capabilities.has_delay = true;
    assert_int_equal(msvc_bus_require(f->bus, &needs, &err), MSVC_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.message, "durability"));
    assert_null(strstr(err.message, "delay"));
    f->fake.capabilities.is_durable = true;
    assert_int_equal(msvc_bus_require(f->bus, &needs, &err), 0);
    needs.payload_most = SIZE_MAX;
    assert_int_equal(msvc_bus_require(f->bus, &needs, &err), MSVC_ERR_UNSUPPORTED);
}

/* ---- publishing ---- */

static void keeps_publishes_until_it_is_connected(void **state)
{
    struct fixture *f = *state;

    f->fake.is_connected = false;
    publish(f);
    assert_int_equal(f->fake.publish_count, 0);
    f->fake.is_connected = true;
    run(f);
    assert_int_equal(f->fake.publish_count, 1);
}

static void hands_publishes_over_at_once_when_connected(void **state)
{
    struct fixture *f = *state;

    publish(f);
    assert_int_equal(f->fake.publish_count, 1);
    f->fake.result_for = f->fake.publishes[0];
    f->fake.result = (struct msvc_publish_result){ MSVC_PUBLISH_REFUSED, true, "no such place" };
    run(f);
    assert_int_equal(f->outcomes[MSVC_PUBLISH_REFUSED], 1);
    assert_string_equal(f->reason, "no such place");
}

static void a_refusal_on_the_spot_is_the_callers_error(void **state)
{
    struct fixture *f = *state;

    f->fake.publish_status = MSVC_ERR_REFUSED;
    assert_int_equal(msvc_bus_publish(f->bus, MSVC_MESSAGE(.type = "t"), note, f, NULL),
                     MSVC_ERR_REFUSED);
    run(f);
    assert_int_equal(f->outcomes[0] + f->outcomes[1] + f->outcomes[2], 0);
}

static void an_outcome_that_does_not_come_is_unknown(void **state)
{
    struct fixture *f = *state;

    publish(f);
    run(f);
    assert_int_equal(msvc_bus_timeout_ms(f->bus), 1000);
    fake_clock_advance_ms(&f->clock, 1000);
    run(f);
    assert_int_equal(f->outcomes[MSVC_PUBLISH_UNKNOWN], 1);
    f->fake.result_for = f->fake.publishes[0]; /* it comes after all */
    run(f);
    assert_int_equal(f->outcomes[MSVC_PUBLISH_CONFIRMED], 0);
}

static void a_connection_that_does_not_come_makes_it_unknown(void **state)
{
    struct fixture *f = *state;

    f->fake.is_connected = false;
    publish(f);
    fake_clock_advance_ms(&f->clock, 1000);
    run(f);
    assert_int_equal(f->outcomes[MSVC_PUBLISH_UNKNOWN], 1);
    f->fake.is_connected = true;
    run(f);
    assert_int_equal(f->fake.publish_count, 0);
}

static void waiting_gives_up_after_its_time(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus_counts counts;

    assert_int_equal(msvc_bus_publish_wait(f->bus, MSVC_MESSAGE(.type = "t"), 5, NULL),
                     MSVC_ERR_TIMEOUT);
    f->fake.result_for = f->fake.publishes[0];
    run(f); /* nobody waits any more, and nothing is written where they waited */
    msvc_bus_counts(f->bus, &counts);
    assert_int_equal(counts.confirmed, 1);
    assert_int_equal(counts.waiting, 0);
}

static void leaves_a_broker_alone_for_a_while_after_a_failure(void **state)
{
    struct fixture *f = *state;

    f->fake.is_connected = false;
    f->fake.run_status = MSVC_ERR_UNAVAILABLE;
    assert_int_equal(msvc_bus_run_once(f->bus, 0, NULL), MSVC_ERR_UNAVAILABLE);
    assert_int_equal(msvc_bus_run_once(f->bus, 0, NULL), MSVC_ERR_UNAVAILABLE);
    assert_int_equal(f->fake.run_count, 1);
    assert_in_range(msvc_bus_timeout_ms(f->bus), 50, 100);
    fake_clock_advance_ms(&f->clock, 100);
    assert_int_equal(msvc_bus_run_once(f->bus, 0, NULL), MSVC_ERR_UNAVAILABLE);
    assert_int_equal(f->fake.run_count, 2);
    assert_in_range(msvc_bus_timeout_ms(f->bus), 100, 200);
}

/* ---- delivering ---- */

static void retries_later_and_later(void **state)
{
    struct fixture *f = *state;

    subscribe(f, MSVC_ORDER_NONE);
    f->answer = MSVC_DELIVERY_RETRY;
    deliver(f, 1, 1, NULL, "a");
    deliver(f, 2, 2, NULL, "a");
    deliver(f, 3, 3, NULL, "a");
    run(f);
    assert_int_equal(f->fake.settled[0].disposition, MSVC_DELIVERY_RETRY);
    assert_int_equal(f->fake.settled[0].delay_ms, 100);
    assert_int_equal(f->fake.settled[1].delay_ms, 200);
    assert_int_equal(f->fake.settled[2].delay_ms, 300);
}

static void parks_after_the_most_attempts(void **state)
{
    struct fixture *f = *state;

    subscribe(f, MSVC_ORDER_NONE);
    f->answer = MSVC_DELIVERY_RETRY;
    deliver(f, 1, 5, NULL, "a");
    run(f);
    assert_int_equal(f->fake.settled[0].disposition, MSVC_DELIVERY_PARK);
    assert_string_equal(f->fake.settled[0].reason, "gave up after 5 attempts");
}

static void parks_unseen_what_was_delivered_too_often(void **state)
{
    struct fixture *f = *state;

    subscribe(f, MSVC_ORDER_NONE);
    deliver(f, 1, 6, NULL, "a");
    run(f);
    assert_int_equal(f->handled, 0);
    assert_int_equal(f->fake.settled[0].disposition, MSVC_DELIVERY_PARK);
}

static void parks_messages_that_break_the_rules(void **state)
{
    struct fixture *f = *state;

    subscribe(f, MSVC_ORDER_NONE);
    fake_bus_deliver(&f->fake, 7, 1, MSVC_MESSAGE(.id = "1", .source = "/", .type = ""));
    run(f);
    assert_int_equal(f->handled, 0);
    assert_int_equal(f->fake.settled[0].tag, 7);
    assert_int_equal(f->fake.settled[0].disposition, MSVC_DELIVERY_PARK);
}

static void an_answer_that_is_none_is_a_retry(void **state)
{
    struct fixture *f = *state;

    subscribe(f, MSVC_ORDER_NONE);
    f->answer = (enum msvc_disposition)99;
    deliver(f, 1, 1, NULL, "a");
    run(f);
    assert_int_equal(f->fake.settled[0].disposition, MSVC_DELIVERY_RETRY);
}

static void ignores_what_is_said_about_a_broken_connection(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus_counts counts;

    subscribe(f, MSVC_ORDER_NONE);
    f->answer = MSVC_DELIVERY_LATER;
    deliver(f, 1, 1, NULL, "a");
    run(f);
    f->fake.disconnects = true;
    run(f);
    msvc_delivery_settle(f->delivery, MSVC_DELIVERY_ACK);
    run(f);
    msvc_bus_counts(f->bus, &counts);
    assert_int_equal(f->fake.settled_count, 0);
    assert_int_equal(counts.acked + counts.in_flight, 0);
}

static void does_not_handle_what_came_by_a_broken_connection(void **state)
{
    struct fixture *f = *state;

    subscribe(f, MSVC_ORDER_NONE);
    deliver(f, 1, 1, NULL, "a");
    f->fake.disconnects = true;
    run(f);
    assert_int_equal(f->handled, 0);
    assert_int_equal(f->fake.settled_count, 0);
}

static void frees_what_is_settled_after_the_bus_is_closed(void **state)
{
    struct fixture *f = *state;

    subscribe(f, MSVC_ORDER_NONE);
    f->answer = MSVC_DELIVERY_LATER;
    deliver(f, 1, 1, NULL, "a");
    run(f);
    msvc_bus_close(f->bus);
    f->bus = NULL;
    assert_string_equal(msvc_delivery_message(f->delivery)->payload, "a");
    msvc_delivery_settle(f->delivery, MSVC_DELIVERY_ACK);
    assert_int_equal(f->fake.settled_count, 0);
}

static void passes_on_what_was_settled_before_the_close(void **state)
{
    struct fixture *f = *state;

    subscribe(f, MSVC_ORDER_NONE);
    f->answer = MSVC_DELIVERY_LATER;
    deliver(f, 1, 1, NULL, "a");
    run(f);
    msvc_delivery_settle(f->delivery, MSVC_DELIVERY_ACK);
    msvc_bus_close(f->bus);
    f->bus = NULL;
    assert_int_equal(f->fake.settled_count, 1);
}

static enum msvc_disposition run_inside(struct msvc_delivery *delivery, void *user)
{
    struct fixture *f = user;

    (void)delivery;
    f->handled++;
    assert_int_equal(msvc_bus_run_once(f->bus, 0, NULL), MSVC_ERR_STATE);
    assert_int_equal(msvc_bus_publish_wait(f->bus, MSVC_MESSAGE(.type = "t"), 0, NULL),
                     MSVC_ERR_STATE);
    return MSVC_DELIVERY_ACK;
}

static void a_handler_cannot_run_the_bus(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_bus_subscribe(f->bus,
                                        MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("#"),
                                                          .handler = run_inside, .user = f),
                                        NULL),
                     0);
    deliver(f, 1, 1, NULL, "a");
    run(f);
    assert_int_equal(f->handled, 1);
}

static void a_delivery_that_memory_is_short_for_comes_again(void **state)
{
    struct fixture *f = *state;

    subscribe(f, MSVC_ORDER_NONE);
    deliver(f, 1, 1, NULL, "a");
    msvc__fail_allocation_after(0);
    run(f);
    assert_int_equal(f->handled, 0);
    assert_int_equal(f->fake.settled[0].disposition, MSVC_DELIVERY_RETRY);
}

/* ---- order of keys, for an engine that does not hold them ---- */

static void holds_back_a_key_while_one_of_it_is_open(void **state)
{
    struct fixture *f = *state;
    struct msvc_delivery *first;

    f->fake.capabilities.has_key_order = true;
    subscribe(f, MSVC_ORDER_KEY);
    f->answer = MSVC_DELIVERY_LATER;
    deliver(f, 1, 1, "k", "a");
    run(f);
    first = f->delivery;
    f->answer = MSVC_DELIVERY_ACK;
    deliver(f, 2, 1, "k", "b");
    deliver(f, 3, 1, "other", "c");
    run(f);
    assert_string_equal(f->order, "ac");
    msvc_delivery_settle(first, MSVC_DELIVERY_ACK);
    run(f);
    assert_string_equal(f->order, "acb");
}

static void retries_a_key_in_place_and_lets_nothing_pass(void **state)
{
    struct fixture *f = *state;

    f->fake.capabilities.has_key_order = true;
    subscribe(f, MSVC_ORDER_KEY);
    f->answer = MSVC_DELIVERY_RETRY;
    deliver(f, 1, 1, "k", "a");
    deliver(f, 2, 1, "k", "b");
    run(f);
    f->answer = MSVC_DELIVERY_ACK;
    run(f);
    assert_string_equal(f->order, "a");
    assert_int_equal(msvc_bus_timeout_ms(f->bus), 100);
    fake_clock_advance_ms(&f->clock, 100);
    run(f);
    run(f);
    assert_string_equal(f->order, "aab");
    assert_int_equal(f->fake.settled_count, 2);
    assert_int_equal(f->fake.settled[0].disposition, MSVC_DELIVERY_ACK);
}

static void leaves_keys_to_an_engine_that_holds_them(void **state)
{
    struct fixture *f = *state;

    f->fake.capabilities.has_key_order = true;
    f->fake.driver.holds_keys = true;
    subscribe(f, MSVC_ORDER_KEY);
    f->answer = MSVC_DELIVERY_RETRY;
    deliver(f, 1, 1, "k", "a");
    run(f);
    assert_int_equal(f->fake.settled[0].disposition, MSVC_DELIVERY_RETRY);
}

static void a_key_is_free_again_after_a_broken_connection(void **state)
{
    struct fixture *f = *state;
    struct msvc_delivery *stale;

    f->fake.capabilities.has_key_order = true;
    subscribe(f, MSVC_ORDER_KEY);
    f->answer = MSVC_DELIVERY_LATER;
    deliver(f, 1, 1, "k", "a");
    run(f);
    deliver(f, 2, 1, "k", "b");
    stale = f->delivery;
    f->fake.disconnects = true;
    run(f);
    f->answer = MSVC_DELIVERY_ACK;
    deliver(f, 1, 2, "k", "a");
    deliver(f, 2, 2, "k", "b");
    run(f);
    run(f);
    assert_string_equal(f->order, "aab");
    msvc_delivery_settle(stale, MSVC_DELIVERY_ACK);
    run(f);
    assert_int_equal(f->fake.settled_count, 2);
}

/* ---- traces ---- */

static void a_handler_runs_in_the_trace_of_its_message(void **state)
{
    struct fixture *f = *state;

    subscribe(f, MSVC_ORDER_NONE);
    deliver(f, 1, 1, NULL, "a");
    run(f);
    assert_string_equal(f->current, PARENT);
    assert_null(msvc_trace_current());
}

static void work_goes_on_in_the_trace_of_its_message(void **state)
{
    struct fixture *f = *state;
    char later[MSVC_TRACEPARENT_SIZE];

    subscribe(f, MSVC_ORDER_NONE);
    f->answer = MSVC_DELIVERY_LATER;
    deliver(f, 1, 1, NULL, "a");
    run(f);
    msvc_trace_context_traceparent(later, msvc_delivery_context(f->delivery));
    assert_string_equal(later, PARENT);
    msvc_delivery_settle(f->delivery, MSVC_DELIVERY_ACK);
}

static void a_handler_runs_in_a_consumer_span(void **state)
{
    struct fixture *f = *state;
    struct fake_exporter exporter;
    struct msvc_span_exporter *const exporters[] = { &exporter.exporter, NULL };
    const struct msvc_bus_driver *drivers[] = { &f->fake.driver, NULL };
    struct msvc_tracer *tracer;

    fake_exporter_init(&exporter);
    assert_int_equal(msvc_tracer_new(&tracer, MSVC_TRACER_OPTIONS(.exporters = exporters)), 0);
    msvc_bus_close(f->bus);
    assert_int_equal(msvc_bus_open(&f->bus, "fake:", drivers,
                                   MSVC_BUS_OPTIONS(.telemetry = MSVC_TELEMETRY(.tracer = tracer)),
                                   NULL),
                     0);
    subscribe(f, MSVC_ORDER_NONE);
    deliver(f, 1, 1, NULL, "a");
    run(f);
    assert_memory_equal(f->current, PARENT, 35);               /* the same trace */
    assert_memory_not_equal(&f->current[36], &PARENT[36], 16); /* a span of its own */
    assert_int_equal(msvc_tracer_flush(tracer, 1000, NULL), 0);
    assert_string_equal(exporter.names[0], "process t");
    msvc_bus_close(f->bus);
    f->bus = NULL;
    msvc_tracer_free(tracer);
}

/* ---- memory ---- */

static int use_memory_bus(struct fixture *f)
{
    struct msvc_bus *bus = NULL;
    int status = msvc_bus_open(&bus, "memory:", MSVC_BUS_DRIVERS(msvc_bus_memory()), NULL, NULL);

    if (status == 0)
        status = msvc_bus_subscribe(bus,
                                    MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("#"),
                                                      .order = MSVC_ORDER_KEY, .handler = handle,
                                                      .user = f),
                                    NULL);
    if (status == 0)
        status = msvc_bus_publish(bus, MSVC_MESSAGE(.type = "t", .key = "k"), note, f, NULL);
    if (status == 0)
        status = msvc_bus_run_once(bus, 0, NULL);
    msvc_bus_close(bus);
    return status;
}

static void leaks_nothing_wherever_memory_runs_out(void **state)
{
    struct fixture *f = *state;
    long n = 0;

    do {
        f->handled = 0;
        msvc__fail_allocation_after(n++);
        (void)use_memory_bus(f);
    } while (f->handled == 0 && n < 100);
    msvc__fail_allocation_after(-1);
    assert_in_range(n, 10, 99);
}

#define with_fixture(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_fixture(refuses_a_url_that_no_driver_knows),
        with_fixture(refuses_subscriptions_that_lack_something),
        with_fixture(lists_every_need_that_is_not_met),
        with_fixture(keeps_publishes_until_it_is_connected),
        with_fixture(hands_publishes_over_at_once_when_connected),
        with_fixture(a_refusal_on_the_spot_is_the_callers_error),
        with_fixture(an_outcome_that_does_not_come_is_unknown),
        with_fixture(a_connection_that_does_not_come_makes_it_unknown),
        with_fixture(waiting_gives_up_after_its_time),
        with_fixture(leaves_a_broker_alone_for_a_while_after_a_failure),
        with_fixture(retries_later_and_later),
        with_fixture(parks_after_the_most_attempts),
        with_fixture(parks_unseen_what_was_delivered_too_often),
        with_fixture(parks_messages_that_break_the_rules),
        with_fixture(an_answer_that_is_none_is_a_retry),
        with_fixture(ignores_what_is_said_about_a_broken_connection),
        with_fixture(does_not_handle_what_came_by_a_broken_connection),
        with_fixture(frees_what_is_settled_after_the_bus_is_closed),
        with_fixture(passes_on_what_was_settled_before_the_close),
        with_fixture(a_handler_cannot_run_the_bus),
        with_fixture(a_delivery_that_memory_is_short_for_comes_again),
        with_fixture(holds_back_a_key_while_one_of_it_is_open),
        with_fixture(retries_a_key_in_place_and_lets_nothing_pass),
        with_fixture(leaves_keys_to_an_engine_that_holds_them),
        with_fixture(a_key_is_free_again_after_a_broken_connection),
        with_fixture(a_handler_runs_in_the_trace_of_its_message),
        with_fixture(work_goes_on_in_the_trace_of_its_message),
        with_fixture(a_handler_runs_in_a_consumer_span),
        with_fixture(leaks_nothing_wherever_memory_runs_out),
    };

    return cmocka_run_group_tests_name("bus", tests, NULL, NULL);
}
