/* SPDX-License-Identifier: MIT */
/* The exporter against a server on this machine. protoc, with a definition of its own, says what
 * arrived. */
#include <msvc/otlp.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zlib.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/export.h>
#include <msvc/status.h>
#include <msvc/trace.h>

#include "base/alloc_internal.h"
#include "fake_clock.h"
#include "http_peer.h"
#include "test.h"

#define REMOTE   "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
#define PROTOBUF "Content-Type: application/x-protobuf\r\n"

static const struct http_peer_answer ok_only[] = { { 200, PROTOBUF, NULL, 0 }, HTTP_PEER_END };

struct fixture {
    struct http_peer peer;
    char endpoint[128];
    struct msvc_tracer *tracer;
    struct msvc_tracer_counts counts;
    struct msvc_error err;
    char decoded[16384];
};

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct fixture));
    return *state != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_tracer_free(f->tracer);
    if (f->peer.port != 0)
        http_peer_stop(&f->peer);
    free(f);
    return 0;
}

/* A tracer that sends to a peer that gives these answers. */
static void start(struct fixture *f, const struct http_peer_answer *answers,
                  struct msvc_otlp_options options)
{
    struct msvc_span_exporter *exporter;

    if (f->peer.port == 0)
        assert_int_equal(http_peer_start(&f->peer, answers), 0);
    (void)snprintf(f->endpoint, sizeof(f->endpoint), "http://127.0.0.1:%d/v1/traces", f->peer.port);
    options.size = sizeof(options);
    if (options.endpoint == NULL)
        options.endpoint = f->endpoint;
    if (options.retry_delay_ms == 0)
        options.retry_delay_ms = 2;
    assert_int_equal(msvc_span_exporter_otlp(&exporter, &options, &f->err), 0);
    assert_int_equal(
        msvc_tracer_new(&f->tracer, MSVC_TRACER_OPTIONS(.service_name = "order",
                                                        .exporters = MSVC_EXPORTERS(exporter))),
        0);
}

static int send_span(struct fixture *f)
{
    int status;

    msvc_span_end(msvc_span_start(f->tracer, "a", NULL));
    status = msvc_tracer_flush(f->tracer, 5000, &f->err);
    msvc_tracer_counts(&f->counts, f->tracer);
    assert_int_equal(f->counts.queued, 0);
    return status;
}

static const char *head(struct fixture *f, int request)
{
    assert_true(http_peer_request_count(&f->peer) > request);
    return f->peer.requests[request].head;
}

/* What protoc makes of bytes. */
static const char *decode(struct fixture *f, const void *bytes, size_t length)
{
    char path[] = "/tmp/msvc-otlp-XXXXXX";
    char command[512];
    int fd = mkstemp(path);
    FILE *output;
    size_t got;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    (void)close(fd);
    (void)snprintf(command, sizeof(command),
                   "%s --decode=opentelemetry.ExportTraceServiceRequest --proto_path=%s "
                   "opentelemetry.proto < %s 2>&1",
                   PROTOC, PROTO_PATH, path);
    output = popen(command, "r"); /* NOLINT: fixed program, our own paths */
    assert_non_null(output);
    got = fread(f->decoded, 1, sizeof(f->decoded) - 1, output);
    f->decoded[got] = '\0';
    assert_int_equal(pclose(output), 0);
    (void)unlink(path);
    return f->decoded;
}

static void assert_decoded(struct fixture *f, const char *expected)
{
    if (strstr(f->decoded, expected) == NULL)
        fail_msg("no \"%s\" in:\n%s", expected, f->decoded);
}

