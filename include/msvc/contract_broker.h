/* SPDX-License-Identifier: MIT */
/**
 * @file contract_broker.h
 *
 * Exchange contracts (contract.h) through a Pact Broker: the consumer
 * publishes, the provider fetches, verifies (contract_verify.h) and reports,
 * and each asks before a deployment whether its version goes with what is out
 * there (contract_deploy.h). Over HTTP, or over a folder that plays the broker
 * (contract_folder.h). What sets a broker up is in contract_broker_admin.h.
 *
 *     msvc_pact_broker_new(&broker, transport, MSVC_PACT_BROKER_OPTIONS(.token = token), &err);
 *     msvc_pact_broker_publish(broker, MSVC_PACT_PUBLICATION(
 *         .version = "1.4.2", .branch = "main", .contracts = MSVC_PACT_TEXTS({ text, length })),
 *         &reply, &err);
 *
 * Links are followed from the broker's index; of a link only path and query
 * count, so that nothing, and no password, goes to another host.
 */
#ifndef MSVC_CONTRACT_BROKER_H
#define MSVC_CONTRACT_BROKER_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_contract_report;
struct msvc_error;
struct msvc_http_transport;

/** Longest answer of a broker that is read, in bytes: that of a pact. */
#define MSVC_PACT_BROKER_ANSWER_MAX 0x4000000

/** One broker. Threading: one thread at a time. */
struct msvc_pact_broker;

/** Start from #MSVC_PACT_BROKER_OPTIONS; 0 means the default. */
struct msvc_pact_broker_options {
    size_t size;          /**< Set by #MSVC_PACT_BROKER_OPTIONS. */
    const char *base_url; /**< The URL the transport was made from; its path is taken off links.
                             Copied. Default: no path. */
    const char *username; /**< With password: basic authentication. Copied. */
    const char *password; /**< Copied, never shown. */
    const char *token;    /**< Bearer token, instead of the two. Copied, never shown. */
    unsigned timeout_ms;  /**< For each call. Default 30000. */
};

#define MSVC_PACT_BROKER_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_pact_broker_options, __VA_ARGS__)

/**
 * @param[out] out   Owned by the caller; untouched on failure. Nothing is sent yet.
 * @param transport  Borrowed; must outlive the broker.
 * @param options    NULL for the defaults.
 * @return 0, #MSVC_ERR_INVALID (a user name without password, both ways of authentication),
 *         #MSVC_ERR_MALFORMED (the URL), #MSVC_ERR_UNSUPPORTED or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_pact_broker_new(struct msvc_pact_broker **out,
                                                struct msvc_http_transport *transport,
                                                const struct msvc_pact_broker_options *options,
                                                struct msvc_error *err);

/** Destroy @p broker. NULL is ignored. */
MSVC_API void msvc_pact_broker_free(struct msvc_pact_broker *broker);

/*
 * Every call below returns, besides what it says: what msvc_http_call() returns,
 * #MSVC_ERR_AUTH (401, 403), #MSVC_ERR_NOT_FOUND (404), #MSVC_ERR_EXISTS (409), #MSVC_ERR_REFUSED
 * (any other status below 500, with what the broker says), #MSVC_ERR_UNAVAILABLE (5xx),
 * #MSVC_ERR_UNSUPPORTED (the broker has no such relation), #MSVC_ERR_MALFORMED (no JSON where JSON
 * is due), #MSVC_ERR_INVALID, #MSVC_ERR_LIMIT, #MSVC_ERR_NOMEM.
 */

/** What a broker answered to something that was done. Immutable. Threading: safe. */
struct msvc_pact_broker_reply;

/** Destroy @p reply. NULL is ignored. */
MSVC_API void msvc_pact_broker_reply_free(struct msvc_pact_broker_reply *reply);
/** The HTTP status. */
MSVC_API int msvc_pact_broker_reply_status(const struct msvc_pact_broker_reply *reply);
/** The body, JSON; "" when there was none. Borrowed. */
MSVC_API const char *msvc_pact_broker_reply_json(const struct msvc_pact_broker_reply *reply);
/** Lines that the broker wants people to read. */
MSVC_API size_t msvc_pact_broker_notice_count(const struct msvc_pact_broker_reply *reply);
/** NULL outside. Borrowed. */
MSVC_API const char *msvc_pact_broker_notice(const struct msvc_pact_broker_reply *reply,
                                             size_t index);

/** A pact as it stands in its file. NULL text ends a list. */
struct msvc_pact_text {
    const char *text;
    size_t length; /**< Bytes. */
};

/** Tags, events: a list that lives to the end of the block. */
#define MSVC_PACT_NAMES(...) MSVC_LIST_OF(const char *, __VA_ARGS__)
/** Pacts: the same. C only. */
#define MSVC_PACT_TEXTS(...) ((const struct msvc_pact_text[]){ __VA_ARGS__, { NULL, 0 } })

