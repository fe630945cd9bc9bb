/* SPDX-License-Identifier: MIT */
/* A peer: where it is, its breaker and the connections to it. */
#include "http_client/client_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/url.h>

#include "base/alloc_internal.h"
#include "base/fork_internal.h"

/*
 * In a child the connections are still the parent's: closing them would say
 * goodbye in its name, so they are left alone.
 */
static void peer_free(struct msvc_http_transport *self)
{
    struct msvc__peer *peer = (struct msvc__peer *)self;

    if (peer->generation == msvc__fork_generation())
        msvc__pool_clear(&peer->pool);
    msvc_breaker_free(peer->breaker);
    free(peer->base_url);
    free(peer->host);
    if (peer->client != NULL)
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
    if (msvc_url_host_count(url) != 1)
        return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0, "%s: expected one host",
                              msvc_url_redacted(url));
    if (msvc_url_query_count(url) != 0)
        return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0, "%s: a base URL has no query",
                              msvc_url_redacted(url));
    return 0;
}

static int fill_peer(struct msvc__peer *peer, const struct msvc_url *url, const char *text)
{
    const struct msvc_url_host *host = msvc_url_host(url, 0);
    size_t length = strlen(text);
    bool is_tls = strcmp(msvc_url_scheme(url), "https") == 0;

    while (length > 0 && text[length - 1] == '/')
        length--;
    peer->base_url = msvc__copy_bytes(text, length);
    peer->base_length = length;
    peer->host = msvc__copy_text(host->name);
    peer->port = host->port != 0 ? host->port : (is_tls ? 443 : 80);
    if (peer->base_url == NULL || peer->host == NULL)
        return MSVC_ERR_NOMEM;
    if (peer->client->options.has_no_breaker)
        return 0;
    return msvc_breaker_new(&peer->breaker, &peer->client->breaker);
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
    peer = msvc__new(sizeof(*peer));
    if (peer == NULL) {
        msvc_url_free(url);
        return msvc_error_set(err, MSVC_ERR_NOMEM, "http", 0, "no memory for a transport");
    }
    peer->transport.ops = &peer_ops;
    peer->generation = msvc__fork_generation();
    peer->client = client;
    msvc__http_client_ref(client);
    msvc__pool_init(&peer->pool);
    status = fill_peer(peer, url, base_url);
    msvc_url_free(url);
    if (status < 0) {
        peer_free(&peer->transport);
        return msvc_error_set(err, status, "http", 0, "transport: %s", msvc_status_text(status));
    }
    *out = &peer->transport;
    return 0;
}
