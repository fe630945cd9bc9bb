/* SPDX-License-Identifier: MIT */
/*
 * Start, drain, stop. A plain listener runs on epoll, a TLS one on poll: with
 * epoll a client that stops in the middle of its hello turns the loop into a
 * spin. A connection's memory is small because libmicrohttpd clears it for
 * every request.
 */
#include "http_server/server_internal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/fork_internal.h"
#include "base/options_internal.h"

#define NS_PER_MS        1000000
#define HANDSHAKE_MS     10 /* the last step of one that has begun comes within that */
#define HANDSHAKE_ROUNDS 100
#define SILENCE_MS       100 /* a connection that said nothing for so long is not about to */
/* Behind the request's headers, for the head of the answer: without room for it libmicrohttpd
 * closes the connection and says nothing. */
#define REPLY_HEAD_BYTES (MSVC__HTTP_REPLY_HEAD_MAX + 512)
#define OPTIONS_MOST     16
#define NUMBER_DEFAULT(field, value) \
    do {                             \
        if ((field) == 0)            \
            (field) = (value);       \
    } while (0)

static void fill_in_defaults(struct msvc_http_server_options *o)
{
    if (o->address == NULL)
        o->address = "127.0.0.1:0";
    NUMBER_DEFAULT(o->worker_count, 16);
    NUMBER_DEFAULT(o->queue_limit, 256);
    NUMBER_DEFAULT(o->connection_limit, 1024);
    NUMBER_DEFAULT(o->header_limit, 8192);
    NUMBER_DEFAULT(o->header_timeout_ms, 10000);
    NUMBER_DEFAULT(o->body_timeout_ms, 30000);
    NUMBER_DEFAULT(o->idle_timeout_ms, 15000);
}

/* What libmicrohttpd does with a target: nothing, it is decoded by the router. */
static size_t leave_as_it_is(void *cls, struct MHD_Connection *mhd, char *text)
{
    (void)cls;
    (void)mhd;
    return strlen(text);
}

/* Whole seconds; only for a peer that takes nothing of its answer, the watch is quicker. */
static unsigned silence_s(const struct msvc_http_server_options *o)
{
    unsigned ms = o->body_timeout_ms;

    if (ms < o->idle_timeout_ms)
        ms = o->idle_timeout_ms;
    if (ms < o->header_timeout_ms)
        ms = o->header_timeout_ms;
    return ms / 1000 + 1;
}

struct daemon_options {
    struct MHD_OptionItem items[OPTIONS_MOST];
    size_t count;
};

static void add_number(struct daemon_options *all, enum MHD_OPTION option, size_t number)
{
    all->items[all->count++] = (struct MHD_OptionItem){ option, (intptr_t)number, NULL };
}

static void add_text(struct daemon_options *all, enum MHD_OPTION option, char *text)
{
    if (text != NULL)
        all->items[all->count++] = (struct MHD_OptionItem){ option, 0, text };
}

static void list_options(struct daemon_options *all, const struct msvc_http_server *s,
                         const struct tls_files *tls)
{
    add_number(all, MHD_OPTION_LISTEN_SOCKET, (size_t)s->listener.fd);
    add_number(all, MHD_OPTION_CONNECTION_MEMORY_LIMIT, s->options.header_limit + REPLY_HEAD_BYTES);
    add_number(all, MHD_OPTION_CONNECTION_LIMIT, s->options.connection_limit);
    add_number(all, MHD_OPTION_PER_IP_CONNECTION_LIMIT, s->options.connections_per_ip);
    add_number(all, MHD_OPTION_CONNECTION_TIMEOUT, silence_s(&s->options));
    add_number(all, MHD_OPTION_STRICT_FOR_CLIENT, 1);
    add_text(all, MHD_OPTION_HTTPS_MEM_CERT, tls->certificate);
    add_text(all, MHD_OPTION_HTTPS_MEM_KEY, tls->key);
    add_text(all, MHD_OPTION_HTTPS_MEM_TRUST, tls->client_ca);
    add_number(all, MHD_OPTION_END, 0);
}

