/* SPDX-License-Identifier: MIT */
#include <msvc/breaker.h>

#include <string.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "fake_clock.h"
#include "fake_random.h"
#include "test.h"

struct fixture {
    struct fake_clock clock;
    struct fake_random random;
    struct msvc_breaker *breaker;
    unsigned changes;
    enum msvc_breaker_state from;
    enum msvc_breaker_state to;
    enum msvc_breaker_state seen_inside;
};

static void note_change(struct msvc_breaker *breaker, enum msvc_breaker_state from,
                        enum msvc_breaker_state to, void *user)
{
    struct fixture *f = user;

    f->changes++;
    f->from = from;
    f->to = to;
    f->seen_inside = msvc_breaker_state(breaker);
}

static struct msvc_breaker_options base_options(struct fixture *f)
{
    return (struct msvc_breaker_options){
        .size = sizeof(struct msvc_breaker_options),
        .minimum_calls = 4,
        .open_ms = 100,
        .lease_ms = 1000,
        .clock = &f->clock.clock,
        .random = &f->random.random,
        .on_change = note_change,
        .user = f,
    };
}

static void rebuild(struct fixture *f, const struct msvc_breaker_options *options)
{
    msvc_breaker_free(f->breaker);
    f->breaker = NULL;
    assert_int_equal(msvc_breaker_new(&f->breaker, options), 0);
}

static int setup(void **state)
{
    static struct fixture fixture;
    struct msvc_breaker_options options;

    memset(&fixture, 0, sizeof(fixture));
    fake_clock_init(&fixture.clock);
    fake_random_init(&fixture.random, 1);
    options = base_options(&fixture);
    rebuild(&fixture, &options);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_breaker_free(f->breaker);
    return 0;
}

static struct msvc_permit begin(struct fixture *f)
{
    struct msvc_permit permit;

    assert_int_equal(msvc_breaker_begin(f->breaker, 0, &permit), 0);
    return permit;
}

static void end(struct fixture *f, struct msvc_permit permit, enum msvc_outcome outcome)
{
    msvc_breaker_end(f->breaker, &permit, outcome, 0, 0);
}

static void report(struct fixture *f, enum msvc_outcome outcome, unsigned times)
{
    while (times-- > 0)
        end(f, begin(f), outcome);
}

static void assert_state(struct fixture *f, enum msvc_breaker_state state)
{
    assert_string_equal(msvc_breaker_state_name(msvc_breaker_state(f->breaker)),
                        msvc_breaker_state_name(state));
}

static void assert_rejects(struct fixture *f)
{
    struct msvc_permit permit;

    assert_int_equal(msvc_breaker_begin(f->breaker, 0, &permit), MSVC_ERR_REJECTED);
}

static void trip(struct fixture *f)
{
    report(f, MSVC_OUTCOME_FAILURE, 4);
    assert_state(f, MSVC_BREAKER_OPEN);
}

/* Half-open, the first probe out. */
static struct msvc_permit probe(struct fixture *f)
{
    trip(f);
    fake_clock_advance_ms(&f->clock, 100);
    return begin(f);
}

static struct msvc_breaker_snapshot look(struct fixture *f)
{
    struct msvc_breaker_snapshot snapshot;

    msvc_breaker_snapshot(f->breaker, 0, &snapshot);
    return snapshot;
}

static void opens_when_half_of_the_calls_failed(void **state)
{
    struct fixture *f = *state;

    report(f, MSVC_OUTCOME_SUCCESS, 3);
    report(f, MSVC_OUTCOME_FAILURE, 2);
    assert_state(f, MSVC_BREAKER_CLOSED);
    report(f, MSVC_OUTCOME_FAILURE, 1);
    assert_state(f, MSVC_BREAKER_OPEN);
}

static void stays_closed_before_the_minimum_of_calls(void **state)
{
    struct fixture *f = *state;

    report(f, MSVC_OUTCOME_FAILURE, 3);
    assert_state(f, MSVC_BREAKER_CLOSED);
}

static void opens_on_the_good_call_that_completes_the_minimum(void **state)
{
    struct fixture *f = *state;

    report(f, MSVC_OUTCOME_FAILURE, 3);
    report(f, MSVC_OUTCOME_SUCCESS, 1);
    assert_state(f, MSVC_BREAKER_OPEN);
}

