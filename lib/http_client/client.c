/* SPDX-License-Identifier: MIT */
/* What transports have in common. */
#include <msvc/http_client.h>

#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"
#include "http_client/client_internal.h"

#define DEFAULT_TIMEOUT_MS       3000
#define DEFAULT_CONNECT_MS       1000
#define DEFAULT_ATTEMPTS         3
#define DEFAULT_CONNECTION_LIMIT 64
#define DEFAULT_IDLE_MS          10000
#define DEFAULT_EJECT_FAILURES   5
#define DEFAULT_EJECT_MS         30000
#define DEFAULT_EJECT_PERCENT    50
#define DEFAULT_REFRESH_MS       30000

static void set_default(unsigned *value, unsigned fallback)
{
    if (*value == 0)
        *value = fallback;
}

/* Borrowed strings become copies; false when out of memory, and then what is not a copy is NULL. */
static bool own(const char **text)
{
    const char *given = *text;

    *text = msvc__copy_text(given);
    return given == NULL || *text != NULL;
}

static bool own_strings(struct msvc_http_client_options *o)
{
    bool agent = own(&o->user_agent);
    bool ca = own(&o->tls_ca);
    bool certificate = own(&o->tls_certificate);
    bool key = own(&o->tls_key);

    return agent && ca && certificate && key;
}

static void free_text(const char *text)
{
    union {
        const char *borrowed;
        char *owned;
    } cast = { text };

    free(cast.owned);
}

static int take_options(struct msvc_http_client *client,
                        const struct msvc_http_client_options *options)
{
    struct msvc_http_client_options *o = &client->options;
    int status = msvc__options_copy(o, sizeof(*o), options);

    if (status == 0)
        status = msvc__options_copy(&client->breaker, sizeof(client->breaker), o->breaker);
    if (status < 0) {
        memset(o, 0, sizeof(*o));
        return status;
    }
    o->breaker = NULL;
    client->breaker.clock = client->breaker.clock != NULL ? client->breaker.clock : o->clock;
    client->breaker.random = client->breaker.random != NULL ? client->breaker.random : o->random;
    set_default(&o->timeout_ms, DEFAULT_TIMEOUT_MS);
    set_default(&o->connect_timeout_ms, DEFAULT_CONNECT_MS);
    set_default(&o->attempts, DEFAULT_ATTEMPTS);
    set_default(&o->connection_limit, DEFAULT_CONNECTION_LIMIT);
    set_default(&o->idle_ms, DEFAULT_IDLE_MS);
    set_default(&o->eject_failures, DEFAULT_EJECT_FAILURES);
    set_default(&o->eject_ms, DEFAULT_EJECT_MS);
    set_default(&o->eject_percent, DEFAULT_EJECT_PERCENT);
    set_default(&o->refresh_ms, DEFAULT_REFRESH_MS);
    if (o->user_agent == NULL)
        o->user_agent = "libmsvc/" MSVC_VERSION;
    return own_strings(o) ? 0 : MSVC_ERR_NOMEM;
}

/* A call's deadline bounds each of its attempts. */
static int set_up_policy(struct msvc_http_client *client)
{
    const struct msvc_http_client_options *options = &client->options;
    int status =
        msvc_retry_budget_new(&client->budget, MSVC_RETRY_BUDGET_OPTIONS(.clock = options->clock));

    if (status < 0)
        return status;
    return msvc_policy_new(
        &client->policy,
        MSVC_POLICY_OPTIONS(.timeout_ms = MSVC_POLICY_UNLIMITED, .budget = client->budget,
                            .clock = options->clock, .random = options->random,
                            .retry = MSVC_RETRY_OPTIONS(.attempts = options->attempts)));
}

int msvc_http_client_new(struct msvc_http_client **out,
                         const struct msvc_http_client_options *options, struct msvc_error *err)
{
    struct msvc_http_client *client;
    int status = MSVC_ERR_NOMEM;

    if (out == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0, "expected a place for the client");
    client = msvc__new(sizeof(*client));
    if (client == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(client);
        return msvc_error_set(err, status, "http", 0, "no memory for a client");
    }
    atomic_init(&client->references, 1);
    status = take_options(client, options);
    if (status == 0)
        status = set_up_policy(client);
    if (status < 0) {
        msvc__http_client_unref(client);
        return msvc_error_set(err, status, "http", 0, "client: %s", msvc_status_text(status));
    }
    *out = client;
    return 0;
}

void msvc__http_client_ref(struct msvc_http_client *client)
{
    atomic_fetch_add(&client->references, 1);
}

void msvc__http_client_unref(struct msvc_http_client *client)
{
    if (atomic_fetch_sub(&client->references, 1) > 1)
        return;
    msvc_policy_free(client->policy);
    msvc_retry_budget_free(client->budget);
    free_text(client->options.user_agent);
    free_text(client->options.tls_ca);
    free_text(client->options.tls_certificate);
    free_text(client->options.tls_key);
    free(client);
    curl_global_cleanup();
}

void msvc_http_client_free(struct msvc_http_client *client)
{
    if (client != NULL)
        msvc__http_client_unref(client);
}

static int open_default(struct msvc_http_transport **out, const char *url,
                        const struct msvc_telemetry *telemetry, struct msvc_error *err)
{
    struct msvc_http_client *client;
    int status =
        msvc_http_client_new(&client, MSVC_HTTP_CLIENT_OPTIONS(.telemetry = telemetry), err);

    if (status < 0)
        return status;
    status = msvc_http_client_transport(out, client, url, err);
    msvc_http_client_free(client);
    return status;
}

static const char *const schemes[] = { "http", "https", NULL };

static const struct msvc_http_transport_driver driver = {
    .size = sizeof(driver),
    .schemes = schemes,
    .open = open_default,
};

const struct msvc_http_transport_driver *msvc_http_client_driver(void)
{
    return &driver;
}
