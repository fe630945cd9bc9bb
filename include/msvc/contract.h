/* SPDX-License-Identifier: MIT */
/**
 * @file contract.h
 *
 * Consumer-driven contracts in Pact's format: the consumer says which requests
 * it sends and what it needs of the answers, a mock (contract_mock.h) holds its
 * own code to that, the file goes to the provider, and the provider is held to
 * it (contract_verify.h).
 *
 *     msvc_pact_new(&pact, "order-service", "user-service", NULL, &err);
 *     msvc_pact_add(pact, MSVC_PACT_INTERACTION(
 *         .description = "a request for user profile",
 *         .states = MSVC_PACT_STATES({ "user 123 exists", NULL }),
 *         .request = { .path = "/api/v1/users/123",
 *                      .headers = MSVC_PACT_MEMBERS(
 *                          { "Authorization", msvc_pact_like(msvc_pact_text("Bearer token")) }) },
 *         .response = { .status = 200,
 *                       .body = MSVC_PACT_OBJECT(
 *                           { "id", msvc_pact_text("123") },
 *                           { "name", msvc_pact_like(msvc_pact_text("Alice")) }) }), &err);
 *     …
 *     msvc_pact_write(pact, "contracts", NULL, &err);
 *
 * Versions 1 to 4 of the specification are read, 3 and 4 are written. A file is
 * the same to the byte in whatever order its interactions were added. Numbers
 * are compared as they are written, whatever their length.
 */
#ifndef MSVC_CONTRACT_H
#define MSVC_CONTRACT_H

#include <msvc/base.h>
#include <msvc/contract_value.h>

MSVC_BEGIN_DECLS

struct msvc_error;

/** Longest pact file that is read, in bytes: 64 MiB. */
#define MSVC_PACT_LENGTH_MAX 0x4000000

/** Most interactions of one pact. */
#define MSVC_PACT_INTERACTIONS_MAX 100000

/** What one consumer expects of one provider. Threading: one thread at a time; safe while nothing
 * is added. */
struct msvc_pact;

/** What an interaction is about. */
enum msvc_pact_kind {
    MSVC_PACT_KIND_HTTP,                /**< A request and its answer. */
    MSVC_PACT_KIND_MESSAGE,             /**< The provider sends, nobody answers. */
    MSVC_PACT_KIND_SYNCHRONOUS_MESSAGE, /**< The consumer sends a message, messages come back. */
};

/** Something that must be so at the provider before a request. */
struct msvc_pact_state {
    const char *name;   /**< "user 123 exists". NULL ends a list. */
    const char *params; /**< A JSON object, or NULL. */
};

/** A list that lives to the end of the block. C only. */
#define MSVC_PACT_STATES(...) ((const struct msvc_pact_state[]){ __VA_ARGS__, { .name = NULL } })

/** What the consumer sends. */
struct msvc_pact_request {
    const char *method;          /**< Default "GET". */
    const char *path;            /**< Decoded. Required. */
    const char *path_regex;      /**< Any path that matches; path is the example. Optional. */
    const char *path_from_state; /**< As msvc_pact_from_state(). Optional. */
    const struct msvc_pact_member *query;   /**< Decoded; a name may repeat. Optional. */
    const struct msvc_pact_member *headers; /**< Others may come besides. Optional. */
    struct msvc_pact_value body; /**< A text is sent as it is, the rest as JSON. Optional. */
};

/** What the consumer needs to get. */
struct msvc_pact_response {
    int status;               /**< Default 200. */
    const char *status_class; /**< Any status of "info", "success", "redirect", "clientError",
                                 "serverError", "nonError" or "error". Version 4. Optional. */
    const struct msvc_pact_member *headers; /**< Others may come besides. Optional. */
    struct msvc_pact_value body; /**< Members that are not named may come too. Optional. */
};

