/* SPDX-License-Identifier: MIT */
/**
 * @file contract_broker_admin.h
 *
 * What a broker (contract_broker.h) keeps besides pacts: participants with
 * their versions, branches and tags, environments and what is deployed in
 * them, webhooks. Every call answers with a reply, and returns what the calls
 * of contract_broker.h return.
 *
 *     msvc_pact_broker_record(broker, MSVC_PACT_DEPLOYED,
 *                             MSVC_PACT_DEPLOYMENT(.pacticipant = "order-service",
 *                                                  .version = "1.4.2",
 *                                                  .environment = "production"), &reply, &err);
 *     msvc_pact_broker_reply_free(reply);
 */
#ifndef MSVC_CONTRACT_BROKER_ADMIN_H
#define MSVC_CONTRACT_BROKER_ADMIN_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_error;
struct msvc_pact_broker;
struct msvc_pact_broker_reply;

enum msvc_pact_record {
    MSVC_PACT_DEPLOYED,      /**< Replaces what is deployed there in this instance. */
    MSVC_PACT_UNDEPLOYED,    /**< Without a version: whatever is there. */
    MSVC_PACT_RELEASED,      /**< Several versions may be. */
    MSVC_PACT_SUPPORT_ENDED, /**< Of a release. */
};

/** Start from #MSVC_PACT_DEPLOYMENT. */
struct msvc_pact_deployment {
    size_t size;             /**< Set by #MSVC_PACT_DEPLOYMENT. */
    const char *pacticipant; /**< Required. */
    const char *version;     /**< Required, but for #MSVC_PACT_UNDEPLOYED. */
    const char *environment; /**< Its name. Required. */
    const char *instance;    /**< One of several deployments, "blue". Optional. */
};

#define MSVC_PACT_DEPLOYMENT(...) MSVC_OPTIONS_OF(struct msvc_pact_deployment, __VA_ARGS__)

/** Tell that something was done. @return #MSVC_ERR_NOT_FOUND also for an environment or a version
 * that the broker does not know, and for something to end that is not there. */
MSVC_API MSVC_MUST_USE int msvc_pact_broker_record(struct msvc_pact_broker *broker,
                                                   enum msvc_pact_record what,
                                                   const struct msvc_pact_deployment *deployment,
                                                   struct msvc_pact_broker_reply **out,
                                                   struct msvc_error *err);

/** Start from #MSVC_PACT_ENVIRONMENT. */
struct msvc_pact_environment {
    size_t size;               /**< Set by #MSVC_PACT_ENVIRONMENT. */
    const char *name;          /**< Required. */
    const char *display_name;  /**< Optional. */
    const char *contact_name;  /**< Optional. */
    const char *contact_email; /**< Optional. */
    bool is_production;
};

#define MSVC_PACT_ENVIRONMENT(...) MSVC_OPTIONS_OF(struct msvc_pact_environment, __VA_ARGS__)

MSVC_API MSVC_MUST_USE int msvc_pact_broker_environments(struct msvc_pact_broker *broker,
                                                         struct msvc_pact_broker_reply **out,
                                                         struct msvc_error *err);
MSVC_API MSVC_MUST_USE int msvc_pact_broker_environment(struct msvc_pact_broker *broker,
                                                        const char *name,
                                                        struct msvc_pact_broker_reply **out,
                                                        struct msvc_error *err);
/** Create it; #MSVC_ERR_EXISTS or #MSVC_ERR_REFUSED when there is one of that name. */
MSVC_API MSVC_MUST_USE int msvc_pact_broker_create_environment(
    struct msvc_pact_broker *broker, const struct msvc_pact_environment *environment,
    struct msvc_pact_broker_reply **out, struct msvc_error *err);
/** Change the one with that name. */
MSVC_API MSVC_MUST_USE int msvc_pact_broker_update_environment(
    struct msvc_pact_broker *broker, const struct msvc_pact_environment *environment,
    struct msvc_pact_broker_reply **out, struct msvc_error *err);
MSVC_API MSVC_MUST_USE int msvc_pact_broker_delete_environment(struct msvc_pact_broker *broker,
                                                               const char *name,
                                                               struct msvc_pact_broker_reply **out,
                                                               struct msvc_error *err);

