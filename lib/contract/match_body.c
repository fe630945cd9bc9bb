/* SPDX-License-Identifier: MIT */
/* Chooses how bodies are compared: by what they are, then by what is in them. */
#include <string.h>

#include <msvc/error.h>
#include <msvc/json.h>

#include "contract/match_internal.h"
#include "contract/xml_internal.h"

static bool has_text(const struct msvc__part *part)
{
    return part->body_state == MSVC__BODY_PRESENT;
}

/* What people are shown of a body. */
static const char *show(const struct msvc__part *part)
{
    static const char *const nothing[] = {
        [MSVC__BODY_ABSENT] = "(no body)",
        [MSVC__BODY_EMPTY] = "(an empty body)",
        [MSVC__BODY_NULL] = "null",
    };

    return has_text(part) ? part->body : nothing[part->body_state];
}

static void add(struct msvc__mismatches *out, const struct msvc__part *expected,
                const struct msvc__part *actual, const char *message)
{
    msvc__mismatch_add(out,
                       &(struct msvc_contract_mismatch){ .part = "body",
                                                         .path = "$",
                                                         .rule = "equality",
                                                         .expected = show(expected),
                                                         .actual = show(actual) },
                       "%s", message);
}

static bool is_null(const struct msvc__part *part)
{
    return !has_text(part) || msvc_json_type(msvc_json_root(part->json)) == MSVC_JSON_NULL;
}

/* Why a body is no XML: what reading it once more says. */
static void report_xml(struct msvc__mismatches *out, const struct msvc__part *expected,
                       const struct msvc__part *actual)
{
    const struct msvc__part *wrong = expected->xml == NULL ? expected : actual;
    struct msvc_error err = { .message = "expected XML" };
    struct msvc__xml *unused = NULL;

    (void)msvc__xml_parse(&unused, wrong->body, wrong->body_length, &err);
    msvc__xml_free(unused);
    add(out, expected, actual, err.message);
}

static void compare_texts(struct msvc__mismatches *out, const struct msvc__part *expected,
                          const struct msvc__part *actual)
{
    const struct msvc__rule *rule =
        msvc__rules_for_place(&expected->rules, &(struct msvc__place){ .depth = 1 });

    if (!msvc__xml_is_type(expected->content_type))
        msvc__match_text(out, rule, "body", "$", expected->body, actual->body);
    else if (expected->xml == NULL || actual->xml == NULL)
        report_xml(out, expected, actual);
    else
        msvc__match_xml(out, &expected->rules, expected->is_request, expected->xml, actual->xml);
}

static void compare_present(struct msvc__mismatches *out, const struct msvc__part *expected,
                            const struct msvc__part *actual)
{
    bool type_has_rule =
        msvc__rules_for_name(&expected->rules, MSVC__RULE_HEADER, "Content-Type") != NULL;

    if (strcmp(expected->content_type, actual->content_type) != 0 && !type_has_rule)
        msvc__mismatch_add(out,
                           &(struct msvc_contract_mismatch){ .part = "body",
                                                             .path = "$",
                                                             .rule = "content type",
                                                             .expected = expected->content_type,
                                                             .actual = actual->content_type },
                           "expected a body of another type");
    else if (expected->json == NULL)
        compare_texts(out, expected, actual);
    else if (actual->json == NULL)
        add(out, expected, actual, "expected JSON");
    else
        msvc__match_json(out, &expected->rules, expected->is_request,
                         msvc_json_root(expected->json), msvc_json_root(actual->json));
}

void msvc__match_body(struct msvc__mismatches *out, const struct msvc__part *expected,
                      const struct msvc__part *actual)
{
    switch (expected->body_state) {
    case MSVC__BODY_ABSENT:
        break;
    case MSVC__BODY_EMPTY:
        if (has_text(actual))
            add(out, expected, actual, "expected an empty body");
        break;
    case MSVC__BODY_NULL:
        if (!is_null(actual))
            add(out, expected, actual, "expected null or no body");
        break;
    case MSVC__BODY_PRESENT:
        if (has_text(actual))
            compare_present(out, expected, actual);
        else
            add(out, expected, actual, "expected a body");
    }
}
