/* SPDX-License-Identifier: MIT */
/* A timestamp that was read is written in one form, which reads as the same instant. */
#include <string.h>

#include <msvc/clock.h>

#include "fuzz.h"

const char *const fuzz_seeds[] = {
    "2026-11-22T10:13:00.000000001Z",    "1996-12-19t16:39:57-08:00",
    "1990-12-31T15:59:60-08:00",         "1937-01-01T12:00:27.87+00:20",
    "2024-02-29T23:59:59.999999999999z", "1678-01-01T00:00:00+23:59",
    "2261-12-31T23:59:59.9-00:00",       NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[MSVC_TIME_SIZE];
    int64_t wall_ns = 77;
    int64_t again = 77;

    if (msvc_time_parse(&wall_ns, (const char *)data, size) < 0) {
        FUZZ_CHECK(wall_ns == 77);
        return 0;
    }
    msvc_time_format(text, wall_ns);
    FUZZ_CHECK(strlen(text) == MSVC_TIME_SIZE - 1);
    FUZZ_CHECK(msvc_time_parse(&again, text, strlen(text)) == 0);
    FUZZ_CHECK(again == wall_ns);
    return 0;
}
