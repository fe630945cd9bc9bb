/* SPDX-License-Identifier: MIT */
/* What goes out, and what comes back. */
#include <msvc/http_client.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/wait.h>

#include <msvc/clock.h>
#include <msvc/trace_context.h>

#include "http_client_support.h"

static const struct http_peer_answer ok[] = { { 200, NULL, "hello", 5 }, HTTP_PEER_END };
static const struct msvc_http_client_options defaults = { 0 };

/* Whether the peer's first request has this line, or a line that begins so. */
static bool has_line(struct client_fixture *f, const char *line)
{
    return strstr(f->peer.requests[0].head, line) != NULL;
}

static void hands_over_the_answer(void **state)
{
    struct client_fixture f;
    size_t length = 0;

    (void)state;
    client_start(&f, ok, defaults);
    assert_int_equal(client_get(&f), 0);
    assert_int_equal(client_answer(&f), 200);
    assert_string_equal(msvc_http_answer_body(f.answer, &length), "hello");
    assert_int_equal(length, 5);
    client_stop(&f);
}

static void uses_one_connection_for_many_calls(void **state)
{
    struct client_fixture f;

    (void)state;
    client_start(&f, ok, defaults);
    for (int i = 0; i < 10; i++)
        assert_int_equal(client_get(&f), 0);
    assert_int_equal(client_post(&f, "{}", NULL), 0);
    assert_int_equal(http_peer_request_count(&f.peer), 11);
    assert_int_equal(http_peer_connection_count(&f.peer), 1);
    client_stop(&f);
}

static void sends_method_target_and_body(void **state)
{
    struct client_fixture f;

    (void)state;
    client_start(&f, ok, defaults);
    assert_int_equal(client_call(&f, MSVC_HTTP_REQUEST(.method = "PUT", .target = "/a/b?c=%20",
                                                       .body = "{\"d\":1}", .body_length = 7)),
                     0);
    assert_true(has_line(&f, "PUT /a/b?c=%20 HTTP/1.1\r\n"));
    assert_true(has_line(&f, "\r\nContent-Type: application/json\r\n"));
    assert_true(has_line(&f, "\r\nContent-Length: 7\r\n"));
    assert_false(has_line(&f, "\r\nExpect:"));
    assert_string_equal(f.peer.requests[0].body, "{\"d\":1}");
    client_stop(&f);
}

static void sends_headers_also_empty_ones(void **state)
{
    const struct msvc_header headers[] = {
        { "X-Many", "1" }, { "X-Many", "2" }, { "X-Empty", "" }, { NULL, NULL }
    };
    struct client_fixture f;

    (void)state;
    client_start(&f, ok, (struct msvc_http_client_options){ .user_agent = "test/1" });
    assert_int_equal(client_call(&f, MSVC_HTTP_REQUEST(.target = "/a", .headers = headers,
                                                       .idempotency_key = "key-1")),
                     0);
    assert_true(has_line(&f, "\r\nX-Many: 1\r\nX-Many: 2\r\nX-Empty:\r\n"));
    assert_true(has_line(&f, "\r\nIdempotency-Key: key-1\r\n"));
    assert_true(has_line(&f, "\r\nUser-Agent: test/1\r\n"));
    client_stop(&f);
}

