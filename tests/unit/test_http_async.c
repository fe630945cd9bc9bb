/* SPDX-License-Identifier: MIT */
/* Calls that do not wait: driven by hand, by poll(), cancelled, and given up. */
#include <msvc/http_async.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <msvc/breaker.h>
#include <msvc/cancel.h>
#include <msvc/clock.h>

#include "base/alloc_internal.h"
#include "http_client_support.h"

#define CALLS 8
#define SAY(status)             \
    {                           \
        (status), NULL, NULL, 0 \
    }
#define HANG_UP          \
    {                    \
        0, NULL, NULL, 0 \
    }
#define SILENCE           \
    {                     \
        -1, NULL, NULL, 0 \
    }

static const struct http_peer_answer ok[] = { { 200, NULL, "hello", 5 }, HTTP_PEER_END };
static const struct http_peer_answer silence[] = { SILENCE, HTTP_PEER_END };
static const struct msvc_http_client_options defaults = { 0 };
static const struct msvc_http_client_options patient = { .timeout_ms = 60000 };

struct outcome {
    int times;
    int status;
    int http_status;
    char body[16];
    char message[128];
};

struct async_fixture {
    struct client_fixture client;
    struct msvc_http_async *calls;
    struct outcome outcomes[CALLS];
};

static void note(int status, struct msvc_http_answer *answer, const struct msvc_error *err,
                 void *user)
{
    struct outcome *outcome = user;

    outcome->times++;
    outcome->status = status;
    assert_true((status == 0) == (answer != NULL));
    assert_true((status == 0) == (err == NULL));
    if (answer != NULL) {
        outcome->http_status = msvc_http_answer_status(answer);
        (void)snprintf(outcome->body, sizeof(outcome->body), "%s",
                       msvc_http_answer_body(answer, NULL));
    } else {
        (void)snprintf(outcome->message, sizeof(outcome->message), "%.100s", err->message);
    }
    msvc_http_answer_free(answer);
}

static void async_start(struct async_fixture *f, const struct http_peer_answer *answers,
                        struct msvc_http_client_options options)
{
    memset(f, 0, sizeof(*f));
    client_start(&f->client, answers, options);
    assert_int_equal(msvc_http_async_new(&f->calls, f->client.client, NULL, &f->client.err), 0);
}

static void async_stop(struct async_fixture *f)
{
    msvc_http_async_free(f->calls);
    client_stop(&f->client);
}

static uint64_t start_call(struct async_fixture *f, int index,
                           const struct msvc_http_request_options *request)
{
    uint64_t id = 0;

    assert_int_equal(msvc_http_async_start(f->calls, f->client.transport, request, note,
                                           &f->outcomes[index], &id, &f->client.err),
                     0);
    return id;
}

static uint64_t start_get(struct async_fixture *f, int index)
{
    return start_call(f, index, MSVC_HTTP_REQUEST(.target = "/a"));
}

static void run_until_done(struct async_fixture *f)
{
    while (msvc_http_async_count(f->calls) > 0)
        assert_true(msvc_http_async_run_once(f->calls, 1000, &f->client.err) >= 0);
}

/* Until the peer has so many requests. */
static void run_until_asked(struct async_fixture *f, int requests)
{
    while (http_peer_request_count(&f->client.peer) < requests)
        assert_int_equal(msvc_http_async_run_once(f->calls, 10, &f->client.err), 0);
}

static void hands_the_answer_to_the_callback(void **state)
{
    struct async_fixture f;

    (void)state;
    async_start(&f, ok, defaults);
    assert_int_equal(msvc_http_async_timeout_ms(f.calls), -1);
    assert_true(start_get(&f, 0) != 0);
    assert_int_equal(f.outcomes[0].times, 0);
    assert_int_equal(msvc_http_async_timeout_ms(f.calls), 0);
    run_until_done(&f);
    assert_int_equal(f.outcomes[0].times, 1);
    assert_int_equal(f.outcomes[0].http_status, 200);
    assert_string_equal(f.outcomes[0].body, "hello");
    async_stop(&f);
}

