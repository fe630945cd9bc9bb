/* SPDX-License-Identifier: MIT */
/*
 * The breaker beside a plain model of it: lists, loops and no cleverness. Both
 * get the same random calls and must agree on every answer, on the state and on
 * the counts after each of a million steps; of more if MSVC_BREAKER_STEPS asks.
 */
#include <msvc/breaker.h>

#include <stdlib.h>
#include <string.h>

#include <msvc/status.h>

#include "fake_clock.h"
#include "fake_random.h"
#include "test.h"

#define NS_PER_MS 1000000
#define HELD      8
#define KEPT      4096

struct result {
    uint64_t slice;
    bool failed;
    bool slow;
};

struct place {
    enum { FREE, LEASED, GOOD, BAD } status;
    uint64_t deadline_ms;
    unsigned owner;
};

struct model {
    struct msvc_breaker_options options; /* without zeros */
    uint64_t made_ns;
    uint64_t slice_ns;
    uint64_t slices;
    enum msvc_breaker_state state;
    unsigned generation;
    unsigned openings;
    uint64_t until_ms;
    uint64_t began_ms;         /* a ramp */
    struct fake_random random; /* draws the same numbers as the breaker's */
    unsigned streak;
    struct result results[KEPT];
    size_t count;
    struct place places[MSVC_BREAKER_PROBES_MAX];
    unsigned serial;
};

/* The same permit as both know it. */
struct held {
    bool is_used;
    struct msvc_permit permit;
    unsigned generation;
    unsigned owner; /* of a place; 0: none */
};

struct fixture {
    struct fake_clock clock;
    struct fake_random random;
    struct fake_random ramp; /* the breaker's */
    uint64_t made_ns;
    struct msvc_breaker *breaker;
    struct model model;
    struct held held[HELD];
    bool reconfigures;
};

static uint64_t below(struct fixture *f, uint64_t limit)
{
    return msvc_random_below(&f->random.random, limit);
}

static uint64_t age_ns(const struct fixture *f)
{
    return f->clock.monotonic_ns - f->made_ns;
}

/* Slices begin with the clock, not with the breaker. */
static uint64_t slice_at(const struct model *m, uint64_t age)
{
    return (m->made_ns + age) / m->slice_ns;
}

static void change(struct model *m, enum msvc_breaker_state state)
{
    m->state = state;
    m->generation++;
    m->count = 0;
    m->streak = 0;
    memset(m->places, 0, sizeof(m->places));
}

static void open_until(struct model *m, uint64_t age, uint64_t wait_ms)
{
    change(m, MSVC_BREAKER_OPEN);
    m->until_ms = (age + NS_PER_MS - 1) / NS_PER_MS + wait_ms;
}

static void trip(struct model *m, uint64_t age)
{
    uint64_t wait = (uint64_t)m->options.open_ms << m->openings;

    open_until(m, age, wait < m->options.open_max_ms ? wait : m->options.open_max_ms);
    if (m->openings < 31)
        m->openings++;
}

static void model_closes(struct model *m, uint64_t age)
{
    if (m->options.ramp_ms != 0 && m->state == MSVC_BREAKER_HALF_OPEN) {
        change(m, MSVC_BREAKER_RAMPING);
        m->began_ms = age / NS_PER_MS;
        return;
    }
    change(m, MSVC_BREAKER_CLOSED);
    m->openings = 0;
}

static bool model_takes_place(struct model *m, uint64_t now_ms, unsigned *owner)
{
    for (unsigned i = 0; i < m->options.probes; i++) {
        struct place *place = &m->places[i];

        if (place->status == GOOD || place->status == BAD ||
            (place->status == LEASED && place->deadline_ms > now_ms))
            continue;
        *owner = ++m->serial;
        *place = (struct place){ LEASED, now_ms + m->options.lease_ms, *owner };
        return true;
    }
    return false;
}

