/* SPDX-License-Identifier: MIT */
/* Interactions: which members each version has, and what may stand in them. */
#include <string.h>
#include <strings.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "contract/check_internal.h"
#include "contract/model_internal.h"

static void check_method(struct msvc__check *c, const struct msvc_json *value)
{
    static const char *const methods[] = { "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS",
                                           "PATCH",   "POST",   "PUT", "TRACE" };
    const char *method = msvc_json_string(value, NULL);

    for (size_t i = 0; method != NULL && i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (strcasecmp(methods[i], method) == 0)
            return;
    }
    msvc__check_complain(c, "expected a method of HTTP, found \"%s\"",
                         method != NULL ? method : "");
}

static void check_status(struct msvc__check *c, const struct msvc_json *value)
{
    int64_t status = 0;

    if (msvc_json_get_int(&status, value) < 0 || status < 100 || status > 599)
        msvc__check_complain(c, "expected a whole number from 100 to 599%s%s",
                             msvc_json_number(value) != NULL ? ", found " : "",
                             msvc_json_number(value) != NULL ? msvc_json_number(value) : "");
}

/* "a=1&b=2&": names and values are never empty, and of equals signs there is one each. */
static bool is_query(const char *text)
{
    while (*text != '\0') {
        size_t name = strcspn(text, "=&");
        size_t value = text[name] == '=' ? strcspn(text + name + 1, "=&") : 0;

        if (name == 0 || value == 0)
            return false;
        text += name + 1 + value;
        if (*text == '=')
            return false;
        text += *text == '&';
    }
    return true;
}

static void check_texts(struct msvc__check *c, const struct msvc_json *value)
{
    if (msvc_json_type(value) == MSVC_JSON_ARRAY)
        msvc__check_list(c, value, msvc__check_text);
    else
        msvc__check_text(c, value);
}

static void check_query(struct msvc__check *c, const struct msvc_json *value)
{
    const char *text = msvc_json_string(value, NULL);

    if (c->version >= 3)
        msvc__check_map(c, value, check_texts);
    else if (text == NULL)
        msvc__check_text(c, value);
    else if (!is_query(text))
        msvc__check_complain(c, "expected \"name=value&name=value\", found \"%s\"", text);
}

static void check_headers(struct msvc__check *c, const struct msvc_json *value)
{
    msvc__check_map(c, value, c->version >= 3 ? check_texts : msvc__check_text);
}

static void check_encoded(struct msvc__check *c, const struct msvc_json *value)
{
    if (msvc_json_type(value) != MSVC_JSON_STRING)
        msvc__check_boolean(c, value);
}

static void check_body(struct msvc__check *c, const struct msvc_json *value)
{
    static const struct msvc__check_member members[] = {
        { "content", false, 4, 0, msvc__check_any },
        { "contentType", false, 4, 0, msvc__check_text },
        { "contentTypeHint", false, 4, 0, msvc__check_text },
        { "encoded", false, 4, 0, check_encoded },
        { .name = NULL },
    };

    if (c->version >= 4 && msvc_json_type(value) != MSVC_JSON_NULL)
        msvc__check_object(c, value, members, false);
}

static void check_request(struct msvc__check *c, const struct msvc_json *value)
{
    static const struct msvc__check_member members[] = {
        { "method", true, 1, 0, check_method },
        { "path", true, 1, 0, msvc__check_text },
        { "query", false, 1, 0, check_query },
        { "headers", false, 1, 0, check_headers },
        { "body", false, 1, 0, check_body },
        { "matchingRules", false, 2, 0, msvc__check_rules },
        { "generators", false, 3, 0, msvc__check_generators },
        { .name = NULL },
    };

    msvc__check_object(c, value, members, false);
}

static void check_response(struct msvc__check *c, const struct msvc_json *value)
{
    static const struct msvc__check_member members[] = {
        { "status", true, 1, 0, check_status },
        { "headers", false, 1, 0, check_headers },
        { "body", false, 1, 0, check_body },
        { "matchingRules", false, 2, 0, msvc__check_rules },
        { "generators", false, 3, 0, msvc__check_generators },
        { .name = NULL },
    };

    msvc__check_object(c, value, members, false);
}

