/* SPDX-License-Identifier: MIT */
/* Writes a moment in a date pattern, always in UTC. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <msvc/buffer.h>

#include "contract/date_pattern_internal.h"

#define SECOND_NS INT64_C(1000000000)

struct view {
    int64_t day, ns;
    struct msvc__date date;
    int64_t hour, minute, second, day_of_year;
    unsigned weekday;
};

static struct view view_of(struct msvc__moment moment)
{
    int64_t seconds = moment.ns / SECOND_NS;
    struct view v = { .day = moment.day, .ns = moment.ns };

    v.date = msvc__date_of_day(moment.day);
    v.hour = seconds / 3600;
    v.minute = seconds / 60 % 60;
    v.second = seconds % 60;
    v.weekday = msvc__date_weekday(moment.day);
    v.day_of_year =
        moment.day -
        msvc__date_to_day((struct msvc__date){ .year = v.date.year, .month = 1, .day = 1 }) + 1;
    return v;
}

/* Thursday decides to which year a week belongs (ISO 8601). */
static int64_t week_year(const struct view *v)
{
    return msvc__date_of_day(v->day + 4 - (int64_t)v->weekday).year;
}

static int64_t week(const struct view *v)
{
    int64_t thursday = v->day + 4 - (int64_t)v->weekday;
    int64_t first = msvc__date_to_day(
        (struct msvc__date){ .year = msvc__date_of_day(thursday).year, .month = 1, .day = 1 });

    return (thursday - first) / 7 + 1;
}

static int64_t number(const struct view *v, char letter)
{
    switch (letter) {
    case 'M':
    case 'L':
        return v->date.month;
    case 'd':
        return v->date.day;
    case 'D':
        return v->day_of_year;
    case 'w':
        return week(v);
    case 'W':
    case 'F':
        return (v->date.day - 1) / 7 + 1;
    case 'e':
    case 'c':
        return v->weekday;
    case 'h':
        return (v->hour + 11) % 12 + 1;
    case 'H':
        return v->hour;
    case 'k':
        return v->hour == 0 ? 24 : v->hour;
    case 'K':
        return v->hour % 12;
    case 'm':
        return v->minute;
    case 's':
        return v->second;
    case 'A':
        return v->ns / 1000000;
    case 'n':
        return v->ns % SECOND_NS;
    case 'N':
        return v->ns;
    default:
        return (v->date.month + 2) / 3;
    }
}

static void write_year(struct msvc_buffer *out, const struct msvc__date_token *token, int64_t year)
{
    int64_t positive = year < 0 ? -year : year;

    if (token->width == 2) {
        msvc_buffer_printf(out, "%02" PRId64, positive % 100);
        return;
    }
    if (year < 0)
        msvc_buffer_byte(out, '-');
    msvc_buffer_printf(out, "%0*" PRId64, (int)token->width, positive);
}

static void write_fraction(struct msvc_buffer *out, unsigned width, int64_t ns)
{
    char digits[32];

    (void)snprintf(digits, sizeof(digits), "%09" PRId64, ns % SECOND_NS);
    msvc_buffer_bytes(out, digits, width);
}

static void write_number(struct msvc_buffer *out, const struct msvc__date_token *token,
                         const struct view *v)
{
    if (token->letter == 'y' || token->letter == 'u')
        write_year(out, token, v->date.year);
    else if (token->letter == 'Y')
        write_year(out, token, week_year(v));
    else if (token->letter == 'S')
        write_fraction(out, token->width, v->ns);
    else
        msvc_buffer_printf(out, "%0*" PRId64, (int)token->width, number(v, token->letter));
}

static void write_name(struct msvc_buffer *out, const char *name, unsigned width)
{
    msvc_buffer_bytes(out, name, width == 4 ? strlen(name) : width == 5 ? 1 : 3);
}

static void write_quarter(struct msvc_buffer *out, unsigned width, unsigned quarter)
{
    static const char *const names[] = { "1st quarter", "2nd quarter", "3rd quarter",
                                         "4th quarter" };

    if (width == 4)
        msvc_buffer_text(out, names[quarter - 1]);
    else
        msvc_buffer_printf(out, "%s%u", width == 3 ? "Q" : "", quarter);
}

static void write_letters(struct msvc_buffer *out, const struct msvc__date_token *token,
                          const struct view *v)
{
    switch (token->letter) {
    case 'G':
        msvc_buffer_text(out, token->width == 4 ? "Anno Domini" : token->width == 5 ? "A" : "AD");
        break;
    case 'M':
    case 'L':
        write_name(out, msvc__date_month_name(v->date.month), token->width);
        break;
    case 'E':
    case 'e':
    case 'c':
        write_name(out, msvc__date_weekday_name(v->weekday), token->width);
        break;
    case 'a':
        msvc_buffer_text(out, v->hour < 12 ? "AM" : "PM");
        break;
    case 'Q':
    case 'q':
        write_quarter(out, token->width, (v->date.month + 2) / 3);
        break;
    default:
        msvc__date_write_zone(out, token);
    }
}

void msvc__date_pattern_write(struct msvc_buffer *out, const struct msvc__date_pattern *pattern,
                              struct msvc__moment moment)
{
    struct view v = view_of(moment);

    for (size_t i = 0; i < pattern->count; i++) {
        const struct msvc__date_token *token = &pattern->tokens[i];

        if (token->letter == '\0')
            msvc_buffer_bytes(out, token->text, token->length);
        else if (msvc__date_is_number(token))
            write_number(out, token, &v);
        else
            write_letters(out, token, &v);
    }
}
