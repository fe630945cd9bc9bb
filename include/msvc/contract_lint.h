/* SPDX-License-Identifier: MIT */
/**
 * @file contract_lint.h
 *
 * Looks at a pact file (contract.h) without a provider, and says what in it
 * cannot mean what its author meant.
 *
 *     msvc_pact_lint(&lint, text, length, &err);
 *     for (size_t i = 0; i < msvc_pact_lint_count(lint); i++)
 *         puts(msvc_pact_lint_at(lint, i)->message);
 *     msvc_pact_lint_free(lint);
 */
#ifndef MSVC_CONTRACT_LINT_H
#define MSVC_CONTRACT_LINT_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_buffer;
struct msvc_error;

/** Most findings that are kept of one file. */
#define MSVC_PACT_LINT_MAX 10000

enum msvc_pact_lint_kind {
    MSVC_PACT_LINT_DEAD_RULE,       /**< It stands where the example has nothing. */
    MSVC_PACT_LINT_TIED_RULES,      /**< Two rules count as much at one place: peers differ in which
                                       wins. */
    MSVC_PACT_LINT_UNKNOWN_MATCHER, /**< Nobody here knows it: the comparison will fail. */
    MSVC_PACT_LINT_BROKEN_EXAMPLE,  /**< It breaks its own rule. */
    MSVC_PACT_LINT_DUPLICATE,       /**< Another interaction has the same description and states. */
    MSVC_PACT_LINT_UNREADABLE,      /**< An interaction, a rule or a pattern that cannot be read. */
    MSVC_PACT_LINT_SCHEMA,          /**< What the schema of its version does not allow; in a file
                                       that can be read. */
};

/** One finding. Borrowed; every text is there, "" where it makes no sense. */
struct msvc_pact_lint_finding {
    enum msvc_pact_lint_kind kind;
    const char *kind_name;   /**< "dead-rule". */
    const char *interaction; /**< Its description. */
    const char *part;        /**< "request", "response", "message". */
    const char *where;       /**< The rule as in the file, or the path in the example. */
    const char *message;     /**< One line. */
};

/** What was found in a file. Immutable. Threading: safe. */
struct msvc_pact_lint;

/**
 * Look at a pact.
 *
 * @param[out] out  Owned by the caller; keeps nothing of @p text; untouched on failure.
 * @return 0 whatever was found, #MSVC_ERR_MALFORMED (no JSON, or no pact), #MSVC_ERR_UNSUPPORTED
 *         (its version), #MSVC_ERR_LIMIT, #MSVC_ERR_INVALID for a NULL, or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_pact_lint(struct msvc_pact_lint **out, const char *text,
                                          size_t length, struct msvc_error *err);

/** Destroy @p lint. NULL is ignored. */
MSVC_API void msvc_pact_lint_free(struct msvc_pact_lint *lint);
MSVC_API size_t msvc_pact_lint_count(const struct msvc_pact_lint *lint);
/** In the order of the file; NULL outside. */
MSVC_API const struct msvc_pact_lint_finding *msvc_pact_lint_at(const struct msvc_pact_lint *lint,
                                                                size_t index);

/** Append the findings for people, a line each after @p name. @return What the buffer says, or
 * #MSVC_ERR_INVALID. */
MSVC_API int msvc_pact_lint_text(const struct msvc_pact_lint *lint, const char *name,
                                 struct msvc_buffer *out);
/** Append the findings as one JSON object. @return As above. */
MSVC_API int msvc_pact_lint_json(const struct msvc_pact_lint *lint, const char *name,
                                 struct msvc_buffer *out);

MSVC_END_DECLS

#endif
