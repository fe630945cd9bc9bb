/* SPDX-License-Identifier: MIT */
/*
 * What was published since the last turn goes out in one pipeline, which is one
 * round trip and one transaction: either all of it is confirmed or none. When
 * one message makes it fail, each is sent alone, so that only that one is
 * refused. The notification follows in a transaction of its own: inside, it
 * would make all committers of the server wait for each other.
 */
#include "drivers/postgres/bus_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/message.h>
#include <msvc/status.h>

#include "drivers/postgres/message_internal.h"

#define BATCH_COUNT 256
#define BATCH_BYTES (4u << 20)
#define STATEMENT   "msvc_publish"

static const char publish_sql[] =
    "WITH wanted AS (SELECT DISTINCT group_name FROM bus_bindings WHERE $7::text || '.' ~ "
    "expression), "
    "stored AS (INSERT INTO bus_messages (" MSVC__POSTGRES_MESSAGE_NAMES ") "
    "SELECT $1::text, $2::text, $3::text, $4::text, $5::bigint, $6::text, $7::text, $8::text, "
    "$9::text, $10::text, $11::json, $12::text, $13::bytea WHERE EXISTS (SELECT FROM wanted) "
    "RETURNING message) "
    "INSERT INTO bus_deliveries (group_name, message, topic, key) "
    "SELECT group_name, message, $7::text, $8::text FROM wanted, stored";

int msvc__postgres_bus_prepare(struct msvc__postgres_bus *bus, struct msvc_error *err)
{
    struct msvc__postgres *pg = bus->pg;
    PGresult *result = NULL;
    int status = 0;

    if (!PQsendPrepare(pg->conn, STATEMENT, publish_sql, 0, NULL))
        return msvc__postgres_error(pg, NULL, err);
    do {
        PQclear(result);
        result = NULL;
        if (status == 0)
            status = msvc__postgres_next(&result, pg, msvc__postgres_deadline(pg), err);
        if (result != NULL && PQresultStatus(result) != PGRES_COMMAND_OK)
            status = msvc__postgres_failure(pg, result, err);
    } while (result != NULL);
    return status;
}

static void tell(struct msvc__postgres_bus *bus, size_t at, enum msvc_publish_outcome outcome,
                 bool is_permanent, const char *reason)
{
    const struct msvc_publish_result result = { outcome, is_permanent, reason };

    bus->host->published(bus->host, bus->queue[at].publish, &result);
}

static void drop(struct msvc__postgres_bus *bus, size_t count)
{
    bus->queue_count -= count;
    memmove(bus->queue, bus->queue + count, bus->queue_count * sizeof(*bus->queue));
}

void msvc__postgres_bus_give_up(struct msvc__postgres_bus *bus)
{
    for (size_t i = 0; i < bus->queue_count; i++)
        tell(bus, i, MSVC_PUBLISH_UNKNOWN, false, "the connection broke");
    bus->queue_count = 0;
}

static int send_one(struct msvc__postgres_bus *bus, const struct msvc_message *message,
                    struct msvc_error *err)
{
    struct msvc_value values[MSVC__POSTGRES_MESSAGE_COLUMNS];
    struct msvc_buffer headers = MSVC_BUFFER_INIT;
    struct msvc__postgres_params params;
    struct msvc__postgres *pg = bus->pg;
    int status =
        msvc__postgres_message_write(values, message, msvc__postgres_is_utf8(pg), &headers);

    if (status < 0)
        status = msvc_error_set(err, status, "postgres", 0, "no memory for headers");
    else
        status = msvc__postgres_params(&params, values, MSVC__POSTGRES_MESSAGE_COLUMNS, err);
    if (status == 0) {
        if (!PQsendQueryPrepared(pg->conn, STATEMENT, params.count, params.values, params.lengths,
                                 params.formats, 0))
            status = msvc__postgres_error(pg, NULL, err);
        msvc__postgres_params_clear(&params);
    }
    msvc_buffer_clear(&headers);
    return status;
}

static int send_batch(struct msvc__postgres_bus *bus, size_t count, struct msvc_error *err)
{
    PGconn *conn = bus->pg->conn;
    int status = 0;

    if (!PQenterPipelineMode(conn))
        return msvc__postgres_error(bus->pg, NULL, err);
    for (size_t i = 0; status == 0 && i < count; i++)
        status = send_one(bus, bus->queue[i].message, err);
    if (!PQpipelineSync(conn) ||
        !PQsendQueryParams(conn, MSVC__POSTGRES_BUS_NOTIFY, 0, NULL, NULL, NULL, NULL, 0) ||
        !PQpipelineSync(conn))
        return msvc__postgres_error(bus->pg, NULL, err);
    return status;
}

