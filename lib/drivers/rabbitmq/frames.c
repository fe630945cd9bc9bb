/* SPDX-License-Identifier: MIT */
/*
 * librabbitmq sends three times per message and waits while the socket is
 * full. Frames are so simple that writing many of them into one buffer and
 * sending that, as far as it goes, is less than working around it. Over TLS
 * the library keeps the session to itself, so there each frame goes through
 * it; TCP_USER_TIMEOUT then bounds how long a send can wait.
 */
#include "drivers/rabbitmq/rabbitmq_internal.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include <msvc/clock.h>
#include <msvc/status.h>

#define FRAME_HEADER 7 /* type, channel, length */
#define FRAME_END    0xce
#define CONTENT_HEAD 12 /* class, weight, body length */
#define METHOD_MOST  1024

static void put_number(uint8_t *at, uint64_t number, size_t bytes)
{
    while (bytes-- > 0) {
        at[bytes] = (uint8_t)(number & 0xff);
        number >>= 8;
    }
}

/* The payload of `length` bytes is written behind the seven bytes at `frame` already. */
static void close_frame(uint8_t *frame, uint8_t type, amqp_channel_t channel, size_t length)
{
    frame[0] = type;
    put_number(frame + 1, channel, 2);
    put_number(frame + 3, length, 4);
    frame[FRAME_HEADER + length] = FRAME_END;
}

static uint8_t *reserve(struct rmq *r, size_t payload)
{
    void *frame = msvc_buffer_reserve(&r->out, FRAME_HEADER + payload + 1);

    if (frame == NULL)
        msvc__rmq_lose(r, MSVC_ERR_NOMEM, "out of memory");
    return frame;
}

void msvc__rmq_put_method(struct rmq *r, amqp_channel_t channel, amqp_method_number_t id,
                          void *method)
{
    uint8_t *frame;
    int length;

    if (r->lost < 0)
        return;
    if (r->config.is_tls) {
        int library = amqp_send_method(r->amqp, channel, id, method);

        if (library != AMQP_STATUS_OK)
            msvc__rmq_lose(r, MSVC_ERR_UNAVAILABLE, "send: %s", amqp_error_string2(library));
        return;
    }
    frame = reserve(r, METHOD_MOST);
    if (frame == NULL)
        return;
    put_number(frame + FRAME_HEADER, id, 4);
    length = amqp_encode_method(
        id, method, (amqp_bytes_t){ .len = METHOD_MOST - 4, .bytes = frame + FRAME_HEADER + 4 });
    if (length < 0) {
        msvc__rmq_lose(r, MSVC_ERR_INTERNAL, "a method of more than %d bytes", METHOD_MOST);
        return;
    }
    close_frame(frame, AMQP_FRAME_METHOD, channel, (size_t)length + 4);
    msvc_buffer_added(&r->out, FRAME_HEADER + (size_t)length + 4 + 1);
}

static int put_content_header(struct rmq *r, amqp_basic_properties_t *properties, size_t length)
{
    size_t room = r->frame_most - FRAME_HEADER - 1;
    uint8_t *frame = reserve(r, room);
    int encoded;

    if (frame == NULL)
        return MSVC_ERR_NOMEM;
    put_number(frame + FRAME_HEADER, AMQP_BASIC_CLASS, 2);
    put_number(frame + FRAME_HEADER + 2, 0, 2);
    put_number(frame + FRAME_HEADER + 4, length, 8);
    encoded = amqp_encode_properties(
        AMQP_BASIC_CLASS, properties,
        (amqp_bytes_t){ .len = room - CONTENT_HEAD, .bytes = frame + FRAME_HEADER + CONTENT_HEAD });
    if (encoded < 0)
        return MSVC_ERR_LIMIT;
    close_frame(frame, AMQP_FRAME_HEADER, RMQ_CHANNEL_PUBLISH, (size_t)encoded + CONTENT_HEAD);
    msvc_buffer_added(&r->out, FRAME_HEADER + (size_t)encoded + CONTENT_HEAD + 1);
    return 0;
}

