/* SPDX-License-Identifier: MIT */
/* Matchers that look at a text: regex, include, semver, boolean. */
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "contract/matcher_internal.h"

#define DIGITS "0123456789"
#define LABELS DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-"

static bool refuse(struct msvc_buffer *why, const struct msvc__subject *actual, const char *what,
                   const char *wanted)
{
    msvc_buffer_text(why, "Expected '");
    msvc__subject_show(why, actual);
    msvc_buffer_printf(why, "' %s '%s'", what, wanted);
    return false;
}

bool msvc__accepts_regex(const struct msvc__matcher *m, const struct msvc__subject *actual,
                         struct msvc_buffer *why)
{
    size_t length;
    const char *text = msvc__subject_text(actual, &length);
    int found = msvc__regex_match(m->regex, text, length);

    if (found == 1)
        return true;
    if (found == MSVC_ERR_LIMIT)
        msvc_buffer_printf(why, "The regex '%s' took too many steps", m->text);
    else if (found == MSVC_ERR_MALFORMED)
        msvc_buffer_printf(why, "The regex '%s' was not tried: the text is not UTF-8", m->text);
    else if (found < 0)
        msvc_buffer_printf(why, "The regex '%s' was not tried: %s", m->text,
                           msvc_status_text(found));
    else
        return refuse(why, actual, "to match", m->text);
    return false;
}

bool msvc__accepts_include(const struct msvc__matcher *m, const struct msvc__subject *actual,
                           struct msvc_buffer *why)
{
    size_t length;
    const char *text = msvc__subject_text(actual, &length);
    size_t wanted = strlen(m->text);

    for (size_t i = 0; i + wanted <= length; i++) {
        if (memcmp(text + i, m->text, wanted) == 0)
            return true;
    }
    return refuse(why, actual, "to include", m->text);
}

/* A number without a zero in front. */
static bool take_number(const char **at)
{
    size_t digits = strspn(*at, DIGITS);

    if (digits == 0 || (digits > 1 && **at == '0'))
        return false;
    *at += digits;
    return true;
}

/* After '-' or '+': labels between points; those of a pre-release that are numbers have no zero in
 * front. */
static bool take_labels(const char **at, bool is_release)
{
    for (;;) {
        size_t length = strspn(*at, LABELS);

        if (length == 0 ||
            (!is_release && length > 1 && **at == '0' && strspn(*at, DIGITS) == length))
            return false;
        *at += length;
        if (**at != '.')
            return true;
        (*at)++;
    }
}

/* https://semver.org, 2.0.0. */
static bool is_semver(const char *at)
{
    for (int i = 0; i < 3; i++) {
        if (i > 0 && *at++ != '.')
            return false;
        if (!take_number(&at))
            return false;
    }
    if (*at == '-') {
        at++;
        if (!take_labels(&at, false))
            return false;
    }
    if (*at == '+') {
        at++;
        if (!take_labels(&at, true))
            return false;
    }
    return *at == '\0';
}

bool msvc__accepts_semver(const struct msvc__subject *actual, struct msvc_buffer *why)
{
    size_t length;
    const char *text = msvc__subject_text(actual, &length);

    if (msvc__subject_type(actual) == MSVC_JSON_STRING && strlen(text) == length && is_semver(text))
        return true;
    msvc_buffer_byte(why, '\'');
    msvc__subject_show(why, actual);
    msvc_buffer_text(why, "' is not a valid semantic version");
    return false;
}

bool msvc__accepts_boolean(const struct msvc__subject *actual, struct msvc_buffer *why)
{
    size_t length;
    const char *text = msvc__subject_text(actual, &length);

    if (!msvc__subject_is_container(actual) && ((length == 4 && memcmp(text, "true", 4) == 0) ||
                                                (length == 5 && memcmp(text, "false", 5) == 0)))
        return true;
    msvc_buffer_text(why, "Expected ");
    msvc__subject_describe(why, actual);
    msvc_buffer_text(why, " to match a boolean");
    return false;
}
