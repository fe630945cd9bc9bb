/* SPDX-License-Identifier: MIT */
/*
 * MicroProfile Health 4.0. It knows UP and DOWN, and is DOWN when one check is:
 * a check that fails without standing in the way is UP and says WARN in its data.
 */
#include "health/health_internal.h"

#include <msvc/clock.h>
#include <msvc/json.h>

static void write_name(struct msvc_json_writer *w, const char *name, bool is_up)
{
    msvc_json_member_text(w, "name", name);
    msvc_json_member_text(w, "status", is_up ? "UP" : "DOWN");
}

/* What has not run has nothing to tell; the data are left out then. */
static void write_data(struct msvc_json_writer *w, const struct check_view *view, bool is_up)
{
    char time[MSVC_TIME_SIZE];

    msvc_json_key(w, "data");
    msvc_json_begin_object(w);
    if (is_up && msvc__health_state_of(view) != MSVC_HEALTH_PASS)
        msvc_json_member_text(w, "state", "WARN");
    if (view->message[0] != '\0')
        msvc_json_member_text(w, "output", msvc__health_output(view));
    if (view->run.has_value) {
        msvc_json_key(w, "value");
        msvc_json_double(w, view->run.value);
        if (view->run.unit != NULL)
            msvc_json_member_text(w, "unit", view->run.unit);
    }
    if (view->ended_wall_ns != 0) {
        msvc_time_format(time, view->ended_wall_ns);
        msvc_json_member_text(w, "time", time);
    }
    msvc_json_end_object(w);
}

/* /health is all three probes at once. */
static bool is_up(const struct probe *probe, const struct check_view *view)
{
    const struct msvc_health_check *o = &view->check->options;

    if (probe->kind == ALL && ((o->is_startup && !view->has_passed) ||
                               (o->is_liveness && view->is_failing && view->has_run)))
        return false;
    return !msvc__probe_is_bad(probe, view);
}

static bool write_checks(struct msvc_json_writer *w, const struct probe *probe)
{
    bool asks_ready = probe->kind == READY || probe->kind == ALL;
    struct check_view view;
    bool all_up = true;

    if (asks_ready) {
        all_up = msvc__health_is_ready(probe->health);
        msvc_json_begin_object(w);
        write_name(w, "ready", all_up);
        msvc_json_end_object(w);
    }
    for (size_t i = 0; msvc__probe_next(probe, &i, &view);) {
        bool up = is_up(probe, &view);

        msvc_json_begin_object(w);
        write_name(w, view.check->options.name, up);
        write_data(w, &view, up);
        msvc_json_end_object(w);
        all_up = all_up && up;
    }
    return all_up;
}

void msvc__respond_as_microprofile(const struct probe *probe, struct msvc_health_answer *out)
{
    struct msvc_json_writer w;
    bool all_up;

    out->content_type = "application/json";
    msvc_json_writer_init(&w, &out->body);
    msvc_json_begin_object(&w);
    msvc_json_key(&w, "checks");
    msvc_json_begin_array(&w);
    all_up = write_checks(&w, probe);
    msvc_json_end_array(&w);
    msvc_json_member_text(&w, "status", all_up ? "UP" : "DOWN");
    msvc_json_end_object(&w);
    out->status = all_up ? 200 : 503;
}
