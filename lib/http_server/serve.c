/* SPDX-License-Identifier: MIT */
/*
 * A request as libmicrohttpd tells of it: the request line, then the headers
 * (first call), the body in pieces, its end. An answer queued in the first
 * call closes the connection, which is wanted when the request is refused and
 * not otherwise: everything else is answered at the end of the body.
 */
#include "http_server/server_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "http_server/layout_internal.h"

/* Beyond the limit a body is read a little further, so that the peer sees the answer. */
#define GRACE_BYTES 65536

void *msvc__request_begin(void *cls, const char *target, struct MHD_Connection *mhd)
{
    struct msvc_http_server *s = cls;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct connection *c = info != NULL ? info->socket_context : NULL;
    struct request *r = c != NULL ? msvc__new(sizeof(*r)) : NULL;

    if (r == NULL)
        return NULL;
    r->target = msvc__copy_text(target);
    if (r->target == NULL) {
        free(r);
        return NULL;
    }
    r->server = s;
    r->mhd = mhd;
    r->connection = c;
    r->started_ns = msvc__server_now_ns(s);
    atomic_store(&c->idle_ns, 0);
    msvc__connection_expect(s, c, s->options.header_timeout_ms);
    (void)pthread_mutex_lock(&s->lock);
    s->request_count++;
    (void)pthread_mutex_unlock(&s->lock);
    return r;
}

/* What libmicrohttpd keeps for each header, in the same memory. */
#define HEADER_COST 64

struct collected {
    struct msvc_header headers[MSVC__HTTP_REQUEST_HEADERS_MAX + 1];
    size_t count;
    size_t bytes;
};

static enum MHD_Result collect(void *cls, enum MHD_ValueKind kind, const char *name,
                               const char *value)
{
    struct collected *all = cls;

    (void)kind;
    all->bytes += strlen(name) + (value != NULL ? strlen(value) : 0) + HEADER_COST;
    if (all->count++ < MSVC__HTTP_REQUEST_HEADERS_MAX)
        all->headers[all->count - 1] = (struct msvc_header){ name, value != NULL ? value : "" };
    return MHD_YES;
}

/* Answer now; libmicrohttpd closes the connection behind it. */
static enum MHD_Result refuse(struct request *r, int status, const char *detail)
{
    msvc__exchange_override(r->exchange, status, detail);
    r->must_close = true;
    return msvc__send(r);
}

void msvc__request_reply_busy(struct request *r)
{
    msvc_http_reply_header(r->exchange, "Retry-After", "1");
    msvc_http_reply_problem(r->exchange, 503, NULL, "too many requests are waiting");
}

static bool is_client_trusted(struct request *r)
{
    struct connection *c = r->connection;

    if (r->server->checks_clients && !c->is_verified)
        c->is_verified = msvc__tls_client_is_trusted(r->mhd);
    return !r->server->checks_clients || c->is_verified;
}

/* The headers are there and unambiguous: look at what is asked. */
static enum MHD_Result open_exchange(struct request *r, const struct guard_verdict *verdict)
{
    struct msvc_http_exchange *x = r->exchange;

    msvc__exchange_open(x, r->target);
    if (verdict->content_length > msvc__exchange_body_limit(x))
        return refuse(r, 413, "the body is longer than this resource takes");
    msvc__connection_expect(r->server, r->connection,
                            verdict->has_body ? r->server->options.body_timeout_ms : 0);
    if (x->has_replied) {
        r->phase = PHASE_ANSWERED;
        return MHD_YES;
    }
    if (msvc__exchange_streams(x))
        return msvc__stream_in_begin(r);
    r->phase = PHASE_BODY;
    return MHD_YES;
}

static enum MHD_Result begin(struct request *r, const char *url, const char *method,
                             const char *version)
{
    struct collected all = { .count = 0 };
    struct request_head head = { method, all.headers, r->connection->peer,
                                 r->server->options.tls_key != NULL ? "https" : "http",
                                 r->started_ns };
    struct guard_verdict verdict;
    const char *problem;

    (void)MHD_get_connection_values(r->mhd, MHD_HEADER_KIND, collect, &all);
    if (msvc__exchange_new(&r->exchange, r->server->router, &head) < 0)
        return MHD_NO;
    if (all.count > MSVC__HTTP_REQUEST_HEADERS_MAX)
        return refuse(r, 431, "there are more than 100 headers");
    if (strlen(r->target) > r->server->options.header_limit)
        return refuse(r, 414, "the target is longer than this server takes");
    if (all.bytes + strlen(r->target) > r->server->options.header_limit)
        return refuse(r, 431, "the headers are longer than this server takes");
    problem = msvc__layout_problem(&(struct layout){ url, r->target, version, all.headers });
    if (problem != NULL)
        return refuse(r, 400, problem);
    msvc__guard(&verdict, method, version, all.headers);
    if (verdict.status != 0)
        return refuse(r, verdict.status, verdict.detail);
    if (!is_client_trusted(r))
        return refuse(r, 403, "a client certificate that is trusted here is required");
    return open_exchange(r, &verdict);
}

