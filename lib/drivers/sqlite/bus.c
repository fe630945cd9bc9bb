/* SPDX-License-Identifier: MIT */
/*
 * What the core asks of the bus in a file only goes into lists; bus_turn.c
 * writes and reads them in one transaction at a time.
 */
#include <msvc/bus/sqlite.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <msvc/error.h>
#include <msvc/url.h>

#include "base/alloc_internal.h"
#include "base/os_internal.h"
#include "drivers/sqlite/bus_internal.h"

#define ORIGIN         "sqlite"
#define NS_PER_MS      1000000
#define LEASE_LEAST_MS 1000
#define LEASE_MOST_MS  3600000

static const struct msvc_bus_capabilities capabilities = {
    .is_durable = true,
    .has_groups = true,
    .has_key_order = true,
    .has_delay = true,
    .payload_most = MSVC_MESSAGE_PAYLOAD_MAX,
};

static int no_memory(struct msvc_error *err)
{
    return msvc_error_set(err, MSVC_ERR_NOMEM, ORIGIN, 0, "no memory for the bus");
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
    msvc__sqlite_bus_close_delivery(s->group, s->seq);
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
        h->watch_fd = msvc__watch_open(msvc__sqlite_bus_wal(h));
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
    .run_once = msvc__sqlite_bus_run_once,
    .is_connected = sqlite_is_connected,
    .fd = sqlite_fd,
    .timeout_ms = msvc__sqlite_bus_timeout_ms,
    .holds_keys = true,
};

const struct msvc_bus_driver *msvc_bus_sqlite(void)
{
    return &driver;
}
