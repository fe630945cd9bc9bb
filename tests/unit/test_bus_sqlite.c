/* SPDX-License-Identifier: MIT */
/* What only the bus in a file has: leases, its tables, files that are no databases. */
#include <msvc/bus/sqlite.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include <msvc/bus.h>
#include <msvc/error.h>

#include "base/alloc_internal.h"

#include "fake_clock.h"
#include "test.h"

struct fixture {
    char folder[32];
    char path[300];
    char url[400];
    struct fake_clock clock;
    struct msvc_delivery *delivery;
    unsigned attempt;
    unsigned seen;
    enum msvc_disposition answer;
};

static int setup(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    memset(f, 0, sizeof(*f));
    (void)snprintf(f->folder, sizeof(f->folder), "/tmp/msvc-bus-XXXXXX");
    fake_clock_init(&f->clock);
    *state = f;
    if (mkdtemp(f->folder) == NULL)
        return -1;
    (void)snprintf(f->path, sizeof(f->path), "%.31s/bus.db", f->folder);
    (void)snprintf(f->url, sizeof(f->url), "sqlite:%.60s?lease_ms=30000", f->path);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char path[320];

    (void)unlink(f->path);
    (void)snprintf(path, sizeof(path), "%.60s-wal", f->path);
    (void)unlink(path);
    (void)snprintf(path, sizeof(path), "%.60s-shm", f->path);
    (void)unlink(path);
    return rmdir(f->folder);
}

static struct msvc_bus *open_bus(struct fixture *f)
{
    struct msvc_bus *bus = NULL;
    struct msvc_error err = { .message = "" };

    if (msvc_bus_open(&bus, f->url, MSVC_BUS_DRIVERS(msvc_bus_sqlite()),
                      MSVC_BUS_OPTIONS(.clock = &f->clock.clock), &err) < 0)
        fail_msg("%s", err.message);
    return bus;
}

static enum msvc_disposition handle(struct msvc_delivery *delivery, void *user)
{
    struct fixture *f = user;

    f->delivery = delivery;
    f->attempt = msvc_delivery_attempt(delivery);
    f->seen++;
    return f->answer == MSVC_DELIVERY_PARK ? msvc_delivery_park(delivery, "bad total") : f->answer;
}

static struct msvc_bus *open_subscribed(struct fixture *f)
{
    struct msvc_bus *bus = open_bus(f);

    assert_int_equal(msvc_bus_subscribe(bus,
                                        MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("#"),
                                                          .handler = handle, .user = f),
                                        NULL),
                     0);
    assert_true(msvc_bus_run_once(bus, 0, NULL) >= 0);
    return bus;
}

static void publish(struct msvc_bus *bus)
{
    assert_int_equal(msvc_bus_publish_wait(bus, MSVC_MESSAGE(.type = "t", .key = "k"), 5000, NULL),
                     0);
}

/* Run until the commit of what is queued is done. */
static void settle_down(struct msvc_bus *bus)
{
    for (int i = 0; i < 3; i++)
        assert_true(msvc_bus_run_once(bus, 0, NULL) >= 0);
}

