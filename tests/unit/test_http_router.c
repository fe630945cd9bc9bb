/* SPDX-License-Identifier: MIT */
#include <msvc/http_router.h>

#include <string.h>

#include <msvc/buffer.h>
#include <msvc/cancel.h>
#include <msvc/clock.h>
#include <msvc/health.h>
#include <msvc/status.h>
#include <msvc/telemetry.h>

#include "base/alloc_internal.h"
#include "fake_clock.h"
#include "fake_exporter.h"
#include "http_routes.h"
#include "test.h"

struct fixture {
    struct msvc_http_router *router;
    struct msvc_http_transport *transport;
    struct msvc_log *log;
    struct msvc_tracer *tracer;
    struct msvc_telemetry telemetry;
    struct fake_clock clock;
    struct fake_exporter exporter;
    char record[512]; /* the last one: message and string attributes */
    enum msvc_log_level level;
    char parent_trace[33];
    enum msvc_span_status span_status;
};

static void remember(const struct msvc_log_record *record, void *user)
{
    struct fixture *f = user;
    struct msvc_buffer text = MSVC_BUFFER_INIT;

    f->level = record->level;
    msvc_buffer_text(&text, record->message);
    for (const struct msvc_attribute *a = record->attributes; a->key != NULL; a++) {
        if (a->type == MSVC_ATTRIBUTE_STRING)
            msvc_buffer_printf(&text, " %s=%.*s", a->key, (int)a->value.string.length,
                               a->value.string.data);
        else if (a->type == MSVC_ATTRIBUTE_INT)
            msvc_buffer_printf(&text, " %s=%d", a->key, (int)a->value.integer);
    }
    assert_true(text.length < sizeof(f->record));
    if (msvc_buffer_status(&text) == 0)
        memcpy(f->record, text.data, text.length + 1);
    msvc_buffer_clear(&text);
}

static void ignore(struct msvc_http_exchange *x, void *user)
{
    (void)user;
    msvc_http_reply(x, 204, NULL, NULL, 0);
}

static int setup(void **state)
{
    static struct fixture f;
    struct msvc_span_exporter *exporters[] = { NULL, NULL };

    memset(&f, 0, sizeof(f));
    fake_clock_init(&f.clock);
    fake_exporter_init(&f.exporter);
    exporters[0] = &f.exporter.exporter;
    assert_int_equal(msvc_log_new(&f.log, MSVC_LOG_OPTIONS(.sink = remember, .user = &f)), 0);
    assert_int_equal(msvc_tracer_new(&f.tracer, MSVC_TRACER_OPTIONS(.exporters = exporters)), 0);
    f.telemetry =
        (struct msvc_telemetry){ .size = sizeof(f.telemetry), .log = f.log, .tracer = f.tracer };
    assert_int_equal(
        msvc_http_router_new(&f.router, MSVC_HTTP_ROUTER_OPTIONS(.clock = &f.clock.clock,
                                                                 .telemetry = &f.telemetry)),
        0);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_http_transport_free(f->transport);
    msvc_http_router_free(f->router);
    msvc_tracer_free(f->tracer);
    msvc_log_free(f->log);
    return 0;
}

static int route(struct fixture *f, const char *method, const char *path)
{
    return msvc_http_route(f->router, method, path, ignore, NULL, NULL);
}

/* The answer's status, or the negative status of the call. */
static int call(struct fixture *f, const struct msvc_http_request_options *request)
{
    struct msvc_http_answer *answer = NULL;
    int status;

    if (f->transport == NULL)
        assert_int_equal(msvc_http_router_transport(&f->transport, f->router), 0);
    status = msvc_http_call(f->transport, request, &answer, NULL);
    if (status == 0)
        status = msvc_http_answer_status(answer);
    msvc_http_answer_free(answer);
    return status;
}

