/* SPDX-License-Identifier: MIT */
/* Reads the attributes of matchers and generators. */
#ifndef MSVC_CONTRACT_ATTRIBUTES_INTERNAL_H
#define MSVC_CONTRACT_ATTRIBUTES_INTERNAL_H

#include <msvc/base.h>

struct msvc_error;
struct msvc_json;

/*
 * A whole number not below `least`, maybe in quotes; absent or null leaves *out
 * alone. *has (optional) becomes true when it is there. Returns 0 or MSVC_ERR_MALFORMED.
 */
int msvc__attribute_int(int64_t *out, bool *has, const struct msvc_json *json, const char *name,
                        int64_t least, struct msvc_error *err);
/* A copy of a text or number, instead of what *out was; absent or null leaves it alone. Returns 0,
 * MSVC_ERR_MALFORMED or MSVC_ERR_NOMEM. */
int msvc__attribute_text(char **out, const struct msvc_json *json, const char *name,
                         struct msvc_error *err);

#endif
