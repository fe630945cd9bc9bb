/* SPDX-License-Identifier: MIT */
/*
 * The writer knows at every moment which calls JSON allows; a call that it
 * does not allow writes nothing and is remembered, so that what is in the
 * buffer is a document or is known not to be one. At depth 0 "needs a comma"
 * means that the document is complete.
 */
#include <msvc/json.h>

#include <string.h>

#include <msvc/buffer.h>
#include <msvc/status.h>

#include "base/json_escape_internal.h"
#include "base/number_internal.h"

void msvc_json_writer_init(struct msvc_json_writer *w, struct msvc_buffer *out)
{
    *w = (struct msvc_json_writer){ .out = out, .status = out != NULL ? 0 : MSVC_ERR_INVALID };
}

static void fail(struct msvc_json_writer *w, int status)
{
    if (w->status == 0)
        w->status = status;
}

static bool in_object(const struct msvc_json_writer *w)
{
    unsigned level = w->depth - 1;

    return w->depth > 0 && (w->kinds[level / 8] >> level % 8 & 1) != 0;
}

/* Whether a value may come now; writes the comma before it. */
static bool start_value(struct msvc_json_writer *w)
{
    bool is_second_document = w->depth == 0 && w->needs_comma;

    if (is_second_document || in_object(w) != w->after_key)
        fail(w, MSVC_ERR_STATE);
    if (w->status < 0)
        return false;
    if (w->needs_comma && !w->after_key)
        msvc_buffer_byte(w->out, ',');
    w->needs_comma = true;
    w->after_key = false;
    return true;
}

static void begin(struct msvc_json_writer *w, bool is_object)
{
    uint8_t bit = (uint8_t)(1u << w->depth % 8);

    if (w->depth == MSVC_JSON_DEPTH_MAX)
        fail(w, MSVC_ERR_LIMIT);
    if (!start_value(w))
        return;
    if (is_object)
        w->kinds[w->depth / 8] |= bit;
    else
        w->kinds[w->depth / 8] &= (uint8_t)~bit;
    w->depth++;
    w->needs_comma = false;
    msvc_buffer_byte(w->out, is_object ? '{' : '[');
}

static void end(struct msvc_json_writer *w, bool is_object)
{
    if (w->depth == 0 || w->after_key || in_object(w) != is_object)
        fail(w, MSVC_ERR_STATE);
    if (w->status < 0)
        return;
    w->depth--;
    w->needs_comma = true;
    msvc_buffer_byte(w->out, is_object ? '}' : ']');
}

void msvc_json_begin_object(struct msvc_json_writer *w)
{
    begin(w, true);
}

void msvc_json_end_object(struct msvc_json_writer *w)
{
    end(w, true);
}

void msvc_json_begin_array(struct msvc_json_writer *w)
{
    begin(w, false);
}

void msvc_json_end_array(struct msvc_json_writer *w)
{
    end(w, false);
}

static void put_string(struct msvc_buffer *out, const char *text, size_t length)
{
    size_t at = 0;

    msvc_buffer_byte(out, '"');
    for (;;) {
        size_t plain = msvc__json_plain_length(text + at, length - at);
        char escape[MSVC__JSON_ESCAPE_MAX];
        size_t taken;

        msvc_buffer_bytes(out, text + at, plain);
        at += plain;
        if (at == length)
            break;
        msvc_buffer_bytes(out, escape, msvc__json_escape(escape, &taken, text + at, length - at));
        at += taken;
    }
    msvc_buffer_byte(out, '"');
}

void msvc_json_key(struct msvc_json_writer *w, const char *name)
{
    if (name == NULL)
        fail(w, MSVC_ERR_INVALID);
    if (!in_object(w) || w->after_key)
        fail(w, MSVC_ERR_STATE);
    if (w->status < 0 || name == NULL)
        return;
    if (w->needs_comma)
        msvc_buffer_byte(w->out, ',');
    put_string(w->out, name, strlen(name));
    msvc_buffer_byte(w->out, ':');
    w->after_key = true;
}

void msvc_json_text(struct msvc_json_writer *w, const char *text)
{
    msvc_json_text_n(w, text, text != NULL ? strlen(text) : 0);
}

void msvc_json_text_n(struct msvc_json_writer *w, const char *text, size_t length)
{
    if (text == NULL)
        msvc_json_null(w);
    else if (start_value(w))
        put_string(w->out, text, length);
}

void msvc_json_raw(struct msvc_json_writer *w, const char *json, size_t length)
{
    if (start_value(w))
        msvc_buffer_bytes(w->out, json, length);
}

void msvc_json_int(struct msvc_json_writer *w, int64_t number)
{
    char text[MSVC__NUMBER_SIZE];

    msvc_json_raw(w, text, msvc__format_int(text, number));
}

void msvc_json_uint(struct msvc_json_writer *w, uint64_t number)
{
    char text[MSVC__NUMBER_SIZE];

    msvc_json_raw(w, text, msvc__format_uint(text, number));
}

void msvc_json_double(struct msvc_json_writer *w, double number)
{
    char text[MSVC__NUMBER_SIZE];
    size_t length = msvc__format_double(text, number);

    if (length > 0)
        msvc_json_raw(w, text, length);
    else
        msvc_json_null(w);
}

void msvc_json_bool(struct msvc_json_writer *w, bool truth)
{
    msvc_json_raw(w, truth ? "true" : "false", truth ? 4 : 5);
}

void msvc_json_null(struct msvc_json_writer *w)
{
    msvc_json_raw(w, "null", 4);
}

void msvc_json_member_text(struct msvc_json_writer *w, const char *name, const char *text)
{
    msvc_json_key(w, name);
    msvc_json_text(w, text);
}

void msvc_json_member_int(struct msvc_json_writer *w, const char *name, int64_t number)
{
    msvc_json_key(w, name);
    msvc_json_int(w, number);
}

void msvc_json_member_bool(struct msvc_json_writer *w, const char *name, bool truth)
{
    msvc_json_key(w, name);
    msvc_json_bool(w, truth);
}

int msvc_json_writer_status(const struct msvc_json_writer *w)
{
    if (w->status < 0)
        return w->status;
    if (msvc_buffer_status(w->out) < 0)
        return msvc_buffer_status(w->out);
    return w->depth == 0 && w->needs_comma ? 0 : MSVC_ERR_STATE;
}
