/* SPDX-License-Identifier: MIT */
/* A fixed number of threads and a queue in front of them. */
#ifndef MSVC_HTTP_SERVER_WORKERS_INTERNAL_H
#define MSVC_HTTP_SERVER_WORKERS_INTERNAL_H

#include <pthread.h>

#include <msvc/base.h>

/* Embedded in what has to be done; queued at most once at a time. */
struct job {
    struct job *next;
    void (*run)(struct job *job);
    void (*cancel)(struct job *job); /* instead of run, when the workers stop */
    bool is_counted;
};

/*
 * Waking a thread costs more than most handlers, so only one is woken at a
 * time: when it comes it takes a job and, if another one waits, wakes the next.
 * Handlers that are quick are run by few threads in turn, those that block by
 * as many as there are.
 */
struct workers {
    pthread_t *threads;
    unsigned count; /* started */
    unsigned limit; /* jobs that may wait */

    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t wanted;
    struct job *first;
    struct job **last;
    unsigned waiting; /* counted jobs in the queue, and places that were reserved */
    unsigned idle;    /* threads that sleep */
    bool is_waking;   /* one of them was woken and has not come yet */
    bool is_stopping;
};

/* Returns 0, MSVC_ERR_NOMEM or MSVC_ERR_UNAVAILABLE (no more threads). */
int msvc__workers_start(struct workers *w, unsigned count, unsigned limit);

/* Take a place in the queue for a job that is counted; false when it is full or the workers stop.
 */
bool msvc__workers_reserve(struct workers *w);

/* Queue a job, counted when a place was reserved for it. False when the workers stop: nothing was
 * done, and the place is given back. */
bool msvc__workers_push(struct workers *w, struct job *job, bool is_counted);

/* Cancel what waits, let what runs end. The threads are gone when it returns; pushing is refused.
 */
void msvc__workers_stop(struct workers *w);

/* After stop, when nobody can push any more. */
void msvc__workers_clear(struct workers *w);

#endif
