/* SPDX-License-Identifier: MIT */
/*
 * An instance comes up from the inside out, so that nothing is served or
 * consumed before what it needs is there, and goes down the other way round.
 */
#include "service/service_internal.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/health.h>
#include <msvc/http_router.h>
#include <msvc/http_server.h>
#include <msvc/idempotency.h>
#include <msvc/outbox.h>
#include <msvc/runner.h>
#include <msvc/store.h>

#include "base/alloc_internal.h"

#define STORE_RETRY_MS 500

int msvc__service_new(struct msvc_service **out, const struct msvc_service_definition *definition,
                      struct msvc__process *process)
{
    struct msvc_service *service = msvc__new(sizeof(*service));

    if (service == NULL)
        return MSVC_ERR_NOMEM;
    service->definition = definition;
    service->process = process;
    service->handlers.wake_fd = -1;
    *out = service;
    return 0;
}

const char *msvc_service_name(const struct msvc_service *service)
{
    return service != NULL ? service->definition->name : NULL;
}

struct msvc_http_router *msvc_service_router(struct msvc_service *service)
{
    return service != NULL ? service->router : NULL;
}

struct msvc_health *msvc_service_health(struct msvc_service *service)
{
    return service != NULL ? service->health : NULL;
}

struct msvc_store *msvc_service_store(struct msvc_service *service)
{
    return service != NULL ? service->store : NULL;
}

struct msvc_log *msvc_service_log(struct msvc_service *service)
{
    return service != NULL ? service->log : NULL;
}

const struct msvc_telemetry *msvc_service_telemetry(struct msvc_service *service)
{
    return service != NULL ? &service->telemetry : NULL;
}

static const char *version_of(const struct msvc_service *service)
{
    return service->definition->version != NULL ? service->definition->version : "";
}

static int migrate(struct msvc_service *service, struct msvc_error *err)
{
    const struct msvc_service_definition *definition = service->definition;
    int status;

    if (!msvc_service_flag(service, "STORE_MIGRATE"))
        return msvc_store_ping(service->store, STORE_RETRY_MS, err);
    status = msvc_outbox_migrate(service->store, err);
    if (status == 0)
        status = msvc_idempotency_migrate(service->store, err);
    if (status < 0)
        return status;
    return msvc_store_migrate(service->store, definition->name,
                              definition->migrations(msvc_store_dialect(service->store)), err);
}

/* A database that starts at the same time gets its time; a signal ends the wait. */
static int migrate_patiently(struct msvc_service *service, int stop_fd, struct msvc_error *err)
{
    uint64_t deadline = msvc_deadline_in(NULL, msvc_service_number(service, "START_TIMEOUT_MS"));
    struct pollfd stop = { .fd = stop_fd, .events = POLLIN };
    int status;

    for (;;) {
        status = migrate(service, err);
        if (status >= 0 || msvc_status_retry(status) == MSVC_RETRY_NEVER ||
            msvc_deadline_left_ms(NULL, deadline, STORE_RETRY_MS) == 0)
            return status;
        msvc_log_info(service->log, "waiting for the database",
                      MSVC_STR("error.message", err->message));
        if (poll(&stop, 1, STORE_RETRY_MS) > 0)
            return msvc_error_set(err, MSVC_ERR_CANCELLED, "service", 0, "told to stop");
    }
}

static int open_store(struct msvc_service *service, int stop_fd, struct msvc_error *err)
{
    int status = msvc_store_open(
        &service->store, msvc_service_text(service, "STORE_URL"), service->process->options->stores,
        MSVC_STORE_OPTIONS(.connection_limit =
                               (unsigned)msvc_service_number(service, "STORE_CONNECTIONS"),
                           .telemetry = &service->telemetry),
        err);

    return status < 0 ? status : migrate_patiently(service, stop_fd, err);
}

static enum msvc_health_shape shape_of(const struct msvc_service *service)
{
    const char *text = msvc_service_text(service, "HEALTH_SHAPE");

    return strcmp(text, MSVC__SHAPE_MICROPROFILE) == 0 ? MSVC_HEALTH_MICROPROFILE
                                                       : MSVC_HEALTH_DRAFT;
}

static int open_http(struct msvc_service *service, struct msvc_error *err)
{
    int status = msvc_health_new(&service->health,
                                 MSVC_HEALTH_OPTIONS(.shape = shape_of(service),
                                                     .service_id = service->definition->name,
                                                     .version = service->definition->version,
                                                     .description = service->definition->help,
                                                     .telemetry = &service->telemetry));

    if (status == 0)
        status = msvc_http_router_new(&service->router,
                                      MSVC_HTTP_ROUTER_OPTIONS(.telemetry = &service->telemetry));
    if (status == 0)
        status = msvc_http_route_health(service->router, service->health);
    if (status < 0)
        return msvc_error_set(err, status, "service", 0, "router of %s: %s",
                              service->definition->name, msvc_status_text(status));
    return 0;
}

static const char *text_or_null(const struct msvc_service *service, const char *setting)
{
    const char *text = msvc_service_text(service, setting);

    return text[0] != '\0' ? text : NULL;
}

