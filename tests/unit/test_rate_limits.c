/* SPDX-License-Identifier: MIT */
#include <msvc/rate_limits.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "fake_clock.h"
#include "fake_random.h"
#include "resilience/key_hash_internal.h"
#include "test.h"

#define NS_PER_MS 1000000
#define THREADS   4
#define KEYS      5
#define GRANTS    4000

struct fixture {
    struct fake_clock clock;
    struct fake_random random;
    struct msvc_rate_limits *limits;
    atomic_uint granted;
};

static int open(struct fixture *f, unsigned calls, unsigned burst, unsigned keys)
{
    msvc_rate_limits_free(f->limits);
    f->limits = NULL;
    return msvc_rate_limits_new(&f->limits,
                                MSVC_RATE_LIMITS_OPTIONS(.calls = calls, .burst = burst,
                                                         .keys = keys, .clock = &f->clock.clock,
                                                         .random = &f->random.random));
}

/* Ten in a second, three at once. */
static int setup(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    fake_clock_init(&fixture.clock);
    fake_random_init(&fixture.random, 9);
    *state = &fixture;
    return open(&fixture, 10, 3, 1000);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_rate_limits_free(f->limits);
    return 0;
}

static int take(struct fixture *f, const char *key)
{
    return msvc_rate_limits_take(f->limits, key, strlen(key), 0, NULL);
}

static int take_number(struct fixture *f, unsigned key)
{
    return msvc_rate_limits_take(f->limits, &key, sizeof(key), 0, NULL);
}

static void limits_each_key_by_itself(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 3; i++)
        assert_int_equal(take(f, "a"), 0);
    assert_int_equal(take(f, "a"), MSVC_ERR_REJECTED);
    assert_int_equal(take(f, "b"), 0);
    assert_int_equal(take(f, ""), 0);
    assert_int_equal(msvc_rate_limits_keys(f->limits), 3);
}

static void says_how_long_to_wait(void **state)
{
    struct fixture *f = *state;
    uint64_t wait_ns = 77;

    for (int i = 0; i < 3; i++)
        assert_int_equal(msvc_rate_limits_take(f->limits, "a", 1, 0, &wait_ns), 0);
    assert_int_equal(wait_ns, 0);
    assert_int_equal(msvc_rate_limits_take(f->limits, "a", 1, 0, &wait_ns), MSVC_ERR_REJECTED);
    assert_int_equal(wait_ns, 100 * NS_PER_MS);
    f->clock.monotonic_ns += wait_ns;
    assert_int_equal(take(f, "a"), 0);
}

static void forgets_only_who_has_the_whole_burst_again(void **state)
{
    struct fixture *f = *state;
    unsigned granted = 0;

    assert_int_equal(open(f, 10, 1, 16), 0);
    for (unsigned key = 0; key < 1000; key++)
        granted += take_number(f, key) == 0;
    assert_true(granted <= 32);
    assert_true(msvc_rate_limits_keys(f->limits) <= 16);
    for (unsigned key = 0; key < 1000; key++)
        assert_int_equal(take_number(f, key), MSVC_ERR_REJECTED);
    fake_clock_advance_ms(&f->clock, 200);
    assert_int_equal(take_number(f, 5000), 0);
}

static void never_forgets_what_a_key_had_while_places_are_short(void **state)
{
    struct fixture *f = *state;
    unsigned granted = 0;

    assert_int_equal(open(f, 10, 1, 16), 0);
    for (int i = 0; i < 1000; i++) {
        for (unsigned key = 1; key < 100; key++)
            (void)take_number(f, key);
        granted += take_number(f, 0) == 0;
        fake_clock_advance_ms(&f->clock, 10);
    }
    assert_true(granted <= 100 + 1);
}

/* Against exact arithmetic: grants i and j, j > i, are (j - i + 1 - burst) intervals apart. */
static void check_windows(const uint64_t *grants, unsigned count, uint64_t calls, unsigned burst)
{
    for (unsigned i = 0; i < count; i++) {
        for (unsigned j = i + burst; j < count; j += 1 + (j - i) / 8)
            assert_true((grants[j] - grants[i]) * calls >=
                        (uint64_t)(j - i + 1 - burst) * 1000 * NS_PER_MS);
    }
}

