/* SPDX-License-Identifier: MIT */
/* What counts as a match: numbers, paths, rules and which of them wins. */
#include <stdio.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/match_internal.h"

#include "test.h"

/* Compare a response body by version 3 rules; gives the mismatches in one text, "" for a match. */
static const char *compare(const char *rules, const char *expected, const char *actual)
{
    static char shown[4096];
    struct msvc_json_document *documents[3] = { NULL };
    struct msvc__mismatches found = { .items = NULL };
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc__rules read = { .items = NULL };
    const char *inputs[3] = { rules, expected, actual };
    struct msvc_error err = { .message = "" };

    for (size_t i = 0; i < 3; i++)
        assert_int_equal(msvc_json_parse(&documents[i], inputs[i], strlen(inputs[i]), NULL, &err),
                         0);
    assert_int_equal(msvc__rules_read(&read, msvc_json_root(documents[0]), &err), 0);
    msvc__match_json(&found, &read, false, msvc_json_root(documents[1]),
                     msvc_json_root(documents[2]));
    msvc__mismatches_write(&text, &found, "");
    (void)snprintf(shown, sizeof(shown), "%s", text.data != NULL ? text.data : "");
    msvc_buffer_clear(&text);
    msvc__mismatches_clear(&found);
    msvc__rules_clear(&read);
    for (size_t i = 0; i < 3; i++)
        msvc_json_free(documents[i]);
    return shown;
}

#define BODY(rules)          "{\"body\":{" rules "}}"
#define RULE(path, matchers) "\"" path "\":{\"matchers\":[" matchers "]}"
#define TYPE                 "{\"match\":\"type\"}"

static void compares_numbers_of_any_length_exactly(void **state)
{
    (void)state;
    assert_true(msvc__number_equal("18446744073709551616", "18446744073709551616"));
    assert_false(msvc__number_equal("18446744073709551616", "18446744073709551617"));
    assert_false(msvc__number_equal("0.1", "0.10000000000000001"));
    assert_true(msvc__number_equal("1e400", "10e399"));
    assert_false(msvc__number_equal("1e400", "1e401"));
    assert_false(msvc__number_equal("1e99999999999999999999", "1e99999999999999999998"));
}

static void knows_one_number_in_many_spellings(void **state)
{
    (void)state;
    assert_true(msvc__number_equal("1.50", "1.5"));
    assert_true(msvc__number_equal("100.0", "1e2"));
    assert_true(msvc__number_equal("0.0", "-0.00"));
    assert_true(msvc__number_equal("12.34e1", "123.4"));
    assert_false(msvc__number_equal("-1", "1"));
    assert_false(msvc__number_equal("0.12", "1.2"));
}

static void keeps_whole_and_decimal_numbers_apart(void **state)
{
    (void)state;
    assert_false(msvc__number_equal("10", "10.0"));
    assert_true(msvc__number_is_whole("-10"));
    assert_false(msvc__number_is_whole("1e2"));
}

static void lets_a_type_rule_count_for_all_that_is_inside(void **state)
{
    (void)state;
    assert_string_equal(
        compare(BODY(RULE("$.a", TYPE)), "{\"a\":{\"b\":[1,\"x\"]}}", "{\"a\":{\"b\":[7,\"y\"]}}"),
        "");
    assert_non_null(
        strstr(compare(BODY(RULE("$.a", TYPE)), "{\"a\":{\"b\":\"x\"}}", "{\"a\":{\"b\":1}}"),
               "body $.a.b: Expected 1 (Integer) to be the same type as 'x' (String)"));
}

static void says_which_rule_was_applied_and_where_it_stands(void **state)
{
    (void)state;
    assert_non_null(
        strstr(compare(BODY(RULE("$.a", TYPE)), "{\"a\":{\"b\":\"x\"}}", "{\"a\":{\"b\":1}}"),
               "rule     type at $.a"));
}

static void stops_a_cascade_with_equality(void **state)
{
    const char *rules = BODY(RULE("$", TYPE) "," RULE("$.id", "{\"match\":\"equality\"}"));

    (void)state;
    assert_string_equal(compare(rules, "{\"id\":1,\"n\":1}", "{\"id\":1,\"n\":2}"), "");
    assert_string_not_equal(compare(rules, "{\"id\":1,\"n\":1}", "{\"id\":2,\"n\":2}"), "");
}

static void limits_the_length_of_the_array_itself_only(void **state)
{
    const char *rules = BODY(RULE("$.a", "{\"match\":\"type\",\"min\":2,\"max\":3}"));

    (void)state;
    assert_string_equal(compare(rules, "{\"a\":[[1]]}", "{\"a\":[[1],[2,3,4,5]]}"), "");
    assert_string_not_equal(compare(rules, "{\"a\":[[1]]}", "{\"a\":[[1]]}"), "");
    assert_string_not_equal(compare(rules, "{\"a\":[1]}", "{\"a\":[1,2,3,4]}"), "");
}

static void matches_a_regex_from_end_to_end(void **state)
{
    const char *rules = BODY(RULE("$", "{\"match\":\"regex\",\"regex\":\"\\\\d+|x\"}"));

    (void)state;
    assert_string_equal(compare(rules, "\"1\"", "\"123\""), "");
    assert_string_equal(compare(rules, "\"1\"", "456"), "");
    assert_non_null(strstr(compare(rules, "\"1\"", "\"a1b\""), "Expected 'a1b' to match '\\d+|x'"));
}

