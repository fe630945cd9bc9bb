/* SPDX-License-Identifier: MIT */
/*
 * Version 2 has one flat map whose paths start with the part ("$.body.id"),
 * version 3 a map for each part. Both become the same list; its order never
 * decides which rule wins.
 */
#include "contract/rules_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/matcher_internal.h"

#define MATCHERS_MAX 64

struct category {
    const char *name;
    enum msvc__category category;
    bool is_single; /* the rule stands directly under it */
};

static const struct category categories[] = {
    { "method", MSVC__RULE_METHOD, true },      { "path", MSVC__RULE_PATH, true },
    { "query", MSVC__RULE_QUERY, false },       { "header", MSVC__RULE_HEADER, false },
    { "headers", MSVC__RULE_HEADER, false },    { "status", MSVC__RULE_STATUS, true },
    { "body", MSVC__RULE_BODY, false },         { "content", MSVC__RULE_BODY, false },
    { "contents", MSVC__RULE_BODY, false },     { "metadata", MSVC__RULE_METADATA, false },
    { "metaData", MSVC__RULE_METADATA, false },
};

static const struct category *find_category(const char *name)
{
    for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++) {
        if (strcmp(categories[i].name, name) == 0)
            return &categories[i];
    }
    return NULL;
}

bool msvc__category_find(enum msvc__category *out, const char *name)
{
    const struct category *found = find_category(name);

    if (found != NULL)
        *out = found->category;
    return found != NULL;
}

bool msvc__category_is_single(enum msvc__category category)
{
    return category == MSVC__RULE_METHOD || category == MSVC__RULE_PATH ||
           category == MSVC__RULE_STATUS;
}

static int no_memory(struct msvc_error *err)
{
    return msvc_error_set(err, MSVC_ERR_NOMEM, "contract", 0, "no memory");
}

void msvc__rule_clear(struct msvc__rule *rule)
{
    for (size_t i = 0; i < rule->count; i++)
        msvc__matcher_clear(&rule->matchers[i]);
    free(rule->matchers);
    free(rule->where);
    free(rule->name);
    msvc__path_clear(&rule->path);
}

void msvc__rules_clear(struct msvc__rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        msvc__rule_clear(&rules->items[i]);
    free(rules->items);
    msvc__rules_index_clear(rules);
    *rules = (struct msvc__rules){ .items = NULL };
}

/* A rule has a list of matchers, or is one; that of eachKey is the list itself. */
int msvc__rule_read(struct msvc__rule *rule, const struct msvc_json *json, struct msvc_error *err)
{
    const struct msvc_json *member = msvc_json_member(json, "matchers");
    const struct msvc_json *list = msvc_json_type(json) == MSVC_JSON_ARRAY ? json : member;
    const struct msvc_json *one = list != NULL ? msvc_json_first(list) : json;
    const char *combine = msvc_json_string(msvc_json_member(json, "combine"), NULL);
    size_t count = list != NULL ? msvc_json_count(list) : 1;

    if ((list == NULL && msvc_json_type(json) != MSVC_JSON_OBJECT) || count > MATCHERS_MAX ||
        (list != NULL && msvc_json_type(list) != MSVC_JSON_ARRAY))
        return msvc_error_set(err, MSVC_ERR_MALFORMED, "contract", 0,
                              "expected an object with at most %d matchers", MATCHERS_MAX);
    rule->is_any = combine != NULL && strcasecmp(combine, "or") == 0 && count > 1;
    rule->matchers = msvc__new_array(count > 0 ? count : 1, sizeof(*rule->matchers));
    if (rule->matchers == NULL)
        return no_memory(err);
    for (; rule->count < count; rule->count++, one = msvc_json_next(one)) {
        int status = msvc__matcher_read(&rule->matchers[rule->count], one, err);

        if (status < 0)
            return status;
    }
    return 0;
}

int msvc__rule_name_read(char **out, const char *key, struct msvc_error *err)
{
    struct msvc__path path = { .steps = NULL };
    const char *bracket = strrchr(key, '[');
    size_t length = strlen(key);
    int status = 0;

    if (key[0] == '$' && (key[1] == '.' || key[1] == '[')) {
        status = msvc__path_parse(&path, key, err);
        if (status == 0 && path.count > 1 && path.steps[1].kind == MSVC__STEP_NAME)
            *out = msvc__copy_text(path.steps[1].name);
        else if (status == 0)
            *out = msvc__copy_text("*");
        msvc__path_clear(&path);
    } else {
        if (bracket != NULL && key[length - 1] == ']' &&
            strspn(bracket + 1, "0123456789*") == strlen(bracket) - 2)
            length = (size_t)(bracket - key);
        *out = msvc__copy_bytes(key, length);
    }
    return status == 0 && *out == NULL ? no_memory(err) : status;
}

