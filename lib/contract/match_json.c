/* SPDX-License-Identifier: MIT */
/*
 * Walks two JSON values side by side. The rule that is nearest to a place
 * decides about it; without one, values are equal. A request may hold nothing
 * that was not expected, a response may hold more members.
 */
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/canonical_internal.h"
#include "contract/match_internal.h"
#include "contract/matcher_internal.h"

#define SHOWN_BYTES 300

struct walk {
    struct msvc__mismatches *out;
    const struct msvc__rules *rules;
    bool is_request;
};

/* As JSON in one line, cut when it is long. */
static void show(struct msvc_buffer *out, const struct msvc_json *value)
{
    if (value == NULL) {
        msvc_buffer_text(out, "(nothing)");
        return;
    }
    (void)msvc__canonical(out, value);
    if (out->length > SHOWN_BYTES) {
        msvc_buffer_truncate(out, SHOWN_BYTES);
        msvc_buffer_text(out, "…");
    }
}

static void report(struct walk *w, struct msvc__place *place, const struct msvc__rule *rule,
                   const struct msvc_json *expected, const struct msvc_json *actual,
                   const char *message)
{
    struct msvc_buffer texts[4] = { MSVC_BUFFER_INIT, MSVC_BUFFER_INIT, MSVC_BUFFER_INIT,
                                    MSVC_BUFFER_INIT };

    if (w->out->counts_only) {
        w->out->found++;
        return;
    }
    msvc__place_write(&texts[0], place);
    msvc__rule_describe(&texts[1], rule);
    show(&texts[2], expected);
    show(&texts[3], actual);
    msvc__mismatch_add(w->out,
                       &(struct msvc_contract_mismatch){
                           .part = "body",
                           .path = texts[0].data,
                           .rule = texts[1].data,
                           .rule_path = rule != NULL ? rule->where : "",
                           .expected = texts[2].data,
                           .actual = texts[3].data,
                       },
                       "%s", message);
    for (size_t i = 0; i < 4; i++)
        msvc_buffer_clear(&texts[i]);
}

static bool is_equality(const struct msvc__rule *rule)
{
    return rule != NULL && rule->count == 1 && rule->matchers[0].kind == MSVC__MATCH_EQUALITY;
}

/* How a rule at the place itself looks at what is inside. */
struct view {
    const struct msvc__rule *rule;
    bool is_direct;    /* it stands here, and not further up */
    bool ignores_keys; /* values, eachKey, eachValue: which names there are says nothing */
    bool is_equality;
};

static struct view view_of(const struct msvc__rule *rule, const struct msvc__place *place)
{
    struct view v = { .rule = rule, .is_equality = is_equality(rule) };

    v.is_direct = rule != NULL && rule->path.count == place->depth;
    v.ignores_keys = v.is_direct && (msvc__rule_has(rule, MSVC__MATCH_VALUES) ||
                                     msvc__rule_has(rule, MSVC__MATCH_EACH_KEY) ||
                                     msvc__rule_has(rule, MSVC__MATCH_EACH_VALUE));
    return v;
}

static void compare(struct walk *w, struct msvc__place *place, const struct msvc_json *expected,
                    const struct msvc_json *actual);

