/* SPDX-License-Identifier: MIT */
/* Client, peer, and what one attempt runs on, as the parts of the HTTP client see them. */
#ifndef MSVC_HTTP_CLIENT_CLIENT_INTERNAL_H
#define MSVC_HTTP_CLIENT_CLIENT_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include <curl/curl.h>

#include <msvc/breaker.h>
#include <msvc/buffer.h>
#include <msvc/http_client.h>
#include <msvc/policy.h>
#include <msvc/retry.h>

struct msvc_http_client {
    struct msvc_http_client_options options; /* constant after new(); strings owned */
    struct msvc_breaker_options breaker;
    struct msvc_retry_budget *budget;
    struct msvc_policy *policy; /* ours, unless the options have one */
    atomic_uint references;     /* the creator's, one for each peer and each set of calls */
};

void msvc__http_client_ref(struct msvc_http_client *client);
void msvc__http_client_unref(struct msvc_http_client *client);

struct msvc__transfer;

/*
 * An easy handle with the client's settings, and memory that one attempt after
 * the other uses. What libcurl was told stays: setting it again costs.
 */
struct msvc__handle {
    CURL *easy;
    struct msvc__handle *next;       /* while idle */
    struct msvc__transfer *transfer; /* NULL while idle */
    struct msvc_buffer url;          /* what CURLOPT_URL is */
    bool is_get;                     /* what libcurl was told: a GET without a body */
    uint64_t endpoint_id;            /* what it was told to connect to; 0: what the URL says */
    struct msvc_buffer lines;        /* header lines of the request, NUL after each */
    struct curl_slist *nodes;        /* of the lines */
    size_t node_count;
    struct msvc_buffer body;     /* of the answer */
    struct msvc_buffer received; /* its header lines: name, NUL, value, NUL */
    size_t received_count;
    char detail[CURL_ERROR_SIZE];
};

/* NULL when out of memory. */
struct msvc__handle *msvc__handle_open(const struct msvc_http_client_options *options);
/* No longer in a multi handle. NULL is ignored. */
void msvc__handle_close(struct msvc__handle *handle);
/* The first of a list, or a new one; NULL when out of memory. */
struct msvc__handle *msvc__handle_take(struct msvc__handle **idle,
                                       const struct msvc_http_client_options *options);
void msvc__handle_give(struct msvc__handle **idle, struct msvc__handle *handle);
void msvc__handles_close(struct msvc__handle *idle);

/* A multi handle that keeps connections, and the easy handles of one blocking call after the other.
 */
struct msvc__connection {
    CURLM *multi;
    struct msvc__handle *idle;
    struct msvc__connection *next; /* in the pool */
};

struct msvc__connection *msvc__connection_open(void);
void msvc__connection_close(struct msvc__connection *connection);

struct msvc__pool {
    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t returned;
    struct msvc__connection *idle; /* the one used last comes first */
    unsigned open_count;
};

void msvc__pool_init(struct msvc__pool *pool);
void msvc__pool_clear(struct msvc__pool *pool);
/* Waits for one to come back when all are out. 0, TIMEOUT, CANCELLED or NOMEM. */
int msvc__pool_take(struct msvc__pool *pool, unsigned limit, uint64_t deadline_ns,
                    struct msvc_cancel *cancel, struct msvc__connection **out);
void msvc__pool_give(struct msvc__pool *pool, struct msvc__connection *connection);

/* One of the hosts of a base URL. Constant. */
struct msvc__host {
    char *name;
    uint16_t port;
    bool is_address; /* nothing to look up */
    char *base_url;  /* of this host alone, without a slash at its end */
    size_t base_length;
};

/* A host, or one of its addresses: what calls are spread over. */
struct msvc__endpoint {
    uint64_t id; /* never 0, never used again */
    const struct msvc__host *host;
    char address[MSVC_HTTP_ADDRESS_SIZE]; /* "": libcurl looks the name up */
    struct curl_slist connect_to;
    char connect_to_text[MSVC_HTTP_ADDRESS_SIZE + 16];
    struct msvc_breaker *breaker; /* NULL: none */

    /* The peer's lock guards what follows. */
    unsigned references; /* one of the peer's list, one for each attempt */
    unsigned in_flight;
    unsigned failure_streak;
    unsigned ejections;  /* how often lately: each one lasts longer */
    uint64_t ejected_ns; /* until then; 0: it is in */
    uint64_t calm_ns;    /* a success after that forgets one ejection */
    uint64_t call_count;
    uint64_t failure_count;
};

#define MSVC__ENDPOINTS_MAX MSVC_HTTP_ENDPOINTS_MAX

struct msvc__resolver;

struct msvc__peer {
    struct msvc_http_transport transport;
    struct msvc_http_client *client;
    unsigned generation; /* of forks: connections of another process are not ours to use */
    struct msvc__pool pool;
    struct msvc__host *hosts;
    size_t host_count;
    struct msvc__resolver *resolver; /* NULL: every host is an address */

    pthread_mutex_t lock; /* guards what follows, and endpoints; no callback under it */
    struct msvc__endpoint *endpoints[MSVC__ENDPOINTS_MAX];
    size_t endpoint_count;
    uint64_t last_id;
};

/* The transport's call(). */
int msvc__peer_call(struct msvc_http_transport *self,
                    const struct msvc_http_request_options *request, struct msvc_http_answer **out,
                    struct msvc_error *err);

/* One attempt of one call. */
struct msvc__transfer {
    const struct msvc__peer *peer;
    const struct msvc__endpoint *endpoint;
    const struct msvc_http_request_options *request;
    const struct msvc_trace_context *context; /* NULL: none to inject */
    const char *idempotency_key;              /* NULL: none */
    uint64_t deadline_ns;
    void *user; /* whose it is */

    size_t sent; /* bytes of the request's body */
    bool is_too_long;
};

/* Make the handle ready for its transfer. 0, INVALID (headers too long) or NOMEM, with err set. */
int msvc__transfer_begin(struct msvc__transfer *transfer, struct msvc__handle *handle,
                         struct msvc_error *err);
/* The status of a transfer that failed: how far may it have got? */
int msvc__transfer_status(CURLcode code, CURL *easy);
/* How it ended: 0 and an answer, or a status of msvc_http_call(). The handle is idle again. */
int msvc__transfer_end(struct msvc__handle *handle, CURLcode code, struct msvc_http_answer **out,
                       struct msvc_error *err);
/* The callbacks that receive an answer; for a new handle. */
void msvc__transfer_receive(struct msvc__handle *handle);

/* request.c: what goes on the wire. */
int msvc__request_set_up(struct msvc__transfer *transfer, struct msvc__handle *handle);
bool msvc__request_is_idempotent(const struct msvc_http_request_options *request);

#endif
