/* SPDX-License-Identifier: MIT */
/* One table of requests and answers; every way to reach a router gives the same ones. */
#include <msvc/http_server.h>

#include <stdio.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "http_probe.h"
#include "http_routes.h"
#include "test.h"

struct behaviour {
    const char *name;
    const char *method;
    const char *target;
    int status;
    const char *answer;       /* what its body holds; NULL: an empty one */
    const char *header;       /* one of the answer's */
    const char *header_value; /* what it is */
    const struct msvc_header *headers;
    const char *body;
    const char *content_type;
};

static const struct msvc_header many[] = { { "X-Many", "1" }, { "x-many", "2" }, { NULL, NULL } };
static const struct msvc_header no_time[] = { { MSVC_HTTP_TIMEOUT_HEADER, "0" }, { NULL, NULL } };
static const struct msvc_header odd_time[] = { { MSVC_HTTP_TIMEOUT_HEADER, "1s" }, { NULL, NULL } };

#define PROBLEM "Content-Type", "application/problem+json"

static const struct behaviour table[] = {
    { .name = "answers_a_literal_path",
      .method = "GET",
      "/hello",
      200,
      "hello",
      "Content-Type",
      "text/plain" },
    { .name = "answers_head_with_the_handler_of_get",
      .method = "HEAD",
      "/hello",
      200,
      NULL,
      "Content-Type",
      "text/plain" },
    { .name = "answers_options_with_allow",
      .method = "OPTIONS",
      "/hello",
      204,
      NULL,
      "Allow",
      "GET, HEAD, OPTIONS" },
    { .name = "answers_405_with_allow",
      .method = "DELETE",
      "/hello",
      405,
      "\"status\":405",
      "Allow",
      "GET, HEAD, OPTIONS" },
    { .name = "collects_the_methods_of_all_routes_of_a_path",
      .method = "PUT",
      "/items/special",
      405,
      "405",
      "Allow",
      "GET, HEAD, POST, OPTIONS" },
    { .name = "answers_404_as_a_problem",
      .method = "GET",
      "/nowhere",
      404,
      "\"title\":\"Not Found\"",
      PROBLEM },
    { .name = "takes_one_segment_as_a_parameter", .method = "GET", "/items/42", 200, "id=42" },
    { .name = "decodes_a_parameter_once", .method = "GET", "/items/a%2520b", 200, "id=a%20b" },
    { .name = "prefers_the_literal_segment", .method = "GET", "/items/special", 200, "special" },
    { .name = "falls_back_to_the_parameter_for_another_method",
      .method = "POST",
      "/items/special",
      201,
      "id=special" },
    { .name = "does_not_take_an_empty_segment", .method = "GET", "/items/", 404, "404" },
    { .name = "does_not_take_two_segments_as_one", .method = "GET", "/items/1/2", 404, "404" },
    { .name = "takes_the_rest_of_the_path", .method = "GET", "/files/a/b%20c", 200, "path=a/b c" },
    { .name = "takes_an_empty_rest", .method = "GET", "/files/", 200, "path=" },
    { .name = "refuses_an_encoded_slash",
      .method = "GET",
      "/items/a%2Fb",
      400,
      "encoded slash",
      PROBLEM },
    { .name = "refuses_an_encoded_backslash",
      .method = "GET",
      "/items/a%5cb",
      400,
      "encoded slash",
      PROBLEM },
    { .name = "refuses_an_encoded_nul", .method = "GET", "/items/a%00b", 400, "NUL", PROBLEM },
    { .name = "refuses_dot_segments", .method = "GET", "/files/../secret", 400, "'..'", PROBLEM },
    { .name = "refuses_encoded_dot_segments",
      .method = "GET",
      "/files/%2e%2E/secret",
      400,
      "'..'",
      PROBLEM },
    { .name = "refuses_an_encoded_line_break",
      .method = "GET",
      "/items/a%0ab",
      400,
      "control",
      PROBLEM },
    { .name = "refuses_a_path_that_is_not_utf8",
      .method = "GET",
      "/items/%ff",
      400,
      "UTF-8",
      PROBLEM },
    { .name = "reads_repeated_query_values",
      .method = "GET",
      "/query?q=1&x=2&q=a+b%26&q",
      200,
      "1|a b&||" },
    { .name = "refuses_a_query_with_a_nul", .method = "GET", "/query?q=%00", 400, "NUL", PROBLEM },
    { .name = "shows_repeated_headers",
      .method = "GET",
      "/headers",
      200,
      "1|2|",
      NULL,
      NULL,
      many },
    { .name = "tells_what_was_asked_as_it_was_sent",
      .method = "GET",
      "/request/a%20b?q=%61&r",
      200,
      "GET|/request/a%20b|/request/{id}|q=%61&r|1",
      NULL,
      NULL,
      many },
    { .name = "tells_that_there_is_no_query",
      .method = "GET",
      "/request/a",
      200,
      "GET|/request/a|/request/{id}|none|1",
      NULL,
      NULL,
      many },
    { .name = "gives_the_body_to_the_handler",
      .method = "POST",
      "/echo",
      200,
      "some text",
      "Content-Type",
      "text/plain",
      NULL,
      "some text",
      "text/plain" },
    { .name = "answers_json",
      .method = "POST",
      "/json",
      200,
      "{\"a\":[1,2]}",
      "Content-Type",
      "application/json",
      NULL,
      "{ \"a\": [1, 2] }",
      "application/json; charset=utf-8" },
    { .name = "takes_structured_json_types",
      .method = "POST",
      "/json",
      200,
      "[]",
      "Content-Type",
      "application/json",
      NULL,
      "[]",
      "application/merge-patch+json" },
    { .name = "refuses_json_that_does_not_say_so",
      .method = "POST",
      "/json",
      415,
      "application/json",
      PROBLEM,
      NULL,
      "{}",
      "text/plain" },
    { .name = "says_where_json_is_malformed",
      .method = "POST",
      "/json",
      400,
      "line 1, column 6",
      PROBLEM,
      NULL,
      "{\"a\":}",
      "application/json" },
    { .name = "refuses_a_repeated_json_name",
      .method = "POST",
      "/json",
      400,
      "duplicate",
      PROBLEM,
      NULL,
      "{\"a\":1,\"a\":2}",
      "application/json" },
    { .name = "refuses_deep_json",
      .method = "POST",
      "/json",
      400,
      "64 levels",
      PROBLEM,
      NULL,
      "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
      "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
      "application/json" },
    { .name = "answers_500_when_the_handler_is_silent",
      .method = "GET",
      "/silent",
      500,
      "\"status\":500",
      PROBLEM },
    { .name = "answers_500_for_a_header_with_a_line_break",
      .method = "GET",
      "/broken-header",
      500,
      "500",
      PROBLEM },
    { .name = "tells_the_detail_of_a_client_error",
      .method = "GET",
      "/error/-13",
      404,
      "because of 42",
      PROBLEM },
    { .name = "answers_422_for_an_invalid_argument",
      .method = "GET",
      "/error/-1",
      422,
      "because of 42",
      PROBLEM },
    { .name = "asks_to_come_back_when_unavailable",
      .method = "GET",
      "/error/-6",
      503,
      "503",
      "Retry-After",
      "1" },
    { .name = "answers_504_for_a_timeout", .method = "GET", "/error/-5", 504, "504", PROBLEM },
    { .name = "streams_an_answer",
      .method = "GET",
      "/stream",
      200,
      "chunk 98\nchunk 99\n",
      "Content-Type",
      "text/plain" },
    { .name = "streams_a_request",
      .method = "POST",
      "/count",
      200,
      "9",
      NULL,
      NULL,
      NULL,
      "some text",
      "text/plain" },
    { .name = "does_not_begin_what_is_too_late",
      .method = "GET",
      "/hello",
      504,
      "deadline",
      PROBLEM,
      no_time },
    { .name = "refuses_a_timeout_that_is_no_number",
      .method = "GET",
      "/hello",
      400,
      MSVC_HTTP_TIMEOUT_HEADER,
      PROBLEM,
      odd_time },
};

