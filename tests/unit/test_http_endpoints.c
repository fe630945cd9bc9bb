/* SPDX-License-Identifier: MIT */
/* Several endpoints for one service: who is asked, who is left out, and where they are. */
#include <msvc/http_client.h>

#include <stdio.h>

#include <msvc/breaker.h>
#include <msvc/hedge.h>
#include <msvc/http_async.h>
#include <msvc/policy.h>

#include "fake_clock.h"
#include "http_client_support.h"

#define SAY(status)             \
    {                           \
        (status), NULL, NULL, 0 \
    }

static const struct http_peer_answer ok[] = { SAY(200), HTTP_PEER_END };
static const struct http_peer_answer busy[] = { SAY(503), HTTP_PEER_END };
static const struct http_peer_answer broken[] = { SAY(500), HTTP_PEER_END };
static const struct http_peer_answer hanging_up[] = { SAY(0), HTTP_PEER_END };
static const struct http_peer_answer silent[] = { SAY(-1), HTTP_PEER_END };

/* The fixture's peer and a second one, behind one transport. Where eject_ms is set the clock stands
 * still. */
struct pair {
    struct client_fixture f;
    struct http_peer other;
    struct fake_clock clock;
};

static void pair_start(struct pair *p, const struct http_peer_answer *first,
                       const struct http_peer_answer *second,
                       struct msvc_http_client_options options)
{
    char url[96];

    memset(p, 0, sizeof(*p));
    fake_clock_init(&p->clock);
    assert_int_equal(http_peer_start(&p->f.peer, first), 0);
    assert_int_equal(http_peer_start(&p->other, second), 0);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d,127.0.0.1:%d", p->f.peer.port,
                   p->other.port);
    options.size = sizeof(options);
    if (options.eject_ms != 0)
        options.clock = &p->clock.clock;
    assert_int_equal(msvc_http_client_new(&p->f.client, &options, &p->f.err), 0);
    assert_int_equal(msvc_http_client_transport(&p->f.transport, p->f.client, url, &p->f.err), 0);
}

static void pair_stop(struct pair *p)
{
    client_stop(&p->f);
    http_peer_stop(&p->other);
}

static int requests(struct pair *p)
{
    return http_peer_request_count(&p->f.peer) + http_peer_request_count(&p->other);
}

static void get_until_first_has(struct pair *p, int count)
{
    while (http_peer_request_count(&p->f.peer) < count)
        assert_int_equal(client_get(&p->f), 0);
}

static struct msvc_http_endpoint endpoint_at(struct pair *p, int port)
{
    struct msvc_http_endpoint all[2];

    assert_int_equal(msvc_http_client_endpoints(p->f.transport, all, 2), 2);
    return all[0].port == port ? all[0] : all[1];
}

static void spreads_calls_over_endpoints(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, ok, ok, (struct msvc_http_client_options){ 0 });
    for (int i = 0; i < 100; i++)
        assert_int_equal(client_get(&p.f), 0);
    assert_int_equal(requests(&p), 100);
    assert_in_range(http_peer_request_count(&p.other), 10, 90);
    pair_stop(&p);
}

static void tries_again_at_another_endpoint(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, busy, ok,
               (struct msvc_http_client_options){
                   .attempts = 2, .has_no_breaker = true, .timeout_ms = 60000 });
    for (int i = 0; i < 5; i++) {
        assert_int_equal(client_get(&p.f), 0);
        assert_int_equal(client_answer(&p.f), 200);
    }
    pair_stop(&p);
}

static void never_sends_a_post_to_another_endpoint(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, hanging_up, ok, (struct msvc_http_client_options){ .has_no_breaker = true });
    for (int i = 1; i <= 20; i++) {
        int status = client_post(&p.f, "{}", NULL);

        assert_true(status == 0 || status == MSVC_ERR_UNKNOWN);
        assert_int_equal(requests(&p), i);
    }
    pair_stop(&p);
}

static void count_answer(int status, struct msvc_http_answer *answer, const struct msvc_error *err,
                         void *user)
{
    int *answers = user;

    (void)status, (void)err;
    *answers += answer != NULL;
    msvc_http_answer_free(answer);
}

