/* SPDX-License-Identifier: MIT */
/*
 * One turn: let the bus report, keep the lease, remove and park what is
 * decided, read more, send it. Nothing here waits but run_once(), for the
 * bus, the database's wake descriptor or the next of our own timers.
 */
#include <msvc/relay.h>

#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <msvc/clock.h>
#include <msvc/driver/store.h>
#include <msvc/status.h>
#include <msvc/uuid.h>

#include "base/alloc_internal.h"
#include "base/fork_internal.h"
#include "base/options_internal.h"
#include "base/os_internal.h"
#include "outbox/relay_internal.h"
#include "store/wake_internal.h"

#define FIRST_POLL_MS   5
#define HELD_FOR_WINDOW 4 /* rows held, in windows: what waits behind a key's head */
#define MOST_WINDOW     65536u
#define MOST_LEASE_MS   86400000u
#define LEAST_LEASE_MS  100u

static unsigned or_default(unsigned given, unsigned fallback)
{
    return given > 0 ? given : fallback;
}

static int take_options(struct msvc_relay *r, const struct msvc_relay_options *options,
                        struct msvc_error *err)
{
    struct msvc_relay_options *o = &r->options;
    int status = msvc__options_copy(o, sizeof(*o), options);

    if (status < 0)
        return msvc_error_set(err, status, "core", 0, "relay options: %s",
                              msvc_status_text(status));
    o->window = or_default(o->window, 512);
    o->page = or_default(o->page, 256);
    o->poll_most_ms = or_default(o->poll_most_ms, 250);
    o->lease_ms = or_default(o->lease_ms, 10000);
    o->refusals_before_park = or_default(o->refusals_before_park, 10);
    if (o->window > MOST_WINDOW || o->page > MOST_WINDOW)
        return msvc_error_set(err, MSVC_ERR_INVALID, "core", 0,
                              "window is %u and page %u, at most %u are possible", o->window,
                              o->page, MOST_WINDOW);
    if (o->lease_ms < LEAST_LEASE_MS || o->lease_ms > MOST_LEASE_MS)
        return msvc_error_set(err, MSVC_ERR_INVALID, "core", 0, "lease_ms is %u, expected %u to %u",
                              o->lease_ms, LEAST_LEASE_MS, MOST_LEASE_MS);
    return 0;
}

static int name_owner(struct msvc_relay *r)
{
    char id[MSVC_UUID_SIZE];

    if (r->options.owner == NULL)
        msvc_uuid_new(id, r->options.clock, r->options.random);
    r->owner = msvc__copy_text(r->options.owner != NULL ? r->options.owner : id);
    r->options.owner = NULL; /* the caller's */
    return r->owner != NULL ? 0 : MSVC_ERR_NOMEM;
}

static int prepare_waiting(struct msvc_relay *r)
{
    r->wake_fd = msvc__wake_open();
    r->pollset = msvc__pollset_open();
    if (r->wake_fd < 0 || r->pollset < 0 || msvc__pollset_put(r->pollset, msvc_bus_fd(r->bus)) < 0)
        return MSVC_ERR_NOMEM;
    return msvc__store_watch(r->store, r->wake_fd);
}

static int prepare(struct msvc_relay *r, struct msvc_error *err)
{
    size_t limit = (size_t)r->options.window * HELD_FOR_WINDOW + r->options.page;

    if (msvc__window_init(&r->window, limit) < 0 || name_owner(r) < 0 || prepare_waiting(r) < 0)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "core", 0,
                              "no memory or no descriptor for a relay");
    msvc__passed_clear(&r->window.passed, r->options.random);
    return 0;
}

