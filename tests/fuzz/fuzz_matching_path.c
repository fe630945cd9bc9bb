/* SPDX-License-Identifier: MIT */
/* A path that was read fits the place it names. */
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>

#include "contract/rules_internal.h"
#include "fuzz.h"

const char *const fuzz_seeds[] = {
    "$",
    "$.lines[*].sku",
    "$['any \\'name\\' \\\\']['@id'][12].*",
    "$.a.b.c[0][1][2]['#text']",
    "$[*][*].x-y_z:1",
    NULL,
};

/* The place that each step names; a wildcard names any. */
static void fit(const struct msvc__path *path)
{
    struct msvc__place *places = calloc(path->count, sizeof(*places));

    if (places == NULL)
        return;
    for (size_t i = 0; i < path->count; i++) {
        const struct msvc__step *step = &path->steps[i];

        places[i].parent = i > 0 ? &places[i - 1] : NULL;
        places[i].depth = i + 1;
        places[i].index = step->index;
        places[i].name = step->kind == MSVC__STEP_ANY ? "x" : step->name;
        places[i].name_length = step->kind == MSVC__STEP_ANY ? 1 : step->name_length;
    }
    FUZZ_CHECK(path->count > 0 && msvc__path_weight(path, &places[path->count - 1]) > 0);
    free(places);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct msvc__path path;
    struct msvc_error err;

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (msvc__path_parse(&path, text, &err) == 0) {
        fit(&path);
        msvc__path_clear(&path);
    } else {
        FUZZ_CHECK(err.status < 0 && err.message[0] != '\0');
    }
    free(text);
    return 0;
}
