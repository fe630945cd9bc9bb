/* SPDX-License-Identifier: MIT */
/* msvc_inbox_consume() over SQLite and the in-process bus. */
#include <msvc/inbox.h>

#include <string.h>

#include <msvc/bus/memory.h>
#include <msvc/message.h>
#include <msvc/status.h>

#include "relay_fixture.h"

struct consumer {
    struct fixture *f;
    struct msvc_bus *bus;
    int result;    /* what the effect answers */
    int times;     /* it answers that so often, then 0 */
    int effects;   /* run, rolled back ones included */
    int delivered; /* to the handler */
};

static int effect(struct msvc_tx *tx, const struct msvc_message *m, void *user,
                  struct msvc_error *err)
{
    struct consumer *c = user;
    int status = msvc_tx_exec(tx, "INSERT INTO effects (id) VALUES ($1)",
                              MSVC_VALUES(MSVC_TEXT(m->id)), err);

    c->effects++;
    if (status < 0 || c->times == 0)
        return status;
    c->times--;
    return c->result;
}

static enum msvc_disposition deliver(struct msvc_delivery *delivery, void *user)
{
    struct consumer *c = user;

    c->delivered++;
    return msvc_inbox_consume(c->f->store, "inventory", delivery, effect, c, NULL);
}

static void start(struct consumer *c, struct fixture *f)
{
    memset(c, 0, sizeof(*c));
    c->f = f;
    run_sql(f, "CREATE TABLE effects (id text)");
    assert_int_equal(
        msvc_bus_open(&c->bus, "memory:", MSVC_BUS_DRIVERS(msvc_bus_memory()), NULL, &f->err), 0);
    assert_int_equal(
        msvc_bus_subscribe(c->bus,
                           MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("a"),
                                             .handler = deliver, .user = c, .retry_least_ms = 1),
                           &f->err),
        0);
}

/* Publish and run until the handler was called as often as that. */
static struct msvc_bus_counts receive(struct consumer *c, const char *id, int deliveries)
{
    struct msvc_bus_counts counts;

    assert_int_equal(
        msvc_bus_publish_wait(c->bus, MSVC_MESSAGE(.type = "a", .id = id), 5000, &c->f->err), 0);
    for (int i = 0; i < 1000 && c->delivered < deliveries; i++)
        (void)msvc_bus_run_once(c->bus, 100, &c->f->err);
    assert_int_equal(c->delivered, deliveries);
    (void)msvc_bus_run_once(c->bus, 0, &c->f->err);
    msvc_bus_counts(c->bus, &counts);
    return counts;
}

static void acknowledges_a_duplicate_without_a_second_effect(void **state)
{
    struct fixture *f = *state;
    struct consumer c;

    start(&c, f);
    (void)receive(&c, "e-1", 1);
    assert_int_equal(receive(&c, "e-1", 2).acked, 2);
    assert_int_equal(c.effects, 1);
    assert_int_equal(number(f, "SELECT count(*) FROM effects"), 1);
    msvc_bus_close(c.bus);
}

static void retries_when_trying_again_may_help(void **state)
{
    struct fixture *f = *state;
    struct consumer c;

    start(&c, f);
    c.result = MSVC_ERR_UNAVAILABLE;
    c.times = 2;
    assert_int_equal(receive(&c, "e-1", 3).retried, 2);
    assert_int_equal(number(f, "SELECT count(*) FROM effects"), 1);
    msvc_bus_close(c.bus);
}

static void parks_what_can_never_succeed(void **state)
{
    struct fixture *f = *state;
    struct consumer c;

    start(&c, f);
    c.result = MSVC_ERR_REFUSED;
    c.times = 1;
    assert_int_equal(receive(&c, "e-1", 1).parked, 1);
    assert_int_equal(number(f, "SELECT count(*) FROM effects"), 0);
    msvc_bus_close(c.bus);
}

static void tells_a_duplicate_from_an_effect_that_finds_its_row_there(void **state)
{
    struct fixture *f = *state;
    struct consumer c;

    start(&c, f);
    c.result = MSVC_ERR_EXISTS;
    c.times = 1;
    assert_int_equal(receive(&c, "e-1", 1).parked, 1);
    msvc_bus_close(c.bus);
}

static void runs_an_effect_again_that_lost_a_race(void **state)
{
    struct fixture *f = *state;
    struct consumer c;

    start(&c, f);
    c.result = MSVC_ERR_CONFLICT;
    c.times = 2;
    assert_int_equal(receive(&c, "e-1", 1).acked, 1);
    assert_int_equal(c.effects, 3);
    assert_int_equal(number(f, "SELECT count(*) FROM effects"), 1);
    msvc_bus_close(c.bus);
}

static void prunes_by_age(void **state)
{
    struct fixture *f = *state;
    struct consumer c;

    start(&c, f);
    (void)receive(&c, "e-1", 1);
    pass_ms(f, 60000);
    (void)receive(&c, "e-2", 2);
    assert_int_equal(msvc_inbox_prune(f->store, 30000, &f->err), 1);
    (void)receive(&c, "e-2", 3);
    (void)receive(&c, "e-1", 4);
    assert_int_equal(c.effects, 3);
    msvc_bus_close(c.bus);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(acknowledges_a_duplicate_without_a_second_effect),
        TEST(retries_when_trying_again_may_help),
        TEST(parks_what_can_never_succeed),
        TEST(tells_a_duplicate_from_an_effect_that_finds_its_row_there),
        TEST(runs_an_effect_again_that_lost_a_race),
        TEST(prunes_by_age),
    };

    return cmocka_run_group_tests_name("inbox", tests, NULL, NULL);
}
