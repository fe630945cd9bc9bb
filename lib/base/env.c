/* SPDX-License-Identifier: MIT */
#include "base/env_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"

const char *msvc__env_get(char *const *environment, const char *prefix, const char *name)
{
    size_t prefix_length = prefix != NULL ? strlen(prefix) : 0;
    size_t name_length = strlen(name);

    for (; environment != NULL && *environment != NULL; environment++) {
        const char *entry = *environment;

        if (prefix_length > 0 && strncmp(entry, prefix, prefix_length) != 0)
            continue;
        entry += prefix_length;
        if (strncmp(entry, name, name_length) == 0 && entry[name_length] == '=')
            return entry[name_length + 1] != '\0' ? entry + name_length + 1 : NULL;
    }
    return NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* End the text behind its last character that is no blank, and skip blanks before it. */
static char *trimmed(char *text)
{
    size_t length;

    while (is_blank(*text))
        text++;
    length = strlen(text);
    while (length > 0 && is_blank(text[length - 1]))
        length--;
    text[length] = '\0';
    return text;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place. A zero byte would end the string early, and is refused. */
static bool decode(char *text)
{
    char *out = text;

    for (; *text != '\0'; text++) {
        int high;
        int low;

        if (*text != '%') {
            *out++ = *text;
            continue;
        }
        high = hex_digit(text[1]);
        low = high >= 0 ? hex_digit(text[2]) : -1;
        if (low < 0 || (high | low) == 0)
            return false;
        *out++ = (char)(high << 4 | low);
        text += 2;
    }
    *out = '\0';
    return true;
}

static bool read_pair(struct msvc__env_pair *out, char *text)
{
    char *value = strchr(text, '=');

    if (value == NULL || strchr(text, ';') != NULL)
        return false;
    *value++ = '\0';
    value = trimmed(value);
    out->key = trimmed(text);
    out->value = value;
    return out->key[0] != '\0' && decode(value);
}

static size_t count_commas(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += *text == ',';
    return count;
}

int msvc__env_pairs(struct msvc__env_pair **out, const char *text)
{
    size_t most = count_commas(text) + 2;
    struct msvc__env_pair *pairs = msvc__new(most * sizeof(pairs[0]) + strlen(text) + 1);
    size_t count = 0;
    char *at;

    if (pairs == NULL)
        return MSVC_ERR_NOMEM;
    at = (char *)(pairs + most);
    memcpy(at, text, strlen(text) + 1);
    while (at != NULL) {
        char *comma = strchr(at, ',');

        if (comma != NULL)
            *comma++ = '\0';
        at = trimmed(at);
        if (*at != '\0' && !read_pair(&pairs[count++], at)) {
            free(pairs);
            return MSVC_ERR_MALFORMED;
        }
        at = comma;
    }
    *out = pairs;
    return 0;
}

int msvc__env_number(uint64_t *out, const char *text, uint64_t most)
{
    uint64_t number = 0;

    if (*text == '\0')
        return MSVC_ERR_MALFORMED;
    for (; *text != '\0'; text++) {
        unsigned digit = (unsigned)(*text - '0');

        if (*text < '0' || *text > '9' || number > (most - digit) / 10 || digit > most)
            return MSVC_ERR_MALFORMED;
        number = number * 10 + digit;
    }
    *out = number;
    return 0;
}