/* A rule without matchers says nothing, and is left out. Taken on success. */
static int keep(struct msvc__rules *rules, struct msvc__rule *rule, struct msvc_error *err)
{
    struct msvc__rule *grown;

    if (rule->count == 0) {
        msvc__rule_clear(rule);
        return 0;
    }
    if ((rules->count & (rules->count - 1)) == 0) { /* full only at powers of two */
        size_t capacity = rules->count > 0 ? rules->count * 2 : 1;

        grown = msvc__grow(rules->items, capacity * sizeof(*grown));
        if (grown == NULL)
            return no_memory(err);
        rules->items = grown;
    }
    rule->weight = (double)rule->path.count; /* at most 512 * 2^512: exact */
    for (size_t i = 0; i < rule->path.count; i++)
        rule->weight *= rule->path.steps[i].kind >= MSVC__STEP_ANY ? 1 : 2;
    rules->items[rules->count++] = *rule;
    return 0;
}

/* What eachValue asks for is a rule at the path behind it. */
static int keep_each_value(struct msvc__rules *rules, size_t index, struct msvc_error *err);

static int derive(struct msvc__rules *rules, const char *where, struct msvc__rule *each,
                  struct msvc_error *err)
{
    struct msvc__rule rule = { .category = MSVC__RULE_BODY,
                               .matchers = each->matchers,
                               .count = each->count,
                               .is_any = each->is_any,
                               .is_derived = true };
    size_t length = strlen(where);
    int status;

    *each = (struct msvc__rule){ .matchers = NULL };
    rule.where = msvc__new(length + 3);
    if (rule.where == NULL) {
        msvc__rule_clear(&rule);
        return no_memory(err);
    }
    memcpy(rule.where, where, length);
    memcpy(rule.where + length, ".*", 2);
    status = msvc__path_parse(&rule.path, rule.where, err);
    if (status == 0)
        status = keep(rules, &rule, err);
    if (status < 0)
        msvc__rule_clear(&rule);
    return status == 0 ? keep_each_value(rules, rules->count - 1, err) : status;
}

static int keep_each_value(struct msvc__rules *rules, size_t index, struct msvc_error *err)
{
    int status = 0;

    for (size_t i = 0; status == 0 && i < rules->items[index].count; i++) {
        struct msvc__matcher *m = &rules->items[index].matchers[i];

        if (m->kind == MSVC__MATCH_EACH_VALUE && m->each != NULL && m->each->count > 0)
            status = derive(rules, rules->items[index].where, m->each, err);
    }
    return status;
}

/* key: a path in the body, a name; NULL where there is only one rule. */
static int add(struct msvc__rules *rules, const struct category *category, const char *key,
               const struct msvc_json *json, struct msvc_error *err)
{
    struct msvc__rule rule = { .category = category->category };
    int status = 0;

    rule.where = msvc__copy_text(key != NULL ? key : category->name);
    if (rule.where == NULL)
        status = no_memory(err);
    else if (category->category == MSVC__RULE_BODY)
        status = msvc__path_parse(&rule.path, key, err);
    else if (key != NULL)
        status = msvc__rule_name_read(&rule.name, key, err);
    if (status == 0)
        status = msvc__rule_read(&rule, json, err);
    if (status == 0)
        status = keep(rules, &rule, err);
    if (status < 0) {
        msvc_error_prefix(err, "matching rule %s", key != NULL ? key : category->name);
        msvc__rule_clear(&rule);
        return status;
    }
    return category->category == MSVC__RULE_BODY && rules->count > 0
               ? keep_each_value(rules, rules->count - 1, err)
               : 0;
}

/* "$.body.a[0]" is "$.a[0]" in the body, "$.headers.X" the header X. */
static int add_flat(struct msvc__rules *rules, const struct msvc_json *json, struct msvc_error *err)
{
    const char *text = msvc_json_name(json, NULL);
    const char *rest = text + (text[1] == '.' ? 2 : 1);
    size_t length = strcspn(rest, ".[");
    char name[16] = "";
    const struct category *category;
    char *key;
    int status;

    if (length < sizeof(name))
        memcpy(name, rest, length);
    category = find_category(name);
    if (category == NULL)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, "contract", 0,
                              "matching rule %s: expected it to start with $.path, $.query, "
                              "$.header or $.body",
                              text);
    key = msvc__new(strlen(rest) + 2);
    if (key == NULL)
        return no_memory(err);
    key[0] = '$';
    memcpy(key + 1, rest + length, strlen(rest + length));
    status = add(rules, category, category->is_single ? NULL : key, json, err);
    free(key);
    return status;
}

/* The rule itself, or the only member of an object: some write {"$":{"matchers":[…]}}. */
static int add_single(struct msvc__rules *rules, const struct category *category,
                      const struct msvc_json *json, struct msvc_error *err)
{
    const struct msvc_json *first = msvc_json_first(json);
    const char *name = msvc_json_name(first, NULL);

    if (name == NULL)
        return 0;
    return add(rules, category, NULL, name[0] == '$' || name[0] == '\0' ? first : json, err);
}

static int add_category(struct msvc__rules *rules, const struct msvc_json *json,
                        struct msvc_error *err)
{
    const struct category *category = find_category(msvc_json_name(json, NULL));
    int status = 0;

