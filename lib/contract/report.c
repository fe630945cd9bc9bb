/* SPDX-License-Identifier: MIT */
/* The findings by getters. */
#include "contract/report_internal.h"

#include <stdlib.h>

void msvc_contract_report_free(struct msvc_contract_report *report)
{
    if (report == NULL)
        return;
    for (size_t i = 0; i < report->chosen; i++) {
        free(report->results[i].description);
        free(report->results[i].states);
        free(report->results[i].curl);
        msvc__mismatches_clear(&report->results[i].mismatches);
    }
    free(report->results);
    free(report->consumer);
    free(report->provider);
    free(report->version);
    free(report->branch);
    free(report);
}

enum msvc__outcome msvc__outcome_of(const struct msvc__result *result)
{
    if (result->mismatches.found == 0)
        return MSVC__KEPT;
    return result->is_pending ? MSVC__PENDING : MSVC__FAILED;
}

struct msvc__totals msvc__totals_of(const struct msvc_contract_report *report)
{
    struct msvc__totals totals = { .count = msvc_contract_count(report) };

    for (size_t i = 0; i < totals.count; i++) {
        enum msvc__outcome outcome = msvc__outcome_of(&report->results[i]);

        totals.failed += outcome == MSVC__FAILED;
        totals.pending += outcome == MSVC__PENDING;
        totals.duration_ns += report->results[i].duration_ns;
    }
    return totals;
}

static const struct msvc__result *at(const struct msvc_contract_report *report, size_t index)
{
    return report != NULL && index < report->count ? &report->results[index] : NULL;
}

const char *msvc_contract_consumer(const struct msvc_contract_report *report)
{
    return report != NULL ? report->consumer : NULL;
}

const char *msvc_contract_provider(const struct msvc_contract_report *report)
{
    return report != NULL ? report->provider : NULL;
}

size_t msvc_contract_count(const struct msvc_contract_report *report)
{
    return report != NULL ? report->count : 0;
}

size_t msvc_contract_failed_count(const struct msvc_contract_report *report)
{
    return msvc__totals_of(report).failed;
}

size_t msvc_contract_pending_count(const struct msvc_contract_report *report)
{
    return msvc__totals_of(report).pending;
}

const char *msvc_contract_description(const struct msvc_contract_report *report, size_t index)
{
    const struct msvc__result *result = at(report, index);

    return result != NULL ? result->description : NULL;
}

const char *msvc_contract_states(const struct msvc_contract_report *report, size_t index)
{
    const struct msvc__result *result = at(report, index);

    return result != NULL ? result->states : NULL;
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
