/* SPDX-License-Identifier: MIT */
/* Bodies of XML: what counts as the same, which rules reach where, and what is refused. */
#include <stdio.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/match_internal.h"
#include "contract/xml_internal.h"

#include "test.h"

#define RULE(path, matcher) "{\"body\":{\"" path "\":{\"matchers\":[" matcher "]}}}"
#define TYPE                "{\"match\":\"type\"}"
#define DIGITS              "{\"match\":\"regex\",\"regex\":\"[0-9]+\"}"

/* The mismatches in one text, "" for a match. */
static const char *compare(bool is_request, const char *rules, const char *expected,
                           const char *actual)
{
    static char shown[4096];
    struct msvc__mismatches found = { .items = NULL };
    struct msvc_json_document *document = NULL;
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc__rules read = { .items = NULL };
    struct msvc__xml *trees[2] = { NULL };

    assert_int_equal(msvc_json_parse(&document, rules, strlen(rules), NULL, NULL), 0);
    assert_int_equal(msvc__rules_read(&read, msvc_json_root(document), NULL), 0);
    assert_int_equal(msvc__xml_parse(&trees[0], expected, strlen(expected), NULL), 0);
    assert_int_equal(msvc__xml_parse(&trees[1], actual, strlen(actual), NULL), 0);
    msvc__match_xml(&found, &read, is_request, trees[0], trees[1]);
    msvc__mismatches_write(&text, &found, "");
    (void)snprintf(shown, sizeof(shown), "%s", text.data != NULL ? text.data : "");
    msvc_buffer_clear(&text);
    msvc__mismatches_clear(&found);
    msvc__rules_clear(&read);
    msvc_json_free(document);
    msvc__xml_free(trees[0]);
    msvc__xml_free(trees[1]);
    return shown;
}

static const char *of_response(const char *rules, const char *expected, const char *actual)
{
    return compare(false, rules, expected, actual);
}

static void knows_names_by_what_their_prefix_stands_for(void **state)
{
    (void)state;
    assert_string_equal(of_response("{}", "<a:x xmlns:a='urn:a' a:n='1'/>",
                                    "<x xmlns='urn:a' xmlns:b='urn:a' b:n='1'/>"),
                        "");
    assert_non_null(strstr(of_response("{}", "<a:x xmlns:a='urn:a'/>", "<a:x xmlns:a='urn:b'/>"),
                           "expected another element"));
}

static void ignores_comments_layout_and_the_order_of_names(void **state)
{
    (void)state;
    assert_string_equal(compare(true, "{}", "<a><b>1</b><c>&lt;</c></a>",
                                "<a>\n  <c><![CDATA[<]]></c><!-- one -->\n  <b> 1 </b>\n</a>"),
                        "");
}

static void compares_children_of_one_name_in_their_order(void **state)
{
    (void)state;
    assert_non_null(strstr(of_response("{}", "<a><b>1</b><b>2</b></a>", "<a><b>2</b><b>1</b></a>"),
                           "body $.a.b[1]['#text']: Expected '1' to be equal to '2'"));
}

static void lets_only_responses_have_more(void **state)
{
    const char *more = "<a x='1' y='2'><b/><c/><b/></a>";

    (void)state;
    assert_string_equal(of_response("{}", "<a x='1'><b/></a>", more), "");
    assert_non_null(
        strstr(compare(true, "{}", "<a x='1'><b/></a>", more), "body $.a['@y']: not expected"));
    assert_non_null(strstr(compare(true, "{}", "<a x='1'><b/></a>", more),
                           "body $.a.b[1]: element not expected"));
}

static void finds_what_is_missing(void **state)
{
    (void)state;
    assert_non_null(strstr(of_response("{}", "<a><b/><b/></a>", "<a><b/></a>"),
                           "body $.a.b[1]: Expected child <b/> but was missing"));
    assert_non_null(
        strstr(of_response("{}", "<a x='1'/>", "<a/>"), "body $.a['@x']: expected it to be there"));
}

static void takes_rules_for_attributes_and_texts(void **state)
{
    (void)state;
    assert_string_equal(of_response(RULE("$.a['@x']", DIGITS), "<a x='1'/>", "<a x='23'/>"), "");
    assert_string_not_equal(of_response(RULE("$.a['@x']", DIGITS), "<a x='1'/>", "<a x='y'/>"), "");
    assert_string_equal(
        of_response(RULE("$.a.b['#text']", DIGITS), "<a><b>1</b></a>", "<a><b>23</b></a>"), "");
    assert_string_equal(of_response(RULE("$['urn:a:x']['@n']", DIGITS), "<x xmlns='urn:a' n='1'/>",
                                    "<x xmlns='urn:a' n='2'/>"),
                        "");
}

static void lets_a_rule_leave_the_index_of_an_element_out(void **state)
{
    static const char *const rules[] = { RULE("$.a.b['@x']", DIGITS),
                                         RULE("$.a.b[*]['@x']", DIGITS),
                                         RULE("$.a[*].b['@x']", DIGITS),
                                         RULE("$.a[0].b[1]['@x']", DIGITS) };

    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(
            of_response(rules[i], "<a><b x='1'/><b x='1'/></a>", "<a><b x='1'/><b x='2'/></a>"),
            "");
    assert_string_not_equal(of_response(RULE("$.a.b[0]['@x']", DIGITS),
                                        "<a><b x='1'/><b x='1'/></a>",
                                        "<a><b x='1'/><b x='2'/></a>"),
                            "");
}

