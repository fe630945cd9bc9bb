/* SPDX-License-Identifier: MIT */
#ifndef MSVC_HTTP_SERVER_LISTEN_INTERNAL_H
#define MSVC_HTTP_SERVER_LISTEN_INTERNAL_H

#include <sys/socket.h>

#include <msvc/base.h>

struct msvc_error;

#define MSVC__ADDRESS_SIZE 128

struct listener {
    int fd;                           /* -1: none */
    bool is_shut;                     /* takes nobody any more */
    char address[MSVC__ADDRESS_SIZE]; /* where it really listens */
};

/* Returns 0, MSVC_ERR_INVALID or MSVC_ERR_UNAVAILABLE. */
int msvc__listen(struct listener *out, const char *address, struct msvc_error *err);

/* Nobody new may begin to connect; the file of a Unix socket goes. Who has begun can be accepted.
 */
void msvc__listener_close_door(struct listener *listener);

/* Take nobody any more: who connects is refused. */
void msvc__listener_shut(struct listener *listener);

/* Shut and close it. */
void msvc__listener_close(struct listener *listener);

/* "127.0.0.1:51234", "[::1]:51234", "unix:/path"; "unix:" for a peer without a name. */
void msvc__address_text(char *out, size_t size, const struct sockaddr *address, socklen_t length);

#endif
