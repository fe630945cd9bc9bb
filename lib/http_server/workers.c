/* SPDX-License-Identifier: MIT */
#include "http_server/workers_internal.h"

#include <signal.h>
#include <stdlib.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"

/* Lock held. */
static struct job *take(struct workers *w)
{
    struct job *job = w->first;

    if (job == NULL)
        return NULL;
    w->first = job->next;
    if (w->first == NULL)
        w->last = &w->first;
    if (job->is_counted)
        w->waiting--;
    return job;
}

/* Lock held. Whether the caller has to wake a thread once it has let go of the lock. */
static bool should_wake(struct workers *w)
{
    if (w->first == NULL || w->idle == 0 || w->is_waking)
        return false;
    w->is_waking = true;
    return true;
}

/* Lock held. */
static void wait_for_job(struct workers *w)
{
    w->idle++;
    while (w->first == NULL && !w->is_stopping) {
        (void)pthread_cond_wait(&w->wanted, &w->lock);
        w->is_waking = false; /* also when another one was faster and it sleeps on */
    }
    w->idle--;
}

/* Lets go of the lock, and wakes without it: the other one needs it at once. */
static void unlock_and_wake(struct workers *w)
{
    bool wakes = should_wake(w);

    (void)pthread_mutex_unlock(&w->lock);
    if (wakes)
        (void)pthread_cond_signal(&w->wanted);
}

static void *work(void *user)
{
    struct workers *w = user;
    struct job *job;

    (void)pthread_mutex_lock(&w->lock);
    for (;;) {
        if (w->first == NULL)
            wait_for_job(w);
        if (w->is_stopping)
            break;
        job = take(w);
        unlock_and_wake(w);
        job->run(job);
        (void)pthread_mutex_lock(&w->lock);
    }
    (void)pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* Signals are the program's: its own threads take them. */
static int start_threads(struct workers *w, unsigned count)
{
    sigset_t all;
    sigset_t before;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    while (w->count < count && pthread_create(&w->threads[w->count], NULL, work, w) == 0)
        w->count++;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return w->count == count ? 0 : MSVC_ERR_UNAVAILABLE;
}

int msvc__workers_start(struct workers *w, unsigned count, unsigned limit)
{
    int status;

    *w = (struct workers){ .limit = limit, .threads = msvc__new_array(count, sizeof(pthread_t)) };
    if (w->threads == NULL)
        return MSVC_ERR_NOMEM;
    w->last = &w->first;
    (void)pthread_mutex_init(&w->lock, NULL);
    (void)pthread_cond_init(&w->wanted, NULL);
    status = start_threads(w, count);
    if (status < 0) {
        msvc__workers_stop(w);
        msvc__workers_clear(w);
    }
    return status;
}

bool msvc__workers_reserve(struct workers *w)
{
    bool has_room;

    (void)pthread_mutex_lock(&w->lock);
    has_room = !w->is_stopping && w->waiting < w->limit;
    w->waiting += has_room;
    (void)pthread_mutex_unlock(&w->lock);
    return has_room;
}

bool msvc__workers_push(struct workers *w, struct job *job, bool is_counted)
{
    (void)pthread_mutex_lock(&w->lock);
    if (w->is_stopping) {
        w->waiting -= is_counted;
        (void)pthread_mutex_unlock(&w->lock);
        return false;
    }
    job->next = NULL;
    job->is_counted = is_counted;
    *w->last = job;
    w->last = &job->next;
    unlock_and_wake(w);
    return true;
}

void msvc__workers_stop(struct workers *w)
{
    struct job *job;

    if (w->threads == NULL)
        return;
    (void)pthread_mutex_lock(&w->lock);
    w->is_stopping = true;
    (void)pthread_cond_broadcast(&w->wanted);
    (void)pthread_mutex_unlock(&w->lock);
    for (unsigned i = 0; i < w->count; i++)
        (void)pthread_join(w->threads[i], NULL);
    w->count = 0;
    while ((job = take(w)) != NULL)
        job->cancel(job);
}

void msvc__workers_clear(struct workers *w)
{
    if (w->threads == NULL)
        return;
    free(w->threads);
    w->threads = NULL;
    (void)pthread_cond_destroy(&w->wanted);
    (void)pthread_mutex_destroy(&w->lock);
}
