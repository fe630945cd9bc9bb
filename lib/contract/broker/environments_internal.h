/* SPDX-License-Identifier: MIT */
#ifndef MSVC_CONTRACT_BROKER_ENVIRONMENTS_INTERNAL_H
#define MSVC_CONTRACT_BROKER_ENVIRONMENTS_INTERNAL_H

#include "contract/broker/broker_internal.h"

/* Send to the environment of that name. Returns MSVC_ERR_NOT_FOUND when there is none. */
int msvc__broker_go_environment(struct msvc_pact_broker_reply **out,
                                struct msvc_pact_broker *broker, const char *name,
                                const struct msvc__broker_call *call, struct msvc_error *err);

#endif
