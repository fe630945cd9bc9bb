/* SPDX-License-Identifier: MIT */
/*
 * Matching rules: where they stand, and what they ask for. Of the rules that
 * fit a place one wins, always the same one whatever their order: the larger
 * weight times length, then the longer path, then the one with its wildcards
 * further right, then the smaller text.
 */
#ifndef MSVC_CONTRACT_RULES_INTERNAL_H
#define MSVC_CONTRACT_RULES_INTERNAL_H

#include <msvc/base.h>

struct msvc_buffer;
struct msvc_error;
struct msvc_json;
struct msvc__matcher;
struct msvc__regex;

/* Most steps of a path. */
#define MSVC__PATH_STEPS_MAX 512

enum msvc__step_kind {
    MSVC__STEP_ROOT,
    MSVC__STEP_NAME,
    MSVC__STEP_INDEX,
    MSVC__STEP_ANY,       /* .* */
    MSVC__STEP_ANY_INDEX, /* [*] */
};

struct msvc__step {
    enum msvc__step_kind kind;
    const char *name; /* NUL-terminated */
    size_t name_length;
    size_t index;
};

/* A path expression, "$.lines[*].sku". */
struct msvc__path {
    struct msvc__step *steps; /* one block with their names */
    size_t count;
};

/* Returns 0, MSVC_ERR_MALFORMED, MSVC_ERR_LIMIT or MSVC_ERR_NOMEM. */
int msvc__path_parse(struct msvc__path *out, const char *text, struct msvc_error *err);
void msvc__path_clear(struct msvc__path *path);
/* Append the step of a member, as .name or ['any name']. */
void msvc__path_write_name(struct msvc_buffer *out, const char *name, size_t length);

/* Nodes of the tree of rules that a place remembers; with more of them lookups are slower. */
#define MSVC__PLACE_NODES_MAX 8

struct msvc__rule_node;

/* Where a walk through a value is; parents are further up the stack. */
struct msvc__place {
    struct msvc__place *parent; /* NULL at the root */
    const char *name;           /* NULL for an index */
    size_t name_length;
    size_t index;    /* of an element: among those of its name */
    size_t depth;    /* 1 at the root */
    bool is_element; /* of XML: named, and a rule may add its index */

    /* filled by msvc__rules_for_place() */
    bool is_resolved;
    bool has_more_nodes;
    size_t node_count;
    const struct msvc__rule_node *nodes[MSVC__PLACE_NODES_MAX]; /* that its path has reached */
    const struct msvc__rule *cascading; /* the best that also counts further down */
};

void msvc__place_write(struct msvc_buffer *out, const struct msvc__place *place);
/* How well a path fits a place or something above it; 0 when it does not. */
double msvc__path_weight(const struct msvc__path *path, const struct msvc__place *place);
/* Whether a path fits the place itself, and not only something above it. */
bool msvc__path_names(const struct msvc__path *path, const struct msvc__place *place);

enum msvc__category {
    MSVC__RULE_METHOD,
    MSVC__RULE_PATH,
    MSVC__RULE_QUERY,
    MSVC__RULE_HEADER,
    MSVC__RULE_STATUS,
    MSVC__RULE_BODY,
    MSVC__RULE_METADATA,
};

/* The part with that name in a file; false when there is none. */
bool msvc__category_find(enum msvc__category *out, const char *name);
/* Whether a part has one value only: method, path, status. */
bool msvc__category_is_single(enum msvc__category category);

struct msvc__rule {
    enum msvc__category category;
    char *where; /* as in the file: a path, or a name */
    struct msvc__path path;
    char *name; /* of a header or query parameter */
    struct msvc__matcher *matchers;
    size_t count;
    bool is_any;     /* combine OR */
    bool is_derived; /* from an eachValue: one that is written at the same path wins */
    double weight;   /* of a path in the body */
};

struct msvc__rules {
    struct msvc__rule *items;
    size_t count;
    struct msvc__rule_node *root; /* those of the body, by their steps */
};

/* Read the matchers of one rule: {"combine":"OR","matchers":[…]} or one matcher. Returns 0,
 * MSVC_ERR_MALFORMED, MSVC_ERR_LIMIT or MSVC_ERR_NOMEM, as do the next two. */
int msvc__rule_read(struct msvc__rule *rule, const struct msvc_json *json, struct msvc_error *err);
/* Read rules of a body by their paths, as variants of arrayContains have them. */
int msvc__rules_read_paths(struct msvc__rules *out, const struct msvc_json *json,
                           struct msvc_error *err);
/* Read "matchingRules" of version 2 to 4. Returns 0, MSVC_ERR_MALFORMED, MSVC_ERR_LIMIT or
 * MSVC_ERR_NOMEM. */
int msvc__rules_read(struct msvc__rules *out, const struct msvc_json *json, struct msvc_error *err);
void msvc__rules_clear(struct msvc__rules *rules);

/* Copy the name in a key: "X-Id", "X-Id[0]", "$.X-Id" and "$['X-Id'][*]" all mean X-Id, "$" any.
 * Returns 0, MSVC_ERR_MALFORMED, MSVC_ERR_LIMIT or MSVC_ERR_NOMEM. */
int msvc__rule_name_read(char **out, const char *key, struct msvc_error *err);

/* Make rules ready for lookups; the last step of making them. Returns 0 or MSVC_ERR_NOMEM. */
int msvc__rules_index(struct msvc__rules *rules);
void msvc__rules_index_clear(struct msvc__rules *rules);
/* Whether the first of two rules that fit a place counts there, and not the second. */
bool msvc__rule_wins(const struct msvc__rule *rule, const struct msvc__rule *other);
/* The rule for a place in the body; NULL when there is none. Parents are asked first, if they were
 * not yet; a place whose name or index has changed is asked for again. */
const struct msvc__rule *msvc__rules_for_place(const struct msvc__rules *rules,
                                               struct msvc__place *place);
/* The rule for a header or query parameter, or (name NULL) for a part that has only one. */
const struct msvc__rule *msvc__rules_for_name(const struct msvc__rules *rules,
                                              enum msvc__category category, const char *name);

void msvc__rule_clear(struct msvc__rule *rule);
/* What a rule asks for: "type", "regex \\d+ or null"; NULL is equality. */
void msvc__rule_describe(struct msvc_buffer *out, const struct msvc__rule *rule);
/* Whether it also counts for what is inside of its place. */
bool msvc__rule_cascades(const struct msvc__rule *rule);
/* Whether a variant of it has generators. */
bool msvc__rule_has_generators(const struct msvc__rule *rule);

/* A regular expression that must match from end to end. Threading: safe. */
/* Returns 0, MSVC_ERR_MALFORMED or MSVC_ERR_NOMEM. */
int msvc__regex_new(struct msvc__regex **out, const char *text, struct msvc_error *err);
void msvc__regex_free(struct msvc__regex *regex);
/* 1 when it matches, 0 when not, MSVC_ERR_LIMIT when that took too many steps, MSVC_ERR_MALFORMED
 * when the text is not UTF-8, MSVC_ERR_NOMEM. */
int msvc__regex_match(const struct msvc__regex *regex, const char *text, size_t length);
/* The same, and where the first group is. 0 also when there is no such group. */
int msvc__regex_group(const struct msvc__regex *regex, const char *text, size_t length,
                      size_t *start, size_t *end);

/* Whether two JSON numbers are the same kind (whole, or with point or exponent) and value. */
bool msvc__number_equal(const char *a, const char *b);
bool msvc__number_is_whole(const char *number);

#endif
