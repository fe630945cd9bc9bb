/* SPDX-License-Identifier: MIT */
/*
 * Answers to probes, from the last results only. What a machine reads is the
 * status; the text is for the person who looks.
 */
#include <msvc/health.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <msvc/clock.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "health/health_internal.h"

#define NS_PER_MS 1000000.0

/* Which checks a probe looks at, and how. */
enum probe_kind {
    LIVE,
    READY,
    STARTED,
};

static const char *const probe_names[] = { "livez", "readyz", "startupz" };

/* Whether a check that is looked at stands in the way. One that did not run yet is no reason to
 * restart. */
static bool is_bad(enum probe_kind kind, const struct check_view *view)
{
    switch (kind) {
    case LIVE:
        return view->is_failing && view->has_run;
    case READY:
        return view->is_failing && view->check->options.is_critical;
    default:
        return !view->has_passed;
    }
}

static bool is_looked_at(enum probe_kind kind, const struct check_view *view)
{
    if (kind == READY)
        return true;
    return kind == LIVE ? view->check->options.is_liveness : view->check->options.is_startup;
}

/* The next part of a query; false at its end. */
static bool next_part(const char **query, const char **part, size_t *length)
{
    if (*query == NULL || **query == '\0')
        return false;
    *part = *query;
    *length = strcspn(*query, "&");
    *query += *length + ((*query)[*length] == '&');
    return true;
}

static bool is_text(const char *part, size_t length, const char *prefix, const char *rest)
{
    size_t prefix_length = strlen(prefix);

    return length == prefix_length + strlen(rest) && memcmp(part, prefix, prefix_length) == 0 &&
           memcmp(part + prefix_length, rest, strlen(rest)) == 0;
}

static bool has_part(const char *query, const char *prefix, const char *rest)
{
    const char *part;
    size_t length;

    while (next_part(&query, &part, &length)) {
        if (is_text(part, length, prefix, rest))
            return true;
    }
    return false;
}

static bool is_verbose(const char *query)
{
    return has_part(query, "verbose", "") || has_part(query, "verbose=", "") ||
           has_part(query, "verbose=", "true") || has_part(query, "verbose=", "1");
}

static void line(struct msvc_buffer *out, const char *name, bool is_good)
{
    msvc_buffer_printf(out, is_good ? "[+]%s ok\n" : "[-]%s failed: reason withheld\n", name);
}

/* The lines of all checks that are looked at; whether all are good. */
static bool look(struct msvc_health *health, enum probe_kind kind, const char *query,
                 struct msvc_buffer *out)
{
    struct check_view view;
    bool is_good = true;

    for (size_t i = 0; msvc__health_view(&view, health, i); i++) {
        const char *name = view.check->options.name;

        if (!is_looked_at(kind, &view) || has_part(query, "exclude=", name))
            continue;
        line(out, name, !is_bad(kind, &view));
        is_good = is_good && !is_bad(kind, &view);
    }
    return is_good;
}

static bool is_ready(struct msvc_health *health)
{
    bool ready;

    (void)pthread_mutex_lock(&health->lock);
    ready = health->is_ready;
    (void)pthread_mutex_unlock(&health->lock);
    return ready;
}

/* One word when all is well and nobody asked, every line otherwise. */
static void respond_all(struct msvc_health *health, enum probe_kind kind, const char *query,
                        struct msvc_health_answer *out)
{
    bool is_good = true;

    if (kind == READY) {
        is_good = is_ready(health);
        line(&out->body, "ready", is_good);
    }
    is_good = look(health, kind, query, &out->body) && is_good;
    out->status = is_good ? 200 : 503;
    if (is_good && !is_verbose(query)) {
        msvc_buffer_clear(&out->body);
        msvc_buffer_text(&out->body, "ok");
        return;
    }
    msvc_buffer_printf(&out->body, "%s check %s\n", probe_names[kind],
                       is_good ? "passed" : "failed");
}

static void respond_one(struct msvc_health *health, enum probe_kind kind, const char *name,
                        struct msvc_health_answer *out)
{
    struct check_view view;

