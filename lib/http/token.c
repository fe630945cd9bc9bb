/* SPDX-License-Identifier: MIT */
#include "http/token_internal.h"

#include <string.h>

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool msvc__http_is_token(const char *text)
{
    if (text == NULL || *text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (!is_alphanumeric(*text) && strchr("!#$%&'*+-.^_`|~", *text) == NULL)
            return false;
    }
    return true;
}

bool msvc__http_is_field_value(const char *text)
{
    if (text == NULL)
        return false;
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;

        if ((byte < ' ' && byte != '\t') || byte == 0x7f)
            return false;
    }
    return true;
}

int msvc__http_hex(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

bool msvc__http_is_target(const char *text)
{
    if (text == NULL || *text != '/')
        return false;
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte <= ' ' || byte >= 0x7f || byte == '#')
            return false;
        if (byte == '%' && (msvc__http_hex(text[1]) < 0 || msvc__http_hex(text[2]) < 0))
            return false;
    }
    return true;
}