/* Start one call, and run until it is answered or has reached the silent peer. */
static void start_one(struct pair *p, struct msvc_http_async *calls, int *answers)
{
    int answered = *answers;
    int stuck = http_peer_request_count(&p->f.peer);

    assert_int_equal(msvc_http_async_start(calls, p->f.transport, MSVC_HTTP_REQUEST(.target = "/a"),
                                           count_answer, answers, NULL, NULL),
                     0);
    while (*answers == answered && http_peer_request_count(&p->f.peer) == stuck)
        assert_true(msvc_http_async_run_once(calls, 10, NULL) >= 0);
}

/* Once a call is stuck at one endpoint the other one has fewer in flight. */
static void prefers_the_endpoint_with_fewer_calls_in_flight(void **state)
{
    struct msvc_http_async *calls;
    struct pair p;
    int answers = 0;

    (void)state;
    pair_start(&p, silent, ok, (struct msvc_http_client_options){ .timeout_ms = 60000 });
    assert_int_equal(msvc_http_async_new(&calls, p.f.client, NULL, NULL), 0);
    while (http_peer_request_count(&p.f.peer) == 0)
        start_one(&p, calls, &answers);
    answers = 0;
    for (int i = 0; i < 20; i++)
        start_one(&p, calls, &answers);
    assert_int_equal(answers, 20);
    assert_int_equal(endpoint_at(&p, p.f.peer.port).in_flight, 1);
    msvc_http_async_free(calls);
    pair_stop(&p);
}

static const struct msvc_http_client_options ejecting = { .has_no_breaker = true,
                                                          .eject_failures = 3,
                                                          .eject_ms = 1000 };

static void leaves_out_an_endpoint_that_fails_in_a_row(void **state)
{
    struct msvc_http_endpoint failed;
    struct pair p;

    (void)state;
    pair_start(&p, broken, ok, ejecting);
    get_until_first_has(&p, 3);
    failed = endpoint_at(&p, p.f.peer.port);
    assert_true(failed.is_ejected);
    assert_int_equal(failed.ejected_ms, 1000);
    assert_int_equal(failed.failure_count, 3);
    assert_false(endpoint_at(&p, p.other.port).is_ejected);
    for (int i = 0; i < 20; i++)
        assert_int_equal(client_get(&p.f), 0);
    assert_int_equal(http_peer_request_count(&p.f.peer), 3);
    pair_stop(&p);
}

static void lets_it_back_in_and_leaves_it_out_longer_the_next_time(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, broken, ok, ejecting);
    get_until_first_has(&p, 3);
    fake_clock_advance_ms(&p.clock, 1000);
    assert_false(endpoint_at(&p, p.f.peer.port).is_ejected);
    get_until_first_has(&p, 6);
    assert_int_equal(endpoint_at(&p, p.f.peer.port).ejected_ms, 2000);
    pair_stop(&p);
}

static void leaves_out_no_more_than_a_share(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, broken, broken, ejecting);
    for (int i = 0; i < 50; i++)
        assert_int_equal(client_get(&p.f), 0);
    assert_int_equal(
        endpoint_at(&p, p.f.peer.port).is_ejected + endpoint_at(&p, p.other.port).is_ejected, 1);
    assert_int_equal(requests(&p), 50);
    pair_stop(&p);
}

static void has_a_breaker_for_each_endpoint(void **state)
{
    struct pair p;

    (void)state;
    pair_start(
        &p, broken, ok,
        (struct msvc_http_client_options){ .eject_failures = MSVC_HTTP_CLIENT_NEVER,
                                           .breaker = MSVC_BREAKER_OPTIONS(.failure_streak = 2) });
    get_until_first_has(&p, 2);
    assert_int_equal(endpoint_at(&p, p.f.peer.port).breaker, MSVC_BREAKER_OPEN);
    assert_int_equal(endpoint_at(&p, p.other.port).breaker, MSVC_BREAKER_CLOSED);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(client_get(&p.f), 0);
        assert_int_equal(client_answer(&p.f), 200);
    }
    assert_int_equal(http_peer_request_count(&p.f.peer), 2);
    pair_stop(&p);
}