/** What a message carries. */
struct msvc_pact_contents {
    struct msvc_pact_value body; /**< A text is carried as it is, the rest as JSON. Optional. */
    const char *content_type;    /**< Default "application/json", "text/plain" of a text. */
    const struct msvc_pact_member *metadata; /**< Others may come besides. Optional. */
};

/** Where something about an interaction is to be found: { "jira", "ticket", "SHOP-1" }. */
struct msvc_pact_reference {
    const char *group; /**< NULL ends a list. */
    const char *name;
    const char *value;
};

/** What version 4 lets one say about an interaction, for people. All optional. */
struct msvc_pact_remarks {
    bool is_pending;                              /**< Its failures are shown and do not count. */
    const char *comment;                          /**< Shown with the results. */
    const char *test_name;                        /**< Of the consumer's test. */
    const struct msvc_pact_reference *references; /**< See #MSVC_PACT_REFERENCES. */
};

#define MSVC_PACT_REFERENCES(...) \
    ((const struct msvc_pact_reference[]){ __VA_ARGS__, { .group = NULL } })

/** One request and its answer. Start from #MSVC_PACT_INTERACTION; 0 means the default. */
struct msvc_pact_interaction {
    size_t size;                          /**< Set by #MSVC_PACT_INTERACTION. */
    const char *description;              /**< Required. */
    const struct msvc_pact_state *states; /**< See #MSVC_PACT_STATES. Optional. */
    struct msvc_pact_request request;
    struct msvc_pact_response response;
    struct msvc_pact_remarks remarks;
};

#define MSVC_PACT_INTERACTION(...) MSVC_OPTIONS_OF(struct msvc_pact_interaction, __VA_ARGS__)

/** What the provider sends, perhaps as an event. Start from #MSVC_PACT_MESSAGE. */
struct msvc_pact_message {
    size_t size;                          /**< Set by #MSVC_PACT_MESSAGE. */
    const char *description;              /**< Required. */
    const struct msvc_pact_state *states; /**< See #MSVC_PACT_STATES. Optional. */
    struct msvc_pact_contents contents;
    struct msvc_pact_remarks remarks;
};

#define MSVC_PACT_MESSAGE(...) MSVC_OPTIONS_OF(struct msvc_pact_message, __VA_ARGS__)

/** A message that the consumer sends, and what comes back. Version 4. Start from
 * #MSVC_PACT_EXCHANGE. */
struct msvc_pact_exchange {
    size_t size;                          /**< Set by #MSVC_PACT_EXCHANGE. */
    const char *description;              /**< Required. */
    const struct msvc_pact_state *states; /**< See #MSVC_PACT_STATES. Optional. */
    struct msvc_pact_contents request;
    const struct msvc_pact_contents *responses; /**< In their order. */
    size_t response_count;
    struct msvc_pact_remarks remarks;
};

#define MSVC_PACT_EXCHANGE(...) MSVC_OPTIONS_OF(struct msvc_pact_exchange, __VA_ARGS__)

/** Start from #MSVC_PACT_OPTIONS; 0 means the default. */
struct msvc_pact_options {
    size_t size;      /**< Set by #MSVC_PACT_OPTIONS. */
    unsigned version; /**< Of the specification: 3 or 4. Default 3. */
};

#define MSVC_PACT_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_pact_options, __VA_ARGS__)

/**
 * Begin a pact without interactions.
 *
 * @param[out] out  Owned by the caller; untouched on failure.
 * @param options   NULL for the defaults.
 * @return 0, #MSVC_ERR_INVALID (a name that is empty or cannot be part of a file's, a version that
 *         is not written), #MSVC_ERR_UNSUPPORTED or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_pact_new(struct msvc_pact **out, const char *consumer,
                                         const char *provider,
                                         const struct msvc_pact_options *options,
                                         struct msvc_error *err);

/**
 * Read a pact of version 1, 1.1, 2, 3 or 4.
 *
 * @param[out] out  Owned by the caller; keeps nothing of @p text; untouched on failure.
 * @return 0, #MSVC_ERR_MALFORMED (no JSON, or no pact: the message says where),
 *         #MSVC_ERR_UNSUPPORTED (version 5 or later),
 *         #MSVC_ERR_LIMIT, #MSVC_ERR_INVALID for a NULL, or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_pact_parse(struct msvc_pact **out, const char *text, size_t length,
                                           struct msvc_error *err);

/** Read a file. @return As msvc_pact_parse(), #MSVC_ERR_NOT_FOUND, #MSVC_ERR_UNAVAILABLE (it cannot
 * be read). */
