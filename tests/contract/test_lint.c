/* SPDX-License-Identifier: MIT */
/* What lint finds in a pact, and what it leaves alone. */
#include <stdio.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/contract_lint.h>
#include <msvc/error.h>
#include <msvc/json.h>

#include "test.h"

#define PACT(version, interactions)                                                                \
    "{\"consumer\":{\"name\":\"a\"},\"provider\":{\"name\":\"b\"},\"interactions\":[" interactions \
    "],\"metadata\":{\"pactSpecification\":{\"version\":\"" version "\"}}}"
#define ASKS(name, response)                                                         \
    "{\"description\":\"" name "\",\"request\":{\"method\":\"GET\",\"path\":\"/\"}," \
    "\"response\":{" response "}}"
#define BODY(body, rules)                                      \
    PACT("3.0.0", ASKS("asks", "\"status\":200,\"body\":" body \
                               ",\"matchingRules\":{\"body\":{" rules "}}"))
#define RULE(path, matcher) "\"" path "\":{\"matchers\":[{" matcher "}]}"

static struct msvc_pact_lint *lint_of(const char *text)
{
    struct msvc_pact_lint *lint = NULL;
    struct msvc_error err;
    int status = msvc_pact_lint(&lint, text, strlen(text), &err);

    if (status < 0)
        fail_msg("%s", err.message);
    return lint;
}

static void finds_nothing(const char *text)
{
    struct msvc_pact_lint *lint = lint_of(text);

    if (msvc_pact_lint_count(lint) > 0)
        fail_msg("%s", msvc_pact_lint_at(lint, 0)->message);
    msvc_pact_lint_free(lint);
}

/* One finding and no other. */
static void finds(const char *text, enum msvc_pact_lint_kind kind, const char *where)
{
    struct msvc_pact_lint *lint = lint_of(text);

    assert_int_equal(msvc_pact_lint_count(lint), 1);
    assert_int_equal(msvc_pact_lint_at(lint, 0)->kind, kind);
    assert_string_equal(msvc_pact_lint_at(lint, 0)->where, where);
    assert_true(msvc_pact_lint_at(lint, 0)->message[0] != '\0');
    msvc_pact_lint_free(lint);
}

static void says_nothing_about_a_good_pact(void **state)
{
    (void)state;
    finds_nothing(
        BODY("{\"id\":1,\"lines\":[{\"sku\":\"a\"}]}",
             RULE("$.id", "\"match\":\"integer\"") "," RULE(
                 "$.lines", "\"match\":\"type\",\"min\":1") "," RULE("$.lines[*].sku",
                                                                     "\"match\":\"regex\","
                                                                     "\"regex\":\"\\\\w+"
                                                                     "\"")));
    finds_nothing(PACT("2.0.0", ASKS("a", "\"status\":200") "," ASKS("b", "\"status\":200")));
}

static void finds_a_rule_for_what_is_not_there(void **state)
{
    (void)state;
    finds(BODY("{\"id\":1}", RULE("$.name", "\"match\":\"type\"")), MSVC_PACT_LINT_DEAD_RULE,
          "$.name");
    finds(BODY("{\"a\":[]}", RULE("$.a[*].b", "\"match\":\"type\"")), MSVC_PACT_LINT_DEAD_RULE,
          "$.a[*].b");
}

static void finds_a_rule_for_a_header_that_is_not_there(void **state)
{
    (void)state;
    finds(
        PACT("3.0.0", ASKS("asks", "\"status\":200,\"headers\":{\"X-A\":\"1\"},\"matchingRules\":{"
                                   "\"header\":{" RULE("X-B", "\"match\":\"type\"") "}}")),
        MSVC_PACT_LINT_DEAD_RULE, "X-B");
    finds_nothing(
        PACT("3.0.0", ASKS("asks", "\"status\":200,\"headers\":{\"X-A\":\"1\"},\"matchingRules\":{"
                                   "\"header\":{" RULE("x-a", "\"match\":\"type\"") "}}")));
}

static void finds_two_rules_that_count_as_much(void **state)
{
    (void)state;
    finds(BODY("{\"a\":{\"b\":1}}",
               RULE("$.*.b", "\"match\":\"type\"") "," RULE("$.a.*", "\"match\":\"integer\"")),
          MSVC_PACT_LINT_TIED_RULES, "$.*.b");
    finds_nothing(BODY("{\"a\":{\"b\":1}}", RULE("$.*.b", "\"match\":\"type\"") "," RULE(
                                                "$.a.*", "\"match\":\"type\"")));
}

