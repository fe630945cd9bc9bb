/* SPDX-License-Identifier: MIT */
/*
 * Reads patterns of Java's DateTimeFormatter: runs of letters, texts in quotes
 * ('' is a quote), and anything else for itself.
 */
#include "contract/date_pattern_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"

/* Letters and the longest run of each. */
static const struct {
    char letter;
    unsigned most;
} letters[] = {
    { 'G', 5 }, { 'y', 9 }, { 'Y', 9 }, { 'u', 9 },  { 'M', 5 }, { 'L', 5 }, { 'd', 2 },
    { 'D', 3 }, { 'w', 2 }, { 'W', 1 }, { 'F', 1 },  { 'E', 5 }, { 'e', 5 }, { 'c', 5 },
    { 'a', 4 }, { 'h', 2 }, { 'H', 2 }, { 'k', 2 },  { 'K', 2 }, { 'm', 2 }, { 's', 2 },
    { 'S', 9 }, { 'A', 9 }, { 'n', 9 }, { 'N', 15 }, { 'z', 4 }, { 'Z', 5 }, { 'X', 5 },
    { 'x', 5 }, { 'O', 4 }, { 'V', 2 }, { 'Q', 5 },  { 'q', 5 },
};

struct reader {
    const char *text;
    const char *at;
    char *texts; /* where the next one goes */
    struct msvc__date_pattern *out;
    struct msvc_error *err;
};

static int malformed(const struct reader *r, const char *what)
{
    return msvc_error_set(r->err, MSVC_ERR_MALFORMED, "contract", 0,
                          "date pattern \"%s\", character %zu: %s", r->text,
                          (size_t)(r->at - r->text) + 1, what);
}

static unsigned longest(char letter)
{
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        if (letters[i].letter == letter)
            return letters[i].most;
    }
    return 0;
}

static int read_letters(struct reader *r)
{
    char letter = *r->at;
    unsigned most = longest(letter);
    unsigned width = 0;

    while (r->at[width] == letter)
        width++;
    if (most == 0)
        return malformed(r, "a letter that means nothing; put texts in quotes");
    if (width > most || (letter == 'V' && width != 2) ||
        (letter == 'O' && width != 1 && width != 4))
        return malformed(r, "a letter that is repeated so often means nothing");
    r->at += width;
    r->out->tokens[r->out->count++] = (struct msvc__date_token){ .letter = letter, .width = width };
    return 0;
}

static void add_byte(struct reader *r, char byte)
{
    struct msvc__date_pattern *p = r->out;
    bool continues = p->count > 0 && p->tokens[p->count - 1].letter == '\0';

    if (!continues)
        p->tokens[p->count++] = (struct msvc__date_token){ .text = r->texts };
    *r->texts++ = byte;
    p->tokens[p->count - 1].length++;
}

static int read_quoted(struct reader *r)
{
    const char *start = r->at++;

    if (*r->at == '\'') {
        add_byte(r, *r->at++);
        return 0;
    }
    for (;; r->at++) {
        if (*r->at == '\0') {
            r->at = start;
            return malformed(r, "a quote that is not closed");
        }
        if (*r->at == '\'' && r->at[1] != '\'')
            break;
        r->at += *r->at == '\'';
        add_byte(r, *r->at);
    }
    r->at++;
    return 0;
}

static int read_tokens(struct reader *r)
{
    int status = 0;

    while (status == 0 && *r->at != '\0') {
        if (*r->at == '\'')
            status = read_quoted(r);
        else if (isalpha((unsigned char)*r->at))
            status = read_letters(r);
        else if (strchr("[]{}#", *r->at) != NULL)
            status = malformed(r, "a reserved character; put it in quotes");
        else
            add_byte(r, *r->at++);
    }
    return status;
}

int msvc__date_pattern_new(struct msvc__date_pattern **out, const char *text,
                           struct msvc_error *err)
{
    size_t length = strlen(text);
    struct msvc__date_pattern *pattern;
    struct reader r = { .text = text, .at = text, .err = err };
    int status;

    if (length > MSVC__DATE_PATTERN_MAX)
        return msvc_error_set(err, MSVC_ERR_LIMIT, "contract", 0,
                              "a date pattern is longer than %d bytes", MSVC__DATE_PATTERN_MAX);
    pattern = msvc__new(sizeof(*pattern));
    if (pattern != NULL) /* no more tokens than bytes */
        pattern->tokens = msvc__new((length + 1) * sizeof(*pattern->tokens) + length);
    if (pattern == NULL || pattern->tokens == NULL) {
        msvc__date_pattern_free(pattern);
        return msvc_error_set(err, MSVC_ERR_NOMEM, "contract", 0, "no memory");
    }
    r.out = pattern;
    r.texts = (char *)(pattern->tokens + length + 1);
    status = read_tokens(&r);
    if (status < 0)
        msvc__date_pattern_free(pattern);
    else
        *out = pattern;
    return status;
}

void msvc__date_pattern_free(struct msvc__date_pattern *pattern)
{
    if (pattern == NULL)
        return;
    free(pattern->tokens);
    free(pattern);
}

bool msvc__date_is_number(const struct msvc__date_token *token)
{
    if (token->letter == '\0')
        return false;
    if (strchr("MLecQq", token->letter) != NULL)
        return token->width <= 2;
    return strchr("yYudDwWFhHkKmsSAnN", token->letter) != NULL;
}
