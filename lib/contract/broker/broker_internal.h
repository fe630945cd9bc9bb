/* SPDX-License-Identifier: MIT */
/* What the verbs of a broker's client share: calls, links, replies. */
#ifndef MSVC_CONTRACT_BROKER_BROKER_INTERNAL_H
#define MSVC_CONTRACT_BROKER_BROKER_INTERNAL_H

#include <msvc/buffer.h>
#include <msvc/contract_broker.h>
#include <msvc/json.h>

#define MSVC__BROKER "broker" /* the origin of our errors */

#define MSVC__HAL         "application/hal+json"
#define MSVC__HAL_OR_JSON "application/hal+json, application/json"
#define MSVC__MERGE_PATCH "application/merge-patch+json"

struct msvc_http_answer;

struct msvc_pact_broker {
    struct msvc_http_transport *transport; /* borrowed */
    char *base_path;                       /* "/pacts", without a slash at its end */
    char *authorization;                   /* the header's value, NULL without one */
    char *secret;                          /* what must not be shown, NULL without one */
    unsigned timeout_ms;
    struct msvc_pact_broker_reply *index; /* once it was needed */
};

struct msvc_pact_broker_reply {
    struct msvc_http_answer *answer;
    struct msvc_json_document *document; /* NULL when the body is no JSON */
};

/* The document of a reply; NULL when there is none. */
const struct msvc_json *msvc__reply_root(const struct msvc_pact_broker_reply *reply);
int msvc__reply_new(struct msvc_pact_broker_reply **out, struct msvc_http_answer *taken,
                    struct msvc_error *err);
/* Append what the broker says was wrong; nothing when it does not say. */
void msvc__reply_complain(struct msvc_buffer *out, const struct msvc_pact_broker_reply *reply);

struct msvc__broker_call {
    const char *method; /* default GET */
    const char *target;
    const char *accept;             /* default HAL */
    const char *content_type;       /* default JSON, when there is a body */
    const struct msvc_buffer *body; /* optional */
    bool needs_json;                /* nothing else will do as an answer */
};

/* Send one. A status of 300 or more is a failure. */
int msvc__broker_send(struct msvc_pact_broker_reply **out, struct msvc_pact_broker *broker,
                      const struct msvc__broker_call *call, struct msvc_error *err);

/* A name and what to put in its place in "/pacticipants/{pacticipant}". */
struct msvc__broker_param {
    const char *name;
    const char *value;
};

#define MSVC__PARAMS(...) ((const struct msvc__broker_param[]){ __VA_ARGS__, { NULL, NULL } })

/* A link: the only one of its relation, or (name not NULL) the one so named. NULL when none is. */
const char *msvc__hal_link(const struct msvc_json *resource, const char *relation,
                           const char *name);
/* Append the target that a link means. Returns 0, MSVC_ERR_MALFORMED or MSVC_ERR_NOMEM. */
int msvc__hal_target(struct msvc_buffer *out, const struct msvc_pact_broker *broker,
                     const char *link, const struct msvc__broker_param *params,
                     struct msvc_error *err);
/* Append what the index has for that relation. */
int msvc__broker_follow(struct msvc_buffer *out, struct msvc_pact_broker *broker,
                        const char *relation, const struct msvc__broker_param *params,
                        const char *accept, struct msvc_error *err);
/* Whether the index has the relation; a status when it cannot be read. */
int msvc__broker_knows(struct msvc_pact_broker *broker, const char *relation,
                       struct msvc_error *err);

/* Follow a relation of the index and send there. */
int msvc__broker_go(struct msvc_pact_broker_reply **out, struct msvc_pact_broker *broker,
                    const char *relation, const struct msvc__broker_param *params,
                    const struct msvc__broker_call *call, struct msvc_error *err);
/* Follow a link of a resource and send there; `relation` is for the message when it has none. */
int msvc__broker_go_link(struct msvc_pact_broker_reply **out, struct msvc_pact_broker *broker,
                         const char *link, const char *relation,
                         const struct msvc__broker_call *call, struct msvc_error *err);

/* Append a text so that it can stand between two slashes. */
void msvc__broker_encode(struct msvc_buffer *out, const char *text);

int msvc__broker_invalid(struct msvc_error *err, const char *expected);
/* A member, unless the text is NULL. */
void msvc__broker_member(struct msvc_json_writer *w, const char *name, const char *text);
/* What the buffer came to, as a failure or 0. */
int msvc__broker_written(const struct msvc_json_writer *w, struct msvc_error *err);

/* Put a version on its branch and give it its tags; nothing for NULL. */
int msvc__broker_describe_version(struct msvc_pact_broker *broker, const char *pacticipant,
                                  const char *version, const char *branch, const char *const *tags,
                                  struct msvc_error *err);

#endif
