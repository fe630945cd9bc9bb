/* SPDX-License-Identifier: MIT */
/*
 * Walks two XML documents side by side. The children of one name are compared
 * in their order; the order of names says nothing. The place of an element has
 * its index among those of its name, which a rule may leave out.
 */
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/status.h>

#include "contract/match_internal.h"
#include "contract/matcher_internal.h"
#include "contract/xml_internal.h"

struct walk {
    struct msvc__mismatches *out;
    const struct msvc__rules *rules;
    bool is_request;
};

static void report(struct walk *w, struct msvc__place *place, const struct msvc__rule *rule,
                   const char *expected, const char *actual, const char *message)
{
    struct msvc_buffer path = MSVC_BUFFER_INIT;
    struct msvc_buffer name = MSVC_BUFFER_INIT;

    msvc__place_write(&path, place);
    msvc__rule_describe(&name, rule);
    msvc__mismatch_add(w->out,
                       &(struct msvc_contract_mismatch){
                           .part = "body",
                           .path = path.data,
                           .rule = name.data,
                           .rule_path = rule != NULL ? rule->where : "",
                           .expected = expected,
                           .actual = actual,
                       },
                       "%s", message);
    msvc_buffer_clear(&path);
    msvc_buffer_clear(&name);
}

static void report_missing(struct walk *w, struct msvc__place *place, const char *name)
{
    struct msvc_buffer message = MSVC_BUFFER_INIT;

    msvc_buffer_printf(&message, "Expected child <%s/> but was missing", name);
    report(w, place, NULL, name, "(nothing)",
           message.data != NULL ? message.data : "expected the element to be there");
    msvc_buffer_clear(&message);
}

static bool is_equality(const struct msvc__rule *rule)
{
    return rule != NULL && rule->count == 1 && msvc__rule_has(rule, MSVC__MATCH_EQUALITY);
}

static struct msvc__place inside(struct msvc__place *place, const char *name)
{
    return (struct msvc__place){
        .parent = place, .name = name, .name_length = strlen(name), .depth = place->depth + 1
    };
}

static void compare_subjects(struct walk *w, struct msvc__place *place,
                             const struct msvc__subject *expected,
                             const struct msvc__subject *actual)
{
    const struct msvc__rule *rule = msvc__rules_for_place(w->rules, place);
    bool is_cascaded = rule != NULL && !msvc__path_names(&rule->path, place);
    struct msvc_buffer why = MSVC_BUFFER_INIT;

    if (!msvc__rule_accepts(rule, expected, actual, is_cascaded, &why))
        report(w, place, rule, expected->text, actual->text,
               why.data != NULL ? why.data : "does not match");
    if (msvc_buffer_status(&why) < 0)
        w->out->status = MSVC_ERR_NOMEM;
    msvc_buffer_clear(&why);
}

static void compare_texts(struct walk *w, struct msvc__place *place, const char *expected,
                          const char *actual)
{
    compare_subjects(w, place,
                     &(struct msvc__subject){ .text = expected, .length = strlen(expected) },
                     &(struct msvc__subject){ .text = actual, .length = strlen(actual) });
}

static const char *find_attribute(const struct msvc__xml *element, const char *name)
{
    for (size_t i = 0; i < element->attributes.count; i++) {
        if (strcmp(element->attributes.items[i].name, name) == 0)
            return element->attributes.items[i].value;
    }
    return NULL;
}

static void compare_attributes(struct walk *w, struct msvc__place *place, bool allows_more,
                               const struct msvc__xml *expected, const struct msvc__xml *actual)
{
    for (size_t i = 0; i < expected->attributes.count; i++) {
        const struct msvc_header *one = &expected->attributes.items[i];
        struct msvc__place child = inside(place, one->name);
        const char *found = find_attribute(actual, one->name);

        if (found != NULL)
            compare_texts(w, &child, one->value, found);
        else
            report(w, &child, NULL, one->value, "(nothing)", "expected it to be there");
    }
    for (size_t i = 0; i < actual->attributes.count && !allows_more; i++) {
        const struct msvc_header *one = &actual->attributes.items[i];
        struct msvc__place child = inside(place, one->name);

        if (find_attribute(expected, one->name) == NULL)
            report(w, &child, NULL, "(nothing)", one->value, "not expected");
    }
}

