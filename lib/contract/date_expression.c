/* SPDX-License-Identifier: MIT */
/*
 * "today + 1 week @ noon - 5 minutes": a base, and steps from there. Without a
 * base the moment itself is meant. A month that has no such day ends earlier.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "contract/date_internal.h"

#define DAY_NS     INT64_C(86400000000000)
#define HOUR_NS    INT64_C(3600000000000)
#define DIGITS_MAX 7
#define YEAR_MAX   9999
#define WORD_MAX   16

struct reader {
    const char *text;
    const char *at;
    struct msvc__moment moment;
    bool is_time; /* behind the @ */
    enum msvc__date_part part;
    struct msvc_error *err;
};

/* Either a number of nanoseconds, of days, or of months. */
static const struct unit {
    const char *name;
    int64_t ns;
    int64_t days;
    int64_t months;
} units[] = {
    { "day", 0, 1, 0 },
    { "week", 0, 7, 0 },
    { "fortnight", 0, 14, 0 },
    { "month", 0, 0, 1 },
    { "year", 0, 0, 12 },
    { "hour", HOUR_NS, 0, 0 },
    { "minute", HOUR_NS / 60, 0, 0 },
    { "second", HOUR_NS / 3600, 0, 0 },
    { "millisecond", INT64_C(1000000), 0, 0 },
};

static int expected(const struct reader *r, const char *what)
{
    return msvc_error_set(r->err, MSVC_ERR_MALFORMED, "contract", 0,
                          "date expression \"%s\", character %zu: expected %s", r->text,
                          (size_t)(r->at - r->text) + 1, what);
}

static void skip_blanks(struct reader *r)
{
    while (isspace((unsigned char)*r->at))
        r->at++;
}

/* Take a word when it comes next. */
static bool take(struct reader *r, const char *word)
{
    size_t length = strlen(word);

    skip_blanks(r);
    if (strncasecmp(r->at, word, length) != 0 || isalpha((unsigned char)r->at[length]))
        return false;
    r->at += length;
    return true;
}

static int add_months(struct reader *r, int64_t count)
{
    struct msvc__date date = msvc__date_of_day(r->moment.day);
    int64_t months = date.year * 12 + date.month - 1 + count;
    unsigned days;

    date.year = months / 12 - (months % 12 < 0);
    date.month = (unsigned)(months - date.year * 12) + 1;
    if (date.year > YEAR_MAX || date.year < -YEAR_MAX)
        return msvc_error_set(r->err, MSVC_ERR_LIMIT, "contract", 0,
                              "date expression \"%s\" leaves the years -9999 to 9999", r->text);
    days = msvc__date_month_days(date.year, date.month);
    date.day = date.day < days ? date.day : days;
    r->moment.day = msvc__date_to_day(date);
    return 0;
}

/* Of units that are part of a day, whole days are taken out first: nothing overflows. */
static int add(struct reader *r, const struct unit *unit, int64_t count)
{
    int64_t per_day = unit->ns != 0 ? DAY_NS / unit->ns : 1;
    int64_t ns = r->moment.ns + unit->ns * (count % per_day);
    int64_t days = ns / DAY_NS - (ns % DAY_NS < 0);

    if (unit->months != 0)
        return add_months(r, unit->months * count);
    r->moment.ns = ns - days * DAY_NS;
    r->moment.day += days + (unit->ns != 0 ? count / per_day : unit->days * count);
    return add_months(r, 0);
}

static const struct unit *take_unit(struct reader *r)
{
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t length = strlen(units[i].name);
        bool fits =
            r->part == MSVC__DATE_AND_TIME && !r->is_time ? true : (units[i].ns != 0) == r->is_time;

        skip_blanks(r);
        if (!fits || strncasecmp(r->at, units[i].name, length) != 0)
            continue;
        length += r->at[length] == 's' || r->at[length] == 'S';
        if (isalpha((unsigned char)r->at[length]))
            continue;
        r->at += length;
        return &units[i];
    }
    return NULL;
}

static int take_number(struct reader *r, int64_t *out)
{
    size_t digits;

    skip_blanks(r);
    digits = strspn(r->at, "0123456789");
    if (digits == 0 || digits > DIGITS_MAX)
        return expected(r, "a number of 1 to 7 digits");
    *out = 0;
    for (size_t i = 0; i < digits; i++)
        *out = *out * 10 + (r->at[i] - '0');
    r->at += digits;
    return 0;
}

