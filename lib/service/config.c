/* SPDX-License-Identifier: MIT */
/* The settings that every service has, in front of its own. */
#include "service/service_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/env_internal.h"

static const struct msvc_setting common[] = {
    { .name = "HTTP_LISTEN",
      .fallback = "127.0.0.1:8080",
      .help = "where to listen: host:port, [v6]:port or unix:/path; port 0 takes a free one" },
    { .name = "HTTP_ADDRESS_FILE",
      .fallback = "",
      .help = "file that receives the address really listened on" },
    { .name = "HTTP_WORKERS",
      .kind = MSVC_SETTING_NUMBER,
      .fallback = "16",
      .help = "threads that run request handlers",
      .least = 1,
      .most = 1024 },
    { .name = "HTTP_CONNECTIONS",
      .kind = MSVC_SETTING_NUMBER,
      .fallback = "1024",
      .help = "most connections; more wait until there is room",
      .least = 1,
      .most = 1000000 },
    { .name = "HTTP_CONNECTIONS_PER_IP",
      .kind = MSVC_SETTING_NUMBER,
      .fallback = "0",
      .help = "most connections of one address; 0: no limit, right behind a proxy",
      .most = 1000000 },
    { .name = "HTTP_TLS_CERTIFICATE",
      .fallback = "",
      .help = "PEM file; with its key turns TLS on" },
    { .name = "HTTP_TLS_KEY", .fallback = "", .help = "PEM file with the private key" },
    { .name = "HTTP_TLS_CLIENT_CA",
      .fallback = "",
      .help = "PEM file; clients must show a certificate signed by it" },
    { .name = "HEALTH_SHAPE",
      .fallback = "draft",
      .help = "how /health looks: draft (application/health+json) or microprofile" },
    { .name = "LOG_LEVEL",
      .fallback = "INFO",
      .help = "TRACE, DEBUG, INFO, WARN, ERROR, FATAL or OFF" },
    { .name = "TRACE_FILE",
      .fallback = "",
      .help = "file that receives spans as lines of OTLP/JSON" },
    { .name = "DRAIN_DELAY_MS",
      .kind = MSVC_SETTING_NUMBER,
      .fallback = "10000",
      .help = "how long to keep serving after SIGTERM, until load balancers know" },
    { .name = "DRAIN_TIMEOUT_MS",
      .kind = MSVC_SETTING_NUMBER,
      .fallback = "15000",
      .help = "most time for requests and messages in flight, and for flushing" },
    { .name = "START_TIMEOUT_MS",
      .kind = MSVC_SETTING_NUMBER,
      .fallback = "30000",
      .help = "how long to wait for the database at the start" },
};

