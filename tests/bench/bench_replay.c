/* SPDX-License-Identifier: MIT */
/*
 * How often does a POST arrive when its kept connection is killed? Each trial
 * is a POST that is answered, and a second one on the same connection that is
 * not: the connection is closed, reset, cut off in the middle of the answer, or
 * was closed after the first answer already. Every second pair has no body.
 * Every request has a number of its own; the server counts them.
 *
 *     bench_replay [trials]
 *
 * Plain libcurl beside it shows that the server does provoke replays.
 */
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include <msvc/http_client.h>

#include "measure.h"

#define TRIALS_USUALLY 2000
#define CONNECTIONS    64
#define REQUEST_MOST   1024
#define ANSWER         "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

enum death { CLOSED_AFTER_ANSWER, CLOSED, RESET, CUT_OFF, DEATHS };

struct server {
    int listener;
    unsigned port;
    pthread_t thread;
    atomic_bool is_stopping;
    atomic_uint *deliveries; /* of each number */
    struct pollfd polled[CONNECTIONS + 1];
    char requests[CONNECTIONS + 1][REQUEST_MOST];
    size_t lengths[CONNECTIONS + 1];
    int count;
};

static void close_connection(struct server *s, int at, bool reset)
{
    struct linger linger = { .l_onoff = 1, .l_linger = 0 };
    int last = --s->count;

    if (reset)
        (void)setsockopt(s->polled[at].fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    (void)close(s->polled[at].fd);
    s->polled[at] = s->polled[last];
    memcpy(s->requests[at], s->requests[last], REQUEST_MOST);
    s->lengths[at] = s->lengths[last];
}

static bool say(int fd, size_t length)
{
    return send(fd, ANSWER, length, MSG_NOSIGNAL) == (ssize_t)length;
}

/* Even numbers are answered, odd ones are not. */
static void answer(struct server *s, int at, unsigned number)
{
    enum death death = (enum death)(number / 2 % DEATHS);
    int fd = s->polled[at].fd;

    atomic_fetch_add(&s->deliveries[number], 1);
    s->lengths[at] = 0;
    if (number % 2 == 0) {
        if (say(fd, strlen(ANSWER)) && death != CLOSED_AFTER_ANSWER)
            return;
    } else if (death == CUT_OFF) {
        (void)say(fd, 12);
    }
    close_connection(s, at, death == RESET);
}

/* Whether a whole request is there. */
static bool is_whole(const char *request)
{
    const char *end = strstr(request, "\r\n\r\n");
    const char *length = strstr(request, "Content-Length: ");

    return end != NULL && (length == NULL || strtoul(length + 16, NULL, 10) <= strlen(end + 4));
}

static void read_some(struct server *s, int at)
{
    char *request = s->requests[at];
    ssize_t got =
        recv(s->polled[at].fd, request + s->lengths[at], REQUEST_MOST - 1 - s->lengths[at], 0);

    if (got <= 0) {
        close_connection(s, at, false);
        return;
    }
    s->lengths[at] += (size_t)got;
    request[s->lengths[at]] = '\0';
    if (is_whole(request))
        answer(s, at, (unsigned)strtoul(strchr(request, '/') + 1, NULL, 10));
}

static void *serve(void *user)
{
    struct server *s = user;

    while (!atomic_load(&s->is_stopping)) {
        if (poll(s->polled, (nfds_t)s->count, 100) <= 0)
            continue;
        for (int at = s->count - 1; at > 0; at--) {
            if (s->polled[at].revents != 0)
                read_some(s, at);
        }
        if ((s->polled[0].revents & POLLIN) != 0 && s->count <= CONNECTIONS) {
            s->polled[s->count] =
                (struct pollfd){ .fd = accept(s->listener, NULL, NULL), .events = POLLIN };
            s->lengths[s->count++] = 0;
        }
    }
    while (s->count > 1)
        close_connection(s, s->count - 1, false);
    return NULL;
}

static void start_server(struct server *s, unsigned numbers)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof(address);

    memset(s, 0, sizeof(*s));
    s->deliveries = calloc(numbers, sizeof(*s->deliveries));
    s->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (s->deliveries == NULL ||
        bind(s->listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(s->listener, 16) != 0 ||
        getsockname(s->listener, (struct sockaddr *)&address, &length) != 0)
        exit(1);
    s->port = ntohs(address.sin_port);
    s->polled[0] = (struct pollfd){ .fd = s->listener, .events = POLLIN };
    s->count = 1;
    if (pthread_create(&s->thread, NULL, serve, s) != 0)
        exit(1);
}

/* Returns how many arrived more than once. */
static unsigned stop_server(struct server *s, unsigned numbers, unsigned *lost)
{
    unsigned twice = 0;

    atomic_store(&s->is_stopping, true);
    (void)pthread_join(s->thread, NULL);
    *lost = 0;
    for (unsigned i = 0; i < numbers; i++) {
        unsigned count = atomic_load(&s->deliveries[i]);

        twice += count > 1;
        *lost += count == 0;
    }
    (void)close(s->listener);
    free(s->deliveries);
    return twice;
}

/* Whether the call says that there was an answer. */
typedef bool post_fn(void *user, unsigned number, const char *body);

static bool post_ours(void *user, unsigned number, const char *body)
{
    struct msvc_http_answer *answer = NULL;
    char target[32];
    int status;

    (void)snprintf(target, sizeof(target), "/%u", number);
    status = msvc_http_call(user,
                            MSVC_HTTP_REQUEST(.method = "POST", .target = target, .body = body,
                                              .body_length = strlen(body)),
                            &answer, NULL);
    msvc_http_answer_free(answer);
    return status == 0;
}

static size_t ignore(char *bytes, size_t size, size_t count, void *user)
{
    (void)bytes, (void)user;
    return size * count;
}

struct plain {
    CURL *curl;
    unsigned port;
};

static bool post_plain(void *user, unsigned number, const char *body)
{
    struct plain *plain = user;
    char url[64];

    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/%u", plain->port, number);
    (void)curl_easy_setopt(plain->curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(plain->curl, CURLOPT_POSTFIELDS, body);
    return curl_easy_perform(plain->curl) == CURLE_OK;
}

static void run(const char *name, struct server *server, post_fn *post, void *user, unsigned trials)
{
    static const char *const bodies[] = { "{}", "" };
    double began = seconds_now();
    unsigned answered = 0;
    unsigned failed = 0;
    unsigned lost;
    unsigned twice;

    for (unsigned i = 0; i < trials * 2; i++) {
        if (post(user, i, bodies[i / 2 / DEATHS % 2]))
            answered++;
        else
            failed++;
    }
    twice = stop_server(server, trials * 2, &lost);
    (void)printf("%-24s %8u %10u %10u %12u %12u %8.1f s\n", name, trials, answered, failed, lost,
                 twice, seconds_now() - began);
}

static void run_ours(unsigned trials)
{
    static struct server server;
    struct msvc_http_transport *transport;
    struct msvc_http_client *client;
    char url[64];

    start_server(&server, trials * 2);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", server.port);
    if (msvc_http_client_new(&client, MSVC_HTTP_CLIENT_OPTIONS(.has_no_breaker = true), NULL) < 0 ||
        msvc_http_client_transport(&transport, client, url, NULL) < 0)
        exit(1);
    run("ours", &server, post_ours, transport, trials);
    msvc_http_transport_free(transport);
    msvc_http_client_free(client);
}

static void run_plain(unsigned trials)
{
    static struct server server;
    struct plain plain = { .curl = curl_easy_init() };

    start_server(&server, trials * 2);
    plain.port = server.port;
    (void)curl_easy_setopt(plain.curl, CURLOPT_WRITEFUNCTION, ignore);
    (void)curl_easy_setopt(plain.curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(plain.curl, CURLOPT_TIMEOUT_MS, 3000L);
    run("plain libcurl", &server, post_plain, &plain, trials);
    curl_easy_cleanup(plain.curl);
}

int main(int argc, char **argv)
{
    unsigned trials = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : TRIALS_USUALLY;

    print_machine();
    (void)printf("%-24s %8s %10s %10s %12s %12s\n", "POST on killed connection", "trials",
                 "answered", "failed", "never came", "came twice");
    run_ours(trials);
    run_plain(trials < TRIALS_USUALLY ? trials : TRIALS_USUALLY);
    return 0;
}
