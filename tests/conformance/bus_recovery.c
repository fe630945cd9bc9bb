/* SPDX-License-Identifier: MIT */
/* Main loops, other processes, forks, and brokers that go and come back. */
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <msvc/clock.h>

#include "bus_suite_internal.h"
#include "bus_support.h"

#define MS 1000000u

/* Run the bus only when its descriptor or its timer says so. */
static void run_by_poll(struct fixture *f, struct msvc_bus *bus, const struct recorder *r)
{
    uint64_t deadline = msvc_deadline_in(NULL, f->engine->patience_ms);

    while (r->count == 0) {
        struct pollfd fd = { .fd = msvc_bus_fd(bus), .events = POLLIN };
        int left = msvc_deadline_left_ms(NULL, deadline, 60000);
        int own_ms = msvc_bus_timeout_ms(bus);

        assert_true(left > 0);
        (void)poll(&fd, 1, own_ms >= 0 && own_ms < left ? own_ms : left);
        (void)msvc_bus_run_once(bus, 0, NULL);
    }
}

static void a_main_loop_needs_only_the_descriptor_and_the_timer(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *consumer = open_bus(f);
    struct msvc_bus *publisher = open_bus(f);

    subscribe(f, consumer, "g", "orders", r);
    run_quietly(f, 20);
    assert_int_equal(msvc_bus_publish_wait(publisher,
                                           MSVC_MESSAGE(.type = "t", .topic = own(f, "orders")),
                                           (int)f->engine->patience_ms, NULL),
                     0);
    run_by_poll(f, consumer, r);
    assert_int_equal(r->count, 1);
}

static void confirmed_messages_outlive_every_connection(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    only_if(msvc_bus_capabilities(bus)->is_durable, "the engine does not claim durability");
    subscribe(f, bus, "g", "orders", r);
    close_bus(f, bus);
    bus = open_bus(f);
    for (int i = 0; i < 10; i++)
        publish(f, bus, "orders", NULL, "x");
    wait_for_all_confirmed(f);
    close_bus(f, bus);
    subscribe(f, open_bus(f), "g", "orders", r);
    wait_for_count(f, r, 10);
}

static void a_delay_outlives_its_bus(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    only_if(msvc_bus_capabilities(bus)->has_delay, "the engine does not claim delays");
    r->answer = MSVC_DELIVERY_RETRY;
    r->answer_times = 1;
    r->has_delay = true;
    r->delay_ms = 800;
    subscribe(f, bus, "g", "orders", r);
    publish(f, bus, "orders", NULL, "x");
    wait_for_count(f, r, 1);
    assert_int_equal(msvc_bus_drain(bus, (int)f->engine->patience_ms, NULL), 0);
    close_bus(f, bus);
    subscribe(f, open_bus(f), "g", "orders", r);
    wait_for_count(f, r, 2);
    assert_true(r->records[1].at_ns - r->records[0].at_ns >= 795 * MS);
}

/* In a child: what the parent publishes and waits for, from another process. */
static int publish_ten(const struct bus_engine *engine, const char *topic, int go)
{
    struct msvc_bus *bus;
    int failures = 0;
    char byte;

    if (read(go, &byte, 1) != 1 ||
        msvc_bus_open(&bus, engine->url, engine->drivers, NULL, NULL) < 0)
        return 1;
    for (int i = 0; i < 10; i++)
        failures += msvc_bus_publish_wait(bus, MSVC_MESSAGE(.type = "t", .topic = topic),
                                          (int)engine->patience_ms, NULL) < 0;
    msvc_bus_close(bus);
    return failures > 0 ? 2 : 0;
}

