/* SPDX-License-Identifier: MIT */
/*
 * Compares bodies of several parts: parts by name (or by their number, where
 * they have none), each as a body of its own. The rule $.file.x is the rule $.x
 * in the part "file". Boundaries and file names say nothing.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/match_internal.h"
#include "contract/multipart_internal.h"

struct walk {
    struct msvc__mismatches *out;
    const struct msvc__part *expected;
    const struct msvc__multipart *wanted, *found;
};

static void add(struct msvc__mismatches *out, const char *path, const char *expected,
                const char *actual, const char *message)
{
    msvc__mismatch_add(out,
                       &(struct msvc_contract_mismatch){ .part = "body",
                                                         .path = path,
                                                         .rule = "equality",
                                                         .expected = expected,
                                                         .actual = actual },
                       "%s", message);
}

/* How many parts before it have its name. */
static size_t number_of(const struct msvc__multipart *parts, size_t index)
{
    size_t number = 0;

    for (size_t i = 0; parts->items[index].name != NULL && i < index; i++)
        number += parts->items[i].name != NULL &&
                  strcmp(parts->items[i].name, parts->items[index].name) == 0;
    return number;
}

static const struct msvc__multipart_part *find(const struct msvc__multipart *parts,
                                               const char *name, size_t number)
{
    for (size_t i = 0; name != NULL && i < parts->count; i++) {
        if (parts->items[i].name != NULL && strcmp(parts->items[i].name, name) == 0 &&
            number-- == 0)
            return &parts->items[i];
    }
    return name == NULL && number < parts->count ? &parts->items[number] : NULL;
}

static bool names_part(const struct msvc__step *step, const char *name, size_t index)
{
    switch (step->kind) {
    case MSVC__STEP_NAME:
        return name != NULL && strcmp(step->name, name) == 0;
    case MSVC__STEP_INDEX:
        return step->index == index;
    default:
        return true;
    }
}

/* The rules of one part, with its root as theirs; only what was made here is to be freed. */
static int rules_of(struct msvc__rules *out, const struct msvc__rules *all, const char *name,
                    size_t index)
{
    struct msvc__rule *rules = msvc__new_array(all->count + 1, sizeof(*rules));

    if (rules == NULL)
        return MSVC_ERR_NOMEM;
    *out = (struct msvc__rules){ .items = rules };
    for (size_t i = 0; i < all->count; i++) {
        const struct msvc__path *path = &all->items[i].path;
        struct msvc__step *steps;

        if (all->items[i].category != MSVC__RULE_BODY || path->count < 2 ||
            !names_part(&path->steps[1], name, index))
            continue;
        steps = msvc__new_array(path->count - 1, sizeof(*steps));
        if (steps == NULL)
            return MSVC_ERR_NOMEM;
        memcpy(steps, path->steps + 1, (path->count - 1) * sizeof(*steps));
        steps[0] = path->steps[0];
        rules[out->count] = all->items[i];
        rules[out->count++].path = (struct msvc__path){ .steps = steps, .count = path->count - 1 };
    }
    return msvc__rules_index(out);
}

static void free_rules(struct msvc__rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        free(rules->items[i].path.steps);
    free(rules->items);
    msvc__rules_index_clear(rules);
}

/* Take over what was found in a part, under the part's path. */
static void move(struct msvc__mismatches *out, struct msvc__mismatches *from, const char *path)
{
    for (size_t i = 0; i < from->count; i++) {
        struct msvc_contract_mismatch one = from->items[i];
        struct msvc_buffer full = MSVC_BUFFER_INIT;

        msvc_buffer_printf(&full, "%s%s", path, one.path[0] == '$' ? one.path + 1 : "");
        one.path = full.data;
        one.part = "body";
        msvc__mismatch_add(out, &one, "%s", one.message);
        msvc_buffer_clear(&full);
    }
    out->found += from->found - from->count;
    if (from->status < 0)
        out->status = from->status;
    msvc__mismatches_clear(from);
}

static void compare_part(struct walk *w, const struct msvc__multipart_part *wanted,
                         const struct msvc__multipart_part *found, const char *path, size_t index)
{
    struct msvc__mismatches differences = { .items = NULL };
    struct msvc__part expected = wanted->part; /* borrowed but for the rules */
    struct msvc__rules rules = { .items = NULL };

    if (rules_of(&rules, &w->expected->rules, wanted->name, index) < 0)
        w->out->status = MSVC_ERR_NOMEM;
    expected.rules = rules;
    expected.is_request = w->expected->is_request;
    msvc__match_body(&differences, &expected, &found->part);
    move(w->out, &differences, path);
    free_rules(&rules);
}

static void write_path(struct msvc_buffer *out, const char *name, size_t index, size_t number)
{
    msvc_buffer_byte(out, '$');
    if (name != NULL)
        msvc__path_write_name(out, name, strlen(name));
    if (name == NULL || number > 0)
        msvc_buffer_printf(out, "[%zu]", name == NULL ? index : number);
}

static void compare(struct walk *w, size_t index)
{
    const struct msvc__multipart_part *wanted = &w->wanted->items[index];
    size_t number = number_of(w->wanted, index);
    const struct msvc__multipart_part *found =
        find(w->found, wanted->name, wanted->name != NULL ? number : index);
    struct msvc_buffer path = MSVC_BUFFER_INIT;
    struct msvc_buffer message = MSVC_BUFFER_INIT;

    write_path(&path, wanted->name, index, number);
    if (found != NULL) {
        compare_part(w, wanted, found, path.data != NULL ? path.data : "$", index);
    } else {
        msvc_buffer_printf(&message, "Expected a MIME part '%s' but was missing", path.data);
        add(w->out, path.data, wanted->part.content_type, "(nothing)",
            message.data != NULL ? message.data : "missing");
    }
    msvc_buffer_clear(&message);
    msvc_buffer_clear(&path);
}

static void compare_others(struct walk *w)
{
    for (size_t i = 0; i < w->found->count; i++) {
        const struct msvc__multipart_part *one = &w->found->items[i];
        size_t number = number_of(w->found, i);
        struct msvc_buffer path = MSVC_BUFFER_INIT;

        if (find(w->wanted, one->name, one->name != NULL ? number : i) == NULL) {
            write_path(&path, one->name, i, number);
            add(w->out, path.data, "(nothing)", one->part.content_type, "MIME part not expected");
        }
        msvc_buffer_clear(&path);
    }
}

static bool parse(struct msvc__multipart *out, struct msvc__mismatches *list,
                  const struct msvc__part *part, const char *whose)
{
    struct msvc_error err = { .message = "" };
    int status =
        msvc__multipart_parse(out, msvc__part_type(part), part->body, part->body_length, &err);

    if (status == MSVC_ERR_NOMEM)
        list->status = status;
    else if (status < 0)
        add(list, "$", "", whose, err.message);
    return status == 0;
}

void msvc__match_multipart(struct msvc__mismatches *out, const struct msvc__part *expected,
                           const struct msvc__part *actual)
{
    struct msvc__multipart wanted = { .items = NULL };
    struct msvc__multipart found = { .items = NULL };
    struct walk w = { .out = out, .expected = expected, .wanted = &wanted, .found = &found };

    if (parse(&wanted, out, expected, "the expected body") &&
        parse(&found, out, actual, "the body that came")) {
        for (size_t i = 0; i < wanted.count; i++)
            compare(&w, i);
        if (expected->is_request)
            compare_others(&w);
    }
    msvc__multipart_clear(&wanted);
    msvc__multipart_clear(&found);
}
