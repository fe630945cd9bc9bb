/* SPDX-License-Identifier: MIT */
/*
 * The limit changes between windows of some hundred answers. By Little's law a
 * latency above that of the dependency without a queue tells how long the queue
 * is; the limit goes up while the latency is at most queue_percent above that baseline
 * and down in proportion when it is more.
 *
 * The baseline is the difficult part: under a load that never ends the queue is
 * never empty. Holding everybody back to find out would reject calls for nothing, so
 * every few windows the limit goes down in steps for as long as the latency falls
 * with it. What that comes to rest at is the baseline; the throughput notices
 * the last step only. There are no such probes while the limit rejects nobody.
 * When the limit goes down and the latency does not, the dependency itself
 * has become slower: that is the new baseline.
 *
 * An answer counts in the window in which its call began: what began under
 * another limit tells about that one. Orders are relaxed, a count that is lost
 * between two windows does not matter; the one thread that has the window's flag
 * changes the limit.
 */
#include <msvc/adaptive_limit.h>

#include <stdatomic.h>
#include <stdlib.h>

#include <msvc/clock.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"

#define PROBE_WINDOWS 30 /* between two probes */
#define SOON_WINDOWS  3  /* when the one before found another baseline than it had: */
#define SURPRISE      1.5
#define PROBE_STEP    0.75
#define FAR_STEP      0.5 /* the third one and those after it; all, when little is known */
#define FAR_STEPS     2
#define GAIN          0.6 /* a latency that fell by less, compared with the limit, came to rest */
#define SHRINK_MOST   0.5
#define REFUSED_STEP  0.9 /* when the peer turned calls away */
#define SMOOTHING     0.3 /* share of the newest window */

struct msvc_adaptive_limit {
    struct msvc_adaptive_limit_options options; /* constant */

    atomic_uint limit;
    atomic_uint calls;

    /* This window. */
    atomic_uint epoch;
    atomic_uint answers;
    atomic_uint most_calls;
    atomic_bool has_rejected;
    atomic_bool was_refused;
    _Atomic uint64_t latency_ns; /* of all answers together */

    atomic_flag is_closing; /* guards everything below */
    double target;          /* the limit before rounding */
    double baseline_ns;     /* 0: not known */
    unsigned bound_windows; /* in which the limit rejected somebody, since the last probe */
    bool is_sure;           /* the last two probes found the same baseline */
    bool is_probing;
    double target_before; /* while probing: where it began */
    unsigned steps;       /* likewise, made */
    double step_from;     /* while the limit goes down: a limit on the way, 0: it does not */
    double step_ns;       /* and the latency that it had */
};

static void fill_in(struct msvc_adaptive_limit_options *o)
{
    if (o->maximum == 0)
        o->maximum = 1000;
    if (o->initial == 0)
        o->initial = o->maximum < 100 ? o->maximum : 100;
    if (o->minimum == 0)
        o->minimum = o->initial < 2 ? o->initial : 2;
    if (o->queue_percent == 0)
        o->queue_percent = 50;
    if (o->window_calls == 0)
        o->window_calls = 100;
}

static bool is_valid(const struct msvc_adaptive_limit_options *o)
{
    return o->maximum <= MSVC_ADAPTIVE_LIMIT_MAX && o->initial <= o->maximum &&
           o->minimum <= o->initial && o->queue_percent >= 10 && o->queue_percent <= 500 &&
           o->window_calls >= 10 && o->window_calls <= 10000;
}

int msvc_adaptive_limit_new(struct msvc_adaptive_limit **out,
                            const struct msvc_adaptive_limit_options *options)
{
    struct msvc_adaptive_limit_options filled;
    struct msvc_adaptive_limit *limit;
    int status;

    if (out == NULL)
        return MSVC_ERR_INVALID;
    status = msvc__options_copy(&filled, sizeof(filled), options);
    if (status < 0)
        return status;
    fill_in(&filled);
    if (!is_valid(&filled))
        return MSVC_ERR_INVALID;

    limit = msvc__new(sizeof(*limit));
    if (limit == NULL)
        return MSVC_ERR_NOMEM;
    limit->options = filled;
    limit->target = filled.initial;
    limit->bound_windows =
        PROBE_WINDOWS - SOON_WINDOWS; /* nothing is known: probe at the first load */
    atomic_init(&limit->limit, filled.initial);
    atomic_flag_clear(&limit->is_closing);
    *out = limit;
    return 0;
}

void msvc_adaptive_limit_free(struct msvc_adaptive_limit *limit)
{
    free(limit);
}

