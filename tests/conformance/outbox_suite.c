/* SPDX-License-Identifier: MIT */
/* The dialect of an outbox: what the relay relies on. */
#include "store_suite.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/driver/outbox.h>
#include <msvc/driver/store.h>
#include <msvc/error.h>
#include <msvc/header.h>
#include <msvc/message.h>
#include <msvc/outbox.h>
#include <msvc/status.h>
#include <msvc/store.h>
#include <msvc/uuid.h>

#include "test.h"

#define LEASE_MS 60000
#define ROWS_MAX 1024
#define HOUR_NS  INT64_C(3600000000000)

static const struct store_subject *subject;

struct fixture {
    char url[STORE_URL_SIZE];
    struct msvc_store *store;
    const struct msvc_outbox_driver *outbox;
    void *session;
    uint64_t shards;
    uint64_t epoch;
    struct msvc_error err;

    struct msvc_outbox_row rows[ROWS_MAX]; /* as fetched; freed at the end */
    char problem[sizeof(((struct msvc_error *)0)->message)];
    size_t count;
    size_t refuse_at; /* the callback refuses the row with this index; 0: none */
};

static int setup(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof(f));
    *state = &f;
    if (subject->create(f.url) != 0)
        return -1;
    if (msvc_store_open(&f.store, f.url, MSVC_STORE_DRIVERS(subject->driver), NULL, &f.err) < 0 ||
        msvc_outbox_migrate(f.store, &f.err) < 0)
        return -1;
    f.outbox = subject->driver->outbox;
    if (f.outbox->open(&f.session, msvc_store_target(f.store), "relay-1", &f.err) < 0)
        return -1;
    return f.outbox->lease(f.session, LEASE_MS, &f.shards, &f.epoch, &f.err);
}

static void forget_rows(struct fixture *f)
{
    for (size_t i = 0; i < f->count; i++)
        msvc_message_free(f->rows[i].message);
    f->count = 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    forget_rows(f);
    f->outbox->close(f->session);
    msvc_store_close(f->store);
    return subject->destroy(f->url);
}

static int keep_row(struct msvc_outbox_row *row, void *user)
{
    struct fixture *f = user;

    if (f->count == ROWS_MAX || (f->refuse_at > 0 && f->count == f->refuse_at))
        return MSVC_ERR_LIMIT;
    f->rows[f->count++] = *row;
    if (row->problem != NULL)
        (void)snprintf(f->problem, sizeof(f->problem), "%s", row->problem);
    return 0;
}

static int fetch(struct fixture *f, size_t limit)
{
    return f->outbox->fetch(f->session, f->shards, limit, keep_row, f, &f->err);
}

static void append_in(struct fixture *f, struct msvc_tx *tx, const char *key, const char *payload)
{
    assert_int_equal(
        msvc_outbox_append(tx,
                           MSVC_MESSAGE(.type = "order.created", .topic = "orders", .key = key,
                                        .payload = payload, .payload_length = strlen(payload)),
                           NULL, &f->err),
        0);
}

static void append(struct fixture *f, const char *key, const char *payload)
{
    struct msvc_tx *tx;

    assert_int_equal(msvc_tx_begin(&tx, f->store, NULL, &f->err), 0);
    append_in(f, tx, key, payload);
    assert_int_equal(msvc_tx_commit(tx, &f->err), 0);
}

static void run(struct fixture *f, const char *sql)
{
    struct msvc_tx *tx;

    assert_int_equal(msvc_tx_begin(&tx, f->store, NULL, &f->err), 0);
    assert_true(msvc_tx_exec(tx, sql, NULL, &f->err) >= 0);
    assert_int_equal(msvc_tx_commit(tx, &f->err), 0);
}

static int64_t number(struct fixture *f, const char *sql)
{
    struct msvc_rows *rows;
    struct msvc_tx *tx;
    int64_t found;

    assert_int_equal(msvc_tx_begin(&tx, f->store, NULL, &f->err), 0);
    assert_int_equal(msvc_tx_query(&rows, tx, sql, NULL, &f->err), 0);
    assert_true(msvc_rows_next(rows));
    found = msvc_rows_int(rows, 0);
    msvc_rows_free(rows);
    msvc_tx_rollback(tx);
    return found;
}

