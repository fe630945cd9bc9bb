/* SPDX-License-Identifier: MIT */
/*
 * Connecting is a short conversation and waits, at most the bus' timeout.
 * After it the library is told that there are no heartbeats, because it would
 * send one in the middle of a frame of ours; we send and expect them ourselves.
 */
#include "drivers/rabbitmq/rabbitmq_internal.h"

#include <stdio.h>
#include <sys/time.h>

#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>

#include <msvc/clock.h>
#include <msvc/status.h>
#include <msvc/url.h>

#include "base/os_internal.h"

#define CHANNELS   16
#define FRAME_MOST 131072
#define SYSTEM_CA  "/etc/ssl/certs/ca-certificates.crt"
#define GOODBYE_MS 1000u

static struct timeval timeout_of(unsigned ms)
{
    return (struct timeval){ .tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000 };
}

static int tls_file_error(struct msvc_error *err, int library, const char *what, const char *path)
{
    return msvc_error_set(err, MSVC_ERR_INVALID, RMQ_ORIGIN, library,
                          "the %s %s cannot be used: %s", what, path, amqp_error_string2(library));
}

static int tls_socket(amqp_socket_t **out, struct rmq *r, struct msvc_error *err)
{
    const struct rmq_config *c = &r->config;
    const char *ca = c->ca != NULL ? c->ca : SYSTEM_CA;
    amqp_socket_t *socket = amqp_ssl_socket_new(r->amqp);
    int library;

    if (socket == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, RMQ_ORIGIN, 0, "out of memory");
    amqp_ssl_socket_set_verify_peer(socket, 1);
    amqp_ssl_socket_set_verify_hostname(socket, 1);
    (void)amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST);
    library = amqp_ssl_socket_set_cacert(socket, ca);
    if (library != AMQP_STATUS_OK)
        return tls_file_error(err, library, "CA file", ca);
    library = c->cert != NULL ? amqp_ssl_socket_set_key(socket, c->cert, c->key) : AMQP_STATUS_OK;
    if (library != AMQP_STATUS_OK)
        return tls_file_error(err, library, "certificate and key", c->cert);
    *out = socket;
    return 0;
}

static int open_socket(struct rmq *r, const struct msvc_url_host *host, struct msvc_error *err)
{
    struct timeval timeout = timeout_of(r->host->timeout_ms);
    amqp_socket_t *socket = NULL;
    char what[300];
    int library;
    int status = 0;

    if (r->config.is_tls)
        status = tls_socket(&socket, r, err);
    else if ((socket = amqp_tcp_socket_new(r->amqp)) == NULL)
        status = msvc_error_set(err, MSVC_ERR_NOMEM, RMQ_ORIGIN, 0, "out of memory");
    if (status < 0)
        return status;
    library = amqp_socket_open_noblock(socket, host->name, host->port, &timeout);
    (void)snprintf(what, sizeof(what), "connect to %.255s:%u", host->name, (unsigned)host->port);
    if (library != AMQP_STATUS_OK)
        return msvc__rmq_library_error(err, library, what);
    r->fd = amqp_get_sockfd(r->amqp);
    msvc__tcp_user_timeout(r->fd, r->host->timeout_ms);
    return 0;
}

/* Ask to be told when the broker takes no messages; show our name. */
static amqp_rpc_reply_t log_in(struct rmq *r)
{
    amqp_table_entry_t capability = { .key = amqp_cstring_bytes("connection.blocked"),
                                      .value = { .kind = AMQP_FIELD_KIND_BOOLEAN,
                                                 .value = { .boolean = 1 } } };
    amqp_table_entry_t entries[2] = {
        { .key = amqp_cstring_bytes("capabilities"),
          .value = { .kind = AMQP_FIELD_KIND_TABLE,
                     .value = { .table = { .num_entries = 1, .entries = &capability } } } },
        { .key = amqp_cstring_bytes("connection_name"),
          .value = { .kind = AMQP_FIELD_KIND_UTF8,
                     .value = { .bytes = amqp_cstring_bytes(r->host->client_name) } } },
    };
    amqp_table_t properties = { .num_entries = *r->host->client_name != '\0' ? 2 : 1,
                                .entries = entries };

    return amqp_login_with_properties(r->amqp, r->config.vhost, CHANNELS, FRAME_MOST,
                                      (int)r->config.heartbeat_s, &properties,
                                      AMQP_SASL_METHOD_PLAIN, r->config.user, r->config.password);
}

