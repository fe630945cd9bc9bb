/* SPDX-License-Identifier: MIT */
/*
 * What libmicrohttpd lets through and two readers could read in two ways. A
 * request that fails here is refused and its connection closed; nothing in it
 * is repaired.
 */
#ifndef MSVC_HTTP_SERVER_GUARD_INTERNAL_H
#define MSVC_HTTP_SERVER_GUARD_INTERNAL_H

#include <msvc/header.h>

struct guard_verdict {
    int status;         /* 0: go on; else what to answer before the connection is closed */
    const char *detail; /* static */
    bool has_body;
    uint64_t content_length; /* 0 when chunked */
};

void msvc__guard(struct guard_verdict *out, const char *method, const char *version,
                 const struct msvc_header *headers);

#endif