static void payload_is(struct fixture *f, size_t index, const char *expected)
{
    const struct msvc_message *m = f->rows[index].message;

    assert_int_equal(m->payload_length, strlen(expected));
    assert_memory_equal(m->payload, expected, strlen(expected));
}

static void fills_in_what_a_plain_insert_leaves_out(void **state)
{
    struct fixture *f = *state;
    const struct msvc_message *m;
    uint8_t uuid[16];

    run(f, "INSERT INTO outbox_events (type, payload) VALUES ('order.created', '{\"id\":1}')");
    assert_int_equal(fetch(f, 10), 1);
    m = f->rows[0].message;
    assert_string_equal(m->type, "order.created");
    assert_string_equal(m->topic, "order.created");
    assert_string_equal(m->content_type, "application/json");
    assert_int_equal(msvc_uuid_parse(uuid, m->id, strlen(m->id)), 0);
    assert_null(m->key);
    assert_null(m->source);
    assert_null(m->traceparent);
    payload_is(f, 0, "{\"id\":1}");
}

static void a_plain_insert_is_as_old_as_it_is(void **state)
{
    struct fixture *f = *state;
    int64_t before = msvc_clock_wall_ns(NULL) - 1000000000;
    int64_t age;

    run(f, "INSERT INTO outbox_events (type, payload) VALUES ('order.created', 'x')");
    assert_int_equal(fetch(f, 10), 1);
    age = f->rows[0].created_wall_ns - before;
    assert_true(age > 0 && age < 60 * INT64_C(1000000000));
    age = f->rows[0].message->time_ns - before;
    assert_true(age > 0 && age < 60 * INT64_C(1000000000));
}

static void append_everything(struct fixture *f)
{
    struct msvc_tx *tx;

    assert_int_equal(msvc_tx_begin(&tx, f->store, NULL, &f->err), 0);
    assert_int_equal(
        msvc_outbox_append(
            tx,
            MSVC_MESSAGE(.id = "e-1", .source = "/orders", .type = "order.created",
                         .subject = "o-1", .time_ns = 1767323045000000000,
                         .content_type = "text/plain", .topic = "orders", .key = "k",
                         .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                         .tracestate = "a=b",
                         .headers = MSVC_HEADERS({ "tenant", "t\"1" }, { "stage", "" }),
                         .payload = "a\0b", .payload_length = 3),
            NULL, &f->err),
        0);
    assert_int_equal(msvc_tx_commit(tx, &f->err), 0);
}

