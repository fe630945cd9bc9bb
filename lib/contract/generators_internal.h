/* SPDX-License-Identifier: MIT */
/*
 * Generators: values that are made anew each time instead of the example. A
 * part is never changed: what comes out is a copy of it.
 */
#ifndef MSVC_CONTRACT_GENERATORS_INTERNAL_H
#define MSVC_CONTRACT_GENERATORS_INTERNAL_H

#include "contract/rules_internal.h"

struct msvc_buffer;
struct msvc_clock;
struct msvc_random;
struct msvc__part;

enum msvc__generator_kind {
    MSVC__GENERATE_INT,
    MSVC__GENERATE_DECIMAL,
    MSVC__GENERATE_HEXADECIMAL,
    MSVC__GENERATE_STRING,
    MSVC__GENERATE_REGEX,
    MSVC__GENERATE_UUID,
    MSVC__GENERATE_DATE,
    MSVC__GENERATE_TIME,
    MSVC__GENERATE_DATETIME,
    MSVC__GENERATE_BOOLEAN,
    MSVC__GENERATE_PROVIDER_STATE,
    MSVC__GENERATE_MOCK_URL,
    MSVC__GENERATE_UNSUPPORTED, /* one that we do not know: using it is an error that names it */
};

/* Most digits or characters of a generated value. */
#define MSVC__GENERATED_LENGTH_MAX 100000

struct msvc__generator {
    enum msvc__generator_kind kind;
    enum msvc__category category;
    char *where; /* as in the file: a path, or a name */
    struct msvc__path path;
    char *name;          /* of a header, query parameter or metadata value */
    char *type;          /* as in the file */
    int64_t least, most; /* of RandomInt */
    size_t length;       /* digits or characters */
    char *text;          /* regex, format, or the example of MockServerURL */
    char *expression;    /* of dates and of ProviderState; the regex of MockServerURL */
    char *data_type;     /* of ProviderState; NULL: that of the value */
};

struct msvc__generators {
    struct msvc__generator *items;
    size_t count;
};

/* Read "generators". Returns 0, MSVC_ERR_MALFORMED or MSVC_ERR_NOMEM. */
int msvc__generators_read(struct msvc__generators *out, const struct msvc_json *json,
                          struct msvc_error *err);
/* Read those of a body by their paths, as variants of arrayContains have them. Returns the same. */
int msvc__generators_read_paths(struct msvc__generators *out, const struct msvc_json *json,
                                struct msvc_error *err);
/* Read one: {"type":"RandomInt","max":9}. Returns the same. */
int msvc__generator_read(struct msvc__generator *out, const struct msvc_json *json,
                         struct msvc_error *err);
void msvc__generator_clear(struct msvc__generator *generator);
void msvc__generators_clear(struct msvc__generators *generators);

#endif
