/* SPDX-License-Identifier: MIT */
/**
 * @file contract.h
 *
 * Consumer-driven contracts in Pact's format: the consumer says which requests
 * it sends and what it needs of the answers, a mock (contract_mock.h) holds its
 * own code to that, the file goes to the provider, and the provider is held to
 * it (contract_verify.h).
 *
 *     msvc_pact_new(&pact, "order-service", "user-service", &err);
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
 * Versions 1 to 4 of the specification are read, version 3 is written. A file
 * is the same to the byte in whatever order its interactions were added.
 * Numbers are compared as they are written, whatever their length.
 */
#ifndef MSVC_CONTRACT_H
#define MSVC_CONTRACT_H

#include <msvc/base.h>

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

enum msvc_pact_value_kind {
    MSVC_PACT_ABSENT, /**< No body at all. */
    MSVC_PACT_TEXT_VALUE,
    MSVC_PACT_JSON_VALUE,
    MSVC_PACT_OBJECT_VALUE,
    MSVC_PACT_ARRAY_VALUE,
};

enum msvc_pact_value_rule {
    MSVC_PACT_EXACT,  /**< Equal to the example. */
    MSVC_PACT_TYPE,   /**< Of the same type, and so is everything inside of it. */
    MSVC_PACT_REGEX,  /**< The whole text matches. */
    MSVC_PACT_EQUALS, /**< Equal, even inside of something that is only compared by type. */
};

struct msvc_pact_member;

/** An example and how much of it counts. Make one with the functions and macros below; what it
 * points to is borrowed until the call it goes into returns. */
struct msvc_pact_value {
    enum msvc_pact_value_kind kind;
    enum msvc_pact_value_rule rule;
    const char *text;                       /**< A text, or JSON. */
    const char *regex;                      /**< With #MSVC_PACT_REGEX. */
    const struct msvc_pact_member *members; /**< Of an object; ended by a NULL name. */
    const struct msvc_pact_value *element;  /**< Of an array: every element is like this one. */
    size_t least;                           /**< Elements of an array; 0: no limit. */
    size_t most;                            /**< Elements of an array; 0: no limit. */
};

/** A member of an object, a header or a query parameter. */
struct msvc_pact_member {
    const char *name;
    struct msvc_pact_value value;
};

/** Something that must be so at the provider before a request. */
struct msvc_pact_state {
    const char *name;   /**< "user 123 exists". NULL ends a list. */
    const char *params; /**< A JSON object, or NULL. */
};

/** Exactly this text. */
MSVC_API struct msvc_pact_value msvc_pact_text(const char *text);
/** Exactly this JSON: `msvc_pact_json("42.50")`, `msvc_pact_json("[1, null]")`. */
MSVC_API struct msvc_pact_value msvc_pact_json(const char *json);
/** Of the type of @p value; what is inside counts by its type too, unless it says otherwise. */
MSVC_API struct msvc_pact_value msvc_pact_like(struct msvc_pact_value value);
/** Equal to @p value, even inside of something that is msvc_pact_like(). */
MSVC_API struct msvc_pact_value msvc_pact_equal(struct msvc_pact_value value);
/** Any text that @p regex (Perl's syntax) matches from end to end. */
MSVC_API struct msvc_pact_value msvc_pact_matches(const char *regex, const char *example);
/** An object of these members, ended by a NULL name; see #MSVC_PACT_OBJECT. */
MSVC_API struct msvc_pact_value msvc_pact_object(const struct msvc_pact_member *members);
/** An array of elements like @p element; see #MSVC_PACT_EACH_LIKE. @p most 0: no limit. */
MSVC_API struct msvc_pact_value msvc_pact_each_like(const struct msvc_pact_value *element,
                                                    size_t least, size_t most);

/** Lists and objects that live to the end of the block. C only. */
#define MSVC_PACT_MEMBERS(...) ((const struct msvc_pact_member[]){ __VA_ARGS__, { .name = NULL } })
#define MSVC_PACT_OBJECT(...)  (msvc_pact_object(MSVC_PACT_MEMBERS(__VA_ARGS__)))
#define MSVC_PACT_EACH_LIKE(least, ...) \
    (msvc_pact_each_like((const struct msvc_pact_value[]){ __VA_ARGS__ }, (least), 0))
#define MSVC_PACT_STATES(...) ((const struct msvc_pact_state[]){ __VA_ARGS__, { .name = NULL } })

/** What the consumer sends. */
struct msvc_pact_request {
    const char *method;     /**< Default "GET". */
    const char *path;       /**< Decoded. Required. */
    const char *path_regex; /**< Optional: any path that matches; path is the example. */
    const struct msvc_pact_member *query;   /**< Decoded; a name may repeat. Optional. */
    const struct msvc_pact_member *headers; /**< Others may come besides. Optional. */
    struct msvc_pact_value body; /**< A text is sent as it is, the rest as JSON. Optional. */
};

/** What the consumer needs to get. */
struct msvc_pact_response {
    int status;                             /**< Default 200. */
    const struct msvc_pact_member *headers; /**< Others may come besides. Optional. */
    struct msvc_pact_value body; /**< Members that are not named may come too. Optional. */
};

/** One request and its answer. Start from #MSVC_PACT_INTERACTION; 0 means the default. */
struct msvc_pact_interaction {
    size_t size;                          /**< Set by #MSVC_PACT_INTERACTION. */
    const char *description;              /**< Required. */
    const struct msvc_pact_state *states; /**< See #MSVC_PACT_STATES. Optional. */
    struct msvc_pact_request request;
    struct msvc_pact_response response;
};

#define MSVC_PACT_INTERACTION(...) MSVC_OPTIONS_OF(struct msvc_pact_interaction, __VA_ARGS__)

/**
 * Begin a pact without interactions.
 *
 * @param[out] out  Owned by the caller; untouched on failure.
 * @return 0, #MSVC_ERR_INVALID (a name that is empty or cannot be part of a file's) or
 *         #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_pact_new(struct msvc_pact **out, const char *consumer,
                                         const char *provider, struct msvc_error *err);

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
 *         #MSVC_ERR_EXISTS (another one with this description and these states),
 *         #MSVC_ERR_UNSUPPORTED (of a newer version), #MSVC_ERR_LIMIT or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_pact_add(struct msvc_pact *pact,
                                         const struct msvc_pact_interaction *interaction,
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
 *         returns for the file that is there, #MSVC_ERR_UNSUPPORTED, #MSVC_ERR_INVALID or
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
