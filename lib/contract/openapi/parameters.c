/* SPDX-License-Identifier: MIT */
/* Parameters of path, query and headers. */
#include "contract/openapi/openapi_internal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <msvc/error.h>
#include <msvc/status.h>

static const char *text_of(const struct msvc_json *object, const char *name)
{
    const char *text = msvc_json_string(msvc_json_member(object, name), NULL);

    return text != NULL ? text : "";
}

static bool is_required(const struct msvc_json *parameter)
{
    return msvc_json_type(msvc_json_member(parameter, "required")) == MSVC_JSON_TRUE;
}

/* "filter[size]" belongs to the object "filter". */
static bool is_meant(const struct msvc_json *parameter, const char *name, bool ignores_case)
{
    const char *own = text_of(parameter, "name");
    size_t length = strlen(own);

    if (ignores_case)
        return strcasecmp(own, name) == 0;
    return strncmp(own, name, length) == 0 && (name[length] == '\0' || name[length] == '[');
}

/* What a list in one value is cut at; 0 when it is not cut. */
static char separator_of(const struct msvc_json *parameter)
{
    const char *style = text_of(parameter, "style");
    const struct msvc_json *explode = msvc_json_member(parameter, "explode");
    bool is_query = strcmp(text_of(parameter, "in"), "query") == 0;

    if (strcmp(style, "spaceDelimited") == 0)
        return ' ';
    if (strcmp(style, "pipeDelimited") == 0)
        return '|';
    return !is_query || msvc_json_type(explode) == MSVC_JSON_FALSE ? ',' : '\0';
}

static void check_items(struct msvc__agree *c, const struct msvc_json *parameter,
                        const struct msvc_json *schema, const char *value)
{
    const struct msvc_json *items = msvc_json_member(schema, "items");
    char separator = separator_of(parameter);
    char cut[2] = { separator, '\0' };
    size_t length = msvc__agree_enter(c, "items");

    for (;;) {
        size_t one = separator != '\0' ? strcspn(value, cut) : strlen(value);
        struct msvc_buffer text = MSVC_BUFFER_INIT;

        msvc_buffer_bytes(&text, value, one);
        msvc__agree_text(c, items, text.data != NULL ? text.data : "");
        msvc_buffer_clear(&text);
        if (value[one] == '\0')
            break;
        value += one + 1;
    }
    msvc__agree_leave(c, length);
}

/* Objects are spread over names in ways that only the provider knows: they are left alone. */
static void check_value(struct msvc__agree *c, const struct msvc_json *parameter, const char *value)
{
    struct msvc__followed followed;
    const struct msvc_json *given = msvc_json_member(parameter, "schema");
    size_t length = msvc__agree_enter(c, "schema");
    const struct msvc_json *schema = msvc__agree_follow(c, &followed, given);
    const char *type = text_of(schema, "type");

    if (strcmp(type, "array") == 0)
        check_items(c, parameter, schema, value);
    else if (schema != NULL && strcmp(type, "object") != 0)
        msvc__agree_text(c, schema, value);
    msvc__agree_back(c, &followed);
    msvc__agree_leave(c, length);
}

struct place_of {
    const char *in; /* "query" */
    const char *part;
    const struct msvc__pairs *pairs;
    bool ignores_case;
};

static void check_one(struct msvc__agree *c, const struct msvc_json *parameter,
                      const struct place_of *where)
{
    bool is_there = false;

    c->name = text_of(parameter, "name");
    c->part = where->part;
    for (size_t i = 0; i < where->pairs->count; i++) {
        if (!is_meant(parameter, where->pairs->items[i].name, where->ignores_case))
            continue;
        is_there = true;
        check_value(c, parameter, where->pairs->items[i].value);
    }
    if (!is_there && is_required(parameter))
        msvc__agree_fail(c, NULL, "the document requires it, the pact does not send it");
    c->name = NULL;
}

/* OpenAPI says itself that these three are described elsewhere. */
static bool is_left_alone(const char *in, const char *name)
{
    return strcmp(in, "header") == 0 &&
           (strcasecmp(name, "Accept") == 0 || strcasecmp(name, "Content-Type") == 0 ||
            strcasecmp(name, "Authorization") == 0);
}

/* A parameter of the operation stands for one of the path item with the same name and place. */
static bool is_overridden(const struct msvc__agree *c, const struct msvc_json *parameter,
                          const struct msvc_json *operation)
{
    for (const struct msvc_json *one = msvc_json_first(msvc_json_member(operation, "parameters"));
         one != NULL; one = msvc_json_next(one)) {
        const struct msvc_json *other = msvc__openapi_resolve(c->root, one);

        if (strcmp(text_of(other, "name"), text_of(parameter, "name")) == 0 &&
            strcmp(text_of(other, "in"), text_of(parameter, "in")) == 0)
            return true;
    }
    return false;
}

static void check_list(struct msvc__agree *c, const struct msvc_json *list,
                       const struct msvc_json *operation, const struct place_of *places)
{
    size_t index = 0;

    for (const struct msvc_json *one = msvc_json_first(list); one != NULL;
         one = msvc_json_next(one)) {
        size_t length = msvc__agree_enter(c, "parameters");
        struct msvc__followed followed;
        const struct msvc_json *parameter;
        char name[24];

        (void)snprintf(name, sizeof(name), "%zu", index++);
        (void)msvc__agree_enter(c, name);
        parameter = msvc__agree_follow(c, &followed, one);
        for (size_t i = 0; i < 3 && parameter != NULL; i++) {
            if (strcmp(places[i].in, text_of(parameter, "in")) == 0 &&
                !is_left_alone(places[i].in, text_of(parameter, "name")) &&
                (operation == NULL || !is_overridden(c, parameter, operation)))
                check_one(c, parameter, &places[i]);
        }
        msvc__agree_back(c, &followed);
        msvc__agree_leave(c, length);
    }
}

static bool is_described(const struct msvc__agree *c, const struct msvc_json *owner,
                         const char *name)
{
    for (const struct msvc_json *one = msvc_json_first(msvc_json_member(owner, "parameters"));
         one != NULL; one = msvc_json_next(one)) {
        const struct msvc_json *parameter = msvc__openapi_resolve(c->root, one);

        if (strcmp(text_of(parameter, "in"), "query") != 0)
            continue;
        if (is_meant(parameter, name, false) ||
            strcmp(text_of(msvc__openapi_resolve(c->root, msvc_json_member(parameter, "schema")),
                           "type"),
                   "object") == 0)
            return true;
    }
    return false;
}

void msvc__agree_parameters(struct msvc__agree *c, const struct msvc__route *route,
                            const struct msvc_json *operation, const struct msvc__part *request)
{
    const struct place_of places[] = {
        { "path", "request.path", &route->params, false },
        { "query", "request.query", &request->query, false },
        { "header", "request.header", &request->headers, true },
    };

    check_list(c, msvc_json_member(operation, "parameters"), NULL, places);
    check_list(c, msvc_json_member(route->item, "parameters"), operation, places);
    c->part = "request.query";
    for (size_t i = 0; i < request->query.count; i++) {
        c->name = request->query.items[i].name;
        if (!is_described(c, operation, c->name) && !is_described(c, route->item, c->name))
            msvc__agree_fail(c, NULL, "the document does not describe this parameter");
    }
    c->name = NULL;
}