static void refuses_patterns_that_no_path_can_match(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(route(f, "GET", "users"), MSVC_ERR_INVALID);
    assert_int_equal(route(f, "GET", "/a//b"), MSVC_ERR_INVALID);
    assert_int_equal(route(f, "GET", "/a/../b"), MSVC_ERR_INVALID);
    assert_int_equal(route(f, "GET", "/a?b"), MSVC_ERR_INVALID);
    assert_int_equal(route(f, "G T", "/a"), MSVC_ERR_INVALID);
}

static void refuses_parameters_that_cannot_be_named(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(route(f, "GET", "/{}"), MSVC_ERR_INVALID);
    assert_int_equal(route(f, "GET", "/{1}"), MSVC_ERR_INVALID);
    assert_int_equal(route(f, "GET", "/a{id}"), MSVC_ERR_INVALID);
    assert_int_equal(route(f, "GET", "/{id}/{id}"), MSVC_ERR_INVALID);
    assert_int_equal(route(f, "GET", "/{rest...}/more"), MSVC_ERR_INVALID);
    assert_int_equal(route(f, "GET", "/{...}"), MSVC_ERR_INVALID);
}

static void refuses_the_same_route_twice_whatever_its_parameter_is_called(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(route(f, "GET", "/users/{id}"), 0);
    assert_int_equal(route(f, "GET", "/users/{name}"), MSVC_ERR_EXISTS);
    assert_int_equal(route(f, "PUT", "/users/{name}"), 0);
}

static void takes_no_routes_once_it_serves(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_http_router_transport(&f->transport, f->router), 0);
    assert_int_equal(route(f, "GET", "/late"), MSVC_ERR_STATE);
}

static bool refuse(struct msvc_http_exchange *x, void *user)
{
    msvc_http_set_user(x, user, NULL);
    if (msvc_http_header(x, "Authorization", 0) != NULL)
        return true;
    msvc_http_reply_problem(x, 401, NULL, NULL);
    return false;
}

static void asks_its_filters_before_a_handler(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(route(f, "GET", "/a"), 0);
    assert_int_equal(msvc_http_router_filter(f->router, refuse, NULL), 0);
    assert_int_equal(call(f, MSVC_HTTP_REQUEST(.target = "/a")), 401);
    assert_int_equal(call(f, MSVC_HTTP_REQUEST(.target = "/a",
                                               .headers = MSVC_HEADERS({ "Authorization", "x" }))),
                     204);
}

static void logs_a_request_without_its_secrets(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(route(f, "GET", "/users/{id}"), 0);
    assert_int_equal(
        call(f, MSVC_HTTP_REQUEST(.target = "/users/7?token=secret",
                                  .headers = MSVC_HEADERS({ "Authorization", "secret" }))),
        204);
    assert_non_null(strstr(f->record, "http.request http.request.method=GET "
                                      "http.route=/users/{id} http.response.status_code=204"));
    assert_null(strstr(f->record, "secret"));
    assert_int_equal(f->level, MSVC_LOG_INFO);
}

static void be_slow(struct msvc_http_exchange *x, void *user)
{
    fake_clock_advance_ms(user, 501);
    msvc_http_reply(x, 204, NULL, NULL, 0);
}

static void warns_about_a_slow_answer(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_http_route(f->router, "GET", "/slow", be_slow, &f->clock, NULL), 0);
    assert_int_equal(call(f, MSVC_HTTP_REQUEST(.target = "/slow")), 204);
    assert_int_equal(f->level, MSVC_LOG_WARN);
    assert_non_null(strstr(f->record, "http.slow_request"));
}

static void times_out_when_the_handler_overruns_the_deadline(void **state)
{
    struct fixture *f = *state;
    uint64_t deadline_ns = msvc_deadline_in(&f->clock.clock, 100);

    assert_int_equal(msvc_http_route(f->router, "GET", "/slow", be_slow, &f->clock, NULL), 0);
    assert_int_equal(call(f, MSVC_HTTP_REQUEST(.target = "/slow", .deadline_ns = deadline_ns)),
                     MSVC_ERR_TIMEOUT);
}

