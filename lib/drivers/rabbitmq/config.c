/* SPDX-License-Identifier: MIT */
#include "drivers/rabbitmq/rabbitmq_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/status.h>
#include <msvc/url.h>

#include "base/alloc_internal.h"

#define EXCHANGE_MOST 100
#define VHOST_MOST    255
#define PORT          5672
#define PORT_TLS      5671

static int copy_hosts(struct rmq_config *c, const struct msvc_url *url)
{
    size_t count = msvc_url_host_count(url);

    c->hosts = msvc__new_array(count > 0 ? count : 1, sizeof(*c->hosts));
    if (c->hosts == NULL)
        return MSVC_ERR_NOMEM;
    c->host_count = count > 0 ? count : 1;
    for (size_t i = 0; i < c->host_count; i++) {
        const struct msvc_url_host *host = msvc_url_host(url, i);
        const char *name = host != NULL && *host->name != '\0' ? host->name : "127.0.0.1";

        c->hosts[i].port = host != NULL ? host->port : 0;
        if (c->hosts[i].port == 0)
            c->hosts[i].port = c->is_tls ? PORT_TLS : PORT;
        c->hosts[i].name = msvc__copy_text(name);
        if (c->hosts[i].name == NULL)
            return MSVC_ERR_NOMEM;
    }
    return 0;
}

static int copy_or(char **out, const char *value, const char *fallback)
{
    if (value == NULL)
        value = fallback;
    *out = msvc__copy_text(value);
    return *out != NULL || value == NULL ? 0 : MSVC_ERR_NOMEM;
}

/* "/orders" is the virtual host "orders"; "", "/" and "/%2F" are the broker's default, "/". */
static const char *vhost_of(const struct msvc_url *url)
{
    const char *path = msvc_url_path(url);

    if (*path == '/')
        path++;
    return *path != '\0' ? path : "/";
}

static int copy_texts(struct rmq_config *c, const struct msvc_url *url)
{
    int status = copy_hosts(c, url);

    if (status == 0)
        status = copy_or(&c->user, msvc_url_user(url), "guest");
    if (status == 0)
        status = copy_or(&c->password, msvc_url_password(url), "guest");
    if (status == 0)
        status = copy_or(&c->vhost, vhost_of(url), NULL);
    if (status == 0)
        status = copy_or(&c->exchange, msvc_url_query(url, "exchange"), "msvc");
    if (status == 0)
        status = copy_or(&c->ca, msvc_url_query(url, "ca"), NULL);
    if (status == 0)
        status = copy_or(&c->cert, msvc_url_query(url, "cert"), NULL);
    if (status == 0)
        status = copy_or(&c->key, msvc_url_query(url, "key"), NULL);
    return status;
}

static int check_texts(const struct rmq_config *c, struct msvc_error *err)
{
    size_t length = strlen(c->exchange);

    if (length == 0 || length > EXCHANGE_MOST || strncmp(c->exchange, "amq.", 4) == 0)
        return msvc_error_set(err, MSVC_ERR_INVALID, RMQ_ORIGIN, 0,
                              "exchange '%.110s' is not 1 to %d bytes that do not start with amq.",
                              c->exchange, EXCHANGE_MOST);
    if (strlen(c->vhost) > VHOST_MOST)
        return msvc_error_set(err, MSVC_ERR_INVALID, RMQ_ORIGIN, 0,
                              "the virtual host is longer than %d bytes", VHOST_MOST);
    if (!c->is_tls && (c->ca != NULL || c->cert != NULL || c->key != NULL))
        return msvc_error_set(err, MSVC_ERR_INVALID, RMQ_ORIGIN, 0,
                              "ca, cert and key are for amqps://, this is not");
    if ((c->cert == NULL) != (c->key == NULL))
        return msvc_error_set(err, MSVC_ERR_INVALID, RMQ_ORIGIN, 0, "cert and key go together");
    return 0;
}

static int read_unrouted(bool *keeps, const struct msvc_url *url, struct msvc_error *err)
{
    const char *value = msvc_url_query(url, "unrouted");

    if (value != NULL && strcmp(value, "keep") != 0 && strcmp(value, "refuse") != 0)
        return msvc_error_set(err, MSVC_ERR_INVALID, RMQ_ORIGIN, 0,
                              "unrouted is '%.40s', not refuse or keep", value);
    *keeps = value != NULL && strcmp(value, "keep") == 0;
    return 0;
}

int msvc__rmq_config_read(struct rmq_config *out, const struct msvc_url *url,
                          struct msvc_error *err)
{
    static const char *const known[] = { "exchange", "unrouted", "heartbeat", "ca",
                                         "cert",     "key",      NULL };
    struct rmq_config c = { .is_tls = strcmp(msvc_url_scheme(url), "amqps") == 0 };
    uint64_t heartbeat;
    int status = msvc_url_check_query(url, known, err);

    if (status == 0)
        status = msvc_url_query_number(&heartbeat, url, "heartbeat", 20, 1, 600, err);
    if (status == 0)
        status = read_unrouted(&c.keeps_unrouted, url, err);
    if (status != 0)
        return status;
    c.heartbeat_s = (unsigned)heartbeat;
    status = copy_texts(&c, url);
    if (status < 0)
        (void)msvc_error_set(err, status, RMQ_ORIGIN, 0, "out of memory");
    else
        status = check_texts(&c, err);
    if (status < 0)
        msvc__rmq_config_clear(&c);
    else
        *out = c;
    return status;
}

void msvc__rmq_config_clear(struct rmq_config *c)
{
    for (size_t i = 0; i < c->host_count; i++)
        free((void *)(uintptr_t)c->hosts[i].name);
    free(c->hosts);
    free(c->user);
    free(c->password);
    free(c->vhost);
    free(c->exchange);
    free(c->ca);
    free(c->cert);
    free(c->key);
    *c = (struct rmq_config){ 0 };
}
