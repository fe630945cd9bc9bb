/* SPDX-License-Identifier: MIT */
/*
 * allOf, anyOf, oneOf, not, if. An answer names only some of its members, so
 * that it may fit several of oneOf, and says nothing of what it must not be.
 */
#include "contract/openapi/openapi_internal.h"

#include <stdio.h>

#include <msvc/error.h>

static size_t try_schema(struct msvc__agree *c, const struct msvc_json *schema,
                         const struct msvc_json *value, struct msvc__place *place)
{
    bool was_trial = c->is_trial;
    size_t before = c->errors;
    size_t errors;

    c->is_trial = true;
    c->errors = 0;
    msvc__agree_schema(c, schema, value, place);
    errors = c->errors;
    c->errors = before;
    c->is_trial = was_trial;
    return errors;
}

static void check_each(struct msvc__agree *c, const struct msvc_json *list,
                       const struct msvc_json *value, struct msvc__place *place)
{
    size_t length = msvc__agree_enter(c, "allOf");
    size_t inside = c->pointer.length;
    size_t index = 0;

    for (const struct msvc_json *one = msvc_json_first(list); one != NULL;
         one = msvc_json_next(one)) {
        char name[24];

        (void)snprintf(name, sizeof(name), "%zu", index++);
        (void)msvc__agree_enter(c, name);
        msvc__agree_schema(c, one, value, place);
        msvc__agree_leave(c, inside);
    }
    msvc__agree_leave(c, length);
}

/* With the nearest alternative's own complaint, if none fits. */
static void check_some(struct msvc__agree *c, const struct msvc_json *list, const char *keyword,
                       const struct msvc_json *value, struct msvc__place *place)
{
    size_t length = msvc__agree_enter(c, keyword);
    size_t fewest = SIZE_MAX;
    size_t fitting = 0;
    const struct msvc_json *nearest = NULL;

    for (const struct msvc_json *one = msvc_json_first(list); one != NULL;
         one = msvc_json_next(one)) {
        size_t errors = try_schema(c, one, value, place);

        fitting += errors == 0;
        if (errors < fewest) {
            fewest = errors;
            nearest = one;
        }
    }
    if (fitting == 0 && nearest != NULL) {
        msvc__agree_fail(c, place, "it fits none of the %zu alternatives", msvc_json_count(list));
        if (!c->is_trial)
            msvc__agree_schema(c, nearest, value, place);
    } else if (fitting > 1 && !c->is_answer && keyword[0] == 'o') {
        msvc__agree_fail(c, place, "it fits %zu alternatives, expected one", fitting);
    }
    msvc__agree_leave(c, length);
}

static void check_condition(struct msvc__agree *c, const struct msvc_json *schema,
                            const struct msvc_json *value, struct msvc__place *place)
{
    const struct msvc_json *condition = msvc_json_member(schema, "if");
    const char *branch = try_schema(c, condition, value, place) == 0 ? "then" : "else";
    size_t length = msvc__agree_enter(c, branch);

    msvc__agree_schema(c, msvc_json_member(schema, branch), value, place);
    msvc__agree_leave(c, length);
}

void msvc__agree_compositions(struct msvc__agree *c, const struct msvc_json *schema,
                              const struct msvc_json *value, struct msvc__place *place)
{
    const struct msvc_json *list = msvc_json_member(schema, "allOf");
    const struct msvc_json *excluded = msvc_json_member(schema, "not");

    if (msvc_json_count(list) > 0)
        check_each(c, list, value, place);
    list = msvc_json_member(schema, "anyOf");
    if (msvc_json_count(list) > 0)
        check_some(c, list, "anyOf", value, place);
    list = msvc_json_member(schema, "oneOf");
    if (msvc_json_count(list) > 0)
        check_some(c, list, "oneOf", value, place);
    if (c->is_answer)
        return;
    if (excluded != NULL && try_schema(c, excluded, value, place) == 0)
        msvc__agree_fail(c, place, "the document says that it must not be like this");
    if (msvc_json_member(schema, "if") != NULL)
        check_condition(c, schema, value, place);
}
