/* SPDX-License-Identifier: MIT */
/*
 * A member takes deliveries by moving their not_before ahead, by the time it
 * may be dead before others get them, and by putting its name on them: what it
 * settles later counts only while the name is still there. With order by key
 * it takes only the oldest of each key, so that a key has one message under
 * way, wherever the members are.
 */
#include "drivers/postgres/bus_internal.h"

#include <stdlib.h>

#include <msvc/buffer.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "drivers/postgres/message_internal.h"

#define CLAIM_MOST 256
#define SWEEP_MS   300000

#define CLAIM_BEGIN                                                                    \
    "WITH picked AS (SELECT d.delivery FROM bus_deliveries d WHERE d.group_name = $1 " \
    "AND d.not_before <= clock_timestamp() "
#define CLAIM_HEAD                                                          \
    "AND (d.key IS NULL OR NOT EXISTS (SELECT FROM bus_deliveries e WHERE " \
    "e.group_name = d.group_name AND e.topic = d.topic AND e.key = d.key "  \
    "AND e.message < d.message)) "
#define CLAIM_END                                                                     \
    "ORDER BY d.message LIMIT $2 FOR UPDATE SKIP LOCKED), "                           \
    "taken AS (UPDATE bus_deliveries d SET owner = $3, attempt = d.attempt + 1, "     \
    "not_before = clock_timestamp() + $4::bigint * interval '1 ms' FROM picked "      \
    "WHERE d.delivery = picked.delivery RETURNING d.delivery, d.message, d.attempt) " \
    "SELECT taken.delivery, taken.attempt, " MSVC__POSTGRES_MESSAGE_SELECT            \
    " FROM taken JOIN bus_messages m ON m.message = taken.message ORDER BY m.message"

static const char claim_any[] = CLAIM_BEGIN CLAIM_END;
static const char claim_heads[] = CLAIM_BEGIN CLAIM_HEAD CLAIM_END;

/* The message goes with its last delivery; two who settle its last two at once leave it to sweep().
 */
static const char ack_sql[] =
    "WITH gone AS (DELETE FROM bus_deliveries WHERE delivery = ANY ($1::bigint[]) AND owner = $2 "
    "RETURNING message) "
    "DELETE FROM bus_messages m USING gone WHERE m.message = gone.message AND NOT EXISTS ("
    "SELECT FROM bus_deliveries d WHERE d.message = m.message "
    "AND NOT (d.delivery = ANY ($1::bigint[]) AND d.owner = $2))";

static const char retry_sql[] = "UPDATE bus_deliveries SET owner = NULL, "
                                "not_before = clock_timestamp() + $3::bigint * interval '1 ms' "
                                "WHERE delivery = $1 AND owner = $2";

static const char park_sql[] =
    "WITH gone AS (DELETE FROM bus_deliveries WHERE delivery = $1 AND owner = $2 RETURNING *) "
    "INSERT INTO bus_parked (delivery, group_name, attempt, reason, " MSVC__POSTGRES_MESSAGE_NAMES
    ") SELECT gone.delivery, gone.group_name, gone.attempt, $3, m.id, m.source, m.type, m.subject, "
    "m.time_ns, m.content_type, m.topic, m.key, m.traceparent, m.tracestate, m.headers, m.payload, "
    "m.payload_bytes FROM gone JOIN bus_messages m ON m.message = gone.message";

static int retry(struct msvc__postgres_bus *bus, const struct msvc__postgres_settlement *s,
                 struct msvc_error *err)
{
    uint64_t due_ns = msvc_deadline_in(bus->host->clock, s->delay_ms);
    struct msvc_value values[] = {
        msvc_value_int((int64_t)s->tag),
        msvc_value_text(bus->owner),
        msvc_value_int(s->delay_ms),
    };

    if (due_ns < bus->look_at_ns)
        bus->look_at_ns = due_ns;
    return msvc__postgres_bus_run(NULL, bus, retry_sql, values, 3, err);
}

static int park(struct msvc__postgres_bus *bus, uint64_t tag, const char *reason,
                struct msvc_error *err)
{
    struct msvc_value values[] = {
        msvc_value_int((int64_t)tag),
        msvc_value_text(bus->owner),
        msvc_value_text(reason),
    };

    return msvc__postgres_bus_run(NULL, bus, park_sql, values, 3, err);
}

static bool is_done(const struct msvc__postgres_settlement *s)
{
    return s->disposition == MSVC_DELIVERY_ACK || s->disposition == MSVC_DELIVERY_DROP;
}

static int ack_all(struct msvc__postgres_bus *bus, struct msvc_error *err)
{
    struct msvc_buffer tags = MSVC_BUFFER_INIT;
    int status;

    for (size_t i = 0; i < bus->settlement_count; i++) {
        if (is_done(&bus->settlements[i]))
            msvc_buffer_printf(&tags, "%s%llu", tags.length > 0 ? "," : "{",
                               (unsigned long long)bus->settlements[i].tag);
    }
    if (tags.length == 0)
        return msvc_buffer_status(&tags);
    msvc_buffer_byte(&tags, '}');
    status = msvc_buffer_status(&tags);
    if (status < 0) {
        (void)msvc_error_set(err, status, "postgres", 0, "no memory for acknowledgements");
    } else {
        struct msvc_value values[] = { msvc_value_text(tags.data), msvc_value_text(bus->owner) };

        status = msvc__postgres_bus_run(NULL, bus, ack_sql, values, 2, err);
    }
    msvc_buffer_clear(&tags);
    return status;
}

