/* SPDX-License-Identifier: MIT */
/*
 * Strict: a text that decodes but is not what the encoder would have written
 * (padding, stray bits at the end) is refused, so that a token has one form.
 */
#include "jwt/jwt_internal.h"

#include <string.h>

#include <msvc/buffer.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void msvc__base64url_write(struct msvc_buffer *out, const void *bytes, size_t length)
{
    const unsigned char *in = bytes;
    uint32_t bits = 0;
    unsigned held = 0;

    for (size_t i = 0; i < length; i++) {
        bits = bits << 8 | in[i];
        for (held += 8; held >= 6; held -= 6)
            msvc_buffer_byte(out, alphabet[bits >> (held - 6) & 63]);
    }
    if (held > 0)
        msvc_buffer_byte(out, alphabet[bits << (6 - held) & 63]);
}

static int value_of(char c)
{
    const char *found = c != '\0' ? strchr(alphabet, c) : NULL;

    return found != NULL ? (int)(found - alphabet) : -1;
}

bool msvc__base64url_read(struct msvc_buffer *out, const char *text, size_t length)
{
    uint32_t bits = 0;
    unsigned held = 0;

    if (length % 4 == 1)
        return false;
    for (size_t i = 0; i < length; i++) {
        int value = value_of(text[i]);

        if (value < 0)
            return false;
        bits = (bits << 6 | (uint32_t)value) & 0xffff;
        held += 6;
        if (held >= 8) {
            held -= 8;
            msvc_buffer_byte(out, (char)(bits >> held & 255));
        }
    }
    return (bits & ((1u << held) - 1)) == 0 && msvc_buffer_status(out) == 0;
}
