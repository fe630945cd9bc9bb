/* SPDX-License-Identifier: MIT */
/* Peers that are slow, silent or gone, and handlers that are slower than their peers. */
#include <msvc/http_server.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <msvc/clock.h>
#include "http_server_support.h"

#define DRIP_MS 10000

/* Milliseconds until the server closes, having been fed a byte now and then. */
static int drip(struct fixture *f, const char *start_with, const char *byte)
{
    uint64_t began_ns = msvc_clock_monotonic_ns(NULL);
    int fd = dial(f);

    (void)probe_send_text(fd, start_with);
    do {
        (void)probe_send_text(fd, byte);
        probe_read(&f->reply, fd, 20);
    } while (!f->reply.is_closed &&
             msvc_clock_monotonic_ns(NULL) - began_ns < DRIP_MS * UINT64_C(1000000));
    (void)close(fd);
    return (int)((msvc_clock_monotonic_ns(NULL) - began_ns) / 1000000);
}

static void cuts_off_slow_headers(void **state)
{
    struct fixture *f = *state;
    int ms;

    start(f, MSVC_HTTP_SERVER_OPTIONS(.header_timeout_ms = 200));
    ms = drip(f, "GET /hello HTTP/1.1\r\nX-A: ", "b");
    assert_in_range(ms, 190, DRIP_MS - 1);
}

static void cuts_off_a_slow_request_line(void **state)
{
    struct fixture *f = *state;
    int ms;

    start(f, MSVC_HTTP_SERVER_OPTIONS(.header_timeout_ms = 200));
    ms = drip(f, "GET /", "b");
    assert_in_range(ms, 190, DRIP_MS - 1);
}

static void cuts_off_a_slow_body(void **state)
{
    struct fixture *f = *state;
    int ms;

    start(f, MSVC_HTTP_SERVER_OPTIONS(.body_timeout_ms = 200));
    ms = drip(f, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n", "b");
    assert_in_range(ms, 190, DRIP_MS - 1);
    ms = drip(f, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
              "1\r\nb\r\n");
    assert_in_range(ms, 190, DRIP_MS - 1);
}

static void cuts_off_a_slow_streamed_body_and_tells_the_handler(void **state)
{
    struct fixture *f = *state;
    int ms;

    start(f, MSVC_HTTP_SERVER_OPTIONS(.body_timeout_ms = 200));
    ms = drip(f, "POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n", "b");
    assert_in_range(ms, 190, DRIP_MS - 1);
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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, server_setup, server_teardown)
    const struct CMUnitTest tests[] = {
        TEST(cuts_off_slow_headers),
        TEST(cuts_off_a_slow_request_line),
        TEST(cuts_off_a_slow_body),
        TEST(cuts_off_a_slow_streamed_body_and_tells_the_handler),
        TEST(tells_the_handler_when_the_peer_has_gone),
        TEST(closes_an_idle_connection),
        TEST(holds_the_peer_back_while_a_streaming_handler_is_slow),
        TEST(cuts_the_connection_of_a_stream_that_breaks),
    };

    return cmocka_run_group_tests_name("http_slow", tests, NULL, NULL);
}
