/* SPDX-License-Identifier: MIT */
/*
 * The count window alone, beside a plain list of the last results: lengths
 * around the sixteen of a word, and numbers that reach their limit.
 */
#include <stdlib.h>
#include <string.h>

#include "fake_random.h"
#include "resilience/window_internal.h"
#include "test.h"

#define RESULTS 20000

struct fixture {
    _Atomic uint64_t epoch;
    struct msvc__count_window *window;
    unsigned char results[RESULTS];
};

static void setup_window(struct fixture *f, unsigned length, uint64_t number)
{
    memset(f, 0, sizeof(*f));
    f->epoch = msvc__epoch_next(0, MSVC_BREAKER_CLOSED, 0, 0);
    f->window = calloc(1, msvc__count_window_size(length));
    assert_non_null(f->window);
    msvc__count_window_init(f->window, length);
    if (number != 0)
        f->window->head = msvc__epoch_generation(f->epoch) << MSVC__NUMBER_BITS | number;
}

static void add(struct fixture *f, unsigned result)
{
    struct msvc__sample sample = { &f->epoch, f->epoch, 1, result };

    if (result != MSVC__RESULT_GOOD || !msvc__count_window_add_quickly(f->window, f->epoch))
        (void)msvc__count_window_add(f->window, &sample);
}

/* @p before: good results from before the list. */
static void assert_same(struct fixture *f, unsigned count, bool before)
{
    struct msvc__sums expected = { before ? f->window->length : 0, 0, 0 };
    struct msvc__sums actual;

    for (unsigned i = count > f->window->length ? count - f->window->length : 0; i < count; i++) {
        expected.calls += !before;
        expected.failures += f->results[i] & 1;
        expected.slow += f->results[i] >> 1;
    }
    msvc__count_window_sum(f->window, f->epoch, &actual);
    assert_int_equal(actual.calls, expected.calls);
    assert_int_equal(actual.failures, expected.failures);
    assert_int_equal(actual.slow, expected.slow);
}

static void holds_the_last(unsigned length, uint64_t number)
{
    struct fake_random random;
    struct fixture f;

    fake_random_init(&random, length);
    setup_window(&f, length, number);
    for (unsigned i = 0; i < RESULTS; i++) {
        unsigned quiet = i / 1000 % 2; /* long good stretches as well */

        f.results[i] = (unsigned char)(msvc_random_below(&random.random, quiet ? 400 : 8) & 3);
        if (quiet && msvc_random_below(&random.random, 20) != 0)
            f.results[i] = 0;
        add(&f, f.results[i]);
        if (length < 200 || i % 97 == 0)
            assert_same(&f, i + 1, number != 0);
    }
    free(f.window);
}

static void holds_the_last_results_whatever_its_length(void **state)
{
    static const unsigned lengths[] = { 1, 2, 15, 16, 17, 31, 32, 33, 100, 4096 };

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
        holds_the_last(lengths[i], 0);
}

static void holds_the_last_results_when_numbers_start_over(void **state)
{
    (void)state;
    holds_the_last(100, MSVC__NUMBER_LIMIT - 5000);
    holds_the_last(65536, MSVC__NUMBER_LIMIT - 9000);
}

/* What another generation left in the words and in the head reads as nothing. */
static void is_empty_after_a_change(void **state)
{
    struct fixture f;

    (void)state;
    setup_window(&f, 20, 0);
    for (int i = 0; i < 50; i++)
        add(&f, MSVC__RESULT_FAILED);
    f.epoch = msvc__epoch_next(f.epoch, MSVC_BREAKER_CLOSED, 0, 1);
    assert_same(&f, 0, false);
    add(&f, f.results[0] = MSVC__RESULT_SLOW);
    assert_same(&f, 1, false);
    free(f.window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_the_last_results_whatever_its_length),
        cmocka_unit_test(holds_the_last_results_when_numbers_start_over),
        cmocka_unit_test(is_empty_after_a_change),
    };

    return cmocka_run_group_tests_name("breaker_windows", tests, NULL, NULL);
}
