/* SPDX-License-Identifier: MIT */
/*
 * A queue in tables: durable, with groups and exact delays, and as fast as its
 * database. Statements are short and awaited one after the other; what is long
 * is the wait for something new, and that is on the socket (LISTEN) and the
 * core's descriptor. A connection that breaks takes everything in memory with
 * it: the tables know what was neither confirmed nor settled.
 */
#include <msvc/bus/postgres.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/message.h>
#include <msvc/status.h>
#include <msvc/url.h>

#include "base/alloc_internal.h"
#include "drivers/postgres/bus_internal.h"

#define LEASE_MS       30000
#define LEASE_LEAST_MS 100
#define LEASE_MOST_MS  3600000
#define POLL_MS        1000
#define POLL_LEAST_MS  5
#define POLL_MOST_MS   60000
#define FIRST_CAPACITY 64

static const char *const own_keys[] = { "lease_ms", "poll_ms", NULL };

static const struct msvc_bus_capabilities what_it_can = {
    .is_durable = true,
    .has_groups = true,
    .has_key_order = true,
    .has_delay = true,
    .payload_most = MSVC_MESSAGE_PAYLOAD_MAX,
};

int msvc__postgres_bus_run(PGresult **out, struct msvc__postgres_bus *bus, const char *sql,
                           const struct msvc_value *values, size_t count, struct msvc_error *err)
{
    return msvc__postgres_run(out, bus->pg, sql, values, count, true,
                              msvc__postgres_deadline(bus->pg), err);
}

static void forget_settlements(struct msvc__postgres_bus *bus)
{
    for (size_t i = 0; i < bus->settlement_count; i++)
        free(bus->settlements[i].reason);
    bus->settlement_count = 0;
}

/* After a failed statement nothing is certain but the tables: begin again with them. */
static int lose(struct msvc__postgres_bus *bus, int status)
{
    msvc__postgres_bus_give_up(bus);
    forget_settlements(bus);
    for (struct msvc__postgres_member *m = bus->members; m != NULL; m = m->next) {
        m->is_bound = false;
        m->open_count = 0;
    }
    msvc__postgres_disconnect(bus->pg);
    bus->pg = NULL;
    bus->host->disconnected(bus->host);
    return status == MSVC_ERR_TIMEOUT || status == MSVC_ERR_UNKNOWN ? MSVC_ERR_UNAVAILABLE : status;
}

static void close_bus(void *handle)
{
    struct msvc__postgres_bus *bus = handle;
    struct msvc__postgres_member *next;

    if (bus == NULL)
        return;
    if (bus->pg != NULL && bus->host->is_inherited) {
        msvc__postgres_abandon(bus->pg);
    } else if (bus->pg != NULL) {
        if (msvc__postgres_bus_settle(bus, NULL) == 0 && msvc__postgres_bus_unclaim(bus, NULL) == 0)
            (void)msvc__postgres_bus_run(NULL, bus, MSVC__POSTGRES_BUS_NOTIFY, NULL, 0, NULL);
        msvc__postgres_disconnect(bus->pg);
    }
    forget_settlements(bus);
    for (struct msvc__postgres_member *m = bus->members; m != NULL; m = next) {
        next = m->next;
        free(m);
    }
    free(bus->queue);
    free(bus->settlements);
    free(bus->conninfo);
    free(bus);
}

static int configure(struct msvc__postgres_bus *bus, const struct msvc_url *url,
                     struct msvc_error *err)
{
    const char *name = bus->host->client_name;
    uint64_t lease_ms = 0;
    uint64_t poll_ms = 0;
    int status = msvc__postgres_check(url, own_keys, err);

    if (status == 0)
        status = msvc_url_query_number(&lease_ms, url, "lease_ms", LEASE_MS, LEASE_LEAST_MS,
                                       LEASE_MOST_MS, err);
    if (status == 0)
        status = msvc_url_query_number(&poll_ms, url, "poll_ms", POLL_MS, POLL_LEAST_MS,
                                       POLL_MOST_MS, err);
    bus->lease_ms = (unsigned)lease_ms;
    bus->poll_ms = (unsigned)poll_ms;
    if (status < 0)
        return status;
    return msvc__postgres_conninfo(&bus->conninfo, url, own_keys, *name != '\0' ? name : "msvc bus",
                                   err);
}

static int open_bus(void **out, const struct msvc_url *url, struct msvc_bus_host *host,
                    struct msvc_error *err)
{
    struct msvc__postgres_bus *bus = msvc__new(sizeof(*bus));
    int status;

