/* SPDX-License-Identifier: MIT */
/* Decimal numbers compared by their digits: a double would round them. */
#include "contract/openapi/openapi_internal.h"

#include <stdlib.h>
#include <string.h>

#define EXPONENT_MAX 1000000000L
#define ZEROS_MAX    4096 /* that are written out to divide */

/* digits, without zeros at either end, times 10 to the exponent. The point in them is skipped. */
struct decimal {
    bool is_negative;
    const char *digits; /* first and last are no zeros; may hold a point */
    size_t count;       /* of digits */
    long exponent;      /* of the last digit */
};

static struct decimal read(const char *text)
{
    struct decimal d = { .is_negative = *text == '-' };
    const char *at = text + d.is_negative;
    size_t length = strspn(at, "0123456789.");
    const char *point = memchr(at, '.', length);
    long written = at[length] != '\0' ? strtol(at + length + 1, NULL, 10) : 0;
    const char *end = at + length;

    while (at < end && (*at == '0' || *at == '.'))
        at++;
    while (end > at && (end[-1] == '0' || end[-1] == '.'))
        end--;
    if (written > EXPONENT_MAX)
        written = EXPONENT_MAX;
    if (written < -EXPONENT_MAX)
        written = -EXPONENT_MAX;
    if (point == NULL)
        point = text + d.is_negative + length;
    d.digits = at;
    d.count = (size_t)(end - at) - (point > at && point < end ? 1 : 0);
    /* Digits before the point count up from it, those behind down. */
    d.exponent = written + (end > point ? -(long)(end - point - 1) : (long)(point - end));
    if (d.count == 0)
        d.is_negative = false;
    return d;
}

/* The index-th digit from the left; 0 behind the last. */
static char digit_at(const struct decimal *d, const char **at, size_t index)
{
    if (index >= d->count)
        return '0';
    if (**at == '.')
        (*at)++;
    return *(*at)++;
}

static int compare_size(const struct decimal *a, const struct decimal *b)
{
    long a_top = a->exponent + (long)a->count;
    long b_top = b->exponent + (long)b->count;
    const char *a_at = a->digits;
    const char *b_at = b->digits;
    size_t most = a->count > b->count ? a->count : b->count;

    if (a->count == 0 || b->count == 0)
        return (a->count > 0) - (b->count > 0);
    if (a_top != b_top)
        return a_top > b_top ? 1 : -1;
    for (size_t i = 0; i < most; i++) {
        char left = digit_at(a, &a_at, i);
        char right = digit_at(b, &b_at, i);

        if (left != right)
            return left > right ? 1 : -1;
    }
    return 0;
}

int msvc__openapi_decimal_compare(const char *a, const char *b)
{
    struct decimal left = read(a);
    struct decimal right = read(b);

    if (left.is_negative != right.is_negative)
        return left.is_negative ? -1 : 1;
    return left.is_negative ? compare_size(&right, &left) : compare_size(&left, &right);
}

bool msvc__openapi_decimal_is_whole(const char *number)
{
    struct decimal d = read(number);

    return d.count == 0 || d.exponent >= 0;
}

/* Divide digit by digit, by something that fits into 32 bits. */
bool msvc__openapi_decimal_is_multiple(const char *number, const char *of)
{
    struct decimal d = read(number);
    struct decimal by = read(of);
    const char *at = by.digits;
    uint64_t divisor = 0;
    uint64_t rest = 0;
    long zeros;

    if (d.count == 0 || by.count == 0)
        return true;
    for (size_t i = 0; i < by.count; i++) {
        divisor = divisor * 10 + (uint64_t)(digit_at(&by, &at, i) - '0');
        if (divisor > UINT32_MAX)
            return true;
    }
    zeros = d.exponent - by.exponent;
    if (zeros > ZEROS_MAX)
        return true;
    if (zeros < 0)
        return false; /* finer than what it is to be a multiple of */
    at = d.digits;
    for (size_t i = 0; i < d.count + (size_t)zeros; i++)
        rest = (rest * 10 + (uint64_t)(digit_at(&d, &at, i) - '0')) % divisor;
    return rest == 0;
}
