/* SPDX-License-Identifier: MIT */
#include <msvc/health.h>

#include <poll.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/status.h>
#include <msvc/telemetry.h>

#include "base/alloc_internal.h"
#include "fake_clock.h"
#include "test.h"

struct fixture {
    struct msvc_health *health;
    struct fake_clock clock;
    struct msvc_health_answer answer;
    struct msvc_log *log;
    struct msvc_telemetry telemetry;
    int log_count;
    int status; /* what the check answers */
    const char *reason;
    uint64_t takes_ms; /* and how long it takes */
    int runs;
};

static int check(void *user, struct msvc_health_run *run, struct msvc_error *err)
{
    struct fixture *f = user;

    (void)run;
    f->runs++;
    fake_clock_advance_ms(&f->clock, f->takes_ms);
    if (f->status == MSVC_HEALTH_WARN)
        (void)msvc_error_set(err, MSVC_ERR_LIMIT, "test", 0, "%s", f->reason);
    if (f->status >= 0)
        return f->status;
    return msvc_error_set(err, f->status, "test", 0, "%s", f->reason);
}

static void count_record(const struct msvc_log_record *record, void *user)
{
    (void)record;
    ((struct fixture *)user)->log_count++;
}

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){ .reason = "no route to 10.0.0.7" };
    fake_clock_init(&f.clock);
    assert_int_equal(msvc_log_new(&f.log, MSVC_LOG_OPTIONS(.sink = count_record, .user = &f)), 0);
    f.telemetry = (struct msvc_telemetry){ .size = sizeof(f.telemetry), .log = f.log };
    assert_int_equal(
        msvc_health_new(&f.health,
                        MSVC_HEALTH_OPTIONS(.service_id = "orders", .version = "1.2",
                                            .clock = &f.clock.clock, .telemetry = &f.telemetry)),
        0);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_buffer_clear(&f->answer.body);
    msvc_health_free(f->health);
    msvc_log_free(f->log);
    return 0;
}

#define ADD(f, ...)                                                                              \
    assert_int_equal(                                                                            \
        msvc_health_add((f)->health, MSVC_HEALTH_CHECK(.run = check, .user = (f), __VA_ARGS__)), \
        0)

static void run_with(struct fixture *f, int status)
{
    f->status = status;
    fake_clock_advance_ms(&f->clock, 5000);
    assert_true(msvc_health_run_once(f->health, 0) > 0);
}

/* The status; the body is in f->answer. */
static int probe(struct fixture *f, const char *path, const char *query)
{
    msvc_buffer_clear(&f->answer.body);
    assert_int_equal(msvc_health_respond(f->health, path, query, &f->answer), 0);
    return f->answer.status;
}

static void passes_without_checks(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(probe(f, "/health", NULL), 200);
    assert_string_equal(f->answer.content_type, "application/health+json");
    assert_string_equal(
        f->answer.body.data,
        "{\"status\":\"pass\",\"serviceId\":\"orders\",\"version\":\"1.2\",\"checks\":{}}");
}

static void fails_until_a_critical_check_has_run(void **state)
{
    struct fixture *f = *state;

    ADD(f, .name = "database", .is_critical = true);
    assert_int_equal(msvc_health_state(f->health), MSVC_HEALTH_FAIL);
    assert_int_equal(probe(f, "/health", NULL), 503);
    assert_non_null(strstr(f->answer.body.data, "\"output\":\"not yet run\""));
    run_with(f, 0);
    assert_int_equal(probe(f, "/health", NULL), 200);
}

static void writes_a_check_as_the_draft_has_it(void **state)
{
    struct fixture *f = *state;

    ADD(f, .name = "database", .component_type = "datastore");
    f->takes_ms = 12;
    assert_int_equal(msvc_health_run_once(f->health, 0), 1);
    assert_int_equal(probe(f, "/health", NULL), 200);
    assert_non_null(strstr(f->answer.body.data,
                           "\"checks\":{\"database:responseTime\":[{\"componentType\":"
                           "\"datastore\",\"status\":\"pass\",\"observedValue\":12,"
                           "\"observedUnit\":\"ms\",\"time\":\"2026-01-02T03:04:05.012000000Z\"}"
                           "]}"));
}

static void warns_when_only_a_soft_check_fails(void **state)
{
    struct fixture *f = *state;

    ADD(f, .name = "mail");
    run_with(f, MSVC_ERR_UNAVAILABLE);
    assert_int_equal(probe(f, "/health", NULL), 200);
    assert_non_null(strstr(f->answer.body.data, "{\"status\":\"warn\""));
    assert_non_null(strstr(f->answer.body.data, "\"output\":\"no route to 10.0.0.7\""));
}

