/* SPDX-License-Identifier: MIT */
/* The server under peers that are slow, many or gone, and its own end. */
#include <msvc/http_server.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
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

static void wait_for_inside(struct fixture *f, int count)
{
    (void)pthread_mutex_lock(&f->gate.lock);
    while (f->gate.inside < count)
        (void)pthread_cond_wait(&f->gate.changed, &f->gate.lock);
    (void)pthread_mutex_unlock(&f->gate.lock);
}

static void open_gate(struct fixture *f)
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

static int setup(void **state)
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

static int teardown(void **state)
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

static void start(struct fixture *f, const struct msvc_http_server_options *options)
{
    struct msvc_error err;

    if (msvc_http_server_start(&f->server, f->router, options, &err) < 0)
        fail_msg("%s", err.message);
}

static int dial(struct fixture *f)
{
    int fd = probe_connect(msvc_http_server_address(f->server));

    assert_true(fd >= 0);
    return fd;
}

static int ask(struct fixture *f, const char *request)
{
    return probe_status(msvc_http_server_address(f->server), request, PATIENCE_MS);
}

static void listens_on_a_unix_socket_and_removes_it(void **state)
{
    struct fixture *f = *state;
    char path[] = "/tmp/msvc-http-XXXXXX";
    char address[64];

    assert_non_null(mkdtemp(path));
    (void)snprintf(address, sizeof(address), "unix:%s/socket", path);
    start(f, MSVC_HTTP_SERVER_OPTIONS(.address = address));
    assert_string_equal(msvc_http_server_address(f->server), address);
    assert_int_equal(ask(f, LAST("/hello")), 200);
    assert_int_equal(msvc_http_server_stop(f->server, PATIENCE_MS), 0);
    assert_int_equal(rmdir(path), 0);
}

static void listens_on_ipv6(void **state)
{
    struct fixture *f = *state;
    struct msvc_error err;

    if (msvc_http_server_start(&f->server, f->router,
                               MSVC_HTTP_SERVER_OPTIONS(.address = "[::1]:0"), &err) < 0) {
        print_message("no IPv6 here: %s\n", err.message);
        skip();
    }
    assert_int_equal(strncmp(msvc_http_server_address(f->server), "[::1]:", 6), 0);
    assert_int_equal(ask(f, LAST("/hello")), 200);
}

static void refuses_an_address_it_does_not_understand(void **state)
{
    struct fixture *f = *state;
    struct msvc_error err;

    assert_int_equal(msvc_http_server_start(&f->server, f->router,
                                            MSVC_HTTP_SERVER_OPTIONS(.address = "8080"), &err),
                     MSVC_ERR_INVALID);
    assert_string_equal(err.message, "'8080' is not like 127.0.0.1:8080, [::]:8080 or unix:/path");
}

static void says_when_an_address_is_taken(void **state)
{
    struct fixture *f = *state;
    struct msvc_http_server *second = NULL;
    struct msvc_error err;

    start(f, NULL);
    assert_int_equal(msvc_http_server_start(
                         &second, f->router,
                         MSVC_HTTP_SERVER_OPTIONS(.address = msvc_http_server_address(f->server)),
                         &err),
                     MSVC_ERR_UNAVAILABLE);
    assert_int_equal(err.native, EADDRINUSE);
    assert_null(second);
}

static void answers_431_to_headers_over_the_limit(void **state)
{
    static char request[20000];
    struct fixture *f = *state;

    start(f, NULL);
    (void)snprintf(request, sizeof(request),
                   "GET /hello HTTP/1.1\r\nHost: a\r\nX-Long: %0*d\r\n\r\n", 9000, 1);
    assert_int_equal(ask(f, request), 431);
    (void)snprintf(request, sizeof(request),
                   "GET /hello HTTP/1.1\r\nHost: a\r\nX-Long: %0*d\r\n\r\n", 19000, 1);
    assert_int_equal(ask(f, request), 431);
}

static void fill_head(struct msvc_http_exchange *x, void *user)
{
    char value[4000];
    size_t length = (size_t)atoi(msvc_http_param(x, "length"));

    (void)user;
    memset(value, 'a', length);
    value[length] = '\0';
    msvc_http_reply_header(x, "X-Filled", value);
    msvc_http_reply(x, 200, NULL, NULL, 0);
}

