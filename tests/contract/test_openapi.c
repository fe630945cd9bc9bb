/* SPDX-License-Identifier: MIT */
/* A pact against OpenAPI documents: what is found, and what is no reason to complain. */
#include <stdio.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/contract.h>
#include <msvc/contract_openapi.h>
#include <msvc/error.h>
#include <msvc/json.h>

#include "contract/openapi/openapi_internal.h"

#include "test.h"

static const char users[] =
    "openapi: 3.0.3\n"
    "servers:\n"
    "  - url: https://example.org/api/v1\n"
    "paths:\n"
    "  /users/{id}:\n"
    "    parameters:\n"
    "      - { name: id, in: path, required: true, schema: { type: integer } }\n"
    "    get:\n"
    "      parameters:\n"
    "        - { name: fields, in: query, schema: { type: array, items: { enum: [name, age] } } }\n"
    "        - { name: limit, in: query, schema: { type: integer, maximum: 100 } }\n"
    "        - { name: X-Tenant, in: header, required: true, schema: { type: string } }\n"
    "      responses:\n"
    "        '200':\n"
    "          headers:\n"
    "            ETag: { schema: { type: string } }\n"
    "          content:\n"
    "            application/json:\n"
    "              schema: { $ref: '#/components/schemas/User' }\n"
    "        4XX: { description: problem }\n"
    "  /users/me:\n"
    "    get:\n"
    "      responses: { default: { description: x } }\n"
    "  /users:\n"
    "    post:\n"
    "      requestBody:\n"
    "        required: true\n"
    "        content:\n"
    "          application/json:\n"
    "            schema: { $ref: '#/components/schemas/User' }\n"
    "      responses: { 201: { description: made } }\n"
    "components:\n"
    "  schemas:\n"
    "    User:\n"
    "      type: object\n"
    "      required: [id, name]\n"
    "      properties:\n"
    "        id: { type: integer, readOnly: true, maximum: 18446744073709551615 }\n"
    "        name: { type: string, minLength: 1, pattern: '^[A-Z]' }\n"
    "        nick: { type: string, nullable: true }\n"
    "        password: { type: string, writeOnly: true }\n"
    "        price: { type: number, multipleOf: 0.01, minimum: 0, exclusiveMinimum: true }\n"
    "        settings: { type: object }\n"
    "        tags: { type: array, items: { type: string }, maxItems: 2, uniqueItems: true }\n"
    "        extra: { type: object, properties: { a: {} }, additionalProperties: true }\n"
    "        pet: { oneOf: [ { $ref: '#/components/schemas/Cat' }, { $ref: "
    "'#/components/schemas/Dog' } ] }\n"
    "        manager: { allOf: [ { $ref: '#/components/schemas/User' }, { properties: { level: { "
    "type: integer } } } ] }\n"
    "    Cat: { type: object, required: [meows], properties: { meows: { type: boolean } } }\n"
    "    Dog: { type: object, required: [barks], properties: { barks: { type: boolean } } }\n";

static struct msvc_openapi *read_document(const char *text)
{
    struct msvc_openapi *openapi = NULL;
    struct msvc_error err;

    if (msvc_openapi_parse(&openapi, text, strlen(text), &err) < 0)
        fail_msg("%s", err.message);
    return openapi;
}

static struct msvc_openapi_comparison *compare(const char *document, const char *request,
                                               const char *response)
{
    struct msvc_openapi *openapi = read_document(document);
    struct msvc_openapi_comparison *comparison = NULL;
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_pact *pact = NULL;
    struct msvc_error err;

    msvc_buffer_printf(&text,
                       "{\"consumer\":{\"name\":\"a\"},\"provider\":{\"name\":\"b\"},"
                       "\"interactions\":[{\"description\":\"asks\",\"request\":{%s},\"response\":{"
                       "%s}}],\"metadata\":{\"pactSpecification\":{\"version\":\"3.0.0\"}}}",
                       request, response);
    if (msvc_pact_parse(&pact, text.data, text.length, &err) < 0)
        fail_msg("%s: %s", err.message, text.data);
    assert_int_equal(msvc_openapi_compare(&comparison, openapi, pact, &err), 0);
    msvc_pact_free(pact);
    msvc_openapi_free(openapi);
    msvc_buffer_clear(&text);
    return comparison;
}