static void model_judges_places(struct model *m, uint64_t age)
{
    unsigned goods = 0;
    unsigned bads = 0;

    for (unsigned i = 0; i < MSVC_BREAKER_PROBES_MAX; i++) {
        goods += m->places[i].status == GOOD;
        bads += m->places[i].status == BAD;
    }
    if (goods >= m->options.probe_successes)
        model_closes(m, age);
    else if (bads > m->options.probes - m->options.probe_successes)
        trip(m, age);
}

/* A tenth of the calls at first. */
static bool model_ramp_admits(struct model *m, uint64_t gone_ms)
{
    uint64_t share = gone_ms * 100 / m->options.ramp_ms;

    return msvc_random_below(&m->random.random, 100) < (share > 10 ? share : 10);
}

static bool model_begin(struct model *m, uint64_t age, unsigned *owner)
{
    uint64_t now_ms = age / NS_PER_MS;

    *owner = 0;
    if (m->state == MSVC_BREAKER_FORCED_OPEN ||
        (m->state == MSVC_BREAKER_OPEN && now_ms < m->until_ms))
        return false;
    if (m->state == MSVC_BREAKER_OPEN)
        change(m, MSVC_BREAKER_HALF_OPEN);
    if (m->state == MSVC_BREAKER_HALF_OPEN) {
        if (model_takes_place(m, now_ms, owner))
            return true;
        model_judges_places(m, age); /* matters when the rules changed */
        return m->state != MSVC_BREAKER_HALF_OPEN && model_begin(m, age, owner);
    }
    if (m->state == MSVC_BREAKER_RAMPING) {
        if (now_ms - m->began_ms < m->options.ramp_ms)
            return model_ramp_admits(m, now_ms - m->began_ms);
        model_closes(m, age);
    }
    return true;
}

static void model_end_probe(struct model *m, unsigned owner, uint64_t age, bool says_nothing,
                            bool good)
{
    for (unsigned i = 0; i < MSVC_BREAKER_PROBES_MAX; i++) {
        struct place *place = &m->places[i];

        if (place->status != LEASED || place->owner != owner)
            continue;
        place->status = says_nothing ? FREE : good ? GOOD : BAD;
        model_judges_places(m, age);
        return;
    }
}

static bool is_in_window(const struct model *m, size_t index, uint64_t age)
{
    if (m->options.window_calls != 0)
        return m->count - index <= m->options.window_calls;
    return m->results[index].slice + m->slices > slice_at(m, age);
}

static struct msvc_breaker_snapshot model_sums(const struct model *m, uint64_t age)
{
    struct msvc_breaker_snapshot sums = { .state = m->state };

    for (size_t i = 0; i < m->count; i++) {
        if (!is_in_window(m, i, age))
            continue;
        sums.calls++;
        sums.failures += m->results[i].failed;
        sums.slow += m->results[i].slow;
    }
    return sums;
}

static bool model_must_open(const struct model *m, uint64_t age)
{
    const struct msvc_breaker_options *o = &m->options;
    struct msvc_breaker_snapshot sums = model_sums(m, age);

    if (o->failure_streak != 0 && m->streak >= o->failure_streak)
        return true;
    return sums.calls >= o->minimum_calls &&
           (sums.failures * 100 >= o->failure_percent * sums.calls ||
            (o->slow_ms != 0 && sums.slow * 100 >= o->slow_percent * sums.calls));
}

static void model_record(struct model *m, uint64_t age, bool failed, bool slow)
{
    if (m->count == KEPT) {
        memmove(m->results, m->results + KEPT / 2, sizeof(m->results) / 2);
        m->count = KEPT / 2;
    }
    m->results[m->count++] = (struct result){ slice_at(m, age), failed, slow };
    m->streak = failed ? m->streak + 1 : 0;
    if ((m->state == MSVC_BREAKER_CLOSED || m->state == MSVC_BREAKER_RAMPING) &&
        model_must_open(m, age))
        trip(m, age);
}

