/* SPDX-License-Identifier: MIT */
/* Answers to probes, from the last results only. */
#include <msvc/health.h>

#include <string.h>
#include <strings.h>

#include <msvc/status.h>

#include "health/health_internal.h"

/* One that did not run yet is no reason to restart. */
bool msvc__probe_is_bad(const struct probe *probe, const struct check_view *view)
{
    switch (probe->kind) {
    case LIVE:
        return view->is_failing && view->has_run;
    case STARTED:
        return !view->has_passed;
    default:
        return view->is_failing && view->check->options.is_critical;
    }
}

static bool is_looked_at(enum probe_kind kind, const struct check_view *view)
{
    switch (kind) {
    case LIVE:
        return view->check->options.is_liveness;
    case STARTED:
        return view->check->options.is_startup;
    default:
        return true;
    }
}

bool msvc__probe_next(const struct probe *probe, size_t *index, struct check_view *out)
{
    while (msvc__health_view(out, probe->health, (*index)++)) {
        if (is_looked_at(probe->kind, out) &&
            !msvc__query_excludes(probe->query, out->check->options.name))
            return true;
    }
    return false;
}

/* Too careful rather than not enough. */
static bool may_hold_secret(const char *message)
{
    static const char *const words[] = { "passw",         "secret",  "token",  "credential",
                                         "authorization", "api_key", "apikey", "api-key" };

    for (const char *at = message; *at != '\0'; at++) {
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            if (strncasecmp(at, words[i], strlen(words[i])) == 0)
                return true;
        }
    }
    return strstr(message, "://") != NULL && strchr(message, '@') != NULL;
}

const char *msvc__health_output(const struct check_view *view)
{
    return may_hold_secret(view->message) ? "reason withheld" : view->message;
}

static const struct {
    const char *path;
    enum probe_kind kind;
    bool is_json;
} paths[] = {
    { "/livez", LIVE, false },
    { "/readyz", READY, false },
    { "/startupz", STARTED, false },
    { "/health", ALL, true },
    { "/health/live", LIVE, true },
    { "/health/ready", READY, true },
    { "/health/started", STARTED, true },
};

static void respond_as_json(const struct probe *probe, struct msvc_health_answer *out)
{
    if (probe->health->options.shape == MSVC_HEALTH_MICROPROFILE)
        msvc__respond_as_microprofile(probe, out);
    else
        msvc__respond_as_draft(probe, out);
}

static void respond(struct msvc_health *health, const char *path, const char *query,
                    struct msvc_health_answer *out)
{
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        const struct probe probe = { health, paths[i].kind, query };
        size_t length = strlen(paths[i].path);

        if (strncmp(path, paths[i].path, length) != 0)
            continue;
        if (paths[i].is_json && path[length] == '\0') {
            respond_as_json(&probe, out);
            return;
        }
        if (!paths[i].is_json && (path[length] == '\0' || path[length] == '/')) {
            msvc__respond_in_words(&probe, path[length] == '/' ? path + length + 1 : NULL, out);
            return;
        }
    }
    out->status = 404;
    msvc_buffer_text(&out->body, "no such probe\n");
}

int msvc_health_respond(struct msvc_health *health, const char *path, const char *query,
                        struct msvc_health_answer *out)
{
    struct msvc_health_answer answer = { .content_type = "text/plain; charset=utf-8",
                                         .cache_control = "no-store" };

    if (health == NULL || path == NULL || out == NULL)
        return MSVC_ERR_INVALID;
    respond(health, path, query, &answer);
    if (msvc_buffer_status(&answer.body) < 0) {
        msvc_buffer_clear(&answer.body);
        return MSVC_ERR_NOMEM;
    }
    *out = answer;
    return 0;
}
