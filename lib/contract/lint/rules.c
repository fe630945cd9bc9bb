/* SPDX-License-Identifier: MIT */
/*
 * Rules against the example that they stand beside. Every place of the example
 * is visited once; a rule that names none of them is dead, and where two count
 * as much the winner depends on who compares.
 */
#include <string.h>
#include <strings.h>

#include <msvc/buffer.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/lint/lint_internal.h"
#include "contract/match_internal.h"
#include "contract/matcher_internal.h"

#include <stdlib.h>

struct visit {
    struct msvc_pact_lint *lint;
    const struct msvc__lint_place *at;
    const struct msvc__rules *rules;
    bool *is_alive; /* by rule */
    bool *is_tied;  /* said already */
};

static bool same_meaning(const struct msvc__rule *a, const struct msvc__rule *b)
{
    struct msvc_buffer texts[2] = { MSVC_BUFFER_INIT, MSVC_BUFFER_INIT };
    bool is_same;

    msvc__rule_describe(&texts[0], a);
    msvc__rule_describe(&texts[1], b);
    is_same = texts[0].length == texts[1].length &&
              memcmp(texts[0].data, texts[1].data, texts[0].length) == 0;
    msvc_buffer_clear(&texts[0]);
    msvc_buffer_clear(&texts[1]);
    return is_same;
}

static void note_tie(struct visit *v, size_t a, size_t b, const struct msvc__place *place)
{
    struct msvc_buffer path = MSVC_BUFFER_INIT;

    if (v->is_tied[a] || v->is_tied[b] || same_meaning(&v->rules->items[a], &v->rules->items[b]))
        return;
    v->is_tied[a] = v->is_tied[b] = true;
    msvc__place_write(&path, place);
    msvc__lint_add(v->lint, MSVC_PACT_LINT_TIED_RULES, v->at, v->rules->items[a].where,
                   "counts as much as %s at %s: say it in one of them", v->rules->items[b].where,
                   path.data != NULL ? path.data : "$");
    msvc_buffer_clear(&path);
}

static void visit_place(struct visit *v, const struct msvc__place *place)
{
    double best = 0;
    size_t winner = 0;

    for (size_t i = 0; i < v->rules->count; i++) {
        const struct msvc__rule *rule = &v->rules->items[i];
        double weight =
            rule->category == MSVC__RULE_BODY ? msvc__path_weight(&rule->path, place) : 0;

        if (weight <= 0)
            continue;
        if (msvc__path_names(&rule->path, place))
            v->is_alive[i] = true;
        if (best > 0 && weight >= best && weight <= best && !rule->is_derived)
            note_tie(v, winner, i, place);
        if (weight > best) {
            best = weight;
            winner = i;
        }
    }
}

static void visit_value(struct visit *v, struct msvc__place *place, const struct msvc_json *value)
{
    struct msvc__place child = { .parent = place, .depth = place->depth + 1 };
    bool is_object = msvc_json_type(value) == MSVC_JSON_OBJECT;

    visit_place(v, place);
    for (const struct msvc_json *one = msvc_json_first(value); one != NULL;
         one = msvc_json_next(one)) {
        child.name = is_object ? msvc_json_name(one, &child.name_length) : NULL;
        visit_value(v, &child, one);
        child.index++;
    }
}

static bool has_name(const struct msvc__pairs *pairs, const char *name, bool ignores_case)
{
    if (name == NULL || strcmp(name, "*") == 0 || strcmp(name, "$") == 0)
        return pairs->count > 0;
    for (size_t i = 0; i < pairs->count; i++) {
        if (ignores_case ? strcasecmp(pairs->items[i].name, name) == 0
                         : strcmp(pairs->items[i].name, name) == 0)
            return true;
    }
    return false;
}

/* Whether there is something for a rule to look at, outside of JSON bodies. */
static bool is_alive(const struct msvc__part *part, const struct msvc__rule *rule)
{
    switch (rule->category) {
    case MSVC__RULE_QUERY:
        return has_name(&part->query, rule->name, false);
    case MSVC__RULE_HEADER:
        return has_name(&part->headers, rule->name, true);
    case MSVC__RULE_METADATA:
        return rule->name == NULL || part->metadata == NULL ||
               msvc_json_member(msvc_json_root(part->metadata), rule->name) != NULL;
    case MSVC__RULE_BODY:
        return part->body_state != MSVC__BODY_ABSENT && part->json == NULL;
    default:
        return true;
    }
}

static bool is_known(const struct msvc__rule *rule)
{
    for (size_t i = 0; i < rule->count; i++) {
        if (rule->matchers[i].kind == MSVC__MATCH_UNSUPPORTED)
            return false;
    }
    return true;
}

static void find_dead(struct visit *v, const struct msvc__part *part)
{
    struct msvc__place root = { .depth = 1 };

    if (part->json != NULL)
        visit_value(v, &root, msvc_json_root(part->json));
    for (size_t i = 0; i < part->rules.count; i++) {
        const struct msvc__rule *rule = &part->rules.items[i];

        if (!v->is_alive[i] && !rule->is_derived && !is_alive(part, rule))
            msvc__lint_add(v->lint, MSVC_PACT_LINT_DEAD_RULE, v->at, rule->where,
                           "the example has nothing there: the rule never counts");
        if (!is_known(rule))
            msvc__lint_add(v->lint, MSVC_PACT_LINT_UNKNOWN_MATCHER, v->at, rule->where,
                           "expected a matcher that is known");
    }
}

/* The example is compared with itself. What an unknown matcher makes of it was said. */
static void find_broken(struct visit *v, const struct msvc__part *part)
{
    struct msvc__mismatches found = { .items = NULL };

    for (size_t i = 0; i < part->rules.count; i++) {
        if (!is_known(&part->rules.items[i]))
            return;
    }
    if (msvc__match(&found, part, part) < 0)
        v->lint->status = MSVC_ERR_NOMEM;
    for (size_t i = 0; i < found.count; i++)
        msvc__lint_add(v->lint, MSVC_PACT_LINT_BROKEN_EXAMPLE, v->at,
                       found.items[i].path[0] != '\0' ? found.items[i].path : found.items[i].part,
                       "the example breaks its own rule (%s): %s", found.items[i].rule,
                       found.items[i].message);
    msvc__mismatches_clear(&found);
}

void msvc__lint_rules(struct msvc_pact_lint *lint, const struct msvc__lint_place *at,
                      const struct msvc__part *part)
{
    struct visit v = { .lint = lint, .at = at, .rules = &part->rules };

    if (part->rules.count == 0)
        return;
    v.is_alive = msvc__new_array(part->rules.count, sizeof(*v.is_alive));
    v.is_tied = msvc__new_array(part->rules.count, sizeof(*v.is_tied));
    if (v.is_alive != NULL && v.is_tied != NULL) {
        find_dead(&v, part);
        find_broken(&v, part);
    } else {
        lint->status = MSVC_ERR_NOMEM;
    }
    free(v.is_alive);
    free(v.is_tied);
}
