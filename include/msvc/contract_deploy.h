/* SPDX-License-Identifier: MIT */
/**
 * @file contract_deploy.h
 *
 * Ask a broker (contract_broker.h) whether versions go together.
 *
 *     msvc_pact_broker_can_i_deploy(broker, MSVC_PACT_DEPLOYMENT_QUERY(
 *         .versions = MSVC_PACT_VERSIONS({ .pacticipant = "order-service", .version = "1.4.2" }),
 *         .to_environment = "production"), &matrix, &err);
 *     if (msvc_pact_matrix_answer(matrix) == MSVC_PACT_DEPLOYABLE) …
 */
#ifndef MSVC_CONTRACT_DEPLOY_H
#define MSVC_CONTRACT_DEPLOY_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_error;
struct msvc_pact_broker;
struct msvc_pact_broker_reply;

/** Versions of one participant. NULL pacticipant ends a list. */
struct msvc_pact_version {
    const char *pacticipant;
    const char *version; /**< This one. Default: all, as far as the rest says. */
    const char *branch;  /**< Those of the branch. */
    const char *tag;     /**< Those with the tag. */
    bool is_latest;      /**< Only the latest of them. */
    bool is_main_branch; /**< Those of its main branch. */
};

/** A list that lives to the end of the block. C only. */
#define MSVC_PACT_VERSIONS(...) \
    ((const struct msvc_pact_version[]){ __VA_ARGS__, { .pacticipant = NULL } })

/** Start from #MSVC_PACT_DEPLOYMENT_QUERY; 0 means the default. */
struct msvc_pact_deployment_query {
    size_t size;                              /**< Set by #MSVC_PACT_DEPLOYMENT_QUERY. */
    const struct msvc_pact_version *versions; /**< At least one. */
    const char *to_environment;               /**< With what is deployed or released there. */
    const char *to_branch;                    /**< With the latest of this branch of the others. */
    const char *to_tag;  /**< With the latest of the others that have the tag. */
    bool to_main_branch; /**< With the latest of the others' main branches. */
    const struct msvc_pact_version *ignored; /**< Results that do not count. Optional. */
    bool only_successes;                     /**< Rows that are verified, no others. */
};

#define MSVC_PACT_DEPLOYMENT_QUERY(...) \
    MSVC_OPTIONS_OF(struct msvc_pact_deployment_query, __VA_ARGS__)

enum msvc_pact_deployable {
    MSVC_PACT_UNKNOWN, /**< A result is missing; it may come. */
    MSVC_PACT_DEPLOYABLE,
    MSVC_PACT_NOT_DEPLOYABLE,
};

/** A pact and the last verification of it. Borrowed; "" for what is not there. */
struct msvc_pact_matrix_row {
    const char *consumer;
    const char *consumer_version;
    const char *provider;
    const char *provider_version;
    enum msvc_pact_deployable result;
    bool is_ignored;
    const char *url; /**< Of the result. */
};

/** What goes with what. Immutable. Threading: safe. */
struct msvc_pact_matrix;

/**
 * Ask. Without any of `to_…` a single version is compared with the latest of the others, several
 * ones with each other. "No" is a success of the call.
 *
 * @param[out] out  Owned by the caller; untouched on failure.
 * @return As the calls of contract_broker.h; #MSVC_ERR_INVALID without a version.
 */
MSVC_API MSVC_MUST_USE int msvc_pact_broker_can_i_deploy(
    struct msvc_pact_broker *broker, const struct msvc_pact_deployment_query *query,
    struct msvc_pact_matrix **out, struct msvc_error *err);

/** Destroy @p matrix. NULL is ignored. */
MSVC_API void msvc_pact_matrix_free(struct msvc_pact_matrix *matrix);
MSVC_API enum msvc_pact_deployable msvc_pact_matrix_answer(const struct msvc_pact_matrix *matrix);
/** Why, in the broker's words; "". Borrowed. */
MSVC_API const char *msvc_pact_matrix_reason(const struct msvc_pact_matrix *matrix);
MSVC_API size_t msvc_pact_matrix_count(const struct msvc_pact_matrix *matrix);
/** NULL outside. */
MSVC_API const struct msvc_pact_matrix_row *msvc_pact_matrix_row(
    const struct msvc_pact_matrix *matrix, size_t index);
/** The whole answer, with its notices. Borrowed. */
MSVC_API const struct msvc_pact_broker_reply *msvc_pact_matrix_reply(
    const struct msvc_pact_matrix *matrix);

MSVC_END_DECLS

#endif