static void posts_protobuf_with_the_headers_that_the_protocol_asks_for(void **state)
{
    struct fixture *f = *state;

    start(f, ok_only, (struct msvc_otlp_options){ .headers = MSVC_HEADERS({ "X-Key", "secret" }) });
    assert_int_equal(send_span(f), 0);
    assert_ptr_equal(strstr(head(f, 0), "POST /v1/traces HTTP/1.1\r\n"), head(f, 0));
    assert_non_null(strstr(head(f, 0), "\r\nContent-Type: application/x-protobuf\r\n"));
    assert_non_null(
        strstr(head(f, 0), "\r\nUser-Agent: OTel-OTLP-Exporter-C/" MSVC_VERSION "\r\n"));
    assert_non_null(strstr(head(f, 0), "\r\nX-Key: secret\r\n"));
    assert_null(strstr(head(f, 0), "Expect:"));
    assert_int_equal(f->counts.exported, 1);
}

static void sends_what_an_independent_decoder_understands(void **state)
{
    struct fixture *f = *state;
    struct msvc_trace_context remote;
    const struct msvc_trace_context *links[] = { &remote, NULL };
    struct msvc_span *span;

    start(f, ok_only, (struct msvc_otlp_options){ 0 });
    assert_int_equal(msvc_trace_context_parse(&remote, REMOTE, "foo=1"), 0);
    span = msvc_span_start(f->tracer, "reserve",
                           MSVC_SPAN_OPTIONS(.kind = MSVC_SPAN_CLIENT, .parent = &remote,
                                             .links = links,
                                             .start_wall_ns = INT64_C(1767323045000000001)));
    msvc_span_set(span, MSVC_ATTRIBUTES(MSVC_STR("s", "text"), MSVC_I64("i", -7),
                                        MSVC_F64("d", 0.5), MSVC_BOOL("b", false)));
    msvc_span_event(span, "slow", MSVC_ATTRIBUTES(MSVC_I64("ms", 600)));
    msvc_span_set_status(span, MSVC_SPAN_ERROR, "broken");
    msvc_span_end(span);
    assert_int_equal(msvc_tracer_flush(f->tracer, 5000, NULL), 0);
    (void)decode(f, f->peer.requests[0].body, f->peer.requests[0].body_length);
    assert_decoded(f, "key: \"service.name\"\n      value {\n        string_value: \"order\"");
    assert_decoded(f, "trace_id: \"\\n\\367e\\031\\026\\315C\\335\\204H\\353!\\034\\2001\\234\"");
    assert_decoded(f, "parent_span_id: \"\\267\\255kqi 31\"");
    assert_decoded(f, "trace_state: \"foo=1\"");
    assert_decoded(f, "name: \"reserve\"\n      kind: SPAN_KIND_CLIENT\n"
                      "      start_time_unix_nano: 1767323045000000001\n");
    assert_decoded(f, "key: \"i\"\n        value {\n          int_value: -7\n");
    assert_decoded(f, "key: \"d\"\n        value {\n          double_value: 0.5\n");
    assert_decoded(f, "key: \"b\"\n        value {\n          bool_value: false\n");
    assert_decoded(f, "name: \"slow\"\n        attributes {\n          key: \"ms\"\n");
    assert_decoded(f, "status {\n        message: \"broken\"\n        code: STATUS_CODE_ERROR\n");
    assert_decoded(f, "flags: 769");
}

static void sends_empty_strings_and_zero_bytes_whole(void **state)
{
    struct fixture *f = *state;
    struct msvc_span *span;

    start(f, ok_only, (struct msvc_otlp_options){ 0 });
    span = msvc_span_start(f->tracer, "a", NULL);
    msvc_span_set(span, MSVC_ATTRIBUTES(MSVC_STR("empty", ""), MSVC_STRN("nul", "x\0y", 3)));
    msvc_span_end(span);
    assert_int_equal(msvc_tracer_flush(f->tracer, 5000, NULL), 0);
    (void)decode(f, f->peer.requests[0].body, f->peer.requests[0].body_length);
    assert_decoded(f, "key: \"empty\"\n        value {\n          string_value: \"\"\n");
    assert_decoded(f, "string_value: \"x\\000y\"");
}

