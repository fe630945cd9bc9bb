/* SPDX-License-Identifier: MIT */
/*
 * Who leaves hands his place to whoever waits longest, so that the count never
 * drops in between and nobody can overtake. A waiter sleeps on a descriptor of
 * his own, which lets him watch deadline and cancellation as well; his node
 * is on his stack and in the list only while he waits.
 */
#include <msvc/bulkhead.h>

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <msvc/cancel.h>
#include <msvc/clock.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"
#include "base/os_internal.h"

#define POLL_MOST_MS 60000

struct waiter {
    struct waiter *next;
    int fd;
    bool has_entered; /* guarded by the bulkhead's lock */
};

struct msvc_bulkhead {
    struct msvc_bulkhead_options options; /* constant */

    pthread_mutex_t lock; /* guards everything below */
    unsigned calls;
    unsigned waiting;
    struct waiter *first; /* waits longest */
    struct waiter **end;  /* where the next one is linked */
};

int msvc_bulkhead_new(struct msvc_bulkhead **out, const struct msvc_bulkhead_options *options)
{
    struct msvc_bulkhead_options copied;
    struct msvc_bulkhead *bulkhead;
    int status;

    if (out == NULL)
        return MSVC_ERR_INVALID;
    status = msvc__options_copy(&copied, sizeof(copied), options);
    if (status < 0)
        return status;
    if (copied.calls == 0)
        copied.calls = 25;

    bulkhead = msvc__new(sizeof(*bulkhead));
    if (bulkhead == NULL)
        return MSVC_ERR_NOMEM;
    if (pthread_mutex_init(&bulkhead->lock, NULL) != 0) {
        free(bulkhead);
        return MSVC_ERR_NOMEM;
    }
    bulkhead->options = copied;
    bulkhead->end = &bulkhead->first;
    *out = bulkhead;
    return 0;
}

void msvc_bulkhead_free(struct msvc_bulkhead *bulkhead)
{
    if (bulkhead == NULL)
        return;
    (void)pthread_mutex_destroy(&bulkhead->lock);
    free(bulkhead);
}

/* Lock held. */
static void link_last(struct msvc_bulkhead *b, struct waiter *waiter)
{
    *b->end = waiter;
    b->end = &waiter->next;
    b->waiting++;
}

/* Lock held. */
static void unlink_waiter(struct msvc_bulkhead *b, struct waiter *waiter)
{
    struct waiter **link = &b->first;

    while (*link != waiter)
        link = &(*link)->next;
    *link = waiter->next;
    if (b->end == &waiter->next)
        b->end = link;
    b->waiting--;
}

/* Lock not held. Sleep until entered, late or cancelled; the caller finds out which. */
static int wait_for_turn(const struct msvc_bulkhead *b, const struct waiter *waiter,
                         uint64_t deadline_ns, struct msvc_cancel *cancel)
{
    struct pollfd fds[] = {
        { .fd = waiter->fd, .events = POLLIN },
        { .fd = msvc_cancel_fd(cancel), .events = POLLIN },
    };
    int left_ms;

    for (;;) {
        if (msvc_cancel_is_requested(cancel))
            return MSVC_ERR_CANCELLED;
        left_ms = msvc_deadline_left_ms(b->options.clock, deadline_ns, POLL_MOST_MS);
        if (left_ms == 0)
            return MSVC_ERR_REJECTED;
        if (poll(fds, 2, left_ms) > 0 && (fds[0].revents & POLLIN))
            return 0;
    }
}

/* Lock held on entry, not on return. A place that was handed over in the last moment is kept. */
static int queue_up(struct msvc_bulkhead *b, uint64_t deadline_ns, struct msvc_cancel *cancel)
{
    struct waiter waiter = { .fd = msvc__wake_open() };
    int status;

    if (waiter.fd < 0) {
        (void)pthread_mutex_unlock(&b->lock);
        return waiter.fd;
    }
    link_last(b, &waiter);
    (void)pthread_mutex_unlock(&b->lock);

    status = wait_for_turn(b, &waiter, deadline_ns, cancel);
    (void)pthread_mutex_lock(&b->lock);
    if (waiter.has_entered)
        status = 0;
    else
        unlink_waiter(b, &waiter);
    (void)pthread_mutex_unlock(&b->lock);
    (void)close(waiter.fd);
    return status;
}

int msvc_bulkhead_enter(struct msvc_bulkhead *bulkhead, uint64_t deadline_ns,
                        struct msvc_cancel *cancel)
{
    int status = MSVC_ERR_REJECTED;

    if (bulkhead == NULL)
        return MSVC_ERR_INVALID;
    (void)pthread_mutex_lock(&bulkhead->lock);
    if (bulkhead->calls < bulkhead->options.calls) {
        bulkhead->calls++;
        status = 0;
    } else if (bulkhead->waiting < bulkhead->options.waiting) {
        return queue_up(bulkhead, deadline_ns, cancel);
    }
    (void)pthread_mutex_unlock(&bulkhead->lock);
    return status;
}

/* Signalled with the lock held: once it is free, the waiter may return and take his node along. */
void msvc_bulkhead_leave(struct msvc_bulkhead *bulkhead)
{
    struct waiter *waiter;

    if (bulkhead == NULL)
        return;
    (void)pthread_mutex_lock(&bulkhead->lock);
    waiter = bulkhead->first;
    if (waiter != NULL) {
        unlink_waiter(bulkhead, waiter);
        waiter->has_entered = true;
        msvc__wake_signal(waiter->fd);
    } else if (bulkhead->calls > 0) {
        bulkhead->calls--;
    }
    (void)pthread_mutex_unlock(&bulkhead->lock);
}

static unsigned read_count(struct msvc_bulkhead *b, const unsigned *count)
{
    unsigned value;

    (void)pthread_mutex_lock(&b->lock);
    value = *count;
    (void)pthread_mutex_unlock(&b->lock);
    return value;
}

unsigned msvc_bulkhead_calls(struct msvc_bulkhead *bulkhead)
{
    return bulkhead != NULL ? read_count(bulkhead, &bulkhead->calls) : 0;
}

unsigned msvc_bulkhead_waiting(struct msvc_bulkhead *bulkhead)
{
    return bulkhead != NULL ? read_count(bulkhead, &bulkhead->waiting) : 0;
}