static void carries_everything_a_message_has(void **state)
{
    struct fixture *f = *state;
    const struct msvc_message *m;

    append_everything(f);
    assert_int_equal(fetch(f, 10), 1);
    m = f->rows[0].message;
    assert_string_equal(m->id, "e-1");
    assert_string_equal(m->source, "/orders");
    assert_string_equal(m->subject, "o-1");
    assert_true(m->time_ns == 1767323045000000000);
    assert_string_equal(m->content_type, "text/plain");
    assert_string_equal(m->topic, "orders");
    assert_string_equal(m->key, "k");
    assert_string_equal(m->traceparent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    assert_string_equal(m->tracestate, "a=b");
    assert_int_equal(m->payload_length, 3);
    assert_memory_equal(m->payload, "a\0b", 3);
}

static void keeps_headers(void **state)
{
    struct fixture *f = *state;
    const struct msvc_header *headers;

    append_everything(f);
    assert_int_equal(fetch(f, 10), 1);
    headers = f->rows[0].message->headers;
    assert_string_equal(msvc_header_find(headers, "tenant", 0), "t\"1");
    assert_string_equal(msvc_header_find(headers, "stage", 0), "");
    assert_null(headers[2].name);
}

static void takes_a_source_from_the_options(void **state)
{
    struct fixture *f = *state;
    struct msvc_tx *tx;

    assert_int_equal(msvc_tx_begin(&tx, f->store, NULL, &f->err), 0);
    assert_int_equal(msvc_outbox_append(tx, MSVC_MESSAGE(.type = "a"),
                                        MSVC_OUTBOX_OPTIONS(.source = "/shop"), &f->err),
                     0);
    assert_int_equal(msvc_tx_commit(tx, &f->err), 0);
    assert_int_equal(fetch(f, 10), 1);
    assert_string_equal(f->rows[0].message->source, "/shop");
}

static void refuses_a_message_without_a_type(void **state)
{
    struct fixture *f = *state;
    struct msvc_tx *tx;

    assert_int_equal(msvc_tx_begin(&tx, f->store, NULL, &f->err), 0);
    assert_int_equal(
        msvc_outbox_append(tx, MSVC_MESSAGE(.payload = "x", .payload_length = 1), NULL, &f->err),
        MSVC_ERR_INVALID);
    append_in(f, tx, NULL, "the transaction is still usable");
    assert_int_equal(msvc_tx_commit(tx, &f->err), 0);
}

static void hands_over_nothing_before_the_commit(void **state)
{
    struct fixture *f = *state;
    struct msvc_tx *tx;

    assert_int_equal(msvc_tx_begin(&tx, f->store, NULL, &f->err), 0);
    append_in(f, tx, "k", "1");
    assert_int_equal(fetch(f, 10), 0);
    assert_int_equal(msvc_tx_commit(tx, &f->err), 0);
    assert_int_equal(fetch(f, 10), 1);
}

static void hands_over_nothing_that_was_rolled_back(void **state)
{
    struct fixture *f = *state;
    struct msvc_tx *tx;

    assert_int_equal(msvc_tx_begin(&tx, f->store, NULL, &f->err), 0);
    append_in(f, tx, "k", "1");
    msvc_tx_rollback(tx);
    append(f, "k", "2");
    assert_int_equal(fetch(f, 10), 1);
    payload_is(f, 0, "2");
}

static void hands_over_each_row_once_and_in_order(void **state)
{
    struct fixture *f = *state;

    append(f, "k", "1");
    append(f, "k", "2");
    assert_int_equal(fetch(f, 10), 2);
    assert_int_equal(fetch(f, 10), 0);
    append(f, "k", "3");
    assert_int_equal(fetch(f, 10), 1);
    payload_is(f, 0, "1");
    payload_is(f, 1, "2");
    payload_is(f, 2, "3");
}

static void hands_over_no_more_than_the_limit(void **state)
{
    struct fixture *f = *state;

    append(f, "k", "1");
    append(f, "k", "2");
    append(f, "k", "3");
    assert_int_equal(fetch(f, 2), 2);
    assert_int_equal(fetch(f, 2), 1);
    assert_int_equal(fetch(f, 2), 0);
    payload_is(f, 2, "3");
}

static void hands_over_everything_again_after_a_rewind(void **state)
{
    struct fixture *f = *state;

    append(f, "k", "1");
    append(f, "k", "2");
    assert_int_equal(fetch(f, 10), 2);
    f->outbox->rewind(f->session);
    assert_int_equal(fetch(f, 10), 2);
    payload_is(f, 2, "1");
}

static void hands_over_again_what_was_not_taken(void **state)
{
    struct fixture *f = *state;

    append(f, "k", "1");
    append(f, "k", "2");
    append(f, "k", "3");
    f->refuse_at = 1;
    assert_int_equal(fetch(f, 10), MSVC_ERR_LIMIT);
    f->refuse_at = 0;
    assert_int_equal(fetch(f, 10), 2);
    payload_is(f, 1, "2");
    payload_is(f, 2, "3");
}

static void says_what_is_wrong_with_a_row(void **state)
{
    struct fixture *f = *state;

    run(f, "INSERT INTO outbox_events (type, payload, headers) VALUES ('a', 'x', '[1]')");
    append(f, "k", "2");
    assert_int_equal(fetch(f, 10), 2);
    assert_null(f->rows[0].message);
    assert_non_null(strstr(f->problem, "headers"));
    assert_non_null(f->rows[1].message);
}

static void append_delayed(struct fixture *f, const char *payload, int64_t delay_ns)
{
    int64_t then = msvc_clock_wall_ns(NULL) + delay_ns;
    struct msvc_tx *tx;

    assert_int_equal(msvc_tx_begin(&tx, f->store, NULL, &f->err), 0);
    assert_int_equal(msvc_outbox_append(tx,
                                        MSVC_MESSAGE(.type = "a", .payload = payload,
                                                     .payload_length = strlen(payload)),
                                        MSVC_OUTBOX_OPTIONS(.not_before_ns = then), &f->err),
                     0);
    assert_int_equal(msvc_tx_commit(tx, &f->err), 0);
}

static void holds_back_what_is_not_due(void **state)
{
    struct fixture *f = *state;

    append_delayed(f, "late", HOUR_NS);
    append(f, "k", "now");
    assert_int_equal(fetch(f, 10), 1);
    payload_is(f, 0, "now");
}

static void hands_over_each_due_row_once(void **state)
{
    struct fixture *f = *state;

    append_delayed(f, "1", -HOUR_NS);
    append_delayed(f, "2", -2 * HOUR_NS);
    assert_int_equal(fetch(f, 10), 2);
    assert_int_equal(fetch(f, 10), 0);
    append_delayed(f, "3", -3 * HOUR_NS);
    assert_int_equal(fetch(f, 10), 1);
    payload_is(f, 2, "3");
}

static void pages_through_due_rows(void **state)
{
    struct fixture *f = *state;

    append_delayed(f, "1", -HOUR_NS);
    append_delayed(f, "2", -HOUR_NS);
    append_delayed(f, "3", -HOUR_NS);
    assert_int_equal(fetch(f, 2), 2);
    assert_int_equal(fetch(f, 2), 1);
    assert_int_equal(fetch(f, 2), 0);
}

static int remove_row(struct fixture *f, size_t index, uint64_t epoch)
{
    return f->outbox->remove(f->session, &f->rows[index].seq, 1, epoch, &f->err);
}

static void removes_by_identity(void **state)
{
    struct fixture *f = *state;

    append(f, "k", "1");
    append(f, "k", "2");
    append(f, "k", "3");
    assert_int_equal(fetch(f, 10), 3);
    assert_int_equal(remove_row(f, 1, f->epoch), 1);
    assert_int_equal(remove_row(f, 1, f->epoch), 0);
    assert_int_equal(number(f, "SELECT count(*) FROM outbox_events"), 2);
    f->outbox->rewind(f->session);
    assert_int_equal(fetch(f, 10), 2);
    payload_is(f, 4, "3");
}

static void finds_a_row_whose_predecessors_were_all_removed(void **state)
{
    struct fixture *f = *state;

    append(f, "k", "1");
    assert_int_equal(fetch(f, 10), 1);
    assert_int_equal(remove_row(f, 0, f->epoch), 1);
    append(f, "k", "2");
    assert_int_equal(fetch(f, 10), 1);
    payload_is(f, 1, "2");
}

static void removes_nothing_without_the_lease(void **state)
{
    struct fixture *f = *state;

    append(f, "k", "1");
    assert_int_equal(fetch(f, 10), 1);
    assert_int_equal(remove_row(f, 0, f->epoch + 1), 0);
    assert_int_equal(number(f, "SELECT count(*) FROM outbox_events"), 1);
}

static int park(struct fixture *f, size_t index, bool blocks_key)
{
    return f->outbox->park(f->session, f->rows[index].seq, 3, "too large", blocks_key, f->epoch,
                           &f->err);
}

static void parks_a_row_with_its_reason(void **state)
{
    struct fixture *f = *state;

    append(f, "k", "1");
    assert_int_equal(fetch(f, 10), 1);
    assert_int_equal(park(f, 0, false), 1);
    assert_int_equal(number(f, "SELECT count(*) FROM outbox_events"), 0);
    assert_int_equal(number(f, "SELECT count(*) FROM outbox_parked WHERE reason = 'too large' AND "
                               "attempts = 3 AND key = 'k'"),
                     1);
    assert_int_equal(park(f, 0, false), 0);
}

static bool is_blocked(struct fixture *f, const char *topic, const char *key)
{
    bool answer = false;

    assert_int_equal(f->outbox->is_blocked(f->session, topic, key, &answer, &f->err), 0);
    return answer;
}

static void a_parked_row_blocks_its_key_only_when_told_to(void **state)
{
    struct fixture *f = *state;

    append(f, "k", "1");
    append(f, "l", "2");
    assert_int_equal(fetch(f, 10), 2);
    assert_int_equal(park(f, 0, false), 1);
    assert_false(is_blocked(f, "orders", "k"));
    assert_false(is_blocked(f, NULL, NULL));
    assert_int_equal(park(f, 1, true), 1);
    assert_true(is_blocked(f, "orders", "l"));
    assert_true(is_blocked(f, NULL, NULL));
    assert_false(is_blocked(f, "orders", "k"));
    assert_false(is_blocked(f, "other", "l"));
}

static void two_relays_never_hold_the_same_shard(void **state)
{
    struct fixture *f = *state;
    uint64_t shards;
    uint64_t epoch;
    void *other;

    assert_true(f->shards == UINT64_MAX);
    assert_int_equal(f->outbox->open(&other, msvc_store_target(f->store), "relay-2", &f->err), 0);
    assert_int_equal(f->outbox->lease(other, LEASE_MS, &shards, &epoch, &f->err), 0);
    assert_int_equal(f->outbox->lease(f->session, LEASE_MS, &f->shards, &f->epoch, &f->err), 0);
    assert_true((f->shards & shards) == 0);
    f->outbox->close(other);
}

static void renewing_keeps_the_epoch(void **state)
{
    struct fixture *f = *state;
    uint64_t epoch = f->epoch;

    assert_int_equal(f->outbox->lease(f->session, LEASE_MS, &f->shards, &f->epoch, &f->err), 0);
    assert_true(f->epoch == epoch);
    assert_true(f->shards == UINT64_MAX);
}

static void a_released_lease_is_free_at_once(void **state)
{
    struct fixture *f = *state;
    uint64_t shards;
    uint64_t epoch;
    void *other;

    append(f, "k", "1");
    assert_int_equal(fetch(f, 10), 1);
    assert_int_equal(f->outbox->release(f->session, f->epoch, &f->err), 0);
    assert_int_equal(f->outbox->open(&other, msvc_store_target(f->store), "relay-2", &f->err), 0);
    assert_int_equal(f->outbox->lease(other, LEASE_MS, &shards, &epoch, &f->err), 0);
    assert_true(shards == UINT64_MAX);
    assert_true(epoch != f->epoch);
    assert_int_equal(remove_row(f, 0, f->epoch), 0);
    f->outbox->close(other);
}

static void a_commit_wakes_where_the_dialect_can_and_is_found_by_looking(void **state)
{
    struct fixture *f = *state;
    struct pollfd wake = { .events = POLLIN };

    assert_int_equal(fetch(f, 10), 0);
    assert_int_equal(fetch(f, 10), 0);
    wake.fd = f->outbox->wake_fd(f->session);
    append(f, "k", "1");
    if (wake.fd >= 0)
        assert_int_equal(poll(&wake, 1, 10000), 1);
    assert_int_equal(fetch(f, 10), 1);
}

#define WRITERS    4
#define PER_WRITER 40

struct writer {
    struct fixture *f;
    char key[8];
};

static int append_one(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    const struct msvc_message *m = user;

    return msvc_outbox_append(tx, m, NULL, err);
}

static void *append_many(void *user)
{
    struct writer *w = user;

    for (int i = 0; i < PER_WRITER; i++) {
        struct msvc_message m =
            *MSVC_MESSAGE(.type = "a", .key = w->key, .payload = &i, .payload_length = sizeof(i));

        if (msvc_store_transact(w->f->store, NULL, append_one, &m, NULL) < 0)
            i--;
    }
    return NULL;
}

/* Take all there is, and remove it, until everything came. */
static void drain(struct fixture *f, size_t expected)
{
    uint64_t deadline = msvc_deadline_in(NULL, 30000);

    while (f->count < expected && msvc_deadline_left_ms(NULL, deadline, 1) > 0) {
        size_t before = f->count;

        assert_true(fetch(f, 16) >= 0);
        for (size_t i = before; i < f->count; i++)
            assert_int_equal(remove_row(f, i, f->epoch), 1);
    }
    assert_int_equal(f->count, expected);
}

static void has_order(const struct fixture *f, const char *key)
{
    int next = 0;

    for (size_t i = 0; i < f->count; i++) {
        const struct msvc_message *m = f->rows[i].message;
        int at;

        if (strcmp(m->key, key) != 0)
            continue;
        memcpy(&at, m->payload, sizeof(at));
        assert_int_equal(at, next++);
    }
    assert_int_equal(next, PER_WRITER);
}

static void loses_nothing_and_keeps_order_under_several_writers(void **state)
{
    struct fixture *f = *state;
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];

    for (int i = 0; i < WRITERS; i++) {
        writers[i].f = f;
        (void)snprintf(writers[i].key, sizeof(writers[i].key), "k%d", i);
        assert_int_equal(pthread_create(&threads[i], NULL, append_many, &writers[i]), 0);
    }
    drain(f, (size_t)WRITERS * PER_WRITER);
    for (int i = 0; i < WRITERS; i++) {
        (void)pthread_join(threads[i], NULL);
        has_order(f, writers[i].key);
    }
    assert_int_equal(number(f, "SELECT count(*) FROM outbox_events"), 0);
}

