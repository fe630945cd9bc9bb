/* SPDX-License-Identifier: MIT */
/* Takes the definition language apart into words. */
#include "contract/definition_scan_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "contract/canonical_internal.h"

int msvc__scan_fail(const struct msvc__scan *s, const char *expected)
{
    return msvc_error_set(s->err, MSVC_ERR_MALFORMED, "contract", 0,
                          "definition, character %zu: expected %s, found %s%.20s%s",
                          (size_t)(s->at - s->text) + 1, expected,
                          *s->at != '\0' ? "\"" : "the end", s->at, *s->at != '\0' ? "\"" : "");
}

void msvc__scan_skip(struct msvc__scan *s)
{
    s->at += strspn(s->at, " \t\r\n");
}

bool msvc__scan_take(struct msvc__scan *s, char byte)
{
    msvc__scan_skip(s);
    if (*s->at != byte)
        return false;
    s->at++;
    return true;
}

bool msvc__scan_word(struct msvc__scan *s, const char *word)
{
    size_t length = strlen(word);

    msvc__scan_skip(s);
    if (strncmp(s->at, word, length) != 0 || isalnum((unsigned char)s->at[length]))
        return false;
    s->at += length;
    return true;
}

int msvc__scan_expect(struct msvc__scan *s, char byte)
{
    char wanted[2] = { byte, '\0' };

    return msvc__scan_take(s, byte) ? 0 : msvc__scan_fail(s, wanted);
}

static void write_utf8(struct msvc_buffer *out, unsigned long code)
{
    if (code < 0x80) {
        msvc_buffer_byte(out, (char)code);
    } else if (code < 0x800) {
        msvc_buffer_byte(out, (char)(0xC0 | code >> 6));
        msvc_buffer_byte(out, (char)(0x80 | (code & 0x3F)));
    } else if (code < 0x10000) {
        msvc_buffer_byte(out, (char)(0xE0 | code >> 12));
        msvc_buffer_byte(out, (char)(0x80 | (code >> 6 & 0x3F)));
        msvc_buffer_byte(out, (char)(0x80 | (code & 0x3F)));
    } else {
        msvc_buffer_byte(out, (char)(0xF0 | code >> 18));
        msvc_buffer_byte(out, (char)(0x80 | (code >> 12 & 0x3F)));
        msvc_buffer_byte(out, (char)(0x80 | (code >> 6 & 0x3F)));
        msvc_buffer_byte(out, (char)(0x80 | (code & 0x3F)));
    }
}

/* Behind \u: four digits, or one to six in braces. */
static int read_code(struct msvc__scan *s, struct msvc_buffer *out)
{
    bool has_braces = *s->at == '{';
    const char *digits = s->at + has_braces;
    size_t length = strspn(digits, "0123456789abcdefABCDEF");
    char text[7] = "";
    unsigned long code;

    if (!has_braces && length > 4)
        length = 4;
    if (length == 0 || length > 6 || (!has_braces && length != 4) ||
        (has_braces && digits[length] != '}'))
        return msvc__scan_fail(s, "four hexadecimal digits, or up to six in braces");
    memcpy(text, digits, length);
    code = strtoul(text, NULL, 16);
    if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return msvc__scan_fail(s, "a character of Unicode, but not the first");
    write_utf8(out, code);
    s->at = digits + length + has_braces;
    return 0;
}

static int read_escape(struct msvc__scan *s, struct msvc_buffer *out)
{
    static const char letters[] = "bfnrt'\\";
    static const char bytes[] = "\b\f\n\r\t'\\";
    const char *found = *s->at != '\0' ? strchr(letters, *s->at) : NULL;

    if (*s->at == 'u') {
        s->at++;
        return read_code(s, out);
    }
    if (found == NULL) { /* \d of a regex is meant as it stands */
        msvc_buffer_byte(out, '\\');
        return 0;
    }
    msvc_buffer_byte(out, bytes[found - letters]);
    s->at++;
    return 0;
}

int msvc__scan_text(struct msvc__scan *s, struct msvc_buffer *out)
{
    int status = 0;

    msvc__scan_skip(s);
    if (*s->at != '\'')
        return msvc__scan_fail(s, "a text in single quotes");
    s->at++;
    while (status == 0 && *s->at != '\'') {
        if (*s->at == '\0')
            return msvc__scan_fail(s, "a quote that closes the text");
        if (*s->at == '\\') {
            s->at++;
            status = read_escape(s, out);
        } else {
            msvc_buffer_byte(out, *s->at++);
        }
    }
    s->at += status == 0;
    return status;
}

static int scan_text_value(struct msvc__scan *s, struct msvc_buffer *json)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    int status = msvc__scan_text(s, &text);

    if (status == 0)
        msvc__canonical_text(json, text.data != NULL ? text.data : "", text.length);
    msvc_buffer_clear(&text);
    return status;
}

/* As JSON has them: no zero in front, digits behind a point. */
static int scan_number(struct msvc__scan *s, struct msvc_buffer *json)
{
    const char *start = s->at;
    const char *at = start + (*start == '-');
    size_t digits = strspn(at, "0123456789");

    if (digits == 0 || (digits > 1 && *at == '0'))
        return msvc__scan_fail(s, "a text in single quotes, a number, true, false or null");
    at += digits;
    if (*at == '.') {
        digits = strspn(at + 1, "0123456789");
        s->at = at + 1;
        if (digits == 0)
            return msvc__scan_fail(s, "digits behind the point");
        at += 1 + digits;
    }
    msvc_buffer_bytes(json, start, (size_t)(at - start));
    s->at = at;
    return 0;
}

int msvc__scan_value(struct msvc__scan *s, struct msvc_buffer *json, enum msvc_json_type *type)
{
    static const char *const words[] = { "true", "false", "null" };
    enum msvc_json_type found = MSVC_JSON_NUMBER;

    msvc__scan_skip(s);
    if (*s->at == '\'')
        found = MSVC_JSON_STRING;
    for (size_t i = 0; i < 3; i++) {
        if (!msvc__scan_word(s, words[i]))
            continue;
        found = i == 2 ? MSVC_JSON_NULL : MSVC_JSON_TRUE;
        msvc_buffer_text(json, words[i]);
        break;
    }
    if (type != NULL)
        *type = found;
    if (found == MSVC_JSON_STRING)
        return scan_text_value(s, json);
    return found == MSVC_JSON_NUMBER ? scan_number(s, json) : 0;
}
