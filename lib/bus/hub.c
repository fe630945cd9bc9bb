/* SPDX-License-Identifier: MIT */
/*
 * Somebody may settle a delivery on a thread of their own while the bus is
 * being closed. What both sides touch lives in the hub, which goes with the
 * last of them.
 */
#include "bus/bus_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc_internal.h"
#include "base/fork_internal.h"
#include "base/os_internal.h"
#include "base/utf8_internal.h"

struct hub *msvc__hub_new(void)
{
    struct hub *hub = msvc__new(sizeof(*hub));

    if (hub == NULL)
        return NULL;
    hub->generation = msvc__fork_generation();
    hub->references = 1;
    hub->wake_fd = msvc__wake_open();
    if (hub->wake_fd < 0) {
        free(hub);
        return NULL;
    }
    (void)pthread_mutex_init(&hub->lock, NULL);
    return hub;
}

void msvc__hub_ref(struct hub *hub)
{
    (void)pthread_mutex_lock(&hub->lock);
    hub->references++;
    (void)pthread_mutex_unlock(&hub->lock);
}

void msvc__hub_unref(struct hub *hub)
{
    bool is_last;

    (void)pthread_mutex_lock(&hub->lock);
    is_last = --hub->references == 0;
    (void)pthread_mutex_unlock(&hub->lock);
    if (!is_last)
        return;
    (void)pthread_mutex_destroy(&hub->lock);
    (void)close(hub->wake_fd);
    free(hub);
}

const struct msvc_message *msvc_delivery_message(const struct msvc_delivery *delivery)
{
    return delivery != NULL ? delivery->message : NULL;
}

unsigned msvc_delivery_attempt(const struct msvc_delivery *delivery)
{
    return delivery != NULL ? delivery->attempt : 0;
}

enum msvc_disposition msvc_delivery_retry_in(struct msvc_delivery *delivery, unsigned delay_ms)
{
    if (delivery != NULL) {
        delivery->delay_ms = delay_ms;
        delivery->has_delay = true;
    }
    return MSVC_DELIVERY_RETRY;
}

enum msvc_disposition msvc_delivery_park(struct msvc_delivery *delivery, const char *reason)
{
    if (delivery != NULL && reason != NULL) {
        size_t length = msvc__utf8_cut(reason, strlen(reason), sizeof(delivery->reason) - 1);

        memcpy(delivery->reason, reason, length);
        delivery->reason[length] = '\0';
    }
    return MSVC_DELIVERY_PARK;
}

void msvc_delivery_settle(struct msvc_delivery *delivery, enum msvc_disposition disposition)
{
    struct hub *hub;
    bool is_orphan;

    /* a child of fork() has neither the delivery nor, perhaps, a lock that is free */
    if (delivery == NULL || delivery->hub->generation != msvc__fork_generation())
        return;
    hub = delivery->hub;
    (void)pthread_mutex_lock(&hub->lock);
    is_orphan = hub->is_closed;
    if (!is_orphan) {
        delivery->disposition = disposition;
        delivery->next_settled = hub->settled;
        hub->settled = delivery;
        msvc__wake_signal(hub->wake_fd);
    }
    (void)pthread_mutex_unlock(&hub->lock);
    if (is_orphan) {
        msvc_message_free(delivery->message);
        free(delivery);
        msvc__hub_unref(hub);
    }
}
