/* SPDX-License-Identifier: MIT */
/*
 * What an allowed call costs (begin and end together), beside an uncontended
 * atomic addition of the same run. Rounds are short and all rows take turns,
 * best of many: a shared machine only ever adds time. Rounds of two threads
 * count only when both ran at the same time.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <msvc/breaker.h>
#include <msvc/breaker_registry.h>
#include <msvc/clock.h>

#include "measure.h"

#define CALLS  200000
#define ROUNDS 100
#define NEVER  1e9

struct bench {
    const char *name;
    void (*work)(struct bench *bench);
    struct msvc_breaker *breaker;
    double one_ns; /* of a call, the best so far */
    double two_ns;
};

struct runner {
    struct bench *bench; /* NULL: no more rounds */
    uint64_t began_ns;
    uint64_t ended_ns;
};

static struct runner own, other;
static pthread_barrier_t gate;   /* where the other thread sleeps between rounds */
static _Atomic unsigned waiting; /* who has not come to the start */
static _Atomic uint64_t counter;
static uint64_t now; /* when the round began, shared by its threads */

static void add_own(struct bench *bench)
{
    _Atomic uint64_t own_counter[16]; /* on a cache line that no other thread writes */

    (void)bench;
    atomic_init(&own_counter[8], 0);
    for (int i = 0; i < CALLS; i++)
        atomic_fetch_add_explicit(&own_counter[8], 1, memory_order_relaxed);
}

static void add(struct bench *bench)
{
    (void)bench;
    for (int i = 0; i < CALLS; i++)
        atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
}

static inline void one_call(struct msvc_breaker *breaker, uint64_t now_ns,
                            enum msvc_outcome outcome)
{
    struct msvc_permit permit;

    if (msvc_breaker_begin(breaker, now_ns, &permit) == 0)
        msvc_breaker_end(breaker, &permit, outcome, 1000, now_ns);
}

static void succeed(struct bench *bench)
{
    uint64_t end = now + CALLS * UINT64_C(100);

    for (uint64_t at = now; at < end; at += 100)
        one_call(bench->breaker, at, MSVC_OUTCOME_SUCCESS);
}

static void fail_each_fiftieth(struct bench *bench)
{
    uint64_t end = now + CALLS * UINT64_C(100);

    for (uint64_t at = now; at < end; at += 5000) {
        one_call(bench->breaker, at, MSVC_OUTCOME_FAILURE);
        for (uint64_t good = at + 100; good < at + 5000; good += 100)
            one_call(bench->breaker, good, MSVC_OUTCOME_SUCCESS);
    }
}

static void read_the_clock(struct bench *bench)
{
    for (int i = 0; i < CALLS; i++)
        one_call(bench->breaker, 0, MSVC_OUTCOME_SUCCESS);
}

static struct msvc_breaker_registry *registry;

static void look_up(struct bench *bench)
{
    struct msvc_breaker *breaker;

    (void)bench;
    for (int i = 0; i < CALLS; i++) {
        if (msvc_breaker_registry_get(registry, "orders.example:8443", &breaker) == 0)
            msvc_breaker_registry_put(registry, breaker, now);
    }
}

static void only_read_the_clock(struct bench *bench)
{
    (void)bench;
    for (int i = 0; i < CALLS; i++)
        (void)msvc_clock_monotonic_ns(NULL);
}

static void run(struct runner *runner)
{
    atomic_fetch_sub(&waiting, 1);
    while (atomic_load(&waiting) > 0)
        ;
    runner->began_ns = msvc_clock_monotonic_ns(NULL);
    runner->bench->work(runner->bench);
    runner->ended_ns = msvc_clock_monotonic_ns(NULL);
}

static void *run_other(void *unused)
{
    (void)unused;
    for (;;) {
        (void)pthread_barrier_wait(&gate);
        if (other.bench == NULL)
            return NULL;
        run(&other);
        (void)pthread_barrier_wait(&gate);
    }
}

static double took(const struct runner *runner)
{
    return (double)(runner->ended_ns - runner->began_ns);
}

static void measure_one(struct bench *bench)
{
    atomic_store(&waiting, 1);
    own.bench = bench;
    run(&own);
    if (took(&own) / CALLS < bench->one_ns)
        bench->one_ns = took(&own) / CALLS;
}

