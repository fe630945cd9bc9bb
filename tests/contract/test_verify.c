/* SPDX-License-Identifier: MIT */
/* A provider that breaks its contract is found out, and told where. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/contract.h>
#include <msvc/contract_report.h>
#include <msvc/contract_verify.h>
#include <msvc/error.h>
#include <msvc/http_router.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"

#include "test.h"

struct fixture {
    struct msvc_pact *pact;
    struct msvc_http_router *router;
    struct msvc_http_transport *transport;
    struct msvc_contract_report *report;
    struct msvc_error err;
    const char *body; /* of the provider's answer */
    int status;
    const char *known_state;
    char token[64]; /* that the provider got */
};

static void show_user(struct msvc_http_exchange *exchange, void *user)
{
    struct fixture *f = user;
    const char *token = msvc_http_header(exchange, "Authorization", 0);

    (void)snprintf(f->token, sizeof(f->token), "%s", token != NULL ? token : "");
    msvc_http_reply(exchange, f->status, "application/json", f->body, strlen(f->body));
}

static int set_up_state(const struct msvc_contract_state *state, struct msvc_buffer *values,
                        void *user, struct msvc_error *err)
{
    struct fixture *f = user;

    (void)err;
    (void)values;
    assert_string_equal(state->params, "{}");
    return strcmp(state->name, f->known_state) == 0 ? 0 : MSVC_ERR_NOT_FOUND;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    f->status = 200;
    f->known_state = "user 123 exists";
    f->body = "{\"id\":\"123\",\"name\":\"Bob\",\"tags\":[\"a\",\"b\"],\"more\":1}";
    assert_int_equal(msvc_pact_new(&f->pact, "orders", "users", NULL, &f->err), 0);
    assert_int_equal(
        msvc_pact_add(
            f->pact,
            MSVC_PACT_INTERACTION(
                    .description = "a user",
                    .states = MSVC_PACT_STATES({ "user 123 exists", NULL }),
                    .request = { .path = "/users/123",
                                 .headers = MSVC_PACT_MEMBERS(
                                     { "Authorization",
                                       msvc_pact_like(msvc_pact_text("Bearer x")) }) },
                    .response = { .body = MSVC_PACT_OBJECT(
                                      { "id", msvc_pact_text("123") },
                                      { "name", msvc_pact_like(msvc_pact_text("A")) },
                                      { "tags", MSVC_PACT_EACH_LIKE(1, msvc_pact_text("t")) }) }),
            &f->err),
        0);
    assert_int_equal(msvc_http_router_new(&f->router, NULL), 0);
    assert_int_equal(msvc_http_route(f->router, "GET", "/users/{id}", show_user, f, NULL), 0);
    assert_int_equal(msvc_http_router_transport(&f->transport, f->router), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_contract_report_free(f->report);
    msvc_http_transport_free(f->transport);
    msvc_http_router_free(f->router);
    msvc_pact_free(f->pact);
    free(f);
    return 0;
}

/* The first mismatch; NULL when the contract was kept. */
static const struct msvc_contract_mismatch *verify(struct fixture *f)
{
    assert_int_equal(
        msvc_contract_verify(
            &f->report, f->pact, f->transport,
            MSVC_CONTRACT_OPTIONS(.state = set_up_state, .user = f,
                                  .headers = MSVC_HEADERS({ "Authorization", "Bearer real" })),
            &f->err),
        0);
    assert_int_equal(msvc_contract_count(f->report), 1);
    assert_int_equal(msvc_contract_failed_count(f->report),
                     msvc_contract_mismatch_count(f->report, 0) > 0);
    return msvc_contract_mismatch(f->report, 0, 0);
}

static void is_content_with_a_provider_that_keeps_its_contract(void **state)
{
    struct fixture *f = *state;

    assert_null(verify(f));
    assert_string_equal(f->token, "Bearer real");
}

static void finds_a_type_that_has_changed(void **state)
{
    struct fixture *f = *state;
    const struct msvc_contract_mismatch *found;

    f->body = "{\"id\":\"123\",\"name\":7,\"tags\":[\"a\"]}";
    found = verify(f);
    assert_non_null(found);
    assert_string_equal(found->part, "body");
    assert_string_equal(found->path, "$.name");
    assert_string_equal(found->rule, "type");
    assert_string_equal(found->rule_path, "$.name");
    assert_string_equal(found->expected, "\"A\"");
    assert_string_equal(found->actual, "7");
}

static void finds_a_field_that_is_missing(void **state)
{
    struct fixture *f = *state;
    const struct msvc_contract_mismatch *found;

    f->body = "{\"id\":\"123\",\"tags\":[\"a\"]}";
    found = verify(f);
    assert_non_null(found);
    assert_string_equal(found->path, "$.name");
    assert_string_equal(found->message, "expected it to be there");
}

static void finds_an_element_deep_inside(void **state)
{
    struct fixture *f = *state;
    const struct msvc_contract_mismatch *found;

    f->body = "{\"id\":\"123\",\"name\":\"B\",\"tags\":[\"a\",5]}";
    found = verify(f);
    assert_non_null(found);
    assert_string_equal(found->path, "$.tags[1]");
    assert_string_equal(found->rule_path, "$.tags");
}

static void finds_a_wrong_status(void **state)
{
    struct fixture *f = *state;
    const struct msvc_contract_mismatch *found;

    f->status = 404;
    found = verify(f);
    assert_non_null(found);
    assert_string_equal(found->part, "status");
    assert_string_equal(found->expected, "200");
    assert_string_equal(found->actual, "404");
}

static void finds_a_body_that_is_no_json(void **state)
{
    struct fixture *f = *state;
    const struct msvc_contract_mismatch *found;

    f->body = "oops";
    found = verify(f);
    assert_non_null(found);
    assert_string_equal(found->message, "expected JSON");
}

static void fails_an_interaction_whose_state_is_not_known(void **state)
{
    struct fixture *f = *state;
    const struct msvc_contract_mismatch *found;

    f->known_state = "nobody exists";
    found = verify(f);
    assert_non_null(found);
    assert_string_equal(found->part, "state");
    assert_string_equal(found->path, "user 123 exists");
    assert_string_equal(f->token, ""); /* and is not sent */
}

static int write_as(struct fixture *f, struct msvc_buffer *text, enum msvc_contract_format format)
{
    return msvc_contract_write(text, &f->report, 1, MSVC_CONTRACT_WRITE_OPTIONS(.format = format),
                               &f->err);
}

static void tells_people_what_differs_and_how_to_repeat_it(void **state)
{
    struct fixture *f = *state;
    struct msvc_buffer text = MSVC_BUFFER_INIT;

    f->status = 500;
    (void)verify(f);
    assert_int_equal(write_as(f, &text, MSVC_CONTRACT_TEXT), 0);
    assert_non_null(strstr(text.data, "FAILED  a user (given user 123 exists)"));
    assert_non_null(strstr(text.data, "curl -i -X GET 'http://provider/users/123' "
                                      "-H 'Authorization: ***'"));
    assert_null(strstr(text.data, "Bearer real"));
    assert_non_null(strstr(text.data, "0 of 1 interactions kept"));
    msvc_buffer_clear(&text);
}

static void reports_as_json(void **state)
{
    struct fixture *f = *state;
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_json_document *document = NULL;

    f->status = 500;
    (void)verify(f);
    assert_int_equal(write_as(f, &text, MSVC_CONTRACT_JSON), 0);
    assert_int_equal(msvc_json_parse(&document, text.data, text.length, NULL, &f->err), 0);
    assert_int_equal(msvc_json_type(msvc_json_member(msvc_json_root(document), "success")),
                     MSVC_JSON_FALSE);
    msvc_json_free(document);
    msvc_buffer_clear(&text);
}

static void says_that_nobody_set_a_state_up(void **state)
{
    struct fixture *f = *state;
    struct msvc_buffer text = MSVC_BUFFER_INIT;

    assert_int_equal(msvc_contract_verify(&f->report, f->pact, f->transport, NULL, &f->err), 0);
    assert_int_equal(write_as(f, &text, MSVC_CONTRACT_TEXT), 0);
    assert_non_null(strstr(text.data, "(given user 123 exists, not set up)"));
    msvc_buffer_clear(&text);
}

static void hides_a_password_in_the_url_that_it_repeats(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_contract_verify(
                         &f->report, f->pact, f->transport,
                         MSVC_CONTRACT_OPTIONS(.base_url = "http://me:hush@127.0.0.1:1"), &f->err),
                     0);
    assert_non_null(strstr(msvc_contract_curl(f->report, 0), "'http://me:***@127.0.0.1:1/users/"));
}

