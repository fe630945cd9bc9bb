/* SPDX-License-Identifier: MIT */
/*
 * Values against schemas (JSON Schema 2020-12 as OpenAPI 3.1 has it, and the
 * dialect of 3.0). Formats are annotations.
 */
#include "contract/openapi/openapi_internal.h"

#include <string.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "contract/canonical_internal.h"

static const char *type_name(const struct msvc_json *value)
{
    switch (msvc_json_type(value)) {
    case MSVC_JSON_NULL:
        return "null";
    case MSVC_JSON_TRUE:
    case MSVC_JSON_FALSE:
        return "boolean";
    case MSVC_JSON_NUMBER:
        return "number";
    case MSVC_JSON_STRING:
        return "string";
    case MSVC_JSON_ARRAY:
        return "array";
    default:
        return "object";
    }
}

static bool is_type(const char *type, const struct msvc_json *value)
{
    const char *number = msvc_json_number(value);

    if (type == NULL)
        return false;
    if (strcmp(type, "integer") == 0)
        return number != NULL && msvc__openapi_decimal_is_whole(number);
    return strcmp(type, type_name(value)) == 0;
}

/* 3.0 has one type and "nullable", 3.1 may have a list. */
static void check_type(struct msvc__agree *c, const struct msvc_json *schema,
                       const struct msvc_json *value, const struct msvc__place *place)
{
    const struct msvc_json *type = msvc_json_member(schema, "type");
    struct msvc_buffer wanted = MSVC_BUFFER_INIT;
    bool is_list = msvc_json_type(type) == MSVC_JSON_ARRAY;
    bool fits = type == NULL || is_type(msvc_json_string(type, NULL), value);

    for (const struct msvc_json *one = is_list ? msvc_json_first(type) : NULL; one != NULL;
         one = msvc_json_next(one))
        fits = fits || is_type(msvc_json_string(one, NULL), value);
    if (!fits) {
        (void)msvc__canonical(&wanted, type);
        msvc__agree_fail(c, place, "the document says type %s, the pact has %s",
                         wanted.data != NULL ? wanted.data : "", type_name(value));
    }
    msvc_buffer_clear(&wanted);
}

static void check_enum(struct msvc__agree *c, const struct msvc_json *schema,
                       const struct msvc_json *value, const struct msvc__place *place)
{
    const struct msvc_json *list = msvc_json_member(schema, "enum");
    const struct msvc_json *only = msvc_json_member(schema, "const");
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    bool is_there = list == NULL;

    for (const struct msvc_json *one = msvc_json_first(list); one != NULL;
         one = msvc_json_next(one))
        is_there = is_there || msvc__json_equal(one, value);
    if (!is_there || (only != NULL && !msvc__json_equal(only, value))) {
        (void)msvc__canonical(&text, !is_there ? list : only);
        msvc__agree_fail(c, place, "the document allows only %.200s",
                         text.data != NULL ? text.data : "");
    }
    msvc_buffer_clear(&text);
}

/* A reference may have siblings in 3.1, which count too. */
static void check_reference(struct msvc__agree *c, const struct msvc_json *schema,
                            const struct msvc_json *value, struct msvc__place *place)
{
    struct msvc__followed followed;
    const struct msvc_json *target = msvc__agree_follow(c, &followed, schema);

    if (target != NULL)
        msvc__agree_schema(c, target, value, place);
    msvc__agree_back(c, &followed);
}

static bool is_null_allowed(const struct msvc_json *schema, const struct msvc_json *value)
{
    return msvc_json_type(value) == MSVC_JSON_NULL &&
           msvc_json_type(msvc_json_member(schema, "nullable")) == MSVC_JSON_TRUE;
}

static void check_all(struct msvc__agree *c, const struct msvc_json *schema,
                      const struct msvc_json *value, struct msvc__place *place)
{
    check_type(c, schema, value, place);
    check_enum(c, schema, value, place);
    msvc__agree_compositions(c, schema, value, place);
    if (msvc_json_type(value) == MSVC_JSON_OBJECT)
        msvc__agree_object(c, schema, value, place);
    else if (msvc_json_type(value) == MSVC_JSON_ARRAY)
        msvc__agree_array(c, schema, value, place);
    else
        msvc__agree_scalar(c, schema, value, place);
}

void msvc__agree_schema(struct msvc__agree *c, const struct msvc_json *schema,
                        const struct msvc_json *value, struct msvc__place *place)
{
    if (msvc_json_type(schema) == MSVC_JSON_FALSE) {
        msvc__agree_fail(c, place, "the document allows nothing here");
        return;
    }
    if (msvc_json_type(schema) != MSVC_JSON_OBJECT || is_null_allowed(schema, value))
        return;
    if (c->depth == MSVC__SCHEMA_DEPTH_MAX) {
        msvc__agree_fail(c, place, "schemas are nested more than %d deep", MSVC__SCHEMA_DEPTH_MAX);
        return;
    }
    if (c->steps++ >= MSVC__SCHEMA_STEPS_MAX)
        return; /* which is said at the end */
    c->depth++;
    if (msvc_json_member(schema, "$ref") != NULL)
        check_reference(c, schema, value, place);
    else
        check_all(c, schema, value, place);
    c->depth--;
}
