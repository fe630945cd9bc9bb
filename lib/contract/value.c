/* SPDX-License-Identifier: MIT */
/* Values as a consumer states them, and what they are in integration JSON. */
#include <msvc/contract_value.h>

#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "contract/canonical_internal.h"
#include "contract/compose_internal.h"
#include "contract/definition_internal.h"
#include "contract/model_internal.h"
#include "message/base64_internal.h"

#define DEPTH_MAX 100

struct msvc_pact_value msvc_pact_text(const char *text)
{
    return (struct msvc_pact_value){ .kind = MSVC_PACT_TEXT_VALUE, .text = text };
}

struct msvc_pact_value msvc_pact_json(const char *json)
{
    return (struct msvc_pact_value){ .kind = MSVC_PACT_JSON_VALUE, .text = json };
}

struct msvc_pact_value msvc_pact_bytes(const void *bytes, size_t length)
{
    return (
        struct msvc_pact_value){ .kind = MSVC_PACT_BYTES_VALUE, .text = bytes, .length = length };
}

static struct msvc_pact_value with_rule(struct msvc_pact_value value, const char *rule,
                                        const char *operand)
{
    value.rule = rule;
    value.operand = operand;
    return value;
}

struct msvc_pact_value msvc_pact_like(struct msvc_pact_value value)
{
    return with_rule(value, "type", NULL);
}

struct msvc_pact_value msvc_pact_equal(struct msvc_pact_value value)
{
    return with_rule(value, "equality", NULL);
}

struct msvc_pact_value msvc_pact_matches(const char *regex, const char *example)
{
    return with_rule(msvc_pact_text(example), "regex", regex != NULL ? regex : "");
}

struct msvc_pact_value msvc_pact_includes(const char *part, const char *example)
{
    return with_rule(msvc_pact_text(example), "include", part);
}

struct msvc_pact_value msvc_pact_integer(const char *example)
{
    return with_rule(msvc_pact_json(example), "integer", NULL);
}

struct msvc_pact_value msvc_pact_decimal(const char *example)
{
    return with_rule(msvc_pact_json(example), "decimal", NULL);
}

struct msvc_pact_value msvc_pact_number(const char *example)
{
    return with_rule(msvc_pact_json(example), "number", NULL);
}

struct msvc_pact_value msvc_pact_boolean(bool example)
{
    return with_rule(msvc_pact_json(example ? "true" : "false"), "boolean", NULL);
}

struct msvc_pact_value msvc_pact_null(void)
{
    return with_rule(msvc_pact_json("null"), "null", NULL);
}

struct msvc_pact_value msvc_pact_date(const char *format, const char *example)
{
    return with_rule(msvc_pact_text(example), "date", format);
}

struct msvc_pact_value msvc_pact_time(const char *format, const char *example)
{
    return with_rule(msvc_pact_text(example), "time", format);
}

struct msvc_pact_value msvc_pact_datetime(const char *format, const char *example)
{
    return with_rule(msvc_pact_text(example), "datetime", format);
}

struct msvc_pact_value msvc_pact_uuid(const char *example)
{
    struct msvc_pact_value value = msvc_pact_matches(
        "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}", example);

    value.generator = "Uuid";
    return value;
}

struct msvc_pact_value msvc_pact_not_empty(struct msvc_pact_value value)
{
    return with_rule(value, "notEmpty", NULL);
}

struct msvc_pact_value msvc_pact_semver(const char *example)
{
    return with_rule(msvc_pact_text(example), "semver", NULL);
}

struct msvc_pact_value msvc_pact_rule(const char *matcher, const char *attributes,
                                      struct msvc_pact_value example)
{
    struct msvc_pact_value value = with_rule(example, matcher, attributes);

    value.operand_is_attributes = true;
    return value;
}

struct msvc_pact_value msvc_pact_defined(const char *expression,
                                         const struct msvc_pact_value *example)
{
    return (struct msvc_pact_value){ .kind = MSVC_PACT_DEFINED_VALUE,
                                     .text = expression,
                                     .elements = example };
}

struct msvc_pact_value msvc_pact_from_state(const char *expression, struct msvc_pact_value example)
{
    example.expression = expression;
    return example;
}

struct msvc_pact_value msvc_pact_object(const struct msvc_pact_member *members)
{
    return (struct msvc_pact_value){ .kind = MSVC_PACT_OBJECT_VALUE, .members = members };
}

