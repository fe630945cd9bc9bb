/* SPDX-License-Identifier: MIT */
/*
 * A service that has a store has a relay; one that consumes is a member of its
 * consumer group. Each of both owns its bus, because a bus belongs to one
 * thread at a time; messages are handled on threads of their own.
 */
#include "service/service_internal.h"

#include <string.h>

#include <msvc/checks.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/health.h>
#include <msvc/idempotency.h>
#include <msvc/outbox.h>
#include <msvc/relay.h>
#include <msvc/runner.h>
#include <msvc/store.h>
#include <msvc/trace.h>

#define TOPIC_LIMIT       32
#define PRUNE_INTERVAL_MS (10 * 60 * 1000)
#define MS_PER_HOUR       3600000u
#define FULL_RETRY_MS     100

static const struct msvc_consumer *find_consumer(const struct msvc_service_definition *definition,
                                                 const struct msvc_message *message)
{
    for (const struct msvc_consumer *c = definition->consumers; c->topic != NULL; c++) {
        if ((c->type == NULL || strcmp(c->type, message->type) == 0) &&
            msvc_topic_matches(c->topic, msvc_message_topic(message)))
            return c;
    }
    return NULL;
}

static enum msvc_disposition deliver(struct msvc_delivery *delivery, void *user)
{
    struct msvc_service *service = user;

    if (find_consumer(service->definition, msvc_delivery_message(delivery)) == NULL)
        return MSVC_DELIVERY_DROP;
    return msvc__handlers_put(&service->handlers, delivery)
               ? MSVC_DELIVERY_LATER
               : msvc_delivery_retry_in(delivery, FULL_RETRY_MS);
}

static void handle(struct msvc_delivery *delivery, void *user)
{
    const struct msvc_service *service = user;
    const struct msvc_consumer *consumer =
        find_consumer(service->definition, msvc_delivery_message(delivery));
    enum msvc_disposition disposition;
    struct msvc_span_scope scope;

    msvc_trace_enter(&scope, msvc_delivery_context(delivery));
    disposition = msvc_inbox_consume(service->store, service->definition->name, delivery,
                                     consumer->handle, service->state, service->log);
    msvc_span_leave(&scope);
    msvc_delivery_settle(delivery, disposition);
}

static int open_bus(struct msvc_bus **out, struct msvc_service *service, struct msvc_error *err)
{
    return msvc_bus_open(out, msvc_service_text(service, "BUS_URL"),
                         service->process->options->buses,
                         MSVC_BUS_OPTIONS(.source = service->definition->name,
                                          .client_name = service->definition->name,
                                          .telemetry = &service->telemetry),
                         err);
}

/* Each topic once; the list ends with NULL. */
static void collect_topics(const char *topics[TOPIC_LIMIT + 1],
                           const struct msvc_consumer *consumers)
{
    size_t count = 0;

    for (; consumers->topic != NULL && count < TOPIC_LIMIT; consumers++) {
        size_t i = 0;

        while (i < count && strcmp(topics[i], consumers->topic) != 0)
            i++;
        if (i == count)
            topics[count++] = consumers->topic;
    }
    topics[count] = NULL;
}

static int open_consumer(struct msvc_service *service, struct msvc_error *err)
{
    const char *topics[TOPIC_LIMIT + 1];
    int status = msvc__handlers_open(&service->handlers, handle, service);

    if (status < 0)
        return msvc_error_set(err, status, "service", 0, "no descriptor is left");
    collect_topics(topics, service->definition->consumers);
    status = open_bus(&service->consumer_bus, service, err);
    if (status < 0)
        return status;
    return msvc_bus_subscribe(service->consumer_bus,
                              MSVC_SUBSCRIPTION(.group = service->definition->name,
                                                .topics = topics, .order = MSVC_ORDER_KEY,
                                                .max_in_flight = MSVC__HANDLERS_IN_FLIGHT,
                                                .handler = deliver, .user = service),
                              err);
}

static int check_subscriptions(void *user, struct msvc_health_run *run, struct msvc_error *err)
{
    const struct msvc_service *service = user;

    (void)run;
    if (msvc_bus_was_connected(service->consumer_bus))
        return MSVC_HEALTH_PASS;
    return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "service", 0,
                          "the consumer has no connection to the bus");
}

