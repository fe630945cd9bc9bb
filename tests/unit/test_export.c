/* SPDX-License-Identifier: MIT */
#include <msvc/export.h>

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <msvc/error.h>
#include <msvc/status.h>
#include <msvc/trace.h>

#include "base/alloc_internal.h"
#include "fake_clock.h"
#include "fake_random.h"
#include "test.h"

#define REMOTE "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
#define RESOURCE                                                                              \
    "{\"resourceSpans\":[{\"resource\":{\"attributes\":["                                     \
    "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"order\"}},"                       \
    "{\"key\":\"telemetry.sdk.language\",\"value\":{\"stringValue\":\"c\"}},"                 \
    "{\"key\":\"telemetry.sdk.name\",\"value\":{\"stringValue\":\"libmsvc\"}},"               \
    "{\"key\":\"telemetry.sdk.version\",\"value\":{\"stringValue\":\"" MSVC_VERSION "\"}}]}," \
    "\"scopeSpans\":[{\"scope\":{\"name\":\"libmsvc\",\"version\":\"" MSVC_VERSION "\"},"     \
    "\"spans\":["
#define TIMES \
    "\"startTimeUnixNano\":\"1767323045000000000\",\"endTimeUnixNano\":\"1767323045000000000\""
#define END "]}]}]}\n"

struct fixture {
    struct fake_clock clock;
    struct fake_random random;
    struct msvc_tracer *tracer;
    char path[64];
    char text[8192];
};

static void make_tracer(struct fixture *f, const char *path)
{
    struct msvc_span_exporter *exporters[2] = { NULL, NULL };

    assert_int_equal(msvc_span_exporter_file(&exporters[0], path, NULL), 0);
    assert_int_equal(
        msvc_tracer_new(&f->tracer,
                        MSVC_TRACER_OPTIONS(.service_name = "order", .exporters = exporters,
                                            .clock = &f->clock.clock, .random = &f->random.random)),
        0);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    int fd;

    fake_clock_init(&f->clock);
    fake_random_init(&f->random, 1);
    (void)snprintf(f->path, sizeof(f->path), "/tmp/msvc-export-XXXXXX");
    fd = mkstemp(f->path);
    assert_true(fd >= 0);
    (void)close(fd);
    assert_int_equal(unlink(f->path), 0);
    make_tracer(f, f->path);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_tracer_free(f->tracer);
    (void)unlink(f->path);
    free(f);
    return 0;
}

static const char *flushed(struct fixture *f)
{
    FILE *file;
    size_t length;

    assert_int_equal(msvc_tracer_flush(f->tracer, 1000, NULL), 0);
    file = fopen(f->path, "r");
    assert_non_null(file);
    length = fread(f->text, 1, sizeof(f->text) - 1, file);
    f->text[length] = '\0';
    (void)fclose(file);
    return f->text;
}

static void assert_value(struct fixture *f, struct msvc_attribute attribute, const char *expected)
{
    struct msvc_span *span = msvc_span_start(f->tracer, "a", NULL);
    char text[256];

    msvc_span_set(span, MSVC_ATTRIBUTES(attribute));
    msvc_span_end(span);
    (void)snprintf(text, sizeof(text), "\"attributes\":[{\"key\":\"k\",\"value\":{%s}}]}" END,
                   expected);
    assert_non_null(strstr(flushed(f), text));
}

static void appends_a_batch_as_one_line(void **state)
{
    struct fixture *f = *state;
    char ids[300];
    char expected[2048];
    struct msvc_span *span = msvc_span_start(f->tracer, "a", NULL);
    char trace_id[33];
    char span_id[17];

    msvc_trace_id_text(trace_id, msvc_span_context(span));
    msvc_span_id_text(span_id, msvc_span_context(span));
    msvc_span_end(span);
    (void)snprintf(ids, sizeof(ids), "{\"traceId\":\"%s\",\"spanId\":\"%s\",", trace_id, span_id);
    (void)snprintf(expected, sizeof(expected),
                   RESOURCE "%s\"flags\":259,\"name\":\"a\",\"kind\":1," TIMES "}" END, ids);
    assert_string_equal(flushed(f), expected);
}

static void writes_parent_status_events_and_links(void **state)
{
    struct fixture *f = *state;
    struct msvc_trace_context remote;
    const struct msvc_trace_context *links[] = { &remote, NULL };
    struct msvc_span *span;

    assert_int_equal(msvc_trace_context_parse(&remote, REMOTE, "foo=1"), 0);
    span = msvc_span_start(
        f->tracer, "a",
        MSVC_SPAN_OPTIONS(.kind = MSVC_SPAN_SERVER, .parent = &remote, .links = links));
    msvc_span_event(span, "slow", MSVC_ATTRIBUTES(MSVC_I64("ms", 600)));
    msvc_span_set_status(span, MSVC_SPAN_ERROR, "broken");
    msvc_span_end(span);
    assert_non_null(strstr(
        flushed(f), "\"traceState\":\"foo=1\",\"parentSpanId\":\"b7ad6b7169203331\","
                    "\"flags\":769,\"name\":\"a\",\"kind\":2," TIMES ","
                    "\"events\":[{\"timeUnixNano\":\"1767323045000000000\",\"name\":\"slow\","
                    "\"attributes\":[{\"key\":\"ms\",\"value\":{\"intValue\":\"600\"}}]}],"
                    "\"links\":[{\"traceId\":\"0af7651916cd43dd8448eb211c80319c\","
                    "\"spanId\":\"b7ad6b7169203331\",\"traceState\":\"foo=1\","
                    "\"flags\":769}],\"status\":{\"message\":\"broken\",\"code\":2}}" END));
}