static void repeats_the_example_where_a_type_rule_stands(void **state)
{
    (void)state;
    assert_string_equal(
        compare(true, RULE("$.a.b", TYPE), "<a><b x='1'/></a>", "<a><b x='2'/><b x='3'/></a>"), "");
    assert_non_null(strstr(of_response(RULE("$.a", TYPE), "<a><b/></a>", "<a><b/><c/></a>"),
                           "body $.a.c: element not expected"));
}

static void counts_children_where_limits_stand(void **state)
{
    const char *rules = RULE("$.a", "{\"match\":\"type\",\"min\":2,\"max\":3}");

    (void)state;
    assert_string_equal(compare(true, rules, "<a><b/></a>", "<a><b/><b/></a>"), "");
    assert_non_null(strstr(compare(true, rules, "<a><b/></a>", "<a><b/></a>"),
                           "(size 1) to have minimum size of 2"));
    assert_non_null(strstr(compare(true, rules, "<a><b/></a>", "<a><b/><b/><b/><b/></a>"),
                           "(size 4) to have maximum size of 3"));
}

static int parse(const char *text, struct msvc_error *err)
{
    struct msvc__xml *root = NULL;
    int status = msvc__xml_parse(&root, text, strlen(text), err);

    msvc__xml_free(root);
    return status;
}

static void refuses_what_is_no_document(void **state)
{
    static const char *const wrong[] = {
        "", "x", "<a>", "<a></b>", "<a/><b/>", "<p:a/>", "<a x/>"
    };
    struct msvc_error err;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(parse(wrong[i], &err), MSVC_ERR_MALFORMED);
}

static void refuses_entities_with_the_declaration_they_need(void **state)
{
    struct msvc_error err = { .message = "" };

    (void)state;
    assert_int_equal(parse("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", &err), MSVC_ERR_MALFORMED);
    assert_non_null(strstr(err.message, "a document type declaration is not allowed"));
}

/* Repeats a text that has %zu for the number of the copy. */
static int parse_many(const char *before, const char *each, const char *after, size_t copies)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    int status;

    msvc_buffer_text(&text, before);
    for (size_t i = 0; i < copies; i++) {
        const char *hash = strchr(each, '#');

        msvc_buffer_bytes(&text, each, (size_t)(hash - each));
        msvc_buffer_printf(&text, "%zu%s", i, hash + 1);
    }
    msvc_buffer_text(&text, after);
    status = parse(text.data, NULL);
    msvc_buffer_clear(&text);
    return status;
}

static void limits_what_a_peer_can_make_it_hold(void **state)
{
    (void)state;
    assert_int_equal(parse_many("", "<a#>", "", MSVC__XML_DEPTH_MAX), MSVC_ERR_MALFORMED);
    assert_int_equal(parse_many("", "<a#>", "", MSVC__XML_DEPTH_MAX + 1), MSVC_ERR_LIMIT);
    assert_int_equal(parse_many("<a ", "b#='' ", "/>", MSVC__XML_ATTRIBUTES_MAX), 0);
    assert_int_equal(parse_many("<a ", "b#='' ", "/>", MSVC__XML_ATTRIBUTES_MAX + 1),
                     MSVC_ERR_LIMIT);
    assert_int_equal(parse_many("<a>", "<b#/>", "</a>", MSVC__XML_NAMES_MAX), 0);
    assert_int_equal(parse_many("<a>", "<b#/>", "</a>", MSVC__XML_NAMES_MAX + 1), MSVC_ERR_LIMIT);
    assert_int_equal(parse_many("<a>", "<b x='#'/>", "</a>", MSVC__XML_NODES_MAX / 2),
                     MSVC_ERR_LIMIT);
}

static void leaves_nothing_behind_when_memory_runs_out(void **state)
{
    int status = MSVC_ERR_NOMEM;

    (void)state;
    for (long successes = 0; status == MSVC_ERR_NOMEM && successes < 1000; successes++) {
        msvc__fail_allocation_after(successes);
        status = parse("<a xmlns='urn:a' x='1'>text<b y='2'>more</b><b/><c/></a>", NULL);
    }
    msvc__fail_allocation_after(-1);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_names_by_what_their_prefix_stands_for),
        cmocka_unit_test(ignores_comments_layout_and_the_order_of_names),
        cmocka_unit_test(compares_children_of_one_name_in_their_order),
        cmocka_unit_test(lets_only_responses_have_more),
        cmocka_unit_test(finds_what_is_missing),
        cmocka_unit_test(takes_rules_for_attributes_and_texts),
        cmocka_unit_test(lets_a_rule_leave_the_index_of_an_element_out),
        cmocka_unit_test(repeats_the_example_where_a_type_rule_stands),
        cmocka_unit_test(counts_children_where_limits_stand),
        cmocka_unit_test(refuses_what_is_no_document),
        cmocka_unit_test(refuses_entities_with_the_declaration_they_need),
        cmocka_unit_test(limits_what_a_peer_can_make_it_hold),
        cmocka_unit_test(leaves_nothing_behind_when_memory_runs_out),
    };

    return cmocka_run_group_tests_name("xml", tests, NULL, NULL);
}
