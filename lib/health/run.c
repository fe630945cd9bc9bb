/* SPDX-License-Identifier: MIT */
/* Running the checks that are due, one after the other, on the threads that callers bring. */
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

        if (!check->is_running && check->due_ns <= now_ns &&
            (due == NULL || check->due_ns < due->due_ns))
            due = check;
    }
    if (due != NULL) {
        due->is_running = true;
        due->running_ns = now_ns;
    }
    (void)pthread_mutex_unlock(&health->lock);
    return due;
}

/* Lock held. The first run decides at once; later ones have to say it often enough. */
static void take_success(struct check *check)
{
    check->failures = 0;
    check->successes++;
    if (check->is_failing && check->has_run && check->successes < check->options.successes_to_pass)
        return;
    check->is_failing = false;
    check->has_passed = true;
}

/* Lock held. */
static void take_failure(struct check *check)
{
    check->successes = 0;
    check->failures++;
    if (check->failures >= check->options.failures_to_fail)
        check->is_failing = true;
}

/* Lock held. What counts of it. */
static enum msvc_health_state standing(const struct check *check)
{
    if (check->is_failing)
        return MSVC_HEALTH_FAIL;
    return check->is_degraded ? MSVC_HEALTH_WARN : MSVC_HEALTH_PASS;
}

/* Lock held. The message stays with what it is about. */
static void take_result(struct check *check, int status, const struct msvc_error *err)
{
    if (status < 0)
        take_failure(check);
    else
        take_success(check);
    if (status >= 0)
        check->is_degraded = status > 0;
    if (status != 0 && check->is_failing == (status < 0))
        check->last = *err;
}

static void announce(const struct msvc_health *health, const struct check *check,
                     enum msvc_health_state now, int status, const struct msvc_error *err)
{
    struct msvc_log *log = msvc_telemetry_log(health->options.telemetry);

    if (now == MSVC_HEALTH_PASS)
        msvc_log_info(log, "health.check_passes", MSVC_STR("health.check", check->options.name));
    else if (now == MSVC_HEALTH_WARN)
        msvc_log_warn(log, "health.check_warns", MSVC_STR("health.check", check->options.name),
                      MSVC_STR("error.message", err->message));
    else
        msvc_log_warn(log, "health.check_fails", MSVC_STR("health.check", check->options.name),
                      MSVC_STR("error.type", msvc_status_name(status)),
                      MSVC_STR("error.message", err->message));
}

static int call(const struct msvc_health *health, const struct check *check,
                struct msvc_health_run *run, uint64_t *ended_ns, struct msvc_error *err)
{
    uint64_t deadline_ns = check->running_ns + check->options.timeout_ms * NS_PER_MS;
    int status;

    *err = (struct msvc_error){ .status = 0 };
    *run = (struct msvc_health_run){ .deadline_ns = deadline_ns };
    status = check->options.run(check->options.user, run, err);
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

/* Lock held. What comes up late at a start is awaited, not worth a word. */
static bool is_first_word(const struct check *check, enum msvc_health_state now)
{
    return !check->has_run && !(check->options.is_startup && now == MSVC_HEALTH_FAIL);
}

static void run(struct msvc_health *health, struct check *check)
{
    enum msvc_health_state before;
    enum msvc_health_state now;
    struct msvc_health_run run;
    struct msvc_error err;
    uint64_t ended_ns;
    bool is_news;
    int status = call(health, check, &run, &ended_ns, &err);

    (void)pthread_mutex_lock(&health->lock);
    before = standing(check);
    take_result(check, status, &err);
    now = standing(check);
    is_news = now != before || is_first_word(check, now);
    check->has_run = true;
    check->run = run;
    check->duration_ns = ended_ns - check->running_ns;
    check->ended_wall_ns = msvc_clock_wall_ns(health->options.clock);
    check->due_ns = ended_ns + pause_ns(check);
    check->is_running = false;
    (void)pthread_mutex_unlock(&health->lock);
    if (is_news)
        announce(health, check, now, status, &err);
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

static void wait_until_due(struct msvc_health *health, int timeout_ms)
{
    struct pollfd news = { .fd = health->wake_fd, .events = POLLIN };
    int wait_ms = msvc_health_timeout_ms(health);

    if (wait_ms < 0 || (timeout_ms > 0 && timeout_ms < wait_ms))
        wait_ms = timeout_ms;
    (void)poll(&news, 1, wait_ms);
    msvc__wake_clear(health->wake_fd);
}

int msvc_health_run_once(struct msvc_health *health, int timeout_ms)
{
    int count;

    if (health == NULL)
        return MSVC_ERR_INVALID;
    msvc__wake_clear(health->wake_fd);
    count = run_due(health);
    if (count == 0 && timeout_ms != 0) {
        wait_until_due(health, timeout_ms);
        count = run_due(health);
    }
    return count;
}

int msvc_health_fd(const struct msvc_health *health)
{
    return health != NULL ? health->wake_fd : -1;
}

/* Lock held. One that runs on another thread ends now at the earliest. */
static uint64_t due_ns(const struct check *check, uint64_t now_ns)
{
    return check->is_running ? now_ns + pause_ns(check) : check->due_ns;
}

int msvc_health_timeout_ms(const struct msvc_health *given)
{
    struct msvc_health *health = (struct msvc_health *)(uintptr_t)given; /* only its lock changes */
    uint64_t first_ns = UINT64_MAX;
    uint64_t now_ns;

    if (health == NULL)
        return -1;
    now_ns = msvc_clock_monotonic_ns(health->options.clock);
    (void)pthread_mutex_lock(&health->lock);
    for (size_t i = 0; i < health->count; i++) {
        uint64_t due = due_ns(health->checks[i], now_ns);

        first_ns = due < first_ns ? due : first_ns;
    }
    (void)pthread_mutex_unlock(&health->lock);
    return first_ns == UINT64_MAX ? -1
                                  : msvc_deadline_left_ms(health->options.clock, first_ns, INT_MAX);
}
