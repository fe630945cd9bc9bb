/* SPDX-License-Identifier: MIT */
/* An OpenAPI document, and references inside of it (RFC 6901). */
#include "contract/openapi/openapi_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/canonical_internal.h"

#define REFERENCES_MAX 32

static int check_version(const struct msvc_json *root, struct msvc_error *err)
{
    const char *version = msvc_json_string(msvc_json_member(root, "openapi"), NULL);

    if (version == NULL)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, MSVC__OPENAPI, 0,
                              "expected an object with the member openapi");
    if (strncmp(version, "3.0", 3) != 0 && strncmp(version, "3.1", 3) != 0)
        return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, MSVC__OPENAPI, 0,
                              "OpenAPI version %s, expected 3.0 or 3.1", version);
    return 0;
}

static int parse_json(struct msvc_json_document **out, const char *text, size_t length,
                      struct msvc_error *err)
{
    struct msvc_buffer json = MSVC_BUFFER_INIT;
    size_t space = 0;
    int status;

    while (space < length && strchr(" \t\r\n", text[space]) != NULL && text[space] != '\0')
        space++;
    if (space < length && text[space] == '{' && msvc_json_parse(out, text, length, NULL, err) == 0)
        return 0;
    status = msvc__yaml_to_json(&json, text, length, err); /* which may begin with a brace too */
    if (status == 0)
        status = msvc_json_parse(out, json.data, json.length, NULL, err);
    msvc_buffer_clear(&json);
    return status;
}

int msvc_openapi_parse(struct msvc_openapi **out, const char *text, size_t length,
                       struct msvc_error *err)
{
    struct msvc_openapi *openapi;
    int status;

    if (out == NULL || text == NULL || length > MSVC_OPENAPI_LENGTH_MAX)
        return msvc_error_set(err, MSVC_ERR_INVALID, MSVC__OPENAPI, 0,
                              "expected a text of at most %d bytes", MSVC_OPENAPI_LENGTH_MAX);
    openapi = msvc__new(sizeof(*openapi));
    if (openapi == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__OPENAPI, 0, "no memory");
    status = parse_json(&openapi->document, text, length, err);
    if (status == 0)
        status = check_version(msvc_json_root(openapi->document), err);
    if (status < 0)
        msvc_openapi_free(openapi);
    else
        *out = openapi;
    return status;
}

void msvc_openapi_free(struct msvc_openapi *openapi)
{
    if (openapi == NULL)
        return;
    msvc_json_free(openapi->document);
    free(openapi);
}

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* One step, decoded into a name: "~1" is a slash, "%7B" a brace. Returns its length in the text. */
static size_t read_step(char *out, size_t room, const char *text)
{
    size_t length = strcspn(text, "/");
    size_t count = 0;

    for (size_t i = 0; i < length && count + 1 < room; i++) {
        if (text[i] == '~' && (text[i + 1] == '0' || text[i + 1] == '1'))
            out[count++] = text[++i] == '0' ? '~' : '/';
        else if (text[i] == '%' && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
            out[count++] = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
            i += 2;
        } else {
            out[count++] = text[i];
        }
    }
    out[count] = '\0';
    return length;
}

static const struct msvc_json *step_into(const struct msvc_json *value, const char *name)
{
    const struct msvc_json *child;
    size_t index = 0;

    if (msvc_json_type(value) != MSVC_JSON_ARRAY)
        return msvc_json_member(value, name);
    if (name[0] == '\0' || strspn(name, "0123456789") != strlen(name) || strlen(name) > 9)
        return NULL;
    index = strtoul(name, NULL, 10);
    for (child = msvc_json_first(value); child != NULL && index > 0; index--)
        child = msvc_json_next(child);
    return child;
}

/* What a local reference leads to; NULL when it leads nowhere. */
static const struct msvc_json *find(const struct msvc_json *root, const char *reference)
{
    const struct msvc_json *value = root;
    char name[512];

    if (*reference++ != '#')
        return NULL;
    while (value != NULL && *reference == '/') {
        reference += 1 + read_step(name, sizeof(name), reference + 1);
        value = step_into(value, name);
    }
    return *reference == '\0' ? value : NULL;
}

static const char *reference_of(const struct msvc_json *value)
{
    return msvc_json_string(msvc_json_member(value, "$ref"), NULL);
}

const struct msvc_json *msvc__openapi_resolve(const struct msvc_json *root,
                                              const struct msvc_json *value)
{
    for (unsigned i = 0; i < REFERENCES_MAX && reference_of(value) != NULL; i++)
        value = find(root, reference_of(value));
    return reference_of(value) == NULL ? value : NULL;
}

const struct msvc_json *msvc__agree_follow(struct msvc__agree *c, struct msvc__followed *followed,
                                           const struct msvc_json *value)
{
    const char *reference = NULL;
    const struct msvc_json *found = value;

    followed->pointer = NULL;
    for (unsigned i = 0; i < REFERENCES_MAX && reference_of(found) != NULL; i++) {
        reference = reference_of(found);
        found = find(c->root, reference);
    }
    if (reference == NULL)
        return value;
    if (found == NULL || reference_of(found) != NULL) {
        msvc__agree_fail(c, NULL, "the document's reference %s leads nowhere", reference);
        return NULL;
    }
    followed->pointer = msvc_buffer_steal(&c->pointer);
    msvc_buffer_text(&c->pointer, reference);
    return found;
}

void msvc__agree_back(struct msvc__agree *c, struct msvc__followed *followed)
{
    if (followed->pointer == NULL)
        return;
    msvc_buffer_clear(&c->pointer);
    msvc_buffer_text(&c->pointer, followed->pointer);
    free(followed->pointer);
    followed->pointer = NULL;
}

size_t msvc__agree_enter(struct msvc__agree *c, const char *name)
{
    size_t length = c->pointer.length;

    msvc_buffer_byte(&c->pointer, '/');
    for (; *name != '\0'; name++) {
        if (*name == '~' || *name == '/')
            msvc_buffer_text(&c->pointer, *name == '~' ? "~0" : "~1");
        else
            msvc_buffer_byte(&c->pointer, *name);
    }
    return length;
}

void msvc__agree_leave(struct msvc__agree *c, size_t length)
{
    msvc_buffer_truncate(&c->pointer, length);
}