static void has_many_calls_in_flight_at_once(void **state)
{
    static const struct http_peer_answer answers[] = { SILENCE, SILENCE, SILENCE, SAY(204),
                                                       HTTP_PEER_END };
    struct async_fixture f;

    (void)state;
    async_start(&f, answers, patient);
    for (int i = 0; i < 4; i++)
        (void)start_get(&f, i);
    while (f.outcomes[0].times + f.outcomes[1].times + f.outcomes[2].times + f.outcomes[3].times <
           1)
        assert_true(msvc_http_async_run_once(f.calls, 1000, &f.client.err) >= 0);
    assert_int_equal(msvc_http_async_count(f.calls), 3);
    assert_int_equal(http_peer_connection_count(&f.client.peer), 4);
    async_stop(&f);
}

static void uses_a_connection_again(void **state)
{
    struct async_fixture f;

    (void)state;
    async_start(&f, ok, defaults);
    for (int i = 0; i < CALLS; i++) {
        (void)start_get(&f, i);
        run_until_done(&f);
        assert_int_equal(f.outcomes[i].http_status, 200);
    }
    assert_int_equal(http_peer_connection_count(&f.client.peer), 1);
    async_stop(&f);
}

/* One descriptor and one timeout are all that a foreign loop needs. */
static void runs_in_a_loop_that_polls(void **state)
{
    static const struct http_peer_answer answers[] = { SAY(503), SAY(200), HTTP_PEER_END };
    struct async_fixture f;

    (void)state;
    async_start(&f, answers, (struct msvc_http_client_options){ .has_no_breaker = true });
    (void)start_get(&f, 0);
    while (msvc_http_async_count(f.calls) > 0) {
        struct pollfd asked = { .fd = msvc_http_async_fd(f.calls), .events = POLLIN };

        (void)poll(&asked, 1, msvc_http_async_timeout_ms(f.calls));
        assert_true(msvc_http_async_run_once(f.calls, 0, &f.client.err) >= 0);
    }
    assert_int_equal(f.outcomes[0].http_status, 200);
    async_stop(&f);
}

static void tries_again_as_the_blocking_form_does(void **state)
{
    static const struct http_peer_answer answers[] = { SAY(503), HANG_UP, SAY(200), HTTP_PEER_END };
    struct async_fixture f;

    (void)state;
    async_start(&f, answers, (struct msvc_http_client_options){ .has_no_breaker = true });
    (void)start_get(&f, 0);
    run_until_done(&f);
    assert_int_equal(f.outcomes[0].http_status, 200);
    assert_int_equal(http_peer_request_count(&f.client.peer), 3);
    async_stop(&f);
}

static void never_sends_a_post_again(void **state)
{
    static const struct http_peer_answer answers[] = { SAY(200), HANG_UP, SAY(200), HTTP_PEER_END };
    static const char *const bodies[] = { "{}", "" };

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct async_fixture f;

        async_start(&f, answers, (struct msvc_http_client_options){ .has_no_breaker = true });
        (void)start_get(&f, 0);
        run_until_done(&f);
        (void)start_call(&f, 1,
                         MSVC_HTTP_REQUEST(.method = "POST", .target = "/a", .body = bodies[i],
                                           .body_length = strlen(bodies[i])));
        run_until_done(&f);
        assert_int_equal(f.outcomes[1].status, MSVC_ERR_UNKNOWN);
        assert_int_equal(http_peer_request_count(&f.client.peer), 2);
        async_stop(&f);
    }
}

static void shares_the_breaker_with_the_blocking_form(void **state)
{
    static const struct http_peer_answer answers[] = { SAY(500), HTTP_PEER_END };
    struct async_fixture f;

    (void)state;
    async_start(
        &f, answers,
        (struct msvc_http_client_options){ .breaker = MSVC_BREAKER_OPTIONS(.failure_streak = 2) });
    assert_int_equal(client_get(&f.client), 0);
    (void)start_get(&f, 0);
    run_until_done(&f);
    (void)start_get(&f, 1);
    run_until_done(&f);
    assert_int_equal(f.outcomes[0].http_status, 500);
    assert_int_equal(f.outcomes[1].status, MSVC_ERR_REJECTED);
    assert_non_null(strstr(f.outcomes[1].message, "breaker"));
    assert_int_equal(client_get(&f.client), MSVC_ERR_REJECTED);
    async_stop(&f);
}

