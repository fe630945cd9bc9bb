/* SPDX-License-Identifier: MIT */
/*
 * One step: write what is to be written, read what has come, hand it over.
 * run_once() steps until something was reported, and waits in between for the
 * broker, for the core to wake it, or for the next heartbeat or retry.
 */
#include <msvc/bus/rabbitmq.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <msvc/clock.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "drivers/rabbitmq/rabbitmq_internal.h"

#define FRAMES_MOST 1000 /* read in one step, so that writing gets its turn */
#define MS          UINT64_C(1000000)

static int rabbitmq_open(void **out, const struct msvc_url *url, struct msvc_bus_host *host,
                         struct msvc_error *err)
{
    struct rmq *r = msvc__new(sizeof(*r));
    int status;

    if (r == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, RMQ_ORIGIN, 0, "out of memory");
    status = msvc__rmq_config_read(&r->config, url, err);
    if (status < 0) {
        free(r);
        return status;
    }
    r->host = host;
    r->fd = -1;
    r->unsent_last = &r->unsent;
    r->sent.first = r->sent.next = 1;
    r->capabilities = (struct msvc_bus_capabilities){
        .is_durable = true,
        .has_groups = true,
        .has_key_order = true,
        .has_delay = true,
        .refuses_unroutable = !r->config.keeps_unrouted,
        .payload_most = MSVC_MESSAGE_PAYLOAD_MAX,
    };
    *out = r;
    return 0;
}

static void rabbitmq_close(void *handle)
{
    struct rmq *r = handle;

    msvc__rmq_disconnect(r, !r->host->is_inherited);
    msvc__rmq_publish_clear(r);
    msvc__rmq_consume_lost(r);
    while (r->consumers != NULL) {
        struct rmq_consumer *c = r->consumers;

        r->consumers = c->next;
        free(c);
    }
    msvc__rmq_config_clear(&r->config);
    free(r);
}

static const struct msvc_bus_capabilities *rabbitmq_capabilities(const void *handle)
{
    return &((const struct rmq *)handle)->capabilities;
}

static int rabbitmq_publish(void *handle, const struct msvc_message *message, void *publish,
                            struct msvc_error *err)
{
    struct rmq *r = handle;
    struct rmq_publish *p = msvc__new(sizeof(*p));

    if (p == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, RMQ_ORIGIN, 0, "out of memory");
    p->message = message;
    p->publish = publish;
    msvc__rmq_publish_append(r, p);
    return 0;
}

static int rabbitmq_subscribe(void *handle, const struct msvc_subscription *wanted,
                              void *subscription, struct msvc_error *err)
{
    struct rmq *r = handle;
    struct rmq_consumer *c;
    size_t length = strlen(r->config.exchange) + 1 + strlen(wanted->group);

    if (length >= RMQ_QUEUE_SIZE)
        return msvc_error_set(err, MSVC_ERR_INVALID, RMQ_ORIGIN, 0,
                              "the queue of group '%.60s' would have a name of %zu bytes, not at "
                              "most %d",
                              wanted->group, length, RMQ_QUEUE_SIZE - 1);
    c = msvc__new(sizeof(*c));
    if (c == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, RMQ_ORIGIN, 0, "out of memory");
    c->wanted = wanted;
    c->subscription = subscription;
    c->last = &c->first;
    (void)snprintf(c->queue, sizeof(c->queue), "%s.%s", r->config.exchange, wanted->group);
    (void)snprintf(c->tag, sizeof(c->tag), "msvc-%u", r->consumer_count++);
    c->next = r->consumers;
    r->consumers = c;
    return 0;
}

static void rabbitmq_stop(void *handle)
{
    msvc__rmq_consume_stop(handle);
}

static int rabbitmq_settle(void *handle, void *subscription, uint64_t tag,
                           enum msvc_disposition disposition, unsigned delay_ms, const char *reason,
                           struct msvc_error *err)
{
    int status = msvc__rmq_settle(handle, tag, disposition, delay_ms, reason);

    (void)subscription;
    return status == 0 ? 0 : msvc_error_set(err, status, RMQ_ORIGIN, 0, "out of memory");
}