static void rejects_while_open_and_leaves_permit_alone(void **state)
{
    struct fixture *f = *state;
    struct msvc_permit permit = { .generation = 42 };

    trip(f);
    assert_int_equal(msvc_breaker_begin(f->breaker, 0, &permit), MSVC_ERR_REJECTED);
    assert_int_equal(permit.generation, 42);
}

static void rejects_until_the_last_nanosecond_of_an_opening(void **state)
{
    struct fixture *f = *state;

    f->clock.monotonic_ns += 1;
    trip(f);
    fake_clock_advance_ms(&f->clock, 100);
    assert_rejects(f);
    fake_clock_advance_ms(&f->clock, 1);
    (void)begin(f);
}

static void forgets_what_is_older_than_the_window(void **state)
{
    struct fixture *f = *state;

    report(f, MSVC_OUTCOME_FAILURE, 3);
    fake_clock_advance_ms(&f->clock, 12000);
    report(f, MSVC_OUTCOME_FAILURE, 3);
    assert_state(f, MSVC_BREAKER_CLOSED);
    assert_int_equal(look(f).calls, 3);
}

static void remembers_what_is_younger_than_the_window(void **state)
{
    struct fixture *f = *state;

    report(f, MSVC_OUTCOME_FAILURE, 2);
    fake_clock_advance_ms(&f->clock, 8700);
    report(f, MSVC_OUTCOME_FAILURE, 2);
    assert_state(f, MSVC_BREAKER_OPEN);
}

static void opens_when_good_calls_grow_old_before_bad_ones(void **state)
{
    struct fixture *f = *state;

    report(f, MSVC_OUTCOME_SUCCESS, 8);
    fake_clock_advance_ms(&f->clock, 6000);
    report(f, MSVC_OUTCOME_FAILURE, 4);
    assert_state(f, MSVC_BREAKER_CLOSED);
    fake_clock_advance_ms(&f->clock, 6000);
    report(f, MSVC_OUTCOME_SUCCESS, 1);
    assert_state(f, MSVC_BREAKER_OPEN);
}

static void counts_exactly_the_last_calls_of_a_count_window(void **state)
{
    struct fixture *f = *state;
    struct msvc_breaker_options options = base_options(f);

    options.window_calls = 4;
    options.failure_percent = 75;
    rebuild(f, &options);
    report(f, MSVC_OUTCOME_SUCCESS, 10);
    report(f, MSVC_OUTCOME_FAILURE, 2);
    assert_int_equal(look(f).calls, 4);
    assert_int_equal(look(f).failures, 2);
    report(f, MSVC_OUTCOME_SUCCESS, 4);
    assert_int_equal(look(f).failures, 0);
    report(f, MSVC_OUTCOME_FAILURE, 3);
    assert_state(f, MSVC_BREAKER_OPEN);
}

static void needs_no_more_calls_than_a_count_window_has(void **state)
{
    struct fixture *f = *state;
    struct msvc_breaker_options options = base_options(f);

    options.window_calls = 2;
    options.minimum_calls = 50;
    rebuild(f, &options);
    report(f, MSVC_OUTCOME_FAILURE, 2);
    assert_state(f, MSVC_BREAKER_OPEN);
}

static void opens_when_calls_are_slow(void **state)
{
    struct fixture *f = *state;
    struct msvc_breaker_options options = base_options(f);

    options.slow_ms = 500;
    options.slow_percent = 50;
    rebuild(f, &options);
    report(f, MSVC_OUTCOME_SUCCESS, 2);
    for (int i = 0; i < 2; i++) {
        struct msvc_permit permit = begin(f);

        msvc_breaker_end(f->breaker, &permit, MSVC_OUTCOME_SUCCESS, 500000000, 0);
    }
    assert_state(f, MSVC_BREAKER_OPEN);
}

static void counts_a_slow_failure_as_both(void **state)
{
    struct fixture *f = *state;
    struct msvc_breaker_options options = base_options(f);
    struct msvc_permit permit;

    options.slow_ms = 500;
    rebuild(f, &options);
    permit = begin(f);
    msvc_breaker_end(f->breaker, &permit, MSVC_OUTCOME_FAILURE, 600000000, 0);
    assert_int_equal(look(f).failures, 1);
    assert_int_equal(look(f).slow, 1);
    assert_int_equal(look(f).calls, 1);
}

