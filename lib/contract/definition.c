/* SPDX-License-Identifier: MIT */
/*
 * Reads definitions by going down its grammar, each expression writing its
 * matchers as it is read. Limits of several atLeast and atMost are one matcher.
 */
#include "contract/definition_internal.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/canonical_internal.h"
#include "contract/definition_scan_internal.h"

#define DIGITS_MAX 9

/* What a list of expressions says. */
struct result {
    struct msvc_buffer matchers; /* separated by commas */
    struct msvc_buffer value;
    struct msvc_buffer generator;
    struct msvc_buffer reference;
    bool has_least, has_most, has_reference;
    int64_t least, most;
};

/* How the arguments of a type go on. */
enum arguments {
    ANY_VALUE,
    NUMBER,
    WHOLE,
    DECIMAL,
    BOOLEAN,
    TEXT,          /* the example */
    TEXT_IS_VALUE, /* the example is what the matcher wants too */
    TEXT_AND_VALUE /* first what the matcher wants, then the example */
};

static const struct type {
    const char *name;
    const char *match;
    enum arguments arguments;
    const char *attribute; /* of what the matcher wants */
} types[] = {
    { "equalTo", "equality", ANY_VALUE, NULL },
    { "equality", "equality", ANY_VALUE, NULL },
    { "type", "type", ANY_VALUE, NULL },
    { "number", "number", NUMBER, NULL },
    { "integer", "integer", WHOLE, NULL },
    { "decimal", "decimal", DECIMAL, NULL },
    { "boolean", "boolean", BOOLEAN, NULL },
    { "semver", "semver", TEXT, NULL },
    { "include", "include", TEXT_IS_VALUE, "value" },
    { "regex", "regex", TEXT_AND_VALUE, "regex" },
    { "contentType", "contentType", TEXT_AND_VALUE, "value" },
    { "datetime", "datetime", TEXT_AND_VALUE, "format" },
    { "date", "date", TEXT_AND_VALUE, "format" },
    { "time", "time", TEXT_AND_VALUE, "format" },
};

static void clear_result(struct result *r)
{
    msvc_buffer_clear(&r->matchers);
    msvc_buffer_clear(&r->value);
    msvc_buffer_clear(&r->generator);
    msvc_buffer_clear(&r->reference);
}

static void begin_matcher(struct result *r, const char *match)
{
    if (r->matchers.length > 0)
        msvc_buffer_byte(&r->matchers, ',');
    msvc_buffer_printf(&r->matchers, "{\"match\":\"%s\"", match);
}

/* The example of the last expression that has one counts. */
static void set_value(struct result *r, const struct msvc_buffer *value)
{
    msvc_buffer_truncate(&r->value, 0);
    msvc_buffer_bytes(&r->value, value->data, value->length);
}

/* fromProviderState('${id}', example): the example is where the value goes. */
static int read_state(struct msvc__scan *s, struct result *r, struct msvc_buffer *value)
{
    struct msvc_buffer expression = MSVC_BUFFER_INIT;
    int status = msvc__scan_expect(s, '(');

    if (status == 0)
        status = msvc__scan_text(s, &expression);
    if (status == 0)
        status = msvc__scan_expect(s, ',');
    if (status == 0)
        status = msvc__scan_value(s, value, NULL);
    if (status == 0)
        status = msvc__scan_expect(s, ')');
    if (status == 0) {
        msvc_buffer_truncate(&r->generator, 0);
        msvc_buffer_text(&r->generator, "{\"type\":\"ProviderState\",\"expression\":");
        msvc__canonical_text(&r->generator, expression.data != NULL ? expression.data : "",
                             expression.length);
        msvc_buffer_byte(&r->generator, '}');
    }
    msvc_buffer_clear(&expression);
    return status;
}

static int read_value(struct msvc__scan *s, struct result *r, struct msvc_buffer *value,
                      enum msvc_json_type *type)
{
    if (!msvc__scan_word(s, "fromProviderState"))
        return msvc__scan_value(s, value, type);
    *type = MSVC_JSON_NONE; /* whatever the state will give */
    return read_state(s, r, value);
}

