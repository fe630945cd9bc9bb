/* SPDX-License-Identifier: MIT */
/*
 * Attempts on the user's executor, steps on the thread that waits for the call.
 * It waits for the losers as well: they use what belongs to the caller. A token
 * of its own asks each one to stop.
 */
#include "resilience/hedge_internal.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <msvc/cancel.h>
#include <msvc/run.h>
#include <msvc/status.h>

#include "base/os_internal.h"
#include "resilience/call_internal.h"
#include "resilience/policy_internal.h"

struct flight {
    struct hedged *owner;
    struct msvc_attempt *attempt; /* NULL: free */
    struct msvc_cancel *cancel;
    int status;    /* guarded by the owner's lock */
    bool has_come; /* likewise */
};

struct hedged {
    struct msvc_run *run;
    msvc_call_fn *call;
    pthread_mutex_t lock;
    int wake; /* readable when a flight has come in */
    struct flight flights[MSVC_RUN_AT_ONCE_MAX];
};

/* On the executor. Signalled with the lock held: once it is free, all of this may be gone. */
static void fly(void *argument)
{
    struct flight *flight = argument;
    struct hedged *hedged = flight->owner;
    int status = hedged->call(flight->attempt, hedged->run->user);

    (void)pthread_mutex_lock(&hedged->lock);
    flight->status = status;
    flight->has_come = true;
    msvc__wake_signal(hedged->wake);
    (void)pthread_mutex_unlock(&hedged->lock);
}

static struct flight *find(struct hedged *hedged, const struct msvc_attempt *attempt)
{
    struct flight *flight = hedged->flights;

    while (flight->attempt != attempt)
        flight++;
    return flight;
}

static int submit(struct hedged *hedged, struct flight *flight)
{
    const struct msvc_executor *executor = &hedged->run->policy->options.hedge->executor;
    int status = msvc_cancel_new(&flight->cancel);

    if (status < 0)
        return status;
    flight->attempt->cancel = flight->cancel;
    status = executor->submit(executor->user, fly, flight);
    if (status < 0)
        msvc_cancel_free(flight->cancel);
    return status;
}

/* What could not even be started says nothing about the dependency. */
static void take_off(struct hedged *hedged)
{
    struct flight *flight = find(hedged, NULL);
    struct msvc_attempt *attempt = hedged->run->attempt;
    int status;

    *flight = (struct flight){ .owner = hedged, .attempt = attempt };
    status = submit(hedged, flight);
    if (status >= 0)
        return;
    flight->attempt = NULL;
    attempt->has_outcome = true;
    attempt->outcome = MSVC_OUTCOME_IGNORED;
    (void)msvc_run_report(hedged->run, attempt, status, 0);
}

static bool has_come(struct hedged *hedged, const struct flight *flight)
{
    bool answer;

    (void)pthread_mutex_lock(&hedged->lock);
    answer = flight->attempt != NULL && flight->has_come;
    (void)pthread_mutex_unlock(&hedged->lock);
    return answer;
}

static void land(struct hedged *hedged)
{
    for (unsigned i = 0; i < MSVC_RUN_AT_ONCE_MAX; i++) {
        struct flight *flight = &hedged->flights[i];
        struct msvc_attempt *attempt = flight->attempt;

        if (!has_come(hedged, flight))
            continue;
        msvc_cancel_free(flight->cancel);
        flight->attempt = NULL;
        msvc__call_report(hedged->run, attempt, flight->status);
    }
}

static void drive(struct hedged *hedged)
{
    enum msvc_run_step step;

    while ((step = msvc_run_next(hedged->run, 0)) != MSVC_RUN_DONE) {
        if (step == MSVC_RUN_ATTEMPT) {
            take_off(hedged);
        } else if (step == MSVC_RUN_STOP) {
            msvc_cancel_request(find(hedged, hedged->run->attempt)->cancel);
        } else {
            msvc__call_wait(hedged->run, hedged->wake);
            msvc__wake_clear(hedged->wake);
            land(hedged);
        }
    }
}

int msvc__call_hedged(struct msvc_run *run, msvc_call_fn *call)
{
    struct hedged hedged = { .run = run, .call = call };

    if (run->policy->options.hedge->executor.submit == NULL)
        return MSVC_ERR_INVALID;
    hedged.wake = msvc__wake_open();
    if (hedged.wake < 0)
        return hedged.wake;
    if (pthread_mutex_init(&hedged.lock, NULL) != 0) {
        (void)close(hedged.wake);
        return MSVC_ERR_NOMEM;
    }
    drive(&hedged);
    (void)pthread_mutex_destroy(&hedged.lock);
    (void)close(hedged.wake);
    return run->status;
}
