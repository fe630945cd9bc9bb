/* SPDX-License-Identifier: MIT */
/* The calendar: days since 1970 and back, in the Gregorian calendar of all years. */
#include "contract/date_internal.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define DAY_NS INT64_C(86400000000000)

static const char *const months[] = { "January",   "February", "March",    "April",
                                      "May",       "June",     "July",     "August",
                                      "September", "October",  "November", "December" };
static const char *const weekdays[] = { "Monday", "Tuesday",  "Wednesday", "Thursday",
                                        "Friday", "Saturday", "Sunday" };

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Years begin in March here, so that the leap day is the last of one. */
struct msvc__date msvc__date_of_day(int64_t day)
{
    int64_t shifted = day + 719468;
    int64_t era = floor_div(shifted, 146097);
    int64_t of_era = shifted - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    struct msvc__date date;

    date.day = (unsigned)(of_year - (153 * month + 2) / 5 + 1);
    date.month = (unsigned)(month < 10 ? month + 3 : month - 9);
    date.year = year + era * 400 + (date.month <= 2);
    return date;
}

int64_t msvc__date_to_day(struct msvc__date date)
{
    int64_t year = date.year - (date.month <= 2);
    int64_t era = floor_div(year, 400);
    int64_t of_era = year - era * 400;
    int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
    int64_t of_year = (153 * month + 2) / 5 + date.day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

unsigned msvc__date_month_days(int64_t year, unsigned month)
{
    static const unsigned days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && is_leap);
}

unsigned msvc__date_weekday(int64_t day)
{
    int64_t since_monday = (day + 3) % 7;

    return (unsigned)(since_monday < 0 ? since_monday + 7 : since_monday) + 1;
}

struct msvc__moment msvc__moment_of_wall(int64_t wall_ns)
{
    int64_t day = floor_div(wall_ns, DAY_NS);

    return (struct msvc__moment){ .day = day, .ns = wall_ns - day * DAY_NS };
}

static unsigned find(const char *const *names, unsigned count, const char *text, size_t *length)
{
    for (unsigned i = 0; i < count; i++) {
        size_t full = strlen(names[i]);

        if (strncasecmp(text, names[i], 3) != 0)
            continue;
        *length = strncasecmp(text, names[i], full) == 0 ? full : 3;
        return i + 1;
    }
    return 0;
}

unsigned msvc__date_find_month(const char *text, size_t *length)
{
    return find(months, 12, text, length);
}

unsigned msvc__date_find_weekday(const char *text, size_t *length)
{
    return find(weekdays, 7, text, length);
}

const char *msvc__date_month_name(unsigned month)
{
    return months[month - 1];
}

const char *msvc__date_weekday_name(unsigned weekday)
{
    return weekdays[weekday - 1];
}
