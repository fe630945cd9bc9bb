/* SPDX-License-Identifier: MIT */
/* One connection to a collector, and one attempt to send. */
#ifndef MSVC_OTLP_CLIENT_INTERNAL_H
#define MSVC_OTLP_CLIENT_INTERNAL_H

#include <msvc/buffer.h>
#include <msvc/otlp.h>

/* Threading: one thread at a time. */
struct msvc__otlp_client {
    void *curl;                              /* NULL after fork() until the next attempt */
    void *header_list;                       /* what every request carries */
    unsigned generation;                     /* of the process that opened curl */
    const struct msvc_otlp_options *options; /* borrowed */
    struct msvc_buffer response;
    bool is_response_too_long;
};

/* What became of an attempt. */
struct msvc__otlp_answer {
    int status; /* 0: delivered */
    bool may_retry;
    int http_status;         /* 0: no answer came */
    uint64_t retry_after_ms; /* 0: the collector did not say */
    bool is_protobuf;        /* the response is */
    char text[256];          /* what happened, without secrets */
};

/* options are borrowed until the close. Returns 0 or MSVC_ERR_NOMEM. */
int msvc__otlp_client_open(struct msvc__otlp_client *client,
                           const struct msvc_otlp_options *options);
/* In a child of fork() the connection is abandoned, not ended: it is the parent's. */
void msvc__otlp_client_close(struct msvc__otlp_client *client);

/* The response's body is in client->response until the next attempt. */
void msvc__otlp_client_post(struct msvc__otlp_client *client, struct msvc__otlp_answer *answer,
                            const struct msvc_buffer *body, int timeout_ms);

#endif
