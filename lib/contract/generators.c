/* SPDX-License-Identifier: MIT */
/*
 * Which values are made anew, and how: a map for each part of a request or
 * response, as matching rules have it.
 */
#include "contract/generators_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/attributes_internal.h"

#define LENGTH_DEFAULT   10
#define INT_MOST_DEFAULT 10

static const struct {
    const char *type;
    enum msvc__generator_kind kind;
    const char *text;       /* the attribute that is kept as text */
    const char *expression; /* the one that is kept as expression */
    bool needs_text, needs_expression;
} known[] = {
    { "RandomInt", MSVC__GENERATE_INT, NULL, NULL, false, false },
    { "RandomDecimal", MSVC__GENERATE_DECIMAL, NULL, NULL, false, false },
    { "RandomHexadecimal", MSVC__GENERATE_HEXADECIMAL, NULL, NULL, false, false },
    { "RandomString", MSVC__GENERATE_STRING, NULL, NULL, false, false },
    { "Regex", MSVC__GENERATE_REGEX, "regex", NULL, true, false },
    { "Uuid", MSVC__GENERATE_UUID, "format", NULL, false, false },
    { "Date", MSVC__GENERATE_DATE, "format", "expression", false, false },
    { "Time", MSVC__GENERATE_TIME, "format", "expression", false, false },
    { "DateTime", MSVC__GENERATE_DATETIME, "format", "expression", false, false },
    { "RandomBoolean", MSVC__GENERATE_BOOLEAN, NULL, NULL, false, false },
    { "ProviderState", MSVC__GENERATE_PROVIDER_STATE, NULL, "expression", false, true },
    { "MockServerURL", MSVC__GENERATE_MOCK_URL, "example", "regex", true, true },
};

static int no_memory(struct msvc_error *err)
{
    return msvc_error_set(err, MSVC_ERR_NOMEM, "contract", 0, "no memory");
}

/* The numbers: min, max, digits, size. */
static int read_limits(struct msvc__generator *g, const struct msvc_json *json,
                       struct msvc_error *err)
{
    const char *name = g->kind == MSVC__GENERATE_STRING ? "size" : "digits";
    int64_t length = LENGTH_DEFAULT;
    int status = msvc__attribute_int(&g->least, NULL, json, "min", INT64_MIN, err);

    g->most = INT_MOST_DEFAULT;
    if (status == 0)
        status = msvc__attribute_int(&g->most, NULL, json, "max", INT64_MIN, err);
    if (status == 0)
        status = msvc__attribute_int(&length, NULL, json, name, 0, err);
    if (status == 0 && (length > MSVC__GENERATED_LENGTH_MAX || g->most < g->least))
        return msvc_error_set(err, MSVC_ERR_MALFORMED, "contract", 0,
                              "expected min not above max and at most %d digits",
                              MSVC__GENERATED_LENGTH_MAX);
    g->length = (size_t)length;
    return status;
}

static int read_texts(struct msvc__generator *g, const struct msvc_json *json, size_t index,
                      struct msvc_error *err)
{
    int status = msvc__attribute_text(&g->data_type, json, "dataType", err);

    if (status == 0 && known[index].text != NULL)
        status = msvc__attribute_text(&g->text, json, known[index].text, err);
    if (status == 0 && known[index].expression != NULL)
        status = msvc__attribute_text(&g->expression, json, known[index].expression, err);
    if (status == 0 && ((known[index].needs_text && g->text == NULL) ||
                        (known[index].needs_expression && g->expression == NULL)))
        return msvc_error_set(err, MSVC_ERR_MALFORMED, "contract", 0,
                              "expected generator %s to have a \"%s\"", g->type,
                              g->text == NULL && known[index].needs_text ? known[index].text
                                                                         : known[index].expression);
    return status;
}

static int read_into(struct msvc__generator *g, const struct msvc_json *json,
                     struct msvc_error *err)
{
    const char *type = msvc_json_string(msvc_json_member(json, "type"), NULL);
    int status = 0;

    if (type == NULL)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, "contract", 0,
                              "expected a generator to be an object with a text \"type\"");
    g->kind = MSVC__GENERATE_UNSUPPORTED;
    g->type = msvc__copy_text(type);
    if (g->type == NULL)
        return no_memory(err);
    for (size_t i = 0; status == 0 && i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i].type, type) != 0)
            continue;
        g->kind = known[i].kind;
        status = read_limits(g, json, err);
        if (status == 0)
            status = read_texts(g, json, i, err);
    }
    return status;
}