/* Its thread inherits that all signals are blocked: they are the program's. */
static int start_daemon(struct msvc_http_server *s, const struct tls_files *tls,
                        struct msvc_error *err)
{
    unsigned flags =
        MHD_ALLOW_SUSPEND_RESUME | (tls->key != NULL ? MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_TLS
                                                     : MHD_USE_EPOLL_INTERNAL_THREAD);
    struct daemon_options all = { .count = 0 };
    sigset_t every;
    sigset_t before;

    list_options(&all, s, tls);
    (void)sigfillset(&every);
    (void)pthread_sigmask(SIG_SETMASK, &every, &before);
    s->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, msvc__request_handle, s, MHD_OPTION_ARRAY, all.items,
        MHD_OPTION_URI_LOG_CALLBACK, msvc__request_begin, s, MHD_OPTION_NOTIFY_COMPLETED,
        msvc__request_completed, s, MHD_OPTION_NOTIFY_CONNECTION, msvc__connection_notify, s,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_as_it_is, NULL, MHD_OPTION_END);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (s->daemon != NULL)
        return 0;
    if (tls->key != NULL)
        return msvc_error_set(err, MSVC_ERR_AUTH, "http", 0,
                              "the certificate and the key are not valid PEM that fit together");
    return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "http", errno, "no thread or descriptor left");
}

static int start_watch(struct msvc_http_server *s)
{
    sigset_t every;
    sigset_t before;

    (void)sigfillset(&every);
    (void)pthread_sigmask(SIG_SETMASK, &every, &before);
    s->has_watch = pthread_create(&s->watch, NULL, msvc__watch, s) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return s->has_watch ? 0 : MSVC_ERR_UNAVAILABLE;
}

static int start_parts(struct msvc_http_server *s, struct msvc_error *err)
{
    struct tls_files tls = { NULL, NULL, NULL };
    int status = msvc__tls_read(&tls, &s->options, err);

    s->checks_clients = tls.client_ca != NULL;
    if (status == 0)
        status = msvc__listen(&s->listener, s->options.address, err);
    if (status == 0) {
        memcpy(s->address, s->listener.address, sizeof(s->address));
        status = msvc__workers_start(&s->workers, s->options.worker_count, s->options.queue_limit);
        if (status == 0)
            status = start_watch(s);
        if (status < 0)
            (void)msvc_error_set(err, status, "http", errno, "no threads: %s",
                                 msvc_status_text(status));
    }
    if (status == 0)
        status = start_daemon(s, &tls, err);
    msvc__tls_clear(&tls);
    return status;
}

static struct msvc_http_server *make(struct msvc_http_router *router,
                                     const struct msvc_http_server_options *options)
{
    struct msvc_http_server *s = msvc__new(sizeof(*s));
    pthread_condattr_t monotonic;

    if (s == NULL)
        return NULL;
    s->options = *options;
    fill_in_defaults(&s->options);
    s->router = router;
    s->listener.fd = -1;
    s->fork_generation = msvc__fork_generation();
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->changed, &monotonic);
    (void)pthread_cond_init(&s->watch_wanted, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    return s;
}

static int check(const struct msvc_http_server_options *o, struct msvc_error *err)
{
    if (o->header_limit != 0 && (o->header_limit < 1024 || o->header_limit > 1 << 20))
        return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0,
                              "header_limit is %zu, not 1024 to 1048576", o->header_limit);
    if (o->worker_count > 4096)
        return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0,
                              "worker_count is %u, more than 4096", o->worker_count);
    return 0;
}

int msvc_http_server_start(struct msvc_http_server **out, struct msvc_http_router *router,
                           const struct msvc_http_server_options *options, struct msvc_error *err)
{
    struct msvc_http_server_options copy;
    struct msvc_http_server *s;
    int status;

    if (out == NULL || router == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0, "a server needs a router");
    status = msvc__options_copy(&copy, sizeof(copy), options);
    if (status < 0)
        return msvc_error_set(err, status, "http", 0, "options of a newer version");
    status = check(&copy, err);
    if (status < 0)
        return status;
    s = make(router, &copy);
    if (s == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "http", 0, "out of memory");
    atomic_store(&router->is_serving, true);
    status = start_parts(s, err);
    if (status < 0)
        msvc_http_server_free(s);
    else
        *out = s;
    return status;
}

