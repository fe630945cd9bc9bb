/* SPDX-License-Identifier: MIT */
#include <msvc/retry.h>

#include <string.h>

#include <msvc/cancel.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "fake_clock.h"
#include "fake_random.h"
#include "test.h"

struct fixture {
    struct fake_clock clock;
    struct fake_random random;
    struct msvc_retry_options options;
    struct msvc_retry retry;
    struct msvc_retry_budget *budget;
};

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

    memset(&fixture, 0, sizeof(fixture));
    fake_clock_init(&fixture.clock);
    fake_random_init(&fixture.random, 7);
    fixture.options = (struct msvc_retry_options){
        .size = sizeof(struct msvc_retry_options),
        .clock = &fixture.clock.clock,
        .random = &fixture.random.random,
        .wait = wait_by_moving_the_clock,
        .user = &fixture,
    };
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_retry_budget_free(f->budget);
    return 0;
}

static void start(struct fixture *f, uint64_t deadline_ns)
{
    assert_int_equal(msvc_retry_init(&f->retry, &f->options, deadline_ns), 0);
}

static bool again(struct fixture *f, int status)
{
    return msvc_retry_again(&f->retry, status, 0);
}

static uint64_t after_ms(struct fixture *f, uint64_t ms)
{
    return f->clock.monotonic_ns + ms * 1000000;
}

static void make_budget(struct fixture *f, unsigned percent, unsigned burst)
{
    assert_int_equal(msvc_retry_budget_new(
                         &f->budget, MSVC_RETRY_BUDGET_OPTIONS(.percent = percent, .burst = burst,
                                                               .per_second = MSVC_RETRY_BUDGET_NONE,
                                                               .clock = &f->clock.clock)),
                     0);
    f->options.budget = f->budget;
}

static void makes_three_attempts(void **state)
{
    struct fixture *f = *state;

    start(f, 0);
    assert_true(again(f, MSVC_ERR_UNAVAILABLE));
    assert_true(again(f, MSVC_ERR_UNAVAILABLE));
    assert_int_equal(f->retry.attempt, 3);
    assert_false(again(f, MSVC_ERR_UNAVAILABLE));
    assert_int_equal(f->retry.end, MSVC_RETRY_SPENT);
}

static void ends_with_a_success(void **state)
{
    struct fixture *f = *state;

    start(f, 0);
    assert_false(again(f, 0));
    assert_int_equal(f->retry.end, MSVC_RETRY_DONE);
    assert_false(again(f, MSVC_ERR_UNAVAILABLE));
}

static void does_not_repeat_what_fails_the_same_way(void **state)
{
    struct fixture *f = *state;

    start(f, 0);
    assert_false(again(f, MSVC_ERR_REFUSED));
    assert_int_equal(f->retry.end, MSVC_RETRY_POINTLESS);
}

static void does_not_repeat_what_may_have_happened(void **state)
{
    struct fixture *f = *state;

    start(f, 0);
    assert_false(again(f, MSVC_ERR_TIMEOUT));
    assert_int_equal(f->retry.end, MSVC_RETRY_POINTLESS);
}

static void repeats_what_may_have_happened_if_idempotent(void **state)
{
    struct fixture *f = *state;

    f->options.is_idempotent = true;
    start(f, 0);
    assert_true(again(f, MSVC_ERR_TIMEOUT));
}

static void takes_a_policys_rejection_for_final(void **state)
{
    struct fixture *f = *state;

    start(f, 0);
    assert_false(again(f, MSVC_ERR_REJECTED));
    assert_int_equal(f->retry.end, MSVC_RETRY_POINTLESS);
}

static void spends_no_attempt_on_a_policys_rejection(void **state)
{
    struct fixture *f = *state;
    int rejections = 0;

    f->options.waits_for_policies = true;
    start(f, after_ms(f, 60000));
    while (again(f, MSVC_ERR_REJECTED)) {
        assert_int_equal(msvc_retry_wait(&f->retry, NULL), 0);
        rejections++;
    }
    assert_int_equal(f->retry.end, MSVC_RETRY_TOO_LATE);
    assert_int_equal(f->retry.attempt, 1);
    assert_in_range(rejections, 5, 100);
}

static void spends_attempts_on_rejections_without_a_deadline(void **state)
{
    struct fixture *f = *state;

    f->options.waits_for_policies = true;
    start(f, 0);
    assert_true(again(f, MSVC_ERR_REJECTED));
    assert_true(again(f, MSVC_ERR_REJECTED));
    assert_false(again(f, MSVC_ERR_REJECTED));
}