static void finds_an_example_that_breaks_its_own_rule(void **state)
{
    (void)state;
    finds(BODY("{\"id\":\"x\"}", RULE("$.id", "\"match\":\"regex\",\"regex\":\"[0-9]+\"")),
          MSVC_PACT_LINT_BROKEN_EXAMPLE, "$.id");
    finds(BODY("{\"n\":1.5}", RULE("$.n", "\"match\":\"integer\"")), MSVC_PACT_LINT_BROKEN_EXAMPLE,
          "$.n");
}

static void finds_a_matcher_that_nobody_knows(void **state)
{
    (void)state;
    finds(BODY("{\"id\":1}", RULE("$.id", "\"match\":\"sideways\"")),
          MSVC_PACT_LINT_UNKNOWN_MATCHER, "$.id");
}

static void finds_a_pattern_that_cannot_be_read(void **state)
{
    struct msvc_pact_lint *lint =
        lint_of(BODY("{\"id\":1}", RULE("$.id", "\"match\":\"regex\",\"regex\":\"(\"")));

    (void)state;
    assert_int_equal(msvc_pact_lint_count(lint), 1);
    assert_int_equal(msvc_pact_lint_at(lint, 0)->kind, MSVC_PACT_LINT_UNREADABLE);
    assert_string_equal(msvc_pact_lint_at(lint, 0)->interaction, "asks");
    msvc_pact_lint_free(lint);
}

static void finds_the_same_interaction_twice(void **state)
{
    (void)state;
    finds(PACT("3.0.0", ASKS("a", "\"status\":200") "," ASKS("a", "\"status\":200")),
          MSVC_PACT_LINT_DUPLICATE, "");
    finds(PACT("3.0.0", ASKS("a", "\"status\":200") "," ASKS("a", "\"status\":201")),
          MSVC_PACT_LINT_DUPLICATE, "");
}

static void goes_on_after_an_interaction_that_cannot_be_read(void **state)
{
    struct msvc_pact_lint *lint =
        lint_of(PACT("3.0.0", "{\"description\":\"bad\"}," ASKS("a", "\"status\":200") "," ASKS(
                                  "a", "\"status\":200")));

    (void)state;
    assert_int_equal(msvc_pact_lint_count(lint), 2);
    assert_string_equal(msvc_pact_lint_at(lint, 0)->kind_name, "unreadable");
    assert_string_equal(msvc_pact_lint_at(lint, 1)->kind_name, "duplicate");
    msvc_pact_lint_free(lint);
}

static void refuses_what_is_no_pact(void **state)
{
    struct msvc_pact_lint *lint = NULL;

    (void)state;
    assert_int_equal(msvc_pact_lint(&lint, "{", 1, NULL), MSVC_ERR_MALFORMED);
    assert_int_equal(msvc_pact_lint(&lint, "{}", 2, NULL), MSVC_ERR_MALFORMED);
    assert_null(lint);
}

static void reports_for_people_and_programs(void **state)
{
    struct msvc_pact_lint *lint = lint_of(BODY("{\"id\":1}", RULE("$.name", "\"match\":\"type\"")));
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_json_document *document = NULL;

    (void)state;
    assert_int_equal(msvc_pact_lint_text(lint, "a-b.json", &text), 0);
    assert_string_equal(text.data, "a-b.json: dead-rule: \"asks\", response $.name: the example "
                                   "has nothing there: the rule never counts\n");
    msvc_buffer_clear(&text);
    assert_int_equal(msvc_pact_lint_json(lint, "a-b.json", &text), 0);
    assert_int_equal(msvc_json_parse(&document, text.data, text.length, NULL, NULL), 0);
    assert_int_equal(msvc_json_count(msvc_json_member(msvc_json_root(document), "findings")), 1);
    msvc_json_free(document);
    msvc_buffer_clear(&text);
    msvc_pact_lint_free(lint);
}

static void finds_what_the_schema_does_not_allow(void **state)
{
    (void)state;
    finds(PACT("3.0.0", ASKS("a", "\"status\":600")), MSVC_PACT_LINT_SCHEMA,
          "$.interactions[0].response.status");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_the_schema_does_not_allow),
        cmocka_unit_test(says_nothing_about_a_good_pact),
        cmocka_unit_test(finds_a_rule_for_what_is_not_there),
        cmocka_unit_test(finds_a_rule_for_a_header_that_is_not_there),
        cmocka_unit_test(finds_two_rules_that_count_as_much),
        cmocka_unit_test(finds_an_example_that_breaks_its_own_rule),
        cmocka_unit_test(finds_a_matcher_that_nobody_knows),
        cmocka_unit_test(finds_a_pattern_that_cannot_be_read),
        cmocka_unit_test(finds_the_same_interaction_twice),
        cmocka_unit_test(goes_on_after_an_interaction_that_cannot_be_read),
        cmocka_unit_test(refuses_what_is_no_pact),
        cmocka_unit_test(reports_for_people_and_programs),
    };

    return cmocka_run_group_tests_name("lint", tests, NULL, NULL);
}