static void fits(const char *request, const char *response)
{
    struct msvc_openapi_comparison *comparison = compare(users, request, response);

    if (msvc_openapi_finding_count(comparison) > 0)
        fail_msg("%s: %s", msvc_openapi_finding(comparison, 0)->pact,
                 msvc_openapi_finding(comparison, 0)->message);
    msvc_openapi_comparison_free(comparison);
}

/* The first finding is there, and begins with these words. */
static void finds(const char *request, const char *response, const char *pact, const char *message)
{
    struct msvc_openapi_comparison *comparison = compare(users, request, response);

    if (msvc_openapi_finding_count(comparison) == 0)
        fail_msg("expected \"%s\", found nothing", message);
    assert_string_equal(msvc_openapi_finding(comparison, 0)->pact, pact);
    if (strncmp(msvc_openapi_finding(comparison, 0)->message, message, strlen(message)) != 0)
        assert_string_equal(msvc_openapi_finding(comparison, 0)->message, message);
    msvc_openapi_comparison_free(comparison);
}

#define GET "\"method\":\"GET\",\"path\":\"/api/v1/users/1\",\"headers\":{\"X-Tenant\":\"t\"}"
#define POST(body)                                                                  \
    "\"method\":\"POST\",\"path\":\"/api/v1/users\",\"headers\":{\"Content-Type\":" \
    "\"application/json\"},\"body\":" body
#define OK(body)                                                        \
    "\"status\":200,\"headers\":{\"Content-Type\":\"application/json; " \
    "charset=utf-8\"},\"body\":" body
#define CREATED "\"status\":201"

static void takes_a_pact_that_fits(void **state)
{
    (void)state;
    fits(GET ",\"query\":{\"fields\":[\"name\",\"age\"],\"limit\":[\"10\"]}",
         OK("{\"id\":1,\"name\":\"Bob\",\"nick\":null}"));
    fits(POST("{\"name\":\"Bob\",\"price\":0.10,\"tags\":[\"a\"]}"), CREATED);
    fits(GET, "\"status\":404");
}

static void prefers_a_literal_path(void **state)
{
    (void)state;
    fits("\"method\":\"GET\",\"path\":\"/api/v1/users/me\"", "\"status\":200");
}

static void finds_a_path_that_is_not_described(void **state)
{
    (void)state;
    finds("\"method\":\"GET\",\"path\":\"/api/v1/orders\"", "\"status\":200", "request.path",
          "no path of the document fits /api/v1/orders");
    finds("\"method\":\"GET\",\"path\":\"/users/1\"", "\"status\":200", "request.path",
          "no path of the document fits /users/1");
}

static void finds_a_method_that_is_not_described(void **state)
{
    (void)state;
    finds("\"method\":\"DELETE\",\"path\":\"/api/v1/users/1\"", "\"status\":200", "request.method",
          "the document does not describe DELETE here");
}

static void finds_parameters_that_do_not_fit(void **state)
{
    (void)state;
    finds("\"method\":\"GET\",\"path\":\"/api/v1/users/1\"", "\"status\":404",
          "request.header X-Tenant", "the document requires it");
    finds(GET ",\"query\":{\"limit\":[\"many\"]}", "\"status\":404", "request.query limit",
          "the document says type \"integer\", the pact has string");
    finds(GET ",\"query\":{\"limit\":[\"101\"]}", "\"status\":404", "request.query limit",
          "the document says type");
    finds(GET ",\"query\":{\"fields\":[\"shoe\"]}", "\"status\":404", "request.query fields",
          "the document allows only [\"name\",\"age\"]");
    finds(GET ",\"query\":{\"other\":[\"1\"]}", "\"status\":404", "request.query other",
          "the document does not describe this parameter");
    finds("\"method\":\"GET\",\"path\":\"/api/v1/users/bob\",\"headers\":{\"X-Tenant\":\"t\"}",
          "\"status\":404", "request.path id", "the document says type \"integer\"");
}

