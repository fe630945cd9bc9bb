/* SPDX-License-Identifier: MIT */
/* The matchers and generators of integration JSON, under the names and with the attributes that a
 * file has for them. */
#include <string.h>

#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "contract/canonical_internal.h"
#include "contract/integration_internal.h"
#include "contract/model_internal.h"

#define ATTRIBUTES_MAX 2

static const struct known {
    const char *name;
    const char *other; /* how some libraries write it */
    unsigned version;  /* the first that has it */
    const char *attributes[ATTRIBUTES_MAX];
} matchers[] = {
    { "equality", NULL, 3, { NULL } },
    { "type", NULL, 3, { "min", "max" } },
    { "regex", NULL, 3, { "regex" } },
    { "include", NULL, 3, { "value" } },
    { "integer", NULL, 3, { NULL } },
    { "decimal", NULL, 3, { NULL } },
    { "number", NULL, 3, { NULL } },
    { "boolean", NULL, 3, { NULL } },
    { "null", NULL, 3, { NULL } },
    { "date", NULL, 3, { "format" } },
    { "time", NULL, 3, { "format" } },
    { "datetime", "timestamp", 3, { "format" } },
    { "values", NULL, 3, { NULL } },
    { "contentType", "content-type", 3, { "value" } },
    { "arrayContains", "array-contains", 4, { NULL } },
    { "eachKey", "each-key", 4, { NULL } },
    { "eachValue", "each-value", 4, { NULL } },
    { "notEmpty", "not-empty", 4, { NULL } },
    { "semver", "Semver", 4, { NULL } },
    { "statusCode", "status-code", 4, { "status" } },
};

static const struct {
    const char *name;
    const char *attributes[ATTRIBUTES_MAX];
} generators[] = {
    { "RandomInt", { "min", "max" } },
    { "RandomDecimal", { "digits" } },
    { "RandomHexadecimal", { "digits" } },
    { "RandomString", { "size" } },
    { "Regex", { "regex" } },
    { "Uuid", { "format" } },
    { "Date", { "format", "expression" } },
    { "Time", { "format", "expression" } },
    { "DateTime", { "format", "expression" } },
    { "ProviderState", { "expression", "dataType" } },
    { "MockServerURL", { "example", "regex" } },
};

static const struct known *find(const char *name)
{
    for (size_t i = 0; i < sizeof(matchers) / sizeof(matchers[0]); i++) {
        if (strcmp(matchers[i].name, name) == 0 ||
            (matchers[i].other != NULL && strcmp(matchers[i].other, name) == 0))
            return &matchers[i];
    }
    return NULL;
}

static void write_attributes(struct msvc_json_writer *w, const struct msvc_json *json,
                             const char *const attributes[ATTRIBUTES_MAX])
{
    for (size_t i = 0; i < ATTRIBUTES_MAX && attributes[i] != NULL; i++) {
        const struct msvc_json *value = msvc_json_member(json, attributes[i]);

        if (value == NULL)
            continue;
        msvc_json_key(w, attributes[i]);
        msvc__canonical_value(w, value);
    }
}

static const char *name_of(const struct msvc_json *json)
{
    const char *text = msvc_json_string(json, NULL);

    if (text == NULL)
        text = msvc_json_string(msvc_json_member(json, "pact:matcher:type"), NULL);
    return text != NULL ? text : msvc_json_string(msvc_json_member(json, "match"), NULL);
}

/* The rules of eachKey and eachValue: a list of matchers. */
static int write_inner(struct msvc_json_writer *w, const struct msvc_json *json, unsigned version,
                       struct msvc_error *err);