static void set_target(struct msvc_adaptive_limit *l, double target)
{
    if (target < l->options.minimum)
        target = l->options.minimum;
    if (target > l->options.maximum)
        target = l->options.maximum;
    l->target = target;
    atomic_store_explicit(&l->limit, (unsigned)(target + 0.5), memory_order_relaxed);
}

/* A window: what it was like. */
struct window {
    double latency_ns; /* mean */
    unsigned most_calls;
    bool has_rejected;
    bool was_refused;
};

static void step_down(struct msvc_adaptive_limit *l, const struct window *w)
{
    bool is_far = !l->is_sure || l->steps >= FAR_STEPS;

    l->step_from = l->target;
    l->step_ns = w->latency_ns;
    l->steps++;
    set_target(l, l->target * (is_far ? FAR_STEP : PROBE_STEP));
}

/* Whether the latency went down as the limit did: as long as there is a queue, both do alike. */
static bool has_gained(const struct msvc_adaptive_limit *l, const struct window *w)
{
    return 1 - w->latency_ns / l->step_ns > GAIN * (1 - l->target / l->step_from);
}

/* A baseline that was found by chance does not last. The last step was one too many: the step
 * before it is where the queue begins. */
static void end_probe(struct msvc_adaptive_limit *l, const struct window *w)
{
    double full = l->step_from * (1 + l->options.queue_percent / 100.0);

    double found_ns = w->latency_ns < l->step_ns ? w->latency_ns : l->step_ns;

    l->is_sure = found_ns < l->baseline_ns * SURPRISE && found_ns * SURPRISE > l->baseline_ns;
    l->baseline_ns = found_ns;
    l->is_probing = false;
    l->bound_windows = l->is_sure ? 0 : PROBE_WINDOWS - SOON_WINDOWS;
    l->step_from = 0;
    set_target(l, full < l->target_before ? full : l->target_before);
}

static void go_on_probing(struct msvc_adaptive_limit *l, const struct window *w)
{
    if (!has_gained(l, w) || l->target <= l->options.minimum)
        end_probe(l, w);
    else
        step_down(l, w);
}

/* With few calls under way there is no queue: the latency is the baseline, whatever it becomes. */
static void learn_baseline(struct msvc_adaptive_limit *l, const struct window *w)
{
    bool is_idle = !w->has_rejected && w->most_calls < l->target / 2;

    if (l->baseline_ns == 0 || w->latency_ns < l->baseline_ns)
        l->baseline_ns = w->latency_ns;
    else if (is_idle)
        l->baseline_ns += SMOOTHING * (w->latency_ns - l->baseline_ns);
}

/* Whether the limit went down and the latency did not: it was not the queue that made it high. */
static bool has_become_slower(struct msvc_adaptive_limit *l, const struct window *w)
{
    if (l->step_from == 0) {
        l->step_from = l->target;
        l->step_ns = w->latency_ns;
    }
    if (l->target > l->step_from * PROBE_STEP)
        return false;
    if (has_gained(l, w)) {
        l->step_from = 0;
        return false;
    }
    return true;
}

static void shrink(struct msvc_adaptive_limit *l, const struct window *w, double factor)
{
    double before;

    if (!w->was_refused && has_become_slower(l, w)) {
        before = l->step_from;
        l->step_from = 0;
        l->baseline_ns = w->latency_ns;
        set_target(l, before);
        return;
    }
    if (factor < SHRINK_MOST)
        factor = SHRINK_MOST;
    set_target(l, l->target * (1 + SMOOTHING * (factor - 1)));
}

/* More is tried only when what there is was used. */
static void adapt(struct msvc_adaptive_limit *l, const struct window *w)
{
    double factor = (1 + l->options.queue_percent / 100.0) * l->baseline_ns / w->latency_ns;

    if (w->was_refused && factor > REFUSED_STEP)
        factor = REFUSED_STEP;
    if (factor < 1) {
        shrink(l, w, factor);
        return;
    }
    l->step_from = 0;
    if (w->has_rejected || w->most_calls >= l->target / 2)
        set_target(l, l->target * (1 + SMOOTHING * (factor - 1)));
}

static void judge(struct msvc_adaptive_limit *l, const struct window *w)
{
    if (l->is_probing) {
        go_on_probing(l, w);
        return;
    }
    l->bound_windows += w->has_rejected;
    learn_baseline(l, w);
    if (l->bound_windows < PROBE_WINDOWS) {
        adapt(l, w);
        return;
    }
    l->is_probing = true;
    l->target_before = l->target;
    l->steps = 0;
    step_down(l, w);
}