const char *msvc_http_server_address(const struct msvc_http_server *s)
{
    return s != NULL ? s->address : NULL;
}

void msvc_http_server_drain(struct msvc_http_server *s)
{
    if (s != NULL)
        atomic_store(&s->is_draining, true);
}

static void take_waiting(struct msvc_http_server *s)
{
    struct sockaddr_storage peer;
    socklen_t length = sizeof(peer);
    int fd;

    while ((fd = accept(s->listener.fd, (struct sockaddr *)&peer, &length)) >= 0) {
        (void)MHD_add_connection(s->daemon, fd, (struct sockaddr *)&peer, length);
        length = sizeof(peer);
    }
}

/*
 * Once libmicrohttpd has let go of the socket, what the kernel has accepted is
 * still ours, and so is who is in the middle of a handshake: closing would
 * break those connections, perhaps with a request on them.
 */
static void stop_listening(struct msvc_http_server *s)
{
    struct pollfd waiting = { .fd = s->listener.fd, .events = POLLIN };

    if (s->listener.is_shut || s->daemon == NULL)
        return;
    (void)MHD_quiesce_daemon(s->daemon);
    msvc__listener_close_door(&s->listener);
    take_waiting(s);
    for (int i = 0; i < HANDSHAKE_ROUNDS && poll(&waiting, 1, HANDSHAKE_MS) > 0; i++)
        take_waiting(s);
    msvc__listener_shut(&s->listener);
}

static struct timespec instant(uint64_t ns)
{
    return (struct timespec){ (time_t)(ns / 1000000000), (long)(ns % 1000000000) };
}

/* Lock held. Wait for a change or for a little while. */
static void wait_a_little(struct msvc_http_server *s)
{
    struct timespec until = instant(msvc_clock_monotonic_ns(NULL) + 10 * NS_PER_MS);

    (void)pthread_cond_timedwait(&s->changed, &s->lock, &until);
}

/* Requests in flight end; a connection without one is shut when it has been silent. */
static bool wait_until_empty(struct msvc_http_server *s, int timeout_ms)
{
    uint64_t end_ns = msvc_deadline_in(NULL, timeout_ms);
    bool has_requests;

    (void)pthread_mutex_lock(&s->lock);
    while ((s->connection_count > 0 || s->request_count > 0) &&
           msvc_deadline_left_ms(NULL, end_ns, 1) > 0) {
        msvc__connections_shut_idle(s, msvc__server_now_ns(s) - (uint64_t)SILENCE_MS * NS_PER_MS);
        wait_a_little(s);
    }
    has_requests = s->request_count > 0;
    (void)pthread_mutex_unlock(&s->lock);
    return !has_requests;
}

int msvc_http_server_stop(struct msvc_http_server *s, int timeout_ms)
{
    if (s == NULL)
        return MSVC_ERR_INVALID;
    if (s->fork_generation != msvc__fork_generation())
        return MSVC_ERR_STATE;
    msvc_http_server_drain(s);
    stop_listening(s);
    return wait_until_empty(s, timeout_ms) ? 0 : MSVC_ERR_TIMEOUT;
}

static void end_watch(struct msvc_http_server *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->watch_must_end = true;
    (void)pthread_cond_signal(&s->watch_wanted);
    (void)pthread_mutex_unlock(&s->lock);
    if (s->has_watch)
        (void)pthread_join(s->watch, NULL);
}

/*
 * No connection may be suspended when libmicrohttpd stops: the workers go
 * first, and resume what they had. The loop may be about to put the listening
 * socket into its epoll set: its number is free only when the loop has ended.
 */
void msvc_http_server_free(struct msvc_http_server *s)
{
    if (s == NULL || s->fork_generation != msvc__fork_generation())
        return;
    if (s->daemon != NULL && !s->listener.is_shut)
        (void)MHD_quiesce_daemon(s->daemon);
    msvc__connections_shut_all(s);
    msvc__workers_stop(&s->workers);
    if (s->daemon != NULL)
        MHD_stop_daemon(s->daemon);
    msvc__listener_close(&s->listener);
    msvc__workers_clear(&s->workers);
    end_watch(s);
    (void)pthread_cond_destroy(&s->watch_wanted);
    (void)pthread_cond_destroy(&s->changed);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}