static void sends_what_is_not_utf8_as_bytes_and_mends_names(void **state)
{
    struct fixture *f = *state;
    struct msvc_span *span;

    start(f, ok_only, (struct msvc_otlp_options){ 0 });
    span = msvc_span_start(f->tracer, "bad\xff name", NULL);
    msvc_span_set(span, MSVC_ATTRIBUTES(MSVC_STR("k\xc3", "v\xff")));
    msvc_span_end(span);
    assert_int_equal(msvc_tracer_flush(f->tracer, 5000, NULL), 0);
    (void)decode(f, f->peer.requests[0].body, f->peer.requests[0].body_length);
    assert_decoded(f, "name: \"bad\\357\\277\\275 name\"");
    assert_decoded(f, "key: \"k\\357\\277\\275\"");
    assert_decoded(f, "bytes_value: \"v\\377\"");
}

static void compresses_when_asked(void **state)
{
    struct fixture *f = *state;
    unsigned char plain[16384];
    z_stream stream = { 0 };

    start(f, ok_only, (struct msvc_otlp_options){ .compression = MSVC_OTLP_GZIP });
    assert_int_equal(send_span(f), 0);
    assert_non_null(strstr(head(f, 0), "\r\nContent-Encoding: gzip\r\n"));
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    stream.next_in = (Bytef *)f->peer.requests[0].body;
    stream.avail_in = (uInt)f->peer.requests[0].body_length;
    stream.next_out = plain;
    stream.avail_out = sizeof(plain);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    (void)decode(f, plain, stream.total_out);
    (void)inflateEnd(&stream);
    assert_decoded(f, "name: \"a\"");
}

static void keeps_its_connection(void **state)
{
    struct fixture *f = *state;

    start(f, ok_only, (struct msvc_otlp_options){ 0 });
    for (int i = 0; i < 3; i++)
        assert_int_equal(send_span(f), 0);
    assert_int_equal(http_peer_request_count(&f->peer), 3);
    assert_int_equal(http_peer_connection_count(&f->peer), 1);
}

static void takes_any_success_without_a_body(void **state)
{
    static const struct http_peer_answer answers[] = { { 202, NULL, NULL, 0 }, HTTP_PEER_END };
    struct fixture *f = *state;

    start(f, answers, (struct msvc_otlp_options){ 0 });
    assert_int_equal(send_span(f), 0);
    assert_int_equal(f->counts.exported, 1);
}

/* ExportTraceServiceResponse: partial_success (1) of rejected_spans (1) and error_message (2). */
static void counts_partial_success_as_rejected_and_does_not_retry(void **state)
{
    static const struct http_peer_answer answers[] = {
        { 200, PROTOBUF, "\x0a\x06\x08\x01\x12\x02no", 8 }, HTTP_PEER_END
    };
    struct fixture *f = *state;

    start(f, answers, (struct msvc_otlp_options){ 0 });
    msvc_span_end(msvc_span_start(f->tracer, "b", NULL));
    assert_int_equal(send_span(f), 0);
    assert_int_equal(f->counts.rejected, 1);
    assert_int_equal(f->counts.exported, 1);
    assert_int_equal(http_peer_request_count(&f->peer), 1);
}

static void ignores_a_success_that_it_cannot_read(void **state)
{
    static const struct http_peer_answer answers[] = { { 200, PROTOBUF, "\xff\xff\xff\xff", 4 },
                                                       HTTP_PEER_END };
    struct fixture *f = *state;

    start(f, answers, (struct msvc_otlp_options){ 0 });
    assert_int_equal(send_span(f), 0);
    assert_int_equal(f->counts.exported, 1);
}

static void assert_retried(struct fixture *f, int status)
{
    const struct http_peer_answer answers[] = { { status, NULL, NULL, 0 },
                                                { status, NULL, NULL, 0 },
                                                { 200, PROTOBUF, NULL, 0 },
                                                HTTP_PEER_END };

    start(f, answers, (struct msvc_otlp_options){ 0 });
    assert_int_equal(send_span(f), 0);
    assert_int_equal(http_peer_request_count(&f->peer), 3);
    assert_int_equal(f->peer.requests[2].body_length, f->peer.requests[0].body_length);
    assert_int_equal(f->counts.exported, 1);
}

