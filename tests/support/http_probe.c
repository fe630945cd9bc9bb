/* SPDX-License-Identifier: MIT */
#include "http_probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <msvc/buffer.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/status.h>

static socklen_t read_address(struct sockaddr_storage *out, const char *address)
{
    struct sockaddr_in *in = (struct sockaddr_in *)out;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
    struct sockaddr_un *un = (struct sockaddr_un *)out;
    const char *colon = strrchr(address, ':');
    char host[64] = "";

    memset(out, 0, sizeof(*out));
    if (strncmp(address, "unix:", 5) == 0) {
        un->sun_family = AF_UNIX;
        memcpy(un->sun_path, address + 5, strlen(address + 5) + 1);
        return sizeof(*un);
    }
    if (address[0] == '[') {
        memcpy(host, address + 1, (size_t)(colon - address) - 2);
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons((uint16_t)atoi(colon + 1));
        (void)inet_pton(AF_INET6, host, &in6->sin6_addr);
        return sizeof(*in6);
    }
    memcpy(host, address, (size_t)(colon - address));
    in->sin_family = AF_INET;
    in->sin_port = htons((uint16_t)atoi(colon + 1));
    (void)inet_pton(AF_INET, host, &in->sin_addr);
    return sizeof(*in);
}

int probe_connect(const char *address)
{
    struct sockaddr_storage where;
    socklen_t length = read_address(&where, address);
    int fd = socket(where.ss_family, SOCK_STREAM, 0);

    if (fd >= 0 && connect(fd, (struct sockaddr *)&where, length) < 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

bool probe_send(int fd, const void *data, size_t length)
{
    const char *at = data;

    while (length > 0) {
        ssize_t sent = send(fd, at, length, MSG_NOSIGNAL);

        if (sent <= 0)
            return false;
        at += sent;
        length -= (size_t)sent;
    }
    return true;
}

bool probe_send_text(int fd, const char *text)
{
    return probe_send(fd, text, strlen(text));
}

/* One read into out; false at the end or when the time is up. */
static bool read_more(struct probe_reply *out, int fd, uint64_t deadline_ns)
{
    struct pollfd wait = { .fd = fd, .events = POLLIN };
    size_t room = sizeof(out->text) - 1 - out->length;
    ssize_t got;

    if (room == 0 || poll(&wait, 1, msvc_deadline_left_ms(NULL, deadline_ns, 60000)) <= 0)
        return false;
    got = recv(fd, out->text + out->length, room, 0);
    if (got <= 0) {
        out->is_closed = true;
        return false;
    }
    out->length += (size_t)got;
    out->text[out->length] = '\0';
    return true;
}

void probe_read(struct probe_reply *out, int fd, int timeout_ms)
{
    uint64_t deadline_ns = msvc_deadline_in(NULL, timeout_ms);

    out->length = 0;
    out->text[0] = '\0';
    out->is_closed = false;
    while (read_more(out, fd, deadline_ns))
        ;
}

bool probe_await(struct probe_reply *out, int fd, const char *text, int timeout_ms)
{
    uint64_t deadline_ns = msvc_deadline_in(NULL, timeout_ms);

    out->length = 0;
    out->text[0] = '\0';
    out->is_closed = false;
    while (strstr(out->text, text) == NULL) {
        if (!read_more(out, fd, deadline_ns))
            return false;
    }
    return true;
}

int probe_count(const struct probe_reply *reply, int status)
{
    const char *at = reply->text;
    int count = 0;

    while ((at = strstr(at, "HTTP/1.1 ")) != NULL) {
        at += strlen("HTTP/1.1 ");
        count += status == 0 || atoi(at) == status;
    }
    return count;
}

int probe_status(const char *address, const char *text, int timeout_ms)
{
    static struct probe_reply reply;
    int fd = probe_connect(address);

    if (fd < 0)
        return -1;
    (void)probe_send_text(fd, text);
    probe_read(&reply, fd, timeout_ms);
    (void)close(fd);
    return reply.length > strlen("HTTP/1.1 ") ? atoi(reply.text + strlen("HTTP/1.1 ")) : 0;
}

struct probe_transport {
    struct msvc_http_transport transport;
    char address[128];
};

static void write_request(struct msvc_buffer *out, const struct msvc_http_request_options *request)
{
    msvc_buffer_printf(out, "%s %s HTTP/1.1\r\nHost: test\r\nConnection: close\r\n",
                       request->method, request->target);
    for (const struct msvc_header *h = request->headers; h != NULL && h->name != NULL; h++)
        msvc_buffer_printf(out, "%s: %s\r\n", h->name, h->value);
    if (request->body != NULL)
        msvc_buffer_printf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n",
                           request->content_type, request->body_length);
    msvc_buffer_text(out, "\r\n");
    if (request->body != NULL)
        msvc_buffer_bytes(out, request->body, request->body_length);
}

/* Takes the chunks out of their frames, in place. */
static size_t join_chunks(char *body)
{
    char *to = body;
    char *from = body;
    size_t size;

    while ((size = strtoul(from, &from, 16)) > 0) {
        memmove(to, from + 2, size);
        to += size;
        from += 2 + size + 2;
    }
    return (size_t)(to - body);
}

static int read_answer(struct msvc_http_answer **out, struct probe_reply *reply)
{
    struct msvc_header headers[64] = { { NULL, NULL } };
    char *body = strstr(reply->text, "\r\n\r\n");
    char *line = strstr(reply->text, "\r\n");
    size_t count = 0;
    size_t length;

    if (body == NULL)
        return MSVC_ERR_MALFORMED;
    *body = '\0';
    body += 4;
    length = reply->length - (size_t)(body - reply->text);
    while (line != NULL && count < 63) {
        char *colon;

        line += 2;
        headers[count].name = line;
        colon = strchr(line, ':');
        line = strstr(line, "\r\n");
        if (line != NULL)
            *line = '\0';
        *colon = '\0';
        headers[count++].value = colon + 2;
    }
    headers[count].name = NULL;
    if (msvc_header_find(headers, "Transfer-Encoding", 0) != NULL && length > 0)
        length = join_chunks(body);
    return msvc_http_answer_new(out, atoi(reply->text + strlen("HTTP/1.1 ")), headers, body,
                                length);
}

static int call(struct msvc_http_transport *transport,
                const struct msvc_http_request_options *request, struct msvc_http_answer **out,
                struct msvc_error *err)
{
    struct probe_transport *self = (struct probe_transport *)transport;
    struct probe_reply *reply = calloc(1, sizeof(*reply));
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    int fd = probe_connect(self->address);
    int status = MSVC_ERR_UNAVAILABLE;

    if (fd >= 0 && reply != NULL) {
        write_request(&text, request);
        (void)probe_send(fd, text.data, text.length);
        probe_read(reply, fd, 10000);
        status = read_answer(out, reply);
    }
    if (fd >= 0)
        (void)close(fd);
    msvc_buffer_clear(&text);
    free(reply);
    return status == 0 ? 0 : msvc_error_set(err, status, "probe", 0, "no answer");
}

static void destroy(struct msvc_http_transport *transport)
{
    free(transport);
}

static const struct msvc_http_transport_ops ops = { sizeof(ops), call, destroy };

int probe_transport(struct msvc_http_transport **out, const char *address)
{
    struct probe_transport *self = calloc(1, sizeof(*self));

    if (self == NULL)
        return MSVC_ERR_NOMEM;
    self->transport.ops = &ops;
    (void)snprintf(self->address, sizeof(self->address), "%s", address);
    *out = &self->transport;
    return 0;
}
