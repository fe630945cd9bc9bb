/* SPDX-License-Identifier: MIT */
/* Matchers of dates and times: the pattern was read with the rule. */
#include <msvc/buffer.h>

#include "contract/date_internal.h"
#include "contract/matcher_internal.h"

bool msvc__accepts_date(const struct msvc__matcher *m, const struct msvc__subject *actual,
                        struct msvc_buffer *why)
{
    const char *what = m->kind == MSVC__MATCH_DATE   ? "date"
                       : m->kind == MSVC__MATCH_TIME ? "time"
                                                     : "timestamp";
    size_t length = 0;
    const char *text = msvc__subject_text(actual, &length);

    if (!msvc__subject_is_container(actual) && msvc__date_pattern_match(m->pattern, text, length))
        return true;
    msvc_buffer_text(why, "Expected '");
    msvc__subject_show(why, actual);
    msvc_buffer_printf(why, "' to match a %s pattern of '%s'", what, m->text);
    return false;
}