/*
 * Read up to the second sync. *stored tells whether the first transaction
 * committed; if not, *why says what was wrong with it.
 */
static int receive_batch(bool *stored, struct msvc__postgres_bus *bus, struct msvc_error *why,
                         struct msvc_error *err)
{
    struct msvc__postgres *pg = bus->pg;
    uint64_t deadline_ns = msvc__postgres_deadline(pg);
    PGresult *result = NULL;
    bool has_failed = false;

    for (int syncs = 0; syncs < 2;) {
        ExecStatusType type;
        int status = msvc__postgres_next(&result, pg, deadline_ns, err);

        if (status < 0)
            return status;
        type = PQresultStatus(result);
        if (result != NULL && type == PGRES_PIPELINE_SYNC) {
            if (syncs++ == 0)
                *stored = !has_failed;
        } else if (result != NULL && type == PGRES_FATAL_ERROR && !has_failed && syncs == 0) {
            has_failed = true;
            (void)msvc__postgres_error(pg, result, why);
        }
        PQclear(result);
        if (!msvc__postgres_is_usable(pg))
            return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "postgres", 0,
                                  "the connection broke while publishing");
    }
    return 0;
}

/* One transaction. *stored and *why as receive_batch() says. */
static int store(bool *stored, struct msvc__postgres_bus *bus, size_t count, struct msvc_error *why,
                 struct msvc_error *err)
{
    int sent = send_batch(bus, count, why);
    int status;

    if (!msvc__postgres_is_usable(bus->pg))
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "postgres", 0, "%s", why->message);
    status = receive_batch(stored, bus, why, err);
    if (status == 0 && !PQexitPipelineMode(bus->pg->conn))
        status = msvc__postgres_error(bus->pg, NULL, err);
    if (sent < 0)
        why->status = sent;
    return status;
}

static size_t batch_size(const struct msvc__postgres_bus *bus)
{
    size_t bytes = 0;
    size_t count = 0;

    while (count < bus->queue_count && count < BATCH_COUNT &&
           (count == 0 || bytes + bus->queue[count].message->payload_length <= BATCH_BYTES))
        bytes += bus->queue[count++].message->payload_length;
    return count;
}

/* The first message of the queue, alone: what does not go is refused. */
static int store_alone(struct msvc__postgres_bus *bus, struct msvc_error *err)
{
    struct msvc_error why = { .status = 0 };
    bool stored = false;
    int status = store(&stored, bus, 1, &why, err);

    if (status < 0)
        return status;
    if (stored && why.status == 0)
        tell(bus, 0, MSVC_PUBLISH_CONFIRMED, false, "");
    else
        tell(bus, 0, MSVC_PUBLISH_REFUSED, msvc_status_retry(why.status) == MSVC_RETRY_NEVER,
             why.message);
    drop(bus, 1);
    return 0;
}

/*
 * What is sent before a message that cannot even be sent would be stored: a
 * batch with such a message is split just as one that the server refuses.
 */
static int store_batch(struct msvc__postgres_bus *bus, size_t count, struct msvc_error *err)
{
    struct msvc_error why = { .status = 0 };
    bool stored = false;
    int status;

    if (count == 1)
        return store_alone(bus, err);
    status = store(&stored, bus, count, &why, err);
    if (status < 0)
        return status;
    if (stored && why.status == 0) {
        for (size_t i = 0; i < count; i++)
            tell(bus, i, MSVC_PUBLISH_CONFIRMED, false, "");
        drop(bus, count);
        return 0;
    }
    for (size_t i = 0; status == 0 && i < count; i++)
        status = store_alone(bus, err);
    return status;
}

int msvc__postgres_bus_flush(struct msvc__postgres_bus *bus, struct msvc_error *err)
{
    bool has_published = bus->queue_count > 0;
    int status = 0;

    while (status == 0 && bus->queue_count > 0)
        status = store_batch(bus, batch_size(bus), err);
    for (struct msvc__postgres_member *m = bus->members; has_published && m != NULL; m = m->next)
        m->may_claim = true;
    return status;
}
