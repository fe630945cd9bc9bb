/* SPDX-License-Identifier: MIT */
/* What is tried again, what never is, and when the breaker steps in. */
#include <msvc/http_client.h>

#include <msvc/breaker.h>

#include "http_client_support.h"

#define HANG_UP          \
    {                    \
        0, NULL, NULL, 0 \
    }
#define SAY(status)             \
    {                           \
        (status), NULL, NULL, 0 \
    }

static const struct msvc_http_client_options no_breaker = { .has_no_breaker = true };

static void tries_a_get_again_after_503(void **state)
{
    static const struct http_peer_answer answers[] = { SAY(503), SAY(429), SAY(200),
                                                       HTTP_PEER_END };
    struct client_fixture f;

    (void)state;
    client_start(&f, answers, no_breaker);
    assert_int_equal(client_get(&f), 0);
    assert_int_equal(client_answer(&f), 200);
    assert_int_equal(http_peer_request_count(&f.peer), 3);
    client_stop(&f);
}

static void hands_over_the_last_answer_when_attempts_are_spent(void **state)
{
    static const struct http_peer_answer answers[] = { SAY(502), SAY(503), SAY(504), SAY(200),
                                                       HTTP_PEER_END };
    struct client_fixture f;

    (void)state;
    client_start(&f, answers, no_breaker);
    assert_int_equal(client_get(&f), 0);
    assert_int_equal(client_answer(&f), 504);
    assert_int_equal(http_peer_request_count(&f.peer), 3);
    client_stop(&f);
}

static void waits_as_long_as_retry_after_asks(void **state)
{
    static const struct http_peer_answer answers[] = { { 503, "Retry-After: 1\r\n", NULL, 0 },
                                                       SAY(200),
                                                       HTTP_PEER_END };
    struct client_fixture f;
    uint64_t began_ms = client_now_ms();

    (void)state;
    client_start(&f, answers, (struct msvc_http_client_options){ .timeout_ms = 10000 });
    assert_int_equal(client_get(&f), 0);
    assert_int_equal(client_answer(&f), 200);
    assert_in_range(client_now_ms() - began_ms, 1000, 5000);
    client_stop(&f);
}

static void hands_over_the_answer_when_retry_after_asks_for_too_long(void **state)
{
    static const struct http_peer_answer answers[] = { { 503, "Retry-After: 60\r\n", NULL, 0 },
                                                       HTTP_PEER_END };
    struct client_fixture f;
    uint64_t began_ms = client_now_ms();

    (void)state;
    client_start(&f, answers, (struct msvc_http_client_options){ 0 });
    assert_int_equal(client_get(&f), 0);
    assert_int_equal(client_answer(&f), 503);
    assert_true(client_now_ms() - began_ms < 2000);
    assert_int_equal(client_get(&f), MSVC_ERR_REJECTED); /* the peer asked us to stay away */
    assert_int_equal(http_peer_request_count(&f.peer), 1);
    client_stop(&f);
}

static void does_not_try_again_after_500(void **state)
{
    static const struct http_peer_answer answers[] = { SAY(500), SAY(200), HTTP_PEER_END };
    struct client_fixture f;

    (void)state;
    client_start(&f, answers, no_breaker);
    assert_int_equal(client_get(&f), 0);
    assert_int_equal(client_answer(&f), 500);
    assert_int_equal(http_peer_request_count(&f.peer), 1);
    client_stop(&f);
}

static void tries_a_get_again_on_a_broken_connection(void **state)
{
    static const struct http_peer_answer answers[] = { HANG_UP, SAY(200), HTTP_PEER_END };
    struct client_fixture f;

    (void)state;
    client_start(&f, answers, no_breaker);
    assert_int_equal(client_get(&f), 0);
    assert_int_equal(http_peer_request_count(&f.peer), 2);
    client_stop(&f);
}

static void never_sends_a_post_again_whatever_the_answer(void **state)
{
    static const int statuses[] = { 429, 500, 502, 503, 504 };

    (void)state;
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        struct http_peer_answer answers[] = { { .status = statuses[i] }, SAY(200), HTTP_PEER_END };
        struct client_fixture f;

        client_start(&f, answers, no_breaker);
        assert_int_equal(client_post(&f, "{}", NULL), 0);
        assert_int_equal(client_answer(&f), statuses[i]);
        assert_int_equal(http_peer_request_count(&f.peer), 1);
        client_stop(&f);
    }
}

static void tries_a_post_with_an_idempotency_key_again(void **state)
{
    static const struct http_peer_answer answers[] = { SAY(503), HANG_UP, SAY(201), HTTP_PEER_END };
    struct client_fixture f;

    (void)state;
    client_start(&f, answers, no_breaker);
    assert_int_equal(client_post(&f, "{}", "key-1"), 0);
    assert_int_equal(client_answer(&f), 201);
    assert_int_equal(http_peer_request_count(&f.peer), 3);
    for (int i = 0; i < 3; i++) {
        assert_non_null(strstr(f.peer.requests[i].head, "\r\nIdempotency-Key: key-1\r\n"));
        assert_string_equal(f.peer.requests[i].body, "{}");
    }
    client_stop(&f);
}

