/* SPDX-License-Identifier: MIT */
/*
 * The parts of a turn's one transaction. Everything that a delivery's owner
 * writes names the owner, so that one whose lease ran out changes nothing.
 */
#include "drivers/sqlite/bus_internal.h"

#include <stdio.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/message.h>

#define NS_PER_MS 1000000

#define BIND     "INSERT OR IGNORE INTO bus_binding (grp, pattern) VALUES ($1, $2)"
#define BINDINGS "SELECT grp, pattern FROM bus_binding ORDER BY grp"

#define ADD_DELIVERY                                                                        \
    "INSERT INTO bus_delivery (grp, seq, topic, \"key\", is_head) VALUES ($1, $2, $3, $4, " \
    "$4 IS NULL OR NOT EXISTS (SELECT 1 FROM bus_delivery "                                 \
    "WHERE grp = $1 AND topic = $3 AND \"key\" = $4))"

#define CLAIMABLE "FROM bus_delivery WHERE grp = $1 AND not_before <= $2 AND lease_until <= $2 "
#define FIND_ANY  "SELECT seq, attempts " CLAIMABLE "ORDER BY seq LIMIT $3"
#define FIND_HEAD "SELECT seq, attempts " CLAIMABLE "AND is_head = 1 ORDER BY seq LIMIT $3"
#define LEASE                                                                        \
    "UPDATE bus_delivery SET attempts = attempts + 1, lease_until = $3, owner = $4 " \
    "WHERE grp = $1 AND seq = $2"
#define DUE_ANY  "SELECT min(max(not_before, lease_until)) FROM bus_delivery WHERE grp = $1"
#define DUE_HEAD DUE_ANY " AND is_head = 1"

#define MINE  "WHERE grp = $1 AND seq = $2 AND owner = $3"
#define RENEW "UPDATE bus_delivery SET lease_until = $4 " MINE
#define RETRY "UPDATE bus_delivery SET lease_until = 0, owner = NULL, not_before = $4 " MINE
#define PARK                                                                     \
    "INSERT OR REPLACE INTO bus_parked (grp, seq, attempts, reason, parked_at) " \
    "SELECT grp, seq, attempts, $4, $5 FROM bus_delivery " MINE
#define PROMOTE                                                                           \
    "UPDATE bus_delivery SET is_head = 1 WHERE grp = $1 AND seq = ("                      \
    "SELECT min(n.seq) FROM bus_delivery AS d JOIN bus_delivery AS n "                    \
    "ON n.grp = d.grp AND n.topic = d.topic AND n.\"key\" = d.\"key\" AND n.seq > d.seq " \
    "WHERE d.grp = $1 AND d.seq = $2 AND d.owner = $3 AND d.is_head = 1)"
#define REMOVE "DELETE FROM bus_delivery " MINE
#define REMOVE_MESSAGE                                            \
    "DELETE FROM bus_message WHERE seq = $1 "                     \
    "AND NOT EXISTS (SELECT 1 FROM bus_delivery WHERE seq = $1) " \
    "AND NOT EXISTS (SELECT 1 FROM bus_parked WHERE seq = $1)"

static int64_t now_ns(const struct bus_handle *h)
{
    return msvc_clock_wall_ns(h->host->clock);
}

/* ---- groups ---- */

int msvc__sqlite_bus_bind(struct bus_handle *h, struct msvc_error *err)
{
    for (struct bus_group *g = h->groups; g != NULL; g = g->next) {
        for (size_t i = 0; !g->is_bound && g->wanted->topics[i] != NULL; i++) {
            int status = msvc__sqlite_run(
                h->connection, BIND,
                MSVC_VALUES(MSVC_TEXT(g->wanted->group), MSVC_TEXT(g->wanted->topics[i])), err);

            if (status < 0)
                return status;
        }
    }
    return 0;
}

/* ---- settling ---- */

static int run_mine(struct bus_handle *h, const char *sql, const struct bus_settle *s,
                    struct msvc_error *err)
{
    return msvc__sqlite_run(
        h->connection, sql,
        MSVC_VALUES(MSVC_TEXT(s->group->wanted->group), MSVC_INT(s->seq), MSVC_TEXT(h->owner)),
        err);
}

static int retry(struct bus_handle *h, const struct bus_settle *s, struct msvc_error *err)
{
    int64_t at = s->delay_ms > 0 ? now_ns(h) + (int64_t)s->delay_ms * NS_PER_MS : 0;

    return msvc__sqlite_run(h->connection, RETRY,
                            MSVC_VALUES(MSVC_TEXT(s->group->wanted->group), MSVC_INT(s->seq),
                                        MSVC_TEXT(h->owner), MSVC_INT(at)),
                            err);
}

