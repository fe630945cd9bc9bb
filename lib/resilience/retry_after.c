/* SPDX-License-Identifier: MIT */
/*
 * Retry-After is a number of seconds or a date, and HTTP has three forms of
 * dates; each is a pattern whose letters name what is read there.
 */
#include <msvc/retry.h>

#include <string.h>

#include <msvc/status.h>

#define MS_PER_S 1000
#define NS_PER_S 1000000000
#define DAY_S    86400

struct reader {
    const char *at;
    const char *end;
    bool failed;
};

struct date {
    int year;
    int month; /* from 0 */
    int day;
    int hour;
    int minute;
    int second;
};

static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
static const char *const weekdays[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
static const char *const long_weekdays[] = { "Monday", "Tuesday",  "Wednesday", "Thursday",
                                             "Friday", "Saturday", "Sunday" };

static int read_name(struct reader *r, const char *const *names, int count)
{
    for (int i = 0; i < count; i++) {
        size_t length = strlen(names[i]);

        if ((size_t)(r->end - r->at) >= length && memcmp(r->at, names[i], length) == 0) {
            r->at += length;
            return i;
        }
    }
    r->failed = true;
    return 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int read_digits(struct reader *r, int count)
{
    int number = 0;

    while (count-- > 0) {
        if (r->at == r->end || !is_digit(*r->at)) {
            r->failed = true;
            return 0;
        }
        number = number * 10 + (*r->at++ - '0');
    }
    return number;
}

/* asctime() writes a single digit with a space before it. */
static int read_padded_day(struct reader *r)
{
    if (r->at < r->end && *r->at == ' ') {
        r->at++;
        return read_digits(r, 1);
    }
    return read_digits(r, 2);
}

static void read_literal(struct reader *r, char c)
{
    if (r->at == r->end || *r->at != c)
        r->failed = true;
    else
        r->at++;
}

static void read_item(struct reader *r, char item, struct date *date)
{
    switch (item) {
    case 'w':
        (void)read_name(r, weekdays, 7);
        return;
    case 'W':
        (void)read_name(r, long_weekdays, 7);
        return;
    case 'm':
        date->month = read_name(r, months, 12);
        return;
    case 'd':
        date->day = read_digits(r, 2);
        return;
    case 'D':
        date->day = read_padded_day(r);
        return;
    case 'y':
        date->year = read_digits(r, 2);
        return;
    case 'Y':
        date->year = read_digits(r, 4);
        return;
    case 'h':
        date->hour = read_digits(r, 2);
        return;
    case 'i':
        date->minute = read_digits(r, 2);
        return;
    case 's':
        date->second = read_digits(r, 2);
        return;
    default:
        read_literal(r, item);
    }
}

static bool reads_as(struct reader r, const char *pattern, struct date *date)
{
    for (; *pattern != '\0' && !r.failed; pattern++)
        read_item(&r, *pattern, date);
    return !r.failed && r.at == r.end;
}

/* Days from 1970-01-01 to the first of a month; years that begin in March put the leap day last. */
static int64_t days_before(int year, int month)
{
    int64_t y = month < 2 ? year - 1 : year;
    int64_t months_since_march = (month + 10) % 12;

    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * months_since_march + 2) / 5 - 719468;
}

static bool exists(const struct date *date)
{
    int next_month = (date->month + 1) % 12;
    int next_year = date->year + (next_month == 0);
    int64_t length = days_before(next_year, next_month) - days_before(date->year, date->month);

    return date->year >= 1 && date->day >= 1 && date->day <= length && date->hour <= 23 &&
           date->minute <= 59 && date->second <= 60;
}

static int64_t seconds_of(const struct date *date)
{
    int64_t days = days_before(date->year, date->month) + date->day - 1;

    return ((days * 24 + date->hour) * 60 + date->minute) * 60 + date->second;
}

/* A year of two digits that seems more than 50 years away is in the past (RFC 9110 section 5.6.7).
 */
static int full_year(int year, int64_t now_s)
{
    int64_t this_year = 1970 + now_s / (365 * (int64_t)DAY_S + DAY_S / 4);
    int64_t full = this_year - this_year % 100 + year;

    return (int)(full > this_year + 50 ? full - 100 : full);
}

static bool read_date(struct reader r, int64_t now_s, struct date *date)
{
    if (reads_as(r, "w, d m Y h:i:s GMT", date) || reads_as(r, "w m D h:i:s Y", date))
        return true;
    if (!reads_as(r, "W, d-m-y h:i:s GMT", date))
        return false;
    date->year = full_year(date->year, now_s);
    return true;
}

/* More digits than a day has seconds are a day. */
static bool read_seconds(struct reader r, uint64_t *out_s)
{
    uint64_t seconds = 0;

    if (r.at == r.end)
        return false;
    for (; r.at < r.end; r.at++) {
        if (!is_digit(*r.at))
            return false;
        seconds = seconds * 10 + (uint64_t)(*r.at - '0');
        if (seconds > DAY_S)
            seconds = DAY_S;
    }
    *out_s = seconds;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

int msvc_retry_after_parse(uint64_t *out_ms, const char *text, size_t length, int64_t wall_ns)
{
    struct reader r = { text, text != NULL ? text + length : NULL, false };
    struct date date = { 0 };
    uint64_t seconds;
    int64_t left_ms;

    if (out_ms == NULL || text == NULL)
        return MSVC_ERR_MALFORMED;
    while (r.at < r.end && is_blank(*r.at))
        r.at++;
    while (r.end > r.at && is_blank(r.end[-1]))
        r.end--;

    if (read_seconds(r, &seconds)) {
        *out_ms = seconds * MS_PER_S;
        return 0;
    }
    if (!read_date(r, wall_ns / NS_PER_S, &date) || !exists(&date))
        return MSVC_ERR_MALFORMED;
    left_ms = seconds_of(&date) * MS_PER_S - wall_ns / (NS_PER_S / MS_PER_S);
    if (left_ms < 0)
        left_ms = 0;
    *out_ms = left_ms < MSVC_RETRY_AFTER_MAX_MS ? (uint64_t)left_ms : MSVC_RETRY_AFTER_MAX_MS;
    return 0;
}
