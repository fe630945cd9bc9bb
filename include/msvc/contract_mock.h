/* SPDX-License-Identifier: MIT */
/**
 * @file contract_mock.h
 *
 * Plays the provider of a pact (contract.h) for the consumer's own code:
 * answers what the pact knows, refuses the rest with status 500, and tells at
 * the end whether both sides of the contract were kept.
 *
 *     msvc_pact_mock_start(&mock, pact, NULL, &err);
 *     call_the_client(msvc_pact_mock_url(mock));
 *     assert_int_equal(msvc_pact_mock_check(mock, &err), 0);
 *     msvc_pact_mock_free(mock);
 *
 * A message needs no broker: what the provider would send goes straight into
 * the consumer's handler.
 *
 *     msvc_pact_mock_start(&mock, pact, NULL, &err);
 *     msvc_pact_mock_deliver(mock, "an order was created", on_event, self, &err);
 *     assert_int_equal(msvc_pact_mock_check(mock, &err), 0);
 */
#ifndef MSVC_CONTRACT_MOCK_H
#define MSVC_CONTRACT_MOCK_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_error;
struct msvc_clock;
struct msvc_contract_mismatch;
struct msvc_http_transport;
struct msvc_pact;
struct msvc_random;

/** A server in this process. Threading: safe. */
struct msvc_pact_mock;

/** Start from #MSVC_PACT_MOCK_OPTIONS; 0 means the default. */
struct msvc_pact_mock_options {
    size_t size;                 /**< Set by #MSVC_PACT_MOCK_OPTIONS. */
    const char *address;         /**< Default "127.0.0.1:0". */
    bool has_no_listener;        /**< Only msvc_pact_mock_transport(). */
    bool has_cors;               /**< Let pages of any origin in, and answer their preflights. */
    const char *tls_certificate; /**< PEM file; with tls_key it speaks HTTPS. */
    const char *tls_key;         /**< PEM file. */
    const struct msvc_random *random; /**< For generated values. Borrowed. Default: the system's. */
    const struct msvc_clock *clock;   /**< For generated dates. Borrowed. Default: the system's. */
};

#define MSVC_PACT_MOCK_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_pact_mock_options, __VA_ARGS__)

/**
 * Answer for the provider of @p pact. Requests of the methods DELETE, GET, HEAD, OPTIONS, PATCH,
 * POST and PUT are looked at; bodies up to 16 MiB.
 *
 * @param[out] out  Owned by the caller; untouched on failure.
 * @param pact      Borrowed; must outlive the mock, and nothing may be added to it meanwhile.
 * @param options   NULL for the defaults.
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_UNSUPPORTED, #MSVC_ERR_UNAVAILABLE (the address is taken)
 *         or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_pact_mock_start(struct msvc_pact_mock **out,
                                                const struct msvc_pact *pact,
                                                const struct msvc_pact_mock_options *options,
                                                struct msvc_error *err);

/** Stop and destroy. NULL is ignored. */
MSVC_API void msvc_pact_mock_free(struct msvc_pact_mock *mock);

/** "http://127.0.0.1:41235"; "" without a listener. Borrowed. */
MSVC_API const char *msvc_pact_mock_url(const struct msvc_pact_mock *mock);

/**
 * A way to the mock without a socket; the mock must outlive it.
 *
 * @return 0, #MSVC_ERR_INVALID or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_pact_mock_transport(struct msvc_http_transport **out,
                                                    struct msvc_pact_mock *mock);

/** What a message carries. Borrowed for the call it goes into. */
struct msvc_pact_payload {
    const void *contents;
    size_t length;
    const char *content_type; /**< "application/json"; NULL: not said. */
    const char *metadata;     /**< A JSON object; NULL: none. */
};

/**
 * The consumer's code, called with a message on the thread of msvc_pact_mock_deliver().
 *
 * @return 0 when it could do what it has to do; any negative status when not, with @p err set.
 */
typedef int msvc_pact_message_fn(const struct msvc_pact_payload *message, void *user,
                                 struct msvc_error *err);

/**
 * Hand a message of the pact to the consumer's code.
 *
 * @param description  Which one; NULL: all, in the order of the pact.
 * @return 0, what @p handler returned, #MSVC_ERR_NOT_FOUND (no such message), #MSVC_ERR_UNSUPPORTED
 *         (it needs a plugin), #MSVC_ERR_INVALID for NULL or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_pact_mock_deliver(struct msvc_pact_mock *mock,
                                                  const char *description,
                                                  msvc_pact_message_fn *handler, void *user,
                                                  struct msvc_error *err);

/**
 * Take a message that the consumer sends, and hand it the responses.
 *
 * @param handler  Called with each response in turn.
 * @return 0, #MSVC_ERR_REFUSED (the pact does not know this message), what @p handler returned,
 *         #MSVC_ERR_INVALID or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_pact_mock_exchange(struct msvc_pact_mock *mock,
                                                   const struct msvc_pact_payload *request,
                                                   msvc_pact_message_fn *handler, void *user,
                                                   struct msvc_error *err);

/**
 * Say whether every interaction was used and every request was one of them.
 *
 * @return 0, #MSVC_ERR_REFUSED (a request that the pact does not know: the message names the
 *         nearest interaction and the first difference), #MSVC_ERR_NOT_FOUND (an interaction that
 *         was not used), #MSVC_ERR_INVALID for NULL, #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_pact_mock_check(struct msvc_pact_mock *mock,
                                                struct msvc_error *err);

/** All that the last check found, several lines; "" when nothing was wrong. Borrowed until the next
 * check. */
MSVC_API const char *msvc_pact_mock_report(const struct msvc_pact_mock *mock);

enum msvc_pact_finding_kind {
    MSVC_PACT_FINDING_MISMATCH,   /**< A request to the right place that differs otherwise. */
    MSVC_PACT_FINDING_UNEXPECTED, /**< A request to a place that the pact does not know. */
    MSVC_PACT_FINDING_UNUSED,     /**< An interaction that nobody asked for. */
};

/** Something that was wrong. Borrowed until the next check. */
struct msvc_pact_finding {
    enum msvc_pact_finding_kind kind;
    const char *method;      /**< "" of a message and of what was not used. */
    const char *target;      /**< Path and query; as above. */
    const char *description; /**< Of the nearest interaction, or of the one not used. */
    const struct msvc_contract_mismatch *mismatches; /**< To the nearest; see contract_verify.h. */
    size_t mismatch_count;
};

/** How many the last check found, at most 1000; 0 for NULL. No request may be in flight. */
MSVC_API size_t msvc_pact_mock_finding_count(const struct msvc_pact_mock *mock);
/** NULL outside. */
MSVC_API const struct msvc_pact_finding *msvc_pact_mock_finding(const struct msvc_pact_mock *mock,
                                                                size_t index);

MSVC_END_DECLS

#endif
