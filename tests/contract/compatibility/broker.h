/* SPDX-License-Identifier: MIT */
/* A broker as small as the features need one: it hands pacts out and takes results, over HTTP. */
#ifndef MSVC_TEST_COMPATIBILITY_BROKER_H
#define MSVC_TEST_COMPATIBILITY_BROKER_H

#include "world.h"

struct msvc_contract_report;

typedef void verify_fn(struct world *w, const char *text, size_t length,
                       struct msvc_contract_report **out);

struct broker;

struct broker *broker_start(struct world *w);
void broker_free(struct broker *broker);
void broker_add(struct broker *broker, const char *number, const char *pact);
/* Fetch what the broker has, verify it, and publish the results if asked to. */
void broker_verify(struct broker *broker, struct world *w, verify_fn *verify, bool publishes);
size_t broker_failed_count(const struct broker *broker);
void broker_expect_result(struct broker *broker, struct world *w, const char *number,
                          bool is_success);
void broker_expect_no_result(struct broker *broker, struct world *w);

#endif
