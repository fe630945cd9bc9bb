/* SPDX-License-Identifier: MIT */
#include <msvc/hedge.h>

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/cancel.h>
#include <msvc/policy.h>
#include <msvc/retry.h>
#include <msvc/run.h>
#include <msvc/status.h>

#include "fake_clock.h"
#include "fake_random.h"
#include "simulate_hedge.h"
#include "test.h"

#define NS_PER_MS 1000000
#define THREADS   8

struct fixture {
    struct fake_clock clock;
    struct fake_random random;
    struct msvc_hedge *hedge;
    struct msvc_retry_budget *budget;
    struct msvc_policy *policy;
    struct msvc_run run;

    /* The executor of the blocking form. */
    struct msvc_executor executor;
    pthread_t threads[THREADS];
    unsigned thread_count;
    int refuse; /* status instead of a thread */

    atomic_int stopped; /* attempts that saw their token */
    atomic_int discarded;
    int hedge_status;
};

static int setup(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    memset(f, 0, sizeof(*f));
    fake_clock_init(&f->clock);
    fake_random_init(&f->random, 21);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < f->thread_count; i++)
        assert_int_equal(pthread_join(f->threads[i], NULL), 0);
    msvc_run_abandon(&f->run);
    msvc_policy_free(f->policy);
    msvc_hedge_free(f->hedge);
    msvc_retry_budget_free(f->budget);
    return 0;
}

/* Hedges after 10 ms; the budget has room for so many. */
static void begin(struct fixture *f, unsigned hedges, unsigned room, bool is_idempotent)
{
    assert_int_equal(
        msvc_hedge_new(&f->hedge, MSVC_HEDGE_OPTIONS(.delay_ms = 10, .hedges = hedges)), 0);
    assert_int_equal(
        msvc_retry_budget_new(&f->budget,
                              MSVC_RETRY_BUDGET_OPTIONS(.percent = 1, .burst = room,
                                                        .per_second = MSVC_RETRY_BUDGET_NONE)),
        0);
    assert_int_equal(
        msvc_policy_new(&f->policy, MSVC_POLICY_OPTIONS(.hedge = f->hedge, .budget = f->budget,
                                                        .clock = &f->clock.clock)),
        0);
    assert_int_equal(
        msvc_run_begin(&f->run, f->policy, MSVC_CALL_OPTIONS(.is_idempotent = is_idempotent), f),
        0);
}

static enum msvc_run_step next_after(struct fixture *f, uint64_t ms)
{
    fake_clock_advance_ms(&f->clock, ms);
    return msvc_run_next(&f->run, 0);
}

static void asks_again_when_the_answer_takes_too_long(void **state)
{
    struct fixture *f = *state;

    begin(f, 1, 1, true);
    assert_int_equal(next_after(f, 0), MSVC_RUN_ATTEMPT);
    assert_false(f->run.attempt->is_hedge);
    assert_int_equal(next_after(f, 9), MSVC_RUN_WAIT);
    assert_int_equal(f->run.until_ns, f->clock.monotonic_ns + NS_PER_MS);
    assert_int_equal(next_after(f, 1), MSVC_RUN_ATTEMPT);
    assert_true(f->run.attempt->is_hedge);
    assert_int_equal(f->run.attempt->number, 2);
    assert_int_equal(next_after(f, 100), MSVC_RUN_WAIT);
}

static void stops_the_loser_whichever_it_is(void **state)
{
    struct fixture *f = *state;
    struct msvc_attempt *first;
    struct msvc_attempt *second;

    begin(f, 1, 1, true);
    assert_int_equal(next_after(f, 0), MSVC_RUN_ATTEMPT);
    first = f->run.attempt;
    assert_int_equal(next_after(f, 10), MSVC_RUN_ATTEMPT);
    second = f->run.attempt;
    assert_true(msvc_run_report(&f->run, second, 5, 0));
    assert_int_equal(next_after(f, 0), MSVC_RUN_STOP);
    assert_ptr_equal(f->run.attempt, first);
    assert_int_equal(next_after(f, 0), MSVC_RUN_WAIT);
    assert_false(msvc_run_report(&f->run, first, 6, 0));
    assert_int_equal(next_after(f, 0), MSVC_RUN_DONE);
    assert_int_equal(f->run.status, 5);
}

