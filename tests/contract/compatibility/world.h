/* SPDX-License-Identifier: MIT */
/*
 * What the steps of a scenario share: the interactions that its tables define,
 * and whatever runs because of them. A new world for each scenario.
 */
#ifndef MSVC_TEST_COMPATIBILITY_WORLD_H
#define MSVC_TEST_COMPATIBILITY_WORLD_H

#include <stdbool.h>
#include <stddef.h>

#include <msvc/buffer.h>
#include <msvc/contract.h>
#include <msvc/error.h>

#include "contract/match_internal.h"

#include "gherkin.h"

#define ARGUMENTS_MAX 8
#define DEFINED_MAX   32
#define RECEIVED_MAX  8

/* The columns that tables have, of a request and of a response. */
enum column {
    COLUMN_METHOD,
    COLUMN_PATH,
    COLUMN_QUERY,
    COLUMN_HEADERS,
    COLUMN_RAW_HEADERS,
    COLUMN_TYPE,
    COLUMN_BODY,
    COLUMN_RULES,
    COLUMN_GENERATORS,
    COLUMN_STATUS,
    COLUMN_RESPONSE_HEADERS,
    COLUMN_RESPONSE_TYPE,
    COLUMN_RESPONSE_BODY,
    COLUMN_RESPONSE_RULES,
    COLUMN_COUNT,
};

/* One row: an interaction. Values are borrowed from the feature; NULL is an empty cell. */
struct definition {
    const char *values[COLUMN_COUNT];
};

/* The bytes that a cell stands for. */
struct payload {
    struct msvc_buffer bytes;
    char type[128]; /* "" when the cell does not say */
    bool is_present;
    bool is_json;
};

struct consumer; /* the mock and what it was asked */
struct provider; /* a server, and what verifying it gave */

struct world {
    const char *suite; /* the folder */
    unsigned version;
    char why[1024]; /* the first thing that went wrong; "" while nothing has */

    struct definition defined[DEFINED_MAX];
    size_t defined_count;

    struct consumer *consumer;
    struct provider *provider;

    struct msvc__part expected;
    struct msvc__part received[RECEIVED_MAX];
    size_t received_count;
    struct msvc__mismatches mismatches;
    char *context; /* JSON of the provider's state, for generators */
    bool is_provider_mode;
};

typedef void step_fn(struct world *w, const struct gherkin_step *step, char *const *arguments);

/* A step is known by a regular expression of all of its text; what its groups hold are the
 * arguments. */
struct step_pattern {
    const char *pattern;
    step_fn *step;
};

/* Each ended by a NULL pattern. */
extern const struct step_pattern consumer_steps[];
extern const struct step_pattern provider_steps[];
extern const struct step_pattern matching_steps[];
extern const struct step_pattern generator_steps[];

void consumer_free(struct world *w);
void provider_free(struct world *w);

/* Note that an expectation does not hold. */
MSVC_PRINTF(2, 3) void world_fail(struct world *w, const char *format, ...);
/* Fail with what a call says, when it failed. */
bool world_ok(struct world *w, int status, const struct msvc_error *err);

/* data.c */
void define_interactions(struct world *w, const struct gherkin_table *table);
/* The definition with that number; NULL and a failure when there is none. */
struct definition *find_definition(struct world *w, const char *number);
void change_definition(struct definition *d, const struct gherkin_table *table, size_t row);
bool load_fixture(struct world *w, struct msvc_buffer *out, const char *name);
void read_payload(struct world *w, struct payload *out, const char *cell);
void payload_clear(struct payload *payload);
/* Add 'Name: value' for each that a cell lists. */
bool read_headers(struct msvc__pairs *out, const char *cell);
/* Write a part as a pact file of that version has it. */
void write_part(struct world *w, struct msvc_buffer *out, const struct definition *d,
                bool is_request, unsigned version);
/* Write a pact file. numbers: "1, 2"; states: members to put into each interaction, or "". */
void write_pact_file(struct world *w, struct msvc_buffer *out, const struct definition *definitions,
                     size_t count, unsigned version, const char *states);
/* Whether a message is the one that a step wants; there \s* stands for any blanks. */
bool message_is(const char *message, const char *wanted);
/* Read what came as a part. */
void receive_part(struct world *w, struct msvc__part *out, const struct definition *d);

#endif
