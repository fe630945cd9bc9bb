/* SPDX-License-Identifier: MIT */
#include "simulate_limit.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include <msvc/adaptive_limit.h>
#include <msvc/status.h>

#include "fake_random.h"

#define NS_PER_S    1e9
#define MEAN_NS     1e7
#define PATIENCE_NS 1e8 /* a call that takes longer is of no use */
#define QUEUE       65536
#define WORKERS     256

struct job {
    uint64_t came_ns;
    struct msvc_adaptive_permit permit;
};

struct world {
    const struct limit_simulation *simulation;
    struct fake_random random;
    struct msvc_adaptive_limit *limit;
    uint64_t now_ns;
    unsigned fixed_calls;
    struct job queue[QUEUE];
    unsigned long head;
    unsigned long tail;
    struct job working[WORKERS];
    uint64_t ends_ns[WORKERS]; /* 0: idle */
    double *took_ms;
    unsigned long answers;
    unsigned long room;
    unsigned long good;
    struct limit_result result;
};

static double uniform(struct world *w)
{
    return ((double)msvc_random_below(&w->random.random, 1u << 30) + 0.5) / (1u << 30);
}

static uint64_t draw_service_ns(struct world *w)
{
    double after_ns = w->simulation->slower_after_s * NS_PER_S;
    double scale = after_ns > 0 && (double)w->now_ns > after_ns ? 2 : 1;

    switch (w->simulation->service) {
    case SERVICE_EXPONENTIAL:
        return (uint64_t)(scale * MEAN_NS * -log(uniform(w)));
    case SERVICE_EVEN:
        return (uint64_t)(scale * MEAN_NS * (0.9 + 0.2 * uniform(w)));
    default:
        return (uint64_t)(scale * MEAN_NS * (uniform(w) < 0.1 ? 5.5 : 0.5));
    }
}

static bool is_counted(const struct world *w)
{
    return (double)w->now_ns >= w->simulation->warm_up_s * NS_PER_S;
}

static bool enter(struct world *w, struct job *job)
{
    if (w->limit != NULL)
        return msvc_adaptive_limit_enter(w->limit, w->now_ns, &job->permit) == 0;
    if (w->fixed_calls >= w->simulation->fixed_limit)
        return false;
    w->fixed_calls++;
    return true;
}

static void leave(struct world *w, struct job *job)
{
    if (w->limit != NULL)
        msvc_adaptive_limit_leave(w->limit, &job->permit, MSVC_OUTCOME_SUCCESS, w->now_ns);
    else
        w->fixed_calls--;
}

static void start_work(struct world *w)
{
    for (unsigned i = 0; i < w->simulation->workers && w->head != w->tail; i++) {
        if (w->ends_ns[i] != 0)
            continue;
        w->working[i] = w->queue[w->head++ % QUEUE];
        w->ends_ns[i] = w->now_ns + draw_service_ns(w) + 1;
    }
}

static void arrive(struct world *w)
{
    struct job job = { .came_ns = w->now_ns };

    w->result.offered += is_counted(w);
    if (!enter(w, &job)) {
        w->result.rejected += is_counted(w);
        return;
    }
    w->queue[w->tail++ % QUEUE] = job;
    start_work(w);
}

static void answer(struct world *w, unsigned worker)
{
    uint64_t took_ns = w->now_ns - w->working[worker].came_ns;

    w->ends_ns[worker] = 0;
    leave(w, &w->working[worker]);
    if (is_counted(w) && w->answers < w->room) {
        w->took_ms[w->answers++] = (double)took_ns / 1e6;
        w->good += (double)took_ns <= PATIENCE_NS;
    }
    start_work(w);
}

static unsigned first_to_end(const struct world *w)
{
    unsigned first = WORKERS;

    for (unsigned i = 0; i < w->simulation->workers; i++) {
        if (w->ends_ns[i] != 0 && (first == WORKERS || w->ends_ns[i] < w->ends_ns[first]))
            first = i;
    }
    return first;
}

static void run(struct world *w)
{
    double rate = w->simulation->load * w->simulation->workers / MEAN_NS;
    double end_ns = w->simulation->seconds * NS_PER_S;
    double next_ns = 1;

    while ((double)w->now_ns < end_ns) {
        unsigned worker = first_to_end(w);

        if (worker < WORKERS && (double)w->ends_ns[worker] <= next_ns) {
            w->now_ns = w->ends_ns[worker];
            answer(w, worker);
        } else {
            w->now_ns = (uint64_t)next_ns;
            arrive(w);
            next_ns += 1 - log(uniform(w)) / rate;
        }
    }
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

static void conclude(struct world *w)
{
    double counted_s = w->simulation->seconds - w->simulation->warm_up_s;
    double possible = counted_s * w->simulation->workers * NS_PER_S / MEAN_NS;

    qsort(w->took_ms, w->answers, sizeof(*w->took_ms), compare);
    w->result.goodput = (double)w->good / possible;
    if (w->answers > 0)
        w->result.p99_ms = w->took_ms[(size_t)(0.99 * (double)(w->answers - 1))];
    w->result.limit =
        w->limit != NULL ? msvc_adaptive_limit_now(w->limit) : w->simulation->fixed_limit;
}

void simulate_limit(struct limit_result *out, const struct limit_simulation *simulation)
{
    struct world *w = calloc(1, sizeof(*w));

    w->simulation = simulation;
    fake_random_init(&w->random, 17);
    w->room = (unsigned long)(simulation->seconds * simulation->workers * 200) + 1000;
    w->took_ms = calloc(w->room, sizeof(*w->took_ms));
    if (simulation->fixed_limit == 0 &&
        msvc_adaptive_limit_new(&w->limit,
                                MSVC_ADAPTIVE_LIMIT_OPTIONS(.initial = simulation->initial)) < 0)
        abort();
    run(w);
    conclude(w);
    *out = w->result;
    msvc_adaptive_limit_free(w->limit);
    free(w->took_ms);
    free(w);
}

void simulate_best_fixed_limit(struct limit_result *out, unsigned *out_limit,
                               const struct limit_simulation *simulation)
{
    struct limit_simulation fixed = *simulation;
    struct limit_result result;

    out->goodput = -1;
    for (fixed.fixed_limit = simulation->workers / 2; fixed.fixed_limit <= simulation->workers * 8;
         fixed.fixed_limit += 1 + fixed.fixed_limit / 4) {
        simulate_limit(&result, &fixed);
        if (result.goodput > out->goodput) {
            *out = result;
            *out_limit = fixed.fixed_limit;
        }
    }
}
