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
 *         msvc_contract_write(&buffer, &report, 1, NULL, &err);
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
    const char *part;      /**< "method", "path", "query", "header", "status", "body", "metadata",
                              "state", "generator", "transport", "message", "plugin": where it
                              is. */
    const char *path;      /**< In that part: "$.user.id", a header's name, a state's. */
    const char *rule;      /**< "equality", "type", "regex \d+". */
    const char *rule_path; /**< Where that rule stands; "" when it is the default. */
    const char *expected;
    const char *actual;
    const char *message; /**< One line. */
};

/** What came out for one pact; contract_report.h writes it. Immutable. Threading: safe. */
struct msvc_contract_report;

/** What a state callback is asked for. Borrowed until it returns. */
struct msvc_contract_state {
    const char *name;   /**< "" for an interaction that names none: a time to clean up. */
    const char *params; /**< A JSON object; "{}" when there are none. */
    bool is_teardown;   /**< The interaction is over. Only with tears_down_states. */
};

/**
 * Sets a provider state up before the request, or takes it down after it.
 *
 * @param values  Where to append a JSON object, if there is something to say: what the pact's
 *                provider-state generators take their values from, such as the id that a new row
 *                got. Its members win over those of the parameters.
 * @return 0; #MSVC_ERR_NOT_FOUND for a state it does not know (for "" that is fine); any other
 *         status when it could not. Everything but 0 fails the interaction.
 */
typedef int msvc_contract_state_fn(const struct msvc_contract_state *state,
                                   struct msvc_buffer *values, void *user, struct msvc_error *err);

/**
 * Gives a header another value before the request is sent, such as a real token.
 *
 * @return The value to send, borrowed until the next call; NULL to leave the header out. Return
 *         @p value to leave it as it is.
 */
typedef const char *msvc_contract_header_fn(const char *description, const char *name,
                                            const char *value, void *user);

/** What a message callback is asked for, and where its answer goes. Borrowed until it returns. */
struct msvc_contract_message {
    const char *description;
    const char *states; /**< A JSON array as in the pact: `[{"name":…,"params":{…}}]`. */

    const void *request;      /**< Of a synchronous message: what the consumer sends. Else NULL. */
    size_t request_length;    /**< Bytes. */
    const char *request_type; /**< Its content type; "" when there is none. */
    const char *request_metadata; /**< A JSON object. */

    struct msvc_buffer *body; /**< Append what the provider would send. */
    struct msvc_buffer *type; /**< Append its content type. Default: "contentType" of metadata. */
    struct msvc_buffer *metadata; /**< Append a JSON object, if there is any. */
};

/**
 * Makes the message that an interaction is about, by the code that makes it in production.
 *
 * @return 0; #MSVC_ERR_NOT_FOUND for a description it does not know; any other status when it could
 *         not. Everything but 0 fails the interaction.
 */
typedef int msvc_contract_message_fn(const struct msvc_contract_message *wanted, void *user,
                                     struct msvc_error *err);

/**
 * Says whether to look at an interaction.
 *
 * @param states  As in the report: "a and b"; "" without any.
 */
typedef bool msvc_contract_wanted_fn(const char *description, const char *states, void *user);

/** Told after each interaction, on the thread of msvc_contract_verify(). */
typedef void msvc_contract_progress_fn(size_t done, size_t count, size_t failed, void *user);

/** Most workers. */
#define MSVC_CONTRACT_WORKERS_MAX 64

/** Start from #MSVC_CONTRACT_OPTIONS; 0 means the default. With workers every callback but progress
 * is called on their threads, several at once. */
struct msvc_contract_options {
    size_t size;                       /**< Set by #MSVC_CONTRACT_OPTIONS. */
    const struct msvc_header *headers; /**< Sent with every request, instead of those of the same
                                          name. Optional. */
    msvc_contract_state_fn *state; /**< Without it states are not set up, which the report says. */
    bool tears_down_states;        /**< Call it after the interaction too. */
    msvc_contract_message_fn *message;   /**< Without it interactions of messages fail. */
    msvc_contract_header_fn *header;     /**< Called for each header of the pact. Optional. */
    msvc_contract_progress_fn *progress; /**< Optional. */
    void *user;                          /**< Passed to all of them, never read. */

    const char *consumer;    /**< Regex: only pacts whose consumer's name has it in it. */
    const char *description; /**< Regex: only interactions whose description has it in it. */
    const char *with_state;  /**< Regex: only interactions of which a state's name has it in it. */
    bool without_state;      /**< Only interactions that name no state. */
    msvc_contract_wanted_fn *wanted; /**< And which this function wants. Optional. */

    unsigned workers;           /**< Threads that verify. Default 0: the caller's own. */
    bool ends_at_first_failure; /**< What comes after it is not looked at. Not with workers. */
    bool is_pending; /**< The whole pact is: what fails is reported and counts as no failure. */
    const char *provider_version; /**< For the report. Copied. Optional. */
    const char *provider_branch;  /**< For the report. Copied. Optional. */
    const char *base_url; /**< For curl lines, its password hidden. Default "http://provider". */
};

#define MSVC_CONTRACT_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_contract_options, __VA_ARGS__)

/**
 * Verify the interactions of @p pact, in the order of the file. Mismatches are no failure of the
 * call: look at the report. With workers several are verified at once; the report is the same.
 *
 * @param[out] out  Owned by the caller; untouched on failure.
 * @param provider  Borrowed. NULL for a pact that is only about messages.
 * @param options   NULL for the defaults.
 * @return 0, #MSVC_ERR_UNAVAILABLE (the provider cannot be reached), #MSVC_ERR_INVALID (a NULL, a
 *         regex: the message says which), #MSVC_ERR_UNSUPPORTED or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_contract_verify(struct msvc_contract_report **out,
                                                const struct msvc_pact *pact,
                                                struct msvc_http_transport *provider,
                                                const struct msvc_contract_options *options,
                                                struct msvc_error *err);

/** Destroy @p report. NULL is ignored. */
MSVC_API void msvc_contract_report_free(struct msvc_contract_report *report);

MSVC_API const char *msvc_contract_consumer(const struct msvc_contract_report *report);
MSVC_API const char *msvc_contract_provider(const struct msvc_contract_report *report);
/** How many interactions were looked at; 0 for NULL. */
MSVC_API size_t msvc_contract_count(const struct msvc_contract_report *report);
/** How many of them were not kept, pending ones not counted. */
MSVC_API size_t msvc_contract_failed_count(const struct msvc_contract_report *report);
/** How many were not kept, but are pending. */
MSVC_API size_t msvc_contract_pending_count(const struct msvc_contract_report *report);
/** NULL outside. */
MSVC_API const char *msvc_contract_description(const struct msvc_contract_report *report,
                                               size_t index);
/** Its states, "a and b"; "" without any, NULL outside. */
MSVC_API const char *msvc_contract_states(const struct msvc_contract_report *report, size_t index);
/** Differences found in interaction @p index; 0: it was kept. */
MSVC_API size_t msvc_contract_mismatch_count(const struct msvc_contract_report *report,
                                             size_t index);
/** NULL outside. */
MSVC_API const struct msvc_contract_mismatch *msvc_contract_mismatch(
    const struct msvc_contract_report *report, size_t index, size_t mismatch);
/** The request as a curl command, without secrets; NULL outside and when none was sent. */
MSVC_API const char *msvc_contract_curl(const struct msvc_contract_report *report, size_t index);

MSVC_END_DECLS

#endif
