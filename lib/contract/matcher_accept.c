/* SPDX-License-Identifier: MIT */
/*
 * Asks the matchers of a rule, combined by AND or OR. A matcher that we do not
 * know matches nothing: a rule must never be ignored without a word.
 */
#include <msvc/buffer.h>
#include <msvc/json.h>

#include "contract/matcher_internal.h"

/* What stands further up and says nothing about what is inside asks for the type there. */
static bool cascades_as_type(enum msvc__matcher_kind kind)
{
    return kind == MSVC__MATCH_NOT_EMPTY || kind == MSVC__MATCH_EACH_KEY;
}

static bool cascades(enum msvc__matcher_kind kind)
{
    return kind != MSVC__MATCH_VALUES && kind != MSVC__MATCH_ARRAY_CONTAINS &&
           kind != MSVC__MATCH_EACH_VALUE && kind != MSVC__MATCH_STATUS;
}

bool msvc__rule_cascades(const struct msvc__rule *rule)
{
    for (size_t i = 0; i < rule->count; i++) {
        if (cascades(rule->matchers[i].kind))
            return true;
    }
    return false;
}

bool msvc__rule_has(const struct msvc__rule *rule, enum msvc__matcher_kind kind)
{
    for (size_t i = 0; rule != NULL && i < rule->count; i++) {
        if (rule->matchers[i].kind == kind)
            return true;
    }
    return false;
}

/* Matchers that say what is in a container: the container itself has to be one. */
static bool accepts_collection(const struct msvc__matcher *m, const struct msvc__subject *expected,
                               const struct msvc__subject *actual, struct msvc_buffer *why)
{
    if (m->kind == MSVC__MATCH_EACH_VALUE && m->each != NULL &&
        !msvc__subject_is_container(actual)) /* a header, which is a list of one */
        return msvc__rule_accepts(m->each, expected, actual, false, why);
    if (!msvc__accepts_type(m, expected, actual, true, why))
        return false;
    return m->kind != MSVC__MATCH_EACH_KEY || msvc__accepts_keys(m, actual, why);
}

/* Matchers of scalars; in a container they are about what is inside. */
static bool accepts_scalar(const struct msvc__matcher *m, const struct msvc__subject *actual,
                           struct msvc_buffer *why)
{
    switch (m->kind) {
    case MSVC__MATCH_REGEX:
        return msvc__accepts_regex(m, actual, why);
    case MSVC__MATCH_INCLUDE:
        return msvc__accepts_include(m, actual, why);
    case MSVC__MATCH_BOOLEAN:
        return msvc__accepts_boolean(actual, why);
    case MSVC__MATCH_SEMVER:
        return msvc__accepts_semver(actual, why);
    case MSVC__MATCH_CONTENT_TYPE:
        return msvc__accepts_content(m, actual, why);
    case MSVC__MATCH_STATUS:
        return msvc__accepts_status(m, actual, why);
    case MSVC__MATCH_DATE:
    case MSVC__MATCH_TIME:
    case MSVC__MATCH_DATETIME:
        return msvc__accepts_date(m, actual, why);
    case MSVC__MATCH_UNSUPPORTED:
        msvc_buffer_printf(why, "The matcher '%s' is not known", m->name);
        return false;
    default:
        return msvc__accepts_number(m->kind, actual, why);
    }
}

static bool accepts(const struct msvc__matcher *m, const struct msvc__subject *expected,
                    const struct msvc__subject *actual, bool is_cascaded, struct msvc_buffer *why)
{
    if (is_cascaded && cascades_as_type(m->kind))
        return msvc__accepts_type(m, expected, actual, true, why);
    switch (m->kind) {
    case MSVC__MATCH_EQUALITY:
        return msvc__accepts_equal(expected, actual, why);
    case MSVC__MATCH_TYPE:
        return msvc__accepts_type(m, expected, actual, is_cascaded, why);
    case MSVC__MATCH_NOT_EMPTY:
        return msvc__accepts_not_empty(m, expected, actual, why);
    case MSVC__MATCH_VALUES:
    case MSVC__MATCH_ARRAY_CONTAINS:
    case MSVC__MATCH_EACH_KEY:
    case MSVC__MATCH_EACH_VALUE:
        return accepts_collection(m, expected, actual, why);
    case MSVC__MATCH_REGEX:
    case MSVC__MATCH_INCLUDE:
        if (msvc__subject_is_container(actual) || msvc__subject_is_container(expected))
            return msvc__accepts_type(m, expected, actual, true, why);
        return accepts_scalar(m, actual, why);
    default:
        if (actual->is_element && m->kind != MSVC__MATCH_UNSUPPORTED) /* it is about the text */
            return true;
        return accepts_scalar(m, actual, why);
    }
}

bool msvc__rule_accepts(const struct msvc__rule *rule, const struct msvc__subject *expected,
                        const struct msvc__subject *actual, bool is_cascaded,
                        struct msvc_buffer *why)
{
    bool is_any = rule != NULL && rule->is_any;
    size_t start = why->length;
    size_t asked = 0;

    if (rule == NULL)
        return msvc__accepts_equal(expected, actual, why);
    for (size_t i = 0; i < rule->count; i++) {
        bool fits;

        if (is_cascaded && !cascades(rule->matchers[i].kind))
            continue;
        if (asked++ > 0 && is_any)
            msvc_buffer_text(why, "; or ");
        fits = accepts(&rule->matchers[i], expected, actual, is_cascaded, why);
        if (fits && is_any) {
            msvc_buffer_truncate(why, start);
            return true;
        }
        if (!fits && !is_any)
            return false;
    }
    return !is_any;
}
