/* SPDX-License-Identifier: MIT */
/*
 * Headers: names without regard to case, others may come besides. Blanks
 * after commas say nothing. Of Content-Type and Accept, parameters may come in
 * any order and there may be more of them.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <msvc/buffer.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/match_internal.h"

/* Only these are lists; in all others a comma is part of the value (dates!). */
static const char *const lists[] = {
    "accept",
    "accept-encoding",
    "accept-language",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-expose-headers",
    "access-control-request-headers",
    "allow",
    "cache-control",
    "if-match",
    "if-none-match",
    "vary",
};

static bool is_list(const char *name)
{
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        if (strcasecmp(lists[i], name) == 0)
            return true;
    }
    return false;
}

static bool has_parameters(const char *name)
{
    return strcasecmp(name, "Content-Type") == 0 || strcasecmp(name, "Accept") == 0;
}

/* All values of a header in one text, without blanks around commas; free() it. */
static char *join(const struct msvc__pairs *headers, const char *name)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    const char *value;
    char *joined;

    for (size_t i = 0; (value = msvc_header_find(headers->items, name, i)) != NULL; i++) {
        if (i > 0)
            msvc_buffer_byte(&text, ',');
        for (; *value != '\0'; value++) {
            msvc_buffer_byte(&text, *value);
            if (*value == ',')
                value += strspn(value + 1, " \t");
        }
    }
    joined = text.length > 0 ? msvc_buffer_steal(&text) : msvc__copy_bytes("", 0);
    msvc_buffer_clear(&text);
    return joined;
}

/* Cut a part off at `separator`, without blanks around it. NULL at the end. */
static char *cut(char **at, char separator)
{
    char *start = *at;
    char *end;

    if (start == NULL)
        return NULL;
    end = strchr(start, separator);
    *at = end != NULL ? end + 1 : NULL;
    if (end == NULL)
        end = start + strlen(start);
    while (end > start && isspace((unsigned char)end[-1]))
        end--;
    *end = '\0';
    return start + strspn(start, " \t\r\n");
}

static bool same_parameter(const char *a, const char *b)
{
    size_t name = strcspn(a, "=");

    if (strncasecmp(a, b, name) != 0 || b[name] != a[name])
        return false;
    if (name == 7 && strncasecmp(a, "charset", 7) == 0)
        return strcasecmp(a, b) == 0;
    return strcmp(a + name, b + name) == 0;
}

/* Whether `text` (a copy that may be cut) has that parameter. Returns -1 when out of memory. */
static int has_parameter(const char *text, const char *parameter)
{
    char *copy = msvc__copy_text(text);
    char *at = copy;
    char *one;
    int found = 0;

    if (copy == NULL)
        return -1;
    while (found == 0 && (one = cut(&at, ';')) != NULL)
        found = same_parameter(parameter, one);
    free(copy);
    return found;
}

int msvc__media_type_equal(const char *expected, const char *actual)
{
    char *copy = msvc__copy_text(expected);
    char *at = copy;
    const char *type = cut(&at, ';');
    const char *parameter;
    size_t length = strcspn(actual, ";");
    int same;

    if (type == NULL)
        return -1;
    while (length > 0 && isspace((unsigned char)actual[length - 1]))
        length--;
    same = strlen(type) == length && strncmp(type, actual, length) == 0;
    actual = strchr(actual, ';');
    while (same == 1 && (parameter = cut(&at, ';')) != NULL)
        same = actual != NULL ? has_parameter(actual + 1, parameter) : 0;
    free(copy);
    return same;
}

static void match_value(struct msvc__mismatches *out, const struct msvc__rule *rule,
                        const char *name, const char *expected, const char *actual)
{
    int same = rule == NULL && has_parameters(name) ? msvc__media_type_equal(expected, actual) : 0;

    if (same < 0)
        out->status = MSVC_ERR_NOMEM;
    else if (same == 0)
        msvc__match_text(out, rule, "header", name, expected, actual);
}

static void add_missing(struct msvc__mismatches *out, const char *name, const char *expected)
{
    msvc__mismatch_add(out,
                       &(struct msvc_contract_mismatch){ .part = "header",
                                                         .path = name,
                                                         .rule = "equality",
                                                         .expected = expected,
                                                         .actual = "(nothing)" },
                       "Expected a header '%s' but was missing", name);
}

/* Another number of values. */
static void add_count(struct msvc__mismatches *out, const char *name, const char *expected,
                      const char *actual)
{
    msvc__mismatch_add(out,
                       &(struct msvc_contract_mismatch){ .part = "header",
                                                         .path = name,
                                                         .rule = "equality",
                                                         .expected = expected,
                                                         .actual = actual },
                       "Expected header '%s' to have value %s%s%s but was %s%s%s", name,
                       expected[0] == '(' ? "" : "'", expected, expected[0] == '(' ? "" : "'",
                       actual[0] == '(' ? "" : "'", actual, actual[0] == '(' ? "" : "'");
}

/* Both are cut into pieces. With a rule, each value that came has to follow it. */
static void match_list(struct msvc__mismatches *out, const struct msvc__rule *rule,
                       const char *name, char *expected, char *actual)
{
    const char *example = "";
    char *wanted = cut(&expected, ',');
    char *found = cut(&actual, ',');

    for (; found != NULL && (wanted != NULL || rule != NULL); found = cut(&actual, ',')) {
        example = wanted != NULL ? wanted : example;
        match_value(out, rule, name, example, found);
        wanted = cut(&expected, ',');
    }
    if (found != NULL)
        add_count(out, name, "(no more)", found);
    else if (wanted != NULL && rule == NULL)
        add_count(out, name, wanted, "(no more)");
}

/* A rule is for each line of its own that came; where there are more lines than examples, the last
 * example stands for the rest. */
static void match_lines(struct msvc__mismatches *out, const struct msvc__rule *rule,
                        const char *name, const struct msvc__pairs *expected,
                        const struct msvc__pairs *actual)
{
    const char *example = "";
    const char *found;

    for (size_t i = 0; (found = msvc_header_find(actual->items, name, i)) != NULL; i++) {
        const char *wanted = msvc_header_find(expected->items, name, i);

        example = wanted != NULL ? wanted : example;
        match_value(out, rule, name, example, found);
    }
}

static void match_header(struct msvc__mismatches *out, const struct msvc__part *expected,
                         const struct msvc__part *actual, const char *name)
{
    const struct msvc__rule *rule = msvc__rules_for_name(&expected->rules, MSVC__RULE_HEADER, name);
    char *wanted = join(&expected->headers, name);
    char *found = join(&actual->headers, name);

    if (wanted == NULL || found == NULL)
        out->status = MSVC_ERR_NOMEM;
    else if (msvc_header_find(actual->headers.items, name, 0) == NULL)
        add_missing(out, name, wanted);
    else if (is_list(name))
        match_list(out, rule, name, wanted, found);
    else if (rule != NULL && msvc_header_find(actual->headers.items, name, 1) != NULL)
        match_lines(out, rule, name, &expected->headers, &actual->headers);
    else
        match_value(out, rule, name, wanted, found);
    free(wanted);
    free(found);
}

void msvc__match_headers(struct msvc__mismatches *out, const struct msvc__part *expected,
                         const struct msvc__part *actual)
{
    const struct msvc__pairs *headers = &expected->headers;

    for (size_t i = 0; i < headers->count; i++) {
        const char *name = headers->items[i].name;

        if (msvc_header_find(headers->items, name, 0) == headers->items[i].value)
            match_header(out, expected, actual, name);
    }
}
