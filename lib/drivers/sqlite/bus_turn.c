/* SPDX-License-Identifier: MIT */
/*
 * A turn is one transaction: settlements, publishes and new leases share its
 * one fsync, and nothing is reported before the commit. If it fails all is
 * still in the lists, and the next turn tries again.
 */
#include "drivers/sqlite/bus_internal.h"

#include <limits.h>
#include <poll.h>

#include <msvc/clock.h>
#include <msvc/error.h>

#include "base/os_internal.h"

#define ORIGIN    "sqlite"
#define NS_PER_MS 1000000
#define LOOK_MS   1000 /* without being woken; */
#define POLL_MS   100  /* when nothing can wake */

static int64_t wall_ns(const struct bus_handle *h)
{
    return msvc_clock_wall_ns(h->host->clock);
}

/* ---- the transaction ---- */

static bool has_to_write(const struct bus_handle *h)
{
    for (const struct bus_group *g = h->groups; g != NULL; g = g->next) {
        if (!g->is_bound || (g->open_count > 0 && wall_ns(h) >= h->renew_at_ns))
            return true;
    }
    return h->publish_count > 0 || h->settle_count > 0;
}

static int has_to_claim(struct bus_handle *h, struct msvc_error *err)
{
    int64_t found = 0;

    for (struct bus_group *g = h->groups; g != NULL && !h->is_stopped && found == 0; g = g->next) {
        int status = 0;

        if (g->open_count < g->wanted->max_in_flight)
            status = msvc__sqlite_number(
                &found, h->connection,
                "SELECT 1 FROM bus_delivery WHERE grp = $1 AND not_before <= $2 "
                "AND lease_until <= $2 AND ($3 = 0 OR is_head = 1) LIMIT 1",
                MSVC_VALUES(MSVC_TEXT(g->wanted->group), MSVC_INT(wall_ns(h)),
                            MSVC_INT(g->wanted->order == MSVC_ORDER_KEY)),
                0, err);
        if (status < 0)
            return status;
    }
    return found != 0;
}

static int write_all(struct bus_handle *h, struct msvc_error *err)
{
    int status = msvc__sqlite_bus_bind(h, err);

    if (status == 0)
        status = msvc__sqlite_bus_settle(h, err);
    if (status == 0 && wall_ns(h) >= h->renew_at_ns)
        status = msvc__sqlite_bus_renew(h, err);
    if (status == 0)
        status = msvc__sqlite_bus_store(h, err);
    if (status == 0)
        status = msvc__sqlite_bus_claim(h, err);
    return status;
}

static int transact(struct bus_handle *h, struct msvc_error *err)
{
    int status;

    msvc__sqlite_limit(h->connection, 0);
    status = msvc__sqlite_begin(h->connection, err);
    if (status == 0) {
        status = write_all(h, err);
        if (status == 0)
            status = msvc__sqlite_commit(h->connection, err);
        if (status < 0)
            msvc__sqlite_rollback(h->connection);
    }
    if (status < 0)
        h->claim_count = 0;
    return status;
}

/* ---- after the commit ---- */

static int report_publishes(struct bus_handle *h)
{
    size_t count = h->publish_count;

    h->publish_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct bus_publish *p = &h->publishes[i];
        struct msvc_publish_result result = {
            p->is_refused ? MSVC_PUBLISH_REFUSED : MSVC_PUBLISH_CONFIRMED,
            p->is_refused,
            p->reason,
        };

        h->host->published(h->host, p->publish, &result);
    }
    return count < INT_MAX ? (int)count : INT_MAX;
}

void msvc__sqlite_bus_close_delivery(struct bus_group *g, int64_t seq)
{
    for (unsigned i = 0; i < g->open_count; i++) {
        if (g->open[i] == seq) {
            g->open[i] = g->open[--g->open_count];
            return;
        }
    }
}

/* A delivery whose message is gone or cannot be read now keeps its lease and comes again later. */
static int report_claims(struct bus_handle *h, struct msvc_error *err)
{
    int count = 0;

    for (size_t i = 0; i < h->claim_count; i++) {
        const struct bus_claim *claim = &h->claims[i];
        struct bus_group *g = claim->group;

        g->open[g->open_count++] = claim->seq;
        if (msvc__sqlite_bus_deliver(h, claim, err) < 0)
            msvc__sqlite_bus_close_delivery(g, claim->seq);
        else
            count++;
    }
    h->claim_count = 0;
    return count;
}

