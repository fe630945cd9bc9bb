/* SPDX-License-Identifier: MIT */
/*
 * Objects against schemas. Of an answer a member that the document does not
 * list is one that the provider does not promise; unless it lists none at all,
 * or says that there may be more.
 */
#include "contract/openapi/openapi_internal.h"

#include <string.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "contract/canonical_internal.h"

static const char *const compositions[] = { "allOf", "anyOf", "oneOf" };

static bool is_true(const struct msvc_json *schema, const char *name)
{
    return msvc_json_type(msvc_json_member(schema, name)) == MSVC_JSON_TRUE;
}

static const struct msvc_json *pattern_for(const struct msvc_json *schema, const char *name,
                                           size_t length)
{
    const struct msvc_json *patterns = msvc_json_member(schema, "patternProperties");

    if (msvc_json_type(patterns) != MSVC_JSON_OBJECT)
        return NULL;
    for (const struct msvc_json *one = msvc_json_first(patterns); one != NULL;
         one = msvc_json_next(one)) {
        if (msvc__schema_pattern(msvc_json_name(one, NULL), name, length) == 1)
            return one;
    }
    return NULL;
}

bool msvc__schema_knows(const struct msvc_json *root, const struct msvc_json *schema,
                        const char *name, size_t length, unsigned *left)
{
    const struct msvc_json *more;

    schema = msvc__openapi_resolve(root, schema);
    if (*left == 0 || schema == NULL)
        return true;
    --*left;
    more = msvc_json_member(schema, "additionalProperties");
    if (msvc__json_member_n(msvc_json_member(schema, "properties"), name, length) != NULL ||
        pattern_for(schema, name, length) != NULL ||
        (more != NULL && msvc_json_type(more) != MSVC_JSON_FALSE))
        return true;
    for (size_t i = 0; i < 3; i++) {
        const struct msvc_json *one = msvc_json_first(msvc_json_member(schema, compositions[i]));

        for (; one != NULL; one = msvc_json_next(one)) {
            if (msvc__schema_knows(root, one, name, length, left))
                return true;
        }
    }
    return false;
}

bool msvc__schema_lists(const struct msvc_json *root, const struct msvc_json *schema,
                        unsigned *left)
{
    schema = msvc__openapi_resolve(root, schema);
    if (*left == 0 || schema == NULL)
        return false;
    --*left;
    if (msvc_json_count(msvc_json_member(schema, "properties")) > 0)
        return true;
    for (size_t i = 0; i < 3; i++) {
        const struct msvc_json *one = msvc_json_first(msvc_json_member(schema, compositions[i]));

        for (; one != NULL; one = msvc_json_next(one)) {
            if (msvc__schema_lists(root, one, left))
                return true;
        }
    }
    return false;
}

void msvc__agree_promised(struct msvc__agree *c, const struct msvc_json *schema,
                          const struct msvc_json *value, struct msvc__place *place)
{
    struct msvc__place child = { .parent = place, .depth = place->depth + 1 };
    unsigned left = MSVC__SCHEMA_LOOKUPS_MAX;

    if (!c->is_answer || msvc_json_type(value) != MSVC_JSON_OBJECT ||
        !msvc__schema_lists(c->root, schema, &left))
        return;
    for (const struct msvc_json *one = msvc_json_first(value); one != NULL;
         one = msvc_json_next(one)) {
        child.name = msvc_json_name(one, &child.name_length);
        left = MSVC__SCHEMA_LOOKUPS_MAX;
        if (!msvc__schema_knows(c->root, schema, child.name, child.name_length, &left))
            msvc__agree_fail(c, &child,
                             "the document does not list this member: the provider "
                             "does not promise it");
    }
}

static void check_member(struct msvc__agree *c, const struct msvc_json *schema,
                         const struct msvc_json *value, struct msvc__place *place)
{
    const struct msvc_json *meant = msvc__openapi_resolve(c->root, schema);

    if (c->is_answer && is_true(meant, "writeOnly"))
        msvc__agree_fail(c, place, "the document says writeOnly: it is in no answer");
    msvc__agree_promised(c, schema, value, place);
    msvc__agree_schema(c, schema, value, place);
}