static void opens_after_failures_in_a_row(void **state)
{
    struct fixture *f = *state;
    struct msvc_breaker_options options = base_options(f);

    options.failure_percent = MSVC_BREAKER_OFF;
    options.failure_streak = 3;
    rebuild(f, &options);
    report(f, MSVC_OUTCOME_FAILURE, 2);
    report(f, MSVC_OUTCOME_SUCCESS, 1);
    report(f, MSVC_OUTCOME_FAILURE, 2);
    assert_state(f, MSVC_BREAKER_CLOSED);
    report(f, MSVC_OUTCOME_FAILURE, 1);
    assert_state(f, MSVC_BREAKER_OPEN);
}

static void counts_neither_ignored_nor_cancelled_calls(void **state)
{
    struct fixture *f = *state;

    report(f, MSVC_OUTCOME_IGNORED, 10);
    report(f, MSVC_OUTCOME_CANCELLED, 10);
    assert_int_equal(look(f).calls, 0);
}

static void counts_a_call_that_the_peer_turned_away_as_failed(void **state)
{
    struct fixture *f = *state;

    report(f, MSVC_OUTCOME_REJECTED, 4);
    assert_state(f, MSVC_BREAKER_OPEN);
}

static void closes_when_the_probe_succeeds(void **state)
{
    struct fixture *f = *state;

    end(f, probe(f), MSVC_OUTCOME_SUCCESS);
    assert_state(f, MSVC_BREAKER_CLOSED);
    assert_int_equal(look(f).calls, 0);
}

static void opens_again_when_the_probe_fails(void **state)
{
    struct fixture *f = *state;

    end(f, probe(f), MSVC_OUTCOME_FAILURE);
    assert_state(f, MSVC_BREAKER_OPEN);
    fake_clock_advance_ms(&f->clock, 99);
    assert_rejects(f);
}

static void admits_no_second_probe_while_one_is_out(void **state)
{
    struct fixture *f = *state;

    (void)probe(f);
    assert_rejects(f);
}

static void gives_the_place_of_a_lost_probe_to_another(void **state)
{
    struct fixture *f = *state;
    struct msvc_permit lost = probe(f);

    fake_clock_advance_ms(&f->clock, 999);
    assert_rejects(f);
    fake_clock_advance_ms(&f->clock, 1);
    assert_true(f->clock.monotonic_ns >= lost.deadline_ns);
    end(f, begin(f), MSVC_OUTCOME_SUCCESS);
    assert_state(f, MSVC_BREAKER_CLOSED);
}

static void ignores_a_probe_that_lost_its_place(void **state)
{
    struct fixture *f = *state;
    struct msvc_permit lost = probe(f);

    fake_clock_advance_ms(&f->clock, 1000);
    (void)begin(f);
    end(f, lost, MSVC_OUTCOME_FAILURE);
    assert_state(f, MSVC_BREAKER_HALF_OPEN);
    end(f, lost, MSVC_OUTCOME_IGNORED);
    assert_rejects(f);
}

static void gives_the_place_of_an_ignored_probe_to_one_other(void **state)
{
    struct fixture *f = *state;

    end(f, probe(f), MSVC_OUTCOME_IGNORED);
    assert_state(f, MSVC_BREAKER_HALF_OPEN);
    (void)begin(f);
    assert_rejects(f);
}

static void frees_no_place_when_a_probe_ends_twice(void **state)
{
    struct fixture *f = *state;
    struct msvc_permit first = probe(f);
    struct msvc_permit copy = first;

    end(f, first, MSVC_OUTCOME_CANCELLED);
    (void)begin(f);
    end(f, copy, MSVC_OUTCOME_CANCELLED);
    assert_rejects(f);
}

static void spends_the_permit(void **state)
{
    struct fixture *f = *state;
    struct msvc_permit permit = begin(f);

    msvc_breaker_end(f->breaker, &permit, MSVC_OUTCOME_FAILURE, 0, 0);
    msvc_breaker_end(f->breaker, &permit, MSVC_OUTCOME_FAILURE, 0, 0);
    assert_int_equal(look(f).failures, 1);
}

