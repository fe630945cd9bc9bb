/* SPDX-License-Identifier: MIT */
/*
 * Reads matchers: their names in all spellings that files have, and what each
 * cannot do without. One that we do not know is kept, and matches nothing.
 */
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/attributes_internal.h"
#include "contract/date_internal.h"
#include "contract/matcher_internal.h"

static const struct {
    const char *name;
    enum msvc__matcher_kind kind;
    const char *operand; /* the attribute that is kept as text */
    const char *absent;  /* what it is when it is not there; NULL: it has to be */
} known[] = {
    { "equality", MSVC__MATCH_EQUALITY, NULL, NULL },
    { "type", MSVC__MATCH_TYPE, NULL, NULL },
    { "min", MSVC__MATCH_TYPE, NULL, NULL },
    { "max", MSVC__MATCH_TYPE, NULL, NULL },
    { "min-type", MSVC__MATCH_TYPE, NULL, NULL },
    { "max-type", MSVC__MATCH_TYPE, NULL, NULL },
    { "min-max-type", MSVC__MATCH_TYPE, NULL, NULL },
    { "minType", MSVC__MATCH_TYPE, NULL, NULL },
    { "maxType", MSVC__MATCH_TYPE, NULL, NULL },
    { "minMaxType", MSVC__MATCH_TYPE, NULL, NULL },
    { "atLeast", MSVC__MATCH_TYPE, NULL, NULL },
    { "atMost", MSVC__MATCH_TYPE, NULL, NULL },
    { "regex", MSVC__MATCH_REGEX, "regex", NULL },
    { "include", MSVC__MATCH_INCLUDE, "value", NULL },
    { "integer", MSVC__MATCH_INTEGER, NULL, NULL },
    { "decimal", MSVC__MATCH_DECIMAL, NULL, NULL },
    { "real", MSVC__MATCH_DECIMAL, NULL, NULL },
    { "number", MSVC__MATCH_NUMBER, NULL, NULL },
    { "boolean", MSVC__MATCH_BOOLEAN, NULL, NULL },
    { "null", MSVC__MATCH_NULL, NULL, NULL },
    { "date", MSVC__MATCH_DATE, "format", MSVC__DATE_FORMAT },
    { "time", MSVC__MATCH_TIME, "format", MSVC__TIME_FORMAT },
    { "datetime", MSVC__MATCH_DATETIME, "format", MSVC__DATETIME_FORMAT },
    { "timestamp", MSVC__MATCH_DATETIME, "format", MSVC__DATETIME_FORMAT },
    { "contentType", MSVC__MATCH_CONTENT_TYPE, "value", NULL },
    { "content-type", MSVC__MATCH_CONTENT_TYPE, "value", NULL },
    { "semver", MSVC__MATCH_SEMVER, NULL, NULL },
    { "notEmpty", MSVC__MATCH_NOT_EMPTY, NULL, NULL },
    { "not-empty", MSVC__MATCH_NOT_EMPTY, NULL, NULL },
    { "statusCode", MSVC__MATCH_STATUS, NULL, NULL },
    { "status-code", MSVC__MATCH_STATUS, NULL, NULL },
    { "values", MSVC__MATCH_VALUES, NULL, NULL },
    { "arrayContains", MSVC__MATCH_ARRAY_CONTAINS, NULL, NULL },
    { "array-contains", MSVC__MATCH_ARRAY_CONTAINS, NULL, NULL },
    { "eachKey", MSVC__MATCH_EACH_KEY, NULL, NULL },
    { "each-key", MSVC__MATCH_EACH_KEY, NULL, NULL },
    { "eachValue", MSVC__MATCH_EACH_VALUE, NULL, NULL },
    { "each-value", MSVC__MATCH_EACH_VALUE, NULL, NULL },
};

#define KNOWN (sizeof(known) / sizeof(known[0]))

static size_t find_known(const char *name)
{
    size_t i = 0;

    while (i < KNOWN && strcmp(known[i].name, name) != 0)
        i++;
    return i;
}

/* Files of version 2 leave "match" out where another attribute tells. */
static const char *name_of(const struct msvc_json *json)
{
    static const char *const telling[] = { "regex", "min", "max", "date", "time", "timestamp" };
    const char *name = msvc_json_string(msvc_json_member(json, "match"), NULL);

    for (size_t i = 0; name == NULL && i < sizeof(telling) / sizeof(telling[0]); i++) {
        if (msvc_json_member(json, telling[i]) != NULL)
            name = telling[i];
    }
    return name;
}

