/* SPDX-License-Identifier: MIT */
/*
 * How a service reaches another. In one process the callee may start after
 * its caller, so it is looked up at the time of each call.
 */
#include "service/service_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/http_server.h>
#include <msvc/url.h>

#include "base/alloc_internal.h"

struct inproc {
    struct msvc_http_transport transport;
    struct msvc__process *process;
    char *name;
};

static int inproc_call(struct msvc_http_transport *self,
                       const struct msvc_http_request_options *request,
                       struct msvc_http_answer **out, struct msvc_error *err)
{
    struct inproc *inproc = (struct inproc *)self;

    for (size_t i = 0; i < inproc->process->service_count; i++) {
        struct msvc_service *service = inproc->process->services[i];

        if (strcmp(service->definition->name, inproc->name) != 0)
            continue;
        if (!service->is_started)
            break;
        return msvc_http_call(service->local, request, out, err);
    }
    return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "service", 0,
                          "%s is not running in this process", inproc->name);
}

static void inproc_free(struct msvc_http_transport *self)
{
    struct inproc *inproc = (struct inproc *)self;

    free(inproc->name);
    free(inproc);
}

static const struct msvc_http_transport_ops inproc_ops = {
    .size = sizeof(inproc_ops),
    .call = inproc_call,
    .free = inproc_free,
};

static int open_inproc(struct msvc_http_transport **out, struct msvc_service *service,
                       const char *name, struct msvc_error *err)
{
    struct inproc *inproc = msvc__new(sizeof(*inproc));

    if (inproc == NULL || (inproc->name = msvc__copy_text(name)) == NULL) {
        free(inproc);
        return msvc_error_set(err, MSVC_ERR_NOMEM, "service", 0, "no memory for a transport");
    }
    inproc->transport.ops = &inproc_ops;
    inproc->process = service->process;
    *out = &inproc->transport;
    return 0;
}

static const struct msvc_http_transport_driver *find_driver(
    const struct msvc_http_transport_driver *const *drivers, const char *scheme)
{
    for (; drivers != NULL && *drivers != NULL; drivers++) {
        for (const char *const *known = (*drivers)->schemes; *known != NULL; known++) {
            if (strcmp(*known, scheme) == 0)
                return *drivers;
        }
    }
    return NULL;
}

int msvc_service_transport(struct msvc_http_transport **out, struct msvc_service *service,
                           const char *setting, struct msvc_error *err)
{
    const struct msvc_http_transport_driver *driver;
    struct msvc_url *url;
    const char *text;
    int status;

    if (out == NULL || service == NULL || setting == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "service", 0,
                              "a transport needs a service and the name of a setting");
    text = msvc_service_text(service, setting);
    if (text == NULL || text[0] == '\0')
        return msvc_error_set(err, MSVC_ERR_INVALID, "service", 0, "%s%s is not set",
                              service->definition->prefix, setting);
    status = msvc_url_parse(&url, text, err);
    if (status < 0)
        return status;

    driver = find_driver(service->process->options->transports, msvc_url_scheme(url));
    if (strcmp(msvc_url_scheme(url), "inproc") == 0)
        status = open_inproc(out, service, msvc_url_path(url), err);
    else if (driver != NULL)
        status = driver->open(out, text, &service->telemetry, err);
    else
        status = msvc_error_set(err, MSVC_ERR_UNSUPPORTED, "service", 0,
                                "%s%s: no transport for scheme \"%s\" is linked in",
                                service->definition->prefix, setting, msvc_url_scheme(url));
    msvc_url_free(url);
    return status;
}
