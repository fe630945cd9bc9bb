/* SPDX-License-Identifier: MIT */
/* A pact that can be read matches itself where it says so, or differs with a reason; nothing
 * crashes. */
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/contract.h>
#include <msvc/contract_check.h>
#include <msvc/error.h>

#include "contract/match_internal.h"
#include "contract/pact_internal.h"
#include "fuzz.h"

#define PACT(interactions, version)                                                                \
    "{\"consumer\":{\"name\":\"a\"},\"provider\":{\"name\":\"b\"},\"interactions\":[" interactions \
    "],\"metadata\":{\"pactSpecification\":{\"version\":\"" version "\"}}}"

const char *const fuzz_seeds[] = {
    PACT("{\"description\":\"d\",\"providerStates\":[{\"name\":\"s\",\"params\":{\"a\":1}}],"
         "\"request\":{\"method\":\"POST\",\"path\":\"/a\",\"query\":{\"q\":[\"1\",\"2\"]},"
         "\"headers\":{\"Accept\":[\"a/b;q=1\",\"c\"]},\"body\":{\"a\":[1.50,{\"b\":null}]},"
         "\"matchingRules\":{\"body\":{\"$.a[*].b\":{\"combine\":\"OR\",\"matchers\":[{\"match\":"
         "\"type\",\"min\":1},{\"match\":\"null\"}]}},\"path\":{\"matchers\":[{\"match\":\"regex\","
         "\"regex\":\"/\\\\w+\"}]},\"header\":{\"Accept\":{\"matchers\":[{\"match\":\"include\","
         "\"value\":\"a\"}]}}}},\"response\":{\"status\":201}}",
         "3.0.0"),
    PACT("{\"description\":\"d\",\"providerState\":\"s\",\"request\":{\"method\":\"get\",\"path\":"
         "\"/\",\"query\":\"a=1&b=%20+\"},\"response\":{\"status\":200,\"headers\":{"
         "\"Content-Type\":\"application/json;charset=utf-8\"},\"body\":\"x\",\"matchingRules\":{"
         "\"$.body\":{\"match\":\"type\"},\"$.headers.X\":{\"regex\":\"a|b\"},\"$.body['x'][0]\":"
         "{\"min\":\"1\"}}}}",
         "2.0.0"),
    PACT("{\"description\":\"\",\"request\":{\"query\":\"a=%3D\",\"body\":\"\"},\"response\":{"
         "\"body\":null}}",
         "1.0.0"),
    PACT("{\"type\":\"Synchronous/HTTP\",\"description\":\"d\",\"key\":\"k\",\"pending\":true,"
         "\"comments\":{\"text\":[\"t\"]},\"request\":{\"method\":\"PUT\",\"path\":\"/\",\"body\":{"
         "\"content\":\"aGk=\",\"contentType\":\"image/png\",\"encoded\":\"base64\"}},"
         "\"response\":{\"status\":200,\"body\":{\"content\":{\"a\":[1]},\"encoded\":\"JSON\"},"
         "\"matchingRules\":{\"status\":{\"matchers\":[{\"match\":\"statusCode\",\"status\":"
         "\"success\"}]}},\"generators\":{\"body\":{\"$.a[0]\":{\"type\":\"RandomInt\"}}}}}",
         "4.0"),
    PACT(
        "{\"type\":\"Asynchronous/Messages\",\"description\":\"d\",\"contents\":{\"content\":"
        "\"x\",\"contentType\":\"text/plain\"},\"metadata\":{\"n\":1}},{\"type\":"
        "\"Synchronous/Messages\",\"description\":\"d\",\"request\":{\"contents\":{\"content\":1}},"
        "\"response\":[{\"contents\":{\"content\":\"\"}}]}",
        "4.0"),
    NULL,
};

static void compare_with_itself(const struct msvc__part *part)
{
    struct msvc__mismatches found = { .items = NULL };

    FUZZ_CHECK(msvc__match(&found, part, part) == 0);
    for (size_t i = 0; i < found.count; i++)
        FUZZ_CHECK(found.items[i].message[0] != '\0');
    if (part->rules.count == 0 && strstr(part->content_type, "xml") == NULL &&
        (part->json != NULL || strstr(part->content_type, "json") == NULL))
        FUZZ_CHECK(found.found == 0);
    msvc__mismatches_clear(&found);
}

/* What is written can be read, and is written the same then. */
static void write_and_read_again(const struct msvc_pact *pact)
{
    struct msvc_buffer first = MSVC_BUFFER_INIT;
    struct msvc_buffer second = MSVC_BUFFER_INIT;
    struct msvc_pact *again = NULL;
    struct msvc_error err;

    if (pact->version >= 3 && msvc__pact_text(&first, pact, NULL, &err) == 0) {
        FUZZ_CHECK(msvc_pact_parse(&again, first.data, first.length, &err) == 0);
        FUZZ_CHECK(msvc__pact_text(&second, again, NULL, &err) == 0);
        FUZZ_CHECK(first.length == second.length &&
                   memcmp(first.data, second.data, first.length) == 0);
    }
    msvc_pact_free(again);
    msvc_buffer_clear(&first);
    msvc_buffer_clear(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct msvc_pact *pact = NULL;
    struct msvc_error err;

    if (msvc_pact_parse(&pact, (const char *)data, size, &err) < 0) {
        FUZZ_CHECK(err.status < 0 && err.message[0] != '\0' && pact == NULL);
        return 0;
    }
    FUZZ_CHECK(msvc_pact_check((const char *)data, size, 0, NULL, NULL, &err) >= 0);
    write_and_read_again(pact);
    for (size_t i = 0; i < pact->count; i++) {
        const struct msvc__interaction *x = pact->interactions[i];

        if (x->kind == MSVC_PACT_KIND_HTTP)
            compare_with_itself(&x->request);
        for (size_t j = 0; x->kind == MSVC_PACT_KIND_HTTP && j < x->response_count; j++)
            compare_with_itself(&x->responses[j]);
    }
    msvc_pact_free(pact);
    return 0;
}
