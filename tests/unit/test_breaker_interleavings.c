/* SPDX-License-Identifier: MIT */
/*
 * Every order in which threads can take their steps, up to a number of
 * preemptions. The breaker's sources are compiled into this program with
 * atomics that stop before each operation; threads are coroutines, and a
 * depth-first search runs a scenario once for each order. What it cannot see
 * is an order weaker than sequential consistency: that is argued in the code.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <msvc/breaker.h>
#include <msvc/clock.h>
#include <msvc/random.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"
#include "test.h"

static void step(const volatile void *at);

static uint64_t load64(const _Atomic uint64_t *at)
{
    step(at);
    return atomic_load(at);
}

static uint32_t load32(const _Atomic uint32_t *at)
{
    step(at);
    return atomic_load(at);
}

static bool swap64(_Atomic uint64_t *at, uint64_t *seen, uint64_t next)
{
    step(at);
    return atomic_compare_exchange_strong(at, seen, next);
}

static bool swap32(_Atomic uint32_t *at, uint32_t *seen, uint32_t next)
{
    step(at);
    return atomic_compare_exchange_strong(at, seen, next);
}

static void store64(_Atomic uint64_t *at, uint64_t value)
{
    step(at);
    atomic_store(at, value);
}

static void store32(_Atomic uint32_t *at, uint32_t value)
{
    step(at);
    atomic_store(at, value);
}

#undef atomic_load
#undef atomic_store
#undef atomic_store_explicit
#undef atomic_load_explicit
#undef atomic_compare_exchange_strong
#undef atomic_compare_exchange_weak
#undef atomic_compare_exchange_weak_explicit
#define atomic_load(at) \
    _Generic((at), _Atomic uint64_t *: load64, const _Atomic uint64_t *: load64, \
             _Atomic uint32_t *: load32, const _Atomic uint32_t *: load32)(at)
#define atomic_load_explicit(at, order) atomic_load(at)
#define atomic_compare_exchange_strong(at, seen, next) \
    _Generic((at), _Atomic uint64_t * : swap64, _Atomic uint32_t * : swap32)(at, seen, next)
#define atomic_compare_exchange_weak(at, seen, next) atomic_compare_exchange_strong(at, seen, next)
#define atomic_compare_exchange_weak_explicit(at, seen, next, good, bad) \
    atomic_compare_exchange_strong(at, seen, next)

#define atomic_store(at, value) \
    _Generic((at), _Atomic uint64_t * : store64, _Atomic uint32_t * : store32)(at, value)
#define atomic_store_explicit(at, value, order) atomic_store(at, value)

#include "resilience/breaker.c"
#include "resilience/breaker_control.c"
#include "resilience/breaker_new.c"
#include "resilience/breaker_reconfigure.c"
#include "resilience/breaker_record.c"
#include "resilience/count_window.c"
#include "resilience/probes.c"
#include "resilience/rules.c"
#include "resilience/time_window.c"

#define THREADS     3
#define DEPTH       512
#define STACK_BYTES 65536
#define START_NS    (UINT64_C(64) << 30) /* slice 0 of the ring, whatever the window */

struct thread {
    ucontext_t context;
    bool is_done;
    char stack[STACK_BYTES];
};

struct scenario {
    const struct msvc_breaker_options *options;
    unsigned threads;
    unsigned preemptions;
    void (*prepare)(void);
    void (*work)(unsigned thread);
    void (*check)(void);
    bool shares_stripe; /* of the time window, as the ninth thread does */
    bool changes_rules;
};

/* One search at a time. */
static struct {
    const struct scenario *scenario;
    struct thread threads[THREADS];
    ucontext_t main;
    int running; /* -1: none, steps do not stop */
    unsigned preemptions;
    unsigned depth;
    unsigned char choice[DEPTH]; /* which of the threads that could go on, at each step */
    unsigned char choices[DEPTH];
    unsigned long orders;

