/* SPDX-License-Identifier: MIT */
#include <msvc/call.h>

#include <string.h>

#include <msvc/bulkhead.h>
#include <msvc/cancel.h>
#include <msvc/policy.h>
#include <msvc/rate_limit.h>
#include <msvc/retry.h>
#include <msvc/status.h>

#include "fake_clock.h"
#include "fake_random.h"
#include "test.h"

struct fixture {
    struct fake_clock clock;
    struct fake_random random;
    struct msvc_breaker *breaker;
    struct msvc_retry_options retry;
    struct msvc_policy_options policy;
    struct msvc_call_options options;

    /* What the call does. */
    int status;
    int succeeds_at; /* the attempt that succeeds; 0: none */
    uint64_t takes_ms;
    uint64_t retry_after_ms;
    bool has_outcome;
    enum msvc_outcome outcome;

    /* What it saw. */
    int calls;
    unsigned number;
    uint64_t deadline_ns;
    int fell_back_on;
};

static int call(struct msvc_attempt *attempt, void *user)
{
    struct fixture *f = user;

    f->calls++;
    f->number = attempt->number;
    f->deadline_ns = attempt->deadline_ns;
    attempt->retry_after_ms = f->retry_after_ms;
    attempt->has_outcome = f->has_outcome;
    attempt->outcome = f->outcome;
    fake_clock_advance_ms(&f->clock, f->takes_ms);
    return f->succeeds_at != 0 && f->calls >= f->succeeds_at ? 5 : f->status;
}

static int fallback(int status, void *user)
{
    struct fixture *f = user;

    f->fell_back_on = status;
    return 77;
}

static int wait_by_moving_the_clock(uint64_t until_ns, struct msvc_cancel *cancel, void *user)
{
    struct fixture *f = user;

    if (msvc_cancel_is_requested(cancel))
        return MSVC_ERR_CANCELLED;
    f->clock.monotonic_ns = until_ns;
    return 0;
}

static int setup(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    memset(f, 0, sizeof(*f));
    fake_clock_init(&f->clock);
    fake_random_init(&f->random, 3);
    assert_int_equal(
        msvc_breaker_new(&f->breaker, MSVC_BREAKER_OPTIONS(.minimum_calls = 2, .open_ms = 1000,
                                                           .clock = &f->clock.clock)),
        0);
    f->retry = (struct msvc_retry_options){
        .size = sizeof(f->retry),
        .wait = wait_by_moving_the_clock,
        .user = f,
    };
    f->policy = (struct msvc_policy_options){
        .size = sizeof(f->policy),
        .clock = &f->clock.clock,
        .random = &f->random.random,
    };
    f->options = (struct msvc_call_options){ .size = sizeof(f->options) };
    f->status = MSVC_ERR_UNAVAILABLE;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_breaker_free(f->breaker);
    return 0;
}

static int run(struct fixture *f)
{
    struct msvc_policy *policy;
    int status = msvc_policy_new(&policy, &f->policy);

    if (status < 0)
        return status;
    status = msvc_call(policy, call, f, &f->options);
    msvc_policy_free(policy);
    return status;
}

static void returns_what_the_call_returns(void **state)
{
    struct fixture *f = *state;

    f->succeeds_at = 1;
    assert_int_equal(run(f), 5);
    assert_int_equal(f->calls, 1);
    assert_int_equal(f->number, 1);
}

static void gives_an_attempt_three_seconds(void **state)
{
    struct fixture *f = *state;
    uint64_t began = f->clock.monotonic_ns;

    (void)run(f);
    assert_int_equal(f->deadline_ns - began, 3000000000);
}

static void gives_the_callers_earlier_deadline(void **state)
{
    struct fixture *f = *state;

    f->options.deadline_ns = f->clock.monotonic_ns + 5;
    (void)run(f);
    assert_int_equal(f->deadline_ns, f->options.deadline_ns);
}

static void gives_no_deadline_when_unlimited(void **state)
{
    struct fixture *f = *state;

    f->policy.timeout_ms = MSVC_POLICY_UNLIMITED;
    (void)run(f);
    assert_int_equal(f->deadline_ns, 0);
}

static void takes_a_late_success_for_a_timeout(void **state)
{
    struct fixture *f = *state;

    f->policy.breaker = f->breaker;
    f->succeeds_at = 1;
    f->takes_ms = 3001;
    assert_int_equal(run(f), MSVC_ERR_TIMEOUT);
    assert_int_equal(run(f), MSVC_ERR_TIMEOUT);
    assert_int_equal(run(f), MSVC_ERR_REJECTED);
}

