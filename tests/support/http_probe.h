/* SPDX-License-Identifier: MIT */
/* A client that sends exactly the bytes it is given, as no decent client would. */
#ifndef MSVC_TEST_HTTP_PROBE_H
#define MSVC_TEST_HTTP_PROBE_H

#include <msvc/http.h>

/* A socket to "127.0.0.1:1234", "[::1]:1234" or "unix:/path"; -1 when refused. */
int probe_connect(const char *address);

/* Sends all of it; false when the peer has closed. */
bool probe_send(int fd, const void *data, size_t length);
bool probe_send_text(int fd, const char *text);

struct probe_reply {
    char text[65536]; /* everything that came, NUL-terminated */
    size_t length;
    bool is_closed; /* the server closed; else the time was up */
};

/* Reads until the server closes, or for timeout_ms. */
void probe_read(struct probe_reply *out, int fd, int timeout_ms);

/* Reads until text came, the server closes, or timeout_ms passed; whether it came. */
bool probe_await(struct probe_reply *out, int fd, const char *text, int timeout_ms);

/* How many "HTTP/1.1 " lines with this status (0: any) there are in it. */
int probe_count(const struct probe_reply *reply, int status);

/* Send text, read until the server closes or is quiet, close; the first status, 0 for none. */
int probe_status(const char *address, const char *text, int timeout_ms);

/* A transport over new sockets. 0 or a negative status. */
int probe_transport(struct msvc_http_transport **out, const char *address);

#endif