    struct msvc_breaker *breaker;
    struct msvc_permit permits[THREADS];
    uint64_t first_epoch;
    unsigned in_flight;
    unsigned most_in_flight;
} search;

/* The threads that may go on, the running one first. */
static unsigned list_runnable(int *out)
{
    unsigned count = 0;
    bool is_alive = search.running >= 0 && !search.threads[search.running].is_done;

    if (is_alive)
        out[count++] = search.running;
    if (is_alive && search.preemptions >= search.scenario->preemptions)
        return count;
    for (unsigned i = 0; i < search.scenario->threads; i++) {
        if ((int)i != search.running && !search.threads[i].is_done)
            out[count++] = (int)i;
    }
    return count;
}

/* The next thread: as in the order that is replayed, then the first. -1 when all are done. */
static int choose(void)
{
    int runnable[THREADS];
    unsigned count = list_runnable(runnable);
    bool is_alive = search.running >= 0 && !search.threads[search.running].is_done;
    unsigned chosen;

    if (count == 0)
        return -1;
    if (count == 1)
        return runnable[0];
    if (search.depth >= DEPTH) {
        (void)fprintf(stderr, "a scenario has more than %d steps\n", DEPTH);
        abort();
    }
    search.choices[search.depth] = (unsigned char)count;
    chosen = search.choice[search.depth++];
    search.preemptions += is_alive && chosen != 0;
    return runnable[chosen];
}

static bool is_within(const volatile void *at, const void *object, size_t size)
{
    return (uintptr_t)at - (uintptr_t)object < size;
}

/* What no thread writes needs no stop: rules, unless the scenario changes them, places that are not
 * in use, and entries of the time window outside of slice 0. */
static bool is_quiet(const volatile void *at)
{
    const struct msvc_breaker *b = search.breaker;
    const struct msvc__time_window *window = search.breaker->by_time;
    uintptr_t offset = (uintptr_t)at - (uintptr_t)window;

    if (!search.scenario->changes_rules &&
        (is_within(at, &b->rules, sizeof(b->rules)) || at == &b->must_look))
        return true;
    if (is_within(at, &b->probes.places[b->options.probes],
                  (MSVC_BREAKER_PROBES_MAX - b->options.probes) * sizeof(uint64_t)))
        return true;
    if (window == NULL || offset >= sizeof(window->stripes))
        return false;
    return offset / sizeof(struct msvc__stripe) >= search.scenario->threads ||
           offset / sizeof(uint64_t) % MSVC__SLICES != 0;
}

static void take_stripe(int thread)
{
    has_stripe = true;
    msvc__stripe_offset =
        search.scenario->shares_stripe ? 0 : (unsigned)thread * sizeof(struct msvc__stripe);
}

static void step(const volatile void *at)
{
    int from = search.running;
    int to;

    if (from < 0 || is_quiet(at))
        return;
    to = choose();
    if (to == from)
        return;
    search.running = to;
    (void)swapcontext(&search.threads[from].context, &search.threads[to].context);
    take_stripe(from);
}

static void run_thread(int self)
{
    int to;

    take_stripe(self);
    search.scenario->work((unsigned)self);
    search.threads[self].is_done = true;
    to = choose();
    search.running = to;
    if (to >= 0)
        (void)setcontext(&search.threads[to].context);
    (void)setcontext(&search.main);
}

/* On its own, because getcontext() returns twice. */
static void prepare_thread(struct thread *thread, int number)
{
    thread->is_done = false;
    (void)getcontext(&thread->context);
    thread->context.uc_stack.ss_sp = thread->stack;
    thread->context.uc_stack.ss_size = sizeof(thread->stack);
    thread->context.uc_link = NULL;
    makecontext(&thread->context, (void (*)(void))run_thread, 1, number);
}

static void prepare_threads(void)
{
    for (unsigned i = 0; i < search.scenario->threads; i++)
        prepare_thread(&search.threads[i], (int)i);
}