/** Start from #MSVC_PACT_PARTICIPANT; what is NULL is left as it is. */
struct msvc_pact_participant {
    size_t size;                /**< Set by #MSVC_PACT_PARTICIPANT. */
    const char *name;           /**< Required. */
    const char *display_name;   /**< Optional. */
    const char *main_branch;    /**< Optional. */
    const char *repository_url; /**< Optional. */
};

#define MSVC_PACT_PARTICIPANT(...) MSVC_OPTIONS_OF(struct msvc_pact_participant, __VA_ARGS__)

MSVC_API MSVC_MUST_USE int msvc_pact_broker_participants(struct msvc_pact_broker *broker,
                                                         struct msvc_pact_broker_reply **out,
                                                         struct msvc_error *err);
MSVC_API MSVC_MUST_USE int msvc_pact_broker_participant(struct msvc_pact_broker *broker,
                                                        const char *name,
                                                        struct msvc_pact_broker_reply **out,
                                                        struct msvc_error *err);
/** Create it, or change it when there is one of that name. */
MSVC_API MSVC_MUST_USE int msvc_pact_broker_put_participant(
    struct msvc_pact_broker *broker, const struct msvc_pact_participant *participant,
    struct msvc_pact_broker_reply **out, struct msvc_error *err);
MSVC_API MSVC_MUST_USE int msvc_pact_broker_delete_participant(struct msvc_pact_broker *broker,
                                                               const char *name,
                                                               struct msvc_pact_broker_reply **out,
                                                               struct msvc_error *err);

/** A version; NULL @p version: the latest, with @p tag when that is not NULL. */
MSVC_API MSVC_MUST_USE int msvc_pact_broker_version(struct msvc_pact_broker *broker,
                                                    const char *pacticipant, const char *version,
                                                    const char *tag,
                                                    struct msvc_pact_broker_reply **out,
                                                    struct msvc_error *err);
MSVC_API MSVC_MUST_USE int msvc_pact_broker_branches(struct msvc_pact_broker *broker,
                                                     const char *pacticipant,
                                                     struct msvc_pact_broker_reply **out,
                                                     struct msvc_error *err);
/** Put @p version on @p branch; the version is created when it is new. */
MSVC_API MSVC_MUST_USE int msvc_pact_broker_add_to_branch(struct msvc_pact_broker *broker,
                                                          const char *pacticipant,
                                                          const char *branch, const char *version,
                                                          struct msvc_pact_broker_reply **out,
                                                          struct msvc_error *err);
MSVC_API MSVC_MUST_USE int msvc_pact_broker_delete_branch(struct msvc_pact_broker *broker,
                                                          const char *pacticipant,
                                                          const char *branch,
                                                          struct msvc_pact_broker_reply **out,
                                                          struct msvc_error *err);
/** Tag @p version; it is created when it is new. */
MSVC_API MSVC_MUST_USE int msvc_pact_broker_tag(struct msvc_pact_broker *broker,
                                                const char *pacticipant, const char *version,
                                                const char *tag,
                                                struct msvc_pact_broker_reply **out,
                                                struct msvc_error *err);
MSVC_API MSVC_MUST_USE int msvc_pact_broker_delete_tag(struct msvc_pact_broker *broker,
                                                       const char *pacticipant, const char *version,
                                                       const char *tag,
                                                       struct msvc_pact_broker_reply **out,
                                                       struct msvc_error *err);

/** The latest pacts: of @p provider, or of all when that is NULL; with @p tag if not NULL. */
MSVC_API MSVC_MUST_USE int msvc_pact_broker_latest_pacts(struct msvc_pact_broker *broker,
                                                         const char *provider, const char *tag,
                                                         struct msvc_pact_broker_reply **out,
                                                         struct msvc_error *err);
/** One pact; NULL @p version: the latest, with @p tag if not NULL. */
MSVC_API MSVC_MUST_USE int msvc_pact_broker_pact(struct msvc_pact_broker *broker,
                                                 const char *consumer, const char *provider,
                                                 const char *version, const char *tag,
                                                 struct msvc_pact_broker_reply **out,
                                                 struct msvc_error *err);

MSVC_END_DECLS

#endif
