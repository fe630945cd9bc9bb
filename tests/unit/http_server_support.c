/* SPDX-License-Identifier: MIT */
#include "http_server_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void wait_at_gate(struct msvc_http_exchange *x, void *user)
{
    struct fixture *f = user;

    (void)pthread_mutex_lock(&f->gate.lock);
    f->gate.inside++;
    (void)pthread_cond_broadcast(&f->gate.changed);
    while (!f->gate.is_open)
        (void)pthread_cond_wait(&f->gate.changed, &f->gate.lock);
    (void)pthread_mutex_unlock(&f->gate.lock);
    msvc_http_reply(x, 200, "text/plain", "through", 7);
}

void wait_for_inside(struct fixture *f, int count)
{
    (void)pthread_mutex_lock(&f->gate.lock);
    while (f->gate.inside < count)
        (void)pthread_cond_wait(&f->gate.changed, &f->gate.lock);
    (void)pthread_mutex_unlock(&f->gate.lock);
}

void open_gate(struct fixture *f)
{
    (void)pthread_mutex_lock(&f->gate.lock);
    f->gate.is_open = true;
    (void)pthread_cond_broadcast(&f->gate.changed);
    (void)pthread_mutex_unlock(&f->gate.lock);
}

static void count_call(struct msvc_http_exchange *x, void *user)
{
    struct fixture *f = user;

    f->handled++;
    msvc_http_reply(x, 204, NULL, NULL, 0);
}

static void read_one_byte(struct msvc_http_exchange *x, void *user)
{
    struct fixture *f = user;
    char byte;
    int got;

    while ((got = msvc_http_read(x, &byte, 1)) > 0)
        ;
    f->read_result = got;
    f->handled++;
    msvc_http_reply(x, 204, NULL, NULL, 0);
}

static void stream_after_gate(struct msvc_http_exchange *x, void *user)
{
    struct fixture *f = user;
    static char bytes[65536];
    char text[32];
    size_t count = 0;
    int got;

    (void)pthread_mutex_lock(&f->gate.lock);
    while (!f->gate.is_open)
        (void)pthread_cond_wait(&f->gate.changed, &f->gate.lock);
    (void)pthread_mutex_unlock(&f->gate.lock);
    while ((got = msvc_http_read(x, bytes, sizeof(bytes))) > 0)
        count += (size_t)got;
    (void)snprintf(text, sizeof(text), "%zu", count);
    msvc_http_reply(x, 200, "text/plain", text, strlen(text));
}

int server_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    (void)pthread_mutex_init(&f->gate.lock, NULL);
    (void)pthread_cond_init(&f->gate.changed, NULL);
    assert_int_equal(msvc_http_router_new(&f->router, NULL), 0);
    assert_int_equal(test_routes_add(f->router), 0);
    assert_int_equal(msvc_http_route(f->router, "GET", "/gate", wait_at_gate, f, NULL), 0);
    assert_int_equal(msvc_http_route(f->router, "GET", "/count", count_call, f, NULL), 0);
    assert_int_equal(msvc_http_route(f->router, "POST", "/read", read_one_byte, f,
                                     MSVC_HTTP_ROUTE_OPTIONS(.streams_request = true)),
                     0);
    assert_int_equal(
        msvc_http_route(f->router, "POST", "/slow-read", stream_after_gate, f,
                        MSVC_HTTP_ROUTE_OPTIONS(.streams_request = true, .body_limit = 64 << 20)),
        0);
    *state = f;
    return 0;
}

int server_teardown(void **state)
{
    struct fixture *f = *state;

    open_gate(f);
    msvc_http_server_free(f->server);
    msvc_http_router_free(f->router);
    (void)pthread_cond_destroy(&f->gate.changed);
    (void)pthread_mutex_destroy(&f->gate.lock);
    free(f);
    return 0;
}

void start(struct fixture *f, const struct msvc_http_server_options *options)
{
    struct msvc_error err;

    if (msvc_http_server_start(&f->server, f->router, options, &err) < 0)
        fail_msg("%s", err.message);
}

int dial(struct fixture *f)
{
    int fd = probe_connect(msvc_http_server_address(f->server));

    assert_true(fd >= 0);
    return fd;
}

int ask(struct fixture *f, const char *request)
{
    return probe_status(msvc_http_server_address(f->server), request, PATIENCE_MS);
}