static void late_result_while_half_open(struct fixture *f, enum msvc_outcome outcome)
{
    struct msvc_permit slow = begin(f);

    (void)probe(f);
    end(f, slow, outcome);
    assert_state(f, MSVC_BREAKER_HALF_OPEN);
    assert_rejects(f);
}

static void does_not_close_on_a_success_from_before_it_opened(void **state)
{
    late_result_while_half_open(*state, MSVC_OUTCOME_SUCCESS);
}

static void does_not_open_on_a_failure_from_before_it_opened(void **state)
{
    late_result_while_half_open(*state, MSVC_OUTCOME_FAILURE);
}

static void admits_no_extra_probe_on_an_ignored_result_from_before_it_opened(void **state)
{
    late_result_while_half_open(*state, MSVC_OUTCOME_IGNORED);
}

static void counts_no_result_from_before_it_closed(void **state)
{
    struct fixture *f = *state;
    struct msvc_permit slow = begin(f);

    end(f, probe(f), MSVC_OUTCOME_SUCCESS);
    end(f, slow, MSVC_OUTCOME_FAILURE);
    assert_int_equal(look(f).calls, 0);
}

static void judges_by_k_of_n_probes(void **state)
{
    struct fixture *f = *state;
    struct msvc_breaker_options options = base_options(f);
    struct msvc_permit probes[3];

    options.probes = 3;
    options.probe_successes = 2;
    rebuild(f, &options);
    probes[0] = probe(f);
    probes[1] = begin(f);
    probes[2] = begin(f);
    assert_rejects(f);
    end(f, probes[0], MSVC_OUTCOME_FAILURE);
    assert_rejects(f);
    end(f, probes[1], MSVC_OUTCOME_SUCCESS);
    assert_state(f, MSVC_BREAKER_HALF_OPEN);
    end(f, probes[2], MSVC_OUTCOME_SUCCESS);
    assert_state(f, MSVC_BREAKER_CLOSED);
}

static void opens_again_when_k_of_n_cannot_succeed(void **state)
{
    struct fixture *f = *state;
    struct msvc_breaker_options options = base_options(f);
    struct msvc_permit first;

    options.probes = 3;
    options.probe_successes = 2;
    rebuild(f, &options);
    first = probe(f);
    end(f, begin(f), MSVC_OUTCOME_FAILURE);
    assert_state(f, MSVC_BREAKER_HALF_OPEN);
    end(f, first, MSVC_OUTCOME_FAILURE);
    assert_state(f, MSVC_BREAKER_OPEN);
}

static void doubles_the_opening_after_each_failed_probe(void **state)
{
    struct fixture *f = *state;
    struct msvc_breaker_options options = base_options(f);

    options.open_max_ms = 300;
    rebuild(f, &options);
    end(f, probe(f), MSVC_OUTCOME_FAILURE);
    assert_int_equal(look(f).open_until_ns - f->clock.monotonic_ns, 200000000);
    fake_clock_advance_ms(&f->clock, 200);
    end(f, begin(f), MSVC_OUTCOME_FAILURE);
    assert_int_equal(look(f).open_until_ns - f->clock.monotonic_ns, 300000000);
    fake_clock_advance_ms(&f->clock, 300);
    end(f, begin(f), MSVC_OUTCOME_SUCCESS);
    trip(f);
    assert_int_equal(look(f).open_until_ns - f->clock.monotonic_ns, 100000000);
}

static void shortens_openings_at_random(void **state)
{
    struct fixture *f = *state;
    struct msvc_breaker_options options = base_options(f);
    uint64_t least = UINT64_MAX;
    uint64_t most = 0;

    options.jitter_percent = 40;
    rebuild(f, &options);
    for (int i = 0; i < 200; i++) {
        uint64_t wait;

        trip(f);
        wait = look(f).open_until_ns - f->clock.monotonic_ns;
        least = wait < least ? wait : least;
        most = wait > most ? wait : most;
        assert_int_equal(msvc_breaker_set(f->breaker, MSVC_BREAKER_CLOSED, 0), 0);
    }
    assert_in_range(least, 60000000, 65000000);
    assert_in_range(most, 95000000, 100000000);
}

