/* SPDX-License-Identifier: MIT */
/*
 * Matchers of numbers and null. In JSON a number is a number; elsewhere it is
 * the text of one. A sign is part of it, which not every verifier grants.
 */
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/json.h>

#include "contract/matcher_internal.h"

enum number { NO_NUMBER, WHOLE, DECIMAL };

static enum number kind_of_text(const char *text, size_t length)
{
    const char *at = text + (*text == '-' || *text == '+');
    size_t digits = strspn(at, "0123456789");
    size_t fraction;

    at += digits;
    if (digits == 0)
        return NO_NUMBER;
    if (at == text + length)
        return WHOLE;
    fraction = *at == '.' ? strspn(at + 1, "0123456789") : 0;
    return fraction > 0 && at + 1 + fraction == text + length ? DECIMAL : NO_NUMBER;
}

static enum number kind_of(const struct msvc__subject *s)
{
    size_t length;
    const char *text;

    if (s->json != NULL) {
        text = msvc_json_number(s->json);
        return text == NULL ? NO_NUMBER : msvc__number_is_whole(text) ? WHOLE : DECIMAL;
    }
    text = msvc__subject_text(s, &length);
    return kind_of_text(text, length);
}

bool msvc__accepts_number(enum msvc__matcher_kind kind, const struct msvc__subject *actual,
                          struct msvc_buffer *why)
{
    enum number number = kind_of(actual);
    const char *wanted = kind == MSVC__MATCH_INTEGER   ? "an integer"
                         : kind == MSVC__MATCH_DECIMAL ? "a decimal number"
                         : kind == MSVC__MATCH_NULL    ? "a null value"
                                                       : "a number";
    bool fits = kind == MSVC__MATCH_INTEGER   ? number == WHOLE
                : kind == MSVC__MATCH_DECIMAL ? number == DECIMAL
                : kind == MSVC__MATCH_NULL    ? msvc__subject_type(actual) == MSVC_JSON_NULL
                                              : number != NO_NUMBER;

    if (fits)
        return true;
    msvc_buffer_text(why, "Expected ");
    msvc__subject_describe(why, actual);
    msvc_buffer_printf(why, " to be %s", wanted);
    return false;
}