int msvc__postgres_bus_settle(struct msvc__postgres_bus *bus, struct msvc_error *err)
{
    int status = bus->settlement_count > 0 ? ack_all(bus, err) : 0;

    for (size_t i = 0; status == 0 && i < bus->settlement_count; i++) {
        const struct msvc__postgres_settlement *s = &bus->settlements[i];

        if (s->disposition == MSVC_DELIVERY_RETRY)
            status = retry(bus, s, err);
        else if (s->disposition == MSVC_DELIVERY_PARK)
            status = park(bus, s->tag, s->reason != NULL ? s->reason : "", err);
    }
    if (status < 0)
        return status;
    for (size_t i = 0; i < bus->settlement_count; i++)
        free(bus->settlements[i].reason);
    bus->settlement_count = 0;
    return 0;
}

/* What somebody wrote into the tables by hand may be no message. */
static int deliver(struct msvc__postgres_bus *bus, struct msvc__postgres_member *member,
                   const PGresult *result, int row, struct msvc_error *err)
{
    uint64_t tag = (uint64_t)msvc__postgres_int(result, row, 0);
    unsigned attempt = (unsigned)msvc__postgres_int(result, row, 1);
    struct msvc_message *message;
    struct msvc_message columns;
    struct msvc_error why;
    const char *headers = msvc__postgres_message_read(&columns, result, row, 2);
    int status = msvc_outbox_row_message(&message, &columns, headers, &why);

    if (status == MSVC_ERR_NOMEM)
        return msvc_error_set(err, status, "postgres", 0, "no memory for a delivery");
    if (status < 0)
        return park(bus, tag, why.message, err);
    member->open_count++;
    bus->host->delivered(bus->host, member->subscription, message, tag, attempt);
    msvc_message_free(message);
    return 0;
}

static int claim_for(struct msvc__postgres_bus *bus, struct msvc__postgres_member *member,
                     struct msvc_error *err)
{
    unsigned room = member->wanted->max_in_flight - member->open_count;
    unsigned limit = room < CLAIM_MOST ? room : CLAIM_MOST;
    struct msvc_value values[] = {
        msvc_value_text(member->wanted->group),
        msvc_value_int(limit),
        msvc_value_text(bus->owner),
        msvc_value_int(bus->lease_ms),
    };
    bool by_key = member->wanted->order == MSVC_ORDER_KEY;
    PGresult *result;
    int count;
    int status =
        msvc__postgres_bus_run(&result, bus, by_key ? claim_heads : claim_any, values, 4, err);

    if (status < 0)
        return status;
    count = PQntuples(result);
    member->may_claim = count > 0;
    for (int row = 0; status == 0 && row < count; row++)
        status = deliver(bus, member, result, row, err);
    PQclear(result);
    return status < 0 ? status : count;
}

static bool can_claim(const struct msvc__postgres_member *member)
{
    return member->may_claim && member->is_bound &&
           member->open_count < member->wanted->max_in_flight;
}

int msvc__postgres_bus_claim(struct msvc__postgres_bus *bus, struct msvc_error *err)
{
    int total = 0;

    for (struct msvc__postgres_member *m = bus->members; m != NULL && !bus->is_stopped;
         m = m->next) {
        int count = can_claim(m) ? claim_for(bus, m, err) : 0;

        if (count < 0)
            return count;
        total += count;
    }
    return total;
}

int msvc__postgres_bus_renew(struct msvc__postgres_bus *bus, struct msvc_error *err)
{
    struct msvc_value values[] = { msvc_value_text(bus->owner), msvc_value_int(bus->lease_ms) };
    bool has_open = false;

    bus->renew_at_ns = msvc_deadline_in(bus->host->clock, bus->lease_ms / 3);
    for (const struct msvc__postgres_member *m = bus->members; m != NULL; m = m->next)
        has_open = has_open || m->open_count > 0;
    if (!has_open)
        return 0;
    return msvc__postgres_bus_run(NULL, bus,
                                  "UPDATE bus_deliveries SET not_before = clock_timestamp() + "
                                  "$2::bigint * interval '1 ms' WHERE owner = $1",
                                  values, 2, err);
}

int msvc__postgres_bus_sweep(struct msvc__postgres_bus *bus, struct msvc_error *err)
{
    bus->sweep_at_ns = msvc_deadline_in(bus->host->clock, SWEEP_MS);
    return msvc__postgres_bus_run(NULL, bus,
                                  "DELETE FROM bus_messages m WHERE NOT EXISTS (SELECT FROM "
                                  "bus_deliveries d WHERE d.message = m.message)",
                                  NULL, 0, err);
}

int msvc__postgres_bus_unclaim(struct msvc__postgres_bus *bus, struct msvc_error *err)
{
    struct msvc_value values[] = { msvc_value_text(bus->owner) };

    return msvc__postgres_bus_run(
        NULL, bus,
        "UPDATE bus_deliveries SET owner = NULL, not_before = '-infinity' "
        "WHERE owner = $1",
        values, 1, err);
}
