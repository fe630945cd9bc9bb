/* SPDX-License-Identifier: MIT */
/*
 * The rules of a body as a tree of steps. A walk through a value goes through
 * the tree at the same time: a place knows which nodes its path has reached, so
 * that one step down costs one look for its name, however many rules there are.
 *
 * The weight of a rule does not depend on the place, so the best rule at a place
 * is the best of those that end there and of the best one further up.
 */
#include "contract/rules_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"

/* A step of one path or of several that begin the same. */
struct msvc__rule_node {
    const struct msvc__step *step;
    const struct msvc__rule *rule;      /* the best of those that end here; NULL when none does */
    const struct msvc__rule *cascading; /* the best of those that also count further down */
    struct msvc__rule_node **children;  /* by step */
    size_t count;
};

static int compare_steps(const struct msvc__step *a, const struct msvc__step *b)
{
    size_t least = a->name_length < b->name_length ? a->name_length : b->name_length;
    int order;

    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->kind == MSVC__STEP_INDEX)
        return (a->index > b->index) - (a->index < b->index);
    if (a->kind != MSVC__STEP_NAME)
        return 0;
    order = memcmp(a->name, b->name, least);
    return order != 0 ? order
                      : (a->name_length > b->name_length) - (a->name_length < b->name_length);
}

static int by_path(const void *a, const void *b)
{
    const struct msvc__path *left = &(*(const struct msvc__rule *const *)a)->path;
    const struct msvc__path *right = &(*(const struct msvc__rule *const *)b)->path;

    for (size_t i = 0; i < left->count && i < right->count; i++) {
        int order = compare_steps(&left->steps[i], &right->steps[i]);

        if (order != 0)
            return order;
    }
    return (left->count > right->count) - (left->count < right->count);
}

/* Paths come sorted, so what they share is what was added last. */
static struct msvc__rule_node *add_step(struct msvc__rule_node *node, const struct msvc__step *step)
{
    struct msvc__rule_node *last = node->count > 0 ? node->children[node->count - 1] : NULL;
    struct msvc__rule_node **grown;

    if (last != NULL && compare_steps(last->step, step) == 0)
        return last;
    if ((node->count & (node->count - 1)) == 0) { /* full only at powers of two */
        grown =
            msvc__grow(node->children, (node->count > 0 ? node->count * 2 : 1) * sizeof(*grown));
        if (grown == NULL)
            return NULL;
        node->children = grown;
    }
    last = msvc__new(sizeof(*last));
    if (last == NULL)
        return NULL;
    last->step = step;
    node->children[node->count++] = last;
    return last;
}

static int add_rule(struct msvc__rule_node *root, const struct msvc__rule *rule)
{
    struct msvc__rule_node *node = root;

    for (size_t i = 1; i < rule->path.count; i++) { /* the first step is the root */
        node = add_step(node, &rule->path.steps[i]);
        if (node == NULL)
            return MSVC_ERR_NOMEM;
    }
    if (node->rule == NULL || msvc__rule_wins(rule, node->rule))
        node->rule = rule;
    if (msvc__rule_cascades(rule) &&
        (node->cascading == NULL || msvc__rule_wins(rule, node->cascading)))
        node->cascading = rule;
    return 0;
}

static void free_node(struct msvc__rule_node *node)
{
    if (node == NULL)
        return;
    for (size_t i = 0; i < node->count; i++)
        free_node(node->children[i]); /* no deeper than a path has steps */
    free(node->children);
    free(node);
}

int msvc__rules_index(struct msvc__rules *rules)
{
    const struct msvc__rule **sorted = msvc__new_array(rules->count + 1, sizeof(*sorted));
    struct msvc__rule_node *root = msvc__new(sizeof(*root));
    size_t count = 0;
    int status = sorted != NULL && root != NULL ? 0 : MSVC_ERR_NOMEM;

    for (size_t i = 0; status == 0 && i < rules->count; i++) {
        if (rules->items[i].category == MSVC__RULE_BODY && rules->items[i].path.count > 0)
            sorted[count++] = &rules->items[i];
    }
    if (count > 0)
        qsort(sorted, count, sizeof(struct msvc__rule *), by_path);
    for (size_t i = 0; status == 0 && i < count; i++)
        status = add_rule(root, sorted[i]);
    free((void *)sorted);
    if (status < 0) {
        free_node(root);
        return status;
    }
    free_node(rules->root);
    rules->root = root;
    return 0;
}

