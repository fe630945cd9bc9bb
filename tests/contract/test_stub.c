/* SPDX-License-Identifier: MIT */
/* A stub answers what the pacts know, the same each time, and says why it does not know the rest.
 */
#include <stdlib.h>
#include <string.h>

#include <msvc/contract.h>
#include <msvc/contract_stub.h>
#include <msvc/contract_verify.h>
#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/http_client.h>
#include <msvc/status.h>

#include "test.h"

static const char users[] =
    "{\"consumer\":{\"name\":\"a\"},\"provider\":{\"name\":\"b\"},\"interactions\":["
    "{\"description\":\"a user\",\"providerStates\":[{\"name\":\"there\"}],"
    "\"request\":{\"method\":\"GET\",\"path\":\"/users/1\"},"
    "\"response\":{\"status\":200,\"headers\":{\"X-From\":\"pact\"},\"body\":{\"name\":\"Alice\"}}}"
    ","
    "{\"description\":\"no user\",\"providerStates\":[{\"name\":\"gone\"}],"
    "\"request\":{\"method\":\"GET\",\"path\":\"/users/1\"},\"response\":{\"status\":410}}],"
    "\"metadata\":{\"pactSpecification\":{\"version\":\"3.0.0\"}}}";

static const char orders[] =
    "{\"consumer\":{\"name\":\"c\"},\"provider\":{\"name\":\"b\"},\"interactions\":["
    "{\"description\":\"an order\",\"request\":{\"method\":\"POST\",\"path\":\"/orders\","
    "\"headers\":{\"Content-Type\":\"application/json\"},\"body\":{\"n\":1}},"
    "\"response\":{\"status\":201}},{\"description\":\"new\",\"request\":{\"method\":\"GET\","
    "\"path\":\"/new\"},\"response\":{\"status\":200,\"headers\":{\"Content-Type\":"
    "\"application/json\"},\"body\":{\"n\":0},\"generators\":{\"body\":{\"$.n\":{\"type\":"
    "\"RandomInt\",\"min\":7,\"max\":7}}}}}],\"metadata\":{\"pactSpecification\":{\"version\":\"3."
    "0.0\"}}}";

struct fixture {
    struct msvc_pact *pacts[2];
    struct msvc_pact_stub *stub;
    struct msvc_http_transport *transport;
    struct msvc_http_answer *answer;
    struct msvc_error err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    assert_int_equal(msvc_pact_parse(&f->pacts[0], users, strlen(users), &f->err), 0);
    assert_int_equal(msvc_pact_parse(&f->pacts[1], orders, strlen(orders), &f->err), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_http_answer_free(f->answer);
    msvc_http_transport_free(f->transport);
    msvc_pact_stub_free(f->stub);
    msvc_pact_free(f->pacts[0]);
    msvc_pact_free(f->pacts[1]);
    free(f);
    return 0;
}

static void start(struct fixture *f, const struct msvc_pact_stub_options *options)
{
    assert_int_equal(msvc_pact_stub_start(&f->stub, f->pacts, 2, options, &f->err), 0);
    assert_int_equal(msvc_pact_stub_transport(&f->transport, f->stub), 0);
}

/* The status. */
static int call(struct fixture *f, const char *method, const char *target, const char *body,
                const struct msvc_header *headers)
{
    msvc_http_answer_free(f->answer);
    f->answer = NULL;
    assert_int_equal(
        msvc_http_call(f->transport,
                       MSVC_HTTP_REQUEST(.method = method, .target = target, .headers = headers,
                                         .body = body,
                                         .body_length = body != NULL ? strlen(body) : 0),
                       &f->answer, &f->err),
        0);
    return msvc_http_answer_status(f->answer);
}

static void answers_for_all_pacts_the_same_each_time(void **state)
{
    struct fixture *f = *state;

    start(f, MSVC_PACT_STUB_OPTIONS(.has_no_listener = true));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(call(f, "GET", "/users/1", NULL, NULL), 200);
        assert_string_equal(msvc_http_answer_body(f->answer, NULL), "{\"name\":\"Alice\"}");
        assert_string_equal(msvc_http_answer_header(f->answer, "X-From", 0), "pact");
    }
    assert_int_equal(call(f, "POST", "/orders", "{\"n\":1}", NULL), 201);
}

