/* SPDX-License-Identifier: MIT */
/* draft-inadarei-api-health-check-06: application/health+json. */
#include "health/health_internal.h"

#include <stdio.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/json.h>

#define NS_PER_MS 1000000.0

static const char *state_name(enum msvc_health_state state)
{
    static const char *const names[] = { "pass", "warn", "fail" };

    return names[state];
}

/* The draft's keys are "component:measurement"; ours measures how long it took. */
static void write_key(struct msvc_json_writer *w, const char *name)
{
    char key[MSVC__HEALTH_NAME_MAX + sizeof(":responseTime")];

    (void)snprintf(key, sizeof(key), "%s%s", name,
                   strchr(name, ':') == NULL ? ":responseTime" : "");
    msvc_json_key(w, key);
}

static void write_optional(struct msvc_json_writer *w, const char *name, const char *text)
{
    if (text != NULL)
        msvc_json_member_text(w, name, text);
}

static void write_list(struct msvc_json_writer *w, const char *name, const char *const *list)
{
    if (list == NULL)
        return;
    msvc_json_key(w, name);
    msvc_json_begin_array(w);
    for (; *list != NULL; list++)
        msvc_json_text(w, *list);
    msvc_json_end_array(w);
}

static void write_links(struct msvc_json_writer *w, const struct msvc_health_link *links)
{
    if (links == NULL)
        return;
    msvc_json_key(w, "links");
    msvc_json_begin_object(w);
    for (; links->name != NULL; links++)
        msvc_json_member_text(w, links->name, links->uri);
    msvc_json_end_object(w);
}

/* What the check measured; without that how long it took, unless its name promises another thing.
 */
static void write_observed(struct msvc_json_writer *w, const struct check_view *view)
{
    const struct msvc_health_run *run = &view->run;
    bool is_time = !run->has_value && strchr(view->check->options.name, ':') == NULL;

    if (!run->has_value && !is_time)
        return;
    msvc_json_key(w, "observedValue");
    msvc_json_double(w, is_time ? (double)view->duration_ns / NS_PER_MS : run->value);
    write_optional(w, "observedUnit", is_time ? "ms" : run->unit);
}

static void write_last_run(struct msvc_json_writer *w, const struct check_view *view)
{
    char time[MSVC_TIME_SIZE];

    if (view->ended_wall_ns == 0)
        return;
    write_observed(w, view);
    msvc_time_format(time, view->ended_wall_ns);
    msvc_json_member_text(w, "time", time);
}

/* As this probe judges it. */
static enum msvc_health_state state_of_check(const struct probe *probe,
                                             const struct check_view *view)
{
    return msvc__probe_is_bad(probe, view) ? MSVC_HEALTH_FAIL : msvc__health_state_of(view);
}

static void write_check(struct msvc_json_writer *w, const struct probe *probe,
                        const struct check_view *view)
{
    const struct msvc_health_check *o = &view->check->options;
    enum msvc_health_state state = state_of_check(probe, view);

    write_key(w, o->name);
    msvc_json_begin_array(w);
    msvc_json_begin_object(w);
    write_optional(w, "componentId", o->component_id);
    write_optional(w, "componentType", o->component_type);
    msvc_json_member_text(w, "status", state_name(state));
    write_last_run(w, view);
    if (state != MSVC_HEALTH_PASS)
        write_list(w, "affectedEndpoints", o->affected_endpoints);
    if (view->message[0] != '\0')
        msvc_json_member_text(w, "output", msvc__health_output(view));
    write_links(w, o->links);
    msvc_json_end_object(w);
    msvc_json_end_array(w);
}

/* The worst of what is looked at. */
static enum msvc_health_state state_of(const struct probe *probe)
{
    enum msvc_health_state worst = MSVC_HEALTH_PASS;
    struct check_view view;

    if (probe->kind == READY && !msvc__health_is_ready(probe->health))
        return MSVC_HEALTH_FAIL;
    for (size_t i = 0; msvc__probe_next(probe, &i, &view);) {
        enum msvc_health_state state = state_of_check(probe, &view);

        worst = state > worst ? state : worst;
    }
    return worst;
}

static void write_checks(struct msvc_json_writer *w, const struct probe *probe)
{
    struct check_view view;

    msvc_json_key(w, "checks");
    msvc_json_begin_object(w);
    for (size_t i = 0; msvc__probe_next(probe, &i, &view);)
        write_check(w, probe, &view);
    msvc_json_end_object(w);
}

void msvc__respond_as_draft(const struct probe *probe, struct msvc_health_answer *out)
{
    const struct msvc_health_options *o = &probe->health->options;
    enum msvc_health_state state = state_of(probe);
    struct msvc_json_writer w;

    out->status = state == MSVC_HEALTH_FAIL ? 503 : 200;
    out->content_type = "application/health+json";
    out->cache_control = "max-age=1";
    msvc_json_writer_init(&w, &out->body);
    msvc_json_begin_object(&w);
    msvc_json_member_text(&w, "status", state_name(state));
    write_optional(&w, "serviceId", o->service_id);
    write_optional(&w, "version", o->version);
    write_optional(&w, "releaseId", o->release_id);
    write_optional(&w, "description", o->description);
    write_list(&w, "notes", o->notes);
    write_links(&w, o->links);
    if (probe->kind == READY && !msvc__health_is_ready(probe->health))
        msvc_json_member_text(&w, "output", "told not to take work");
    write_checks(&w, probe);
    msvc_json_end_object(&w);
}
