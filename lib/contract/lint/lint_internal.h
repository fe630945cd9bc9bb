/* SPDX-License-Identifier: MIT */
/* Findings while they are looked for. */
#ifndef MSVC_CONTRACT_LINT_LINT_INTERNAL_H
#define MSVC_CONTRACT_LINT_LINT_INTERNAL_H

#include <msvc/contract_lint.h>

struct msvc__part;

struct msvc_pact_lint {
    struct msvc_pact_lint_finding *items; /* their texts are ours */
    size_t count;
    size_t found; /* more than are kept */
    int status;   /* MSVC_ERR_NOMEM once memory ran out */
};

/* Where something was found. */
struct msvc__lint_place {
    const char *interaction;
    const char *part;
};

/* All texts are copied. */
MSVC_PRINTF(5, 6)
void msvc__lint_add(struct msvc_pact_lint *lint, enum msvc_pact_lint_kind kind,
                    const struct msvc__lint_place *at, const char *where, const char *message, ...);

/* What is wrong with the rules of a part, and with its example. */
void msvc__lint_rules(struct msvc_pact_lint *lint, const struct msvc__lint_place *at,
                      const struct msvc__part *part);

#endif