static void ends_a_regex_that_would_not_end(void **state)
{
    const char *rules = BODY(RULE("$", "{\"match\":\"regex\",\"regex\":\"(a+)+b\"}"));

    (void)state;
    assert_non_null(strstr(compare(rules, "\"ab\"", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac\""),
                           "to match '(a+)+b'"));
    rules = BODY(RULE("$", "{\"match\":\"regex\",\"regex\":\"(?:(a+)+)+\\\\1b\"}"));
    assert_non_null(strstr(compare(rules, "\"ab\"", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabc\""),
                           "too many steps"));
}

static void accepts_null_or_an_object_where_one_of_two_rules_will_do(void **state)
{
    const char *rules =
        BODY("\"$.a\":{\"combine\":\"OR\",\"matchers\":[" TYPE ",{\"match\":\"null\"}]}");

    (void)state;
    assert_string_equal(compare(rules, "{\"a\":{\"b\":1}}", "{\"a\":null}"), "");
    assert_string_equal(compare(rules, "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":2}}"), "");
    assert_string_not_equal(compare(rules, "{\"a\":{\"b\":1}}", "{\"a\":3}"), "");
}

static void picks_the_same_rule_whatever_their_order(void **state)
{
    const char *one = BODY(RULE("$.a.*", TYPE) "," RULE("$.*.b", "{\"match\":\"integer\"}"));
    const char *other = BODY(RULE("$.*.b", "{\"match\":\"integer\"}") "," RULE("$.a.*", TYPE));

    (void)state; /* both weigh the same; the wildcard further right wins */
    assert_string_equal(compare(one, "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1.5}}"), "");
    assert_string_equal(compare(other, "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1.5}}"), "");
}

/* All paths of four steps of a or *: sixteen fit one place. */
static void finds_the_rule_among_more_than_a_place_remembers(void **state)
{
    struct msvc_buffer rules = MSVC_BUFFER_INIT;

    (void)state;
    msvc_buffer_text(&rules, "{\"body\":{");
    for (unsigned i = 0; i < 16; i++) {
        msvc_buffer_printf(&rules, "%s\"$", i > 0 ? "," : "");
        for (unsigned bit = 0; bit < 4; bit++)
            msvc_buffer_text(&rules, (i >> bit & 1) != 0 ? ".a" : ".*");
        msvc_buffer_printf(&rules, "\":{\"matchers\":[{\"match\":\"%s\"}]}",
                           i == 15 ? "integer" : "null");
    }
    msvc_buffer_text(&rules, "}}");
    assert_string_equal(compare(rules.data, "{\"a\":{\"a\":{\"a\":{\"a\":1}}}}",
                                "{\"a\":{\"a\":{\"a\":{\"a\":7}}}}"),
                        "");
    assert_non_null(strstr(compare(rules.data, "{\"a\":{\"a\":{\"a\":{\"b\":1}}}}",
                                   "{\"a\":{\"a\":{\"a\":{\"b\":7}}}}"),
                           "null at $.a.a.a.*"));
    msvc_buffer_clear(&rules);
}

static void never_ignores_a_matcher_it_does_not_know(void **state)
{
    (void)state;
    assert_non_null(
        strstr(compare(BODY(RULE("$", "{\"match\":\"credit-card\"}")), "\"1\"", "\"1\""),
               "The matcher 'credit-card' is not known"));
}

static void reports_a_member_that_is_missing_with_its_path(void **state)
{
    (void)state;
    assert_non_null(strstr(compare("{}", "{\"a\":[{\"x y\":1}]}", "{\"a\":[{}]}"),
                           "body $.a[0]['x y']: expected it to be there"));
}

static void refuses_paths_that_are_none(void **state)
{
    static const char *const wrong[] = {
        "", "a", "$a", "$.", "$[", "$['a", "$['a'", "$[x]", "$[1"
    };
    struct msvc__path path;
    struct msvc_error err;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(msvc__path_parse(&path, wrong[i], &err), MSVC_ERR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_numbers_of_any_length_exactly),
        cmocka_unit_test(knows_one_number_in_many_spellings),
        cmocka_unit_test(keeps_whole_and_decimal_numbers_apart),
        cmocka_unit_test(lets_a_type_rule_count_for_all_that_is_inside),
        cmocka_unit_test(says_which_rule_was_applied_and_where_it_stands),
        cmocka_unit_test(stops_a_cascade_with_equality),
        cmocka_unit_test(limits_the_length_of_the_array_itself_only),
        cmocka_unit_test(matches_a_regex_from_end_to_end),
        cmocka_unit_test(ends_a_regex_that_would_not_end),
        cmocka_unit_test(accepts_null_or_an_object_where_one_of_two_rules_will_do),
        cmocka_unit_test(picks_the_same_rule_whatever_their_order),
        cmocka_unit_test(finds_the_rule_among_more_than_a_place_remembers),
        cmocka_unit_test(never_ignores_a_matcher_it_does_not_know),
        cmocka_unit_test(reports_a_member_that_is_missing_with_its_path),
        cmocka_unit_test(refuses_paths_that_are_none),
    };

    return cmocka_run_group_tests_name("matching", tests, NULL, NULL);
}
