/* SPDX-License-Identifier: MIT */
/* Method, path, query, status and headers; bodies have files of their own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <msvc/buffer.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/match_internal.h"
#include "contract/matcher_internal.h"

/* What is said where there is no rule. */
static void write_difference(struct msvc_buffer *out, const char *part, const char *path,
                             const char *expected, const char *actual)
{
    if (strcmp(part, "query") == 0)
        msvc_buffer_printf(out, "Expected query parameter '%s' with value '%s' but was '%s'", path,
                           expected, actual);
    else if (strcmp(part, "header") == 0)
        msvc_buffer_printf(out, "Expected header '%s' to have value '%s' but was '%s'", path,
                           expected, actual);
    else
        msvc_buffer_printf(out, "Expected %s '%s' but was '%s'", part, expected, actual);
}

static void add_text(struct msvc__mismatches *out, const struct msvc__rule *rule, const char *part,
                     const char *path, const char *expected, const char *actual,
                     struct msvc_buffer *why)
{
    struct msvc_buffer name = MSVC_BUFFER_INIT;

    if (rule == NULL) {
        msvc_buffer_truncate(why, 0);
        write_difference(why, part, path, expected, actual);
    }
    msvc__rule_describe(&name, rule);
    msvc__mismatch_add(out,
                       &(struct msvc_contract_mismatch){
                           .part = part,
                           .path = path,
                           .rule = name.data,
                           .rule_path = rule != NULL ? rule->where : "",
                           .expected = expected,
                           .actual = actual,
                       },
                       "%s", why->data != NULL ? why->data : "does not match");
    msvc_buffer_clear(&name);
}

void msvc__match_text(struct msvc__mismatches *out, const struct msvc__rule *rule, const char *part,
                      const char *path, const char *expected, const char *actual)
{
    struct msvc_buffer why = MSVC_BUFFER_INIT;
    struct msvc__subject left = { .text = expected, .length = strlen(expected) };
    struct msvc__subject right = { .text = actual, .length = strlen(actual) };

    if (!msvc__rule_accepts(rule, &left, &right, false, &why))
        add_text(out, rule, part, path, expected, actual, &why);
    if (msvc_buffer_status(&why) < 0)
        out->status = MSVC_ERR_NOMEM;
    msvc_buffer_clear(&why);
}

static size_t count_values(const struct msvc__pairs *pairs, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < pairs->count; i++)
        count += strcmp(pairs->items[i].name, name) == 0;
    return count;
}

/* The index-th value of that very name, NULL when there are not so many. */
static const char *find_value(const struct msvc__pairs *pairs, const char *name, size_t index)
{
    for (size_t i = 0; i < pairs->count; i++) {
        if (strcmp(pairs->items[i].name, name) == 0 && index-- == 0)
            return pairs->items[i].value;
    }
    return NULL;
}

/* Whether pair i is the first of its name. */
static bool is_first(const struct msvc__pairs *pairs, size_t i)
{
    return find_value(pairs, pairs->items[i].name, 0) == pairs->items[i].value;
}

static void add_query(struct msvc__mismatches *out, const char *name, const char *expected,
                      const char *actual, const char *message)
{
    msvc__mismatch_add(out,
                       &(struct msvc_contract_mismatch){ .part = "query",
                                                         .path = name,
                                                         .rule = "equality",
                                                         .expected = expected,
                                                         .actual = actual },
                       "%s", message);
}

/* A parameter that is missing, not expected, or there another number of times. */
static void add_count(struct msvc__mismatches *out, const char *name,
                      const struct msvc__pairs *expected, const struct msvc__pairs *actual)
{
    struct msvc_buffer message = MSVC_BUFFER_INIT;
    size_t wanted = count_values(expected, name);
    size_t found = count_values(actual, name);
    const char *first_wanted = find_value(expected, name, 0);
    const char *first_found = find_value(actual, name, 0);

    if (found == 0)
        msvc_buffer_printf(&message, "Expected query parameter '%s' but was missing", name);
    else if (wanted == 0)
        msvc_buffer_printf(&message, "Unexpected query parameter '%s' received", name);
    else
        msvc_buffer_printf(&message,
                           "Expected query parameter '%s' with %zu value(s) but received %zu "
                           "value(s)",
                           name, wanted, found);
    add_query(out, name, first_wanted != NULL ? first_wanted : "(nothing)",
              first_found != NULL ? first_found : "(nothing)",
              message.data != NULL ? message.data : "differs");
    msvc_buffer_clear(&message);
}