/* Each variant has rules of its own, that start at itself. */
static int write_variants(struct msvc_json_writer *w, const struct msvc_json *json,
                          unsigned version, struct msvc_error *err)
{
    const struct msvc_json *variants = msvc_json_member(json, "variants");
    int64_t index = 0;
    int status = 0;

    msvc_json_key(w, "variants");
    msvc_json_begin_array(w);
    for (const struct msvc_json *one = msvc_json_first(variants); status == 0 && one != NULL;
         one = msvc_json_next(one)) {
        struct msvc__statement own = { .version = version };
        struct msvc_buffer unused = MSVC_BUFFER_INIT;
        struct msvc_json_writer example;

        msvc_json_writer_init(&example, &unused);
        status = msvc__integration_split(&example, &own, MSVC__SECTION_BODY, "$", one, err);
        msvc_json_begin_object(w);
        msvc_json_member_int(w, "index", index++);
        msvc__statement_write_variant(w, &own);
        msvc_json_end_object(w);
        msvc__statement_clear(&own);
        msvc_buffer_clear(&unused);
    }
    msvc_json_end_array(w);
    return status;
}

static int write_matcher(struct msvc_json_writer *w, const struct msvc_json *json, unsigned version,
                         struct msvc_error *err)
{
    const char *name = name_of(json);
    const struct known *known = name != NULL ? find(name) : NULL;
    int status = 0;

    if (known == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0,
                              "expected a matcher of the specification, found %s%s%s",
                              name != NULL ? "\"" : "", name != NULL ? name : "none",
                              name != NULL ? "\"" : "");
    if (known->version > version)
        return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, MSVC__CONTRACT, 0,
                              "the matcher %s is of version %u of the specification, the pact of "
                              "version %u",
                              known->name, known->version, version);
    msvc_json_begin_object(w);
    msvc_json_member_text(w, "match", known->name);
    write_attributes(w, json, known->attributes);
    if (strcmp(known->name, "arrayContains") == 0)
        status = write_variants(w, json, version, err);
    else if (strncmp(known->name, "each", 4) == 0)
        status = write_inner(w, json, version, err);
    msvc_json_end_object(w);
    return status;
}

static int write_inner(struct msvc_json_writer *w, const struct msvc_json *json, unsigned version,
                       struct msvc_error *err)
{
    const struct msvc_json *rules = msvc_json_member(json, "rules");
    int status = 0;

    msvc_json_key(w, "rules");
    msvc_json_begin_array(w);
    for (const struct msvc_json *one = msvc_json_first(rules); status == 0 && one != NULL;
         one = msvc_json_next(one))
        status = write_matcher(w, one, version, err);
    msvc_json_end_array(w);
    return status;
}

int msvc__integration_matchers(struct msvc_json_writer *w, const struct msvc_json *value,
                               unsigned version, struct msvc_error *err)
{
    const struct msvc_json *type = msvc_json_member(value, "pact:matcher:type");
    int status = 0;

    msvc_json_begin_array(w);
    if (msvc_json_type(type) != MSVC_JSON_ARRAY)
        status = write_matcher(w, value, version, err);
    else
        for (const struct msvc_json *one = msvc_json_first(type); status == 0 && one != NULL;
             one = msvc_json_next(one))
            status = write_matcher(w, one, version, err);
    msvc_json_end_array(w);
    return status;
}

bool msvc__integration_has(const struct msvc_json *value, const char *matcher)
{
    const struct msvc_json *type = msvc_json_member(value, "pact:matcher:type");
    bool is_list = msvc_json_type(type) == MSVC_JSON_ARRAY;
    const struct msvc_json *one = is_list ? msvc_json_first(type) : type;

    for (; one != NULL; one = is_list ? msvc_json_next(one) : NULL) {
        const struct known *known = name_of(one) != NULL ? find(name_of(one)) : NULL;

        if (known != NULL && strcmp(known->name, matcher) == 0)
            return true;
    }
    return false;
}

/* One that we do not know keeps its name, and is refused where it would be used. */
void msvc__integration_generator(struct msvc_json_writer *w, const struct msvc_json *value)
{
    const char *type = msvc_json_string(msvc_json_member(value, "pact:generator:type"), NULL);

    msvc_json_begin_object(w);
    msvc_json_member_text(w, "type", type);
    for (size_t i = 0; type != NULL && i < sizeof(generators) / sizeof(generators[0]); i++) {
        if (strcmp(generators[i].name, type) == 0)
            write_attributes(w, value, generators[i].attributes);
    }
    msvc_json_end_object(w);
}