static void rejects_when_every_breaker_is_open(void **state)
{
    struct pair p;

    (void)state;
    pair_start(
        &p, broken, broken,
        (struct msvc_http_client_options){ .breaker = MSVC_BREAKER_OPTIONS(.failure_streak = 1) });
    assert_int_equal(client_get(&p.f), 0);
    assert_int_equal(client_get(&p.f), 0);
    assert_int_equal(client_get(&p.f), MSVC_ERR_REJECTED);
    assert_int_equal(requests(&p), 2);
    pair_stop(&p);
}

static void asks_another_endpoint_when_an_answer_is_late(void **state)
{
    struct msvc_policy *policy;
    struct msvc_hedge *hedge;
    struct pair p;

    (void)state;
    assert_int_equal(msvc_hedge_new(&hedge, MSVC_HEDGE_OPTIONS(.delay_ms = 20)), 0);
    assert_int_equal(
        msvc_policy_new(&policy, MSVC_POLICY_OPTIONS(.hedge = hedge, .timeout_ms = 60000)), 0);
    pair_start(&p, silent, ok,
               (struct msvc_http_client_options){ .policy = policy, .timeout_ms = 60000 });
    while (http_peer_request_count(&p.f.peer) < 3) {
        assert_int_equal(client_get(&p.f), 0);
        assert_int_equal(client_answer(&p.f), 200);
    }
    pair_stop(&p);
    msvc_policy_free(policy);
    msvc_hedge_free(hedge);
}

/* A registry whose service moves. */
struct registry {
    const char *addresses[2];
    int count;
    int asked;
};

static int look_up(struct msvc_http_address *out, size_t capacity, const char *host, uint16_t port,
                   void *user)
{
    struct registry *registry = user;

    assert_true(capacity >= 2);
    assert_string_equal(host, "orders.example");
    assert_int_not_equal(port, 0);
    registry->asked++;
    for (int i = 0; i < registry->count; i++)
        (void)snprintf(out[i].text, MSVC_HTTP_ADDRESS_SIZE, "%s", registry->addresses[i]);
    return registry->count;
}

static void named_start(struct pair *p, struct registry *registry)
{
    struct msvc_http_client_options options = { .size = sizeof(options),
                                                .attempts = 1,
                                                .has_no_breaker = true,
                                                .refresh_ms = 5000,
                                                .resolve = look_up,
                                                .resolve_user = registry };
    char url[64];

    memset(p, 0, sizeof(*p));
    fake_clock_init(&p->clock);
    options.clock = &p->clock.clock;
    assert_int_equal(http_peer_start(&p->f.peer, ok), 0);
    assert_int_equal(http_peer_start(&p->other, ok), 0);
    (void)snprintf(url, sizeof(url), "http://orders.example:%d", p->f.peer.port);
    assert_int_equal(msvc_http_client_new(&p->f.client, &options, &p->f.err), 0);
    assert_int_equal(msvc_http_client_transport(&p->f.transport, p->f.client, url, &p->f.err), 0);
}

static void calls_the_addresses_of_a_name(void **state)
{
    struct registry registry = { { "127.0.0.1" }, 1, 0 };
    struct msvc_http_endpoint endpoint;
    struct pair p;

    (void)state;
    named_start(&p, &registry);
    assert_int_equal(client_get(&p.f), 0);
    assert_int_equal(client_get(&p.f), 0);
    assert_int_equal(registry.asked, 1);
    assert_non_null(strstr(p.f.peer.requests[0].head, "\r\nHost: orders.example:"));
    assert_int_equal(msvc_http_client_endpoints(p.f.transport, &endpoint, 1), 1);
    assert_string_equal(endpoint.address.text, "127.0.0.1");
    assert_string_equal(endpoint.host, "orders.example");
    assert_int_equal(endpoint.call_count, 2);
    pair_stop(&p);
}

