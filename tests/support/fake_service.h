/* SPDX-License-Identifier: MIT */
/*
 * A chassis without sockets, bus and threads: instances of real services whose
 * router is called directly and whose events the test carries. It defines the
 * msvc_service_…() that services call, in place of libmsvc-service's.
 */
#ifndef MSVC_TEST_FAKE_SERVICE_H
#define MSVC_TEST_FAKE_SERVICE_H

#include <stdbool.h>

struct msvc_http_transport;
struct msvc_message;
struct msvc_service;
struct msvc_service_definition;
struct msvc_store;

/* Start an instance with a database of its own: SQLite in folder, or PostgreSQL when POSTGRES_URL
 * is set. Settings come from environment. Fails the test when it does not start. `inproc:` URLs
 * reach the instances started before. */
struct msvc_service *fake_service_start(const struct msvc_service_definition *definition,
                                        const char *folder, char *const *environment);
void fake_service_stop(struct msvc_service *service);

/* Straight into its router. Borrowed. */
struct msvc_http_transport *fake_service_transport(struct msvc_service *service);

/* While it is away, calls from other services to it are MSVC_ERR_UNAVAILABLE. */
void fake_service_set_away(struct msvc_service *service, bool is_away);

/* Give a message to its consumer, through the inbox and in a transaction, as the chassis does.
 * 0, MSVC_ERR_EXISTS for a duplicate, MSVC_ERR_NOT_FOUND when nobody consumes it, or the
 * consumer's status. */
int fake_service_deliver(struct msvc_service *service, const struct msvc_message *message);

#endif
