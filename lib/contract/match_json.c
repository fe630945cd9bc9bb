/* SPDX-License-Identifier: MIT */
/*
 * Walks two JSON values side by side. The rule that is nearest to a place
 * decides about it; without one, values are equal. A request may hold nothing
 * that was not expected, a response may hold more members.
 */
#include <msvc/buffer.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "contract/canonical_internal.h"
#include "contract/match_internal.h"

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

static void report(struct walk *w, const struct msvc__place *place, const struct msvc__rule *rule,
                   const struct msvc_json *expected, const struct msvc_json *actual,
                   const char *message)
{
    struct msvc_buffer texts[4] = { MSVC_BUFFER_INIT, MSVC_BUFFER_INIT, MSVC_BUFFER_INIT,
                                    MSVC_BUFFER_INIT };

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

static void compare(struct walk *w, const struct msvc__place *place,
                    const struct msvc_json *expected, const struct msvc_json *actual);

static void compare_objects(struct walk *w, const struct msvc__place *place,
                            const struct msvc__rule *rule, const struct msvc_json *expected,
                            const struct msvc_json *actual)
{
    bool allows_more = !w->is_request && !is_equality(rule);
    struct msvc__place child = { .parent = place, .depth = place->depth + 1 };

    for (const struct msvc_json *member = msvc_json_first(expected); member != NULL;
         member = msvc_json_next(member)) {
        const struct msvc_json *found;

        child.name = msvc_json_name(member, &child.name_length);
        found = msvc__json_member_n(actual, child.name, child.name_length);
        if (found != NULL)
            compare(w, &child, member, found);
        else
            report(w, &child, NULL, member, NULL, "expected it to be there");
    }
    for (const struct msvc_json *member = allows_more ? NULL : msvc_json_first(actual);
         member != NULL; member = msvc_json_next(member)) {
        child.name = msvc_json_name(member, &child.name_length);
        if (msvc__json_member_n(expected, child.name, child.name_length) == NULL)
            report(w, &child, NULL, NULL, member, "not expected");
    }
}

/* With a rule the first element stands for all that have no example of their own. */
static void compare_arrays(struct walk *w, const struct msvc__place *place,
                           const struct msvc__rule *rule, const struct msvc_json *expected,
                           const struct msvc_json *actual)
{
    bool has_template = rule != NULL && !is_equality(rule);
    const struct msvc_json *example = msvc_json_first(expected);
    const struct msvc_json *element = msvc_json_first(actual);
    struct msvc__place child = { .parent = place, .depth = place->depth + 1 };

    if (has_template && example == NULL)
        return;
    for (; element != NULL; element = msvc_json_next(element), child.index++) {
        if (example != NULL)
            compare(w, &child, example, element);
        else if (has_template)
            compare(w, &child, msvc_json_first(expected), element);
        else
            report(w, &child, NULL, NULL, element, "not expected");
        example = msvc_json_next(example);
    }
    for (; example != NULL && !has_template; example = msvc_json_next(example), child.index++)
        report(w, &child, NULL, example, NULL, "expected it to be there");
}

static void compare(struct walk *w, const struct msvc__place *place,
                    const struct msvc_json *expected, const struct msvc_json *actual)
{
    const struct msvc__rule *rule = msvc__rules_for_place(w->rules, place);
    bool is_cascaded = rule != NULL && rule->path.count < place->depth;
    enum msvc_json_type type = msvc_json_type(expected);
    struct msvc_buffer why = MSVC_BUFFER_INIT;
    bool fits = msvc__rule_accepts(rule, &(struct msvc__subject){ .json = expected },
                                   &(struct msvc__subject){ .json = actual }, is_cascaded, &why);

    if (!fits)
        report(w, place, rule, expected, actual, why.data != NULL ? why.data : "does not match");
    if (msvc_buffer_status(&why) < 0)
        w->out->status = MSVC_ERR_NOMEM;
    msvc_buffer_clear(&why);
    if (type != msvc_json_type(actual)) /* also where a rule allows null instead */
        return;
    if (type == MSVC_JSON_OBJECT)
        compare_objects(w, place, rule, expected, actual);
    else if (type == MSVC_JSON_ARRAY)
        compare_arrays(w, place, rule, expected, actual);
}

void msvc__match_json(struct msvc__mismatches *out, const struct msvc__rules *rules,
                      bool is_request, const struct msvc_json *expected,
                      const struct msvc_json *actual)
{
    struct walk w = { .out = out, .rules = rules, .is_request = is_request };

    compare(&w, &(struct msvc__place){ .depth = 1 }, expected, actual);
}
