/* SPDX-License-Identifier: MIT */
/* A definition that was read is JSON, and rules that can be read. */
#include <string.h>

#include <msvc/error.h>
#include <msvc/json.h>

#include "contract/definition_internal.h"
#include "contract/rules_internal.h"
#include "fuzz.h"

const char *const fuzz_seeds[] = {
    "matching(type,'Name')",
    "matching(regex, '\\\\w{3}\\d+', 'abc123'), notEmpty('x')",
    "atLeast(2), atMost(10), eachValue(matching(regex, '\\d+', '1234'))",
    "eachKey(matching($'person')), eachValue(matching(integer, -5))",
    "arrayContains(matching(decimal, 1.5), matching(boolean, true))",
    "matching(datetime, 'yyyy-MM-dd HH:mm:ssZZZZZ', fromProviderState('${a}', '2020'))",
    "matching(include, '\\u00e4\\u{1F600}\\'\\n')",
    NULL,
};

static void check_json(const char *text)
{
    struct msvc_json_document *document = NULL;

    FUZZ_CHECK(text == NULL || msvc_json_parse(&document, text, strlen(text), NULL, NULL) == 0);
    msvc_json_free(document);
}

/* A pattern that cannot be read is found out here, and nothing else. */
static void check_matchers(const char *text)
{
    struct msvc_json_document *document = NULL;
    struct msvc__rule rule = { .matchers = NULL };

    FUZZ_CHECK(msvc_json_parse(&document, text, strlen(text), NULL, NULL) == 0);
    (void)(msvc__rule_read(&rule, msvc_json_root(document), NULL) == 0);
    msvc__rule_clear(&rule);
    msvc_json_free(document);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct msvc__definition d;
    struct msvc_error err;

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (msvc__definition_parse(&d, text, &err) == 0) {
        check_json(d.value);
        check_json(d.generator);
        check_matchers(d.matchers);
        msvc__definition_clear(&d);
    } else {
        FUZZ_CHECK(err.status < 0 && err.message[0] != '\0');
    }
    free(text);
    return 0;
}
