/* SPDX-License-Identifier: MIT */
/*
 * Numbers are compared as texts, without a double in between: 64-bit ids and
 * money do not survive one. A number is its digits without zeros at either
 * end, and the power of ten of the last one.
 */
#include <string.h>

#include "contract/rules_internal.h"

#define EXPONENT_MAX 100000000000000000 /* beyond that only the same text is equal */

struct digits {
    bool is_negative;
    const char *first; /* not a zero; points may be in between */
    size_t count;      /* of digits, without zeros at the end; 0 for zero */
    int64_t power;     /* of the last of them */
    bool is_huge;
};

bool msvc__number_is_whole(const char *number)
{
    return strpbrk(number, ".eE") == NULL;
}

static int64_t read_exponent(const char *text, bool *is_huge)
{
    bool is_negative = *text == '-';
    int64_t value = 0;

    for (text += *text == '-' || *text == '+'; *text != '\0'; text++) {
        if (value < EXPONENT_MAX)
            value = value * 10 + (*text - '0');
    }
    *is_huge = value >= EXPONENT_MAX;
    return is_negative ? -value : value;
}

static struct digits take_apart(const char *number)
{
    struct digits d = { .is_negative = *number == '-' };
    bool is_fraction = false;
    size_t zeros = 0; /* since the last other digit */
    const char *at = number + d.is_negative;

    for (; *at != '\0' && *at != 'e' && *at != 'E'; at++) {
        if (*at == '.') {
            is_fraction = true;
            continue;
        }
        d.power -= is_fraction;
        if (d.first == NULL && *at == '0')
            continue;
        if (d.first == NULL)
            d.first = at;
        zeros = *at == '0' ? zeros + 1 : 0;
        d.count++;
    }
    d.count -= zeros;
    d.power += (int64_t)zeros;
    if (*at != '\0' && d.count > 0)
        d.power += read_exponent(at + 1, &d.is_huge);
    return d;
}

static bool same_digits(const struct digits *a, const struct digits *b)
{
    const char *left = a->first;
    const char *right = b->first;

    for (size_t i = 0; i < a->count; i++, left++, right++) {
        left += *left == '.';
        right += *right == '.';
        if (*left != *right)
            return false;
    }
    return true;
}

bool msvc__number_equal(const char *a, const char *b)
{
    struct digits left = take_apart(a);
    struct digits right = take_apart(b);

    if (msvc__number_is_whole(a) != msvc__number_is_whole(b))
        return false;
    if (left.is_huge || right.is_huge)
        return strcmp(a, b) == 0;
    if (left.count != right.count)
        return false;
    if (left.count == 0)
        return true;
    return left.is_negative == right.is_negative && left.power == right.power &&
           same_digits(&left, &right);
}