struct msvc_pact_value msvc_pact_each_like(const struct msvc_pact_value *element, size_t least,
                                           size_t most)
{
    return (struct msvc_pact_value){ .kind = MSVC_PACT_ARRAY_VALUE,
                                     .rule = "type",
                                     .elements = element,
                                     .least = least,
                                     .most = most };
}

struct msvc_pact_value msvc_pact_contains(const struct msvc_pact_value *variants)
{
    return (struct msvc_pact_value){ .kind = MSVC_PACT_VARIANTS_VALUE,
                                     .rule = "arrayContains",
                                     .elements = variants };
}

struct writing {
    struct msvc_json_writer *w;
    struct msvc_error *err;
};

static int invalid(const struct writing *x, const char *what)
{
    return msvc_error_set(x->err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0, "expected %s", what);
}

static int write(struct writing *x, const struct msvc_pact_value *value, unsigned depth);

int msvc__value_write_json(struct msvc_json_writer *w, const char *json, struct msvc_error *err)
{
    struct msvc_json_document *document = NULL;
    int status = json != NULL ? msvc_json_parse(&document, json, strlen(json), NULL, err)
                              : msvc_error_set(err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0,
                                               "expected JSON, found NULL");

    if (status == 0)
        msvc_json_raw(w, json, strlen(json));
    msvc_json_free(document);
    return msvc__as_invalid(status, err);
}

static int write_members(struct writing *x, const struct msvc_pact_member *member, unsigned depth)
{
    int status = 0;

    if (member == NULL)
        return invalid(x, "an object to have a list of members");
    msvc_json_begin_object(x->w);
    for (; status == 0 && member->name != NULL; member++) {
        msvc_json_key(x->w, member->name);
        status = write(x, &member->value, depth + 1);
    }
    msvc_json_end_object(x->w);
    return status;
}

/* Variants go on to the one that is absent; an array has one template. */
static int write_elements(struct writing *x, const struct msvc_pact_value *value, unsigned depth)
{
    const struct msvc_pact_value *one = value->elements;
    bool is_list = value->kind == MSVC_PACT_VARIANTS_VALUE;
    int status = 0;

    if (one == NULL || (value->most > 0 && value->most < value->least))
        return invalid(x, "an array to have an example, and limits in order");
    msvc_json_begin_array(x->w);
    for (bool goes_on = true; status == 0 && goes_on; one++) {
        status = write(x, one, depth + 1);
        goes_on = is_list && one[1].kind != MSVC_PACT_ABSENT;
    }
    msvc_json_end_array(x->w);
    return status;
}

static int write_example(struct writing *x, const struct msvc_pact_value *value, unsigned depth)
{
    switch (value->kind) {
    case MSVC_PACT_OBJECT_VALUE:
        return write_members(x, value->members, depth);
    case MSVC_PACT_ARRAY_VALUE:
    case MSVC_PACT_VARIANTS_VALUE:
        return write_elements(x, value, depth);
    case MSVC_PACT_JSON_VALUE:
        return msvc__value_write_json(x->w, value->text, x->err);
    case MSVC_PACT_TEXT_VALUE:
        if (value->text == NULL)
            return invalid(x, "an example, found none");
        msvc_json_text(x->w, value->text);
        return 0;
    case MSVC_PACT_BYTES_VALUE:
        return invalid(x, "bytes to be a body, and not inside of one");
    default:
        return invalid(x, "a value, found none");
    }
}

/* What a matcher needs, under the name it has there. */
static int write_operand(struct writing *x, const struct msvc_pact_value *value)
{
    const char *name = strcmp(value->rule, "regex") == 0     ? "regex"
                       : strcmp(value->rule, "include") == 0 ? "value"
                                                             : "format";

    if (value->operand == NULL)
        return 0;
    msvc_json_member_text(x->w, name, value->operand);
    return 0;
}

/* The members of a JSON object that somebody gives us as a text. */
static int write_attributes(struct writing *x, const char *text)
{
    struct msvc_json_document *document = NULL;
    int status = text != NULL ? msvc_json_parse(&document, text, strlen(text), NULL, x->err) : 0;

    for (const struct msvc_json *one = msvc_json_first(msvc_json_root(document)); one != NULL;
         one = msvc_json_next(one)) {
        msvc_json_key(x->w, msvc_json_name(one, NULL));
        msvc__canonical_value(x->w, one);
    }
    msvc_json_free(document);
    return msvc__as_invalid(status, x->err);
}

