/* SPDX-License-Identifier: MIT */
/* Integration JSON: an example, its rules and its generators as one value. */
#include <stdlib.h>
#include <string.h>

#include <msvc/contract.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "contract/canonical_internal.h"
#include "contract/model_internal.h"

#include "test.h"

struct fixture {
    struct msvc_pact *pact;
    struct msvc_json_document *written; /* the interaction as it is in the file */
    struct msvc_error err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_json_free(f->written);
    msvc_pact_free(f->pact);
    free(f);
    return 0;
}

static void begin(struct fixture *f, unsigned version)
{
    assert_int_equal(
        msvc_pact_new(&f->pact, "c", "p", MSVC_PACT_OPTIONS(.version = version), &f->err), 0);
}

static void read_back(struct fixture *f)
{
    const char *text = f->pact->interactions[0]->text;

    assert_int_equal(msvc_json_parse(&f->written, text, strlen(text), NULL, &f->err), 0);
}

static void state_body(struct fixture *f, const char *json)
{
    if (msvc_pact_add(f->pact,
                      MSVC_PACT_INTERACTION(.description = "d", .request = { .path = "/" },
                                            .response = { .body = msvc_pact_json(json) }),
                      &f->err) < 0)
        fail_msg("%s", f->err.message);
    read_back(f);
}

/* What stands at a member of the request or the response, in the one way to write it. */
static void assert_written(struct fixture *f, const char *part, const char *name,
                           const char *expected)
{
    const struct msvc_json *value =
        msvc_json_member(msvc_json_member(msvc_json_root(f->written), part), name);
    char *text = msvc__canonical_copy(value);

    assert_string_equal(text, expected);
    free(text);
}

static void takes_example_rule_and_generator_apart(void **state)
{
    struct fixture *f = *state;

    begin(f, 3);
    state_body(f, "{\"id\":{\"pact:matcher:type\":\"integer\",\"pact:generator:type\":"
                  "\"RandomInt\",\"min\":1,\"value\":7},\"name\":{\"pact:matcher:type\":\"regex\","
                  "\"regex\":\"A.*\",\"value\":\"Ada\"},\"kept\":1.50}");
    assert_written(f, "response", "body", "{\"id\":7,\"kept\":1.50,\"name\":\"Ada\"}");
    assert_written(f, "response", "matchingRules",
                   "{\"body\":{\"$.id\":{\"combine\":\"AND\",\"matchers\":[{\"match\":"
                   "\"integer\"}]},\"$.name\":{\"combine\":\"AND\",\"matchers\":[{\"match\":"
                   "\"regex\",\"regex\":\"A.*\"}]}}}");
    assert_written(f, "response", "generators",
                   "{\"body\":{\"$.id\":{\"min\":1,\"type\":\"RandomInt\"}}}");
}

static void lets_the_first_element_speak_for_all(void **state)
{
    struct fixture *f = *state;

    begin(f, 3);
    state_body(f, "{\"pact:matcher:type\":\"type\",\"min\":2,\"value\":[{\"sku\":{"
                  "\"pact:matcher:type\":\"type\",\"value\":\"A\"}}]}");
    assert_written(f, "response", "body", "[{\"sku\":\"A\"},{\"sku\":\"A\"}]");
    assert_written(f, "response", "matchingRules",
                   "{\"body\":{\"$\":{\"combine\":\"AND\",\"matchers\":[{\"match\":\"type\","
                   "\"min\":2}]},\"$[*].sku\":{\"combine\":\"AND\",\"matchers\":[{\"match\":"
                   "\"type\"}]}}}");
}

static void keeps_the_rules_of_each_variant_with_it(void **state)
{
    struct fixture *f = *state;

    begin(f, 4);
    state_body(f, "{\"pact:matcher:type\":\"array-contains\",\"variants\":[{\"kind\":\"a\",\"n\":{"
                  "\"pact:matcher:type\":\"number\",\"value\":1}},\"x\"]}");
    assert_written(f, "response", "body",
                   "{\"content\":[{\"kind\":\"a\",\"n\":1},\"x\"],\"contentType\":"
                   "\"application/json\",\"encoded\":false}");
    assert_written(f, "response", "matchingRules",
                   "{\"body\":{\"$\":{\"combine\":\"AND\",\"matchers\":[{\"match\":"
                   "\"arrayContains\",\"variants\":[{\"generators\":{},\"index\":0,\"rules\":{"
                   "\"$.n\":{\"combine\":\"AND\",\"matchers\":[{\"match\":\"number\"}]}}},{"
                   "\"generators\":{},\"index\":1,\"rules\":{}}]}]}}}");
}

static void looks_at_keys_and_values_of_maps(void **state)
{
    struct fixture *f = *state;

    begin(f, 4);
    state_body(f, "{\"pact:matcher:type\":[{\"pact:matcher:type\":\"each-key\",\"rules\":[{"
                  "\"pact:matcher:type\":\"regex\",\"regex\":\"[A-Z]+\"}]},{\"pact:matcher:type\":"
                  "\"eachValue\",\"rules\":[{\"pact:matcher:type\":\"integer\"}]}],\"value\":{"
                  "\"A\":1,\"B\":2}}");
    assert_written(f, "response", "matchingRules",
                   "{\"body\":{\"$\":{\"combine\":\"AND\",\"matchers\":[{\"match\":\"eachKey\","
                   "\"rules\":[{\"match\":\"regex\",\"regex\":\"[A-Z]+\"}]},{\"match\":"
                   "\"eachValue\",\"rules\":[{\"match\":\"integer\"}]}]}}}");
}

