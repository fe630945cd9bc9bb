/* SPDX-License-Identifier: MIT */
/* The file as a whole, and the means to look at any value of it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "contract/check_internal.h"
#include "contract/model_internal.h"
#include "contract/pact_internal.h"

static const char *type_name(const struct msvc_json *value)
{
    static const char *const names[] = {
        [MSVC_JSON_NONE] = "nothing",    [MSVC_JSON_NULL] = "null",
        [MSVC_JSON_FALSE] = "a boolean", [MSVC_JSON_TRUE] = "a boolean",
        [MSVC_JSON_NUMBER] = "a number", [MSVC_JSON_STRING] = "a text",
        [MSVC_JSON_ARRAY] = "a list",    [MSVC_JSON_OBJECT] = "an object",
    };

    return names[msvc_json_type(value)];
}

void msvc__check_complain(struct msvc__check *c, const char *format, ...)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    va_list arguments;

    c->count++;
    va_start(arguments, format);
    msvc_buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    if (c->problem != NULL && msvc_buffer_status(&text) == 0 && msvc_buffer_status(&c->path) == 0)
        c->problem(c->path.data, text.data, c->user);
    msvc_buffer_clear(&text);
}

void msvc__check_member(struct msvc__check *c, const struct msvc_json *value, msvc__check_fn *check)
{
    size_t start = c->path.length;
    size_t length = 0;
    const char *name = msvc_json_name(value, &length);

    msvc__path_write_name(&c->path, name, length);
    check(c, value);
    msvc_buffer_truncate(&c->path, start);
}

void msvc__check_element(struct msvc__check *c, const struct msvc_json *value, size_t index,
                         msvc__check_fn *check)
{
    size_t start = c->path.length;

    msvc_buffer_printf(&c->path, "[%zu]", index);
    check(c, value);
    msvc_buffer_truncate(&c->path, start);
}

static bool is_object(struct msvc__check *c, const struct msvc_json *value)
{
    if (msvc_json_type(value) == MSVC_JSON_OBJECT)
        return true;
    msvc__check_complain(c, "expected an object, found %s", type_name(value));
    return false;
}

static bool has_member(const struct msvc__check *c, const struct msvc__check_member *member)
{
    return c->version >= member->from && (member->to == 0 || c->version <= member->to);
}

static const struct msvc__check_member *find(const struct msvc__check *c,
                                             const struct msvc__check_member *members,
                                             const char *name)
{
    for (; members->name != NULL; members++) {
        if (has_member(c, members) && strcmp(members->name, name) == 0)
            return members;
    }
    return NULL;
}

static void refuse(struct msvc__check *c, const struct msvc_json *value)
{
    (void)value;
    msvc__check_complain(c, "version %u of the specification has no such member", c->version);
}

void msvc__check_object(struct msvc__check *c, const struct msvc_json *value,
                        const struct msvc__check_member *members, bool is_open)
{
    if (!is_object(c, value))
        return;
    for (const struct msvc_json *one = msvc_json_first(value); one != NULL;
         one = msvc_json_next(one)) {
        const struct msvc__check_member *member = find(c, members, msvc_json_name(one, NULL));

        if (member != NULL)
            msvc__check_member(c, one, member->check);
        else if (!is_open)
            msvc__check_member(c, one, refuse);
    }
    for (; members->name != NULL; members++) {
        if (members->is_required && has_member(c, members) &&
            msvc_json_member(value, members->name) == NULL)
            msvc__check_complain(c, "expected a member \"%s\"", members->name);
    }
}

void msvc__check_list(struct msvc__check *c, const struct msvc_json *value, msvc__check_fn *each)
{
    size_t index = 0;

    if (msvc_json_type(value) != MSVC_JSON_ARRAY) {
        msvc__check_complain(c, "expected a list, found %s", type_name(value));
        return;
    }
    for (const struct msvc_json *one = msvc_json_first(value); one != NULL;
         one = msvc_json_next(one))
        msvc__check_element(c, one, index++, each);
}

void msvc__check_map(struct msvc__check *c, const struct msvc_json *value, msvc__check_fn *each)
{
    if (!is_object(c, value))
        return;
    for (const struct msvc_json *one = msvc_json_first(value); one != NULL;
         one = msvc_json_next(one))
        msvc__check_member(c, one, each);
}

void msvc__check_any(struct msvc__check *c, const struct msvc_json *value)
{
    (void)c;
    (void)value;
}

void msvc__check_text(struct msvc__check *c, const struct msvc_json *value)
{
    if (msvc_json_type(value) != MSVC_JSON_STRING)
        msvc__check_complain(c, "expected a text, found %s", type_name(value));
}

void msvc__check_boolean(struct msvc__check *c, const struct msvc_json *value)
{
    if (msvc_json_type(value) != MSVC_JSON_TRUE && msvc_json_type(value) != MSVC_JSON_FALSE)
        msvc__check_complain(c, "expected true or false, found %s", type_name(value));
}

void msvc__check_any_object(struct msvc__check *c, const struct msvc_json *value)
{
    (void)is_object(c, value);
}

static void check_party(struct msvc__check *c, const struct msvc_json *value)
{
    static const struct msvc__check_member members[] = { { "name", true, 1, 0, msvc__check_text },
                                                         { .name = NULL } };

    msvc__check_object(c, value, members, true);
}

static void check_version(struct msvc__check *c, const struct msvc_json *value)
{
    static const struct msvc__check_member members[] = {
        { "version", true, 1, 0, msvc__check_text }, { .name = NULL }
    };

    msvc__check_object(c, value, members, false);
}

static void check_metadata(struct msvc__check *c, const struct msvc_json *value)
{
    static const struct msvc__check_member members[] = {
        { "pactSpecification", false, 1, 0, check_version },
        { "pact-specification", false, 1, 3, check_version },
        { "pactSpecificationVersion", false, 1, 3, msvc__check_text },
        { .name = NULL },
    };

    msvc__check_object(c, value, members, true);
}

static void check_interactions(struct msvc__check *c, const struct msvc_json *value)
{
    msvc__check_list(c, value, msvc__check_interaction);
}

static void check_messages(struct msvc__check *c, const struct msvc_json *value)
{
    msvc__check_list(c, value, msvc__check_message);
}

static void check_root(struct msvc__check *c, const struct msvc_json *root)
{
    static const struct msvc__check_member members[] = {
        { "consumer", true, 1, 0, check_party },
        { "provider", true, 1, 0, check_party },
        { "interactions", false, 1, 0, check_interactions },
        { "messages", false, 3, 3, check_messages },
        { "metadata", false, 1, 0, check_metadata },
        { .name = NULL },
    };
    bool has_messages = c->version == 3 && msvc_json_member(root, "messages") != NULL;

    msvc__check_object(c, root, members, true);
    if (msvc_json_type(root) == MSVC_JSON_OBJECT && !has_messages &&
        msvc_json_member(root, "interactions") == NULL)
        msvc__check_complain(c, "expected a member \"interactions\"%s",
                             c->version == 3 ? " or \"messages\"" : "");
}

static int check_document(struct msvc__check *c, const struct msvc_json *root,
                          struct msvc_error *err)
{
    int status = c->version == 0 ? msvc__pact_version(&c->version, root, err) : 0;

    if (status < 0)
        return status;
    c->has_plugins =
        msvc_json_count(msvc_json_member(msvc_json_member(root, "metadata"), "plugins")) > 0;
    msvc_buffer_byte(&c->path, '$');
    check_root(c, root);
    if (msvc_buffer_status(&c->path) < 0)
        return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
    return c->count;
}

int msvc_pact_check(const char *text, size_t length, unsigned version,
                    msvc_pact_problem_fn *problem, void *user, struct msvc_error *err)
{
    struct msvc__check c = { .version = version, .problem = problem, .user = user };
    struct msvc_json_document *document = NULL;
    int status;

    if (text == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0,
                              "expected a text, found NULL");
    if (version > 4)
        return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, MSVC__CONTRACT, 0,
                              "pact specification version %u, expected 1 to 4", version);
    status = msvc__pact_document(&document, text, length, err);
    if (status == 0)
        status = check_document(&c, msvc_json_root(document), err);
    msvc_json_free(document);
    msvc_buffer_clear(&c.path);
    return status;
}
