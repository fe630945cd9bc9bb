/* SPDX-License-Identifier: MIT */
/* Whatever the document is, a pact can be compared with it. */
#include <string.h>

#include <msvc/contract.h>
#include <msvc/contract_openapi.h>
#include <msvc/error.h>

#include "fuzz.h"

static const char text[] =
    "{\"consumer\":{\"name\":\"a\"},\"provider\":{\"name\":\"b\"},\"interactions\":[{"
    "\"description\":\"d\",\"request\":{\"method\":\"POST\",\"path\":\"/v1/users/1\",\"query\":{"
    "\"q\":[\"1\",\"2\"]},\"headers\":{\"X-A\":\"1\"},\"body\":{\"name\":\"Bob\",\"n\":1.50,"
    "\"list\":"
    "[1,\"a\",null],\"user\":{\"user\":{}}}},\"response\":{\"status\":200,\"headers\":{\"ETag\":"
    "\"1\"},\"body\":{\"name\":\"Bob\",\"n\":10,\"list\":[true]}}}]}";

const char *const fuzz_seeds[] = {
    "openapi: 3.0.3\nservers: [{url: 'https://h/v1'}]\npaths:\n  /users/{id}:\n    post:\n"
    "      parameters:\n        - {name: id, in: path, schema: {type: integer, minimum: 1}}\n"
    "        - {name: q, in: query, schema: {type: array, items: {enum: ['1', 2]}}}\n"
    "      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/U'}}}}\n"
    "      responses:\n        2XX: {headers: {ETag: {schema: {type: string, pattern: '^1'}}}, "
    "content: {application/*: {schema: {$ref: '#/components/schemas/U'}}}}\n"
    "components: {schemas: {U: {type: object, required: [a], properties: {name: {type: string, "
    "minLength: 2}, n: {type: number, multipleOf: 0.25, maximum: 3}, list: {type: array, items: "
    "{oneOf: [{type: integer}, {type: string, nullable: true}]}}, user: {$ref: "
    "'#/components/schemas/U'}}}}}\n",
    "{\"openapi\":\"3.1.0\",\"paths\":{\"/v1/users/{x}\":{\"post\":{\"requestBody\":{\"content\":{"
    "\"*/*\":{\"schema\":{\"allOf\":[{\"properties\":{\"n\":{\"const\":1.5}}},{\"not\":{\"type\":"
    "\"array\"}}],\"if\":{\"required\":[\"name\"]},\"then\":{\"minProperties\":9},"
    "\"patternProperties\":{\"^l\":{\"prefixItems\":[{},false],\"uniqueItems\":true}}}}}},"
    "\"responses\":{\"default\":{\"content\":{\"application/json\":{\"schema\":{\"anyOf\":[{"
    "\"type\":[\"object\",\"null\"],\"additionalProperties\":false},{\"writeOnly\":true}]}}}}}}}}}",
    "openapi: 3.1.0\npaths: {/a: &a {get: {responses: {}}}, /b: *a}\n",
    NULL,
};

static void compare(const struct msvc_openapi *openapi)
{
    struct msvc_openapi_comparison *comparison = NULL;
    struct msvc_pact *pact = NULL;

    FUZZ_CHECK(msvc_pact_parse(&pact, text, strlen(text), NULL) == 0);
    FUZZ_CHECK(msvc_openapi_compare(&comparison, openapi, pact, NULL) == 0);
    for (size_t i = 0; i < msvc_openapi_finding_count(comparison); i++) {
        FUZZ_CHECK(msvc_openapi_finding(comparison, i)->pact[0] != '\0');
        FUZZ_CHECK(msvc_openapi_finding(comparison, i)->message[0] != '\0');
    }
    msvc_openapi_comparison_free(comparison);
    msvc_pact_free(pact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct msvc_openapi *openapi = NULL;
    struct msvc_error err;

    if (msvc_openapi_parse(&openapi, (const char *)data, size, &err) < 0) {
        FUZZ_CHECK(err.status < 0 && err.message[0] != '\0' && openapi == NULL);
        return 0;
    }
    compare(openapi);
    msvc_openapi_free(openapi);
    return 0;
}
