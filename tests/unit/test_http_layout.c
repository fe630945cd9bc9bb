/* SPDX-License-Identifier: MIT */
/*
 * Lines are told apart by where libmicrohttpd puts them (layout_internal.h).
 * That must hold however the bytes arrive and however much room they take:
 * here good requests are sent in every kind of piece and none is refused.
 * test_http_guard has the bad ones.
 */
#include <msvc/http_server.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <msvc/buffer.h>

#include "http_probe.h"
#include "http_routes.h"
#include "http_server/layout_internal.h"
#include "test.h"

#define PATIENCE_MS 20000

struct fixture {
    struct msvc_http_router *router;
    struct msvc_http_server *server;
    struct msvc_buffer requests;
    struct probe_reply reply;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    assert_int_equal(msvc_http_router_new(&f->router, NULL), 0);
    assert_int_equal(test_routes_add(f->router), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_http_server_free(f->server);
    msvc_http_router_free(f->router);
    msvc_buffer_clear(&f->requests);
    free(f);
    return 0;
}

static void start(struct fixture *f, size_t header_limit)
{
    assert_int_equal(msvc_http_server_start(&f->server, f->router,
                                            MSVC_HTTP_SERVER_OPTIONS(.header_limit = header_limit),
                                            NULL),
                     0);
}

/* ---- requests ---- */

static void add_headers(struct fixture *f, unsigned count, int length)
{
    for (unsigned i = 0; i < count; i++)
        msvc_buffer_printf(&f->requests, "X-Header-%u: %0*d\r\n", i, length, 1);
}

static void add_get(struct fixture *f, unsigned headers, int length)
{
    msvc_buffer_text(&f->requests, "GET /query?q=a&q=b HTTP/1.1\r\nHost: a\r\n");
    add_headers(f, headers, length);
    msvc_buffer_text(&f->requests, "\r\n");
}

static void add_post(struct fixture *f)
{
    msvc_buffer_text(&f->requests,
                     "POST /echo HTTP/1.1\r\nHost: a\r\nCookie: a=b; c=d\r\n"
                     "Content-Type: text/plain\r\nContent-Length: 9\r\n\r\nsome text");
}

static void add_chunked_post(struct fixture *f)
{
    msvc_buffer_text(&f->requests,
                     "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n5\r\n text\r\n0\r\n\r\n");
}

#define LAST_GET "GET /query?q=a&q=b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

static void send_pieces(struct fixture *f, int fd, size_t piece)
{
    int on = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    for (size_t at = 0; at < f->requests.length; at += piece) {
        size_t left = f->requests.length - at;

        assert_true(probe_send(fd, f->requests.data + at, piece < left ? piece : left));
    }
}

/* Each, and one more that ends it, is answered 200 over one connection. */
static void send_in_pieces(struct fixture *f, size_t piece, int expected)
{
    int fd = probe_connect(msvc_http_server_address(f->server));
    size_t length = f->requests.length;

    assert_true(fd >= 0);
    msvc_buffer_text(&f->requests, LAST_GET);
    send_pieces(f, fd, piece);
    msvc_buffer_truncate(&f->requests, length);
    probe_read(&f->reply, fd, PATIENCE_MS);
    (void)close(fd);
    if (probe_count(&f->reply, 200) != expected + 1)
        fail_msg("%d of %d in pieces of %zu:\n%s", probe_count(&f->reply, 200), expected + 1, piece,
                 f->reply.text);
}

static void takes_requests_in_pieces_of_any_size(void **state)
{
    static const size_t pieces[] = { 1, 2, 3, 7, 64, 1000, 1460, 100000 };
    struct fixture *f = *state;

    start(f, 0);
    for (int i = 0; i < 3; i++) {
        add_get(f, 20, 10);
        add_post(f);
        add_chunked_post(f);
    }
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
        send_in_pieces(f, pieces[i], 9);
}

static void takes_headers_that_need_more_room_than_there_was(void **state)
{
    struct fixture *f = *state;

    start(f, 0);
    for (int length = 1; length < 1000; length += 111) {
        msvc_buffer_clear(&f->requests);
        add_post(f);
        add_get(f, 5, length);
        add_get(f, 5, length);
        send_in_pieces(f, 1460, 3);
        send_in_pieces(f, 97, 3);
    }
}

static void takes_headers_up_to_a_limit_that_is_high(void **state)
{
    struct fixture *f = *state;

    start(f, 1 << 20);
    add_get(f, 90, 9000);
    add_get(f, 90, 9000);
    send_in_pieces(f, 16384, 2);
    send_in_pieces(f, 1001, 2);
}

/* ---- the comparison itself ---- */

/* "GET /a HTTP/1.1", Host and one more, as libmicrohttpd leaves them. */
struct block {
    char bytes[64];
    struct msvc_header headers[3];
    struct layout layout;
};

static void lay_out(struct block *b)
{
    static const char bytes[] = "GET\0/a\0HTTP/1.1\0\0Host\0 a\0\0X\0 b\0\0\0\0";

    *b = (struct block){ .bytes = "" };
    memcpy(b->bytes, bytes, sizeof(bytes));
    b->headers[0] = (struct msvc_header){ b->bytes + 17, b->bytes + 23 };
    b->headers[1] = (struct msvc_header){ b->bytes + 26, b->bytes + 29 };
    b->layout = (struct layout){ b->bytes + 4, "/a", b->bytes + 7, b->headers };
    assert_string_equal(b->headers[0].value, "a");
    assert_string_equal(b->headers[1].name, "X");
    assert_string_equal(b->headers[1].value, "b");
}

static void accepts_lines_that_follow_each_other(void **state)
{
    struct block b;

    (void)state;
    lay_out(&b);
    assert_null(msvc__layout_compare(&b.layout));
    b.layout.headers += 2; /* none at all */
    assert_null(msvc__layout_compare(&b.layout));
}

static void finds_a_line_end_that_is_too_short(void **state)
{
    struct block b;

    (void)state;
    lay_out(&b);
    b.headers[1].name--;
    assert_string_equal(msvc__layout_compare(&b.layout), "a line does not end with CR and LF");
}

static void finds_what_is_hidden_between_lines(void **state)
{
    struct block b;

    (void)state;
    lay_out(&b);
    b.bytes[23] = '\0';
    assert_string_equal(msvc__layout_compare(&b.layout), "a line is folded or has a NUL");
    lay_out(&b);
    b.headers[1].name = "X"; /* moved elsewhere */
    assert_string_equal(msvc__layout_compare(&b.layout), "a line is folded or has a NUL");
}

static void finds_what_is_hidden_in_the_target(void **state)
{
    struct block b;

    (void)state;
    lay_out(&b);
    b.layout.target = "/";
    assert_string_equal(msvc__layout_compare(&b.layout),
                        "the target has a NUL or more than one blank behind it");
}

static void finds_an_end_that_is_too_short(void **state)
{
    struct block b;

    (void)state;
    lay_out(&b);
    b.bytes[32] = 'G';
    assert_string_equal(msvc__layout_compare(&b.layout),
                        "the headers do not end with CR and LF twice");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(takes_requests_in_pieces_of_any_size),
        TEST(takes_headers_that_need_more_room_than_there_was),
        TEST(takes_headers_up_to_a_limit_that_is_high),
        cmocka_unit_test(accepts_lines_that_follow_each_other),
        cmocka_unit_test(finds_a_line_end_that_is_too_short),
        cmocka_unit_test(finds_what_is_hidden_between_lines),
        cmocka_unit_test(finds_what_is_hidden_in_the_target),
        cmocka_unit_test(finds_an_end_that_is_too_short),
    };

    return cmocka_run_group_tests_name("http_layout", tests, NULL, NULL);
}