static void model_end(struct model *m, const struct held *held, uint64_t age,
                      enum msvc_outcome outcome, uint64_t duration_ns)
{
    bool says_nothing = outcome == MSVC_OUTCOME_IGNORED || outcome == MSVC_OUTCOME_CANCELLED;
    bool failed = outcome == MSVC_OUTCOME_FAILURE || outcome == MSVC_OUTCOME_REJECTED;
    bool slow =
        outcome == MSVC_OUTCOME_SLOW ||
        (m->options.slow_ms != 0 && duration_ns >= (uint64_t)m->options.slow_ms * NS_PER_MS);

    if (held->generation != m->generation || m->state == MSVC_BREAKER_DISABLED)
        return;
    if (m->state == MSVC_BREAKER_HALF_OPEN)
        model_end_probe(m, held->owner, age, says_nothing,
                        !failed && !(slow && m->options.slow_ms != 0));
    else if (!says_nothing)
        model_record(m, age, failed, slow);
}

static void model_open_for(struct model *m, uint64_t age, uint64_t ms)
{
    if (ms == 0 || m->state > MSVC_BREAKER_RAMPING)
        return;
    if (m->state == MSVC_BREAKER_OPEN && m->until_ms >= (age + NS_PER_MS - 1) / NS_PER_MS + ms)
        return;
    open_until(m, age, ms);
}

static void model_set(struct model *m, uint64_t age, enum msvc_breaker_state state)
{
    m->openings = 0;
    m->began_ms = age / NS_PER_MS;
    if (state == MSVC_BREAKER_OPEN)
        trip(m, age);
    else
        change(m, state);
}

static void step_begin(struct fixture *f)
{
    struct held *held = &f->held[below(f, HELD)];
    struct msvc_permit permit;
    unsigned owner;
    bool admitted = model_begin(&f->model, age_ns(f), &owner);

    assert_int_equal(msvc_breaker_begin(f->breaker, f->clock.monotonic_ns, &permit),
                     admitted ? 0 : MSVC_ERR_REJECTED);
    if (admitted)
        *held = (struct held){ true, permit, f->model.generation, owner };
}

static void step_end(struct fixture *f, unsigned failing_percent)
{
    struct held *held = &f->held[below(f, HELD)];
    enum msvc_outcome outcome = (enum msvc_outcome)below(f, 6);
    uint64_t duration_ns = below(f, 20) * NS_PER_MS;

    if (!held->is_used)
        return;
    if (below(f, 100) >= failing_percent)
        outcome = MSVC_OUTCOME_SUCCESS;
    model_end(&f->model, held, age_ns(f), outcome, duration_ns);
    msvc_breaker_end(f->breaker, &held->permit, outcome, duration_ns, f->clock.monotonic_ns);
    held->is_used = false;
}

static void step_by_hand(struct fixture *f)
{
    enum msvc_breaker_state state = (enum msvc_breaker_state)below(f, 7);
    uint64_t ms = below(f, 60);

    if (below(f, 2) == 0) {
        model_open_for(&f->model, age_ns(f), ms);
        msvc_breaker_open_for(f->breaker, ms, f->clock.monotonic_ns);
        return;
    }
    model_set(&f->model, age_ns(f), state);
    assert_int_equal(msvc_breaker_set(f->breaker, state, f->clock.monotonic_ns), 0);
}

/* Any of the numbers that may change. */
static void step_reconfigure(struct fixture *f)
{
    struct msvc_breaker_options *o = &f->model.options;
    bool had_streak = o->failure_streak != 0;

    switch (below(f, 6)) {
    case 0:
        o->failure_percent = 20 + (unsigned)below(f, 81);
        break;
    case 1:
        o->slow_ms = below(f, 2) * 15;
        o->slow_percent = 50 + (unsigned)below(f, 51);
        break;
    case 2:
        o->failure_streak = (unsigned)below(f, 2) * 5;
        break;
    case 3:
        o->probes = 1 + (unsigned)below(f, MSVC_BREAKER_PROBES_MAX);
        o->probe_successes = 1 + (unsigned)below(f, o->probes);
        break;
    case 4:
        o->open_ms = 10 + (unsigned)below(f, 50);
        o->open_max_ms = o->open_ms * (1 + (unsigned)below(f, 8));
        o->ramp_ms = (unsigned)below(f, 2) * 60;
        break;
    default:
        o->minimum_calls = 2 + (unsigned)below(f, 5);
        o->lease_ms = 10 + (unsigned)below(f, 60);
    }
    if (!had_streak)
        f->model.streak = 0;
    assert_int_equal(msvc_breaker_reconfigure(f->breaker, o), 0);
}