static void close_window(struct msvc_adaptive_limit *l)
{
    unsigned answers = atomic_exchange_explicit(&l->answers, 0, memory_order_relaxed);
    uint64_t latency_ns = atomic_exchange_explicit(&l->latency_ns, 0, memory_order_relaxed);
    struct window w = { 0 };

    w.has_rejected = atomic_exchange_explicit(&l->has_rejected, false, memory_order_relaxed);
    w.was_refused = atomic_exchange_explicit(&l->was_refused, false, memory_order_relaxed);
    w.most_calls = atomic_exchange_explicit(&l->most_calls,
                                            atomic_load_explicit(&l->calls, memory_order_relaxed),
                                            memory_order_relaxed);
    if (answers > 0 && latency_ns > 0) {
        w.latency_ns = (double)latency_ns / answers;
        judge(l, &w);
    }
    atomic_fetch_add_explicit(&l->epoch, 1, memory_order_relaxed);
}

/* Twice as many as are under way: those that end first are the quick ones. */
static bool is_full(const struct msvc_adaptive_limit *l, unsigned answers)
{
    unsigned most = atomic_load_explicit(&l->most_calls, memory_order_relaxed);

    return answers >= l->options.window_calls && answers >= 2 * most;
}

static void count_answer(struct msvc_adaptive_limit *l, uint64_t took_ns)
{
    unsigned answers;

    atomic_fetch_add_explicit(&l->latency_ns, took_ns, memory_order_relaxed);
    answers = atomic_fetch_add_explicit(&l->answers, 1, memory_order_relaxed) + 1;
    if (!is_full(l, answers) ||
        atomic_flag_test_and_set_explicit(&l->is_closing, memory_order_acquire))
        return;
    if (is_full(l, atomic_load_explicit(&l->answers, memory_order_relaxed)))
        close_window(l);
    atomic_flag_clear_explicit(&l->is_closing, memory_order_release);
}

static void note_most(struct msvc_adaptive_limit *l, unsigned calls)
{
    unsigned seen = atomic_load_explicit(&l->most_calls, memory_order_relaxed);

    while (seen < calls &&
           !atomic_compare_exchange_weak_explicit(&l->most_calls, &seen, calls,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

int msvc_adaptive_limit_enter(struct msvc_adaptive_limit *limit, uint64_t now_ns,
                              struct msvc_adaptive_permit *permit)
{
    unsigned calls;

    if (limit == NULL || permit == NULL)
        return MSVC_ERR_INVALID;
    calls = atomic_load_explicit(&limit->calls, memory_order_relaxed);
    do {
        if (calls >= atomic_load_explicit(&limit->limit, memory_order_relaxed)) {
            atomic_store_explicit(&limit->has_rejected, true, memory_order_relaxed);
            return MSVC_ERR_REJECTED;
        }
    } while (!atomic_compare_exchange_weak_explicit(&limit->calls, &calls, calls + 1,
                                                    memory_order_relaxed, memory_order_relaxed));
    note_most(limit, calls + 1);
    permit->began_ns = now_ns != 0 ? now_ns : msvc_clock_monotonic_ns(limit->options.clock);
    permit->epoch = atomic_load_explicit(&limit->epoch, memory_order_relaxed);
    permit->is_held = true;
    return 0;
}

void msvc_adaptive_limit_leave(struct msvc_adaptive_limit *limit,
                               struct msvc_adaptive_permit *permit, enum msvc_outcome outcome,
                               uint64_t now_ns)
{
    if (limit == NULL || permit == NULL || !permit->is_held)
        return;
    permit->is_held = false;
    atomic_fetch_sub_explicit(&limit->calls, 1, memory_order_relaxed);
    if (outcome == MSVC_OUTCOME_REJECTED)
        atomic_store_explicit(&limit->was_refused, true, memory_order_relaxed);
    if ((outcome != MSVC_OUTCOME_SUCCESS && outcome != MSVC_OUTCOME_SLOW) ||
        permit->epoch != atomic_load_explicit(&limit->epoch, memory_order_relaxed))
        return;
    if (now_ns == 0)
        now_ns = msvc_clock_monotonic_ns(limit->options.clock);
    count_answer(limit, now_ns > permit->began_ns ? now_ns - permit->began_ns : 0);
}

unsigned msvc_adaptive_limit_now(const struct msvc_adaptive_limit *limit)
{
    return limit != NULL ? atomic_load_explicit(&limit->limit, memory_order_relaxed) : 0;
}

unsigned msvc_adaptive_limit_calls(const struct msvc_adaptive_limit *limit)
{
    return limit != NULL ? atomic_load_explicit(&limit->calls, memory_order_relaxed) : 0;
}