static void never_grants_more_than_the_rate_and_a_burst_in_any_window(void **state)
{
    static uint64_t grants[KEYS][GRANTS];
    struct fixture *f = *state;

    for (int round = 0; round < 20; round++) {
        unsigned calls = 1 + (unsigned)msvc_random_below(&f->random.random, 3000);
        unsigned burst = 1 + (unsigned)msvc_random_below(&f->random.random, 50);
        unsigned counts[KEYS] = { 0 };

        assert_int_equal(open(f, calls, burst, 64), 0);
        for (int i = 0; i < 10000; i++) {
            unsigned key = (unsigned)msvc_random_below(&f->random.random, KEYS);

            f->clock.monotonic_ns += msvc_random_below(&f->random.random, 2 * NS_PER_MS);
            if (take_number(f, key) == 0 && counts[key] < GRANTS)
                grants[key][counts[key]++] = f->clock.monotonic_ns;
        }
        for (unsigned key = 0; key < KEYS; key++)
            check_windows(grants[key], counts[key], calls, burst);
    }
}

static void grants_all_but_a_thousandth_of_the_rate(void **state)
{
    static const unsigned rates[] = { 1, 7, 333, 4999, 99999 };
    struct fixture *f = *state;
    unsigned long granted;

    for (unsigned i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        uint64_t step_ns = UINT64_C(1000000000) / rates[i] / 4;
        uint64_t end_ns = f->clock.monotonic_ns + UINT64_C(20000000000000) / rates[i];

        assert_int_equal(open(f, rates[i], 1, 16), 0);
        for (granted = 0; f->clock.monotonic_ns < end_ns; f->clock.monotonic_ns += step_ns) {
            uint64_t wait_ns;

            if (msvc_rate_limits_take(f->limits, "k", 1, 0, &wait_ns) == 0)
                granted++;
            else if (wait_ns < step_ns)
                f->clock.monotonic_ns += wait_ns - step_ns; /* exactly when it is due */
        }
        assert_in_range(granted, 19980, 20001);
    }
}

static void *work(void *user)
{
    struct fixture *f = user;

    for (unsigned i = 0; i < 20000; i++) {
        if (take_number(f, i % 8) == 0)
            atomic_fetch_add(&f->granted, 1);
        (void)take_number(f, 100 + i);
    }
    return NULL;
}

static void grants_each_place_once_between_threads(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[THREADS];

    assert_int_equal(open(f, 10, 100, 4096), 0);
    for (unsigned key = 0; key < 8; key++)
        assert_int_equal(take_number(f, key), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, f), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(f->granted, 8 * 99);
}

/* The vectors of the paper's authors: 0, 1, 2 … under the key 00 01 … 0f. */
static void hashes_as_siphash_does(void **state)
{
    static const uint64_t secret[2] = { UINT64_C(0x0706050403020100),
                                        UINT64_C(0x0f0e0d0c0b0a0908) };
    static const unsigned char text[] = { 0 };
    struct msvc__key_hash hash = msvc__key_hash(secret, text, 0);

    (void)state;
    assert_true(hash.low == UINT64_C(0xe6a825ba047f81a3));
    assert_true(hash.high == UINT64_C(0x930255c71472f66d));
    hash = msvc__key_hash(secret, text, 1);
    assert_true(hash.low == UINT64_C(0x44af996bd8c187da));
    assert_true(hash.high == UINT64_C(0x45fc229b11597634));
}

static void says_when_memory_is_short(void **state)
{
    struct fixture *f = *state;

    for (long after = 0; after < 2; after++) {
        msvc__fail_allocation_after(after);
        assert_int_equal(open(f, 10, 1, 100), MSVC_ERR_NOMEM);
    }
    msvc__fail_allocation_after(-1);
}

static void refuses_numbers_out_of_range(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(open(f, 10, 1, MSVC_RATE_LIMITS_KEYS_MAX + 1), MSVC_ERR_INVALID);
    assert_int_equal(open(f, UINT32_MAX, 1, 1), MSVC_ERR_INVALID);
    assert_int_equal(msvc_rate_limits_take(NULL, "a", 1, 0, NULL), MSVC_ERR_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(limits_each_key_by_itself),
        TEST(says_how_long_to_wait),
        TEST(forgets_only_who_has_the_whole_burst_again),
        TEST(never_forgets_what_a_key_had_while_places_are_short),
        TEST(never_grants_more_than_the_rate_and_a_burst_in_any_window),
        TEST(grants_all_but_a_thousandth_of_the_rate),
        TEST(grants_each_place_once_between_threads),
        TEST(hashes_as_siphash_does),
        TEST(says_when_memory_is_short),
        TEST(refuses_numbers_out_of_range),
    };

    return cmocka_run_group_tests_name("rate_limits", tests, NULL, NULL);
}