/* Whether an example is what its matcher asks for. */
static int check_value(struct msvc__scan *s, const char *at, enum arguments arguments,
                       enum msvc_json_type type, const struct msvc_buffer *value)
{
    bool is_whole = value->data != NULL && strchr(value->data, '.') == NULL;
    bool is_number = type == MSVC_JSON_NUMBER || type == MSVC_JSON_NONE;
    const char *wanted = NULL;

    if (arguments == NUMBER && !is_number)
        wanted = "a number";
    else if (arguments == WHOLE && (!is_number || (type != MSVC_JSON_NONE && !is_whole)))
        wanted = "a whole number";
    else if (arguments == DECIMAL && (!is_number || (type != MSVC_JSON_NONE && is_whole)))
        wanted = "a number with a point";
    else if (arguments == BOOLEAN && type != MSVC_JSON_TRUE && type != MSVC_JSON_NONE)
        wanted = "true or false";
    else if (arguments >= TEXT && type != MSVC_JSON_STRING && type != MSVC_JSON_NULL &&
             type != MSVC_JSON_NONE)
        wanted = "a text in single quotes";
    if (wanted == NULL)
        return 0;
    s->at = at;
    return msvc__scan_fail(s, wanted);
}

/* Behind the comma of "matching(TYPE,". */
static int read_arguments(struct msvc__scan *s, struct result *r, const struct type *t)
{
    struct msvc_buffer wanted = MSVC_BUFFER_INIT;
    struct msvc_buffer value = MSVC_BUFFER_INIT;
    enum msvc_json_type type = MSVC_JSON_NONE;
    const char *at;
    int status = 0;

    if (t->arguments == TEXT_AND_VALUE) {
        status = msvc__scan_text(s, &wanted);
        if (status == 0)
            status = msvc__scan_expect(s, ',');
    }
    at = s->at;
    if (status == 0)
        status = read_value(s, r, &value, &type);
    if (status == 0)
        status = check_value(s, at, t->arguments, type, &value);
    if (status == 0) {
        begin_matcher(r, t->match);
        if (t->attribute != NULL)
            msvc_buffer_printf(&r->matchers, ",\"%s\":", t->attribute);
        if (t->arguments == TEXT_IS_VALUE)
            msvc_buffer_bytes(&r->matchers, value.data, value.length);
        else if (t->arguments == TEXT_AND_VALUE)
            msvc__canonical_text(&r->matchers, wanted.data != NULL ? wanted.data : "",
                                 wanted.length);
        msvc_buffer_byte(&r->matchers, '}');
        set_value(r, &value);
    }
    msvc_buffer_clear(&wanted);
    msvc_buffer_clear(&value);
    return status;
}

/* $'name': like the example that has that name. */
static int read_reference(struct msvc__scan *s, struct result *r)
{
    msvc_buffer_truncate(&r->reference, 0);
    r->has_reference = true;
    begin_matcher(r, "type");
    msvc_buffer_byte(&r->matchers, '}');
    return msvc__scan_text(s, &r->reference);
}

static int read_matching(struct msvc__scan *s, struct result *r)
{
    if (msvc__scan_take(s, '$'))
        return read_reference(s, r);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (!msvc__scan_word(s, types[i].name))
            continue;
        if (msvc__scan_expect(s, ',') < 0)
            return MSVC_ERR_MALFORMED;
        return read_arguments(s, r, &types[i]);
    }
    return msvc__scan_fail(s,
                           "$'name' or a type: equalTo, type, number, integer, decimal, boolean, "
                           "semver, include, regex, contentType, datetime, date or time");
}

static int read_not_empty(struct msvc__scan *s, struct result *r)
{
    struct msvc_buffer value = MSVC_BUFFER_INIT;
    enum msvc_json_type type = MSVC_JSON_NONE;
    int status = read_value(s, r, &value, &type);

    if (status == 0) {
        begin_matcher(r, "notEmpty");
        msvc_buffer_byte(&r->matchers, '}');
        set_value(r, &value);
    }
    msvc_buffer_clear(&value);
    return status;
}

