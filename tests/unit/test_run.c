/* SPDX-License-Identifier: MIT */
#include <msvc/run.h>

#include <string.h>

#include <msvc/bulkhead.h>
#include <msvc/cancel.h>
#include <msvc/policy.h>
#include <msvc/status.h>

#include "fake_clock.h"
#include "fake_random.h"
#include "test.h"

#define NS_PER_MS 1000000

struct fixture {
    struct fake_clock clock;
    struct fake_random random;
    struct msvc_policy_options options;
    struct msvc_call_options call;
    struct msvc_policy *policy;
    struct msvc_run run;
    int fallbacks;
};

static int setup(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    memset(f, 0, sizeof(*f));
    fake_clock_init(&f->clock);
    fake_random_init(&f->random, 5);
    f->options = (struct msvc_policy_options){
        .size = sizeof(f->options),
        .clock = &f->clock.clock,
        .random = &f->random.random,
    };
    f->call = (struct msvc_call_options){ .size = sizeof(f->call) };
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_run_abandon(&f->run);
    msvc_policy_free(f->policy);
    return 0;
}

static void begin(struct fixture *f)
{
    static const struct msvc_retry_options retry = { .size = sizeof(retry), .attempts = 3 };

    f->options.retry = &retry;
    assert_int_equal(msvc_policy_new(&f->policy, &f->options), 0);
    assert_int_equal(msvc_run_begin(&f->run, f->policy, &f->call, f), 0);
}

static enum msvc_run_step next(struct fixture *f)
{
    return msvc_run_next(&f->run, 0);
}

static bool report(struct fixture *f, int status)
{
    return msvc_run_report(&f->run, f->run.attempt, status, 0);
}

static int fallback(int status, void *user)
{
    struct fixture *f = user;

    (void)status;
    f->fallbacks++;
    return 9;
}

static void asks_for_one_attempt_and_waits_for_its_end(void **state)
{
    struct fixture *f = *state;

    begin(f);
    assert_int_equal(next(f), MSVC_RUN_ATTEMPT);
    assert_int_equal(f->run.attempt->number, 1);
    assert_int_equal(next(f), MSVC_RUN_WAIT);
    assert_int_equal(f->run.until_ns, f->run.attempt->deadline_ns);
    assert_int_equal(f->run.fd, -1);
    assert_true(report(f, 7));
    assert_int_equal(next(f), MSVC_RUN_DONE);
    assert_int_equal(f->run.status, 7);
}

static void says_until_when_a_retry_waits(void **state)
{
    struct fixture *f = *state;

    begin(f);
    assert_int_equal(next(f), MSVC_RUN_ATTEMPT);
    assert_false(report(f, MSVC_ERR_UNAVAILABLE));
    assert_int_equal(next(f), MSVC_RUN_WAIT);
    assert_in_range(f->run.until_ns, f->clock.monotonic_ns,
                    f->clock.monotonic_ns + 100 * NS_PER_MS);
    f->clock.monotonic_ns = f->run.until_ns - 1;
    assert_int_equal(next(f), MSVC_RUN_WAIT);
    f->clock.monotonic_ns = f->run.until_ns;
    assert_int_equal(next(f), MSVC_RUN_ATTEMPT);
    assert_int_equal(f->run.attempt->number, 2);
    assert_true(report(f, 0));
}

static void stops_an_attempt_at_its_deadline_and_takes_it_for_a_timeout(void **state)
{
    struct fixture *f = *state;

    begin(f);
    assert_int_equal(next(f), MSVC_RUN_ATTEMPT);
    fake_clock_advance_ms(&f->clock, 3000);
    assert_int_equal(next(f), MSVC_RUN_STOP);
    assert_int_equal(next(f), MSVC_RUN_WAIT);
    assert_int_equal(f->run.until_ns, 0);
    assert_false(report(f, MSVC_ERR_CANCELLED));
    assert_int_equal(next(f), MSVC_RUN_DONE);
    assert_int_equal(f->run.status, MSVC_ERR_TIMEOUT);
}

static void stops_what_is_in_flight_when_cancelled(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_cancel_new(&f->call.cancel), 0);
    f->options.fallback = fallback;
    begin(f);
    assert_int_equal(next(f), MSVC_RUN_ATTEMPT);
    msvc_cancel_request(f->call.cancel);
    assert_int_equal(next(f), MSVC_RUN_STOP);
    assert_false(report(f, 3));
    assert_int_equal(next(f), MSVC_RUN_DONE);
    assert_int_equal(f->run.status, MSVC_ERR_CANCELLED);
    assert_int_equal(f->fallbacks, 0);
    msvc_cancel_free(f->call.cancel);
}

