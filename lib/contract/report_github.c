/* SPDX-License-Identifier: MIT */
/* Workflow commands of GitHub Actions: each failure becomes an annotation. */
#include "contract/report_internal.h"

#include <msvc/buffer.h>

/* In a property a comma or a colon would end it. */
static void escape(struct msvc_buffer *out, const struct msvc_buffer *text, bool is_property)
{
    for (size_t i = 0; i < text->length; i++) {
        char c = text->data[i];

        if (c == '%' || c == '\n' || c == '\r' || (is_property && (c == ':' || c == ',')))
            msvc_buffer_printf(out, "%%%02X", (unsigned char)c);
        else
            msvc_buffer_byte(out, c);
    }
}

static void write_result(const struct msvc__writing *w, const struct msvc_contract_report *report,
                         const struct msvc__result *result)
{
    struct msvc_buffer title = MSVC_BUFFER_INIT;
    struct msvc_buffer details = MSVC_BUFFER_INIT;

    msvc__clean(&title, report->consumer);
    msvc_buffer_text(&title, ": ");
    msvc__write_title(&title, result);
    msvc__mismatches_write(&details, &result->mismatches, "");
    if (result->curl != NULL)
        msvc__clean(&details, result->curl);
    msvc_buffer_text(w->out, result->is_pending ? "::warning title=" : "::error title=");
    escape(w->out, &title, true);
    msvc_buffer_text(w->out, "::");
    escape(w->out, &details, false);
    msvc_buffer_byte(w->out, '\n');
    msvc_buffer_clear(&title);
    msvc_buffer_clear(&details);
}

void msvc__write_github(const struct msvc__writing *w)
{
    for (size_t i = 0; i < w->count; i++) {
        for (size_t k = 0; k < w->reports[i]->count; k++) {
            const struct msvc__result *result = &w->reports[i]->results[k];

            if (msvc__outcome_of(result) != MSVC__KEPT)
                write_result(w, w->reports[i], result);
        }
    }
}