int msvc__generator_read(struct msvc__generator *out, const struct msvc_json *json,
                         struct msvc_error *err)
{
    struct msvc__generator generator = { .type = NULL };
    int status = read_into(&generator, json, err);

    if (status < 0)
        msvc__generator_clear(&generator);
    else
        *out = generator;
    return status;
}

void msvc__generator_clear(struct msvc__generator *g)
{
    free(g->where);
    msvc__path_clear(&g->path);
    free(g->name);
    free(g->type);
    free(g->text);
    free(g->expression);
    free(g->data_type);
    *g = (struct msvc__generator){ .type = NULL };
}

void msvc__generators_clear(struct msvc__generators *generators)
{
    for (size_t i = 0; i < generators->count; i++)
        msvc__generator_clear(&generators->items[i]);
    free(generators->items);
    *generators = (struct msvc__generators){ .items = NULL };
}

/* key: a path in the body, a name; NULL where there is only one generator. */
static int place(struct msvc__generator *g, enum msvc__category category, const char *key,
                 struct msvc_error *err)
{
    g->category = category;
    g->where = msvc__copy_text(key != NULL ? key : "$");
    if (g->where == NULL)
        return no_memory(err);
    if (category == MSVC__RULE_BODY)
        return msvc__path_parse(&g->path, g->where, err);
    return key != NULL ? msvc__rule_name_read(&g->name, key, err) : 0;
}

static int add(struct msvc__generators *list, enum msvc__category category, const char *key,
               const struct msvc_json *json, struct msvc_error *err)
{
    struct msvc__generator *grown;
    struct msvc__generator one;
    int status = msvc__generator_read(&one, json, err);

    if (status < 0) {
        msvc_error_prefix(err, "generator %s", key != NULL ? key : "$");
        return status;
    }
    status = place(&one, category, key, err);
    grown = status == 0 ? msvc__grow(list->items, (list->count + 1) * sizeof(*grown)) : NULL;
    if (grown != NULL) {
        list->items = grown;
        grown[list->count++] = one;
        return 0;
    }
    msvc__generator_clear(&one);
    return status < 0 ? status : no_memory(err);
}

static int add_all(struct msvc__generators *list, enum msvc__category category,
                   const struct msvc_json *json, struct msvc_error *err)
{
    int status = 0;

    if (msvc_json_type(json) != MSVC_JSON_OBJECT)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, "contract", 0,
                              "expected generators of a part to be an object");
    if (msvc__category_is_single(category) && msvc_json_member(json, "type") != NULL)
        return add(list, category, NULL, json, err);
    for (const struct msvc_json *one = msvc_json_first(json); status == 0 && one != NULL;
         one = msvc_json_next(one))
        status =
            add(list, category,
                msvc__category_is_single(category) ? NULL : msvc_json_name(one, NULL), one, err);
    return status;
}

int msvc__generators_read_paths(struct msvc__generators *out, const struct msvc_json *json,
                                struct msvc_error *err)
{
    struct msvc__generators list = { .items = NULL };
    int status = json != NULL ? add_all(&list, MSVC__RULE_BODY, json, err) : 0;

    if (status < 0)
        msvc__generators_clear(&list);
    else
        *out = list;
    return status;
}

int msvc__generators_read(struct msvc__generators *out, const struct msvc_json *json,
                          struct msvc_error *err)
{
    struct msvc__generators list = { .items = NULL };
    enum msvc__category category;
    int status = 0;

    if (json != NULL && msvc_json_type(json) != MSVC_JSON_OBJECT &&
        msvc_json_type(json) != MSVC_JSON_NULL)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, "contract", 0,
                              "expected generators to be an object");
    for (const struct msvc_json *one = msvc_json_first(json); status == 0 && one != NULL;
         one = msvc_json_next(one)) {
        if (msvc__category_find(&category, msvc_json_name(one, NULL)))
            status = add_all(&list, category, one, err);
    }
    if (status < 0)
        msvc__generators_clear(&list);
    else
        *out = list;
    return status;
}