/** Pacts of one version of one consumer. Start from #MSVC_PACT_PUBLICATION. */
struct msvc_pact_publication {
    size_t size;             /**< Set by #MSVC_PACT_PUBLICATION. */
    const char *version;     /**< Of the consumer. Required. */
    const char *branch;      /**< Optional. */
    const char *const *tags; /**< Ended by NULL. Optional. */
    const char *build_url;   /**< Where it was built. Optional. */
    bool merges; /**< Add to a pact that this version has already. Default: overwrite it. */
    const struct msvc_pact_text *contracts; /**< All of one consumer. Required. */
};

#define MSVC_PACT_PUBLICATION(...) MSVC_OPTIONS_OF(struct msvc_pact_publication, __VA_ARGS__)

/**
 * Publish pacts. A broker that is too old for the relation `pb:publish-contracts` gets branch, tags
 * and pacts one by one.
 *
 * @param[out] out  Owned by the caller; untouched on failure.
 * @return As above; #MSVC_ERR_MALFORMED for a text that names no consumer and provider,
 *         #MSVC_ERR_INVALID for pacts of several consumers.
 */
MSVC_API MSVC_MUST_USE int msvc_pact_broker_publish(struct msvc_pact_broker *broker,
                                                    const struct msvc_pact_publication *publication,
                                                    struct msvc_pact_broker_reply **out,
                                                    struct msvc_error *err);

/** Which versions of the consumers count; what is set must hold. */
struct msvc_pact_selector {
    const char *consumer;        /**< Default: all of them. */
    const char *branch;          /**< The latest of the branch. */
    const char *fallback_branch; /**< When a consumer has no such branch. */
    const char *tag;             /**< All with the tag, the latest one with is_latest. */
    const char *fallback_tag;    /**< With is_latest. */
    const char *environment;     /**< Deployed or released there. */
    bool is_latest;
    bool is_main_branch;     /**< The latest of the consumer's main branch. */
    bool is_matching_branch; /**< The latest of a branch with the name of the provider's. */
    bool is_deployed;
    bool is_released;
    bool is_deployed_or_released;
};

/** Start from #MSVC_PACT_SELECTION; 0 means the default. */
struct msvc_pact_selection {
    size_t size;                                /**< Set by #MSVC_PACT_SELECTION. */
    const char *provider;                       /**< Required. */
    const struct msvc_pact_selector *selectors; /**< Default: the broker's. */
    size_t selector_count;
    const char *provider_branch;      /**< For matching branches and pending. Optional. */
    const char *const *provider_tags; /**< Ended by NULL. Optional. */
    bool includes_pending;            /**< Say which pacts may fail. */
    const char *wip_since; /**< "2026-11-22": also pacts in work that nobody selected. Optional. */
};

#define MSVC_PACT_SELECTION(...) MSVC_OPTIONS_OF(struct msvc_pact_selection, __VA_ARGS__)

/** One pact to verify. Borrowed from its list. */
struct msvc_pact_fetched {
    const char *text; /**< For msvc_pact_parse(). */
    size_t length;    /**< Bytes. */
    const char *name; /**< For people. "" when the broker gave none. */
    const char *why;  /**< "latest from branch main", "". */
    bool is_pending;  /**< A failure is news, and no reason to fail the build. */
    bool is_wip;
    const char *notices; /**< What to say before verifying, lines; "". */
};

/** Pacts to verify. Immutable. Threading: safe. */
struct msvc_pact_list;

/** Ask which pacts @p selection means and get them. No pact at all is a success with none.
 * @param[out] out  Owned by the caller; untouched on failure. @return As above. */
MSVC_API MSVC_MUST_USE int msvc_pact_broker_fetch(struct msvc_pact_broker *broker,
                                                  const struct msvc_pact_selection *selection,
                                                  struct msvc_pact_list **out,
                                                  struct msvc_error *err);

/** Destroy @p list. NULL is ignored. */
MSVC_API void msvc_pact_list_free(struct msvc_pact_list *list);
MSVC_API size_t msvc_pact_list_count(const struct msvc_pact_list *list);
/** NULL outside. */
MSVC_API const struct msvc_pact_fetched *msvc_pact_list_at(const struct msvc_pact_list *list,
                                                           size_t index);

/** How a verification ended. Start from #MSVC_PACT_OUTCOME. */
struct msvc_pact_outcome {
    size_t size;                               /**< Set by #MSVC_PACT_OUTCOME. */
    const char *version;                       /**< Of the provider. Required. */
    const char *branch;                        /**< Of the provider. Optional. */
    const char *const *tags;                   /**< Of the provider, ended by NULL. Optional. */
    const char *build_url;                     /**< Optional. */
    const struct msvc_contract_report *report; /**< Of the whole pact. Required. */
};

#define MSVC_PACT_OUTCOME(...) MSVC_OPTIONS_OF(struct msvc_pact_outcome, __VA_ARGS__)

/** Tell the broker how the verification of @p index of @p list ended. @return As above. */
MSVC_API MSVC_MUST_USE int msvc_pact_broker_report(struct msvc_pact_broker *broker,
                                                   const struct msvc_pact_list *list, size_t index,
                                                   const struct msvc_pact_outcome *outcome,
                                                   struct msvc_pact_broker_reply **out,
                                                   struct msvc_error *err);

MSVC_END_DECLS

#endif
