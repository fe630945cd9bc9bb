/* SPDX-License-Identifier: MIT */
#include "fake_bus.h"

#include <stdio.h>
#include <string.h>

#include <msvc/error.h>

static struct fake_bus *current;

static int fake_open(void **out, const struct msvc_url *url, struct msvc_bus_host *host,
                     struct msvc_error *err)
{
    (void)url;
    (void)err;
    current->host = host;
    *out = current;
    return 0;
}

static void fake_close(void *handle)
{
    (void)handle;
}

static const struct msvc_bus_capabilities *fake_capabilities(const void *handle)
{
    const struct fake_bus *fake = handle;

    return &fake->capabilities;
}

static int fake_publish(void *handle, const struct msvc_message *message, void *publish,
                        struct msvc_error *err)
{
    struct fake_bus *fake = handle;

    (void)message;
    if (fake->publish_status < 0)
        return msvc_error_set(err, fake->publish_status, "fake", 0, "told to");
    fake->publishes[fake->publish_count++] = publish;
    return 0;
}

static int fake_subscribe(void *handle, const struct msvc_subscription *wanted, void *subscription,
                          struct msvc_error *err)
{
    struct fake_bus *fake = handle;

    (void)wanted;
    (void)err;
    fake->subscription = subscription;
    return 0;
}

static void fake_stop(void *handle)
{
    struct fake_bus *fake = handle;

    fake->was_stopped = true;
}

static int fake_settle(void *handle, void *subscription, uint64_t tag,
                       enum msvc_disposition disposition, unsigned delay_ms, const char *reason,
                       struct msvc_error *err)
{
    struct fake_bus *fake = handle;
    struct fake_bus_settled *s = &fake->settled[fake->settled_count++];

    (void)subscription;
    (void)err;
    s->tag = tag;
    s->disposition = disposition;
    s->delay_ms = delay_ms;
    (void)snprintf(s->reason, sizeof(s->reason), "%s", reason);
    return 0;
}

static int fake_run_once(void *handle, int timeout_ms, struct msvc_error *err)
{
    struct fake_bus *fake = handle;

    (void)timeout_ms;
    fake->run_count++;
    if (fake->result_for != NULL)
        fake->host->published(fake->host, fake->result_for, &fake->result);
    fake->result_for = NULL;
    for (size_t i = 0; i < fake->delivery_count; i++) {
        const struct fake_bus_delivery *d = &fake->deliveries[i];

        fake->host->delivered(fake->host, fake->subscription, &d->message, d->tag, d->attempt);
    }
    fake->delivery_count = 0;
    if (fake->disconnects)
        fake->host->disconnected(fake->host);
    fake->disconnects = false;
    return fake->run_status < 0 ? msvc_error_set(err, fake->run_status, "fake", 0, "told to") : 0;
}

static bool fake_is_connected(const void *handle)
{
    const struct fake_bus *fake = handle;

    return fake->is_connected;
}

static int fake_fd(const void *handle)
{
    (void)handle;
    return -1;
}

static int fake_timeout_ms(const void *handle)
{
    (void)handle;
    return -1;
}

void fake_bus_init(struct fake_bus *fake)
{
    static const char *const schemes[] = { "fake", NULL };

    memset(fake, 0, sizeof(*fake));
    fake->driver = (struct msvc_bus_driver){
        .size = sizeof(fake->driver),
        .schemes = schemes,
        .origin = "fake",
        .open = fake_open,
        .close = fake_close,
        .capabilities = fake_capabilities,
        .publish = fake_publish,
        .subscribe = fake_subscribe,
        .stop = fake_stop,
        .settle = fake_settle,
        .run_once = fake_run_once,
        .is_connected = fake_is_connected,
        .fd = fake_fd,
        .timeout_ms = fake_timeout_ms,
    };
    fake->capabilities.payload_most = MSVC_MESSAGE_PAYLOAD_MAX;
    fake->is_connected = true;
    current = fake;
}

void fake_bus_deliver(struct fake_bus *fake, uint64_t tag, unsigned attempt,
                      const struct msvc_message *message)
{
    fake->deliveries[fake->delivery_count++] = (struct fake_bus_delivery){ *message, tag, attempt };
}
