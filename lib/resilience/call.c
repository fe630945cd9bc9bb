/* SPDX-License-Identifier: MIT */
/* A run, driven by the thread that waits for it. */
#include "resilience/call_internal.h"

#include <poll.h>

#include <msvc/cancel.h>
#include <msvc/clock.h>
#include <msvc/status.h>

#include "resilience/hedge_internal.h"
#include "resilience/policy_internal.h"

#define POLL_MOST_MS 60000

/*
 * Once, in pieces of at most a minute: the run says whether it was long enough.
 * A token that was requested already must not wake: attempts that were told to
 * stop are waited for.
 */
static void wait_by_poll(const struct msvc_run *run, int fd)
{
    struct msvc_cancel *cancel = run->options.cancel;
    struct pollfd fds[] = {
        { .fd = run->fd, .events = POLLIN },
        { .fd = run->has_result ? -1 : msvc_cancel_fd(cancel), .events = POLLIN },
        { .fd = fd, .events = POLLIN },
    };

    (void)poll(fds, 3,
               msvc_deadline_left_ms(run->policy->options.clock, run->until_ns, POLL_MOST_MS));
}

/* A wait of the user's own knows time and cancellation, no descriptors. */
void msvc__call_wait(struct msvc_run *run, int fd)
{
    const struct msvc_retry_options *retry = &run->policy->retry;

    if (retry->wait == NULL || run->fd >= 0 || fd >= 0)
        wait_by_poll(run, fd);
    else if (retry->wait(run->until_ns, run->options.cancel, retry->user) < 0)
        msvc_run_abandon(run);
}

void msvc__call_report(struct msvc_run *run, struct msvc_attempt *attempt, int status)
{
    void *result = attempt->result;

    if (!msvc_run_report(run, attempt, status, 0)) {
        if (result != NULL && run->options.discard != NULL)
            run->options.discard(result);
    } else if (run->options.result != NULL) {
        *run->options.result = result;
    }
}

static void drive(struct msvc_run *run, msvc_call_fn *call)
{
    enum msvc_run_step step;
    uint64_t now_ns = run->now_ns;

    while ((step = msvc_run_next(run, now_ns)) != MSVC_RUN_DONE) {
        now_ns = 0;
        if (step == MSVC_RUN_ATTEMPT) {
            msvc__call_report(run, run->attempt, call(run->attempt, run->user));
            now_ns = run->now_ns;
        } else {
            msvc__call_wait(run, -1);
        }
    }
}

int msvc_call(const struct msvc_policy *policy, msvc_call_fn *call, void *user,
              const struct msvc_call_options *options)
{
    struct msvc_run run;
    int status;

    if (call == NULL)
        return MSVC_ERR_INVALID;
    status = msvc_run_begin(&run, policy, options, user);
    if (status < 0)
        return status;
    if (run.policy->options.hedge != NULL)
        return msvc__call_hedged(&run, call);
    drive(&run, call);
    return run.status;
}