static void gives_up_at_the_deadline(void **state)
{
    struct async_fixture f;

    (void)state;
    async_start(&f, silence, patient);
    (void)start_call(&f, 0,
                     MSVC_HTTP_REQUEST(.target = "/a", .deadline_ns = msvc_deadline_in(NULL, 100)));
    run_until_done(&f);
    assert_int_equal(f.outcomes[0].status, MSVC_ERR_TIMEOUT);
    async_stop(&f);
}

static void keeps_a_copy_of_the_request(void **state)
{
    char target[] = "/first", name[] = "X-Name", value[] = "value", key[] = "key";
    struct msvc_header headers[] = { { name, value }, { NULL, NULL } };
    struct async_fixture f;
    const char *head;

    (void)state;
    async_start(&f, ok, defaults);
    (void)start_call(
        &f, 0, MSVC_HTTP_REQUEST(.target = target, .headers = headers, .idempotency_key = key));
    target[1] = name[0] = value[0] = key[0] = '?';
    run_until_done(&f);
    head = f.client.peer.requests[0].head;
    assert_non_null(strstr(head, "GET /first HTTP/1.1\r\n"));
    assert_non_null(strstr(head, "\r\nX-Name: value\r\n"));
    assert_non_null(strstr(head, "\r\nIdempotency-Key: key\r\n"));
    async_stop(&f);
}

static void ends_a_cancelled_call_in_the_next_run(void **state)
{
    struct async_fixture f;
    uint64_t id, other;

    (void)state;
    async_start(&f, silence, patient);
    id = start_get(&f, 0);
    other = start_get(&f, 1);
    run_until_asked(&f, 2);
    assert_int_equal(msvc_http_async_cancel(f.calls, id), 0);
    assert_int_equal(f.outcomes[0].times, 0);
    assert_int_equal(msvc_http_async_timeout_ms(f.calls), 0);
    assert_int_equal(msvc_http_async_cancel(f.calls, id), MSVC_ERR_NOT_FOUND);
    assert_int_equal(msvc_http_async_run_once(f.calls, 0, &f.client.err), 1);
    assert_int_equal(f.outcomes[0].status, MSVC_ERR_CANCELLED);
    assert_int_equal(msvc_http_async_cancel(f.calls, other), 0);
    assert_int_equal(msvc_http_async_cancel(f.calls, 4711), MSVC_ERR_NOT_FOUND);
    async_stop(&f);
    assert_int_equal(f.outcomes[1].status, MSVC_ERR_CANCELLED);
}

/* The token makes the set's descriptor readable. */
static void ends_calls_whose_token_is_cancelled(void **state)
{
    struct msvc_cancel *cancel = NULL;
    struct async_fixture f;
    struct pollfd asked = { .events = POLLIN };

    (void)state;
    assert_int_equal(msvc_cancel_new(&cancel), 0);
    async_start(&f, silence, patient);
    for (int i = 0; i < 3; i++)
        (void)start_call(&f, i, MSVC_HTTP_REQUEST(.target = "/a", .cancel = i < 2 ? cancel : NULL));
    run_until_asked(&f, 3);
    msvc_cancel_request(cancel);
    asked.fd = msvc_http_async_fd(f.calls);
    assert_int_equal(poll(&asked, 1, 10000), 1);
    while (msvc_http_async_count(f.calls) > 1)
        assert_true(msvc_http_async_run_once(f.calls, 1000, &f.client.err) >= 0);
    assert_int_equal(f.outcomes[0].status, MSVC_ERR_CANCELLED);
    assert_int_equal(f.outcomes[1].status, MSVC_ERR_CANCELLED);
    async_stop(&f);
    msvc_cancel_free(cancel);
}

