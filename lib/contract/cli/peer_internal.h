/* SPDX-License-Identifier: MIT */
/* The other side of a URL, for those who are told by one where to ask. */
#ifndef MSVC_CONTRACT_CLI_PEER_INTERNAL_H
#define MSVC_CONTRACT_CLI_PEER_INTERNAL_H

#include <msvc/base.h>

struct msvc_error;
struct msvc_http_client;
struct msvc_http_transport;

struct cli_peer {
    struct msvc_http_transport *transport; /* NULL when there is none */
    char *target;                          /* path and query, as written */
};

/* Returns 0, or what msvc_http_client_transport() does. Clear it in any case. */
int cli_peer_open(struct cli_peer *out, struct msvc_http_client *client, const char *url,
                  struct msvc_error *err);
void cli_peer_clear(struct cli_peer *peer);

#endif