MSVC_API MSVC_MUST_USE int msvc_pact_open(struct msvc_pact **out, const char *path,
                                          struct msvc_error *err);

/** Destroy @p pact. NULL is ignored. */
MSVC_API void msvc_pact_free(struct msvc_pact *pact);

/**
 * Add an interaction.
 *
 * @param interaction  Copied.
 * @return 0, #MSVC_ERR_INVALID (what is missing, JSON or a regex that cannot be read),
 *         #MSVC_ERR_EXISTS (another one of its kind with this description and these states),
 *         #MSVC_ERR_UNSUPPORTED (something that only version 4 has; version 3 has no pact of both
 *         requests and messages), #MSVC_ERR_LIMIT or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_pact_add(struct msvc_pact *pact,
                                         const struct msvc_pact_interaction *interaction,
                                         struct msvc_error *err);

/** Add a message. @return As msvc_pact_add(). */
MSVC_API MSVC_MUST_USE int msvc_pact_add_message(struct msvc_pact *pact,
                                                 const struct msvc_pact_message *message,
                                                 struct msvc_error *err);

/** Add a message that is answered. @return As msvc_pact_add(). */
MSVC_API MSVC_MUST_USE int msvc_pact_add_exchange(struct msvc_pact *pact,
                                                  const struct msvc_pact_exchange *exchange,
                                                  struct msvc_error *err);

/** Start from #MSVC_PACT_WRITE_OPTIONS; 0 means the default. */
struct msvc_pact_write_options {
    size_t size;        /**< Set by #MSVC_PACT_WRITE_OPTIONS. */
    bool replaces_file; /**< Forget what is in the file. Default: keep it and add to it. */
};

#define MSVC_PACT_WRITE_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_pact_write_options, __VA_ARGS__)

/**
 * Write `FOLDER/CONSUMER-PROVIDER.json`, adding to what is there. The file changes in one step, and
 * only if something is new; writers wait for each other.
 *
 * @param options  NULL for the defaults.
 * @return 0, #MSVC_ERR_EXISTS (the file has another interaction with the same description and
 *         states: the message names it), #MSVC_ERR_UNAVAILABLE (the folder), what msvc_pact_open()
 *         returns for the file that is there, #MSVC_ERR_UNSUPPORTED (a pact that was read and is
 *         not of version 3 or 4, a file of another version), #MSVC_ERR_INVALID or
 *         #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_pact_write(const struct msvc_pact *pact, const char *folder,
                                           const struct msvc_pact_write_options *options,
                                           struct msvc_error *err);

MSVC_API const char *msvc_pact_consumer(const struct msvc_pact *pact);
MSVC_API const char *msvc_pact_provider(const struct msvc_pact *pact);
/** How many interactions; 0 for NULL. */
MSVC_API size_t msvc_pact_count(const struct msvc_pact *pact);
/** NULL outside. Borrowed. */
MSVC_API const char *msvc_pact_description(const struct msvc_pact *pact, size_t index);
/** #MSVC_PACT_KIND_HTTP outside. */
MSVC_API enum msvc_pact_kind msvc_pact_kind(const struct msvc_pact *pact, size_t index);
/** The version of the specification that it was read as, 1 to 4; 0 for NULL. */
MSVC_API unsigned msvc_pact_version(const struct msvc_pact *pact);

MSVC_END_DECLS

#endif
