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

#define NS_PER_MS UINT64_C(1000000)

static void free_texts(struct msvc_health_options *o)
{
    msvc__health_free_text(o->service_id);
    msvc__health_free_text(o->version);
    msvc__health_free_text(o->release_id);
    msvc__health_free_text(o->description);
    msvc__health_free_list(o->notes);
    msvc__health_free_links(o->links);
}

/* All are copied, so that all may be freed. */
static bool copy_texts(struct msvc_health_options *o)
{
    bool has_id = msvc__health_copy_text(&o->service_id);
    bool has_version = msvc__health_copy_text(&o->version);
    bool has_release = msvc__health_copy_text(&o->release_id);
    bool has_description = msvc__health_copy_text(&o->description);
    bool has_notes = msvc__health_copy_list(&o->notes);
    bool has_links = msvc__health_copy_links(&o->links);

    return has_id && has_version && has_release && has_description && has_notes && has_links;
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
    if (copy.shape != MSVC_HEALTH_DRAFT && copy.shape != MSVC_HEALTH_MICROPROFILE)
        return MSVC_ERR_INVALID;
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

void msvc_health_free(struct msvc_health *health)
{
    if (health == NULL)
        return;
    for (size_t i = 0; i < health->count; i++)
        msvc__health_check_free(health->checks[i]);
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
    status = msvc__health_check_new(&check, &copy);
    if (status < 0)
        return status;
    (void)pthread_mutex_lock(&health->lock);
    status = append(health, check);
    (void)pthread_mutex_unlock(&health->lock);
    if (status < 0)
        msvc__health_check_free(check);
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

bool msvc__health_is_ready(struct msvc_health *health)
{
    bool ready;

    (void)pthread_mutex_lock(&health->lock);
    ready = health->is_ready;
    (void)pthread_mutex_unlock(&health->lock);
    return ready;
}

/* Lock held. */
static bool is_overrunning(const struct msvc_health *health, const struct check *check)
{
    uint64_t now_ns = msvc_clock_monotonic_ns(health->options.clock);

    return check->is_running && now_ns - check->running_ns > check->options.timeout_ms * NS_PER_MS;
}

/* Lock held. */
static void look_at(struct check_view *out, const struct msvc_health *health,
                    const struct check *check)
{
    static const char overrun[] = "has not come back in time";

    *out = (struct check_view){ .check = check,
                                .has_run = check->has_run,
                                .has_passed = check->has_passed,
                                .is_failing = check->is_failing,
                                .is_degraded = check->is_degraded,
                                .duration_ns = check->duration_ns,
                                .ended_wall_ns = check->ended_wall_ns,
                                .run = check->run };
    if (is_overrunning(health, check)) {
        out->is_failing = true;
        out->has_run = true;
        memcpy(out->message, overrun, sizeof(overrun));
    } else if (check->is_failing || check->is_degraded) {
        memcpy(out->message, check->last.message, sizeof(out->message));
    }
}

bool msvc__health_view(struct check_view *out, struct msvc_health *health, size_t index)
{
    bool is_there;

    (void)pthread_mutex_lock(&health->lock);
    is_there = index < health->count;
    if (is_there)
        look_at(out, health, health->checks[index]);
    (void)pthread_mutex_unlock(&health->lock);
    return is_there;
}

enum msvc_health_state msvc__health_state_of(const struct check_view *view)
{
    if (!view->is_failing)
        return view->is_degraded ? MSVC_HEALTH_WARN : MSVC_HEALTH_PASS;
    return view->check->options.is_critical ? MSVC_HEALTH_FAIL : MSVC_HEALTH_WARN;
}

enum msvc_health_state msvc_health_state(const struct msvc_health *given)
{
    struct msvc_health *health = (struct msvc_health *)(uintptr_t)given; /* only its lock changes */
    enum msvc_health_state worst = MSVC_HEALTH_PASS;
    struct check_view view;

    if (health == NULL)
        return MSVC_HEALTH_FAIL;
    for (size_t i = 0; msvc__health_view(&view, health, i); i++) {
        enum msvc_health_state state = msvc__health_state_of(&view);

        worst = state > worst ? state : worst;
    }
    return worst;
}