static void doubles_the_cap_of_each_wait(void **state)
{
    struct fixture *f = *state;
    uint64_t most[5] = { 0 };

    f->options.attempts = 6;
    f->options.max_ms = 500;
    for (int run = 0; run < 500; run++) {
        start(f, 0);
        for (int i = 0; i < 5; i++) {
            assert_true(again(f, MSVC_ERR_UNAVAILABLE));
            most[i] = f->retry.delay_ms > most[i] ? f->retry.delay_ms : most[i];
        }
    }
    assert_in_range(most[0], 95, 100);
    assert_in_range(most[1], 190, 200);
    assert_in_range(most[2], 380, 400);
    assert_in_range(most[3], 480, 500);
    assert_in_range(most[4], 480, 500);
}

static void waits_at_random_from_zero(void **state)
{
    struct fixture *f = *state;
    uint64_t least = UINT64_MAX;
    uint64_t sum = 0;

    for (int run = 0; run < 1000; run++) {
        start(f, 0);
        assert_true(again(f, MSVC_ERR_UNAVAILABLE));
        least = f->retry.delay_ms < least ? f->retry.delay_ms : least;
        sum += f->retry.delay_ms;
    }
    assert_in_range(least, 0, 3);
    assert_in_range(sum, 45000, 55000);
}

static void waits_no_less_than_the_peer_asked(void **state)
{
    struct fixture *f = *state;

    for (int run = 0; run < 100; run++) {
        start(f, 0);
        assert_true(msvc_retry_again(&f->retry, MSVC_ERR_REJECTED, 2000));
        assert_in_range(f->retry.delay_ms, 2000, 2100);
    }
}

static void gives_up_when_the_peer_asks_for_too_long_a_wait(void **state)
{
    struct fixture *f = *state;

    start(f, 0);
    assert_false(msvc_retry_again(&f->retry, MSVC_ERR_UNAVAILABLE, 60001));
    assert_int_equal(f->retry.end, MSVC_RETRY_TOO_LONG);
}

static void gives_up_at_once_when_the_wait_passes_the_deadline(void **state)
{
    struct fixture *f = *state;

    start(f, after_ms(f, 1500));
    assert_false(msvc_retry_again(&f->retry, MSVC_ERR_UNAVAILABLE, 1500));
    assert_int_equal(f->retry.end, MSVC_RETRY_TOO_LATE);
}

static void bounds_each_attempt_by_both_deadlines(void **state)
{
    struct fixture *f = *state;

    f->options.attempt_ms = 1000;
    start(f, after_ms(f, 1500));
    assert_int_equal(msvc_retry_attempt_deadline(&f->retry), after_ms(f, 1000));
    fake_clock_advance_ms(&f->clock, 1000);
    assert_int_equal(msvc_retry_attempt_deadline(&f->retry), f->retry.deadline_ns);
}

static void waits_until_the_next_attempt_is_due(void **state)
{
    struct fixture *f = *state;

    start(f, 0);
    assert_true(msvc_retry_again(&f->retry, MSVC_ERR_UNAVAILABLE, 700));
    assert_int_equal(msvc_retry_wait(&f->retry, NULL), 0);
    assert_int_equal(f->clock.monotonic_ns, f->retry.next_ns);
}

static void waits_by_the_systems_clock_too(void **state)
{
    struct fixture *f = *state;

    f->options.wait = NULL;
    f->options.clock = NULL;
    start(f, 0);
    assert_true(msvc_retry_again(&f->retry, MSVC_ERR_UNAVAILABLE, 1));
    f->retry.next_ns -= 100000000;
    assert_int_equal(msvc_retry_wait(&f->retry, NULL), 0);
}

static void returns_the_budget_when_cancelled(void **state)
{
    struct fixture *f = *state;
    struct msvc_cancel *cancel;

    f->options.wait = NULL;
    make_budget(f, 1, 1);
    assert_int_equal(msvc_cancel_new(&cancel), 0);
    msvc_cancel_request(cancel);
    start(f, 0);
    assert_true(again(f, MSVC_ERR_UNAVAILABLE));
    assert_int_equal(msvc_retry_wait(&f->retry, cancel), MSVC_ERR_CANCELLED);
    msvc_cancel_free(cancel);
    assert_true(msvc_retry_budget_take(f->budget));
    assert_false(msvc_retry_budget_take(f->budget));
}

static void adds_no_more_load_than_the_budget_when_everything_fails(void **state)
{
    struct fixture *f = *state;
    unsigned calls = 0;

    make_budget(f, 10, 10);
    f->options.attempts = 4;
    for (int i = 0; i < 1000; i++) {
        start(f, 0);
        do {
            calls++;
        } while (again(f, MSVC_ERR_UNAVAILABLE));
    }
    assert_int_equal(f->retry.end, MSVC_RETRY_NO_BUDGET);
    assert_in_range(calls, 1100, 1110);
}