/* A piece of a body that nobody wants; false when the peer does not stop. */
static bool discard(struct request *r, size_t *size)
{
    r->body_seen += *size;
    *size = 0;
    return r->body_seen <= 2 * msvc__exchange_body_limit(r->exchange) + GRACE_BYTES;
}

static enum MHD_Result take_body(struct request *r, const char *data, size_t *size)
{
    int status = msvc__exchange_body(r->exchange, data, *size);

    r->body_seen += *size;
    *size = 0;
    if (status == 0)
        return MHD_YES;
    msvc_buffer_clear(&r->exchange->body);
    msvc__exchange_override(r->exchange, status == MSVC_ERR_LIMIT ? 413 : 500, NULL);
    r->must_close = true;
    r->phase = PHASE_ANSWERED;
    return MHD_YES;
}

static void run_on_worker(struct job *job)
{
    struct request *r = (struct request *)job;

    msvc__exchange_run(r->exchange);
    r->phase = PHASE_ANSWERED;
    MHD_resume_connection(r->mhd);
}

static void cancel(struct job *job)
{
    struct request *r = (struct request *)job;

    msvc__exchange_override(r->exchange, 503, "the server is stopping");
    r->phase = PHASE_ANSWERED;
    MHD_resume_connection(r->mhd);
}

/* Suspended first: a worker may be faster than the rest of this function. */
static void hand_over(struct request *r)
{
    r->job.run = run_on_worker;
    r->job.cancel = cancel;
    r->phase = PHASE_RUNNING;
    MHD_suspend_connection(r->mhd);
    if (!msvc__workers_push(&r->server->workers, &r->job, true))
        cancel(&r->job);
}

/* The whole request is there. */
static enum MHD_Result dispatch(struct request *r)
{
    msvc__connection_expect(r->server, r->connection, 0);
    if (msvc__exchange_is_inline(r->exchange)) {
        msvc__exchange_run(r->exchange);
        return msvc__send(r);
    }
    if (!msvc__workers_reserve(&r->server->workers)) {
        msvc__request_reply_busy(r);
        return msvc__send(r);
    }
    hand_over(r);
    return MHD_YES;
}

static enum MHD_Result take_data(struct request *r, const char *data, size_t *size)
{
    switch (r->phase) {
    case PHASE_BODY:
        return take_body(r, data, size);
    case PHASE_STREAM:
        return msvc__stream_in_data(r, data, size);
    default:
        return discard(r, size) ? MHD_YES : MHD_NO;
    }
}

static enum MHD_Result take_end(struct request *r)
{
    switch (r->phase) {
    case PHASE_BODY:
        return dispatch(r);
    case PHASE_STREAM:
        return msvc__stream_in_end(r);
    case PHASE_ANSWERED:
        msvc__connection_expect(r->server, r->connection, 0);
        return msvc__send(r);
    default:
        return MHD_YES;
    }
}

enum MHD_Result msvc__request_handle(void *cls, struct MHD_Connection *mhd, const char *url,
                                     const char *method, const char *version, const char *data,
                                     size_t *size, void **context)
{
    struct request *r = *context;

    (void)cls;
    (void)mhd;
    if (r == NULL)
        return MHD_NO;
    if (r->phase == PHASE_HEAD)
        return begin(r, url, method, version);
    return *size > 0 ? take_data(r, data, size) : take_end(r);
}

void msvc__request_end(struct request *r, bool is_complete)
{
    struct msvc_http_server *s = r->server;

    if (r->exchange != NULL)
        msvc__exchange_finish(r->exchange, r->reply_bytes, is_complete);
    free(r->out.bytes);
    free(r->target);
    free(r);
    (void)pthread_mutex_lock(&s->lock);
    s->request_count--;
    (void)pthread_cond_broadcast(&s->changed);
    (void)pthread_mutex_unlock(&s->lock);
}

void msvc__request_completed(void *cls, struct MHD_Connection *mhd, void **context,
                             enum MHD_RequestTerminationCode code)
{
    struct msvc_http_server *s = cls;
    struct request *r = *context;
    bool is_complete = code == MHD_REQUEST_TERMINATED_COMPLETED_OK;

    (void)mhd;
    if (r == NULL)
        return;
    *context = NULL;
    atomic_store(&r->connection->idle_ns, msvc__server_now_ns(s));
    msvc__connection_expect(s, r->connection, s->options.idle_timeout_ms);
    if (r->in.is_used)
        msvc__stream_in_gone(r, is_complete);
    else
        msvc__request_end(r, is_complete);
}