static void finds_a_body_that_the_provider_would_refuse(void **state)
{
    (void)state;
    finds(POST("{}"), CREATED, "request.body $", "the document requires the member name");
    finds(POST("{\"name\":\"bob\"}"), CREATED, "request.body $.name",
          "the document says pattern ^[A-Z]");
    finds(POST("{\"name\":1}"), CREATED, "request.body $.name",
          "the document says type \"string\", the pact has number");
    finds(POST("{\"name\":\"B\",\"price\":0}"), CREATED, "request.body $.price",
          "the document says minimum 0, the pact has 0");
    finds(POST("{\"name\":\"B\",\"price\":0.015}"), CREATED, "request.body $.price",
          "the document says multipleOf 0.01");
    finds(POST("{\"name\":\"B\",\"tags\":[\"a\",\"a\"]}"), CREATED, "request.body $.tags",
          "the document says uniqueItems");
    finds("\"method\":\"POST\",\"path\":\"/api/v1/users\"", CREATED, "request.body",
          "the document requires a body");
    finds(GET ",\"body\":{\"a\":1}", "\"status\":404", "request.body",
          "the document describes no body");
}

static void finds_an_answer_that_nobody_promised(void **state)
{
    (void)state;
    finds(GET, "\"status\":204", "response.status",
          "the document describes no answer with status 204");
    finds(GET, OK("{\"age\":1}"), "response.body $.age", "the document does not list this member");
    finds(GET, OK("{\"password\":\"x\"}"), "response.body $.password",
          "the document says writeOnly");
    finds(GET, OK("{\"name\":null}"), "response.body $.name",
          "the document says type \"string\", the pact has null");
    finds(GET, "\"status\":404,\"headers\":{\"X-Other\":\"1\"}", "response.header X-Other",
          "the document does not list this header");
    finds(GET, "\"status\":200,\"headers\":{\"Content-Type\":\"text/plain\"},\"body\":\"x\"",
          "response.body", "the document describes no body of type text/plain");
}

/* What the consumer does not name is no business of the comparison. */
static void an_answer_may_leave_out_what_is_required(void **state)
{
    (void)state;
    fits(GET, OK("{}"));
    fits(GET, "\"status\":200");
}

static void an_object_without_a_list_of_members_may_have_any(void **state)
{
    (void)state;
    fits(GET, OK("{\"settings\":{\"theme\":\"dark\",\"deep\":{\"er\":1}}}"));
    fits(GET, OK("{\"extra\":{\"a\":1,\"b\":2}}"));
}

static void alternatives_need_one_that_fits(void **state)
{
    (void)state;
    fits(GET, OK("{\"pet\":{\"barks\":true}}"));
    fits(POST("{\"name\":\"B\",\"pet\":{\"meows\":true}}"), CREATED);
    finds(POST("{\"name\":\"B\",\"pet\":{\"meows\":1}}"), CREATED, "request.body $.pet",
          "it fits none of the 2 alternatives");
    finds(POST("{\"name\":\"B\",\"pet\":{\"meows\":true,\"barks\":true}}"), CREATED,
          "request.body $.pet", "it fits 2 alternatives, expected one");
    finds(GET, OK("{\"pet\":{\"flies\":true}}"), "response.body $.pet.flies",
          "the document does not list this member");
}

static void composed_objects_know_the_members_of_all(void **state)
{
    (void)state;
    fits(GET, OK("{\"manager\":{\"name\":\"Eve\",\"level\":3}}"));
    finds(GET, OK("{\"manager\":{\"title\":\"x\"}}"), "response.body $.manager.title",
          "the document does not list this member");
}

static void numbers_are_exact(void **state)
{
    (void)state;
    fits(GET, OK("{\"id\":18446744073709551615}"));
    fits(GET, OK("{\"id\":1.0}"));
    finds(GET, OK("{\"id\":18446744073709551616}"), "response.body $.id",
          "the document says maximum 18446744073709551615, the pact has 18446744073709551616");
    finds(GET, OK("{\"id\":1.5}"), "response.body $.id", "the document says type \"integer\"");
}

