/* SPDX-License-Identifier: MIT */
/*
 * A request target, decoded once. There is one way to read it: what could be
 * read in two is refused, so that no filter sees another path than the handler.
 */
#ifndef MSVC_HTTP_SERVER_TARGET_INTERNAL_H
#define MSVC_HTTP_SERVER_TARGET_INTERNAL_H

#include <msvc/base.h>

/* Most query pairs; more are refused. */
#define MSVC__HTTP_QUERY_MAX 256

struct query_pair {
    const char *name;
    const char *value; /* "" when there was no '=' */
};

struct target {
    char *raw_path;           /* as sent, without the query */
    char *raw_query;          /* behind the '?'; NULL when there is none */
    char *path;               /* decoded; no NUL and no slash came from an encoded one */
    struct query_pair *pairs; /* decoded, '+' is a blank */
    size_t pair_count;
};

/*
 * Read origin form ("/a/b?c=d"). Returns 0, MSVC_ERR_MALFORMED with *problem
 * set to what is wrong (static), or MSVC_ERR_NOMEM. *out is untouched on failure.
 */
int msvc__target_parse(struct target *out, const char *text, const char **problem);

void msvc__target_clear(struct target *target);

#endif
