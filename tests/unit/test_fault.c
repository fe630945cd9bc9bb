/* SPDX-License-Identifier: MIT */
#include <msvc/fault.h>

#include <string.h>

#include <msvc/breaker.h>
#include <msvc/bulkhead.h>
#include <msvc/call.h>
#include <msvc/policy.h>
#include <msvc/retry.h>
#include <msvc/run.h>
#include <msvc/status.h>

#include "fake_clock.h"
#include "fake_random.h"
#include "test.h"

#define NS_PER_MS 1000000

struct fixture {
    struct fake_clock clock;
    struct fake_random random;
    struct msvc_fault_options options;
    struct msvc_fault *fault;
    struct msvc_bulkhead *bulkhead;
    struct msvc_policy *policy;
    struct msvc_run run;
    int calls;
};

static int setup(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    memset(f, 0, sizeof(*f));
    fake_clock_init(&f->clock);
    fake_random_init(&f->random, 31);
    f->options = (struct msvc_fault_options){
        .size = sizeof(f->options),
        .consent = MSVC_FAULT_CONSENT,
        .percent = 100,
        .status = MSVC_ERR_UNAVAILABLE,
        .clock = &f->clock.clock,
        .random = &f->random.random,
    };
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_run_abandon(&f->run);
    msvc_policy_free(f->policy);
    msvc_bulkhead_free(f->bulkhead);
    msvc_fault_free(f->fault);
    return 0;
}

static void open(struct fixture *f)
{
    assert_int_equal(msvc_fault_new(&f->fault, &f->options), 0);
    assert_int_equal(msvc_bulkhead_new(&f->bulkhead, NULL), 0);
    assert_int_equal(
        msvc_policy_new(&f->policy, MSVC_POLICY_OPTIONS(.fault = f->fault, .bulkhead = f->bulkhead,
                                                        .clock = &f->clock.clock)),
        0);
}

static int succeed(struct msvc_attempt *attempt, void *user)
{
    struct fixture *f = user;

    (void)attempt;
    f->calls++;
    return 0;
}

static int call(struct fixture *f, const char *order)
{
    return msvc_call(f->policy, succeed, f, MSVC_CALL_OPTIONS(.fault = order));
}

static void is_off_until_it_is_armed(void **state)
{
    struct fixture *f = *state;

    open(f);
    assert_false(msvc_fault_is_armed(f->fault));
    assert_int_equal(call(f, NULL), 0);
    msvc_fault_arm(f->fault, 1000);
    assert_int_equal(call(f, NULL), MSVC_ERR_UNAVAILABLE);
    assert_int_equal(f->calls, 1);
}

static void is_off_by_itself_when_its_time_is_over(void **state)
{
    struct fixture *f = *state;

    open(f);
    msvc_fault_arm(f->fault, 1000);
    fake_clock_advance_ms(&f->clock, 999);
    assert_true(msvc_fault_is_armed(f->fault));
    fake_clock_advance_ms(&f->clock, 1);
    assert_false(msvc_fault_is_armed(f->fault));
    msvc_fault_arm(f->fault, UINT32_MAX);
    fake_clock_advance_ms(&f->clock, MSVC_FAULT_ARMED_MAX_MS);
    assert_false(msvc_fault_is_armed(f->fault));
}

static void can_be_turned_off(void **state)
{
    struct fixture *f = *state;

    open(f);
    msvc_fault_arm(f->fault, 1000);
    msvc_fault_arm(f->fault, 0);
    assert_int_equal(call(f, NULL), 0);
}

static void wants_the_sentence_of_consent(void **state)
{
    struct fixture *f = *state;

    f->options.consent = NULL;
    assert_int_equal(msvc_fault_new(&f->fault, &f->options), MSVC_ERR_INVALID);
    f->options.consent = "yes";
    assert_int_equal(msvc_fault_new(&f->fault, &f->options), MSVC_ERR_INVALID);
    assert_int_equal(msvc_fault_new(&f->fault, NULL), MSVC_ERR_INVALID);
    assert_null(f->fault);
}

static void hits_its_share_of_the_attempts(void **state)
{
    struct fixture *f = *state;

    f->options.percent = 20;
    open(f);
    msvc_fault_arm(f->fault, 1000);
    for (int i = 0; i < 10000; i++)
        (void)call(f, NULL);
    assert_in_range(f->calls, 7800, 8200);
}

static void makes_an_attempt_late_and_then_lets_it_go(void **state)
{
    struct fixture *f = *state;
    uint64_t began;

    f->options.status = 0;
    f->options.latency_ms = 250;
    open(f);
    msvc_fault_arm(f->fault, 1000);
    began = f->clock.monotonic_ns;
    assert_int_equal(msvc_run_begin(&f->run, f->policy, NULL, NULL), 0);
    assert_int_equal(msvc_run_next(&f->run, 0), MSVC_RUN_WAIT);
    assert_int_equal(f->run.until_ns - began, 250 * NS_PER_MS);
    fake_clock_advance_ms(&f->clock, 249);
    assert_int_equal(msvc_run_next(&f->run, 0), MSVC_RUN_WAIT);
    fake_clock_advance_ms(&f->clock, 1);
    assert_int_equal(msvc_run_next(&f->run, 0), MSVC_RUN_ATTEMPT);
    assert_true(msvc_run_report(&f->run, f->run.attempt, 3, 0));
    assert_int_equal(msvc_run_next(&f->run, 0), MSVC_RUN_DONE);
    assert_int_equal(f->run.status, 3);
}

