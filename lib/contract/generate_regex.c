/* SPDX-License-Identifier: MIT */
/*
 * Writes a text that a regex matches. The pattern is read again for each
 * repetition; steps, depth and length are limited. What is made is held against
 * the pattern: what cannot be made by going forward is never given out wrong.
 */
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/random.h>
#include <msvc/status.h>

#include "base/utf8_internal.h"
#include "contract/generate_internal.h"

#define STEPS_MAX  1000000
#define DEPTH_MAX  100
#define TRIES      20
#define REPEAT_MAX 10 /* of * and +, beyond the least */
#define FIRST      ' '
#define LAST       '~'

struct writer {
    const char *at;
    const char *end;
    struct msvc_buffer *out;
    const struct msvc_random *random;
    size_t steps;
    unsigned depth;
    struct msvc_error *err;
};

static int unsupported(struct writer *w, const char *what)
{
    return msvc_error_set(w->err, MSVC_ERR_UNSUPPORTED, MSVC__CONTRACT, 0,
                          "no text is made for a regex with %s", what);
}

static int malformed(struct writer *w, const char *what)
{
    return msvc_error_set(w->err, MSVC_ERR_MALFORMED, MSVC__CONTRACT, 0, "regex: expected %s",
                          what);
}

static size_t below(struct writer *w, size_t count)
{
    return (size_t)msvc_random_below(w->random, count);
}

/* ASCII characters. */
struct set {
    bool has[128];
};

static void add_range(struct set *set, int first, int last)
{
    for (int c = first; c <= last && c < 128; c++)
        set->has[c] = true;
}

/* \d \w \s and their opposites; false when the letter is none of them. */
static bool add_class(struct set *set, char letter)
{
    struct set class = { .has = { false } };
    bool is_negative = letter == 'D' || letter == 'W' || letter == 'S';

    if (strchr("dDwW", letter) != NULL)
        add_range(&class, '0', '9');
    if (letter == 'w' || letter == 'W') {
        add_range(&class, 'a', 'z');
        add_range(&class, 'A', 'Z');
        add_range(&class, '_', '_');
    }
    if (letter == 's' || letter == 'S')
        add_range(&class, ' ', ' ');
    if (strchr("dDwWsS", letter) == NULL)
        return false;
    for (int c = FIRST; c <= LAST; c++)
        set->has[c] = set->has[c] || class.has[c] != is_negative;
    return true;
}

static bool add_posix(struct set *set, const char *name, size_t length)
{
    static const struct {
        const char *name;
        const char *ranges; /* pairs */
    } classes[] = {
        { "alpha", "azAZ" },     { "digit", "09" },      { "alnum", "azAZ09" }, { "upper", "AZ" },
        { "lower", "az" },       { "xdigit", "09afAF" }, { "space", "  " },     { "blank", "  " },
        { "punct", "!/:@[`{~" }, { "word", "azAZ09__" },
    };

    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (strlen(classes[i].name) != length || memcmp(classes[i].name, name, length) != 0)
            continue;
        for (const char *at = classes[i].ranges; *at != '\0'; at += 2)
            add_range(set, at[0], at[1]);
        return true;
    }
    return false;
}