static int read_limit(struct msvc__scan *s, struct result *r, bool is_least)
{
    size_t digits;

    msvc__scan_skip(s);
    digits = strspn(s->at, "0123456789");
    if (digits == 0 || digits > DIGITS_MAX)
        return msvc__scan_fail(s, "a number of 1 to 9 digits");
    *(is_least ? &r->least : &r->most) = strtoll(s->at, NULL, 10);
    *(is_least ? &r->has_least : &r->has_most) = true;
    s->at += digits;
    return 0;
}

static int read_list(struct msvc__scan *s, struct result *r);
static int read_expression(struct msvc__scan *s, struct result *r);

static void take_over(struct result *r, const struct result *inner)
{
    if (inner->has_reference) {
        msvc_buffer_truncate(&r->reference, 0);
        msvc_buffer_bytes(&r->reference, inner->reference.data, inner->reference.length);
        r->has_reference = true;
    }
    if (inner->generator.length > 0) {
        msvc_buffer_truncate(&r->generator, 0);
        msvc_buffer_bytes(&r->generator, inner->generator.data, inner->generator.length);
    }
}

static void finish_limits(struct result *r)
{
    if (!r->has_least && !r->has_most)
        return;
    begin_matcher(r, "type");
    if (r->has_least)
        msvc_buffer_printf(&r->matchers, ",\"min\":%" PRId64, r->least);
    if (r->has_most)
        msvc_buffer_printf(&r->matchers, ",\"max\":%" PRId64, r->most);
    msvc_buffer_byte(&r->matchers, '}');
}

/* eachKey(…) and eachValue(…): what is inside is for each of them. */
static int read_each(struct msvc__scan *s, struct result *r, const char *match)
{
    struct result inner = { .has_least = false };
    int status = read_list(s, &inner);

    if (status == 0) {
        finish_limits(&inner);
        begin_matcher(r, match);
        msvc_buffer_text(&r->matchers, ",\"rules\":[");
        msvc_buffer_bytes(&r->matchers, inner.matchers.data, inner.matchers.length);
        msvc_buffer_byte(&r->matchers, ']');
        if (inner.value.length > 0) {
            msvc_buffer_text(&r->matchers, ",\"value\":");
            msvc_buffer_bytes(&r->matchers, inner.value.data, inner.value.length);
        }
        msvc_buffer_byte(&r->matchers, '}');
        take_over(r, &inner);
    }
    clear_result(&inner);
    return status;
}

/* One of arrayContains: its rules are for the element as a whole. */
static int read_variant(struct msvc__scan *s, struct result *r, struct msvc_buffer *examples,
                        size_t index)
{
    struct result inner = { .has_least = false };
    int status = read_expression(s, &inner);

    if (status == 0 && inner.value.length == 0)
        status = msvc__scan_fail(s, "an expression with an example");
    if (status == 0) {
        msvc_buffer_printf(&r->matchers, "%s{\"index\":%zu,\"rules\":{\"$\":{\"matchers\":[",
                           index > 0 ? "," : "", index);
        msvc_buffer_bytes(&r->matchers, inner.matchers.data, inner.matchers.length);
        msvc_buffer_text(&r->matchers, "]}}}");
        msvc_buffer_text(examples, index > 0 ? "," : "");
        msvc_buffer_bytes(examples, inner.value.data, inner.value.length);
    }
    clear_result(&inner);
    return status;
}

static int read_variants(struct msvc__scan *s, struct result *r)
{
    struct msvc_buffer examples = MSVC_BUFFER_INIT;
    size_t count = 0;
    int status;

    begin_matcher(r, "arrayContains");
    msvc_buffer_text(&r->matchers, ",\"variants\":[");
    msvc_buffer_byte(&examples, '[');
    do
        status = read_variant(s, r, &examples, count++);
    while (status == 0 && msvc__scan_take(s, ','));
    msvc_buffer_text(&r->matchers, "]}");
    msvc_buffer_byte(&examples, ']');
    if (status == 0)
        set_value(r, &examples);
    msvc_buffer_clear(&examples);
    return status;
}