static void withholds_a_reason_that_may_hold_a_secret(void **state)
{
    struct fixture *f = *state;

    ADD(f, .name = "database");
    f->reason = "postgres://app:hunter2@db refused";
    run_with(f, MSVC_ERR_AUTH);
    assert_int_equal(probe(f, "/health", NULL), 200);
    assert_null(strstr(f->answer.body.data, "hunter2"));
    f->reason = "Password hunter2 is wrong";
    run_with(f, MSVC_ERR_AUTH);
    assert_int_equal(probe(f, "/health", NULL), 200);
    assert_null(strstr(f->answer.body.data, "hunter2"));
}

static void runs_a_check_when_it_is_due_and_not_before(void **state)
{
    struct fixture *f = *state;

    ADD(f, .name = "database", .interval_ms = 1000);
    assert_int_equal(msvc_health_timeout_ms(f->health), 0);
    assert_int_equal(msvc_health_run_once(f->health, 0), 1);
    assert_int_equal(msvc_health_timeout_ms(f->health), 1000);
    fake_clock_advance_ms(&f->clock, 999);
    assert_int_equal(msvc_health_run_once(f->health, 0), 0);
    fake_clock_advance_ms(&f->clock, 1);
    assert_int_equal(msvc_health_run_once(f->health, 0), 1);
    assert_int_equal(f->runs, 2);
}

static void runs_a_startup_check_often_until_it_passes(void **state)
{
    struct fixture *f = *state;

    f->status = MSVC_ERR_UNAVAILABLE;
    ADD(f, .name = "database", .is_startup = true);
    assert_int_equal(msvc_health_run_once(f->health, 0), 1);
    assert_int_equal(msvc_health_timeout_ms(f->health), 200);
    f->status = 0;
    fake_clock_advance_ms(&f->clock, 200);
    assert_int_equal(msvc_health_run_once(f->health, 0), 1);
    assert_int_equal(msvc_health_timeout_ms(f->health), 5000);
}

static void never_runs_a_check_for_a_probe(void **state)
{
    struct fixture *f = *state;

    ADD(f, .name = "database", .is_critical = true, .is_liveness = true, .is_startup = true);
    assert_int_equal(probe(f, "/health", NULL), 503);
    assert_int_equal(probe(f, "/readyz", NULL), 503);
    assert_int_equal(probe(f, "/livez", NULL), 200);
    assert_int_equal(probe(f, "/startupz", NULL), 503);
    assert_int_equal(f->runs, 0);
}

static void counts_an_overrun_as_failed(void **state)
{
    struct fixture *f = *state;

    ADD(f, .name = "database", .timeout_ms = 100);
    f->takes_ms = 101;
    assert_int_equal(msvc_health_run_once(f->health, 0), 1);
    assert_int_equal(msvc_health_state(f->health), MSVC_HEALTH_WARN);
    assert_int_equal(probe(f, "/health", NULL), 200);
    assert_non_null(strstr(f->answer.body.data, "took longer than 100 ms"));
}

/* Looks at health while the check runs, as another thread would. */
static int probe_while_running(void *user, struct msvc_health_run *run, struct msvc_error *err)
{
    struct fixture *f = user;

    (void)run;
    (void)err;
    fake_clock_advance_ms(&f->clock, 2001);
    assert_int_equal(msvc_health_state(f->health), MSVC_HEALTH_FAIL);
    return 0;
}

static void fails_a_check_that_has_not_come_back(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        msvc_health_add(f->health, MSVC_HEALTH_CHECK(.name = "stuck", .run = probe_while_running,
                                                     .user = f, .is_critical = true)),
        0);
    assert_int_equal(msvc_health_run_once(f->health, 0), 1);
}

static void fails_only_after_so_many_failures_in_a_row(void **state)
{
    struct fixture *f = *state;

    ADD(f, .name = "database", .is_critical = true, .failures_to_fail = 2);
    run_with(f, 0);
    run_with(f, MSVC_ERR_UNAVAILABLE);
    assert_int_equal(msvc_health_state(f->health), MSVC_HEALTH_PASS);
    run_with(f, 0);
    run_with(f, MSVC_ERR_UNAVAILABLE);
    assert_int_equal(msvc_health_state(f->health), MSVC_HEALTH_PASS);
    run_with(f, MSVC_ERR_UNAVAILABLE);
    assert_int_equal(msvc_health_state(f->health), MSVC_HEALTH_FAIL);
}

static void passes_again_only_after_so_many_successes_in_a_row(void **state)
{
    struct fixture *f = *state;

    ADD(f, .name = "database", .is_critical = true, .successes_to_pass = 2);
    run_with(f, MSVC_ERR_UNAVAILABLE);
    run_with(f, 0);
    assert_int_equal(msvc_health_state(f->health), MSVC_HEALTH_FAIL);
    run_with(f, MSVC_ERR_UNAVAILABLE);
    run_with(f, 0);
    assert_int_equal(msvc_health_state(f->health), MSVC_HEALTH_FAIL);
    run_with(f, 0);
    assert_int_equal(msvc_health_state(f->health), MSVC_HEALTH_PASS);
}