const char *msvc__sqlite_bus_wal(const struct bus_handle *h)
{
    return sqlite3_filename_wal(sqlite3_db_filename(h->connection->database, "main"));
}

/*
 * The log is written some time before its transaction can be seen, and a
 * member that woke at the writing has looked in vain. This wakes it again.
 */
static void wake_others(const struct bus_handle *h)
{
    if (h->watch_fd >= 0 && (h->publish_count > 0 || h->settle_count > 0))
        msvc__watch_touch(msvc__sqlite_bus_wal(h));
}

static int after_commit(struct bus_handle *h, struct msvc_error *err)
{
    wake_others(h);
    h->settle_count = 0;
    for (struct bus_group *g = h->groups; g != NULL; g = g->next)
        g->is_bound = true;
    if (wall_ns(h) >= h->renew_at_ns)
        h->renew_at_ns = wall_ns(h) + h->lease_ns / 3;
    return report_publishes(h) + report_claims(h, err);
}

/* A writer that is in the way for too long is no failure: the next turn tries again. */
static int after_failure(struct bus_handle *h, int status, struct msvc_error *err)
{
    if (status == MSVC_ERR_CONFLICT || status == MSVC_ERR_TIMEOUT || status == MSVC_ERR_INVALID ||
        status == MSVC_ERR_LIMIT || status == MSVC_ERR_REFUSED)
        return 0;
    h->is_down = true;
    return status == MSVC_ERR_NOMEM || status == MSVC_ERR_AUTH
               ? status
               : msvc_error_set(err, MSVC_ERR_UNAVAILABLE, ORIGIN, 0, "the file cannot be written");
}

/* One turn without waiting. Outcomes and deliveries reported, or a status. */
static int turn(struct bus_handle *h, struct msvc_error *err)
{
    int status;

    /* Before the transaction: what is written after it is still to be noticed. */
    if (h->watch_fd >= 0)
        msvc__watch_clear(h->watch_fd);
    h->look_at_ns = msvc_deadline_in(h->host->clock, h->watch_fd >= 0 ? LOOK_MS : POLL_MS);
    msvc__sqlite_limit(h->connection, 0);
    status = has_to_write(h) ? 1 : has_to_claim(h, err);
    if (status > 0)
        status = transact(h, err);
    else if (status == 0)
        return 0;
    if (status < 0)
        return after_failure(h, status, err);
    h->is_down = false;
    return after_commit(h, err);
}

/* ---- waiting ---- */

int msvc__sqlite_bus_timeout_ms(const void *handle)
{
    const struct bus_handle *h = handle;
    int64_t now = wall_ns(h);
    int64_t due = h->is_stopped ? 0 : h->due_at_ns;
    int most;

    if (has_to_write(h))
        return 0;
    most = h->groups == NULL ? -1 : msvc_deadline_left_ms(h->host->clock, h->look_at_ns, INT_MAX);
    for (const struct bus_group *g = h->groups; g != NULL; g = g->next) {
        if (g->open_count > 0 && (due == 0 || h->renew_at_ns < due))
            due = h->renew_at_ns;
    }
    if (due == 0)
        return most;
    due = due > now ? (due - now) / NS_PER_MS + 1 : 0;
    return most < 0 || due < most ? (int)(due < INT_MAX ? due : INT_MAX) : most;
}

static void wait_for_work(const struct bus_handle *h, int timeout_ms)
{
    struct pollfd fds[] = { { .fd = h->host->wake_fd, .events = POLLIN },
                            { .fd = h->watch_fd, .events = POLLIN } };
    int own_ms = msvc__sqlite_bus_timeout_ms(h);

    if (own_ms >= 0 && (timeout_ms < 0 || own_ms < timeout_ms))
        timeout_ms = own_ms;
    (void)poll(fds, 2, timeout_ms);
}

int msvc__sqlite_bus_run_once(void *handle, int timeout_ms, struct msvc_error *err)
{
    struct bus_handle *h = handle;
    int status = turn(h, err);

    if (status != 0 || timeout_ms == 0)
        return status;
    wait_for_work(h, timeout_ms);
    return turn(h, err);
}
