/* SPDX-License-Identifier: MIT */
/* A text that was made for a regex matches it. */
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/random.h>

#include "contract/generate_internal.h"
#include "fuzz.h"

const char *const fuzz_seeds[] = {
    "\\d{1,8}",
    "[a-f0-9]{8}(-[^a-z]{2}){1,3}?",
    "^(foo|b[]a-c]*|(?:x+y)?)\\.\\S$",
    "(?<year>\\d{4})[[:upper:]]\\x41\\t",
    NULL,
};

/* The same numbers in every run. */
static void fill(void *user, void *out, size_t length)
{
    uint64_t *seed = user;

    for (size_t i = 0; i < length; i++) {
        *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        ((unsigned char *)out)[i] = (unsigned char)(*seed >> 56);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t seed = 1;
    const struct msvc_random random = { .fill = fill, .user = &seed };
    struct msvc_buffer out = MSVC_BUFFER_INIT;
    char *text = malloc(size + 1);
    struct msvc_error err;

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (size < 200 && msvc__generate_regex(&out, text, &random, &err) < 0)
        FUZZ_CHECK(err.status < 0 && err.message[0] != '\0');
    msvc_buffer_clear(&out);
    free(text);
    return 0;
}
