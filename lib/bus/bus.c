/* SPDX-License-Identifier: MIT */
#include "bus/bus_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msvc/error.h>
#include <msvc/url.h>

#include "base/alloc_internal.h"
#include "base/fork_internal.h"
#include "base/options_internal.h"
#include "base/os_internal.h"

#define ORIGIN "bus"

#define DEFAULT_WINDOW     1024
#define DEFAULT_TIMEOUT_MS 10000

static int no_memory(struct msvc_error *err)
{
    return msvc_error_set(err, MSVC_ERR_NOMEM, ORIGIN, 0, "no memory for a bus");
}

/* ---- options and driver ---- */

static int take_options(struct msvc_bus *bus, const struct msvc_bus_options *options,
                        struct msvc_error *err)
{
    struct msvc_bus_options o;
    int status = msvc__options_copy(&o, sizeof(o), options);

    if (status < 0)
        return msvc_error_set(err, status, ORIGIN, 0, "bus options of another version");
    if (o.source != NULL && (*o.source == '\0' || strlen(o.source) > MSVC_MESSAGE_NAME_MAX))
        return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0, "source is empty or too long");
    bus->options = o;
    bus->options.source = msvc__copy_text(o.source != NULL ? o.source : "/");
    bus->options.client_name = msvc__copy_text(o.client_name != NULL ? o.client_name : "");
    if (bus->options.source == NULL || bus->options.client_name == NULL)
        return no_memory(err);
    if (o.window == 0)
        bus->options.window = DEFAULT_WINDOW;
    if (o.timeout_ms == 0)
        bus->options.timeout_ms = DEFAULT_TIMEOUT_MS;
    return 0;
}

static bool has_scheme(const struct msvc_bus_driver *driver, const char *scheme)
{
    for (const char *const *at = driver->schemes; *at != NULL; at++) {
        if (strcmp(*at, scheme) == 0)
            return true;
    }
    return false;
}

static int choose_driver(struct msvc_bus *bus, const struct msvc_bus_driver *const *drivers,
                         const struct msvc_url *url, struct msvc_error *err)
{
    for (; *drivers != NULL; drivers++) {
        if (has_scheme(*drivers, msvc_url_scheme(url))) {
            bus->driver = *drivers;
            return 0;
        }
    }
    return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, ORIGIN, 0, "no driver for \"%s:\" was given",
                          msvc_url_scheme(url));
}

static void report_disconnected(struct msvc_bus_host *host)
{
    struct msvc_bus *bus = (struct msvc_bus *)(void *)host;

    bus->epoch++;
}

static int open_descriptors(struct msvc_bus *bus, struct msvc_error *err)
{
    bus->hub = msvc__hub_new();
    if (bus->hub == NULL)
        return no_memory(err);
    bus->pollset = msvc__pollset_open();
    if (bus->pollset < 0 || msvc__pollset_put(bus->pollset, bus->hub->wake_fd) < 0)
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, ORIGIN, 0, "no descriptor is left");
    return 0;
}

static void lend(struct msvc_bus *bus)
{
    bus->host = (struct msvc_bus_host){
        .size = sizeof(bus->host),
        .client_name = bus->options.client_name,
        .timeout_ms = bus->options.timeout_ms,
        .clock = bus->options.clock,
        .random = bus->options.random,
        .wake_fd = bus->hub->wake_fd,
        .published = msvc__publish_report,
        .delivered = msvc__delivery_report,
        .disconnected = report_disconnected,
    };
}

static void init_lists(struct msvc_bus *bus)
{
    struct link *all[] = { &bus->subscriptions, &bus->pending, &bus->handed,   &bus->ended,
                           &bus->ready,         &bus->held,    &bus->retrying, &bus->later };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        list_init(all[i]);
}

/* ---- subscriptions ---- */

static void subscription_free(struct subscription *s)
{
    char **topics = (char **)(uintptr_t)s->wanted.topics;

    list_take_out(&s->link);
    for (size_t i = 0; topics != NULL && topics[i] != NULL; i++)
        free(topics[i]);
    free(topics);
    free((char *)(uintptr_t)s->wanted.group);
    free(s->stillborn);
    free(s);
}