/* A kept connection breaks when the peer has the POST. How often did it get it? */
static void post_into_a_breaking_connection(const char *body)
{
    static const struct http_peer_answer answers[] = { SAY(200), HANG_UP, SAY(200), HTTP_PEER_END };
    struct client_fixture f;

    client_start(&f, answers, no_breaker);
    assert_int_equal(client_get(&f), 0);
    assert_int_equal(client_post(&f, body, NULL), MSVC_ERR_UNKNOWN);
    assert_int_equal(http_peer_request_count(&f.peer), 2);
    client_stop(&f);
}

static void never_sends_a_post_again_when_its_connection_breaks(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++)
        post_into_a_breaking_connection("{}");
}

static void never_sends_an_empty_post_again_when_its_connection_breaks(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++)
        post_into_a_breaking_connection("");
}

/* The peer closes the kept connection while the POST is on its way to it. */
static void post_into_a_dead_connection(const char *body)
{
    static const struct http_peer_answer answers[] = { SAY(200), HTTP_PEER_END };
    struct client_fixture f;
    int status;

    client_start(&f, answers, no_breaker);
    http_peer_hang_up_after_answers(&f.peer);
    assert_int_equal(client_get(&f), 0);
    status = client_post(&f, body, NULL);
    assert_true(status == 0 || status == MSVC_ERR_UNKNOWN);
    assert_in_range(http_peer_request_count(&f.peer), 1, 2);
    assert_true(status != 0 || http_peer_request_count(&f.peer) == 2);
    client_stop(&f);
}

static void never_sends_a_post_twice_over_a_connection_that_is_dead(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        post_into_a_dead_connection("{}");
        post_into_a_dead_connection("");
    }
}

static void tries_a_post_again_when_nothing_was_sent(void **state)
{
    static const struct http_peer_answer answers[] = { SAY(200), HTTP_PEER_END };
    struct client_fixture f;
    uint64_t began_ms = client_now_ms();

    (void)state;
    client_start(&f, answers, no_breaker);
    http_peer_stop(&f.peer);
    f.peer.port = 0;
    assert_int_equal(client_post(&f, "{}", NULL), MSVC_ERR_UNAVAILABLE);
    assert_true(client_now_ms() - began_ms < 3000);
    client_stop(&f);
}

static void rejects_while_the_breaker_is_open(void **state)
{
    static const struct http_peer_answer answers[] = { SAY(500), HTTP_PEER_END };
    struct client_fixture f;

    (void)state;
    client_start(
        &f, answers,
        (struct msvc_http_client_options){ .breaker = MSVC_BREAKER_OPTIONS(.failure_streak = 3) });
    for (int i = 0; i < 3; i++)
        assert_int_equal(client_post(&f, "{}", NULL), 0);
    assert_int_equal(client_post(&f, "{}", NULL), MSVC_ERR_REJECTED);
    assert_int_equal(client_get(&f), MSVC_ERR_REJECTED);
    assert_non_null(strstr(f.err.message, "breaker"));
    assert_int_equal(http_peer_request_count(&f.peer), 3);
    client_stop(&f);
}

static void does_not_hold_answers_that_blame_the_caller_against_the_peer(void **state)
{
    static const struct http_peer_answer answers[] = { SAY(404), HTTP_PEER_END };
    struct client_fixture f;

    (void)state;
    client_start(
        &f, answers,
        (struct msvc_http_client_options){ .breaker = MSVC_BREAKER_OPTIONS(.failure_streak = 2) });
    for (int i = 0; i < 5; i++)
        assert_int_equal(client_get(&f), 0);
    assert_int_equal(http_peer_request_count(&f.peer), 5);
    client_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tries_a_get_again_after_503),
        cmocka_unit_test(hands_over_the_last_answer_when_attempts_are_spent),
        cmocka_unit_test(waits_as_long_as_retry_after_asks),
        cmocka_unit_test(hands_over_the_answer_when_retry_after_asks_for_too_long),
        cmocka_unit_test(does_not_try_again_after_500),
        cmocka_unit_test(tries_a_get_again_on_a_broken_connection),
        cmocka_unit_test(never_sends_a_post_again_whatever_the_answer),
        cmocka_unit_test(tries_a_post_with_an_idempotency_key_again),
        cmocka_unit_test(never_sends_a_post_again_when_its_connection_breaks),
        cmocka_unit_test(never_sends_an_empty_post_again_when_its_connection_breaks),
        cmocka_unit_test(never_sends_a_post_twice_over_a_connection_that_is_dead),
        cmocka_unit_test(tries_a_post_again_when_nothing_was_sent),
        cmocka_unit_test(rejects_while_the_breaker_is_open),
        cmocka_unit_test(does_not_hold_answers_that_blame_the_caller_against_the_peer),
    };

    return cmocka_run_group_tests_name("http_client_retry", tests, NULL, NULL);
}
