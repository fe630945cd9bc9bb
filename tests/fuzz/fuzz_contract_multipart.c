/* SPDX-License-Identifier: MIT */
/* A body of parts that can be read equals itself, and so does a form. */
#include <string.h>

#include <msvc/error.h>

#include "contract/match_internal.h"
#include "contract/multipart_internal.h"
#include "fuzz.h"

const char *const fuzz_seeds[] = {
    "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--X\r\nContent-Type: "
    "application/json\r\n\r\n{\"a\":[1]}\r\n--X--\r\n",
    "--b\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n--b\n\n\n--b--",
    "preamble\r\n--X\r\nContent-Disposition: form-data; name=f; filename=\"x\"\r\n"
    "Content-Type: multipart/mixed; boundary=Y\r\n\r\n--Y\r\n\r\nz\r\n--Y--\r\n--X--",
    "a=1&b=x+y%20z&a=2&=&%zz",
    NULL,
};

static void match_itself(const uint8_t *data, size_t size, const char *type)
{
    struct msvc__part part = { .is_request = true };
    struct msvc__mismatches found = { .items = NULL };

    FUZZ_CHECK(msvc__pairs_add(&part.headers, "Content-Type", 12, type, strlen(type)) == 0);
    FUZZ_CHECK(msvc__part_set_body(&part, data, size) == 0 && msvc__part_finish(&part) == 0);
    msvc__match_body(&found, &part, &part);
    FUZZ_CHECK(found.status == 0);
    FUZZ_CHECK(found.found == 0 || strncmp(found.items[0].message, "multipart", 9) == 0 ||
               strncmp(found.items[0].message, "XML", 3) == 0);
    msvc__mismatches_clear(&found);
    msvc__part_clear(&part);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct msvc__multipart parts = { .items = NULL };
    struct msvc_error err;

    if (msvc__multipart_parse(&parts, NULL, (const char *)data, size, &err) < 0)
        FUZZ_CHECK(err.status < 0 && err.message[0] != '\0' && parts.count == 0);
    msvc__multipart_clear(&parts);
    match_itself(data, size, "multipart/form-data; boundary=X");
    match_itself(data, size, "application/x-www-form-urlencoded");
    return 0;
}