static int check_subscription(const struct msvc_bus *bus, const struct msvc_subscription *w,
                              size_t *topic_count, struct msvc_error *err)
{
    size_t count = 0;

    if (w->group == NULL || w->handler == NULL || w->topics == NULL || w->topics[0] == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0,
                              "a subscription needs a group, topics and a handler");
    if (*w->group == '\0' || strlen(w->group) > MSVC_MESSAGE_NAME_MAX)
        return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0,
                              "group has %zu bytes, 1 to %d are allowed", strlen(w->group),
                              MSVC_MESSAGE_NAME_MAX);
    for (; w->topics[count] != NULL; count++) {
        size_t length = strlen(w->topics[count]);

        if (count == MSVC_SUBSCRIPTION_TOPICS_MAX || length == 0 || length > MSVC_MESSAGE_NAME_MAX)
            return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0,
                                  "more than %d topics, or one that is empty or over %d bytes",
                                  MSVC_SUBSCRIPTION_TOPICS_MAX, MSVC_MESSAGE_NAME_MAX);
    }
    if (w->max_in_flight > MSVC_SUBSCRIPTION_IN_FLIGHT_MAX)
        return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0,
                              "max_in_flight is %u, the most is %d", w->max_in_flight,
                              MSVC_SUBSCRIPTION_IN_FLIGHT_MAX);
    if (w->order == MSVC_ORDER_KEY && !bus->driver->capabilities(bus->handle)->has_key_order)
        return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, bus->driver->origin, 0,
                              "this engine does not keep the order of keys");
    *topic_count = count;
    return 0;
}

static void default_to(unsigned *value, unsigned fallback)
{
    if (*value == 0)
        *value = fallback;
}

static int copy_strings(struct subscription *s, const struct msvc_subscription *wanted,
                        size_t topic_count, struct msvc_error *err)
{
    char **topics = msvc__new_array(topic_count + 1, sizeof(*topics));

    s->wanted.topics = (const char *const *)(uintptr_t)topics;
    s->wanted.group = msvc__copy_text(wanted->group);
    s->stillborn = msvc__new_array(s->wanted.max_in_flight, sizeof(*s->stillborn));
    if (topics == NULL || s->wanted.group == NULL || s->stillborn == NULL)
        return no_memory(err);
    for (size_t i = 0; i < topic_count; i++) {
        topics[i] = msvc__copy_text(wanted->topics[i]);
        if (topics[i] == NULL)
            return no_memory(err);
    }
    return 0;
}

static int subscription_new(struct subscription **out, const struct msvc_bus *bus,
                            const struct msvc_subscription *wanted, size_t topic_count,
                            struct msvc_error *err)
{
    struct subscription *s = msvc__new(sizeof(*s));
    int status;

    if (s == NULL)
        return no_memory(err);
    list_init(&s->link);
    s->wanted = *wanted;
    default_to(&s->wanted.max_in_flight, 16);
    default_to(&s->wanted.max_attempts, 20);
    default_to(&s->wanted.retry_least_ms, 100);
    default_to(&s->wanted.retry_most_ms, 30000);
    s->keeps_order = wanted->order == MSVC_ORDER_KEY && !bus->driver->holds_keys;
    status = copy_strings(s, wanted, topic_count, err);
    if (status < 0)
        subscription_free(s);
    else
        *out = s;
    return status;
}

static bool has_group(struct msvc_bus *bus, const char *group)
{
    for (struct link *at = bus->subscriptions.next; at != &bus->subscriptions; at = at->next) {
        if (strcmp(ITEM(struct subscription, at)->wanted.group, group) == 0)
            return true;
    }
    return false;
}

int msvc_bus_subscribe(struct msvc_bus *bus, const struct msvc_subscription *subscription,
                       struct msvc_error *err)
{
    struct msvc_subscription wanted;
    struct subscription *s = NULL;
    size_t topic_count = 0;
    int status = msvc__bus_check(bus, err);