static void holds_an_attempt_no_longer_than_its_timeout(void **state)
{
    struct fixture *f = *state;

    f->options.latency_ms = 60000;
    open(f);
    msvc_fault_arm(f->fault, 1000);
    assert_int_equal(msvc_run_begin(&f->run, f->policy, NULL, NULL), 0);
    assert_int_equal(msvc_run_next(&f->run, 0), MSVC_RUN_WAIT);
    fake_clock_advance_ms(&f->clock, 3000);
    assert_int_equal(msvc_run_next(&f->run, 0), MSVC_RUN_DONE);
    assert_int_equal(f->run.status, MSVC_ERR_TIMEOUT);
    assert_int_equal(msvc_bulkhead_calls(f->bulkhead), 0);
}

static void gives_everything_back_when_abandoned_while_it_holds(void **state)
{
    struct fixture *f = *state;

    f->options.latency_ms = 100;
    open(f);
    msvc_fault_arm(f->fault, 1000);
    assert_int_equal(msvc_run_begin(&f->run, f->policy, NULL, NULL), 0);
    assert_int_equal(msvc_run_next(&f->run, 0), MSVC_RUN_WAIT);
    assert_int_equal(msvc_bulkhead_calls(f->bulkhead), 1);
    msvc_run_abandon(&f->run);
    assert_int_equal(msvc_bulkhead_calls(f->bulkhead), 0);
    assert_int_equal(msvc_run_next(&f->run, 0), MSVC_RUN_DONE);
}

static void opens_a_breaker_as_a_failing_dependency_does(void **state)
{
    struct fixture *f = *state;
    struct msvc_breaker *breaker;
    struct msvc_policy *policy;

    open(f);
    assert_int_equal(msvc_breaker_new(&breaker, MSVC_BREAKER_OPTIONS(.clock = &f->clock.clock)), 0);
    assert_int_equal(
        msvc_policy_new(&policy, MSVC_POLICY_OPTIONS(.fault = f->fault, .breaker = breaker,
                                                     .clock = &f->clock.clock)),
        0);
    msvc_fault_arm(f->fault, 1000);
    for (int i = 0; i < 5; i++)
        assert_int_equal(msvc_call(policy, succeed, f, NULL), MSVC_ERR_UNAVAILABLE);
    assert_int_equal(msvc_breaker_state(breaker), MSVC_BREAKER_OPEN);
    msvc_policy_free(policy);
    msvc_breaker_free(breaker);
}

static void follows_an_order_only_when_it_takes_orders_and_is_armed(void **state)
{
    struct fixture *f = *state;

    f->options.percent = 0;
    open(f);
    msvc_fault_arm(f->fault, 1000);
    assert_int_equal(call(f, "status=CONFLICT"), 0);
    (void)teardown(state);
    (void)setup(state);
    f->options.percent = 0;
    f->options.takes_orders = true;
    open(f);
    assert_int_equal(call(f, "status=CONFLICT"), 0);
    msvc_fault_arm(f->fault, 1000);
    assert_int_equal(call(f, "status=CONFLICT"), MSVC_ERR_CONFLICT);
    assert_int_equal(call(f, "status=SUNSHINE"), 0);
    assert_int_equal(call(f, NULL), 0);
}

static void reads_orders(void **state)
{
    static const char *const bad[] = { ";",
                                       "latency=",
                                       "latency=-1",
                                       "latency=1 ",
                                       "latency=60001",
                                       "status=",
                                       "status=OK",
                                       "status=timeout",
                                       "latency=1;",
                                       "error=1",
                                       "latency=1,status=TIMEOUT" };
    struct msvc_fault_effect effect = { 7, 7 };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(msvc_fault_parse(&effect, bad[i], strlen(bad[i])), MSVC_ERR_MALFORMED);
    assert_int_equal(effect.latency_ms, 7);
    assert_int_equal(msvc_fault_parse(&effect, "latency=250;status=TIMEOUT", 26), 0);
    assert_int_equal(effect.latency_ms, 250);
    assert_int_equal(effect.status, MSVC_ERR_TIMEOUT);
    assert_int_equal(msvc_fault_parse(&effect, "latency=60000", 13), 0);
    assert_int_equal(effect.latency_ms, 60000);
    assert_int_equal(effect.status, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(is_off_until_it_is_armed),
        TEST(is_off_by_itself_when_its_time_is_over),
        TEST(can_be_turned_off),
        TEST(wants_the_sentence_of_consent),
        TEST(hits_its_share_of_the_attempts),
        TEST(makes_an_attempt_late_and_then_lets_it_go),
        TEST(holds_an_attempt_no_longer_than_its_timeout),
        TEST(gives_everything_back_when_abandoned_while_it_holds),
        TEST(opens_a_breaker_as_a_failing_dependency_does),
        TEST(follows_an_order_only_when_it_takes_orders_and_is_armed),
        TEST(reads_orders),
    };

    return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
