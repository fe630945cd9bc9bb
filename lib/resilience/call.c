/* SPDX-License-Identifier: MIT */
/* A run, driven by the thread that waits for it. */
#include <msvc/call.h>

#include <poll.h>

#include <msvc/cancel.h>
#include <msvc/clock.h>
#include <msvc/run.h>
#include <msvc/status.h>

#include "resilience/policy_internal.h"

#define POLL_MOST_MS 60000

/* Once, in pieces of at most a minute: the run says whether it was long enough. */
static void wait_by_poll(const struct msvc_run *run)
{
    struct pollfd fds[] = {
        { .fd = run->fd, .events = POLLIN },
        { .fd = msvc_cancel_fd(run->options.cancel), .events = POLLIN },
    };

    (void)poll(fds, 2,
               msvc_deadline_left_ms(run->policy->options.clock, run->until_ns, POLL_MOST_MS));
}

/* A wait of the user's own knows time and cancellation, no descriptors. */
static void wait_for_run(struct msvc_run *run)
{
    const struct msvc_retry_options *retry = &run->policy->retry;

    if (retry->wait == NULL || run->fd >= 0)
        wait_by_poll(run);
    else if (retry->wait(run->until_ns, run->options.cancel, retry->user) < 0)
        msvc_run_abandon(run);
}

int msvc_call(const struct msvc_policy *policy, msvc_call_fn *call, void *user,
              const struct msvc_call_options *options)
{
    struct msvc_run run;
    enum msvc_run_step step;
    uint64_t now_ns = 0;
    int status;

    if (call == NULL)
        return MSVC_ERR_INVALID;
    status = msvc_run_begin(&run, policy, options, user);
    if (status < 0)
        return status;
    while ((step = msvc_run_next(&run, now_ns)) != MSVC_RUN_DONE) {
        now_ns = 0;
        if (step == MSVC_RUN_ATTEMPT) {
            status = call(run.attempt, user);
            (void)msvc_run_report(&run, run.attempt, status, 0);
            now_ns = run.now_ns;
        } else {
            wait_for_run(&run);
        }
    }
    return run.status;
}
