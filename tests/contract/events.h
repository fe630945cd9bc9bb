/* SPDX-License-Identifier: MIT */
/* What the reference services expect of the events they consume, and a store to try them on. */
#ifndef MSVC_TEST_EVENTS_H
#define MSVC_TEST_EVENTS_H

#include <stddef.h>

struct msvc_error;
struct msvc_pact;
struct msvc_service_definition;
struct msvc_store;

/* One consumer's expectations of one provider. */
struct event_contract {
    const char *consumer; /* "inventory-service" */
    const char *provider;
    int (*state)(struct msvc_pact *pact, struct msvc_error *err); /* adds the messages */
};

/* Ended by a NULL consumer. */
extern const struct event_contract event_contracts[];

/* An empty database of a service, with outbox and inbox, in a folder that event_store_close()
 * removes. */
struct event_store {
    char folder[64];
    struct msvc_store *store;
};

void event_store_open(struct event_store *out, const struct msvc_service_definition *service);
void event_store_close(struct event_store *store);

#endif
