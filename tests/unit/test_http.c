/* SPDX-License-Identifier: MIT */
#include <msvc/http.h>

#include <string.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "test.h"

/* A transport that answers 204 and remembers what it was asked. */
struct echo {
    struct msvc_http_transport transport;
    struct msvc_http_request_options asked;
    int calls;
    int frees;
};

static int echo_call(struct msvc_http_transport *self,
                     const struct msvc_http_request_options *request, struct msvc_http_answer **out,
                     struct msvc_error *err)
{
    struct echo *echo = (struct echo *)self;

    (void)err;
    echo->asked = *request;
    echo->calls++;
    return msvc_http_answer_new(out, 204, NULL, NULL, 0);
}

static void echo_free(struct msvc_http_transport *self)
{
    ((struct echo *)self)->frees++;
}

static const struct msvc_http_transport_ops echo_ops = { sizeof(echo_ops), echo_call, echo_free };

static int call(struct echo *echo, const struct msvc_http_request_options *request)
{
    struct msvc_http_answer *answer = NULL;
    int status;

    *echo = (struct echo){ .transport = { &echo_ops } };
    status = msvc_http_call(&echo->transport, request, &answer, NULL);
    msvc_http_answer_free(answer);
    return status;
}

static void fills_in_the_defaults_of_a_request(void **state)
{
    struct echo echo;

    (void)state;
    assert_int_equal(call(&echo, MSVC_HTTP_REQUEST(.target = "/a", .body = "{}", .body_length = 2)),
                     0);
    assert_string_equal(echo.asked.method, "GET");
    assert_string_equal(echo.asked.content_type, "application/json");
    assert_int_equal(echo.asked.answer_limit, 16 << 20);
}

static void refuses_a_header_that_would_start_another_line(void **state)
{
    struct echo echo;

    (void)state;
    assert_int_equal(
        call(&echo, MSVC_HTTP_REQUEST(.target = "/",
                                      .headers = MSVC_HEADERS({ "X-Name", "a\r\nHost: b" }))),
        MSVC_ERR_INVALID);
    assert_int_equal(
        call(&echo, MSVC_HTTP_REQUEST(.target = "/", .headers = MSVC_HEADERS({ "X Name", "a" }))),
        MSVC_ERR_INVALID);
    assert_int_equal(echo.calls, 0);
}

static void refuses_a_target_that_is_no_encoded_path(void **state)
{
    struct echo echo;

    (void)state;
    assert_int_equal(call(&echo, MSVC_HTTP_REQUEST(.target = NULL)), MSVC_ERR_INVALID);
    assert_int_equal(call(&echo, MSVC_HTTP_REQUEST(.target = "users")), MSVC_ERR_INVALID);
    assert_int_equal(call(&echo, MSVC_HTTP_REQUEST(.target = "/a b")), MSVC_ERR_INVALID);
    assert_int_equal(call(&echo, MSVC_HTTP_REQUEST(.target = "/a%2")), MSVC_ERR_INVALID);
    assert_int_equal(call(&echo, MSVC_HTTP_REQUEST(.target = "/a#b")), MSVC_ERR_INVALID);
    assert_int_equal(echo.calls, 0);
}

static void refuses_a_method_that_is_no_token(void **state)
{
    struct echo echo;

    (void)state;
    assert_int_equal(call(&echo, MSVC_HTTP_REQUEST(.method = "GET ", .target = "/")),
                     MSVC_ERR_INVALID);
}

static void says_what_is_wrong_with_a_request(void **state)
{
    struct echo echo = { .transport = { &echo_ops } };
    struct msvc_http_answer *answer = NULL;
    struct msvc_error err;

    (void)state;
    assert_int_equal(msvc_http_call(&echo.transport,
                                    MSVC_HTTP_REQUEST(.method = "G T", .target = "/"), &answer,
                                    &err),
                     MSVC_ERR_INVALID);
    assert_string_equal(err.message, "method 'G T' is not a token");
    assert_null(answer);
}

static void frees_a_transport_through_its_table(void **state)
{
    struct echo echo = { .transport = { &echo_ops } };

    (void)state;
    msvc_http_transport_free(&echo.transport);
    msvc_http_transport_free(NULL);
    assert_int_equal(echo.frees, 1);
}

