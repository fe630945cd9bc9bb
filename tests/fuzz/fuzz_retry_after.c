/* SPDX-License-Identifier: MIT */
/* Retry-After: what is read is at most a day, seconds are whole, a failure writes nothing. */
#include <msvc/retry.h>

#include "fuzz.h"

/* 1994-11-06T08:00:00Z, before the dates of the seeds. */
#define WALL_NS INT64_C(784108800000000000)

const char *const fuzz_seeds[] = {
    "120",
    " 0\t",
    "99999999999999999999",
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "Sunday, 06-Nov-94 08:49:37 GMT",
    "Sun Nov  6 08:49:37 1994",
    NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t ms = 77;

    if (msvc_retry_after_parse(&ms, (const char *)data, size, WALL_NS) < 0) {
        FUZZ_CHECK(ms == 77);
        return 0;
    }
    FUZZ_CHECK(ms <= MSVC_RETRY_AFTER_MAX_MS);
    FUZZ_CHECK(ms % 1000 == 0);
    return 0;
}
