/* SPDX-License-Identifier: MIT */
/* Matching rules and generators: their places, their names, what they cannot do without. */
#include <string.h>

#include "contract/check_internal.h"

static const struct known {
    const char *name;
    unsigned from, to;
    const char *operand; /* a member that it needs; NULL: none */
} known[] = {
    { "type", 2, 0, NULL },           { "regex", 2, 0, "regex" },
    { "equality", 3, 0, NULL },       { "include", 3, 0, "value" },
    { "integer", 3, 0, NULL },        { "decimal", 3, 0, NULL },
    { "number", 3, 0, NULL },         { "boolean", 3, 0, NULL },
    { "null", 3, 0, NULL },           { "date", 3, 0, NULL },
    { "time", 3, 0, NULL },           { "timestamp", 3, 0, NULL },
    { "datetime", 3, 0, NULL },       { "values", 3, 0, NULL },
    { "contentType", 3, 0, "value" }, { "arrayContains", 4, 0, "variants" },
    { "statusCode", 4, 0, "status" }, { "notEmpty", 4, 0, NULL },
    { "semver", 4, 0, NULL },         { "eachKey", 4, 0, NULL },
    { "eachValue", 4, 0, NULL },
};

static const struct known *find(const struct msvc__check *c, const char *name)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (c->version >= known[i].from && strcmp(known[i].name, name) == 0)
            return &known[i];
    }
    return NULL;
}

/* Version 2 has no other attributes than these. */
static void check_attributes(struct msvc__check *c, const struct msvc_json *value, const char *name)
{
    for (const struct msvc_json *one = msvc_json_first(value); one != NULL;
         one = msvc_json_next(one)) {
        const char *attribute = msvc_json_name(one, NULL);
        bool is_limit = strcmp(name, "type") == 0 &&
                        (strcmp(attribute, "min") == 0 || strcmp(attribute, "max") == 0);

        if (strcmp(attribute, "match") != 0 && !is_limit &&
            (strcmp(name, "regex") != 0 || strcmp(attribute, "regex") != 0))
            msvc__check_complain(c, "the matcher \"%s\" has no attribute \"%s\"", name, attribute);
    }
}

static void check_matcher(struct msvc__check *c, const struct msvc_json *value)
{
    const char *name = msvc_json_string(msvc_json_member(value, "match"), NULL);
    const struct known *matcher = name != NULL ? find(c, name) : NULL;

    if (name == NULL) {
        msvc__check_complain(c, "expected an object with a text \"match\"");
        return;
    }
    if (matcher == NULL && !c->has_plugins)
        msvc__check_complain(c, "version %u of the specification has no matcher \"%s\"", c->version,
                             name);
    if (matcher != NULL && matcher->operand != NULL &&
        msvc_json_member(value, matcher->operand) == NULL)
        msvc__check_complain(c, "the matcher \"%s\" needs a member \"%s\"", name, matcher->operand);
    if (c->version == 2)
        check_attributes(c, value, name);
}

static void check_matchers(struct msvc__check *c, const struct msvc_json *value)
{
    msvc__check_list(c, value, check_matcher);
}

static void check_combine(struct msvc__check *c, const struct msvc_json *value)
{
    const char *text = msvc_json_string(value, NULL);

    if (text == NULL || (strcmp(text, "AND") != 0 && strcmp(text, "OR") != 0))
        msvc__check_complain(c, "expected \"AND\" or \"OR\"");
}

static void check_rule(struct msvc__check *c, const struct msvc_json *value)
{
    static const struct msvc__check_member members[] = {
        { "matchers", true, 3, 0, check_matchers },
        { "combine", false, 3, 0, check_combine },
        { .name = NULL },
    };

    msvc__check_object(c, value, members, true);
}

static void check_section(struct msvc__check *c, const struct msvc_json *value)
{
    msvc__check_map(c, value, check_rule);
}

/* One rule, or none. */
static void check_single(struct msvc__check *c, const struct msvc_json *value)
{
    if (msvc_json_count(value) > 0 || msvc_json_type(value) != MSVC_JSON_OBJECT)
        check_rule(c, value);
}

/* Version 2: "$.body.id" and the like, all in one object. */
static void check_flat(struct msvc__check *c, const struct msvc_json *value)
{
    if (msvc_json_name(value, NULL)[0] != '$')
        msvc__check_complain(c, "expected a path that starts with $");
    check_matcher(c, value);
}

void msvc__check_rules(struct msvc__check *c, const struct msvc_json *value)
{
    static const struct msvc__check_member members[] = {
        { "method", false, 3, 0, check_single },    { "path", false, 3, 0, check_single },
        { "query", false, 3, 0, check_section },    { "header", false, 3, 0, check_section },
        { "body", false, 3, 0, check_section },     { "metadata", false, 3, 0, check_section },
        { "status", false, 3, 0, check_single },    { "content", false, 4, 0, check_section },
        { "contents", false, 4, 0, check_section }, { .name = NULL },
    };

    if (c->version == 2)
        msvc__check_map(c, value, check_flat);
    else
        msvc__check_object(c, value, members, false);
}

static void check_generator(struct msvc__check *c, const struct msvc_json *value)
{
    static const struct msvc__check_member members[] = { { "type", true, 3, 0, msvc__check_text },
                                                         { .name = NULL } };

    msvc__check_object(c, value, members, true);
}

static void check_generator_section(struct msvc__check *c, const struct msvc_json *value)
{
    msvc__check_map(c, value, check_generator);
}

void msvc__check_generators(struct msvc__check *c, const struct msvc_json *value)
{
    static const struct msvc__check_member members[] = {
        { "method", false, 3, 0, check_generator },
        { "path", false, 3, 0, check_generator },
        { "status", false, 3, 0, check_generator },
        { "query", false, 3, 0, check_generator_section },
        { "header", false, 3, 0, check_generator_section },
        { "body", false, 3, 0, check_generator_section },
        { "metadata", false, 3, 0, check_generator_section },
        { "content", false, 4, 0, check_generator_section },
        { "contents", false, 4, 0, check_generator_section },
        { .name = NULL },
    };

    msvc__check_object(c, value, members, false);
}