static void migrating_again_changes_nothing(void **state)
{
    struct fixture *f = *state;

    append(f, "k", "1");
    assert_int_equal(msvc_outbox_migrate(f->store, &f->err), 0);
    assert_int_equal(fetch(f, 10), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int outbox_suite(const struct store_subject *given)
{
    const struct CMUnitTest tests[] = {
        TEST(fills_in_what_a_plain_insert_leaves_out),
        TEST(a_plain_insert_is_as_old_as_it_is),
        TEST(carries_everything_a_message_has),
        TEST(keeps_headers),
        TEST(takes_a_source_from_the_options),
        TEST(refuses_a_message_without_a_type),
        TEST(hands_over_nothing_before_the_commit),
        TEST(hands_over_nothing_that_was_rolled_back),
        TEST(hands_over_each_row_once_and_in_order),
        TEST(hands_over_no_more_than_the_limit),
        TEST(hands_over_everything_again_after_a_rewind),
        TEST(hands_over_again_what_was_not_taken),
        TEST(says_what_is_wrong_with_a_row),
        TEST(holds_back_what_is_not_due),
        TEST(hands_over_each_due_row_once),
        TEST(pages_through_due_rows),
        TEST(removes_by_identity),
        TEST(finds_a_row_whose_predecessors_were_all_removed),
        TEST(removes_nothing_without_the_lease),
        TEST(parks_a_row_with_its_reason),
        TEST(a_parked_row_blocks_its_key_only_when_told_to),
        TEST(two_relays_never_hold_the_same_shard),
        TEST(renewing_keeps_the_epoch),
        TEST(a_released_lease_is_free_at_once),
        TEST(a_commit_wakes_where_the_dialect_can_and_is_found_by_looking),
        TEST(loses_nothing_and_keeps_order_under_several_writers),
        TEST(migrating_again_changes_nothing),
    };

    subject = given;
    return cmocka_run_group_tests_name("outbox conformance", tests, NULL, NULL);
}