static void takes_a_success_in_the_last_moment(void **state)
{
    struct fixture *f = *state;

    f->succeeds_at = 1;
    f->takes_ms = 3000;
    assert_int_equal(run(f), 5);
}

static void counts_a_late_answer_of_any_kind_as_failed(void **state)
{
    struct fixture *f = *state;

    f->policy.breaker = f->breaker;
    f->status = MSVC_ERR_NOT_FOUND;
    f->takes_ms = 3001;
    assert_int_equal(run(f), MSVC_ERR_NOT_FOUND);
    assert_int_equal(run(f), MSVC_ERR_NOT_FOUND);
    assert_int_equal(msvc_breaker_state(f->breaker), MSVC_BREAKER_OPEN);
}

static void makes_no_call_when_no_time_is_left(void **state)
{
    struct fixture *f = *state;

    f->options.deadline_ns = f->clock.monotonic_ns;
    assert_int_equal(run(f), MSVC_ERR_TIMEOUT);
    assert_int_equal(f->calls, 0);
}

static void makes_no_call_when_the_breaker_is_open(void **state)
{
    struct fixture *f = *state;

    f->policy.breaker = f->breaker;
    (void)run(f);
    (void)run(f);
    assert_int_equal(run(f), MSVC_ERR_REJECTED);
    assert_int_equal(f->calls, 2);
}

static void lets_the_call_say_how_it_counts(void **state)
{
    struct fixture *f = *state;

    f->policy.breaker = f->breaker;
    f->has_outcome = true;
    f->outcome = MSVC_OUTCOME_IGNORED;
    for (int i = 0; i < 5; i++)
        assert_int_equal(run(f), MSVC_ERR_UNAVAILABLE);
    assert_int_equal(msvc_breaker_state(f->breaker), MSVC_BREAKER_CLOSED);
}

static void opens_for_as_long_as_the_peer_asked(void **state)
{
    struct fixture *f = *state;

    f->policy.breaker = f->breaker;
    f->status = MSVC_ERR_REJECTED;
    f->retry_after_ms = 5000;
    (void)run(f);
    assert_int_equal(msvc_breaker_state(f->breaker), MSVC_BREAKER_OPEN);
    fake_clock_advance_ms(&f->clock, 4999);
    (void)run(f);
    assert_int_equal(f->calls, 1);
}

static void retries_after_the_wait_that_opened_the_breaker(void **state)
{
    struct fixture *f = *state;
    uint64_t began = f->clock.monotonic_ns;

    f->policy.breaker = f->breaker;
    f->policy.retry = &f->retry;
    f->status = MSVC_ERR_REJECTED;
    f->retry_after_ms = 5000;
    f->succeeds_at = 2;
    f->clock.monotonic_ns += 1;
    assert_int_equal(run(f), 5);
    assert_true(f->clock.monotonic_ns - began >= 5000000000);
    assert_int_equal(msvc_breaker_state(f->breaker), MSVC_BREAKER_CLOSED);
}

static void retries_a_peers_rejection_that_names_no_wait(void **state)
{
    struct fixture *f = *state;

    f->policy.retry = &f->retry;
    f->status = MSVC_ERR_REJECTED;
    f->succeeds_at = 2;
    assert_int_equal(run(f), 5);
}

static void retries_until_it_succeeds(void **state)
{
    struct fixture *f = *state;

    f->policy.retry = &f->retry;
    f->succeeds_at = 3;
    assert_int_equal(run(f), 5);
    assert_int_equal(f->number, 3);
}

static void makes_one_attempt_without_a_retry_policy(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(run(f), MSVC_ERR_UNAVAILABLE);
    assert_int_equal(f->calls, 1);
}

static void stops_retrying_when_the_breaker_opens(void **state)
{
    struct fixture *f = *state;

    f->policy.breaker = f->breaker;
    f->policy.retry = &f->retry;
    f->retry.attempts = 10;
    assert_int_equal(run(f), MSVC_ERR_REJECTED);
    assert_int_equal(f->calls, 2);
}

static void keeps_all_attempts_within_the_total(void **state)
{
    struct fixture *f = *state;
    uint64_t began = f->clock.monotonic_ns;

    f->policy.retry = &f->retry;
    f->retry.attempts = 100;
    f->options.is_idempotent = true;
    f->policy.total_ms = 5000;
    f->takes_ms = 400;
    assert_true(run(f) < 0);
    assert_in_range(f->clock.monotonic_ns - began, 400000000, 5400000000);
    assert_true(f->deadline_ns <= began + 5000000000);
}

static void falls_back_once_on_the_last_failure(void **state)
{
    struct fixture *f = *state;

    f->policy.fallback = fallback;
    assert_int_equal(run(f), 77);
    assert_int_equal(f->fell_back_on, MSVC_ERR_UNAVAILABLE);
}

