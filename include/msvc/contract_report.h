/* SPDX-License-Identifier: MIT */
/**
 * @file contract_report.h
 *
 * What a verification (contract_verify.h) found, for people and for programs.
 *
 *     msvc_contract_write(&buffer, &report, 1,
 *                         MSVC_CONTRACT_WRITE_OPTIONS(.format = MSVC_CONTRACT_JUNIT), &err);
 *
 * The same findings give the same bytes. Whatever a provider sent, a report
 * stays well-formed UTF-8 and one finding stays where it belongs: control
 * characters are shown as \xNN, what is no UTF-8 as U+FFFD.
 */
#ifndef MSVC_CONTRACT_REPORT_H
#define MSVC_CONTRACT_REPORT_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_buffer;
struct msvc_contract_report;
struct msvc_error;

enum msvc_contract_format {
    MSVC_CONTRACT_TEXT,   /**< For people: every difference, and a curl line that repeats it. */
    MSVC_CONTRACT_JSON,   /**< One object; docs/msvc-verify.md has its members. */
    MSVC_CONTRACT_JUNIT,  /**< JUnit's XML: a suite for each pact, pending ones skipped. */
    MSVC_CONTRACT_TAP,    /**< Test Anything Protocol 14, with YAML diagnostics. */
    MSVC_CONTRACT_TAP_13, /**< The same in version 13. */
    MSVC_CONTRACT_GITHUB, /**< Annotations of GitHub Actions: failures only. */
};

/** Start from #MSVC_CONTRACT_WRITE_OPTIONS; 0 means the default. */
struct msvc_contract_write_options {
    size_t size;                      /**< Set by #MSVC_CONTRACT_WRITE_OPTIONS. */
    enum msvc_contract_format format; /**< Default #MSVC_CONTRACT_TEXT. */
    bool has_colours;                 /**< Text only: for terminals. */
    bool has_times; /**< How long each took; then no two runs have the same bytes. */
    bool is_brief;  /**< Text only: nothing about interactions that were kept. */
};

#define MSVC_CONTRACT_WRITE_OPTIONS(...) \
    MSVC_OPTIONS_OF(struct msvc_contract_write_options, __VA_ARGS__)

/**
 * Append one document about all of @p reports.
 *
 * @param reports  Borrowed; in the order they are written.
 * @param options  NULL for the defaults.
 * @return 0, what the buffer says, #MSVC_ERR_INVALID or #MSVC_ERR_UNSUPPORTED (a format that is not
 *         known).
 */
MSVC_API MSVC_MUST_USE int msvc_contract_write(struct msvc_buffer *out,
                                               struct msvc_contract_report *const *reports,
                                               size_t count,
                                               const struct msvc_contract_write_options *options,
                                               struct msvc_error *err);

MSVC_END_DECLS

#endif
