/* SPDX-License-Identifier: MIT */
/* A body in integration JSON is refused with a reason, or becomes an interaction that can be read;
 * nothing crashes. */
#include <stdlib.h>

#include <msvc/contract.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "fuzz.h"

const char *const fuzz_seeds[] = {
    "{\"id\":{\"pact:matcher:type\":\"integer\",\"value\":7,\"pact:generator:type\":\"RandomInt\","
    "\"min\":1}}",
    "{\"a\":{\"pact:matcher:type\":[{\"pact:matcher:type\":\"regex\",\"regex\":\"a|b\"},\"type\"],"
    "\"combine\":\"OR\",\"value\":\"a\"},\"b\":[1,{\"c\":null}]}",
    "{\"pact:matcher:type\":\"type\",\"min\":2,\"max\":3,\"value\":[{\"x\":{\"pact:matcher:type\":"
    "\"date\",\"format\":\"yyyy\",\"value\":\"2026\"}}]}",
    "{\"pact:matcher:type\":\"array-contains\",\"variants\":[{\"a\":{\"pact:matcher:type\":"
    "\"type\",\"value\":1}},2]}",
    "{\"pact:matcher:type\":\"eachKey\",\"rules\":[{\"pact:matcher:type\":\"regex\",\"regex\":"
    "\"\\\\d+\"}],\"value\":{\"1\":{\"pact:matcher:type\":\"notEmpty\",\"value\":\"x\"}}}",
    NULL,
};

static void state(unsigned version, const char *json)
{
    struct msvc_pact *pact = NULL;
    struct msvc_error err;
    int status = msvc_pact_new(&pact, "c", "p", MSVC_PACT_OPTIONS(.version = version), &err);

    FUZZ_CHECK(status == 0);
    status = msvc_pact_add(
        pact,
        MSVC_PACT_INTERACTION(.description = "d",
                              .request = { .path = "/",
                                           .query =
                                               MSVC_PACT_MEMBERS({ "q", msvc_pact_json(json) }),
                                           .body = msvc_pact_json(json) },
                              .response = { .body = msvc_pact_like(msvc_pact_json(json)) }),
        &err);
    FUZZ_CHECK(status == 0 || (err.status == status && err.message[0] != '\0'));
    FUZZ_CHECK(msvc_pact_count(pact) == (status == 0));
    status = msvc_pact_add_message(
        pact, MSVC_PACT_MESSAGE(.description = "m", .contents = { .body = msvc_pact_json(json) }),
        &err);
    FUZZ_CHECK(status == 0 || err.message[0] != '\0');
    msvc_pact_free(pact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *json = msvc__copy_bytes(data, size);

    FUZZ_CHECK(json != NULL);
    state(3, json);
    state(4, json);
    free(json);
    return 0;
}