static void retries_429(void **state)
{
    assert_retried(*state, 429);
}

static void retries_502(void **state)
{
    assert_retried(*state, 502);
}

static void retries_503(void **state)
{
    assert_retried(*state, 503);
}

static void retries_504(void **state)
{
    assert_retried(*state, 504);
}

static void retries_when_the_collector_hangs_up(void **state)
{
    assert_retried(*state, 0);
}

/* One tracer for all codes of a class: each is answered once and not asked again. */
static void assert_class_given_up(struct fixture *f, int first, int last)
{
    struct http_peer_answer answers[101] = { { 0 } };
    int count = 0;

    for (int status = first; status <= last; status++) {
        if (status != 429 && status != 502 && status != 503 && status != 504)
            answers[count++] = (struct http_peer_answer){ .status = status };
    }
    answers[count] = (struct http_peer_answer)HTTP_PEER_END;
    start(f, answers, (struct msvc_otlp_options){ 0 });
    for (int i = 0; i < count; i++) {
        int expected =
            answers[i].status == 401 || answers[i].status == 403 ? MSVC_ERR_AUTH : MSVC_ERR_REFUSED;

        assert_int_equal(send_span(f), expected);
        assert_int_equal(f->err.native, answers[i].status);
        assert_int_equal(http_peer_request_count(&f->peer), i + 1);
    }
    assert_int_equal(f->counts.dropped_export, count);
}

static void follows_no_redirect_and_gives_up_on_every_3xx(void **state)
{
    assert_class_given_up(*state, 300, 399);
}

static void gives_up_on_every_4xx_but_429(void **state)
{
    assert_class_given_up(*state, 400, 499);
}

static void gives_up_on_every_5xx_but_502_to_504(void **state)
{
    assert_class_given_up(*state, 500, 599);
}

static void does_not_follow_where_a_redirect_points(void **state)
{
    static const struct http_peer_answer answers[] = { { 307, "Location: /elsewhere\r\n", NULL, 0 },
                                                       { 200, PROTOBUF, NULL, 0 },
                                                       HTTP_PEER_END };
    struct fixture *f = *state;

    start(f, answers, (struct msvc_otlp_options){ 0 });
    assert_int_equal(send_span(f), MSVC_ERR_REFUSED);
    assert_int_equal(http_peer_request_count(&f->peer), 1);
}

/* google.rpc.Status: code (1), message (2). */
static void repeats_the_collectors_words(void **state)
{
    static const struct http_peer_answer answers[] = { { 400, PROTOBUF, "\x08\x03\x12\x03why", 7 },
                                                       HTTP_PEER_END };
    struct fixture *f = *state;
    char expected[256];

    start(f, answers, (struct msvc_otlp_options){ 0 });
    assert_int_equal(send_span(f), MSVC_ERR_REFUSED);
    (void)snprintf(expected, sizeof(expected), "%s: answered 400: why", f->endpoint);
    assert_string_equal(f->err.message, expected);
}

static int64_t elapsed_ms(uint64_t since_ns)
{
    return (int64_t)((msvc_clock_monotonic_ns(NULL) - since_ns) / 1000000);
}

static void waits_as_long_as_the_collector_asks(void **state)
{
    static const struct http_peer_answer answers[] = { { 503, "Retry-After: 1\r\n", NULL, 0 },
                                                       { 200, PROTOBUF, NULL, 0 },
                                                       HTTP_PEER_END };
    struct fixture *f = *state;
    uint64_t began_ns = msvc_clock_monotonic_ns(NULL);

    start(f, answers, (struct msvc_otlp_options){ 0 });
    assert_int_equal(send_span(f), 0);
    assert_true(elapsed_ms(began_ns) >= 999);
}