static void run_one_order(void)
{
    search.running = -1;
    search.in_flight = 0;
    search.most_in_flight = 0;
    assert_int_equal(msvc_breaker_new(&search.breaker, search.scenario->options), 0);
    search.breaker->made_ns = START_NS;
    search.scenario->prepare();
    prepare_threads();

    search.depth = 0;
    search.preemptions = 0;
    search.running = choose();
    (void)swapcontext(&search.main, &search.threads[search.running].context);
    search.running = -1;
    search.orders++;
    search.scenario->check();
    msvc_breaker_free(search.breaker);
}

/* Advance the deepest choice that has another one; false when there is none. */
static bool next_order(void)
{
    unsigned at = search.depth;

    while (at > 0 && search.choice[at - 1] + 1 == search.choices[at - 1])
        at--;
    if (at == 0)
        return false;
    search.choice[at - 1]++;
    memset(search.choice + at, 0, sizeof(search.choice) - at);
    return true;
}

static void in_every_order(const struct scenario *scenario)
{
    memset(&search, 0, sizeof(search));
    search.scenario = scenario;
    do {
        run_one_order();
    } while (next_order());
    print_message("# %lu orders\n", search.orders);
    assert_true(search.orders > 100);
}

/* Ten nanoseconds after the start: slice 0 of the ring. */
static struct msvc_permit begin_early(void)
{
    struct msvc_permit permit;

    assert_int_equal(msvc_breaker_begin(search.breaker, START_NS + 10, &permit), 0);
    return permit;
}

static void finish(unsigned thread, enum msvc_outcome outcome)
{
    msvc_breaker_end(search.breaker, &search.permits[thread], outcome, 0, START_NS + 10);
}

static void take_permits(void)
{
    search.first_epoch = search.breaker->epoch;
    for (unsigned i = 0; i < search.scenario->threads; i++)
        search.permits[i] = begin_early();
}

static void half_open(void)
{
    assert_int_equal(msvc_breaker_set(search.breaker, MSVC_BREAKER_HALF_OPEN, START_NS + 10), 0);
}

static void half_open_with_permits(void)
{
    half_open();
    take_permits();
}

static void check_closed(void)
{
    assert_int_equal(msvc_breaker_state(search.breaker), MSVC_BREAKER_CLOSED);
}

static void check_open(void)
{
    assert_int_equal(msvc_breaker_state(search.breaker), MSVC_BREAKER_OPEN);
}

static void succeed(unsigned thread)
{
    finish(thread, MSVC_OUTCOME_SUCCESS);
}

static void first_fails_others_succeed(unsigned thread)
{
    finish(thread, thread == 0 ? MSVC_OUTCOME_FAILURE : MSVC_OUTCOME_SUCCESS);
}

static void closes_when_the_last_probes_succeed_together(void **state)
{
    (void)state;
    in_every_order(&(struct scenario){ MSVC_BREAKER_OPTIONS(.probes = 2), 2, 100,
                                       half_open_with_permits, succeed, check_closed, false,
                                       false });
}

static void opens_when_a_probe_fails_beside_others_that_succeed(void **state)
{
    (void)state;
    in_every_order(&(struct scenario){ MSVC_BREAKER_OPTIONS(.probes = 3), 3, 4,
                                       half_open_with_permits, first_fails_others_succeed,
                                       check_open, false, false });
}

static void probe(unsigned thread)
{
    struct msvc_permit permit;

    if (msvc_breaker_begin(search.breaker, START_NS + 10, &permit) < 0)
        return;
    search.in_flight++;
    if (search.in_flight > search.most_in_flight)
        search.most_in_flight = search.in_flight;
    step(&search);
    search.in_flight--;
    msvc_breaker_end(search.breaker, &permit,
                     thread == 0 ? MSVC_OUTCOME_CANCELLED : MSVC_OUTCOME_IGNORED, 0, START_NS + 10);
}

static void check_one_probe(void)
{
    assert_int_equal(search.most_in_flight, 1);
    assert_int_equal(msvc_breaker_state(search.breaker), MSVC_BREAKER_HALF_OPEN);
}

