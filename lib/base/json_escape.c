/* SPDX-License-Identifier: MIT */
/*
 * Almost all text is plain, so that the scan takes eight bytes at a time and
 * everything else may be slow.
 */
#include "base/json_escape_internal.h"

#include <string.h>

#include "base/utf8_internal.h"

#define EACH_BYTE UINT64_C(0x0101010101010101)
#define HIGH_BITS UINT64_C(0x8080808080808080)

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

/* Whether eight bytes are all ASCII and need no escape. May say no too often, never yes. */
static bool is_plain_word(uint64_t word)
{
    uint64_t quote = word ^ EACH_BYTE * '"';
    uint64_t backslash = word ^ EACH_BYTE * '\\';

    return ((word | (word - EACH_BYTE * ' ') | (quote - EACH_BYTE) | (backslash - EACH_BYTE)) &
            HIGH_BITS) == 0;
}

static uint64_t word_at(const char *text)
{
    uint64_t word;

    memcpy(&word, text, sizeof(word));
    return word;
}

/* One to eight bytes, some of them twice, as a word. */
static uint64_t short_word(const char *text, size_t length)
{
    uint32_t first;
    uint32_t last;

    if (length == sizeof(uint64_t))
        return word_at(text);
    if (length < sizeof(first))
        return EACH_BYTE * (unsigned char)text[0] +
               (((uint64_t)(unsigned char)text[length / 2] - (unsigned char)text[0]) << 8) +
               (((uint64_t)(unsigned char)text[length - 1] - (unsigned char)text[0]) << 16);
    memcpy(&first, text, sizeof(first));
    memcpy(&last, text + length - sizeof(last), sizeof(last));
    return (uint64_t)first << 32 | last;
}

size_t msvc__json_plain_length(const char *text, size_t length)
{
    size_t at = 0;

    while (length - at > sizeof(uint64_t) && is_plain_word(word_at(text + at)))
        at += sizeof(uint64_t);
    if (at < length && length - at <= sizeof(uint64_t) &&
        is_plain_word(short_word(text + at, length - at)))
        return length;
    while (at < length) {
        unsigned char byte = (unsigned char)text[at];

        if (length - at >= sizeof(uint64_t) && is_plain_word(word_at(text + at))) {
            at += sizeof(uint64_t);
        } else if (byte >= 0x80) {
            size_t step = msvc__utf8_length(text + at, length - at, NULL);

            if (step == 0)
                break;
            at += step;
        } else if (byte < ' ' || byte == '"' || byte == '\\') {
            break;
        } else {
            at++;
        }
    }
    return at;
}

static size_t escape_ascii(char *out, char byte)
{
    static const char digits[] = "0123456789abcdef";
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* pairs: what, and how it is written */

    out[0] = '\\';
    for (const char *pair = shorts; *pair != '\0'; pair += 2) {
        if (pair[0] == byte) {
            out[1] = pair[1];
            return 2;
        }
    }
    out[1] = 'u';
    out[2] = out[3] = '0';
    out[4] = digits[byte >> 4 & 1];
    out[5] = digits[byte & 0x0f];
    return 6;
}

size_t msvc__json_escape(char out[MSVC__JSON_ESCAPE_MAX], size_t *taken, const char *text,
                         size_t length)
{
    *taken = 1;
    if ((unsigned char)text[0] < 0x80)
        return escape_ascii(out, text[0]);
    (void)msvc__utf8_length(text, length, taken);
    memcpy(out, replacement, sizeof(replacement) - 1);
    return sizeof(replacement) - 1;
}