/* Whether nine tenths of the time of both were the same time. */
static bool overlap(const struct runner *a, const struct runner *b)
{
    uint64_t from = a->began_ns > b->began_ns ? a->began_ns : b->began_ns;
    uint64_t to = a->ended_ns < b->ended_ns ? a->ended_ns : b->ended_ns;

    return to > from && (double)(to - from) > 0.9 * took(a) && (double)(to - from) > 0.9 * took(b);
}

static void measure_two(struct bench *bench)
{
    double slower;

    atomic_store(&waiting, 2);
    own.bench = bench;
    other.bench = bench;
    (void)pthread_barrier_wait(&gate);
    run(&own);
    (void)pthread_barrier_wait(&gate);
    slower = took(&own) > took(&other) ? took(&own) : took(&other);
    if (overlap(&own, &other) && slower / CALLS < bench->two_ns)
        bench->two_ns = slower / CALLS;
}

static void measure(struct bench *benches, size_t count)
{
    pthread_t thread;

    (void)pthread_barrier_init(&gate, NULL, 2);
    if (pthread_create(&thread, NULL, run_other, NULL) != 0)
        exit(1);
    now = msvc_clock_monotonic_ns(NULL);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < count; i++) {
            measure_one(&benches[i]);
            measure_two(&benches[i]);
            now += CALLS * UINT64_C(100);
        }
    }
    other.bench = NULL;
    (void)pthread_barrier_wait(&gate);
    (void)pthread_join(thread, NULL);
    (void)pthread_barrier_destroy(&gate);
}

static void print_cell(double ns, double atomic_ns)
{
    if (ns < NEVER)
        printf(" %8.1f %6.2f x", ns, ns / atomic_ns);
    else
        printf(" %8s %8s", "-", "");
}

static struct msvc_breaker *make(const struct msvc_breaker_options *options)
{
    struct msvc_breaker *breaker;

    if (msvc_breaker_new(&breaker, options) < 0)
        exit(1);
    return breaker;
}

int main(void)
{
    struct msvc_breaker *time = make(MSVC_BREAKER_OPTIONS(.slow_ms = 500));
    struct msvc_breaker *clock = make(MSVC_BREAKER_OPTIONS(.slow_ms = 500));
    struct msvc_breaker *count = make(MSVC_BREAKER_OPTIONS(.window_calls = 100));
    struct msvc_breaker *open = make(MSVC_BREAKER_OPTIONS(.open_ms = 4000000000u));
    struct bench benches[] = {
        { "atomic add", add_own, NULL, NEVER, NEVER },
        { "atomic add, one for both", add, NULL, NEVER, NEVER },
        { "time window", succeed, time, NEVER, NEVER },
        { "time window, 2 % fail", fail_each_fiftieth, time, NEVER, NEVER },
        { "count window of 100", succeed, count, NEVER, NEVER },
        { "count window of 100, 2 % fail", fail_each_fiftieth, count, NEVER, NEVER },
        { "open, rejected", succeed, open, NEVER, NEVER },
        { "open, reads the clock", read_the_clock, open, NEVER, NEVER },
        { "registry, get and put", look_up, NULL, NEVER, NEVER },
        { "clock read", only_read_the_clock, NULL, NEVER, NEVER },
        { "time window, reads the clock", read_the_clock, clock, NEVER, NEVER },
    };
    size_t count_benches = sizeof(benches) / sizeof(benches[0]);

    if (msvc_breaker_registry_new(&registry, NULL) < 0)
        exit(1);
    print_machine();
    (void)msvc_breaker_set(open, MSVC_BREAKER_OPEN, 0);
    measure(benches, count_benches);
    printf("%-30s %8s %8s %8s %8s\n", "ns per call", "1 thread", "", "2", "");
    for (size_t i = 0; i < count_benches; i++) {
        printf("%-30s", benches[i].name);
        print_cell(benches[i].one_ns, benches[0].one_ns);
        print_cell(benches[i].two_ns, benches[0].one_ns);
        printf("\n");
    }
    msvc_breaker_registry_free(registry);
    msvc_breaker_free(time);
    msvc_breaker_free(clock);
    msvc_breaker_free(count);
    msvc_breaker_free(open);
    return 0;
}
