/* SPDX-License-Identifier: MIT */
/* What matchers look at, and how people are told of it. */
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/json.h>

#include "contract/canonical_internal.h"
#include "contract/matcher_internal.h"

#define SHOWN_BYTES 300

bool msvc__subject_is_container(const struct msvc__subject *s)
{
    enum msvc_json_type type = msvc_json_type(s->json);

    return s->is_element || type == MSVC_JSON_ARRAY || type == MSVC_JSON_OBJECT;
}

/* The two booleans are of one type, and an element is a list of its children. */
enum msvc_json_type msvc__subject_type(const struct msvc__subject *s)
{
    enum msvc_json_type type = s->json != NULL ? msvc_json_type(s->json)
                               : s->is_element ? MSVC_JSON_ARRAY
                                               : MSVC_JSON_STRING;

    return type == MSVC_JSON_TRUE ? MSVC_JSON_FALSE : type;
}

const char *msvc__subject_text(const struct msvc__subject *s, size_t *length)
{
    const char *text = s->json != NULL ? msvc_json_string(s->json, length) : s->text;

    if (s->json == NULL) {
        *length = s->is_element ? strlen(text) : s->length;
        return text;
    }
    if (text != NULL)
        return text;
    text = msvc_json_number(s->json);
    if (text == NULL)
        text = msvc_json_type(s->json) == MSVC_JSON_NULL   ? "null"
               : msvc_json_type(s->json) == MSVC_JSON_TRUE ? "true"
                                                           : "false";
    *length = strlen(text);
    return text;
}

static const char *type_name(const struct msvc_json *json)
{
    static const char *const names[] = {
        [MSVC_JSON_NONE] = "Nothing", [MSVC_JSON_NULL] = "Null",     [MSVC_JSON_FALSE] = "Boolean",
        [MSVC_JSON_TRUE] = "Boolean", [MSVC_JSON_NUMBER] = "Number", [MSVC_JSON_STRING] = "String",
        [MSVC_JSON_ARRAY] = "Array",  [MSVC_JSON_OBJECT] = "Object",
    };
    enum msvc_json_type type = msvc_json_type(json);

    if (type == MSVC_JSON_NUMBER)
        return msvc__number_is_whole(msvc_json_number(json)) ? "Integer" : "Decimal";
    return names[type];
}

/* Never in the middle of a character. */
static void cut(struct msvc_buffer *out, size_t start)
{
    size_t end = start + SHOWN_BYTES;

    if (out->length <= end)
        return;
    while (end > start && ((unsigned char)out->data[end] & 0xC0) == 0x80)
        end--;
    msvc_buffer_truncate(out, end);
    msvc_buffer_text(out, "…");
}

static void show_elements(struct msvc_buffer *out, const struct msvc_json *array)
{
    size_t start = out->length;

    msvc_buffer_byte(out, '[');
    for (const struct msvc_json *one = msvc_json_first(array);
         one != NULL && out->length < start + SHOWN_BYTES; one = msvc_json_next(one)) {
        if (one != msvc_json_first(array))
            msvc_buffer_text(out, ", ");
        (void)msvc__canonical(out, one);
    }
    msvc_buffer_byte(out, ']');
}

void msvc__subject_show(struct msvc_buffer *out, const struct msvc__subject *s)
{
    size_t start = out->length;
    size_t length = 0;
    const char *text;

    if (msvc_json_type(s->json) == MSVC_JSON_ARRAY) {
        show_elements(out, s->json);
    } else if (msvc_json_type(s->json) == MSVC_JSON_OBJECT) {
        (void)msvc__canonical(out, s->json);
    } else {
        text = msvc__subject_text(s, &length);
        msvc_buffer_bytes(out, text, length);
    }
    cut(out, start);
}

void msvc__subject_describe(struct msvc_buffer *out, const struct msvc__subject *s)
{
    bool is_text = msvc__subject_type(s) == MSVC_JSON_STRING;

    if (is_text || s->is_element)
        msvc_buffer_byte(out, s->is_element ? '<' : '\'');
    msvc__subject_show(out, s);
    if (is_text || s->is_element)
        msvc_buffer_byte(out, s->is_element ? '>' : '\'');
    if (s->json != NULL)
        msvc_buffer_printf(out, " (%s)", type_name(s->json));
}