static void does_not_call_for_a_caller_that_cancelled(void **state)
{
    struct fixture *f = *state;
    struct msvc_cancel *cancel;

    assert_int_equal(route(f, "GET", "/a"), 0);
    assert_int_equal(msvc_cancel_new(&cancel), 0);
    msvc_cancel_request(cancel);
    assert_int_equal(call(f, MSVC_HTTP_REQUEST(.target = "/a", .cancel = cancel)),
                     MSVC_ERR_CANCELLED);
    msvc_cancel_free(cancel);
}

static void hands_its_deadline_to_the_handler(struct msvc_http_exchange *x, void *user)
{
    *(uint64_t *)user = msvc_http_deadline_ns(x);
    msvc_http_reply(x, 204, NULL, NULL, 0);
}

static void gives_the_handler_the_callers_deadline(void **state)
{
    struct fixture *f = *state;
    uint64_t deadline_ns = msvc_deadline_in(&f->clock.clock, 100);
    uint64_t seen_ns = 0;

    assert_int_equal(
        msvc_http_route(f->router, "GET", "/a", hands_its_deadline_to_the_handler, &seen_ns, NULL),
        0);
    assert_int_equal(call(f, MSVC_HTTP_REQUEST(.target = "/a", .deadline_ns = deadline_ns)), 204);
    assert_int_equal(seen_ns, deadline_ns);
}

static void notes_the_current_deadline(struct msvc_http_exchange *x, void *user)
{
    *(uint64_t *)user = msvc_deadline_current();
    msvc_http_reply(x, 204, NULL, NULL, 0);
}

static int call_with(struct fixture *f, const char *name, const char *value)
{
    const struct msvc_header headers[] = { { name, value }, { NULL, NULL } };

    return call(f, MSVC_HTTP_REQUEST(.target = "/a", .headers = headers));
}

static void lets_the_handlers_thread_work_under_the_callers_deadline(void **state)
{
    struct fixture *f = *state;
    uint64_t seen_ns = 0;

    assert_int_equal(
        msvc_http_route(f->router, "GET", "/a", notes_the_current_deadline, &seen_ns, NULL), 0);
    assert_int_equal(call_with(f, MSVC_HTTP_TIMEOUT_HEADER, "250"), 204);
    assert_int_equal(seen_ns, msvc_deadline_in(&f->clock.clock, 250));
    assert_int_equal(call(f, MSVC_HTTP_REQUEST(.target = "/a")), 204);
    assert_int_equal(seen_ns, 0);
    assert_int_equal(msvc_deadline_current(), 0);
}

static void reads_the_deadline_as_grpc_writes_it(void **state)
{
    const struct msvc_header both[] = { { MSVC_HTTP_TIMEOUT_HEADER, "300" },
                                        { "Grpc-Timeout", "1S" },
                                        { NULL, NULL } };
    struct fixture *f = *state;
    uint64_t seen_ns = 0;

    assert_int_equal(
        msvc_http_route(f->router, "GET", "/a", notes_the_current_deadline, &seen_ns, NULL), 0);
    assert_int_equal(call_with(f, "grpc-timeout", "250m"), 204);
    assert_int_equal(seen_ns, msvc_deadline_in(&f->clock.clock, 250));
    assert_int_equal(call(f, MSVC_HTTP_REQUEST(.target = "/a", .headers = both)), 204);
    assert_int_equal(seen_ns, msvc_deadline_in(&f->clock.clock, 300));
    assert_int_equal(call_with(f, "grpc-timeout", "250"), 400);
}

static void refuses_an_answer_that_is_too_long(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(test_routes_add(f->router), 0);
    assert_int_equal(call(f, MSVC_HTTP_REQUEST(.target = "/hello", .answer_limit = 4)),
                     MSVC_ERR_LIMIT);
    assert_int_equal(call(f, MSVC_HTTP_REQUEST(.target = "/stream", .answer_limit = 4)),
                     MSVC_ERR_LIMIT);
}

static void reports_a_stream_that_was_cut(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(test_routes_add(f->router), 0);
    assert_int_equal(call(f, MSVC_HTTP_REQUEST(.target = "/stream-cut")), MSVC_ERR_UNKNOWN);
}