static void set_up(struct rmq *r)
{
    for (struct rmq_consumer *c = r->consumers; c != NULL && !r->is_stopped; c = c->next) {
        struct msvc_error err;
        int status;

        if (c->stands || r->lost < 0)
            continue;
        msvc__rmq_flush_all(r);
        status = r->lost == 0 ? msvc__rmq_set_up(r, c, &err) : 0;
        if (status < 0)
            msvc__rmq_lose(r, status, "%s", err.message);
    }
}

static void take_connection_method(struct rmq *r, const amqp_method_t *method)
{
    if (method->id == AMQP_CONNECTION_BLOCKED_METHOD) {
        r->is_blocked = true;
    } else if (method->id == AMQP_CONNECTION_UNBLOCKED_METHOD) {
        r->is_blocked = false;
    } else if (method->id == AMQP_CONNECTION_CLOSE_METHOD) {
        const amqp_connection_close_t *close = method->decoded;

        msvc__rmq_lose(r, msvc__rmq_status_of_code(close->reply_code), "%u: %.*s",
                       close->reply_code, (int)close->reply_text.len,
                       (const char *)close->reply_text.bytes);
    }
}

static void take_frame(struct rmq *r, const amqp_frame_t *frame)
{
    if (frame->channel == RMQ_CHANNEL_PUBLISH)
        msvc__rmq_publish_frame(r, frame);
    else if (frame->channel == RMQ_CHANNEL_CONSUME)
        msvc__rmq_consume_frame(r, frame);
    else if (frame->channel == 0 && frame->frame_type == AMQP_FRAME_METHOD)
        take_connection_method(r, &frame->payload.method);
}

/* The library swallows heartbeats: that something came is seen before it reads. */
static void notice_input(struct rmq *r)
{
    struct pollfd readable = { .fd = r->fd, .events = POLLIN };
    uint64_t now = msvc_clock_monotonic_ns(r->host->clock);

    if (now - r->read_ns > r->heartbeat_s * (500 * MS) && poll(&readable, 1, 0) > 0)
        r->read_ns = now;
}

static void read_frames(struct rmq *r)
{
    struct timeval at_once = { 0, 0 };

    for (int i = 0; i < FRAMES_MOST && r->lost == 0; i++) {
        amqp_frame_t frame;
        int library = amqp_simple_wait_frame_noblock(r->amqp, &frame, &at_once);

        if (library == AMQP_STATUS_TIMEOUT)
            return;
        r->read_ns = msvc_clock_monotonic_ns(r->host->clock);
        if (library != AMQP_STATUS_OK) {
            msvc__rmq_lose(r, MSVC_ERR_UNAVAILABLE, "read: %s", amqp_error_string2(library));
            return;
        }
        take_frame(r, &frame);
        amqp_maybe_release_buffers_on_channel(r->amqp, frame.channel);
    }
}

/* After reading, so that a heartbeat that came while nobody looked counts. */
static void keep_alive(struct rmq *r)
{
    uint64_t now = msvc_clock_monotonic_ns(r->host->clock);
    uint64_t beat_ns = r->heartbeat_s * (1000 * MS);

    if (beat_ns == 0 || r->lost < 0)
        return;
    if (now - r->read_ns > 2 * beat_ns)
        msvc__rmq_lose(r, MSVC_ERR_UNAVAILABLE, "no heartbeat from the broker for %u s",
                       2 * r->heartbeat_s);
    else if (now - r->sent_ns >= beat_ns / 2 && r->out.length == 0)
        msvc__rmq_put_heartbeat(r);
}

static void step(struct rmq *r)
{
    set_up(r);
    notice_input(r);
    if (r->lost == 0)
        read_frames(r);
    msvc__rmq_pump(r);
    msvc__rmq_publish_step(r);
    keep_alive(r);
    msvc__rmq_flush(r);
    msvc__rmq_publish_expire(r);
}

/* What the core was told of this connection ends here. */
static int drop(struct rmq *r, struct msvc_error *err)
{
    int status = r->lost;

    msvc__rmq_disconnect(r, false);
    msvc__rmq_publish_lost(r, r->why.message);
    msvc__rmq_consume_lost(r);
    r->host->disconnected(r->host);
    if (err != NULL)
        *err = r->why;
    return status;
}

