/* SPDX-License-Identifier: MIT */
#include <msvc/json.h>

#include <string.h>

#include <msvc/status.h>

#include "base/json_internal.h"

/* Larger exponents change nothing: no number in memory has as many digits. */
#define MOST_EXPONENT INT64_C(1000000000000)

enum msvc_json_type msvc_json_type(const struct msvc_json *value)
{
    return value != NULL ? value->type : MSVC_JSON_NONE;
}

static bool is_container(const struct msvc_json *value)
{
    return msvc_json_type(value) == MSVC_JSON_ARRAY || msvc_json_type(value) == MSVC_JSON_OBJECT;
}

const struct msvc_json *msvc_json_member(const struct msvc_json *value, const char *name)
{
    if (msvc_json_type(value) != MSVC_JSON_OBJECT || name == NULL)
        return NULL;
    return msvc__json_find(value, name, strlen(name));
}

size_t msvc_json_count(const struct msvc_json *value)
{
    return is_container(value) ? value->length : 0;
}

const struct msvc_json *msvc_json_first(const struct msvc_json *value)
{
    return is_container(value) ? value->value.children.first : NULL;
}

const struct msvc_json *msvc_json_next(const struct msvc_json *value)
{
    return value != NULL ? value->next : NULL;
}

const char *msvc_json_name(const struct msvc_json *value, size_t *length)
{
    if (value == NULL || value->name == NULL)
        return NULL;
    if (length != NULL)
        *length = value->name_length;
    return value->name;
}

const char *msvc_json_string(const struct msvc_json *value, size_t *length)
{
    if (msvc_json_type(value) != MSVC_JSON_STRING)
        return NULL;
    if (length != NULL)
        *length = value->length;
    return value->value.text;
}

const char *msvc_json_number(const struct msvc_json *value)
{
    return msvc_json_type(value) == MSVC_JSON_NUMBER ? value->value.text : NULL;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static int64_t read_exponent(const char *text)
{
    bool is_negative = *text == '-';
    int64_t exponent = 0;

    for (text += !is_digit(*text); is_digit(*text); text++) {
        if (exponent < MOST_EXPONENT)
            exponent = exponent * 10 + (*text - '0');
    }
    return is_negative ? -exponent : exponent;
}

/* How many digits stand before the point once the exponent has moved it; may be negative. */
static int64_t whole_digits(const char *text)
{
    size_t whole = strspn(text, "0123456789");
    const char *exponent = strpbrk(text, "eE");

    return (int64_t)whole + (exponent != NULL ? read_exponent(exponent + 1) : 0);
}

static bool append_digit(uint64_t *number, unsigned digit)
{
    if (*number > (UINT64_MAX - digit) / 10)
        return false;
    *number = *number * 10 + digit;
    return true;
}

/* Reads a number without sign; the text is one that JSON allows. */
static int read_whole(uint64_t *out, const char *text)
{
    int64_t left = whole_digits(text);
    uint64_t number = 0;
    bool fits = true;

    for (; is_digit(*text) || *text == '.'; text++) {
        if (*text == '.')
            continue;
        if (left-- <= 0 && *text != '0')
            return MSVC_ERR_INVALID;
        if (left >= 0)
            fits = append_digit(&number, (unsigned)(*text - '0')) && fits;
    }
    while (fits && number > 0 && left-- > 0)
        fits = append_digit(&number, 0);
    if (!fits)
        return MSVC_ERR_LIMIT;
    *out = number;
    return 0;
}

int msvc_json_get_int(int64_t *out, const struct msvc_json *value)
{
    const char *text = msvc_json_number(value);
    bool is_negative = text != NULL && *text == '-';
    uint64_t magnitude = 0;
    int status;

    if (value == NULL)
        return MSVC_ERR_NOT_FOUND;
    if (text == NULL)
        return MSVC_ERR_INVALID;
    status = read_whole(&magnitude, text + is_negative);
    if (status < 0)
        return status;
    if (magnitude > (uint64_t)INT64_MAX + is_negative)
        return MSVC_ERR_LIMIT;
    *out = is_negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return 0;
}
