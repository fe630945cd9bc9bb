/* SPDX-License-Identifier: MIT */
/* Logs and traces of one instance, as its settings and the OTEL_* variables say. */
#include "service/service_internal.h"

#include <msvc/error.h>
#include <msvc/export.h>
#include <msvc/tracer_env.h>
#include <msvc/uuid.h>

#include "base/env_internal.h"

#define EXPORTER_LIMIT 8
#define DELAY_MS       1000 /* before an export, unless OTEL_BSP_SCHEDULE_DELAY says otherwise */

static int open_log(struct msvc_service *service, const char *instance, struct msvc_error *err)
{
    enum msvc_log_level level = MSVC_LOG_INFO;
    int status = msvc_log_level_parse(&level, msvc_service_text(service, "LOG_LEVEL"));

    if (status == 0)
        status =
            msvc_log_new(&service->log,
                         MSVC_LOG_OPTIONS(.level = level, .service_name = service->definition->name,
                                          .service_instance = instance));
    if (status < 0)
        return msvc_error_set(err, status, "service", 0, "log: %s", msvc_status_text(status));
    return 0;
}

static int add_file_exporter(struct msvc_span_exporter **out, const struct msvc_service *service,
                             struct msvc_error *err)
{
    const char *path = msvc_service_text(service, "TRACE_FILE");

    if (path[0] == '\0')
        return 0;
    return msvc_span_exporter_file(out, path, err);
}

/* An endpoint has a default in the specification; without one named, nobody is listening there. */
static bool names_collector(const struct msvc_service *service)
{
    static const char *const names[] = { "OTEL_EXPORTER_OTLP_ENDPOINT",
                                         "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" };
    char *const *environment = service->process->environment;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (msvc__env_get(environment, service->definition->prefix, names[i]) != NULL ||
            msvc__env_get(environment, NULL, names[i]) != NULL)
            return true;
    }
    return false;
}

/* What the environment asks for; the list ends with NULL. */
static int make_exporters(struct msvc_span_exporter *exporters[EXPORTER_LIMIT + 1],
                          const struct msvc_service *service, struct msvc_error *err)
{
    msvc_exporter_from_env_fn *const *make = service->process->options->exporters;
    size_t count = 0;
    int status = add_file_exporter(&exporters[0], service, err);

    if (!names_collector(service))
        return status;
    for (; status == 0 && make != NULL && *make != NULL && count < EXPORTER_LIMIT; make++) {
        count += exporters[count] != NULL;
        status = (*make)(&exporters[count], service->process->environment,
                         service->definition->prefix, err);
    }
    return status;
}

/* The environment's word counts where it has one; the rest is ours. */
static int make_tracer(struct msvc_service *service, const char *instance,
                       const struct msvc_tracer_env *env, struct msvc_span_exporter **exporters,
                       struct msvc_error *err)
{
    const struct msvc_service_definition *d = service->definition;
    struct msvc_tracer_options options = {
        .size = sizeof(options),
        .service_name = d->name,
        .exporters = exporters,
        .delay_ms = DELAY_MS,
        .resource =
            MSVC_ATTRIBUTES(MSVC_STR("service.version", d->version != NULL ? d->version : ""),
                            MSVC_STR("service.instance.id", instance)),
    };
    int status;

    msvc_tracer_env_apply(env, &options);
    status = msvc_tracer_new(&service->tracer, &options);
    if (status < 0)
        return msvc_error_set(err, status, "service", 0, "tracer: %s", msvc_status_text(status));
    return 0;
}

static int open_tracer(struct msvc_service *service, const char *instance, struct msvc_error *err)
{
    struct msvc_span_exporter *exporters[EXPORTER_LIMIT + 1] = { NULL };
    struct msvc_tracer_env *env;
    int status =
        msvc_tracer_env_read(&env, service->process->environment, service->definition->prefix, err);

    if (status < 0)
        return status;
    if (!msvc_tracer_env_is_disabled(env)) {
        status = make_exporters(exporters, service, err);
        if (status == 0)
            status = make_tracer(service, instance, env, exporters, err);
    }
    for (size_t i = 0; status < 0 && i <= EXPORTER_LIMIT; i++)
        msvc_span_exporter_free(exporters[i]);
    msvc_tracer_env_free(env);
    return status;
}

int msvc__service_open_telemetry(struct msvc_service *service, struct msvc_error *err)
{
    char instance[MSVC_UUID_SIZE];
    int status;

    msvc_uuid_new(instance, NULL, NULL);
    status = open_log(service, instance, err);
    if (status == 0)
        status = open_tracer(service, instance, err);
    service->telemetry = (struct msvc_telemetry){
        .size = sizeof(service->telemetry),
        .log = service->log,
        .tracer = service->tracer,
    };
    return status;
}
