/* SPDX-License-Identifier: MIT */
#include "fake_broker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/message.h>
#include <msvc/status.h>

static struct fake_broker *current;

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
    static const struct msvc_bus_capabilities capabilities = { .payload_most = 1u << 20 };

    (void)handle;
    return &capabilities;
}

static void copy(char *out, size_t size, const char *text, size_t length)
{
    (void)snprintf(out, size, "%.*s", (int)length, text != NULL ? text : "");
}

static int fake_publish(void *handle, const struct msvc_message *m, void *publish,
                        struct msvc_error *err)
{
    struct fake_broker *fake = handle;
    struct fake_publish *p = &fake->sent[fake->count];

    if (fake->count == FAKE_BROKER_SENT)
        return msvc_error_set(err, MSVC_ERR_INTERNAL, "fake", 0, "the fake's book is full");
    p->publish = publish;
    copy(p->id, sizeof(p->id), m->id, strlen(m->id));
    copy(p->key, sizeof(p->key), m->key, m->key != NULL ? strlen(m->key) : 0);
    copy(p->payload, sizeof(p->payload), m->payload, m->payload_length);
    copy(p->traceparent, sizeof(p->traceparent), m->traceparent,
         m->traceparent != NULL ? strlen(m->traceparent) : 0);
    p->sent_at = ++fake->steps;
    fake->count++;
    return 0;
}

static int fake_subscribe(void *handle, const struct msvc_subscription *wanted, void *subscription,
                          struct msvc_error *err)
{
    (void)handle;
    (void)wanted;
    (void)subscription;
    return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, "fake", 0, "only publishes");
}

static void fake_stop(void *handle)
{
    (void)handle;
}

static int fake_settle(void *handle, void *subscription, uint64_t tag,
                       enum msvc_disposition disposition, unsigned delay_ms, const char *reason,
                       struct msvc_error *err)
{
    (void)handle;
    (void)subscription;
    (void)tag;
    (void)disposition;
    (void)delay_ms;
    (void)reason;
    (void)err;
    return 0;
}

static void report(struct fake_broker *fake, struct fake_publish *p,
                   struct msvc_publish_result result)
{
    void *publish = p->publish;

    p->publish = NULL;
    p->outcome = result.outcome;
    p->ended_at = ++fake->steps;
    fake->host->published(fake->host, publish, &result);
}

static void report_unknown(struct fake_broker *fake)
{
    for (size_t i = 0; i < fake->count; i++) {
        if (fake->sent[i].publish != NULL)
            report(fake, &fake->sent[i],
                   (struct msvc_publish_result){ MSVC_PUBLISH_UNKNOWN, false, "broken" });
    }
}

static int fake_run_once(void *handle, int timeout_ms, struct msvc_error *err)
{
    struct fake_broker *fake = handle;
    int reported = 0;

    (void)timeout_ms;
    if (fake->is_away) {
        report_unknown(fake);
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "fake", 0, "away");
    }
    for (size_t i = 0; !fake->holds && i < fake->count; i++) {
        struct msvc_publish_result result = { MSVC_PUBLISH_CONFIRMED, false, "" };
        struct fake_publish *p = &fake->sent[i];

        if (p->publish == NULL)
            continue;
        if (fake->decide != NULL)
            result.outcome = fake->decide(p, &result.is_permanent, fake->user);
        if (result.outcome != MSVC_PUBLISH_CONFIRMED)
            result.reason = "as told";
        report(fake, p, result);
        reported++;
    }
    return reported;
}

static bool fake_is_connected(const void *handle)
{
    const struct fake_broker *fake = handle;

    return !fake->is_away;
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

static const char *const schemes[] = { "fake", NULL };
static const struct msvc_bus_driver driver = {
    .size = sizeof(driver),
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

const struct msvc_bus_driver *fake_broker_driver(void)
{
    return &driver;
}

void fake_broker_init(struct fake_broker *fake)
{
    memset(fake, 0, sizeof(*fake));
    current = fake;
}

void fake_broker_break(struct fake_broker *fake)
{
    fake->is_away = true;
}

size_t fake_broker_times(const struct fake_broker *fake, const char *payload)
{
    size_t times = 0;

    for (size_t i = 0; i < fake->count; i++)
        times += strcmp(fake->sent[i].payload, payload) == 0;
    return times;
}

size_t fake_broker_confirmed(const struct fake_broker *fake, const char *payload)
{
    size_t times = 0;

    for (size_t i = 0; i < fake->count; i++) {
        const struct fake_publish *p = &fake->sent[i];

        times += strcmp(p->payload, payload) == 0 && p->publish == NULL &&
                 p->outcome == MSVC_PUBLISH_CONFIRMED;
    }
    return times;
}