static void compare(struct fixture *f)
{
    struct msvc_breaker_snapshot expected = model_sums(&f->model, age_ns(f));
    struct msvc_breaker_snapshot actual;

    msvc_breaker_snapshot(f->breaker, f->clock.monotonic_ns, &actual);
    assert_int_equal(actual.state, expected.state);
    assert_int_equal(actual.calls, expected.calls);
    assert_int_equal(actual.failures, expected.failures);
    assert_int_equal(actual.slow, expected.slow);
    if (f->model.options.failure_streak != 0)
        assert_int_equal(actual.streak, f->model.streak);
    if (expected.state == MSVC_BREAKER_OPEN)
        assert_int_equal(actual.open_until_ns, f->made_ns + f->model.until_ms * NS_PER_MS);
}

/* For each of the tests: a fifth of a million in all, or of MSVC_BREAKER_STEPS. */
static unsigned long steps_wanted(void)
{
    const char *asked = getenv("MSVC_BREAKER_STEPS");

    return asked != NULL ? strtoul(asked, NULL, 10) / 5 : 200000;
}

static void run_steps(struct fixture *f, unsigned long steps)
{
    unsigned failing_percent = 30;

    while (steps-- > 0) {
        unsigned action = (unsigned)below(f, 1000);

        if (below(f, 500) == 0)
            failing_percent = (unsigned)below(f, 101);
        if (action < 450)
            step_begin(f);
        else if (action < 900)
            step_end(f, failing_percent);
        else if (action < 990)
            f->clock.monotonic_ns += below(f, 12 * NS_PER_MS);
        else if (action < 996)
            f->clock.monotonic_ns += below(f, 400 * (uint64_t)NS_PER_MS);
        else if (action == 998 && f->reconfigures)
            step_reconfigure(f);
        else if (action == 999)
            step_by_hand(f);
        compare(f);
    }
}

/* The slices are the breaker's: the greatest power of two that goes at least eight times into a
 * window. */
static void slice(struct model *m)
{
    uint64_t window_ns = (uint64_t)m->options.window_ms * NS_PER_MS;

    m->slice_ns = 1;
    while (window_ns / m->slice_ns >= 16)
        m->slice_ns *= 2;
    m->slices = (window_ns + m->slice_ns - 1) / m->slice_ns;
}

static void agrees_with(struct msvc_breaker_options options, uint64_t seed, bool reconfigures)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    fake_clock_init(&f->clock);
    fake_random_init(&f->random, seed);
    options.size = sizeof(options);
    options.clock = &f->clock.clock;
    options.random = &f->ramp.random;
    fake_random_init(&f->ramp, seed);
    f->reconfigures = reconfigures;
    f->made_ns = f->clock.monotonic_ns;
    f->model.options = options;
    fake_random_init(&f->model.random, seed);
    f->model.made_ns = f->made_ns;
    slice(&f->model);
    assert_int_equal(msvc_breaker_new(&f->breaker, &options), 0);
    run_steps(f, steps_wanted());
    msvc_breaker_free(f->breaker);
    free(f);
}

static void agrees(struct msvc_breaker_options options, uint64_t seed)
{
    agrees_with(options, seed, false);
}

