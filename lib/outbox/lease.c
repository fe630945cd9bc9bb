/* SPDX-License-Identifier: MIT */
/*
 * The lease says who may publish which shards. It is measured from before the
 * call that took it, and sending ends a while before it does: a message under
 * way should not meet the next holder's.
 */
#include "outbox/relay_internal.h"

#include <msvc/clock.h>
#include <msvc/driver/store.h>
#include <msvc/random.h>
#include <msvc/status.h>

#include "base/os_internal.h"

#define NS_PER_MS      UINT64_C(1000000)
#define FIRST_PAUSE_MS 100u
#define MOST_SHIFT     6 /* 6.4 s */

static uint64_t now_of(const struct msvc_relay *r)
{
    return msvc_clock_monotonic_ns(r->options.clock);
}

/* Drop rows in this state, and all that wait behind them, whose shard is not in `kept`. */
static void drop_others(struct msvc_relay *r, enum msvc__row_state state, uint64_t kept)
{
    struct msvc__row *row = r->window.lists[state].first;

    while (row != NULL) {
        struct msvc__row *next = row->after;

        if ((kept >> row->shard & 1) == 0) {
            msvc__window_pass_over_behind(&r->window, row);
            if (state != MSVC__ROW_SENT)
                msvc__window_drop(&r->window, row);
        }
        row = next;
    }
}

/*
 * While the lease was another's, rows may have been published and removed:
 * what was not sent is read again. Rows that were sent stay until their
 * outcome; what was confirmed is to be removed whoever holds the lease.
 */
static void drop_stale(struct msvc_relay *r, uint64_t kept)
{
    drop_others(r, MSVC__ROW_READY, kept);
    drop_others(r, MSVC__ROW_RESTING, kept);
    drop_others(r, MSVC__ROW_PARKING, kept);
    drop_others(r, MSVC__ROW_SENT, kept);
    drop_others(r, MSVC__ROW_CONFIRMED, r->shards);
}

static void take_up(struct msvc_relay *r, uint64_t shards, uint64_t epoch, uint64_t asked_at)
{
    uint64_t kept = epoch == r->epoch ? shards & r->shards : 0;
    bool has_changed = shards != r->shards || epoch != r->epoch;

    r->shards = shards;
    r->epoch = epoch;
    r->lease_end_at = asked_at + r->options.lease_ms * NS_PER_MS;
    r->lease_at = asked_at + r->options.lease_ms / 3 * NS_PER_MS;
    if (!has_changed)
        return;
    drop_stale(r, kept);
    msvc__relay_look_again(r);
}

static void listen_to(struct msvc_relay *r, int *listened, int fd)
{
    if (*listened == fd)
        return;
    if (*listened >= 0)
        msvc__pollset_remove(r->pollset, *listened);
    *listened = fd >= 0 && msvc__pollset_put(r->pollset, fd) == 0 ? fd : -1;
}

/* Only while rows can be taken: a descriptor that nobody clears would keep every loop busy. */
void msvc__relay_listen(struct msvc_relay *r)
{
    bool wants = r->session != NULL && r->shards != 0 && !msvc__window_is_full(&r->window);

    listen_to(r, &r->commit_fd, wants ? r->wake_fd : -1);
    listen_to(r, &r->session_fd, wants ? r->outbox->wake_fd(r->session) : -1);
}

static int open_session(struct msvc_relay *r, struct msvc_error *err)
{
    int status;

    if (now_of(r) < r->session_at)
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "core", 0,
                              "the store failed %u times in a row; trying again soon", r->failures);
    status = r->outbox->open(&r->session, msvc_store_target(r->store), r->owner, err);
    if (status < 0)
        return msvc__relay_store_failed(r, status);
    r->lease_at = 0;
    return 0;
}

int msvc__relay_lead(struct msvc_relay *r, struct msvc_error *err)
{
    uint64_t asked_at = now_of(r);
    uint64_t shards;
    uint64_t epoch;
    int status;

    if (r->session == NULL) {
        status = open_session(r, err);
        if (status < 0)
            return status;
    }
    if (asked_at < r->lease_at)
        return 0;
    status = r->outbox->lease(r->session, r->options.lease_ms, &shards, &epoch, err);
    if (status < 0) {
        (void)msvc__relay_store_failed(r, status);
        r->lease_at = r->fetch_at;
        return status;
    }
    r->failures = 0;
    take_up(r, shards, epoch, asked_at);
    return 0;
}

void msvc__relay_close_session(struct msvc_relay *r)
{
    if (r->session_fd >= 0)
        msvc__pollset_remove(r->pollset, r->session_fd);
    r->session_fd = -1;
    if (r->session != NULL)
        r->outbox->close(r->session);
    r->session = NULL;
}

/* A busy database needs patience, anything else a new connection as well. */
int msvc__relay_store_failed(struct msvc_relay *r, int status)
{
    unsigned shift = r->failures < MOST_SHIFT ? r->failures : MOST_SHIFT;
    uint64_t pause = (FIRST_PAUSE_MS << shift) / 2;

    pause += msvc_random_below(r->options.random, pause + 1);
    r->failures++;
    r->needs_rewind = true;
    r->fetch_at = now_of(r) + pause * NS_PER_MS;
    r->has_more = false;
    if (status == MSVC_ERR_CONFLICT || status == MSVC_ERR_NOMEM)
        return status;
    r->session_at = r->fetch_at;
    msvc__relay_close_session(r);
    return status;
}

bool msvc__relay_may_send(const struct msvc_relay *r)
{
    return r->shards != 0 && !r->is_broker_away &&
           now_of(r) + r->options.lease_ms / 5 * NS_PER_MS < r->lease_end_at;
}
