/* SPDX-License-Identifier: MIT */
/*
 * The connection that was used last is handed out first: it is the most
 * likely to be still open, and the others grow old together.
 */
#include "http_client/client_internal.h"

#include <time.h>

#include <msvc/cancel.h>
#include <msvc/status.h>

#define NS_PER_S 1000000000
#define LOOK_NS  20000000

void msvc__pool_init(struct msvc__pool *pool)
{
    pthread_condattr_t attributes;

    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&pool->returned, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

void msvc__pool_clear(struct msvc__pool *pool)
{
    while (pool->idle != NULL) {
        struct msvc__connection *next = pool->idle->next;

        msvc__connection_close(pool->idle);
        pool->idle = next;
    }
    (void)pthread_cond_destroy(&pool->returned);
    (void)pthread_mutex_destroy(&pool->lock);
}

static uint64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* Lock held. Wait for one to come back; a token cannot wake us, so look after it now and then. */
static void wait_for_return(struct msvc__pool *pool, uint64_t deadline_ns, bool is_cancellable)
{
    uint64_t look_ns = now_ns() + LOOK_NS;
    uint64_t until_ns = is_cancellable && look_ns < deadline_ns ? look_ns : deadline_ns;
    struct timespec until = { (time_t)(until_ns / NS_PER_S), (long)(until_ns % NS_PER_S) };

    (void)pthread_cond_timedwait(&pool->returned, &pool->lock, &until);
}

int msvc__pool_take(struct msvc__pool *pool, unsigned limit, uint64_t deadline_ns,
                    struct msvc_cancel *cancel, struct msvc__connection **out)
{
    struct msvc__connection *connection = NULL;
    int status = 0;

    (void)pthread_mutex_lock(&pool->lock);
    while (pool->idle == NULL && pool->open_count >= limit && now_ns() < deadline_ns &&
           !msvc_cancel_is_requested(cancel))
        wait_for_return(pool, deadline_ns, cancel != NULL);
    if (pool->idle != NULL) {
        connection = pool->idle;
        pool->idle = connection->next;
    } else if (pool->open_count < limit) {
        connection = msvc__connection_open();
        status = connection != NULL ? 0 : MSVC_ERR_NOMEM;
        pool->open_count += connection != NULL;
    } else {
        status = msvc_cancel_is_requested(cancel) ? MSVC_ERR_CANCELLED : MSVC_ERR_TIMEOUT;
    }
    (void)pthread_mutex_unlock(&pool->lock);

    if (status == 0)
        *out = connection;
    return status;
}

void msvc__pool_give(struct msvc__pool *pool, struct msvc__connection *connection)
{
    (void)pthread_mutex_lock(&pool->lock);
    connection->next = pool->idle;
    pool->idle = connection;
    (void)pthread_cond_signal(&pool->returned);
    (void)pthread_mutex_unlock(&pool->lock);
}
