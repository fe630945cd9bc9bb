/* SPDX-License-Identifier: MIT */
/* Variables of an environment that the caller passes, as OpenTelemetry's specification reads them.
 */
#ifndef MSVC_BASE_ENV_INTERNAL_H
#define MSVC_BASE_ENV_INTERNAL_H

#include <msvc/base.h>

/* The value of the variable prefix + name; NULL when it is unset or empty. prefix may be NULL. */
MSVC_API const char *msvc__env_get(char *const *environment, const char *prefix, const char *name);

/* A pair of a list such as "key1=value1,key2=value2". */
struct msvc__env_pair {
    const char *key;
    const char *value; /* percent-decoded */
};

/*
 * Cut such a list. *out ends with a pair without key; it and its strings are
 * one block: free(). Returns 0, MSVC_ERR_MALFORMED or MSVC_ERR_NOMEM.
 */
MSVC_API int msvc__env_pairs(struct msvc__env_pair **out, const char *text);

/* A whole number and nothing else, up to `most`. Returns 0 or MSVC_ERR_MALFORMED. */
MSVC_API int msvc__env_number(uint64_t *out, const char *text, uint64_t most);

#endif