static void check_state(struct msvc__check *c, const struct msvc_json *value)
{
    static const struct msvc__check_member members[] = {
        { "name", true, 3, 0, msvc__check_text },
        { "params", false, 3, 0, msvc__check_any_object },
        { .name = NULL },
    };

    msvc__check_object(c, value, members, false);
}

static void check_states(struct msvc__check *c, const struct msvc_json *value)
{
    msvc__check_list(c, value, check_state);
}

static void check_comments(struct msvc__check *c, const struct msvc_json *value)
{
    static const struct msvc__check_member members[] = {
        { "text", false, 4, 0, check_texts },
        { "testname", false, 4, 0, msvc__check_text },
        { "references", false, 4, 0, msvc__check_any_object },
        { .name = NULL },
    };

    msvc__check_object(c, value, members, true);
}

/* What all kinds of version 4 have. */
#define COMMON                                                                                     \
    { "type", true, 4, 0, msvc__check_text }, { "description", true, 1, 0, msvc__check_text },     \
        { "key", false, 4, 0, msvc__check_text }, { "pending", false, 4, 0, msvc__check_boolean }, \
        { "comments", false, 4, 0, check_comments },                                               \
        { "providerStates", false, 3, 0, check_states },                                           \
        { "pluginConfiguration", false, 4, 0, msvc__check_any_object },                            \
        { "interactionMarkup", false, 4, 0, msvc__check_any_object },                              \
    {                                                                                              \
        "transport", false, 4, 0, msvc__check_text                                                 \
    }

static void check_http(struct msvc__check *c, const struct msvc_json *value)
{
    static const struct msvc__check_member members[] = {
        COMMON,
        { "providerState", false, 1, 2, msvc__check_text },
        { "provider_state", false, 1, 2, msvc__check_text },
        { "request", true, 1, 0, check_request },
        { "response", true, 1, 0, check_response },
        { .name = NULL },
    };

    msvc__check_object(c, value, members, false);
}

#define CONTENTS                                                                                  \
    { "contents", false, 3, 0, check_body }, { "metadata", false, 3, 0, msvc__check_any_object }, \
        { "matchingRules", false, 3, 0, msvc__check_rules },                                      \
    {                                                                                             \
        "generators", false, 3, 0, msvc__check_generators                                         \
    }

void msvc__check_message(struct msvc__check *c, const struct msvc_json *value)
{
    static const struct msvc__check_member members[] = {
        COMMON,
        CONTENTS,
        { "metaData", false, 3, 3, msvc__check_any_object },
        { "providerState", false, 3, 3, msvc__check_text },
        { .name = NULL },
    };

    msvc__check_object(c, value, members, false);
}

static void check_contents(struct msvc__check *c, const struct msvc_json *value)
{
    static const struct msvc__check_member members[] = { CONTENTS, { .name = NULL } };

    msvc__check_object(c, value, members, false);
}

static void check_responses(struct msvc__check *c, const struct msvc_json *value)
{
    msvc__check_list(c, value, check_contents);
}

static void check_synchronous(struct msvc__check *c, const struct msvc_json *value)
{
    static const struct msvc__check_member members[] = {
        COMMON,
        { "request", true, 4, 0, check_contents },
        { "response", true, 4, 0, check_responses },
        { .name = NULL },
    };

    msvc__check_object(c, value, members, false);
}

void msvc__check_interaction(struct msvc__check *c, const struct msvc_json *value)
{
    const char *type = msvc_json_string(msvc_json_member(value, "type"), NULL);

    if (c->version < 4 || type == NULL || strcmp(type, msvc__kind_name(MSVC_PACT_KIND_HTTP)) == 0)
        check_http(c, value);
    else if (strcmp(type, msvc__kind_name(MSVC_PACT_KIND_MESSAGE)) == 0)
        msvc__check_message(c, value);
    else if (strcmp(type, msvc__kind_name(MSVC_PACT_KIND_SYNCHRONOUS_MESSAGE)) == 0)
        check_synchronous(c, value);
    else
        msvc__check_complain(c, "expected a type of interaction of version 4, found \"%s\"", type);
}