static void waits_until_the_date_that_the_collector_names(void **state)
{
    static const struct http_peer_answer answers[] = {
        { 503, "Retry-After: Fri, 02 Jan 2026 03:04:06 GMT\r\n", NULL, 0 },
        { 200, PROTOBUF, NULL, 0 },
        HTTP_PEER_END
    };
    struct fixture *f = *state;
    struct fake_clock clock;
    uint64_t began_ns = msvc_clock_monotonic_ns(NULL);

    fake_clock_init(&clock); /* one second before */
    start(f, answers, (struct msvc_otlp_options){ .clock = &clock.clock });
    assert_int_equal(send_span(f), 0);
    assert_true(elapsed_ms(began_ns) >= 999);
}

static void gives_up_when_asked_to_wait_beyond_its_deadline(void **state)
{
    static const struct http_peer_answer answers[] = {
        { 429, "Retry-After: 99999999999999999999\r\n", NULL, 0 }, HTTP_PEER_END
    };
    struct fixture *f = *state;
    uint64_t began_ns = msvc_clock_monotonic_ns(NULL);

    start(f, answers, (struct msvc_otlp_options){ 0 });
    assert_int_equal(send_span(f), MSVC_ERR_UNAVAILABLE);
    assert_int_equal(http_peer_request_count(&f->peer), 1);
    assert_true(elapsed_ms(began_ns) < 3000);
}

static void keeps_its_deadline_when_the_collector_says_nothing(void **state)
{
    static const struct http_peer_answer answers[] = { { -1, NULL, NULL, 0 }, HTTP_PEER_END };
    struct fixture *f = *state;
    uint64_t began_ns = msvc_clock_monotonic_ns(NULL);

    start(f, answers, (struct msvc_otlp_options){ .timeout_ms = 100 });
    assert_int_equal(send_span(f), MSVC_ERR_TIMEOUT);
    assert_true(elapsed_ms(began_ns) >= 99);
    assert_true(elapsed_ms(began_ns) < 3000);
}

static void keeps_trying_a_collector_that_is_not_there_until_time_is_up(void **state)
{
    struct fixture *f = *state;
    uint64_t began_ns = msvc_clock_monotonic_ns(NULL);

    assert_int_equal(http_peer_start(&f->peer, ok_only), 0);
    (void)snprintf(f->endpoint, sizeof(f->endpoint), "http://127.0.0.1:%d/v1/traces", f->peer.port);
    http_peer_stop(&f->peer);
    start(f, ok_only, (struct msvc_otlp_options){ .timeout_ms = 100 });
    f->peer.port = 0; /* stopped */
    assert_int_equal(send_span(f), MSVC_ERR_UNAVAILABLE);
    assert_true(elapsed_ms(began_ns) >= 40);
    assert_non_null(strstr(f->err.message, "127.0.0.1"));
}

static void reads_no_more_than_the_limit(void **state)
{
    struct fixture *f = *state;
    char *body = calloc(1, MSVC_OTLP_RESPONSE_MAX + 1);
    const struct http_peer_answer answers[] = { { 200, PROTOBUF, body, MSVC_OTLP_RESPONSE_MAX + 1 },
                                                HTTP_PEER_END };

    start(f, answers, (struct msvc_otlp_options){ 0 });
    assert_int_equal(send_span(f), MSVC_ERR_LIMIT);
    assert_non_null(strstr(f->err.message, "answered more than 4194304 bytes"));
    assert_int_equal(http_peer_request_count(&f->peer), 1);
    http_peer_stop(&f->peer);
    f->peer.port = 0;
    free(body);
}

static int send_own_span(struct fixture *f)
{
    int status;

    msvc_span_end(msvc_span_start(f->tracer, "child", NULL));
    status = msvc_tracer_flush(f->tracer, 5000, NULL);
    msvc_tracer_free(f->tracer);
    return status == 0 ? 0 : 1;
}