    if (bus == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "postgres", 0, "no memory for a bus");
    bus->host = host;
    msvc_uuid_new(bus->owner, host->clock, host->random);
    status = configure(bus, url, err);
    if (status < 0) {
        close_bus(bus);
        return status;
    }
    *out = bus;
    return 0;
}

static const struct msvc_bus_capabilities *capabilities(const void *handle)
{
    (void)handle;
    return &what_it_can;
}

/* Room for one item more. */
static int make_room(void **items, size_t *capacity, size_t count, size_t size,
                     struct msvc_error *err)
{
    size_t wanted = *capacity > 0 ? *capacity * 2 : FIRST_CAPACITY;
    void *grown;

    if (count < *capacity)
        return 0;
    grown = msvc__grow(*items, wanted * size);
    if (grown == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "postgres", 0, "no memory to queue");
    *items = grown;
    *capacity = wanted;
    return 0;
}

static int publish(void *handle, const struct msvc_message *message, void *publish_of_host,
                   struct msvc_error *err)
{
    struct msvc__postgres_bus *bus = handle;
    void *items = bus->queue;
    int status =
        make_room(&items, &bus->queue_capacity, bus->queue_count, sizeof(*bus->queue), err);

    bus->queue = items;
    if (status == 0)
        bus->queue[bus->queue_count++] =
            (struct msvc__postgres_publish){ message, publish_of_host };
    return status;
}

static int subscribe(void *handle, const struct msvc_subscription *wanted, void *subscription,
                     struct msvc_error *err)
{
    struct msvc__postgres_bus *bus = handle;
    struct msvc__postgres_member *member = msvc__new(sizeof(*member));

    if (member == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "postgres", 0, "no memory for a subscription");
    member->wanted = wanted;
    member->subscription = subscription;
    member->next = bus->members;
    bus->members = member;
    return 0;
}

static void stop(void *handle)
{
    struct msvc__postgres_bus *bus = handle;

    bus->is_stopped = true;
}

static struct msvc__postgres_member *member_of(struct msvc__postgres_bus *bus,
                                               const void *subscription)
{
    struct msvc__postgres_member *m = bus->members;

    while (m != NULL && m->subscription != subscription)
        m = m->next;
    return m;
}

/* Queued for the next turn. Out of memory, the lease runs out: another delivery. */
static int settle(void *handle, void *subscription, uint64_t tag, enum msvc_disposition disposition,
                  unsigned delay_ms, const char *reason, struct msvc_error *err)
{
    struct msvc__postgres_bus *bus = handle;
    struct msvc__postgres_member *member = member_of(bus, subscription);
    struct msvc__postgres_settlement s = { tag, disposition, delay_ms, NULL };
    void *items = bus->settlements;
    int status;

    if (member != NULL && member->open_count > 0)
        member->open_count--;
    status = make_room(&items, &bus->settlement_capacity, bus->settlement_count, sizeof(s), err);
    bus->settlements = items;
    if (status < 0)
        return status;
    if (disposition == MSVC_DELIVERY_PARK)
        s.reason = msvc__copy_text(reason != NULL ? reason : "");
    bus->settlements[bus->settlement_count++] = s;
    if (member != NULL && member->wanted->order == MSVC_ORDER_KEY)
        member->may_claim = true;
    return 0;
}

static void look_again(struct msvc__postgres_bus *bus)
{
    for (struct msvc__postgres_member *m = bus->members; m != NULL; m = m->next)
        m->may_claim = true;
}

/* What libpq has read by the way: somebody else published. Our own publishes are known already. */
static void take_notifications(struct msvc__postgres_bus *bus)
{
    PGconn *conn = bus->pg->conn;
    PGnotify *note;

    while ((note = PQnotifies(conn)) != NULL) {
        if (note->be_pid != PQbackendPID(conn))
            look_again(bus);
        PQfreemem(note);
    }
}

static int read_notifications(struct msvc__postgres_bus *bus, struct msvc_error *err)
{
    if (!PQconsumeInput(bus->pg->conn))
        return msvc__postgres_error(bus->pg, NULL, err);
    take_notifications(bus);
    return 0;
}

static bool is_due(const struct msvc__postgres_bus *bus, uint64_t at_ns)
{
    return msvc_deadline_left_ms(bus->host->clock, at_ns, INT_MAX) == 0;
}

