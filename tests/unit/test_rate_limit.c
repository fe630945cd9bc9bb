/* SPDX-License-Identifier: MIT */
#include <msvc/rate_limit.h>

#include <string.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "fake_clock.h"
#include "fake_random.h"
#include "test.h"

struct fixture {
    struct fake_clock clock;
    struct msvc_rate_limit *limit;
};

/* Ten in a second, three at once. */
static int setup(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    fake_clock_init(&fixture.clock);
    *state = &fixture;
    return msvc_rate_limit_new(
        &fixture.limit,
        MSVC_RATE_LIMIT_OPTIONS(.calls = 10, .burst = 3, .clock = &fixture.clock.clock));
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_rate_limit_free(f->limit);
    return 0;
}

static int take(struct fixture *f)
{
    return msvc_rate_limit_take(f->limit, 0, 1, 0, NULL);
}

static void spend_burst(struct fixture *f)
{
    for (int i = 0; i < 3; i++)
        assert_int_equal(take(f), 0);
}

static void grants_a_burst_and_then_rejects(void **state)
{
    struct fixture *f = *state;

    spend_burst(f);
    assert_int_equal(take(f), MSVC_ERR_REJECTED);
}

static void grants_one_after_each_interval(void **state)
{
    struct fixture *f = *state;

    spend_burst(f);
    fake_clock_advance_ms(&f->clock, 99);
    assert_int_equal(take(f), MSVC_ERR_REJECTED);
    fake_clock_advance_ms(&f->clock, 1);
    assert_int_equal(take(f), 0);
    assert_int_equal(take(f), MSVC_ERR_REJECTED);
}

static void saves_up_no_more_than_a_burst(void **state)
{
    struct fixture *f = *state;

    fake_clock_advance_ms(&f->clock, 3600000);
    spend_burst(f);
    assert_int_equal(take(f), MSVC_ERR_REJECTED);
}

static void says_how_long_to_wait_when_it_rejects(void **state)
{
    struct fixture *f = *state;
    uint64_t wait_ns = 0;

    spend_burst(f);
    fake_clock_advance_ms(&f->clock, 30);
    assert_int_equal(msvc_rate_limit_take(f->limit, 0, 1, 0, &wait_ns), MSVC_ERR_REJECTED);
    assert_int_equal(wait_ns, 70000000);
}

static void promises_later_moments_to_who_will_wait(void **state)
{
    struct fixture *f = *state;
    uint64_t wait_ns = 0;

    spend_burst(f);
    assert_int_equal(msvc_rate_limit_take(f->limit, 0, 1, 200000000, &wait_ns), 0);
    assert_int_equal(wait_ns, 100000000);
    assert_int_equal(msvc_rate_limit_take(f->limit, 0, 1, 200000000, &wait_ns), 0);
    assert_int_equal(wait_ns, 200000000);
    assert_int_equal(msvc_rate_limit_take(f->limit, 0, 1, 200000000, &wait_ns), MSVC_ERR_REJECTED);
}

static void takes_several_or_none(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_rate_limit_take(f->limit, 0, 2, 0, NULL), 0);
    assert_int_equal(msvc_rate_limit_take(f->limit, 0, 2, 0, NULL), MSVC_ERR_REJECTED);
    assert_int_equal(take(f), 0);
}

static void never_grants_more_than_a_burst_at_once(void **state)
{
    struct fixture *f = *state;
    uint64_t wait_ns = 0;

    assert_int_equal(msvc_rate_limit_take(f->limit, 0, 4, UINT64_MAX, &wait_ns), MSVC_ERR_REJECTED);
    assert_true(wait_ns == UINT64_MAX);
}

