/* SPDX-License-Identifier: MIT */
/*
 * A turn is one transaction: settlements, publishes and new leases share its
 * one fsync, and nothing is reported before the commit. If it fails all is
 * still in the lists, and the next turn tries again.
 */
#include <msvc/bus/sqlite.h>

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/url.h>

#include "base/alloc_internal.h"
#include "base/os_internal.h"
#include "drivers/sqlite/bus_internal.h"

#define ORIGIN         "sqlite"
#define NS_PER_MS      1000000
#define LOOK_MS        1000 /* without being woken; */
#define POLL_MS        100  /* when nothing can wake */
#define LEASE_LEAST_MS 1000
#define LEASE_MOST_MS  3600000

static const struct msvc_bus_capabilities capabilities = {
    .is_durable = true,
    .has_groups = true,
    .has_key_order = true,
    .has_delay = true,
    .payload_most = MSVC_MESSAGE_PAYLOAD_MAX,
};

static int64_t wall_ns(const struct bus_handle *h)
{
    return msvc_clock_wall_ns(h->host->clock);
}

static int no_memory(struct msvc_error *err)
{
    return msvc_error_set(err, MSVC_ERR_NOMEM, ORIGIN, 0, "no memory for the bus");
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

static void close_delivery(struct bus_group *g, int64_t seq)
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
            close_delivery(g, claim->seq);
        else
            count++;
    }
    h->claim_count = 0;
    return count;
}

static const char *wal_of(const struct bus_handle *h)
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
        msvc__watch_touch(wal_of(h));
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

static int sqlite_timeout_ms(const void *handle)
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
    int own_ms = sqlite_timeout_ms(h);

    if (own_ms >= 0 && (timeout_ms < 0 || own_ms < timeout_ms))
        timeout_ms = own_ms;
    (void)poll(fds, 2, timeout_ms);
}

static int sqlite_run_once(void *handle, int timeout_ms, struct msvc_error *err)
{
    struct bus_handle *h = handle;
    int status = turn(h, err);

    if (status != 0 || timeout_ms == 0)
        return status;
    wait_for_work(h, timeout_ms);
    return turn(h, err);
}

/* ---- what the core asks ---- */

static int sqlite_publish(void *handle, const struct msvc_message *message, void *publish,
                          struct msvc_error *err)
{
    struct bus_handle *h = handle;

    if (h->publish_count == h->publish_capacity) {
        size_t capacity = h->publish_capacity > 0 ? h->publish_capacity * 2 : 16;
        struct bus_publish *grown = msvc__grow(h->publishes, capacity * sizeof(*grown));

        if (grown == NULL)
            return no_memory(err);
        h->publishes = grown;
        h->publish_capacity = capacity;
    }
    h->publishes[h->publish_count++] =
        (struct bus_publish){ .publish = publish, .message = message, .reason = "" };
    return 0;
}

static int sqlite_subscribe(void *handle, const struct msvc_subscription *wanted,
                            void *subscription, struct msvc_error *err)
{
    struct bus_handle *h = handle;
    struct bus_group *g = msvc__new(sizeof(*g));

    if (g == NULL)
        return no_memory(err);
    g->open = msvc__new_array(wanted->max_in_flight, sizeof(*g->open));
    if (g->open == NULL) {
        free(g);
        return no_memory(err);
    }
    g->wanted = wanted;
    g->subscription = subscription;
    g->next = h->groups;
    h->groups = g;
    return 0;
}

static void sqlite_stop(void *handle)
{
    struct bus_handle *h = handle;

    h->is_stopped = true;
}

static struct bus_group *find_group(const struct bus_handle *h, const void *subscription)
{
    struct bus_group *g = h->groups;

    while (g->subscription != subscription)
        g = g->next;
    return g;
}

static int sqlite_settle(void *handle, void *subscription, uint64_t tag,
                         enum msvc_disposition disposition, unsigned delay_ms, const char *reason,
                         struct msvc_error *err)
{
    struct bus_handle *h = handle;
    struct bus_settle *s;

    if (h->settle_count == h->settle_capacity) {
        size_t capacity = h->settle_capacity > 0 ? h->settle_capacity * 2 : 16;
        struct bus_settle *grown = msvc__grow(h->settles, capacity * sizeof(*grown));

        if (grown == NULL)
            return no_memory(err); /* its lease stays open and runs out with the bus */
        h->settles = grown;
        h->settle_capacity = capacity;
    }
    s = &h->settles[h->settle_count++];
    s->group = find_group(h, subscription);
    s->seq = (int64_t)tag;
    s->disposition = disposition;
    s->delay_ms = delay_ms;
    (void)snprintf(s->reason, sizeof(s->reason), "%s", reason != NULL ? reason : "");
    close_delivery(s->group, s->seq);
    return 0;
}

static bool sqlite_is_connected(const void *handle)
{
    const struct bus_handle *h = handle;

    for (const struct bus_group *g = h->groups; g != NULL; g = g->next) {
        if (!g->is_bound)
            return false;
    }
    return !h->is_down;
}

