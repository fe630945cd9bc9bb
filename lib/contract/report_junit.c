/* SPDX-License-Identifier: MIT */
/*
 * JUnit's XML as CI systems read it: a suite for each pact, so that a consumer
 * is a suite; a case for each interaction; pending ones are skipped and say
 * why.
 */
#include "contract/report_internal.h"

#include <inttypes.h>
#include <stdlib.h>

#include <msvc/buffer.h>

/* Text that is clean but for line ends, in a form that XML holds. */
static void escape(struct msvc_buffer *out, const char *text)
{
    for (; text != NULL && *text != '\0'; text++) {
        switch (*text) {
        case '&':
            msvc_buffer_text(out, "&amp;");
            break;
        case '<':
            msvc_buffer_text(out, "&lt;");
            break;
        case '>':
            msvc_buffer_text(out, "&gt;");
            break;
        case '"':
            msvc_buffer_text(out, "&quot;");
            break;
        default:
            msvc_buffer_byte(out, *text);
        }
    }
}

static void write_attribute(struct msvc_buffer *out, const char *name, const char *text)
{
    struct msvc_buffer clean = MSVC_BUFFER_INIT;

    msvc__clean(&clean, text);
    msvc_buffer_printf(out, " %s=\"", name);
    escape(out, clean.data);
    msvc_buffer_byte(out, '"');
    msvc_buffer_clear(&clean);
}

static void write_time(const struct msvc__writing *w, uint64_t duration_ns)
{
    uint64_t ms = duration_ns / 1000000;

    if (w->options.has_times)
        msvc_buffer_printf(w->out, " time=\"%" PRIu64 ".%03" PRIu64 "\"", ms / 1000, ms % 1000);
}

static void write_totals(const struct msvc__writing *w, const struct msvc__totals *totals)
{
    msvc_buffer_printf(w->out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\"",
                       totals->count, totals->failed, totals->pending);
    write_time(w, totals->duration_ns);
}

static void write_details(const struct msvc__writing *w, const struct msvc__result *result)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;

    msvc__mismatches_write(&text, &result->mismatches, "");
    if (result->curl != NULL) {
        msvc_buffer_text(&text, "repeat it: ");
        msvc__clean(&text, result->curl);
        msvc_buffer_byte(&text, '\n');
    }
    msvc_buffer_byte(w->out, '\n');
    escape(w->out, text.data);
    msvc_buffer_clear(&text);
}

static void write_problem(const struct msvc__writing *w, const struct msvc__result *result)
{
    const struct msvc_contract_mismatch *first = result->mismatches.items;
    bool is_pending = result->is_pending;

    msvc_buffer_text(w->out, is_pending ? "      <skipped" : "      <failure");
    if (!is_pending)
        write_attribute(w->out, "type", first->part);
    write_attribute(w->out, "message", first->message);
    msvc_buffer_byte(w->out, '>');
    write_details(w, result);
    msvc_buffer_text(w->out, is_pending ? "</skipped>\n" : "</failure>\n");
}

static void write_case(const struct msvc__writing *w, const struct msvc_contract_report *report,
                       const struct msvc__result *result)
{
    struct msvc_buffer title = MSVC_BUFFER_INIT;

    msvc__write_title(&title, result);
    msvc_buffer_text(w->out, "    <testcase");
    write_attribute(w->out, "classname", report->consumer);
    write_attribute(w->out, "name", title.data != NULL ? title.data : "");
    write_time(w, result->duration_ns);
    msvc_buffer_clear(&title);
    if (result->mismatches.count == 0) {
        msvc_buffer_text(w->out, "/>\n");
        return;
    }
    msvc_buffer_text(w->out, ">\n");
    write_problem(w, result);
    msvc_buffer_text(w->out, "    </testcase>\n");
}

static void write_property(struct msvc_buffer *out, const char *name, const char *value)
{
    if (value == NULL)
        return;
    msvc_buffer_printf(out, "      <property name=\"%s\"", name);
    write_attribute(out, "value", value);
    msvc_buffer_text(out, "/>\n");
}

static void write_suite(const struct msvc__writing *w, const struct msvc_contract_report *report)
{
    struct msvc__totals totals = msvc__totals_of(report);

    msvc_buffer_text(w->out, "  <testsuite");
    write_attribute(w->out, "name", report->consumer);
    write_totals(w, &totals);
    msvc_buffer_text(w->out, ">\n    <properties>\n");
    write_property(w->out, "provider", report->provider);
    write_property(w->out, "providerVersion", report->version);
    write_property(w->out, "providerBranch", report->branch);
    msvc_buffer_text(w->out, "    </properties>\n");
    for (size_t i = 0; i < report->count; i++)
        write_case(w, report, &report->results[i]);
    msvc_buffer_text(w->out, "  </testsuite>\n");
}

void msvc__write_junit(const struct msvc__writing *w)
{
    struct msvc__totals totals = msvc__totals_of_all(w);

    msvc_buffer_text(w->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    write_totals(w, &totals);
    msvc_buffer_text(w->out, ">\n");
    for (size_t i = 0; i < w->count; i++)
        write_suite(w, w->reports[i]);
    msvc_buffer_text(w->out, "</testsuites>\n");
}
