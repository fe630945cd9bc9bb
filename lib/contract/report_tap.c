/* SPDX-License-Identifier: MIT */
/* Test Anything Protocol 13 and 14; what is pending is to be done, which is the protocol's own word
 * for a failure that does not count. */
#include "contract/report_internal.h"

#include <msvc/buffer.h>
#include <msvc/json.h>

/* A number sign would begin a directive. */
static void write_name(struct msvc_buffer *out, const char *text)
{
    struct msvc_buffer clean = MSVC_BUFFER_INIT;

    msvc__clean(&clean, text);
    for (size_t i = 0; i < clean.length; i++) {
        if (clean.data[i] == '#' || clean.data[i] == '\\')
            msvc_buffer_byte(out, '\\');
        msvc_buffer_byte(out, clean.data[i]);
    }
    msvc_buffer_clear(&clean);
}

/* A JSON string is a YAML one, but YAML takes fewer characters as they are. */
static void write_member(struct msvc_buffer *out, const char *before, const char *name,
                         const char *value)
{
    struct msvc_buffer clean = MSVC_BUFFER_INIT;
    struct msvc_json_writer json;

    if (value == NULL || value[0] == '\0')
        return;
    msvc__clean(&clean, value);
    msvc_buffer_printf(out, "%s%s: ", before, name);
    msvc_json_writer_init(&json, out);
    msvc_json_text_n(&json, clean.data, clean.length);
    msvc_buffer_byte(out, '\n');
    msvc_buffer_clear(&clean);
}

static void write_mismatch(struct msvc_buffer *out, const struct msvc_contract_mismatch *one)
{
    write_member(out, "    - ", "part", one->part);
    write_member(out, "      ", "path", one->path);
    write_member(out, "      ", "message", one->message);
    write_member(out, "      ", "expected", one->expected);
    write_member(out, "      ", "actual", one->actual);
    write_member(out, "      ", "rule", one->rule);
    write_member(out, "      ", "rulePath", one->rule_path);
}

static void write_details(const struct msvc__writing *w, const struct msvc__result *result)
{
    if (result->mismatches.count == 0)
        return;
    msvc_buffer_text(w->out, "  ---\n");
    write_member(w->out, "  ", "message", result->mismatches.items[0].message);
    write_member(w->out, "  ", "repeat", result->curl);
    msvc_buffer_text(w->out, "  mismatches:\n");
    for (size_t i = 0; i < result->mismatches.count; i++)
        write_mismatch(w->out, &result->mismatches.items[i]);
    msvc_buffer_text(w->out, "  ...\n");
}

static void write_result(const struct msvc__writing *w, const struct msvc_contract_report *report,
                         size_t number, const struct msvc__result *result)
{
    struct msvc_buffer title = MSVC_BUFFER_INIT;
    enum msvc__outcome outcome = msvc__outcome_of(result);

    msvc__write_title(&title, result);
    msvc_buffer_printf(w->out, "%s %zu - ", outcome == MSVC__KEPT ? "ok" : "not ok", number);
    write_name(w->out, report->consumer);
    msvc_buffer_text(w->out, ": ");
    write_name(w->out, title.data != NULL ? title.data : "");
    msvc_buffer_text(w->out, outcome == MSVC__PENDING ? " # TODO pending\n" : "\n");
    msvc_buffer_clear(&title);
    write_details(w, result);
}

void msvc__write_tap(const struct msvc__writing *w)
{
    size_t number = 0;

    msvc_buffer_printf(w->out, "TAP version %d\n1..%zu\n",
                       w->options.format == MSVC_CONTRACT_TAP_13 ? 13 : 14,
                       msvc__totals_of_all(w).count);
    for (size_t i = 0; i < w->count; i++) {
        for (size_t k = 0; k < w->reports[i]->count; k++)
            write_result(w, w->reports[i], ++number, &w->reports[i]->results[k]);
    }
}