static void takes_the_other_answer_when_one_attempt_fails(void **state)
{
    struct fixture *f = *state;
    struct msvc_attempt *first;

    begin(f, 1, 1, true);
    assert_int_equal(next_after(f, 0), MSVC_RUN_ATTEMPT);
    first = f->run.attempt;
    assert_int_equal(next_after(f, 10), MSVC_RUN_ATTEMPT);
    assert_false(msvc_run_report(&f->run, first, MSVC_ERR_UNAVAILABLE, 0));
    assert_int_equal(next_after(f, 0), MSVC_RUN_WAIT);
    assert_true(msvc_run_report(&f->run, f->run.attempt, 5, 0));
    assert_int_equal(next_after(f, 0), MSVC_RUN_DONE);
    assert_int_equal(f->run.status, 5);
}

static void never_asks_twice_for_what_is_not_idempotent(void **state)
{
    struct fixture *f = *state;

    begin(f, 1, 1, false);
    assert_int_equal(next_after(f, 0), MSVC_RUN_ATTEMPT);
    assert_int_equal(next_after(f, 1000), MSVC_RUN_WAIT);
    assert_true(msvc_run_report(&f->run, f->run.attempt, 0, 0));
}

static void makes_at_most_as_many_hedges_as_allowed(void **state)
{
    struct fixture *f = *state;

    begin(f, 2, 9, true);
    assert_int_equal(next_after(f, 0), MSVC_RUN_ATTEMPT);
    assert_int_equal(next_after(f, 10), MSVC_RUN_ATTEMPT);
    assert_int_equal(next_after(f, 9), MSVC_RUN_WAIT);
    assert_int_equal(next_after(f, 1), MSVC_RUN_ATTEMPT);
    assert_int_equal(f->run.attempt->number, 3);
    assert_int_equal(next_after(f, 1000), MSVC_RUN_WAIT);
}

static void makes_no_hedge_when_the_budget_is_spent(void **state)
{
    struct fixture *f = *state;

    begin(f, 1, 1, true);
    assert_true(msvc_retry_budget_take(f->budget));
    assert_int_equal(next_after(f, 0), MSVC_RUN_ATTEMPT);
    assert_int_equal(next_after(f, 10), MSVC_RUN_WAIT);
    assert_int_equal(f->run.until_ns, f->run.attempt->deadline_ns);
}

static void stops_all_attempts_when_abandoned(void **state)
{
    struct fixture *f = *state;

    begin(f, 1, 1, true);
    assert_int_equal(next_after(f, 0), MSVC_RUN_ATTEMPT);
    assert_int_equal(next_after(f, 10), MSVC_RUN_ATTEMPT);
    msvc_run_abandon(&f->run);
    assert_int_equal(next_after(f, 0), MSVC_RUN_DONE);
    assert_int_equal(f->run.status, MSVC_ERR_CANCELLED);
}

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

/* Latencies of all sizes: some bits of a random number. */
static uint64_t draw_ns(struct fixture *f)
{
    uint64_t bits = msvc_random_below(&f->random.random, 16) + 18;

    return msvc_random_below(&f->random.random, UINT64_C(1) << bits);
}

