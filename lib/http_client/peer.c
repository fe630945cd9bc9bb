/* SPDX-License-Identifier: MIT */
/* A peer: the hosts of a base URL, their endpoints, and the connections to them. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/url.h>

#include "base/alloc_internal.h"
#include "base/fork_internal.h"
#include "http_client/endpoint_internal.h"

/*
 * In a child the connections are still the parent's: closing them would say
 * goodbye in its name, so they are left alone.
 */
static void peer_free(struct msvc_http_transport *self)
{
    struct msvc__peer *peer = (struct msvc__peer *)self;

    if (peer->generation == msvc__fork_generation()) {
        msvc__pool_clear(&peer->pool);
        msvc__resolver_close(peer);
    }
    msvc__endpoints_close(peer);
    for (size_t i = 0; i < peer->host_count; i++) {
        free(peer->hosts[i].name);
        free(peer->hosts[i].base_url);
    }
    free(peer->hosts);
    (void)pthread_mutex_destroy(&peer->lock);
    msvc__http_client_unref(peer->client);
    free(peer);
}

static const struct msvc_http_transport_ops peer_ops = {
    .size = sizeof(peer_ops),
    .call = msvc__peer_call,
    .free = peer_free,
};

static int check_url(const struct msvc_url *url, struct msvc_error *err)
{
    const char *scheme = msvc_url_scheme(url);

    if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
        return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0, "%s: expected http or https",
                              msvc_url_redacted(url));
    if (msvc_url_host_count(url) == 0 || msvc_url_host_count(url) > MSVC_HTTP_ENDPOINTS_MAX)
        return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0, "%s: expected 1 to %d hosts",
                              msvc_url_redacted(url), MSVC_HTTP_ENDPOINTS_MAX);
    if (msvc_url_query_count(url) != 0)
        return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0, "%s: a base URL has no query",
                              msvc_url_redacted(url));
    return 0;
}

/* The parts of a base URL's text: "https://user@" "a:1,b:2" "/path". */
struct parts {
    const char *text;
    size_t hosts_at;
    size_t path_at;
    size_t length; /* without slashes at its end */
};

static struct parts divide(const char *text)
{
    struct parts parts = { .text = text, .length = strlen(text) };
    const char *authority = strstr(text, "://") + 3;
    size_t length = strcspn(authority, "/");

    while (parts.length > 0 && text[parts.length - 1] == '/')
        parts.length--;
    parts.path_at = (size_t)(authority - text) + length;
    if (parts.path_at > parts.length)
        parts.path_at = parts.length;
    parts.hosts_at = (size_t)(authority - text);
    for (size_t i = 0; i < length; i++) {
        if (authority[i] == '@')
            parts.hosts_at = (size_t)(authority - text) + i + 1;
    }
    return parts;
}

static char *url_of(const struct parts *parts, const char *host, size_t host_length)
{
    struct msvc_buffer url = MSVC_BUFFER_INIT;

    msvc_buffer_bytes(&url, parts->text, parts->hosts_at);
    msvc_buffer_bytes(&url, host, host_length);
    msvc_buffer_bytes(&url, parts->text + parts->path_at, parts->length - parts->path_at);
    return msvc_buffer_steal(&url);
}

static int fill_hosts(struct msvc__peer *peer, const struct msvc_url *url, const char *text)
{
    struct parts parts = divide(text);
    const char *at = text + parts.hosts_at;
    uint16_t usual = strcmp(msvc_url_scheme(url), "https") == 0 ? 443 : 80;
    unsigned char address[sizeof(struct in6_addr)];

    peer->host_count = msvc_url_host_count(url);
    peer->hosts = msvc__new_array(peer->host_count, sizeof(*peer->hosts));
    if (peer->hosts == NULL) {
        peer->host_count = 0;
        return MSVC_ERR_NOMEM;
    }
    for (size_t i = 0; i < peer->host_count; i++) {
        const struct msvc_url_host *given = msvc_url_host(url, i);
        struct msvc__host *host = &peer->hosts[i];
        size_t length = strcspn(at, ",/");

        host->name = msvc__copy_text(given->name);
        host->base_url = url_of(&parts, at, length);
        if (host->name == NULL || host->base_url == NULL)
            return MSVC_ERR_NOMEM;
        host->base_length = strlen(host->base_url);
        host->port = given->port != 0 ? given->port : usual;
        host->is_address = inet_pton(AF_INET, host->name, address) == 1 ||
                           inet_pton(AF_INET6, host->name, address) == 1;
        at += length + (at[length] == ',');
    }
    return 0;
}

