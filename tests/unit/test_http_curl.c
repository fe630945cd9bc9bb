/* SPDX-License-Identifier: MIT */
/* Policies around a CURL handle that the test set up itself. */
#include <msvc/http_curl.h>

#include <stdio.h>

#include <curl/curl.h>

#include <msvc/breaker.h>
#include <msvc/clock.h>
#include <msvc/http.h>
#include <msvc/policy.h>
#include <msvc/retry.h>
#include <msvc/trace_context.h>

#include "http_client_support.h"

#define SAY(status)             \
    {                           \
        (status), NULL, NULL, 0 \
    }

static const struct http_peer_answer ok[] = { { 200, NULL, "hello", 5 }, HTTP_PEER_END };

struct curl_fixture {
    struct http_peer peer;
    CURL *curl;
    struct msvc_policy *policy; /* three attempts */
    struct msvc_error err;
    char body[64];
    size_t length;
    int restarts;
    int http_status;
};

static size_t collect(char *bytes, size_t size, size_t count, void *user)
{
    struct curl_fixture *f = user;
    size_t length = size * count;

    assert_true(f->length + length < sizeof(f->body));
    memcpy(f->body + f->length, bytes, length);
    f->length += length;
    f->body[f->length] = '\0';
    return length;
}

static void start_over(void *user)
{
    struct curl_fixture *f = user;

    f->length = 0;
    f->restarts++;
}

static void curl_start(struct curl_fixture *f, const struct http_peer_answer *answers)
{
    char url[64];

    memset(f, 0, sizeof(*f));
    assert_int_equal(http_peer_start(&f->peer, answers), 0);
    assert_int_equal(
        msvc_policy_new(&f->policy, MSVC_POLICY_OPTIONS(.retry = MSVC_RETRY_OPTIONS(.attempts = 3),
                                                        .timeout_ms = MSVC_POLICY_UNLIMITED)),
        0);
    f->curl = curl_easy_init();
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/a", f->peer.port);
    (void)curl_easy_setopt(f->curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(f->curl, CURLOPT_WRITEFUNCTION, collect);
    (void)curl_easy_setopt(f->curl, CURLOPT_WRITEDATA, f);
}

static void curl_stop(struct curl_fixture *f)
{
    curl_easy_cleanup(f->curl);
    msvc_policy_free(f->policy);
    http_peer_stop(&f->peer);
}

static int get(struct curl_fixture *f)
{
    f->length = 0;
    return msvc_http_curl_perform(f->curl, f->policy,
                                  MSVC_HTTP_CURL_OPTIONS(.is_idempotent = true, .timeout_ms = 60000,
                                                         .restart = start_over, .user = f),
                                  &f->http_status, &f->err);
}

static void tells_the_status_of_any_answer(void **state)
{
    static const struct http_peer_answer answers[] = { { 200, NULL, "hello", 5 },
                                                       SAY(404),
                                                       HTTP_PEER_END };
    struct curl_fixture f;

    (void)state;
    curl_start(&f, answers);
    assert_int_equal(get(&f), 0);
    assert_int_equal(f.http_status, 200);
    assert_string_equal(f.body, "hello");
    assert_int_equal(get(&f), 0);
    assert_int_equal(f.http_status, 404);
    assert_int_equal(http_peer_connection_count(&f.peer), 1);
    curl_stop(&f);
}

static void tries_again_and_forgets_what_was_received(void **state)
{
    static const struct http_peer_answer answers[] = {
        SAY(0), { 503, NULL, "busy", 4 }, { 200, NULL, "hello", 5 }, HTTP_PEER_END
    };
    struct curl_fixture f;

    (void)state;
    curl_start(&f, answers);
    assert_int_equal(get(&f), 0);
    assert_int_equal(f.http_status, 200);
    assert_string_equal(f.body, "hello");
    assert_int_equal(f.restarts, 2);
    curl_stop(&f);
}

/* With what libcurl would send again by itself: a body in memory, and none. */
static void never_sends_a_post_again(void **state)
{
    static const struct http_peer_answer answers[] = { SAY(200), SAY(0), SAY(200), HTTP_PEER_END };
    static const char *const bodies[] = { "{}", "" };

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct curl_fixture f;

        curl_start(&f, answers);
        assert_int_equal(get(&f), 0);
        (void)curl_easy_setopt(f.curl, CURLOPT_POSTFIELDS, bodies[i]);
        assert_int_equal(msvc_http_curl_perform(f.curl, f.policy, NULL, NULL, &f.err),
                         MSVC_ERR_UNKNOWN);
        assert_int_equal(http_peer_request_count(&f.peer), 2);
        curl_stop(&f);
    }
}

