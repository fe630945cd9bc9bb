/* SPDX-License-Identifier: MIT */
/*
 * Several threads on one breaker. What must hold in every order: nothing is
 * counted twice or lost, probes never exceed their limit, and one change is
 * announced once.
 */
#include <msvc/breaker.h>

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <msvc/status.h>

#include "fake_clock.h"
#include "test.h"

#define THREADS 4
#define ROUNDS  20000

struct fixture {
    struct fake_clock clock;
    struct msvc_breaker *breaker;
    _Atomic unsigned arrivals[6];
    _Atomic unsigned departures[6];
    _Atomic unsigned in_flight;
    _Atomic unsigned most_in_flight;
};

static void count_change(struct msvc_breaker *breaker, enum msvc_breaker_state from,
                         enum msvc_breaker_state to, void *user)
{
    struct fixture *f = user;

    (void)breaker;
    atomic_fetch_add(&f->departures[from], 1);
    atomic_fetch_add(&f->arrivals[to], 1);
}

static int setup(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    fake_clock_init(&fixture.clock);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_breaker_free(f->breaker);
    return 0;
}

static void in_threads(struct fixture *f, void *(*work)(void *))
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, f), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

/* Every third call fails. */
static void *report_some_failures(void *user)
{
    struct fixture *f = user;
    struct msvc_permit permit;

    for (int i = 0; i < ROUNDS; i++) {
        if (msvc_breaker_begin(f->breaker, 0, &permit) < 0)
            continue;
        msvc_breaker_end(f->breaker, &permit,
                         i % 3 == 0 ? MSVC_OUTCOME_FAILURE : MSVC_OUTCOME_SUCCESS, 0, 0);
    }
    return NULL;
}

static void assert_counts(struct fixture *f, uint64_t calls, uint64_t failures)
{
    struct msvc_breaker_snapshot snapshot;

    msvc_breaker_snapshot(f->breaker, 0, &snapshot);
    assert_int_equal(snapshot.calls, calls);
    assert_int_equal(snapshot.failures, failures);
}

static void counts_every_result_of_a_time_window_once(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        msvc_breaker_new(&f->breaker, MSVC_BREAKER_OPTIONS(.failure_percent = MSVC_BREAKER_OFF,
                                                           .clock = &f->clock.clock)),
        0);
    in_threads(f, report_some_failures);
    assert_counts(f, THREADS * ROUNDS, THREADS * ((ROUNDS + 2) / 3));
}

static void *report_until_all_failed(void *user)
{
    struct fixture *f = user;
    struct msvc_permit permit;

    (void)report_some_failures(f);
    for (int i = 0; i < 50; i++) {
        if (msvc_breaker_begin(f->breaker, 0, &permit) == 0)
            msvc_breaker_end(f->breaker, &permit, MSVC_OUTCOME_FAILURE, 0, 0);
    }
    return NULL;
}

/* Sums that lost or kept one result would not end where the ring does. */
static void keeps_sums_and_ring_of_a_count_window_together(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        msvc_breaker_new(&f->breaker,
                         MSVC_BREAKER_OPTIONS(.failure_percent = MSVC_BREAKER_OFF,
                                              .window_calls = 3, .clock = &f->clock.clock)),
        0);
    in_threads(f, report_until_all_failed);
    (void)report_until_all_failed(f);
    assert_counts(f, 3, 3);
}

static void *probe_and_say_nothing(void *user)
{
    struct fixture *f = user;
    struct msvc_permit permit;

    for (int i = 0; i < ROUNDS / 4; i++) {
        unsigned now;
        unsigned most;

        if (msvc_breaker_begin(f->breaker, 0, &permit) < 0)
            continue;
        now = atomic_fetch_add(&f->in_flight, 1) + 1;
        most = atomic_load(&f->most_in_flight);
        while (permit.deadline_ns != 0 && now > most &&
               !atomic_compare_exchange_weak(&f->most_in_flight, &most, now))
            ;
        atomic_fetch_sub(&f->in_flight, 1);
        msvc_breaker_end(f->breaker, &permit, MSVC_OUTCOME_IGNORED, 0, 0);
    }
    return NULL;
}

static void never_has_more_probes_out_than_the_limit(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        msvc_breaker_new(&f->breaker, MSVC_BREAKER_OPTIONS(.probes = 2, .clock = &f->clock.clock)),
        0);
    assert_int_equal(msvc_breaker_set(f->breaker, MSVC_BREAKER_HALF_OPEN, 0), 0);
    in_threads(f, probe_and_say_nothing);
    assert_in_range(f->most_in_flight, 1, 2);
}

static void *go_round(void *user)
{
    struct fixture *f = user;
    struct msvc_permit permit;

    for (int i = 0; i < ROUNDS; i++) {
        if (i % 7 == 0)
            atomic_fetch_add(&f->clock.monotonic_ns, 1000000);
        if (msvc_breaker_begin(f->breaker, 0, &permit) < 0)
            continue;
        msvc_breaker_end(f->breaker, &permit,
                         i % 16 < 12 ? MSVC_OUTCOME_FAILURE : MSVC_OUTCOME_SUCCESS, 0, 0);
    }
    return NULL;
}

/* Each announcement begins where some other ended: arrivals and departures of a state differ by
 * whether it is the one at the end. */
static void announces_each_change_once(void **state)
{
    struct fixture *f = *state;
    enum msvc_breaker_state last;

    assert_int_equal(
        msvc_breaker_new(&f->breaker, MSVC_BREAKER_OPTIONS(.minimum_calls = 2, .open_ms = 1,
                                                           .clock = &f->clock.clock,
                                                           .on_change = count_change, .user = f)),
        0);
    in_threads(f, go_round);
    last = msvc_breaker_state(f->breaker);
    assert_true(f->arrivals[MSVC_BREAKER_OPEN] > 100);
    for (int i = MSVC_BREAKER_CLOSED; i <= MSVC_BREAKER_HALF_OPEN; i++)
        assert_int_equal(f->arrivals[i] + (i == MSVC_BREAKER_CLOSED),
                         f->departures[i] + (i == (int)last));
}

/* However it ended, a good dependency closes it again: nothing is wedged. */
static void closes_after_any_turmoil(void **state)
{
    struct fixture *f = *state;
    struct msvc_permit permit;

    assert_int_equal(
        msvc_breaker_new(&f->breaker,
                         MSVC_BREAKER_OPTIONS(.minimum_calls = 2, .open_ms = 1, .probes = 3,
                                              .lease_ms = 5, .clock = &f->clock.clock)),
        0);
    in_threads(f, go_round);
    for (int i = 0; i < 5; i++) {
        fake_clock_advance_ms(&f->clock, 6);
        if (msvc_breaker_begin(f->breaker, 0, &permit) == 0)
            msvc_breaker_end(f->breaker, &permit, MSVC_OUTCOME_SUCCESS, 0, 0);
    }
    assert_int_equal(msvc_breaker_state(f->breaker), MSVC_BREAKER_CLOSED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(counts_every_result_of_a_time_window_once),
        TEST(keeps_sums_and_ring_of_a_count_window_together),
        TEST(never_has_more_probes_out_than_the_limit),
        TEST(announces_each_change_once),
        TEST(closes_after_any_turmoil),
    };

    return cmocka_run_group_tests_name("breaker_threads", tests, NULL, NULL);
}
