/* SPDX-License-Identifier: MIT */
/* A consumer's test of its own: the mock answers, checks, and the pact goes into a file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <msvc/buffer.h>
#include <msvc/contract.h>
#include <msvc/contract_mock.h>
#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/http_client.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"

#include "test.h"

struct fixture {
    struct msvc_pact *pact;
    struct msvc_pact_mock *mock;
    struct msvc_http_transport *transport;
    struct msvc_error err;
    char folder[64];
};

static int add_order(struct msvc_pact *pact, const char *description, const char *id,
                     struct msvc_error *err)
{
    return msvc_pact_add(
        pact,
        MSVC_PACT_INTERACTION(
                .description = description,
                .states = MSVC_PACT_STATES({ "an order exists", "{\"id\": 7}" }),
                .request = { .method = "POST",
                             .path = "/orders",
                             .query = MSVC_PACT_MEMBERS({ "tag", msvc_pact_text("a b") },
                                                        { "tag", msvc_pact_text("c") }),
                             .headers = MSVC_PACT_MEMBERS(
                                 { "X-Caller", msvc_pact_matches("[a-z]+", "shop") }),
                             .body = MSVC_PACT_OBJECT(
                                 { "id", msvc_pact_text(id) },
                                 { "total", msvc_pact_like(msvc_pact_json("42.50")) },
                                 { "lines", MSVC_PACT_EACH_LIKE(1, MSVC_PACT_OBJECT({
                                                                       "sku",
                                                                       msvc_pact_text("s"),
                                                                   })) }) },
                .response = { .status = 201,
                              .headers = MSVC_PACT_MEMBERS({ "X-Kept", msvc_pact_text("yes") }),
                              .body = MSVC_PACT_OBJECT({ "id", msvc_pact_text(id) }) }),
        err);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    strcpy(f->folder, "/tmp/msvc-contract-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    assert_int_equal(msvc_pact_new(&f->pact, "shop", "orders", NULL, &f->err), 0);
    *state = f;
    return 0;
}

static void path_of(char out[128], const struct fixture *f)
{
    (void)snprintf(out, 128, "%s/shop-orders.json", f->folder);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char path[128];

    path_of(path, f);
    (void)unlink(path);
    (void)rmdir(f->folder);
    msvc_http_transport_free(f->transport);
    msvc_pact_mock_free(f->mock);
    msvc_pact_free(f->pact);
    free(f);
    return 0;
}

static void start(struct fixture *f)
{
    assert_int_equal(add_order(f->pact, "an order", "o-1", &f->err), 0);
    assert_int_equal(msvc_pact_mock_start(&f->mock, f->pact,
                                          MSVC_PACT_MOCK_OPTIONS(.has_no_listener = true), &f->err),
                     0);
    assert_int_equal(msvc_pact_mock_transport(&f->transport, f->mock), 0);
}

/* The status of the answer. */
static int post(struct fixture *f, const char *target, const char *body)
{
    struct msvc_http_answer *answer;
    int status;

    assert_int_equal(
        msvc_http_call(f->transport,
                       MSVC_HTTP_REQUEST(.method = "POST", .target = target,
                                         .headers = MSVC_HEADERS({ "X-Caller", "web" }),
                                         .body = body, .body_length = strlen(body),
                                         .content_type = "application/json"),
                       &answer, &f->err),
        0);
    status = msvc_http_answer_status(answer);
    msvc_http_answer_free(answer);
    return status;
}

static char *read_text(const struct fixture *f)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    char path[128];
    FILE *file;
    int byte;

    path_of(path, f);
    file = fopen(path, "r");
    assert_non_null(file);
    while ((byte = fgetc(file)) != EOF)
        msvc_buffer_byte(&text, (char)byte);
    (void)fclose(file);
    return msvc_buffer_steal(&text);
}

#define GOOD "{\"id\":\"o-1\",\"total\":1,\"lines\":[{\"sku\":\"s\"},{\"sku\":\"t\"}]}"

static void answers_a_request_that_matches_and_is_content(void **state)
{
    struct fixture *f = *state;

    start(f);
    assert_int_equal(post(f, "/orders?tag=a+b&tag=c", GOOD), 201);
    assert_int_equal(msvc_pact_mock_check(f->mock, &f->err), 0);
    assert_string_equal(msvc_pact_mock_report(f->mock), "");
}

