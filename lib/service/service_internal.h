/* SPDX-License-Identifier: MIT */
/* One instance, as the parts of the chassis see it. */
#ifndef MSVC_SERVICE_SERVICE_INTERNAL_H
#define MSVC_SERVICE_SERVICE_INTERNAL_H

#include <stdatomic.h>

#include <msvc/buffer.h>
#include <msvc/checks.h>
#include <msvc/service.h>
#include <msvc/telemetry.h>

#include "service/handlers_internal.h"

struct msvc_http_server;
struct msvc_relay;
struct msvc_runner;

#define MSVC__CONSUMER_LIMIT 32

/* What HEALTH_SHAPE may say besides "draft". */
#define MSVC__SHAPE_MICROPROFILE "microprofile"

struct msvc__process {
    const struct msvc_process_options *options;
    char *const *environment;
    size_t service_count;
    struct msvc_service **services;
};

struct msvc_service {
    const struct msvc_service_definition *definition;
    struct msvc__process *process;
    struct msvc_setting *declared; /* common ones and the definition's */
    struct msvc_settings *settings;

    struct msvc_log *log;
    struct msvc_tracer *tracer;
    struct msvc_telemetry telemetry;
    struct msvc_health *health;
    struct msvc_http_router *router;
    struct msvc_http_transport *local; /* straight into the router */
    struct msvc_http_server *server;

    struct msvc_store *store; /* NULL without migrations */
    struct msvc_bus *relay_bus;
    struct msvc_relay *relay;
    struct msvc_relay_watch relay_watch;

    struct msvc_bus *consumer_bus; /* NULL: consumes nothing */
    struct msvc__handlers handlers;

    struct msvc_runner *runner;
    void *state;            /* the definition's own */
    bool has_state;         /* start() succeeded, stop() is due */
    atomic_bool is_started; /* read by transports on other threads */
};

/* config.c */

/* Read the settings; problems are appended. Status as msvc_settings_read(). */
int msvc__service_configure(struct msvc_service *service, struct msvc_buffer *problems);
int msvc__service_help(struct msvc_buffer *out, const struct msvc_service_definition *definition);

/* telemetry.c */
int msvc__service_open_telemetry(struct msvc_service *service, struct msvc_error *err);

/* messaging.c: relay, consumers, and their checks */
int msvc__service_open_messaging(struct msvc_service *service, struct msvc_error *err);
int msvc__service_add_pumps(struct msvc_service *service, struct msvc_error *err);
void msvc__service_drain_messaging(struct msvc_service *service, int timeout_ms);
void msvc__service_close_messaging(struct msvc_service *service);

/* instance.c */
int msvc__service_new(struct msvc_service **out, const struct msvc_service_definition *definition,
                      struct msvc__process *process);
void msvc__service_free(struct msvc_service *service);
int msvc__service_start(struct msvc_service *service, int stop_fd, struct msvc_error *err);
/* Not ready, answers say Connection: close. */
void msvc__service_begin_drain(struct msvc_service *service);
/* Stop listening, finish what is in flight, flush. */
void msvc__service_finish_drain(struct msvc_service *service);

/* notify.c: tell systemd, when it asked to be told. */
void msvc__notify(char *const *environment, const char *state);

#endif