static const struct msvc_setting with_store[] = {
    { .name = "STORE_URL",
      .kind = MSVC_SETTING_URL,
      .help = "the service's own database, such as sqlite:orders.db or postgres://host/orders",
      .is_secret = true },
    { .name = "STORE_CONNECTIONS",
      .kind = MSVC_SETTING_NUMBER,
      .fallback = "8",
      .help = "most connections to the database",
      .least = 1,
      .most = 1000 },
    { .name = "STORE_MIGRATE",
      .kind = MSVC_SETTING_FLAG,
      .fallback = "true",
      .help = "apply missing schema steps at the start" },
    { .name = "BUS_URL",
      .kind = MSVC_SETTING_URL,
      .help = "where events go and come from, such as sqlite:bus.db or rabbitmq://host/vhost",
      .is_secret = true },
    { .name = "OUTBOX_LEASE_MS",
      .kind = MSVC_SETTING_NUMBER,
      .fallback = "10000",
      .help = "how long the events of an instance that died wait for another one",
      .least = 1000,
      .most = 3600000 },
    { .name = "INBOX_KEEP_HOURS",
      .kind = MSVC_SETTING_NUMBER,
      .fallback = "168",
      .help = "how long ids of handled messages are remembered",
      .least = 1,
      .most = 87600 },
    { .name = "CONSUMERS",
      .kind = MSVC_SETTING_NUMBER,
      .fallback = "4",
      .help = "messages that are handled at once, of different keys",
      .least = 1,
      .most = MSVC__CONSUMER_LIMIT },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* NULL when out of memory. */
static struct msvc_setting *declare(const struct msvc_service_definition *definition)
{
    size_t own = 0;
    size_t count = 0;
    struct msvc_setting *all;

    while (definition->settings != NULL && definition->settings[own].name != NULL)
        own++;
    all = msvc__new_array(COUNT(common) + COUNT(with_store) + own + 1, sizeof(*all));
    if (all == NULL)
        return NULL;
    memcpy(all, common, sizeof(common));
    count = COUNT(common);
    if (definition->migrations != NULL) {
        memcpy(all + count, with_store, sizeof(with_store));
        count += COUNT(with_store);
    }
    if (own > 0)
        memcpy(all + count, definition->settings, own * sizeof(*all));
    return all;
}

/* What the environment says, and under which prefix. Without settings: they are not there when one
 * of them is wrong, and all mistakes are told. */
static const char *find(const struct msvc_service *service, const char *name, const char **prefix)
{
    char *const *environment = service->process->environment;
    const char *text;

    *prefix = service->definition->prefix;
    text = msvc__env_get(environment, *prefix, name);
    if (text != NULL)
        return text;
    *prefix = "";
    return msvc__env_get(environment, *prefix, name);
}

static void check_level(const struct msvc_service *service, struct msvc_buffer *problems)
{
    const char *prefix;
    const char *text = find(service, "LOG_LEVEL", &prefix);
    enum msvc_log_level level;

    if (text != NULL && msvc_log_level_parse(&level, text) < 0)
        msvc_buffer_printf(problems,
                           "%sLOG_LEVEL is \"%s\", expected TRACE, DEBUG, INFO, WARN, ERROR, "
                           "FATAL or OFF\n",
                           prefix, text);
}

static void check_shape(const struct msvc_service *service, struct msvc_buffer *problems)
{
    const char *prefix;
    const char *text = find(service, "HEALTH_SHAPE", &prefix);

    if (text != NULL && strcmp(text, "draft") != 0 && strcmp(text, MSVC__SHAPE_MICROPROFILE) != 0)
        msvc_buffer_printf(problems, "%sHEALTH_SHAPE is \"%s\", expected draft or %s\n", prefix,
                           text, MSVC__SHAPE_MICROPROFILE);
}

int msvc__service_configure(struct msvc_service *service, struct msvc_buffer *problems)
{
    size_t length_before = problems->length;
    int status;

    service->declared = declare(service->definition);
    if (service->declared == NULL)
        return MSVC_ERR_NOMEM;
    status = msvc_settings_read(&service->settings, service->definition->prefix, service->declared,
                                service->process->environment, problems);
    check_level(service, problems);
    check_shape(service, problems);
    if (status < 0)
        return status;
    return problems->length > length_before ? MSVC_ERR_INVALID : 0;
}

int msvc__service_help(struct msvc_buffer *out, const struct msvc_service_definition *definition)
{
    struct msvc_setting *declared = declare(definition);

    if (declared == NULL)
        return MSVC_ERR_NOMEM;
    msvc_buffer_printf(out, "\n%s%s%s\n", definition->name, definition->help != NULL ? ": " : "",
                       definition->help != NULL ? definition->help : "");
    msvc_settings_help(out, definition->prefix, declared);
    free(declared);
    return msvc_buffer_status(out);
}

const char *msvc_service_text(const struct msvc_service *service, const char *setting)
{
    return service != NULL ? msvc_settings_text(service->settings, setting) : NULL;
}

int64_t msvc_service_number(const struct msvc_service *service, const char *setting)
{
    return service != NULL ? msvc_settings_number(service->settings, setting) : 0;
}

bool msvc_service_flag(const struct msvc_service *service, const char *setting)
{
    return service != NULL && msvc_settings_flag(service->settings, setting);
}
