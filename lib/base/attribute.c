/* SPDX-License-Identifier: MIT */
#include <msvc/attribute.h>

#include <string.h>

struct msvc_attribute msvc_attribute_string(const char *key, const char *text)
{
    return msvc_attribute_string_n(key, text, text != NULL ? strlen(text) : 0);
}

struct msvc_attribute msvc_attribute_string_n(const char *key, const char *text, size_t length)
{
    return (struct msvc_attribute){ .key = key,
                                    .type = MSVC_ATTRIBUTE_STRING,
                                    .value.string = { text, text != NULL ? length : 0 } };
}

struct msvc_attribute msvc_attribute_int(const char *key, int64_t number)
{
    return (
        struct msvc_attribute){ .key = key, .type = MSVC_ATTRIBUTE_INT, .value.integer = number };
}

struct msvc_attribute msvc_attribute_double(const char *key, double number)
{
    return (
        struct msvc_attribute){ .key = key, .type = MSVC_ATTRIBUTE_DOUBLE, .value.number = number };
}

struct msvc_attribute msvc_attribute_bool(const char *key, bool truth)
{
    return (struct msvc_attribute){ .key = key, .type = MSVC_ATTRIBUTE_BOOL, .value.truth = truth };
}