static void calls_back_for_every_call_when_it_is_destroyed(void **state)
{
    struct async_fixture f;

    (void)state;
    async_start(&f, silence, patient);
    for (int i = 0; i < 3; i++)
        (void)start_get(&f, i);
    run_until_asked(&f, 3);
    (void)start_get(&f, 3);
    async_stop(&f);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(f.outcomes[i].times, 1);
        assert_int_equal(f.outcomes[i].status, MSVC_ERR_CANCELLED);
    }
}

struct chain {
    struct async_fixture *f;
    int left;
    int refused;
};

static void start_next(int status, struct msvc_http_answer *answer, const struct msvc_error *err,
                       void *user)
{
    struct chain *chain = user;

    (void)status, (void)err;
    msvc_http_answer_free(answer);
    if (msvc_http_async_run_once(chain->f->calls, 0, NULL) == MSVC_ERR_STATE)
        chain->refused++;
    if (--chain->left > 0)
        assert_int_equal(msvc_http_async_start(chain->f->calls, chain->f->client.transport,
                                               MSVC_HTTP_REQUEST(.target = "/a"), start_next, chain,
                                               NULL, NULL),
                         0);
}

static void lets_a_callback_start_the_next_call(void **state)
{
    struct async_fixture f;
    struct chain chain = { .f = &f, .left = 3 };

    (void)state;
    async_start(&f, ok, defaults);
    assert_int_equal(msvc_http_async_start(f.calls, f.client.transport,
                                           MSVC_HTTP_REQUEST(.target = "/a"), start_next, &chain,
                                           NULL, NULL),
                     0);
    run_until_done(&f);
    assert_int_equal(chain.left, 0);
    assert_int_equal(chain.refused, 3);
    assert_int_equal(http_peer_request_count(&f.client.peer), 3);
    async_stop(&f);
}

static int answer_here(struct msvc_http_transport *self,
                       const struct msvc_http_request_options *request,
                       struct msvc_http_answer **out, struct msvc_error *err)
{
    (void)self, (void)err;
    assert_string_equal(request->target, "/here");
    return msvc_http_answer_new(out, 202, NULL, "here", 4);
}

static void calls_a_transport_of_the_process_in_the_run(void **state)
{
    static const struct msvc_http_transport_ops ops = { sizeof(ops), answer_here, NULL };
    struct msvc_http_transport here = { &ops };
    struct async_fixture f;

    (void)state;
    async_start(&f, ok, defaults);
    assert_int_equal(msvc_http_async_start(f.calls, &here, MSVC_HTTP_REQUEST(.target = "/here"),
                                           note, &f.outcomes[0], NULL, NULL),
                     0);
    assert_int_equal(f.outcomes[0].times, 0);
    assert_int_equal(msvc_http_async_run_once(f.calls, 1000, NULL), 1);
    assert_int_equal(f.outcomes[0].http_status, 202);
    assert_string_equal(f.outcomes[0].body, "here");
    async_stop(&f);
}

static void refuses_what_it_cannot_start(void **state)
{
    struct msvc_http_async *small = NULL;
    struct async_fixture f, other;

    (void)state;
    async_start(&f, ok, defaults);
    async_start(&other, ok, defaults);
    assert_int_equal(msvc_http_async_start(f.calls, f.client.transport,
                                           MSVC_HTTP_REQUEST(.target = "no path"), note, NULL, NULL,
                                           &f.client.err),
                     MSVC_ERR_INVALID);
    assert_int_equal(msvc_http_async_start(f.calls, other.client.transport,
                                           MSVC_HTTP_REQUEST(.target = "/a"), note, NULL, NULL,
                                           &f.client.err),
                     MSVC_ERR_INVALID);
    assert_int_equal(
        msvc_http_async_start(f.calls, f.client.transport, NULL, note, NULL, NULL, NULL),
        MSVC_ERR_INVALID);
    assert_int_equal(msvc_http_async_new(&small, f.client.client,
                                         MSVC_HTTP_ASYNC_OPTIONS(.call_limit = 1), NULL),
                     0);
    assert_int_equal(msvc_http_async_start(small, f.client.transport,
                                           MSVC_HTTP_REQUEST(.target = "/a"), note, &f.outcomes[0],
                                           NULL, NULL),
                     0);
    assert_int_equal(msvc_http_async_start(small, f.client.transport,
                                           MSVC_HTTP_REQUEST(.target = "/a"), note, &f.outcomes[1],
                                           NULL, NULL),
                     MSVC_ERR_LIMIT);
    msvc_http_async_free(small);
    assert_int_equal(f.outcomes[1].times, 0);
    async_stop(&other);
    async_stop(&f);
}

