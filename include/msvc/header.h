/* SPDX-License-Identifier: MIT */
/**
 * @file header.h
 *
 * A name and a value, as HTTP requests and messages carry them.
 */
#ifndef MSVC_HEADER_H
#define MSVC_HEADER_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

/** Lists of them end with one whose name is NULL. Names compare without regard to case; repeated
 * ones keep their order. */
struct msvc_header {
    const char *name;
    const char *value;
};

/** `MSVC_HEADERS({ "Accept", "text/plain" })`: lives to the end of the block. C only. */
#define MSVC_HEADERS(...) ((const struct msvc_header[]){ __VA_ARGS__, { NULL, NULL } })

/** The value of the @p index-th header named @p name; NULL when there are not so many. */
MSVC_API const char *msvc_header_find(const struct msvc_header *headers, const char *name,
                                      size_t index);

MSVC_END_DECLS

#endif
