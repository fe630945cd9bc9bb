/* SPDX-License-Identifier: MIT */
/*
 * Names are looked up by libcurl, on the thread that it has for that, while
 * calls go on: a transfer that may open no socket tells every address it would
 * have tried. Each call that comes along when it is time gives it a push and
 * waits for nothing; the addresses known stay until there are others.
 *
 * A host with addresses of both families is mostly the same machines twice.
 * The first call goes by name, so that libcurl finds out which family works,
 * and the addresses of that family become the endpoints.
 */
#include "http_client/endpoint_internal.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"

#define NS_PER_MS      1000000
#define PUSH_AGAIN_MS  2
#define LOOKUP_MOST_MS 5000

struct msvc__resolver {
    _Atomic uint64_t due_ns;
    pthread_mutex_t busy; /* guards what follows; who does not get it goes on without */
    CURLM *multi;
    CURL *easy;
    bool is_running;
    size_t host; /* the one that is being looked up */
    struct msvc_http_address addresses[MSVC__ENDPOINTS_MAX];
    size_t count;
    atomic_int families[]; /* of each host; 0: not known yet */
};

/* An address that libcurl would try now; it shall not. */
static curl_socket_t note_address(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct msvc__resolver *r = user;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } known;

    (void)purpose;
    if (r->count == MSVC__ENDPOINTS_MAX || address->addrlen > sizeof(known) ||
        address->family != atomic_load(&r->families[r->host]))
        return CURL_SOCKET_BAD;
    memcpy(&known, &address->addr, address->addrlen);
    if (inet_ntop(address->family,
                  address->family == AF_INET ? (const void *)&known.v4.sin_addr
                                             : (const void *)&known.v6.sin6_addr,
                  r->addresses[r->count].text, MSVC_HTTP_ADDRESS_SIZE) != NULL)
        r->count++;
    return CURL_SOCKET_BAD;
}

static bool open_curl(struct msvc__resolver *r)
{
    r->multi = curl_multi_init();
    r->easy = curl_easy_init();
    if (r->multi == NULL || r->easy == NULL)
        return false;
    (void)curl_easy_setopt(r->easy, CURLOPT_CONNECT_ONLY, 1L);
    (void)curl_easy_setopt(r->easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    (void)curl_easy_setopt(r->easy, CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS, 1L);
    (void)curl_easy_setopt(r->easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(r->easy, CURLOPT_OPENSOCKETDATA, r);
    (void)curl_easy_setopt(r->easy, CURLOPT_OPENSOCKETFUNCTION, note_address);
    (void)curl_easy_setopt(r->easy, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(r->easy, CURLOPT_QUICK_EXIT, 1L);
    (void)curl_easy_setopt(r->easy, CURLOPT_TIMEOUT_MS, (long)LOOKUP_MOST_MS);
    return true;
}

int msvc__resolver_open(struct msvc__peer *peer)
{
    struct msvc__resolver *r;
    size_t names = 0;

    for (size_t i = 0; i < peer->host_count; i++)
        names += !peer->hosts[i].is_address;
    if (names == 0 || peer->client->options.refresh_ms == MSVC_HTTP_CLIENT_NEVER)
        return 0;
    r = msvc__new(sizeof(*r) + peer->host_count * sizeof(r->families[0]));
    if (r == NULL)
        return MSVC_ERR_NOMEM;
    (void)pthread_mutex_init(&r->busy, NULL);
    peer->resolver = r;
    return open_curl(r) ? 0 : MSVC_ERR_NOMEM;
}

void msvc__resolver_close(struct msvc__peer *peer)
{
    struct msvc__resolver *r = peer->resolver;

    if (r == NULL)
        return;
    if (r->is_running)
        (void)curl_multi_remove_handle(r->multi, r->easy);
    curl_easy_cleanup(r->easy);
    if (r->multi != NULL)
        (void)curl_multi_cleanup(r->multi);
    (void)pthread_mutex_destroy(&r->busy);
    free(r);
}

static uint64_t refresh_ns(const struct msvc__peer *peer)
{
    return (uint64_t)peer->client->options.refresh_ms * NS_PER_MS;
}

/* Ask the program's own registry. */
static void ask(struct msvc__peer *peer, struct msvc__resolver *r)
{
    const struct msvc_http_client_options *options = &peer->client->options;

    for (size_t i = 0; i < peer->host_count; i++) {
        const struct msvc__host *host = &peer->hosts[i];
        int count = 0;

        if (!host->is_address)
            count = options->resolve(r->addresses, MSVC__ENDPOINTS_MAX, host->name, host->port,
                                     options->resolve_user);
        if (count > 0 && count <= MSVC__ENDPOINTS_MAX)
            msvc__endpoints_replace(peer, host, r->addresses, (size_t)count);
    }
}

/* Begin to look up the next host whose family is known. When all of its addresses fail, its name
 * is the better address. */
static bool begin(struct msvc__peer *peer, struct msvc__resolver *r)
{
    for (; r->host < peer->host_count; r->host++) {
        const struct msvc__host *host = &peer->hosts[r->host];

        if (atomic_load(&r->families[r->host]) == 0)
            continue;
        if (msvc__endpoints_all_fail(peer, host)) {
            atomic_store(&r->families[r->host], 0);
            msvc__endpoints_replace(peer, host, NULL, 0);
            continue;
        }
        r->count = 0;
        r->is_running = curl_easy_setopt(r->easy, CURLOPT_URL, host->base_url) == CURLE_OK &&
                        curl_multi_add_handle(r->multi, r->easy) == CURLM_OK;
        if (r->is_running)
            return true;
    }
    r->host = 0;
    return false;
}

/* True when there is more to do soon. */
static bool push(struct msvc__peer *peer, struct msvc__resolver *r)
{
    int running = 0;

    if (!r->is_running && !begin(peer, r))
        return false;
    if (curl_multi_perform(r->multi, &running) == CURLM_OK && running > 0)
        return true;
    (void)curl_multi_remove_handle(r->multi, r->easy);
    r->is_running = false;
    if (r->count > 0)
        msvc__endpoints_replace(peer, &peer->hosts[r->host], r->addresses, r->count);
    r->host++;
    return true;
}

void msvc__resolver_step(struct msvc__peer *peer, uint64_t now_ns)
{
    struct msvc__resolver *r = peer->resolver;
    uint64_t next_ns = now_ns;

    if (r == NULL || now_ns < atomic_load_explicit(&r->due_ns, memory_order_relaxed) ||
        pthread_mutex_trylock(&r->busy) != 0)
        return;
    if (peer->client->options.resolve != NULL) {
        ask(peer, r);
        next_ns += refresh_ns(peer);
    } else {
        next_ns += push(peer, r) ? (uint64_t)PUSH_AGAIN_MS * NS_PER_MS : refresh_ns(peer);
    }
    atomic_store(&r->due_ns, next_ns);
    (void)pthread_mutex_unlock(&r->busy);
}

void msvc__resolver_reached(struct msvc__peer *peer, const struct msvc__endpoint *endpoint,
                            const char *address)
{
    struct msvc__resolver *r = peer->resolver;
    size_t at = (size_t)(endpoint->host - peer->hosts);

    if (r == NULL || peer->client->options.resolve != NULL || endpoint->host->is_address ||
        endpoint->address[0] != '\0' || atomic_load(&r->families[at]) != 0)
        return;
    atomic_store(&r->families[at], strchr(address, ':') != NULL ? AF_INET6 : AF_INET);
    atomic_store(&r->due_ns, 0);
}