static void wait_for_child(pid_t child)
{
    int status = -1;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void messages_cross_processes(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    const char *topic = own(f, "orders");
    int go[2];
    pid_t child;

    only_if(f->engine->crosses_processes, "the engine lives in one process");
    assert_int_equal(pipe(go), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(publish_ten(f->engine, topic, go[0]));
    subscribe(f, open_bus(f), "g", "orders", r);
    assert_int_equal(write(go[1], "x", 1), 1);
    wait_for_count(f, r, 10);
    wait_for_child(child);
    (void)close(go[0]);
    (void)close(go[1]);
}

/* In a child: everything is refused, and closing touches nothing of the parent's. */
static int try_inherited(struct msvc_bus *bus, const char *topic)
{
    if (msvc_bus_publish(bus, MSVC_MESSAGE(.type = "t", .topic = topic), NULL, NULL, NULL) !=
        MSVC_ERR_STATE)
        return 1;
    if (msvc_bus_run_once(bus, 0, NULL) != MSVC_ERR_STATE)
        return 2;
    if (msvc_bus_drain(bus, 0, NULL) != MSVC_ERR_STATE || msvc_bus_is_connected(bus))
        return 3;
    msvc_bus_close(bus);
    return 0;
}

static void a_child_cannot_use_an_inherited_bus(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);
    pid_t child;

    subscribe(f, bus, "g", "orders", r);
    publish(f, bus, "orders", NULL, "before");
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(try_inherited(bus, own(f, "orders")));
    wait_for_child(child);
    publish(f, bus, "orders", NULL, "after");
    wait_for_count(f, r, 2);
    wait_for_all_confirmed(f);
    run_quietly(f, 50);
    assert_int_equal(r->count, 2); /* nothing was sent twice */
    assert_int_equal(f->confirmed, 2);
}

static bool is_connected(void *user)
{
    return msvc_bus_is_connected(user);
}

static bool is_disconnected(void *user)
{
    return !msvc_bus_is_connected(user);
}

static void restart(struct fixture *f, struct msvc_bus *bus)
{
    assert_int_equal(f->engine->stop(f->engine), 0);
    run_until(f, is_disconnected, bus);
    assert_int_equal(f->engine->start(f->engine), 0);
    run_until(f, is_connected, bus);
}

static void connects_again_when_the_broker_is_back(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    only_if(f->engine->stop != NULL, "the engine has no broker to restart");
    subscribe(f, bus, "g", "orders", r);
    restart(f, bus);
    publish(f, bus, "orders", NULL, "x");
    wait_for_count(f, r, 1);
}

static void confirmed_messages_outlive_the_broker(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *publisher = open_bus(f);
    struct msvc_bus *consumer = open_bus(f);

    only_if(f->engine->stop != NULL && msvc_bus_capabilities(publisher)->is_durable,
            "the engine has no broker to restart, or claims no durability");
    subscribe(f, consumer, "g", "orders", r);
    close_bus(f, consumer);
    for (int i = 0; i < 10; i++)
        publish(f, publisher, "orders", NULL, "x");
    wait_for_all_confirmed(f);
    restart(f, publisher);
    subscribe(f, open_bus(f), "g", "orders", r);
    wait_for_count(f, r, 10);
}

static void a_delivery_of_a_broken_connection_comes_again(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    only_if(f->engine->stop != NULL, "the engine has no broker to restart");
    r->answer = MSVC_DELIVERY_LATER;
    r->answer_times = 1;
    subscribe(f, bus, "g", "orders", r);
    publish(f, bus, "orders", NULL, "x");
    wait_for_count(f, r, 1);
    wait_for_all_confirmed(f);
    restart(f, bus);
    msvc_delivery_settle(r->later[0], MSVC_DELIVERY_ACK); /* stale: means nothing */
    wait_for_count(f, r, 2);
    assert_string_equal(r->records[1].payload, "x");
}

static void a_publish_while_the_broker_is_away_waits_for_it(void **state)
{
    struct fixture *f = fixture_of(state);
    struct msvc_bus *bus = open_bus_with(f, MSVC_BUS_OPTIONS(.timeout_ms = f->engine->patience_ms));
    struct recorder *r = new_recorder(f);

    only_if(f->engine->stop != NULL, "the engine has no broker to restart");
    subscribe(f, bus, "g", "orders", r);
    assert_int_equal(f->engine->stop(f->engine), 0);
    run_until(f, is_disconnected, bus);
    publish(f, bus, "orders", NULL, "x");
    run_quietly(f, 50);
    assert_int_equal(f->engine->start(f->engine), 0);
    wait_for_all_confirmed(f);
    assert_int_equal(f->confirmed, 1);
    wait_for_count(f, r, 1);
}

static bool has_no_open_publish(void *user)
{
    const struct fixture *f = user;

    return f->sent == 0;
}

static void every_publish_has_an_outcome_when_the_broker_goes(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus_with(f, MSVC_BUS_OPTIONS(.timeout_ms = 2000));
    struct msvc_bus_counts counts;

    only_if(f->engine->stop != NULL, "the engine has no broker to restart");
    subscribe(f, bus, "g", "orders", r);
    for (int i = 0; i < 100; i++)
        publish(f, bus, "orders", NULL, "x");
    run_all(f, 0);
    assert_int_equal(f->engine->stop(f->engine), 0);
    run_until(f, has_no_open_publish, f);
    msvc_bus_counts(bus, &counts);
    assert_int_equal(counts.confirmed + counts.refused + counts.unknown, 100);
    assert_int_equal(counts.confirmed, f->confirmed);
    assert_int_equal(f->engine->start(f->engine), 0);
}

const struct CMUnitTest bus_recovery_tests[] = {
    cmocka_unit_test(a_main_loop_needs_only_the_descriptor_and_the_timer),
    cmocka_unit_test(confirmed_messages_outlive_every_connection),
    cmocka_unit_test(a_delay_outlives_its_bus),
    cmocka_unit_test(messages_cross_processes),
    cmocka_unit_test(a_child_cannot_use_an_inherited_bus),
    cmocka_unit_test(connects_again_when_the_broker_is_back),
    cmocka_unit_test(confirmed_messages_outlive_the_broker),
    cmocka_unit_test(a_delivery_of_a_broken_connection_comes_again),
    cmocka_unit_test(a_publish_while_the_broker_is_away_waits_for_it),
    cmocka_unit_test(every_publish_has_an_outcome_when_the_broker_goes),
    { .name = NULL },
};