static void passes_at_once_when_its_first_run_does(void **state)
{
    struct fixture *f = *state;

    ADD(f, .name = "database", .is_critical = true, .successes_to_pass = 5);
    run_with(f, 0);
    assert_int_equal(msvc_health_state(f->health), MSVC_HEALTH_PASS);
}

static void warns_when_a_critical_check_says_so(void **state)
{
    struct fixture *f = *state;

    ADD(f, .name = "disk", .is_critical = true);
    f->reason = "85 % used";
    run_with(f, MSVC_HEALTH_WARN);
    assert_int_equal(msvc_health_state(f->health), MSVC_HEALTH_WARN);
    assert_int_equal(probe(f, "/health", NULL), 200);
    assert_non_null(strstr(f->answer.body.data, "\"output\":\"85 % used\""));
    run_with(f, 0);
    assert_int_equal(msvc_health_state(f->health), MSVC_HEALTH_PASS);
    assert_int_equal(f->log_count, 2);
}

static void logs_changes_only(void **state)
{
    struct fixture *f = *state;

    ADD(f, .name = "database");
    run_with(f, 0);
    run_with(f, 0);
    assert_int_equal(f->log_count, 1);
    run_with(f, MSVC_ERR_UNAVAILABLE);
    run_with(f, MSVC_ERR_UNAVAILABLE);
    assert_int_equal(f->log_count, 2);
}

static void logs_a_first_failure_unless_a_start_waits_for_it(void **state)
{
    struct fixture *f = *state;

    ADD(f, .name = "database", .is_startup = true);
    run_with(f, MSVC_ERR_UNAVAILABLE);
    assert_int_equal(f->log_count, 0);
    ADD(f, .name = "mail");
    run_with(f, MSVC_ERR_UNAVAILABLE);
    assert_int_equal(f->log_count, 1);
}

static void is_not_ready_until_it_is_told_so(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(probe(f, "/readyz", NULL), 503);
    assert_string_equal(f->answer.body.data,
                        "[-]ready failed: reason withheld\nreadyz check failed\n");
    msvc_health_set_ready(f->health, true);
    assert_int_equal(probe(f, "/readyz", NULL), 200);
    assert_string_equal(f->answer.body.data, "ok");
    msvc_health_set_ready(f->health, false);
    assert_int_equal(probe(f, "/readyz", NULL), 503);
    assert_int_equal(probe(f, "/livez", NULL), 200);
}

static void lists_checks_when_asked_for_more(void **state)
{
    struct fixture *f = *state;

    ADD(f, .name = "database", .is_critical = true);
    ADD(f, .name = "mail");
    run_with(f, 0);
    msvc_health_set_ready(f->health, true);
    assert_int_equal(probe(f, "/readyz", "verbose"), 200);
    assert_string_equal(f->answer.body.data,
                        "[+]ready ok\n[+]database ok\n[+]mail ok\nreadyz check passed\n");
}

static void leaves_out_what_is_excluded(void **state)
{
    struct fixture *f = *state;

    ADD(f, .name = "database", .is_critical = true);
    run_with(f, MSVC_ERR_UNAVAILABLE);
    msvc_health_set_ready(f->health, true);
    assert_int_equal(probe(f, "/readyz", NULL), 503);
    assert_int_equal(probe(f, "/readyz", "exclude=databas"), 503);
    assert_int_equal(probe(f, "/readyz", "verbose&exclude=database"), 200);
    assert_string_equal(f->answer.body.data, "[+]ready ok\nreadyz check passed\n");
}

static void answers_for_one_check(void **state)
{
    struct fixture *f = *state;

    ADD(f, .name = "loop", .is_liveness = true);
    ADD(f, .name = "database", .is_critical = true);
    run_with(f, MSVC_ERR_UNAVAILABLE);
    assert_int_equal(probe(f, "/livez/loop", NULL), 503);
    assert_int_equal(probe(f, "/readyz/database", NULL), 503);
    assert_int_equal(probe(f, "/livez/database", NULL), 404);
    assert_int_equal(probe(f, "/livez/", NULL), 404);
    assert_int_equal(probe(f, "/livezx", NULL), 404);
    assert_int_equal(probe(f, "/", NULL), 404);
    assert_int_equal(probe(f, "", NULL), 404);
}

static void does_not_look_at_anything_else_for_liveness(void **state)
{
    struct fixture *f = *state;

    ADD(f, .name = "database", .is_critical = true);
    run_with(f, MSVC_ERR_UNAVAILABLE);
    assert_int_equal(probe(f, "/livez", NULL), 200);
}