static void opens_for_as_long_as_the_peer_asked(void **state)
{
    struct fixture *f = *state;

    msvc_breaker_open_for(f->breaker, 250, 0);
    assert_state(f, MSVC_BREAKER_OPEN);
    fake_clock_advance_ms(&f->clock, 249);
    assert_rejects(f);
    fake_clock_advance_ms(&f->clock, 1);
    (void)begin(f);
}

static void never_shortens_an_opening(void **state)
{
    struct fixture *f = *state;

    trip(f);
    msvc_breaker_open_for(f->breaker, 50, 0);
    fake_clock_advance_ms(&f->clock, 99);
    assert_rejects(f);
    msvc_breaker_open_for(f->breaker, 50, 0);
    fake_clock_advance_ms(&f->clock, 49);
    assert_rejects(f);
}

static void honours_at_most_a_day(void **state)
{
    struct fixture *f = *state;

    msvc_breaker_open_for(f->breaker, UINT64_MAX, 0);
    assert_int_equal(look(f).open_until_ns - f->clock.monotonic_ns, 86400000000000);
}

static void announces_each_change_once_with_the_new_state_in_force(void **state)
{
    struct fixture *f = *state;
    struct msvc_permit first;

    trip(f);
    assert_int_equal(f->changes, 1);
    fake_clock_advance_ms(&f->clock, 100);
    first = begin(f);
    assert_int_equal(f->changes, 2);
    assert_int_equal(f->to, MSVC_BREAKER_HALF_OPEN);
    end(f, first, MSVC_OUTCOME_SUCCESS);
    assert_int_equal(f->changes, 3);
    assert_int_equal(f->from, MSVC_BREAKER_HALF_OPEN);
    assert_int_equal(f->seen_inside, MSVC_BREAKER_CLOSED);
}

static void rejects_everything_while_forced_open(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_breaker_set(f->breaker, MSVC_BREAKER_FORCED_OPEN, 0), 0);
    fake_clock_advance_ms(&f->clock, 1000000);
    assert_rejects(f);
    msvc_breaker_open_for(f->breaker, 10, 0);
    assert_state(f, MSVC_BREAKER_FORCED_OPEN);
}

static void admits_and_forgets_while_disabled(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_breaker_set(f->breaker, MSVC_BREAKER_DISABLED, 0), 0);
    report(f, MSVC_OUTCOME_FAILURE, 100);
    assert_int_equal(look(f).calls, 0);
    assert_state(f, MSVC_BREAKER_DISABLED);
}

static void counts_and_stays_while_metrics_only(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_breaker_set(f->breaker, MSVC_BREAKER_METRICS_ONLY, 0), 0);
    report(f, MSVC_OUTCOME_FAILURE, 100);
    assert_int_equal(look(f).failures, 100);
    assert_state(f, MSVC_BREAKER_METRICS_ONLY);
}

static void starts_anew_when_closed_by_hand(void **state)
{
    struct fixture *f = *state;

    report(f, MSVC_OUTCOME_FAILURE, 3);
    assert_int_equal(msvc_breaker_set(f->breaker, MSVC_BREAKER_CLOSED, 0), 0);
    assert_int_equal(f->changes, 0);
    report(f, MSVC_OUTCOME_FAILURE, 3);
    assert_state(f, MSVC_BREAKER_CLOSED);
}

static void takes_the_time_that_it_is_given(void **state)
{
    struct fixture *f = *state;
    uint64_t now = f->clock.monotonic_ns;
    struct msvc_permit permit;

    trip(f);
    assert_int_equal(msvc_breaker_begin(f->breaker, now + 99000000, &permit), MSVC_ERR_REJECTED);
    assert_int_equal(msvc_breaker_begin(f->breaker, now + 100000000, &permit), 0);
}

static uint64_t count_read(void *user)
{
    unsigned *reads = user;

    (*reads)++;
    return 1000000000;
}

/* Eight calls that end well, eight that fail and open it, eight that are rejected. */
static void call_until_it_rejects(struct fixture *f, uint64_t now_ns)
{
    struct msvc_permit permit;

    for (unsigned i = 0; i < 24; i++) {
        if (msvc_breaker_begin(f->breaker, now_ns, &permit) < 0)
            continue;
        msvc_breaker_end(f->breaker, &permit, i < 8 ? MSVC_OUTCOME_SUCCESS : MSVC_OUTCOME_FAILURE,
                         1, now_ns);
    }
    assert_state(f, MSVC_BREAKER_OPEN);
}