static void never_admits_two_probes_where_one_is_allowed(void **state)
{
    (void)state;
    in_every_order(&(struct scenario){ MSVC_BREAKER_OPTIONS(.probes = 1), 3, 3, half_open, probe,
                                       check_one_probe, false, false });
}

static void open_for_a_millisecond(void)
{
    msvc_breaker_open_for(search.breaker, 1, START_NS);
}

/* All come when the opening is over. */
static void probe_late(unsigned thread)
{
    struct msvc_permit permit;

    (void)thread;
    if (msvc_breaker_begin(search.breaker, START_NS + 5000000, &permit) == 0)
        search.in_flight++;
}

static void check_one_in_flight(void)
{
    assert_int_equal(search.in_flight, 1);
    assert_int_equal(msvc_breaker_state(search.breaker), MSVC_BREAKER_HALF_OPEN);
}

static void admits_one_probe_when_an_opening_is_over(void **state)
{
    (void)state;
    in_every_order(&(struct scenario){ MSVC_BREAKER_OPTIONS(.probes = 1), 3, 4,
                                       open_for_a_millisecond, probe_late, check_one_in_flight,
                                       false, false });
}

/* The failure and the success that completes the minimum, together. */
static void opens_however_the_minimum_is_reached_by_number(void **state)
{
    (void)state;
    in_every_order(&(struct scenario){ MSVC_BREAKER_OPTIONS(.window_calls = 4, .minimum_calls = 2),
                                       2, 5, take_permits, first_fails_others_succeed, check_open,
                                       false, false });
}

static void opens_however_the_minimum_is_reached_by_time(void **state)
{
    (void)state;
    in_every_order(&(struct scenario){ MSVC_BREAKER_OPTIONS(.minimum_calls = 2), 2, 5, take_permits,
                                       first_fails_others_succeed, check_open, false, false });
}

static void opens_however_three_results_come(void **state)
{
    (void)state;
    in_every_order(
        &(struct scenario){ MSVC_BREAKER_OPTIONS(.minimum_calls = 3, .failure_percent = 33), 3, 3,
                            take_permits, first_fails_others_succeed, check_open, false, false });
}

/* One opens it, one reports an old success, one goes through half-open to closed. */
static void come_from_different_times(unsigned thread)
{
    struct msvc_permit permit;

    if (thread < 2) {
        finish(thread, thread == 0 ? MSVC_OUTCOME_FAILURE : MSVC_OUTCOME_SUCCESS);
        return;
    }
    if (msvc_breaker_begin(search.breaker, START_NS + 5000000, &permit) == 0 &&
        permit.generation != search.first_epoch)
        msvc_breaker_end(search.breaker, &permit, MSVC_OUTCOME_SUCCESS, 0, START_NS + 5000000);
}

static void check_nothing_old_counted(void)
{
    struct msvc_breaker_snapshot snapshot;

    msvc_breaker_snapshot(search.breaker, START_NS + 5000000, &snapshot);
    assert_true(search.breaker->epoch != search.first_epoch);
    assert_int_equal(snapshot.calls, 0);
    assert_int_equal(snapshot.failures, 0);
}

static void counts_nothing_from_before_a_change_by_number(void **state)
{
    (void)state;
    in_every_order(&(struct scenario){
        MSVC_BREAKER_OPTIONS(.window_calls = 4, .minimum_calls = 1, .open_ms = 1), 3, 3,
        take_permits, come_from_different_times, check_nothing_old_counted, false, false });
}

static void counts_nothing_from_before_a_change_by_time(void **state)
{
    (void)state;
    in_every_order(&(struct scenario){ MSVC_BREAKER_OPTIONS(.minimum_calls = 1, .open_ms = 1), 3, 3,
                                       take_permits, come_from_different_times,
                                       check_nothing_old_counted, false, false });
}

static void half_open_with_one_probe(void)
{
    half_open();
    search.permits[1] = begin_early();
}