/* Each member that came is compared with the example of its name, or else with the first. */
static void compare_values(struct walk *w, struct msvc__place *place,
                           const struct msvc_json *expected, const struct msvc_json *actual)
{
    struct msvc__place child = { .parent = place, .depth = place->depth + 1 };

    for (const struct msvc_json *member = msvc_json_first(actual); member != NULL;
         member = msvc_json_next(member)) {
        const struct msvc_json *example;

        child.name = msvc_json_name(member, &child.name_length);
        example = msvc__json_member_n(expected, child.name, child.name_length);
        if (example == NULL)
            example = msvc_json_first(expected);
        compare(w, &child, example != NULL ? example : member, member);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In the order of the alphabet, cut when there are many. */
static void write_names(struct msvc_buffer *out, const struct msvc_json *object)
{
    size_t count = msvc_json_count(object);
    const char **names = msvc__new_array(count + 1, sizeof(*names));
    size_t start = out->length;
    size_t at = 0;

    for (const struct msvc_json *member = names != NULL ? msvc_json_first(object) : NULL;
         member != NULL; member = msvc_json_next(member))
        names[at++] = msvc_json_name(member, NULL);
    if (at > 0)
        qsort((void *)names, at, sizeof(const char *), by_name);
    msvc_buffer_byte(out, '[');
    for (size_t i = 0; i < at && out->length < start + SHOWN_BYTES; i++)
        msvc_buffer_printf(out, "%s%s", i > 0 ? ", " : "", names[i]);
    msvc_buffer_text(out, out->length < start + SHOWN_BYTES ? "]" : ", …]");
    free((void *)names);
}

/* A member that only one side has. */
static void report_name(struct walk *w, struct msvc__place *child, const struct msvc_json *expected,
                        const struct msvc_json *actual, const struct msvc_json *wanted,
                        const struct msvc_json *found)
{
    struct msvc_buffer message = MSVC_BUFFER_INIT;

    if (!w->is_request && wanted != NULL) {
        report(w, child, NULL, wanted, found, "expected it to be there");
        return;
    }
    msvc_buffer_text(&message, "Expected a Map with keys ");
    write_names(&message, expected);
    msvc_buffer_text(&message, " but received one with keys ");
    write_names(&message, actual);
    report(w, child, NULL, wanted, found, message.data != NULL ? message.data : "other keys");
    msvc_buffer_clear(&message);
}

static void compare_objects(struct walk *w, struct msvc__place *place, struct view view,
                            const struct msvc_json *expected, const struct msvc_json *actual)
{
    bool allows_more = !w->is_request && !view.is_equality;
    struct msvc__place child = { .parent = place, .depth = place->depth + 1 };

    for (const struct msvc_json *member = msvc_json_first(expected); member != NULL;
         member = msvc_json_next(member)) {
        const struct msvc_json *found;

        child.name = msvc_json_name(member, &child.name_length);
        found = msvc__json_member_n(actual, child.name, child.name_length);
        if (found != NULL)
            compare(w, &child, member, found);
        else
            report_name(w, &child, expected, actual, member, NULL);
    }
    for (const struct msvc_json *member = allows_more ? NULL : msvc_json_first(actual);
         member != NULL; member = msvc_json_next(member)) {
        child.name = msvc_json_name(member, &child.name_length);
        if (msvc__json_member_n(expected, child.name, child.name_length) == NULL)
            report_name(w, &child, expected, actual, NULL, member);
    }
}

/* With a rule the first element stands for all that have no example of their own; where there is no
 * example at all, each stands for itself. */
static void compare_arrays(struct walk *w, struct msvc__place *place, struct view view,
                           const struct msvc_json *expected, const struct msvc_json *actual)
{
    bool has_template = view.rule != NULL && !view.is_equality;
    const struct msvc_json *first = msvc_json_first(expected);
    const struct msvc_json *example = first;
    struct msvc__place child = { .parent = place, .depth = place->depth + 1 };

    for (const struct msvc_json *element = msvc_json_first(actual); element != NULL;
         element = msvc_json_next(element), child.index++) {
        if (example != NULL)
            compare(w, &child, example, element);
        else if (has_template)
            compare(w, &child, first != NULL ? first : element, element);
        else
            report(w, &child, NULL, NULL, element, "not expected");
        example = msvc_json_next(example);
    }
    for (; example != NULL && !has_template; example = msvc_json_next(example), child.index++)
        report(w, &child, NULL, example, NULL, "expected it to be there");
}

static void compare_inside(struct walk *w, struct msvc__place *place, struct view view,
                           const struct msvc_json *expected, const struct msvc_json *actual)
{
    if (msvc_json_type(expected) == MSVC_JSON_OBJECT && view.ignores_keys)
        compare_values(w, place, expected, actual);
    else if (msvc_json_type(expected) == MSVC_JSON_OBJECT)
        compare_objects(w, place, view, expected, actual);
    else if (msvc_json_type(expected) == MSVC_JSON_ARRAY && view.is_direct &&
             msvc__rule_has(view.rule, MSVC__MATCH_ARRAY_CONTAINS))
        msvc__match_variants(w->out, view.rule, w->is_request, place, expected, actual);
    else if (msvc_json_type(expected) == MSVC_JSON_ARRAY)
        compare_arrays(w, place, view, expected, actual);
}

static void compare(struct walk *w, struct msvc__place *place, const struct msvc_json *expected,
                    const struct msvc_json *actual)
{
    const struct msvc__rule *rule = msvc__rules_for_place(w->rules, place);
    struct view view = view_of(rule, place);
    struct msvc_buffer why = MSVC_BUFFER_INIT;
    bool fits =
        msvc__rule_accepts(rule, &(struct msvc__subject){ .json = expected },
                           &(struct msvc__subject){ .json = actual }, !view.is_direct, &why);

    if (!fits)
        report(w, place, rule, expected, actual, why.data != NULL ? why.data : "does not match");
    if (msvc_buffer_status(&why) < 0)
        w->out->status = MSVC_ERR_NOMEM;
    msvc_buffer_clear(&why);
    if (msvc_json_type(expected) == msvc_json_type(actual)) /* else a rule allows null instead */
        compare_inside(w, place, view, expected, actual);
}

void msvc__match_json(struct msvc__mismatches *out, const struct msvc__rules *rules,
                      bool is_request, const struct msvc_json *expected,
                      const struct msvc_json *actual)
{
    struct walk w = { .out = out, .rules = rules, .is_request = is_request };

    compare(&w, &(struct msvc__place){ .depth = 1 }, expected, actual);
}