static void check_known(struct msvc__agree *c, const struct msvc_json *schema,
                        const struct msvc_json *member, struct msvc__place *place)
{
    const struct msvc_json *properties = msvc_json_member(schema, "properties");
    const struct msvc_json *more = msvc_json_member(schema, "additionalProperties");
    const struct msvc_json *own = msvc__json_member_n(properties, place->name, place->name_length);
    const struct msvc_json *pattern = pattern_for(schema, place->name, place->name_length);
    size_t length = c->pointer.length;

    if (own != NULL) {
        (void)msvc__agree_enter(c, "properties");
        (void)msvc__agree_enter(c, place->name);
        check_member(c, own, member, place);
    } else if (pattern != NULL) {
        (void)msvc__agree_enter(c, "patternProperties");
        check_member(c, pattern, member, place);
    } else if (more != NULL) {
        (void)msvc__agree_enter(c, "additionalProperties");
        if (msvc_json_type(more) == MSVC_JSON_FALSE)
            msvc__agree_fail(c, place, "the document does not allow this member");
        else
            check_member(c, more, member, place);
    }
    msvc__agree_leave(c, length);
}

static void check_required(struct msvc__agree *c, const struct msvc_json *schema,
                           const struct msvc_json *value, const struct msvc__place *place)
{
    const struct msvc_json *properties = msvc_json_member(schema, "properties");
    const struct msvc_json *one = msvc_json_first(msvc_json_member(schema, "required"));

    for (; one != NULL && !c->is_answer; one = msvc_json_next(one)) {
        const char *name = msvc_json_string(one, NULL);

        if (name != NULL && msvc_json_member(value, name) == NULL &&
            !is_true(msvc__openapi_resolve(c->root, msvc_json_member(properties, name)),
                     "readOnly"))
            msvc__agree_fail(c, place, "the document requires the member %s", name);
    }
}

static void check_count(struct msvc__agree *c, const struct msvc_json *schema, size_t count,
                        const char *least_name, const char *most_name,
                        const struct msvc__place *place)
{
    int64_t least = 0;
    int64_t most = 0;

    if (!c->is_answer && msvc_json_get_int(&least, msvc_json_member(schema, least_name)) == 0 &&
        (int64_t)count < least)
        msvc__agree_fail(c, place, "the document says %s %lld, the pact has %zu", least_name,
                         (long long)least, count);
    if (msvc_json_get_int(&most, msvc_json_member(schema, most_name)) == 0 && (int64_t)count > most)
        msvc__agree_fail(c, place, "the document says %s %lld, the pact has %zu", most_name,
                         (long long)most, count);
}

void msvc__agree_object(struct msvc__agree *c, const struct msvc_json *schema,
                        const struct msvc_json *value, struct msvc__place *place)
{
    struct msvc__place child = { .parent = place, .depth = place != NULL ? place->depth + 1 : 1 };

    check_required(c, schema, value, place);
    check_count(c, schema, msvc_json_count(value), "minProperties", "maxProperties", place);
    for (const struct msvc_json *one = msvc_json_first(value); one != NULL;
         one = msvc_json_next(one)) {
        child.name = msvc_json_name(one, &child.name_length);
        check_known(c, schema, one, &child);
    }
}

static void check_unique(struct msvc__agree *c, const struct msvc_json *value,
                         const struct msvc__place *place)
{
    for (const struct msvc_json *a = msvc_json_first(value); a != NULL; a = msvc_json_next(a)) {
        for (const struct msvc_json *b = msvc_json_next(a); b != NULL; b = msvc_json_next(b)) {
            if (msvc__json_equal(a, b)) {
                msvc__agree_fail(c, place, "the document says uniqueItems, the pact has one twice");
                return;
            }
        }
    }
}

void msvc__agree_array(struct msvc__agree *c, const struct msvc_json *schema,
                       const struct msvc_json *value, struct msvc__place *place)
{
    const struct msvc_json *items = msvc_json_member(schema, "items");
    const struct msvc_json *prefix = msvc_json_first(msvc_json_member(schema, "prefixItems"));
    struct msvc__place child = { .parent = place, .depth = place != NULL ? place->depth + 1 : 1 };
    size_t length = c->pointer.length;

    check_count(c, schema, msvc_json_count(value), "minItems", "maxItems", place);
    if (is_true(schema, "uniqueItems"))
        check_unique(c, value, place);
    for (const struct msvc_json *one = msvc_json_first(value); one != NULL;
         one = msvc_json_next(one)) {
        (void)msvc__agree_enter(c, prefix != NULL ? "prefixItems" : "items");
        msvc__agree_promised(c, prefix != NULL ? prefix : items, one, &child);
        msvc__agree_schema(c, prefix != NULL ? prefix : items, one, &child);
        msvc__agree_leave(c, length);
        prefix = prefix != NULL ? msvc_json_next(prefix) : NULL;
        child.index++;
    }
}
