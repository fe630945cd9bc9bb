/* SPDX-License-Identifier: MIT */
/*
 * What MicroProfile Fault Tolerance 4 says of a circuit breaker (chapter
 * "Circuit Breaker" and the comments of its annotation), as sequences of calls.
 * Not here, because they are about Java: which class an annotation stands on,
 * configuration by property, and which exception is thrown.
 *
 * Steps: s a call succeeds (what skipOn names is a success), f fails, r is turned
 * away, b begins and takes long, S and F it ends at last, w the delay passes,
 * m all but a millisecond of it; C O H the state must be closed, open, half-open.
 */
#include <msvc/breaker.h>

#include <string.h>

#include <msvc/status.h>

#include "fake_clock.h"
#include "test.h"

struct sequence {
    const char *name;
    unsigned volume; /* requestVolumeThreshold */
    unsigned ratio;  /* failureRatio in percent */
    unsigned successes;
    const char *steps;
};

static const struct sequence sequences[] = {
    { "opens_at_three_failures_of_four", 4, 75, 10, "fsf C f O r" },
    { "stays_closed_at_two_failures_of_four", 4, 75, 10, "fsfs C s C" },
    { "is_closed_after_ten_successes_in_a_row", 4, 75, 10, "ffff O w sssssssss H s C" },
    { "turns_calls_away_for_the_whole_delay", 4, 75, 2, "ffff O rrrr m r O" },
    { "asks_again_after_the_delay", 4, 75, 2, "ffff O w s H s C" },
    { "evaluates_nothing_before_the_window_is_full", 4, 50, 1, "fff C f O" },
    { "evaluates_when_a_success_fills_the_window", 4, 50, 1, "fff C s O r" },
    { "counts_first_successes_too", 4, 75, 1, "sss C fff O r" },
    { "rolls_over_the_last_four_only", 4, 50, 1, "fsss C ssf C s f O r" },
    { "forgets_a_failure_that_left_the_window", 4, 50, 1, "fssss C fsss C" },
    { "opens_on_the_fifth_call_of_a_rolling_window", 4, 50, 1, "sfss C f O r" },
    { "counts_to_the_threshold_inclusive", 4, 50, 1, "ssf C f O" },
    { "opens_by_one_failure_of_one", 1, 100, 1, "f O r w s C" },
    { "needs_all_of_a_full_ratio", 4, 100, 1, "fffs C ff C f C" },
    { "closes_after_one_success_by_default", 4, 75, 1, "ffff O w s C" },
    { "starts_a_window_anew_when_it_closed", 4, 75, 1, "ffff O w s C fff C f O r" },
    { "opens_again_when_the_trial_fails", 4, 75, 1, "ffff O w f O r" },
    { "opens_again_when_a_later_trial_fails", 4, 75, 3, "ffff O w ss H f O r" },
    { "starts_the_delay_anew_after_a_failed_trial", 4, 75, 1, "ffff O w f O m r O" },
    { "counts_trials_anew_in_each_half_open", 4, 75, 3, "ffff O w ss H f O w ss H s C" },
    { "permits_one_trial_at_a_time_by_default", 4, 75, 1, "ffff O w b H r S C" },
    { "permits_as_many_trials_as_must_succeed", 4, 75, 2, "ffff O w b H s H r S C" },
    { "ignores_a_late_success_while_half_open", 4, 75, 2, "b ffff O w s H S H s C" },
    { "ignores_a_late_failure_while_half_open", 4, 75, 2, "b ffff O w s H F H s C" },
    { "ignores_a_late_success_while_open", 4, 75, 1, "b ffff O S O r" },
    { "ignores_a_late_failure_after_it_closed", 2, 50, 1, "b ff O w s C F C s C" },
};

struct fixture {
    struct fake_clock clock;
    struct msvc_breaker *breaker;
    struct msvc_permit slow;
};

static enum msvc_breaker_state state_of(char step)
{
    return step == 'C'   ? MSVC_BREAKER_CLOSED
           : step == 'O' ? MSVC_BREAKER_OPEN
                         : MSVC_BREAKER_HALF_OPEN;
}

static enum msvc_outcome outcome_of(char step)
{
    return step == 's' || step == 'S' ? MSVC_OUTCOME_SUCCESS : MSVC_OUTCOME_FAILURE;
}

static void call(struct fixture *f, char step)
{
    struct msvc_permit permit;

    assert_int_equal(msvc_breaker_begin(f->breaker, 0, &permit), 0);
    msvc_breaker_end(f->breaker, &permit, outcome_of(step), 0, 0);
}

static void take(struct fixture *f, char step)
{
    struct msvc_permit permit;

    switch (step) {
    case 's':
    case 'f':
        call(f, step);
        return;
    case 'r':
        assert_int_equal(msvc_breaker_begin(f->breaker, 0, &permit), MSVC_ERR_REJECTED);
        return;
    case 'b':
        assert_int_equal(msvc_breaker_begin(f->breaker, 0, &f->slow), 0);
        return;
    case 'S':
    case 'F':
        msvc_breaker_end(f->breaker, &f->slow, outcome_of(step), 0, 0);
        return;
    case 'w':
        fake_clock_advance_ms(&f->clock, 5000);
        return;
    case 'm':
        fake_clock_advance_ms(&f->clock, 4999);
        return;
    default:
        assert_string_equal(msvc_breaker_state_name(msvc_breaker_state(f->breaker)),
                            msvc_breaker_state_name(state_of(step)));
    }
}

static void follows_the_sequence(void **state)
{
    const struct sequence *sequence = *state;
    struct msvc_breaker_options options = { .size = sizeof(options) };
    struct fixture f = { .breaker = NULL };

    fake_clock_init(&f.clock);
    assert_int_equal(msvc_breaker_options_fill(&options, MSVC_BREAKER_PRESET_MICROPROFILE), 0);
    options.window_calls = sequence->volume;
    options.minimum_calls = sequence->volume;
    options.failure_percent = sequence->ratio;
    options.probes = sequence->successes;
    options.clock = &f.clock.clock;
    assert_int_equal(msvc_breaker_new(&f.breaker, &options), 0);
    for (const char *step = sequence->steps; *step != '\0'; step++) {
        if (*step != ' ')
            take(&f, *step);
    }
    msvc_breaker_free(f.breaker);
}

int main(void)
{
    struct CMUnitTest tests[sizeof(sequences) / sizeof(sequences[0])];

    memset(tests, 0, sizeof(tests));
    for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
        tests[i].name = sequences[i].name;
        tests[i].test_func = follows_the_sequence;
        tests[i].initial_state = (void *)(uintptr_t)&sequences[i];
    }
    return cmocka_run_group_tests_name("breaker_microprofile", tests, NULL, NULL);
}
