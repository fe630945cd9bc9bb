/* SPDX-License-Identifier: MIT */
/*
 * What each matcher asks of one value. A matcher that we do not know matches
 * nothing: a rule must never be ignored without a word.
 */
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/canonical_internal.h"
#include "contract/rules_internal.h"

static const struct {
    const char *name;
    enum msvc__matcher_kind kind;
    const char *operand; /* the attribute it cannot do without */
} known[] = {
    { "equality", MSVC__MATCH_EQUALITY, NULL }, { "type", MSVC__MATCH_TYPE, NULL },
    { "regex", MSVC__MATCH_REGEX, "regex" },    { "include", MSVC__MATCH_INCLUDE, "value" },
    { "integer", MSVC__MATCH_INTEGER, NULL },   { "decimal", MSVC__MATCH_DECIMAL, NULL },
    { "number", MSVC__MATCH_NUMBER, NULL },     { "boolean", MSVC__MATCH_BOOLEAN, NULL },
    { "null", MSVC__MATCH_NULL, NULL },
};

/* Files of version 2 leave "match" out where another attribute tells. */
static const char *name_of(const struct msvc_json *json)
{
    static const char *const telling[][2] = {
        { "regex", "regex" }, { "min", "type" },  { "max", "type" },
        { "date", "date" },   { "time", "time" }, { "timestamp", "timestamp" },
    };
    const char *name = msvc_json_string(msvc_json_member(json, "match"), NULL);

    for (size_t i = 0; name == NULL && i < sizeof(telling) / sizeof(telling[0]); i++) {
        if (msvc_json_member(json, telling[i][0]) != NULL)
            name = telling[i][1];
    }
    return name;
}

/* A whole number, which some write as a text. */
static int read_limit(bool *has, size_t *out, const struct msvc_json *json, const char *name,
                      struct msvc_error *err)
{
    const struct msvc_json *member = msvc_json_member(json, name);
    const char *text = msvc_json_string(member, NULL);
    int64_t number = -1;

    if (member == NULL)
        return 0;
    if (text != NULL && *text != '\0' && strlen(text) < 19 &&
        strspn(text, "0123456789") == strlen(text))
        number = strtoll(text, NULL, 10);
    else if (msvc_json_get_int(&number, member) < 0)
        number = -1;
    if (number < 0 || (uint64_t)number > SIZE_MAX)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, "contract", 0,
                              "expected \"%s\" to be a whole number from 0 on", name);
    *has = true;
    *out = (size_t)number;
    return 0;
}

static int read_operand(struct msvc__matcher *m, const struct msvc_json *json, const char *operand,
                        struct msvc_error *err)
{
    const char *text = msvc_json_string(msvc_json_member(json, operand), NULL);

    if (text == NULL)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, "contract", 0,
                              "expected matcher \"%s\" to have a text \"%s\"", m->name, operand);
    m->text = msvc__copy_text(text);
    if (m->text == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "contract", 0, "no memory");
    return m->kind == MSVC__MATCH_REGEX ? msvc__regex_new(&m->regex, m->text, err) : 0;
}

static int read_into(struct msvc__matcher *m, const struct msvc_json *json, struct msvc_error *err)
{
    const char *operand = NULL;
    int status;

    m->name = msvc__copy_text(name_of(json));
    if (m->name == NULL)
        return msvc_error_set(err, name_of(json) != NULL ? MSVC_ERR_NOMEM : MSVC_ERR_MALFORMED,
                              "contract", 0, "expected a matcher with a text \"match\"");
    m->kind = MSVC__MATCH_UNSUPPORTED;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i].name, m->name) == 0) {
            m->kind = known[i].kind;
            operand = known[i].operand;
        }
    }
    status = read_limit(&m->has_least, &m->least, json, "min", err);
    if (status == 0)
        status = read_limit(&m->has_most, &m->most, json, "max", err);
    return status == 0 && operand != NULL ? read_operand(m, json, operand, err) : status;
}

int msvc__matcher_read(struct msvc__matcher *out, const struct msvc_json *json,
                       struct msvc_error *err)
{
    struct msvc__matcher matcher = { .name = NULL };
    int status = read_into(&matcher, json, err);

    if (status < 0)
        msvc__matcher_clear(&matcher);
    else
        *out = matcher;
    return status;
}

void msvc__matcher_clear(struct msvc__matcher *m)
{
    free(m->name);
    free(m->text);
    msvc__regex_free(m->regex);
}

