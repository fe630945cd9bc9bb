/* SPDX-License-Identifier: MIT */
/* Leases, waking, flushing, traces: the relay and what is around it. */
#include <msvc/relay.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <msvc/bus/memory.h>
#include <msvc/checks.h>
#include <msvc/message.h>
#include <msvc/outbox.h>
#include <msvc/status.h>
#include <msvc/store/sqlite.h>
#include <msvc/telemetry.h>

#include "fake_exporter.h"
#include "relay_fixture.h"

#define ROWS "SELECT count(*) FROM outbox_events"

static struct msvc_relay_counts counts(struct fixture *f)
{
    struct msvc_relay_counts c;

    msvc_relay_counts(f->relay, &c);
    return c;
}

static void a_relay_that_dies_leaves_duplicates_only(void **state)
{
    struct fixture *f = *state;

    f->broker.holds = true;
    append(f, "k", "1");
    append(f, "k", "2");
    turn(f, 5);
    use_relay(f, MSVC_RELAY_OPTIONS(.owner = "relay-2"));
    turn(f, 5);
    assert_string_equal(sent(f), "1 1");
    assert_string_equal(f->broker.sent[0].id, f->broker.sent[1].id);
    f->broker.holds = false;
    turn(f, 8);
    assert_string_equal(sent(f), "1 1 2");
    assert_int_equal(number(f, ROWS), 0);
}

static void only_one_of_two_relays_publishes(void **state)
{
    struct fixture *f = *state;
    struct msvc_relay *second;

    turn(f, 1);
    assert_int_equal(open_relay(&second, f, "relay-2"), 0);
    append(f, "k", "1");
    for (int i = 0; i < 3; i++)
        assert_int_equal(msvc_relay_run_once(second, 0, &f->err), 0);
    assert_int_equal(f->broker.count, 0);
    turn(f, 3);
    assert_string_equal(sent(f), "1");
    msvc_relay_free(second);
}

static void another_relay_takes_over_when_the_lease_is_over(void **state)
{
    struct fixture *f = *state;
    struct msvc_relay *second;

    f->broker.holds = true;
    append(f, "k", "1");
    turn(f, 3);
    assert_int_equal(open_relay(&second, f, "relay-2"), 0);
    assert_int_equal(msvc_relay_run_once(second, 0, &f->err), 0);
    pass_ms(f, 11000);
    for (int i = 0; i < 3; i++)
        assert_true(msvc_relay_run_once(second, 0, &f->err) >= 0);
    assert_string_equal(sent(f), "1 1");
    f->broker.holds = false;
    for (int i = 0; i < 3; i++)
        assert_true(msvc_relay_run_once(second, 0, &f->err) >= 0);
    assert_int_equal(number(f, ROWS), 0);
    append(f, "k", "2");
    turn(f, 3);
    assert_string_equal(sent(f), "1 1");
    msvc_relay_free(second);
}

