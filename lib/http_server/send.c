/* SPDX-License-Identifier: MIT */
/*
 * The answer, on the loop. A streamed one goes in turns: a worker produces a
 * piece while the connection is suspended, the loop sends it, and so on; a
 * slow peer holds no worker.
 */
#include "http_server/server_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc_internal.h"

#define PIECE_BYTES 32768

static char nothing[] = "";

/* Both on a worker and, for inline routes, on the loop. */
static void produce(struct request *r)
{
    struct reply_stream *stream = &r->exchange->stream;

    if (r->out.bytes == NULL)
        r->out.bytes = msvc__new(PIECE_BYTES);
    r->out.status =
        r->out.bytes != NULL ? stream->produce(r->out.bytes, PIECE_BYTES, stream->user) : -1;
    r->out.length = r->out.status > 0 ? (size_t)r->out.status : 0;
    r->out.sent = 0;
}

static void produce_on_worker(struct job *job)
{
    struct request *r = (struct request *)job;

    produce(r);
    MHD_resume_connection(r->mhd);
}

static void cancel_produce(struct job *job)
{
    struct request *r = (struct request *)job;

    r->out.status = -1;
    MHD_resume_connection(r->mhd);
}

static ssize_t take(struct request *r, char *out, size_t most)
{
    size_t length = r->out.length - r->out.sent;

    if (length > most)
        length = most;
    memcpy(out, r->out.bytes + r->out.sent, length);
    r->out.sent += length;
    r->reply_bytes += length;
    return (ssize_t)length;
}

static ssize_t read_stream(void *cls, uint64_t position, char *out, size_t most)
{
    struct request *r = cls;

    (void)position;
    if (r->out.sent == r->out.length && r->out.status > 0 && msvc__exchange_is_inline(r->exchange))
        produce(r);
    if (r->out.sent < r->out.length)
        return take(r, out, most);
    if (r->out.status == 0)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (r->out.status < 0)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    r->job.run = produce_on_worker;
    r->job.cancel = cancel_produce;
    MHD_suspend_connection(r->mhd);
    if (!msvc__workers_push(&r->server->workers, &r->job, false))
        cancel_produce(&r->job);
    return 0;
}

static struct MHD_Response *body_response(struct request *r)
{
    struct msvc_buffer *body = &r->exchange->reply_body;
    struct MHD_Response *response;
    char *data;

    r->reply_bytes = body->length;
    if (body->length == 0)
        return MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
    data = body->data;
    response = MHD_create_response_from_buffer(body->length, data, MHD_RESPMEM_MUST_FREE);
    if (response != NULL)
        *body = (struct msvc_buffer)MSVC_BUFFER_INIT;
    return response;
}

static struct MHD_Response *make_response(struct request *r)
{
    if (r->exchange->stream.produce == NULL)
        return body_response(r);
    r->out.status = 1;
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE_BYTES, read_stream, r, NULL);
}

static void add_headers(struct request *r, struct MHD_Response *response)
{
    for (const struct msvc_header *h = r->exchange->reply_headers; h->name != NULL; h++)
        (void)MHD_add_response_header(response, h->name, h->value);
    if (r->must_close || atomic_load(&r->server->is_draining))
        (void)MHD_add_response_header(response, "Connection", "close");
}

enum MHD_Result msvc__send(struct request *r)
{
    struct MHD_Response *response = make_response(r);
    enum MHD_Result result;

    if (response == NULL)
        return MHD_NO;
    add_headers(r, response);
    r->phase = PHASE_SENDING;
    result = MHD_queue_response(r->mhd, (unsigned)r->exchange->status, response);
    MHD_destroy_response(response);
    return result;
}