static void refuses_a_body_over_the_limit_of_its_route(void **state)
{
    static char body[1001];
    struct fixture *f = *state;

    assert_int_equal(test_routes_add(f->router), 0);
    assert_int_equal(call(f, MSVC_HTTP_REQUEST(.method = "POST", .target = "/echo", .body = body,
                                               .body_length = 1000)),
                     200);
    assert_int_equal(call(f, MSVC_HTTP_REQUEST(.method = "POST", .target = "/echo", .body = body,
                                               .body_length = 1001)),
                     413);
}

static void remember_span(const struct msvc_span_batch *batch, void *user)
{
    struct fixture *f = user;

    msvc_trace_id_text(f->parent_trace, &batch->spans[0]->context);
    f->span_status = batch->spans[0]->status;
}

static void records_a_server_span_below_the_callers(void **state)
{
    struct fixture *f = *state;

    f->exporter.look = remember_span;
    f->exporter.user = f;
    assert_int_equal(route(f, "GET", "/users/{id}"), 0);
    assert_int_equal(
        call(f,
             MSVC_HTTP_REQUEST(.target = "/users/7",
                               .headers = MSVC_HEADERS(
                                   { "traceparent",
                                     "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" }))),
        204);
    assert_int_equal(msvc_tracer_flush(f->tracer, 1000, NULL), 0);
    assert_string_equal(f->exporter.names[0], "GET /users/{id}");
    assert_string_equal(f->parent_trace, "0af7651916cd43dd8448eb211c80319c");
    assert_int_equal(f->span_status, MSVC_SPAN_UNSET);
}

static void marks_the_span_of_a_server_error_only(void **state)
{
    struct fixture *f = *state;

    f->exporter.look = remember_span;
    f->exporter.user = f;
    assert_int_equal(test_routes_add(f->router), 0);
    assert_int_equal(call(f, MSVC_HTTP_REQUEST(.target = "/error/-13")), 404);
    assert_int_equal(msvc_tracer_flush(f->tracer, 1000, NULL), 0);
    assert_int_equal(f->span_status, MSVC_SPAN_UNSET);
    assert_int_equal(call(f, MSVC_HTTP_REQUEST(.target = "/silent")), 500);
    assert_int_equal(msvc_tracer_flush(f->tracer, 1000, NULL), 0);
    assert_int_equal(f->span_status, MSVC_SPAN_ERROR);
}

static void bounds_the_names_of_spans_whatever_the_method(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(call(f, MSVC_HTTP_REQUEST(.method = "BREW", .target = "/pot")), 404);
    assert_int_equal(msvc_tracer_flush(f->tracer, 1000, NULL), 0);
    assert_string_equal(f->exporter.names[0], "HTTP");
}

static void keeps_quiet_about_quiet_routes(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_http_route(f->router, "GET", "/q", ignore, NULL,
                                     MSVC_HTTP_ROUTE_OPTIONS(.is_quiet = true)),
                     0);
    assert_int_equal(call(f, MSVC_HTTP_REQUEST(.target = "/q")), 204);
    assert_string_equal(f->record, "");
    assert_int_equal(msvc_tracer_flush(f->tracer, 1000, NULL), 0);
    assert_int_equal(f->exporter.span_count, 0);
}

static void answers_probes_quietly(void **state)
{
    struct fixture *f = *state;
    struct msvc_health *health;

    assert_int_equal(msvc_health_new(&health, NULL), 0);
    msvc_health_set_ready(health, true);
    assert_int_equal(msvc_http_route_health(f->router, health), 0);
    assert_int_equal(call(f, MSVC_HTTP_REQUEST(.target = "/health")), 200);
    assert_int_equal(call(f, MSVC_HTTP_REQUEST(.target = "/health/live")), 200);
    assert_int_equal(call(f, MSVC_HTTP_REQUEST(.target = "/health/else")), 404);
    assert_int_equal(call(f, MSVC_HTTP_REQUEST(.target = "/readyz?verbose")), 200);
    assert_int_equal(call(f, MSVC_HTTP_REQUEST(.target = "/livez/database")), 404);
    assert_string_equal(f->record, "");
    msvc_health_free(health);
}

