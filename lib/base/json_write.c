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

#include "base/number_internal.h"
#include "base/utf8_internal.h"

#define EACH_BYTE UINT64_C(0x0101010101010101)
#define HIGH_BITS UINT64_C(0x8080808080808080)

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

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

/* Whether eight bytes are all ASCII and need no escape. May say no too often, never yes. */
static bool is_plain_word(const char *text)
{
    uint64_t word;
    uint64_t quote;
    uint64_t backslash;

    memcpy(&word, text, sizeof(word));
    quote = word ^ EACH_BYTE * '"';
    backslash = word ^ EACH_BYTE * '\\';
    return ((word | (word - EACH_BYTE * ' ') | (quote - EACH_BYTE) | (backslash - EACH_BYTE)) &
            HIGH_BITS) == 0;
}

/* How many bytes from the start can stand in a string as they are. */
static size_t plain_length(const char *text, size_t length)
{
    size_t at = 0;

    while (at < length) {
        unsigned char byte = (unsigned char)text[at];

        if (length - at >= sizeof(uint64_t) && is_plain_word(text + at)) {
            at += sizeof(uint64_t);
        } else if (byte >= 0x80) {
            size_t step = msvc__utf8_length(text + at, length - at, NULL);

            if (step == 0)
                break;
            at += step;
        } else if (byte < ' ' || byte == '"' || byte == '\\') {
            break;
        } else {
            at++;
        }
    }
    return at;
}

static void put_escape(struct msvc_buffer *out, char byte)
{
    static const char digits[] = "0123456789abcdef";
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* pairs: what, and how it is written */
    char text[6] = { '\\', 'u', '0', '0', digits[byte >> 4 & 1], digits[byte & 0x0f] };

    for (const char *pair = shorts; *pair != '\0'; pair += 2) {
        if (pair[0] == byte) {
            text[1] = pair[1];
            msvc_buffer_bytes(out, text, 2);
            return;
        }
    }
    msvc_buffer_bytes(out, text, sizeof(text));
}

static void put_string(struct msvc_buffer *out, const char *text, size_t length)
{
    size_t at = 0;

    msvc_buffer_byte(out, '"');
    for (;;) {
        size_t plain = plain_length(text + at, length - at);
        size_t bad = 1;

        msvc_buffer_bytes(out, text + at, plain);
        at += plain;
        if (at == length)
            break;
        if ((unsigned char)text[at] < 0x80) {
            put_escape(out, text[at]);
        } else {
            (void)msvc__utf8_length(text + at, length - at, &bad);
            msvc_buffer_bytes(out, replacement, sizeof(replacement) - 1);
        }
        at += bad;
    }
    msvc_buffer_byte(out, '"');
}

void msvc_json_key(struct msvc_json_writer *w, const char *name)
{
    if (name == NULL)
        fail(w, MSVC_ERR_INVALID);
    if (!in_object(w) || w->after_key)
        fail(w, MSVC_ERR_STATE);
    if (w->status < 0)
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