static int park(struct bus_handle *h, const struct bus_settle *s, struct msvc_error *err)
{
    return msvc__sqlite_run(h->connection, PARK,
                            MSVC_VALUES(MSVC_TEXT(s->group->wanted->group), MSVC_INT(s->seq),
                                        MSVC_TEXT(h->owner), MSVC_TEXT(s->reason),
                                        MSVC_INT(now_ns(h))),
                            err);
}

/* The next of its key may go, and the message too when nobody else waits for it. */
static int finish(struct bus_handle *h, const struct bus_settle *s, struct msvc_error *err)
{
    int status = run_mine(h, PROMOTE, s, err);

    if (status >= 0)
        status = run_mine(h, REMOVE, s, err);
    if (status > 0)
        status =
            msvc__sqlite_run(h->connection, REMOVE_MESSAGE, MSVC_VALUES(MSVC_INT(s->seq)), err);
    return status;
}

static int settle_one(struct bus_handle *h, const struct bus_settle *s, struct msvc_error *err)
{
    int status = 0;

    if (s->disposition == MSVC_DELIVERY_RETRY)
        return retry(h, s, err);
    if (s->disposition == MSVC_DELIVERY_PARK)
        status = park(h, s, err);
    return status < 0 ? status : finish(h, s, err);
}

int msvc__sqlite_bus_settle(struct bus_handle *h, struct msvc_error *err)
{
    for (size_t i = 0; i < h->settle_count; i++) {
        int status = settle_one(h, &h->settles[i], err);

        if (status < 0)
            return status;
    }
    return 0;
}

/* ---- leases ---- */

static int update_open(struct bus_handle *h, const char *sql, int64_t instant_ns,
                       struct msvc_error *err)
{
    for (struct bus_group *g = h->groups; g != NULL; g = g->next) {
        for (unsigned i = 0; i < g->open_count; i++) {
            int status =
                msvc__sqlite_run(h->connection, sql,
                                 MSVC_VALUES(MSVC_TEXT(g->wanted->group), MSVC_INT(g->open[i]),
                                             MSVC_TEXT(h->owner), MSVC_INT(instant_ns)),
                                 err);

            if (status < 0)
                return status;
        }
    }
    return 0;
}

int msvc__sqlite_bus_renew(struct bus_handle *h, struct msvc_error *err)
{
    return update_open(h, RENEW, now_ns(h) + h->lease_ns, err);
}

int msvc__sqlite_bus_release(struct bus_handle *h, struct msvc_error *err)
{
    return update_open(h, RETRY, 0, err);
}

static int lease(struct bus_handle *h, const struct bus_claim *claim, struct msvc_error *err)
{
    return msvc__sqlite_run(h->connection, LEASE,
                            MSVC_VALUES(MSVC_TEXT(claim->group->wanted->group),
                                        MSVC_INT(claim->seq), MSVC_INT(now_ns(h) + h->lease_ns),
                                        MSVC_TEXT(h->owner)),
                            err);
}

/* What is in open already was leased before and its lease ran out: it is not claimed twice. */
static bool is_open(const struct bus_group *g, int64_t seq)
{
    for (unsigned i = 0; i < g->open_count; i++) {
        if (g->open[i] == seq)
            return true;
    }
    return false;
}

static int find(struct bus_handle *h, struct bus_group *g, unsigned most, struct msvc_error *err)
{
    bool in_order = g->wanted->order == MSVC_ORDER_KEY;
    struct msvc_value values[] = { MSVC_TEXT(g->wanted->group), MSVC_INT(now_ns(h)),
                                   MSVC_INT(most) };
    struct sqlite3_stmt *row;
    int status =
        msvc__sqlite_prepare(&row, h->connection, in_order ? FIND_HEAD : FIND_ANY, values, 3, err);
    int code;

    if (status < 0)
        return status;
    while ((code = sqlite3_step(row)) == SQLITE_ROW) {
        int64_t seq = sqlite3_column_int64(row, 0);

        if (is_open(g, seq))
            h->renew_at_ns = 0; /* nobody else took it: keep it */
        else
            h->claims[h->claim_count++] =
                (struct bus_claim){ g, seq, (unsigned)sqlite3_column_int64(row, 1) + 1 };
    }
    if (code != SQLITE_DONE)
        status = msvc__sqlite_error(h->connection, code, err);
    msvc__sqlite_done(h->connection, row);
    return status;
}