static int read_inside(struct msvc__scan *s, struct result *r, size_t which)
{
    switch (which) {
    case 0:
        return read_matching(s, r);
    case 1:
        return read_not_empty(s, r);
    case 2:
        return read_each(s, r, "eachKey");
    case 3:
        return read_each(s, r, "eachValue");
    case 4:
        return read_limit(s, r, true);
    case 5:
        return read_limit(s, r, false);
    default:
        return read_variants(s, r);
    }
}

static int read_expression(struct msvc__scan *s, struct result *r)
{
    static const char *const names[] = { "matching", "notEmpty", "eachKey",      "eachValue",
                                         "atLeast",  "atMost",   "arrayContains" };
    int status;

    if (s->depth == MSVC__DEFINITION_DEPTH_MAX)
        return msvc_error_set(s->err, MSVC_ERR_LIMIT, "contract", 0,
                              "definition: expressions more than %d deep",
                              MSVC__DEFINITION_DEPTH_MAX);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!msvc__scan_word(s, names[i]))
            continue;
        s->depth++;
        status = msvc__scan_expect(s, '(');
        if (status == 0)
            status = read_inside(s, r, i);
        if (status == 0)
            status = msvc__scan_expect(s, ')');
        s->depth--;
        return status;
    }
    return msvc__scan_fail(s, "matching, notEmpty, eachKey, eachValue, atLeast, atMost or "
                              "arrayContains");
}

static int read_list(struct msvc__scan *s, struct result *r)
{
    int status = read_expression(s, r);

    while (status == 0 && msvc__scan_take(s, ','))
        status = read_expression(s, r);
    return status;
}

static char *steal(struct msvc_buffer *text, int *status)
{
    char *taken = msvc_buffer_steal(text);

    if (taken == NULL)
        *status = MSVC_ERR_NOMEM;
    return taken;
}

/* Give the texts away. */
static int hand_out(struct msvc__definition *out, struct result *r)
{
    struct msvc__definition d = { .matchers = NULL };
    struct msvc_buffer list = MSVC_BUFFER_INIT;
    int status = 0;

    msvc_buffer_byte(&list, '[');
    msvc_buffer_bytes(&list, r->matchers.data, r->matchers.length);
    msvc_buffer_byte(&list, ']');
    d.matchers = steal(&list, &status);
    if (r->value.length > 0)
        d.value = steal(&r->value, &status);
    if (r->generator.length > 0)
        d.generator = steal(&r->generator, &status);
    if (r->has_reference)
        d.reference =
            r->reference.length > 0 ? steal(&r->reference, &status) : msvc__copy_bytes("", 0);
    msvc_buffer_clear(&list);
    if (status < 0 || (r->has_reference && d.reference == NULL)) {
        msvc__definition_clear(&d);
        return MSVC_ERR_NOMEM;
    }
    *out = d;
    return 0;
}

int msvc__definition_parse(struct msvc__definition *out, const char *text, struct msvc_error *err)
{
    struct msvc__scan s = { .text = text, .at = text, .err = err };
    struct result r = { .has_least = false };
    int status;

    if (strlen(text) > MSVC__DEFINITION_MAX)
        return msvc_error_set(err, MSVC_ERR_LIMIT, "contract", 0,
                              "a definition is longer than %d bytes", MSVC__DEFINITION_MAX);
    status = read_list(&s, &r);
    msvc__scan_skip(&s);
    if (status == 0 && *s.at != '\0')
        status = msvc__scan_fail(&s, "a comma or the end");
    if (status == 0) {
        finish_limits(&r);
        status = hand_out(out, &r);
        if (status < 0)
            (void)msvc_error_set(err, status, "contract", 0, "no memory");
    }
    clear_result(&r);
    return status;
}

void msvc__definition_clear(struct msvc__definition *d)
{
    free(d->matchers);
    free(d->value);
    free(d->generator);
    free(d->reference);
    *d = (struct msvc__definition){ .matchers = NULL };
}
