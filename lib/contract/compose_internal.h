/* SPDX-License-Identifier: MIT */
/*
 * What a consumer states in C becomes an interaction as a file has it, and is
 * then read like one: there is one way to understand a pact.
 */
#ifndef MSVC_CONTRACT_COMPOSE_INTERNAL_H
#define MSVC_CONTRACT_COMPOSE_INTERNAL_H

#include <msvc/contract.h>
#include <msvc/json.h>

#include "contract/integration_internal.h"

/* An interaction that is being written. */
struct msvc__draft {
    struct msvc_json_writer w;
    struct msvc__statement statement; /* of the part that is being written */
    unsigned version;                 /* 3 or 4 */
    struct msvc_error *err;
};

/* All return 0, MSVC_ERR_INVALID, MSVC_ERR_UNSUPPORTED, MSVC_ERR_LIMIT or MSVC_ERR_NOMEM. */

/* A value as integration JSON. */
int msvc__value_write(struct msvc_json_writer *w, const struct msvc_pact_value *value,
                      struct msvc_error *err);
/* JSON that somebody gives us as a text. */
int msvc__value_write_json(struct msvc_json_writer *w, const char *json, struct msvc_error *err);

/* What the caller gave us cannot be read: that is no file's fault, but his. */
int msvc__as_invalid(int status, struct msvc_error *err);
int msvc__draft_invalid(struct msvc__draft *d, const char *what);
/* Write the example of a value; what it asks for goes into the statement. */
int msvc__draft_value(struct msvc__draft *d, enum msvc__section section, const char *key,
                      const struct msvc_pact_value *value);
/* Write the member "body" or "contents", when there is a value. type: what is declared, or NULL. */
int msvc__draft_body(struct msvc__draft *d, const char *member, const char *type,
                     const struct msvc_pact_value *body);
/* What a body is when nothing is declared; NULL when there is none. */
const char *msvc__draft_type(const struct msvc_pact_value *body);

int msvc__draft_request(struct msvc__draft *d, const struct msvc_pact_request *request);
int msvc__draft_response(struct msvc__draft *d, const struct msvc_pact_response *response);
/* Write what a message carries as members of the object that is open. */
int msvc__draft_contents(struct msvc__draft *d, const struct msvc_pact_contents *contents);

#endif
