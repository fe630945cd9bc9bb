/* SPDX-License-Identifier: MIT */
/* Health as JSON: every field of the draft, MicroProfile's shape, and the probes in both. */
#include <msvc/health.h>

#include <string.h>

#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "fake_clock.h"
#include "test.h"

struct fixture {
    struct msvc_health *health;
    struct fake_clock clock;
    struct msvc_health_answer answer;
};

static int pass(void *user, struct msvc_health_run *run, struct msvc_error *err)
{
    (void)user;
    (void)run;
    (void)err;
    return MSVC_HEALTH_PASS;
}

static int fail_check(void *user, struct msvc_health_run *run, struct msvc_error *err)
{
    (void)user;
    (void)run;
    return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "test", 0, "no route");
}

static int measure(void *user, struct msvc_health_run *run, struct msvc_error *err)
{
    (void)user;
    run->has_value = true;
    run->value = 91.5;
    run->unit = "percent";
    (void)msvc_error_set(err, MSVC_ERR_LIMIT, "test", 0, "nearly full");
    return MSVC_HEALTH_WARN;
}

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){ .health = NULL };
    fake_clock_init(&f.clock);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_buffer_clear(&f->answer.body);
    msvc_health_free(f->health);
    return 0;
}

static void open_health(struct fixture *f, enum msvc_health_shape shape)
{
    assert_int_equal(
        msvc_health_new(&f->health, MSVC_HEALTH_OPTIONS(.clock = &f->clock.clock, .shape = shape)),
        0);
}

#define ADD(f, ...) \
    assert_int_equal(msvc_health_add((f)->health, MSVC_HEALTH_CHECK(__VA_ARGS__)), 0)

static void run_all(struct fixture *f)
{
    assert_true(msvc_health_run_once(f->health, 0) > 0);
}

/* The status; the body is in f->answer and is one JSON text if it should be. */
static int probe(struct fixture *f, const char *path, const char *query)
{
    struct msvc_json_document *document;

    msvc_buffer_clear(&f->answer.body);
    assert_int_equal(msvc_health_respond(f->health, path, query, &f->answer), 0);
    if (strstr(f->answer.content_type, "json") != NULL) {
        assert_int_equal(
            msvc_json_parse(&document, f->answer.body.data, f->answer.body.length, NULL, NULL), 0);
        msvc_json_free(document);
    }
    return f->answer.status;
}

static void assert_says(const struct fixture *f, const char *text)
{
    if (strstr(f->answer.body.data, text) == NULL)
        fail_msg("'%s' is not in '%s'", text, f->answer.body.data);
}

static void writes_everything_that_was_told_about_the_service(void **state)
{
    static const char *const notes[] = { "first", "second", NULL };
    static const struct msvc_health_link links[] = { { "about", "https://example.org/a" },
                                                     { NULL, NULL } };
    struct fixture *f = *state;

    assert_int_equal(
        msvc_health_new(&f->health,
                        MSVC_HEALTH_OPTIONS(.service_id = "orders", .version = "1",
                                            .release_id = "1.4.2", .description = "takes orders",
                                            .notes = notes, .links = links)),
        0);
    assert_int_equal(probe(f, "/health", NULL), 200);
    assert_string_equal(f->answer.body.data,
                        "{\"status\":\"pass\",\"serviceId\":\"orders\",\"version\":\"1\","
                        "\"releaseId\":\"1.4.2\",\"description\":\"takes orders\","
                        "\"notes\":[\"first\",\"second\"],"
                        "\"links\":{\"about\":\"https://example.org/a\"},\"checks\":{}}");
}