static int agree(struct rmq *r, struct msvc_error *err)
{
    int frame_most = amqp_get_frame_max(r->amqp);
    int library;

    r->heartbeat_s = (unsigned)amqp_get_heartbeat(r->amqp);
    r->frame_most = frame_most > 0 ? (size_t)frame_most : FRAME_MOST;
    library = amqp_tune_connection(r->amqp, amqp_get_channel_max(r->amqp), (int)r->frame_most, 0);
    return library == AMQP_STATUS_OK ? 0 : msvc__rmq_library_error(err, library, "log in");
}

static int open_channel(struct rmq *r, amqp_channel_t channel, struct msvc_error *err)
{
    (void)amqp_channel_open(r->amqp, channel);
    return msvc__rmq_reply_error(err, amqp_get_rpc_reply(r->amqp), "open a channel");
}

int msvc__rmq_open_publish_channel(struct rmq *r, struct msvc_error *err)
{
    int status = open_channel(r, RMQ_CHANNEL_PUBLISH, err);

    if (status < 0)
        return status;
    (void)amqp_confirm_select(r->amqp, RMQ_CHANNEL_PUBLISH);
    r->sent.first = r->sent.next = 1;
    return msvc__rmq_reply_error(err, amqp_get_rpc_reply(r->amqp), "ask for confirms");
}

static int converse(struct rmq *r, const struct msvc_url_host *host, struct msvc_error *err)
{
    struct timeval timeout = timeout_of(r->host->timeout_ms);
    int status;

    (void)amqp_set_handshake_timeout(r->amqp, &timeout);
    (void)amqp_set_rpc_timeout(r->amqp, &timeout);
    status = open_socket(r, host, err);
    if (status == 0)
        status = msvc__rmq_reply_error(err, log_in(r), "log in");
    if (status == 0)
        status = agree(r, err);
    if (status == 0)
        status = msvc__rmq_open_publish_channel(r, err);
    if (status == 0)
        status = open_channel(r, RMQ_CHANNEL_CONSUME, err);
    if (status == 0)
        status = open_channel(r, RMQ_CHANNEL_DECLARE, err);
    return status == 0 ? msvc__rmq_declare_exchange(r, err) : status;
}

int msvc__rmq_connect(struct rmq *r, struct msvc_error *err)
{
    const struct msvc_url_host *host = &r->config.hosts[r->host_at % r->config.host_count];
    int status;

    r->amqp = amqp_new_connection();
    if (r->amqp == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, RMQ_ORIGIN, 0, "out of memory");
    r->lost = 0;
    r->is_blocked = false;
    status = converse(r, host, err);
    r->read_ns = r->sent_ns = msvc_clock_monotonic_ns(r->host->clock);
    if (status < 0) {
        r->host_at++;
        msvc__rmq_disconnect(r, false);
    }
    return status;
}

void msvc__rmq_disconnect(struct rmq *r, bool politely)
{
    struct timeval timeout = timeout_of(GOODBYE_MS);

    if (r->amqp == NULL)
        return;
    if (politely) {
        msvc__rmq_flush(r);
        (void)amqp_set_rpc_timeout(r->amqp, &timeout);
        if (r->lost == 0 && r->out.length == 0)
            (void)amqp_connection_close(r->amqp, AMQP_REPLY_SUCCESS);
    }
    (void)amqp_destroy_connection(r->amqp);
    r->amqp = NULL;
    r->fd = -1;
    msvc_buffer_clear(&r->out);
}
