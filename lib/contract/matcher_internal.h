/* SPDX-License-Identifier: MIT */
/* One matcher: what it was told in the file, and what it asks of a value. */
#ifndef MSVC_CONTRACT_MATCHER_INTERNAL_H
#define MSVC_CONTRACT_MATCHER_INTERNAL_H

#include <msvc/json.h>

#include "contract/generators_internal.h"
#include "contract/rules_internal.h"

struct msvc__date_pattern;

enum msvc__matcher_kind {
    MSVC__MATCH_EQUALITY,
    MSVC__MATCH_TYPE,
    MSVC__MATCH_REGEX,
    MSVC__MATCH_INCLUDE,
    MSVC__MATCH_INTEGER,
    MSVC__MATCH_DECIMAL,
    MSVC__MATCH_NUMBER,
    MSVC__MATCH_BOOLEAN,
    MSVC__MATCH_NULL,
    MSVC__MATCH_DATE,
    MSVC__MATCH_TIME,
    MSVC__MATCH_DATETIME,
    MSVC__MATCH_CONTENT_TYPE,
    MSVC__MATCH_SEMVER,
    MSVC__MATCH_NOT_EMPTY,
    MSVC__MATCH_STATUS,
    MSVC__MATCH_VALUES,
    MSVC__MATCH_ARRAY_CONTAINS,
    MSVC__MATCH_EACH_KEY,
    MSVC__MATCH_EACH_VALUE,
    MSVC__MATCH_UNSUPPORTED, /* one that we do not know: matches nothing, and says its name */
};

/* One of the elements that arrayContains looks for. */
struct msvc__variant {
    size_t index; /* of its example */
    struct msvc__rules rules;
    struct msvc__generators generators;
};

struct msvc__matcher {
    enum msvc__matcher_kind kind;
    char *name; /* as in the file */
    char *text; /* regex, substring, pattern of a date, content type, class of a status */
    struct msvc__regex *regex;
    struct msvc__date_pattern *pattern;
    bool has_least, has_most;
    size_t least, most;
    struct msvc__rule *each; /* of eachKey and eachValue */
    struct msvc__variant *variants;
    size_t variant_count;
    int *codes; /* of statusCode */
    size_t code_count;
};

/* Read one matcher. Returns 0, MSVC_ERR_MALFORMED, MSVC_ERR_LIMIT or MSVC_ERR_NOMEM. */
int msvc__matcher_read(struct msvc__matcher *out, const struct msvc_json *json,
                       struct msvc_error *err);
/* Read what arrayContains, eachKey, eachValue and statusCode have besides. Returns the same. */
int msvc__matcher_read_variants(struct msvc__matcher *m, const struct msvc_json *json,
                                struct msvc_error *err);
int msvc__matcher_read_each(struct msvc__matcher *m, const struct msvc_json *json,
                            struct msvc_error *err);
int msvc__matcher_read_status(struct msvc__matcher *m, const struct msvc_json *json,
                              struct msvc_error *err);
void msvc__matcher_clear(struct msvc__matcher *matcher);
void msvc__matcher_describe(struct msvc_buffer *out, const struct msvc__matcher *matcher);
/* Whether one of a rule's matchers is of that kind; false for NULL. */
bool msvc__rule_has(const struct msvc__rule *rule, enum msvc__matcher_kind kind);

/* What a matcher looks at: a JSON value, an XML element, bytes or a text. */
struct msvc__subject {
    const struct msvc_json *json; /* NULL: the element or the text */
    const char *text;             /* of an element: its name */
    size_t length;                /* of an element: of its text */
    bool is_element;
    size_t child_count; /* of an element */
};

enum msvc_json_type msvc__subject_type(const struct msvc__subject *subject);
bool msvc__subject_is_container(const struct msvc__subject *subject);
/* What a regex sees of a scalar. */
const char *msvc__subject_text(const struct msvc__subject *subject, size_t *length);
/* For people: "'x' (String)", and of what is not JSON "'x'". Cut when long. */
void msvc__subject_describe(struct msvc_buffer *out, const struct msvc__subject *subject);
/* The same without quotes and type. */
void msvc__subject_show(struct msvc_buffer *out, const struct msvc__subject *subject);

/*
 * Whether an actual value is what a rule asks for, not looking inside of
 * containers. Without a rule: equality. A cascaded rule stands further up: its
 * limits on the number of elements do not count here. Says why not in `why`.
 */
bool msvc__rule_accepts(const struct msvc__rule *rule, const struct msvc__subject *expected,
                        const struct msvc__subject *actual, bool is_cascaded,
                        struct msvc_buffer *why);

/* The matchers by kind; each says why not in `why`. */
bool msvc__accepts_equal(const struct msvc__subject *expected, const struct msvc__subject *actual,
                         struct msvc_buffer *why);
bool msvc__accepts_type(const struct msvc__matcher *m, const struct msvc__subject *expected,
                        const struct msvc__subject *actual, bool is_cascaded,
                        struct msvc_buffer *why);
bool msvc__accepts_regex(const struct msvc__matcher *m, const struct msvc__subject *actual,
                         struct msvc_buffer *why);
bool msvc__accepts_include(const struct msvc__matcher *m, const struct msvc__subject *actual,
                           struct msvc_buffer *why);
bool msvc__accepts_semver(const struct msvc__subject *actual, struct msvc_buffer *why);
bool msvc__accepts_boolean(const struct msvc__subject *actual, struct msvc_buffer *why);
bool msvc__accepts_number(enum msvc__matcher_kind kind, const struct msvc__subject *actual,
                          struct msvc_buffer *why);
bool msvc__accepts_date(const struct msvc__matcher *m, const struct msvc__subject *actual,
                        struct msvc_buffer *why);
bool msvc__accepts_content(const struct msvc__matcher *m, const struct msvc__subject *actual,
                           struct msvc_buffer *why);
bool msvc__accepts_not_empty(const struct msvc__matcher *m, const struct msvc__subject *expected,
                             const struct msvc__subject *actual, struct msvc_buffer *why);
bool msvc__accepts_status(const struct msvc__matcher *m, const struct msvc__subject *actual,
                          struct msvc_buffer *why);
bool msvc__accepts_keys(const struct msvc__matcher *m, const struct msvc__subject *actual,
                        struct msvc_buffer *why);

#endif