void msvc__matcher_describe(struct msvc_buffer *out, const struct msvc__matcher *m)
{
    msvc_buffer_text(out, m->name);
    if (m->text != NULL)
        msvc_buffer_printf(out, " %s", m->text);
    if (m->has_least)
        msvc_buffer_printf(out, " min %zu", m->least);
    if (m->has_most)
        msvc_buffer_printf(out, " max %zu", m->most);
}

void msvc__rule_describe(struct msvc_buffer *out, const struct msvc__rule *rule)
{
    if (rule == NULL)
        msvc_buffer_text(out, "equality");
    for (size_t i = 0; rule != NULL && i < rule->count; i++) {
        if (i > 0)
            msvc_buffer_text(out, rule->is_any ? " or " : " and ");
        msvc__matcher_describe(out, &rule->matchers[i]);
    }
}

static bool is_container(const struct msvc__subject *s)
{
    enum msvc_json_type type = msvc_json_type(s->json);

    return s->is_element || type == MSVC_JSON_ARRAY || type == MSVC_JSON_OBJECT;
}

/* The two booleans are of one type, and an element is a list of its children. */
static enum msvc_json_type type_of(const struct msvc__subject *s)
{
    enum msvc_json_type type = s->json != NULL ? msvc_json_type(s->json)
                               : s->is_element ? MSVC_JSON_ARRAY
                                               : MSVC_JSON_STRING;

    return type == MSVC_JSON_TRUE ? MSVC_JSON_FALSE : type;
}

static const char *type_name(const struct msvc__subject *s)
{
    static const char *const names[] = {
        [MSVC_JSON_NONE] = "nothing",    [MSVC_JSON_NULL] = "null",
        [MSVC_JSON_FALSE] = "a boolean", [MSVC_JSON_TRUE] = "a boolean",
        [MSVC_JSON_NUMBER] = "a number", [MSVC_JSON_STRING] = "a text",
        [MSVC_JSON_ARRAY] = "an array",  [MSVC_JSON_OBJECT] = "an object",
    };

    return names[type_of(s)];
}

/* What a regex sees of a scalar. */
static const char *text_of(const struct msvc__subject *s, size_t *length)
{
    const char *text = s->json != NULL ? msvc_json_string(s->json, length) : s->text;

    if (s->json == NULL) {
        *length = s->length;
        return text;
    }
    if (text != NULL)
        return text;
    text = msvc_json_number(s->json);
    if (text == NULL)
        text = msvc_json_type(s->json) == MSVC_JSON_NULL   ? "null"
               : msvc_json_type(s->json) == MSVC_JSON_TRUE ? "true"
                                                           : "false";
    *length = strlen(text);
    return text;
}

static bool equal(const struct msvc__subject *expected, const struct msvc__subject *actual)
{
    size_t left_length;
    size_t right_length;
    const char *left;
    const char *right;

    if (type_of(expected) != type_of(actual))
        return false;
    if (is_container(expected)) /* what is inside is compared on its own */
        return true;
    if (expected->json != NULL && actual->json != NULL)
        return msvc__json_equal(expected->json, actual->json);
    left = text_of(expected, &left_length);
    right = text_of(actual, &right_length);
    return left_length == right_length && memcmp(left, right, left_length) == 0;
}

static bool matches_type(const struct msvc__matcher *m, const struct msvc__subject *expected,
                         const struct msvc__subject *actual, bool is_cascaded,
                         struct msvc_buffer *why)
{
    size_t count = actual->is_element ? actual->child_count : msvc_json_count(actual->json);

    if (type_of(expected) != type_of(actual)) {
        msvc_buffer_printf(why, "expected %s, found %s", type_name(expected), type_name(actual));
        return false;
    }
    if (is_cascaded || type_of(actual) != MSVC_JSON_ARRAY)
        return true;
    if (m->has_least && count < m->least) {
        msvc_buffer_printf(why, "expected at least %zu elements, found %zu", m->least, count);
        return false;
    }
    if (m->has_most && count > m->most) {
        msvc_buffer_printf(why, "expected at most %zu elements, found %zu", m->most, count);
        return false;
    }
    return true;
}

static bool matches_regex(const struct msvc__matcher *m, const struct msvc__subject *actual,
                          struct msvc_buffer *why)
{
    size_t length;
    const char *text = text_of(actual, &length);
    int found = msvc__regex_match(m->regex, text, length);

    if (found == 1)
        return true;
    if (found == MSVC_ERR_LIMIT)
        msvc_buffer_printf(why, "the regex %s took too many steps", m->text);
    else if (found < 0)
        msvc_buffer_printf(why, "the regex %s could not be tried: %s", m->text,
                           msvc_status_text(found));
    else
        msvc_buffer_printf(why, "expected all of it to match %s", m->text);
    return false;
}

