/* SPDX-License-Identifier: MIT */
/**
 * @file error.h
 *
 * The detail behind a status. It belongs to the caller, is flat, needs no
 * clearing before use and no freeing after: put it on the stack. Functions
 * write it only when they fail; NULL is accepted wherever one is taken.
 *
 *     struct msvc_error err;
 *
 *     if (msvc_store_open(&store, url, drivers, NULL, &err) < 0)
 *         fprintf(stderr, "%s: %s\n", err.origin, err.message);
 */
#ifndef MSVC_ERROR_H
#define MSVC_ERROR_H

#include <msvc/base.h>
#include <msvc/status.h>

MSVC_BEGIN_DECLS

struct msvc_error {
    int status;        /**< The same value the function returned. */
    int native;        /**< errno, HTTP status or client-library code; 0 if none. */
    char origin[16];   /**< Who noticed: "core", "kafka", "postgres". */
    char message[424]; /**< One line without its newline, cut between characters if too long. */
    char reserved[64]; /**< Zero. */
};

/**
 * Fill @p err and return @p status, so that failing is one line.
 * Line breaks and control characters in the result become spaces; bytes that are not UTF-8 become
 * '?'.
 *
 * @param err  NULL is ignored.
 * @return @p status.
 */
MSVC_API int msvc_error_set(struct msvc_error *err, int status, const char *origin, int native,
                            const char *format, ...) MSVC_PRINTF(5, 6);

#ifdef __clang_analyzer__ /* It sees one file at a time: tell it that the status comes back. */
#define msvc_error_set(err, status, ...) ((void)msvc_error_set(err, status, __VA_ARGS__), (status))
#endif

/** Put "@p prefix: " before the message, for a caller that knows more. NULL @p err is ignored. */
MSVC_API void msvc_error_prefix(struct msvc_error *err, const char *format, ...) MSVC_PRINTF(2, 3);

MSVC_END_DECLS

#endif