    for (size_t i = 0; msvc__health_view(&view, health, i); i++) {
        if (strcmp(view.check->options.name, name) != 0 || !is_looked_at(kind, &view))
            continue;
        out->status = is_bad(kind, &view) ? 503 : 200;
        if (out->status == 200)
            msvc_buffer_text(&out->body, "ok");
        else
            line(&out->body, name, false);
        return;
    }
    out->status = 404;
    msvc_buffer_text(&out->body, "no such check\n");
}

/* What may hold a secret is not told; too careful rather than not enough. */
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

static const char *state_name(enum msvc_health_state state)
{
    static const char *const names[] = { "pass", "warn", "fail" };

    return names[state];
}

static enum msvc_health_state state_of(const struct check_view *view)
{
    if (!view->is_failing)
        return MSVC_HEALTH_PASS;
    return view->check->options.is_critical ? MSVC_HEALTH_FAIL : MSVC_HEALTH_WARN;
}

/* The draft's keys are "component:measurement"; ours measures how long it took. */
static void write_key(struct msvc_json_writer *w, const char *name)
{
    char key[MSVC__HEALTH_NAME_MAX + sizeof(":responseTime")];

    (void)snprintf(key, sizeof(key), "%s%s", name,
                   strchr(name, ':') == NULL ? ":responseTime" : "");
    msvc_json_key(w, key);
}

static void write_check(struct msvc_json_writer *w, const struct check_view *view)
{
    const struct msvc_health_check *o = &view->check->options;
    char time[MSVC_TIME_SIZE];

    write_key(w, o->name);
    msvc_json_begin_array(w);
    msvc_json_begin_object(w);
    if (o->component_type != NULL)
        msvc_json_member_text(w, "componentType", o->component_type);
    msvc_json_member_text(w, "status", state_name(state_of(view)));
    if (view->ended_wall_ns != 0) {
        if (strchr(o->name, ':') == NULL) {
            msvc_json_key(w, "observedValue");
            msvc_json_double(w, (double)view->duration_ns / NS_PER_MS);
            msvc_json_member_text(w, "observedUnit", "ms");
        }
        msvc_time_format(time, view->ended_wall_ns);
        msvc_json_member_text(w, "time", time);
    }
    if (view->is_failing)
        msvc_json_member_text(w, "output",
                              may_hold_secret(view->message) ? "reason withheld" : view->message);
    msvc_json_end_object(w);
    msvc_json_end_array(w);
}

static void write_optional(struct msvc_json_writer *w, const char *name, const char *text)
{
    if (text != NULL)
        msvc_json_member_text(w, name, text);
}

static void respond_health(struct msvc_health *health, struct msvc_health_answer *out)
{
    enum msvc_health_state state = msvc_health_state(health);
    struct msvc_json_writer w;
    struct check_view view;

    out->status = state == MSVC_HEALTH_FAIL ? 503 : 200;
    out->content_type = "application/health+json";
    out->cache_control = "max-age=1";
    msvc_json_writer_init(&w, &out->body);
    msvc_json_begin_object(&w);
    msvc_json_member_text(&w, "status", state_name(state));
    write_optional(&w, "serviceId", health->options.service_id);
    write_optional(&w, "version", health->options.version);
    write_optional(&w, "description", health->options.description);
    msvc_json_key(&w, "checks");
    msvc_json_begin_object(&w);
    for (size_t i = 0; msvc__health_view(&view, health, i); i++)
        write_check(&w, &view);
    msvc_json_end_object(&w);
    msvc_json_end_object(&w);
}

static void respond(struct msvc_health *health, const char *path, const char *query,
                    struct msvc_health_answer *out)
{
    if (strcmp(path, "/health") == 0) {
        respond_health(health, out);
        return;
    }
    for (enum probe_kind kind = LIVE; *path == '/' && kind <= STARTED; kind++) {
        size_t length = strlen(probe_names[kind]);

        if (strncmp(path + 1, probe_names[kind], length) != 0)
            continue;
        if (path[1 + length] == '\0') {
            respond_all(health, kind, query, out);
            return;
        }
        if (path[1 + length] == '/') {
            respond_one(health, kind, path + 2 + length, out);
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