    if (status < 0)
        return status;
    if (subscription == NULL || msvc__options_copy(&wanted, sizeof(wanted), subscription) < 0)
        return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0,
                              "no subscription, or one of another version");
    status = check_subscription(bus, &wanted, &topic_count, err);
    if (status < 0)
        return status;
    if (has_group(bus, wanted.group))
        return msvc_error_set(err, MSVC_ERR_EXISTS, ORIGIN, 0,
                              "group \"%s\" has a subscription on this bus", wanted.group);
    status = subscription_new(&s, bus, &wanted, topic_count, err);
    if (status < 0)
        return status;
    status = bus->driver->subscribe(bus->handle, &s->wanted, s, err);
    if (status < 0)
        subscription_free(s);
    else
        list_add(&bus->subscriptions, &s->link);
    return status;
}

/* ---- open and close ---- */

static int open_handle(struct msvc_bus *bus, const char *text,
                       const struct msvc_bus_driver *const *drivers, struct msvc_error *err)
{
    struct msvc_url *url;
    int status = msvc_url_parse(&url, text, err);

    if (status < 0)
        return status;
    status = choose_driver(bus, drivers, url, err);
    if (status == 0)
        status = bus->driver->open(&bus->handle, url, &bus->host, err);
    msvc_url_free(url);
    if (status == 0)
        bus->driver_fd = bus->driver->fd(bus->handle);
    if (status == 0 && bus->driver_fd >= 0 && msvc__pollset_put(bus->pollset, bus->driver_fd) < 0)
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, ORIGIN, 0, "no descriptor is left");
    return status;
}

int msvc_bus_open(struct msvc_bus **out, const char *url,
                  const struct msvc_bus_driver *const *drivers,
                  const struct msvc_bus_options *options, struct msvc_error *err)
{
    struct msvc_bus *bus;
    int status;

    if (out == NULL || url == NULL || drivers == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0, "a pointer is NULL");
    bus = msvc__new(sizeof(*bus));
    if (bus == NULL)
        return no_memory(err);
    bus->pollset = bus->driver_fd = -1;
    init_lists(bus);
    status = take_options(bus, options, err);
    if (status == 0)
        status = open_descriptors(bus, err);
    if (status == 0) {
        lend(bus);
        status = open_handle(bus, url, drivers, err);
    }
    if (status < 0) {
        msvc_bus_close(bus);
        return status;
    }
    *out = bus;
    return 0;
}

static void close_handle(struct msvc_bus *bus)
{
    struct link *first;

    if (bus->host.is_inherited)
        (void)close(bus->hub->wake_fd); /* its lock may be held for ever: leave the rest */
    else
        msvc__delivery_abandon_all(bus);
    bus->driver->close(bus->handle);
    msvc__publish_end_all(bus);
    while ((first = list_pop(&bus->subscriptions)) != NULL)
        subscription_free(ITEM(struct subscription, first));
}

void msvc_bus_close(struct msvc_bus *bus)
{
    if (bus == NULL)
        return;
    bus->host.is_inherited = bus->hub != NULL && bus->hub->generation != msvc__fork_generation();
    if (bus->handle != NULL)
        close_handle(bus);
    if (bus->pollset >= 0)
        (void)close(bus->pollset);
    if (bus->hub != NULL && !bus->host.is_inherited)
        msvc__hub_unref(bus->hub);
    free((char *)(uintptr_t)bus->options.source);
    free((char *)(uintptr_t)bus->options.client_name);
    free(bus);
}

/* ---- looking ---- */

bool msvc_bus_is_connected(const struct msvc_bus *bus)
{
    return msvc__bus_check(bus, NULL) == 0 && bus->driver->is_connected(bus->handle);
}

bool msvc_bus_was_connected(const struct msvc_bus *bus)
{
    return bus != NULL && atomic_load(&bus->was_connected);
}

int msvc_bus_fd(const struct msvc_bus *bus)
{
    return bus != NULL ? bus->pollset : -1;
}

void msvc_bus_counts(const struct msvc_bus *bus, struct msvc_bus_counts *out)
{
    if (bus != NULL && out != NULL)
        *out = bus->counts;
}

const struct msvc_bus_capabilities *msvc_bus_capabilities(const struct msvc_bus *bus)
{
    return bus != NULL ? bus->driver->capabilities(bus->handle) : NULL;
}
