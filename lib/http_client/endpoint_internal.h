/* SPDX-License-Identifier: MIT */
/* Which endpoint of a peer a call goes to, and what it learns about it. */
#ifndef MSVC_HTTP_CLIENT_ENDPOINT_INTERNAL_H
#define MSVC_HTTP_CLIENT_ENDPOINT_INTERNAL_H

#include "http_client/client_internal.h"

/* One endpoint for each host. 0 or a status of msvc_breaker_new(). */
int msvc__endpoints_open(struct msvc__peer *peer);
void msvc__endpoints_close(struct msvc__peer *peer);

/*
 * Choose one for an attempt, not `avoided` (0: none) if there is another, and
 * ask its breaker. 0, or REJECTED when no breaker allows it. The endpoint is
 * referenced until msvc__endpoint_done().
 */
int msvc__endpoint_choose(struct msvc__peer *peer, uint64_t avoided, uint64_t now_ns,
                          struct msvc__endpoint **out, struct msvc_permit *permit);

/* Let go of one that was referenced besides. */
void msvc__endpoint_unref(struct msvc__peer *peer, struct msvc__endpoint *endpoint);

/* Its attempt ended; asked_ms: the wait that its answer asked for. */
void msvc__endpoint_done(struct msvc__peer *peer, struct msvc__endpoint *endpoint,
                         struct msvc_permit *permit, enum msvc_outcome outcome, uint64_t asked_ms,
                         uint64_t took_ns, uint64_t now_ns);

/*
 * The addresses of a host are these now: endpoints that stay keep what is known
 * of them. None: back to its name.
 */
void msvc__endpoints_replace(struct msvc__peer *peer, const struct msvc__host *host,
                             const struct msvc_http_address *addresses, size_t count);

/* Whether every endpoint of the host fails. */
bool msvc__endpoints_all_fail(struct msvc__peer *peer, const struct msvc__host *host);

/* resolve.c: looks names up without waiting, whenever a call comes along and it is time. */
int msvc__resolver_open(struct msvc__peer *peer);
void msvc__resolver_close(struct msvc__peer *peer);
void msvc__resolver_step(struct msvc__peer *peer, uint64_t now_ns);
/* A call by name has reached the host under this address: its family is the one to use. */
void msvc__resolver_reached(struct msvc__peer *peer, const struct msvc__endpoint *endpoint,
                            const char *address);

#endif
