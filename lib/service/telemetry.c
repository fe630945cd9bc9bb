/* SPDX-License-Identifier: MIT */
/* Logs and traces of one instance, as its settings and the OTEL_* variables say. */
#include "service/service_internal.h"

#include <msvc/error.h>
#include <msvc/export.h>
#include <msvc/uuid.h>

#define EXPORTER_LIMIT 8

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

/* What the environment asks for; the list ends with NULL. */
static int make_exporters(struct msvc_span_exporter *exporters[EXPORTER_LIMIT + 1],
                          const struct msvc_service *service, struct msvc_error *err)
{
    msvc_exporter_from_env_fn *const *make = service->process->options->exporters;
    size_t count = 0;
    int status = add_file_exporter(&exporters[0], service, err);

    for (; status == 0 && make != NULL && *make != NULL && count < EXPORTER_LIMIT; make++) {
        count += exporters[count] != NULL;
        status = (*make)(&exporters[count], service->process->environment,
                         service->definition->prefix, err);
    }
    return status;
}

static int open_tracer(struct msvc_service *service, const char *instance, struct msvc_error *err)
{
    struct msvc_span_exporter *exporters[EXPORTER_LIMIT + 1] = { NULL };
    const struct msvc_service_definition *d = service->definition;
    int status = make_exporters(exporters, service, err);

    if (status == 0) {
        status = msvc_tracer_new(
            &service->tracer,
            MSVC_TRACER_OPTIONS(.service_name = d->name, .exporters = exporters, .delay_ms = 1000,
                                .resource =
                                    MSVC_ATTRIBUTES(MSVC_STR("service.version",
                                                             d->version != NULL ? d->version : ""),
                                                    MSVC_STR("service.instance.id", instance))));
        if (status < 0)
            (void)msvc_error_set(err, status, "service", 0, "tracer: %s", msvc_status_text(status));
    }
    for (size_t i = 0; status < 0 && i <= EXPORTER_LIMIT; i++)
        msvc_span_exporter_free(exporters[i]);
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