static void compares_decimals_by_their_digits(void **state)
{
    (void)state;
    assert_int_equal(msvc__openapi_decimal_compare("1", "1.0"), 0);
    assert_int_equal(msvc__openapi_decimal_compare("10", "1e1"), 0);
    assert_int_equal(msvc__openapi_decimal_compare("-0", "0.000"), 0);
    assert_int_equal(msvc__openapi_decimal_compare("0.1", "0.10000000000000000001"), -1);
    assert_int_equal(msvc__openapi_decimal_compare("-2", "-1"), -1);
    assert_int_equal(msvc__openapi_decimal_compare("1e-400", "0"), 1);
    assert_int_equal(msvc__openapi_decimal_compare("1E400", "99999"), 1);
    assert_int_equal(msvc__openapi_decimal_compare("100", "99.9"), 1);
    assert_int_equal(msvc__openapi_decimal_compare("0.09", "0.1"), -1);
    assert_int_equal(msvc__openapi_decimal_compare("1200", "1.2e3"), 0);
    assert_true(msvc__openapi_decimal_is_whole("1.50e1"));
    assert_false(msvc__openapi_decimal_is_whole("1.5"));
    assert_true(msvc__openapi_decimal_is_multiple("19.99", "0.01"));
    assert_false(msvc__openapi_decimal_is_multiple("19.995", "0.01"));
    assert_true(msvc__openapi_decimal_is_multiple("1e3", "8"));
    assert_false(msvc__openapi_decimal_is_multiple("123456789012345678901234567891", "10"));
}

static void reads_3_1(void **state)
{
    static const char document[] =
        "{\"openapi\":\"3.1.0\",\"paths\":{\"/a\":{\"get\":{\"responses\":{\"200\":{\"content\":{"
        "\"application/*\":{\"schema\":{\"type\":[\"object\",\"null\"],\"properties\":{\"n\":{"
        "\"type\":\"integer\",\"exclusiveMinimum\":0},\"c\":{\"const\":\"x\"}},"
        "\"patternProperties\":{\"^x-\":{\"type\":\"string\"}}}}}}}}}}}";
    struct msvc_openapi_comparison *comparison = compare(
        document, "\"method\":\"GET\",\"path\":\"/a\"", OK("{\"n\":1,\"c\":\"x\",\"x-y\":\"z\"}"));

    (void)state;
    assert_int_equal(msvc_openapi_finding_count(comparison), 0);
    msvc_openapi_comparison_free(comparison);
    comparison = compare(document, "\"method\":\"GET\",\"path\":\"/a\"",
                         OK("{\"n\":0,\"c\":\"y\",\"x-y\":1}"));
    assert_int_equal(msvc_openapi_finding_count(comparison), 3);
    assert_string_equal(msvc_openapi_finding(comparison, 0)->openapi,
                        "#/paths/~1a/get/responses/200/content/application~1*/schema/properties/c");
    msvc_openapi_comparison_free(comparison);
}

static void says_where_in_both_documents(void **state)
{
    struct msvc_openapi_comparison *comparison = compare(users, GET, OK("{\"name\":1}"));
    struct msvc_buffer text = MSVC_BUFFER_INIT;

    (void)state;
    assert_int_equal(msvc_openapi_text(comparison, "a-b.json", &text), 0);
    assert_string_equal(text.data,
                        "a-b.json: \"asks\" response.body $.name: the document says type "
                        "\"string\", the pact has number (#/components/schemas/User/properties/"
                        "name)\n");
    msvc_buffer_clear(&text);
    msvc_openapi_comparison_free(comparison);
}

static void ends_in_schemas_that_contain_themselves(void **state)
{
    static const char document[] =
        "openapi: 3.1.0\npaths: {/a: {get: {responses: {200: {content: {application/json: {schema: "
        "{$ref: '#/components/schemas/A'}}}}}}}}\ncomponents: {schemas: {A: {allOf: [{$ref: "
        "'#/components/schemas/A'}]}, B: {$ref: '#/components/schemas/B'}}}\n";
    struct msvc_openapi_comparison *comparison =
        compare(document, "\"method\":\"GET\",\"path\":\"/a\"", OK("{\"n\":1}"));

    (void)state;
    assert_true(msvc_openapi_finding_count(comparison) > 0);
    assert_non_null(strstr(msvc_openapi_finding(comparison, 0)->message, "nested more than"));
    msvc_openapi_comparison_free(comparison);
}

