/* SPDX-License-Identifier: MIT */
#include "service/handlers_internal.h"

#include <unistd.h>

#include <msvc/status.h>

#include "base/os_internal.h"

int msvc__handlers_open(struct msvc__handlers *h, msvc__handle_fn *handle, void *user)
{
    h->handle = handle;
    h->user = user;
    h->wake_fd = msvc__wake_open();
    if (h->wake_fd < 0)
        return MSVC_ERR_UNAVAILABLE;
    (void)pthread_mutex_init(&h->lock, NULL);
    return 0;
}

void msvc__handlers_close(struct msvc__handlers *h)
{
    if (h->wake_fd < 0)
        return;
    (void)close(h->wake_fd);
    h->wake_fd = -1;
    (void)pthread_mutex_destroy(&h->lock);
}

bool msvc__handlers_put(struct msvc__handlers *h, struct msvc_delivery *delivery)
{
    bool has_room;

    (void)pthread_mutex_lock(&h->lock);
    has_room = h->count < MSVC__HANDLERS_IN_FLIGHT;
    if (has_room) {
        h->waiting[(h->first + h->count++) % MSVC__HANDLERS_IN_FLIGHT] = delivery;
        msvc__wake_signal(h->wake_fd);
    }
    (void)pthread_mutex_unlock(&h->lock);
    return has_room;
}

static struct msvc_delivery *take(struct msvc__handlers *h)
{
    struct msvc_delivery *delivery = NULL;

    (void)pthread_mutex_lock(&h->lock);
    if (h->count > 0) {
        delivery = h->waiting[h->first];
        h->first = (h->first + 1) % MSVC__HANDLERS_IN_FLIGHT;
        if (--h->count == 0)
            msvc__wake_clear(h->wake_fd);
    }
    (void)pthread_mutex_unlock(&h->lock);
    return delivery;
}

static int run_once(void *object, int timeout_ms, struct msvc_error *err)
{
    struct msvc__handlers *h = object;
    struct msvc_delivery *delivery = take(h);

    (void)timeout_ms;
    (void)err;
    if (delivery == NULL)
        return 0;
    h->handle(delivery, h->user);
    return 1;
}

static int wake_fd(void *object)
{
    const struct msvc__handlers *h = object;

    return h->wake_fd;
}

static int no_timer(void *object)
{
    (void)object;
    return -1;
}

struct msvc_pump msvc__handlers_pump(struct msvc__handlers *h)
{
    return (struct msvc_pump){ run_once, wake_fd, no_timer, h };
}

void msvc__handlers_finish(struct msvc__handlers *h)
{
    while (run_once(h, 0, NULL) > 0)
        ;
}