static void has_room_for_the_head_of_an_answer_behind_full_headers(void **state)
{
    static char request[20000];
    struct fixture *f = *state;

    assert_int_equal(msvc_http_route(f->router, "GET", "/fill/{length}", fill_head, NULL, NULL), 0);
    start(f, NULL);
    for (int i = 7800; i < 8200; i += 40) {
        int status;

        (void)snprintf(request, sizeof(request),
                       "GET /fill/3500 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: %0*d\r\n\r\n",
                       i, 1);
        status = ask(f, request);
        assert_true(status == 200 || status == 431);
    }
    assert_int_equal(ask(f, LAST("/fill/3900")), 500);
}

static void answers_431_to_too_many_headers(void **state)
{
    struct fixture *f = *state;
    char request[4000] = "GET /hello HTTP/1.1\r\nHost: a\r\n";

    start(f, NULL);
    for (int i = 0; i < 100; i++)
        (void)strcat(request, "X-A: b\r\n");
    (void)strcat(request, "\r\n");
    assert_int_equal(ask(f, request), 431);
}

static void answers_414_to_a_target_over_the_limit(void **state)
{
    static char request[20000];
    struct fixture *f = *state;

    start(f, NULL);
    (void)snprintf(request, sizeof(request), "GET /%0*d HTTP/1.1\r\nHost: a\r\n\r\n", 9000, 1);
    assert_int_equal(ask(f, request), 414);
    (void)snprintf(request, sizeof(request), "GET /%0*d HTTP/1.1\r\nHost: a\r\n\r\n", 19000, 1);
    assert_int_equal(ask(f, request), 414);
}

