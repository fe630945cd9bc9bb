/* SPDX-License-Identifier: MIT */
/*
 * An OpenAPI document as JSON, and what is said while a pact is compared with
 * it. Requests are checked whole: the provider may insist on everything. Of an
 * answer a pact names only what the consumer needs, so nothing is missing
 * there; what must be is that the provider promises what is named.
 */
#ifndef MSVC_CONTRACT_OPENAPI_OPENAPI_INTERNAL_H
#define MSVC_CONTRACT_OPENAPI_OPENAPI_INTERNAL_H

#include <msvc/buffer.h>
#include <msvc/contract_openapi.h>
#include <msvc/json.h>

#include "contract/model_internal.h"

#define MSVC__OPENAPI "openapi" /* the origin of our errors */

/* Schemas inside of schemas, references included. */
#define MSVC__SCHEMA_DEPTH_MAX 256
/* Schemas that are looked at for one interaction: some contain themselves more than once. */
#define MSVC__SCHEMA_STEPS_MAX 100000
/* Schemas that are looked at to find one member. */
#define MSVC__SCHEMA_LOOKUPS_MAX 1000

struct msvc_openapi {
    struct msvc_json_document *document;
};

struct msvc_openapi_comparison {
    struct msvc_openapi_finding *items; /* their texts are ours */
    size_t count;
    size_t found; /* more than are kept */
    size_t compared;
    int status; /* MSVC_ERR_NOMEM once memory ran out */
};

/* YAML as JSON. Returns 0, MSVC_ERR_MALFORMED, MSVC_ERR_LIMIT or MSVC_ERR_NOMEM. */
int msvc__yaml_to_json(struct msvc_buffer *out, const char *text, size_t length,
                       struct msvc_error *err);

/* One interaction in comparison. */
struct msvc__agree {
    struct msvc_openapi_comparison *out;
    const struct msvc_json *root; /* of the document */
    const char *interaction;
    const char *part; /* "request.body": where in the pact */
    const char *name; /* of a header or parameter; NULL in a body */
    bool is_answer;   /* only what is named counts */
    bool is_trial;    /* count, do not keep: one of several alternatives */
    size_t errors;    /* found since somebody set it to 0 */
    size_t depth;
    size_t steps;               /* schemas looked at */
    struct msvc_buffer pointer; /* where in the document, "#/paths/…" */
};

/* Put down a finding; place NULL: not inside of a value. */
MSVC_PRINTF(3, 4)
void msvc__agree_fail(struct msvc__agree *c, const struct msvc__place *place, const char *message,
                      ...);

/* Go to a member of the place in the document, and come back with the length it had. */
size_t msvc__agree_enter(struct msvc__agree *c, const char *name);
void msvc__agree_leave(struct msvc__agree *c, size_t length);

/* Follow "$ref" as far as it goes; *entered is what msvc__agree_back() wants. NULL, after saying
 * so, when it leads nowhere. */
struct msvc__followed {
    char *pointer; /* where we were; NULL: nothing was followed */
};
const struct msvc_json *msvc__agree_follow(struct msvc__agree *c, struct msvc__followed *followed,
                                           const struct msvc_json *value);
void msvc__agree_back(struct msvc__agree *c, struct msvc__followed *followed);
/* The same without saying anything: what a reference means, or the value itself. */
const struct msvc_json *msvc__openapi_resolve(const struct msvc_json *root,
                                              const struct msvc_json *value);

/* Compare a value with a schema. */
void msvc__agree_schema(struct msvc__agree *c, const struct msvc_json *schema,
                        const struct msvc_json *value, struct msvc__place *place);
/* Whether the document lists the members that an answer is to have. */
void msvc__agree_promised(struct msvc__agree *c, const struct msvc_json *schema,
                          const struct msvc_json *value, struct msvc__place *place);
/* The parts of a schema, by file. */
void msvc__agree_scalar(struct msvc__agree *c, const struct msvc_json *schema,
                        const struct msvc_json *value, const struct msvc__place *place);
void msvc__agree_object(struct msvc__agree *c, const struct msvc_json *schema,
                        const struct msvc_json *value, struct msvc__place *place);
void msvc__agree_array(struct msvc__agree *c, const struct msvc_json *schema,
                       const struct msvc_json *value, struct msvc__place *place);
void msvc__agree_compositions(struct msvc__agree *c, const struct msvc_json *schema,
                              const struct msvc_json *value, struct msvc__place *place);
/* Whether a schema, or one that it is composed of, knows the member. */
bool msvc__schema_knows(const struct msvc_json *root, const struct msvc_json *schema,
                        const char *name, size_t length, unsigned *left);
/* Whether it says of any member at all that it is there. */
bool msvc__schema_lists(const struct msvc_json *root, const struct msvc_json *schema,
                        unsigned *left);
/* 1 when a pattern is found in the text, 0 when not, negative when it cannot be read. */
int msvc__schema_pattern(const char *pattern, const char *text, size_t length);
/* Compare what a URL or header carries: texts that the schema may mean as numbers. */
void msvc__agree_text(struct msvc__agree *c, const struct msvc_json *schema, const char *text);

/* Numbers as they are written, of any length. -1, 0, 1. */
int msvc__openapi_decimal_compare(const char *a, const char *b);
bool msvc__openapi_decimal_is_whole(const char *number);
/* Whether the number is a multiple; true also when that is too long to find out. */
bool msvc__openapi_decimal_is_multiple(const char *number, const char *of);

/* The path item for a path, and where it is: its key, and the values of its parameters. */
struct msvc__route {
    const struct msvc_json *item;
    const char *key;
    struct msvc__pairs params;
};
/* Returns whether there is one. MSVC_ERR_NOMEM is *status. */
bool msvc__openapi_route(struct msvc__route *out, const struct msvc_json *root, const char *path,
                         int *status);

/* Compare an interaction with the operation that it uses. */
void msvc__agree_interaction(struct msvc__agree *c, const struct msvc__interaction *interaction);
void msvc__agree_parameters(struct msvc__agree *c, const struct msvc__route *route,
                            const struct msvc_json *operation, const struct msvc__part *request);
/* The description of a media type in "content"; NULL when it has none. *name is its key. */
const struct msvc_json *msvc__openapi_media(const struct msvc_json *content, const char *type,
                                            const char **name);

#endif
