/* SPDX-License-Identifier: MIT */
/*
 * Checks and their last results. A check is looked at by probes while it runs:
 * one that has overrun its time is failing from that moment, not from when it
 * comes back.
 */
#include <msvc/health.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msvc/clock.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"
#include "base/os_internal.h"
#include "health/health_internal.h"

#define DEFAULT_INTERVAL_MS 5000
#define DEFAULT_TIMEOUT_MS  2000
#define NS_PER_MS           UINT64_C(1000000)

static void free_texts(struct msvc_health_options *o)
{
    free((void *)(uintptr_t)o->service_id);
    free((void *)(uintptr_t)o->version);
    free((void *)(uintptr_t)o->description);
}

static bool copy_text(const char **text)
{
    const char *given = *text;

    *text = msvc__copy_text(given);
    return given == NULL || *text != NULL;
}

/* All three are copied, so that all three may be freed. */
static bool copy_texts(struct msvc_health_options *o)
{
    bool has_id = copy_text(&o->service_id);
    bool has_version = copy_text(&o->version);
    bool has_description = copy_text(&o->description);

    return has_id && has_version && has_description;
}

int msvc_health_new(struct msvc_health **out, const struct msvc_health_options *options)
{
    struct msvc_health_options copy;
    struct msvc_health *health;
    int status;

    if (out == NULL)
        return MSVC_ERR_INVALID;
    status = msvc__options_copy(&copy, sizeof(copy), options);
    if (status < 0)
        return status;
    health = msvc__new(sizeof(*health));
    if (health == NULL)
        return MSVC_ERR_NOMEM;
    health->options = copy;
    (void)pthread_mutex_init(&health->lock, NULL);
    health->wake_fd = msvc__wake_open();
    status = health->wake_fd < 0 ? MSVC_ERR_UNAVAILABLE : 0;
    if (!copy_texts(&health->options))
        status = MSVC_ERR_NOMEM;
    if (status < 0)
        msvc_health_free(health);
    else
        *out = health;
    return status;
}

static void free_check(struct check *check)
{
    if (check == NULL)
        return;
    free((void *)(uintptr_t)check->options.name);
    free((void *)(uintptr_t)check->options.component_type);
    free(check);
}

void msvc_health_free(struct msvc_health *health)
{
    if (health == NULL)
        return;
    for (size_t i = 0; i < health->count; i++)
        free_check(health->checks[i]);
    free_texts(&health->options);
    if (health->wake_fd >= 0)
        (void)close(health->wake_fd);
    (void)pthread_mutex_destroy(&health->lock);
    free(health);
}

/* Names stand in URLs and in lines of text. */
static bool is_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "-._:";

    return name != NULL && *name != '\0' && strlen(name) <= MSVC__HEALTH_NAME_MAX &&
           strspn(name, allowed) == strlen(name);
}

static int make_check(struct check **out, const struct msvc_health_check *options)
{
    struct check *check = msvc__new(sizeof(*check));
    bool has_name;
    bool has_type;

    if (check == NULL)
        return MSVC_ERR_NOMEM;
    check->options = *options;
    has_name = copy_text(&check->options.name);
    has_type = copy_text(&check->options.component_type);
    if (!has_name || !has_type) {
        free_check(check);
        return MSVC_ERR_NOMEM;
    }
    if (options->interval_ms == 0)
        check->options.interval_ms = DEFAULT_INTERVAL_MS;
    if (options->timeout_ms == 0)
        check->options.timeout_ms = DEFAULT_TIMEOUT_MS;
    if (options->failures_to_fail == 0)
        check->options.failures_to_fail = 1;
    check->is_failing = true;
    (void)msvc_error_set(&check->last, MSVC_ERR_STATE, "health", 0, "not yet run");
    *out = check;
    return 0;
}

/* Lock held. */
static int append(struct msvc_health *health, struct check *check)
{
    for (size_t i = 0; i < health->count; i++) {
        if (strcmp(health->checks[i]->options.name, check->options.name) == 0)
            return MSVC_ERR_EXISTS;
    }
    if (health->count == MSVC__HEALTH_CHECKS_MAX)
        return MSVC_ERR_LIMIT;
    check->due_ns = msvc_clock_monotonic_ns(health->options.clock);
    health->checks[health->count++] = check;
    return 0;
}

int msvc_health_add(struct msvc_health *health, const struct msvc_health_check *options)
{
    struct msvc_health_check copy;
    struct check *check;
    int status;

    if (health == NULL || options == NULL)
        return MSVC_ERR_INVALID;
    status = msvc__options_copy(&copy, sizeof(copy), options);
    if (status < 0)
        return status;
    if (!is_name(copy.name) || copy.run == NULL)
        return MSVC_ERR_INVALID;
    status = make_check(&check, &copy);
    if (status < 0)
        return status;
    (void)pthread_mutex_lock(&health->lock);
    status = append(health, check);
    (void)pthread_mutex_unlock(&health->lock);
    if (status < 0)
        free_check(check);
    else
        msvc__wake_signal(health->wake_fd);
    return status;
}

void msvc_health_set_ready(struct msvc_health *health, bool is_ready)
{
    if (health == NULL)
        return;
    (void)pthread_mutex_lock(&health->lock);
    health->is_ready = is_ready;
    (void)pthread_mutex_unlock(&health->lock);
}

/* Lock held. */
static bool is_overrunning(const struct msvc_health *health, const struct check *check)
{
    uint64_t now_ns = msvc_clock_monotonic_ns(health->options.clock);

    return check->running_ns != 0 &&
           now_ns - check->running_ns > check->options.timeout_ms * NS_PER_MS;
}

bool msvc__health_view(struct check_view *out, struct msvc_health *health, size_t index)
{
    const struct check *check;
    bool is_there;

    (void)pthread_mutex_lock(&health->lock);
    is_there = index < health->count;
    if (is_there) {
        check = health->checks[index];
        *out = (struct check_view){ .check = check,
                                    .has_run = check->has_run,
                                    .has_passed = check->has_passed,
                                    .is_failing = check->is_failing,
                                    .duration_ns = check->duration_ns,
                                    .ended_wall_ns = check->ended_wall_ns };
        if (check->is_failing)
            memcpy(out->message, check->last.message, sizeof(out->message));
        if (is_overrunning(health, check)) {
            out->is_failing = true;
            out->has_run = true;
            memcpy(out->message, "has not come back in time", sizeof("has not come back in time"));
        }
    }
    (void)pthread_mutex_unlock(&health->lock);
    return is_there;
}

enum msvc_health_state msvc_health_state(const struct msvc_health *given)
{
    struct msvc_health *health = (struct msvc_health *)(uintptr_t)given; /* only its lock changes */
    enum msvc_health_state state = MSVC_HEALTH_PASS;
    struct check_view view;

    if (health == NULL)
        return MSVC_HEALTH_FAIL;
    for (size_t i = 0; msvc__health_view(&view, health, i); i++) {
        if (view.is_failing && view.check->options.is_critical)
            return MSVC_HEALTH_FAIL;
        if (view.is_failing)
            state = MSVC_HEALTH_WARN;
    }
    return state;
}
