/* SPDX-License-Identifier: MIT */
/*
 * A connection being opened already counts, so that the limit holds although
 * connecting happens outside the lock. Waiting is for the condition "one came
 * back, or one may be opened", on the monotonic clock.
 */
#include "store/store_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include <msvc/cancel.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"

#define NS_PER_MS 1000000
#define NS_PER_S  1000000000

/* How long to wait before looking at a token or at a clock that is not the machine's. */
#define LOOK_MS 20

enum turn { TURN_IDLE, TURN_OPEN, TURN_WAIT };

int msvc__pool_init(struct msvc__pool *pool, unsigned limit)
{
    pthread_condattr_t attributes;

    pool->idle = msvc__new_array(limit, sizeof(*pool->idle));
    pool->limit = limit;
    if (pool->idle == NULL)
        return MSVC_ERR_NOMEM;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&pool->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    (void)pthread_mutex_init(&pool->lock, NULL);
    return 0;
}

void msvc__pool_clear(struct msvc__pool *pool, const struct msvc_store_driver *driver,
                      bool is_forked)
{
    if (pool->idle == NULL)
        return;
    for (unsigned i = 0; i < pool->idle_count; i++) {
        if (is_forked)
            driver->abandon(pool->idle[i]);
        else
            driver->disconnect(pool->idle[i]);
    }
    if (!is_forked) {
        (void)pthread_cond_destroy(&pool->changed);
        (void)pthread_mutex_destroy(&pool->lock);
    }
    free(pool->idle);
}

/* Lock held. */
static enum turn whose_turn(struct msvc__pool *pool, void **out)
{
    if (pool->idle_count > 0) {
        *out = pool->idle[--pool->idle_count];
        return TURN_IDLE;
    }
    if (pool->open_count == pool->limit)
        return TURN_WAIT;
    pool->open_count++;
    return TURN_OPEN;
}

static struct timespec in_ms(int ms)
{
    struct timespec then;

    (void)clock_gettime(CLOCK_MONOTONIC, &then);
    then.tv_sec += ms / 1000;
    then.tv_nsec += (long)(ms % 1000) * NS_PER_MS;
    if (then.tv_nsec >= NS_PER_S) {
        then.tv_sec++;
        then.tv_nsec -= NS_PER_S;
    }
    return then;
}

/* Lock held. */
static int wait_for_change(struct msvc_store *store, uint64_t deadline_ns,
                           const struct msvc_cancel *cancel, struct msvc_error *err)
{
    const struct msvc_clock *clock = store->options.clock;
    bool must_look = cancel != NULL || (clock != NULL && clock != msvc_clock_system());
    int left_ms = msvc_deadline_left_ms(clock, deadline_ns, must_look ? LOOK_MS : 60000);
    struct timespec until;

    if (msvc_cancel_is_requested(cancel))
        return msvc_error_set(err, MSVC_ERR_CANCELLED, "core", 0,
                              "cancelled while waiting for a connection");
    if (left_ms == 0)
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "core", 0,
                              "all %u connections stayed in use until the deadline",
                              store->pool.limit);
    until = in_ms(left_ms);
    (void)pthread_cond_timedwait(&store->pool.changed, &store->pool.lock, &until);
    return 0;
}

/* One connection less is open: somebody who waits may open another. */
static void forget(struct msvc__pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    pool->open_count--;
    (void)pthread_cond_signal(&pool->changed);
    (void)pthread_mutex_unlock(&pool->lock);
}

int msvc__pool_take(void **out, bool *was_idle, struct msvc_store *store, uint64_t deadline_ns,
                    const struct msvc_cancel *cancel, struct msvc_error *err)
{
    struct msvc__pool *pool = &store->pool;
    enum turn turn;
    int status = 0;

    (void)pthread_mutex_lock(&pool->lock);
    while ((turn = whose_turn(pool, out)) == TURN_WAIT) {
        status = wait_for_change(store, deadline_ns, cancel, err);
        if (status < 0)
            break;
    }
    (void)pthread_mutex_unlock(&pool->lock);

    if (turn == TURN_OPEN) {
        status = store->driver->connect(out, &store->target, deadline_ns, err);
        if (status < 0)
            forget(pool);
    }
    *was_idle = turn == TURN_IDLE;
    return status;
}

void msvc__pool_give(struct msvc_store *store, void *connection)
{
    struct msvc__pool *pool = &store->pool;

    if (!store->driver->is_usable(connection)) {
        store->driver->disconnect(connection);
        forget(pool);
        return;
    }
    (void)pthread_mutex_lock(&pool->lock);
    pool->idle[pool->idle_count++] = connection;
    (void)pthread_cond_signal(&pool->changed);
    (void)pthread_mutex_unlock(&pool->lock);
}
