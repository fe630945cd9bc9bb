/* SPDX-License-Identifier: MIT */
/*
 * What MicroProfile Fault Tolerance says about Retry, Timeout, Bulkhead, Fallback and
 * their order, as calls and what becomes of them. An exception that
 * retryOn names is UNAVAILABLE here, one that abortOn names REFUSED. Where we
 * differ from it, the row says so.
 */
#include <msvc/policy.h>

#include <string.h>

#include <msvc/breaker.h>
#include <msvc/bulkhead.h>
#include <msvc/call.h>
#include <msvc/cancel.h>
#include <msvc/retry.h>
#include <msvc/status.h>

#include "fake_clock.h"
#include "fake_random.h"
#include "test.h"

#define FELL_BACK 77

enum surrounding {
    NOTHING,
    FULL_BULKHEAD,
    OPEN_BREAKER,
};

struct sequence {
    const char *name;
    unsigned retries;   /* maxRetries */
    const char *script; /* of each call: S succeeds, F fails, A fails and aborts, T overruns; the
                           last one again and again */
    int calls;
    int result;
    bool falls_back;
    unsigned total_ms; /* maxDuration */
    unsigned takes_ms; /* each call */
    enum surrounding surrounding;
    bool waits_for_policies;
    int fallback_fails;
};

static struct sequence sequences[] = {
    /* Retry */
    { .name = "maxRetries_3_makes_4_calls",
      .retries = 3,
      .script = "F",
      .calls = 4,
      .result = MSVC_ERR_UNAVAILABLE },
    { .name = "maxRetries_0_makes_1_call",
      .retries = 0,
      .script = "F",
      .calls = 1,
      .result = MSVC_ERR_UNAVAILABLE },
    { .name = "the_first_success_ends_the_retries",
      .retries = 5,
      .script = "FFS",
      .calls = 3,
      .result = 0 },
    { .name = "the_last_retry_may_succeed",
      .retries = 2,
      .script = "FFS",
      .calls = 3,
      .result = 0 },
    { .name = "abortOn_ends_at_once",
      .retries = 5,
      .script = "A",
      .calls = 1,
      .result = MSVC_ERR_REFUSED },
    { .name = "abortOn_ends_the_retries",
      .retries = 5,
      .script = "FFA",
      .calls = 3,
      .result = MSVC_ERR_REFUSED },
    { .name = "maxDuration_ends_the_retries",
      .retries = 90,
      .script = "F",
      .calls = 3,
      .result = MSVC_ERR_UNAVAILABLE,
      .total_ms = 1000,
      .takes_ms = 400 },
    { .name = "maxDuration_begins_no_call_after_it",
      .retries = 90,
      .script = "F",
      .calls = 1,
      .result = MSVC_ERR_UNAVAILABLE,
      .total_ms = 1000,
      .takes_ms = 1000 },
    /* Timeout */
    { .name = "an_overrun_is_a_timeout",
      .retries = 0,
      .script = "T",
      .calls = 1,
      .result = MSVC_ERR_TIMEOUT },
    { .name = "the_timeout_is_of_each_attempt",
      .retries = 3,
      .script = "TTS",
      .calls = 3,
      .result = 0 },
    { .name = "timeouts_are_retried_until_they_are_spent",
      .retries = 1,
      .script = "T",
      .calls = 2,
      .result = MSVC_ERR_TIMEOUT },
    { .name = "what_ends_in_time_is_no_timeout",
      .retries = 0,
      .script = "S",
      .calls = 1,
      .result = 0,
      .takes_ms = 500 },
    /* Bulkhead */
    { .name = "a_full_bulkhead_rejects_without_a_call",
      .retries = 0,
      .script = "S",
      .calls = 0,
      .result = MSVC_ERR_REJECTED,
      .surrounding = FULL_BULKHEAD },
    /* There a BulkheadException is retried by default, here a rejection is final by default. */
    { .name = "a_full_bulkhead_is_not_retried",
      .retries = 3,
      .script = "S",
      .calls = 0,
      .result = MSVC_ERR_REJECTED,
      .surrounding = FULL_BULKHEAD },
    { .name = "a_full_bulkhead_is_retried_when_asked_for",
      .retries = 3,
      .script = "S",
      .calls = 0,
      .result = MSVC_ERR_REJECTED,
      .surrounding = FULL_BULKHEAD,
      .waits_for_policies = true },
    /* Fallback */
    { .name = "a_success_needs_no_fallback",
      .retries = 0,
      .script = "S",
      .calls = 1,
      .result = 0,
      .falls_back = true },
    { .name = "the_fallback_answers_for_a_failure",
      .retries = 0,
      .script = "F",
      .calls = 1,
      .result = FELL_BACK,
      .falls_back = true },
    { .name = "the_fallback_answers_for_an_aborted_call",
      .retries = 3,
      .script = "A",
      .calls = 1,
      .result = FELL_BACK,
      .falls_back = true },
    { .name = "the_fallback_answers_for_a_timeout",
      .retries = 0,
      .script = "T",
      .calls = 1,
      .result = FELL_BACK,
      .falls_back = true },
    { .name = "the_fallback_answers_for_a_full_bulkhead",
      .retries = 0,
      .script = "S",
      .calls = 0,
      .result = FELL_BACK,
      .falls_back = true,
      .surrounding = FULL_BULKHEAD },
    { .name = "the_fallback_answers_for_an_open_breaker",
      .retries = 0,
      .script = "S",
      .calls = 0,
      .result = FELL_BACK,
      .falls_back = true,
      .surrounding = OPEN_BREAKER },
    { .name = "the_fallback_comes_after_the_retries",
      .retries = 2,
      .script = "F",
      .calls = 3,
      .result = FELL_BACK,
      .falls_back = true },
    { .name = "a_retry_that_succeeds_needs_no_fallback",
      .retries = 2,
      .script = "FS",
      .calls = 2,
      .result = 0,
      .falls_back = true },
    { .name = "the_fallbacks_failure_is_the_result",
      .retries = 0,
      .script = "F",
      .calls = 1,
      .result = MSVC_ERR_CONFLICT,
      .falls_back = true,
      .fallback_fails = MSVC_ERR_CONFLICT },
    /* Breaker around timeout and bulkhead, retry around the breaker */
    { .name = "an_open_breaker_ends_the_retries",
      .retries = 5,
      .script = "F",
      .calls = 0,
      .result = MSVC_ERR_REJECTED,
      .surrounding = OPEN_BREAKER },
};

