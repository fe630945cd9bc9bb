/* SPDX-License-Identifier: MIT */
/* A list of pairs as OTEL_EXPORTER_OTLP_HEADERS and OTEL_RESOURCE_ATTRIBUTES have them. */
#include <string.h>

#include "base/env_internal.h"
#include "fuzz.h"

const char *const fuzz_seeds[] = {
    "key1=value1,key2=value2", " a = %20x , ,b=", "a=%zz", "a=b;c", "=x", "a=%00", ",,,", NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct msvc__env_pair *pairs = NULL;
    size_t length = 0;

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (msvc__env_pairs(&pairs, text) == 0) {
        for (size_t i = 0; pairs[i].key != NULL; i++) {
            FUZZ_CHECK(pairs[i].key[0] != '\0');
            length += strlen(pairs[i].key) + strlen(pairs[i].value) + 1;
        }
    }
    FUZZ_CHECK(length <= size);
    free(pairs);
    free(text);
    return 0;
}