static const struct msvc_bus_capabilities *sqlite_capabilities(const void *handle)
{
    (void)handle;
    return &capabilities;
}

static int sqlite_fd(const void *handle)
{
    const struct bus_handle *h = handle;

    return h->watch_fd;
}

/* ---- open and close ---- */

/* Last settlements go out, and what is still open is given back at once. */
static void say_goodbye(struct bus_handle *h)
{
    msvc__sqlite_limit(h->connection, 0);
    if (msvc__sqlite_begin(h->connection, NULL) < 0)
        return;
    if (msvc__sqlite_bus_settle(h, NULL) < 0 || msvc__sqlite_bus_release(h, NULL) < 0 ||
        msvc__sqlite_commit(h->connection, NULL) < 0)
        msvc__sqlite_rollback(h->connection);
}

static bool has_something_open(const struct bus_handle *h)
{
    for (const struct bus_group *g = h->groups; g != NULL; g = g->next) {
        if (g->open_count > 0)
            return true;
    }
    return h->settle_count > 0;
}

static void free_groups(struct bus_handle *h)
{
    while (h->groups != NULL) {
        struct bus_group *g = h->groups;

        h->groups = g->next;
        free(g->open);
        free(g);
    }
}

/* SQLite must not be told anything by a child of fork(): its locks are the parent's. */
static void sqlite_close_bus(void *handle)
{
    struct bus_handle *h = handle;

    if (h->connection != NULL && !h->host->is_inherited) {
        if (has_something_open(h))
            say_goodbye(h);
        msvc__sqlite_close(h->connection);
    }
    if (h->watch_fd >= 0)
        (void)close(h->watch_fd);
    free_groups(h);
    free(h->publishes);
    free(h->settles);
    free(h);
}

static int create_tables(struct bus_handle *h, struct msvc_error *err)
{
    int status = msvc__sqlite_begin(h->connection, err);
    int code;

    if (status < 0)
        return status;
    code = sqlite3_exec(h->connection->database, msvc__sqlite_bus_schema[0].sql, NULL, NULL, NULL);
    if (code != SQLITE_OK)
        status = msvc__sqlite_error(h->connection, code, err);
    else
        status = msvc__sqlite_commit(h->connection, err);
    if (status < 0)
        msvc__sqlite_rollback(h->connection);
    return status;
}

static int check_url(uint64_t *lease_ms, const struct msvc_url *url, struct msvc_error *err)
{
    static const char *const known[] = { "busy_ms", "lease_ms", NULL };
    const char *path = msvc_url_path(url);
    int status = msvc_url_check_query(url, known, err);

    if (status < 0)
        return status;
    if (msvc_url_host_count(url) > 0 || path[0] == '\0' || path[0] == ':')
        return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0,
                              "found \"%s\", expected sqlite:path/to/file.db",
                              msvc_url_redacted(url));
    return msvc_url_query_number(lease_ms, url, "lease_ms", 30000, LEASE_LEAST_MS, LEASE_MOST_MS,
                                 err);
}

static int open_file(struct bus_handle *h, const struct msvc_url *url, struct msvc_error *err)
{
    int status = msvc__sqlite_open(&h->connection, url, h->host->timeout_ms, h->host->clock, err);

    if (status == 0)
        status = create_tables(h, err);
    if (status == 0)
        h->watch_fd = msvc__watch_open(wal_of(h));
    return status;
}

static int sqlite_open_bus(void **out, const struct msvc_url *url, struct msvc_bus_host *host,
                           struct msvc_error *err)
{
    uint64_t lease_ms = 0;
    struct bus_handle *h;
    int status = check_url(&lease_ms, url, err);

    if (status < 0)
        return status;
    h = msvc__new(sizeof(*h));
    if (h == NULL)
        return no_memory(err);
    h->host = host;
    h->watch_fd = -1;
    h->lease_ns = (int64_t)lease_ms * NS_PER_MS;
    msvc_uuid_new(h->owner, host->clock, NULL); /* never one that a test repeats */
    status = open_file(h, url, err);
    if (status < 0)
        sqlite_close_bus(h);
    else
        *out = h;
    return status;
}

static const char *const schemes[] = { "sqlite", NULL };

static const struct msvc_bus_driver driver = {
    .size = sizeof(driver),
    .schemes = schemes,
    .origin = ORIGIN,
    .open = sqlite_open_bus,
    .close = sqlite_close_bus,
    .capabilities = sqlite_capabilities,
    .publish = sqlite_publish,
    .subscribe = sqlite_subscribe,
    .stop = sqlite_stop,
    .settle = sqlite_settle,
    .run_once = sqlite_run_once,
    .is_connected = sqlite_is_connected,
    .fd = sqlite_fd,
    .timeout_ms = sqlite_timeout_ms,
    .holds_keys = true,
};

const struct msvc_bus_driver *msvc_bus_sqlite(void)
{
    return &driver;
}
