/* SPDX-License-Identifier: MIT */
/* A server with routes that wait, count and read, and bare sockets to it. */
#ifndef MSVC_TEST_HTTP_SERVER_SUPPORT_H
#define MSVC_TEST_HTTP_SERVER_SUPPORT_H

#include <pthread.h>

#include <msvc/error.h>
#include <msvc/http_server.h>
#include <msvc/status.h>

#include "http_probe.h"
#include "http_routes.h"
#include "test.h"

#define PATIENCE_MS 5000
#define GET(path)   "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define LAST(path)  "GET " path " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

/* A door that handlers wait at. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_open;
    int inside;
};

struct fixture {
    struct msvc_http_router *router;
    struct msvc_http_server *server;
    struct gate gate;
    struct probe_reply reply;
    _Atomic int handled;
    _Atomic int read_result;
};

int server_setup(void **state);
int server_teardown(void **state);

void start(struct fixture *f, const struct msvc_http_server_options *options);
/* A connection. */
int dial(struct fixture *f);
/* The status of one request over a connection of its own. */
int ask(struct fixture *f, const char *request);

void wait_for_inside(struct fixture *f, int count);
void open_gate(struct fixture *f);

#endif
