/* SPDX-License-Identifier: MIT */
/* A client and the peer it calls. */
#ifndef MSVC_TEST_HTTP_CLIENT_SUPPORT_H
#define MSVC_TEST_HTTP_CLIENT_SUPPORT_H

#include <string.h>

#include <msvc/error.h>
#include <msvc/http_client.h>
#include <msvc/status.h>

#include "http_peer.h"
#include "test.h"

struct client_fixture {
    struct http_peer peer;
    struct msvc_http_client *client;
    struct msvc_http_transport *transport;
    struct msvc_http_answer *answer; /* of the last call; NULL when it failed */
    struct msvc_error err;
};

/* A peer that gives these answers, and a transport to it. */
void client_start(struct client_fixture *f, const struct http_peer_answer *answers,
                  struct msvc_http_client_options options);
void client_stop(struct client_fixture *f);

/* A transport to this port, without a peer of ours. */
void client_to_port(struct client_fixture *f, int port, struct msvc_http_client_options options);

/* The call's status; 0 and the answer is f->answer. */
int client_call(struct client_fixture *f, const struct msvc_http_request_options *request);
int client_get(struct client_fixture *f);
int client_post(struct client_fixture *f, const char *body, const char *idempotency_key);
/* The status of the last answer. */
int client_answer(const struct client_fixture *f);

uint64_t client_now_ms(void);

#endif
