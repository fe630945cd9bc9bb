/* SPDX-License-Identifier: MIT */
#include "message/base64_internal.h"

#include <string.h>

#include <msvc/buffer.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void msvc__base64_append(struct msvc_buffer *out, const void *data, size_t length)
{
    const unsigned char *bytes = data;
    char *at = msvc_buffer_reserve(out, (length + 2) / 3 * 4);
    const char *begin = at;

    if (at == NULL)
        return;
    for (size_t i = 0; i < length; i += 3) {
        unsigned group = (unsigned)bytes[i] << 16;

        if (i + 1 < length)
            group |= (unsigned)bytes[i + 1] << 8;
        if (i + 2 < length)
            group |= bytes[i + 2];
        *at++ = digits[group >> 18];
        *at++ = digits[group >> 12 & 63];
        *at++ = i + 1 < length ? digits[group >> 6 & 63] : '=';
        *at++ = i + 2 < length ? digits[group & 63] : '=';
    }
    msvc_buffer_added(out, (size_t)(at - begin));
}

/* −1 when it is no digit. */
static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

/* Four digits, the last `padding` of them '='. Bits that no byte uses must be zero. */
static bool decode_group(unsigned char out[3], const char *text, unsigned padding)
{
    unsigned group = 0;

    for (unsigned i = 0; i < 4; i++) {
        int value = i < 4 - padding ? digit_value(text[i]) : 0;

        if (value < 0 || (i >= 4 - padding && text[i] != '='))
            return false;
        group = group << 6 | (unsigned)value;
    }
    out[0] = (unsigned char)(group >> 16);
    out[1] = (unsigned char)(group >> 8);
    out[2] = (unsigned char)group;
    return (padding < 1 || out[2] == 0) && (padding < 2 || out[1] == 0);
}

static unsigned count_padding(const char *text, size_t length)
{
    if (length == 0 || text[length - 1] != '=')
        return 0;
    return text[length - 2] == '=' ? 2 : 1;
}

bool msvc__base64_decode(struct msvc_buffer *out, const char *text, size_t length)
{
    unsigned padding;

    if (length % 4 != 0)
        return false;
    padding = count_padding(text, length);
    for (size_t i = 0; i < length; i += 4) {
        unsigned left_out = i + 4 == length ? padding : 0;
        unsigned char bytes[3];

        if (!decode_group(bytes, text + i, left_out))
            return false;
        msvc_buffer_bytes(out, bytes, 3 - left_out);
    }
    return msvc_buffer_status(out) == 0;
}