static void reads_no_clock_when_it_is_given_the_time(void **state)
{
    struct fixture *f = *state;
    unsigned reads = 0;
    const struct msvc_clock clock = { .monotonic_ns = count_read, .user = &reads };

    rebuild(f, MSVC_BREAKER_OPTIONS(.clock = &clock));
    reads = 0;
    call_until_it_rejects(f, 2000000000);
    assert_int_equal(reads, 0);
}

static void reads_the_clock_once_to_open_by_a_count_window(void **state)
{
    struct fixture *f = *state;
    unsigned reads = 0;
    const struct msvc_clock clock = { .monotonic_ns = count_read, .user = &reads };

    rebuild(f, MSVC_BREAKER_OPTIONS(.window_calls = 100, .failure_percent = 66, .clock = &clock));
    reads = 0;
    report(f, MSVC_OUTCOME_SUCCESS, 8);
    report(f, MSVC_OUTCOME_FAILURE, 15);
    assert_int_equal(reads, 0);
    report(f, MSVC_OUTCOME_FAILURE, 1);
    assert_state(f, MSVC_BREAKER_OPEN);
    assert_int_equal(reads, 1);
}

static void refuses_numbers_outside_of_their_range(void **state)
{
    struct msvc_breaker *none = NULL;

    (void)state;
    assert_int_equal(msvc_breaker_new(&none, MSVC_BREAKER_OPTIONS(.failure_percent = 101)),
                     MSVC_ERR_INVALID);
    assert_int_equal(msvc_breaker_new(&none, MSVC_BREAKER_OPTIONS(.slow_percent = 101)),
                     MSVC_ERR_INVALID);
    assert_int_equal(msvc_breaker_new(&none, MSVC_BREAKER_OPTIONS(.jitter_percent = 101)),
                     MSVC_ERR_INVALID);
    assert_int_equal(msvc_breaker_new(&none, MSVC_BREAKER_OPTIONS(.probes = 17)), MSVC_ERR_INVALID);
    assert_int_equal(
        msvc_breaker_new(&none, MSVC_BREAKER_OPTIONS(.probes = 2, .probe_successes = 3)),
        MSVC_ERR_INVALID);
    assert_int_equal(msvc_breaker_new(&none, MSVC_BREAKER_OPTIONS(.window_calls = 65537)),
                     MSVC_ERR_INVALID);
    assert_int_equal(
        msvc_breaker_new(&none, MSVC_BREAKER_OPTIONS(.window_calls = 5, .window_ms = 5)),
        MSVC_ERR_INVALID);
    assert_int_equal(msvc_breaker_new(&none, MSVC_BREAKER_OPTIONS(.open_ms = 5, .open_max_ms = 4)),
                     MSVC_ERR_INVALID);
    assert_null(none);
}

static void says_when_memory_is_short(void **state)
{
    struct msvc_breaker *none = NULL;

    (void)state;
    msvc__fail_allocation_after(0);
    assert_int_equal(msvc_breaker_new(&none, NULL), MSVC_ERR_NOMEM);
    msvc__fail_allocation_after(-1);
    assert_null(none);
}

static void refuses_options_of_the_future(void **state)
{
    struct {
        struct msvc_breaker_options known;
        unsigned unknown;
    } options = { .known = { .size = sizeof(options) }, .unknown = 1 };
    struct msvc_breaker *none = NULL;

    (void)state;
    assert_int_equal(msvc_breaker_new(&none, &options.known), MSVC_ERR_UNSUPPORTED);
}

static void copes_with_missing_objects(void **state)
{
    struct msvc_permit permit = { 0 };
    struct msvc_breaker_snapshot snapshot;

    (void)state;
    assert_int_equal(msvc_breaker_new(NULL, NULL), MSVC_ERR_INVALID);
    assert_int_equal(msvc_breaker_begin(NULL, 0, &permit), MSVC_ERR_INVALID);
    assert_int_equal(msvc_breaker_set(NULL, MSVC_BREAKER_CLOSED, 0), MSVC_ERR_INVALID);
    msvc_breaker_end(NULL, &permit, MSVC_OUTCOME_SUCCESS, 0, 0);
    msvc_breaker_open_for(NULL, 1, 0);
    msvc_breaker_snapshot(NULL, 0, &snapshot);
    assert_int_equal(snapshot.state, MSVC_BREAKER_DISABLED);
    msvc_breaker_free(NULL);
}