    if (category == NULL) /* of a kind that has no place in HTTP */
        return 0;
    if (msvc_json_type(json) != MSVC_JSON_OBJECT)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, "contract", 0,
                              "matching rules of %s: expected an object", category->name);
    if (category->is_single)
        return add_single(rules, category, json, err);
    for (const struct msvc_json *one = msvc_json_first(json); status == 0 && one != NULL;
         one = msvc_json_next(one))
        status = add(rules, category, msvc_json_name(one, NULL), one, err);
    return status;
}

/* Give the rules away, ready for lookups, or nothing. */
static int finish(struct msvc__rules *out, struct msvc__rules *rules, int status,
                  struct msvc_error *err)
{
    if (status == 0 && msvc__rules_index(rules) < 0)
        status = no_memory(err);
    if (status < 0)
        msvc__rules_clear(rules);
    else
        *out = *rules;
    return status;
}

int msvc__rules_read_paths(struct msvc__rules *out, const struct msvc_json *json,
                           struct msvc_error *err)
{
    const struct category *body = find_category("body");
    struct msvc__rules rules = { .items = NULL };
    int status = 0;

    for (const struct msvc_json *one = msvc_json_first(json); status == 0 && one != NULL;
         one = msvc_json_next(one))
        status = add(&rules, body, msvc_json_name(one, NULL), one, err);
    return finish(out, &rules, status, err);
}

int msvc__rules_read(struct msvc__rules *out, const struct msvc_json *json, struct msvc_error *err)
{
    struct msvc__rules rules = { .items = NULL };
    int status = 0;

    if (json != NULL && msvc_json_type(json) != MSVC_JSON_OBJECT &&
        msvc_json_type(json) != MSVC_JSON_NULL)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, "contract", 0,
                              "expected matchingRules to be an object");
    for (const struct msvc_json *one = msvc_json_first(json); status == 0 && one != NULL;
         one = msvc_json_next(one))
        status = msvc_json_name(one, NULL)[0] == '$' ? add_flat(&rules, one, err)
                                                     : add_category(&rules, one, err);
    return finish(out, &rules, status, err);
}

/* Whether a has its first wildcard further right than b; 0 when both are the same there. */
static int compare_wildcards(const struct msvc__path *a, const struct msvc__path *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        bool a_any = a->steps[i].kind >= MSVC__STEP_ANY;
        bool b_any = b->steps[i].kind >= MSVC__STEP_ANY;

        if (a_any != b_any)
            return a_any ? -1 : 1;
        if (a->steps[i].kind != b->steps[i].kind)
            return a->steps[i].kind > b->steps[i].kind ? 1 : -1; /* [*] says more than .* */
    }
    return 0;
}

/* Two rules at the very same path: what they say decides. */
static bool says_less(const struct msvc__rule *a, const struct msvc__rule *b)
{
    struct msvc_buffer left = MSVC_BUFFER_INIT;
    struct msvc_buffer right = MSVC_BUFFER_INIT;
    bool is_less;

    msvc__rule_describe(&left, a);
    msvc__rule_describe(&right, b);
    is_less = left.data != NULL && right.data != NULL && strcmp(left.data, right.data) < 0;
    msvc_buffer_clear(&left);
    msvc_buffer_clear(&right);
    return is_less;
}

bool msvc__rule_wins(const struct msvc__rule *a, const struct msvc__rule *b)
{
    int order;

    if (a->weight > b->weight || a->weight < b->weight)
        return a->weight > b->weight;
    if (a->path.count != b->path.count)
        return a->path.count > b->path.count;
    order = compare_wildcards(&a->path, &b->path);
    if (order != 0)
        return order > 0;
    if (a->is_derived != b->is_derived)
        return b->is_derived;
    order = strcmp(a->where, b->where);
    return order != 0 ? order < 0 : a != b && says_less(a, b);
}

static bool is_named(const struct msvc__rule *rule, const char *name)
{
    if (rule->name == NULL)
        return false;
    if (rule->category == MSVC__RULE_HEADER)
        return strcasecmp(rule->name, name) == 0;
    return strcmp(rule->name, name) == 0;
}

const struct msvc__rule *msvc__rules_for_name(const struct msvc__rules *rules,
                                              enum msvc__category category, const char *name)
{
    const struct msvc__rule *best = NULL;

    for (size_t i = 0; i < rules->count; i++) {
        const struct msvc__rule *rule = &rules->items[i];
        bool is_any = name != NULL && rule->name != NULL && strcmp(rule->name, "*") == 0;

        if (rule->category != category || (name != NULL && !is_any && !is_named(rule, name)))
            continue;
        if (best == NULL || (best->name != NULL && strcmp(best->name, "*") == 0 && !is_any) ||
            (best->name != NULL && (strcmp(best->name, "*") == 0) == is_any &&
             strcmp(rule->where, best->where) < 0))
            best = rule;
    }
    return best;
}
