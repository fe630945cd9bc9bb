/* SPDX-License-Identifier: MIT */
/*
 * A request body on its way to a handler that reads while it comes. The loop
 * puts in what fits and suspends the connection when nothing does: the peer
 * then feels it. The handler takes out and resumes. The request ends when both
 * have let go of it.
 */
#include "http_server/server_internal.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include <msvc/status.h>

#define ROOM_BYTES  65536
#define GRACE_BYTES 65536

/* Lock held. */
static void resume(struct request *r)
{
    if (!r->in.is_suspended)
        return;
    r->in.is_suspended = false;
    MHD_resume_connection(r->mhd);
}

/* Lock held. */
static void suspend(struct request *r)
{
    msvc__connection_expect(r->server, r->connection, 0);
    r->in.is_suspended = true;
    MHD_suspend_connection(r->mhd);
}

static void let_go(struct request *r)
{
    bool is_last = --r->in.holders == 0;

    (void)pthread_mutex_unlock(&r->in.lock);
    if (!is_last)
        return;
    (void)pthread_cond_destroy(&r->in.changed);
    (void)pthread_mutex_destroy(&r->in.lock);
    msvc_buffer_clear(&r->in.bytes);
    msvc__request_end(r, r->in.is_complete);
}

static void answered(struct request *r)
{
    (void)pthread_mutex_lock(&r->in.lock);
    r->in.is_answered = true;
    resume(r);
    let_go(r);
}

static void run_on_worker(struct job *job)
{
    struct request *r = (struct request *)job;

    msvc__exchange_run(r->exchange);
    answered(r);
}

static void cancel(struct job *job)
{
    struct request *r = (struct request *)job;

    msvc__exchange_override(r->exchange, 503, "the server is stopping");
    answered(r);
}

/* Lock held. Wait for a change, at most until the caller's deadline; false when that has passed. */
static bool wait_for_change(struct request *r)
{
    struct timespec until;
    uint64_t deadline_ns = r->exchange->deadline_ns;

    if (deadline_ns == 0)
        return pthread_cond_wait(&r->in.changed, &r->in.lock) == 0;
    until.tv_sec = (time_t)(deadline_ns / 1000000000);
    until.tv_nsec = (long)(deadline_ns % 1000000000);
    return pthread_cond_timedwait(&r->in.changed, &r->in.lock, &until) != ETIMEDOUT;
}

/* Lock held. What a read finds when there are no bytes. */
static int empty_status(const struct request *r)
{
    if (r->in.is_over_limit)
        return MSVC_ERR_LIMIT;
    if (!r->in.is_gone)
        return 0;
    return r->in.was_cut ? MSVC_ERR_TIMEOUT : MSVC_ERR_CANCELLED;
}

static int read_body(struct msvc_http_exchange *x, void *out, size_t length)
{
    struct request *r = x->carrier;
    struct stream_in *in = &r->in;
    bool is_late = false;
    int result;

    (void)pthread_mutex_lock(&in->lock);
    while (in->bytes.length == 0 && !in->is_at_end && !in->is_over_limit && !in->is_gone &&
           !is_late)
        is_late = !wait_for_change(r);
    if (in->bytes.length > 0) {
        length = length < in->bytes.length ? length : in->bytes.length;
        memcpy(out, in->bytes.data, length);
        msvc_buffer_consume(&in->bytes, length);
        result = (int)length;
    } else {
        result = is_late ? MSVC_ERR_TIMEOUT : empty_status(r);
    }
    if (in->bytes.length < ROOM_BYTES / 2 && !in->is_at_end)
        resume(r);
    (void)pthread_mutex_unlock(&in->lock);
    return result;
}

static void init(struct request *r)
{
    pthread_condattr_t monotonic;

    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&r->in.lock, NULL);
    (void)pthread_cond_init(&r->in.changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    r->in.is_used = true;
    r->in.holders = 2;
    r->exchange->carrier = r;
    r->exchange->read = read_body;
    r->job.run = run_on_worker;
    r->job.cancel = cancel;
}

enum MHD_Result msvc__stream_in_begin(struct request *r)
{
    init(r);
    r->phase = PHASE_STREAM;
    if (msvc__workers_reserve(&r->server->workers) &&
        msvc__workers_push(&r->server->workers, &r->job, true))
        return MHD_YES;
    r->in.holders = 1;
    r->must_close = true;
    msvc__request_reply_busy(r);
    return msvc__send(r);
}

/* The peer's time stood still while it was the handler that was slow. */
static void restart_timeout(struct request *r)
{
    if (atomic_load(&r->connection->deadline_ns) == 0)
        msvc__connection_expect(r->server, r->connection, r->server->options.body_timeout_ms);
}

/* Lock held. */
static void fill(struct request *r, const char *data, size_t *size)
{
    struct stream_in *in = &r->in;
    size_t taken = ROOM_BYTES - in->bytes.length;

    if (r->body_seen + *size > msvc__exchange_body_limit(r->exchange)) {
        in->is_over_limit = true;
        r->body_seen += *size;
        *size = 0;
        return;
    }
    taken = taken < *size ? taken : *size;
    if (taken == 0) {
        suspend(r);
        return;
    }
    msvc_buffer_bytes(&in->bytes, data, taken);
    if (msvc_buffer_status(&in->bytes) < 0)
        in->is_over_limit = true;
    r->body_seen += taken;
    *size -= taken;
}

enum MHD_Result msvc__stream_in_data(struct request *r, const char *data, size_t *size)
{
    size_t limit = msvc__exchange_body_limit(r->exchange);
    bool is_too_much;

    (void)pthread_mutex_lock(&r->in.lock);
    if (r->in.is_answered || r->in.is_over_limit) {
        r->body_seen += *size;
        *size = 0;
    } else {
        restart_timeout(r);
        fill(r, data, size);
    }
    is_too_much = r->body_seen > 2 * limit + GRACE_BYTES;
    (void)pthread_cond_signal(&r->in.changed);
    (void)pthread_mutex_unlock(&r->in.lock);
    return is_too_much ? MHD_NO : MHD_YES;
}

enum MHD_Result msvc__stream_in_end(struct request *r)
{
    bool is_answered;

    (void)pthread_mutex_lock(&r->in.lock);
    is_answered = r->in.is_answered;
    r->in.is_at_end = true;
    if (!is_answered)
        suspend(r);
    (void)pthread_cond_signal(&r->in.changed);
    (void)pthread_mutex_unlock(&r->in.lock);
    if (!is_answered)
        return MHD_YES;
    msvc__connection_expect(r->server, r->connection, 0);
    return msvc__send(r);
}

void msvc__stream_in_gone(struct request *r, bool is_complete)
{
    (void)pthread_mutex_lock(&r->in.lock);
    r->in.is_gone = true;
    r->in.was_cut = atomic_load(&r->connection->was_cut);
    r->in.is_complete = is_complete;
    (void)pthread_cond_signal(&r->in.changed);
    let_go(r);
}