static void has_started_once_every_startup_check_passed_once(void **state)
{
    struct fixture *f = *state;

    ADD(f, .name = "migrations", .is_startup = true);
    assert_int_equal(probe(f, "/startupz", NULL), 503);
    run_with(f, 0);
    assert_int_equal(probe(f, "/startupz", NULL), 200);
    run_with(f, MSVC_ERR_UNAVAILABLE);
    assert_int_equal(probe(f, "/startupz", NULL), 200);
}

static void refuses_names_that_do_not_fit_in_a_path(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_health_add(f->health, MSVC_HEALTH_CHECK(.name = "a/b", .run = check)),
                     MSVC_ERR_INVALID);
    assert_int_equal(msvc_health_add(f->health, MSVC_HEALTH_CHECK(.name = "", .run = check)),
                     MSVC_ERR_INVALID);
    assert_int_equal(msvc_health_add(f->health, MSVC_HEALTH_CHECK(.name = "a")), MSVC_ERR_INVALID);
}

static void refuses_a_name_twice_and_too_many(void **state)
{
    struct fixture *f = *state;
    char name[] = "c00";

    for (int i = 0; i < 64; i++) {
        name[1] = (char)('0' + i / 10);
        name[2] = (char)('0' + i % 10);
        ADD(f, .name = name);
    }
    assert_int_equal(msvc_health_add(f->health, MSVC_HEALTH_CHECK(.name = "c00", .run = check)),
                     MSVC_ERR_EXISTS);
    assert_int_equal(msvc_health_add(f->health, MSVC_HEALTH_CHECK(.name = "more", .run = check)),
                     MSVC_ERR_LIMIT);
}

static void wakes_its_pump_when_a_check_is_added(void **state)
{
    struct fixture *f = *state;
    struct pollfd wait = { .fd = msvc_health_fd(f->health), .events = POLLIN };

    assert_int_equal(msvc_health_timeout_ms(f->health), -1);
    assert_int_equal(poll(&wait, 1, 0), 0);
    ADD(f, .name = "database");
    assert_int_equal(poll(&wait, 1, 0), 1);
    assert_int_equal(msvc_health_run_once(f->health, -1), 1);
    assert_int_equal(poll(&wait, 1, 0), 0);
}

static void copes_when_memory_runs_out(void **state)
{
    struct fixture *f = *state;
    struct msvc_health *health = NULL;
    int status = MSVC_ERR_NOMEM;

    for (long n = 0; status == MSVC_ERR_NOMEM; n++) {
        msvc__fail_allocation_after(n);
        status = msvc_health_new(&health, MSVC_HEALTH_OPTIONS(.service_id = "a", .version = "b"));
    }
    assert_int_equal(status, 0);
    msvc_health_free(health);
    status = MSVC_ERR_NOMEM;
    for (long n = 0; status == MSVC_ERR_NOMEM; n++) {
        msvc__fail_allocation_after(n);
        status = msvc_health_add(f->health, MSVC_HEALTH_CHECK(.name = "a", .component_type = "b",
                                                              .run = check, .user = f));
    }
    assert_int_equal(status, 0);
    msvc__fail_allocation_after(0);
    assert_int_equal(msvc_health_respond(f->health, "/health", NULL, &f->answer), MSVC_ERR_NOMEM);
    msvc__fail_allocation_after(-1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(passes_without_checks),
        TEST(fails_until_a_critical_check_has_run),
        TEST(writes_a_check_as_the_draft_has_it),
        TEST(warns_when_only_a_soft_check_fails),
        TEST(withholds_a_reason_that_may_hold_a_secret),
        TEST(runs_a_check_when_it_is_due_and_not_before),
        TEST(runs_a_startup_check_often_until_it_passes),
        TEST(never_runs_a_check_for_a_probe),
        TEST(counts_an_overrun_as_failed),
        TEST(fails_a_check_that_has_not_come_back),
        TEST(fails_only_after_so_many_failures_in_a_row),
        TEST(passes_again_only_after_so_many_successes_in_a_row),
        TEST(passes_at_once_when_its_first_run_does),
        TEST(warns_when_a_critical_check_says_so),
        TEST(logs_changes_only),
        TEST(logs_a_first_failure_unless_a_start_waits_for_it),
        TEST(is_not_ready_until_it_is_told_so),
        TEST(lists_checks_when_asked_for_more),
        TEST(leaves_out_what_is_excluded),
        TEST(answers_for_one_check),
        TEST(does_not_look_at_anything_else_for_liveness),
        TEST(has_started_once_every_startup_check_passed_once),
        TEST(refuses_names_that_do_not_fit_in_a_path),
        TEST(refuses_a_name_twice_and_too_many),
        TEST(wakes_its_pump_when_a_check_is_added),
        TEST(copes_when_memory_runs_out),
    };

    return cmocka_run_group_tests_name("health", tests, NULL, NULL);
}
