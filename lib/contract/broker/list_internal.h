/* SPDX-License-Identifier: MIT */
/* Fetched pacts with the resources that they came as. */
#ifndef MSVC_CONTRACT_BROKER_LIST_INTERNAL_H
#define MSVC_CONTRACT_BROKER_LIST_INTERNAL_H

#include "contract/broker/broker_internal.h"

struct msvc__fetched {
    struct msvc_pact_fetched shown;
    struct msvc_pact_broker_reply *reply; /* the pact, with its links */
    char *name;
    char *why;
    char *notices;
};

struct msvc_pact_list {
    struct msvc__fetched *items;
    size_t count;
};

#endif
