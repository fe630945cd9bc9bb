/* SPDX-License-Identifier: MIT */
/*
 * Who leaves hands his place to whoever waits longest, so that the count never
 * drops in between and nobody can overtake. A waiter sleeps on a descriptor of
 * his own, which lets him watch deadline and cancellation as well; his place
 * is in his memory and in the list only while he waits.
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

struct msvc_bulkhead {
    struct msvc_bulkhead_options options; /* constant */

    pthread_mutex_t lock; /* guards everything below */
    unsigned calls;
    unsigned waiting;
    struct msvc_bulkhead_place *first; /* waits longest; its fields are guarded as well */
    struct msvc_bulkhead_place **end;  /* where the next one is linked */
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
static int link_last(struct msvc_bulkhead *b, struct msvc_bulkhead_place *place)
{
    int fd = msvc__wake_open();

    if (fd < 0)
        return fd;
    *place = (struct msvc_bulkhead_place){ .fd = fd };
    *b->end = place;
    b->end = &place->next;
    b->waiting++;
    return 0;
}

/* Lock held. */
static void unlink_place(struct msvc_bulkhead *b, struct msvc_bulkhead_place *place)
{
    struct msvc_bulkhead_place **link = &b->first;

    while (*link != place)
        link = &(*link)->next;
    *link = place->next;
    if (b->end == &place->next)
        b->end = link;
    b->waiting--;
}

int msvc_bulkhead_queue(struct msvc_bulkhead *bulkhead, struct msvc_bulkhead_place *place)
{
    int status = MSVC_ERR_REJECTED;

    if (bulkhead == NULL || place == NULL)
        return MSVC_ERR_INVALID;
    (void)pthread_mutex_lock(&bulkhead->lock);
    if (bulkhead->calls < bulkhead->options.calls) {
        bulkhead->calls++;
        *place = (struct msvc_bulkhead_place){ .fd = -1, .has_entered = true };
        status = 1;
    } else if (bulkhead->waiting < bulkhead->options.waiting) {
        status = link_last(bulkhead, place);
    }
    (void)pthread_mutex_unlock(&bulkhead->lock);
    return status;
}

static void close_place(struct msvc_bulkhead_place *place)
{
    if (place->fd >= 0)
        (void)close(place->fd);
    place->fd = -1;
}

bool msvc_bulkhead_has_entered(struct msvc_bulkhead *bulkhead, struct msvc_bulkhead_place *place)
{
    bool has_entered;

    if (bulkhead == NULL || place == NULL)
        return false;
    (void)pthread_mutex_lock(&bulkhead->lock);
    has_entered = place->has_entered;
    (void)pthread_mutex_unlock(&bulkhead->lock);
    if (has_entered)
        close_place(place);
    return has_entered;
}

/* Lock held. Signalled under it: once it is free, the waiter may return and take his place along.
 */
static void hand_over(struct msvc_bulkhead *b)
{
    struct msvc_bulkhead_place *place = b->first;

    if (place != NULL) {
        unlink_place(b, place);
        place->has_entered = true;
        msvc__wake_signal(place->fd);
    } else if (b->calls > 0) {
        b->calls--;
    }
}

void msvc_bulkhead_quit(struct msvc_bulkhead *bulkhead, struct msvc_bulkhead_place *place)
{
    if (bulkhead == NULL || place == NULL)
        return;
    (void)pthread_mutex_lock(&bulkhead->lock);
    if (place->has_entered)
        hand_over(bulkhead);
    else if (place->fd >= 0)
        unlink_place(bulkhead, place);
    place->has_entered = false;
    (void)pthread_mutex_unlock(&bulkhead->lock);
    close_place(place);
}

/* Lock not held. Sleep until entered, late or cancelled; the caller finds out which. */
static int wait_for_turn(const struct msvc_bulkhead *b, const struct msvc_bulkhead_place *place,
                         uint64_t deadline_ns, struct msvc_cancel *cancel)
{
    struct pollfd fds[] = {
        { .fd = place->fd, .events = POLLIN },
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

/* A place that was handed over in the last moment is kept. */
int msvc_bulkhead_enter(struct msvc_bulkhead *bulkhead, uint64_t deadline_ns,
                        struct msvc_cancel *cancel)
{
    struct msvc_bulkhead_place place;
    int status = msvc_bulkhead_queue(bulkhead, &place);

    if (status < 0)
        return status;
    if (status > 0)
        return 0;
    status = wait_for_turn(bulkhead, &place, deadline_ns, cancel);
    (void)pthread_mutex_lock(&bulkhead->lock);
    if (place.has_entered)
        status = 0;
    else
        unlink_place(bulkhead, &place);
    (void)pthread_mutex_unlock(&bulkhead->lock);
    close_place(&place);
    return status;
}

void msvc_bulkhead_leave(struct msvc_bulkhead *bulkhead)
{
    if (bulkhead == NULL)
        return;
    (void)pthread_mutex_lock(&bulkhead->lock);
    hand_over(bulkhead);
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