static uint64_t earliest(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static bool has_input(const struct rmq *r)
{
    return amqp_frames_enqueued(r->amqp) != 0 || amqp_data_in_buffer(r->amqp) != 0;
}

static unsigned rabbitmq_settling(const void *handle)
{
    return ((const struct rmq *)handle)->moving;
}

static int rabbitmq_timeout_ms(const void *handle)
{
    const struct rmq *r = handle;
    uint64_t now = msvc_clock_monotonic_ns(r->host->clock);
    uint64_t next = msvc__rmq_publish_deadline(r);
    uint64_t beat_ns = r->heartbeat_s * (1000 * MS);

    if (r->amqp == NULL)
        return 0;
    if (r->lost < 0 || has_input(r) || msvc__rmq_publish_is_due(r))
        return 0;
    next = earliest(next, msvc__rmq_consume_due(r));
    if (beat_ns > 0)
        next = earliest(next, earliest(r->sent_ns + beat_ns / 2, r->read_ns + 2 * beat_ns + MS));
    if (next == UINT64_MAX)
        return -1;
    if (next <= now)
        return 0;
    return next - now > INT32_MAX * MS ? INT32_MAX : (int)((next - now + MS - 1) / MS);
}

/* Until the broker or the core has something, at most `timeout_ms`. @return Whether it was the
 * core. */
static bool wait(struct rmq *r, int timeout_ms)
{
    int timer_ms = rabbitmq_timeout_ms(r);
    struct pollfd fds[2] = {
        { .fd = r->fd, .events = (short)(POLLIN | (r->out.length > 0 ? POLLOUT : 0)) },
        { .fd = r->host->wake_fd, .events = POLLIN },
    };

    if (timer_ms >= 0 && timer_ms < timeout_ms)
        timeout_ms = timer_ms;
    (void)poll(fds, 2, timeout_ms);
    if (fds[0].revents != 0)
        r->read_ns = msvc_clock_monotonic_ns(r->host->clock);
    return fds[1].revents != 0;
}

static bool rabbitmq_is_connected(const void *handle)
{
    const struct rmq *r = handle;
    bool stands = r->amqp != NULL && r->lost == 0;

    for (const struct rmq_consumer *c = r->consumers; c != NULL && !r->is_stopped; c = c->next)
        stands = stands && c->stands;
    return stands;
}

static int rabbitmq_run_once(void *handle, int timeout_ms, struct msvc_error *err)
{
    struct rmq *r = handle;
    uint64_t deadline = msvc_deadline_in(NULL, timeout_ms);
    bool was_connected = rabbitmq_is_connected(r);
    int status = r->amqp == NULL ? msvc__rmq_connect(r, err) : 0;

    r->reported = 0;
    r->has_moved = false;
    if (status < 0) {
        msvc__rmq_publish_expire(r);
        return r->reported > 0 ? r->reported : status;
    }
    for (;;) {
        int left;

        step(r);
        if (r->lost < 0) {
            status = drop(r, err);
            return r->reported > 0 ? r->reported : status;
        }
        if (!was_connected && rabbitmq_is_connected(r))
            return r->reported; /* the core has publishes for us */
        left = msvc_deadline_left_ms(NULL, deadline, 60000);
        if (r->reported > 0 || r->has_moved || left == 0 || wait(r, left))
            return r->reported;
    }
}

static int rabbitmq_fd(const void *handle)
{
    return ((const struct rmq *)handle)->fd;
}

const struct msvc_bus_driver *msvc_bus_rabbitmq(void)
{
    static const char *const schemes[] = { "rabbitmq", "amqp", "amqps", NULL };
    static const struct msvc_bus_driver driver = {
        .size = sizeof(driver),
        .schemes = schemes,
        .origin = RMQ_ORIGIN,
        .open = rabbitmq_open,
        .close = rabbitmq_close,
        .capabilities = rabbitmq_capabilities,
        .publish = rabbitmq_publish,
        .subscribe = rabbitmq_subscribe,
        .stop = rabbitmq_stop,
        .settle = rabbitmq_settle,
        .settling = rabbitmq_settling,
        .run_once = rabbitmq_run_once,
        .is_connected = rabbitmq_is_connected,
        .fd = rabbitmq_fd,
        .timeout_ms = rabbitmq_timeout_ms,
        .holds_keys = true,
    };

    return &driver;
}
