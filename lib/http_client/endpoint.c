/* SPDX-License-Identifier: MIT */
/*
 * Of two endpoints drawn at random the one with fewer calls in flight is taken:
 * that avoids slow ones without measuring anything, and many clients that know
 * the same do not all run to the same endpoint. One that fails several times in
 * a row is left out for a while, longer each time, but never more than a share
 * of them: when all fail, the fault is not theirs.
 */
#include "http_client/endpoint_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/random.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"

#define NS_PER_MS         1000000
#define EJECTIONS_COUNTED 10 /* times the first length, at most */

static struct msvc__endpoint *new_endpoint(struct msvc__peer *peer, const struct msvc__host *host,
                                           const char *address)
{
    struct msvc__endpoint *endpoint = msvc__new(sizeof(*endpoint));

    if (endpoint == NULL)
        return NULL;
    if (!peer->client->options.has_no_breaker &&
        msvc_breaker_new(&endpoint->breaker, &peer->client->breaker) < 0) {
        free(endpoint);
        return NULL;
    }
    endpoint->host = host;
    endpoint->references = 1;
    (void)snprintf(endpoint->address, sizeof(endpoint->address), "%s", address);
    (void)snprintf(endpoint->connect_to_text, sizeof(endpoint->connect_to_text),
                   strchr(address, ':') != NULL ? "::[%s]:%u" : "::%s:%u", address,
                   (unsigned)host->port);
    endpoint->connect_to.data = endpoint->connect_to_text;
    return endpoint;
}

static void free_endpoint(struct msvc__endpoint *endpoint)
{
    if (endpoint == NULL)
        return;
    msvc_breaker_free(endpoint->breaker);
    free(endpoint);
}

int msvc__endpoints_open(struct msvc__peer *peer)
{
    for (size_t i = 0; i < peer->host_count; i++) {
        struct msvc__endpoint *endpoint = new_endpoint(peer, &peer->hosts[i], "");

        if (endpoint == NULL)
            return MSVC_ERR_NOMEM;
        endpoint->id = ++peer->last_id;
        peer->endpoints[peer->endpoint_count++] = endpoint;
    }
    return 0;
}

void msvc__endpoints_close(struct msvc__peer *peer)
{
    for (size_t i = 0; i < peer->endpoint_count; i++)
        free_endpoint(peer->endpoints[i]);
}

/* Lock held. An ejection that is over is forgotten in the end, but not at once. */
static void let_back_in(struct msvc__peer *peer, uint64_t now_ns)
{
    for (size_t i = 0; i < peer->endpoint_count; i++) {
        struct msvc__endpoint *e = peer->endpoints[i];

        if (e->ejected_ns == 0 || now_ns < e->ejected_ns)
            continue;
        e->ejected_ns = 0;
        e->failure_streak = 0;
        e->calm_ns = now_ns + (uint64_t)peer->client->options.eject_ms * NS_PER_MS;
    }
}

/* Lock held. The places that are left, first without the ejected and the avoided ones. */
static size_t candidates(const struct msvc__peer *peer, uint64_t avoided, uint64_t excluded,
                         size_t *out)
{
    size_t count = 0;
    size_t any = 0;

    for (size_t i = 0; i < peer->endpoint_count; i++) {
        const struct msvc__endpoint *e = peer->endpoints[i];

        if ((excluded >> i & 1) == 0 && e->ejected_ns == 0 && e->id != avoided)
            out[count++] = i;
    }
    for (size_t i = 0; count == 0 && i < peer->endpoint_count; i++) {
        if ((excluded >> i & 1) == 0 && peer->endpoints[i]->ejected_ns == 0)
            out[any++] = i;
    }
    return count + any;
}

/* Lock held. */
static size_t better_of_two(const struct msvc__peer *peer, const size_t *places_left, size_t count)
{
    const struct msvc_random *random = peer->client->options.random;
    size_t first;
    size_t second;

    if (count == 1)
        return places_left[0];
    first = (size_t)msvc_random_below(random, count);
    second = (size_t)msvc_random_below(random, count - 1);
    second += second >= first;
    return peer->endpoints[places_left[second]]->in_flight <
                   peer->endpoints[places_left[first]]->in_flight
               ? places_left[second]
               : places_left[first];
}