int msvc_relay_new(struct msvc_relay **out, struct msvc_store *store, struct msvc_bus *bus,
                   const struct msvc_relay_options *options, struct msvc_error *err)
{
    struct msvc_relay *r;
    int status;

    if (out == NULL || store == NULL || bus == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "core", 0,
                              "a relay needs a store, a bus and somewhere to put it");
    if (msvc_store_driver(store)->outbox == NULL)
        return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, "core", 0, "the %s store has no outbox",
                              msvc_store_dialect(store));
    r = msvc__new(sizeof(*r));
    if (r == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "core", 0, "no memory for a relay");
    r->store = store;
    r->bus = bus;
    r->outbox = msvc_store_driver(store)->outbox;
    r->generation = msvc__fork_generation();
    r->wake_fd = -1;
    r->pollset = -1;
    r->commit_fd = -1;
    r->session_fd = -1;
    r->poll_ms = FIRST_POLL_MS;
    status = take_options(r, options, err);
    if (status == 0)
        status = prepare(r, err);
    if (status < 0) {
        msvc_relay_free(r);
        return status;
    }
    *out = r;
    return 0;
}

static bool is_inherited(const struct msvc_relay *r)
{
    return r->generation != msvc__fork_generation();
}

static void close_fd(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}

void msvc_relay_free(struct msvc_relay *r)
{
    if (r == NULL)
        return;
    if (!is_inherited(r)) {
        if (r->session != NULL && r->shards != 0)
            (void)r->outbox->release(r->session, r->epoch, NULL);
        msvc__relay_close_session(r);
        msvc__store_unwatch(r->store, r->wake_fd);
    }
    msvc__window_clear(&r->window);
    close_fd(r->pollset);
    close_fd(r->wake_fd);
    free(r->owner);
    free(r);
}

/* ---- running ---- */

static int run_bus(struct msvc_relay *r, struct msvc_error *err)
{
    int status = msvc_bus_run_once(r->bus, 0, err);

    r->is_broker_away = status < 0;
    return status;
}

/* What one turn did. */
struct turn {
    int settled;    /* rows removed or parked */
    bool is_active; /* something else happened: look again before waiting */
    int status;     /* of the first thing that failed */
};

static void note(struct turn *turn, int status)
{
    if (status < 0 && turn->status == 0)
        turn->status = status;
    if (status > 0)
        turn->is_active = true;
}

/* err holds what failed first. */
static struct msvc_error *first(const struct turn *turn, struct msvc_error *err)
{
    return turn->status == 0 ? err : NULL;
}

static struct turn run_turn(struct msvc_relay *r, struct msvc_error *err)
{
    struct turn turn = { 0 };
    int settled;

    note(&turn, run_bus(r, err));
    note(&turn, msvc__relay_lead(r, first(&turn, err)));
    settled = msvc__relay_settle(r, first(&turn, err));
    note(&turn, settled);
    turn.settled = settled > 0 ? settled : 0;
    note(&turn, msvc__relay_fetch(r, first(&turn, err)));
    note(&turn, msvc__relay_send(r, first(&turn, err)));
    msvc__relay_listen(r);
    return turn;
}

static int shorter(int a_ms, int b_ms)
{
    if (a_ms < 0)
        return b_ms;
    return b_ms < 0 || a_ms < b_ms ? a_ms : b_ms;
}

static int until(const struct msvc_relay *r, uint64_t at)
{
    return at != 0 ? msvc_deadline_left_ms(r->options.clock, at, INT_MAX) : 0;
}

static int fetch_timeout(const struct msvc_relay *r)
{
    if (r->shards == 0 || msvc__window_is_full(&r->window))
        return -1;
    return r->has_more ? 0 : until(r, r->fetch_at);
}

static int send_timeout(const struct msvc_relay *r)
{
    const struct msvc__row_list *lists = r->window.lists;
    uint64_t due;

    if (!msvc__relay_may_send(r) || lists[MSVC__ROW_SENT].count >= r->options.window)
        return -1;
    if (lists[MSVC__ROW_READY].count > 0)
        return 0;
    due = msvc__relay_due_ns(r);
    return due != 0 ? until(r, due) : -1;
}

