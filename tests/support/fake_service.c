/* SPDX-License-Identifier: MIT */
#include "fake_service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/http_router.h>
#include <msvc/idempotency.h>
#include <msvc/inbox.h>
#include <msvc/message.h>
#include <msvc/outbox.h>
#include <msvc/service.h>
#include <msvc/store.h>

#include "drivers.h"
#include "test.h"

#define INSTANCE_LIMIT 8

struct msvc_service {
    const struct msvc_service_definition *definition;
    struct msvc_settings *settings;
    struct msvc_store *store;
    struct msvc_http_router *router;
    struct msvc_http_transport *local;
    void *state;
    bool is_away;
};

static struct msvc_service *instances[INSTANCE_LIMIT];

/* What services call. */

const char *msvc_service_name(const struct msvc_service *service)
{
    return service->definition->name;
}

struct msvc_http_router *msvc_service_router(struct msvc_service *service)
{
    return service->router;
}

struct msvc_health *msvc_service_health(struct msvc_service *service)
{
    (void)service;
    return NULL;
}

struct msvc_store *msvc_service_store(struct msvc_service *service)
{
    return service->store;
}

struct msvc_log *msvc_service_log(struct msvc_service *service)
{
    (void)service;
    return NULL;
}

const struct msvc_telemetry *msvc_service_telemetry(struct msvc_service *service)
{
    (void)service;
    return NULL;
}

const char *msvc_service_text(const struct msvc_service *service, const char *setting)
{
    return msvc_settings_text(service->settings, setting);
}

int64_t msvc_service_number(const struct msvc_service *service, const char *setting)
{
    return msvc_settings_number(service->settings, setting);
}

bool msvc_service_flag(const struct msvc_service *service, const char *setting)
{
    return msvc_settings_flag(service->settings, setting);
}

struct hop {
    struct msvc_http_transport transport;
    struct msvc_service *callee;
};

static int hop_call(struct msvc_http_transport *self,
                    const struct msvc_http_request_options *request, struct msvc_http_answer **out,
                    struct msvc_error *err)
{
    const struct hop *hop = (const struct hop *)self;

    if (hop->callee->is_away)
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "test", 0, "%s is away",
                              hop->callee->definition->name);
    return msvc_http_call(hop->callee->local, request, out, err);
}

static void hop_free(struct msvc_http_transport *self)
{
    free(self);
}

static struct msvc_service *find_instance(const char *name)
{
    for (size_t i = 0; i < INSTANCE_LIMIT; i++) {
        if (instances[i] != NULL && strcmp(instances[i]->definition->name, name) == 0)
            return instances[i];
    }
    return NULL;
}

int msvc_service_transport(struct msvc_http_transport **out, struct msvc_service *service,
                           const char *setting, struct msvc_error *err)
{
    static const struct msvc_http_transport_ops ops = { sizeof(ops), hop_call, hop_free };
    const char *url = msvc_service_text(service, setting);
    struct msvc_service *callee = find_instance(url + strlen("inproc:"));
    struct hop *hop = malloc(sizeof(*hop));

    if (callee == NULL || hop == NULL) {
        free(hop);
        return msvc_error_set(err, MSVC_ERR_INVALID, "test", 0, "%s: nobody is at %s", setting,
                              url);
    }
    *hop = (struct hop){ { &ops }, callee };
    *out = &hop->transport;
    return 0;
}

/* What tests call. */

static void configure(struct msvc_service *service, char *const *environment)
{
    struct msvc_buffer problems = MSVC_BUFFER_INIT;

    if (msvc_settings_read(&service->settings, service->definition->prefix,
                           service->definition->settings, environment, &problems) < 0)
        fail_msg("%s", problems.data);
    msvc_buffer_clear(&problems);
}

