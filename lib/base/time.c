/* SPDX-License-Identifier: MIT */
/*
 * Timestamps by arithmetic: libc's calendar functions depend on the time zone,
 * and the one that would not (timegm) is not POSIX. Days are counted from
 * 0001-01-01, so that every number in here is positive.
 */
#include <msvc/clock.h>

#include <msvc/status.h>

#define NS_PER_S      INT64_C(1000000000)
#define S_PER_DAY     INT64_C(86400)
#define DAYS_TO_1970  INT64_C(719162)
#define DAYS_PER_ERA  INT64_C(146097) /* 400 years */
#define LEAST_YEAR    1678
#define MOST_YEAR     2261
#define MOST_FRACTION 9

struct civil {
    int64_t year;
    unsigned month; /* from 1 */
    unsigned day;   /* from 1 */
};

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned month_days(int64_t year, unsigned month)
{
    static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

static int64_t days_before_year(int64_t year)
{
    int64_t past = year - 1;

    return past * 365 + past / 4 - past / 100 + past / 400;
}

static int64_t days_of(struct civil date)
{
    int64_t days = days_before_year(date.year);

    for (unsigned month = 1; month < date.month; month++)
        days += month_days(date.year, month);
    return days + date.day - 1;
}

static struct civil civil_of(int64_t days)
{
    struct civil date = { days * 400 / DAYS_PER_ERA + 1, 1, 1 };

    while (days_before_year(date.year) > days)
        date.year--;
    while (days_before_year(date.year + 1) <= days)
        date.year++;
    days -= days_before_year(date.year);
    while (days >= month_days(date.year, date.month))
        days -= month_days(date.year, date.month++);
    date.day = (unsigned)days + 1;
    return date;
}

static char *put_digits(char *at, uint64_t number, unsigned count, char behind)
{
    for (unsigned i = count; i > 0; i--) {
        at[i - 1] = (char)('0' + number % 10);
        number /= 10;
    }
    at[count] = behind;
    return at + count + 1;
}

void msvc_time_format(char out[MSVC_TIME_SIZE], int64_t wall_ns)
{
    int64_t below = wall_ns % NS_PER_S < 0 ? 1 : 0; /* division cuts towards zero */
    int64_t seconds = wall_ns / NS_PER_S - below + DAYS_TO_1970 * S_PER_DAY;
    int64_t fraction = wall_ns % NS_PER_S + below * NS_PER_S;
    unsigned of_day = (unsigned)(seconds % S_PER_DAY);
    struct civil date = civil_of(seconds / S_PER_DAY);
    char *at = out;

    at = put_digits(at, (uint64_t)date.year, 4, '-');
    at = put_digits(at, date.month, 2, '-');
    at = put_digits(at, date.day, 2, 'T');
    at = put_digits(at, of_day / 3600, 2, ':');
    at = put_digits(at, of_day / 60 % 60, 2, ':');
    at = put_digits(at, of_day % 60, 2, '.');
    at = put_digits(at, (uint64_t)fraction, 9, 'Z');
    *at = '\0';
}

struct reader {
    const char *at;
    const char *end;
    bool is_bad;
};

static bool at_digit(const struct reader *r)
{
    return r->at < r->end && *r->at >= '0' && *r->at <= '9';
}

static unsigned take_digits(struct reader *r, unsigned count, unsigned least, unsigned most)
{
    unsigned number = 0;

    for (unsigned i = 0; i < count; i++) {
        if (!at_digit(r)) {
            r->is_bad = true;
            return least;
        }
        number = number * 10 + (unsigned)(*r->at++ - '0');
    }
    if (number < least || number > most) {
        r->is_bad = true;
        return least;
    }
    return number;
}

/* One of two characters; their choice is returned: true for the second. */
static bool take_either(struct reader *r, char first, char second)
{
    if (r->at == r->end || (*r->at != first && *r->at != second)) {
        r->is_bad = true;
        return false;
    }
    return *r->at++ == second;
}

static struct civil take_date(struct reader *r)
{
    struct civil date;

    date.year = take_digits(r, 4, 0, 9999);
    (void)take_either(r, '-', '-');
    date.month = take_digits(r, 2, 1, 12);
    (void)take_either(r, '-', '-');
    date.day = take_digits(r, 2, 1, month_days(date.year, date.month));
    return date;
}

/* A leap second counts as the one after it; only the last minute of a day in UTC has one. */
static int64_t take_time_of_day(struct reader *r, bool *is_leap_second)
{
    unsigned minutes = take_digits(r, 2, 0, 23) * 60;
    unsigned seconds;

    (void)take_either(r, ':', ':');
    minutes += take_digits(r, 2, 0, 59);
    (void)take_either(r, ':', ':');
    seconds = take_digits(r, 2, 0, 60);
    *is_leap_second = seconds == 60;
    return (int64_t)minutes * 60 + seconds;
}

static int64_t take_fraction(struct reader *r)
{
    int64_t ns = 0;
    unsigned digits = 0;

    if (r->at == r->end || *r->at != '.')
        return 0;
    r->at++;
    r->is_bad |= !at_digit(r);
    for (; at_digit(r); r->at++) {
        if (digits++ < MOST_FRACTION)
            ns = ns * 10 + (*r->at - '0');
    }
    for (; digits < MOST_FRACTION; digits++)
        ns *= 10;
    return ns;
}

static int64_t take_offset(struct reader *r)
{
    bool is_west;
    int64_t seconds;

    if (r->at < r->end && (*r->at == 'Z' || *r->at == 'z')) {
        r->at++;
        return 0;
    }
    is_west = take_either(r, '+', '-');
    seconds = take_digits(r, 2, 0, 23) * INT64_C(3600);
    (void)take_either(r, ':', ':');
    seconds += take_digits(r, 2, 0, 59) * INT64_C(60);
    return is_west ? -seconds : seconds;
}

int msvc_time_parse(int64_t *wall_ns, const char *text, size_t length)
{
    struct reader r = { text, text != NULL ? text + length : NULL, text == NULL };
    struct civil date;
    bool is_leap_second;
    int64_t fraction;
    int64_t utc_s;
    int64_t year;

    date = take_date(&r);
    (void)take_either(&r, 'T', 't');
    utc_s = take_time_of_day(&r, &is_leap_second);
    fraction = take_fraction(&r);
    utc_s -= take_offset(&r);
    if (r.is_bad || r.at != r.end)
        return MSVC_ERR_MALFORMED;
    if (is_leap_second && (utc_s + S_PER_DAY) % S_PER_DAY != 0)
        return MSVC_ERR_MALFORMED;
    if (date.year < LEAST_YEAR - 1 || date.year > MOST_YEAR + 1)
        return MSVC_ERR_LIMIT;

    utc_s += days_of(date) * S_PER_DAY;
    year = civil_of(utc_s / S_PER_DAY).year;
    if (year < LEAST_YEAR || year > MOST_YEAR)
        return MSVC_ERR_LIMIT;
    *wall_ns = (utc_s - DAYS_TO_1970 * S_PER_DAY) * NS_PER_S + fraction;
    return 0;
}
