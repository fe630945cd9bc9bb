/* SPDX-License-Identifier: MIT */
/*
 * Compares bodies of forms: names and values like a query's, with rules at
 * $.name, or $.name[1] for the second value of a name.
 */
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/status.h>

#include "contract/match_internal.h"
#include "contract/matcher_internal.h"

static const char *value_at(const struct msvc__pairs *form, const char *name, size_t index)
{
    for (size_t i = 0; i < form->count; i++) {
        if (strcmp(form->items[i].name, name) == 0 && index-- == 0)
            return form->items[i].value;
    }
    return NULL;
}

static size_t count_of(const struct msvc__pairs *form, const char *name)
{
    size_t count = 0;

    while (value_at(form, name, count) != NULL)
        count++;
    return count;
}

struct value {
    const struct msvc__place *place;
    const struct msvc__rule *rule;
    const char *expected, *actual; /* NULL: nothing */
};

static void add(struct msvc__mismatches *out, const struct value *v, const char *message)
{
    struct msvc_buffer path = MSVC_BUFFER_INIT;
    struct msvc_buffer rule = MSVC_BUFFER_INIT;

    msvc__place_write(&path, v->place);
    msvc__rule_describe(&rule, v->rule);
    msvc__mismatch_add(out,
                       &(struct msvc_contract_mismatch){
                           .part = "body",
                           .path = path.data,
                           .rule = rule.data,
                           .rule_path = v->rule != NULL ? v->rule->where : "",
                           .expected = v->expected != NULL ? v->expected : "(nothing)",
                           .actual = v->actual != NULL ? v->actual : "(nothing)" },
                       "%s", message);
    msvc_buffer_clear(&path);
    msvc_buffer_clear(&rule);
}

static void compare_value(struct msvc__mismatches *out, const struct value *v, const char *name)
{
    struct msvc_buffer why = MSVC_BUFFER_INIT;
    struct msvc__subject left = { .text = v->expected, .length = strlen(v->expected) };
    struct msvc__subject right = { .text = v->actual, .length = strlen(v->actual) };

    if (!msvc__rule_accepts(v->rule, &left, &right, false, &why)) {
        if (v->rule == NULL) {
            msvc_buffer_truncate(&why, 0);
            msvc_buffer_printf(&why,
                               "Expected form post parameter '%s' with value '%s' but was '%s'",
                               name, v->expected, v->actual);
        }
        add(out, v, why.data != NULL ? why.data : "differs");
    }
    if (msvc_buffer_status(&why) < 0)
        out->status = MSVC_ERR_NOMEM;
    msvc_buffer_clear(&why);
}

static void add_count(struct msvc__mismatches *out, const struct value *v, const char *name)
{
    struct msvc_buffer message = MSVC_BUFFER_INIT;

    if (v->actual == NULL)
        msvc_buffer_printf(&message, "Expected form post parameter '%s' but was missing", name);
    else if (v->expected == NULL)
        msvc_buffer_printf(&message, "Unexpected form post parameter '%s' received", name);
    else
        msvc_buffer_printf(&message, "Expected form post parameter '%s' another number of times",
                           name);
    add(out, v, message.data != NULL ? message.data : "differs");
    msvc_buffer_clear(&message);
}

/* With a rule any number of values will do. */
static void compare_name(struct msvc__mismatches *out, const struct msvc__rules *rules,
                         const struct msvc__pairs *expected, const struct msvc__pairs *actual,
                         const char *name)
{
    struct msvc__place root = { .depth = 1 };
    struct msvc__place field = {
        .parent = &root, .name = name, .name_length = strlen(name), .depth = 2
    };
    struct value v = { .place = &field, .rule = msvc__rules_for_place(rules, &field) };
    size_t wanted = count_of(expected, name);
    size_t found = count_of(actual, name);

    v.expected = value_at(expected, name, 0);
    v.actual = value_at(actual, name, 0);
    if (wanted == 0 || found == 0 || (v.rule == NULL && wanted != found)) {
        add_count(out, &v, name);
        return;
    }
    for (size_t i = 0; i < found; i++) {
        struct msvc__place item = { .parent = &field, .index = i, .depth = 3 };

        v.place = found > 1 ? &item : &field;
        v.rule = msvc__rules_for_place(rules, &item);
        v.expected = value_at(expected, name, i < wanted ? i : 0);
        v.actual = value_at(actual, name, i);
        compare_value(out, &v, name);
    }
}

static void compare(struct msvc__mismatches *out, const struct msvc__part *expected,
                    const struct msvc__pairs *wanted, const struct msvc__pairs *found)
{
    for (size_t i = 0; i < wanted->count; i++) {
        const char *name = wanted->items[i].name;

        if (value_at(wanted, name, 0) == wanted->items[i].value)
            compare_name(out, &expected->rules, wanted, found, name);
    }
    for (size_t i = 0; expected->is_request && i < found->count; i++) {
        const char *name = found->items[i].name;

        if (value_at(found, name, 0) == found->items[i].value && count_of(wanted, name) == 0)
            compare_name(out, &expected->rules, wanted, found, name);
    }
}

void msvc__match_form(struct msvc__mismatches *out, const struct msvc__part *expected,
                      const struct msvc__part *actual)
{
    struct msvc__pairs wanted = { .items = NULL };
    struct msvc__pairs found = { .items = NULL };

    if (msvc__pairs_add_query(&wanted, expected->body) < 0 ||
        msvc__pairs_add_query(&found, actual->body) < 0)
        out->status = MSVC_ERR_NOMEM;
    else
        compare(out, expected, &wanted, &found);
    msvc__pairs_clear(&wanted);
    msvc__pairs_clear(&found);
}