/* A file in folder; where a private PostgreSQL runs, a database there, emptied or new. */
static void name_store(char url[512], const char *folder, const char *name)
{
    const char *server = getenv("POSTGRES_URL");
    char command[2048];

    (void)snprintf(url, 512, "sqlite:%s/%s.db", folder, name);
    if (server == NULL)
        return;
    (void)snprintf(url, 512, "%.*s/%s", (int)(strrchr(server, '/') - server), server, name);
    (void)snprintf(command, sizeof(command),
                   "{ psql -q '%s' -c 'DROP SCHEMA public CASCADE; CREATE SCHEMA public' ||"
                   " psql -q '%s' -c 'CREATE DATABASE \"%s\"'; } >/dev/null 2>&1",
                   url, server, name);
    assert_int_equal(system(command), 0);
}

static int open_store(struct msvc_service *service, const char *folder, struct msvc_error *err)
{
    const struct msvc_service_definition *d = service->definition;
    char url[512];
    int status;

    name_store(url, folder, d->name);
    status = msvc_store_open(&service->store, url, linked_drivers()->stores, NULL, err);
    if (status == 0)
        status = msvc_outbox_migrate(service->store, err);
    if (status == 0)
        status = msvc_idempotency_migrate(service->store, err);
    if (status == 0)
        status = msvc_store_migrate(service->store, d->name,
                                    d->migrations(msvc_store_dialect(service->store)), err);
    return status;
}

struct msvc_service *fake_service_start(const struct msvc_service_definition *definition,
                                        const char *folder, char *const *environment)
{
    struct msvc_service *service = calloc(1, sizeof(*service));
    struct msvc_error err;
    size_t slot = 0;

    assert_non_null(service);
    service->definition = definition;
    configure(service, environment);
    assert_int_equal(msvc_http_router_new(&service->router, NULL), 0);
    if (open_store(service, folder, &err) < 0 ||
        definition->start(service, &service->state, &err) < 0)
        fail_msg("%s: %s", definition->name, err.message);
    assert_int_equal(msvc_http_router_transport(&service->local, service->router), 0);
    while (slot < INSTANCE_LIMIT - 1 && instances[slot] != NULL)
        slot++;
    instances[slot] = service;
    return service;
}

void fake_service_stop(struct msvc_service *service)
{
    if (service == NULL)
        return;
    for (size_t i = 0; i < INSTANCE_LIMIT; i++) {
        if (instances[i] == service)
            instances[i] = NULL;
    }
    service->definition->stop(service->state);
    msvc_http_transport_free(service->local);
    msvc_http_router_free(service->router);
    msvc_store_close(service->store);
    msvc_settings_free(service->settings);
    free(service);
}

struct msvc_http_transport *fake_service_transport(struct msvc_service *service)
{
    return service->local;
}

void fake_service_set_away(struct msvc_service *service, bool is_away)
{
    service->is_away = is_away;
}

static const struct msvc_consumer *find_consumer(const struct msvc_service *service,
                                                 const struct msvc_message *message)
{
    const struct msvc_consumer *c = service->definition->consumers;

    for (; c != NULL && c->topic != NULL; c++) {
        if ((c->type == NULL || strcmp(c->type, message->type) == 0) &&
            msvc_topic_matches(c->topic, msvc_message_topic(message)))
            return c;
    }
    return NULL;
}

struct consumption {
    struct msvc_service *service;
    const struct msvc_message *message;
    msvc_inbox_fn *handle;
};

static int consume(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    const struct consumption *c = user;
    int status = msvc_inbox_accept(tx, c->service->definition->name, c->message, err);

    return status < 0 ? status : c->handle(tx, c->message, c->service->state, err);
}

int fake_service_deliver(struct msvc_service *service, const struct msvc_message *message)
{
    const struct msvc_consumer *consumer = find_consumer(service, message);
    struct consumption consumption = { service, message, NULL };
    int status;

    if (consumer == NULL)
        return MSVC_ERR_NOT_FOUND;
    consumption.handle = consumer->handle;
    status = msvc_store_transact(service->store, NULL, consume, &consumption, NULL);
    return status > 0 ? 0 : status;
}
