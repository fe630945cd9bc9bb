/* SPDX-License-Identifier: MIT */
/* The end of a server: nothing that was taken is lost, and nobody waits for ever. */
#include <msvc/http_server.h>

#include <stdlib.h>
#include <unistd.h>
#include "http_server_support.h"

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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, server_setup, server_teardown)
    const struct CMUnitTest tests[] = {
        TEST(says_close_while_it_drains),
        TEST(waits_for_requests_in_flight_when_it_stops),
        TEST(frees_while_requests_wait),
        TEST(frees_while_a_body_streams),
        TEST(loses_no_request_when_it_stops_under_load),
    };

    return cmocka_run_group_tests_name("http_stop", tests, NULL, NULL);
}