/* 1 when nothing works in the child, and nothing is called back. */
static int child_runs(struct async_fixture *f)
{
    int status = msvc_http_async_run_once(f->calls, 0, NULL);

    msvc_http_async_free(f->calls);
    return status == MSVC_ERR_STATE && f->outcomes[0].times == 0;
}

static void is_the_parents_after_a_fork(void **state)
{
    struct async_fixture f;
    int status;
    pid_t child;

    (void)state;
    async_start(&f, ok, defaults);
    (void)start_get(&f, 0);
    child = fork();
    if (child == 0)
        _exit(child_runs(&f) ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    run_until_done(&f);
    assert_int_equal(f.outcomes[0].http_status, 200);
    async_stop(&f);
}

static int whole_life(struct async_fixture *f, struct outcome *outcome)
{
    struct msvc_http_async *calls = NULL;
    int status = msvc_http_async_new(&calls, f->client.client, NULL, NULL);

    if (status == 0)
        status =
            msvc_http_async_start(calls, f->client.transport, MSVC_HTTP_REQUEST(.target = "/a"),
                                  note, outcome, NULL, NULL);
    while (status == 0 && outcome->times == 0) {
        int result = msvc_http_async_run_once(calls, 1000, NULL);

        status = result < 0 ? result : 0;
    }
    msvc_http_async_free(calls);
    return status < 0 ? status : outcome->status;
}

static void survives_every_lost_allocation(void **state)
{
    struct async_fixture f;
    int status = MSVC_ERR_NOMEM;
    long n;

    (void)state;
    async_start(&f, ok, (struct msvc_http_client_options){ .has_no_breaker = true });
    for (n = 0; status != 0 && n < 1000; n++) {
        struct outcome outcome = { .times = 0 };

        msvc__fail_allocation_after(n);
        status = whole_life(&f, &outcome);
        msvc__fail_allocation_after(-1);
        assert_true(status == 0 || status == MSVC_ERR_NOMEM);
    }
    assert_in_range(n, 4, 999);
    async_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_the_answer_to_the_callback),
        cmocka_unit_test(has_many_calls_in_flight_at_once),
        cmocka_unit_test(uses_a_connection_again),
        cmocka_unit_test(runs_in_a_loop_that_polls),
        cmocka_unit_test(tries_again_as_the_blocking_form_does),
        cmocka_unit_test(never_sends_a_post_again),
        cmocka_unit_test(shares_the_breaker_with_the_blocking_form),
        cmocka_unit_test(gives_up_at_the_deadline),
        cmocka_unit_test(keeps_a_copy_of_the_request),
        cmocka_unit_test(ends_a_cancelled_call_in_the_next_run),
        cmocka_unit_test(ends_calls_whose_token_is_cancelled),
        cmocka_unit_test(calls_back_for_every_call_when_it_is_destroyed),
        cmocka_unit_test(lets_a_callback_start_the_next_call),
        cmocka_unit_test(calls_a_transport_of_the_process_in_the_run),
        cmocka_unit_test(refuses_what_it_cannot_start),
        cmocka_unit_test(is_the_parents_after_a_fork),
        cmocka_unit_test(survives_every_lost_allocation),
    };

    return cmocka_run_group_tests_name("http_async", tests, NULL, NULL);
}
