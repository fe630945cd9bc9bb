/* SPDX-License-Identifier: MIT */
/*
 * What an allowed call costs (begin and end, time passed in), beside an
 * uncontended atomic addition of the same run. Prints a table; best of several
 * rounds, since a shared machine only ever adds time.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <msvc/breaker.h>
#include <msvc/clock.h>

#define CALLS  2000000
#define ROUNDS 7

struct bench {
    const char *name;
    void (*work)(struct bench *bench);
    struct msvc_breaker *breaker;
    uint64_t now_ns;
    unsigned failing_of_100;
    pthread_barrier_t *start;
    uint64_t took_ns;
};

static _Atomic uint64_t counter;

static void add(struct bench *bench)
{
    (void)bench;
    for (int i = 0; i < CALLS; i++)
        atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
}

static void one_call(struct bench *bench, uint64_t now_ns, enum msvc_outcome outcome)
{
    struct msvc_permit permit;

    if (msvc_breaker_begin(bench->breaker, now_ns, &permit) == 0)
        msvc_breaker_end(bench->breaker, &permit, outcome, 1000, now_ns);
}

static void pass_time_in(struct bench *bench)
{
    uint64_t now_ns = bench->now_ns;

    for (int i = 0; i < CALLS; i++) {
        now_ns += 100;
        one_call(bench, now_ns,
                 (unsigned)i % 100 < bench->failing_of_100 ? MSVC_OUTCOME_FAILURE
                                                           : MSVC_OUTCOME_SUCCESS);
    }
    bench->now_ns = now_ns;
}

static void read_the_clock(struct bench *bench)
{
    for (int i = 0; i < CALLS; i++)
        one_call(bench, 0, MSVC_OUTCOME_SUCCESS);
}

static void *run(void *user)
{
    struct bench *bench = user;
    uint64_t began;

    (void)pthread_barrier_wait(bench->start);
    began = msvc_clock_monotonic_ns(NULL);
    bench->work(bench);
    bench->took_ns = msvc_clock_monotonic_ns(NULL) - began;
    return NULL;
}

/* Nanoseconds of one call on the slowest thread, in the best round. */
static double measure(const struct bench *model, unsigned threads)
{
    double best = 1e9;

    for (int round = 0; round < ROUNDS; round++) {
        struct bench benches[2] = { *model, *model };
        pthread_t handles[2];
        pthread_barrier_t start;

        (void)pthread_barrier_init(&start, NULL, threads);
        for (unsigned i = 0; i < threads; i++) {
            benches[i].start = &start;
            benches[i].now_ns += (uint64_t)round * CALLS * 100;
            if (pthread_create(&handles[i], NULL, run, &benches[i]) != 0)
                exit(1);
        }
        for (unsigned i = 0; i < threads; i++) {
            double each;

            (void)pthread_join(handles[i], NULL);
            each = (double)benches[i].took_ns / CALLS;
            if (i == 0 || each > (double)benches[0].took_ns / CALLS)
                benches[0].took_ns = benches[i].took_ns;
        }
        (void)pthread_barrier_destroy(&start);
        if ((double)benches[0].took_ns / CALLS < best)
            best = (double)benches[0].took_ns / CALLS;
    }
    return best;
}

static void row(const struct bench *bench, double atomic_ns)
{
    double one = measure(bench, 1);
    double two = measure(bench, 2);

    printf("%-34s %8.1f %6.1f x %8.1f %6.1f x\n", bench->name, one, one / atomic_ns, two,
           two / atomic_ns);
}

static struct msvc_breaker *make(const struct msvc_breaker_options *options, bool is_open)
{
    struct msvc_breaker *breaker;

    if (msvc_breaker_new(&breaker, options) < 0)
        exit(1);
    if (is_open)
        (void)msvc_breaker_set(breaker, MSVC_BREAKER_OPEN, 0);
    return breaker;
}

int main(void)
{
    uint64_t now = msvc_clock_monotonic_ns(NULL);
    struct msvc_breaker *time = make(MSVC_BREAKER_OPTIONS(.slow_ms = 500), false);
    struct msvc_breaker *count = make(MSVC_BREAKER_OPTIONS(.window_calls = 100), false);
    struct msvc_breaker *open = make(MSVC_BREAKER_OPTIONS(.open_ms = 4000000000u), true);
    const struct bench benches[] = {
        { "atomic add", add, NULL, 0, 0, NULL, 0 },
        { "time window", pass_time_in, time, now, 0, NULL, 0 },
        { "time window, 2 % fail", pass_time_in, time, now, 2, NULL, 0 },
        { "count window", pass_time_in, count, now, 0, NULL, 0 },
        { "count window, 2 % fail", pass_time_in, count, now, 2, NULL, 0 },
        { "time window, clock read", read_the_clock, time, 0, 0, NULL, 0 },
        { "open, rejected", pass_time_in, open, now, 0, NULL, 0 },
    };
    double atomic_ns = measure(&benches[0], 1);

    printf("%-34s %8s %8s %8s %8s\n", "ns per call", "1 thread", "", "2", "");
    for (size_t i = 0; i < sizeof(benches) / sizeof(benches[0]); i++)
        row(&benches[i], atomic_ns);
    msvc_breaker_free(time);
    msvc_breaker_free(count);
    msvc_breaker_free(open);
    return 0;
}