static const char *what_units(const struct reader *r)
{
    return r->is_time ? "hours, minutes, seconds or milliseconds"
                      : "days, weeks, fortnights, months or years";
}

/* + 1 day - 2 weeks … */
static int read_steps(struct reader *r)
{
    int status = 0;

    skip_blanks(r);
    while (status == 0 && (*r->at == '+' || *r->at == '-')) {
        int64_t sign = *r->at++ == '-' ? -1 : 1;
        const struct unit *unit;
        int64_t count = 0;

        status = take_number(r, &count);
        if (status < 0)
            return status;
        unit = take_unit(r);
        if (unit == NULL)
            return expected(r, what_units(r));
        status = add(r, unit, sign * count);
        skip_blanks(r);
    }
    return status;
}

/* To the next or last day of that name, never the same day. */
static void go_to_weekday(struct reader *r, unsigned weekday, int64_t direction)
{
    do
        r->moment.day += direction;
    while (msvc__date_weekday(r->moment.day) != weekday);
}

static int go_to_month(struct reader *r, unsigned month, int64_t direction)
{
    int status;

    do
        status = add_months(r, direction);
    while (status == 0 && msvc__date_of_day(r->moment.day).month != month);
    return status;
}

/* Behind "next" or "last": a unit, a weekday or a month. */
static int read_neighbour(struct reader *r, int64_t direction)
{
    const struct unit *unit = take_unit(r);
    size_t length = 0;
    unsigned found;

    if (unit != NULL)
        return add(r, unit, direction);
    skip_blanks(r);
    found = r->is_time ? 0 : msvc__date_find_weekday(r->at, &length);
    if (found > 0 && !isalpha((unsigned char)r->at[length])) {
        r->at += length;
        go_to_weekday(r, found, direction);
        return add_months(r, 0);
    }
    found = r->is_time ? 0 : msvc__date_find_month(r->at, &length);
    if (found == 0 || isalpha((unsigned char)r->at[length]))
        return expected(r, r->is_time ? what_units(r) : "a unit, a day of the week or a month");
    r->at += length;
    return go_to_month(r, found, direction);
}

/* "3 o'clock": the next one, or in the morning when there is none today; or as am and pm say. */
static int read_clock(struct reader *r)
{
    int64_t hour = 0;
    int status = take_number(r, &hour);

    if (status < 0)
        return status;
    if (!take(r, "o'clock") || hour > 24)
        return expected(r, "an hour from 0 to 24 and o'clock");
    hour %= 24;
    if (take(r, "am"))
        hour %= 12;
    else if (take(r, "pm"))
        hour = hour % 12 + 12;
    else if (hour < 12 && hour * HOUR_NS <= r->moment.ns)
        hour += 12;
    r->moment.ns = hour * HOUR_NS;
    return 0;
}

static int read_time_base(struct reader *r)
{
    if (take(r, "now"))
        return 0;
    if (take(r, "midnight"))
        r->moment.ns = 0;
    else if (take(r, "noon"))
        r->moment.ns = 12 * HOUR_NS;
    else if (isdigit((unsigned char)*r->at))
        return read_clock(r);
    return 0;
}

static int read_date_base(struct reader *r)
{
    if (take(r, "now") || take(r, "today"))
        return 0;
    if (take(r, "yesterday"))
        r->moment.day--;
    else if (take(r, "tomorrow"))
        r->moment.day++;
    return 0;
}

static int read_part(struct reader *r, bool is_time)
{
    int status = 0;

    r->is_time = is_time;
    if (take(r, "next"))
        status = read_neighbour(r, 1);
    else if (take(r, "last"))
        status = read_neighbour(r, -1);
    else
        status = is_time ? read_time_base(r) : read_date_base(r);
    return status == 0 ? read_steps(r) : status;
}

int msvc__date_expression(struct msvc__moment *moment, const char *text, enum msvc__date_part part,
                          struct msvc_error *err)
{
    struct reader r = { .text = text, .at = text, .moment = *moment, .part = part, .err = err };
    int status = read_part(&r, part == MSVC__TIME_ONLY);

    if (status == 0 && part == MSVC__DATE_AND_TIME && *r.at == '@') {
        r.at++;
        status = read_part(&r, true);
    }
    if (status == 0 && *r.at != '\0')
        return expected(&r, "+, - or the end");
    if (status == 0)
        *moment = r.moment;
    return status;
}