static void sends_the_trace_on(void **state)
{
    static const char text[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    struct msvc_trace_context context = { 0 };
    struct client_fixture f;

    (void)state;
    client_start(&f, ok, defaults);
    assert_int_equal(msvc_trace_context_parse(&context, text, "a=b"), 0);
    assert_int_equal(client_call(&f, MSVC_HTTP_REQUEST(.target = "/a", .parent = &context)), 0);
    assert_true(has_line(&f, text));
    assert_true(has_line(&f, "\r\ntracestate: a=b\r\n"));
    client_stop(&f);
}

static void tells_the_peer_how_long_it_waits(void **state)
{
    struct client_fixture f;
    const char *at;
    long left_ms;

    (void)state;
    client_start(&f, ok, (struct msvc_http_client_options){ .timeout_ms = 60000 });
    assert_int_equal(client_get(&f), 0);
    at = strstr(f.peer.requests[0].head, MSVC_HTTP_TIMEOUT_HEADER ": ");
    assert_non_null(at);
    left_ms = strtol(at + sizeof(MSVC_HTTP_TIMEOUT_HEADER ": ") - 1, NULL, 10);
    assert_in_range(left_ms, 1, 60000);
    client_stop(&f);
}

static void tells_it_as_grpc_does_when_asked(void **state)
{
    struct client_fixture f;

    (void)state;
    client_start(
        &f, ok,
        (struct msvc_http_client_options){ .timeout_ms = 60000, .sends_grpc_timeout = true });
    assert_int_equal(client_get(&f), 0);
    assert_true(has_line(&f, "\r\n" MSVC_HTTP_GRPC_TIMEOUT_HEADER ": "));
    client_stop(&f);
}

static void never_waits_longer_than_its_own_caller(void **state)
{
    struct client_fixture f;
    uint64_t previous;
    const char *at;

    (void)state;
    client_start(&f, ok, (struct msvc_http_client_options){ .timeout_ms = 60000 });
    previous = msvc_deadline_enter(msvc_deadline_in(NULL, 30000));
    assert_int_equal(
        client_call(
            &f, MSVC_HTTP_REQUEST(.target = "/a", .deadline_ns = msvc_deadline_in(NULL, 90000))),
        0);
    msvc_deadline_leave(previous);
    at = strstr(f.peer.requests[0].head, MSVC_HTTP_TIMEOUT_HEADER ": ");
    assert_non_null(at);
    assert_in_range(strtol(at + sizeof(MSVC_HTTP_TIMEOUT_HEADER ": ") - 1, NULL, 10), 1, 30000);
    client_stop(&f);
}

static void puts_the_path_of_the_base_url_before_the_target(void **state)
{
    struct client_fixture f;
    char url[64];

    (void)state;
    client_start(&f, ok, defaults);
    msvc_http_transport_free(f.transport);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/base/", f.peer.port);
    assert_int_equal(msvc_http_client_transport(&f.transport, f.client, url, &f.err), 0);
    assert_int_equal(client_get(&f), 0);
    assert_true(has_line(&f, "GET /base/a HTTP/1.1\r\n"));
    client_stop(&f);
}

static void uses_no_proxy_of_the_environment(void **state)
{
    struct client_fixture f;

    (void)state;
    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
    client_start(&f, ok, defaults);
    assert_int_equal(client_get(&f), 0);
    client_stop(&f);
    assert_int_equal(unsetenv("http_proxy"), 0);
}

static void keeps_repeated_headers_in_their_order(void **state)
{
    static const struct http_peer_answer answers[] = {
        { 200, "Set-Cookie: a\r\nX-Space: \t b \r\nset-cookie: c\r\n", NULL, 0 }, HTTP_PEER_END
    };
    struct client_fixture f;

    (void)state;
    client_start(&f, answers, defaults);
    assert_int_equal(client_get(&f), 0);
    assert_string_equal(msvc_http_answer_header(f.answer, "Set-Cookie", 0), "a");
    assert_string_equal(msvc_http_answer_header(f.answer, "Set-Cookie", 1), "c");
    assert_null(msvc_http_answer_header(f.answer, "Set-Cookie", 2));
    assert_string_equal(msvc_http_answer_header(f.answer, "x-space", 0), "b");
    client_stop(&f);
}

static void takes_answers_up_to_the_limit(void **state)
{
    struct client_fixture f;

    (void)state;
    client_start(&f, ok, (struct msvc_http_client_options){ .attempts = 1 });
    assert_int_equal(client_call(&f, MSVC_HTTP_REQUEST(.target = "/a", .answer_limit = 5)), 0);
    assert_int_equal(client_call(&f, MSVC_HTTP_REQUEST(.target = "/a", .answer_limit = 4)),
                     MSVC_ERR_LIMIT);
    assert_null(f.answer);
    client_stop(&f);
}

static void hands_over_many_headers(void **state)
{
    static char lines[70 * 6 + 1];
    struct http_peer_answer answers[] = { { 200, lines, NULL, 0 }, HTTP_PEER_END };
    struct client_fixture f;

    (void)state;
    for (size_t i = 0; i < 70; i++)
        memcpy(lines + i * 6, "A: b\r\n", 6);
    client_start(&f, answers, defaults);
    assert_int_equal(client_get(&f), 0);
    assert_non_null(msvc_http_answer_header(f.answer, "A", 69));
    assert_null(msvc_http_answer_header(f.answer, "A", 70));
    client_stop(&f);
}

static void takes_answers_without_a_body(void **state)
{
    static const struct http_peer_answer answers[] = {
        { 204, NULL, NULL, 0 }, { 200, NULL, NULL, 0 }, { 304, NULL, NULL, 0 }, HTTP_PEER_END
    };
    struct client_fixture f;
    size_t length = 9;

    (void)state;
    client_start(&f, answers, defaults);
    assert_int_equal(client_get(&f), 0);
    assert_int_equal(client_answer(&f), 204);
    assert_int_equal(client_call(&f, MSVC_HTTP_REQUEST(.method = "HEAD", .target = "/a")), 0);
    assert_string_equal(msvc_http_answer_body(f.answer, &length), "");
    assert_int_equal(length, 0);
    assert_int_equal(client_get(&f), 0);
    assert_int_equal(client_answer(&f), 304);
    assert_int_equal(http_peer_connection_count(&f.peer), 1);
    client_stop(&f);
}

static void follows_no_redirect(void **state)
{
    static const struct http_peer_answer answers[] = { { 302, "Location: /b\r\n", NULL, 0 },
                                                       HTTP_PEER_END };
    struct client_fixture f;

    (void)state;
    client_start(&f, answers, defaults);
    assert_int_equal(client_get(&f), 0);
    assert_int_equal(client_answer(&f), 302);
    assert_int_equal(http_peer_request_count(&f.peer), 1);
    client_stop(&f);
}

static int new_transport(struct client_fixture *f, const char *url)
{
    struct msvc_http_transport *transport = NULL;
    int status = msvc_http_client_transport(&transport, f->client, url, &f->err);

    assert_null(transport);
    return status;
}

static void refuses_urls_it_cannot_call(void **state)
{
    struct client_fixture f;

    (void)state;
    client_start(&f, ok, defaults);
    assert_int_equal(new_transport(&f, "ftp://127.0.0.1"), MSVC_ERR_INVALID);
    assert_int_equal(new_transport(&f, "http://127.0.0.1/a?b=c"), MSVC_ERR_INVALID);
    assert_int_equal(new_transport(&f, "127.0.0.1"), MSVC_ERR_MALFORMED);
    assert_int_equal(new_transport(&f, NULL), MSVC_ERR_INVALID);
    client_stop(&f);
}

static void keeps_what_transports_need_when_the_client_is_let_go(void **state)
{
    struct client_fixture f;

    (void)state;
    client_start(&f, ok, defaults);
    msvc_http_client_free(f.client);
    f.client = NULL;
    assert_int_equal(client_get(&f), 0);
    client_stop(&f);
}

/* 1 when the child's call ended as it must. */
static int child_call(struct client_fixture *f)
{
    int status = client_get(f);

    msvc_http_transport_free(f->transport);
    return status == MSVC_ERR_STATE;
}

static void sends_nothing_in_a_child(void **state)
{
    struct client_fixture f;
    int status;
    pid_t child;

    (void)state;
    client_start(&f, ok, defaults);
    assert_int_equal(client_get(&f), 0);
    child = fork();
    if (child == 0)
        _exit(child_call(&f) ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(client_get(&f), 0);
    assert_int_equal(http_peer_request_count(&f.peer), 2);
    assert_int_equal(http_peer_connection_count(&f.peer), 1);
    client_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_over_the_answer),
        cmocka_unit_test(uses_one_connection_for_many_calls),
        cmocka_unit_test(sends_method_target_and_body),
        cmocka_unit_test(sends_headers_also_empty_ones),
        cmocka_unit_test(sends_the_trace_on),
        cmocka_unit_test(tells_the_peer_how_long_it_waits),
        cmocka_unit_test(tells_it_as_grpc_does_when_asked),
        cmocka_unit_test(never_waits_longer_than_its_own_caller),
        cmocka_unit_test(puts_the_path_of_the_base_url_before_the_target),
        cmocka_unit_test(uses_no_proxy_of_the_environment),
        cmocka_unit_test(keeps_repeated_headers_in_their_order),
        cmocka_unit_test(takes_answers_up_to_the_limit),
        cmocka_unit_test(hands_over_many_headers),
        cmocka_unit_test(takes_answers_without_a_body),
        cmocka_unit_test(follows_no_redirect),
        cmocka_unit_test(refuses_urls_it_cannot_call),
        cmocka_unit_test(keeps_what_transports_need_when_the_client_is_let_go),
        cmocka_unit_test(sends_nothing_in_a_child),
    };

    return cmocka_run_group_tests_name("http_client", tests, NULL, NULL);
}