/* Every stretch of a random run holds at most its share and a burst. */
static void exceeds_its_share_in_no_stretch_of_time(void **state)
{
    struct fixture *f = *state;
    static uint64_t granted[20000];
    struct fake_random random;
    size_t count = 0;

    fake_random_init(&random, 9);
    while (count < sizeof(granted) / sizeof(granted[0])) {
        f->clock.monotonic_ns += msvc_random_below(&random.random, 150000000);
        if (msvc_random_below(&random.random, 500) == 0)
            f->clock.monotonic_ns += 2000000000;
        while (count < sizeof(granted) / sizeof(granted[0]) && take(f) == 0)
            granted[count++] = f->clock.monotonic_ns;
    }
    for (size_t from = 0; from < count; from++) {
        for (size_t to = from; to < count && to < from + 100; to++)
            assert_true(to - from + 1 <= 3 + (granted[to] - granted[from]) / 100000000);
    }
}

static void keeps_the_rate_within_a_thousandth(void **state)
{
    struct fixture *f = *state;
    struct msvc_rate_limit *fast;
    unsigned granted = 0;

    assert_int_equal(
        msvc_rate_limit_new(&fast, MSVC_RATE_LIMIT_OPTIONS(.calls = 9999999, .burst = 100,
                                                           .clock = &f->clock.clock)),
        0);
    for (int i = 0; i < 100000; i++) {
        f->clock.monotonic_ns += 50;
        granted += msvc_rate_limit_take(fast, 0, 1, 0, NULL) == 0;
    }
    msvc_rate_limit_free(fast);
    assert_in_range(granted, 49950, 50150);
}

static void refuses_numbers_outside_of_their_range(void **state)
{
    struct fixture *f = *state;
    struct msvc_rate_limit *none = NULL;

    assert_int_equal(msvc_rate_limit_new(&none, MSVC_RATE_LIMIT_OPTIONS(.calls = 10000001)),
                     MSVC_ERR_INVALID);
    assert_int_equal(msvc_rate_limit_new(&none, MSVC_RATE_LIMIT_OPTIONS(.period_ms = 86400001)),
                     MSVC_ERR_INVALID);
    assert_int_equal(
        msvc_rate_limit_new(
            &none, MSVC_RATE_LIMIT_OPTIONS(.calls = 1, .period_ms = 86400000, .burst = 366)),
        MSVC_ERR_INVALID);
    assert_int_equal(msvc_rate_limit_new(NULL, NULL), MSVC_ERR_INVALID);
    assert_int_equal(msvc_rate_limit_take(NULL, 0, 1, 0, NULL), MSVC_ERR_INVALID);
    assert_int_equal(msvc_rate_limit_take(f->limit, 0, 0, 0, NULL), MSVC_ERR_INVALID);
    msvc_rate_limit_free(NULL);
}

static void says_when_memory_is_short(void **state)
{
    struct msvc_rate_limit *none = NULL;

    (void)state;
    msvc__fail_allocation_after(0);
    assert_int_equal(msvc_rate_limit_new(&none, NULL), MSVC_ERR_NOMEM);
    msvc__fail_allocation_after(-1);
}

static void refuses_options_of_the_future(void **state)
{
    struct {
        struct msvc_rate_limit_options known;
        unsigned unknown;
    } options = { .known = { .size = sizeof(options) }, .unknown = 1 };
    struct msvc_rate_limit *none = NULL;

    (void)state;
    assert_int_equal(msvc_rate_limit_new(&none, &options.known), MSVC_ERR_UNSUPPORTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(grants_a_burst_and_then_rejects),
        TEST(grants_one_after_each_interval),
        TEST(saves_up_no_more_than_a_burst),
        TEST(says_how_long_to_wait_when_it_rejects),
        TEST(promises_later_moments_to_who_will_wait),
        TEST(takes_several_or_none),
        TEST(never_grants_more_than_a_burst_at_once),
        TEST(exceeds_its_share_in_no_stretch_of_time),
        TEST(keeps_the_rate_within_a_thousandth),
        TEST(refuses_numbers_outside_of_their_range),
        TEST(says_when_memory_is_short),
        TEST(refuses_options_of_the_future),
    };

    return cmocka_run_group_tests_name("rate_limit", tests, NULL, NULL);
}
