/* SPDX-License-Identifier: MIT */
/*
 * Dates and times in patterns as Java writes them ("yyyy-MM-dd'T'HH:mm:ssXXX"),
 * and expressions that move an instant ("today + 1 week @ noon").
 */
#ifndef MSVC_CONTRACT_DATE_INTERNAL_H
#define MSVC_CONTRACT_DATE_INTERNAL_H

#include <msvc/base.h>

struct msvc_buffer;
struct msvc_error;

#define MSVC__DATE_FORMAT     "yyyy-MM-dd"
#define MSVC__TIME_FORMAT     "HH:mm:ss"
#define MSVC__DATETIME_FORMAT "yyyy-MM-dd'T'HH:mm:ssXXX"

#define MSVC__DATE_PATTERN_MAX 256 /* longest pattern, in bytes */

/* A calendar's view of an instant, in UTC. */
struct msvc__moment {
    int64_t day; /* since 1970-01-01 */
    int64_t ns;  /* of the day */
};

struct msvc__date {
    int64_t year; /* 0 is 1 BC */
    unsigned month, day;
};

struct msvc__date msvc__date_of_day(int64_t day);
int64_t msvc__date_to_day(struct msvc__date date);
unsigned msvc__date_month_days(int64_t year, unsigned month);
/* 1 is Monday, 7 Sunday. */
unsigned msvc__date_weekday(int64_t day);
struct msvc__moment msvc__moment_of_wall(int64_t wall_ns);
/* English names; 0 for what is none, else 1 to 12 or 1 to 7. *length is how much was taken, the
 * full name where it stands, else its first three letters. */
unsigned msvc__date_find_month(const char *text, size_t *length);
unsigned msvc__date_find_weekday(const char *text, size_t *length);
const char *msvc__date_month_name(unsigned month);
const char *msvc__date_weekday_name(unsigned weekday);

/* A pattern that was read. Threading: safe. */
struct msvc__date_pattern;

/* Returns 0, MSVC_ERR_MALFORMED (with the position), MSVC_ERR_LIMIT or MSVC_ERR_NOMEM. */
int msvc__date_pattern_new(struct msvc__date_pattern **out, const char *text,
                           struct msvc_error *err);
void msvc__date_pattern_free(struct msvc__date_pattern *pattern);
/* Whether all of a text is written in the pattern and means a day and time that exist. */
bool msvc__date_pattern_match(const struct msvc__date_pattern *pattern, const char *text,
                              size_t length);
void msvc__date_pattern_write(struct msvc_buffer *out, const struct msvc__date_pattern *pattern,
                              struct msvc__moment moment);

/* What an expression is about: only a date, only a time, or "date @ time". */
enum msvc__date_part { MSVC__DATE_ONLY, MSVC__TIME_ONLY, MSVC__DATE_AND_TIME };

/* Move a moment as an expression says. Returns 0, MSVC_ERR_MALFORMED (with the position) or
 * MSVC_ERR_LIMIT (outside of the years -9999 to 9999). */
int msvc__date_expression(struct msvc__moment *moment, const char *text, enum msvc__date_part part,
                          struct msvc_error *err);

#endif
