/* SPDX-License-Identifier: MIT */
/*
 * Who does what. libmicrohttpd's loop thread reads, guards, routes, answers
 * inline routes and sends; workers run handlers while the connection is
 * suspended; the watch thread shuts sockets that are too slow. A request is
 * touched by the loop or by a worker, never by both: suspending hands it over,
 * resuming hands it back. Only a streamed request body is shared (stream_in.c).
 */
#ifndef MSVC_HTTP_SERVER_SERVER_INTERNAL_H
#define MSVC_HTTP_SERVER_SERVER_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include <microhttpd.h>

#include <msvc/http_server.h>

#include "http_server/exchange_internal.h"
#include "http_server/guard_internal.h"
#include "http_server/listen_internal.h"
#include "http_server/workers_internal.h"

/* One socket. The loop makes and ends it; the watch thread looks at the atomics. */
struct connection {
    struct connection *next; /* guarded by the server's lock, as is previous */
    struct connection *previous;
    int fd;
    _Atomic uint64_t deadline_ns; /* when it is shut; 0: not now */
    _Atomic uint64_t idle_ns;     /* since when it has no request; 0: it has one */
    _Atomic bool was_cut;         /* by the watch */
    bool is_verified;             /* the client's certificate was looked at */
    char peer[MSVC__HTTP_PEER_SIZE];
};

enum phase {
    PHASE_HEAD,     /* the request line was seen */
    PHASE_BODY,     /* collecting the body */
    PHASE_STREAM,   /* a handler reads the body while it comes */
    PHASE_RUNNING,  /* suspended, a worker has it */
    PHASE_ANSWERED, /* there is an answer; the rest of the body is not wanted */
    PHASE_SENDING,
};

/* A body between the loop, which fills, and a handler, which empties. */
struct stream_in {
    bool is_used; /* nothing below is, unless the route streams */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct msvc_buffer bytes; /* that the handler has not read */
    bool is_at_end;
    bool is_over_limit;
    bool is_suspended;
    bool is_gone;     /* the connection ended */
    bool was_cut;     /* because it was too slow */
    bool is_answered; /* the handler returned */
    unsigned holders; /* loop and worker; the last one ends the request */
    bool is_complete; /* how the connection ended */
};

/* A body that a worker produces and the loop sends, in turns. */
struct stream_out {
    char *bytes;
    size_t length;
    size_t sent;
    int status; /* what produce returned last */
};

struct request {
    struct job job; /* first: a job is a request */
    struct msvc_http_server *server;
    struct connection *connection;
    struct MHD_Connection *mhd;
    struct msvc_http_exchange *exchange; /* NULL until the headers are there */
    char *target;
    uint64_t started_ns;
    enum phase phase;
    size_t body_seen;
    uint64_t reply_bytes;
    bool must_close;
    struct stream_in in;
    struct stream_out out;
};

struct msvc_http_server {
    struct msvc_http_server_options options; /* defaults filled in; its strings are not kept */
    struct msvc_http_router *router;
    struct MHD_Daemon *daemon;
    struct listener listener;
    char address[MSVC__ADDRESS_SIZE]; /* stays when the listener is closed */
    struct workers workers;
    bool checks_clients; /* they must show a certificate */
    unsigned fork_generation;
    _Atomic bool is_draining;

    pthread_t watch;
    bool has_watch;

    pthread_mutex_t lock;   /* guards everything below */
    pthread_cond_t changed; /* fewer connections or requests */
    pthread_cond_t watch_wanted;
    struct connection *connections;
    unsigned connection_count;
    unsigned request_count; /* in flight */
    bool watch_must_end;
};

uint64_t msvc__server_now_ns(const struct msvc_http_server *server);

/* connection.c */
void msvc__connection_notify(void *cls, struct MHD_Connection *mhd, void **context,
                             enum MHD_ConnectionNotificationCode code);
void msvc__connection_expect(struct msvc_http_server *server, struct connection *c,
                             unsigned within_ms);
void *msvc__watch(void *server);
/* Shut what has been idle since before the given instant. Lock held. */
void msvc__connections_shut_idle(struct msvc_http_server *server, uint64_t idle_before_ns);
void msvc__connections_shut_all(struct msvc_http_server *server);

/* serve.c */
void *msvc__request_begin(void *cls, const char *target, struct MHD_Connection *mhd);
enum MHD_Result msvc__request_handle(void *cls, struct MHD_Connection *mhd, const char *url,
                                     const char *method, const char *version, const char *data,
                                     size_t *size, void **context);
void msvc__request_completed(void *cls, struct MHD_Connection *mhd, void **context,
                             enum MHD_RequestTerminationCode code);
void msvc__request_end(struct request *r, bool is_complete);
void msvc__request_reply_busy(struct request *r);

/* send.c */
enum MHD_Result msvc__send(struct request *r);

/* stream_in.c */
enum MHD_Result msvc__stream_in_begin(struct request *r);
enum MHD_Result msvc__stream_in_data(struct request *r, const char *data, size_t *size);
enum MHD_Result msvc__stream_in_end(struct request *r);
void msvc__stream_in_gone(struct request *r, bool is_complete);

/* tls.c */
struct tls_files {
    char *certificate;
    char *key;
    char *client_ca;
};
int msvc__tls_read(struct tls_files *out, const struct msvc_http_server_options *options,
                   struct msvc_error *err);
void msvc__tls_clear(struct tls_files *files);
bool msvc__tls_client_is_trusted(struct MHD_Connection *mhd);

#endif