static void put_body(struct rmq *r, amqp_bytes_t body)
{
    size_t room = r->frame_most - FRAME_HEADER - 1;

    for (size_t at = 0; at < body.len && r->lost == 0;) {
        size_t length = body.len - at < room ? body.len - at : room;
        uint8_t *frame = reserve(r, length);

        if (frame == NULL)
            return;
        memcpy(frame + FRAME_HEADER, (const char *)body.bytes + at, length);
        close_frame(frame, AMQP_FRAME_BODY, RMQ_CHANNEL_PUBLISH, length);
        msvc_buffer_added(&r->out, FRAME_HEADER + length + 1);
        at += length;
    }
}

/* The header is encoded first into the buffer, only to see whether it fits. */
static int publish_by_library(struct rmq *r, const amqp_basic_publish_t *method,
                              amqp_basic_properties_t *properties, amqp_bytes_t body)
{
    size_t before = r->out.length;
    int status = put_content_header(r, properties, body.len);
    int library;

    msvc_buffer_truncate(&r->out, before);
    if (status < 0)
        return status;
    library = amqp_basic_publish(r->amqp, RMQ_CHANNEL_PUBLISH, method->exchange,
                                 method->routing_key, 1, 0, properties, body);
    r->sent_ns = msvc_clock_monotonic_ns(r->host->clock);
    if (library != AMQP_STATUS_OK)
        msvc__rmq_lose(r, MSVC_ERR_UNAVAILABLE, "publish: %s", amqp_error_string2(library));
    return 0;
}

int msvc__rmq_put_publish(struct rmq *r, const char *exchange, const char *routing_key,
                          amqp_basic_properties_t *properties, amqp_bytes_t body)
{
    amqp_basic_publish_t method = { .exchange = amqp_cstring_bytes(exchange),
                                    .routing_key = amqp_cstring_bytes(routing_key),
                                    .mandatory = 1 };
    size_t before = r->out.length;
    int status;

    if (r->config.is_tls)
        return publish_by_library(r, &method, properties, body);
    msvc__rmq_put_method(r, RMQ_CHANNEL_PUBLISH, AMQP_BASIC_PUBLISH_METHOD, &method);
    if (r->lost < 0)
        return 0;
    status = put_content_header(r, properties, body.len);
    if (status < 0) {
        msvc_buffer_truncate(&r->out, before);
        return status;
    }
    put_body(r, body);
    return 0;
}

void msvc__rmq_put_heartbeat(struct rmq *r)
{
    static const uint8_t heartbeat[] = { AMQP_FRAME_HEARTBEAT, 0, 0, 0, 0, 0, 0, FRAME_END };
    amqp_frame_t frame = { .frame_type = AMQP_FRAME_HEARTBEAT };
    int library;

    r->sent_ns = msvc_clock_monotonic_ns(r->host->clock);
    if (!r->config.is_tls) {
        msvc_buffer_bytes(&r->out, heartbeat, sizeof(heartbeat));
        return;
    }
    library = amqp_send_frame(r->amqp, &frame);
    if (library != AMQP_STATUS_OK)
        msvc__rmq_lose(r, MSVC_ERR_UNAVAILABLE, "heartbeat: %s", amqp_error_string2(library));
}

void msvc__rmq_flush(struct rmq *r)
{
    size_t done = 0;

    while (r->lost == 0 && done < r->out.length) {
        ssize_t sent =
            send(r->fd, r->out.data + done, r->out.length - done, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (sent < 0)
            msvc__rmq_lose(r, MSVC_ERR_UNAVAILABLE, "send: %s", strerror(errno));
        else
            done += (size_t)sent;
    }
    if (done > 0) {
        r->sent_ns = msvc_clock_monotonic_ns(r->host->clock);
        msvc_buffer_consume(&r->out, done);
    }
}

void msvc__rmq_flush_all(struct rmq *r)
{
    uint64_t deadline = msvc_deadline_in(NULL, (int64_t)r->host->timeout_ms);

    msvc__rmq_flush(r);
    while (r->lost == 0 && r->out.length > 0) {
        struct pollfd writable = { .fd = r->fd, .events = POLLOUT };
        int left = msvc_deadline_left_ms(NULL, deadline, 1000);

        if (left == 0)
            msvc__rmq_lose(r, MSVC_ERR_UNAVAILABLE, "the broker takes no bytes since %u ms",
                           r->host->timeout_ms);
        else
            (void)poll(&writable, 1, left);
        msvc__rmq_flush(r);
    }
}
