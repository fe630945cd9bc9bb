/* SPDX-License-Identifier: MIT */
#include <msvc/breaker_saved.h>

#include <string.h>

#include <msvc/breaker.h>
#include <msvc/status.h>

#include "fake_clock.h"
#include "test.h"

#define NS_PER_MS UINT64_C(1000000)

struct fixture {
    struct fake_clock clock;
    struct fake_clock later; /* of the program that starts again */
    struct msvc_breaker *old;
    struct msvc_breaker *restored;
    struct msvc_breaker_saved saved;
};

static struct msvc_breaker *make(const struct fake_clock *clock, unsigned window_calls)
{
    struct msvc_breaker *breaker;

    assert_int_equal(
        msvc_breaker_new(&breaker, MSVC_BREAKER_OPTIONS(.minimum_calls = 4, .open_ms = 100,
                                                        .open_max_ms = 10000, .slow_ms = 500,
                                                        .window_calls = window_calls,
                                                        .clock = &clock->clock)),
        0);
    return breaker;
}

static void start(struct fixture *f, unsigned old_calls, unsigned restored_calls)
{
    f->old = make(&f->clock, old_calls);
    f->restored = make(&f->later, restored_calls);
}

static int setup(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    fake_clock_init(&fixture.clock);
    fake_clock_init(&fixture.later);
    fixture.clock.monotonic_ns = UINT64_C(123456789) * NS_PER_MS;
    fixture.later.monotonic_ns = UINT64_C(777) * 1000 * NS_PER_MS;
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_breaker_free(f->old);
    msvc_breaker_free(f->restored);
    f->old = NULL;
    f->restored = NULL;
    return 0;
}

static void report(struct msvc_breaker *breaker, enum msvc_outcome outcome, unsigned times)
{
    struct msvc_permit permit;

    while (times-- > 0) {
        assert_int_equal(msvc_breaker_begin(breaker, 0, &permit), 0);
        msvc_breaker_end(breaker, &permit, outcome, 0, 0);
    }
}

static void carry_over(struct fixture *f, uint64_t gone_ms)
{
    msvc_breaker_save(f->old, 0, &f->saved);
    assert_int_equal(msvc_breaker_restore(f->restored, &f->saved, gone_ms, 0), 0);
}

static struct msvc_breaker_snapshot look(const struct msvc_breaker *breaker)
{
    struct msvc_breaker_snapshot snapshot;

    msvc_breaker_snapshot(breaker, 0, &snapshot);
    return snapshot;
}

static void assert_counts(const struct msvc_breaker *breaker, uint64_t calls, uint64_t failures,
                          uint64_t slow)
{
    struct msvc_breaker_snapshot snapshot = look(breaker);

    assert_int_equal(snapshot.calls, calls);
    assert_int_equal(snapshot.failures, failures);
    assert_int_equal(snapshot.slow, slow);
}

static void keeps_an_opening_for_what_is_left_of_it(void **state)
{
    struct fixture *f = *state;

    start(f, 0, 0);
    report(f->old, MSVC_OUTCOME_FAILURE, 4);
    fake_clock_advance_ms(&f->clock, 30);
    carry_over(f, 50);
    assert_int_equal(look(f->restored).state, MSVC_BREAKER_OPEN);
    assert_int_equal(look(f->restored).open_until_ns, f->later.monotonic_ns + 20 * NS_PER_MS);
}

static void probes_at_once_when_an_opening_ended_meanwhile(void **state)
{
    struct fixture *f = *state;
    struct msvc_permit permit;

    start(f, 0, 0);
    report(f->old, MSVC_OUTCOME_FAILURE, 4);
    carry_over(f, 5000);
    assert_int_equal(msvc_breaker_begin(f->restored, 0, &permit), 0);
    assert_int_equal(look(f->restored).state, MSVC_BREAKER_HALF_OPEN);
}

/* Opened twice in a row: the third lasts four times as long. */
static void remembers_how_often_it_opened(void **state)
{
    struct fixture *f = *state;

    start(f, 0, 0);
    report(f->old, MSVC_OUTCOME_FAILURE, 4);
    fake_clock_advance_ms(&f->clock, 100);
    report(f->old, MSVC_OUTCOME_FAILURE, 1);
    carry_over(f, 200);
    report(f->restored, MSVC_OUTCOME_FAILURE, 1);
    assert_int_equal(look(f->restored).open_until_ns, f->later.monotonic_ns + 400 * NS_PER_MS);
}

static void keeps_counts_and_lets_them_grow_old(void **state)
{
    struct fixture *f = *state;

    start(f, 0, 0);
    report(f->old, MSVC_OUTCOME_SUCCESS, 6);
    report(f->old, MSVC_OUTCOME_FAILURE, 2);
    fake_clock_advance_ms(&f->clock, 6000);
    report(f->old, MSVC_OUTCOME_SLOW, 1);
    carry_over(f, 0);
    assert_counts(f->restored, 9, 2, 1);
    fake_clock_advance_ms(&f->later, 6000);
    assert_counts(f->restored, 1, 0, 1);
}