static void works_in_path_query_and_headers(void **state)
{
    struct fixture *f = *state;

    begin(f, 3);
    assert_int_equal(
        msvc_pact_add(
            f->pact,
            MSVC_PACT_INTERACTION(
                    .description = "d",
                    .request = { .path = "{\"pact:matcher:type\":\"regex\",\"regex\":\"/o/\\\\d+\","
                                         "\"value\":\"/o/7\"}",
                                 .query = MSVC_PACT_MEMBERS(
                                     { "q", msvc_pact_json("{\"pact:matcher:type\":\"type\","
                                                           "\"value\":\"1\"}") }),
                                 .headers = MSVC_PACT_MEMBERS(
                                     { "X", msvc_pact_like(msvc_pact_text("x")) }) }),
            &f->err),
        0);
    read_back(f);
    assert_written(f, "request", "path", "\"/o/7\"");
    assert_written(f, "request", "query", "{\"q\":[\"1\"]}");
    assert_written(f, "request", "matchingRules",
                   "{\"header\":{\"X\":{\"combine\":\"AND\",\"matchers\":[{\"match\":\"type\"}]}},"
                   "\"path\":{\"combine\":\"AND\",\"matchers\":[{\"match\":\"regex\",\"regex\":"
                   "\"/o/\\\\d+\"}]},\"query\":{\"q\":{\"combine\":\"AND\",\"matchers\":[{"
                   "\"match\":\"type\"}]}}}");
}

static void says_where_a_matcher_makes_no_sense(void **state)
{
    struct fixture *f = *state;

    begin(f, 3);
    assert_int_equal(
        msvc_pact_add(
            f->pact,
            MSVC_PACT_INTERACTION(.description = "d",
                                  .request = { .path = "/",
                                               .body = msvc_pact_json(
                                                   "{\"a\":[{\"pact:matcher:type\":\"odd\"}]}") }),
            &f->err),
        MSVC_ERR_INVALID);
    assert_string_equal(f->err.message, "interaction \"d\": $.a[0]: expected a matcher of the "
                                        "specification, found \"odd\"");
    assert_int_equal(f->err.status, MSVC_ERR_INVALID);
}

static void takes_the_definition_language(void **state)
{
    struct fixture *f = *state;
    const struct msvc_pact_value list = msvc_pact_json("[\"1\"]");

    begin(f, 4);
    assert_int_equal(
        msvc_pact_add(
            f->pact,
            MSVC_PACT_INTERACTION(
                    .description = "d",
                    .request = { .path = "/",
                                 .headers = MSVC_PACT_MEMBERS(
                                     { "X", msvc_pact_defined("matching(regex, 'v[0-9]', 'v1')",
                                                              NULL) }) },
                    .response = { .body = MSVC_PACT_OBJECT(
                                      { "id", msvc_pact_defined("matching(integer, 7)", NULL) },
                                      { "list", msvc_pact_defined("atLeast(1)", &list) }) }),
            &f->err),
        0);
    read_back(f);
    assert_written(f, "request", "matchingRules",
                   "{\"header\":{\"X\":{\"combine\":\"AND\",\"matchers\":[{\"match\":\"regex\","
                   "\"regex\":\"v[0-9]\"}]}}}");
    assert_written(f, "response", "matchingRules",
                   "{\"body\":{\"$.id\":{\"combine\":\"AND\",\"matchers\":[{\"match\":"
                   "\"integer\"}]},\"$.list\":{\"combine\":\"AND\",\"matchers\":[{\"match\":"
                   "\"type\",\"min\":1}]}}}");
}

static void says_where_a_definition_is_wrong(void **state)
{
    struct fixture *f = *state;
    static const char *const wrong[] = { "matching(regex", "atLeast(2)", "matching($'other')" };

    begin(f, 4);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(
            msvc_pact_add(f->pact,
                          MSVC_PACT_INTERACTION(.description = "d", .request = { .path = "/" },
                                                .response = { .body = MSVC_PACT_OBJECT(
                                                                  { "id", msvc_pact_defined(
                                                                              wrong[i], NULL) }) }),
                          &f->err),
            MSVC_ERR_INVALID);
        assert_string_not_equal(f->err.message, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(takes_example_rule_and_generator_apart),  TEST(lets_the_first_element_speak_for_all),
        TEST(keeps_the_rules_of_each_variant_with_it), TEST(looks_at_keys_and_values_of_maps),
        TEST(works_in_path_query_and_headers),         TEST(says_where_a_matcher_makes_no_sense),
        TEST(takes_the_definition_language),           TEST(says_where_a_definition_is_wrong),
    };

    return cmocka_run_group_tests_name("integration JSON", tests, NULL, NULL);
}
