/* SPDX-License-Identifier: MIT */
/* Zones and offsets of date patterns. Names of zones are taken for what looks like one. */
#include <ctype.h>
#include <string.h>

#include <msvc/buffer.h>

#include "contract/date_pattern_internal.h"

/* How an offset is written. */
struct shape {
    bool has_minutes; /* always */
    bool may_have_minutes, may_have_seconds;
    bool has_colon;
    bool has_z; /* "Z" for no offset */
};

static bool take_pair(const char **at, int most)
{
    const char *text = *at;

    if (!isdigit((unsigned char)text[0]) || !isdigit((unsigned char)text[1]) ||
        (text[0] - '0') * 10 + (text[1] - '0') > most)
        return false;
    *at += 2;
    return true;
}

/* Of a shape without colon the pair stands right behind. */
static bool take_more(const char **at, bool has_colon)
{
    const char *start = *at;

    if (has_colon && *start != ':')
        return false;
    *at += has_colon;
    if (take_pair(at, 59))
        return true;
    *at = start;
    return false;
}

static bool take_offset(const char **at, struct shape shape)
{
    bool has_minutes = false;

    if (shape.has_z && (**at == 'Z')) {
        (*at)++;
        return true;
    }
    if (**at != '+' && **at != '-')
        return false;
    (*at)++;
    if (!take_pair(at, 18))
        return false;
    if (shape.has_minutes || shape.may_have_minutes)
        has_minutes = take_more(at, shape.has_colon);
    if (shape.has_minutes && !has_minutes)
        return false;
    if (shape.may_have_seconds && has_minutes)
        (void)take_more(at, shape.has_colon);
    return true;
}

static struct shape shape_of(const struct msvc__date_token *token)
{
    unsigned width = token->width;

    if (token->letter == 'Z') /* ZZZZZ as XXXXX, fewer as xx */
        return (struct shape){ .has_minutes = true,
                               .may_have_seconds = width == 5,
                               .has_colon = width == 5,
                               .has_z = width == 5 };
    return (struct shape){ .has_minutes = width > 1,
                           .may_have_minutes = width == 1,
                           .may_have_seconds = width >= 4,
                           .has_colon = width == 3 || width == 5,
                           .has_z = token->letter == 'X' };
}

/* "GMT", "GMT+8", "GMT+08:00". */
static bool take_gmt(const char **at, bool is_long)
{
    if (strncmp(*at, "GMT", 3) != 0 && strncmp(*at, "UTC", 3) != 0)
        return false;
    *at += 3;
    if (**at != '+' && **at != '-')
        return true;
    if (!is_long && !isdigit((unsigned char)(*at)[2])) {
        *at += isdigit((unsigned char)(*at)[1]) ? 2 : 0;
        return isdigit((unsigned char)(*at)[-1]);
    }
    return take_offset(
        at, (struct shape){ .has_minutes = is_long, .may_have_minutes = true, .has_colon = true });
}

/* "CET", "Central European Time", "Europe/Paris". */
static bool take_zone_name(const char **at, const char *also)
{
    const char *start = *at;

    if (!isalpha((unsigned char)*start))
        return false;
    while (isalpha((unsigned char)**at) || (**at != '\0' && strchr(also, **at) != NULL))
        (*at)++;
    return *at - start >= 2 || *start == 'Z';
}

bool msvc__date_take_zone(const struct msvc__date_token *token, const char **at)
{
    bool is_long = token->width == 4;

    switch (token->letter) {
    case 'O':
        return take_gmt(at, is_long);
    case 'z':
        return take_gmt(at, false) || take_zone_name(at, is_long ? " " : "");
    case 'V':
        return take_gmt(at, true) || take_zone_name(at, "/_+-0123456789") ||
               take_offset(at, (struct shape){ .may_have_minutes = true, .has_colon = true });
    default:
        if (token->letter == 'Z' && is_long)
            return take_gmt(at, true);
        return take_offset(at, shape_of(token));
    }
}

void msvc__date_write_zone(struct msvc_buffer *out, const struct msvc__date_token *token)
{
    static const char *const offsets[] = { "", "+00", "+0000", "+00:00", "+0000", "+00:00" };

    if (token->letter == 'X' || (token->letter == 'Z' && token->width == 5))
        msvc_buffer_byte(out, 'Z');
    else if (token->letter == 'x')
        msvc_buffer_text(out, offsets[token->width]);
    else if (token->letter == 'Z' && token->width <= 3)
        msvc_buffer_text(out, "+0000");
    else if (token->letter == 'z' && token->width == 4)
        msvc_buffer_text(out, "Coordinated Universal Time");
    else
        msvc_buffer_text(out, token->letter == 'O' || token->letter == 'Z' ? "GMT" : "UTC");
}