static void gives_up_at_the_deadline(void **state)
{
    static const struct http_peer_answer silent[] = { SAY(-1), HTTP_PEER_END };
    struct curl_fixture f;

    (void)state;
    curl_start(&f, silent);
    assert_int_equal(
        msvc_http_curl_perform(f.curl, f.policy,
                               MSVC_HTTP_CURL_OPTIONS(.deadline_ns = msvc_deadline_in(NULL, 100)),
                               NULL, &f.err),
        MSVC_ERR_TIMEOUT);
    curl_stop(&f);
}

static void adds_its_headers_and_takes_them_away_again(void **state)
{
    static char own[] = "X-Own: yes";
    static const char text[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    struct curl_slist headers = { own, NULL };
    struct msvc_trace_context context = { 0 };
    struct curl_fixture f;

    (void)state;
    curl_start(&f, ok);
    assert_int_equal(msvc_trace_context_parse(&context, text, "a=b"), 0);
    assert_int_equal(
        msvc_http_curl_perform(f.curl, f.policy,
                               MSVC_HTTP_CURL_OPTIONS(.headers = &headers, .parent = &context),
                               NULL, &f.err),
        0);
    f.length = 0;
    assert_int_equal(curl_easy_perform(f.curl), CURLE_OK);
    assert_non_null(strstr(f.peer.requests[0].head, text));
    assert_non_null(strstr(f.peer.requests[0].head, "\r\ntracestate: a=b\r\n"));
    assert_non_null(strstr(f.peer.requests[0].head, "\r\n" MSVC_HTTP_TIMEOUT_HEADER ": "));
    assert_non_null(strstr(f.peer.requests[0].head, "\r\nX-Own: yes\r\n"));
    assert_null(strstr(f.peer.requests[1].head, "traceparent"));
    assert_null(strstr(f.peer.requests[1].head, MSVC_HTTP_TIMEOUT_HEADER));
    assert_non_null(strstr(f.peer.requests[1].head, "\r\nX-Own: yes\r\n"));
    curl_stop(&f);
}

static void asks_the_policys_breaker(void **state)
{
    static const struct http_peer_answer broken[] = { SAY(500), HTTP_PEER_END };
    struct msvc_breaker *breaker;
    struct msvc_policy *policy;
    struct curl_fixture f;

    (void)state;
    curl_start(&f, broken);
    assert_int_equal(msvc_breaker_new(&breaker, MSVC_BREAKER_OPTIONS(.failure_streak = 1)), 0);
    assert_int_equal(msvc_policy_new(&policy, MSVC_POLICY_OPTIONS(.breaker = breaker)), 0);
    assert_int_equal(msvc_http_curl_perform(f.curl, policy, NULL, &f.http_status, &f.err), 0);
    assert_int_equal(f.http_status, 500);
    assert_int_equal(msvc_http_curl_perform(f.curl, policy, NULL, &f.http_status, &f.err),
                     MSVC_ERR_REJECTED);
    assert_int_equal(http_peer_request_count(&f.peer), 1);
    msvc_policy_free(policy);
    msvc_breaker_free(breaker);
    curl_stop(&f);
}

static void refuses_no_handle(void **state)
{
    struct msvc_error err;

    (void)state;
    assert_int_equal(msvc_http_curl_perform(NULL, NULL, NULL, NULL, &err), MSVC_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_the_status_of_any_answer),
        cmocka_unit_test(tries_again_and_forgets_what_was_received),
        cmocka_unit_test(never_sends_a_post_again),
        cmocka_unit_test(gives_up_at_the_deadline),
        cmocka_unit_test(adds_its_headers_and_takes_them_away_again),
        cmocka_unit_test(asks_the_policys_breaker),
        cmocka_unit_test(refuses_no_handle),
    };

    return cmocka_run_group_tests_name("http_curl", tests, NULL, NULL);
}
