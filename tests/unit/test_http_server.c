/* SPDX-License-Identifier: MIT */
/* The server: where it listens, who runs handlers, what is left when something is missing. */
#include <msvc/http_server.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc_internal.h"
#include "http_server_support.h"

#define WORKERS 12

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

static void tells_who_asks(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_in own;
    socklen_t length = sizeof(own);
    char expected[64];
    int fd;

    start(f, NULL);
    fd = dial(f);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &length), 0);
    (void)snprintf(expected, sizeof(expected), "\r\n\r\n127.0.0.1:%u", ntohs(own.sin_port));
    (void)probe_send_text(fd, GET("/peer"));
    assert_true(probe_await(&f->reply, fd, expected, PATIENCE_MS));
    (void)close(fd);
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

/* One thread wakes the next: none may be left asleep while a request waits. */
static void uses_every_worker_when_handlers_block(void **state)
{
    struct fixture *f = *state;
    int fds[WORKERS];

    start(f, MSVC_HTTP_SERVER_OPTIONS(.worker_count = WORKERS));
    for (int round = 0; round < 20; round++) {
        f->gate.is_open = false;
        f->gate.inside = 0;
        for (int i = 0; i < WORKERS; i++)
            fds[i] = dial(f);
        for (int i = 0; i < WORKERS; i++)
            (void)probe_send_text(fds[i], LAST("/gate"));
        wait_for_inside(f, WORKERS);
        open_gate(f);
        for (int i = 0; i < WORKERS; i++) {
            probe_read(&f->reply, fds[i], PATIENCE_MS);
            assert_int_equal(probe_count(&f->reply, 200), 1);
            (void)close(fds[i]);
        }
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, server_setup, server_teardown)
    const struct CMUnitTest tests[] = {
        TEST(listens_on_a_unix_socket_and_removes_it),
        TEST(listens_on_ipv6),
        TEST(tells_who_asks),
        TEST(refuses_an_address_it_does_not_understand),
        TEST(says_when_an_address_is_taken),
        TEST(answers_inline_routes_while_all_workers_block),
        TEST(uses_every_worker_when_handlers_block),
        TEST(answers_503_when_the_queue_is_full),
        TEST(does_not_run_what_is_too_late_when_its_turn_comes),
        TEST(leaves_nothing_behind_when_memory_runs_out),
        TEST(survives_requests_that_get_no_memory),
        TEST(is_of_no_use_to_a_child_of_fork),
        TEST(keeps_a_thousand_connections),
    };

    return cmocka_run_group_tests_name("http_server", tests, NULL, NULL);
}