static void falls_back_when_the_breaker_rejects(void **state)
{
    struct fixture *f = *state;

    f->policy.breaker = f->breaker;
    f->policy.fallback = fallback;
    assert_int_equal(msvc_breaker_set(f->breaker, MSVC_BREAKER_FORCED_OPEN, 0), 0);
    assert_int_equal(run(f), 77);
    assert_int_equal(f->fell_back_on, MSVC_ERR_REJECTED);
}

static void does_not_fall_back_on_success(void **state)
{
    struct fixture *f = *state;

    f->policy.fallback = fallback;
    f->succeeds_at = 1;
    assert_int_equal(run(f), 5);
    assert_int_equal(f->fell_back_on, 0);
}

static void makes_no_call_and_no_fallback_when_cancelled(void **state)
{
    struct fixture *f = *state;
    struct msvc_cancel *cancel;

    assert_int_equal(msvc_cancel_new(&cancel), 0);
    msvc_cancel_request(cancel);
    f->options.cancel = cancel;
    f->policy.fallback = fallback;
    assert_int_equal(run(f), MSVC_ERR_CANCELLED);
    assert_int_equal(f->calls, 0);
    assert_int_equal(f->fell_back_on, 0);
    msvc_cancel_free(cancel);
}

static void makes_no_call_above_the_rate(void **state)
{
    struct fixture *f = *state;
    struct msvc_rate_limit *limit;

    assert_int_equal(msvc_rate_limit_new(&limit, MSVC_RATE_LIMIT_OPTIONS(.clock = &f->clock.clock)),
                     0);
    f->policy.breaker = f->breaker;
    f->policy.rate_limit = limit;
    f->succeeds_at = 1;
    assert_int_equal(run(f), 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(run(f), MSVC_ERR_REJECTED);
    assert_int_equal(f->calls, 1);
    assert_int_equal(msvc_breaker_state(f->breaker), MSVC_BREAKER_CLOSED);
    msvc_rate_limit_free(limit);
}

static void makes_no_call_when_the_bulkhead_is_full(void **state)
{
    struct fixture *f = *state;
    struct msvc_bulkhead *bulkhead;

    assert_int_equal(msvc_bulkhead_new(&bulkhead, MSVC_BULKHEAD_OPTIONS(.calls = 1)), 0);
    f->policy.bulkhead = bulkhead;
    f->succeeds_at = 1;
    assert_int_equal(run(f), 5);
    assert_int_equal(msvc_bulkhead_enter(bulkhead, 0, NULL), 0);
    assert_int_equal(run(f), MSVC_ERR_REJECTED);
    assert_int_equal(f->calls, 1);
    msvc_bulkhead_free(bulkhead);
}

static void gives_a_probes_place_back_when_a_later_policy_rejects(void **state)
{
    struct fixture *f = *state;
    struct msvc_bulkhead *bulkhead;

    assert_int_equal(msvc_bulkhead_new(&bulkhead, MSVC_BULKHEAD_OPTIONS(.calls = 1)), 0);
    assert_int_equal(msvc_breaker_set(f->breaker, MSVC_BREAKER_HALF_OPEN, 0), 0);
    f->policy.breaker = f->breaker;
    f->policy.bulkhead = bulkhead;
    f->succeeds_at = 1;
    assert_int_equal(msvc_bulkhead_enter(bulkhead, 0, NULL), 0);
    assert_int_equal(run(f), MSVC_ERR_REJECTED);
    msvc_bulkhead_leave(bulkhead);
    assert_int_equal(run(f), 5);
    assert_int_equal(msvc_breaker_state(f->breaker), MSVC_BREAKER_CLOSED);
    msvc_bulkhead_free(bulkhead);
}

static void does_not_repeat_what_may_have_happened(void **state)
{
    struct fixture *f = *state;

    f->policy.retry = &f->retry;
    f->status = MSVC_ERR_UNKNOWN;
    assert_int_equal(run(f), MSVC_ERR_UNKNOWN);
    assert_int_equal(f->calls, 1);
    f->options.is_idempotent = true;
    assert_int_equal(run(f), MSVC_ERR_UNKNOWN);
    assert_int_equal(f->calls, 4);
}

static void makes_one_attempt_in_three_seconds_without_a_policy(void **state)
{
    struct fixture *f = *state;
    uint64_t before = msvc_clock_monotonic_ns(NULL);

    assert_int_equal(msvc_call(NULL, call, f, NULL), MSVC_ERR_UNAVAILABLE);
    assert_int_equal(f->calls, 1);
    assert_true(f->deadline_ns >= before + 3000000000);
}

static void pays_the_budget_for_retries_that_were_made(void **state)
{
    struct fixture *f = *state;
    struct msvc_retry_budget *budget;

    assert_int_equal(msvc_retry_budget_new(
                         &budget, MSVC_RETRY_BUDGET_OPTIONS(.percent = 1, .burst = 1,
                                                            .per_second = MSVC_RETRY_BUDGET_NONE)),
                     0);
    f->policy.budget = budget;
    f->policy.retry = &f->retry;
    assert_int_equal(run(f), MSVC_ERR_UNAVAILABLE);
    assert_int_equal(f->calls, 2);
    assert_int_equal(run(f), MSVC_ERR_UNAVAILABLE);
    assert_int_equal(f->calls, 3);
    msvc_retry_budget_free(budget);
}

static void gives_the_budget_back_for_a_retry_that_the_breaker_did_not_allow(void **state)
{
    struct fixture *f = *state;
    struct msvc_retry_budget *budget;

    assert_int_equal(msvc_retry_budget_new(
                         &budget, MSVC_RETRY_BUDGET_OPTIONS(.percent = 1, .burst = 2,
                                                            .per_second = MSVC_RETRY_BUDGET_NONE)),
                     0);
    f->policy.budget = budget;
    f->policy.breaker = f->breaker;
    f->policy.retry = &f->retry;
    assert_int_equal(run(f), MSVC_ERR_REJECTED);
    assert_int_equal(f->calls, 2);
    assert_true(msvc_retry_budget_take(budget));
    assert_false(msvc_retry_budget_take(budget));
    msvc_retry_budget_free(budget);
}

static void refuses_what_it_cannot_do(void **state)
{
    struct {
        struct msvc_call_options known;
        unsigned unknown;
    } options = { .known = { .size = sizeof(options) }, .unknown = 1 };
    struct fixture *f = *state;

    assert_int_equal(msvc_call(NULL, NULL, f, NULL), MSVC_ERR_INVALID);
    assert_int_equal(msvc_call(NULL, call, f, &options.known), MSVC_ERR_UNSUPPORTED);
    f->policy.retry = &f->retry;
    f->retry.attempts = 100000;
    assert_int_equal(run(f), MSVC_ERR_INVALID);
    assert_int_equal(f->calls, 0);
}

static void refuses_a_retry_that_says_what_is_the_policys(void **state)
{
    struct fixture *f = *state;

    f->policy.retry = &f->retry;
    f->retry.is_idempotent = true;
    assert_int_equal(run(f), MSVC_ERR_INVALID);
    f->retry.is_idempotent = false;
    f->retry.attempt_ms = 1;
    assert_int_equal(run(f), MSVC_ERR_INVALID);
    f->retry.attempt_ms = 0;
    f->retry.random = &f->random.random;
    assert_int_equal(run(f), MSVC_ERR_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(returns_what_the_call_returns),
        TEST(gives_an_attempt_three_seconds),
        TEST(gives_the_callers_earlier_deadline),
        TEST(gives_no_deadline_when_unlimited),
        TEST(takes_a_late_success_for_a_timeout),
        TEST(takes_a_success_in_the_last_moment),
        TEST(counts_a_late_answer_of_any_kind_as_failed),
        TEST(makes_no_call_when_no_time_is_left),
        TEST(makes_no_call_when_the_breaker_is_open),
        TEST(lets_the_call_say_how_it_counts),
        TEST(opens_for_as_long_as_the_peer_asked),
        TEST(retries_after_the_wait_that_opened_the_breaker),
        TEST(retries_a_peers_rejection_that_names_no_wait),
        TEST(retries_until_it_succeeds),
        TEST(makes_one_attempt_without_a_retry_policy),
        TEST(stops_retrying_when_the_breaker_opens),
        TEST(keeps_all_attempts_within_the_total),
        TEST(falls_back_once_on_the_last_failure),
        TEST(falls_back_when_the_breaker_rejects),
        TEST(does_not_fall_back_on_success),
        TEST(makes_no_call_and_no_fallback_when_cancelled),
        TEST(makes_no_call_above_the_rate),
        TEST(makes_no_call_when_the_bulkhead_is_full),
        TEST(gives_a_probes_place_back_when_a_later_policy_rejects),
        TEST(does_not_repeat_what_may_have_happened),
        TEST(makes_one_attempt_in_three_seconds_without_a_policy),
        TEST(pays_the_budget_for_retries_that_were_made),
        TEST(gives_the_budget_back_for_a_retry_that_the_breaker_did_not_allow),
        TEST(refuses_what_it_cannot_do),
        TEST(refuses_a_retry_that_says_what_is_the_policys),
    };

    return cmocka_run_group_tests_name("call", tests, NULL, NULL);
}
