/* SPDX-License-Identifier: MIT */
#include <msvc/header.h>

/* ASCII only: a locale must not change which header is found. */
static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_same_name(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

const char *msvc_header_find(const struct msvc_header *headers, const char *name, size_t index)
{
    if (headers == NULL || name == NULL)
        return NULL;
    for (; headers->name != NULL; headers++) {
        if (is_same_name(headers->name, name) && index-- == 0)
            return headers->value;
    }
    return NULL;
}
