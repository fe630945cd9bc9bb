/* SPDX-License-Identifier: MIT */
/*
 * Two services that share nothing but a bus: each group gets every order.
 * Change the URL and the driver and the same code runs over RabbitMQ, or over
 * `sqlite:events.db` between processes.
 *
 *     cc publish_subscribe.c $(pkg-config --cflags --libs libmsvc-core) -o publish_subscribe
 *     ./publish_subscribe
 *
 * prints
 *
 *     shipping got order.created, attempt 1: {"order":42}
 *     mail got order.created, attempt 1: {"order":42}
 *     shipping got order.created, attempt 2: {"order":42}
 *     1 confirmed, 2 acknowledged, 1 retried
 */
#include <stdio.h>

#include <msvc/bus.h>
#include <msvc/bus/memory.h>
#include <msvc/error.h>

/* Shipping fails the first time; the message comes again. */
static enum msvc_disposition on_order(struct msvc_delivery *delivery, void *user)
{
    const struct msvc_message *m = msvc_delivery_message(delivery);
    const char *group = user;

    printf("%s got %s, attempt %u: %.*s\n", group, m->type, msvc_delivery_attempt(delivery),
           (int)m->payload_length, (const char *)m->payload);
    if (group[0] == 's' && msvc_delivery_attempt(delivery) == 1)
        return msvc_delivery_retry_in(delivery, 0);
    return MSVC_DELIVERY_ACK;
}

static int subscribe(struct msvc_bus *bus, char *group, struct msvc_error *err)
{
    return msvc_bus_subscribe(bus,
                              MSVC_SUBSCRIPTION(.group = group, .topics = MSVC_TOPICS("order.*"),
                                                .handler = on_order, .user = group),
                              err);
}

int main(void)
{
    static char shipping[] = "shipping", mail[] = "mail";
    const struct msvc_message *created =
        MSVC_MESSAGE(.type = "order.created", .key = "42", .payload = "{\"order\":42}",
                     .payload_length = 12);
    struct msvc_bus_counts counts = { 0 };
    struct msvc_bus *bus = NULL;
    struct msvc_error err;
    int status = msvc_bus_open(&bus, "memory:", MSVC_BUS_DRIVERS(msvc_bus_memory()), NULL, &err);

    if (status < 0 || subscribe(bus, shipping, &err) < 0 || subscribe(bus, mail, &err) < 0 ||
        msvc_bus_publish(bus, created, NULL, NULL, &err) < 0) {
        fprintf(stderr, "%s: %s\n", err.origin, err.message);
        return 1;
    }
    for (; counts.acked < 2 && status >= 0; msvc_bus_counts(bus, &counts))
        status = msvc_bus_run_once(bus, 1000, &err);
    printf("%u confirmed, %u acknowledged, %u retried\n", (unsigned)counts.confirmed,
           (unsigned)counts.acked, (unsigned)counts.retried);
    msvc_bus_close(bus);
    return status < 0;
}