static void answers_over_a_socket(void **state)
{
    struct fixture *f = *state;
    struct msvc_http_client *client = NULL;
    struct msvc_http_answer *answer = NULL;

    assert_int_equal(msvc_pact_add(f->pact,
                                   MSVC_PACT_INTERACTION(.description = "the list",
                                                         .request = { .path = "/orders" }),
                                   &f->err),
                     0);
    assert_int_equal(msvc_pact_mock_start(&f->mock, f->pact, NULL, &f->err), 0);
    assert_int_equal(msvc_http_client_new(&client, NULL, &f->err), 0);
    assert_int_equal(
        msvc_http_client_transport(&f->transport, client, msvc_pact_mock_url(f->mock), &f->err), 0);
    msvc_http_client_free(client);
    assert_int_equal(
        msvc_http_call(f->transport, MSVC_HTTP_REQUEST(.target = "/orders"), &answer, &f->err), 0);
    assert_int_equal(msvc_http_answer_status(answer), 200);
    msvc_http_answer_free(answer);
    assert_int_equal(msvc_pact_mock_check(f->mock, &f->err), 0);
}

static void explains_a_request_it_does_not_know_by_the_nearest(void **state)
{
    struct fixture *f = *state;

    start(f);
    assert_int_equal(
        post(f, "/orders?tag=a+b&tag=c", "{\"id\":\"o-1\",\"total\":\"1\",\"lines\":[]}"), 500);
    assert_int_equal(msvc_pact_mock_check(f->mock, &f->err), MSVC_ERR_REFUSED);
    assert_non_null(strstr(f->err.message, "nearest is \"an order\", but body $.lines"));
    assert_non_null(strstr(msvc_pact_mock_report(f->mock),
                           "body $.total: Expected '1' (String) to be the same type as"));
}

static void refuses_query_parameters_and_members_that_were_not_expected(void **state)
{
    struct fixture *f = *state;

    start(f);
    assert_int_equal(post(f, "/orders?tag=a+b&tag=c&page=2", GOOD), 500);
    assert_int_equal(post(f, "/orders?tag=a+b&tag=c",
                          "{\"id\":\"o-1\",\"total\":1,\"lines\":[{\"sku\":\"s\"}],\"x\":1}"),
                     500);
    assert_int_equal(msvc_pact_mock_check(f->mock, &f->err), MSVC_ERR_REFUSED);
    assert_non_null(strstr(msvc_pact_mock_report(f->mock),
                           "query page: Unexpected query parameter 'page' received"));
    assert_non_null(strstr(msvc_pact_mock_report(f->mock), "body $.x: Expected a Map with keys"));
}

static void says_which_interaction_was_not_used(void **state)
{
    struct fixture *f = *state;

    start(f);
    assert_int_equal(msvc_pact_mock_check(f->mock, &f->err), MSVC_ERR_NOT_FOUND);
    assert_string_equal(f->err.message, "the interaction \"an order\" was not used");
}

static void writes_the_same_bytes_in_any_order(void **state)
{
    struct fixture *f = *state;
    struct msvc_pact *other;
    char *first;
    char *second;

    assert_int_equal(add_order(f->pact, "b", "o-1", &f->err), 0);
    assert_int_equal(add_order(f->pact, "a", "o-2", &f->err), 0);
    assert_int_equal(msvc_pact_write(f->pact, f->folder, NULL, &f->err), 0);
    first = read_text(f);
    assert_int_equal(msvc_pact_new(&other, "shop", "orders", NULL, &f->err), 0);
    assert_int_equal(add_order(other, "a", "o-2", &f->err), 0);
    assert_int_equal(add_order(other, "b", "o-1", &f->err), 0);
    assert_int_equal(
        msvc_pact_write(other, f->folder, MSVC_PACT_WRITE_OPTIONS(.replaces_file = true), &f->err),
        0);
    second = read_text(f);
    assert_string_equal(first, second);
    msvc_pact_free(other);
    free(first);
    free(second);
}

static void adds_to_what_is_in_the_file(void **state)
{
    struct fixture *f = *state;
    struct msvc_pact *other = NULL;
    char path[128];

    assert_int_equal(add_order(f->pact, "b", "o-1", &f->err), 0);
    assert_int_equal(msvc_pact_write(f->pact, f->folder, NULL, &f->err), 0);
    assert_int_equal(msvc_pact_new(&other, "shop", "orders", NULL, &f->err), 0);
    assert_int_equal(add_order(other, "a", "o-2", &f->err), 0);
    assert_int_equal(msvc_pact_write(other, f->folder, NULL, &f->err), 0);
    msvc_pact_free(other);
    path_of(path, f);
    assert_int_equal(msvc_pact_open(&other, path, &f->err), 0);
    assert_int_equal(msvc_pact_count(other), 2);
    assert_string_equal(msvc_pact_description(other, 0), "a");
    assert_string_equal(msvc_pact_description(other, 1), "b");
    msvc_pact_free(other);
}