static void estimates_the_percentile_within_a_sixteenth(void **state)
{
    struct fixture *f = *state;
    uint64_t seen[2048];
    uint64_t exact;
    uint64_t estimate;

    for (int round = 0; round < 50; round++) {
        assert_int_equal(msvc_hedge_new(&f->hedge, MSVC_HEDGE_OPTIONS(.percentile = 90)), 0);
        for (unsigned i = 0; i < 2048; i++) {
            seen[i] = draw_ns(f);
            msvc_hedge_record(f->hedge, seen[i]);
        }
        qsort(seen, 2048, sizeof(seen[0]), compare);
        exact = seen[2048 - 2048 / 10 - 1];
        estimate = msvc_hedge_delay_ns(f->hedge);
        assert_true(estimate >= exact);
        assert_true(estimate <= exact + exact / 16 + 1024);
        msvc_hedge_free(f->hedge);
        f->hedge = NULL;
    }
}

static void forgets_what_was_long_ago(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_hedge_new(&f->hedge, NULL), 0);
    for (int i = 0; i < 5000; i++)
        msvc_hedge_record(f->hedge, 80 * NS_PER_MS);
    assert_true(msvc_hedge_delay_ns(f->hedge) >= 80 * NS_PER_MS);
    for (int i = 0; i < 2048; i++)
        msvc_hedge_record(f->hedge, 5 * NS_PER_MS);
    assert_in_range(msvc_hedge_delay_ns(f->hedge), 5 * NS_PER_MS, 6 * NS_PER_MS);
}

static void says_nothing_before_it_knows_enough(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_hedge_new(&f->hedge, NULL), 0);
    for (int i = 0; i < 99; i++)
        msvc_hedge_record(f->hedge, 3 * NS_PER_MS);
    assert_int_equal(msvc_hedge_delay_ns(f->hedge), 0);
    msvc_hedge_record(f->hedge, 3 * NS_PER_MS);
    assert_in_range(msvc_hedge_delay_ns(f->hedge), 3 * NS_PER_MS, 4 * NS_PER_MS);
    msvc_hedge_record(f->hedge, UINT64_MAX);
}

static void halves_the_99th_percentile_for_two_percent_more_calls(void **state)
{
    struct hedge_simulation simulation = { .calls = 50000, .slow_one_in = 95 };
    struct hedge_result plain;
    struct hedge_result hedged;

    (void)state;
    simulate_hedge(&plain, &simulation);
    simulation.hedges = true;
    simulation.budget_percent = 2;
    simulate_hedge(&hedged, &simulation);
    assert_true(plain.p99_ms > 190);
    assert_true(hedged.p99_ms <= plain.p99_ms / 2);
    assert_true(hedged.load <= 1.0201); /* and the ten that a budget begins with */
    assert_int_equal(hedged.failed, 0);
}

/* The blocking form: a thread for each attempt. */
struct work {
    void (*run)(void *argument);
    void *argument;
};

static void *work(void *user)
{
    struct work work = *(struct work *)user;

    free(user);
    work.run(work.argument);
    return NULL;
}

static int start_thread(void *user, void (*run)(void *argument), void *argument)
{
    struct fixture *f = user;
    struct work *made;

    if (f->refuse < 0)
        return f->refuse;
    made = malloc(sizeof(*made));
    *made = (struct work){ run, argument };
    if (pthread_create(&f->threads[f->thread_count++], NULL, work, made) != 0)
        abort();
    return 0;
}

/* The first attempt never answers by itself. */
static int hang_unless_hedge(struct msvc_attempt *attempt, void *user)
{
    struct fixture *f = user;
    struct pollfd token = { .fd = msvc_cancel_fd(attempt->cancel), .events = POLLIN };

    attempt->result = f;
    if (attempt->is_hedge)
        return f->hedge_status;
    while (poll(&token, 1, -1) != 1)
        ;
    atomic_fetch_add(&f->stopped, 1);
    return MSVC_ERR_CANCELLED;
}

static void discard(void *result)
{
    struct fixture *f = result;

    atomic_fetch_add(&f->discarded, 1);
}

