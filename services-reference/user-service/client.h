/* SPDX-License-Identifier: MIT */
/**
 * @file client.h
 *
 * How other services talk to user-service: ask for a user, and know who is
 * calling. The transport decides whether that goes over HTTP or stays in the
 * process.
 *
 *     user_client_new(&users, transport, telemetry, &err);
 *     msvc_http_router_filter(router, user_client_authenticate, users);
 *     …
 *     const struct user_caller *caller = user_client_caller(exchange);
 */
#ifndef USER_SERVICE_CLIENT_H
#define USER_SERVICE_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

struct msvc_error;
struct msvc_http_exchange;
struct msvc_http_transport;
struct msvc_telemetry;

#define USER_ID_SIZE    64
#define USER_EMAIL_SIZE 255
#define USER_NAME_SIZE  201

/** A client of user-service. Threading: safe. */
struct user_client;

/** What GET /api/v1/users/{id} tells. */
struct user_profile {
    char id[USER_ID_SIZE];
    char email[USER_EMAIL_SIZE];
    char name[USER_NAME_SIZE];
};

/** Who made a request, from its verified token. Borrowed until the handler returns. */
struct user_caller {
    const char *id;
    const char *role;  /**< "customer" or "staff". */
    const char *token; /**< As sent, without "Bearer ": to call on in the caller's name. */
};

/**
 * @param transport  Taken on success.
 * @param telemetry  Borrowed. Optional.
 * @return 0, MSVC_ERR_INVALID or MSVC_ERR_NOMEM.
 */
int user_client_new(struct user_client **out, struct msvc_http_transport *transport,
                    const struct msvc_telemetry *telemetry, struct msvc_error *err);
void user_client_free(struct user_client *client);

/**
 * Ask for a user in the name of a caller.
 *
 * @param token  A bearer token without "Bearer ".
 * @return 0, MSVC_ERR_NOT_FOUND, MSVC_ERR_AUTH, MSVC_ERR_MALFORMED (an answer that breaks the
 *         contract), MSVC_ERR_UNAVAILABLE, or what msvc_http_call() returns.
 */
int user_client_get(struct user_client *client, const char *id, const char *token,
                    uint64_t deadline_ns, struct user_profile *out, struct msvc_error *err);

/**
 * A filter (msvc_http_router_filter()) that lets only callers with a valid token through: signed
 * by user-service, not expired, meant for these services. Answers 401 with WWW-Authenticate
 * otherwise, 503 while the keys cannot be fetched.
 *
 * @param client  A struct user_client.
 */
bool user_client_authenticate(struct msvc_http_exchange *exchange, void *client);

/** Who calls; after the filter. */
const struct user_caller *user_client_caller(const struct msvc_http_exchange *exchange);

/** Whether the caller is staff; answers 403 when not. */
bool user_client_require_staff(struct msvc_http_exchange *exchange);

#endif
