/* SPDX-License-Identifier: MIT */
#include "rabbitmq_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <amqp_framing.h>
#include <amqp_tcp_socket.h>

#include <msvc/clock.h>
#include <msvc/url.h>
#include <msvc/uuid.h>

#define PATIENCE_MS 10000

static const char *server_url(void)
{
    const char *url = getenv("RABBITMQ_URL");

    assert_non_null(url);
    return url;
}

int rabbitmq_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    char id[MSVC_UUID_SIZE];

    f->recorder = calloc(1, sizeof(*f->recorder));
    f->other = calloc(1, sizeof(*f->other));
    f->recorder->delay_ms = f->other->delay_ms = -1;
    msvc_uuid_new(id, NULL, NULL);
    (void)snprintf(f->exchange, sizeof(f->exchange), "t%s", id);
    (void)snprintf(f->url, sizeof(f->url), "%s?exchange=%s", server_url(), f->exchange);
    *state = f;
    return 0;
}

int rabbitmq_teardown(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < f->bus_count; i++)
        msvc_bus_close(f->buses[i]);
    free(f->recorder);
    free(f->other);
    free(f);
    return 0;
}

struct msvc_bus *open_url(struct fixture *f, const char *url, unsigned timeout_ms)
{
    struct msvc_error err = { 0 };
    struct msvc_bus *bus = NULL;

    if (msvc_bus_open(&bus, url, MSVC_BUS_DRIVERS(msvc_bus_rabbitmq()),
                      MSVC_BUS_OPTIONS(.client_name = "test", .timeout_ms = timeout_ms), &err) < 0)
        fail_msg("%s", err.message);
    f->buses[f->bus_count++] = bus;
    return bus;
}

struct msvc_bus *open_bus(struct fixture *f, const char *query)
{
    char url[600];

    (void)snprintf(url, sizeof(url), "%s%s", f->url, query);
    return open_url(f, url, 0);
}

void close_bus(struct fixture *f, struct msvc_bus *bus)
{
    for (unsigned i = 0; i < f->bus_count; i++) {
        if (f->buses[i] == bus)
            f->buses[i] = f->buses[--f->bus_count];
    }
    msvc_bus_close(bus);
}

void run_for(struct fixture *f, int ms)
{
    uint64_t deadline = msvc_deadline_in(NULL, ms);

    while (msvc_deadline_left_ms(NULL, deadline, 1) > 0) {
        for (unsigned i = 0; i < f->bus_count; i++)
            (void)msvc_bus_run_once(f->buses[i], 2, NULL);
    }
}

void wait_for(struct fixture *f, const unsigned *count, unsigned wanted)
{
    uint64_t deadline = msvc_deadline_in(NULL, PATIENCE_MS);

    while (*count < wanted && msvc_deadline_left_ms(NULL, deadline, 1) > 0) {
        for (unsigned i = 0; i < f->bus_count; i++)
            (void)msvc_bus_run_once(f->buses[i], f->bus_count > 1 ? 2 : 20, NULL);
    }
    if (*count < wanted)
        fail_msg("%u of %u came within %d ms", *count, wanted, PATIENCE_MS);
}

void wait_until_connected(struct fixture *f, struct msvc_bus *bus)
{
    uint64_t deadline = msvc_deadline_in(NULL, 4 * PATIENCE_MS);
    struct msvc_error err = { .message = "" };

    (void)f;
    while (!msvc_bus_is_connected(bus) && msvc_deadline_left_ms(NULL, deadline, 1) > 0)
        (void)msvc_bus_run_once(bus, 20, &err);
    if (!msvc_bus_is_connected(bus))
        fail_msg("not connected: %s", err.message);
}

void subscribe(struct msvc_bus *bus, const struct msvc_subscription *subscription)
{
    struct msvc_error err = { 0 };

    if (msvc_bus_subscribe(bus, subscription, &err) < 0)
        fail_msg("%s", err.message);
    wait_until_connected(NULL, bus);
}

void count_outcome(const struct msvc_publish_result *result, void *user)
{
    struct fixture *f = user;

    f->outcomes[result->outcome]++;
    f->permanent += result->is_permanent;
    if (result->outcome != MSVC_PUBLISH_CONFIRMED)
        (void)snprintf(f->reason, sizeof(f->reason), "%s", result->reason);
}

