/* SPDX-License-Identifier: MIT */
/*
 * Most doubles that people write have few decimals: a whole number divided by
 * a power of ten. Both are exact, division rounds correctly, so when the
 * quotient is the double, these digits read back as it. The rest is left to
 * printf(), one digit more at a time. Its decimal point depends on the locale,
 * so only its digits are used, and read back as a whole number with an exponent.
 */
#include "base/number_internal.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_DIGITS       17 /* any double survives 17 */
#define SAFE_DIGITS       15 /* any 15 survive a double, unless it is subnormal */
#define LEAST_PLAIN_POWER (-5)
#define MOST_PLAIN_POWER  16

/* 0.d1d2d3… times ten to the point. */
struct decimal {
    char digits[MOST_DIGITS + 1];
    size_t count;
    int point;
    bool is_negative;
};

size_t msvc__format_uint(char *out, uint64_t number)
{
    char digits[20];
    size_t at = sizeof(digits);
    size_t length;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    length = sizeof(digits) - at;
    memcpy(out, digits + at, length);
    out[length] = '\0';
    return length;
}

size_t msvc__format_int(char *out, int64_t number)
{
    if (number >= 0)
        return msvc__format_uint(out, (uint64_t)number);
    out[0] = '-';
    return 1 + msvc__format_uint(out + 1, 0 - (uint64_t)number);
}

static bool find_few_decimals(struct decimal *d, double magnitude)
{
    static const double powers[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9 };
    char text[MSVC__NUMBER_SIZE];

    for (unsigned i = 0; i < sizeof(powers) / sizeof(powers[0]); i++) {
        double scaled = magnitude * powers[i];
        uint64_t whole;

        if (scaled >= 1e15)
            return false;
        whole = (uint64_t)(scaled + 0.5);
        if ((double)whole / powers[i] == magnitude) {
            d->count = msvc__format_uint(text, whole);
            d->point = (int)d->count - (int)i;
            memcpy(d->digits, text, d->count);
            return true;
        }
    }
    return false;
}

static void round_to(struct decimal *d, double magnitude, int digits)
{
    char text[MSVC__NUMBER_SIZE];
    const char *at = text;

    (void)snprintf(text, sizeof(text), "%.*e", digits - 1, magnitude);
    d->count = 0;
    for (; *at != 'e' && *at != '\0'; at++) {
        if (*at >= '0' && *at <= '9')
            d->digits[d->count++] = *at;
    }
    d->point = *at == 'e' ? atoi(at + 1) + 1 : 1;
}

static bool reads_back(const struct decimal *d, double magnitude)
{
    char text[MSVC__NUMBER_SIZE];

    (void)snprintf(text, sizeof(text), "%.*se%d", (int)d->count, d->digits,
                   d->point - (int)d->count);
    return strtod(text, NULL) == magnitude;
}

/* The next decimal of as many digits. */
static void step_up(struct decimal *d)
{
    size_t at = d->count;

    while (at > 0 && d->digits[at - 1] == '9')
        d->digits[--at] = '0';
    if (at > 0) {
        d->digits[at - 1]++;
        return;
    }
    d->digits[0] = '1';
    d->point++;
}

/*
 * The doubles above a power of two are twice as far apart as those below, so
 * that a decimal above may read back where the nearest, below, does not.
 */
static bool find_beside_power_of_two(struct decimal *d, double magnitude)
{
    int exponent;

    if (frexp(magnitude, &exponent) != 0.5)
        return false;
    step_up(d);
    return reads_back(d, magnitude);
}

static void find_digits(struct decimal *d, double magnitude)
{
    int digits = magnitude < DBL_MIN ? 1 : SAFE_DIGITS;

    for (; digits <= MOST_DIGITS; digits++) {
        round_to(d, magnitude, digits);
        if (reads_back(d, magnitude) || find_beside_power_of_two(d, magnitude))
            return;
    }
}

static char *put(char *at, const char *bytes, size_t length)
{
    memcpy(at, bytes, length);
    return at + length;
}

/* "0.00123", "12300", "12.3" or "1.23e-7". */
static char *lay_out(char *at, const struct decimal *d)
{
    static const char zeros[] = "00000000000000000";
    size_t whole = d->point > 0 ? (size_t)d->point : 0;
    size_t before;

    if (d->point <= LEAST_PLAIN_POWER || d->point > MOST_PLAIN_POWER) {
        *at++ = d->digits[0];
        if (d->count > 1) {
            *at++ = '.';
            at = put(at, d->digits + 1, d->count - 1);
        }
        *at++ = 'e';
        return at + msvc__format_int(at, d->point - 1);
    }
    if (whole >= d->count) {
        at = put(at, d->digits, d->count);
        return put(at, zeros, whole - d->count);
    }
    before = d->point < 0 ? (size_t)-d->point : 0;
    at = whole > 0 ? put(at, d->digits, whole) : put(at, zeros, 1);
    *at++ = '.';
    at = put(at, zeros, before);
    return put(at, d->digits + whole, d->count - whole);
}

size_t msvc__format_double(char *out, double number)
{
    struct decimal d = { .is_negative = signbit(number) != 0 };
    double magnitude = d.is_negative ? -number : number;
    char *at = out;

    out[0] = '\0';
    if (!isfinite(number))
        return 0;
    if (!find_few_decimals(&d, magnitude))
        find_digits(&d, magnitude);
    while (d.count > 1 && d.digits[d.count - 1] == '0')
        d.count--;
    if (d.is_negative)
        *at++ = '-';
    at = lay_out(at, &d);
    *at = '\0';
    return (size_t)(at - out);
}
