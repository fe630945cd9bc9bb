/* SPDX-License-Identifier: MIT */
/* What a verification found, and the writers of its reports: one file for each format. */
#ifndef MSVC_CONTRACT_REPORT_INTERNAL_H
#define MSVC_CONTRACT_REPORT_INTERNAL_H

#include <msvc/contract_report.h>

#include "contract/match_internal.h"

struct msvc__result {
    char *description;
    char *states;          /* for people; "" without any */
    char *curl;            /* NULL when nothing was sent */
    bool has_unset_states; /* there was nobody to set them up */
    bool is_pending;
    uint64_t duration_ns;
    struct msvc__mismatches mismatches;
};

struct msvc_contract_report {
    char *consumer;
    char *provider;
    char *version; /* of the provider; NULL when it was not told */
    char *branch;
    struct msvc__result *results;
    size_t count;
    size_t chosen; /* those that have names, looked at or not */
};

enum msvc__outcome {
    MSVC__KEPT,
    MSVC__FAILED,
    MSVC__PENDING, /* not kept, but it does not count */
};

enum msvc__outcome msvc__outcome_of(const struct msvc__result *result);

struct msvc__totals {
    size_t count;
    size_t failed;
    size_t pending;
    uint64_t duration_ns;
};

struct msvc__totals msvc__totals_of(const struct msvc_contract_report *report);

/* Several reports as one document. */
struct msvc__writing {
    struct msvc_buffer *out;
    struct msvc_contract_write_options options;
    struct msvc_contract_report *const *reports;
    size_t count;
};

struct msvc__totals msvc__totals_of_all(const struct msvc__writing *w);
void msvc__write_text(const struct msvc__writing *w);
void msvc__write_json(const struct msvc__writing *w);
void msvc__write_junit(const struct msvc__writing *w);
void msvc__write_tap(const struct msvc__writing *w);
void msvc__write_github(const struct msvc__writing *w);

/* Append one line: control characters become \\xNN (\\n, \\t), bytes that are no UTF-8 U+FFFD. */
void msvc__clean(struct msvc_buffer *out, const char *text);
/* The same, and no more than so many bytes of it, ended by an ellipsis when it is cut. */
void msvc__clean_most(struct msvc_buffer *out, const char *text, size_t most);
/* "description (given states)", clean. */
void msvc__write_title(struct msvc_buffer *out, const struct msvc__result *result);
/* Where two texts differ, with some context: "…a[-expected-]{+actual+}b…". */
void msvc__write_diff(struct msvc_buffer *out, const char *expected, const char *actual);
#endif
