/* SPDX-License-Identifier: MIT */
/* Chooses how bodies are compared: by what they are, then by what is in them. */
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>

#include "contract/match_internal.h"
#include "contract/matcher_internal.h"
#include "contract/xml_internal.h"

static bool has_text(const struct msvc__part *part)
{
    return part->body_state == MSVC__BODY_PRESENT;
}

/* What people are shown of a body: JSON in the order of its names. */
static void show(struct msvc_buffer *out, const struct msvc__part *part)
{
    static const char *const nothing[] = {
        [MSVC__BODY_ABSENT] = "(no body)",
        [MSVC__BODY_EMPTY] = "(an empty body)",
        [MSVC__BODY_NULL] = "null",
    };

    if (!has_text(part))
        msvc_buffer_text(out, nothing[part->body_state]);
    else if (part->json != NULL)
        msvc__subject_show(out, &(struct msvc__subject){ .json = msvc_json_root(part->json) });
    else
        msvc__subject_show(
            out, &(struct msvc__subject){ .text = part->body, .length = part->body_length });
}

static void add(struct msvc__mismatches *out, const struct msvc__part *expected,
                const struct msvc__part *actual, const char *message)
{
    struct msvc_buffer wanted = MSVC_BUFFER_INIT;
    struct msvc_buffer found = MSVC_BUFFER_INIT;

    show(&wanted, expected);
    show(&found, actual);
    msvc__mismatch_add(out,
                       &(struct msvc_contract_mismatch){ .part = "body",
                                                         .path = "$",
                                                         .rule = "equality",
                                                         .expected = wanted.data,
                                                         .actual = found.data },
                       "%s", message);
    msvc_buffer_clear(&wanted);
    msvc_buffer_clear(&found);
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

/* JSON behind the five bytes that Kafka's schema registry puts in front. */
#define REGISTRY_TYPE  "application/vnd.schemaregistry.v1+json"
#define REGISTRY_BYTES 5

static bool has_registry_prefix(const struct msvc__part *part)
{
    return strcmp(part->content_type, REGISTRY_TYPE) == 0 && part->json == NULL &&
           part->body_length > REGISTRY_BYTES && part->body[0] == '\0';
}

static struct msvc_json_document *read_registry_json(const struct msvc__part *part)
{
    struct msvc_json_document *document = NULL;

    if (!has_registry_prefix(part) ||
        msvc_json_parse(&document, part->body + REGISTRY_BYTES, part->body_length - REGISTRY_BYTES,
                        NULL, NULL) < 0)
        return NULL;
    return document;
}

static void compare_json(struct msvc__mismatches *out, const struct msvc__part *expected,
                         const struct msvc__part *actual)
{
    struct msvc_json_document *wanted = read_registry_json(expected);
    struct msvc_json_document *found = read_registry_json(actual);
    const struct msvc_json *left = msvc_json_root(wanted != NULL ? wanted : expected->json);
    const struct msvc_json *right = msvc_json_root(found != NULL ? found : actual->json);

    if (left == NULL)
        msvc__match_bytes(out, expected, actual);
    else if (right == NULL)
        add(out, expected, actual, "expected JSON");
    else
        msvc__match_json(out, &expected->rules, expected->is_request, left, right);
    msvc_json_free(wanted);
    msvc_json_free(found);
}

static void compare_xml(struct msvc__mismatches *out, const struct msvc__part *expected,
                        const struct msvc__part *actual)
{
    if (expected->xml == NULL || actual->xml == NULL)
        report_xml(out, expected, actual);
    else
        msvc__match_xml(out, &expected->rules, expected->is_request, expected->xml, actual->xml);
}

/* A rule at the root that is about bytes, whatever they stand for. */
static bool is_about_bytes(const struct msvc__part *expected)
{
    const struct msvc__rule *rule =
        msvc__rules_for_place(&expected->rules, &(struct msvc__place){ .depth = 1 });

    return msvc__rule_has(rule, MSVC__MATCH_CONTENT_TYPE);
}

static void compare_content(struct msvc__mismatches *out, const struct msvc__part *expected,
                            const struct msvc__part *actual)
{
    const char *type = expected->content_type;

    if (is_about_bytes(expected))
        msvc__match_bytes(out, expected, actual);
    else if (expected->json != NULL || msvc__type_is_json(type))
        compare_json(out, expected, actual);
    else if (msvc__xml_is_type(type))
        compare_xml(out, expected, actual);
    else if (strcmp(type, "application/x-www-form-urlencoded") == 0)
        msvc__match_form(out, expected, actual);
    else if (strncmp(type, "multipart/", 10) == 0)
        msvc__match_multipart(out, expected, actual);
    else
        msvc__match_bytes(out, expected, actual);
}

static void compare_present(struct msvc__mismatches *out, const struct msvc__part *expected,
                            const struct msvc__part *actual)
{
    bool type_has_rule =
        msvc__rules_for_name(&expected->rules, MSVC__RULE_HEADER, "Content-Type") != NULL ||
        (expected->is_message &&
         msvc__rules_for_name(&expected->rules, MSVC__RULE_METADATA, "contentType") != NULL);

    if (strcmp(expected->content_type, actual->content_type) == 0 || type_has_rule) {
        compare_content(out, expected, actual);
        return;
    }
    msvc__mismatch_add(out,
                       &(struct msvc_contract_mismatch){ .part = "body",
                                                         .path = "$",
                                                         .rule = "content type",
                                                         .expected = expected->content_type,
                                                         .actual = actual->content_type },
                       "Expected a body of '%s' but the actual content type was '%s'",
                       expected->content_type, actual->content_type);
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
