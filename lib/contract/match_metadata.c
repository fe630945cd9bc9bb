/* SPDX-License-Identifier: MIT */
/*
 * Metadata of messages: what was expected has to be there, more may come.
 * Values are JSON of any type; a text and a number that say the same are equal,
 * for a broker may know only texts.
 */
#include <string.h>
#include <strings.h>

#include <msvc/buffer.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "contract/match_internal.h"
#include "contract/matcher_internal.h"

static const struct msvc_json *find(const struct msvc_json *object, const char *name)
{
    const struct msvc_json *one = msvc_json_member(object, name);

    if (one != NULL || strcasecmp(name, "contentType") != 0)
        return one;
    one = msvc_json_member(object, "content-type");
    return one != NULL ? one : msvc_json_member(object, "Content-Type");
}

static bool is_type(const char *name)
{
    return strcasecmp(name, "contentType") == 0 || strcasecmp(name, "content-type") == 0;
}

static bool says_the_same(const char *name, const struct msvc__subject *a,
                          const struct msvc__subject *b)
{
    size_t a_length = 0;
    size_t b_length = 0;
    const char *a_text;
    const char *b_text;

    if (msvc__subject_is_container(a) || msvc__subject_is_container(b))
        return false;
    a_text = msvc__subject_text(a, &a_length);
    b_text = msvc__subject_text(b, &b_length);
    if (is_type(name) && msvc__media_type_equal(a_text, b_text) == 1)
        return true;
    return a_length == b_length && memcmp(a_text, b_text, a_length) == 0;
}

static void add(struct msvc__mismatches *out, const char *name, const struct msvc__rule *rule,
                const struct msvc_json *expected, const struct msvc_json *actual,
                const char *message)
{
    struct msvc_buffer texts[3] = { MSVC_BUFFER_INIT, MSVC_BUFFER_INIT, MSVC_BUFFER_INIT };

    msvc__rule_describe(&texts[0], rule);
    msvc__subject_show(&texts[1], &(struct msvc__subject){ .json = expected });
    if (actual != NULL)
        msvc__subject_show(&texts[2], &(struct msvc__subject){ .json = actual });
    msvc__mismatch_add(out,
                       &(struct msvc_contract_mismatch){
                           .part = "metadata",
                           .path = name,
                           .rule = texts[0].data,
                           .rule_path = rule != NULL ? rule->where : "",
                           .expected = texts[1].data,
                           .actual = actual != NULL ? texts[2].data : "(nothing)",
                       },
                       "%s", message);
    for (size_t i = 0; i < 3; i++)
        msvc_buffer_clear(&texts[i]);
}

static void compare(struct msvc__mismatches *out, const struct msvc__rule *rule, const char *name,
                    const struct msvc_json *expected, const struct msvc_json *actual)
{
    struct msvc__subject wanted = { .json = expected };
    struct msvc__subject found = { .json = actual };
    struct msvc_buffer why = MSVC_BUFFER_INIT;

    if (msvc_json_type(expected) == MSVC_JSON_STRING &&
        msvc_json_type(actual) == MSVC_JSON_STRING) {
        wanted.text = msvc_json_string(expected, &wanted.length);
        found.text = msvc_json_string(actual, &found.length);
        wanted.json = found.json = NULL; /* as in a header, "1" is a number */
    }
    if (!(rule == NULL && says_the_same(name, &wanted, &found)) &&
        !msvc__rule_accepts(rule, &wanted, &found, false, &why)) {
        if (rule == NULL) {
            msvc_buffer_truncate(&why, 0);
            msvc_buffer_printf(&why, "Expected metadata key '%s' to have value ", name);
            msvc__subject_describe(&why, &(struct msvc__subject){ .json = expected });
            msvc_buffer_text(&why, " but was ");
            msvc__subject_describe(&why, &(struct msvc__subject){ .json = actual });
        }
        add(out, name, rule, expected, actual, why.data != NULL ? why.data : "differs");
    }
    if (msvc_buffer_status(&why) < 0)
        out->status = MSVC_ERR_NOMEM;
    msvc_buffer_clear(&why);
}

void msvc__match_metadata(struct msvc__mismatches *out, const struct msvc__part *expected,
                          const struct msvc__part *actual)
{
    const struct msvc_json *came = msvc_json_root(actual->metadata);

    for (const struct msvc_json *one = msvc_json_first(msvc_json_root(expected->metadata));
         one != NULL; one = msvc_json_next(one)) {
        const char *name = msvc_json_name(one, NULL);
        const struct msvc_json *found = find(came, name);
        struct msvc_buffer message = MSVC_BUFFER_INIT;

        if (found != NULL) {
            compare(out, msvc__rules_for_name(&expected->rules, MSVC__RULE_METADATA, name), name,
                    one, found);
            continue;
        }
        msvc_buffer_printf(&message, "Expected message metadata '%s' but was missing", name);
        add(out, name, NULL, one, NULL, message.data != NULL ? message.data : "missing");
        msvc_buffer_clear(&message);
    }
}
