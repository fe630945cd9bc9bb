/* SPDX-License-Identifier: MIT */
/* Several reports as one document in a format of choice. */
#include "contract/report_internal.h"

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "base/options_internal.h"

static void (*const writers[])(const struct msvc__writing *w) = {
    [MSVC_CONTRACT_TEXT] = msvc__write_text,   [MSVC_CONTRACT_JSON] = msvc__write_json,
    [MSVC_CONTRACT_JUNIT] = msvc__write_junit, [MSVC_CONTRACT_TAP] = msvc__write_tap,
    [MSVC_CONTRACT_TAP_13] = msvc__write_tap,  [MSVC_CONTRACT_GITHUB] = msvc__write_github,
};

struct msvc__totals msvc__totals_of_all(const struct msvc__writing *w)
{
    struct msvc__totals all = { .count = 0 };

    for (size_t i = 0; i < w->count; i++) {
        struct msvc__totals one = msvc__totals_of(w->reports[i]);

        all.count += one.count;
        all.failed += one.failed;
        all.pending += one.pending;
        all.duration_ns += one.duration_ns;
    }
    return all;
}

int msvc_contract_write(struct msvc_buffer *out, struct msvc_contract_report *const *reports,
                        size_t count, const struct msvc_contract_write_options *options,
                        struct msvc_error *err)
{
    struct msvc__writing w = { .out = out, .reports = reports, .count = count };
    bool is_whole = out != NULL && (reports != NULL || count == 0);
    int status;

    for (size_t i = 0; is_whole && i < count; i++)
        is_whole = reports[i] != NULL;
    if (!is_whole)
        return msvc_error_set(err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0,
                              "expected a buffer and reports, found NULL");
    status = msvc__options_copy(&w.options, sizeof(w.options), options);
    if (status == 0 && (unsigned)w.options.format >= sizeof(writers) / sizeof(writers[0]))
        status = MSVC_ERR_UNSUPPORTED;
    if (status == 0) {
        writers[w.options.format](&w);
        status = msvc_buffer_status(out);
    }
    if (status < 0)
        return msvc_error_set(err, status, MSVC__CONTRACT, 0, "%s", msvc_status_text(status));
    return 0;
}