static void agrees_on_a_time_window(void **state)
{
    (void)state;
    agrees((struct msvc_breaker_options){ .failure_percent = 50,
                                          .slow_percent = 100,
                                          .minimum_calls = 5,
                                          .window_ms = 160,
                                          .open_ms = 30,
                                          .open_max_ms = 200,
                                          .probes = 1,
                                          .probe_successes = 1,
                                          .lease_ms = 40 },
           1);
}

static void agrees_on_a_count_window(void **state)
{
    (void)state;
    agrees((struct msvc_breaker_options){ .failure_percent = 60,
                                          .slow_percent = 100,
                                          .minimum_calls = 5,
                                          .window_calls = 7,
                                          .open_ms = 30,
                                          .open_max_ms = 30,
                                          .probes = 3,
                                          .probe_successes = 2,
                                          .lease_ms = 40 },
           2);
}

static void agrees_on_slow_calls(void **state)
{
    (void)state;
    agrees((struct msvc_breaker_options){ .failure_percent = MSVC_BREAKER_OFF,
                                          .slow_ms = 12,
                                          .slow_percent = 60,
                                          .minimum_calls = 10,
                                          .window_ms = 333,
                                          .open_ms = 50,
                                          .open_max_ms = 50,
                                          .probes = 5,
                                          .probe_successes = 1,
                                          .lease_ms = 25 },
           3);
}

static void agrees_on_streaks(void **state)
{
    (void)state;
    agrees((struct msvc_breaker_options){ .failure_percent = 90,
                                          .slow_ms = 18,
                                          .slow_percent = 80,
                                          .failure_streak = 4,
                                          .minimum_calls = 20,
                                          .window_calls = 50,
                                          .open_ms = 20,
                                          .open_max_ms = 1000,
                                          .probes = 2,
                                          .probe_successes = 2,
                                          .lease_ms = 60 },
           4);
}

static void agrees_on_sixteen_probes(void **state)
{
    (void)state;
    agrees((struct msvc_breaker_options){ .failure_percent = 20,
                                          .slow_percent = 100,
                                          .minimum_calls = 3,
                                          .window_ms = 1000,
                                          .open_ms = 10,
                                          .open_max_ms = 10,
                                          .probes = 16,
                                          .probe_successes = 9,
                                          .lease_ms = 15 },
           5);
}

static void agrees_on_ramps(void **state)
{
    (void)state;
    agrees((struct msvc_breaker_options){ .failure_percent = 50,
                                          .slow_percent = 100,
                                          .minimum_calls = 4,
                                          .window_ms = 300,
                                          .open_ms = 20,
                                          .open_max_ms = 300,
                                          .probes = 2,
                                          .probe_successes = 1,
                                          .lease_ms = 30,
                                          .ramp_ms = 100 },
           6);
}

static void agrees_when_the_numbers_change(void **state)
{
    (void)state;
    agrees_with((struct msvc_breaker_options){ .failure_percent = 50,
                                               .slow_percent = 100,
                                               .minimum_calls = 4,
                                               .window_ms = 300,
                                               .open_ms = 20,
                                               .open_max_ms = 20,
                                               .probes = 2,
                                               .probe_successes = 1,
                                               .lease_ms = 30 },
                7, true);
    agrees_with((struct msvc_breaker_options){ .failure_percent = 50,
                                               .slow_percent = 100,
                                               .minimum_calls = 4,
                                               .window_calls = 20,
                                               .open_ms = 20,
                                               .open_max_ms = 20,
                                               .probes = 2,
                                               .probe_successes = 1,
                                               .lease_ms = 30 },
                8, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_on_a_time_window),
        cmocka_unit_test(agrees_on_a_count_window),
        cmocka_unit_test(agrees_on_slow_calls),
        cmocka_unit_test(agrees_on_streaks),
        cmocka_unit_test(agrees_on_sixteen_probes),
        cmocka_unit_test(agrees_on_ramps),
        cmocka_unit_test(agrees_when_the_numbers_change),
    };

    return cmocka_run_group_tests_name("breaker_model", tests, NULL, NULL);
}
