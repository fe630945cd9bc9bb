/* SPDX-License-Identifier: MIT */
/**
 * @file contract_check.h
 *
 * Whether a pact file is what its specification says, to the letter. Reading
 * (contract.h) is lenient, as the specification asks of readers; this is for
 * those who write files.
 *
 *     static void show(const char *where, const char *problem, void *user)
 *     {
 *         printf("%s: %s\n", where, problem);
 *     }
 *
 *     status = msvc_pact_check(text, length, 0, show, NULL, &err);
 */
#ifndef MSVC_CONTRACT_CHECK_H
#define MSVC_CONTRACT_CHECK_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_error;

/**
 * Called with each problem, on the caller's thread.
 *
 * @param where    A path: "$.interactions[0].request.method".
 * @param problem  One line: what was expected, what was found. Both borrowed until it returns.
 */
typedef void msvc_pact_problem_fn(const char *where, const char *problem, void *user);

/**
 * Check a file against the schema of a version of the specification.
 *
 * @param version  1 to 4; 0: the one the file names, 3 when it names none.
 * @param problem  Optional.
 * @return The number of problems, 0 for none; #MSVC_ERR_MALFORMED (no JSON), #MSVC_ERR_UNSUPPORTED
 *         (a version that does not exist), #MSVC_ERR_LIMIT, #MSVC_ERR_INVALID or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_pact_check(const char *text, size_t length, unsigned version,
                                           msvc_pact_problem_fn *problem, void *user,
                                           struct msvc_error *err);

MSVC_END_DECLS

#endif
