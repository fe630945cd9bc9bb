/* SPDX-License-Identifier: MIT */
/* The report for programs. The writer itself keeps hostile bytes out. */
#include "contract/report_internal.h"

#include <msvc/buffer.h>
#include <msvc/json.h>

static void write_duration(struct msvc_json_writer *json, const struct msvc__writing *w,
                           uint64_t duration_ns)
{
    if (w->options.has_times)
        msvc_json_member_int(json, "durationMs", (int64_t)(duration_ns / 1000000));
}

static void write_optional(struct msvc_json_writer *json, const char *name, const char *text)
{
    if (text != NULL)
        msvc_json_member_text(json, name, text);
}

static void write_result(struct msvc_json_writer *json, const struct msvc__writing *w,
                         const struct msvc__result *result)
{
    msvc_json_begin_object(json);
    msvc_json_member_text(json, "description", result->description);
    msvc_json_member_text(json, "states", result->states);
    msvc_json_member_bool(json, "statesSetUp", !result->has_unset_states);
    msvc_json_member_bool(json, "success", result->mismatches.found == 0);
    msvc_json_member_bool(json, "pending", result->is_pending);
    write_duration(json, w, result->duration_ns);
    write_optional(json, "curl", result->curl);
    msvc_json_member_int(json, "mismatchCount", (int64_t)result->mismatches.found);
    msvc_json_key(json, "mismatches");
    msvc_json_begin_array(json);
    for (size_t i = 0; i < result->mismatches.count; i++)
        msvc__mismatch_json(json, &result->mismatches.items[i]);
    msvc_json_end_array(json);
    msvc_json_end_object(json);
}

static void write_totals(struct msvc_json_writer *json, const struct msvc__writing *w,
                         const struct msvc__totals *totals)
{
    msvc_json_member_bool(json, "success", totals->failed == 0);
    msvc_json_member_int(json, "count", (int64_t)totals->count);
    msvc_json_member_int(json, "failed", (int64_t)totals->failed);
    msvc_json_member_int(json, "pending", (int64_t)totals->pending);
    write_duration(json, w, totals->duration_ns);
}

static void write_report(struct msvc_json_writer *json, const struct msvc__writing *w,
                         const struct msvc_contract_report *report)
{
    struct msvc__totals totals = msvc__totals_of(report);

    msvc_json_begin_object(json);
    msvc_json_member_text(json, "consumer", report->consumer);
    msvc_json_member_text(json, "provider", report->provider);
    write_optional(json, "providerVersion", report->version);
    write_optional(json, "providerBranch", report->branch);
    write_totals(json, w, &totals);
    msvc_json_key(json, "interactions");
    msvc_json_begin_array(json);
    for (size_t i = 0; i < report->count; i++)
        write_result(json, w, &report->results[i]);
    msvc_json_end_array(json);
    msvc_json_end_object(json);
}

void msvc__write_json(const struct msvc__writing *w)
{
    struct msvc__totals totals = msvc__totals_of_all(w);
    struct msvc_json_writer json;

    msvc_json_writer_init(&json, w->out);
    msvc_json_begin_object(&json);
    write_totals(&json, w, &totals);
    msvc_json_key(&json, "pacts");
    msvc_json_begin_array(&json);
    for (size_t i = 0; i < w->count; i++)
        write_report(&json, w, w->reports[i]);
    msvc_json_end_array(&json);
    msvc_json_end_object(&json);
    msvc_buffer_byte(w->out, '\n');
}
