/* SPDX-License-Identifier: MIT */
/*
 * A client that sends something wrong wants to hear everything that is wrong,
 * by name, with what was found and what would do.
 */
#include <msvc/http_fields.h>

#include <inttypes.h>
#include <string.h>

#include <jansson.h>

#include <msvc/buffer.h>
#include <msvc/http_server.h>

static const char *type_name(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "a whole number";
    case JSON_REAL:
        return "a fraction";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    case JSON_NULL:
        return "null";
    }
    return "something else";
}

/* Start a problem: `where``name`: */
static void name_problem(struct msvc_buffer *problems, const char *where, const char *name)
{
    msvc_buffer_printf(problems, "%s%s%s: ", problems->length > 0 ? "; " : "", where, name);
}

static void wrong_type(struct msvc_buffer *problems, const char *where, const char *name,
                       const json_t *found, const char *expected)
{
    name_problem(problems, where, name);
    msvc_buffer_printf(problems, "found %s, expected %s", type_name(found), expected);
}

static bool in_range(const struct msvc_field *field, int64_t found, const char *unit,
                     const char *where, struct msvc_buffer *problems)
{
    if (found >= field->least && found <= field->most)
        return true;
    name_problem(problems, where, field->name);
    msvc_buffer_printf(problems, "found %" PRId64 "%s, expected %" PRId64 " to %" PRId64, found,
                       unit, field->least, field->most);
    return false;
}

static void read_text(const struct msvc_field *field, const json_t *value, const char *where,
                      struct msvc_buffer *problems)
{
    const char **out = field->out;

    if (!json_is_string(value))
        wrong_type(problems, where, field->name, value, "a string");
    else if (in_range(field, (int64_t)json_string_length(value), " bytes", where, problems))
        *out = json_string_value(value);
}

static void read_int(const struct msvc_field *field, const json_t *value, const char *where,
                     struct msvc_buffer *problems)
{
    int64_t *out = field->out;

    if (!json_is_integer(value))
        wrong_type(problems, where, field->name, value, "a whole number");
    else if (in_range(field, json_integer_value(value), "", where, problems))
        *out = json_integer_value(value);
}

static void read_array(const struct msvc_field *field, json_t *value, const char *where,
                       struct msvc_buffer *problems)
{
    json_t **out = field->out;

    if (!json_is_array(value))
        wrong_type(problems, where, field->name, value, "an array");
    else if (in_range(field, (int64_t)json_array_size(value), " elements", where, problems))
        *out = value;
}

static void read_object(const struct msvc_field *field, json_t *value, const char *where,
                        struct msvc_buffer *problems)
{
    json_t **out = field->out;

    if (!json_is_object(value))
        wrong_type(problems, where, field->name, value, "an object");
    else
        *out = value;
}

static void read_field(const struct msvc_field *field, json_t *value, const char *where,
                       struct msvc_buffer *problems)
{
    switch (field->kind) {
    case MSVC_FIELD_KIND_TEXT:
        read_text(field, value, where, problems);
        break;
    case MSVC_FIELD_KIND_INT:
        read_int(field, value, where, problems);
        break;
    case MSVC_FIELD_KIND_ARRAY:
        read_array(field, value, where, problems);
        break;
    case MSVC_FIELD_KIND_OBJECT:
        read_object(field, value, where, problems);
        break;
    case MSVC_FIELD_KIND_END:
        break;
    }
}

static bool is_known(const struct msvc_field *fields, const char *name)
{
    for (; fields->kind != MSVC_FIELD_KIND_END; fields++) {
        if (strcmp(fields->name, name) == 0)
            return true;
    }
    return false;
}

static void refuse_unknown(const json_t *object, const struct msvc_field *fields, const char *where,
                           struct msvc_buffer *problems)
{
    const char *name;
    json_t *value;

    /* json_object_iter() takes the object without const though it only reads. */
    for (void *at = json_object_iter((json_t *)(uintptr_t)object); at != NULL;
         at = json_object_iter_next((json_t *)(uintptr_t)object, at)) {
        name = json_object_iter_key(at);
        value = json_object_iter_value(at);
        if (value != NULL && !is_known(fields, name)) {
            msvc_buffer_printf(problems, "%sunknown field \"%s%.64s\"",
                               problems->length > 0 ? "; " : "", where, name);
        }
    }
}

bool msvc_json_fields(const struct json_t *object, const struct msvc_field *fields,
                      const char *where, struct msvc_buffer *problems)
{
    size_t length_before = problems->length;
    const struct msvc_field *field;

    for (field = fields; field->kind != MSVC_FIELD_KIND_END; field++) {
        json_t *value = json_object_get(object, field->name);

        if (value != NULL) {
            read_field(field, value, where, problems);
        } else if (!field->is_optional) {
            name_problem(problems, where, field->name);
            msvc_buffer_text(problems, "is missing");
        }
    }
    refuse_unknown(object, fields, where, problems);
    return problems->length == length_before && msvc_buffer_status(problems) == 0;
}

bool msvc_http_body_fields(struct msvc_http_exchange *exchange, struct json_t **out,
                           const struct msvc_field *fields)
{
    struct msvc_buffer problems = { .limit = 4096 };
    json_t *body;
    bool ok;

    if (msvc_http_body_json(exchange, &body) < 0)
        return false;
    if (json_is_object(body)) {
        ok = msvc_json_fields(body, fields, "", &problems);
    } else {
        msvc_buffer_printf(&problems, "found %s, expected an object", type_name(body));
        ok = false;
    }
    if (ok) {
        *out = body;
    } else {
        msvc_http_reply_problem(exchange, 422, NULL, problems.data);
        json_decref(body);
    }
    msvc_buffer_clear(&problems);
    return ok;
}
