/* SPDX-License-Identifier: MIT */
/* What JSON is written with: strings, numbers, space; and saying where it is wrong. */
#include "base/json_internal.h"

#include <string.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "base/json_escape_internal.h"

#define ORIGIN "core"

/* Both from 1; a column is a character. */
static void locate(const struct msvc__json_scanner *s, const char *at, size_t *line, size_t *column)
{
    *line = 1;
    *column = 1;
    for (const char *c = s->start; c < at; c++) {
        if (*c == '\n') {
            ++*line;
            *column = 1;
        } else if (((unsigned char)*c & 0xc0) != 0x80) {
            ++*column;
        }
    }
}

int msvc__json_fail(const struct msvc__json_scanner *s, int status, const char *at,
                    const char *message)
{
    size_t line;
    size_t column;

    if (s->err == NULL)
        return status;
    locate(s, at, &line, &column);
    return msvc_error_set(s->err, status, ORIGIN, 0, "JSON, line %zu, column %zu: %s", line, column,
                          message);
}

int msvc__json_expected(const struct msvc__json_scanner *s, const char *what)
{
    unsigned char found = s->at < s->end ? (unsigned char)*s->at : 0;
    size_t line;
    size_t column;

    if (s->err == NULL)
        return MSVC_ERR_MALFORMED;
    locate(s, s->at, &line, &column);
    if (s->at == s->end)
        return msvc_error_set(s->err, MSVC_ERR_MALFORMED, ORIGIN, 0,
                              "JSON, line %zu, column %zu: expected %s, found the end", line,
                              column, what);
    return msvc_error_set(s->err, MSVC_ERR_MALFORMED, ORIGIN, 0,
                          found > ' ' && found < 0x7f
                              ? "JSON, line %zu, column %zu: expected %s, found '%c'"
                              : "JSON, line %zu, column %zu: expected %s, found byte 0x%02x",
                          line, column, what, found);
}

void msvc__json_skip_space(struct msvc__json_scanner *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t'))
        s->at++;
}

bool msvc__json_take(struct msvc__json_scanner *s, char byte)
{
    if (s->at == s->end || *s->at != byte)
        return false;
    s->at++;
    return true;
}

static void put(struct msvc__json_scanner *s, uint32_t byte)
{
    *s->pool++ = (char)(unsigned char)byte;
}

static void put_code_point(struct msvc__json_scanner *s, uint32_t code)
{
    if (code < 0x80) {
        put(s, code);
    } else if (code < 0x800) {
        put(s, 0xc0 | code >> 6);
        put(s, 0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        put(s, 0xe0 | code >> 12);
        put(s, 0x80 | (code >> 6 & 0x3f));
        put(s, 0x80 | (code & 0x3f));
    } else {
        put(s, 0xf0 | code >> 18);
        put(s, 0x80 | (code >> 12 & 0x3f));
        put(s, 0x80 | (code >> 6 & 0x3f));
        put(s, 0x80 | (code & 0x3f));
    }
}

/* Reads "uXXXX" behind a backslash. */
static int read_unit(struct msvc__json_scanner *s, uint32_t *out)
{
    uint32_t unit = 0;

    s->at++;
    for (unsigned i = 0; i < 4; i++) {
        char digit = s->at < s->end ? *s->at : '\0';

        if (digit >= '0' && digit <= '9')
            unit = unit << 4 | (uint32_t)(digit - '0');
        else if (digit >= 'a' && digit <= 'f')
            unit = unit << 4 | (uint32_t)(digit - 'a' + 10);
        else if (digit >= 'A' && digit <= 'F')
            unit = unit << 4 | (uint32_t)(digit - 'A' + 10);
        else
            return msvc__json_expected(s, "four hexadecimal digits after \\u");
        s->at++;
    }
    *out = unit;
    return 0;
}

static int read_unicode_escape(struct msvc__json_scanner *s)
{
    const char *start = s->at - 1;
    uint32_t high = 0;
    uint32_t low = 0;
    int status = read_unit(s, &high);

    if (status < 0)
        return status;
    if (high < 0xd800 || high > 0xdfff) {
        put_code_point(s, high);
        return 0;
    }
    if (high > 0xdbff || s->end - s->at < 2 || s->at[0] != '\\' || s->at[1] != 'u')
        return msvc__json_fail(s, MSVC_ERR_MALFORMED, start, "half of a surrogate pair");
    s->at++;
    status = read_unit(s, &low);
    if (status < 0)
        return status;
    if (low < 0xdc00 || low > 0xdfff)
        return msvc__json_fail(s, MSVC_ERR_MALFORMED, start, "half of a surrogate pair");
    put_code_point(s, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
    return 0;
}

static int read_escape(struct msvc__json_scanner *s)
{
    static const char names[] = "\"\\/bfnrt";
    static const char bytes[] = "\"\\/\b\f\n\r\t";
    const char *found;

    s->at++;
    if (s->at < s->end && *s->at == 'u')
        return read_unicode_escape(s);
    found = s->at < s->end && *s->at != '\0' ? strchr(names, *s->at) : NULL;
    if (found == NULL)
        return msvc__json_expected(s, "one of \"\\/bfnrtu after a backslash");
    put(s, (unsigned char)bytes[found - names]);
    s->at++;
    return 0;
}

int msvc__json_read_string(struct msvc__json_scanner *s, const char **text, uint32_t *length)
{
    const char *start = s->pool;
    int status = 0;

    while (status == 0) {
        size_t plain = msvc__json_plain_length(s->at, (size_t)(s->end - s->at));

        memcpy(s->pool, s->at, plain);
        s->pool += plain;
        s->at += plain;
        if (s->at == s->end)
            status = msvc__json_expected(s, "'\"' at the end of a string");
        else if (*s->at == '"')
            break;
        else if (*s->at == '\\')
            status = read_escape(s);
        else if ((unsigned char)*s->at < 0x20)
            status = msvc__json_expected(s, "an escape instead of a control character");
        else
            status = msvc__json_expected(s, "UTF-8");
    }
    if (status < 0)
        return status;
    s->at++;
    *length = (uint32_t)(s->pool - start);
    *text = start;
    *s->pool++ = '\0';
    return 0;
}

static bool take_digits(struct msvc__json_scanner *s)
{
    const char *start = s->at;

    while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
        s->at++;
    return s->at > start;
}

int msvc__json_scan_number(struct msvc__json_scanner *s)
{
    (void)msvc__json_take(s, '-');
    if (msvc__json_take(s, '0')) {
        if (s->at < s->end && *s->at >= '0' && *s->at <= '9')
            return msvc__json_expected(s, "no digit after a leading zero");
    } else if (!take_digits(s)) {
        return msvc__json_expected(s, "a digit");
    }
    if (msvc__json_take(s, '.') && !take_digits(s))
        return msvc__json_expected(s, "a digit after the point");
    if (msvc__json_take(s, 'e') || msvc__json_take(s, 'E')) {
        if (!msvc__json_take(s, '+'))
            (void)msvc__json_take(s, '-');
        if (!take_digits(s))
            return msvc__json_expected(s, "a digit in the exponent");
    }
    return 0;
}
