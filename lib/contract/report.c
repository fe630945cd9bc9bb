/* SPDX-License-Identifier: MIT */
/* The same findings three times: by getters, for people, as JSON. */
#include "contract/report_internal.h"

#include <stdlib.h>

#include <msvc/buffer.h>
#include <msvc/json.h>
#include <msvc/status.h>

void msvc_contract_report_free(struct msvc_contract_report *report)
{
    if (report == NULL)
        return;
    for (size_t i = 0; i < report->count; i++) {
        free(report->results[i].description);
        free(report->results[i].states);
        free(report->results[i].curl);
        msvc__mismatches_clear(&report->results[i].mismatches);
    }
    free(report->results);
    free(report->consumer);
    free(report->provider);
    free(report);
}

static const struct msvc__result *at(const struct msvc_contract_report *report, size_t index)
{
    return report != NULL && index < report->count ? &report->results[index] : NULL;
}

size_t msvc_contract_count(const struct msvc_contract_report *report)
{
    return report != NULL ? report->count : 0;
}

size_t msvc_contract_failed_count(const struct msvc_contract_report *report)
{
    size_t count = 0;

    for (size_t i = 0; i < msvc_contract_count(report); i++)
        count += report->results[i].mismatches.found > 0;
    return count;
}

const char *msvc_contract_description(const struct msvc_contract_report *report, size_t index)
{
    const struct msvc__result *result = at(report, index);

    return result != NULL ? result->description : NULL;
}

size_t msvc_contract_mismatch_count(const struct msvc_contract_report *report, size_t index)
{
    const struct msvc__result *result = at(report, index);

    return result != NULL ? result->mismatches.count : 0;
}

const struct msvc_contract_mismatch *msvc_contract_mismatch(
    const struct msvc_contract_report *report, size_t index, size_t mismatch)
{
    return mismatch < msvc_contract_mismatch_count(report, index)
               ? &report->results[index].mismatches.items[mismatch]
               : NULL;
}

const char *msvc_contract_curl(const struct msvc_contract_report *report, size_t index)
{
    const struct msvc__result *result = at(report, index);

    return result != NULL ? result->curl : NULL;
}

static void write_result(struct msvc_buffer *out, const struct msvc__result *result)
{
    bool is_kept = result->mismatches.found == 0;

    msvc_buffer_printf(out, "  %s %s", is_kept ? "ok    " : "FAILED", result->description);
    if (result->states[0] != '\0')
        msvc_buffer_printf(out, " (given %s%s)", result->states,
                           result->has_unset_states ? ", not set up" : "");
    msvc_buffer_byte(out, '\n');
    if (is_kept)
        return;
    msvc__mismatches_write(out, &result->mismatches, "      ");
    msvc_buffer_printf(out, "      %s\n", result->curl);
}

int msvc_contract_report_text(const struct msvc_contract_report *report, struct msvc_buffer *out)
{
    if (report == NULL || out == NULL)
        return MSVC_ERR_INVALID;
    msvc_buffer_printf(out, "%s expects of %s:\n", report->consumer, report->provider);
    for (size_t i = 0; i < report->count; i++)
        write_result(out, &report->results[i]);
    msvc_buffer_printf(out, "%zu of %zu interactions kept\n",
                       report->count - msvc_contract_failed_count(report), report->count);
    return msvc_buffer_status(out);
}

static void write_result_json(struct msvc_json_writer *w, const struct msvc__result *result)
{
    msvc_json_begin_object(w);
    msvc_json_member_text(w, "description", result->description);
    msvc_json_member_text(w, "states", result->states);
    msvc_json_member_bool(w, "statesSetUp", !result->has_unset_states);
    msvc_json_member_bool(w, "success", result->mismatches.found == 0);
    msvc_json_member_text(w, "curl", result->curl);
    msvc_json_member_int(w, "mismatchCount", (int64_t)result->mismatches.found);
    msvc_json_key(w, "mismatches");
    msvc_json_begin_array(w);
    for (size_t i = 0; i < result->mismatches.count; i++)
        msvc__mismatch_json(w, &result->mismatches.items[i]);
    msvc_json_end_array(w);
    msvc_json_end_object(w);
}

int msvc_contract_report_json(const struct msvc_contract_report *report, struct msvc_buffer *out)
{
    struct msvc_json_writer w;

    if (report == NULL || out == NULL)
        return MSVC_ERR_INVALID;
    msvc_json_writer_init(&w, out);
    msvc_json_begin_object(&w);
    msvc_json_member_text(&w, "consumer", report->consumer);
    msvc_json_member_text(&w, "provider", report->provider);
    msvc_json_member_bool(&w, "success", msvc_contract_failed_count(report) == 0);
    msvc_json_key(&w, "interactions");
    msvc_json_begin_array(&w);
    for (size_t i = 0; i < report->count; i++)
        write_result_json(&w, &report->results[i]);
    msvc_json_end_array(&w);
    msvc_json_end_object(&w);
    return msvc_json_writer_status(&w);
}