static void writes_every_type_of_value(void **state)
{
    struct fixture *f = *state;

    assert_value(f, MSVC_STR("k", "v\n"), "\"stringValue\":\"v\\n\"");
    assert_value(f, MSVC_STR("k", NULL), "\"stringValue\":\"\"");
    assert_value(f, MSVC_I64("k", INT64_MIN), "\"intValue\":\"-9223372036854775808\"");
    assert_value(f, MSVC_F64("k", 0.5), "\"doubleValue\":0.5");
    assert_value(f, MSVC_BOOL("k", true), "\"boolValue\":true");
}

static void writes_doubles_that_json_has_no_number_for_as_strings(void **state)
{
    struct fixture *f = *state;

    assert_value(f, MSVC_F64("k", (double)NAN), "\"doubleValue\":\"NaN\"");
    assert_value(f, MSVC_F64("k", (double)INFINITY), "\"doubleValue\":\"Infinity\"");
    assert_value(f, MSVC_F64("k", (double)-INFINITY), "\"doubleValue\":\"-Infinity\"");
}

static void writes_strings_that_are_not_utf8_as_bytes(void **state)
{
    struct fixture *f = *state;

    assert_value(f, MSVC_STR("k", "\xff"), "\"bytesValue\":\"/w==\"");
    assert_value(f, MSVC_STR("k", "\xff\xfe"), "\"bytesValue\":\"//4=\"");
    assert_value(f, MSVC_STR("k", "\xff\xfe\xfd"), "\"bytesValue\":\"//79\"");
    assert_value(f, MSVC_STR("k", "\xff\xfe\xfd\xfc"), "\"bytesValue\":\"//79/A==\"");
}

static void appends_to_what_is_there_and_keeps_it_private(void **state)
{
    struct fixture *f = *state;
    struct stat info;

    for (int i = 0; i < 2; i++) {
        msvc_span_end(msvc_span_start(f->tracer, "a", NULL));
        assert_int_equal(msvc_tracer_flush(f->tracer, 1000, NULL), 0);
        msvc_tracer_free(f->tracer);
        make_tracer(f, f->path);
    }
    (void)flushed(f);
    assert_ptr_not_equal(strchr(f->text, '\n'), strrchr(f->text, '\n'));
    assert_int_equal(stat(f->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void says_why_a_file_cannot_be_opened(void **state)
{
    struct msvc_span_exporter *exporter = NULL;
    struct msvc_error err;

    (void)state;
    assert_int_equal(msvc_span_exporter_file(&exporter, "/nonexistent/spans", &err),
                     MSVC_ERR_UNAVAILABLE);
    assert_string_equal(err.message, "/nonexistent/spans: No such file or directory");
    assert_int_equal(msvc_span_exporter_file(&exporter, "", &err), MSVC_ERR_INVALID);
    assert_int_equal(msvc_span_exporter_file(NULL, "-", NULL), MSVC_ERR_INVALID);
    assert_null(exporter);
    msvc_span_exporter_free(NULL);
}

static void says_how_much_of_a_batch_was_lost(void **state)
{
    struct fixture *f = *state;
    struct msvc_error err;

    if (access("/dev/full", W_OK) != 0)
        skip();
    msvc_tracer_free(f->tracer);
    make_tracer(f, "/dev/full");
    msvc_span_end(msvc_span_start(f->tracer, "a", NULL));
    assert_int_equal(msvc_tracer_flush(f->tracer, 1000, &err), MSVC_ERR_UNAVAILABLE);
    assert_non_null(strstr(err.message, "0 of "));
}

static void survives_every_failing_allocation(void **state)
{
    struct fixture *f = *state;
    int status = MSVC_ERR_NOMEM;

    for (long i = 0; status == MSVC_ERR_NOMEM; i++) {
        struct msvc_span *span = msvc_span_start(f->tracer, "a", NULL);

        msvc_span_set(span, MSVC_ATTRIBUTES(MSVC_STR("k", "\xff")));
        msvc_span_end(span);
        msvc__fail_allocation_after(i);
        status = msvc_tracer_flush(f->tracer, 1000, NULL);
        msvc__fail_allocation_after(-1);
        assert_true(i < 50);
    }
    assert_int_equal(status, 0);
    (void)flushed(f);
    assert_ptr_equal(strchr(f->text, '\n'), strrchr(f->text, '\n')); /* one line: no half one */
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(appends_a_batch_as_one_line),
        WITH_FIXTURE(writes_parent_status_events_and_links),
        WITH_FIXTURE(writes_every_type_of_value),
        WITH_FIXTURE(writes_doubles_that_json_has_no_number_for_as_strings),
        WITH_FIXTURE(writes_strings_that_are_not_utf8_as_bytes),
        WITH_FIXTURE(appends_to_what_is_there_and_keeps_it_private),
        cmocka_unit_test(says_why_a_file_cannot_be_opened),
        WITH_FIXTURE(says_how_much_of_a_batch_was_lost),
        WITH_FIXTURE(survives_every_failing_allocation),
    };

    return cmocka_run_group_tests_name("export", tests, NULL, NULL);
}
