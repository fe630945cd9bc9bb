/* SPDX-License-Identifier: MIT */
/* Texts and numbers against schemas. */
#include "contract/openapi/openapi_internal.h"

#include <string.h>

#include <msvc/error.h>
#include <msvc/status.h>

static const char *number_of(const struct msvc_json *schema, const char *name)
{
    return msvc_json_number(msvc_json_member(schema, name));
}

static bool is_true(const struct msvc_json *schema, const char *name)
{
    return msvc_json_type(msvc_json_member(schema, name)) == MSVC_JSON_TRUE;
}

/* In 3.0 "exclusiveMinimum" is a flag beside the limit, in 3.1 a limit itself. */
static void check_limit(struct msvc__agree *c, const struct msvc_json *schema, const char *name,
                        const char *exclusive, int sign, const char *number,
                        const struct msvc__place *place)
{
    const char *limit = number_of(schema, name);
    const char *strict = number_of(schema, exclusive);

    if (limit != NULL) {
        int order = msvc__openapi_decimal_compare(number, limit) * sign;

        if (order < 0 || (order == 0 && is_true(schema, exclusive)))
            msvc__agree_fail(c, place, "the document says %s %s, the pact has %s", name, limit,
                             number);
    }
    if (strict != NULL && msvc__openapi_decimal_compare(number, strict) * sign <= 0)
        msvc__agree_fail(c, place, "the document says %s %s, the pact has %s", exclusive, strict,
                         number);
}

static void check_number(struct msvc__agree *c, const struct msvc_json *schema, const char *number,
                         const struct msvc__place *place)
{
    const char *multiple = number_of(schema, "multipleOf");

    check_limit(c, schema, "minimum", "exclusiveMinimum", 1, number, place);
    check_limit(c, schema, "maximum", "exclusiveMaximum", -1, number, place);
    if (multiple != NULL && !msvc__openapi_decimal_is_multiple(number, multiple))
        msvc__agree_fail(c, place, "the document says multipleOf %s, the pact has %s", multiple,
                         number);
}

/* Of UTF-8: bytes that do not go on with a character. */
static size_t count_characters(const char *text, size_t length)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

int msvc__schema_pattern(const char *pattern, const char *text, size_t length)
{
    struct msvc__regex *regex = NULL;
    struct msvc_buffer anywhere = MSVC_BUFFER_INIT;
    int found = MSVC_ERR_NOMEM;

    msvc_buffer_printf(&anywhere, "(?s:.*?)(?:%s)(?s:.*)", pattern);
    if (msvc_buffer_status(&anywhere) == 0) {
        found = msvc__regex_new(&regex, anywhere.data, NULL);
        if (found == 0)
            found = msvc__regex_match(regex, text, length);
    }
    msvc__regex_free(regex);
    msvc_buffer_clear(&anywhere);
    return found;
}

static void check_string(struct msvc__agree *c, const struct msvc_json *schema, const char *text,
                         size_t length, const struct msvc__place *place)
{
    const char *pattern = msvc_json_string(msvc_json_member(schema, "pattern"), NULL);
    size_t count = count_characters(text, length);
    int64_t least = 0;
    int64_t most = INT64_MAX;

    if (msvc_json_get_int(&least, msvc_json_member(schema, "minLength")) == 0 &&
        (int64_t)count < least)
        msvc__agree_fail(c, place, "the document says minLength %lld, the pact has %zu characters",
                         (long long)least, count);
    if (msvc_json_get_int(&most, msvc_json_member(schema, "maxLength")) == 0 &&
        (int64_t)count > most)
        msvc__agree_fail(c, place, "the document says maxLength %lld, the pact has %zu characters",
                         (long long)most, count);
    if (pattern != NULL && msvc__schema_pattern(pattern, text, length) == 0)
        msvc__agree_fail(c, place, "the document says pattern %.100s", pattern);
}

void msvc__agree_scalar(struct msvc__agree *c, const struct msvc_json *schema,
                        const struct msvc_json *value, const struct msvc__place *place)
{
    size_t length = 0;
    const char *text = msvc_json_string(value, &length);
    const char *number = msvc_json_number(value);

    if (text != NULL)
        check_string(c, schema, text, length, place);
    if (number != NULL)
        check_number(c, schema, number, place);
}

/* Whether the text is all of one JSON value that is no text itself. */
static bool reads_as_json(struct msvc_json_document **out, const char *text)
{
    if (strchr("\"[{ \t\r\n", text[0]) != NULL)
        return false;
    return msvc_json_parse(out, text, strlen(text), NULL, NULL) == 0;
}

static size_t try_value(struct msvc__agree *c, const struct msvc_json *schema,
                        const struct msvc_json *value)
{
    struct msvc__agree trial = *c;
    struct msvc__place root = { .depth = 1 };

    trial.is_trial = true;
    trial.errors = 0;
    trial.pointer = (struct msvc_buffer)MSVC_BUFFER_INIT;
    msvc__agree_schema(&trial, schema, value, &root);
    msvc_buffer_clear(&trial.pointer);
    c->steps = trial.steps;
    return trial.errors;
}

void msvc__agree_text(struct msvc__agree *c, const struct msvc_json *schema, const char *text)
{
    struct msvc_json_document *plain = NULL;
    struct msvc_json_document *quoted = NULL;
    struct msvc_buffer json = MSVC_BUFFER_INIT;
    struct msvc_json_writer w;

    if (reads_as_json(&plain, text) && try_value(c, schema, msvc_json_root(plain)) == 0) {
        msvc_json_free(plain);
        return;
    }
    msvc_json_writer_init(&w, &json);
    msvc_json_text(&w, text);
    if (msvc_json_parse(&quoted, json.data != NULL ? json.data : "", json.length, NULL, NULL) == 0)
        msvc__agree_schema(c, schema, msvc_json_root(quoted), NULL);
    msvc_buffer_clear(&json);
    msvc_json_free(quoted);
    msvc_json_free(plain);
}
