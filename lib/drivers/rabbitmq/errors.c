/* SPDX-License-Identifier: MIT */
/*
 * Three kinds of bad news become one status: what the library says, what the
 * broker says when it closes a channel, and what it says when it closes the
 * connection.
 */
#include "drivers/rabbitmq/rabbitmq_internal.h"

#include <stdarg.h>
#include <stdio.h>

#include <msvc/status.h>

/* AMQP 0-9-1 reply codes. */
static const struct {
    unsigned code;
    int status;
} codes[] = {
    { 311, MSVC_ERR_LIMIT },       /* content too large */
    { 312, MSVC_ERR_REFUSED },     /* no route */
    { 313, MSVC_ERR_REFUSED },     /* no consumers */
    { 320, MSVC_ERR_UNAVAILABLE }, /* connection forced: the broker goes away */
    { 402, MSVC_ERR_NOT_FOUND },   /* invalid path: no such virtual host */
    { 403, MSVC_ERR_AUTH },        /* access refused */
    { 404, MSVC_ERR_NOT_FOUND },   /* no such exchange or queue */
    { 405, MSVC_ERR_CONFLICT },    /* resource locked */
    { 406, MSVC_ERR_STATE },       /* precondition failed: it exists with other properties */
    { 506, MSVC_ERR_UNAVAILABLE }, /* resource error: the broker has not enough of something */
    { 530, MSVC_ERR_AUTH },        /* not allowed: the virtual host */
    { 540, MSVC_ERR_UNSUPPORTED }, /* not implemented */
    { 541, MSVC_ERR_UNAVAILABLE }, /* internal error of the broker */
};

static const struct {
    int library;
    int status;
} library_errors[] = {
    { AMQP_STATUS_NO_MEMORY, MSVC_ERR_NOMEM },
    { AMQP_STATUS_BAD_AMQP_DATA, MSVC_ERR_MALFORMED },
    { AMQP_STATUS_UNKNOWN_CLASS, MSVC_ERR_MALFORMED },
    { AMQP_STATUS_UNKNOWN_METHOD, MSVC_ERR_MALFORMED },
    { AMQP_STATUS_INCOMPATIBLE_AMQP_VERSION, MSVC_ERR_UNSUPPORTED },
    { AMQP_STATUS_BROKER_UNSUPPORTED_SASL_METHOD, MSVC_ERR_AUTH },
    { AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED, MSVC_ERR_AUTH },
    { AMQP_STATUS_SSL_PEER_VERIFY_FAILED, MSVC_ERR_AUTH },
    { AMQP_STATUS_TIMEOUT, MSVC_ERR_UNAVAILABLE },
};

int msvc__rmq_status_of_code(unsigned code)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i].code == code)
            return codes[i].status;
    }
    return code >= 500 ? MSVC_ERR_INTERNAL : MSVC_ERR_REFUSED;
}

int msvc__rmq_library_error(struct msvc_error *err, int library, const char *doing)
{
    int status = MSVC_ERR_UNAVAILABLE;

    for (size_t i = 0; i < sizeof(library_errors) / sizeof(library_errors[0]); i++) {
        if (library_errors[i].library == library)
            status = library_errors[i].status;
    }
    return msvc_error_set(err, status, RMQ_ORIGIN, library, "%s: %s", doing,
                          amqp_error_string2(library));
}

static int closed(struct msvc_error *err, unsigned code, amqp_bytes_t text, const char *doing)
{
    return msvc_error_set(err, msvc__rmq_status_of_code(code), RMQ_ORIGIN, (int)code, "%s: %.*s",
                          doing, (int)text.len, (const char *)text.bytes);
}

int msvc__rmq_reply_error(struct msvc_error *err, amqp_rpc_reply_t reply, const char *doing)
{
    if (reply.reply_type == AMQP_RESPONSE_NORMAL)
        return 0;
    if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
        reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD) {
        amqp_connection_close_t *close = reply.reply.decoded;

        return closed(err, close->reply_code, close->reply_text, doing);
    }
    if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
        reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
        amqp_channel_close_t *close = reply.reply.decoded;

        return closed(err, close->reply_code, close->reply_text, doing);
    }
    if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION)
        return msvc__rmq_library_error(err, reply.library_error, doing);
    return msvc_error_set(err, MSVC_ERR_MALFORMED, RMQ_ORIGIN, 0, "%s: an answer of another kind",
                          doing);
}

void msvc__rmq_lose(struct rmq *r, int status, const char *format, ...)
{
    char text[sizeof(r->why.message)];
    va_list arguments;

    if (r->lost < 0)
        return;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    r->lost = msvc_error_set(&r->why, status, RMQ_ORIGIN, 0, "%s", text);
}