int msvc_relay_timeout_ms(const struct msvc_relay *r)
{
    int timeout_ms;

    if (r == NULL || is_inherited(r))
        return -1;
    timeout_ms = msvc_bus_timeout_ms(r->bus);
    if (r->session == NULL)
        return shorter(timeout_ms, until(r, r->session_at));
    timeout_ms = shorter(timeout_ms, until(r, r->lease_at));
    timeout_ms = shorter(timeout_ms, fetch_timeout(r));
    return shorter(timeout_ms, send_timeout(r));
}

int msvc_relay_fd(const struct msvc_relay *r)
{
    return r != NULL ? r->pollset : -1;
}

/* When the oldest row of the window was appended; 0: it is empty. */
static int64_t oldest(const struct msvc_relay *r)
{
    static const enum msvc__row_state open[] = { MSVC__ROW_READY, MSVC__ROW_SENT, MSVC__ROW_RESTING,
                                                 MSVC__ROW_PARKING };
    int64_t first = 0;

    for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
        for (const struct msvc__row *row = r->window.lists[open[i]].first; row != NULL;
             row = row->after) {
            if (first == 0 || row->created_wall_ns < first)
                first = row->created_wall_ns;
        }
    }
    return first;
}

int msvc_relay_run_once(struct msvc_relay *r, int timeout_ms, struct msvc_error *err)
{
    struct turn turn;

    if (r == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "core", 0, "no relay to run");
    if (is_inherited(r))
        return msvc_error_set(err, MSVC_ERR_STATE, "core", 0,
                              "the relay belongs to the process that forked");
    turn = run_turn(r, err);
    if (turn.settled == 0 && timeout_ms != 0) {
        struct pollfd work = { .fd = r->pollset, .events = POLLIN };

        if (!turn.is_active)
            (void)poll(&work, 1, shorter(timeout_ms, msvc_relay_timeout_ms(r)));
        turn = run_turn(r, err);
    }
    atomic_store(&r->oldest_wall_ns, oldest(r));
    return turn.settled > 0 ? turn.settled : turn.status;
}

/* Whether nothing is left that this relay could publish. */
static bool is_drained(const struct msvc_relay *r)
{
    if (r->session == NULL)
        return false;
    return r->shards == 0 || (r->window.count == 0 && !r->has_more && !r->needs_rewind);
}

int msvc_relay_flush(struct msvc_relay *r, int timeout_ms, struct msvc_error *err)
{
    bool has_rechecked = false;
    int left_ms = 0; /* look first, then wait */
    uint64_t deadline;
    int status = 0;

    if (r == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "core", 0, "no relay to flush");
    deadline = msvc_deadline_in(r->options.clock, timeout_ms);
    r->has_more = true;
    do {
        status = msvc_relay_run_once(r, left_ms, err);
        left_ms = msvc_deadline_left_ms(r->options.clock, deadline, INT_MAX);
        if (status >= 0 && is_drained(r) && (has_rechecked || r->window.passed.is_empty))
            return 0;
        if (status >= 0 && is_drained(r)) {
            has_rechecked = true; /* what is passed over then waits for a person */
            msvc__relay_look_again(r);
        }
        if (status == MSVC_ERR_STATE && is_inherited(r))
            return status;
    } while (left_ms > 0);
    if (status < 0 && err != NULL) {
        msvc_error_prefix(err, "not flushed");
        err->status = MSVC_ERR_TIMEOUT;
    }
    return status < 0 ? MSVC_ERR_TIMEOUT
                      : msvc_error_set(err, MSVC_ERR_TIMEOUT, "core", 0,
                                       "%zu rows are held and not published", r->window.count);
}

void msvc_relay_counts(const struct msvc_relay *r, struct msvc_relay_counts *out)
{
    if (r == NULL || out == NULL)
        return;
    *out = r->counts;
    out->in_flight = r->window.lists[MSVC__ROW_SENT].count;
    out->oldest_wall_ns = oldest(r);
}

int64_t msvc_relay_oldest_wall_ns(const struct msvc_relay *r)
{
    return r != NULL ? atomic_load(&r->oldest_wall_ns) : 0;
}