static void tells_the_dependencys_health_from_a_status(void **state)
{
    (void)state;
    assert_int_equal(msvc_outcome_of(0), MSVC_OUTCOME_SUCCESS);
    assert_int_equal(msvc_outcome_of(7), MSVC_OUTCOME_SUCCESS);
    assert_int_equal(msvc_outcome_of(MSVC_ERR_NOT_FOUND), MSVC_OUTCOME_SUCCESS);
    assert_int_equal(msvc_outcome_of(MSVC_ERR_TIMEOUT), MSVC_OUTCOME_FAILURE);
    assert_int_equal(msvc_outcome_of(MSVC_ERR_CANCELLED), MSVC_OUTCOME_CANCELLED);
    assert_int_equal(msvc_outcome_of(MSVC_ERR_NOMEM), MSVC_OUTCOME_IGNORED);
    assert_int_equal(msvc_outcome_of(MSVC_ERR_REJECTED), MSVC_OUTCOME_REJECTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(opens_when_half_of_the_calls_failed),
        TEST(stays_closed_before_the_minimum_of_calls),
        TEST(opens_on_the_good_call_that_completes_the_minimum),
        TEST(rejects_while_open_and_leaves_permit_alone),
        TEST(rejects_until_the_last_nanosecond_of_an_opening),
        TEST(forgets_what_is_older_than_the_window),
        TEST(remembers_what_is_younger_than_the_window),
        TEST(opens_when_good_calls_grow_old_before_bad_ones),
        TEST(counts_exactly_the_last_calls_of_a_count_window),
        TEST(needs_no_more_calls_than_a_count_window_has),
        TEST(opens_when_calls_are_slow),
        TEST(counts_a_slow_failure_as_both),
        TEST(opens_after_failures_in_a_row),
        TEST(counts_neither_ignored_nor_cancelled_calls),
        TEST(counts_a_call_that_the_peer_turned_away_as_failed),
        TEST(closes_when_the_probe_succeeds),
        TEST(opens_again_when_the_probe_fails),
        TEST(admits_no_second_probe_while_one_is_out),
        TEST(gives_the_place_of_a_lost_probe_to_another),
        TEST(ignores_a_probe_that_lost_its_place),
        TEST(gives_the_place_of_an_ignored_probe_to_one_other),
        TEST(frees_no_place_when_a_probe_ends_twice),
        TEST(spends_the_permit),
        TEST(does_not_close_on_a_success_from_before_it_opened),
        TEST(does_not_open_on_a_failure_from_before_it_opened),
        TEST(admits_no_extra_probe_on_an_ignored_result_from_before_it_opened),
        TEST(counts_no_result_from_before_it_closed),
        TEST(judges_by_k_of_n_probes),
        TEST(opens_again_when_k_of_n_cannot_succeed),
        TEST(doubles_the_opening_after_each_failed_probe),
        TEST(shortens_openings_at_random),
        TEST(opens_for_as_long_as_the_peer_asked),
        TEST(never_shortens_an_opening),
        TEST(honours_at_most_a_day),
        TEST(announces_each_change_once_with_the_new_state_in_force),
        TEST(rejects_everything_while_forced_open),
        TEST(admits_and_forgets_while_disabled),
        TEST(counts_and_stays_while_metrics_only),
        TEST(starts_anew_when_closed_by_hand),
        TEST(takes_the_time_that_it_is_given),
        TEST(reads_no_clock_when_it_is_given_the_time),
        TEST(reads_the_clock_once_to_open_by_a_count_window),
        TEST(refuses_numbers_outside_of_their_range),
        TEST(says_when_memory_is_short),
        TEST(refuses_options_of_the_future),
        TEST(copes_with_missing_objects),
        TEST(tells_the_dependencys_health_from_a_status),
    };

    return cmocka_run_group_tests_name("breaker", tests, NULL, NULL);
}