static void sends_from_a_child_of_fork_and_leaves_the_parents_connection_alone(void **state)
{
    struct fixture *f = *state;
    pid_t child;
    int status;

    start(f, ok_only, (struct msvc_otlp_options){ 0 });
    assert_int_equal(send_span(f), 0);
    child = fork();
    if (child == 0)
        _exit(send_own_span(f));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(send_span(f), 0);
    assert_int_equal(http_peer_request_count(&f->peer), 3);
    assert_int_equal(http_peer_connection_count(&f->peer), 2);
    (void)decode(f, f->peer.requests[1].body, f->peer.requests[1].body_length);
    assert_decoded(f, "name: \"child\"");
}

static void refuses_wrong_options(void **state)
{
    struct fixture *f = *state;
    struct msvc_span_exporter *exporter = NULL;

    assert_int_equal(msvc_span_exporter_otlp(NULL, NULL, NULL), MSVC_ERR_INVALID);
    assert_int_equal(
        msvc_span_exporter_otlp(&exporter, MSVC_OTLP_OPTIONS(.endpoint = "ftp://a/b"), &f->err),
        MSVC_ERR_MALFORMED);
    assert_string_equal(f->err.message, "the endpoint's scheme is \"ftp\", expected http or https");
    assert_int_equal(
        msvc_span_exporter_otlp(&exporter, MSVC_OTLP_OPTIONS(.endpoint = "nonsense"), NULL),
        MSVC_ERR_MALFORMED);
    assert_int_equal(
        msvc_span_exporter_otlp(
            &exporter, MSVC_OTLP_OPTIONS(.compression = (enum msvc_otlp_compression)9), NULL),
        MSVC_ERR_INVALID);
    assert_int_equal(
        msvc_span_exporter_otlp(
            &exporter, MSVC_OTLP_OPTIONS(.headers = MSVC_HEADERS({ "A", "b\r\nC: d" })), &f->err),
        MSVC_ERR_INVALID);
    assert_string_equal(f->err.message, "header 1 is not a name and a value of one line");
    assert_null(exporter);
}

/* environ has no const, but is only read. */
static char *var(const char *text)
{
    return (char *)(uintptr_t)text;
}

static void survives_every_failing_allocation_of_an_export(void **state)
{
    struct fixture *f = *state;
    int status = MSVC_ERR_NOMEM;

    start(f, ok_only, (struct msvc_otlp_options){ .compression = MSVC_OTLP_GZIP });
    for (long i = 0; status == MSVC_ERR_NOMEM; i++) {
        struct msvc_span *span = msvc_span_start(f->tracer, "bad\xff", NULL);

        msvc_span_event(span, "event", MSVC_ATTRIBUTES(MSVC_I64("a", 1)));
        msvc_span_end(span);
        msvc__fail_allocation_after(i);
        status = msvc_tracer_flush(f->tracer, 5000, &f->err);
        msvc__fail_allocation_after(-1);
        assert_true(i < 50);
    }
    assert_int_equal(status, 0);
}

static void survives_every_failing_allocation_of_making_one(void **state)
{
    struct msvc_span_exporter *exporter = NULL;
    int status = MSVC_ERR_NOMEM;

    (void)state;
    for (long i = 0; status == MSVC_ERR_NOMEM; i++) {
        char *environment[] = { var("OTEL_EXPORTER_OTLP_ENDPOINT=http://u:p@127.0.0.1:1/x"),
                                var("OTEL_EXPORTER_OTLP_HEADERS=a=1,b=2"),
                                var("OTEL_EXPORTER_OTLP_CERTIFICATE=/tmp/ca.pem"), NULL };

        assert_null(exporter);
        msvc__fail_allocation_after(i);
        status = msvc_span_exporter_otlp_from_env(&exporter, environment, NULL, NULL);
        msvc__fail_allocation_after(-1);
        assert_true(i < 100);
    }
    assert_int_equal(status, 0);
    msvc_span_exporter_free(exporter);
}