static void falls_back_once_however_often_it_is_asked(void **state)
{
    struct fixture *f = *state;

    f->options.fallback = fallback;
    begin(f);
    assert_int_equal(next(f), MSVC_RUN_ATTEMPT);
    assert_false(report(f, MSVC_ERR_NOT_FOUND));
    assert_int_equal(next(f), MSVC_RUN_DONE);
    assert_int_equal(next(f), MSVC_RUN_DONE);
    assert_int_equal(f->run.status, 9);
    assert_int_equal(f->fallbacks, 1);
}

static void waits_for_a_place_in_the_bulkhead_by_its_descriptor(void **state)
{
    struct fixture *f = *state;
    struct msvc_bulkhead *bulkhead;

    assert_int_equal(msvc_bulkhead_new(&bulkhead, MSVC_BULKHEAD_OPTIONS(.calls = 1, .waiting = 1)),
                     0);
    assert_int_equal(msvc_bulkhead_enter(bulkhead, 0, NULL), 0);
    f->options.bulkhead = bulkhead;
    begin(f);
    assert_int_equal(next(f), MSVC_RUN_WAIT);
    assert_true(f->run.fd >= 0);
    msvc_bulkhead_leave(bulkhead);
    assert_int_equal(next(f), MSVC_RUN_ATTEMPT);
    assert_true(report(f, 0));
    assert_int_equal(msvc_bulkhead_calls(bulkhead), 0);
    msvc_bulkhead_free(bulkhead);
}

static void gives_up_the_queue_when_the_attempts_time_is_over(void **state)
{
    struct fixture *f = *state;
    struct msvc_bulkhead *bulkhead;

    assert_int_equal(msvc_bulkhead_new(&bulkhead, MSVC_BULKHEAD_OPTIONS(.calls = 1, .waiting = 1)),
                     0);
    assert_int_equal(msvc_bulkhead_enter(bulkhead, 0, NULL), 0);
    f->options.bulkhead = bulkhead;
    begin(f);
    assert_int_equal(next(f), MSVC_RUN_WAIT);
    f->clock.monotonic_ns = f->run.until_ns;
    assert_int_equal(next(f), MSVC_RUN_DONE);
    assert_int_equal(f->run.status, MSVC_ERR_REJECTED);
    assert_int_equal(msvc_bulkhead_waiting(bulkhead), 0);
    msvc_bulkhead_free(bulkhead);
}

static void gives_everything_back_when_abandoned(void **state)
{
    struct fixture *f = *state;
    struct msvc_bulkhead *bulkhead;
    struct msvc_breaker *breaker;

    assert_int_equal(msvc_bulkhead_new(&bulkhead, NULL), 0);
    assert_int_equal(msvc_breaker_new(&breaker, MSVC_BREAKER_OPTIONS(.clock = &f->clock.clock)), 0);
    assert_int_equal(msvc_breaker_set(breaker, MSVC_BREAKER_HALF_OPEN, 0), 0);
    f->options.bulkhead = bulkhead;
    f->options.breaker = breaker;
    begin(f);
    assert_int_equal(next(f), MSVC_RUN_ATTEMPT);
    msvc_run_abandon(&f->run);
    assert_int_equal(next(f), MSVC_RUN_DONE);
    assert_int_equal(f->run.status, MSVC_ERR_CANCELLED);
    assert_int_equal(msvc_bulkhead_calls(bulkhead), 0);
    assert_int_equal(msvc_breaker_state(breaker), MSVC_BREAKER_HALF_OPEN);
    assert_int_equal(msvc_run_begin(&f->run, f->policy, NULL, f), 0);
    assert_int_equal(next(f), MSVC_RUN_ATTEMPT);
    assert_true(report(f, 0));
    msvc_bulkhead_free(bulkhead);
    msvc_breaker_free(breaker);
}

static void ignores_what_it_did_not_ask_for(void **state)
{
    struct fixture *f = *state;
    struct msvc_attempt other = { .number = 1 };

    begin(f);
    assert_false(msvc_run_report(&f->run, &other, 0, 0));
    assert_int_equal(next(f), MSVC_RUN_ATTEMPT);
    assert_true(report(f, 0));
    assert_false(report(f, MSVC_ERR_UNAVAILABLE));
    assert_int_equal(next(f), MSVC_RUN_DONE);
    assert_int_equal(f->run.status, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(asks_for_one_attempt_and_waits_for_its_end),
        TEST(says_until_when_a_retry_waits),
        TEST(stops_an_attempt_at_its_deadline_and_takes_it_for_a_timeout),
        TEST(stops_what_is_in_flight_when_cancelled),
        TEST(falls_back_once_however_often_it_is_asked),
        TEST(waits_for_a_place_in_the_bulkhead_by_its_descriptor),
        TEST(gives_up_the_queue_when_the_attempts_time_is_over),
        TEST(gives_everything_back_when_abandoned),
        TEST(ignores_what_it_did_not_ask_for),
    };

    return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
