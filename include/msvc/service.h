/* SPDX-License-Identifier: MIT */
/**
 * @file service.h
 *
 * The chassis: instances of services in one process, with what each needs
 * around its own code: configuration, store and migrations, outbox relay, bus
 * and inbox, HTTP, health, logs, traces, drain. One process may run one service
 * or several; only main() and the configuration differ.
 *
 *     static const struct msvc_service_definition order_service = {
 *         .size = sizeof(order_service), .name = "order-service", .prefix = "ORDER_",
 *         .start = start, .stop = stop, .consumers = consumers,
 *     };
 *
 *     int main(int argc, char **argv)
 *     {
 *         return msvc_process_main(argc, argv, environ, MSVC_SERVICES(&order_service),
 *                                  MSVC_PROCESS_OPTIONS(.stores = …, .buses = …));
 *     }
 *
 * On SIGTERM or SIGINT: not ready at once, keep serving for DRAIN_DELAY_MS with
 * `Connection: close`, stop listening, finish requests and messages in flight,
 * flush outbox and traces, exit 0. A second signal ends the process at once,
 * as the signal does by default.
 */
#ifndef MSVC_SERVICE_H
#define MSVC_SERVICE_H

#include <msvc/base.h>
#include <msvc/bus.h>
#include <msvc/inbox.h>
#include <msvc/settings.h>

MSVC_BEGIN_DECLS

struct msvc_error;
struct msvc_health;
struct msvc_http_router;
struct msvc_http_transport;
struct msvc_http_transport_driver;
struct msvc_log;
struct msvc_migration;
struct msvc_span_exporter;
struct msvc_store;
struct msvc_store_driver;
struct msvc_telemetry;

/**
 * One running instance of a definition. Everything it lends is valid until stop() has returned.
 * Threading: safe.
 */
struct msvc_service;

/** What a service consumes: the effect of each message, exactly once (inbox.h). */
struct msvc_consumer {
    const char *topic;     /**< A pattern (message.h). NULL ends the list. */
    const char *type;      /**< Only messages of this type; others are ignored. NULL: all. */
    msvc_inbox_fn *handle; /**< Its `user` is the state that start() gave. */
};

/** What a service is. Static data. */
struct msvc_service_definition {
    size_t size;

    /** "order-service": in logs, traces, as consumer group, lease owner and event source. */
    const char *name;
    const char *prefix;                    /**< "ORDER_": of its environment variables. */
    const char *version;                   /**< Optional. */
    const char *help;                      /**< One line for --help. Optional. */
    const struct msvc_setting *settings;   /**< Its own, besides the common ones. Optional. */
    const struct msvc_consumer *consumers; /**< Optional. */

    /** Its schema for "sqlite" or "postgres", ended by a NULL name. Without it no store is opened.
     */
    const struct msvc_migration *(*migrations)(const char *dialect);

    /**
     * Make its state and add its routes. The store is migrated; nothing listens yet.
     *
     * @param[out] state  Given to stop() and to the consumers.
     * @return 0, or a status: the process does not start.
     */
    int (*start)(struct msvc_service *service, void **state, struct msvc_error *err);
    /** Undo start(); nothing of the service runs any more. */
    void (*stop)(void *state);
};

/* What an instance has; NULL for a NULL instance. */

MSVC_API const char *msvc_service_name(const struct msvc_service *service);
MSVC_API struct msvc_http_router *msvc_service_router(struct msvc_service *service);
MSVC_API struct msvc_health *msvc_service_health(struct msvc_service *service);
/** NULL for a service without migrations. */
MSVC_API struct msvc_store *msvc_service_store(struct msvc_service *service);
MSVC_API struct msvc_log *msvc_service_log(struct msvc_service *service);
MSVC_API const struct msvc_telemetry *msvc_service_telemetry(struct msvc_service *service);

/* Its own settings and the common ones, by name without prefix; NULL, 0 or false for a name that is
 * none, or of another kind. */

MSVC_API const char *msvc_service_text(const struct msvc_service *service, const char *setting);
MSVC_API int64_t msvc_service_number(const struct msvc_service *service, const char *setting);
MSVC_API bool msvc_service_flag(const struct msvc_service *service, const char *setting);

/**
 * Reach another service at the URL that @p setting holds: `http://host:port` by a transport driver,
 * `inproc:user-service` straight into the router of a service of this process, which may start
 * later.
 *
 * @param[out] out  Owned by the caller, msvc_http_transport_free(); untouched on failure.
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_UNSUPPORTED (no driver for the scheme) or
 *         #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_service_transport(struct msvc_http_transport **out,
                                                  struct msvc_service *service, const char *setting,
                                                  struct msvc_error *err);

/**
 * Makes a span exporter from the OTEL_* variables; called when OTEL_EXPORTER_OTLP_ENDPOINT or
 * OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is set.
 *
 * @return 0 or a status with a message that names the variable.
 */
typedef int msvc_exporter_from_env_fn(struct msvc_span_exporter **out, char *const *environment,
                                      const char *prefix, struct msvc_error *err);

/** What the program linked. Start from #MSVC_PROCESS_OPTIONS; 0 means none. */
struct msvc_process_options {
    size_t size;                                   /**< Set by #MSVC_PROCESS_OPTIONS. */
    const struct msvc_store_driver *const *stores; /**< Ended by NULL. */
    const struct msvc_bus_driver *const *buses;    /**< Ended by NULL. */
    const struct msvc_http_transport_driver *const *transports; /**< Ended by NULL. */
    msvc_exporter_from_env_fn *const *exporters; /**< Ended by NULL; besides TRACE_FILE. */
};

#define MSVC_PROCESS_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_process_options, __VA_ARGS__)

/** A list of definitions that lives to the end of the block. */
#define MSVC_SERVICES(...) MSVC_LIST_OF(const struct msvc_service_definition *, __VA_ARGS__)

/**
 * Run services until a signal ends them: what main() returns.
 *
 * `--help` prints every setting, `--check-config` reads the configuration and stops there,
 * `--version` prints the versions. Installs handlers for SIGTERM and SIGINT, ignores SIGPIPE, and
 * puts back what was there before it returns. A signal handler can be told nothing, so there is one
 * variable for the whole process: one call at a time, not one per thread.
 * It is the one function of the library that prints: help to standard output, mistakes of
 * configuration (all of them) to standard error. Tells systemd READY=1 and STOPPING=1 when
 * NOTIFY_SOCKET is set.
 *
 * @return 0 after a drain, 1 when a service could not start, 2 for wrong arguments or
 * configuration.
 */
MSVC_API MSVC_MUST_USE int msvc_process_main(int argc, char **argv, char *const *environment,
                                             const struct msvc_service_definition *const *services,
                                             const struct msvc_process_options *options);

MSVC_END_DECLS

#endif