static bool includes(const struct msvc__matcher *m, const struct msvc__subject *actual,
                     struct msvc_buffer *why)
{
    size_t length;
    const char *text = text_of(actual, &length);
    size_t wanted = strlen(m->text);

    for (size_t i = 0; i + wanted <= length; i++) {
        if (memcmp(text + i, m->text, wanted) == 0)
            return true;
    }
    msvc_buffer_printf(why, "expected \"%s\" to be in it", m->text);
    return false;
}

/* A JSON number, or outside of JSON a text that is one. 0 none, 1 whole, 2 with a fraction. */
static int number_kind(const struct msvc__subject *s)
{
    size_t length;
    const char *text = text_of(s, &length);
    const char *at = text;
    size_t digits;

    if (s->json != NULL) {
        const char *number = msvc_json_number(s->json);

        return number == NULL ? 0 : msvc__number_is_whole(number) ? 1 : 2;
    }
    at += *at == '-' || *at == '+';
    digits = strspn(at, "0123456789");
    at += digits;
    if (digits > 0 && at == text + length)
        return 1;
    digits = *at == '.' ? strspn(at + 1, "0123456789") : 0;
    return digits > 0 && at + 1 + digits == text + length ? 2 : 0;
}

static bool is_boolean(const struct msvc__subject *s)
{
    size_t length;
    const char *text = text_of(s, &length);

    if (s->json != NULL)
        return type_of(s) == MSVC_JSON_FALSE;
    return (length == 4 && memcmp(text, "true", 4) == 0) ||
           (length == 5 && memcmp(text, "false", 5) == 0);
}

static bool matches_kind(enum msvc__matcher_kind kind, const struct msvc__subject *actual,
                         struct msvc_buffer *why)
{
    static const char *const wanted[] = {
        [MSVC__MATCH_INTEGER] = "a whole number",
        [MSVC__MATCH_DECIMAL] = "a decimal number",
        [MSVC__MATCH_NUMBER] = "a number",
        [MSVC__MATCH_BOOLEAN] = "a boolean",
        [MSVC__MATCH_NULL] = "null",
    };
    int number = number_kind(actual);
    bool fits = kind == MSVC__MATCH_INTEGER   ? number == 1
                : kind == MSVC__MATCH_DECIMAL ? number == 2
                : kind == MSVC__MATCH_NUMBER  ? number != 0
                : kind == MSVC__MATCH_BOOLEAN ? is_boolean(actual)
                                              : type_of(actual) == MSVC_JSON_NULL;

    if (!fits)
        msvc_buffer_printf(why, "expected %s, found %s", wanted[kind], type_name(actual));
    return fits;
}

static bool accepts(const struct msvc__matcher *m, const struct msvc__subject *expected,
                    const struct msvc__subject *actual, bool is_cascaded, struct msvc_buffer *why)
{
    switch (m->kind) {
    case MSVC__MATCH_EQUALITY:
        if (equal(expected, actual))
            return true;
        msvc_buffer_text(why, "expected it to be equal");
        return false;
    case MSVC__MATCH_TYPE:
        return matches_type(m, expected, actual, is_cascaded, why);
    case MSVC__MATCH_REGEX:
    case MSVC__MATCH_INCLUDE:
        if (is_container(actual) || is_container(expected))
            return matches_type(m, expected, actual, true, why);
        return m->kind == MSVC__MATCH_REGEX ? matches_regex(m, actual, why)
                                            : includes(m, actual, why);
    case MSVC__MATCH_UNSUPPORTED:
        msvc_buffer_printf(why, "the matcher \"%s\" is not supported yet", m->name);
        return false;
    default:
        if (actual->is_element) /* its text is what such a matcher is about */
            return true;
        return matches_kind(m->kind, actual, why);
    }
}

bool msvc__rule_accepts(const struct msvc__rule *rule, const struct msvc__subject *expected,
                        const struct msvc__subject *actual, bool is_cascaded,
                        struct msvc_buffer *why)
{
    static const struct msvc__matcher equality = { .kind = MSVC__MATCH_EQUALITY };
    bool is_any = rule != NULL && rule->is_any;
    size_t start = why->length;

    if (rule == NULL)
        return accepts(&equality, expected, actual, false, why);
    for (size_t i = 0; i < rule->count; i++) {
        bool fits = accepts(&rule->matchers[i], expected, actual, is_cascaded, why);

        if (fits && is_any) {
            msvc_buffer_truncate(why, start);
            return true;
        }
        if (!fits && !is_any)
            return false;
        if (!fits && i + 1 < rule->count)
            msvc_buffer_text(why, "; or ");
    }
    return !is_any;
}