/* One fails the first probe and begins the next, one comes from before or after. */
static void probe_across_a_change(unsigned thread)
{
    if (thread == 1)
        finish(thread, MSVC_OUTCOME_FAILURE);
    if (msvc_breaker_begin(search.breaker, START_NS + 5000000, &search.permits[thread]) < 0)
        search.permits[thread].generation = 0;
}

/* Open, if the late one found the failed probe and opened it again as late as that. */
static void check_one_lease(void)
{
    unsigned leases = 0;

    for (unsigned i = 0; i < search.scenario->threads; i++)
        leases += search.permits[i].generation == search.breaker->epoch;
    assert_int_equal(leases, msvc_breaker_state(search.breaker) == MSVC_BREAKER_HALF_OPEN ? 1 : 0);
}

static void lets_nobody_from_an_earlier_time_take_a_probes_place(void **state)
{
    (void)state;
    in_every_order(&(struct scenario){ MSVC_BREAKER_OPTIONS(.probes = 1, .open_ms = 1), 2, 6,
                                       half_open_with_one_probe, probe_across_a_change,
                                       check_one_lease, false, false });
}

/* One opens it, one reports an old success, one closes it and reports a new one. */
static void report_across_a_change(unsigned thread)
{
    struct msvc_permit permit;

    come_from_different_times(thread);
    if (thread < 2 || msvc_breaker_state(search.breaker) != MSVC_BREAKER_CLOSED ||
        search.breaker->epoch == search.first_epoch)
        return;
    assert_int_equal(msvc_breaker_begin(search.breaker, START_NS + 10, &permit), 0);
    msvc_breaker_end(search.breaker, &permit, MSVC_OUTCOME_SUCCESS, 0, START_NS + 10);
    search.in_flight++;
}

static void check_only_new_counted(void)
{
    struct msvc_breaker_snapshot snapshot;

    msvc_breaker_snapshot(search.breaker, START_NS + 10, &snapshot);
    assert_int_equal(snapshot.calls, search.in_flight);
    assert_int_equal(snapshot.failures, 0);
}

static void loses_no_new_result_to_an_old_one_by_number(void **state)
{
    (void)state;
    in_every_order(&(struct scenario){
        MSVC_BREAKER_OPTIONS(.window_calls = 4, .minimum_calls = 1, .open_ms = 1), 3, 3,
        take_permits, report_across_a_change, check_only_new_counted, false, false });
}

static void loses_no_new_result_to_an_old_one_by_time(void **state)
{
    (void)state;
    in_every_order(&(struct scenario){ MSVC_BREAKER_OPTIONS(.minimum_calls = 1, .open_ms = 1), 3, 3,
                                       take_permits, report_across_a_change, check_only_new_counted,
                                       true, false });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closes_when_the_last_probes_succeed_together),
        cmocka_unit_test(opens_when_a_probe_fails_beside_others_that_succeed),
        cmocka_unit_test(never_admits_two_probes_where_one_is_allowed),
        cmocka_unit_test(admits_one_probe_when_an_opening_is_over),
        cmocka_unit_test(opens_however_the_minimum_is_reached_by_number),
        cmocka_unit_test(opens_however_the_minimum_is_reached_by_time),
        cmocka_unit_test(opens_however_three_results_come),
        cmocka_unit_test(counts_nothing_from_before_a_change_by_number),
        cmocka_unit_test(counts_nothing_from_before_a_change_by_time),
        cmocka_unit_test(lets_nobody_from_an_earlier_time_take_a_probes_place),
        cmocka_unit_test(loses_no_new_result_to_an_old_one_by_number),
        cmocka_unit_test(loses_no_new_result_to_an_old_one_by_time),
    };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    (void)tests;
    (void)puts("1..0 # SKIP sanitizers do not follow coroutines");
    return 0;
#endif
    return cmocka_run_group_tests_name("breaker_interleavings", tests, NULL, NULL);
}