void msvc__rules_index_clear(struct msvc__rules *rules)
{
    free_node(rules->root);
    rules->root = NULL;
}

static const struct msvc__rule_node *child_of(const struct msvc__rule_node *node,
                                              const struct msvc__step *step)
{
    size_t low = 0;
    size_t high = node->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_steps(node->children[middle]->step, step);

        if (order == 0)
            return node->children[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static void reach(struct msvc__place *place, const struct msvc__rule_node *node)
{
    if (node == NULL)
        return;
    if (place->node_count == MSVC__PLACE_NODES_MAX)
        place->has_more_nodes = true;
    else
        place->nodes[place->node_count++] = node;
}

/* What a step down from one node reaches: the name or index itself, or a wildcard for it. */
static void descend(struct msvc__place *place, const struct msvc__rule_node *node)
{
    static const struct msvc__step any = { .kind = MSVC__STEP_ANY };
    static const struct msvc__step any_index = { .kind = MSVC__STEP_ANY_INDEX };
    struct msvc__step step = { .kind = place->name != NULL ? MSVC__STEP_NAME : MSVC__STEP_INDEX,
                               .name = place->name,
                               .name_length = place->name_length,
                               .index = place->index };

    if (node->count == 0)
        return;
    reach(place, child_of(node, &step));
    reach(place, child_of(node, &any));
    if (place->name == NULL)
        reach(place, child_of(node, &any_index));
}

/* Behind the name of an element its index may follow. */
static void descend_by_index(struct msvc__place *place)
{
    static const struct msvc__step any_index = { .kind = MSVC__STEP_ANY_INDEX };
    const struct msvc__step step = { .kind = MSVC__STEP_INDEX, .index = place->index };
    size_t count = place->node_count;

    for (size_t i = 0; i < count; i++) {
        reach(place, child_of(place->nodes[i], &step));
        reach(place, child_of(place->nodes[i], &any_index));
    }
}

static void resolve(const struct msvc__rules *rules, struct msvc__place *place)
{
    struct msvc__place *parent = place->parent;

    place->node_count = 0;
    place->has_more_nodes = false;
    place->is_resolved = true;
    if (parent == NULL) {
        place->cascading = NULL;
        reach(place, rules->root);
        return;
    }
    if (!parent->is_resolved)
        (void)msvc__rules_for_place(rules, parent);
    place->cascading = parent->cascading;
    place->has_more_nodes = parent->has_more_nodes;
    for (size_t i = 0; i < parent->node_count; i++)
        descend(place, parent->nodes[i]);
    if (place->is_element)
        descend_by_index(place);
}

/* The plain way, for places that more nodes fit than are remembered. */
static const struct msvc__rule *look_at_all(const struct msvc__rules *rules,
                                            const struct msvc__place *place)
{
    const struct msvc__rule *best = NULL;

    for (size_t i = 0; i < rules->count; i++) {
        const struct msvc__rule *rule = &rules->items[i];

        if (rule->category != MSVC__RULE_BODY || msvc__path_weight(&rule->path, place) <= 0 ||
            (!msvc__rule_cascades(rule) && !msvc__path_names(&rule->path, place)))
            continue;
        if (best == NULL || msvc__rule_wins(rule, best))
            best = rule;
    }
    return best;
}

const struct msvc__rule *msvc__rules_for_place(const struct msvc__rules *rules,
                                               struct msvc__place *place)
{
    const struct msvc__rule *best;

    resolve(rules, place);
    if (place->has_more_nodes)
        return look_at_all(rules, place);
    best = place->cascading;
    for (size_t i = 0; i < place->node_count; i++) {
        const struct msvc__rule *rule = place->nodes[i]->rule;
        const struct msvc__rule *cascading = place->nodes[i]->cascading;

        if (rule != NULL && (best == NULL || msvc__rule_wins(rule, best)))
            best = rule;
        if (cascading != NULL &&
            (place->cascading == NULL || msvc__rule_wins(cascading, place->cascading)))
            place->cascading = cascading;
    }
    return best;
}
