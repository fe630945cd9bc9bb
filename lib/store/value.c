/* SPDX-License-Identifier: MIT */
#include <msvc/store.h>

#include <string.h>

struct msvc_value msvc_value_null(void)
{
    return (struct msvc_value){ .type = MSVC_VALUE_NULL };
}

struct msvc_value msvc_value_int(int64_t integer)
{
    return (struct msvc_value){ .type = MSVC_VALUE_INT, .integer = integer };
}

struct msvc_value msvc_value_double(double number)
{
    return (struct msvc_value){ .type = MSVC_VALUE_DOUBLE, .number = number };
}

struct msvc_value msvc_value_text_n(const char *text, size_t length)
{
    if (text == NULL)
        return msvc_value_null();
    return (struct msvc_value){ .type = MSVC_VALUE_TEXT, .bytes = text, .length = length };
}

struct msvc_value msvc_value_text(const char *text)
{
    return msvc_value_text_n(text, text != NULL ? strlen(text) : 0);
}

struct msvc_value msvc_value_blob(const void *bytes, size_t length)
{
    if (bytes == NULL)
        return msvc_value_null();
    return (struct msvc_value){ .type = MSVC_VALUE_BLOB, .bytes = bytes, .length = length };
}
