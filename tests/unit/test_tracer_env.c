/* SPDX-License-Identifier: MIT */
#include <msvc/tracer_env.h>

#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/status.h>
#include <msvc/trace.h>

#include "base/alloc_internal.h"
#include "test.h"

struct fixture {
    struct msvc_tracer_env *env;
    struct msvc_tracer_options options;
    struct msvc_error err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    f->options.size = sizeof(f->options);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_tracer_env_free(f->env);
    free(f);
    return 0;
}

/* One string with spaces between the variables. */
static int read_env(struct fixture *f, const char *variables, const char *prefix)
{
    char text[512];
    char *environment[16] = { NULL };
    size_t count = 0;

    assert_true(strlen(variables) < sizeof(text));
    (void)strcpy(text, variables);
    for (char *at = strtok(text, " "); at != NULL; at = strtok(NULL, " "))
        environment[count++] = at;
    return msvc_tracer_env_read(&f->env, environment, prefix, &f->err);
}

static void apply(struct fixture *f, const char *variables, const char *prefix)
{
    if (read_env(f, variables, prefix) < 0)
        fail_msg("%s", f->err.message);
    msvc_tracer_env_apply(f->env, &f->options);
}

static void assert_refused(struct fixture *f, const char *variable, int status, const char *message)
{
    assert_int_equal(read_env(f, variable, "A_"), status);
    assert_string_equal(f->err.message, message);
    assert_null(f->env);
}

static void changes_nothing_when_nothing_is_said(void **state)
{
    struct fixture *f = *state;
    struct msvc_tracer_options before;

    f->options.service_name = "mine";
    f->options.delay_ms = 7;
    before = f->options;
    apply(f, "PATH=/bin OTEL_SERVICE_NAME= OTEL_TRACES_SAMPLER_ARG=0.5", NULL);
    assert_memory_equal(&f->options, &before, sizeof(before));
    assert_false(msvc_tracer_env_is_disabled(f->env));
    assert_int_equal(msvc_tracer_env_exporter(f->env), MSVC_TRACES_OTLP);
}

static void sets_the_service_name_and_a_prefix_wins(void **state)
{
    struct fixture *f = *state;

    apply(f, "OTEL_SERVICE_NAME=all ORDER_OTEL_SERVICE_NAME=order", "ORDER_");
    assert_string_equal(f->options.service_name, "order");
}

static void takes_the_bare_name_when_the_prefixed_one_is_empty(void **state)
{
    struct fixture *f = *state;

    apply(f, "OTEL_SERVICE_NAME=all ORDER_OTEL_SERVICE_NAME=", "ORDER_");
    assert_string_equal(f->options.service_name, "all");
}

static void decodes_resource_attributes(void **state)
{
    struct fixture *f = *state;

    apply(f, "OTEL_RESOURCE_ATTRIBUTES=zone=b%2Cc,,host.name=h=1,empty=", NULL);
    assert_string_equal(f->options.resource[0].key, "zone");
    assert_string_equal(f->options.resource[0].value.string.data, "b,c");
    assert_string_equal(f->options.resource[1].value.string.data, "h=1");
    assert_string_equal(f->options.resource[2].value.string.data, "");
    assert_null(f->options.resource[3].key);
}

static void sets_sampler_and_ratio(void **state)
{
    struct fixture *f = *state;

    apply(f, "OTEL_TRACES_SAMPLER=parentbased_traceidratio OTEL_TRACES_SAMPLER_ARG=0.1", NULL);
    assert_int_equal(f->options.sampler, MSVC_SAMPLER_RATIO);
    assert_true(f->options.ratio == 0.1);
    assert_false(f->options.ignores_parent);
}

static void samples_all_by_ratio_when_none_is_said(void **state)
{
    struct fixture *f = *state;

    apply(f, "OTEL_TRACES_SAMPLER=traceidratio", NULL);
    assert_true(f->options.ratio == 1.0);
    assert_true(f->options.ignores_parent);
}

static void sets_the_numbers_of_the_batch_processor(void **state)
{
    struct fixture *f = *state;

    apply(f,
          "OTEL_BSP_SCHEDULE_DELAY=1 OTEL_BSP_EXPORT_TIMEOUT=2 OTEL_BSP_MAX_QUEUE_SIZE=30 "
          "OTEL_BSP_MAX_EXPORT_BATCH_SIZE=40",
          NULL);
    assert_int_equal(f->options.delay_ms, 1);
    assert_int_equal(f->options.export_timeout_ms, 2);
    assert_int_equal(f->options.queue_limit, 30);
    assert_int_equal(f->options.batch_limit, 30);
}