static void writes_everything_about_a_check(void **state)
{
    static const char *const endpoints[] = { "/api/v1/orders/{id}", NULL };
    static const struct msvc_health_link links[] = { { "runbook", "https://example.org/r" },
                                                     { NULL, NULL } };
    struct fixture *f = *state;

    open_health(f, MSVC_HEALTH_DRAFT);
    ADD(f, .name = "disk:utilization", .component_id = "sda1", .component_type = "system",
        .run = measure, .affected_endpoints = endpoints, .links = links);
    run_all(f);
    assert_int_equal(probe(f, "/health", NULL), 200);
    assert_string_equal(
        f->answer.body.data,
        "{\"status\":\"warn\",\"checks\":{\"disk:utilization\":[{\"componentId\":\"sda1\","
        "\"componentType\":\"system\",\"status\":\"warn\",\"observedValue\":91.5,"
        "\"observedUnit\":\"percent\",\"time\":\"2026-01-02T03:04:05.000000000Z\","
        "\"affectedEndpoints\":[\"/api/v1/orders/{id}\"],\"output\":\"nearly full\","
        "\"links\":{\"runbook\":\"https://example.org/r\"}}]}}");
}

static void leaves_out_what_only_a_failure_tells(void **state)
{
    static const char *const endpoints[] = { "/api/v1/orders", NULL };
    struct fixture *f = *state;

    open_health(f, MSVC_HEALTH_DRAFT);
    ADD(f, .name = "database", .run = pass, .affected_endpoints = endpoints);
    run_all(f);
    assert_int_equal(probe(f, "/health", NULL), 200);
    assert_null(strstr(f->answer.body.data, "affectedEndpoints"));
    assert_null(strstr(f->answer.body.data, "output"));
}

static void answers_each_probe_as_a_draft_too(void **state)
{
    struct fixture *f = *state;

    open_health(f, MSVC_HEALTH_DRAFT);
    ADD(f, .name = "loop", .run = pass, .is_liveness = true);
    ADD(f, .name = "database", .run = fail_check, .is_critical = true, .is_startup = true);
    assert_int_equal(probe(f, "/health/live", NULL), 200);
    run_all(f);
    assert_int_equal(probe(f, "/health/live", NULL), 200);
    assert_null(strstr(f->answer.body.data, "database"));
    assert_int_equal(probe(f, "/health/started", NULL), 503);
    assert_null(strstr(f->answer.body.data, "loop"));
    assert_int_equal(probe(f, "/health/ready", NULL), 503);
    assert_says(f, "\"output\":\"told not to take work\"");
    msvc_health_set_ready(f->health, true);
    assert_int_equal(probe(f, "/health/ready", NULL), 503);
    assert_int_equal(probe(f, "/health/ready", "exclude=database"), 200);
    assert_int_equal(probe(f, "/health/other", NULL), 404);
}

static void reads_names_that_are_percent_encoded(void **state)
{
    struct fixture *f = *state;

    open_health(f, MSVC_HEALTH_DRAFT);
    ADD(f, .name = "outbox:age", .run = fail_check, .is_critical = true);
    run_all(f);
    msvc_health_set_ready(f->health, true);
    assert_int_equal(probe(f, "/readyz/outbox%3Aage", NULL), 503);
    assert_int_equal(probe(f, "/readyz", "exclude=outbox%3aage"), 200);
    assert_int_equal(probe(f, "/readyz", "exclude=outbox%3"), 503);
    assert_int_equal(probe(f, "/readyz", "exclude=outbox%zzage"), 503);
    assert_int_equal(probe(f, "/readyz", "exclude=outbox:age%00"), 503);
}

static void is_up_as_microprofile_says_it(void **state)
{
    struct fixture *f = *state;

    open_health(f, MSVC_HEALTH_MICROPROFILE);
    ADD(f, .name = "database", .run = pass, .is_critical = true);
    run_all(f);
    msvc_health_set_ready(f->health, true);
    assert_int_equal(probe(f, "/health", NULL), 200);
    assert_string_equal(f->answer.content_type, "application/json");
    assert_string_equal(f->answer.body.data,
                        "{\"checks\":[{\"name\":\"ready\",\"status\":\"UP\"},"
                        "{\"name\":\"database\",\"status\":\"UP\",\"data\":"
                        "{\"time\":\"2026-01-02T03:04:05.000000000Z\"}}],\"status\":\"UP\"}");
}

