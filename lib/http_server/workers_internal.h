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

struct workers {
    pthread_t *threads;
    unsigned count; /* started */
    unsigned limit; /* jobs that may wait */

    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t wanted;
    struct job *first;
    struct job **last;
    unsigned waiting; /* counted jobs in the queue */
    bool is_stopping;
};

/* Returns 0, MSVC_ERR_NOMEM or MSVC_ERR_UNAVAILABLE (no more threads). */
int msvc__workers_start(struct workers *w, unsigned count, unsigned limit);

/*
 * Queue a job. before (optional) is called first, with the queue locked, so
 * that no worker can be faster. Returns false when the queue is full or the
 * workers stop: nothing was done. A job that must_run is queued beyond the limit.
 */
bool msvc__workers_push(struct workers *w, struct job *job, bool must_run,
                        void (*before)(struct job *job));

/* Cancel what waits, let what runs end. The threads are gone when it returns; pushing is refused.
 */
void msvc__workers_stop(struct workers *w);

/* After stop, when nobody can push any more. */
void msvc__workers_clear(struct workers *w);

#endif
