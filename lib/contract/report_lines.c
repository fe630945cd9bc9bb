/* SPDX-License-Identifier: MIT */
/*
 * Texts of a report. What a provider sent may hold anything: what leaves here
 * is UTF-8 without control characters, so that no format is broken by it and
 * no terminal obeys it.
 */
#include "contract/report_internal.h"

#include <string.h>

#include <msvc/buffer.h>

#include "base/utf8_internal.h"

#define VALUE_MOST 400 /* bytes of an expected or actual value that people see */
#define DIFF_LEAST 48  /* two short values are compared by eye */
#define DIFF_MOST  120 /* bytes of each side of a difference */
#define CONTEXT    24  /* bytes before and behind it */

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define ELLIPSIS    "\xe2\x80\xa6"

/* C0, DEL, and C1, which comes as two bytes. */
static bool is_control(const unsigned char *at, size_t length)
{
    return at[0] < 0x20 || at[0] == 0x7f || (length == 2 && at[0] == 0xc2 && at[1] < 0xa0);
}

/* What XML does not allow, or what ends a line for some (U+2028, U+2029, U+FFFE, U+FFFF). */
static bool is_unwanted(const unsigned char *at, size_t length)
{
    return length == 3 && ((at[0] == 0xe2 && at[1] == 0x80 && (at[2] == 0xa8 || at[2] == 0xa9)) ||
                           (at[0] == 0xef && at[1] == 0xbf && at[2] >= 0xbe));
}

static void write_control(struct msvc_buffer *out, const unsigned char *at, size_t length)
{
    if (at[0] == '\n')
        msvc_buffer_text(out, "\\n");
    else if (at[0] == '\t')
        msvc_buffer_text(out, "\\t");
    else if (at[0] == '\r')
        msvc_buffer_text(out, "\\r");
    else
        msvc_buffer_printf(out, "\\x%02x", at[length - 1]);
}

static void clean(struct msvc_buffer *out, const char *text, size_t length)
{
    while (length > 0) {
        const unsigned char *at = (const unsigned char *)text;
        size_t bad = 1;
        size_t one = msvc__utf8_length(text, length, &bad);

        if (one == 0 || is_unwanted(at, one))
            msvc_buffer_text(out, REPLACEMENT);
        else if (is_control(at, one))
            write_control(out, at, one);
        else
            msvc_buffer_bytes(out, text, one);
        one = one > 0 ? one : bad;
        text += one;
        length -= one;
    }
}

void msvc__clean(struct msvc_buffer *out, const char *text)
{
    clean(out, text, strlen(text));
}

/* The start of the character that has a byte at `at`. */
static size_t start_of(const char *text, size_t at)
{
    while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80)
        at--;
    return at;
}

void msvc__clean_most(struct msvc_buffer *out, const char *text, size_t most)
{
    size_t length = strlen(text);

    if (length <= most) {
        clean(out, text, length);
        return;
    }
    clean(out, text, start_of(text, most));
    msvc_buffer_printf(out, ELLIPSIS " (%zu bytes)", length);
}

void msvc__write_title(struct msvc_buffer *out, const struct msvc__result *result)
{
    msvc__clean(out, result->description);
    if (result->states[0] == '\0')
        return;
    msvc_buffer_text(out, " (given ");
    msvc__clean(out, result->states);
    msvc_buffer_text(out, result->has_unset_states ? ", not set up)" : ")");
}

static size_t common_start(const char *a, const char *b)
{
    size_t n = 0;

    while (a[n] != '\0' && a[n] == b[n])
        n++;
    return start_of(a, n);
}

static size_t common_end(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t most = a_length < b_length ? a_length : b_length;
    size_t n = 0;

    while (n < most && a[a_length - 1 - n] == b[b_length - 1 - n])
        n++;
    while (n > 0 && ((unsigned char)a[a_length - n] & 0xc0) == 0x80)
        n--;
    return n;
}

static void write_side(struct msvc_buffer *out, const char *open, const char *text, size_t length,
                       const char *close)
{
    if (length == 0)
        return;
    msvc_buffer_text(out, open);
    if (length > DIFF_MOST) {
        clean(out, text, start_of(text, DIFF_MOST));
        msvc_buffer_text(out, ELLIPSIS);
    } else {
        clean(out, text, length);
    }
    msvc_buffer_text(out, close);
}

void msvc__write_diff(struct msvc_buffer *out, const char *expected, const char *actual)
{
    size_t e_length = strlen(expected);
    size_t a_length = strlen(actual);
    size_t start = common_start(expected, actual);
    size_t end = common_end(expected + start, e_length - start, actual + start, a_length - start);
    size_t from = start > CONTEXT ? start_of(expected, start - CONTEXT) : 0;
    size_t behind = e_length - end;
    size_t to = end > CONTEXT ? start_of(expected, behind + CONTEXT) : e_length;

    msvc_buffer_text(out, from > 0 ? ELLIPSIS : "");
    clean(out, expected + from, start - from);
    write_side(out, "[-", expected + start, behind - start, "-]");
    write_side(out, "{+", actual + start, a_length - end - start, "+}");
    clean(out, expected + behind, to - behind);
    msvc_buffer_text(out, to < e_length ? ELLIPSIS : "");
}

static bool wants_diff(const struct msvc_contract_mismatch *one)
{
    return one->expected[0] != '\0' && one->actual[0] != '\0' &&
           strlen(one->expected) + strlen(one->actual) > (size_t)2 * DIFF_LEAST &&
           common_start(one->expected, one->actual) > 0;
}

static void write_value(struct msvc_buffer *out, const char *indent, const char *name,
                        const char *value)
{
    msvc_buffer_printf(out, "%s    %s ", indent, name);
    msvc__clean_most(out, value, VALUE_MOST);
    msvc_buffer_byte(out, '\n');
}

static void write_one(struct msvc_buffer *out, const struct msvc_contract_mismatch *one,
                      const char *indent)
{
    msvc_buffer_printf(out, "%s%s%s", indent, one->part, one->path[0] != '\0' ? " " : "");
    msvc__clean(out, one->path);
    msvc_buffer_text(out, ": ");
    msvc__clean(out, one->message);
    msvc_buffer_byte(out, '\n');
    if (one->expected[0] != '\0' || one->actual[0] != '\0') {
        write_value(out, indent, "expected", one->expected);
        write_value(out, indent, "actual  ", one->actual);
    }
    if (wants_diff(one)) {
        msvc_buffer_printf(out, "%s    diff     ", indent);
        msvc__write_diff(out, one->expected, one->actual);
        msvc_buffer_byte(out, '\n');
    }
    if (one->rule_path[0] != '\0') {
        msvc_buffer_printf(out, "%s    rule     ", indent);
        msvc__clean(out, one->rule);
        msvc_buffer_text(out, " at ");
        msvc__clean(out, one->rule_path);
        msvc_buffer_byte(out, '\n');
    }
}

void msvc__mismatches_write(struct msvc_buffer *out, const struct msvc__mismatches *list,
                            const char *indent)
{
    for (size_t i = 0; i < list->count; i++)
        write_one(out, &list->items[i], indent);
    if (list->found > list->count)
        msvc_buffer_printf(out, "%sand %zu more\n", indent, list->found - list->count);
}
