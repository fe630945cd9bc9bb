/* SPDX-License-Identifier: MIT */
/*
 * How the lines of a request ended, told from where libmicrohttpd left them.
 * Before 1.0 it takes a bare line feed or carriage return for the end of a
 * line, cuts a value at a NUL and joins folded lines, and says nothing. But it
 * parses in place: it overwrites each line end with NULs and hands out pointers
 * into what was received. So a value and the name of the next header are
 * exactly two bytes apart when CR and LF stood there and nothing was hidden.
 * Behind the last value two line ends have become four NULs. (These bytes are
 * in the same block of memory: it ends with an entry for each header.)
 */
#ifndef MSVC_HTTP_SERVER_LAYOUT_INTERNAL_H
#define MSVC_HTTP_SERVER_LAYOUT_INTERNAL_H

#include <msvc/header.h>

struct layout {
    const char *url;    /* as libmicrohttpd has them, not copies */
    const char *target; /* url and query as they were; a copy will do */
    const char *version;
    const struct msvc_header *headers; /* in the order they came */
};

/* What is wrong with the lines, static; NULL when nothing is, or when the library is a newer one,
 * which refuses such requests itself. */
const char *msvc__layout_problem(const struct layout *layout);

/* The same for a library that parses in place. */
const char *msvc__layout_compare(const struct layout *layout);

#endif
