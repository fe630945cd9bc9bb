/* SPDX-License-Identifier: MIT */
#include <msvc/log.h>

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msvc/status.h>
#include <msvc/trace.h>

#include "base/alloc_internal.h"
#include "fake_clock.h"
#include "test.h"

#define START "{\"timestamp\":\"2026-01-02T03:04:05.000000000Z\",\"level\":\"INFO\",\"message\":"

struct fixture {
    struct fake_clock clock;
    struct msvc_log *log;
    int fds[2]; /* a pipe: the logger writes to [1] */
    char line[2 * MSVC_LOG_LINE_MAX];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    fake_clock_init(&f->clock);
    assert_int_equal(pipe(f->fds), 0);
    assert_int_equal(fcntl(f->fds[1], F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(
        msvc_log_new(&f->log, MSVC_LOG_OPTIONS(.fd = f->fds[1], .clock = &f->clock.clock)), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_log_free(f->log);
    (void)close(f->fds[0]);
    (void)close(f->fds[1]);
    free(f);
    return 0;
}

static void replace_log(struct fixture *f, const struct msvc_log_options *options)
{
    msvc_log_free(f->log);
    f->log = NULL;
    assert_int_equal(msvc_log_new(&f->log, options), 0);
}

/* What was written so far, "" when nothing. */
static const char *written(struct fixture *f)
{
    struct pollfd readable = { .fd = f->fds[0], .events = POLLIN };
    ssize_t length = 0;

    if (poll(&readable, 1, 0) > 0)
        length = read(f->fds[0], f->line, sizeof(f->line) - 1);
    assert_true(length >= 0);
    f->line[length] = '\0';
    return f->line;
}

static void write_info(struct fixture *f, const char *message,
                       const struct msvc_attribute *attributes)
{
    msvc_log_write(f->log, MSVC_LOG_INFO, message, attributes);
}

static void fill_pipe(struct fixture *f)
{
    char dots[4096];

    memset(dots, '.', sizeof(dots));
    while (write(f->fds[1], dots, sizeof(dots)) > 0)
        ;
    while (write(f->fds[1], dots, 1) > 0)
        ;
    assert_int_equal(errno, EAGAIN);
}

static void empty_pipe(struct fixture *f)
{
    while (*written(f) != '\0')
        ;
}

static void writes_one_line_of_json(void **state)
{
    struct fixture *f = *state;

    msvc_log_info(f->log, "order created", MSVC_STR("order.id", "42"), MSVC_I64("total", -4200),
                  MSVC_F64("ratio", 0.1), MSVC_BOOL("paid", true));
    assert_string_equal(written(f),
                        START "\"order created\",\"order.id\":\"42\",\"total\":-4200,\"ratio\":0.1,"
                              "\"paid\":true}\n");
}

static void writes_service_and_instance(void **state)
{
    struct fixture *f = *state;

    replace_log(f, MSVC_LOG_OPTIONS(.fd = f->fds[1], .clock = &f->clock.clock,
                                    .service_name = "or\"der", .service_instance = "a1"));
    write_info(f, "x", NULL);
    assert_string_equal(written(f), "{\"timestamp\":\"2026-01-02T03:04:05.000000000Z\","
                                    "\"level\":\"INFO\",\"service\":\"or\\\"der\","
                                    "\"instance\":\"a1\",\"message\":\"x\"}\n");
}

static void refuses_names_that_would_fill_the_line(void **state)
{
    static char name[5000];
    struct msvc_log *log = NULL;

    (void)state;
    memset(name, 'n', sizeof(name) - 1);
    assert_int_equal(msvc_log_new(&log, MSVC_LOG_OPTIONS(.service_name = name)), MSVC_ERR_LIMIT);
    assert_null(log);
}

static void writes_nanoseconds_and_follows_the_clock(void **state)
{
    struct fixture *f = *state;

    f->clock.wall_ns += 1;
    write_info(f, "", NULL);
    assert_non_null(strstr(written(f), "\"2026-01-02T03:04:05.000000001Z\""));
    f->clock.wall_ns += INT64_C(59123456788);
    write_info(f, "", NULL);
    assert_non_null(strstr(written(f), "\"2026-01-02T03:05:04.123456789Z\""));
    f->clock.wall_ns = -1;
    write_info(f, "", NULL);
    assert_non_null(strstr(written(f), "\"1969-12-31T23:59:59.999999999Z\""));
}

static void carries_the_current_context(void **state)
{
    struct fixture *f = *state;
    struct msvc_trace_context context;
    struct msvc_span_scope scope;

    assert_int_equal(msvc_trace_context_parse(
                         &context, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", NULL),
                     0);
    msvc_trace_enter(&scope, &context);
    write_info(f, "x", NULL);
    msvc_span_leave(&scope);
    assert_string_equal(written(f),
                        START "\"x\",\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\","
                              "\"span_id\":\"b7ad6b7169203331\",\"trace_flags\":\"01\"}\n");
}

static void says_nothing_of_a_context_that_is_not_valid(void **state)
{
    static const struct msvc_trace_context nobody;
    struct fixture *f = *state;
    struct msvc_span_scope scope;

    msvc_trace_enter(&scope, &nobody);
    write_info(f, "x", NULL);
    msvc_span_leave(&scope);
    assert_string_equal(written(f), START "\"x\"}\n");
}

static void prefixes_attributes_that_repeat_keys_of_the_record(void **state)
{
    struct fixture *f = *state;

    write_info(
        f, "x",
        MSVC_ATTRIBUTES(MSVC_I64("level", 1), MSVC_I64("trace_id", 2), MSVC_I64("levels", 3)));
    assert_string_equal(written(f), START
                        "\"x\",\"attributes.level\":1,\"attributes.trace_id\":2,\"levels\":3}\n");
}

static void writes_the_last_value_of_a_repeated_key(void **state)
{
    struct fixture *f = *state;

    write_info(f, "x", MSVC_ATTRIBUTES(MSVC_I64("a", 1), MSVC_I64("b", 2), MSVC_I64("a", 3)));
    assert_string_equal(written(f), START "\"x\",\"b\":2,\"a\":3}\n");
    write_info(f, "x", MSVC_ATTRIBUTES(MSVC_I64("message", 1), MSVC_I64("attributes.message", 2)));
    assert_string_equal(written(f), START "\"x\",\"attributes.message\":2}\n");
}

static void escapes_what_json_and_lines_do_not_allow(void **state)
{
    struct fixture *f = *state;

    write_info(f, "a\nb\"c\\d\x01\x1f\x7f",
               MSVC_ATTRIBUTES(MSVC_STRN("k\t", "x\0y", 3), MSVC_STR("bad", "\xc3(\xe2\x82 ok")));
    assert_string_equal(written(f),
                        START "\"a\\nb\\\"c\\\\d\\u0001\\u001f\x7f\",\"k\\t\":\"x\\u0000y\","
                              "\"bad\":\"\xef\xbf\xbd(\xef\xbf\xbd ok\"}\n");
}

static void writes_null_for_what_is_no_number(void **state)
{
    struct fixture *f = *state;

    write_info(f, "x", MSVC_ATTRIBUTES(MSVC_F64("nan", (double)NAN), MSVC_STR("none", NULL)));
    assert_string_equal(written(f), START "\"x\",\"nan\":null,\"none\":\"\"}\n");
}

static void takes_null_for_message_attributes_and_logger(void **state)
{
    struct fixture *f = *state;

    write_info(f, NULL, NULL);
    assert_string_equal(written(f), START "\"\"}\n");
    msvc_log_write(NULL, MSVC_LOG_FATAL, "x", NULL);
    msvc_log_info(NULL, "x", MSVC_I64("a", 1));
    assert_false(msvc_log_is_enabled(NULL, MSVC_LOG_FATAL));
    assert_int_equal(msvc_log_lost_count(NULL), 0);
}

static void cuts_a_long_message_and_says_so(void **state)
{
    struct fixture *f = *state;
    char *text = calloc(1, 100001);
    size_t length;

    memset(text, 'm', 100000);
    write_info(f, text, MSVC_ATTRIBUTES(MSVC_I64("n", 7)));
    free(text);
    length = strlen(written(f));
    assert_true(length <= MSVC_LOG_LINE_MAX);
    assert_true(length > MSVC_LOG_LINE_MAX - 256);
    assert_non_null(strstr(f->line, "mmm\",\"n\":7,\"truncated\":true}\n"));
}

static void cuts_a_long_attribute_between_characters(void **state)
{
    struct fixture *f = *state;
    char *text = calloc(1, 100001);

    for (size_t i = 0; i < 100000; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    write_info(f, "x", MSVC_ATTRIBUTES(MSVC_STR("text", text), MSVC_STR("more", text)));
    free(text);
    assert_true(strlen(written(f)) <= MSVC_LOG_LINE_MAX);
    assert_non_null(strstr(f->line, "\xc3\xa9\",\"truncated\":true}\n"));
    assert_null(strstr(f->line, "more"));
}

static void fits_the_line_whatever_the_length_of_an_escaped_attribute(void **state)
{
    struct fixture *f = *state;
    char *text = calloc(1, 40000);

    for (size_t length = 5300; length < 5500; length++) {
        memset(text, '\x01', length);
        write_info(f, "x", MSVC_ATTRIBUTES(MSVC_STRN("a", text, length), MSVC_STRN("b", text, 40)));
        assert_true(strlen(written(f)) <= MSVC_LOG_LINE_MAX);
        assert_int_equal(f->line[strlen(f->line) - 1], '\n');
    }
    free(text);
}

static void leaves_out_attributes_after_the_128th(void **state)
{
    struct fixture *f = *state;
    struct msvc_attribute attributes[130] = { { 0 } };
    char keys[129][8];

    for (int i = 0; i < 129; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "k%d", i);
        attributes[i] = MSVC_I64(keys[i], i);
    }
    write_info(f, "x", attributes);
    assert_non_null(strstr(written(f), "\"k127\":127,\"truncated\":true}\n"));
}

static void writes_nothing_below_its_level(void **state)
{
    struct fixture *f = *state;

    msvc_log_debug(f->log, "x", MSVC_I64("a", 1));
    msvc_log_write(f->log, MSVC_LOG_DEBUG, "x", NULL);
    assert_string_equal(written(f), "");
    msvc_log_set_level(f->log, MSVC_LOG_DEBUG);
    msvc_log_debug(f->log, "x", MSVC_I64("a", 1));
    assert_non_null(strstr(written(f), "\"level\":\"DEBUG\""));
}

static void writes_nothing_when_off(void **state)
{
    struct fixture *f = *state;

    msvc_log_set_level(f->log, MSVC_LOG_OFF);
    msvc_log_write(f->log, MSVC_LOG_FATAL, "x", NULL);
    msvc_log_write(f->log, MSVC_LOG_OFF, "x", NULL);
    assert_string_equal(written(f), "");
}

static void evaluates_arguments_only_when_enabled(void **state)
{
    struct fixture *f = *state;
    int evaluated = 0;

    msvc_log_debug(f->log, "x", MSVC_I64("a", ++evaluated));
    assert_int_equal(evaluated, 0);
    msvc_log_info(f->log, "x", MSVC_I64("a", ++evaluated));
    assert_int_equal(evaluated, 1);
}

static void counts_what_a_full_descriptor_refuses(void **state)
{
    struct fixture *f = *state;

    fill_pipe(f);
    errno = 7;
    write_info(f, "lost", NULL);
    assert_int_equal(errno, 7);
    assert_int_equal(msvc_log_lost_count(f->log), 1);
    empty_pipe(f);
    write_info(f, "x", NULL);
    assert_string_equal(written(f), START "\"x\"}\n");
    assert_int_equal(msvc_log_lost_count(f->log), 1);
}

static void starts_a_new_line_after_a_torn_one(void **state)
{
    struct fixture *f = *state;
    char *text = calloc(1, 20001);
    char half[8192];

    memset(text, 't', 20000);
    fill_pipe(f);
    assert_int_equal(read(f->fds[0], half, sizeof(half)), sizeof(half));
    write_info(f, text, NULL); /* over PIPE_BUF: the pipe takes a part */
    free(text);
    assert_int_equal(msvc_log_lost_count(f->log), 1);
    empty_pipe(f);
    write_info(f, "x", NULL);
    assert_string_equal(written(f), "\n" START "\"x\"}\n");
}

struct seen {
    int count;
    int64_t wall_ns;
    char message[16];
    int64_t number;
    bool has_context;
};

static void see(const struct msvc_log_record *record, void *user)
{
    struct seen *seen = user;

    seen->count++;
    seen->wall_ns = record->wall_ns;
    (void)snprintf(seen->message, sizeof(seen->message), "%s", record->message);
    seen->number = record->attributes[0].value.integer;
    seen->has_context = record->context != NULL;
}

static void hands_records_to_a_sink_instead(void **state)
{
    struct fixture *f = *state;
    struct seen seen = { 0 };

    replace_log(
        f, MSVC_LOG_OPTIONS(.fd = f->fds[1], .clock = &f->clock.clock, .sink = see, .user = &seen));
    write_info(f, "x", MSVC_ATTRIBUTES(MSVC_I64("a", 7)));
    assert_string_equal(written(f), "");
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.wall_ns, f->clock.wall_ns);
    assert_string_equal(seen.message, "x");
    assert_int_equal(seen.number, 7);
    assert_false(seen.has_context);
}

static void names_every_level(void **state)
{
    (void)state;
    assert_string_equal(msvc_log_level_name(MSVC_LOG_TRACE), "TRACE");
    assert_string_equal(msvc_log_level_name((enum msvc_log_level)8), "DEBUG");
    assert_string_equal(msvc_log_level_name(MSVC_LOG_FATAL), "FATAL");
    assert_string_equal(msvc_log_level_name((enum msvc_log_level)0), "TRACE");
    assert_string_equal(msvc_log_level_name((enum msvc_log_level)99), "OFF");
}

static void reads_level_names_in_either_case(void **state)
{
    enum msvc_log_level level = MSVC_LOG_OFF;

    (void)state;
    assert_int_equal(msvc_log_level_parse(&level, "warn"), 0);
    assert_int_equal(level, MSVC_LOG_WARN);
    assert_int_equal(msvc_log_level_parse(&level, "OFF"), 0);
    assert_int_equal(level, MSVC_LOG_OFF);
    assert_int_equal(msvc_log_level_parse(&level, "warning"), MSVC_ERR_INVALID);
    assert_int_equal(msvc_log_level_parse(&level, NULL), MSVC_ERR_INVALID);
    assert_int_equal(level, MSVC_LOG_OFF);
}

static void refuses_wrong_options(void **state)
{
    struct msvc_log *log = NULL;
    struct {
        struct msvc_log_options options;
        int newer;
    } grown = { { .size = sizeof(grown) }, 1 };

    (void)state;
    assert_int_equal(msvc_log_new(NULL, NULL), MSVC_ERR_INVALID);
    assert_int_equal(msvc_log_new(&log, MSVC_LOG_OPTIONS(.fd = -1)), MSVC_ERR_INVALID);
    assert_int_equal(msvc_log_new(&log, &grown.options), MSVC_ERR_UNSUPPORTED);
    assert_null(log);
}

static void survives_every_failing_allocation(void **state)
{
    struct msvc_log *log = NULL;
    int status = MSVC_ERR_NOMEM;

    (void)state;
    for (long i = 0; status == MSVC_ERR_NOMEM; i++) {
        msvc__fail_allocation_after(i);
        status = msvc_log_new(&log, MSVC_LOG_OPTIONS(.service_name = "order-service"));
        msvc__fail_allocation_after(-1);
        assert_true(i < 10);
    }
    assert_int_equal(status, 0);
    msvc_log_free(log);
}

static void allocates_nothing_to_write(void **state)
{
    struct fixture *f = *state;

    msvc__fail_allocation_after(0);
    write_info(f, "x", MSVC_ATTRIBUTES(MSVC_F64("a", 0.1)));
    assert_string_equal(written(f), START "\"x\",\"a\":0.1}\n");
    assert_null(msvc__new(1)); /* the failure was still to come */
    msvc__fail_allocation_after(-1);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(writes_one_line_of_json),
        WITH_FIXTURE(writes_service_and_instance),
        cmocka_unit_test(refuses_names_that_would_fill_the_line),
        WITH_FIXTURE(writes_nanoseconds_and_follows_the_clock),
        WITH_FIXTURE(carries_the_current_context),
        WITH_FIXTURE(says_nothing_of_a_context_that_is_not_valid),
        WITH_FIXTURE(prefixes_attributes_that_repeat_keys_of_the_record),
        WITH_FIXTURE(writes_the_last_value_of_a_repeated_key),
        WITH_FIXTURE(escapes_what_json_and_lines_do_not_allow),
        WITH_FIXTURE(writes_null_for_what_is_no_number),
        WITH_FIXTURE(takes_null_for_message_attributes_and_logger),
        WITH_FIXTURE(cuts_a_long_message_and_says_so),
        WITH_FIXTURE(cuts_a_long_attribute_between_characters),
        WITH_FIXTURE(fits_the_line_whatever_the_length_of_an_escaped_attribute),
        WITH_FIXTURE(leaves_out_attributes_after_the_128th),
        WITH_FIXTURE(writes_nothing_below_its_level),
        WITH_FIXTURE(writes_nothing_when_off),
        WITH_FIXTURE(evaluates_arguments_only_when_enabled),
        WITH_FIXTURE(counts_what_a_full_descriptor_refuses),
        WITH_FIXTURE(starts_a_new_line_after_a_torn_one),
        WITH_FIXTURE(hands_records_to_a_sink_instead),
        cmocka_unit_test(names_every_level),
        cmocka_unit_test(reads_level_names_in_either_case),
        cmocka_unit_test(refuses_wrong_options),
        cmocka_unit_test(survives_every_failing_allocation),
        WITH_FIXTURE(allocates_nothing_to_write),
    };

    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