/* With room left, what remains is leased or delayed: find out until when. */
static int note_due(struct bus_handle *h, const struct bus_group *g, struct msvc_error *err)
{
    bool in_order = g->wanted->order == MSVC_ORDER_KEY;
    int64_t due;
    int status = msvc__sqlite_number(&due, h->connection, in_order ? DUE_HEAD : DUE_ANY,
                                     MSVC_VALUES(MSVC_TEXT(g->wanted->group)), 0, err);

    if (status >= 0 && due != 0 && (h->due_at_ns == 0 || due < h->due_at_ns))
        h->due_at_ns = due;
    return status < 0 ? status : 0;
}

static int claim_for(struct bus_handle *h, struct bus_group *g, struct msvc_error *err)
{
    size_t room = MSVC__SQLITE_BUS_CLAIM - h->claim_count;
    unsigned free_count = g->wanted->max_in_flight - g->open_count;
    unsigned most = free_count < room ? free_count : (unsigned)room;
    size_t before = h->claim_count;
    int status = most > 0 ? find(h, g, most, err) : 0;

    for (size_t i = before; status >= 0 && i < h->claim_count; i++)
        status = lease(h, &h->claims[i], err);
    if (status >= 0 && free_count > h->claim_count - before)
        status = note_due(h, g, err);
    return status < 0 ? status : 0;
}

int msvc__sqlite_bus_claim(struct bus_handle *h, struct msvc_error *err)
{
    int status = 0;

    h->claim_count = 0;
    h->due_at_ns = 0;
    for (struct bus_group *g = h->groups; status == 0 && g != NULL && !h->is_stopped; g = g->next)
        status = claim_for(h, g, err);
    return status;
}

/* ---- publishing ---- */

/* One delivery for each group with a pattern that matches; how many, or a status. */
static int fan_out(struct bus_handle *h, const struct msvc_message *m, int64_t seq,
                   struct msvc_error *err)
{
    char last[MSVC_MESSAGE_NAME_MAX + 1] = "";
    struct sqlite3_stmt *row;
    int status = msvc__sqlite_prepare(&row, h->connection, BINDINGS, NULL, 0, err);
    int count = 0;

    while (status >= 0 && sqlite3_step(row) == SQLITE_ROW) {
        const char *group = (const char *)sqlite3_column_text(row, 0);

        if (strcmp(group, last) == 0 ||
            !msvc_topic_matches((const char *)sqlite3_column_text(row, 1), m->topic))
            continue;
        (void)snprintf(last, sizeof(last), "%s", group);
        status = msvc__sqlite_run(
            h->connection, ADD_DELIVERY,
            MSVC_VALUES(MSVC_TEXT(last), MSVC_INT(seq), MSVC_TEXT(m->topic), MSVC_TEXT(m->key)),
            err);
        count++;
    }
    if (status >= 0 || count > 0)
        msvc__sqlite_done(h->connection, row);
    return status < 0 ? status : count;
}

static int store_one(struct bus_handle *h, const struct msvc_message *m, struct msvc_error *err)
{
    int64_t seq;
    int count;
    int status = msvc__sqlite_bus_put(h, m, err);

    if (status < 0)
        return status;
    seq = sqlite3_last_insert_rowid(h->connection->database);
    count = fan_out(h, m, seq, err);
    if (count != 0)
        return count < 0 ? count : 0;
    status = msvc__sqlite_run(h->connection, REMOVE_MESSAGE, MSVC_VALUES(MSVC_INT(seq)), err);
    return status < 0 ? status : 0;
}

int msvc__sqlite_bus_store(struct bus_handle *h, struct msvc_error *err)
{
    for (size_t i = 0; i < h->publish_count; i++) {
        struct bus_publish *p = &h->publishes[i];
        struct msvc_error why = { .message = "" };
        int status = p->is_refused ? 0 : store_one(h, p->message, &why);

        if (status == MSVC_ERR_INVALID || status == MSVC_ERR_LIMIT || status == MSVC_ERR_REFUSED) {
            p->is_refused = true; /* and the turn begins again without it */
            (void)snprintf(p->reason, sizeof(p->reason), "%s", why.message);
        }
        if (status < 0)
            return msvc_error_set(err, status, "sqlite", why.native, "%s", why.message);
    }
    return 0;
}
