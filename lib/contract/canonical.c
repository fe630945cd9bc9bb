/* SPDX-License-Identifier: MIT */
/* Two values that say the same are written the same, so that files can be compared by their bytes.
 */
#include "contract/canonical_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/rules_internal.h"

struct form {
    struct msvc_buffer *out;
    bool is_pretty;
    int status;
};

void msvc__canonical_text(struct msvc_buffer *out, const char *text, size_t length)
{
    struct msvc_json_writer w;

    msvc_json_writer_init(&w, out);
    msvc_json_text_n(&w, text, length);
}

static int by_name(const void *a, const void *b)
{
    const struct msvc_json *const *left = a;
    const struct msvc_json *const *right = b;
    size_t left_length = 0;
    size_t right_length = 0;
    const char *left_name = msvc_json_name(*left, &left_length);
    const char *right_name = msvc_json_name(*right, &right_length);
    size_t least = left_length < right_length ? left_length : right_length;
    int order = memcmp(left_name, right_name, least);

    return order != 0 ? order : (left_length > right_length) - (left_length < right_length);
}

/* The children in the order in which they are written; free() it. NULL when out of memory. */
static const struct msvc_json **children_of(const struct msvc_json *value)
{
    size_t count = msvc_json_count(value);
    const struct msvc_json **children = msvc__new_array(count, sizeof(struct msvc_json *));
    size_t at = 0;

    if (children == NULL)
        return NULL;
    for (const struct msvc_json *child = msvc_json_first(value); child != NULL;
         child = msvc_json_next(child))
        children[at++] = child;
    if (msvc_json_type(value) == MSVC_JSON_OBJECT)
        qsort(children, count, sizeof(struct msvc_json *), by_name);
    return children;
}

static void new_line(struct form *f, unsigned depth)
{
    if (!f->is_pretty)
        return;
    msvc_buffer_byte(f->out, '\n');
    for (unsigned i = 0; i < depth; i++)
        msvc_buffer_text(f->out, "  ");
}

static void write_value(struct form *f, const struct msvc_json *value, unsigned depth);

static void write_children(struct form *f, const struct msvc_json *value, unsigned depth)
{
    size_t count = msvc_json_count(value);
    const struct msvc_json **children = count > 0 ? children_of(value) : NULL;

    if (count > 0 && children == NULL)
        f->status = MSVC_ERR_NOMEM;
    for (size_t i = 0; children != NULL && i < count; i++) {
        size_t length = 0;
        const char *name = msvc_json_name(children[i], &length);

        if (i > 0)
            msvc_buffer_byte(f->out, ',');
        new_line(f, depth + 1);
        if (name != NULL) {
            msvc__canonical_text(f->out, name, length);
            msvc_buffer_text(f->out, f->is_pretty ? ": " : ":");
        }
        write_value(f, children[i], depth + 1);
    }
    if (count > 0)
        new_line(f, depth);
    free(children);
}

static void write_value(struct form *f, const struct msvc_json *value, unsigned depth)
{
    size_t length = 0;
    const char *text = msvc_json_string(value, &length);

    switch (msvc_json_type(value)) {
    case MSVC_JSON_OBJECT:
        msvc_buffer_byte(f->out, '{');
        write_children(f, value, depth);
        msvc_buffer_byte(f->out, '}');
        break;
    case MSVC_JSON_ARRAY:
        msvc_buffer_byte(f->out, '[');
        write_children(f, value, depth);
        msvc_buffer_byte(f->out, ']');
        break;
    case MSVC_JSON_STRING:
        msvc__canonical_text(f->out, text, length);
        break;
    case MSVC_JSON_NUMBER:
        msvc_buffer_text(f->out, msvc_json_number(value));
        break;
    case MSVC_JSON_TRUE:
    case MSVC_JSON_FALSE:
        msvc_buffer_text(f->out, msvc_json_type(value) == MSVC_JSON_TRUE ? "true" : "false");
        break;
    default:
        msvc_buffer_text(f->out, "null");
    }
}

static int write_form(struct form *f, const struct msvc_json *value, unsigned depth)
{
    write_value(f, value, depth);
    return f->status < 0 ? f->status : msvc_buffer_status(f->out);
}

int msvc__canonical(struct msvc_buffer *out, const struct msvc_json *value)
{
    return write_form(&(struct form){ .out = out }, value, 0);
}

int msvc__canonical_pretty(struct msvc_buffer *out, const struct msvc_json *value, unsigned depth)
{
    return write_form(&(struct form){ .out = out, .is_pretty = true }, value, depth);
}

char *msvc__canonical_copy(const struct msvc_json *value)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    char *copy = msvc__canonical(&text, value) == 0 ? msvc_buffer_steal(&text) : NULL;

    msvc_buffer_clear(&text);
    return copy;
}

void msvc__canonical_value(struct msvc_json_writer *w, const struct msvc_json *value)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;

    if (msvc__canonical(&text, value) == 0)
        msvc_json_raw(w, text.data, text.length);
    else
        w->status = MSVC_ERR_NOMEM;
    msvc_buffer_clear(&text);
}

const struct msvc_json *msvc__json_member_n(const struct msvc_json *object, const char *name,
                                            size_t length)
{
    if (strlen(name) == length)
        return msvc_json_member(object, name);
    if (msvc_json_type(object) != MSVC_JSON_OBJECT)
        return NULL;
    for (const struct msvc_json *child = msvc_json_first(object); child != NULL;
         child = msvc_json_next(child)) {
        size_t child_length = 0;
        const char *child_name = msvc_json_name(child, &child_length);

        if (child_length == length && memcmp(child_name, name, length) == 0)
            return child;
    }
    return NULL;
}

static bool same_text(const struct msvc_json *a, const struct msvc_json *b)
{
    size_t a_length = 0;
    size_t b_length = 0;
    const char *a_text = msvc_json_string(a, &a_length);
    const char *b_text = msvc_json_string(b, &b_length);

    return a_length == b_length && memcmp(a_text, b_text, a_length) == 0;
}

static bool same_children(const struct msvc_json *a, const struct msvc_json *b)
{
    bool is_object = msvc_json_type(a) == MSVC_JSON_OBJECT;
    const struct msvc_json *other = msvc_json_first(b);

    if (msvc_json_count(a) != msvc_json_count(b))
        return false;
    for (const struct msvc_json *child = msvc_json_first(a); child != NULL;
         child = msvc_json_next(child)) {
        size_t length = 0;
        const char *name = msvc_json_name(child, &length);

        if (!msvc__json_equal(child, is_object ? msvc__json_member_n(b, name, length) : other))
            return false;
        other = msvc_json_next(other);
    }
    return true;
}

bool msvc__json_equal(const struct msvc_json *a, const struct msvc_json *b)
{
    if (msvc_json_type(a) != msvc_json_type(b))
        return false;
    switch (msvc_json_type(a)) {
    case MSVC_JSON_NUMBER:
        return msvc__number_equal(msvc_json_number(a), msvc_json_number(b));
    case MSVC_JSON_STRING:
        return same_text(a, b);
    case MSVC_JSON_ARRAY:
    case MSVC_JSON_OBJECT:
        return same_children(a, b);
    default:
        return true;
    }
}