static int count_rows(const struct fixture *f, const char *sql)
{
    struct sqlite3 *database = NULL;
    struct sqlite3_stmt *row = NULL;
    int count;

    assert_int_equal(sqlite3_open(f->path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &row, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    count = sqlite3_column_int(row, 0);
    (void)sqlite3_finalize(row);
    (void)sqlite3_close(database);
    return count;
}

static void a_lease_that_is_not_renewed_runs_out(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *dead = open_subscribed(f);
    struct msvc_bus *other = open_subscribed(f);
    struct msvc_delivery *stale;

    f->answer = MSVC_DELIVERY_LATER;
    publish(dead);
    settle_down(dead);
    assert_int_equal(f->seen, 1);
    stale = f->delivery;
    settle_down(other);
    assert_int_equal(f->seen, 1);
    fake_clock_advance_ms(&f->clock, 30001);
    f->answer = MSVC_DELIVERY_ACK;
    settle_down(other);
    assert_int_equal(f->seen, 2);
    assert_int_equal(f->attempt, 2);
    msvc_delivery_settle(stale, MSVC_DELIVERY_RETRY); /* no longer its to settle */
    settle_down(dead);
    assert_int_equal(count_rows(f, "SELECT count(*) FROM bus_delivery"), 0);
    msvc_bus_close(dead);
    msvc_bus_close(other);
}

/* In a child, by the machine's clock: take one, tell, and never settle it. */
static void hold_one(struct fixture *f, int told)
{
    struct msvc_bus *bus = NULL;

    f->answer = MSVC_DELIVERY_LATER;
    if (msvc_bus_open(&bus, f->url, MSVC_BUS_DRIVERS(msvc_bus_sqlite()), NULL, NULL) < 0 ||
        msvc_bus_subscribe(bus,
                           MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("#"),
                                             .handler = handle, .user = f),
                           NULL) < 0 ||
        msvc_bus_run_once(bus, 0, NULL) < 0 ||
        msvc_bus_publish(bus, MSVC_MESSAGE(.type = "t"), NULL, NULL, NULL) < 0)
        _exit(1);
    while (f->seen == 0)
        (void)msvc_bus_run_once(bus, 100, NULL);
    if (write(told, "x", 1) == 1)
        (void)pause();
    _exit(1);
}

static void what_a_killed_process_had_comes_to_another(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *bus;
    int told[2];
    char byte;
    pid_t child;

    assert_int_equal(pipe(told), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        hold_one(f, told[1]);
    assert_int_equal(read(told[0], &byte, 1), 1);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    fake_clock_init(&f->clock);
    f->clock.wall_ns = msvc_clock_wall_ns(NULL) + INT64_C(31000000000); /* past its lease */
    bus = open_subscribed(f);
    settle_down(bus);
    assert_int_equal(f->seen, 1);
    assert_int_equal(f->attempt, 2);
    msvc_bus_close(bus);
    (void)close(told[0]);
    (void)close(told[1]);
}

static void a_lease_is_renewed_while_its_bus_runs(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *busy = open_subscribed(f);
    struct msvc_bus *other = open_subscribed(f);

    f->answer = MSVC_DELIVERY_LATER;
    publish(busy);
    settle_down(busy);
    for (int i = 0; i < 10; i++) {
        fake_clock_advance_ms(&f->clock, 12000);
        settle_down(busy);
        settle_down(other);
    }
    assert_int_equal(f->seen, 1);
    msvc_delivery_settle(f->delivery, MSVC_DELIVERY_ACK);
    settle_down(busy);
    assert_int_equal(count_rows(f, "SELECT count(*) FROM bus_message"), 0);
    msvc_bus_close(busy);
    msvc_bus_close(other);
}

static void removes_messages_that_nobody_waits_for(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *bus = open_bus(f);

    publish(bus); /* no group at all */
    assert_int_equal(count_rows(f, "SELECT count(*) FROM bus_message"), 0);
    msvc_bus_close(bus);
    bus = open_subscribed(f);
    publish(bus);
    settle_down(bus);
    assert_int_equal(f->seen, 1);
    assert_int_equal(count_rows(f, "SELECT count(*) FROM bus_message"), 0);
    msvc_bus_close(bus);
}

static void keeps_parked_messages_with_their_reason(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *bus = open_subscribed(f);

    f->answer = MSVC_DELIVERY_PARK;
    publish(bus);
    settle_down(bus);
    assert_int_equal(count_rows(f, "SELECT count(*) FROM bus_parked JOIN bus_message USING (seq) "
                                   "WHERE reason = 'bad total' AND attempts = 1"),
                     1);
    assert_int_equal(count_rows(f, "SELECT count(*) FROM bus_delivery"), 0);
    msvc_bus_close(bus);
}

static void gives_open_deliveries_back_when_it_closes(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *bus = open_subscribed(f);

    f->answer = MSVC_DELIVERY_LATER;
    publish(bus);
    settle_down(bus);
    msvc_bus_close(bus);
    msvc_delivery_settle(f->delivery, MSVC_DELIVERY_ACK);
    assert_int_equal(count_rows(f, "SELECT count(*) FROM bus_delivery WHERE owner IS NULL "
                                   "AND lease_until = 0"),
                     1);
}

static void refuses_urls_that_name_no_file(void **state)
{
    const char *urls[] = { "sqlite:", "sqlite::memory:", "sqlite://host/path",
                           "sqlite:/tmp/x?size=1", "sqlite:/tmp/x?lease_ms=1" };
    struct msvc_bus *bus = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
        assert_int_equal(
            msvc_bus_open(&bus, urls[i], MSVC_BUS_DRIVERS(msvc_bus_sqlite()), NULL, NULL),
            MSVC_ERR_INVALID);
    assert_int_equal(msvc_bus_open(&bus, "sqlite:/nowhere/at/all.db",
                                   MSVC_BUS_DRIVERS(msvc_bus_sqlite()), NULL, NULL),
                     MSVC_ERR_UNAVAILABLE);
    assert_null(bus);
}

/* Publish and handle one; 0 when nothing failed. */
static int use_bus(struct fixture *f)
{
    struct msvc_bus *bus = NULL;
    int status = msvc_bus_open(&bus, f->url, MSVC_BUS_DRIVERS(msvc_bus_sqlite()), NULL, NULL);

    if (status == 0)
        status = msvc_bus_subscribe(bus,
                                    MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("#"),
                                                      .handler = handle, .user = f),
                                    NULL);
    if (status == 0)
        status =
            msvc_bus_publish(bus, MSVC_MESSAGE(.type = "t", .headers = MSVC_HEADERS({ "a", "b" })),
                             NULL, NULL, NULL);
    for (int i = 0; i < 4 && status >= 0; i++)
        status = msvc_bus_run_once(bus, 0, NULL);
    msvc_bus_close(bus);
    return status;
}

static void leaks_nothing_wherever_memory_runs_out(void **state)
{
    struct fixture *f = *state;
    long n = 0;

    do {
        f->seen = 0;
        msvc__fail_allocation_after(n++);
        (void)use_bus(f);
    } while (f->seen == 0 && n < 100);
    msvc__fail_allocation_after(-1);
    assert_in_range(n, 10, 99);
}

#define with_fixture(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_fixture(a_lease_that_is_not_renewed_runs_out),
        with_fixture(what_a_killed_process_had_comes_to_another),
        with_fixture(a_lease_is_renewed_while_its_bus_runs),
        with_fixture(removes_messages_that_nobody_waits_for),
        with_fixture(keeps_parked_messages_with_their_reason),
        with_fixture(gives_open_deliveries_back_when_it_closes),
        with_fixture(refuses_urls_that_name_no_file),
        with_fixture(leaks_nothing_wherever_memory_runs_out),
    };

    return cmocka_run_group_tests_name("bus_sqlite", tests, NULL, NULL);
}