static void from_env(struct fixture *f, char *const *environment, const char *prefix)
{
    struct msvc_span_exporter *exporter;

    if (msvc_span_exporter_otlp_from_env(&exporter, environment, prefix, &f->err) < 0)
        fail_msg("%s", f->err.message);
    assert_int_equal(
        msvc_tracer_new(&f->tracer, MSVC_TRACER_OPTIONS(.exporters = MSVC_EXPORTERS(exporter))), 0);
}

static void adds_the_path_to_the_general_endpoint(void **state)
{
    struct fixture *f = *state;
    char endpoint[96];

    assert_int_equal(http_peer_start(&f->peer, ok_only), 0);
    (void)snprintf(endpoint, sizeof(endpoint),
                   "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:%d/base", f->peer.port);
    from_env(f, (char *[]){ endpoint, var("OTEL_EXPORTER_OTLP_HEADERS=a=1, b = %20x"), NULL },
             NULL);
    assert_int_equal(send_span(f), 0);
    assert_ptr_equal(strstr(head(f, 0), "POST /base/v1/traces HTTP"), head(f, 0));
    assert_non_null(strstr(head(f, 0), "\r\na: 1\r\n"));
}

static void takes_the_endpoint_for_traces_as_it_is(void **state)
{
    struct fixture *f = *state;
    char endpoint[96];

    assert_int_equal(http_peer_start(&f->peer, ok_only), 0);
    (void)snprintf(endpoint, sizeof(endpoint),
                   "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://127.0.0.1:%d", f->peer.port);
    from_env(f,
             (char *[]){ var("OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1"), endpoint,
                         var("OTEL_EXPORTER_OTLP_COMPRESSION=gzip"), NULL },
             NULL);
    assert_int_equal(send_span(f), 0);
    assert_ptr_equal(strstr(head(f, 0), "POST / HTTP"), head(f, 0));
    assert_non_null(strstr(head(f, 0), "\r\nContent-Encoding: gzip\r\n"));
}

static void lets_a_prefix_win(void **state)
{
    struct fixture *f = *state;
    char endpoint[96];

    assert_int_equal(http_peer_start(&f->peer, ok_only), 0);
    (void)snprintf(endpoint, sizeof(endpoint),
                   "ORDER_OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:%d/", f->peer.port);
    from_env(f,
             (char *[]){ var("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://127.0.0.1:1/x"), endpoint,
                         NULL },
             "ORDER_");
    assert_int_equal(send_span(f), 0);
    assert_ptr_equal(strstr(head(f, 0), "POST /v1/traces HTTP"), head(f, 0));
}

static void assert_env_refused(struct fixture *f, const char *variable, int status,
                               const char *message)
{
    struct msvc_span_exporter *exporter = NULL;

    assert_int_equal(msvc_span_exporter_otlp_from_env(&exporter, (char *[]){ var(variable), NULL },
                                                      "A_", &f->err),
                     status);
    assert_null(exporter);
    if (message != NULL)
        assert_string_equal(f->err.message, message);
    assert_non_null(strstr(f->err.message, "OTEL_EXPORTER_OTLP_"));
}

static void names_the_variable_that_is_wrong(void **state)
{
    struct fixture *f = *state;

    assert_env_refused(f, "OTEL_EXPORTER_OTLP_TIMEOUT=soon", MSVC_ERR_MALFORMED,
                       "OTEL_EXPORTER_OTLP_TIMEOUT is \"soon\", expected milliseconds, from 1 to "
                       "2147483647");
    assert_env_refused(f, "A_OTEL_EXPORTER_OTLP_TRACES_TIMEOUT=0", MSVC_ERR_MALFORMED,
                       "A_OTEL_EXPORTER_OTLP_TRACES_TIMEOUT is \"0\", expected milliseconds, from "
                       "1 to 2147483647");
    assert_env_refused(f, "OTEL_EXPORTER_OTLP_COMPRESSION=zstd", MSVC_ERR_UNSUPPORTED,
                       "OTEL_EXPORTER_OTLP_COMPRESSION is \"zstd\", expected none or gzip");
    assert_env_refused(f, "OTEL_EXPORTER_OTLP_PROTOCOL=grpc", MSVC_ERR_UNSUPPORTED,
                       "OTEL_EXPORTER_OTLP_PROTOCOL is \"grpc\", expected http/protobuf");
    assert_env_refused(f, "OTEL_EXPORTER_OTLP_HEADERS=key", MSVC_ERR_MALFORMED,
                       "OTEL_EXPORTER_OTLP_HEADERS is \"(secret)\", expected key=value pairs with "
                       "commas between");
    assert_env_refused(f, "OTEL_EXPORTER_OTLP_ENDPOINT=ftp://a", MSVC_ERR_MALFORMED, NULL);
}