static void finds_repeated_headers_whatever_their_case(void **state)
{
    struct msvc_http_answer *answer;

    (void)state;
    assert_int_equal(msvc_http_answer_new(&answer, 200,
                                          MSVC_HEADERS({ "Set-Cookie", "a=1" }, { "X-Two", "2" },
                                                       { "set-cookie", "b=2" }),
                                          "body", 4),
                     0);
    assert_string_equal(msvc_http_answer_header(answer, "SET-COOKIE", 1), "b=2");
    assert_null(msvc_http_answer_header(answer, "Set-Cookie", 2));
    assert_string_equal(msvc_http_answer_headers(answer)[1].value, "2");
    assert_null(msvc_http_answer_headers(answer)[3].name);
    msvc_http_answer_free(answer);
}

static void keeps_a_copy_of_the_body(void **state)
{
    struct msvc_http_answer *answer;
    char body[] = "a\0b";
    size_t length;

    (void)state;
    assert_int_equal(msvc_http_answer_new(&answer, 200, NULL, body, 3), 0);
    memset(body, 'x', sizeof(body));
    assert_memory_equal(msvc_http_answer_body(answer, &length), "a\0b", 4);
    assert_int_equal(length, 3);
    assert_int_equal(msvc_http_answer_status(answer), 200);
    msvc_http_answer_free(answer);
}

static void copes_when_memory_runs_out(void **state)
{
    struct msvc_http_answer *answer = NULL;

    (void)state;
    for (long n = 0; n < 2; n++) {
        msvc__fail_allocation_after(n);
        assert_int_equal(msvc_http_answer_new(&answer, 200, NULL, "x", 1), MSVC_ERR_NOMEM);
        assert_null(answer);
    }
    msvc__fail_allocation_after(-1);
}

static uint64_t parsed(const char *text)
{
    uint64_t ns = 4711;

    assert_true((msvc_grpc_timeout_parse(&ns, text) == 0) == (ns != 4711));
    return ns;
}

static void reads_timeouts_as_grpc_writes_them(void **state)
{
    (void)state;
    assert_int_equal(parsed("1n"), 1);
    assert_int_equal(parsed("2u"), 2000);
    assert_int_equal(parsed("250m"), 250000000);
    assert_int_equal(parsed("1S"), 1000000000);
    assert_int_equal(parsed("1M"), 60000000000);
    assert_int_equal(parsed("99999999H"), 99999999ull * 3600000000000);
}

static void refuses_timeouts_that_grpc_would_not_write(void **state)
{
    static const char *const texts[] = { "", "1", "m", "1s", "1mm", "1 m", "-1m", "100000000m" };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_int_equal(parsed(texts[i]), 4711);
    assert_int_equal(parsed(NULL), 4711);
}

static void writes_timeouts_that_are_never_longer(void **state)
{
    static const uint64_t timeouts[] = { 0,         1,          99999999,
                                         100000000, 3000000001, 123456789012345678,
                                         UINT64_MAX };
    char text[MSVC_GRPC_TIMEOUT_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++) {
        msvc_grpc_timeout_format(text, timeouts[i]);
        assert_true(parsed(text) <= timeouts[i]);
        assert_true(parsed(text) >= timeouts[i] - timeouts[i] / 1000);
    }
    msvc_grpc_timeout_format(text, 3000000001);
    assert_string_equal(text, "3000000u");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_in_the_defaults_of_a_request),
        cmocka_unit_test(refuses_a_header_that_would_start_another_line),
        cmocka_unit_test(refuses_a_target_that_is_no_encoded_path),
        cmocka_unit_test(refuses_a_method_that_is_no_token),
        cmocka_unit_test(says_what_is_wrong_with_a_request),
        cmocka_unit_test(frees_a_transport_through_its_table),
        cmocka_unit_test(finds_repeated_headers_whatever_their_case),
        cmocka_unit_test(keeps_a_copy_of_the_body),
        cmocka_unit_test(copes_when_memory_runs_out),
        cmocka_unit_test(reads_timeouts_as_grpc_writes_them),
        cmocka_unit_test(refuses_timeouts_that_grpc_would_not_write),
        cmocka_unit_test(writes_timeouts_that_are_never_longer),
    };

    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
