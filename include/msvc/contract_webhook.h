/* SPDX-License-Identifier: MIT */
/**
 * @file contract_webhook.h
 *
 * Webhooks of a broker (contract_broker.h): what it calls when a pact changes
 * or a verification is there. A folder (contract_folder.h) has none.
 *
 *     msvc_pact_broker_put_webhook(broker, MSVC_PACT_WEBHOOK(
 *         .description = "build user-service", .provider = "user-service",
 *         .events = MSVC_PACT_NAMES("contract_requiring_verification_published"),
 *         .url = "https://ci.example.org/build"), &reply, &err);
 *     msvc_pact_broker_reply_free(reply);
 */
#ifndef MSVC_CONTRACT_WEBHOOK_H
#define MSVC_CONTRACT_WEBHOOK_H

#include <msvc/base.h>
#include <msvc/contract_broker.h>

MSVC_BEGIN_DECLS

struct msvc_header;

/** Start from #MSVC_PACT_WEBHOOK. */
struct msvc_pact_webhook {
    size_t size;               /**< Set by #MSVC_PACT_WEBHOOK. */
    const char *uuid;          /**< Replace this one, or create it under this name. Optional. */
    const char *description;   /**< Optional. */
    const char *const *events; /**< "contract_content_changed" and others, ended by NULL. */
    const char *url;           /**< What is called. */
    const char *method;        /**< Default "POST". */
    const struct msvc_header *headers; /**< Optional. */
    const char *body;                  /**< JSON or any text. Optional. */
    const char *username;              /**< Optional. */
    const char *password;              /**< Never shown. Optional. */
    const char *consumer;              /**< Only for it. Optional. */
    const char *provider;              /**< Only for it. Optional. */
    const char *consumer_label;        /**< Only for those with the label. Optional. */
    const char *provider_label;        /**< Only for those with the label. Optional. */
};

#define MSVC_PACT_WEBHOOK(...) MSVC_OPTIONS_OF(struct msvc_pact_webhook, __VA_ARGS__)

MSVC_API MSVC_MUST_USE int msvc_pact_broker_webhooks(struct msvc_pact_broker *broker,
                                                     struct msvc_pact_broker_reply **out,
                                                     struct msvc_error *err);
MSVC_API MSVC_MUST_USE int msvc_pact_broker_webhook(struct msvc_pact_broker *broker,
                                                    const char *uuid,
                                                    struct msvc_pact_broker_reply **out,
                                                    struct msvc_error *err);
MSVC_API MSVC_MUST_USE int msvc_pact_broker_put_webhook(struct msvc_pact_broker *broker,
                                                        const struct msvc_pact_webhook *webhook,
                                                        struct msvc_pact_broker_reply **out,
                                                        struct msvc_error *err);
MSVC_API MSVC_MUST_USE int msvc_pact_broker_delete_webhook(struct msvc_pact_broker *broker,
                                                           const char *uuid,
                                                           struct msvc_pact_broker_reply **out,
                                                           struct msvc_error *err);
/** Let the broker call it now; the reply has what came back. */
MSVC_API MSVC_MUST_USE int msvc_pact_broker_test_webhook(struct msvc_pact_broker *broker,
                                                         const char *uuid,
                                                         struct msvc_pact_broker_reply **out,
                                                         struct msvc_error *err);

MSVC_END_DECLS

#endif
