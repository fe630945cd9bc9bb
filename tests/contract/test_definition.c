/* SPDX-License-Identifier: MIT */
/* The definition language of matching rules: what it becomes, and where it is wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "contract/definition_internal.h"
#include "contract/rules_internal.h"

#include "test.h"

/* Matchers, example, generator and reference in one text; what is wrong when it cannot be read. */
static const char *parse(const char *text)
{
    static char shown[2048];
    struct msvc_error err;
    struct msvc__definition d;

    if (msvc__definition_parse(&d, text, &err) < 0) {
        (void)snprintf(shown, sizeof(shown), "%s", err.message);
        return shown;
    }
    (void)snprintf(shown, sizeof(shown), "%s %s%s%s%s%s", d.matchers,
                   d.value != NULL ? d.value : "-", d.generator != NULL ? " " : "",
                   d.generator != NULL ? d.generator : "", d.reference != NULL ? " $" : "",
                   d.reference != NULL ? d.reference : "");
    msvc__definition_clear(&d);
    return shown;
}

static void reads_every_type(void **state)
{
    static const char *const cases[][2] = {
        { "matching(equalTo, 'a')", "[{\"match\":\"equality\"}] \"a\"" },
        { "matching(type,'Name')", "[{\"match\":\"type\"}] \"Name\"" },
        { "matching( type , null )", "[{\"match\":\"type\"}] null" },
        { "matching(type, true)", "[{\"match\":\"type\"}] true" },
        { "matching(number,100.09)", "[{\"match\":\"number\"}] 100.09" },
        { "matching(integer, -100)", "[{\"match\":\"integer\"}] -100" },
        { "matching(decimal, 0.01)", "[{\"match\":\"decimal\"}] 0.01" },
        { "matching(boolean, false)", "[{\"match\":\"boolean\"}] false" },
        { "matching(semver, '1.0.0')", "[{\"match\":\"semver\"}] \"1.0.0\"" },
        { "matching(include, 'x')", "[{\"match\":\"include\",\"value\":\"x\"}] \"x\"" },
        { "matching(regex, '\\w{3}\\d+', 'abc1')",
          "[{\"match\":\"regex\",\"regex\":\"\\\\w{3}\\\\d+\"}] \"abc1\"" },
        { "matching(contentType, 'application/xml', '<a/>')",
          "[{\"match\":\"contentType\",\"value\":\"application/xml\"}] \"<a/>\"" },
        { "matching(datetime, 'yyyy-MM-dd','2000-01-01')",
          "[{\"match\":\"datetime\",\"format\":\"yyyy-MM-dd\"}] \"2000-01-01\"" },
        { "matching(date, 'yyyy', '2000')", "[{\"match\":\"date\",\"format\":\"yyyy\"}] \"2000\"" },
        { "matching(time, 'HH:mm', '22:04')",
          "[{\"match\":\"time\",\"format\":\"HH:mm\"}] \"22:04\"" },
        { "notEmpty('test')", "[{\"match\":\"notEmpty\"}] \"test\"" },
        { "atLeast(2)", "[{\"match\":\"type\",\"min\":2}] -" },
        { "atMost(4), atLeast(2)", "[{\"match\":\"type\",\"min\":2,\"max\":4}] -" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(parse(cases[i][0]), cases[i][1]);
}

static void reads_expressions_in_expressions(void **state)
{
    static const char *const cases[][2] = {
        { "eachKey(matching(regex, '\\$(\\.\\w+)+', '$.a'))",
          "[{\"match\":\"eachKey\",\"rules\":[{\"match\":\"regex\",\"regex\":"
          "\"\\\\$(\\\\.\\\\w+)+\"}],\"value\":\"$.a\"}] -" },
        { "eachValue(matching(type, 100))",
          "[{\"match\":\"eachValue\",\"rules\":[{\"match\":\"type\"}],\"value\":100}] -" },
        { "atLeast(2), atMost(10), eachValue(matching(regex, '\\d+', '1234'))",
          "[{\"match\":\"eachValue\",\"rules\":[{\"match\":\"regex\",\"regex\":\"\\\\d+\"}],"
          "\"value\":\"1234\"},{\"match\":\"type\",\"min\":2,\"max\":10}] -" },
        { "eachValue(matching($'person'))",
          "[{\"match\":\"eachValue\",\"rules\":[{\"match\":\"type\"}]}] - $person" },
        { "arrayContains(matching(type, 'a'), matching(integer, 1))",
          "[{\"match\":\"arrayContains\",\"variants\":[{\"index\":0,\"rules\":{\"$\":{\"matchers\":"
          "["
          "{\"match\":\"type\"}]}}},{\"index\":1,\"rules\":{\"$\":{\"matchers\":[{\"match\":"
          "\"integer\"}]}}}]}] [\"a\",1]" },
        { "matching(integer, fromProviderState('${id}', 7))",
          "[{\"match\":\"integer\"}] 7 {\"type\":\"ProviderState\",\"expression\":\"${id}\"}" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(parse(cases[i][0]), cases[i][1]);
}

static void decodes_escapes_in_texts(void **state)
{
    (void)state;
    assert_string_equal(parse("matching(type, '\\'a\\\\b\\t\\u00e4\\u{1F600}')"),
                        "[{\"match\":\"type\"}] \"'a\\\\b\\tä😀\"");
}

static void makes_rules_that_can_be_read(void **state)
{
    struct msvc_json_document *document = NULL;
    struct msvc__rule rule = { .matchers = NULL };
    struct msvc__definition d;

    (void)state;
    assert_int_equal(
        msvc__definition_parse(
            &d, "atLeast(1), eachKey(matching(regex, '\\w+', 'k')), eachValue(notEmpty('x'))",
            NULL),
        0);
    assert_int_equal(msvc_json_parse(&document, d.matchers, strlen(d.matchers), NULL, NULL), 0);
    assert_int_equal(msvc__rule_read(&rule, msvc_json_root(document), NULL), 0);
    assert_int_equal(rule.count, 3);
    msvc__rule_clear(&rule);
    msvc_json_free(document);
    msvc__definition_clear(&d);
}

static void says_where_a_definition_goes_wrong(void **state)
{
    static const char *const cases[][2] = {
        { "", "definition, character 1: expected matching, notEmpty" },
        { "match(type, 'x')", "character 1: expected matching" },
        { "matching", "character 9: expected (, found the end" },
        { "matching(text, 'x')", "character 10: expected $'name' or a type" },
        { "matching(type 'x')", "character 15: expected ,, found \"'x')\"" },
        { "matching(type, 'x", "character 18: expected a quote that closes the text" },
        { "matching(type, 'x'", "character 19: expected )" },
        { "matching(type, x)", "character 16: expected a text in single quotes, a number" },
        { "matching(integer, 1.5)", "character 18: expected a whole number" },
        { "matching(decimal, 1)", "expected a number with a point" },
        { "matching(number, 'x')", "expected a number, found" },
        { "matching(boolean, 'x')", "expected true or false" },
        { "matching(semver, 1)", "expected a text in single quotes" },
        { "matching(type, 01)", "character 16: expected a text in single quotes, a number" },
        { "matching(type, 1.)", "character 18: expected digits behind the point" },
        { "atLeast(x)", "character 9: expected a number of 1 to 9 digits" },
        { "notEmpty('x') atLeast(1)", "character 15: expected a comma or the end" },
        { "matching(type, '\\u12')", "expected four hexadecimal digits" },
        { "matching(type, '\\u{110000}')", "expected a character of Unicode" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *found = parse(cases[i][0]);

        if (strstr(found, cases[i][1]) == NULL)
            print_message("# %s: %s\n", cases[i][0], found);
        assert_non_null(strstr(found, cases[i][1]));
    }
}

static void limits_how_deep_expressions_go(void **state)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc__definition d;

    (void)state;
    for (size_t i = 0; i < 1000; i++)
        msvc_buffer_text(&text, "eachValue(");
    assert_int_equal(msvc__definition_parse(&d, text.data, NULL), MSVC_ERR_LIMIT);
    msvc_buffer_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_type),
        cmocka_unit_test(reads_expressions_in_expressions),
        cmocka_unit_test(decodes_escapes_in_texts),
        cmocka_unit_test(makes_rules_that_can_be_read),
        cmocka_unit_test(says_where_a_definition_goes_wrong),
        cmocka_unit_test(limits_how_deep_expressions_go),
    };

    return cmocka_run_group_tests_name("definition", tests, NULL, NULL);
}