static void open_blocking(struct fixture *f)
{
    f->executor = (struct msvc_executor){ start_thread, f };
    assert_int_equal(
        msvc_hedge_new(&f->hedge, MSVC_HEDGE_OPTIONS(.delay_ms = 1, .executor = &f->executor)), 0);
    assert_int_equal(
        msvc_policy_new(&f->policy, MSVC_POLICY_OPTIONS(.hedge = f->hedge,
                                                        .timeout_ms = MSVC_POLICY_UNLIMITED)),
        0);
}

static void returns_the_hedges_answer_and_cancels_the_first_attempt(void **state)
{
    struct fixture *f = *state;
    void *result = NULL;

    open_blocking(f);
    f->hedge_status = 5;
    assert_int_equal(
        msvc_call(f->policy, hang_unless_hedge, f,
                  MSVC_CALL_OPTIONS(.is_idempotent = true, .result = &result, .discard = discard)),
        5);
    assert_ptr_equal(result, f);
    assert_int_equal(f->stopped, 1);
    assert_int_equal(f->discarded, 1);
}

static void passes_the_callers_cancellation_on(void **state)
{
    struct fixture *f = *state;
    struct msvc_cancel *cancel;

    open_blocking(f);
    assert_int_equal(msvc_cancel_new(&cancel), 0);
    msvc_cancel_request(cancel);
    assert_int_equal(
        msvc_call(f->policy, hang_unless_hedge, f, MSVC_CALL_OPTIONS(.cancel = cancel)),
        MSVC_ERR_CANCELLED);
    msvc_cancel_free(cancel);
}

static void says_what_the_executor_said_when_it_takes_nothing(void **state)
{
    struct fixture *f = *state;

    open_blocking(f);
    f->refuse = MSVC_ERR_LIMIT;
    assert_int_equal(msvc_call(f->policy, hang_unless_hedge, f, NULL), MSVC_ERR_LIMIT);
}

static void refuses_to_block_without_an_executor(void **state)
{
    struct fixture *f = *state;

    begin(f, 1, 1, true);
    assert_int_equal(msvc_call(f->policy, hang_unless_hedge, f, NULL), MSVC_ERR_INVALID);
}

static void refuses_numbers_out_of_range(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_hedge_new(&f->hedge, MSVC_HEDGE_OPTIONS(.percentile = 100)),
                     MSVC_ERR_INVALID);
    assert_int_equal(msvc_hedge_new(&f->hedge, MSVC_HEDGE_OPTIONS(.percentile = 49)),
                     MSVC_ERR_INVALID);
    assert_int_equal(msvc_hedge_new(&f->hedge, MSVC_HEDGE_OPTIONS(.hedges = MSVC_HEDGE_MAX + 1)),
                     MSVC_ERR_INVALID);
    assert_int_equal(msvc_hedge_new(NULL, NULL), MSVC_ERR_INVALID);
    assert_null(f->hedge);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(asks_again_when_the_answer_takes_too_long),
        TEST(stops_the_loser_whichever_it_is),
        TEST(takes_the_other_answer_when_one_attempt_fails),
        TEST(never_asks_twice_for_what_is_not_idempotent),
        TEST(makes_at_most_as_many_hedges_as_allowed),
        TEST(makes_no_hedge_when_the_budget_is_spent),
        TEST(stops_all_attempts_when_abandoned),
        TEST(estimates_the_percentile_within_a_sixteenth),
        TEST(forgets_what_was_long_ago),
        TEST(says_nothing_before_it_knows_enough),
        TEST(halves_the_99th_percentile_for_two_percent_more_calls),
        TEST(returns_the_hedges_answer_and_cancels_the_first_attempt),
        TEST(passes_the_callers_cancellation_on),
        TEST(says_what_the_executor_said_when_it_takes_nothing),
        TEST(refuses_to_block_without_an_executor),
        TEST(refuses_numbers_out_of_range),
    };

    return cmocka_run_group_tests_name("hedge", tests, NULL, NULL);
}
