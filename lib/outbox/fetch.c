/* SPDX-License-Identifier: MIT */
/*
 * A row that is held already is known by its seq, so that looking from the
 * start again is always safe. Rows of a key that cannot go on are passed over
 * and not held: a long queue behind one refused message must not fill the
 * window, and is read again once the key can go on.
 */
#include "outbox/relay_internal.h"

#include <poll.h>

#include <msvc/clock.h>
#include <msvc/message.h>
#include <msvc/status.h>

#include "base/os_internal.h"

#define NS_PER_MS       UINT64_C(1000000)
#define FIRST_POLL_MS   5
#define FIRST_REWIND_MS 1000
#define MOST_REWIND_MS  30000

void msvc__relay_look_again(struct msvc_relay *r)
{
    r->needs_rewind = true;
    r->has_more = true;
    r->rewind_ms = FIRST_REWIND_MS;
}

struct fetch {
    struct msvc_relay *relay;
    struct msvc_error *err;
};

/* Whether a message of this key has to wait for one that is not held. */
static int must_pass_over(bool *out, struct msvc_relay *r, const struct msvc_message *m,
                          struct msvc_error *err)
{
    const struct msvc__key *key;
    int status = 0;

    *out = false;
    if (m->key == NULL)
        return 0;
    *out = msvc__passed_has(&r->window.passed, m);
    if (*out)
        return 0;
    key = msvc__window_key(&r->window, m->topic, m->key);
    if (key != NULL)
        *out = key->head->state == MSVC__ROW_RESTING || key->head->state == MSVC__ROW_PARKING;
    else if (r->has_blocked)
        status = r->outbox->is_blocked(r->session, m->topic, m->key, out, err);
    return status;
}

static int take_row(struct msvc_outbox_row *row, void *user)
{
    struct fetch *f = user;
    struct msvc_relay *r = f->relay;
    bool is_passed = false;
    int status = 0;

    if (row->message != NULL)
        status = must_pass_over(&is_passed, r, row->message, f->err);
    if (status < 0)
        return status;
    if (!is_passed && msvc__window_find(&r->window, row->seq) == NULL)
        return msvc__window_add(&r->window, r, row);
    if (is_passed && msvc__window_find(&r->window, row->seq) == NULL)
        msvc__passed_add(&r->window.passed, row->message);
    msvc_message_free(row->message);
    return 0;
}

static void rewind_session(struct msvc_relay *r)
{
    r->outbox->rewind(r->session);
    msvc__passed_clear(&r->window.passed, r->options.random);
    r->needs_rewind = false;
    r->has_more = true;
}

static bool is_woken(struct msvc_relay *r)
{
    struct pollfd fds[] = { { .fd = r->wake_fd, .events = POLLIN },
                            { .fd = r->session_fd, .events = POLLIN } };

    return poll(fds, sizeof(fds) / sizeof(fds[0]), 0) > 0;
}

/* Passed over rows are looked at again now and then: a person may have freed their key. */
static void rewind_if_due(struct msvc_relay *r, uint64_t now)
{
    if (r->window.passed.is_empty || now < r->rewind_at)
        return;
    r->needs_rewind = true;
    r->has_more = true;
    r->rewind_at = now + r->rewind_ms * NS_PER_MS;
    r->rewind_ms = r->rewind_ms < MOST_REWIND_MS / 2 ? r->rewind_ms * 2 : MOST_REWIND_MS;
}

static bool is_time(struct msvc_relay *r, uint64_t now)
{
    if (r->shards == 0 || msvc__window_is_full(&r->window))
        return false;
    rewind_if_due(r, now);
    if (is_woken(r)) {
        r->poll_ms = FIRST_POLL_MS;
        return true;
    }
    return r->has_more || now >= r->fetch_at;
}

static void plan_next(struct msvc_relay *r, int came, uint64_t now)
{
    r->has_more = came != 0;
    if (came != 0)
        r->poll_ms = FIRST_POLL_MS;
    r->fetch_at = now + r->poll_ms * NS_PER_MS;
    r->poll_ms =
        r->poll_ms * 2 < r->options.poll_most_ms ? r->poll_ms * 2 : r->options.poll_most_ms;
}

static void start_passing(struct msvc_relay *r, bool was_empty, uint64_t now)
{
    if (!was_empty || r->window.passed.is_empty)
        return;
    r->rewind_at = now + r->rewind_ms * NS_PER_MS;
}

int msvc__relay_fetch(struct msvc_relay *r, struct msvc_error *err)
{
    struct fetch f = { r, err };
    uint64_t now = msvc_clock_monotonic_ns(r->options.clock);
    bool was_empty;
    int status;

    if (r->session == NULL || !is_time(r, now))
        return 0;
    msvc__wake_clear(r->wake_fd);
    if (r->needs_rewind)
        rewind_session(r);
    was_empty = r->window.passed.is_empty;
    status = r->outbox->is_blocked(r->session, NULL, NULL, &r->has_blocked, err);
    if (status == 0)
        status = r->outbox->fetch(r->session, r->shards, r->options.page, take_row, &f, err);
    if (status < 0 && status != MSVC_ERR_LIMIT)
        return msvc__relay_store_failed(r, status);
    plan_next(r, status, now);
    start_passing(r, was_empty, now);
    return status > 0 ? status : 0;
}
