/* SPDX-License-Identifier: MIT */
/*
 * What a pact is in memory, however it was written: interactions of two parts,
 * each with its matching rules. What a wire brings is a part too, so that
 * comparing knows neither files nor sockets.
 */
#ifndef MSVC_CONTRACT_MODEL_INTERNAL_H
#define MSVC_CONTRACT_MODEL_INTERNAL_H

#include <msvc/contract.h>
#include <msvc/header.h>

#include "contract/generators_internal.h"
#include "contract/rules_internal.h"

#define MSVC__CONTRACT "contract" /* the origin of our errors */

struct msvc_json;
struct msvc_json_document;
struct msvc__xml;

/* Names and values in order, both copied. */
struct msvc__pairs {
    struct msvc_header *items; /* ended by a NULL name once there is one */
    size_t count;
};

/* Returns 0 or MSVC_ERR_NOMEM. */
int msvc__pairs_add(struct msvc__pairs *pairs, const char *name, size_t name_length,
                    const char *value, size_t value_length);
/* Add what "a=1&b=2" says, decoded. Returns 0 or MSVC_ERR_NOMEM. */
int msvc__pairs_add_query(struct msvc__pairs *pairs, const char *text);
/* Decode a query where it stands, as one text. Returns its new length. */
size_t msvc__query_decode(char *text);
/* Decode a path where it stands: some consumers write it as they send it. */
void msvc__path_decode(char *path);
void msvc__pairs_clear(struct msvc__pairs *pairs);

enum msvc__body_state {
    MSVC__BODY_ABSENT,
    MSVC__BODY_EMPTY,
    MSVC__BODY_NULL, /* null was written where a body goes */
    MSVC__BODY_PRESENT,
};

/* What version 4 says of a body whose type does not tell. */
enum msvc__body_hint {
    MSVC__HINT_NONE,
    MSVC__HINT_TEXT,
    MSVC__HINT_BINARY,
};

/* A request, a response or a message. */
struct msvc__part {
    bool is_request;          /* of HTTP: nothing may come that was not expected */
    bool is_message;          /* has metadata instead of headers, method, path and status */
    bool compares_query_text; /* version 1 */
    char *method;             /* NULL in a response */
    char *path;
    char *query_text; /* as written, when it was a text; else NULL */
    struct msvc__pairs query;
    struct msvc__pairs headers;
    int status;
    enum msvc__body_state body_state;
    char *body;
    size_t body_length;
    enum msvc__body_hint body_hint;
    char *declared_type;    /* what is said beside the body, with parameters; NULL: see headers */
    char content_type[128]; /* without parameters, lower case; "" when there is no body */
    struct msvc_json_document *json;     /* the body, when it is JSON */
    struct msvc__xml *xml;               /* the body, when it is XML */
    struct msvc_json_document *metadata; /* of a message: an object, values of any type; or NULL */
    struct msvc__rules rules;
    struct msvc__generators generators;
};

/* Read a request or response of a pact file. Returns 0, MSVC_ERR_MALFORMED, MSVC_ERR_NOMEM. */
int msvc__part_read(struct msvc__part *out, const struct msvc_json *json, bool is_request,
                    unsigned version, struct msvc_error *err);
/* Read what a message of version 3 or 4 holds: contents, metadata, rules. Returns as above. */
int msvc__message_read(struct msvc__part *out, const struct msvc_json *json, unsigned version,
                       struct msvc_error *err);
/* Take what came over a wire as the body. Returns 0 or MSVC_ERR_NOMEM. */
int msvc__part_set_body(struct msvc__part *part, const void *body, size_t length);
/* Take an object as the metadata of a message that came. Returns 0, MSVC_ERR_MALFORMED,
 * MSVC_ERR_LIMIT or MSVC_ERR_NOMEM. */
int msvc__part_set_metadata(struct msvc__part *part, const char *json, size_t length,
                            struct msvc_error *err);
/* Find out the content type and read the body if it is JSON or XML; the last step of making a part.
 */
int msvc__part_finish(struct msvc__part *part);
/* The type that is declared, with its parameters, wherever it stands; NULL when none is. */
const char *msvc__part_type(const struct msvc__part *part);
void msvc__part_clear(struct msvc__part *part);

/* The body of a file as the bytes that would be sent: of versions 1 to 3, and of version 4. Returns
 * 0, MSVC_ERR_MALFORMED or MSVC_ERR_NOMEM. */
int msvc__body_read(struct msvc__part *part, const struct msvc_json *body, struct msvc_error *err);
int msvc__body_read_v4(struct msvc__part *part, const struct msvc_json *body,
                       struct msvc_error *err);
bool msvc__type_is_json(const char *type);
/* Whether a body of that type is bytes, so that a file has it in base64. */
bool msvc__type_is_binary(const char *type);

struct msvc__state {
    char *name;
    char *params; /* canonical JSON */
};

struct msvc__interaction {
    enum msvc_pact_kind kind;
    char *description;
    struct msvc__state *states;
    size_t state_count;
    struct msvc__part request;    /* of HTTP and of a synchronous message */
    struct msvc__part *responses; /* one of HTTP; the message itself; any number of a synchronous */
    size_t response_count;
    bool is_pending;
    bool needs_plugin;                   /* only a plugin knows what its contents mean */
    char *id;                            /* that a broker gave it; NULL */
    struct msvc_json_document *comments; /* an object; NULL when there are none */
    char *text;                          /* canonical JSON of the whole */
    char *key;                           /* what two interactions may not have in common */
};

struct msvc_pact {
    char *consumer;
    char *provider;
    unsigned version;                 /* 1 to 4; 1.1 is 2 */
    struct msvc_json_document *frame; /* of one that was read: all but its interactions */
    struct msvc__interaction **interactions;
    size_t count;
    size_t capacity;
};

/* How much of an interaction is looked at. */
enum msvc__reading {
    MSVC__READ_ALL,
    MSVC__READ_OUTLINE, /* its kind, key and text: enough to put it next to others */
};

/* As version 4 writes it: "Synchronous/HTTP". */
const char *msvc__kind_name(enum msvc_pact_kind kind);
/* Read an interaction of a file; version 4 says itself of which kind it is. Returns 0 or what a
 * reader returns. */
int msvc__interaction_read(struct msvc__interaction **out, const struct msvc_json *json,
                           enum msvc_pact_kind kind, unsigned version, enum msvc__reading reading,
                           struct msvc_error *err);
/* Read its provider states. Returns as above. */
int msvc__states_read(struct msvc__interaction *interaction, const struct msvc_json *json,
                      struct msvc_error *err);
void msvc__interaction_free(struct msvc__interaction *interaction);

/* The interaction with that key, NULL when there is none. */
struct msvc__interaction *msvc__pact_find(const struct msvc_pact *pact, const char *key);
/* Put it at the end; taken on success. Returns 0, MSVC_ERR_LIMIT or MSVC_ERR_NOMEM. */
int msvc__pact_append(struct msvc_pact *pact, struct msvc__interaction *interaction);

#endif