static void counts_an_empty_variable_as_unset(void **state)
{
    struct msvc_span_exporter *exporter;

    (void)state;
    assert_int_equal(
        msvc_span_exporter_otlp_from_env(&exporter,
                                         (char *[]){ var("OTEL_EXPORTER_OTLP_TIMEOUT="),
                                                     var("OTEL_EXPORTER_OTLP_HEADERS="), NULL },
                                         NULL, NULL),
        0);
    msvc_span_exporter_free(exporter);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(posts_protobuf_with_the_headers_that_the_protocol_asks_for),
        WITH_FIXTURE(sends_what_an_independent_decoder_understands),
        WITH_FIXTURE(sends_empty_strings_and_zero_bytes_whole),
        WITH_FIXTURE(sends_what_is_not_utf8_as_bytes_and_mends_names),
        WITH_FIXTURE(compresses_when_asked),
        WITH_FIXTURE(keeps_its_connection),
        WITH_FIXTURE(takes_any_success_without_a_body),
        WITH_FIXTURE(counts_partial_success_as_rejected_and_does_not_retry),
        WITH_FIXTURE(ignores_a_success_that_it_cannot_read),
        WITH_FIXTURE(retries_429),
        WITH_FIXTURE(retries_502),
        WITH_FIXTURE(retries_503),
        WITH_FIXTURE(retries_504),
        WITH_FIXTURE(retries_when_the_collector_hangs_up),
        WITH_FIXTURE(follows_no_redirect_and_gives_up_on_every_3xx),
        WITH_FIXTURE(gives_up_on_every_4xx_but_429),
        WITH_FIXTURE(gives_up_on_every_5xx_but_502_to_504),
        WITH_FIXTURE(does_not_follow_where_a_redirect_points),
        WITH_FIXTURE(repeats_the_collectors_words),
        WITH_FIXTURE(waits_as_long_as_the_collector_asks),
        WITH_FIXTURE(waits_until_the_date_that_the_collector_names),
        WITH_FIXTURE(gives_up_when_asked_to_wait_beyond_its_deadline),
        WITH_FIXTURE(keeps_its_deadline_when_the_collector_says_nothing),
        WITH_FIXTURE(keeps_trying_a_collector_that_is_not_there_until_time_is_up),
        WITH_FIXTURE(reads_no_more_than_the_limit),
        WITH_FIXTURE(sends_from_a_child_of_fork_and_leaves_the_parents_connection_alone),
        WITH_FIXTURE(refuses_wrong_options),
        WITH_FIXTURE(survives_every_failing_allocation_of_an_export),
        cmocka_unit_test(survives_every_failing_allocation_of_making_one),
        WITH_FIXTURE(adds_the_path_to_the_general_endpoint),
        WITH_FIXTURE(takes_the_endpoint_for_traces_as_it_is),
        WITH_FIXTURE(lets_a_prefix_win),
        WITH_FIXTURE(names_the_variable_that_is_wrong),
        cmocka_unit_test(counts_an_empty_variable_as_unset),
    };

    return cmocka_run_group_tests_name("otlp", tests, NULL, NULL);
}