/* \n, \x41, \u0041 or the character itself; the backslash is behind. -1: none that is one byte. */
static int escaped(struct writer *w)
{
    static const char letters[] = "tnrfae0";
    static const char bytes[] = "\t\n\r\f\a\033";
    char letter = *w->at++;
    size_t digits = letter == 'x' ? 2 : letter == 'u' ? 4 : 0;
    const char *found = strchr(letters, letter);
    char text[5] = "";
    char *rest;
    unsigned long code;

    if (digits > 0 && (size_t)(w->end - w->at) >= digits) {
        memcpy(text, w->at, digits);
        code = strtoul(text, &rest, 16);
        w->at += digits;
        return *rest == '\0' && code > 0 && code < 128 ? (int)code : -1;
    }
    if (found != NULL && letter != '0')
        return bytes[found - letters];
    if ((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
        (letter >= '0' && letter <= '9') || (unsigned char)letter > 127)
        return -1;
    return letter;
}

/* One character of a set, or a whole class, which has no upper end: -2. */
static int set_member(struct writer *w, struct set *set)
{
    const char *colon;

    if (w->at[0] == '[' && w->at + 1 < w->end && w->at[1] == ':') {
        colon = strstr(w->at, ":]");
        if (colon == NULL || !add_posix(set, w->at + 2, (size_t)(colon - w->at - 2)))
            return -1;
        w->at = colon + 2;
        return -2;
    }
    if (*w->at != '\\')
        return (unsigned char)*w->at > 127 ? -1 : *w->at++;
    w->at++;
    if (w->at < w->end && add_class(set, *w->at)) {
        w->at++;
        return -2;
    }
    return w->at < w->end ? escaped(w) : -1;
}

static int read_set_members(struct writer *w, struct set *set)
{
    for (bool is_first = true; w->at < w->end && (*w->at != ']' || is_first); is_first = false) {
        int first = set_member(w, set);
        int last = first;

        if (first >= 0 && w->end - w->at > 1 && w->at[0] == '-' && w->at[1] != ']') {
            w->at++;
            last = set_member(w, set);
        }
        if (first == -1 || (first >= 0 && last < 0))
            return unsupported(w, "a set of other characters than those of ASCII");
        if (first >= 0)
            add_range(set, first, last);
    }
    return w->at < w->end ? 0 : malformed(w, "] behind a set");
}

static int write_one_of(struct writer *w, const struct set *set, bool writes)
{
    size_t count = 0;
    size_t chosen;

    if (!writes)
        return 0;
    for (int c = 0; c < 128; c++)
        count += set->has[c];
    if (count == 0)
        return unsupported(w, "a set of no characters that can be seen");
    chosen = below(w, count);
    for (int c = 0; c < 128; c++) {
        if (set->has[c] && chosen-- == 0)
            msvc_buffer_byte(w->out, (char)c);
    }
    return 0;
}

/* Behind the [. */
static int write_set(struct writer *w, bool writes)
{
    struct set set = { .has = { false } };
    bool is_negative = w->at < w->end && *w->at == '^';
    int status;

    w->at += is_negative;
    status = read_set_members(w, &set);
    if (status < 0)
        return status;
    w->at++;
    for (int c = 0; c < 128 && is_negative; c++)
        set.has[c] = c >= FIRST && c <= LAST && !set.has[c];
    return write_one_of(w, &set, writes);
}

/* Behind the backslash. */
static int write_escape(struct writer *w, bool writes)
{
    struct set set = { .has = { false } };
    int byte;

    if (w->at == w->end)
        return malformed(w, "a character behind \\");
    if (strchr("bBAzZG", *w->at) != NULL) { /* asks for nothing by itself */
        w->at++;
        return 0;
    }
    if (add_class(&set, *w->at)) {
        w->at++;
        return write_one_of(w, &set, writes);
    }
    byte = escaped(w);
    if (byte < 0)
        return unsupported(w, "references, properties or this escape");
    if (writes)
        msvc_buffer_byte(w->out, (char)byte);
    return 0;
}

/* Go to the next | or ) of this group, or to the end. */
static int skip_alternative(struct writer *w)
{
    unsigned depth = 0;
    bool is_set = false;

    for (; w->at < w->end; w->at++) {
        if (*w->at == '\\' && w->at + 1 < w->end)
            w->at++;
        else if (is_set)
            is_set = *w->at != ']' || w->at[-1] == '[' || (w->at[-1] == '^' && w->at[-2] == '[');
        else if (*w->at == '[')
            is_set = true;
        else if (depth == 0 && (*w->at == '|' || *w->at == ')'))
            return 0;
        else if (*w->at == '(')
            depth++;
        else if (*w->at == ')')
            depth--;
    }
    return depth == 0 && !is_set ? 0 : malformed(w, "groups and sets to be closed");
}

static int write_sequence(struct writer *w, bool writes);

/* Up to the ) or the end: one of the alternatives. */
static int write_alternatives(struct writer *w, bool writes)
{
    const char *start = w->at;
    const char *end;
    size_t count = 1;
    size_t chosen;
    int status = skip_alternative(w);

    for (; status == 0 && w->at < w->end && *w->at == '|'; count++) {
        w->at++;
        status = skip_alternative(w);
    }
    end = w->at;
    w->at = start;
    chosen = writes && status == 0 ? below(w, count) : 0;
    for (; status == 0 && chosen > 0; chosen--) {
        status = skip_alternative(w);
        w->at++;
    }
    if (status == 0)
        status = write_sequence(w, writes);
    w->at = end;
    return status;
}

/* Behind the (. Groups that look around ask for what is not written here. */
static int write_group(struct writer *w, bool writes)
{
    int status;

    if (++w->depth > DEPTH_MAX)
        return msvc_error_set(w->err, MSVC_ERR_LIMIT, MSVC__CONTRACT, 0,
                              "regex: groups more than %d deep", DEPTH_MAX);
    if (w->at < w->end && *w->at == '?') {
        w->at++;
        if (w->at < w->end && *w->at == 'P')
            w->at++;
        if (w->end - w->at > 1 && *w->at == '<' && w->at[1] != '=' && w->at[1] != '!') {
            while (w->at < w->end && *w->at != '>')
                w->at++;
        } else if (w->at == w->end || (*w->at != ':' && *w->at != '>')) {
            return unsupported(w, "groups that look around or change the rules");
        }
        w->at += w->at < w->end;
    }
    status = write_alternatives(w, writes);
    if (status == 0 && (w->at == w->end || *w->at != ')'))
        return malformed(w, ") behind a group");
    w->at++;
    w->depth--;
    return status;
}

static int write_atom(struct writer *w, bool writes)
{
    struct set any = { .has = { false } };
    size_t length;

    switch (*w->at) {
    case '(':
        w->at++;
        return write_group(w, writes);
    case '[':
        w->at++;
        return write_set(w, writes);
    case '\\':
        w->at++;
        return write_escape(w, writes);
    case '^':
    case '$':
        w->at++;
        return 0;
    case '.':
        w->at++;
        (void)add_class(&any, 'w');
        return write_one_of(w, &any, writes);
    case '*':
    case '+':
    case '?':
        return malformed(w, "something to repeat");
    default:
        length = msvc__utf8_length(w->at, (size_t)(w->end - w->at), NULL);
        if (writes)
            msvc_buffer_bytes(w->out, w->at, length > 0 ? length : 1);
        w->at += length > 0 ? length : 1;
        return 0;
    }
}

/* {2}, {2,}, {2,5}; false when it is none, and stands for itself. */
static bool read_counts(struct writer *w, size_t *least, size_t *most)
{
    char *rest;
    unsigned long first = strtoul(w->at + 1, &rest, 10);
    unsigned long second = first;

    if (*w->at != '{' || rest == w->at + 1)
        return false;
    if (*rest == ',') {
        const char *number = ++rest;

        second = strtoul(number, &rest, 10);
        if (rest == number)
            second = first + REPEAT_MAX;
    }
    if (*rest != '}' || first > MSVC__GENERATED_LENGTH_MAX || second > MSVC__GENERATED_LENGTH_MAX ||
        second < first)
        return false;
    w->at = rest + 1;
    *least = first;
    *most = second;
    return true;
}

static void read_quantifier(struct writer *w, size_t *least, size_t *most)
{
    *least = *most = 1;
    if (w->at == w->end)
        return;
    if (*w->at == '*' || *w->at == '?') {
        *least = 0;
        *most = *w->at++ == '*' ? REPEAT_MAX : 1;
    } else if (*w->at == '+') {
        *most = 1 + REPEAT_MAX;
        w->at++;
    } else if (!read_counts(w, least, most)) {
        return;
    }
    if (w->at < w->end && (*w->at == '?' || *w->at == '+')) /* lazy, possessive */
        w->at++;
}

static int write_repeated(struct writer *w, bool writes)
{
    const char *start = w->at;
    const char *end;
    size_t least;
    size_t most;
    size_t count;
    int status = write_atom(w, false);

    if (status < 0)
        return status;
    read_quantifier(w, &least, &most);
    end = w->at;
    count = writes ? least + below(w, most - least + 1) : 0;
    for (; status == 0 && count > 0; count--) {
        if (++w->steps > STEPS_MAX || w->out->length > MSVC__GENERATED_LENGTH_MAX)
            return msvc_error_set(w->err, MSVC_ERR_LIMIT, MSVC__CONTRACT, 0,
                                  "making a text for a regex took too many steps");
        w->at = start;
        status = write_atom(w, true);
    }
    w->at = end;
    return status;
}

static int write_sequence(struct writer *w, bool writes)
{
    int status = 0;

    while (status == 0 && w->at < w->end && *w->at != '|' && *w->at != ')') {
        if (++w->steps > STEPS_MAX)
            return msvc_error_set(w->err, MSVC_ERR_LIMIT, MSVC__CONTRACT, 0,
                                  "making a text for a regex took too many steps");
        status = write_repeated(w, writes);
    }
    return status;
}

static int try_once(struct msvc_buffer *out, const char *regex, const struct msvc_random *random,
                    struct msvc_error *err)
{
    struct writer w = {
        .at = regex, .end = regex + strlen(regex), .out = out, .random = random, .err = err
    };
    int status = write_alternatives(&w, true);

    return status == 0 && w.at < w.end ? malformed(&w, "( in front of a )") : status;
}

int msvc__generate_regex(struct msvc_buffer *out, const char *regex,
                         const struct msvc_random *random, struct msvc_error *err)
{
    struct msvc__regex *compiled = NULL;
    size_t start = out->length;
    int status = msvc__regex_new(&compiled, regex, err);

    for (int i = 0; status == 0 && i < TRIES; i++) {
        msvc_buffer_truncate(out, start);
        status = try_once(out, regex, random, err);
        if (status == 0 && msvc_buffer_status(out) == 0 &&
            msvc__regex_match(compiled, out->data != NULL ? out->data + start : "",
                              out->length - start) == 1)
            break;
        if (status == 0 && i + 1 == TRIES)
            status = msvc_error_set(err, MSVC_ERR_UNSUPPORTED, MSVC__CONTRACT, 0,
                                    "no text was found that matches \"%s\"", regex);
    }
    msvc__regex_free(compiled);
    return status;
}
