/* SPDX-License-Identifier: MIT */
/*
 * The first byte says how long a character is and which second bytes are
 * allowed; every further byte is 80 to BF.
 */
#include "base/utf8_internal.h"

struct lead {
    size_t length;
    unsigned char second_least;
    unsigned char second_most;
};

static struct lead classify(unsigned char first)
{
    if (first < 0x80)
        return (struct lead){ 1, 0, 0 };
    if (first < 0xc2)
        return (struct lead){ 0, 0, 0 };
    if (first < 0xe0)
        return (struct lead){ 2, 0x80, 0xbf };
    if (first < 0xf0)
        return (struct lead){ 3, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf };
    if (first < 0xf5)
        return (struct lead){ 4, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf };
    return (struct lead){ 0, 0, 0 };
}

size_t msvc__utf8_length(const char *text, size_t length, size_t *bad)
{
    const unsigned char *bytes = (const unsigned char *)text;
    struct lead lead = classify(bytes[0]);
    size_t good = 1;

    while (good < lead.length && good < length) {
        unsigned char least = good == 1 ? lead.second_least : 0x80;
        unsigned char most = good == 1 ? lead.second_most : 0xbf;

        if (bytes[good] < least || bytes[good] > most)
            break;
        good++;
    }
    if (lead.length > 0 && good == lead.length)
        return good;
    if (bad != NULL)
        *bad = good;
    return 0;
}

bool msvc__utf8_is_valid(const char *text, size_t length)
{
    size_t at = 0;

    while (at < length) {
        size_t step = msvc__utf8_length(text + at, length - at, NULL);

        if (step == 0)
            return false;
        at += step;
    }
    return true;
}

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* A character has at most three bytes after its first; more of them in a row are not UTF-8 anyway.
 */
size_t msvc__utf8_cut(const char *text, size_t length, size_t most)
{
    size_t cut = most;

    if (length <= most)
        return length;
    while (cut > 0 && most - cut < 3 && is_continuation(text[cut]))
        cut--;
    return is_continuation(text[cut]) ? most : cut;
}
