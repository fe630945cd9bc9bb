/* SPDX-License-Identifier: MIT */
/* A deadline on its way through five servers, each the client of the next. */
#include <msvc/http_client.h>
#include <msvc/http_server.h>

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "test.h"

#define HOPS 5

struct hop {
    struct msvc_http_router *router;
    struct msvc_http_server *server;
    struct msvc_http_transport *next; /* NULL at the last one */
    long told_ms;                     /* what its caller said */
    atomic_int calls;
    bool overruns; /* uses up all of its time before it calls on */
    int next_status;
};

struct chain {
    struct msvc_http_client *client;
    struct msvc_http_transport *first;
    struct hop hops[HOPS];
};

static void call_on(struct msvc_http_exchange *x, void *user)
{
    struct hop *hop = user;
    struct msvc_http_answer *answer = NULL;
    int status = 0;

    atomic_fetch_add(&hop->calls, 1);
    hop->told_ms = strtol(msvc_http_header(x, MSVC_HTTP_TIMEOUT_HEADER, 0), NULL, 10);
    while (hop->overruns && msvc_deadline_left_ms(NULL, msvc_deadline_current(), 1) > 0)
        (void)poll(NULL, 0, 1);
    if (hop->next != NULL)
        status = msvc_http_call(hop->next, MSVC_HTTP_REQUEST(.target = "/"), &answer, NULL);
    hop->next_status = status;
    if (status == 0)
        status = answer != NULL ? msvc_http_answer_status(answer) : 204;
    msvc_http_reply(x, status > 0 ? status : 504, NULL, NULL, 0);
    msvc_http_answer_free(answer);
}

static int chain_start(void **state)
{
    struct chain *chain = calloc(1, sizeof(*chain));
    struct msvc_http_transport **to;

    assert_int_equal(
        msvc_http_client_new(&chain->client,
                             MSVC_HTTP_CLIENT_OPTIONS(.timeout_ms = 60000, .has_no_breaker = true),
                             NULL),
        0);
    for (int i = 0; i < HOPS; i++) {
        struct hop *hop = &chain->hops[i];
        char url[96];

        assert_int_equal(msvc_http_router_new(&hop->router, NULL), 0);
        assert_int_equal(msvc_http_route(hop->router, "GET", "/", call_on, hop, NULL), 0);
        assert_int_equal(msvc_http_server_start(&hop->server, hop->router, NULL, NULL), 0);
        (void)snprintf(url, sizeof(url), "http://%s", msvc_http_server_address(hop->server));
        to = i == 0 ? &chain->first : &chain->hops[i - 1].next;
        assert_int_equal(msvc_http_client_transport(to, chain->client, url, NULL), 0);
    }
    *state = chain;
    return 0;
}

/* The servers first: their handlers use the transports. */
static int chain_stop(void **state)
{
    struct chain *chain = *state;

    for (int i = 0; i < HOPS; i++)
        msvc_http_server_free(chain->hops[i].server);
    for (int i = 0; i < HOPS; i++) {
        msvc_http_transport_free(chain->hops[i].next);
        msvc_http_router_free(chain->hops[i].router);
    }
    msvc_http_transport_free(chain->first);
    msvc_http_client_free(chain->client);
    free(chain);
    return 0;
}

/* Returns the status of the call, or of the answer. */
static int call(struct chain *chain, int64_t timeout_ms)
{
    struct msvc_http_answer *answer = NULL;
    int status = msvc_http_call(
        chain->first,
        MSVC_HTTP_REQUEST(.target = "/", .deadline_ns = msvc_deadline_in(NULL, timeout_ms)),
        &answer, NULL);

    if (status == 0)
        status = msvc_http_answer_status(answer);
    msvc_http_answer_free(answer);
    return status;
}

static void shrinks_from_hop_to_hop(void **state)
{
    struct chain *chain = *state;
    long told_ms = 50000;

    assert_int_equal(call(chain, told_ms), 204);
    for (int i = 0; i < HOPS; i++) {
        assert_int_equal(atomic_load(&chain->hops[i].calls), 1);
        assert_in_range(chain->hops[i].told_ms, 1, told_ms);
        told_ms = chain->hops[i].told_ms;
    }
}

/* Handlers do not name a deadline: that of their caller holds. The late one tells it at the last
 * moment, and its caller may still hear that. */
static void stops_where_it_passes(void **state)
{
    struct chain *chain = *state;
    int status;

    chain->hops[2].overruns = true;
    status = call(chain, 1000);
    assert_true(status == MSVC_ERR_TIMEOUT || status == 504);
    for (int i = 0; i < HOPS; i++)
        assert_int_equal(msvc_http_server_stop(chain->hops[i].server, 60000), 0);
    if (atomic_load(&chain->hops[2].calls) >
        0) /* a machine may be so slow that it never came there */
        assert_int_equal(chain->hops[2].next_status, MSVC_ERR_TIMEOUT);
    assert_int_equal(atomic_load(&chain->hops[3].calls), 0);
    assert_int_equal(atomic_load(&chain->hops[4].calls), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(shrinks_from_hop_to_hop, chain_start, chain_stop),
        cmocka_unit_test_setup_teardown(stops_where_it_passes, chain_start, chain_stop),
    };

    return cmocka_run_group_tests_name("http_deadline", tests, NULL, NULL);
}
