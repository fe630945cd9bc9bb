/* SPDX-License-Identifier: MIT */
/*
 * libmicrohttpd has one timeout, for silence, in seconds; a peer that sends a
 * byte now and then is never silent. So each connection has an instant by
 * which the next thing must have happened, and a thread that shuts the sockets
 * of those that are late. The loop then finds the connection ended and cleans
 * up. A socket is closed only after its entry is gone, so that a number used
 * again is never shut by mistake.
 */
#include "http_server/server_internal.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include <msvc/clock.h>

#include "base/alloc_internal.h"

#define NS_PER_MS      1000000
#define INTERVAL_LEAST 5
#define INTERVAL_MOST  250

uint64_t msvc__server_now_ns(const struct msvc_http_server *s)
{
    return msvc_clock_monotonic_ns(s->options.clock);
}

void msvc__connection_expect(struct msvc_http_server *s, struct connection *c, unsigned within_ms)
{
    atomic_store(&c->deadline_ns,
                 within_ms > 0 ? msvc__server_now_ns(s) + (uint64_t)within_ms * NS_PER_MS : 0);
}

static void started(struct msvc_http_server *s, struct MHD_Connection *mhd, void **context)
{
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct connection *c = msvc__new(sizeof(*c));
    struct sockaddr_storage peer = { 0 };
    socklen_t length = sizeof(peer);

    if (c == NULL || fd == NULL) {
        free(c);
        return;
    }
    c->fd = fd->connect_fd;
    if (getpeername(c->fd, (struct sockaddr *)&peer, &length) == 0)
        msvc__address_text(c->peer, sizeof(c->peer), (struct sockaddr *)&peer, length);
    c->idle_ns = msvc__server_now_ns(s);
    msvc__connection_expect(s, c, s->options.header_timeout_ms);
    (void)pthread_mutex_lock(&s->lock);
    c->next = s->connections;
    if (c->next != NULL)
        c->next->previous = c;
    s->connections = c;
    if (s->connection_count++ == 0)
        (void)pthread_cond_signal(&s->watch_wanted);
    (void)pthread_mutex_unlock(&s->lock);
    *context = c;
}

static void closed(struct msvc_http_server *s, struct connection *c)
{
    (void)pthread_mutex_lock(&s->lock);
    if (c->previous != NULL)
        c->previous->next = c->next;
    else
        s->connections = c->next;
    if (c->next != NULL)
        c->next->previous = c->previous;
    s->connection_count--;
    (void)pthread_cond_broadcast(&s->changed);
    (void)pthread_mutex_unlock(&s->lock);
    free(c);
}

void msvc__connection_notify(void *cls, struct MHD_Connection *mhd, void **context,
                             enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        started(cls, mhd, context);
    else if (*context != NULL)
        closed(cls, *context);
}

/*
 * libmicrohttpd overlooks a peer that closes right behind a part of its body:
 * the one event for both is used up by the bytes.
 */
static bool has_peer_gone(const struct connection *c)
{
    char byte;

    return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* Lock held. */
static void cut(struct connection *c)
{
    atomic_store(&c->was_cut, true);
    atomic_store(&c->deadline_ns, 0);
    (void)shutdown(c->fd, SHUT_RDWR);
}

void msvc__connections_shut_all(struct msvc_http_server *s)
{
    (void)pthread_mutex_lock(&s->lock);
    for (struct connection *c = s->connections; c != NULL; c = c->next)
        cut(c);
    (void)pthread_mutex_unlock(&s->lock);
}

void msvc__connections_shut_idle(struct msvc_http_server *s, uint64_t idle_before_ns)
{
    for (struct connection *c = s->connections; c != NULL; c = c->next) {
        uint64_t idle_ns = atomic_load(&c->idle_ns);

        if (idle_ns != 0 && idle_ns < idle_before_ns)
            cut(c);
    }
}

/* Lock held. */
static void cut_late_ones(struct msvc_http_server *s)
{
    uint64_t now_ns = msvc__server_now_ns(s);

    for (struct connection *c = s->connections; c != NULL; c = c->next) {
        uint64_t deadline_ns = atomic_load(&c->deadline_ns);

        if (deadline_ns != 0 && now_ns >= deadline_ns)
            cut(c);
        else if (deadline_ns != 0 && atomic_load(&c->idle_ns) == 0 && has_peer_gone(c))
            (void)shutdown(c->fd, SHUT_RDWR);
    }
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* A quarter of the shortest limit: nobody gets more than that on top. */
static unsigned interval_ms(const struct msvc_http_server *s)
{
    unsigned ms = least(s->options.header_timeout_ms,
                        least(s->options.body_timeout_ms, s->options.idle_timeout_ms)) /
                  4;

    ms = least(ms, INTERVAL_MOST);
    return ms > INTERVAL_LEAST ? ms : INTERVAL_LEAST;
}

void *msvc__watch(void *user)
{
    struct msvc_http_server *s = user;
    unsigned ms = interval_ms(s);
    struct timespec until;

    (void)pthread_mutex_lock(&s->lock);
    while (!s->watch_must_end) {
        if (s->connections == NULL) { /* started() tells */
            (void)pthread_cond_wait(&s->watch_wanted, &s->lock);
            continue;
        }
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += (long)ms * NS_PER_MS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        while (!s->watch_must_end &&
               pthread_cond_timedwait(&s->watch_wanted, &s->lock, &until) == 0)
            ;
        cut_late_ones(s);
    }
    (void)pthread_mutex_unlock(&s->lock);
    return NULL;
}
