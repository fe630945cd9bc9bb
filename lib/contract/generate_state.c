/* SPDX-License-Identifier: MIT */
/*
 * Values that provider states gave: "${user.id}" is one of them, of its own
 * type; "/users/${user.id}" is a text with it inside. A value that nobody gave
 * is an error, never an empty text.
 */
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/canonical_internal.h"
#include "contract/generate_internal.h"

struct state {
    const struct msvc__generator *generator;
    const struct msvc_json *values;
    struct msvc_error *err;
};

/* One step of a name: a member, or an element by its number. */
static const struct msvc_json *step(const struct msvc_json *value, const char *name, size_t length)
{
    const struct msvc_json *element = msvc_json_first(value);
    unsigned long index;

    if (msvc_json_type(value) == MSVC_JSON_OBJECT)
        return msvc__json_member_n(value, name, length);
    if (msvc_json_type(value) != MSVC_JSON_ARRAY || length == 0 || length > 9 ||
        strspn(name, "0123456789") < length)
        return NULL;
    for (index = strtoul(name, NULL, 10); element != NULL && index > 0; index--)
        element = msvc_json_next(element);
    return element;
}

/* The whole name first: "a.b" may be one. `name` is NUL-terminated. */
static const struct msvc_json *find(const struct msvc_json *values, const char *name)
{
    const struct msvc_json *value = msvc_json_member(values, name);

    if (value != NULL)
        return value;
    for (value = values; value != NULL;) {
        size_t length = strcspn(name, ".");

        value = step(value, name, length);
        if (name[length] == '\0')
            return value;
        name += length + 1;
    }
    return NULL;
}

static int find_named(struct state *s, const char *name, size_t length,
                      const struct msvc_json **out)
{
    char *copy = msvc__copy_bytes(name, length);
    int status = 0;

    if (copy == NULL)
        return msvc_error_set(s->err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
    *out = find(s->values, copy);
    if (*out == NULL)
        status = msvc_error_set(s->err, MSVC_ERR_NOT_FOUND, MSVC__CONTRACT, 0,
                                "no provider state gave a value for ${%s}", copy);
    free(copy);
    return status;
}

static void write_plain(struct msvc_buffer *out, const struct msvc_json *value)
{
    size_t length = 0;
    const char *text = msvc_json_string(value, &length);

    if (text != NULL)
        msvc_buffer_bytes(out, text, length);
    else
        (void)msvc__canonical(out, value);
}

static bool is_type(const struct state *s, const char *type)
{
    return s->generator->data_type != NULL && strcmp(s->generator->data_type, type) == 0;
}

/* Whether a text is JSON of a type: a value may come as a text and be meant as a number. */
static bool is_json_of(const char *text, size_t length, enum msvc_json_type type)
{
    struct msvc_json_document *document = NULL;
    enum msvc_json_type found = MSVC_JSON_NONE;

    if (msvc_json_parse(&document, text, length, NULL, NULL) == 0)
        found = msvc_json_type(msvc_json_root(document));
    msvc_json_free(document);
    return found == type || (type == MSVC_JSON_TRUE && found == MSVC_JSON_FALSE);
}

/* Write a text as what the data type says it is. */
static int write_typed(struct msvc_buffer *out, const struct state *s, const char *text,
                       size_t length)
{
    bool is_whole = is_type(s, "INTEGER");
    bool is_number = is_whole || is_type(s, "DECIMAL") || is_type(s, "FLOAT");
    bool is_boolean = is_type(s, "BOOLEAN");

    if (!is_number && !is_boolean) {
        msvc__canonical_text(out, text, length);
        return 0;
    }
    if (!is_json_of(text, length, is_boolean ? MSVC_JSON_TRUE : MSVC_JSON_NUMBER) ||
        (is_whole && !msvc__number_is_whole(text)))
        return msvc_error_set(s->err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0,
                              "a provider state gave \"%.*s\" for %s, expected %s",
                              (int)(length < 100 ? length : 100), text, s->generator->expression,
                              s->generator->data_type);
    msvc_buffer_bytes(out, text, length);
    return 0;
}

static int write_value(struct msvc_buffer *out, const struct state *s,
                       const struct msvc_json *value)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    int status;

    if (s->generator->data_type == NULL || is_type(s, "RAW"))
        return msvc__canonical(out, value);
    write_plain(&text, value);
    status = write_typed(out, s, text.data != NULL ? text.data : "", text.length);
    msvc_buffer_clear(&text);
    return status;
}

/* Everything but the one reference: texts and values in a row. */
static int write_mixed(struct msvc_buffer *out, struct state *s)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    const char *at = s->generator->expression;
    int status = 0;

    while (status == 0 && *at != '\0') {
        const char *open = strstr(at, "${");
        const char *close = open != NULL ? strchr(open, '}') : NULL;
        const struct msvc_json *value = NULL;

        if (close == NULL) {
            msvc_buffer_text(&text, at);
            break;
        }
        msvc_buffer_bytes(&text, at, (size_t)(open - at));
        status = find_named(s, open + 2, (size_t)(close - open - 2), &value);
        if (status == 0)
            write_plain(&text, value);
        at = close + 1;
    }
    if (status == 0)
        status = write_typed(out, s, text.data != NULL ? text.data : "", text.length);
    msvc_buffer_clear(&text);
    return status;
}

int msvc__generate_state(struct msvc_buffer *json, const struct msvc__generator *generator,
                         const struct msvc_json *values, struct msvc_error *err)
{
    struct state s = { .generator = generator, .values = values, .err = err };
    const char *expression = generator->expression;
    size_t length = strlen(expression);
    const struct msvc_json *value = NULL;
    int status;

    if (strstr(expression, "${") == NULL)
        status = find_named(&s, expression, length, &value);
    else if (strncmp(expression, "${", 2) == 0 &&
             strchr(expression, '}') == expression + length - 1)
        status = find_named(&s, expression + 2, length - 3, &value);
    else
        return write_mixed(json, &s);
    return status == 0 ? write_value(json, &s, value) : status;
}