/* One parameter; with a rule any number of values will do. */
static void match_parameter(struct msvc__mismatches *out, const struct msvc__part *expected,
                            const struct msvc__part *actual, const char *name)
{
    const struct msvc__rule *rule = msvc__rules_for_name(&expected->rules, MSVC__RULE_QUERY, name);
    size_t wanted = count_values(&expected->query, name);
    size_t found = count_values(&actual->query, name);

    if (found == 0 || (rule == NULL && found != wanted)) {
        add_count(out, name, &expected->query, &actual->query);
        return;
    }
    for (size_t i = 0; i < found; i++)
        msvc__match_text(out, rule, "query", name,
                         find_value(&expected->query, name, i < wanted ? i : 0),
                         find_value(&actual->query, name, i));
}

/* Version 1 compares the whole text, but for its escapes. */
static void match_query_text(struct msvc__mismatches *out, const struct msvc__part *expected,
                             const struct msvc__part *actual)
{
    char *wanted = msvc__copy_text(expected->query_text);
    char *found = msvc__copy_text(actual->query_text != NULL ? actual->query_text : "");

    if (wanted == NULL || found == NULL)
        out->status = MSVC_ERR_NOMEM;
    else if (msvc__query_decode(wanted) != msvc__query_decode(found) || strcmp(wanted, found) != 0)
        add_query(out, "", wanted, found, "Expected the whole query to be equal");
    free(wanted);
    free(found);
}

void msvc__match_query(struct msvc__mismatches *out, const struct msvc__part *expected,
                       const struct msvc__part *actual)
{
    if (expected->compares_query_text && expected->query_text != NULL) {
        match_query_text(out, expected, actual);
        return;
    }
    for (size_t i = 0; i < expected->query.count; i++) {
        if (is_first(&expected->query, i))
            match_parameter(out, expected, actual, expected->query.items[i].name);
    }
    for (size_t i = 0; i < actual->query.count; i++) {
        const char *name = actual->query.items[i].name;

        if (is_first(&actual->query, i) && count_values(&expected->query, name) == 0)
            add_count(out, name, &expected->query, &actual->query);
    }
}

static void match_method(struct msvc__mismatches *out, const struct msvc__part *expected,
                         const struct msvc__part *actual)
{
    const struct msvc__rule *rule = msvc__rules_for_name(&expected->rules, MSVC__RULE_METHOD, NULL);

    if (rule != NULL || strcasecmp(expected->method, actual->method) != 0)
        msvc__match_text(out, rule, "method", "", expected->method, actual->method);
}

static void match_status(struct msvc__mismatches *out, const struct msvc__part *expected,
                         const struct msvc__part *actual)
{
    char wanted[16];
    char found[16];

    (void)snprintf(wanted, sizeof(wanted), "%d", expected->status);
    (void)snprintf(found, sizeof(found), "%d", actual->status);
    msvc__match_text(out, msvc__rules_for_name(&expected->rules, MSVC__RULE_STATUS, NULL), "status",
                     "", wanted, found);
}

int msvc__match(struct msvc__mismatches *out, const struct msvc__part *expected,
                const struct msvc__part *actual)
{
    if (expected->is_message) {
        msvc__match_metadata(out, expected, actual);
    } else if (expected->is_request) {
        match_method(out, expected, actual);
        msvc__match_text(out, msvc__rules_for_name(&expected->rules, MSVC__RULE_PATH, NULL), "path",
                         "", expected->path, actual->path);
        msvc__match_query(out, expected, actual);
    } else {
        match_status(out, expected, actual);
    }
    if (!expected->is_message)
        msvc__match_headers(out, expected, actual);
    msvc__match_body(out, expected, actual);
    msvc__mismatches_sort(out);
    return out->status;
}