static void answer_without_peer(struct msvc_http_exchange *x, void *user)
{
    (void)user;
    msvc_http_reply(x, msvc_http_peer(x)[0] == '\0' ? 204 : 500, NULL, NULL, 0);
}

static void tells_no_peer_in_process(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_http_route(f->router, "GET", "/peer", answer_without_peer, NULL, NULL),
                     0);
    assert_int_equal(call(f, MSVC_HTTP_REQUEST(.target = "/peer")), 204);
}

static void knows_nothing_of_no_exchange(void **state)
{
    (void)state;
    assert_null(msvc_http_method(NULL));
    assert_null(msvc_http_path(NULL));
    assert_null(msvc_http_route_pattern(NULL));
    assert_null(msvc_http_query_text(NULL));
    assert_null(msvc_http_headers(NULL));
    assert_string_equal(msvc_http_peer(NULL), "");
    assert_int_equal(msvc_http_body_json(NULL, NULL), MSVC_ERR_INVALID);
}

static void copes_when_memory_runs_out(void **state)
{
    struct fixture *f = *state;
    int status = 0;

    assert_int_equal(test_routes_add(f->router), 0);
    assert_int_equal(call(f, MSVC_HTTP_REQUEST(.target = "/hello")), 200);
    for (long n = 0; n < 40; n++) {
        msvc__fail_allocation_after(n);
        status = call(f, MSVC_HTTP_REQUEST(.target = "/query?q=1", .body = "x", .body_length = 1));
        assert_true(status == 200 || status == 500 || status == 413 || status == MSVC_ERR_NOMEM);
    }
    msvc__fail_allocation_after(-1);
    assert_int_equal(status, 200);
}

static void builds_nothing_when_memory_runs_out(void **state)
{
    struct fixture *f = *state;
    struct msvc_http_router *router = NULL;
    int status = MSVC_ERR_NOMEM;

    msvc__fail_allocation_after(0);
    assert_int_equal(msvc_http_router_new(&router, NULL), MSVC_ERR_NOMEM);
    assert_null(router);
    for (long n = 0; status == MSVC_ERR_NOMEM; n++) {
        msvc__fail_allocation_after(n);
        status = route(f, "GET", "/a/{b}/{c...}");
    }
    msvc__fail_allocation_after(-1);
    assert_int_equal(status, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(refuses_patterns_that_no_path_can_match),
        TEST(refuses_parameters_that_cannot_be_named),
        TEST(refuses_the_same_route_twice_whatever_its_parameter_is_called),
        TEST(takes_no_routes_once_it_serves),
        TEST(asks_its_filters_before_a_handler),
        TEST(logs_a_request_without_its_secrets),
        TEST(warns_about_a_slow_answer),
        TEST(times_out_when_the_handler_overruns_the_deadline),
        TEST(does_not_call_for_a_caller_that_cancelled),
        TEST(gives_the_handler_the_callers_deadline),
        TEST(lets_the_handlers_thread_work_under_the_callers_deadline),
        TEST(reads_the_deadline_as_grpc_writes_it),
        TEST(refuses_an_answer_that_is_too_long),
        TEST(reports_a_stream_that_was_cut),
        TEST(refuses_a_body_over_the_limit_of_its_route),
        TEST(records_a_server_span_below_the_callers),
        TEST(marks_the_span_of_a_server_error_only),
        TEST(bounds_the_names_of_spans_whatever_the_method),
        TEST(keeps_quiet_about_quiet_routes),
        TEST(answers_probes_quietly),
        TEST(tells_no_peer_in_process),
        TEST(knows_nothing_of_no_exchange),
        TEST(copes_when_memory_runs_out),
        TEST(builds_nothing_when_memory_runs_out),
    };

    return cmocka_run_group_tests_name("http_router", tests, NULL, NULL);
}
