/* SPDX-License-Identifier: MIT */
#include "http_server/listen_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "base/os_internal.h"

#define BACKLOG     1024
#define UNIX_PREFIX "unix:"

void msvc__address_text(char *out, size_t size, const struct sockaddr *address, socklen_t length)
{
    char host[INET6_ADDRSTRLEN] = "";

    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)address;

        (void)inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
        (void)snprintf(out, size, "%s:%u", host, ntohs(in->sin_port));
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)address;

        (void)inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
        (void)snprintf(out, size, "[%s]:%u", host, ntohs(in6->sin6_port));
    } else {
        const struct sockaddr_un *un = (const struct sockaddr_un *)(const void *)address;
        size_t most = length > offsetof(struct sockaddr_un, sun_path)
                          ? length - offsetof(struct sockaddr_un, sun_path)
                          : 0;

        (void)snprintf(out, size, UNIX_PREFIX "%.*s", (int)most, un->sun_path);
    }
}

static int fail(struct msvc_error *err, const char *what, const char *address)
{
    int code = errno;
    char text[128] = "unknown error";

    (void)strerror_r(code, text, sizeof(text));
    return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "http", code, "%s %s: %s", what, address,
                          text);
}

static int open_socket(int family)
{
    int fd = socket(family, SOCK_STREAM, 0);
    int on = 1;

    if (fd < 0)
        return -1;
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    if (family != AF_UNIX)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    return fd;
}

static int bind_and_listen(struct listener *out, const struct sockaddr *where, socklen_t length,
                           const char *address, struct msvc_error *err)
{
    struct sockaddr_storage bound = { 0 };
    socklen_t bound_length = sizeof(bound);
    int fd = open_socket(where->sa_family);
    int status;

    if (fd < 0)
        return fail(err, "no socket for", address);
    if (bind(fd, where, length) < 0 || listen(fd, BACKLOG) < 0) {
        status = fail(err, "cannot listen on", address);
        (void)close(fd);
        return status;
    }
    (void)getsockname(fd, (struct sockaddr *)&bound, &bound_length);
    msvc__address_text(out->address, sizeof(out->address), (struct sockaddr *)&bound, bound_length);
    out->fd = fd;
    return 0;
}

/* A socket file that nobody listens on was left by a process that died. */
static void remove_stale(const struct sockaddr_un *un)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)(const void *)un, sizeof(*un)) < 0 &&
        errno == ECONNREFUSED)
        (void)unlink(un->sun_path);
    (void)close(fd);
}

static int listen_unix(struct listener *out, const char *path, const char *address,
                       struct msvc_error *err)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };

    if (*path == '\0' || strlen(path) >= sizeof(un.sun_path))
        return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0,
                              "the path of '%s' must have 1 to %zu bytes", address,
                              sizeof(un.sun_path) - 1);
    memcpy(un.sun_path, path, strlen(path) + 1);
    remove_stale(&un);
    return bind_and_listen(out, (struct sockaddr *)&un, sizeof(un), address, err);
}

/* Cuts "host:port" and "[host]:port"; false when it is neither. */
static bool split(char *host, size_t size, const char **port, const char *address)
{
    const char *colon = strrchr(address, ':');
    size_t length = colon != NULL ? (size_t)(colon - address) : 0;

    if (length == 0 || length >= size || colon[1] == '\0' ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
        strtoul(colon + 1, NULL, 10) > 65535)
        return false;
    if (address[0] == '[' && address[length - 1] == ']') {
        address++;
        length -= 2;
    } else if (memchr(address, ':', length) != NULL) {
        return false;
    }
    memcpy(host, address, length);
    host[length] = '\0';
    *port = colon + 1;
    return length > 0;
}

int msvc__listen(struct listener *out, const char *address, struct msvc_error *err)
{
    const struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                                    .ai_socktype = SOCK_STREAM };
    struct addrinfo *found;
    const char *port;
    char host[256];
    int status;

    if (strncmp(address, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
        return listen_unix(out, address + strlen(UNIX_PREFIX), address, err);
    if (!split(host, sizeof(host), &port, address))
        return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0,
                              "'%s' is not like 127.0.0.1:8080, [::]:8080 or unix:/path", address);
    status = getaddrinfo(host, port, &hints, &found);
    if (status != 0)
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "http", status, "%s: %s", address,
                              gai_strerror(status));
    status = bind_and_listen(out, found->ai_addr, found->ai_addrlen, address, err);
    freeaddrinfo(found);
    return status;
}

void msvc__listener_close_door(struct listener *l)
{
    if (strncmp(l->address, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
        (void)unlink(l->address + strlen(UNIX_PREFIX));
    else
        msvc__tcp_take_no_more(l->fd);
}

void msvc__listener_shut(struct listener *l)
{
    if (l->fd < 0 || l->is_shut)
        return;
    msvc__listener_close_door(l);
    (void)shutdown(l->fd, SHUT_RDWR);
    l->is_shut = true;
}

void msvc__listener_close(struct listener *l)
{
    if (l->fd < 0)
        return;
    msvc__listener_shut(l);
    (void)close(l->fd);
    l->fd = -1;
}
