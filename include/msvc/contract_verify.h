/* SPDX-License-Identifier: MIT */
/**
 * @file contract_verify.h
 *
 * Holds a provider to a pact (contract.h): sends each request, compares each
 * answer, and says what differs and where. The program `msvc-verify` is this
 * behind a command line.
 *
 *     msvc_contract_verify(&report, pact, transport,
 *                          MSVC_CONTRACT_OPTIONS(.state = set_up, .user = self,
 *                              .headers = MSVC_HEADERS({ "Authorization", real_token })), &err);
 *     if (msvc_contract_failed_count(report) > 0)
 *         msvc_contract_report_text(report, &buffer);
 */
#ifndef MSVC_CONTRACT_VERIFY_H
#define MSVC_CONTRACT_VERIFY_H

#include <msvc/base.h>
#include <msvc/header.h>

MSVC_BEGIN_DECLS

struct msvc_buffer;
struct msvc_error;
struct msvc_http_transport;
struct msvc_pact;

/** Most mismatches that are kept of one interaction. */
#define MSVC_CONTRACT_MISMATCHES_MAX 1000

/** One difference. Borrowed from the report; every text is there, "" where it makes no sense. */
struct msvc_contract_mismatch {
    const char *part;      /**< "method", "path", "query", "header", "status", "body", "state",
                              "transport": where it is. */
    const char *path;      /**< In that part: "$.user.id", a header's name, a state's. */
    const char *rule;      /**< "equality", "type", "regex \d+". */
    const char *rule_path; /**< Where that rule stands; "" when it is the default. */
    const char *expected;
    const char *actual;
    const char *message; /**< One line. */
};

/** What came out for one pact. Immutable. Threading: safe. */
struct msvc_contract_report;

/**
 * Sets up a provider state before the request. Called on the thread of msvc_contract_verify().
 *
 * @param params  A JSON object; "{}" when there are none.
 * @return 0; #MSVC_ERR_NOT_FOUND for a state it does not know; any other status when it could not.
 *         Everything but 0 fails the interaction.
 */
typedef int msvc_contract_state_fn(const char *state, const char *params, void *user,
                                   struct msvc_error *err);

/**
 * Gives a header another value before the request is sent, such as a real token.
 *
 * @return The value to send, borrowed until the next call; NULL to leave the header out. Return
 *         @p value to leave it as it is.
 */
typedef const char *msvc_contract_header_fn(const char *description, const char *name,
                                            const char *value, void *user);

/** Start from #MSVC_CONTRACT_OPTIONS; 0 means the default. */
struct msvc_contract_options {
    size_t size;                       /**< Set by #MSVC_CONTRACT_OPTIONS. */
    const struct msvc_header *headers; /**< Sent with every request, instead of those of the same
                                          name. Optional. */
    msvc_contract_state_fn *state; /**< Without it states are not set up, which the report says. */
    msvc_contract_header_fn *header; /**< Called for each header of the pact. Optional. */
    void *user;                      /**< Passed to both, never read. */
    const char *description;         /**< Only interactions whose description has this in it. */
    const char *base_url; /**< For curl lines, its password hidden. Default "http://provider". */
};

#define MSVC_CONTRACT_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_contract_options, __VA_ARGS__)

/**
 * Verify every interaction of @p pact, in the order of the file. Mismatches are no failure of the
 * call: look at the report.
 *
 * @param[out] out  Owned by the caller; untouched on failure.
 * @param provider  Borrowed.
 * @param options   NULL for the defaults.
 * @return 0, #MSVC_ERR_UNAVAILABLE (the provider cannot be reached), #MSVC_ERR_INVALID,
 *         #MSVC_ERR_UNSUPPORTED or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_contract_verify(struct msvc_contract_report **out,
                                                const struct msvc_pact *pact,
                                                struct msvc_http_transport *provider,
                                                const struct msvc_contract_options *options,
                                                struct msvc_error *err);

/** Destroy @p report. NULL is ignored. */
MSVC_API void msvc_contract_report_free(struct msvc_contract_report *report);

/** How many interactions were looked at; 0 for NULL. */
MSVC_API size_t msvc_contract_count(const struct msvc_contract_report *report);
/** How many of them were not kept. */
MSVC_API size_t msvc_contract_failed_count(const struct msvc_contract_report *report);
/** NULL outside. */
MSVC_API const char *msvc_contract_description(const struct msvc_contract_report *report,
                                               size_t index);
/** Differences found in interaction @p index; 0: it was kept. */
MSVC_API size_t msvc_contract_mismatch_count(const struct msvc_contract_report *report,
                                             size_t index);
/** NULL outside. */
MSVC_API const struct msvc_contract_mismatch *msvc_contract_mismatch(
    const struct msvc_contract_report *report, size_t index, size_t mismatch);
/** The request as a curl command, without secrets; NULL outside. */
MSVC_API const char *msvc_contract_curl(const struct msvc_contract_report *report, size_t index);

/** Append the report for people. @return What the buffer says, or #MSVC_ERR_INVALID. */
MSVC_API int msvc_contract_report_text(const struct msvc_contract_report *report,
                                       struct msvc_buffer *out);
/** Append the report as one JSON object. @return As above. */
MSVC_API int msvc_contract_report_json(const struct msvc_contract_report *report,
                                       struct msvc_buffer *out);

MSVC_END_DECLS

#endif
