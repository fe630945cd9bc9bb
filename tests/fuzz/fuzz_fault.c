/* SPDX-License-Identifier: MIT */
/* Orders of faults: what is read is within the limits, a failure writes nothing. */
#include <msvc/fault.h>

#include "fuzz.h"

const char *const fuzz_seeds[] = {
    "latency=250",
    "status=TIMEOUT",
    "latency=60000;status=UNAVAILABLE",
    "status=REJECTED;latency=0",
    "latency=60001",
    "status=",
    ";",
    NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct msvc_fault_effect effect = { .latency_ms = 77, .status = 77 };

    if (msvc_fault_parse(&effect, (const char *)data, size) < 0) {
        FUZZ_CHECK(effect.latency_ms == 77 && effect.status == 77);
        return 0;
    }
    FUZZ_CHECK(effect.latency_ms <= MSVC_FAULT_LATENCY_MAX_MS);
    FUZZ_CHECK(effect.status <= 0 && effect.status > -100);
    return 0;
}
