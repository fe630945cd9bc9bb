/* SPDX-License-Identifier: MIT */
/* Client, peer, and one call, as the parts of the HTTP client see them. */
#ifndef MSVC_HTTP_CLIENT_CLIENT_INTERNAL_H
#define MSVC_HTTP_CLIENT_CLIENT_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include <curl/curl.h>

#include <msvc/breaker.h>
#include <msvc/buffer.h>
#include <msvc/http_client.h>
#include <msvc/retry.h>

struct msvc_http_client {
    struct msvc_http_client_options options; /* constant after new(); strings owned */
    struct msvc_breaker_options breaker;
    struct msvc_retry_budget *budget;
    atomic_uint references; /* the creator's, and one for each peer */
};

void msvc__http_client_unref(struct msvc_http_client *client);

/* A multi handle with one easy handle in it: the multi keeps the connection. */
struct msvc__connection {
    CURLM *multi;
    CURL *easy;
    struct msvc__connection *next; /* in the pool */
};

struct msvc__pool {
    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t returned;
    struct msvc__connection *idle; /* the one used last comes first */
    unsigned open_count;
    unsigned limit;
};

int msvc__pool_init(struct msvc__pool *pool, unsigned limit);
void msvc__pool_clear(struct msvc__pool *pool);
/* Waits for one to come back when limit are out. 0, TIMEOUT, CANCELLED or NOMEM. */
int msvc__pool_take(struct msvc__pool *pool, uint64_t deadline_ns, struct msvc_cancel *cancel,
                    struct msvc__connection **out);
/* One that is_broken is closed. */
void msvc__pool_give(struct msvc__pool *pool, struct msvc__connection *connection, bool is_broken);

struct msvc__peer {
    struct msvc_http_transport transport;
    struct msvc_http_client *client;
    struct msvc_breaker *breaker; /* NULL: none */
    struct msvc_policy *policy;
    char *base_url; /* without a slash at its end */
    char *host;
    uint16_t port;
    pid_t pid; /* connections of another process are not ours to use */
    struct msvc__pool pool;
};

/* One attempt of one call. */
struct msvc__transfer {
    struct msvc__peer *peer;
    const struct msvc_http_request_options *request;
    const struct msvc_trace_context *context; /* NULL: none to inject */
    uint64_t deadline_ns;

    struct curl_slist *headers;
    size_t sent; /* bytes of the request's body */
    struct msvc_buffer body;
    struct msvc_buffer received; /* header lines of the answer: name, NUL, value, NUL */
    size_t received_count;
    bool is_too_long;
    bool was_cancelled;
};

/* Run it. 0 and an answer, or a status of msvc_http_call(). */
int msvc__transfer_run(struct msvc__transfer *transfer, struct msvc_http_answer **out,
                       struct msvc_error *err);

/* request.c: what goes on the wire. */
int msvc__request_set_up(struct msvc__transfer *transfer, CURL *easy);
bool msvc__request_is_idempotent(const struct msvc_http_request_options *request);

#endif