static int fill_peer(struct msvc__peer *peer, const struct msvc_url *url, const char *text)
{
    int status = fill_hosts(peer, url, text);

    if (status == 0)
        status = msvc__endpoints_open(peer);
    return status == 0 ? msvc__resolver_open(peer) : status;
}

static struct msvc__peer *new_peer(struct msvc_http_client *client)
{
    struct msvc__peer *peer = msvc__new(sizeof(*peer));

    if (peer == NULL)
        return NULL;
    peer->transport.ops = &peer_ops;
    peer->generation = msvc__fork_generation();
    peer->client = client;
    msvc__http_client_ref(client);
    msvc__pool_init(&peer->pool);
    (void)pthread_mutex_init(&peer->lock, NULL);
    return peer;
}

int msvc_http_client_transport(struct msvc_http_transport **out, struct msvc_http_client *client,
                               const char *base_url, struct msvc_error *err)
{
    struct msvc_url *url;
    struct msvc__peer *peer;
    int status;

    if (out == NULL || client == NULL || base_url == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0, "expected a client and a URL");
    status = msvc_url_parse(&url, base_url, err);
    if (status < 0)
        return status;
    status = check_url(url, err);
    if (status < 0) {
        msvc_url_free(url);
        return status;
    }
    peer = new_peer(client);
    status = peer != NULL ? fill_peer(peer, url, base_url) : MSVC_ERR_NOMEM;
    msvc_url_free(url);
    if (status < 0) {
        if (peer != NULL)
            peer_free(&peer->transport);
        return msvc_error_set(err, status, "http", 0, "transport: %s", msvc_status_text(status));
    }
    *out = &peer->transport;
    return 0;
}

static void describe(const struct msvc__endpoint *e, uint64_t now_ns,
                     struct msvc_http_endpoint *out)
{
    *out = (struct msvc_http_endpoint){
        .port = e->host->port,
        .is_ejected = e->ejected_ns > now_ns,
        .ejected_ms = e->ejected_ns > now_ns ? (e->ejected_ns - now_ns + 999999) / 1000000 : 0,
        .has_breaker = e->breaker != NULL,
        .in_flight = e->in_flight,
        .failure_streak = e->failure_streak,
        .call_count = e->call_count,
        .failure_count = e->failure_count,
    };
    (void)snprintf(out->host, sizeof(out->host), "%s", e->host->name);
    (void)snprintf(out->address.text, sizeof(out->address.text), "%s", e->address);
}

int msvc_http_client_endpoints(struct msvc_http_transport *transport,
                               struct msvc_http_endpoint *out, size_t capacity)
{
    struct msvc__peer *peer = (struct msvc__peer *)transport;
    struct msvc__endpoint *breakers[MSVC__ENDPOINTS_MAX];
    uint64_t now_ns;
    size_t count;

    if (transport == NULL || transport->ops != &peer_ops || (out == NULL && capacity > 0))
        return MSVC_ERR_INVALID;
    now_ns = msvc_clock_monotonic_ns(peer->client->options.clock);
    (void)pthread_mutex_lock(&peer->lock);
    count = peer->endpoint_count;
    for (size_t i = 0; i < count && i < capacity; i++) {
        describe(peer->endpoints[i], now_ns, &out[i]);
        breakers[i] = peer->endpoints[i];
        breakers[i]->references++;
    }
    (void)pthread_mutex_unlock(&peer->lock);
    for (size_t i = 0; i < count && i < capacity; i++) {
        if (out[i].has_breaker)
            out[i].breaker = msvc_breaker_state(breakers[i]->breaker);
        msvc__endpoint_unref(peer, breakers[i]);
    }
    return (int)count;
}
