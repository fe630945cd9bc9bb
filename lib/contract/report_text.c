/* SPDX-License-Identifier: MIT */
/* The report for people, in lines. */
#include "contract/report_internal.h"

#include <inttypes.h>

#include <msvc/buffer.h>

static const struct {
    const char *word;
    const char *colour;
} outcomes[] = {
    [MSVC__KEPT] = { "ok     ", "32" },
    [MSVC__FAILED] = { "FAILED ", "31" },
    [MSVC__PENDING] = { "PENDING", "33" },
};

static void write_outcome(const struct msvc__writing *w, enum msvc__outcome outcome)
{
    if (w->options.has_colours)
        msvc_buffer_printf(w->out, "  \x1b[%sm%s\x1b[0m ", outcomes[outcome].colour,
                           outcomes[outcome].word);
    else
        msvc_buffer_printf(w->out, "  %s ", outcomes[outcome].word);
}

static void write_result(const struct msvc__writing *w, const struct msvc__result *result)
{
    enum msvc__outcome outcome = msvc__outcome_of(result);

    if (outcome == MSVC__KEPT && w->options.is_brief)
        return;
    write_outcome(w, outcome);
    msvc__write_title(w->out, result);
    if (w->options.has_times)
        msvc_buffer_printf(w->out, " %" PRIu64 " ms", result->duration_ns / 1000000);
    msvc_buffer_byte(w->out, '\n');
    if (outcome == MSVC__KEPT)
        return;
    msvc__mismatches_write(w->out, &result->mismatches, "      ");
    if (result->curl != NULL) {
        msvc_buffer_text(w->out, "      repeat it: ");
        msvc__clean(w->out, result->curl);
        msvc_buffer_byte(w->out, '\n');
    }
}

static void write_totals(const struct msvc__writing *w, const struct msvc__totals *totals)
{
    size_t kept = totals->count - totals->failed - totals->pending;

    msvc_buffer_printf(w->out, "%zu of %zu interactions kept", kept, totals->count);
    if (totals->failed > 0)
        msvc_buffer_printf(w->out, ", %zu failed", totals->failed);
    if (totals->pending > 0)
        msvc_buffer_printf(w->out, ", %zu pending", totals->pending);
    msvc_buffer_byte(w->out, '\n');
}

static void write_heading(const struct msvc__writing *w, const struct msvc_contract_report *report)
{
    msvc__clean(w->out, report->consumer);
    msvc_buffer_text(w->out, " expects of ");
    msvc__clean(w->out, report->provider);
    if (report->version != NULL) {
        msvc_buffer_byte(w->out, ' ');
        msvc__clean(w->out, report->version);
    }
    if (report->branch != NULL) {
        msvc_buffer_text(w->out, " of branch ");
        msvc__clean(w->out, report->branch);
    }
    msvc_buffer_text(w->out, ":\n");
}

void msvc__write_text(const struct msvc__writing *w)
{
    for (size_t i = 0; i < w->count; i++) {
        struct msvc__totals totals = msvc__totals_of(w->reports[i]);

        write_heading(w, w->reports[i]);
        for (size_t k = 0; k < w->reports[i]->count; k++)
            write_result(w, &w->reports[i]->results[k]);
        write_totals(w, &totals);
    }
    if (w->count > 1) {
        struct msvc__totals all = msvc__totals_of_all(w);

        msvc_buffer_printf(w->out, "all %zu pacts: ", w->count);
        write_totals(w, &all);
    }
}
