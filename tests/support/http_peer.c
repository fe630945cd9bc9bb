/* SPDX-License-Identifier: MIT */
#include "http_peer.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_end(const struct http_peer_answer *answer)
{
    return answer->status == 0 && answer->headers != NULL && strcmp(answer->headers, "end") == 0;
}

/* Read up to and with the empty line; *rest is what came behind it. */
static bool read_head(int fd, struct http_peer_request *request, size_t *rest, char **rest_at)
{
    size_t length = 0;

    while (length < sizeof(request->head) - 1) {
        ssize_t got = read(fd, request->head + length, sizeof(request->head) - 1 - length);
        char *end;

        if (got <= 0)
            return false;
        length += (size_t)got;
        request->head[length] = '\0';
        end = strstr(request->head, "\r\n\r\n");
        if (end != NULL) {
            *rest_at = end + 4;
            *rest = length - (size_t)(end + 4 - request->head);
            return true;
        }
    }
    return false;
}

static size_t content_length(const char *head)
{
    const char *at = strstr(head, "\r\nContent-Length:");

    return at != NULL ? strtoul(at + sizeof("\r\nContent-Length:") - 1, NULL, 10) : 0;
}

static bool read_request(int fd, struct http_peer_request *request)
{
    size_t rest;
    char *rest_at;

    if (!read_head(fd, request, &rest, &rest_at))
        return false;
    request->body_length = content_length(request->head);
    request->body = calloc(1, request->body_length + 1);
    memcpy(request->body, rest_at, rest);
    *rest_at = '\0';
    while (rest < request->body_length) {
        ssize_t got = read(fd, request->body + rest, request->body_length - rest);

        if (got <= 0) {
            free(request->body);
            return false;
        }
        rest += (size_t)got;
    }
    return true;
}

static bool send_all(int fd, const void *bytes, size_t length)
{
    const char *at = bytes;

    while (length > 0) {
        ssize_t sent = send(fd, at, length, MSG_NOSIGNAL);

        if (sent <= 0)
            return false;
        at += sent;
        length -= (size_t)sent;
    }
    return true;
}

static bool answer_request(int fd, const struct http_peer_answer *answer)
{
    char head[512];
    char byte;

    if (answer->status == 0)
        return false;
    if (answer->status < 0) {
        (void)!read(fd, &byte, 1); /* until the client gives up */
        return false;
    }
    (void)snprintf(head, sizeof(head), "HTTP/1.1 %d Said\r\nContent-Length: %zu\r\n%s\r\n",
                   answer->status, answer->body_length,
                   answer->headers != NULL ? answer->headers : "");
    return send_all(fd, head, strlen(head)) && send_all(fd, answer->body, answer->body_length);
}

/* The peer remembers the request; returns its answer. */
static struct http_peer_answer remember(struct http_peer *peer,
                                        const struct http_peer_request *request)
{
    struct http_peer_answer answer;
    int last = peer->answer_count - 1;

    (void)pthread_mutex_lock(&peer->lock);
    answer = peer->answers[peer->request_count < last ? peer->request_count : last];
    if (peer->request_count < HTTP_PEER_REQUESTS)
        peer->requests[peer->request_count] = *request;
    else
        free(request->body);
    peer->request_count++;
    (void)pthread_mutex_unlock(&peer->lock);
    return answer;
}

static bool hangs_up(struct http_peer *peer)
{
    bool value;

    (void)pthread_mutex_lock(&peer->lock);
    value = peer->hangs_up;
    (void)pthread_mutex_unlock(&peer->lock);
    return value;
}

struct client {
    struct http_peer *peer;
    int index;
    int fd;
};

static void *serve_client(void *argument)
{
    struct client *client = argument;
    struct http_peer *peer = client->peer;
    struct http_peer_request *request = calloc(1, sizeof(*request));

    while (read_request(client->fd, request)) {
        struct http_peer_answer answer = remember(peer, request);

        if (!answer_request(client->fd, &answer) || hangs_up(peer))
            break;
    }
    free(request);
    (void)pthread_mutex_lock(&peer->lock);
    peer->clients[client->index] = -1;
    (void)close(client->fd);
    (void)pthread_mutex_unlock(&peer->lock);
    free(client);
    return NULL;
}

/* Lock held. */
static void start_client(struct http_peer *peer, int fd)
{
    struct client *client = calloc(1, sizeof(*client));
    int index = peer->connection_count;

    if (index == HTTP_PEER_CONNECTIONS || client == NULL)
        abort();
    *client = (struct client){ peer, index, fd };
    peer->clients[index] = fd;
    if (pthread_create(&peer->client_threads[index], NULL, serve_client, client) != 0)
        abort();
    peer->connection_count++;
}

static void *serve(void *argument)
{
    struct http_peer *peer = argument;
    int fd;

    while ((fd = accept(peer->listener, NULL, NULL)) >= 0) {
        (void)pthread_mutex_lock(&peer->lock);
        if (peer->is_stopping)
            (void)close(fd);
        else
            start_client(peer, fd);
        (void)pthread_mutex_unlock(&peer->lock);
    }
    return NULL;
}

int http_peer_start(struct http_peer *peer, const struct http_peer_answer *answers)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t length = sizeof(address);

    memset(peer, 0, sizeof(*peer));
    while (!is_end(&answers[peer->answer_count]) && peer->answer_count < HTTP_PEER_ANSWERS) {
        peer->answers[peer->answer_count] = answers[peer->answer_count];
        peer->answer_count++;
    }
    (void)pthread_mutex_init(&peer->lock, NULL);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    peer->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (peer->listener < 0 ||
        bind(peer->listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(peer->listener, 16) < 0 ||
        getsockname(peer->listener, (struct sockaddr *)&address, &length) < 0)
        return -1;
    peer->port = ntohs(address.sin_port);
    return pthread_create(&peer->thread, NULL, serve, peer) == 0 ? 0 : -1;
}

void http_peer_stop(struct http_peer *peer)
{
    (void)pthread_mutex_lock(&peer->lock);
    peer->is_stopping = true;
    for (int i = 0; i < peer->connection_count; i++) {
        if (peer->clients[i] >= 0)
            (void)shutdown(peer->clients[i], SHUT_RDWR);
    }
    (void)pthread_mutex_unlock(&peer->lock);
    (void)shutdown(peer->listener, SHUT_RDWR);
    (void)pthread_join(peer->thread, NULL);
    for (int i = 0; i < peer->connection_count; i++)
        (void)pthread_join(peer->client_threads[i], NULL);
    (void)close(peer->listener);
    for (int i = 0; i < peer->request_count && i < HTTP_PEER_REQUESTS; i++)
        free(peer->requests[i].body);
    (void)pthread_mutex_destroy(&peer->lock);
}

void http_peer_hang_up_after_answers(struct http_peer *peer)
{
    (void)pthread_mutex_lock(&peer->lock);
    peer->hangs_up = true;
    (void)pthread_mutex_unlock(&peer->lock);
}

static int read_count(struct http_peer *peer, const int *count)
{
    int value;

    (void)pthread_mutex_lock(&peer->lock);
    value = *count;
    (void)pthread_mutex_unlock(&peer->lock);
    return value;
}

int http_peer_request_count(struct http_peer *peer)
{
    return read_count(peer, &peer->request_count);
}

int http_peer_connection_count(struct http_peer *peer)
{
    return read_count(peer, &peer->connection_count);
}
