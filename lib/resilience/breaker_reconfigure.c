/* SPDX-License-Identifier: MIT */
/*
 * Other numbers for a breaker in use. The epoch stays, and with it all that
 * carries its generation.
 */
#include <msvc/breaker.h>

#include <msvc/status.h>

#include "base/options_internal.h"
#include "resilience/breaker_internal.h"

/* Whether what cannot change is as it was, or not given. */
static bool is_same(const struct msvc_breaker_options *o, const struct msvc_breaker_options *was)
{
    if (o->window_ms == 0 && o->window_calls == 0)
        return true;
    return o->window_ms == was->window_ms && o->window_calls == was->window_calls;
}

static bool has_same_objects(const struct msvc_breaker_options *o,
                             const struct msvc_breaker_options *was)
{
    return (o->clock == NULL || o->clock == was->clock) &&
           (o->random == NULL || o->random == was->random) &&
           (o->on_change == NULL || (o->on_change == was->on_change && o->user == was->user));
}

/* Failures in a row that were not followed while nobody asked are none. */
static void forget_streak(struct msvc_breaker *b)
{
    atomic_store(&b->streak, 0);
}

int msvc_breaker_reconfigure(struct msvc_breaker *breaker,
                             const struct msvc_breaker_options *options)
{
    struct msvc_breaker_options filled;
    struct msvc__rules before;
    struct msvc__rules rules;
    int status;

    if (breaker == NULL)
        return MSVC_ERR_INVALID;
    status = msvc__options_copy(&filled, sizeof(filled), options);
    if (status < 0)
        return status;
    if (!is_same(&filled, &breaker->options) || !has_same_objects(&filled, &breaker->options))
        return MSVC_ERR_INVALID;
    filled.window_ms = breaker->options.window_ms;
    filled.window_calls = breaker->options.window_calls;
    if (!msvc__breaker_fill_in(&filled))
        return MSVC_ERR_INVALID;

    msvc__rules_read(&breaker->rules, &before);
    msvc__rules_of(&rules, &filled);
    if (!msvc__rules_write(&breaker->rules, &rules))
        return MSVC_ERR_CONFLICT;
    if (before.failure_streak == 0)
        forget_streak(breaker);
    msvc__breaker_look_again(breaker);
    return 0;
}
