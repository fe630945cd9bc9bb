/* SPDX-License-Identifier: MIT */
/*
 * A thread waits in poll() on two descriptors: its pump's, and one that all
 * threads share and that stop makes readable for good. The pump itself is
 * always run without waiting, so that a stop is seen at once.
 */
#include <msvc/runner.h>

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <msvc/error.h>
#include <msvc/telemetry.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"
#include "base/os_internal.h"

#define PUMP_LIMIT 64
#define FAILING_PAUSE_MS                                                     \
    100 /* between runs of a pump that fails; its own back-off may be longer \
         */

struct pump_thread {
    struct msvc_runner *runner;
    struct msvc_pump pump;
    char *name;
    pthread_t thread;
};

struct msvc_runner {
    struct msvc_runner_options options; /* constant after new() */
    int stop_fd;                        /* readable: every thread ends */
    bool is_stopped;
    size_t count;
    struct pump_thread *threads[PUMP_LIMIT];
};

/* Whether the runner stops. */
static bool wait_for_work(const struct pump_thread *t, int status)
{
    struct pollfd fds[2] = {
        { .fd = t->runner->stop_fd, .events = POLLIN },
        { .fd = t->pump.fd(t->pump.object), .events = POLLIN },
    };
    int timeout_ms = t->pump.timeout_ms(t->pump.object);
    nfds_t count = 2;

    if (status < 0) {
        timeout_ms = timeout_ms > FAILING_PAUSE_MS ? timeout_ms : FAILING_PAUSE_MS;
        count = 1;
    }
    (void)poll(fds, count, timeout_ms);
    return (fds[0].revents & POLLIN) != 0;
}

static void note_change(const struct pump_thread *t, bool was_failing, int status,
                        const struct msvc_error *err)
{
    struct msvc_log *log = msvc_telemetry_log(t->runner->options.telemetry);

    if (status < 0 && !was_failing) {
        msvc_log_warn(log, "pump is failing", MSVC_STR("pump", t->name),
                      MSVC_STR("error.type", msvc_status_name(status)),
                      MSVC_STR("error.message", err->message));
    } else if (status >= 0 && was_failing) {
        msvc_log_info(log, "pump works again", MSVC_STR("pump", t->name));
    }
}

static void *run(void *argument)
{
    struct pump_thread *t = argument;
    bool is_failing = false;
    int status;

    do {
        struct msvc_error err = { 0 };

        status = t->pump.run_once(t->pump.object, 0, &err);
        note_change(t, is_failing, status, &err);
        is_failing = status < 0;
    } while (!wait_for_work(t, status));
    return NULL;
}

int msvc_runner_new(struct msvc_runner **out, const struct msvc_runner_options *options)
{
    struct msvc_runner *runner;
    int status;

    if (out == NULL)
        return MSVC_ERR_INVALID;
    runner = msvc__new(sizeof(*runner));
    if (runner == NULL)
        return MSVC_ERR_NOMEM;
    status = msvc__options_copy(&runner->options, sizeof(runner->options), options);
    if (status < 0)
        goto fail;
    runner->stop_fd = status = msvc__wake_open();
    if (status < 0)
        goto fail;
    *out = runner;
    return 0;

fail:
    free(runner);
    return status;
}

void msvc_runner_free(struct msvc_runner *runner)
{
    if (runner == NULL)
        return;
    msvc_runner_stop(runner);
    (void)close(runner->stop_fd);
    free(runner);
}

/* Signals belong to the threads that the program made itself. */
static int start_thread(struct pump_thread *t)
{
    sigset_t all;
    sigset_t before;
    int failure;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    failure = pthread_create(&t->thread, NULL, run, t);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure == 0)
        msvc__os_name_thread(t->thread, t->name);
    return failure;
}

int msvc_runner_add(struct msvc_runner *runner, const char *name, struct msvc_pump pump,
                    struct msvc_error *err)
{
    struct pump_thread *t;
    int failure;

    if (runner == NULL || name == NULL || pump.run_once == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "runner", 0,
                              "a pump needs a name and run_once");
    if (runner->is_stopped)
        return msvc_error_set(err, MSVC_ERR_STATE, "runner", 0, "the runner was stopped");
    if (runner->count == PUMP_LIMIT)
        return msvc_error_set(err, MSVC_ERR_LIMIT, "runner", 0, "%d pumps are the most",
                              PUMP_LIMIT);

    t = msvc__new(sizeof(*t));
    if (t == NULL || (t->name = msvc__copy_text(name)) == NULL) {
        free(t);
        return msvc_error_set(err, MSVC_ERR_NOMEM, "runner", 0, "no memory for pump %s", name);
    }
    t->runner = runner;
    t->pump = pump;
    failure = start_thread(t);
    if (failure != 0) {
        free(t->name);
        free(t);
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "runner", failure, "no thread for pump %s",
                              name);
    }
    runner->threads[runner->count++] = t;
    return 0;
}

void msvc_runner_stop(struct msvc_runner *runner)
{
    if (runner == NULL || runner->is_stopped)
        return;
    runner->is_stopped = true;
    msvc__wake_signal(runner->stop_fd);
    for (size_t i = 0; i < runner->count; i++) {
        (void)pthread_join(runner->threads[i]->thread, NULL);
        free(runner->threads[i]->name);
        free(runner->threads[i]);
    }
    runner->count = 0;
}
