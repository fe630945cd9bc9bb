/* SPDX-License-Identifier: MIT */
/*
 * Reads a text by a date pattern. As many digits as the pattern has letters
 * (one letter: as many as the number needs), and only days that exist.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "contract/date_pattern_internal.h"

#define DIGITS      "0123456789"
#define YEAR_DIGITS 9

/* What a text said; -1 for what it did not. */
struct fields {
    int64_t year, month, day, day_of_year, weekday;
    bool is_bc;
};

struct walk {
    const char *at;
    struct fields fields;
};

static const struct limits {
    char letter;
    int64_t least, most;
    unsigned digits;
} limits[] = {
    { 'M', 1, 12, 2 },       { 'L', 1, 12, 2 },        { 'd', 1, 31, 2 },
    { 'D', 1, 366, 3 },      { 'w', 1, 53, 2 },        { 'W', 0, 6, 1 },
    { 'F', 1, 5, 1 },        { 'e', 1, 7, 1 },         { 'c', 1, 7, 1 },
    { 'h', 1, 12, 2 },       { 'H', 0, 23, 2 },        { 'k', 1, 24, 2 },
    { 'K', 0, 11, 2 },       { 'm', 0, 59, 2 },        { 's', 0, 59, 2 },
    { 'A', 0, 86399999, 8 }, { 'n', 0, 999999999, 9 }, { 'N', 0, INT64_C(86399999999999), 14 },
    { 'Q', 1, 4, 1 },        { 'q', 1, 4, 1 },
};

static bool take_digits(const char **at, size_t least, size_t most, int64_t *out)
{
    size_t digits = strspn(*at, DIGITS);
    int64_t value = 0;

    if (digits > most)
        digits = most;
    if (digits < least)
        return false;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + ((*at)[i] - '0');
    *at += digits;
    *out = value;
    return true;
}

/* Of more than four digits only with a sign, so that 20230102 is no year. */
static bool take_year(struct walk *w, const struct msvc__date_token *token)
{
    bool has_sign = token->width != 2 && (*w->at == '-' || *w->at == '+');
    bool is_negative = *w->at == '-';
    size_t most =
        token->width == 2 || (token->width >= 4 && !has_sign) ? token->width : YEAR_DIGITS;
    int64_t year;

    w->at += has_sign;
    if (!take_digits(&w->at, token->width, most, &year))
        return false;
    if (token->width == 2)
        year += 2000;
    if (token->letter != 'Y') /* the year of a week is another one */
        w->fields.year = is_negative ? -year : year;
    return true;
}

static void keep(struct fields *f, char letter, int64_t value)
{
    if (letter == 'M' || letter == 'L')
        f->month = value;
    else if (letter == 'd')
        f->day = value;
    else if (letter == 'D')
        f->day_of_year = value;
}

static bool take_number(struct walk *w, const struct msvc__date_token *token)
{
    const struct limits *l = limits;
    size_t most;
    int64_t value;

    if (strchr("yYu", token->letter) != NULL)
        return take_year(w, token);
    if (token->letter == 'S')
        return take_digits(&w->at, token->width, token->width, &value);
    while (l->letter != token->letter)
        l++;
    most = token->width == 1 || strchr("DAnN", token->letter) != NULL ? l->digits : token->width;
    if (most < token->width)
        most = token->width;
    if (!take_digits(&w->at, token->width, most, &value) || value < l->least || value > l->most)
        return false;
    keep(&w->fields, token->letter, value);
    return true;
}

/* The full name for four letters, else the short one. */
static bool take_name(struct walk *w, const struct msvc__date_token *token, bool is_month)
{
    size_t length = 0;
    unsigned found =
        is_month ? msvc__date_find_month(w->at, &length) : msvc__date_find_weekday(w->at, &length);
    const char *full;

    if (token->width == 5) {
        found = *w->at != '\0' && strchr(is_month ? "JFMASOND" : "MTWFS", *w->at) != NULL;
        w->at += found;
        return found;
    }
    if (found == 0)
        return false;
    full = is_month ? msvc__date_month_name(found) : msvc__date_weekday_name(found);
    length = token->width == 4 ? strlen(full) : 3;
    if (strncasecmp(w->at, full, length) != 0)
        return false;
    w->at += length;
    *(is_month ? &w->fields.month : &w->fields.weekday) = found;
    return true;
}

static bool take_word(struct walk *w, const char *word)
{
    size_t length = strlen(word);

    if (strncasecmp(w->at, word, length) != 0)
        return false;
    w->at += length;
    return true;
}

static bool take_era(struct walk *w, const struct msvc__date_token *token)
{
    const char *after = token->width == 4 ? "Anno Domini" : token->width == 5 ? "A" : "AD";
    const char *before = token->width == 4 ? "Before Christ" : token->width == 5 ? "B" : "BC";

    if (take_word(w, after))
        return true;
    w->fields.is_bc = true;
    return take_word(w, before);
}

static bool take_quarter(struct walk *w, const struct msvc__date_token *token)
{
    static const char *const long_names[] = { "1st quarter", "2nd quarter", "3rd quarter",
                                              "4th quarter" };

    for (size_t i = 0; token->width == 4 && i < 4; i++) {
        if (take_word(w, long_names[i]))
            return true;
    }
    if (token->width == 3 && !take_word(w, "Q"))
        return false;
    return token->width != 4 && *w->at >= '1' && *w->at <= '4' && *w->at++ != '\0';
}

static bool take_letters(struct walk *w, const struct msvc__date_token *token)
{
    switch (token->letter) {
    case 'G':
        return take_era(w, token);
    case 'M':
    case 'L':
        return take_name(w, token, true);
    case 'E':
    case 'e':
    case 'c':
        return take_name(w, token, false);
    case 'a':
        return take_word(w, "AM") || take_word(w, "PM");
    case 'Q':
    case 'q':
        return take_quarter(w, token);
    default:
        return msvc__date_take_zone(token, &w->at);
    }
}

static bool take(struct walk *w, const struct msvc__date_token *token)
{
    if (msvc__date_is_number(token))
        return take_number(w, token);
    if (token->letter != '\0')
        return take_letters(w, token);
    if (strncmp(w->at, token->text, token->length) != 0)
        return false;
    w->at += token->length;
    return true;
}

/* Whether there is such a day. Without a year there may be a leap day. */
static bool exists(const struct fields *f)
{
    int64_t year = f->year < 0 ? 2000 : f->is_bc ? 1 - f->year : f->year;

    if (f->month > 0 && f->day > (int64_t)msvc__date_month_days(year, (unsigned)f->month))
        return false;
    if (f->day_of_year > 337 + (int64_t)msvc__date_month_days(year, 2))
        return false;
    if (f->year < 0 || f->month < 0 || f->day < 0 || f->weekday < 0)
        return true;
    return f->weekday == (int64_t)msvc__date_weekday(msvc__date_to_day((struct msvc__date){
                             .year = year, .month = (unsigned)f->month, .day = (unsigned)f->day }));
}

bool msvc__date_pattern_match(const struct msvc__date_pattern *pattern, const char *text,
                              size_t length)
{
    struct walk w = { .at = text, .fields = { -1, -1, -1, -1, -1, false } };

    if (strlen(text) != length)
        return false;
    for (size_t i = 0; i < pattern->count; i++) {
        if (!take(&w, &pattern->tokens[i]))
            return false;
    }
    return *w.at == '\0' && exists(&w.fields);
}