static void is_down_when_a_critical_check_fails(void **state)
{
    struct fixture *f = *state;

    open_health(f, MSVC_HEALTH_MICROPROFILE);
    ADD(f, .name = "database", .run = fail_check, .is_critical = true);
    run_all(f);
    msvc_health_set_ready(f->health, true);
    assert_int_equal(probe(f, "/health/ready", NULL), 503);
    assert_says(f, "{\"name\":\"database\",\"status\":\"DOWN\",\"data\":{\"output\":\"no route\"");
    assert_says(f, "],\"status\":\"DOWN\"}");
}

/* MicroProfile's overall status is that of its worst check. */
static void is_up_with_a_warning_when_a_soft_check_fails(void **state)
{
    struct fixture *f = *state;

    open_health(f, MSVC_HEALTH_MICROPROFILE);
    ADD(f, .name = "disk", .run = measure);
    run_all(f);
    msvc_health_set_ready(f->health, true);
    assert_int_equal(probe(f, "/health/ready", NULL), 200);
    assert_says(f, "{\"name\":\"disk\",\"status\":\"UP\",\"data\":{\"state\":\"WARN\","
                   "\"output\":\"nearly full\",\"value\":91.5,\"unit\":\"percent\"");
}

/* Nothing is known yet: alive, neither ready nor started. */
static void is_live_and_not_ready_before_anything_has_run(void **state)
{
    struct fixture *f = *state;

    open_health(f, MSVC_HEALTH_MICROPROFILE);
    ADD(f, .name = "database", .run = pass, .is_critical = true, .is_liveness = true,
        .is_startup = true);
    assert_int_equal(probe(f, "/health/live", NULL), 200);
    assert_int_equal(probe(f, "/health/ready", NULL), 503);
    assert_int_equal(probe(f, "/health/started", NULL), 503);
    assert_int_equal(probe(f, "/health", NULL), 503);
}

static void is_up_without_checks(void **state)
{
    struct fixture *f = *state;

    open_health(f, MSVC_HEALTH_MICROPROFILE);
    assert_int_equal(probe(f, "/health/live", NULL), 200);
    assert_string_equal(f->answer.body.data, "{\"checks\":[],\"status\":\"UP\"}");
    assert_int_equal(probe(f, "/health/started", NULL), 200);
    assert_int_equal(probe(f, "/health/ready", NULL), 503);
}

static void refuses_a_shape_it_does_not_know(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        msvc_health_new(&f->health, MSVC_HEALTH_OPTIONS(.shape = (enum msvc_health_shape)7)),
        MSVC_ERR_INVALID);
    assert_null(f->health);
}

static void leaves_nothing_behind_when_memory_runs_out(void **state)
{
    static const char *const list[] = { "a", "b", NULL };
    static const struct msvc_health_link links[] = { { "a", "b" }, { "c", NULL }, { NULL, NULL } };
    struct fixture *f = *state;
    int status = MSVC_ERR_NOMEM;

    for (long n = 0; status == MSVC_ERR_NOMEM; n++) {
        msvc__fail_allocation_after(n);
        status = msvc_health_new(&f->health, MSVC_HEALTH_OPTIONS(.notes = list, .links = links));
    }
    assert_int_equal(status, 0);
    status = MSVC_ERR_NOMEM;
    for (long n = 0; status == MSVC_ERR_NOMEM; n++) {
        msvc__fail_allocation_after(n);
        status = msvc_health_add(f->health,
                                 MSVC_HEALTH_CHECK(.name = "a", .run = pass,
                                                   .affected_endpoints = list, .links = links));
    }
    msvc__fail_allocation_after(-1);
    assert_int_equal(status, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(writes_everything_that_was_told_about_the_service),
        TEST(writes_everything_about_a_check),
        TEST(leaves_out_what_only_a_failure_tells),
        TEST(answers_each_probe_as_a_draft_too),
        TEST(reads_names_that_are_percent_encoded),
        TEST(is_up_as_microprofile_says_it),
        TEST(is_down_when_a_critical_check_fails),
        TEST(is_up_with_a_warning_when_a_soft_check_fails),
        TEST(is_live_and_not_ready_before_anything_has_run),
        TEST(is_up_without_checks),
        TEST(refuses_a_shape_it_does_not_know),
        TEST(leaves_nothing_behind_when_memory_runs_out),
    };

    return cmocka_run_group_tests_name("health_answers", tests, NULL, NULL);
}
