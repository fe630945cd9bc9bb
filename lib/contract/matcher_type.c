/* SPDX-License-Identifier: MIT */
/* Equality, type with its limits, and "not empty". Whole and decimal numbers are of one type. */
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/json.h>

#include "contract/canonical_internal.h"
#include "contract/matcher_internal.h"

static bool refuse(struct msvc_buffer *why, const struct msvc__subject *expected,
                   const struct msvc__subject *actual, const char *what)
{
    msvc_buffer_text(why, "Expected ");
    msvc__subject_describe(why, actual);
    msvc_buffer_printf(why, " to be %s ", what);
    msvc__subject_describe(why, expected);
    return false;
}

static bool is_equal(const struct msvc__subject *expected, const struct msvc__subject *actual)
{
    size_t left_length;
    size_t right_length;
    const char *left;
    const char *right;

    if (msvc__subject_type(expected) != msvc__subject_type(actual))
        return false;
    if (msvc__subject_is_container(expected)) /* what is inside is compared on its own */
        return true;
    if (expected->json != NULL && actual->json != NULL)
        return msvc__json_equal(expected->json, actual->json);
    left = msvc__subject_text(expected, &left_length);
    right = msvc__subject_text(actual, &right_length);
    return left_length == right_length && memcmp(left, right, left_length) == 0;
}

bool msvc__accepts_equal(const struct msvc__subject *expected, const struct msvc__subject *actual,
                         struct msvc_buffer *why)
{
    return is_equal(expected, actual) || refuse(why, expected, actual, "equal to");
}

static bool refuse_size(struct msvc_buffer *why, const struct msvc__subject *actual, size_t count,
                        const char *limit, size_t size)
{
    msvc_buffer_text(why, "Expected ");
    if (actual->is_element)
        msvc__subject_describe(why, actual);
    else
        msvc__subject_show(why, actual);
    msvc_buffer_printf(why, " (size %zu) to have %s size of %zu", count, limit, size);
    return false;
}

bool msvc__accepts_type(const struct msvc__matcher *m, const struct msvc__subject *expected,
                        const struct msvc__subject *actual, bool is_cascaded,
                        struct msvc_buffer *why)
{
    size_t count = actual->is_element ? actual->child_count : msvc_json_count(actual->json);

    if (msvc__subject_type(expected) != msvc__subject_type(actual))
        return refuse(why, expected, actual, "the same type as");
    if (is_cascaded || msvc__subject_type(actual) != MSVC_JSON_ARRAY)
        return true;
    if (m->has_least && count < m->least)
        return refuse_size(why, actual, count, "minimum", m->least);
    if (m->has_most && count > m->most)
        return refuse_size(why, actual, count, "maximum", m->most);
    return true;
}

static bool is_empty(const struct msvc__subject *s)
{
    size_t length = 0;

    if (s->is_element)
        return s->child_count == 0 && s->length == 0;
    if (msvc__subject_is_container(s))
        return msvc_json_count(s->json) == 0;
    (void)msvc__subject_text(s, &length);
    return length == 0 || msvc__subject_type(s) == MSVC_JSON_NULL;
}

bool msvc__accepts_not_empty(const struct msvc__matcher *m, const struct msvc__subject *expected,
                             const struct msvc__subject *actual, struct msvc_buffer *why)
{
    if (!is_empty(actual))
        return msvc__accepts_type(m, expected, actual, true, why);
    msvc_buffer_text(why, "Expected ");
    msvc__subject_describe(why, actual);
    msvc_buffer_text(why, " to not be empty");
    return false;
}
