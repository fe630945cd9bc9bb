/* SPDX-License-Identifier: MIT */
/*
 * Messages often carry remote text, so whatever is formatted is made one
 * clean line before anybody sees it.
 */
#include <msvc/error.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8_internal.h"

_Static_assert(sizeof(struct msvc_error) == 512, "the size is part of the ABI");

static void clean(char *text)
{
    size_t length = strlen(text);
    size_t at = 0;

    while (at < length) {
        size_t step = msvc__utf8_length(text + at, length - at, NULL);

        if (step == 0)
            text[at] = '?';
        else if (step == 1 && ((unsigned char)text[at] < 0x20 || text[at] == 0x7f))
            text[at] = ' ';
        at += step > 0 ? step : 1;
    }
}

/* vsnprintf() may have cut a character in two. */
MSVC_PRINTF(2, 0)
static void write_message(struct msvc_error *err, const char *format, va_list arguments)
{
    char text[sizeof(err->message) + 4];
    size_t cut;

    if (vsnprintf(text, sizeof(text), format, arguments) < 0)
        (void)snprintf(text, sizeof(text), "message could not be formatted");
    cut = msvc__utf8_cut(text, strlen(text), sizeof(err->message) - 1);
    text[cut] = '\0';
    clean(text);
    memcpy(err->message, text, cut + 1);
}

#undef msvc_error_set /* what an analyzer reads in its place */
int msvc_error_set(struct msvc_error *err, int status, const char *origin, int native,
                   const char *format, ...)
{
    va_list arguments;

    if (err == NULL)
        return status;
    va_start(arguments, format);
    write_message(err, format, arguments);
    va_end(arguments);
    err->status = status;
    err->native = native;
    (void)snprintf(err->origin, sizeof(err->origin), "%s", origin);
    memset(err->reserved, 0, sizeof(err->reserved));
    return status;
}

MSVC_PRINTF(2, 3)
static void join(struct msvc_error *err, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    write_message(err, format, arguments);
    va_end(arguments);
}

void msvc_error_prefix(struct msvc_error *err, const char *format, ...)
{
    char prefix[sizeof(err->message)];
    char rest[sizeof(err->message)];
    va_list arguments;

    if (err == NULL)
        return;
    va_start(arguments, format);
    if (vsnprintf(prefix, sizeof(prefix), format, arguments) < 0)
        prefix[0] = '\0';
    va_end(arguments);
    memcpy(rest, err->message, sizeof(rest));
    join(err, "%s: %s", prefix, rest);
}