static void compare(struct walk *w, struct msvc__place *place, const struct msvc__xml *expected,
                    const struct msvc__xml *actual);

/* The children of one name; with a rule the first stands for all without an example. */
static void compare_group(struct walk *w, struct msvc__place *place, bool has_template,
                          bool allows_more, const struct msvc__xml *expected,
                          const struct msvc__xml *actual)
{
    const struct msvc__xml *example = expected;
    struct msvc__place child = inside(place, expected->name);

    child.is_element = true;
    has_template =
        has_template || msvc__rule_has(msvc__rules_for_place(w->rules, &child), MSVC__MATCH_TYPE);
    for (; actual != NULL; actual = actual->next, child.index++) {
        if (example != NULL)
            compare(w, &child, example, actual);
        else if (has_template)
            compare(w, &child, expected, actual);
        else if (!allows_more)
            report(w, &child, NULL, "(nothing)", actual->name, "element not expected");
        example = example != NULL ? example->next : NULL;
    }
    if (child.index > 0 && has_template)
        return;
    for (; example != NULL; example = example->next, child.index++)
        report_missing(w, &child, example->name);
}

/* A rule at the element itself says what its children are: then no others may come. */
static void compare_children(struct walk *w, struct msvc__place *place,
                             const struct msvc__rule *rule, const struct msvc__xml *expected,
                             const struct msvc__xml *actual)
{
    bool has_template = rule != NULL && !is_equality(rule);
    bool allows_more = !w->is_request && !is_equality(rule);
    bool allows_names =
        allows_more && !(has_template && msvc__path_names(&rule->path, place) &&
                         expected->groups != NULL && msvc__rule_has(rule, MSVC__MATCH_TYPE));

    for (const struct msvc__xml *group = expected->groups; group != NULL; group = group->next_group)
        compare_group(w, place, has_template, allows_more, group,
                      msvc__xml_child(actual, group->name));
    for (const struct msvc__xml *group = allows_names ? NULL : actual->groups; group != NULL;
         group = group->next_group) {
        struct msvc__place child = inside(place, group->name);

        if (msvc__xml_child(expected, group->name) == NULL)
            report(w, &child, NULL, "(nothing)", group->name, "element not expected");
    }
}

static void compare(struct walk *w, struct msvc__place *place, const struct msvc__xml *expected,
                    const struct msvc__xml *actual)
{
    const struct msvc__rule *rule = msvc__rules_for_place(w->rules, place);
    struct msvc__place text = inside(place, "#text");

    compare_subjects(w, place,
                     &(struct msvc__subject){ .is_element = true,
                                              .child_count = expected->child_count,
                                              .text = expected->name,
                                              .length = strlen(expected->text) },
                     &(struct msvc__subject){ .is_element = true,
                                              .child_count = actual->child_count,
                                              .text = actual->name,
                                              .length = strlen(actual->text) });
    compare_attributes(w, place, !w->is_request && !is_equality(rule), expected, actual);
    if (expected->text[0] != '\0' || actual->text[0] != '\0')
        compare_texts(w, &text, expected->text, actual->text);
    compare_children(w, place, rule, expected, actual);
}

void msvc__match_xml(struct msvc__mismatches *out, const struct msvc__rules *rules, bool is_request,
                     const struct msvc__xml *expected, const struct msvc__xml *actual)
{
    struct walk w = { .out = out, .rules = rules, .is_request = is_request };
    struct msvc__place root = { .depth = 1 };
    struct msvc__place place = inside(&root, expected->name);

    place.is_element = true;
    if (strcmp(expected->name, actual->name) == 0)
        compare(&w, &place, expected, actual);
    else
        report(&w, &root, NULL, expected->name, actual->name, "expected another element");
}
