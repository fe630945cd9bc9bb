/* SPDX-License-Identifier: MIT */
/*
 * All interactions of a pact: one after the other on the caller's thread, or
 * each by whichever worker is free. Results lie in the order of the file
 * either way. The caller waits meanwhile, and it is the one that tells how far
 * they are.
 */
#include "contract/verify_internal.h"

#include <pthread.h>
#include <stdlib.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"

struct crew {
    struct msvc__jobs *jobs;
    struct msvc__run *run;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    size_t next;
    size_t done;
    size_t failed;
    size_t working; /* workers that go on */
    int status;     /* of the first that ended it all */
    struct msvc_error err;
};

static bool counts_as_failure(const struct msvc__result *result)
{
    return result->mismatches.found > 0 && !result->is_pending;
}

static void tell(const struct msvc__run *run, size_t done, size_t count, size_t failed)
{
    if (run->options.progress != NULL)
        run->options.progress(done, count, failed, run->options.user);
}

static int run_alone(struct msvc__jobs *jobs, struct msvc__run *run, struct msvc_error *err)
{
    size_t failed = 0;
    int status = 0;

    for (size_t i = 0; status == 0 && i < jobs->count; i++) {
        status = msvc__verify_one(&jobs->results[i], run, jobs->interactions[i], err);
        failed += counts_as_failure(&jobs->results[i]);
        tell(run, i + 1, jobs->count, failed);
        if (failed > 0 && run->options.ends_at_first_failure)
            jobs->count = i + 1;
    }
    return status;
}

/* Lock held. */
static void take_down(struct crew *c, const struct msvc__result *result, int status,
                      const struct msvc_error *err)
{
    c->done++;
    c->failed += counts_as_failure(result);
    if (status < 0 && c->status == 0) {
        c->status = status;
        c->err = *err;
    }
    (void)pthread_cond_signal(&c->changed);
}

static void *work(void *user)
{
    struct crew *c = user;

    (void)pthread_mutex_lock(&c->lock);
    while (c->status == 0 && c->next < c->jobs->count) {
        size_t i = c->next++;
        struct msvc_error err;
        int status;

        (void)pthread_mutex_unlock(&c->lock);
        status = msvc__verify_one(&c->jobs->results[i], c->run, c->jobs->interactions[i], &err);
        (void)pthread_mutex_lock(&c->lock);
        take_down(c, &c->jobs->results[i], status, &err);
    }
    c->working--;
    (void)pthread_cond_signal(&c->changed);
    (void)pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* Until the last worker has ended. */
static void watch(struct crew *c)
{
    size_t told = 0;

    (void)pthread_mutex_lock(&c->lock);
    while (c->working > 0 || told < c->done) {
        size_t failed = c->failed;

        if (told == c->done) {
            (void)pthread_cond_wait(&c->changed, &c->lock);
            continue;
        }
        told = c->done;
        (void)pthread_mutex_unlock(&c->lock);
        tell(c->run, told, c->jobs->count, failed);
        (void)pthread_mutex_lock(&c->lock);
    }
    (void)pthread_mutex_unlock(&c->lock);
}

/* Those that could be started do the work; none is a failure. */
static size_t start_all(struct crew *c, pthread_t *threads, size_t count)
{
    size_t started = 0;

    (void)pthread_mutex_lock(&c->lock);
    while (started < count && pthread_create(&threads[started], NULL, work, c) == 0)
        started++;
    c->working = started;
    (void)pthread_mutex_unlock(&c->lock);
    return started;
}

static int run_crew(struct msvc__jobs *jobs, struct msvc__run *run, size_t count,
                    struct msvc_error *err)
{
    struct crew c = { .jobs = jobs, .run = run };
    pthread_t threads[MSVC_CONTRACT_WORKERS_MAX];
    size_t started;

    if (pthread_mutex_init(&c.lock, NULL) != 0)
        return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory for a lock");
    if (pthread_cond_init(&c.changed, NULL) != 0) {
        (void)pthread_mutex_destroy(&c.lock);
        return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory for a lock");
    }
    started = start_all(&c, threads, count);
    watch(&c);
    for (size_t i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
    (void)pthread_cond_destroy(&c.changed);
    (void)pthread_mutex_destroy(&c.lock);
    if (started == 0)
        return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no thread for a worker");
    if (c.status < 0 && err != NULL)
        *err = c.err;
    return c.status;
}

int msvc__jobs_run(struct msvc__jobs *jobs, struct msvc__run *run, struct msvc_error *err)
{
    size_t workers = run->options.workers;

    if (workers > jobs->count)
        workers = jobs->count;
    if (workers < 2)
        return run_alone(jobs, run, err);
    return run_crew(jobs, run, workers, err);
}