/* NULL when none is left. */
static struct msvc__endpoint *take(struct msvc__peer *peer, uint64_t avoided, uint64_t now_ns,
                                   uint64_t *excluded)
{
    struct msvc__endpoint *endpoint = NULL;
    size_t left[MSVC__ENDPOINTS_MAX];
    size_t count;

    (void)pthread_mutex_lock(&peer->lock);
    let_back_in(peer, now_ns);
    count = candidates(peer, avoided, *excluded, left);
    if (count > 0) {
        size_t place = better_of_two(peer, left, count);

        endpoint = peer->endpoints[place];
        endpoint->references++;
        endpoint->in_flight++;
        *excluded |= (uint64_t)1 << place;
    }
    (void)pthread_mutex_unlock(&peer->lock);
    return endpoint;
}

/* Lock held. True when it was the last one, and it is to be freed. */
static bool drop(struct msvc__endpoint *endpoint)
{
    return --endpoint->references == 0;
}

void msvc__endpoint_unref(struct msvc__peer *peer, struct msvc__endpoint *endpoint)
{
    bool is_last;

    (void)pthread_mutex_lock(&peer->lock);
    is_last = drop(endpoint);
    (void)pthread_mutex_unlock(&peer->lock);
    if (is_last)
        free_endpoint(endpoint);
}

/* It was not called after all. */
static void give_back(struct msvc__peer *peer, struct msvc__endpoint *endpoint)
{
    (void)pthread_mutex_lock(&peer->lock);
    endpoint->in_flight--;
    (void)pthread_mutex_unlock(&peer->lock);
    msvc__endpoint_unref(peer, endpoint);
}

int msvc__endpoint_choose(struct msvc__peer *peer, uint64_t avoided, uint64_t now_ns,
                          struct msvc__endpoint **out, struct msvc_permit *permit)
{
    struct msvc__endpoint *endpoint;
    uint64_t excluded = 0; /* by their place in the list */
    ;

    while ((endpoint = take(peer, avoided, now_ns, &excluded)) != NULL) {
        if (endpoint->breaker == NULL ||
            msvc_breaker_begin(endpoint->breaker, now_ns, permit) == 0) {
            *out = endpoint;
            return 0;
        }
        give_back(peer, endpoint);
    }
    return MSVC_ERR_REJECTED;
}

/* Lock held. */
static bool may_eject(const struct msvc__peer *peer)
{
    size_t ejected = 0;

    for (size_t i = 0; i < peer->endpoint_count; i++)
        ejected += peer->endpoints[i]->ejected_ns != 0;
    return (ejected + 1) * 100 <= peer->endpoint_count * peer->client->options.eject_percent;
}

/* Lock held. */
static void note_failure(struct msvc__peer *peer, struct msvc__endpoint *e, uint64_t now_ns)
{
    const struct msvc_http_client_options *options = &peer->client->options;

    e->failure_count++;
    e->failure_streak++;
    if (e->failure_streak < options->eject_failures || e->ejected_ns != 0 || !may_eject(peer))
        return;
    if (e->ejections < EJECTIONS_COUNTED)
        e->ejections++;
    e->ejected_ns = now_ns + (uint64_t)options->eject_ms * e->ejections * NS_PER_MS;
}

/* Lock held. */
static void note_success(const struct msvc__peer *peer, struct msvc__endpoint *e, uint64_t now_ns)
{
    e->failure_streak = 0;
    if (e->ejections == 0 || now_ns < e->calm_ns)
        return;
    e->ejections--;
    e->calm_ns = now_ns + (uint64_t)peer->client->options.eject_ms * NS_PER_MS;
}