static void makes_values_anew(void **state)
{
    struct fixture *f = *state;

    start(f, MSVC_PACT_STUB_OPTIONS(.has_no_listener = true));
    assert_int_equal(call(f, "GET", "/new", NULL, NULL), 200);
    assert_string_equal(msvc_http_answer_body(f->answer, NULL), "{\"n\":7}");
}

static void names_the_nearest_when_it_knows_none(void **state)
{
    struct fixture *f = *state;
    const char *body;

    start(f, MSVC_PACT_STUB_OPTIONS(.has_no_listener = true));
    assert_int_equal(call(f, "POST", "/orders", "{\"n\":2}", NULL), 404);
    body = msvc_http_answer_body(f->answer, NULL);
    assert_non_null(strstr(body, "\"nearest\":\"an order\""));
    assert_non_null(strstr(body, "\"path\":\"$.n\""));
}

static void offers_only_states_that_the_filter_finds(void **state)
{
    struct fixture *f = *state;

    start(f, MSVC_PACT_STUB_OPTIONS(.has_no_listener = true, .state = "^go"));
    assert_int_equal(call(f, "GET", "/users/1", NULL, NULL), 410);
    assert_int_equal(call(f, "POST", "/orders", "{\"n\":1}", NULL), 404);
}

static void lets_a_request_choose_the_state(void **state)
{
    struct fixture *f = *state;

    start(f, MSVC_PACT_STUB_OPTIONS(.has_no_listener = true, .state_header = "X-State"));
    assert_int_equal(call(f, "GET", "/users/1", NULL, MSVC_HEADERS({ "X-State", "gone" })), 410);
    assert_int_equal(call(f, "GET", "/users/1", NULL, MSVC_HEADERS({ "X-State", "there" })), 200);
    assert_int_equal(call(f, "GET", "/users/1", NULL, MSVC_HEADERS({ "X-State", "odd" })), 404);
    assert_int_equal(call(f, "GET", "/users/1", NULL, NULL), 200);
}

static void answers_preflights_when_asked(void **state)
{
    struct fixture *f = *state;

    start(f, MSVC_PACT_STUB_OPTIONS(.has_no_listener = true, .has_cors = true));
    assert_int_equal(call(f, "OPTIONS", "/users/1", NULL,
                          MSVC_HEADERS({ "Access-Control-Request-Headers", "X-Token" })),
                     204);
    assert_string_equal(msvc_http_answer_header(f->answer, "Access-Control-Allow-Headers", 0),
                        "X-Token");
    assert_int_equal(call(f, "GET", "/users/1", NULL, NULL), 200);
    assert_string_equal(msvc_http_answer_header(f->answer, "Access-Control-Allow-Origin", 0), "*");
}

/* Over a socket, and what it answers is what the pact asks for. */
static void keeps_the_pacts_that_it_plays(void **state)
{
    struct fixture *f = *state;
    struct msvc_http_client *client = NULL;
    struct msvc_contract_report *report = NULL;

    start(f, NULL);
    msvc_http_transport_free(f->transport);
    f->transport = NULL;
    assert_int_equal(msvc_http_client_new(&client, NULL, &f->err), 0);
    assert_int_equal(
        msvc_http_client_transport(&f->transport, client, msvc_pact_stub_url(f->stub), &f->err), 0);
    msvc_http_client_free(client);
    assert_int_equal(msvc_contract_verify(&report, f->pacts[0], f->transport,
                                          MSVC_CONTRACT_OPTIONS(.with_state = "there"), &f->err),
                     0);
    assert_int_equal(msvc_contract_count(report), 1);
    assert_int_equal(msvc_contract_failed_count(report), 0);
    msvc_contract_report_free(report);
}

static void refuses_what_is_no_regex_and_nothing(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        msvc_pact_stub_start(&f->stub, f->pacts, 2, MSVC_PACT_STUB_OPTIONS(.state = "("), &f->err),
        MSVC_ERR_INVALID);
    assert_int_equal(msvc_pact_stub_start(&f->stub, NULL, 1, NULL, &f->err), MSVC_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(answers_for_all_pacts_the_same_each_time),
        TEST(makes_values_anew),
        TEST(names_the_nearest_when_it_knows_none),
        TEST(offers_only_states_that_the_filter_finds),
        TEST(lets_a_request_choose_the_state),
        TEST(answers_preflights_when_asked),
        TEST(keeps_the_pacts_that_it_plays),
        TEST(refuses_what_is_no_regex_and_nothing),
    };

    return cmocka_run_group_tests_name("stub", tests, NULL, NULL);
}