/* "pact:matcher:type" with one matcher, in a list of its own so that its "value" is not ours. */
static int write_rule(struct writing *x, const struct msvc_pact_value *value)
{
    int status;

    msvc_json_key(x->w, "pact:matcher:type");
    if (value->kind == MSVC_PACT_VARIANTS_VALUE) {
        msvc_json_text(x->w, value->rule);
        return 0;
    }
    msvc_json_begin_array(x->w);
    msvc_json_begin_object(x->w);
    msvc_json_member_text(x->w, "pact:matcher:type", value->rule);
    if (value->least > 0)
        msvc_json_member_int(x->w, "min", (int64_t)value->least);
    if (value->most > 0)
        msvc_json_member_int(x->w, "max", (int64_t)value->most);
    status = value->operand_is_attributes ? write_attributes(x, value->operand)
                                          : write_operand(x, value);
    msvc_json_end_object(x->w);
    msvc_json_end_array(x->w);
    return status;
}

static void write_generator(struct writing *x, const struct msvc_pact_value *value)
{
    if (value->expression != NULL) {
        msvc_json_member_text(x->w, "pact:generator:type", "ProviderState");
        msvc_json_member_text(x->w, "expression", value->expression);
    } else if (value->generator != NULL) {
        msvc_json_member_text(x->w, "pact:generator:type", value->generator);
    }
}

/* Its attributes under the name that says it is one; "type" among them is nobody's. */
static int write_generator_of(struct writing *x, const struct msvc__definition *d)
{
    struct msvc_json_document *document = NULL;
    int status = d->generator != NULL
                     ? msvc_json_parse(&document, d->generator, strlen(d->generator), NULL, x->err)
                     : 0;
    const char *type = msvc_json_string(msvc_json_member(msvc_json_root(document), "type"), NULL);

    if (type != NULL) {
        msvc_json_member_text(x->w, "pact:generator:type", type);
        status = write_attributes(x, d->generator);
    }
    msvc_json_free(document);
    return status;
}

static int write_example_of(struct writing *x, const struct msvc__definition *d,
                            const struct msvc_pact_value *value, unsigned depth)
{
    if (d->reference != NULL)
        return invalid(x, "an expression that stands for itself, found one that refers to another");
    if (d->value != NULL)
        return msvc__value_write_json(x->w, d->value, x->err);
    return value->elements != NULL ? write(x, value->elements, depth + 1)
                                   : invalid(x, "an example beside the expression, found none");
}

static int write_defined(struct writing *x, const struct msvc_pact_value *value, unsigned depth)
{
    struct msvc__definition d;
    int status = value->text != NULL ? msvc__definition_parse(&d, value->text, x->err)
                                     : invalid(x, "an expression, found none");

    if (status < 0)
        return msvc__as_invalid(status, x->err);
    msvc_json_begin_object(x->w);
    msvc_json_key(x->w, "pact:matcher:type");
    msvc_json_raw(x->w, d.matchers, strlen(d.matchers));
    status = write_generator_of(x, &d);
    msvc_json_key(x->w, "value");
    if (status == 0)
        status = write_example_of(x, &d, value, depth);
    msvc_json_end_object(x->w);
    msvc__definition_clear(&d);
    return status;
}

static int write(struct writing *x, const struct msvc_pact_value *value, unsigned depth)
{
    bool has_generator = value->expression != NULL || value->generator != NULL;
    int status = 0;

    if (depth > DEPTH_MAX)
        return msvc_error_set(x->err, MSVC_ERR_LIMIT, MSVC__CONTRACT, 0,
                              "values are nested more than %d deep", DEPTH_MAX);
    if (value->kind == MSVC_PACT_DEFINED_VALUE)
        return write_defined(x, value, depth);
    if (value->rule == NULL && !has_generator)
        return write_example(x, value, depth);
    msvc_json_begin_object(x->w);
    if (value->rule != NULL)
        status = write_rule(x, value);
    write_generator(x, value);
    if (status == 0 && value->least > 0)
        msvc_json_member_int(x->w, "examples", (int64_t)value->least);
    msvc_json_key(x->w, value->kind == MSVC_PACT_VARIANTS_VALUE ? "variants" : "value");
    if (status == 0)
        status = write_example(x, value, depth);
    msvc_json_end_object(x->w);
    return status;
}

int msvc__value_write(struct msvc_json_writer *w, const struct msvc_pact_value *value,
                      struct msvc_error *err)
{
    return write(&(struct writing){ .w = w, .err = err }, value, 0);
}