static int add_checks(struct msvc_service *service, struct msvc_error *err)
{
    int status = msvc_health_add(
        service->health,
        MSVC_HEALTH_CHECK(.name = "database", .component_type = "datastore",
                          .run = msvc_check_store, .user = service->store, .is_startup = true));

    if (status == 0)
        status = msvc_health_add(service->health, MSVC_HEALTH_CHECK(.name = "outbox:age",
                                                                    .component_type = "component",
                                                                    .run = msvc_check_relay,
                                                                    .user = &service->relay_watch));
    if (status == 0)
        status = msvc_health_add(service->health, MSVC_HEALTH_CHECK(.name = "memory:utilization",
                                                                    .component_type = "system",
                                                                    .run = msvc_check_memory));
    if (status == 0 && service->consumer_bus != NULL)
        status = msvc_health_add(service->health,
                                 MSVC_HEALTH_CHECK(.name = "subscriptions",
                                                   .run = check_subscriptions, .user = service,
                                                   .is_startup = true, .interval_ms = 1000));
    if (status < 0)
        return msvc_error_set(err, status, "service", 0, "checks of %s: %s",
                              service->definition->name, msvc_status_text(status));
    return 0;
}

int msvc__service_open_messaging(struct msvc_service *service, struct msvc_error *err)
{
    unsigned lease_ms = (unsigned)msvc_service_number(service, "OUTBOX_LEASE_MS");
    int status = open_bus(&service->relay_bus, service, err);

    if (status < 0)
        return status;
    status = msvc_relay_new(
        &service->relay, service->store, service->relay_bus,
        MSVC_RELAY_OPTIONS(.lease_ms = lease_ms, .telemetry = &service->telemetry), err);
    service->relay_watch.relay = service->relay;
    if (status == 0 && service->definition->consumers != NULL)
        status = open_consumer(service, err);
    return status < 0 ? status : add_checks(service, err);
}

static int prune(void *object, int timeout_ms, struct msvc_error *err)
{
    struct msvc_service *service = object;
    uint64_t hours = (uint64_t)msvc_service_number(service, "INBOX_KEEP_HOURS");

    int status = msvc_inbox_prune(service->store, hours * MS_PER_HOUR, err);

    (void)timeout_ms;
    return status < 0 ? status : msvc_idempotency_prune(service->store, err);
}

static int no_fd(void *object)
{
    (void)object;
    return -1;
}

static int prune_interval_ms(void *object)
{
    (void)object;
    return PRUNE_INTERVAL_MS;
}

static int add_consumer_pumps(struct msvc_service *service, struct msvc_error *err)
{
    int64_t threads = msvc_service_number(service, "CONSUMERS");
    int status =
        msvc_runner_add(service->runner, "consumer", msvc_pump_bus(service->consumer_bus), err);

    for (int64_t i = 0; status == 0 && i < threads; i++)
        status = msvc_runner_add(service->runner, "handler",
                                 msvc__handlers_pump(&service->handlers), err);
    return status;
}

int msvc__service_add_pumps(struct msvc_service *service, struct msvc_error *err)
{
    int status = msvc_runner_add(service->runner, "relay", msvc_pump_relay(service->relay), err);

    if (status == 0)
        status =
            msvc_runner_add(service->runner, "inbox prune",
                            (struct msvc_pump){ prune, no_fd, prune_interval_ms, service }, err);
    return status == 0 && service->consumer_bus != NULL ? add_consumer_pumps(service, err) : status;
}

/* The threads have ended: what is left is run from here. */
void msvc__service_drain_messaging(struct msvc_service *service, int timeout_ms)
{
    uint64_t deadline = msvc_deadline_in(NULL, timeout_ms);
    struct msvc_error err;

    if (service->consumer_bus != NULL) {
        msvc__handlers_finish(&service->handlers);
        if (msvc_bus_drain(service->consumer_bus, timeout_ms, &err) < 0)
            msvc_log_warn(service->log, "messages are left for the next start",
                          MSVC_STR("error.message", err.message));
    }
    if (service->relay != NULL &&
        msvc_relay_flush(service->relay, msvc_deadline_left_ms(NULL, deadline, timeout_ms), &err) <
            0)
        msvc_log_warn(service->log, "events are left in the outbox for the next start",
                      MSVC_STR("error.message", err.message));
}

void msvc__service_close_messaging(struct msvc_service *service)
{
    msvc_bus_close(service->consumer_bus);
    msvc__handlers_close(&service->handlers);
    msvc_relay_free(service->relay);
    msvc_bus_close(service->relay_bus);
}
