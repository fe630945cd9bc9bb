/* SPDX-License-Identifier: MIT */
#include "http_server/layout_internal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>

#define CR_AND_LF 2

static const char two_line_ends[2 * CR_AND_LF] = { 0 };

/* The bytes between the end of a text and the beginning of the next. */
static intptr_t gap(const char *text, const char *next)
{
    return (intptr_t)((uintptr_t)next - (uintptr_t)text) - (intptr_t)strlen(text);
}

const char *msvc__layout_compare(const struct layout *l)
{
    const char *before = l->version;

    if (gap(l->url, l->version) + (intptr_t)strlen(l->url) != (intptr_t)strlen(l->target) + 1)
        return "the target has a NUL or more than one blank behind it";
    for (const struct msvc_header *h = l->headers; h->name != NULL; h++) {
        intptr_t between = gap(before, h->name);

        if (between == CR_AND_LF - 1)
            return "a line does not end with CR and LF";
        if (between != CR_AND_LF)
            return "a line is folded or has a NUL";
        before = h->value;
    }
    if (before == l->version ||
        memcmp(before + strlen(before), two_line_ends, sizeof(two_line_ends)) == 0)
        return NULL;
    return "the headers do not end with CR and LF twice";
}

static bool parses_in_place(void)
{
    return atoi(MHD_get_version()) < 1;
}

const char *msvc__layout_problem(const struct layout *l)
{
    return parses_in_place() ? msvc__layout_compare(l) : NULL;
}