#define ROWS (sizeof(table) / sizeof(table[0]))

struct fixture {
    struct msvc_http_router *router;
    struct msvc_http_server *server;
    struct msvc_http_transport *in_process;
    struct msvc_http_transport *sockets;
};

static struct fixture fixture;

static void check_body(const struct behaviour *row, const struct msvc_http_answer *answer)
{
    size_t length;
    const char *body = msvc_http_answer_body(answer, &length);

    if (row->answer == NULL)
        assert_int_equal(length, 0);
    else if (strstr(body, row->answer) == NULL)
        fail_msg("'%s' is not in '%s'", row->answer, body);
}

static void check(const struct behaviour *row, struct msvc_http_transport *transport)
{
    struct msvc_http_answer *answer = NULL;
    struct msvc_error err;
    int status =
        msvc_http_call(transport,
                       MSVC_HTTP_REQUEST(.method = row->method, .target = row->target,
                                         .headers = row->headers, .body = row->body,
                                         .body_length = row->body != NULL ? strlen(row->body) : 0,
                                         .content_type = row->content_type),
                       &answer, &err);

    if (status < 0)
        fail_msg("%s", err.message);
    assert_int_equal(msvc_http_answer_status(answer), row->status);
    check_body(row, answer);
    if (row->header != NULL)
        assert_string_equal(msvc_http_answer_header(answer, row->header, 0), row->header_value);
    msvc_http_answer_free(answer);
}

static void behaves_in_process(void **state)
{
    check(*state, fixture.in_process);
}

static void behaves_over_sockets(void **state)
{
    check(*state, fixture.sockets);
}

static int setup(void **state)
{
    (void)state;
    assert_int_equal(msvc_http_router_new(&fixture.router, NULL), 0);
    assert_int_equal(test_routes_add(fixture.router), 0);
    assert_int_equal(msvc_http_router_transport(&fixture.in_process, fixture.router), 0);
    assert_int_equal(msvc_http_server_start(&fixture.server, fixture.router, NULL, NULL), 0);
    assert_int_equal(probe_transport(&fixture.sockets, msvc_http_server_address(fixture.server)),
                     0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    msvc_http_transport_free(fixture.sockets);
    msvc_http_transport_free(fixture.in_process);
    msvc_http_server_free(fixture.server);
    msvc_http_router_free(fixture.router);
    return 0;
}

/* One test for each row and way. */
static void fill(struct CMUnitTest *tests, char names[][128], const char *way,
                 void (*behaves)(void **state))
{
    for (size_t i = 0; i < ROWS; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "%s_%s", way, table[i].name);
        tests[i] = (struct CMUnitTest){ .name = names[i],
                                        .test_func = behaves,
                                        .initial_state = (void *)(uintptr_t)&table[i] };
    }
}

int main(void)
{
    static struct CMUnitTest tests[2 * ROWS];
    static char names[2 * ROWS][128];

    fill(tests, names, "in_process", behaves_in_process);
    fill(tests + ROWS, names + ROWS, "over_sockets", behaves_over_sockets);
    return cmocka_run_group_tests_name("http_behaviour", tests, setup, teardown);
}
