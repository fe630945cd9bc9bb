/* SPDX-License-Identifier: MIT */
/**
 * @file contract_stub.h
 *
 * Plays the provider of one or more pacts (contract.h) for as long as somebody
 * needs one: a front end that is being built, a test of several services. A
 * mock (contract_mock.h) judges who calls it; a stub only answers. The program
 * `msvc-verify stub` is this behind a command line.
 *
 *     msvc_pact_stub_start(&stub, &pact, 1, MSVC_PACT_STUB_OPTIONS(.has_cors = true), &err);
 *     puts(msvc_pact_stub_url(stub));
 */
#ifndef MSVC_CONTRACT_STUB_H
#define MSVC_CONTRACT_STUB_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_error;
struct msvc_http_transport;
struct msvc_pact;

/** A server in this process. Threading: safe. */
struct msvc_pact_stub;

/** Start from #MSVC_PACT_STUB_OPTIONS; 0 means the default. */
struct msvc_pact_stub_options {
    size_t size;              /**< Set by #MSVC_PACT_STUB_OPTIONS. */
    const char *address;      /**< Default "127.0.0.1:0". */
    bool has_no_listener;     /**< Only msvc_pact_stub_transport(). */
    bool has_cors;            /**< Let pages of any origin in, and answer their preflights. */
    const char *state;        /**< Regex: only interactions of which a state's name has it in it. */
    const char *state_header; /**< Name of a header: a request that has it is answered only by
                                   interactions with the state of that name. Copied. */
    const char *tls_certificate; /**< PEM file; with tls_key it speaks HTTPS. */
    const char *tls_key;         /**< PEM file. */
};

#define MSVC_PACT_STUB_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_pact_stub_options, __VA_ARGS__)

/**
 * Answer requests of @p pacts. Of several interactions that want the same request the first
 * answers. What no interaction wants gets 404 and a JSON body that names the nearest and how it
 * differs. Requests of the methods DELETE, GET, HEAD, OPTIONS, PATCH, POST and PUT are looked at;
 * bodies up to 16 MiB.
 *
 * @param[out] out  Owned by the caller; untouched on failure.
 * @param pacts     Borrowed; must outlive the stub, and nothing may be added to them meanwhile.
 * @param options   NULL for the defaults.
 * @return 0, #MSVC_ERR_INVALID (a NULL, the regex), #MSVC_ERR_UNSUPPORTED, #MSVC_ERR_UNAVAILABLE
 *         (the address is taken), #MSVC_ERR_AUTH (certificate files) or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_pact_stub_start(struct msvc_pact_stub **out,
                                                struct msvc_pact *const *pacts, size_t count,
                                                const struct msvc_pact_stub_options *options,
                                                struct msvc_error *err);

/** Stop and destroy. NULL is ignored. */
MSVC_API void msvc_pact_stub_free(struct msvc_pact_stub *stub);

/** "http://127.0.0.1:41235"; "" without a listener. Borrowed. */
MSVC_API const char *msvc_pact_stub_url(const struct msvc_pact_stub *stub);

/**
 * A way to the stub without a socket; the stub must outlive it.
 *
 * @return 0, #MSVC_ERR_INVALID or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_pact_stub_transport(struct msvc_http_transport **out,
                                                    struct msvc_pact_stub *stub);

MSVC_END_DECLS

#endif