static void leaves_out_what_grew_old_meanwhile(void **state)
{
    struct fixture *f = *state;

    start(f, 0, 0);
    report(f->old, MSVC_OUTCOME_SUCCESS, 6);
    fake_clock_advance_ms(&f->clock, 6000);
    report(f->old, MSVC_OUTCOME_FAILURE, 1);
    carry_over(f, 6000);
    assert_counts(f->restored, 1, 1, 0);
}

static void keeps_the_order_of_a_small_count_window(void **state)
{
    struct fixture *f = *state;

    start(f, 10, 10);
    report(f->old, MSVC_OUTCOME_SUCCESS, 4);
    report(f->old, MSVC_OUTCOME_FAILURE, 1);
    report(f->old, MSVC_OUTCOME_SUCCESS, 3);
    report(f->old, MSVC_OUTCOME_FAILURE, 1);
    report(f->old, MSVC_OUTCOME_SUCCESS, 1);
    carry_over(f, 0);
    assert_counts(f->restored, 10, 2, 0);
    report(f->restored, MSVC_OUTCOME_SUCCESS, 5);
    assert_counts(f->restored, 10, 1, 0);
    report(f->restored, MSVC_OUTCOME_SUCCESS, 4);
    assert_counts(f->restored, 10, 0, 0);
}

static void opens_with_the_next_result_if_the_counts_say_so(void **state)
{
    struct fixture *f = *state;

    start(f, 0, 20);
    report(f->old, MSVC_OUTCOME_FAILURE, 3);
    carry_over(f, 0);
    assert_int_equal(look(f->restored).state, MSVC_BREAKER_CLOSED);
    report(f->restored, MSVC_OUTCOME_SUCCESS, 1);
    assert_int_equal(look(f->restored).state, MSVC_BREAKER_OPEN);
}

static void fits_counts_into_a_window_of_another_kind(void **state)
{
    struct fixture *f = *state;

    start(f, 0, 20);
    report(f->old, MSVC_OUTCOME_SUCCESS, 60);
    report(f->old, MSVC_OUTCOME_FAILURE, 20);
    carry_over(f, 0);
    assert_counts(f->restored, 20, 5, 0);
    assert_int_equal(msvc_breaker_set(f->old, MSVC_BREAKER_CLOSED, 0), 0);
    msvc_breaker_save(f->restored, 0, &f->saved);
    assert_int_equal(msvc_breaker_restore(f->old, &f->saved, 0, 0), 0);
    assert_counts(f->old, 20, 5, 0);
}

static void refuses_what_no_breaker_can_have_saved(void **state)
{
    struct fixture *f = *state;
    struct msvc_breaker_saved bad;

    start(f, 0, 0);
    report(f->old, MSVC_OUTCOME_SUCCESS, 1);
    msvc_breaker_save(f->old, 0, &f->saved);
    assert_int_equal(msvc_breaker_restore(f->restored, NULL, 0, 0), MSVC_ERR_INVALID);
    assert_int_equal(msvc_breaker_restore(NULL, &f->saved, 0, 0), MSVC_ERR_INVALID);
    bad = f->saved;
    bad.version = 2;
    assert_int_equal(msvc_breaker_restore(f->restored, &bad, 0, 0), MSVC_ERR_INVALID);
    bad = f->saved;
    bad.state = 7;
    assert_int_equal(msvc_breaker_restore(f->restored, &bad, 0, 0), MSVC_ERR_INVALID);
    bad = f->saved;
    bad.parts[3].failures = 1;
    assert_int_equal(msvc_breaker_restore(f->restored, &bad, 0, 0), MSVC_ERR_INVALID);
    bad = f->saved;
    bad.open_left_ms = UINT64_MAX;
    assert_int_equal(msvc_breaker_restore(f->restored, &bad, 0, 0), MSVC_ERR_INVALID);
}

/* Whatever bytes come back: a status, never anything worse. */
static void copes_with_any_bytes(void **state)
{
    struct fixture *f = *state;
    struct msvc_breaker_saved any;
    unsigned char *bytes = (unsigned char *)&any;
    uint64_t number = 1;
    int status;

    start(f, 0, 50);
    for (unsigned round = 0; round < 20000; round++) {
        msvc_breaker_save(f->old, 0, &any);
        for (unsigned i = 0; i < 4; i++) {
            number = number * UINT64_C(6364136223846793005) + 1442695040888963407;
            bytes[(number >> 33) % sizeof(any)] = (unsigned char)(number >> 24);
        }
        status = msvc_breaker_restore(round % 2 ? f->old : f->restored, &any, number >> 20, 0);
        assert_true(status == 0 || status == MSVC_ERR_INVALID);
        assert_true(look(f->old).failures <= look(f->old).calls);
        assert_true(look(f->restored).failures <= look(f->restored).calls);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_an_opening_for_what_is_left_of_it),
        TEST(probes_at_once_when_an_opening_ended_meanwhile),
        TEST(remembers_how_often_it_opened),
        TEST(keeps_counts_and_lets_them_grow_old),
        TEST(leaves_out_what_grew_old_meanwhile),
        TEST(keeps_the_order_of_a_small_count_window),
        TEST(opens_with_the_next_result_if_the_counts_say_so),
        TEST(fits_counts_into_a_window_of_another_kind),
        TEST(refuses_what_no_breaker_can_have_saved),
        TEST(copes_with_any_bytes),
    };

    return cmocka_run_group_tests_name("breaker_saved", tests, NULL, NULL);
}