void publish(struct fixture *f, struct msvc_bus *bus, const char *type, const char *key,
             const char *payload)
{
    struct msvc_error err = { 0 };

    if (msvc_bus_publish(bus,
                         MSVC_MESSAGE(.type = type, .key = key, .payload = payload,
                                      .payload_length = strlen(payload)),
                         count_outcome, f, &err) < 0)
        fail_msg("%s", err.message);
}

static void note(struct recorder *r, const struct msvc_delivery *delivery)
{
    const struct msvc_message *m = msvc_delivery_message(delivery);
    struct seen *s = &r->seen[r->count++ % SEEN_MOST];

    (void)snprintf(s->key, sizeof(s->key), "%s", m->key != NULL ? m->key : "");
    (void)snprintf(s->payload, sizeof(s->payload), "%.*s", (int)m->payload_length,
                   (const char *)m->payload);
    (void)snprintf(s->type, sizeof(s->type), "%s", m->type);
    s->attempt = msvc_delivery_attempt(delivery);
    s->at_ns = msvc_clock_monotonic_ns(NULL);
}

enum msvc_disposition record(struct msvc_delivery *delivery, void *user)
{
    struct recorder *r = user;
    const struct seen *s = &r->seen[r->count % SEEN_MOST];

    note(r, delivery);
    if (r->keeps) {
        r->later[r->later_count++] = delivery;
        return MSVC_DELIVERY_LATER;
    }
    if (r->answer_for != NULL && strcmp(r->answer_for, s->payload) != 0)
        return MSVC_DELIVERY_ACK;
    if (r->answer_times > 0 && s->attempt > r->answer_times)
        return MSVC_DELIVERY_ACK;
    if (r->answer == MSVC_DELIVERY_RETRY && r->delay_ms >= 0)
        return msvc_delivery_retry_in(delivery, (unsigned)r->delay_ms);
    return r->answer == MSVC_DELIVERY_PARK ? msvc_delivery_park(delivery, "told to") : r->answer;
}

amqp_connection_state_t admin_open(void)
{
    amqp_connection_state_t admin = amqp_new_connection();
    struct msvc_url *url = NULL;

    assert_int_equal(msvc_url_parse(&url, server_url(), NULL), 0);
    assert_int_equal(
        amqp_socket_open(amqp_tcp_socket_new(admin), "127.0.0.1", msvc_url_host(url, 0)->port), 0);
    msvc_url_free(url);
    assert_int_equal(
        amqp_login(admin, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest").reply_type,
        AMQP_RESPONSE_NORMAL);
    (void)amqp_channel_open(admin, 1);
    assert_int_equal(amqp_get_rpc_reply(admin).reply_type, AMQP_RESPONSE_NORMAL);
    return admin;
}

void admin_close(amqp_connection_state_t admin)
{
    (void)amqp_connection_close(admin, AMQP_REPLY_SUCCESS);
    (void)amqp_destroy_connection(admin);
}

unsigned admin_count(const char *queue)
{
    amqp_connection_state_t admin = admin_open();
    amqp_queue_declare_ok_t *ok =
        amqp_queue_declare(admin, 1, amqp_cstring_bytes(queue), 1, 0, 0, 0, amqp_empty_table);
    unsigned count = ok != NULL ? ok->message_count : 0;

    assert_non_null(ok);
    admin_close(admin);
    return count;
}

void admin_publish(const char *exchange, const char *routing_key,
                   const amqp_basic_properties_t *properties, const char *payload)
{
    amqp_connection_state_t admin = admin_open();

    assert_int_equal(amqp_basic_publish(admin, 1, amqp_cstring_bytes(exchange),
                                        amqp_cstring_bytes(routing_key), 0, 0, properties,
                                        amqp_cstring_bytes(payload)),
                     0);
    admin_close(admin);
}

void server(const char *command)
{
    char line[1024];
    int status;

    (void)snprintf(line, sizeof(line), "'%s' %s '%s' >/dev/null", getenv("MSVC_SERVER_RABBITMQ"),
                   command, getenv("MSVC_SERVER_RABBITMQ_DIR"));
    status = system(line);
    if (status != 0)
        fail_msg("%s: %d", line, status);
}

int server_pid(void)
{
    char path[600];
    FILE *file;
    int pid = 0;

    (void)snprintf(path, sizeof(path), "%s/node.pid", getenv("MSVC_SERVER_RABBITMQ_DIR"));
    file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &pid), 1);
    (void)fclose(file);
    return pid;
}