static void tells_exporter_and_whether_it_is_disabled(void **state)
{
    struct fixture *f = *state;

    apply(f, "OTEL_SDK_DISABLED=TRUE OTEL_TRACES_EXPORTER=console", NULL);
    assert_true(msvc_tracer_env_is_disabled(f->env));
    assert_int_equal(msvc_tracer_env_exporter(f->env), MSVC_TRACES_CONSOLE);
    assert_false(msvc_tracer_env_is_disabled(NULL));
}

static void takes_only_true_for_disabled(void **state)
{
    struct fixture *f = *state;

    apply(f, "OTEL_SDK_DISABLED=1 OTEL_TRACES_EXPORTER=none", NULL);
    assert_false(msvc_tracer_env_is_disabled(f->env));
    assert_int_equal(msvc_tracer_env_exporter(f->env), MSVC_TRACES_NONE);
}

static void names_the_variable_that_is_wrong(void **state)
{
    struct fixture *f = *state;

    assert_refused(f, "OTEL_BSP_SCHEDULE_DELAY=5s", MSVC_ERR_MALFORMED,
                   "OTEL_BSP_SCHEDULE_DELAY is \"5s\", expected a whole number from 1 to "
                   "2147483647");
    assert_refused(f, "A_OTEL_TRACES_SAMPLER_ARG=1.5", MSVC_ERR_MALFORMED,
                   "A_OTEL_TRACES_SAMPLER_ARG is \"1.5\", expected a number from 0 to 1, such as "
                   "0.25");
    assert_refused(f, "OTEL_TRACES_SAMPLER=jaeger_remote", MSVC_ERR_UNSUPPORTED,
                   "OTEL_TRACES_SAMPLER is \"jaeger_remote\", expected always_on, always_off or "
                   "traceidratio, or one with parentbased_ before it");
    assert_refused(f, "OTEL_TRACES_EXPORTER=zipkin", MSVC_ERR_UNSUPPORTED,
                   "OTEL_TRACES_EXPORTER is \"zipkin\", expected otlp, console or none");
    assert_refused(f, "OTEL_RESOURCE_ATTRIBUTES=a", MSVC_ERR_MALFORMED,
                   "OTEL_RESOURCE_ATTRIBUTES is \"a\", expected key=value pairs with commas "
                   "between");
}

static void refuses_ratios_that_are_no_plain_number(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_env(f, "OTEL_TRACES_SAMPLER_ARG=.5", NULL), MSVC_ERR_MALFORMED);
    assert_int_equal(read_env(f, "OTEL_TRACES_SAMPLER_ARG=0,5", NULL), MSVC_ERR_MALFORMED);
    assert_int_equal(read_env(f, "OTEL_TRACES_SAMPLER_ARG=0.1.2", NULL), MSVC_ERR_MALFORMED);
    assert_int_equal(read_env(f, "OTEL_TRACES_SAMPLER_ARG=nan", NULL), MSVC_ERR_MALFORMED);
    assert_int_equal(msvc_tracer_env_read(NULL, NULL, NULL, NULL), MSVC_ERR_INVALID);
}

static void survives_every_failing_allocation(void **state)
{
    struct fixture *f = *state;
    int status = MSVC_ERR_NOMEM;

    for (long i = 0; status == MSVC_ERR_NOMEM; i++) {
        assert_null(f->env);
        msvc__fail_allocation_after(i);
        status = read_env(f, "OTEL_SERVICE_NAME=a OTEL_RESOURCE_ATTRIBUTES=b=c", NULL);
        msvc__fail_allocation_after(-1);
        assert_true(i < 20);
    }
    assert_int_equal(status, 0);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(changes_nothing_when_nothing_is_said),
        WITH_FIXTURE(sets_the_service_name_and_a_prefix_wins),
        WITH_FIXTURE(takes_the_bare_name_when_the_prefixed_one_is_empty),
        WITH_FIXTURE(decodes_resource_attributes),
        WITH_FIXTURE(sets_sampler_and_ratio),
        WITH_FIXTURE(samples_all_by_ratio_when_none_is_said),
        WITH_FIXTURE(sets_the_numbers_of_the_batch_processor),
        WITH_FIXTURE(tells_exporter_and_whether_it_is_disabled),
        WITH_FIXTURE(takes_only_true_for_disabled),
        WITH_FIXTURE(names_the_variable_that_is_wrong),
        WITH_FIXTURE(refuses_ratios_that_are_no_plain_number),
        WITH_FIXTURE(survives_every_failing_allocation),
    };

    return cmocka_run_group_tests_name("tracer_env", tests, NULL, NULL);
}