static void answers_413_before_a_body_that_is_too_long(void **state)
{
    struct fixture *f = *state;

    start(f, NULL);
    assert_int_equal(ask(f, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n"), 413);
}

static void answers_413_behind_chunks_that_are_too_long(void **state)
{
    static char request[8000];
    struct fixture *f = *state;

    start(f, NULL);
    (void)snprintf(request, sizeof(request),
                   "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "1388\r\n%0*d\r\n0\r\n\r\n",
                   5000, 1);
    assert_int_equal(ask(f, request), 413);
}

static void closes_on_chunks_that_do_not_end(void **state)
{
    static char chunk[10010];
    struct fixture *f = *state;
    int fd;

    start(f, NULL);
    fd = dial(f);
    (void)snprintf(chunk, sizeof(chunk), "2710\r\n%0*d\r\n", 10000, 1);
    (void)probe_send_text(fd,
                          "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 100 && probe_send_text(fd, chunk); i++)
        ;
    probe_read(&f->reply, fd, PATIENCE_MS);
    assert_true(f->reply.is_closed);
    (void)close(fd);
}

static void asks_for_the_body_when_that_is_expected(void **state)
{
    struct fixture *f = *state;
    int fd;

    start(f, NULL);
    fd = dial(f);
    (void)probe_send_text(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n"
                              "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    assert_true(probe_await(&f->reply, fd, "HTTP/1.1 100 Continue\r\n\r\n", PATIENCE_MS));
    (void)probe_send_text(fd, "ab");
    assert_true(probe_await(&f->reply, fd, "\r\n\r\nab", PATIENCE_MS));
    (void)close(fd);
}

static void does_not_ask_for_a_body_it_will_not_take(void **state)
{
    struct fixture *f = *state;

    start(f, NULL);
    assert_int_equal(ask(f, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n"
                            "Expect: 100-continue\r\n\r\n"),
                     413);
}

/* Milliseconds until the server closes, having been fed a byte now and then. */
static int drip(struct fixture *f, const char *start_with, const char *byte)
{
    uint64_t began_ns = msvc_clock_monotonic_ns(NULL);
    int fd = dial(f);

    (void)probe_send_text(fd, start_with);
    do {
        (void)probe_send_text(fd, byte);
        probe_read(&f->reply, fd, 20);
    } while (!f->reply.is_closed && msvc_clock_monotonic_ns(NULL) - began_ns < 5000000000u);
    (void)close(fd);
    return (int)((msvc_clock_monotonic_ns(NULL) - began_ns) / 1000000);
}

static void cuts_off_slow_headers(void **state)
{
    struct fixture *f = *state;
    int ms;

    start(f, MSVC_HTTP_SERVER_OPTIONS(.header_timeout_ms = 200));
    ms = drip(f, "GET /hello HTTP/1.1\r\nX-A: ", "b");
    assert_in_range(ms, 190, 2000);
}

static void cuts_off_a_slow_request_line(void **state)
{
    struct fixture *f = *state;
    int ms;

    start(f, MSVC_HTTP_SERVER_OPTIONS(.header_timeout_ms = 200));
    ms = drip(f, "GET /", "b");
    assert_in_range(ms, 190, 2000);
}

static void cuts_off_a_slow_body(void **state)
{
    struct fixture *f = *state;
    int ms;

    start(f, MSVC_HTTP_SERVER_OPTIONS(.body_timeout_ms = 200));
    ms = drip(f, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n", "b");
    assert_in_range(ms, 190, 2000);
    ms = drip(f, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
              "1\r\nb\r\n");
    assert_in_range(ms, 190, 2000);
}

static void cuts_off_a_slow_streamed_body_and_tells_the_handler(void **state)
{
    struct fixture *f = *state;
    int ms;

    start(f, MSVC_HTTP_SERVER_OPTIONS(.body_timeout_ms = 200));
    ms = drip(f, "POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n", "b");
    assert_in_range(ms, 190, 2000);
    assert_int_equal(msvc_http_server_stop(f->server, PATIENCE_MS), 0);
    assert_int_equal(f->read_result, MSVC_ERR_TIMEOUT);
}

static void tells_the_handler_when_the_peer_has_gone(void **state)
{
    struct fixture *f = *state;
    int fd;

    start(f, NULL);
    fd = dial(f);
    (void)probe_send_text(fd, "POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab");
    (void)close(fd);
    while (f->handled == 0)
        (void)poll(NULL, 0, 1);
    assert_int_equal(f->read_result, MSVC_ERR_CANCELLED);
}

static void closes_an_idle_connection(void **state)
{
    struct fixture *f = *state;
    int fd;

    start(f, MSVC_HTTP_SERVER_OPTIONS(.idle_timeout_ms = 100));
    fd = dial(f);
    (void)probe_send_text(fd, GET("/hello"));
    probe_read(&f->reply, fd, PATIENCE_MS);
    assert_int_equal(probe_count(&f->reply, 200), 1);
    assert_true(f->reply.is_closed);
    (void)close(fd);
}

static void answers_inline_routes_while_all_workers_block(void **state)
{
    struct fixture *f = *state;
    int fds[2];

    start(f, MSVC_HTTP_SERVER_OPTIONS(.worker_count = 2));
    for (int i = 0; i < 2; i++) {
        fds[i] = dial(f);
        (void)probe_send_text(fds[i], LAST("/gate"));
    }
    wait_for_inside(f, 2);
    assert_int_equal(ask(f, LAST("/inline")), 200);
    open_gate(f);
    for (int i = 0; i < 2; i++) {
        probe_read(&f->reply, fds[i], PATIENCE_MS);
        assert_int_equal(probe_count(&f->reply, 200), 1);
        (void)close(fds[i]);
    }
}

static void answers_503_when_the_queue_is_full(void **state)
{
    struct fixture *f = *state;
    int blocked;
    int waiting;

    start(f, MSVC_HTTP_SERVER_OPTIONS(.worker_count = 1, .queue_limit = 1));
    blocked = dial(f);
    (void)probe_send_text(blocked, LAST("/gate"));
    wait_for_inside(f, 1);
    waiting = dial(f);
    (void)probe_send_text(waiting, LAST("/hello"));
    assert_int_equal(ask(f, LAST("/inline")), 200); /* the loop has seen the one that waits */
    assert_int_equal(ask(f, LAST("/hello")), 503);
    open_gate(f);
    probe_read(&f->reply, waiting, PATIENCE_MS);
    assert_int_equal(probe_count(&f->reply, 200), 1);
    (void)close(blocked);
    (void)close(waiting);
}

static void does_not_run_what_is_too_late_when_its_turn_comes(void **state)
{
    struct fixture *f = *state;
    int blocked;
    int waiting;

    start(f, MSVC_HTTP_SERVER_OPTIONS(.worker_count = 1));
    blocked = dial(f);
    (void)probe_send_text(blocked, LAST("/gate"));
    wait_for_inside(f, 1);
    waiting = dial(f);
    (void)probe_send_text(waiting, "GET /count HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                                   "X-Request-Timeout-Ms: 30\r\n\r\n");
    probe_read(&f->reply, waiting, 100);
    open_gate(f);
    probe_read(&f->reply, waiting, PATIENCE_MS);
    assert_int_equal(probe_count(&f->reply, 504), 1);
    assert_int_equal(f->handled, 0);
    (void)close(blocked);
    (void)close(waiting);
}

static void holds_the_peer_back_while_a_streaming_handler_is_slow(void **state)
{
    struct fixture *f = *state;
    char *body = calloc(1, 16 << 20);
    int fd;
    ssize_t sent;
    size_t total = 0;

    start(f, NULL);
    fd = dial(f);
    (void)probe_send_text(fd, "POST /slow-read HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                              "Content-Length: 16777216\r\n\r\n");
    do {
        sent = send(fd, body, 1 << 20, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0)
            probe_read(&f->reply, fd, 100);
        total += sent > 0 ? (size_t)sent : 0;
    } while (sent >= 0 && total < (16 << 20));
    assert_true(total < (16 << 20));
    open_gate(f);
    assert_true(probe_send(fd, body, (16 << 20) - total));
    assert_true(probe_await(&f->reply, fd, "\r\n\r\n16777216", PATIENCE_MS));
    (void)close(fd);
    free(body);
}

static void cuts_the_connection_of_a_stream_that_breaks(void **state)
{
    struct fixture *f = *state;
    int fd;

    start(f, NULL);
    fd = dial(f);
    (void)probe_send_text(fd, GET("/stream-cut"));
    probe_read(&f->reply, fd, PATIENCE_MS);
    assert_true(f->reply.is_closed);
    assert_non_null(strstr(f->reply.text, "chunk 2\n"));
    assert_null(strstr(f->reply.text, "\r\n0\r\n"));
    (void)close(fd);
}

static void says_close_while_it_drains(void **state)
{
    struct fixture *f = *state;

    start(f, NULL);
    msvc_http_server_drain(f->server);
    assert_int_equal(ask(f, GET("/hello")), 200); /* that it closes is why this comes back */
}

static void waits_for_requests_in_flight_when_it_stops(void **state)
{
    struct fixture *f = *state;
    int fd;

    start(f, NULL);
    fd = dial(f);
    (void)probe_send_text(fd, GET("/gate"));
    wait_for_inside(f, 1);
    assert_int_equal(msvc_http_server_stop(f->server, 50), MSVC_ERR_TIMEOUT);
    assert_int_equal(probe_connect(msvc_http_server_address(f->server)), -1);
    open_gate(f);
    probe_read(&f->reply, fd, PATIENCE_MS);
    assert_int_equal(probe_count(&f->reply, 200), 1);
    assert_int_equal(msvc_http_server_stop(f->server, PATIENCE_MS), 0);
    (void)close(fd);
}

static void frees_while_requests_wait(void **state)
{
    struct fixture *f = *state;
    int fds[3];

    start(f, MSVC_HTTP_SERVER_OPTIONS(.worker_count = 1));
    for (int i = 0; i < 3; i++) {
        fds[i] = dial(f);
        (void)probe_send_text(fds[i], i == 0 ? GET("/hello") : GET("/count"));
    }
    msvc_http_server_free(f->server);
    f->server = NULL;
    for (int i = 0; i < 3; i++)
        (void)close(fds[i]);
}

static void frees_while_a_body_streams(void **state)
{
    struct fixture *f = *state;
    int fd;

    start(f, NULL);
    fd = dial(f);
    (void)probe_send_text(fd, "POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab");
    assert_int_equal(ask(f, LAST("/inline")), 200);
    msvc_http_server_free(f->server);
    f->server = NULL;
    (void)close(fd);
}

static void leaves_nothing_behind_when_memory_runs_out(void **state)
{
    struct fixture *f = *state;
    int status = MSVC_ERR_NOMEM;

    for (long n = 0; status == MSVC_ERR_NOMEM; n++) {
        msvc__fail_allocation_after(n);
        status = msvc_http_server_start(&f->server, f->router, NULL, NULL);
        assert_true(status == 0 || f->server == NULL);
    }
    msvc__fail_allocation_after(-1);
    assert_int_equal(status, 0);
}

static void survives_requests_that_get_no_memory(void **state)
{
    struct fixture *f = *state;

    start(f, NULL);
    for (long n = 0; n < 12; n++) {
        int status;

        msvc__fail_allocation_after(n);
        status = ask(f, LAST("/hello"));
        assert_true(status == 200 || status == 500 || status == 0);
    }
    msvc__fail_allocation_after(-1);
    assert_int_equal(ask(f, LAST("/hello")), 200);
}

static void is_of_no_use_to_a_child_of_fork(void **state)
{
    struct fixture *f = *state;
    int exit_status = 0;
    pid_t child;

    start(f, NULL);
    child = fork();
    if (child == 0) {
        int status = msvc_http_server_stop(f->server, 0);

        msvc_http_server_free(f->server);
        _exit(status == MSVC_ERR_STATE ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &exit_status, 0), child);
    assert_int_equal(exit_status, 0);
    assert_int_equal(ask(f, LAST("/hello")), 200);
}

struct client {
    pthread_t thread;
    struct fixture *f;
    _Atomic bool *must_end;
    int answered;
    int lost;
};

/* Asks until the server no longer takes connections; one that was taken must be answered. */
static void *load(void *user)
{
    struct client *c = user;
    struct probe_reply *reply = calloc(1, sizeof(*reply));
    int fd;

    while ((fd = probe_connect(msvc_http_server_address(c->f->server))) >= 0) {
        if (!probe_send_text(fd, LAST("/hello")) && *c->must_end) {
            (void)close(fd);
            break;
        }
        probe_read(reply, fd, PATIENCE_MS);
        (void)close(fd);
        if (probe_count(reply, 200) == 1)
            c->answered++;
        else
            c->lost++;
    }
    free(reply);
    return NULL;
}

static void loses_no_request_when_it_stops_under_load(void **state)
{
    struct fixture *f = *state;
    struct client clients[4];
    _Atomic bool must_end = false;
    int answered = 0;

    start(f, NULL);
    for (int i = 0; i < 4; i++) {
        clients[i] = (struct client){ .f = f, .must_end = &must_end };
        assert_int_equal(pthread_create(&clients[i].thread, NULL, load, &clients[i]), 0);
    }
    while (ask(f, LAST("/count")) == 204 && f->handled < 50)
        ;
    msvc_http_server_drain(f->server);
    assert_int_equal(ask(f, GET("/hello")), 200);
    must_end = true;
    assert_int_equal(msvc_http_server_stop(f->server, PATIENCE_MS), 0);
    for (int i = 0; i < 4; i++) {
        (void)pthread_join(clients[i].thread, NULL);
        assert_int_equal(clients[i].lost, 0);
        answered += clients[i].answered;
    }
    assert_true(answered > 0);
}

static void keeps_a_thousand_connections(void **state)
{
    struct fixture *f = *state;
    int fds[1000];

    start(f, MSVC_HTTP_SERVER_OPTIONS(.queue_limit = 1000));
    for (int i = 0; i < 1000; i++)
        fds[i] = dial(f);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 1000; i++)
            (void)probe_send_text(fds[i], GET("/hello"));
        for (int i = 0; i < 1000; i++)
            assert_true(probe_await(&f->reply, fds[i], "\r\n\r\nhello", PATIENCE_MS));
    }
    for (int i = 0; i < 1000; i++)
        (void)close(fds[i]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(listens_on_a_unix_socket_and_removes_it),
        TEST(listens_on_ipv6),
        TEST(refuses_an_address_it_does_not_understand),
        TEST(says_when_an_address_is_taken),
        TEST(answers_431_to_headers_over_the_limit),
        TEST(has_room_for_the_head_of_an_answer_behind_full_headers),
        TEST(answers_431_to_too_many_headers),
        TEST(answers_414_to_a_target_over_the_limit),
        TEST(answers_413_before_a_body_that_is_too_long),
        TEST(answers_413_behind_chunks_that_are_too_long),
        TEST(closes_on_chunks_that_do_not_end),
        TEST(asks_for_the_body_when_that_is_expected),
        TEST(does_not_ask_for_a_body_it_will_not_take),
        TEST(cuts_off_slow_headers),
        TEST(cuts_off_a_slow_request_line),
        TEST(cuts_off_a_slow_body),
        TEST(cuts_off_a_slow_streamed_body_and_tells_the_handler),
        TEST(tells_the_handler_when_the_peer_has_gone),
        TEST(closes_an_idle_connection),
        TEST(answers_inline_routes_while_all_workers_block),
        TEST(answers_503_when_the_queue_is_full),
        TEST(does_not_run_what_is_too_late_when_its_turn_comes),
        TEST(holds_the_peer_back_while_a_streaming_handler_is_slow),
        TEST(cuts_the_connection_of_a_stream_that_breaks),
        TEST(says_close_while_it_drains),
        TEST(waits_for_requests_in_flight_when_it_stops),
        TEST(frees_while_requests_wait),
        TEST(frees_while_a_body_streams),
        TEST(leaves_nothing_behind_when_memory_runs_out),
        TEST(survives_requests_that_get_no_memory),
        TEST(is_of_no_use_to_a_child_of_fork),
        TEST(loses_no_request_when_it_stops_under_load),
        TEST(keeps_a_thousand_connections),
    };

    return cmocka_run_group_tests_name("http_server", tests, NULL, NULL);
}
