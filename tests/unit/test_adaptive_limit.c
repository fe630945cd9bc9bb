/* SPDX-License-Identifier: MIT */
#include <msvc/adaptive_limit.h>

#include <pthread.h>
#include <string.h>

#include <msvc/bulkhead.h>
#include <msvc/call.h>
#include <msvc/policy.h>
#include <msvc/status.h>

#include "fake_clock.h"
#include "simulate_limit.h"
#include "test.h"

#define NS_PER_MS 1000000
#define THREADS   4

struct fixture {
    struct fake_clock clock;
    struct msvc_adaptive_limit *limit;
    int inner; /* what a call within a call returned */
};

static int setup(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    memset(f, 0, sizeof(*f));
    fake_clock_init(&f->clock);
    *state = f;
    return msvc_adaptive_limit_new(
        &f->limit,
        MSVC_ADAPTIVE_LIMIT_OPTIONS(.initial = 10, .window_calls = 10, .clock = &f->clock.clock));
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_adaptive_limit_free(f->limit);
    return 0;
}

/* So many calls at once, each of which takes so long. */
static void call_at_once(struct fixture *f, unsigned count, uint64_t ms, enum msvc_outcome outcome)
{
    struct msvc_adaptive_permit permits[64];

    for (unsigned i = 0; i < count; i++)
        assert_int_equal(msvc_adaptive_limit_enter(f->limit, 0, &permits[i]), 0);
    fake_clock_advance_ms(&f->clock, ms);
    for (unsigned i = 0; i < count; i++)
        msvc_adaptive_limit_leave(f->limit, &permits[i], outcome, 0);
}

static void rejects_above_the_limit(void **state)
{
    struct fixture *f = *state;
    struct msvc_adaptive_permit permits[10];
    struct msvc_adaptive_permit untouched = { .epoch = 77 };

    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(msvc_adaptive_limit_enter(f->limit, 0, &permits[i]), 0);
    assert_int_equal(msvc_adaptive_limit_enter(f->limit, 0, &untouched), MSVC_ERR_REJECTED);
    assert_int_equal(untouched.epoch, 77);
    assert_int_equal(msvc_adaptive_limit_calls(f->limit), 10);
    msvc_adaptive_limit_leave(f->limit, &permits[0], MSVC_OUTCOME_SUCCESS, 0);
    msvc_adaptive_limit_leave(f->limit, &permits[0], MSVC_OUTCOME_SUCCESS, 0);
    assert_int_equal(msvc_adaptive_limit_calls(f->limit), 9);
    assert_int_equal(msvc_adaptive_limit_enter(f->limit, 0, &untouched), 0);
}

static void grows_while_it_is_used_and_nothing_gets_slower(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 20; i++)
        call_at_once(f, 10, 5, MSVC_OUTCOME_SUCCESS);
    assert_true(msvc_adaptive_limit_now(f->limit) > 12);
}

static void stays_where_it_is_when_it_is_not_used(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 100; i++)
        call_at_once(f, 2, 5, MSVC_OUTCOME_SUCCESS);
    assert_int_equal(msvc_adaptive_limit_now(f->limit), 10);
}

static void shrinks_when_answers_get_slower(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 5; i++)
        call_at_once(f, 2, 5, MSVC_OUTCOME_SUCCESS);
    for (int i = 0; i < 4; i++)
        call_at_once(f, 5, 50, MSVC_OUTCOME_SUCCESS);
    assert_true(msvc_adaptive_limit_now(f->limit) < 10);
}

static void shrinks_when_the_peer_turns_calls_away(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 20; i++) {
        call_at_once(f, 1, 5, MSVC_OUTCOME_REJECTED);
        call_at_once(f, 5, 5, MSVC_OUTCOME_SUCCESS);
        call_at_once(f, 5, 5, MSVC_OUTCOME_SUCCESS);
    }
    assert_true(msvc_adaptive_limit_now(f->limit) < 10);
}

static void learns_nothing_from_failures_and_cancelled_calls(void **state)
{
    struct fixture *f = *state;

    call_at_once(f, 10, 5, MSVC_OUTCOME_SUCCESS);
    for (int i = 0; i < 50; i++) {
        call_at_once(f, 10, 0, MSVC_OUTCOME_FAILURE);
        call_at_once(f, 10, 500, MSVC_OUTCOME_CANCELLED);
        call_at_once(f, 10, 500, MSVC_OUTCOME_IGNORED);
    }
    assert_true(msvc_adaptive_limit_now(f->limit) >= 10);
}

static void never_leaves_its_bounds(void **state)
{
    struct fixture *f = *state;

    msvc_adaptive_limit_free(f->limit);
    assert_int_equal(
        msvc_adaptive_limit_new(
            &f->limit, MSVC_ADAPTIVE_LIMIT_OPTIONS(.initial = 10, .minimum = 9, .maximum = 11,
                                                   .window_calls = 10, .clock = &f->clock.clock)),
        0);
    for (unsigned i = 0; i < 400; i++) {
        call_at_once(f, 9, 1 + i % 40, MSVC_OUTCOME_SUCCESS);
        assert_in_range(msvc_adaptive_limit_now(f->limit), 9, 11);
    }
}

static double share_of_best(unsigned workers, enum service_times service)
{
    struct limit_simulation simulation = {
        .workers = workers, .load = 3, .service = service, .seconds = 12, .warm_up_s = 6
    };
    struct limit_result best;
    struct limit_result adaptive;
    unsigned limit;

    simulate_best_fixed_limit(&best, &limit, &simulation);
    simulate_limit(&adaptive, &simulation);
    return adaptive.goodput / best.goodput;
}

