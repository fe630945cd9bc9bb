/* SPDX-License-Identifier: MIT */
/* What a fuzz target defines. See README.md. */
#ifndef MSVC_TEST_FUZZ_H
#define MSVC_TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Takes any bytes and returns 0. The name is libFuzzer's. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Inputs to start from, ended by NULL. */
extern const char *const fuzz_seeds[];

/* What must hold for every input; a fuzzer takes an abort for a finding. */
#define FUZZ_CHECK(condition) ((condition) ? (void)0 : abort())

#endif
