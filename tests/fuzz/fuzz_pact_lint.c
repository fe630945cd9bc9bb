/* SPDX-License-Identifier: MIT */
/* Whatever lint is given, each finding has a kind and a message. */
#include <msvc/contract_lint.h>
#include <msvc/error.h>

#include "fuzz.h"

#define PACT(interactions, version)                                                                \
    "{\"consumer\":{\"name\":\"a\"},\"provider\":{\"name\":\"b\"},\"interactions\":[" interactions \
    "],\"metadata\":{\"pactSpecification\":{\"version\":\"" version "\"}}}"

const char *const fuzz_seeds[] = {
    PACT(
        "{\"description\":\"d\",\"request\":{\"method\":\"POST\",\"path\":\"/a\",\"query\":{\"q\":["
        "\"1\"]},\"body\":{\"a\":[1.50,{\"b\":null}]},\"matchingRules\":{\"body\":{\"$.a[*].b\":{"
        "\"matchers\":[{\"match\":\"type\"}]},\"$.*[1].b\":{\"matchers\":[{\"match\":\"null\"}]}},"
        "\"header\":{\"X\":{\"matchers\":[{\"match\":\"include\",\"value\":\"a\"}]}}}},"
        "\"response\":{\"status\":201}}",
        "3.0.0"),
    PACT("{\"description\":\"d\",\"providerState\":\"s\",\"request\":{\"method\":\"get\",\"path\":"
         "\"/\"},\"response\":{\"status\":200,\"body\":{\"x\":[]},\"matchingRules\":{\"$.body.x\":{"
         "\"min\":1},\"$.body.y\":{\"match\":\"regex\",\"regex\":\"(\"}}}}",
         "2.0.0"),
    PACT("{\"type\":\"Asynchronous/Messages\",\"description\":\"m\",\"contents\":{\"content\":{"
         "\"a\":1},\"contentType\":\"application/json\",\"encoded\":false},\"matchingRules\":{"
         "\"body\":{\"$.b\":{\"matchers\":[{\"match\":\"sideways\"}]}}}}",
         "4.0"),
    NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct msvc_pact_lint *lint = NULL;
    struct msvc_error err;

    if (msvc_pact_lint(&lint, (const char *)data, size, &err) < 0) {
        FUZZ_CHECK(err.status < 0 && err.message[0] != '\0' && lint == NULL);
        return 0;
    }
    for (size_t i = 0; i < msvc_pact_lint_count(lint); i++) {
        FUZZ_CHECK(msvc_pact_lint_at(lint, i)->kind_name[0] != '\0');
        FUZZ_CHECK(msvc_pact_lint_at(lint, i)->message[0] != '\0');
    }
    msvc_pact_lint_free(lint);
    return 0;
}