static void reports_an_interaction_that_differs_from_that_in_the_file(void **state)
{
    struct fixture *f = *state;
    struct msvc_pact *other = NULL;

    assert_int_equal(add_order(f->pact, "a", "o-1", &f->err), 0);
    assert_int_equal(msvc_pact_write(f->pact, f->folder, NULL, &f->err), 0);
    assert_int_equal(msvc_pact_new(&other, "shop", "orders", NULL, &f->err), 0);
    assert_int_equal(add_order(other, "a", "o-2", &f->err), 0);
    assert_int_equal(msvc_pact_write(other, f->folder, NULL, &f->err), MSVC_ERR_EXISTS);
    assert_non_null(strstr(f->err.message, "another interaction \"a\""));
    msvc_pact_free(other);
}

static void refuses_what_cannot_be_a_pact(void **state)
{
    struct fixture *f = *state;
    struct msvc_pact *pact = NULL;
    static const char version_5[] = "{\"consumer\":{\"name\":\"a\"},\"provider\":{\"name\":\"b\"},"
                                    "\"interactions\":[],\"metadata\":{\"pactSpecification\":"
                                    "{\"version\":\"5.0\"}}}";

    assert_int_equal(msvc_pact_new(&pact, "a/b", "c", NULL, &f->err), MSVC_ERR_INVALID);
    assert_int_equal(msvc_pact_parse(&pact, "{", 1, &f->err), MSVC_ERR_MALFORMED);
    assert_int_equal(msvc_pact_parse(&pact, "[]", 2, &f->err), MSVC_ERR_MALFORMED);
    assert_int_equal(msvc_pact_parse(&pact, version_5, strlen(version_5), &f->err),
                     MSVC_ERR_UNSUPPORTED);
    assert_int_equal(msvc_pact_open(&pact, "/nowhere/x.json", &f->err), MSVC_ERR_NOT_FOUND);
    assert_int_equal(msvc_pact_write(f->pact, "/nowhere", NULL, &f->err), MSVC_ERR_UNAVAILABLE);
    assert_null(pact);
}

static void refuses_interactions_that_make_no_sense(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_pact_add(f->pact, MSVC_PACT_INTERACTION(.description = "x"), &f->err),
                     MSVC_ERR_INVALID);
    assert_int_equal(
        msvc_pact_add(f->pact,
                      MSVC_PACT_INTERACTION(.description = "x",
                                            .request = { .path = "/", .path_regex = "(" }),
                      &f->err),
        MSVC_ERR_INVALID);
    assert_int_equal(
        msvc_pact_add(
            f->pact,
            MSVC_PACT_INTERACTION(.description = "x",
                                  .request = { .path = "/", .body = msvc_pact_json("{") }),
            &f->err),
        MSVC_ERR_INVALID);
    assert_int_equal(add_order(f->pact, "a", "o-1", &f->err), 0);
    assert_int_equal(add_order(f->pact, "a", "o-2", &f->err), MSVC_ERR_EXISTS);
    assert_int_equal(msvc_pact_count(f->pact), 1);
}

static void leaks_and_loses_nothing_when_memory_runs_out(void **state)
{
    struct fixture *f = *state;
    int status = MSVC_ERR_NOMEM;

    for (long successes = 0; status == MSVC_ERR_NOMEM; successes++) {
        msvc__fail_allocation_after(successes);
        status = add_order(f->pact, "a", "o-1", &f->err);
        msvc__fail_allocation_after(-1);
        assert_true(successes < 10000);
    }
    assert_int_equal(status, 0);
    status = MSVC_ERR_NOMEM;
    for (long successes = 0; status == MSVC_ERR_NOMEM; successes++) {
        msvc__fail_allocation_after(successes);
        status = msvc_pact_write(f->pact, f->folder, NULL, &f->err);
        msvc__fail_allocation_after(-1);
    }
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(answers_a_request_that_matches_and_is_content),
        TEST(answers_over_a_socket),
        TEST(explains_a_request_it_does_not_know_by_the_nearest),
        TEST(refuses_query_parameters_and_members_that_were_not_expected),
        TEST(says_which_interaction_was_not_used),
        TEST(writes_the_same_bytes_in_any_order),
        TEST(adds_to_what_is_in_the_file),
        TEST(reports_an_interaction_that_differs_from_that_in_the_file),
        TEST(refuses_what_cannot_be_a_pact),
        TEST(refuses_interactions_that_make_no_sense),
        TEST(leaks_and_loses_nothing_when_memory_runs_out),
    };

    return cmocka_run_group_tests_name("contract", tests, NULL, NULL);
}
