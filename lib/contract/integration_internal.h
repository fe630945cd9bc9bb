/* SPDX-License-Identifier: MIT */
/*
 * Integration JSON: an example, its rules and its generators as one value, as
 * the libraries of Pact hand it to each other. Taken apart here into what a
 * pact file has in three places.
 */
#ifndef MSVC_CONTRACT_INTEGRATION_INTERNAL_H
#define MSVC_CONTRACT_INTEGRATION_INTERNAL_H

#include <msvc/buffer.h>

struct msvc_error;
struct msvc_json;
struct msvc_json_writer;

/* Where rules and generators stand in a file. */
enum msvc__section {
    MSVC__SECTION_PATH,
    MSVC__SECTION_QUERY,
    MSVC__SECTION_HEADER,
    MSVC__SECTION_STATUS,
    MSVC__SECTION_BODY,
    MSVC__SECTION_METADATA,
    MSVC__SECTION_COUNT,
};

/* What one part asks for besides its example: members of objects, without their braces. */
struct msvc__statement {
    unsigned version; /* of the file that is being made */
    struct msvc_buffer rules[MSVC__SECTION_COUNT];
    struct msvc_buffer generators[MSVC__SECTION_COUNT];
};

void msvc__statement_clear(struct msvc__statement *statement);
/* Write "matchingRules" and "generators" as members, those that there are. */
void msvc__statement_write(struct msvc_json_writer *w, const struct msvc__statement *statement);

/*
 * Write the example of a value, and keep what it asks for under `key`: "$" of
 * a body, a name, "" where a section has one value only. Returns 0,
 * MSVC_ERR_INVALID, MSVC_ERR_UNSUPPORTED (of a later version) or MSVC_ERR_NOMEM.
 */
int msvc__integration_split(struct msvc_json_writer *example, struct msvc__statement *statement,
                            enum msvc__section section, const char *key,
                            const struct msvc_json *value, struct msvc_error *err);

/* Write what a variant of an array asks for, as members "rules" and "generators". */
void msvc__statement_write_variant(struct msvc_json_writer *w,
                                   const struct msvc__statement *statement);

/* The matchers that integration JSON asks for, as a file has them: a list. Returns as above. */
int msvc__integration_matchers(struct msvc_json_writer *out, const struct msvc_json *value,
                               unsigned version, struct msvc_error *err);
/* The generator that it asks for, as a file has it: an object. */
void msvc__integration_generator(struct msvc_json_writer *out, const struct msvc_json *value);
/* Whether it has that matcher among its own. */
bool msvc__integration_has(const struct msvc_json *value, const char *matcher);

#endif
