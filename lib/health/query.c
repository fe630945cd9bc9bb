/* SPDX-License-Identifier: MIT */
/* The query of a probe: "verbose&exclude=database". */
#include "health/health_internal.h"

#include <string.h>

/* The next part of a query; false at its end. */
static bool next_part(const char **query, const char **part, size_t *length)
{
    if (*query == NULL || **query == '\0')
        return false;
    *part = *query;
    *length = strcspn(*query, "&");
    *query += *length + ((*query)[*length] == '&');
    return true;
}

bool msvc__query_has(const char *query, const char *name, const char *value)
{
    size_t name_length = strlen(name);
    const char *part;
    size_t length;

    while (next_part(&query, &part, &length)) {
        if (length == name_length + strlen(value) && memcmp(part, name, name_length) == 0 &&
            memcmp(part + name_length, value, strlen(value)) == 0)
            return true;
    }
    return false;
}

static int hex(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = digit != '\0' ? strchr(digits, digit | 0x20) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

/* The next character of text, or −1; a byte that is badly encoded is no part of any name. */
static int decode(const char **text, const char *end)
{
    int high;
    int low;

    if (**text != '%')
        return (unsigned char)*(*text)++;
    if (end - *text < 3)
        return -1;
    high = hex((*text)[1]);
    low = hex((*text)[2]);
    *text += 3;
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

bool msvc__query_is_name(const char *text, size_t length, const char *name)
{
    const char *end = text + length;

    while (text < end && *name != '\0') {
        if (decode(&text, end) != (unsigned char)*name++)
            return false;
    }
    return text == end && *name == '\0';
}

bool msvc__query_excludes(const char *query, const char *check)
{
    static const char exclude[] = "exclude=";
    const size_t skip = sizeof(exclude) - 1;
    const char *part;
    size_t length;

    while (next_part(&query, &part, &length)) {
        if (length > skip && memcmp(part, exclude, skip) == 0 &&
            msvc__query_is_name(part + skip, length - skip, check))
            return true;
    }
    return false;
}