/* Renamed into place, so that a reader sees all of it or nothing. */
static int write_address(const struct msvc_service *service, struct msvc_error *err)
{
    const char *path = msvc_service_text(service, "HTTP_ADDRESS_FILE");
    char draft[4096];
    FILE *file;
    bool written;

    if (path[0] == '\0')
        return 0;
    if (snprintf(draft, sizeof(draft), "%s.new", path) >= (int)sizeof(draft))
        return msvc_error_set(err, MSVC_ERR_LIMIT, "service", 0, "HTTP_ADDRESS_FILE is too long");
    file = fopen(draft, "w");
    written = file != NULL && fprintf(file, "%s\n", msvc_http_server_address(service->server)) > 0;
    if (file != NULL && fclose(file) != 0)
        written = false;
    if (!written || rename(draft, path) != 0)
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "service", 0, "%s cannot be written",
                              path);
    return 0;
}

static int listen_and_serve(struct msvc_service *service, struct msvc_error *err)
{
    int status = msvc_http_server_start(
        &service->server, service->router,
        MSVC_HTTP_SERVER_OPTIONS(.address = msvc_service_text(service, "HTTP_LISTEN"),
                                 .worker_count =
                                     (unsigned)msvc_service_number(service, "HTTP_WORKERS"),
                                 .connection_limit =
                                     (unsigned)msvc_service_number(service, "HTTP_CONNECTIONS"),
                                 .connections_per_ip = (unsigned)msvc_service_number(
                                     service, "HTTP_CONNECTIONS_PER_IP"),
                                 .tls_certificate = text_or_null(service, "HTTP_TLS_CERTIFICATE"),
                                 .tls_key = text_or_null(service, "HTTP_TLS_KEY"),
                                 .tls_client_ca = text_or_null(service, "HTTP_TLS_CLIENT_CA"),
                                 .telemetry = &service->telemetry),
        err);

    return status < 0 ? status : write_address(service, err);
}

static int start_threads(struct msvc_service *service, struct msvc_error *err)
{
    int status =
        msvc_runner_new(&service->runner, MSVC_RUNNER_OPTIONS(.telemetry = &service->telemetry));

    if (status < 0)
        return msvc_error_set(err, status, "service", 0, "%s", msvc_status_text(status));
    status = msvc_runner_add(service->runner, "traces", msvc_pump_tracer(service->tracer), err);
    if (status == 0)
        status = msvc_runner_add(service->runner, "health", msvc_pump_health(service->health), err);
    if (status == 0 && service->store != NULL)
        status = msvc__service_add_pumps(service, err);
    return status;
}

/* All routes are there: the router serves from now on. */
static int open_local(struct msvc_service *service, struct msvc_error *err)
{
    int status = msvc_http_router_transport(&service->local, service->router);

    if (status < 0)
        return msvc_error_set(err, status, "service", 0, "no memory for a transport");
    atomic_store(&service->is_started, true);
    return 0;
}

int msvc__service_start(struct msvc_service *service, int stop_fd, struct msvc_error *err)
{
    const struct msvc_service_definition *definition = service->definition;
    int status = msvc__service_open_telemetry(service, err);

    if (status == 0)
        status = open_http(service, err);
    if (status == 0 && definition->migrations != NULL)
        status = open_store(service, stop_fd, err);
    if (status >= 0)
        status = definition->start(service, &service->state, err);
    service->has_state = status == 0;
    if (status == 0)
        status = open_local(service, err);
    if (status == 0 && service->store != NULL)
        status = msvc__service_open_messaging(service, err);
    if (status == 0)
        status = listen_and_serve(service, err);
    if (status == 0)
        status = start_threads(service, err);
    if (status < 0) {
        msvc_error_prefix(err, "%s", definition->name);
        return status;
    }
    msvc_health_set_ready(service->health, true);
    msvc_log_info(service->log, "listening",
                  MSVC_STR("server.address", msvc_http_server_address(service->server)));
    return 0;
}

void msvc__service_begin_drain(struct msvc_service *service)
{
    if (service->server == NULL)
        return;
    msvc_health_set_ready(service->health, false);
    msvc_http_server_drain(service->server);
    msvc_log_info(service->log, "draining",
                  MSVC_I64("delay_ms", msvc_service_number(service, "DRAIN_DELAY_MS")));
}

void msvc__service_finish_drain(struct msvc_service *service)
{
    int timeout_ms = (int)msvc_service_number(service, "DRAIN_TIMEOUT_MS");
    uint64_t deadline = msvc_deadline_in(NULL, timeout_ms);
    struct msvc_error err;

    if (service->server == NULL)
        return;
    if (msvc_http_server_stop(service->server, timeout_ms) < 0)
        msvc_log_warn(service->log, "requests are cut off", MSVC_I64("timeout_ms", timeout_ms));
    msvc_runner_stop(service->runner);
    if (service->store != NULL)
        msvc__service_drain_messaging(service, msvc_deadline_left_ms(NULL, deadline, timeout_ms));
    msvc_log_info(service->log, "stopped", MSVC_STR("service.version", version_of(service)));
    if (msvc_tracer_flush(service->tracer, msvc_deadline_left_ms(NULL, deadline, timeout_ms),
                          &err) < 0)
        msvc_log_warn(service->log, "spans are lost", MSVC_STR("error.message", err.message));
}

void msvc__service_free(struct msvc_service *service)
{
    if (service == NULL)
        return;
    msvc_runner_free(service->runner);
    msvc_http_server_free(service->server);
    msvc__service_close_messaging(service);
    if (service->has_state && service->definition->stop != NULL)
        service->definition->stop(service->state);
    msvc_http_transport_free(service->local);
    msvc_http_router_free(service->router);
    msvc_health_free(service->health);
    msvc_store_close(service->store);
    msvc_tracer_free(service->tracer);
    msvc_log_free(service->log);
    msvc_settings_free(service->settings);
    free(service->declared);
    free(service);
}