static void refuses_to_verify_nothing(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_contract_verify(&f->report, NULL, f->transport, NULL, &f->err),
                     MSVC_ERR_INVALID);
    assert_int_equal(msvc_contract_write(NULL, NULL, 1, NULL, NULL), MSVC_ERR_INVALID);
}

static void leaks_and_loses_nothing_when_memory_runs_out(void **state)
{
    struct fixture *f = *state;
    int status = MSVC_ERR_NOMEM;
    bool is_done = false;

    for (long successes = 0; !is_done; successes++) {
        msvc__fail_allocation_after(successes);
        status = msvc_contract_verify(&f->report, f->pact, f->transport, NULL, &f->err);
        msvc__fail_allocation_after(-1);
        is_done = status == 0 && msvc_contract_failed_count(f->report) == 0;
        if (status == 0 && !is_done) { /* the provider itself had no memory, and said so */
            msvc_contract_report_free(f->report);
            f->report = NULL;
        }
        assert_true(successes < 10000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(is_content_with_a_provider_that_keeps_its_contract),
        TEST(finds_a_type_that_has_changed),
        TEST(finds_a_field_that_is_missing),
        TEST(finds_an_element_deep_inside),
        TEST(finds_a_wrong_status),
        TEST(finds_a_body_that_is_no_json),
        TEST(fails_an_interaction_whose_state_is_not_known),
        TEST(tells_people_what_differs_and_how_to_repeat_it),
        TEST(hides_a_password_in_the_url_that_it_repeats),
        TEST(reports_as_json),
        TEST(says_that_nobody_set_a_state_up),
        TEST(refuses_to_verify_nothing),
        TEST(leaks_and_loses_nothing_when_memory_runs_out),
    };

    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