static void comes_within_5_percent_of_the_best_fixed_limit_at_3_times_the_load(void **state)
{
    (void)state;
    assert_true(share_of_best(16, SERVICE_EXPONENTIAL) >= 0.95);
    assert_true(share_of_best(16, SERVICE_EVEN) >= 0.95);
}

static void keeps_answers_twice_as_fast_as_without_load_at_worst(void **state)
{
    struct limit_simulation simulation = { .workers = 16, .load = 0.05, .seconds = 30 };
    struct limit_result idle;
    struct limit_result loaded;

    (void)state;
    simulate_limit(&idle, &simulation);
    simulation.load = 3;
    simulation.seconds = 20;
    simulation.warm_up_s = 10;
    simulate_limit(&loaded, &simulation);
    assert_true(loaded.p99_ms <= 2 * idle.p99_ms);
}

static void rejects_nobody_below_half_load(void **state)
{
    struct limit_simulation simulation = { .workers = 16, .load = 0.5, .seconds = 20 };
    struct limit_result result;

    (void)state;
    for (int service = SERVICE_EXPONENTIAL; service <= SERVICE_TWO_KINDS; service++) {
        simulation.service = (enum service_times)service;
        simulate_limit(&result, &simulation);
        assert_true(result.offered > 10000);
        assert_int_equal(result.rejected, 0);
    }
}

static void follows_a_dependency_that_becomes_slower(void **state)
{
    struct limit_simulation simulation = {
        .workers = 16,
        .load = 3,
        .service = SERVICE_EVEN,
        .slower_after_s = 10,
        .seconds = 25,
        .warm_up_s = 15,
    };
    struct limit_result result;

    (void)state;
    simulate_limit(&result, &simulation);
    assert_true(result.goodput >= 0.95 * 0.5);
}

static void *work(void *user)
{
    struct fixture *f = user;
    struct msvc_adaptive_permit permit;

    for (unsigned i = 0; i < 20000; i++) {
        if (msvc_adaptive_limit_enter(f->limit, 1 + i, &permit) == 0)
            msvc_adaptive_limit_leave(f->limit, &permit, MSVC_OUTCOME_SUCCESS, 2 + i * 2);
    }
    return NULL;
}

static void loses_no_call_between_threads(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, f), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(msvc_adaptive_limit_calls(f->limit), 0);
    assert_in_range(msvc_adaptive_limit_now(f->limit), 2, 1000);
}

struct nested {
    struct fixture *fixture;
    struct msvc_policy *policy;
    unsigned depth;
};

/* Calls itself until the limit is reached. */
static int call_once_more(struct msvc_attempt *attempt, void *user)
{
    struct nested *nested = user;

    (void)attempt;
    nested->depth++;
    nested->fixture->inner = msvc_call(nested->policy, call_once_more, nested, NULL);
    return 0;
}

static void is_a_part_of_a_policy(void **state)
{
    struct fixture *f = *state;
    struct nested nested = { .fixture = f };
    struct msvc_bulkhead *bulkhead;

    assert_int_equal(msvc_bulkhead_new(&bulkhead, NULL), 0);
    assert_int_equal(msvc_policy_new(&nested.policy, MSVC_POLICY_OPTIONS(.adaptive_limit = f->limit,
                                                                         .bulkhead = bulkhead,
                                                                         .clock = &f->clock.clock)),
                     0);
    assert_int_equal(msvc_call(nested.policy, call_once_more, &nested, NULL), 0);
    assert_int_equal(nested.depth, 10);
    assert_int_equal(msvc_adaptive_limit_calls(f->limit), 0);
    assert_int_equal(msvc_bulkhead_calls(bulkhead), 0);
    msvc_policy_free(nested.policy);
    msvc_bulkhead_free(bulkhead);
}

static void refuses_numbers_out_of_range(void **state)
{
    struct msvc_adaptive_limit *limit = NULL;

    (void)state;
    assert_int_equal(
        msvc_adaptive_limit_new(&limit, MSVC_ADAPTIVE_LIMIT_OPTIONS(.initial = 5, .maximum = 4)),
        MSVC_ERR_INVALID);
    assert_int_equal(
        msvc_adaptive_limit_new(&limit, MSVC_ADAPTIVE_LIMIT_OPTIONS(.initial = 5, .minimum = 6)),
        MSVC_ERR_INVALID);
    assert_int_equal(
        msvc_adaptive_limit_new(&limit, MSVC_ADAPTIVE_LIMIT_OPTIONS(.queue_percent = 501)),
        MSVC_ERR_INVALID);
    assert_int_equal(
        msvc_adaptive_limit_new(&limit, MSVC_ADAPTIVE_LIMIT_OPTIONS(.window_calls = 9)),
        MSVC_ERR_INVALID);
    assert_int_equal(msvc_adaptive_limit_new(NULL, NULL), MSVC_ERR_INVALID);
    assert_null(limit);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rejects_above_the_limit),
        TEST(grows_while_it_is_used_and_nothing_gets_slower),
        TEST(stays_where_it_is_when_it_is_not_used),
        TEST(shrinks_when_answers_get_slower),
        TEST(shrinks_when_the_peer_turns_calls_away),
        TEST(learns_nothing_from_failures_and_cancelled_calls),
        TEST(never_leaves_its_bounds),
        TEST(comes_within_5_percent_of_the_best_fixed_limit_at_3_times_the_load),
        TEST(keeps_answers_twice_as_fast_as_without_load_at_worst),
        TEST(rejects_nobody_below_half_load),
        TEST(follows_a_dependency_that_becomes_slower),
        TEST(loses_no_call_between_threads),
        TEST(is_a_part_of_a_policy),
        TEST(refuses_numbers_out_of_range),
    };

    return cmocka_run_group_tests_name("adaptive_limit", tests, NULL, NULL);
}