void msvc__endpoint_done(struct msvc__peer *peer, struct msvc__endpoint *endpoint,
                         struct msvc_permit *permit, enum msvc_outcome outcome, uint64_t asked_ms,
                         uint64_t took_ns, uint64_t now_ns)
{
    bool is_last;

    if (endpoint->breaker != NULL)
        msvc_breaker_end(endpoint->breaker, permit, outcome, took_ns, now_ns);
    if (endpoint->breaker != NULL && outcome == MSVC_OUTCOME_REJECTED)
        msvc_breaker_open_for(endpoint->breaker, asked_ms, now_ns);
    (void)pthread_mutex_lock(&peer->lock);
    endpoint->call_count++;
    endpoint->in_flight--;
    if (outcome == MSVC_OUTCOME_FAILURE)
        note_failure(peer, endpoint, now_ns);
    else if (outcome == MSVC_OUTCOME_SUCCESS || outcome == MSVC_OUTCOME_SLOW)
        note_success(peer, endpoint, now_ns);
    is_last = drop(endpoint);
    (void)pthread_mutex_unlock(&peer->lock);
    if (is_last)
        free_endpoint(endpoint);
}

/* Lock held. The endpoint of a host at that address, taken out of the list; NULL: none. */
static struct msvc__endpoint *take_out(struct msvc__peer *peer, const struct msvc__host *host,
                                       const char *address)
{
    for (size_t i = 0; i < peer->endpoint_count; i++) {
        struct msvc__endpoint *e = peer->endpoints[i];

        if (e->host == host && (address == NULL || strcmp(e->address, address) == 0)) {
            peer->endpoints[i] = peer->endpoints[--peer->endpoint_count];
            return e;
        }
    }
    return NULL;
}

/* Lock held. Put what stays and what is new in place; what is to be freed goes to gone. */
static size_t swap(struct msvc__peer *peer, const struct msvc__host *host,
                   struct msvc__endpoint **made, size_t count, struct msvc__endpoint **gone)
{
    struct msvc__endpoint *old;
    size_t kept_count = 0;
    size_t gone_count = 0;

    for (size_t i = 0; i < count; i++) {
        struct msvc__endpoint *fresh = made[i];

        if (fresh == NULL)
            continue;
        old = take_out(peer, host, fresh->address);
        fresh->id = old == NULL ? ++peer->last_id : 0;
        if (old != NULL)
            gone[gone_count++] = fresh;
        made[kept_count++] = old != NULL ? old : fresh;
    }
    while (kept_count > 0 && (old = take_out(peer, host, NULL)) != NULL) {
        if (drop(old))
            gone[gone_count++] = old;
    }
    for (size_t i = 0; i < kept_count; i++) {
        if (peer->endpoint_count < MSVC__ENDPOINTS_MAX)
            peer->endpoints[peer->endpoint_count++] = made[i];
        else if (drop(made[i]))
            gone[gone_count++] = made[i];
    }
    return gone_count;
}

void msvc__endpoints_replace(struct msvc__peer *peer, const struct msvc__host *host,
                             const struct msvc_http_address *addresses, size_t count)
{
    static const struct msvc_http_address by_name = { "" };
    struct msvc__endpoint *made[MSVC__ENDPOINTS_MAX];
    struct msvc__endpoint *gone[3 * MSVC__ENDPOINTS_MAX];
    size_t gone_count;

    if (count == 0) {
        addresses = &by_name;
        count = 1;
    }
    for (size_t i = 0; i < count; i++)
        made[i] = new_endpoint(peer, host, addresses[i].text);
    (void)pthread_mutex_lock(&peer->lock);
    gone_count = swap(peer, host, made, count, gone);
    (void)pthread_mutex_unlock(&peer->lock);
    while (gone_count > 0)
        free_endpoint(gone[--gone_count]);
}

bool msvc__endpoints_all_fail(struct msvc__peer *peer, const struct msvc__host *host)
{
    bool all = true;

    (void)pthread_mutex_lock(&peer->lock);
    for (size_t i = 0; i < peer->endpoint_count; i++) {
        const struct msvc__endpoint *e = peer->endpoints[i];

        if (e->host == host && e->ejected_ns == 0 &&
            e->failure_streak < peer->client->options.eject_failures)
            all = false;
    }
    (void)pthread_mutex_unlock(&peer->lock);
    return all;
}
