/* SPDX-License-Identifier: MIT */
/**
 * @file contract_openapi.h
 *
 * Compares a pact (contract.h) with an OpenAPI document, without a provider
 * that runs: whether the requests are ones that the document takes, and
 * whether it promises what the consumer needs of the answers.
 *
 *     msvc_openapi_parse(&openapi, text, length, &err);
 *     msvc_openapi_compare(&comparison, openapi, pact, &err);
 *     if (msvc_openapi_finding_count(comparison) > 0)
 *         puts(msvc_openapi_finding(comparison, 0)->message);
 *     msvc_openapi_comparison_free(comparison);
 *     msvc_openapi_free(openapi);
 */
#ifndef MSVC_CONTRACT_OPENAPI_H
#define MSVC_CONTRACT_OPENAPI_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_buffer;
struct msvc_error;
struct msvc_pact;

/** Longest document that is read, in bytes: 16 MiB. */
#define MSVC_OPENAPI_LENGTH_MAX 0x1000000
/** Most findings that are kept of one comparison. */
#define MSVC_OPENAPI_FINDINGS_MAX 10000

/** An OpenAPI document. Immutable. Threading: safe. */
struct msvc_openapi;

/**
 * Read a document of OpenAPI 3.0 or 3.1, JSON or YAML. It is not checked as a whole: what is wrong
 * in it matters where a pact uses it.
 *
 * @param[out] out  Owned by the caller; keeps nothing of @p text; untouched on failure.
 * @return 0, #MSVC_ERR_MALFORMED with line and column, #MSVC_ERR_UNSUPPORTED (another version),
 *         #MSVC_ERR_LIMIT (too deep, or too much by aliases), #MSVC_ERR_INVALID (NULL, too long) or
 *         #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_openapi_parse(struct msvc_openapi **out, const char *text,
                                              size_t length, struct msvc_error *err);

/** Destroy @p openapi. NULL is ignored. */
MSVC_API void msvc_openapi_free(struct msvc_openapi *openapi);

/** One thing that the document does not allow or promise. Borrowed. */
struct msvc_openapi_finding {
    const char *interaction; /**< Its description. */
    const char *pact;        /**< Where in it: "response.body $.user.id", "request.query limit". */
    const char *openapi;     /**< Where in the document: "#/paths/~1users~1{id}/get/responses". */
    const char *message;     /**< One line. */
};

/** What came out. Immutable. Threading: safe. */
struct msvc_openapi_comparison;

/**
 * Compare. Findings are no failure of the call.
 *
 * @param[out] out  Owned by the caller, keeps nothing of the two; untouched on failure.
 * @return 0, #MSVC_ERR_INVALID for a NULL, or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_openapi_compare(struct msvc_openapi_comparison **out,
                                                const struct msvc_openapi *openapi,
                                                const struct msvc_pact *pact,
                                                struct msvc_error *err);

/** Destroy @p comparison. NULL is ignored. */
MSVC_API void msvc_openapi_comparison_free(struct msvc_openapi_comparison *comparison);
/** How many interactions were looked at: those of HTTP. */
MSVC_API size_t msvc_openapi_compared(const struct msvc_openapi_comparison *comparison);
MSVC_API size_t msvc_openapi_finding_count(const struct msvc_openapi_comparison *comparison);
/** In the order of the pact; NULL outside. */
MSVC_API const struct msvc_openapi_finding *msvc_openapi_finding(
    const struct msvc_openapi_comparison *comparison, size_t index);

/** Append the findings for people, a line each after @p name. @return What the buffer says, or
 * #MSVC_ERR_INVALID. */
MSVC_API int msvc_openapi_text(const struct msvc_openapi_comparison *comparison, const char *name,
                               struct msvc_buffer *out);
/** Append the findings as one JSON object. @return As above. */
MSVC_API int msvc_openapi_json(const struct msvc_openapi_comparison *comparison, const char *name,
                               struct msvc_buffer *out);

MSVC_END_DECLS

#endif