/* Twice at each level is too often before the depth is. */
static void ends_in_schemas_that_contain_themselves_twice(void **state)
{
    static const char document[] =
        "openapi: 3.1.0\npaths: {/a: {get: {responses: {200: {content: {application/json: {schema: "
        "{$ref: '#/components/schemas/A'}}}}}}}}\ncomponents: {schemas: {A: {anyOf: [{$ref: "
        "'#/components/schemas/A'}, {$ref: '#/components/schemas/A'}]}}}\n";
    struct msvc_openapi_comparison *comparison =
        compare(document, "\"method\":\"GET\",\"path\":\"/a\"", OK("{\"n\":1}"));

    (void)state;
    assert_true(msvc_openapi_finding_count(comparison) > 0);
    msvc_openapi_comparison_free(comparison);
}

static void names_a_reference_that_leads_nowhere(void **state)
{
    static const char document[] =
        "openapi: 3.0.0\npaths: {/a: {get: {responses: {200: {$ref: '#/components/x'}}}}}\n";
    struct msvc_openapi_comparison *comparison =
        compare(document, "\"method\":\"GET\",\"path\":\"/a\"", "\"status\":200");

    (void)state;
    assert_int_equal(msvc_openapi_finding_count(comparison), 1);
    assert_string_equal(msvc_openapi_finding(comparison, 0)->message,
                        "the document's reference #/components/x leads nowhere");
    msvc_openapi_comparison_free(comparison);
}

static void refuses_what_is_no_document(void **state)
{
    static const struct {
        const char *text;
        int status;
    } cases[] = {
        { "", MSVC_ERR_MALFORMED },
        { "{", MSVC_ERR_MALFORMED },
        { "a: [", MSVC_ERR_MALFORMED },
        { "swagger: '2.0'", MSVC_ERR_MALFORMED },
        { "openapi: 4.0.0", MSVC_ERR_UNSUPPORTED },
        { "a: &a [*a]", MSVC_ERR_LIMIT },
        { "? [a]\n: b", MSVC_ERR_MALFORMED },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct msvc_openapi *openapi = NULL;
        struct msvc_error err;

        assert_int_equal(msvc_openapi_parse(&openapi, cases[i].text, strlen(cases[i].text), &err),
                         cases[i].status);
        assert_true(err.message[0] != '\0');
    }
}

static void reads_yaml_by_its_core_schema(void **state)
{
    static const char yaml[] = "a: 1\nb: 1.50\nc: '1'\nd: ~\ne: true\nf: yes\ng: 0x1F\nh: 01\n"
                               "i: -1e3\n200: x\nj: &x [1]\nk: *x\n";
    struct msvc_buffer json = MSVC_BUFFER_INIT;

    (void)state;
    assert_int_equal(msvc__yaml_to_json(&json, yaml, strlen(yaml), NULL), 0);
    assert_string_equal(
        json.data, "{\"a\":1,\"b\":1.50,\"c\":\"1\",\"d\":null,\"e\":true,\"f\":\"yes\","
                   "\"g\":\"0x1F\",\"h\":\"01\",\"i\":-1e3,\"200\":\"x\",\"j\":[1],\"k\":[1]}");
    msvc_buffer_clear(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_a_pact_that_fits),
        cmocka_unit_test(prefers_a_literal_path),
        cmocka_unit_test(finds_a_path_that_is_not_described),
        cmocka_unit_test(finds_a_method_that_is_not_described),
        cmocka_unit_test(finds_parameters_that_do_not_fit),
        cmocka_unit_test(finds_a_body_that_the_provider_would_refuse),
        cmocka_unit_test(finds_an_answer_that_nobody_promised),
        cmocka_unit_test(an_answer_may_leave_out_what_is_required),
        cmocka_unit_test(an_object_without_a_list_of_members_may_have_any),
        cmocka_unit_test(alternatives_need_one_that_fits),
        cmocka_unit_test(composed_objects_know_the_members_of_all),
        cmocka_unit_test(numbers_are_exact),
        cmocka_unit_test(compares_decimals_by_their_digits),
        cmocka_unit_test(reads_3_1),
        cmocka_unit_test(says_where_in_both_documents),
        cmocka_unit_test(ends_in_schemas_that_contain_themselves),
        cmocka_unit_test(ends_in_schemas_that_contain_themselves_twice),
        cmocka_unit_test(names_a_reference_that_leads_nowhere),
        cmocka_unit_test(refuses_what_is_no_document),
        cmocka_unit_test(reads_yaml_by_its_core_schema),
    };

    return cmocka_run_group_tests_name("openapi", tests, NULL, NULL);
}
