/* SPDX-License-Identifier: MIT */
/*
 * The definition language of matching rules, "atLeast(2), eachValue(matching(
 * regex, '\d+', '1'))": what it says as the JSON that pact files have.
 */
#ifndef MSVC_CONTRACT_DEFINITION_INTERNAL_H
#define MSVC_CONTRACT_DEFINITION_INTERNAL_H

#include <msvc/base.h>

struct msvc_error;

#define MSVC__DEFINITION_MAX       65536 /* longest text, in bytes */
#define MSVC__DEFINITION_DEPTH_MAX 32    /* of expressions in expressions */

struct msvc__definition {
    char *matchers;  /* a JSON array: [{"match":"type"}] */
    char *value;     /* the example as JSON; NULL: there is none */
    char *generator; /* JSON; NULL: there is none */
    char *reference; /* the name that matching($'name') asks for; NULL: none does */
};

/* Returns 0, MSVC_ERR_MALFORMED with the position, MSVC_ERR_LIMIT or MSVC_ERR_NOMEM. */
int msvc__definition_parse(struct msvc__definition *out, const char *text, struct msvc_error *err);
void msvc__definition_clear(struct msvc__definition *definition);

#endif