static void lets_the_budget_grow_with_time(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        msvc_retry_budget_new(&f->budget, MSVC_RETRY_BUDGET_OPTIONS(.burst = 2, .per_second = 2,
                                                                    .clock = &f->clock.clock)),
        0);
    assert_true(msvc_retry_budget_take(f->budget));
    assert_true(msvc_retry_budget_take(f->budget));
    assert_false(msvc_retry_budget_take(f->budget));
    fake_clock_advance_ms(&f->clock, 499);
    assert_false(msvc_retry_budget_take(f->budget));
    fake_clock_advance_ms(&f->clock, 1);
    assert_true(msvc_retry_budget_take(f->budget));
}

static void saves_up_no_more_than_the_burst(void **state)
{
    struct fixture *f = *state;

    make_budget(f, 1000, 3);
    for (int i = 0; i < 100; i++)
        msvc_retry_budget_deposit(f->budget);
    fake_clock_advance_ms(&f->clock, 1000000000);
    for (int i = 0; i < 3; i++)
        assert_true(msvc_retry_budget_take(f->budget));
    assert_false(msvc_retry_budget_take(f->budget));
}

static void refuses_numbers_outside_of_their_range(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_retry_init(&f->retry, MSVC_RETRY_OPTIONS(.attempts = 1001), 0),
                     MSVC_ERR_INVALID);
    assert_int_equal(msvc_retry_init(NULL, NULL, 0), MSVC_ERR_INVALID);
    assert_int_equal(msvc_retry_budget_new(&f->budget, MSVC_RETRY_BUDGET_OPTIONS(.percent = 1001)),
                     MSVC_ERR_INVALID);
    assert_int_equal(msvc_retry_budget_new(&f->budget, MSVC_RETRY_BUDGET_OPTIONS(.burst = 10001)),
                     MSVC_ERR_INVALID);
    assert_int_equal(msvc_retry_budget_new(NULL, NULL), MSVC_ERR_INVALID);
}

static void says_when_memory_is_short(void **state)
{
    struct fixture *f = *state;

    msvc__fail_allocation_after(0);
    assert_int_equal(msvc_retry_budget_new(&f->budget, NULL), MSVC_ERR_NOMEM);
    msvc__fail_allocation_after(-1);
    assert_null(f->budget);
}

static void refuses_options_of_the_future(void **state)
{
    struct {
        struct msvc_retry_options known;
        unsigned unknown;
    } options = { .known = { .size = sizeof(options) }, .unknown = 1 };
    struct fixture *f = *state;

    assert_int_equal(msvc_retry_init(&f->retry, &options.known, 0), MSVC_ERR_UNSUPPORTED);
}

static void copes_with_missing_objects(void **state)
{
    (void)state;
    assert_false(msvc_retry_again(NULL, MSVC_ERR_UNAVAILABLE, 0));
    assert_int_equal(msvc_retry_attempt_deadline(NULL), 0);
    assert_int_equal(msvc_retry_wait(NULL, NULL), MSVC_ERR_INVALID);
    assert_true(msvc_retry_budget_take(NULL));
    msvc_retry_budget_deposit(NULL);
    msvc_retry_budget_give_back(NULL);
    msvc_retry_budget_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(makes_three_attempts),
        TEST(ends_with_a_success),
        TEST(does_not_repeat_what_fails_the_same_way),
        TEST(does_not_repeat_what_may_have_happened),
        TEST(repeats_what_may_have_happened_if_idempotent),
        TEST(takes_a_policys_rejection_for_final),
        TEST(spends_no_attempt_on_a_policys_rejection),
        TEST(spends_attempts_on_rejections_without_a_deadline),
        TEST(doubles_the_cap_of_each_wait),
        TEST(waits_at_random_from_zero),
        TEST(waits_no_less_than_the_peer_asked),
        TEST(gives_up_when_the_peer_asks_for_too_long_a_wait),
        TEST(gives_up_at_once_when_the_wait_passes_the_deadline),
        TEST(bounds_each_attempt_by_both_deadlines),
        TEST(waits_until_the_next_attempt_is_due),
        TEST(waits_by_the_systems_clock_too),
        TEST(returns_the_budget_when_cancelled),
        TEST(adds_no_more_load_than_the_budget_when_everything_fails),
        TEST(lets_the_budget_grow_with_time),
        TEST(saves_up_no_more_than_the_burst),
        TEST(refuses_numbers_outside_of_their_range),
        TEST(says_when_memory_is_short),
        TEST(refuses_options_of_the_future),
        TEST(copes_with_missing_objects),
    };

    return cmocka_run_group_tests_name("retry", tests, NULL, NULL);
}