static int keep_time(struct msvc__postgres_bus *bus, struct msvc_error *err)
{
    int status = 0;

    if (bus->look_at_ns == 0 || is_due(bus, bus->look_at_ns)) {
        bus->look_at_ns = msvc_deadline_in(bus->host->clock, bus->poll_ms);
        look_again(bus);
    }
    if (bus->renew_at_ns == 0 || is_due(bus, bus->renew_at_ns))
        status = msvc__postgres_bus_renew(bus, err);
    if (status == 0 && bus->members != NULL &&
        (bus->sweep_at_ns == 0 || is_due(bus, bus->sweep_at_ns)))
        status = msvc__postgres_bus_sweep(bus, err);
    return status;
}

/* Everything that can be done without waiting for others. Returns how many were delivered. */
static int work(struct msvc__postgres_bus *bus, struct msvc_error *err)
{
    int status = msvc__postgres_bus_bind(bus, err);

    if (status == 0)
        status = msvc__postgres_bus_settle(bus, err);
    if (status == 0)
        status = msvc__postgres_bus_flush(bus, err);
    if (status == 0)
        status = read_notifications(bus, err);
    if (status == 0)
        status = keep_time(bus, err);
    if (status == 0)
        status = msvc__postgres_bus_claim(bus, err);
    if (status >= 0)
        take_notifications(bus);
    return status;
}

static int timeout_of(const void *handle)
{
    const struct msvc__postgres_bus *bus = handle;
    int look_ms;
    int renew_ms;

    if (bus->pg == NULL)
        return -1;
    if (bus->queue_count > 0 || bus->settlement_count > 0)
        return 0;
    for (const struct msvc__postgres_member *m = bus->members; m != NULL; m = m->next) {
        if (!m->is_bound ||
            (m->may_claim && !bus->is_stopped && m->open_count < m->wanted->max_in_flight))
            return 0;
    }
    if (bus->members == NULL)
        return -1;
    look_ms = msvc_deadline_left_ms(bus->host->clock, bus->look_at_ns, INT_MAX);
    renew_ms = msvc_deadline_left_ms(bus->host->clock, bus->renew_at_ns, INT_MAX);
    return look_ms < renew_ms ? look_ms : renew_ms;
}

/* Whether something came on the connection, rather than for the core or too late. */
static bool wait_for_more(struct msvc__postgres_bus *bus, int timeout_ms)
{
    struct pollfd p[] = {
        { .fd = PQsocket(bus->pg->conn), .events = POLLIN },
        { .fd = bus->host->wake_fd, .events = POLLIN },
    };
    int own_ms = timeout_of(bus);

    if (timeout_ms < 0 || (own_ms >= 0 && own_ms < timeout_ms))
        timeout_ms = own_ms;
    return poll(p, 2, timeout_ms) >= 0 && p[1].revents == 0;
}

static bool is_connected(const void *handle)
{
    const struct msvc__postgres_bus *bus = handle;
    bool are_bound = true;

    for (const struct msvc__postgres_member *m = bus->members; m != NULL; m = m->next)
        are_bound = are_bound && m->is_bound;
    return bus->pg != NULL && are_bound;
}

/* After a turn that may let the core go on, it is asked first. */
static int run_once(void *handle, int timeout_ms, struct msvc_error *err)
{
    struct msvc__postgres_bus *bus = handle;
    bool is_news = bus->queue_count > 0 || bus->settlement_count > 0 || !is_connected(bus);
    int status = msvc__postgres_bus_connect(bus, timeout_ms, err);

    if (status == 0)
        status = work(bus, err);
    if (status == 0 && !is_news && timeout_ms != 0 && wait_for_more(bus, timeout_ms))
        status = work(bus, err);
    return status < 0 ? lose(bus, status) : status;
}

static int fd(const void *handle)
{
    const struct msvc__postgres_bus *bus = handle;

    return bus->pg != NULL ? PQsocket(bus->pg->conn) : -1;
}

static const char *const schemes[] = { "postgres", "postgresql", NULL };

static const struct msvc_bus_driver driver = {
    .size = sizeof(struct msvc_bus_driver),
    .schemes = schemes,
    .origin = "postgres",
    .open = open_bus,
    .close = close_bus,
    .capabilities = capabilities,
    .publish = publish,
    .subscribe = subscribe,
    .stop = stop,
    .settle = settle,
    .run_once = run_once,
    .is_connected = is_connected,
    .fd = fd,
    .timeout_ms = timeout_of,
    .holds_keys = true,
};

const struct msvc_bus_driver *msvc_bus_postgres(void)
{
    return &driver;
}
