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
 */
#ifndef MSVC_CONTRACT_MOCK_H
#define MSVC_CONTRACT_MOCK_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_error;
struct msvc_http_transport;
struct msvc_pact;

/** A server in this process. Threading: safe. */
struct msvc_pact_mock;

/** Start from #MSVC_PACT_MOCK_OPTIONS; 0 means the default. */
struct msvc_pact_mock_options {
    size_t size;          /**< Set by #MSVC_PACT_MOCK_OPTIONS. */
    const char *address;  /**< Default "127.0.0.1:0". */
    bool has_no_listener; /**< Only msvc_pact_mock_transport(). */
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

/**
 * Say whether every interaction was used and every request was one of them.
 *
 * @return 0, #MSVC_ERR_REFUSED (a request that the pact does not know: the message names the
 *         nearest interaction and the first difference), #MSVC_ERR_NOT_FOUND (an interaction that
 *         was not used), #MSVC_ERR_INVALID for NULL, #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_pact_mock_check(struct msvc_pact_mock *mock,
                                                struct msvc_error *err);

/** All that was wrong since the last check, several lines; "" when nothing was. Borrowed until the
 * next check. */
MSVC_API const char *msvc_pact_mock_report(const struct msvc_pact_mock *mock);

MSVC_END_DECLS

#endif