static int read_limits(struct msvc__matcher *m, const struct msvc_json *json,
                       struct msvc_error *err)
{
    int64_t least = 0;
    int64_t most = 0;
    int status = msvc__attribute_int(&least, &m->has_least, json, "min", 0, err);

    if (status == 0)
        status = msvc__attribute_int(&most, &m->has_most, json, "max", 0, err);
    m->least = (size_t)least;
    m->most = (size_t)most;
    return status;
}

static int compile(struct msvc__matcher *m, struct msvc_error *err)
{
    if (m->kind == MSVC__MATCH_REGEX)
        return msvc__regex_new(&m->regex, m->text, err);
    if (m->kind == MSVC__MATCH_DATE || m->kind == MSVC__MATCH_TIME ||
        m->kind == MSVC__MATCH_DATETIME)
        return msvc__date_pattern_new(&m->pattern, m->text, err);
    return 0;
}

/* A date's pattern may stand under "format", under the matcher's own name, or nowhere. */
static int read_operand(struct msvc__matcher *m, const struct msvc_json *json, size_t index,
                        struct msvc_error *err)
{
    const char *operand = known[index].operand;
    int status = msvc__attribute_text(&m->text, json, operand, err);

    if (status == 0 && m->text == NULL && known[index].absent != NULL)
        status = msvc__attribute_text(&m->text, json, m->name, err);
    if (status == 0 && known[index].absent != NULL && (m->text == NULL || m->text[0] == '\0')) {
        free(m->text);
        m->text = msvc__copy_text(known[index].absent);
        if (m->text == NULL)
            return msvc_error_set(err, MSVC_ERR_NOMEM, "contract", 0, "no memory");
    }
    if (status == 0 && m->text == NULL)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, "contract", 0,
                              "expected matcher \"%s\" to have a text \"%s\"", m->name, operand);
    return status == 0 ? compile(m, err) : status;
}

static int read_rest(struct msvc__matcher *m, const struct msvc_json *json, struct msvc_error *err)
{
    switch (m->kind) {
    case MSVC__MATCH_ARRAY_CONTAINS:
        return msvc__matcher_read_variants(m, json, err);
    case MSVC__MATCH_EACH_KEY:
    case MSVC__MATCH_EACH_VALUE:
        return msvc__matcher_read_each(m, json, err);
    case MSVC__MATCH_STATUS:
        return msvc__matcher_read_status(m, json, err);
    default:
        return 0;
    }
}

static int read_into(struct msvc__matcher *m, const struct msvc_json *json, struct msvc_error *err)
{
    const char *name = name_of(json);
    size_t index;
    int status;

    if (name == NULL)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, "contract", 0,
                              "expected a matcher with a text \"match\"");
    m->name = msvc__copy_text(name);
    if (m->name == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "contract", 0, "no memory");
    index = find_known(name);
    m->kind = index < KNOWN ? known[index].kind : MSVC__MATCH_UNSUPPORTED;
    if (m->kind == MSVC__MATCH_UNSUPPORTED) /* its attributes are its own business */
        return 0;
    status = read_limits(m, json, err);
    if (status == 0 && known[index].operand != NULL)
        status = read_operand(m, json, index, err);
    return status == 0 ? read_rest(m, json, err) : status;
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
    for (size_t i = 0; i < m->variant_count; i++) {
        msvc__rules_clear(&m->variants[i].rules);
        msvc__generators_clear(&m->variants[i].generators);
    }
    free(m->variants);
    if (m->each != NULL)
        msvc__rule_clear(m->each);
    free(m->each);
    free(m->codes);
    free(m->name);
    free(m->text);
    msvc__regex_free(m->regex);
    msvc__date_pattern_free(m->pattern);
}

void msvc__matcher_describe(struct msvc_buffer *out, const struct msvc__matcher *m)
{
    msvc_buffer_text(out, m->name);
    if (m->text != NULL && m->kind != MSVC__MATCH_EACH_KEY && m->kind != MSVC__MATCH_EACH_VALUE)
        msvc_buffer_printf(out, " %s", m->text);
    if (m->has_least)
        msvc_buffer_printf(out, " min %zu", m->least);
    if (m->has_most)
        msvc_buffer_printf(out, " max %zu", m->most);
    if (m->each != NULL) {
        msvc_buffer_text(out, " of ");
        msvc__rule_describe(out, m->each);
    }
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
