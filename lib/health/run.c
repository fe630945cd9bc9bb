/* SPDX-License-Identifier: MIT */
/* Running the checks that are due, one after the other, on the caller's thread. */
#include <msvc/health.h>

#include <limits.h>
#include <poll.h>

#include <msvc/clock.h>
#include <msvc/status.h>
#include <msvc/telemetry.h>

#include "base/os_internal.h"
#include "health/health_internal.h"

#define NS_PER_MS           UINT64_C(1000000)
#define STARTUP_INTERVAL_MS 200

/* The check that has been due for longest, NULL when none is; marks it as running. */
static struct check *take_due(struct msvc_health *health)
{
    uint64_t now_ns = msvc_clock_monotonic_ns(health->options.clock);
    struct check *due = NULL;

    (void)pthread_mutex_lock(&health->lock);
    for (size_t i = 0; i < health->count; i++) {
        struct check *check = health->checks[i];

        if (check->due_ns <= now_ns && (due == NULL || check->due_ns < due->due_ns))
            due = check;
    }
    if (due != NULL)
        due->running_ns = now_ns;
    (void)pthread_mutex_unlock(&health->lock);
    return due;
}

/* Lock held. Returns whether what counts has changed. */
static bool take_result(struct check *check, int status, const struct msvc_error *err)
{
    bool was_failing = check->is_failing;

    if (status >= 0) {
        check->failures = 0;
        check->has_passed = true;
        check->is_failing = false;
    } else {
        check->last = *err;
        if (++check->failures >= check->options.failures_to_fail)
            check->is_failing = true;
    }
    return check->is_failing != was_failing;
}

static void announce(const struct msvc_health *health, const struct check *check, int status,
                     const struct msvc_error *err)
{
    struct msvc_log *log = msvc_telemetry_log(health->options.telemetry);

    if (status >= 0)
        msvc_log_info(log, "health.check_passes", MSVC_STR("health.check", check->options.name));
    else
        msvc_log_warn(log, "health.check_fails", MSVC_STR("health.check", check->options.name),
                      MSVC_STR("error.type", msvc_status_name(status)),
                      MSVC_STR("error.message", err->message));
}

static int call(const struct msvc_health *health, const struct check *check, uint64_t *ended_ns,
                struct msvc_error *err)
{
    uint64_t deadline_ns = check->running_ns + check->options.timeout_ms * NS_PER_MS;
    int status;

    *err = (struct msvc_error){ .status = 0 };
    status = check->options.run(check->options.user, deadline_ns, err);
    *ended_ns = msvc_clock_monotonic_ns(health->options.clock);
    if (*ended_ns > deadline_ns)
        return msvc_error_set(err, MSVC_ERR_TIMEOUT, "health", 0, "took longer than %u ms",
                              check->options.timeout_ms);
    if (status < 0 && err->message[0] == '\0')
        (void)msvc_error_set(err, status, "health", 0, "%s", msvc_status_text(status));
    return status;
}

/* /startupz waits for the first success of some: these are asked often until then. */
static uint64_t pause_ns(const struct check *check)
{
    unsigned ms = check->options.interval_ms;

    if (check->options.is_startup && !check->has_passed && ms > STARTUP_INTERVAL_MS)
        ms = STARTUP_INTERVAL_MS;
    return ms * NS_PER_MS;
}

static void run(struct msvc_health *health, struct check *check)
{
    struct msvc_error err;
    uint64_t ended_ns;
    bool has_changed;
    int status = call(health, check, &ended_ns, &err);

    (void)pthread_mutex_lock(&health->lock);
    has_changed = take_result(check, status, &err);
    check->has_run = true;
    check->duration_ns = ended_ns - check->running_ns;
    check->ended_wall_ns = msvc_clock_wall_ns(health->options.clock);
    check->due_ns = ended_ns + pause_ns(check);
    check->running_ns = 0;
    (void)pthread_mutex_unlock(&health->lock);
    if (has_changed)
        announce(health, check, status, &err);
}

static int run_due(struct msvc_health *health)
{
    struct check *check;
    int count = 0;

    while (count < MSVC__HEALTH_CHECKS_MAX && (check = take_due(health)) != NULL) {
        run(health, check);
        count++;
    }
    return count;
}

int msvc_health_run_once(struct msvc_health *health, int timeout_ms)
{
    struct pollfd added;
    int wait_ms;
    int count;

    if (health == NULL)
        return MSVC_ERR_INVALID;
    msvc__wake_clear(health->wake_fd);
    count = run_due(health);
    if (count > 0 || timeout_ms == 0)
        return count;
    wait_ms = msvc_health_timeout_ms(health);
    if (wait_ms < 0 || (timeout_ms > 0 && timeout_ms < wait_ms))
        wait_ms = timeout_ms;
    added = (struct pollfd){ .fd = health->wake_fd, .events = POLLIN };
    (void)poll(&added, 1, wait_ms);
    msvc__wake_clear(health->wake_fd);
    return run_due(health);
}

int msvc_health_fd(const struct msvc_health *health)
{
    return health != NULL ? health->wake_fd : -1;
}

int msvc_health_timeout_ms(const struct msvc_health *given)
{
    struct msvc_health *health = (struct msvc_health *)(uintptr_t)given; /* only its lock changes */
    uint64_t due_ns = UINT64_MAX;

    if (health == NULL)
        return -1;
    (void)pthread_mutex_lock(&health->lock);
    for (size_t i = 0; i < health->count; i++) {
        if (health->checks[i]->due_ns < due_ns)
            due_ns = health->checks[i]->due_ns;
    }
    (void)pthread_mutex_unlock(&health->lock);
    return due_ns == UINT64_MAX ? -1
                                : msvc_deadline_left_ms(health->options.clock, due_ns, INT_MAX);
}
