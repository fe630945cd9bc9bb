/* SPDX-License-Identifier: MIT */
/* Applies generators. */
#ifndef MSVC_CONTRACT_GENERATE_INTERNAL_H
#define MSVC_CONTRACT_GENERATE_INTERNAL_H

#include "contract/model_internal.h"

struct msvc_clock;
struct msvc_random;

enum msvc__generate_mode {
    MSVC__GENERATE_FOR_CONSUMER, /* at the mock: MockServerURL, no ProviderState */
    MSVC__GENERATE_FOR_PROVIDER, /* at the verifier: ProviderState, no MockServerURL */
};

/* Where values come from; all borrowed. */
struct msvc__generate_context {
    const struct msvc_random *random;       /* NULL: the system's */
    const struct msvc_clock *clock;         /* NULL: the system's */
    const struct msvc_json *provider_state; /* an object of values; NULL: none */
    const char *mock_url;                   /* of the mock server; NULL: none */
};

/*
 * Copy a part, its generators applied: a request before it is sent, a response
 * before it is given. The copy has no rules and no generators; what a generator
 * has no place for stays as it is. A body that is not JSON, XML or a form stays
 * too. Returns 0, MSVC_ERR_UNSUPPORTED (a generator we do not know: the message
 * names it), MSVC_ERR_NOT_FOUND (a value no provider state gave), MSVC_ERR_INVALID
 * (a value that is not of its data type), what reading patterns and expressions
 * returns, MSVC_ERR_LIMIT or MSVC_ERR_NOMEM.
 */
int msvc__generators_apply(struct msvc__part *out, const struct msvc__part *part,
                           enum msvc__generate_mode mode,
                           const struct msvc__generate_context *context, struct msvc_error *err);

/* Whether applying them would change anything. */
bool msvc__part_has_generators(const struct msvc__part *part);

/* Make one value, appended as JSON. `example` decides whether a number is written as one or as a
 * text; NULL: as a text. Returns 1, 0 when the mode has no use for it, or as above. */
int msvc__generate_value(struct msvc_buffer *json, const struct msvc__generator *generator,
                         const struct msvc_json *example, enum msvc__generate_mode mode,
                         const struct msvc__generate_context *context, struct msvc_error *err);
/* The same as a plain text. */
int msvc__generate_text(struct msvc_buffer *text, const struct msvc__generator *generator,
                        enum msvc__generate_mode mode, const struct msvc__generate_context *context,
                        struct msvc_error *err);

/* What a ProviderState generator stands for, as JSON. Returns 0 or as above. */
int msvc__generate_state(struct msvc_buffer *json, const struct msvc__generator *generator,
                         const struct msvc_json *values, struct msvc_error *err);
/*
 * A text that matches a regex, repetitions without an end at most 10 times.
 * Returns 0, MSVC_ERR_UNSUPPORTED (what can be asked of a text but not made:
 * references, looking around), MSVC_ERR_MALFORMED, MSVC_ERR_LIMIT or MSVC_ERR_NOMEM.
 */
int msvc__generate_regex(struct msvc_buffer *out, const char *regex,
                         const struct msvc_random *random, struct msvc_error *err);

/* Bodies: append the new one to `out`. Return 0 or as above. */
struct msvc__generate_run {
    const struct msvc__part *part;
    enum msvc__generate_mode mode;
    const struct msvc__generate_context *context;
    struct msvc_error *err;
};
int msvc__generate_json(struct msvc_buffer *out, const struct msvc__generate_run *run);
int msvc__generate_xml(struct msvc_buffer *out, const struct msvc__generate_run *run);
int msvc__generate_form(struct msvc_buffer *out, const struct msvc__generate_run *run);
/* The generator whose path names a place; of several the one with the larger weight, then the one
 * that comes later in the alphabet of paths. NULL when there is none. */
const struct msvc__generator *msvc__generator_for(const struct msvc__generators *generators,
                                                  const struct msvc__place *place);

#endif
