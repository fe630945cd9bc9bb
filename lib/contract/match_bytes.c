/* SPDX-License-Identifier: MIT */
/* Compares bodies that are texts or bytes as a whole: by the rule at $, or by equality. */
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/status.h>

#include "contract/match_internal.h"
#include "contract/matcher_internal.h"

#define SHOWN_BYTES 32

static bool is_text(const struct msvc__part *part)
{
    return strncmp(part->content_type, "text/", 5) == 0;
}

static void write_bytes(struct msvc_buffer *out, const struct msvc__part *part)
{
    size_t shown = part->body_length < SHOWN_BYTES ? part->body_length : SHOWN_BYTES;

    msvc_buffer_printf(out, "[%s, %zu bytes, starting with ", part->content_type,
                       part->body_length);
    for (size_t i = 0; i < shown; i++)
        msvc_buffer_printf(out, "%02x", (unsigned char)part->body[i]);
    msvc_buffer_byte(out, ']');
}

static void write_part(struct msvc_buffer *out, const struct msvc__part *part)
{
    struct msvc__subject text = { .text = part->body, .length = part->body_length };

    if (is_text(part))
        msvc__subject_show(out, &text);
    else
        write_bytes(out, part);
}

static void write_difference(struct msvc_buffer *out, const struct msvc__part *expected,
                             const struct msvc__part *actual)
{
    msvc_buffer_text(out, is_text(expected) ? "Expected body '" : "Actual body ");
    write_part(out, is_text(expected) ? expected : actual);
    msvc_buffer_text(out,
                     is_text(expected) ? "' to match '" : " is not equal to the expected body ");
    write_part(out, is_text(expected) ? actual : expected);
    if (is_text(expected))
        msvc_buffer_text(out, "' using equality but did not match");
}

static void report(struct msvc__mismatches *out, const struct msvc__rule *rule,
                   const struct msvc__part *expected, const struct msvc__part *actual,
                   const char *message)
{
    struct msvc_buffer texts[3] = { MSVC_BUFFER_INIT, MSVC_BUFFER_INIT, MSVC_BUFFER_INIT };

    msvc__rule_describe(&texts[0], rule);
    write_part(&texts[1], expected);
    write_part(&texts[2], actual);
    msvc__mismatch_add(out,
                       &(struct msvc_contract_mismatch){
                           .part = "body",
                           .path = "$",
                           .rule = texts[0].data,
                           .rule_path = rule != NULL ? rule->where : "",
                           .expected = texts[1].data,
                           .actual = texts[2].data,
                       },
                       "%s", message);
    for (size_t i = 0; i < 3; i++)
        msvc_buffer_clear(&texts[i]);
}

void msvc__match_bytes(struct msvc__mismatches *out, const struct msvc__part *expected,
                       const struct msvc__part *actual)
{
    const struct msvc__rule *rule =
        msvc__rules_for_place(&expected->rules, &(struct msvc__place){ .depth = 1 });
    struct msvc__subject wanted = { .text = expected->body, .length = expected->body_length };
    struct msvc__subject found = { .text = actual->body, .length = actual->body_length };
    struct msvc_buffer why = MSVC_BUFFER_INIT;

    if (!msvc__rule_accepts(rule, &wanted, &found, false, &why)) {
        if (rule == NULL) {
            msvc_buffer_truncate(&why, 0);
            write_difference(&why, expected, actual);
        }
        report(out, rule, expected, actual, why.data != NULL ? why.data : "differs");
    }
    if (msvc_buffer_status(&why) < 0)
        out->status = MSVC_ERR_NOMEM;
    msvc_buffer_clear(&why);
}
