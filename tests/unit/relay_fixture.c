/* SPDX-License-Identifier: MIT */
#include "relay_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msvc/message.h>
#include <msvc/outbox.h>
#include <msvc/status.h>
#include <msvc/store/sqlite.h>

#include "base/alloc_internal.h"

static int open_all(struct fixture *f)
{
    if (msvc_store_open(&f->store, f->url, MSVC_STORE_DRIVERS(msvc_store_sqlite()),
                        MSVC_STORE_OPTIONS(.clock = &f->clock.clock), &f->err) < 0 ||
        msvc_outbox_migrate(f->store, &f->err) < 0 ||
        msvc_bus_open(&f->bus, "fake:", MSVC_BUS_DRIVERS(fake_broker_driver()),
                      MSVC_BUS_OPTIONS(.clock = &f->clock.clock, .random = &f->random.random),
                      &f->err) < 0)
        return -1;
    return open_relay(&f->relay, f, "relay-1");
}

int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (f == NULL)
        return -1;
    *state = f;
    fake_clock_init(&f->clock);
    fake_random_init(&f->random, 1);
    fake_broker_init(&f->broker);
    (void)snprintf(f->folder, sizeof(f->folder), "/tmp/msvc-relay-XXXXXX");
    if (mkdtemp(f->folder) == NULL)
        return -1;
    (void)snprintf(f->path, sizeof(f->path), "%s/orders.db", f->folder);
    (void)snprintf(f->url, sizeof(f->url), "sqlite:%s", f->path);
    if (open_all(f) < 0) {
        (void)fprintf(stderr, "%s: %s\n", f->err.origin, f->err.message);
        return -1;
    }
    return 0;
}

int teardown(void **state)
{
    static const char *const suffixes[] = { "", "-wal", "-shm" };
    struct fixture *f = *state;
    char path[128];

    msvc__fail_allocation_after(-1);
    msvc_relay_free(f->relay);
    msvc_bus_close(f->bus);
    msvc_store_close(f->store);
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s%s", f->path, suffixes[i]);
        (void)unlink(path);
    }
    (void)rmdir(f->folder);
    free(f);
    return 0;
}

int open_relay(struct msvc_relay **out, struct fixture *f, const char *owner)
{
    return msvc_relay_new(
        out, f->store, f->bus,
        MSVC_RELAY_OPTIONS(.owner = owner, .clock = &f->clock.clock, .random = &f->random.random),
        &f->err);
}

void use_relay(struct fixture *f, const struct msvc_relay_options *options)
{
    struct msvc_relay_options o = *options;

    o.clock = &f->clock.clock;
    o.random = &f->random.random;
    msvc_relay_free(f->relay);
    f->relay = NULL;
    assert_int_equal(msvc_relay_new(&f->relay, f->store, f->bus, &o, &f->err), 0);
}

void append(struct fixture *f, const char *key, const char *payload)
{
    struct msvc_tx *tx;

    assert_int_equal(msvc_tx_begin(&tx, f->store, NULL, &f->err), 0);
    assert_int_equal(
        msvc_outbox_append(tx,
                           MSVC_MESSAGE(.type = "order.created", .key = key, .payload = payload,
                                        .payload_length = strlen(payload)),
                           NULL, &f->err),
        0);
    assert_int_equal(msvc_tx_commit(tx, &f->err), 0);
}

void run_sql(struct fixture *f, const char *sql)
{
    struct msvc_tx *tx;

    assert_int_equal(msvc_tx_begin(&tx, f->store, NULL, &f->err), 0);
    assert_true(msvc_tx_exec(tx, sql, NULL, &f->err) >= 0);
    assert_int_equal(msvc_tx_commit(tx, &f->err), 0);
}

int64_t number(struct fixture *f, const char *sql)
{
    struct msvc_rows *rows;
    struct msvc_tx *tx;
    int64_t found;

    assert_int_equal(msvc_tx_begin(&tx, f->store, MSVC_TX_OPTIONS(.is_read_only = true), &f->err),
                     0);
    assert_int_equal(msvc_tx_query(&rows, tx, sql, NULL, &f->err), 0);
    assert_true(msvc_rows_next(rows));
    found = msvc_rows_int(rows, 0);
    msvc_rows_free(rows);
    msvc_tx_rollback(tx);
    return found;
}

void turn(struct fixture *f, int turns)
{
    for (int i = 0; i < turns; i++)
        (void)msvc_relay_run_once(f->relay, 0, &f->err);
}

void pass_ms(struct fixture *f, uint64_t ms)
{
    fake_clock_advance_ms(&f->clock, ms);
}

const char *sent(const struct fixture *f)
{
    static char text[4096];
    size_t length = 0;

    text[0] = '\0';
    for (size_t i = 0; i < f->broker.count && length < sizeof(text) - FAKE_BROKER_TEXT; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s", i > 0 ? " " : "",
                                   f->broker.sent[i].payload);
    return text;
}