#define COUNT (sizeof(sequences) / sizeof(sequences[0]))

struct world {
    const struct sequence *sequence;
    struct fake_clock clock;
    struct fake_random random;
    int calls;
    int fallbacks;
};

static int call(struct msvc_attempt *attempt, void *user)
{
    struct world *w = user;
    const char *script = w->sequence->script;
    size_t last = strlen(script) - 1;
    char what = script[(size_t)w->calls < last ? (size_t)w->calls : last];

    (void)attempt;
    w->calls++;
    fake_clock_advance_ms(&w->clock, what == 'T' ? 1001 : w->sequence->takes_ms);
    if (what == 'F')
        return MSVC_ERR_UNAVAILABLE;
    return what == 'A' ? MSVC_ERR_REFUSED : 0;
}

static int fallback(int status, void *user)
{
    struct world *w = user;

    (void)status;
    w->fallbacks++;
    return w->sequence->fallback_fails != 0 ? w->sequence->fallback_fails : FELL_BACK;
}

static int wait_by_moving_the_clock(uint64_t until_ns, struct msvc_cancel *cancel, void *user)
{
    struct world *w = user;

    (void)cancel;
    w->clock.monotonic_ns = until_ns;
    return 0;
}

static struct msvc_breaker *open_breaker(struct world *w)
{
    struct msvc_breaker *breaker;

    assert_int_equal(msvc_breaker_new(&breaker, MSVC_BREAKER_OPTIONS(.clock = &w->clock.clock)), 0);
    if (w->sequence->surrounding == OPEN_BREAKER)
        assert_int_equal(msvc_breaker_set(breaker, MSVC_BREAKER_FORCED_OPEN, 0), 0);
    return breaker;
}

static struct msvc_bulkhead *open_bulkhead(const struct world *w)
{
    struct msvc_bulkhead *bulkhead;

    assert_int_equal(msvc_bulkhead_new(&bulkhead, MSVC_BULKHEAD_OPTIONS(.calls = 1)), 0);
    if (w->sequence->surrounding == FULL_BULKHEAD)
        assert_int_equal(msvc_bulkhead_enter(bulkhead, 0, NULL), 0);
    return bulkhead;
}

static int run(struct world *w)
{
    const struct sequence *s = w->sequence;
    struct msvc_breaker *breaker = s->surrounding == OPEN_BREAKER ? open_breaker(w) : NULL;
    struct msvc_bulkhead *bulkhead = open_bulkhead(w);
    struct msvc_policy *policy;
    int status;

    assert_int_equal(
        msvc_policy_new(
            &policy,
            MSVC_POLICY_OPTIONS(.timeout_ms = 1000, .total_ms = s->total_ms, .breaker = breaker,
                                .bulkhead = bulkhead, .fallback = s->falls_back ? fallback : NULL,
                                .clock = &w->clock.clock, .random = &w->random.random,
                                .retry = MSVC_RETRY_OPTIONS(
                                        .attempts = s->retries + 1, .base_ms = 1, .max_ms = 1,
                                        .waits_for_policies = s->waits_for_policies,
                                        .wait = wait_by_moving_the_clock, .user = w))),
        0);
    status = msvc_call(policy, call, w, MSVC_CALL_OPTIONS(.is_idempotent = true));
    msvc_policy_free(policy);
    msvc_bulkhead_free(bulkhead);
    msvc_breaker_free(breaker);
    return status;
}

static void check(void **state)
{
    const struct sequence *s = *state;
    struct world w = { .sequence = s };

    fake_clock_init(&w.clock);
    fake_random_init(&w.random, 51);
    assert_int_equal(run(&w), s->result);
    assert_int_equal(w.calls, s->calls);
    assert_int_equal(w.fallbacks, s->result == FELL_BACK || s->fallback_fails != 0);
}

int main(void)
{
    struct CMUnitTest tests[COUNT];

    memset(tests, 0, sizeof(tests));
    for (size_t i = 0; i < COUNT; i++) {
        tests[i].name = sequences[i].name;
        tests[i].test_func = check;
        tests[i].initial_state = &sequences[i];
    }
    return _cmocka_run_group_tests("policy_microprofile", tests, COUNT, NULL, NULL);
}
