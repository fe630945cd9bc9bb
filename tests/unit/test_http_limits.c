/* SPDX-License-Identifier: MIT */
/* What is too long, too much or too many gets the answer that says so. */
#include <msvc/http_server.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "http_server_support.h"

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

/* Closed without an answer, for good or until others have gone. */
static bool is_turned_away(struct fixture *f)
{
    return ask(f, LAST("/inline")) <= 0;
}

/* A connection that was certainly accepted: it has been answered. */
static int dial_and_ask(struct fixture *f)
{
    int fd = dial(f);

    (void)probe_send_text(fd, GET("/inline"));
    assert_true(probe_await(&f->reply, fd, "\r\n\r\ninline", PATIENCE_MS));
    return fd;
}

static void turns_away_an_address_with_too_many_connections(void **state)
{
    struct fixture *f = *state;
    int fds[2];

    start(f, MSVC_HTTP_SERVER_OPTIONS(.connections_per_ip = 2));
    for (int i = 0; i < 2; i++)
        fds[i] = dial_and_ask(f);
    assert_true(is_turned_away(f));
    (void)close(fds[0]);
    while (is_turned_away(f)) /* until the loop has seen that one is gone */
        ;
    (void)close(fds[1]);
}

static void turns_everybody_away_with_too_many_connections(void **state)
{
    struct fixture *f = *state;
    int fds[2];

    start(f, MSVC_HTTP_SERVER_OPTIONS(.connection_limit = 2));
    for (int i = 0; i < 2; i++)
        fds[i] = dial_and_ask(f);
    (void)close(fds[0]);
    assert_int_equal(ask(f, LAST("/inline")),
                     200); /* one waits in the backlog until there is room */
    (void)close(fds[1]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, server_setup, server_teardown)
    const struct CMUnitTest tests[] = {
        TEST(answers_431_to_headers_over_the_limit),
        TEST(has_room_for_the_head_of_an_answer_behind_full_headers),
        TEST(answers_431_to_too_many_headers),
        TEST(answers_414_to_a_target_over_the_limit),
        TEST(answers_413_before_a_body_that_is_too_long),
        TEST(answers_413_behind_chunks_that_are_too_long),
        TEST(closes_on_chunks_that_do_not_end),
        TEST(asks_for_the_body_when_that_is_expected),
        TEST(does_not_ask_for_a_body_it_will_not_take),
        TEST(turns_away_an_address_with_too_many_connections),
        TEST(turns_everybody_away_with_too_many_connections),
    };

    return cmocka_run_group_tests_name("http_limits", tests, NULL, NULL);
}