/* Nobody listens at the new address. */
static void follows_a_service_that_moves(void **state)
{
    struct registry registry = { { "127.0.0.1" }, 1, 0 };
    struct pair p;

    (void)state;
    named_start(&p, &registry);
    assert_int_equal(client_get(&p.f), 0);
    registry.addresses[0] = "127.0.0.2";
    fake_clock_advance_ms(&p.clock, 4999);
    assert_int_equal(client_get(&p.f), 0);
    fake_clock_advance_ms(&p.clock, 1);
    assert_int_equal(client_get(&p.f), MSVC_ERR_UNAVAILABLE);
    registry.count = 0; /* knows nothing: what is known stays */
    fake_clock_advance_ms(&p.clock, 5000);
    assert_int_equal(client_get(&p.f), MSVC_ERR_UNAVAILABLE);
    registry = (struct registry){ { "127.0.0.1", "127.0.0.1" }, 2, 0 };
    fake_clock_advance_ms(&p.clock, 5000);
    assert_int_equal(client_get(&p.f), 0);
    assert_int_equal(http_peer_request_count(&p.f.peer), 3);
    pair_stop(&p);
}

static void keeps_what_it_knows_of_an_endpoint_that_stays(void **state)
{
    struct registry registry = { { "127.0.0.1", "127.0.0.2" }, 2, 0 };
    struct msvc_http_endpoint all[2];
    struct pair p;

    (void)state;
    named_start(&p, &registry);
    while (http_peer_request_count(&p.f.peer) < 5)
        (void)client_get(&p.f);
    registry = (struct registry){ { "127.0.0.1" }, 1, 0 };
    fake_clock_advance_ms(&p.clock, 5000);
    assert_int_equal(client_get(&p.f), 0);
    assert_int_equal(msvc_http_client_endpoints(p.f.transport, all, 2), 1);
    assert_int_equal(all[0].call_count, 6);
    pair_stop(&p);
}

/* Which family localhost has is this machine's affair; that it gets an address is ours. */
static void looks_names_up_through_libcurl(void **state)
{
    struct client_fixture f = { .answer = NULL };
    struct msvc_http_endpoint endpoint = { .port = 0 };
    char url[64];

    (void)state;
    assert_int_equal(http_peer_start(&f.peer, ok), 0);
    (void)snprintf(url, sizeof(url), "http://localhost:%d", f.peer.port);
    assert_int_equal(msvc_http_client_new(&f.client, NULL, &f.err), 0);
    assert_int_equal(msvc_http_client_transport(&f.transport, f.client, url, &f.err), 0);
    while (endpoint.address.text[0] == '\0') {
        assert_int_equal(client_get(&f), 0);
        assert_int_equal(msvc_http_client_endpoints(f.transport, &endpoint, 1), 1);
    }
    assert_string_equal(endpoint.address.text, "127.0.0.1");
    assert_int_equal(client_get(&f), 0);
    client_stop(&f);
}

static void refuses_more_hosts_than_it_can_have(void **state)
{
    char url[1024] = "http://h";
    struct client_fixture f;
    struct msvc_http_transport *transport = NULL;

    (void)state;
    client_start(&f, ok, (struct msvc_http_client_options){ 0 });
    for (int i = 0; i < MSVC_HTTP_ENDPOINTS_MAX; i++)
        strcat(url, ",h");
    assert_int_equal(msvc_http_client_transport(&transport, f.client, url, &f.err),
                     MSVC_ERR_INVALID);
    assert_null(transport);
    client_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spreads_calls_over_endpoints),
        cmocka_unit_test(tries_again_at_another_endpoint),
        cmocka_unit_test(never_sends_a_post_to_another_endpoint),
        cmocka_unit_test(prefers_the_endpoint_with_fewer_calls_in_flight),
        cmocka_unit_test(leaves_out_an_endpoint_that_fails_in_a_row),
        cmocka_unit_test(lets_it_back_in_and_leaves_it_out_longer_the_next_time),
        cmocka_unit_test(leaves_out_no_more_than_a_share),
        cmocka_unit_test(has_a_breaker_for_each_endpoint),
        cmocka_unit_test(rejects_when_every_breaker_is_open),
        cmocka_unit_test(asks_another_endpoint_when_an_answer_is_late),
        cmocka_unit_test(calls_the_addresses_of_a_name),
        cmocka_unit_test(follows_a_service_that_moves),
        cmocka_unit_test(keeps_what_it_knows_of_an_endpoint_that_stays),
        cmocka_unit_test(looks_names_up_through_libcurl),
        cmocka_unit_test(refuses_more_hosts_than_it_can_have),
    };

    return cmocka_run_group_tests_name("http_endpoints", tests, NULL, NULL);
}
