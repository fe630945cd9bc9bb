/* SPDX-License-Identifier: MIT */
/* An HTTP server on 127.0.0.1 that answers as it is told and remembers what it was asked. It has a
 * thread, and one for each connection. */
#ifndef MSVC_TEST_HTTP_PEER_H
#define MSVC_TEST_HTTP_PEER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define HTTP_PEER_REQUESTS    16
#define HTTP_PEER_CONNECTIONS 256
#define HTTP_PEER_ANSWERS     128

struct http_peer_answer {
    int status;          /* 0: hang up without an answer; -1: say nothing and keep the line open */
    const char *headers; /* whole lines, each with CRLF; NULL for none */
    const void *body;
    size_t body_length;
};

struct http_peer_request {
    char head[4096]; /* request line and headers */
    char *body;
    size_t body_length;
};

struct http_peer {
    int listener;
    int port;
    pthread_t thread;
    pthread_mutex_t lock;                               /* guards what follows */
    struct http_peer_answer answers[HTTP_PEER_ANSWERS]; /* the last one repeats */
    int answer_count;
    bool hangs_up; /* after each answer, without having said so */
    bool is_stopping;
    int connection_count;
    int clients[HTTP_PEER_CONNECTIONS]; /* -1: closed */
    pthread_t client_threads[HTTP_PEER_CONNECTIONS];
    int request_count; /* may pass HTTP_PEER_REQUESTS: later ones are not remembered */
    struct http_peer_request requests[HTTP_PEER_REQUESTS];
};

/* answers: copied, but for what they point to; at least one, ended by HTTP_PEER_END. */
#define HTTP_PEER_END     \
    {                     \
        0, "end", NULL, 0 \
    }

int http_peer_start(struct http_peer *peer, const struct http_peer_answer *answers);
void http_peer_stop(struct http_peer *peer);
void http_peer_hang_up_after_answers(struct http_peer *peer);
int http_peer_request_count(struct http_peer *peer);
int http_peer_connection_count(struct http_peer *peer);

#endif