static void stops_sending_when_the_lease_is_nearly_over(void **state)
{
    struct fixture *f = *state;
    sqlite3 *other;

    turn(f, 2);
    assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
    append(f, "k", "1");
    f->broker.holds = true;
    turn(f, 1);
    assert_string_equal(sent(f), "1");
    append(f, "l", "2");
    assert_int_equal(sqlite3_exec(other,
                                  "UPDATE outbox_lease SET owner = 'relay-9', epoch = 99, "
                                  "\"until\" = 9000000000000000000",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    pass_ms(f, 9000);
    turn(f, 3);
    assert_string_equal(sent(f), "1");
    (void)sqlite3_close(other);
}

static void a_freed_relay_gives_its_lease_back(void **state)
{
    struct fixture *f = *state;

    turn(f, 1);
    use_relay(f, MSVC_RELAY_OPTIONS(.owner = "relay-2"));
    append(f, "k", "1");
    turn(f, 3);
    assert_string_equal(sent(f), "1");
}

static void relays_what_the_sqlite3_program_inserts(void **state)
{
    struct fixture *f = *state;
    char command[512];

    if (system("command -v sqlite3 >/dev/null") != 0) {
        assert_null(getenv("CI"));
        print_message("# not tested: the program sqlite3 is not installed\n");
        return;
    }
    (void)snprintf(command, sizeof(command),
                   "sqlite3 %s \"INSERT INTO outbox_events (type, payload) "
                   "VALUES ('order.created', '{}')\"",
                   f->path);
    assert_int_equal(system(command), 0);
    turn(f, 3);
    assert_string_equal(sent(f), "{}");
    assert_int_equal(number(f, ROWS), 0);
}

static int append_enlisted(struct fixture *f, sqlite3 *database)
{
    struct msvc_tx *tx;
    int status = msvc_store_sqlite_enlist(&tx, database, &f->err);

    if (status < 0)
        return status;
    status = msvc_outbox_append(
        tx, MSVC_MESSAGE(.type = "a", .payload = "enlisted", .payload_length = 8), NULL, &f->err);
    msvc_tx_release(tx);
    return status;
}

static void relays_what_was_appended_in_a_transaction_of_the_users_own(void **state)
{
    struct fixture *f = *state;
    sqlite3 *database;

    turn(f, 1);
    assert_int_equal(sqlite3_open(f->path, &database), SQLITE_OK);
    assert_int_equal(append_enlisted(f, database), MSVC_ERR_STATE);
    assert_int_equal(sqlite3_exec(database, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(append_enlisted(f, database), 0);
    turn(f, 3);
    assert_int_equal(f->broker.count, 0);
    assert_int_equal(sqlite3_exec(database, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
    pass_ms(f, 1000);
    turn(f, 3);
    assert_string_equal(sent(f), "enlisted");
}

static bool is_readable(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return poll(&p, 1, 10000) == 1;
}

/* Until it has nothing left to do at once. */
static void calm_down(struct fixture *f)
{
    struct pollfd p = { .fd = msvc_relay_fd(f->relay), .events = POLLIN };

    do {
        turn(f, 3);
    } while (poll(&p, 1, 0) > 0);
}

static void wakes_for_a_commit_in_this_process(void **state)
{
    struct fixture *f = *state;

    calm_down(f);
    append(f, "k", "1");
    assert_true(is_readable(msvc_relay_fd(f->relay)));
    turn(f, 1);
    assert_string_equal(sent(f), "1");
}

static void wakes_for_a_commit_on_another_connection(void **state)
{
    struct fixture *f = *state;
    sqlite3 *other;

    calm_down(f);
    assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other,
                                  "INSERT INTO outbox_events (type, payload) VALUES ('a', '1')",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_true(is_readable(msvc_relay_fd(f->relay)));
    turn(f, 1);
    assert_string_equal(sent(f), "1");
    (void)sqlite3_close(other);
}

static void is_not_kept_awake_by_rows_it_has_no_room_for(void **state)
{
    struct fixture *f = *state;
    struct pollfd p = { .events = POLLIN };

    use_relay(f, MSVC_RELAY_OPTIONS(.window = 1, .page = 1));
    f->broker.holds = true;
    for (int i = 0; i < 10; i++)
        append(f, NULL, "1");
    turn(f, 20);
    p.fd = msvc_relay_fd(f->relay);
    assert_int_equal(poll(&p, 1, 0), 0);
    assert_int_not_equal(msvc_relay_timeout_ms(f->relay), 0);
    f->broker.holds = false;
    turn(f, 40);
    assert_int_equal(number(f, ROWS), 0);
}

static void polls_an_idle_outbox_less_and_less(void **state)
{
    struct fixture *f = *state;
    int longest = 0;

    for (int i = 0; i < 20; i++) {
        int timeout_ms = msvc_relay_timeout_ms(f->relay);

        longest = timeout_ms > longest ? timeout_ms : longest;
        assert_true(timeout_ms <= 250);
        pass_ms(f, (uint64_t)timeout_ms);
        turn(f, 1);
    }
    assert_int_equal(longest, 250);
}

static void flushes_until_nothing_is_left(void **state)
{
    struct fixture *f = *state;

    run_sql(f, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600) "
               "INSERT INTO outbox_events (type, \"key\", payload) SELECT 'a', 'k', i FROM n");
    assert_int_equal(msvc_relay_flush(f->relay, -1, &f->err), 0);
    assert_int_equal(number(f, ROWS), 0);
    assert_int_equal(f->broker.count, 600);
    assert_string_equal(f->broker.sent[599].payload, "600");
}

static void a_flush_without_broker_times_out(void **state)
{
    struct fixture *f = *state;

    f->broker.is_away = true;
    append(f, "k", "1");
    assert_int_equal(msvc_relay_flush(f->relay, 0, &f->err), MSVC_ERR_TIMEOUT);
    assert_int_equal(f->err.status, MSVC_ERR_TIMEOUT);
    assert_int_equal(number(f, ROWS), 1);
}

static void a_flush_leaves_to_another_leader_what_is_his(void **state)
{
    struct fixture *f = *state;
    struct msvc_relay *second;

    turn(f, 1);
    append(f, "k", "1");
    assert_int_equal(open_relay(&second, f, "relay-2"), 0);
    assert_int_equal(msvc_relay_flush(second, -1, &f->err), 0);
    assert_int_equal(f->broker.count, 0);
    msvc_relay_free(second);
}

/* What a health check says on another thread. */
static int check_age(const struct fixture *f, unsigned fail_ms)
{
    struct msvc_relay_watch watch = { f->relay, fail_ms, &f->clock.clock };
    struct msvc_health_run run = { 0 };
    struct msvc_error err;

    return msvc_check_relay(&watch, &run, &err);
}

static void tells_the_age_of_what_waits(void **state)
{
    struct fixture *f = *state;
    int64_t then = f->clock.wall_ns;

    f->broker.holds = true;
    append(f, "k", "1");
    pass_ms(f, 5000);
    append(f, "k", "2");
    turn(f, 3);
    assert_true(counts(f).oldest_wall_ns == then);
    assert_true(msvc_relay_oldest_wall_ns(f->relay) == then);
    assert_int_equal(check_age(f, 6000), MSVC_HEALTH_PASS);
    pass_ms(f, 1001);
    assert_int_equal(check_age(f, 6000), MSVC_ERR_UNAVAILABLE);
    f->broker.holds = false;
    turn(f, 8);
    assert_true(counts(f).oldest_wall_ns == 0);
    assert_int_equal(check_age(f, 1), MSVC_HEALTH_PASS);
}

static void is_patient_with_a_database_that_is_busy(void **state)
{
    struct fixture *f = *state;
    char url[160];
    sqlite3 *other;

    (void)snprintf(url, sizeof(url), "%s?busy_ms=0", f->url);
    msvc_relay_free(f->relay);
    f->relay = NULL;
    msvc_store_close(f->store);
    assert_int_equal(msvc_store_open(&f->store, url, MSVC_STORE_DRIVERS(msvc_store_sqlite()),
                                     MSVC_STORE_OPTIONS(.clock = &f->clock.clock), &f->err),
                     0);
    assert_int_equal(open_relay(&f->relay, f, "relay-1"), 0);
    append(f, "k", "1");
    turn(f, 1);
    assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(msvc_relay_run_once(f->relay, 0, &f->err), MSVC_ERR_CONFLICT);
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(other);
    pass_ms(f, 1000);
    turn(f, 4);
    assert_int_equal(number(f, ROWS), 0);
    assert_int_equal(f->broker.count, 1);
}

static void says_what_is_wrong_with_the_store(void **state)
{
    struct fixture *f = *state;

    run_sql(f, "DROP TABLE outbox_lease");
    assert_int_equal(msvc_relay_run_once(f->relay, 0, &f->err), MSVC_ERR_INVALID);
    assert_non_null(strstr(f->err.message, "outbox_lease"));
    assert_int_equal(msvc_relay_run_once(f->relay, 0, &f->err), MSVC_ERR_UNAVAILABLE);
}

static const char stored[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

static void look_at_link(const struct msvc_span_batch *batch, void *user)
{
    const struct msvc_span_data *span = batch->spans[0];
    struct msvc_trace_context linked = { .flags = MSVC_TRACE_SAMPLED };

    if (span->kind != MSVC_SPAN_PRODUCER || span->link_count != 1)
        return;
    memcpy(linked.trace_id, span->links->trace_id, sizeof(linked.trace_id));
    memcpy(linked.span_id, span->links->span_id, sizeof(linked.span_id));
    msvc_trace_context_traceparent(user, &linked);
}

static void links_its_span_and_forwards_the_trace_unchanged(void **state)
{
    struct fixture *f = *state;
    char found[MSVC_TRACEPARENT_SIZE] = "";
    struct fake_exporter exporter;
    struct msvc_tracer *tracer;
    struct msvc_span_exporter *exporters[] = { &exporter.exporter, NULL };

    fake_exporter_init(&exporter);
    exporter.look = look_at_link;
    exporter.user = found;
    assert_int_equal(msvc_tracer_new(&tracer, MSVC_TRACER_OPTIONS(.exporters = exporters)), 0);
    {
        const struct msvc_telemetry telemetry = { sizeof(telemetry), NULL, tracer };
        struct msvc_tx *tx;

        use_relay(f, MSVC_RELAY_OPTIONS(.telemetry = &telemetry));
        assert_int_equal(msvc_tx_begin(&tx, f->store, NULL, &f->err), 0);
        assert_int_equal(
            msvc_outbox_append(tx, MSVC_MESSAGE(.type = "a", .traceparent = stored), NULL, &f->err),
            0);
        assert_int_equal(msvc_tx_commit(tx, &f->err), 0);
        turn(f, 3);
    }
    assert_string_equal(f->broker.sent[0].traceparent, stored);
    assert_int_equal(msvc_tracer_flush(tracer, 1000, &f->err), 0);
    assert_string_equal(exporter.names[0], "send a");
    assert_string_equal(found, stored);
    msvc_relay_free(f->relay);
    f->relay = NULL;
    msvc_tracer_free(tracer);
}

static void answers_state_in_a_forked_child(void **state)
{
    struct fixture *f = *state;
    int exit_code = 1;
    pid_t child;

    turn(f, 2);
    child = fork();
    if (child == 0)
        _exit(msvc_relay_run_once(f->relay, 0, NULL) == MSVC_ERR_STATE ? 0 : 1);
    assert_int_equal(waitpid(child, &exit_code, 0), child);
    assert_int_equal(exit_code, 0);
}

static enum msvc_disposition count_delivery(struct msvc_delivery *delivery, void *user)
{
    int *seen = user;

    (void)delivery;
    ++*seen;
    return MSVC_DELIVERY_ACK;
}

static void publishes_to_a_real_bus(void **state)
{
    struct fixture *f = *state;
    struct msvc_relay *relay;
    struct msvc_bus *bus;
    int seen = 0;

    msvc_relay_free(f->relay);
    f->relay = NULL;
    assert_int_equal(
        msvc_bus_open(&bus, "memory:", MSVC_BUS_DRIVERS(msvc_bus_memory()), NULL, &f->err), 0);
    assert_int_equal(
        msvc_bus_subscribe(bus,
                           MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("order.#"),
                                             .handler = count_delivery, .user = &seen),
                           &f->err),
        0);
    assert_int_equal(msvc_relay_new(&relay, f->store, bus, NULL, &f->err), 0);
    append(f, "k", "1");
    append(f, "k", "2");
    assert_int_equal(msvc_relay_flush(relay, 10000, &f->err), 0);
    while (seen < 2 && msvc_bus_run_once(bus, 1000, &f->err) >= 0)
        ;
    assert_int_equal(seen, 2);
    msvc_relay_free(relay);
    msvc_bus_close(bus);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_relay_that_dies_leaves_duplicates_only),
        TEST(only_one_of_two_relays_publishes),
        TEST(another_relay_takes_over_when_the_lease_is_over),
        TEST(stops_sending_when_the_lease_is_nearly_over),
        TEST(a_freed_relay_gives_its_lease_back),
        TEST(relays_what_the_sqlite3_program_inserts),
        TEST(relays_what_was_appended_in_a_transaction_of_the_users_own),
        TEST(wakes_for_a_commit_in_this_process),
        TEST(wakes_for_a_commit_on_another_connection),
        TEST(is_not_kept_awake_by_rows_it_has_no_room_for),
        TEST(polls_an_idle_outbox_less_and_less),
        TEST(flushes_until_nothing_is_left),
        TEST(a_flush_without_broker_times_out),
        TEST(a_flush_leaves_to_another_leader_what_is_his),
        TEST(tells_the_age_of_what_waits),
        TEST(is_patient_with_a_database_that_is_busy),
        TEST(says_what_is_wrong_with_the_store),
        TEST(links_its_span_and_forwards_the_trace_unchanged),
        TEST(answers_state_in_a_forked_child),
        TEST(publishes_to_a_real_bus),
    };

    return cmocka_run_group_tests_name("relay_life", tests, NULL, NULL);
}
