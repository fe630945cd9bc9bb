/* SPDX-License-Identifier: MIT */
/*
 * How well a deadline holds. Five servers, each the client of the next, work
 * for a random time at every hop under one deadline that most chains miss: how
 * much of the work is done after it, and how late does the first caller
 * return? Then the same lateness for what hangs: a peer that says nothing, one
 * that does not take connections, and a name server that never answers.
 *
 * The name server is a UDP socket that nobody reads: libcurl's resolver thread
 * calls getaddrinfo(), which is ours here, points libc's resolver at it, and
 * calls libc's own.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <resolv.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/http_client.h>
#include <msvc/http_server.h>

#include "measure.h"

#define HOPS        5
#define CHAINS      400
#define CHAIN_MS    40
#define WORK_MOST   30 /* pieces of a millisecond at each hop, drawn evenly */
#define HANGING     50
#define HANGING_MS  100
#define NS_PER_MS   1000000
#define FIRST_ASKED "X-First-Deadline-Ns" /* all hops are on this machine, with its one clock */

static unsigned short black_hole_port;

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **out)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (node != NULL && strstr(node, ".black-hole.") != NULL && res_init() == 0) {
        _res.nscount = 1;
        _res.nsaddr_list[0] = (struct sockaddr_in){ .sin_family = AF_INET,
                                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                                    .sin_port = htons(black_hole_port) };
    }
    return real(node, service, hints, out);
}

struct hop {
    struct msvc_http_router *router;
    struct msvc_http_server *server;
    struct msvc_http_transport *next;
};

static _Atomic uint64_t work_ns, late_work_ns, seed = 4711;

static unsigned draw(unsigned below)
{
    uint64_t x = atomic_fetch_add(&seed, 0x9e3779b97f4a7c15u);

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return (unsigned)((x ^ (x >> 31)) % below);
}

/* One piece of work, and how much of it was in vain. */
static void work(uint64_t first_ns)
{
    uint64_t began_ns = msvc_clock_monotonic_ns(NULL);
    uint64_t ended_ns;

    (void)poll(NULL, 0, 1);
    ended_ns = msvc_clock_monotonic_ns(NULL);
    atomic_fetch_add(&work_ns, ended_ns - began_ns);
    if (ended_ns > first_ns)
        atomic_fetch_add(&late_work_ns, ended_ns - (began_ns > first_ns ? began_ns : first_ns));
}

static void work_and_call_on(struct msvc_http_exchange *x, void *user)
{
    const char *first = msvc_http_header(x, FIRST_ASKED, 0);
    const struct msvc_header headers[] = { { FIRST_ASKED, first }, { NULL, NULL } };
    struct hop *hop = user;
    struct msvc_http_answer *answer = NULL;

    for (unsigned left = draw(WORK_MOST); left > 0; left--) {
        if (msvc_deadline_left_ms(NULL, msvc_deadline_current(), 2) <= 1)
            break; /* a piece would not be done in time */
        work(strtoull(first, NULL, 10));
    }
    if (hop->next != NULL &&
        msvc_http_call(hop->next, MSVC_HTTP_REQUEST(.target = "/", .headers = headers), &answer,
                       NULL) < 0)
        answer = NULL;
    msvc_http_reply(x, hop->next == NULL || answer != NULL ? 204 : 504, NULL, NULL, 0);
    msvc_http_answer_free(answer);
}

static struct msvc_http_transport *connect_to(struct msvc_http_client *client, const char *url)
{
    struct msvc_http_transport *transport;
    struct msvc_error err;

    if (msvc_http_client_transport(&transport, client, url, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    return transport;
}

/* How late the call returned, in milliseconds; negative: in time. */
static double lateness_ms(struct msvc_http_transport *transport, int timeout_ms, int *failed)
{
    uint64_t deadline_ns = msvc_deadline_in(NULL, timeout_ms);
    struct msvc_http_answer *answer = NULL;
    char text[32];
    const struct msvc_header headers[] = { { FIRST_ASKED, text }, { NULL, NULL } };

    (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)deadline_ns);
    if (msvc_http_call(
            transport,
            MSVC_HTTP_REQUEST(.target = "/", .headers = headers, .deadline_ns = deadline_ns),
            &answer, NULL) < 0 ||
        msvc_http_answer_status(answer) != 204)
        (*failed)++;
    msvc_http_answer_free(answer);
    return ((double)msvc_clock_monotonic_ns(NULL) - (double)deadline_ns) / NS_PER_MS;
}

static void measure(const char *name, struct msvc_http_transport *transport, int count,
                    int timeout_ms)
{
    double *late = calloc((size_t)count, sizeof(*late));
    int failed = 0;

    if (late == NULL)
        exit(1);
    for (int i = 0; i < count; i++)
        late[i] = lateness_ms(transport, timeout_ms, &failed);
    (void)printf("%-32s %8d ms %8d %8d %12.1f ms %12.1f ms\n", name, timeout_ms, count, failed,
                 percentile(late, (size_t)count, 0.99), percentile(late, (size_t)count, 1.0));
    free(late);
}

static void measure_chain(struct msvc_http_client *client)
{
    struct hop hops[HOPS] = { { NULL, NULL, NULL } };
    struct msvc_http_transport *first = NULL;
    char url[96];

    for (int i = HOPS - 1; i >= 0; i--) {
        if (msvc_http_router_new(&hops[i].router, NULL) < 0 ||
            msvc_http_route(hops[i].router, "GET", "/", work_and_call_on, &hops[i], NULL) < 0 ||
            msvc_http_server_start(&hops[i].server, hops[i].router, NULL, NULL) < 0)
            exit(1);
        (void)snprintf(url, sizeof(url), "http://%s", msvc_http_server_address(hops[i].server));
        first = connect_to(client, url);
        if (i > 0)
            hops[i - 1].next = first;
    }
    measure("five hops that work", first, CHAINS, CHAIN_MS);
    for (int i = 0; i < HOPS; i++)
        (void)msvc_http_server_stop(hops[i].server, 10000);
    (void)printf("    work: %.1f s, of it after the first caller's deadline: %.2f %%\n",
                 (double)work_ns / 1e9, 100.0 * (double)late_work_ns / (double)work_ns);
    msvc_http_transport_free(first);
    for (int i = 0; i < HOPS; i++) {
        msvc_http_server_free(hops[i].server);
        msvc_http_transport_free(hops[i].next);
        msvc_http_router_free(hops[i].router);
    }
}

/* A socket of this machine that nobody reads from. */
static int open_silent(int type, unsigned short *port, int backlog)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, type, 0);

    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        (type == SOCK_STREAM && listen(fd, backlog) != 0) ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        exit(1);
    *port = ntohs(address.sin_port);
    return fd;
}

static void measure_hanging(struct msvc_http_client *client, const char *name, const char *host,
                            unsigned short port)
{
    struct msvc_http_transport *transport;
    char url[96];

    (void)snprintf(url, sizeof(url), "http://%s:%u", host, port);
    transport = connect_to(client, url);
    measure(name, transport, HANGING, HANGING_MS);
    msvc_http_transport_free(transport);
}

static void fill_queue(unsigned short port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                   .sin_port = htons(port) };

    for (int i = 0; i < 4; i++)
        (void)connect(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), (struct sockaddr *)&address,
                      sizeof(address));
}

int main(void)
{
    struct msvc_http_client *client;
    unsigned short port;

    print_machine();
    if (msvc_http_client_new(&client, MSVC_HTTP_CLIENT_OPTIONS(.has_no_breaker = true), NULL) < 0)
        return 1;
    (void)printf("%-32s %11s %8s %8s %15s %15s\n", "return after the deadline", "deadline", "calls",
                 "failed", "p99", "most");
    measure_chain(client);
    (void)open_silent(SOCK_STREAM, &port, 512);
    measure_hanging(client, "a peer that says nothing", "127.0.0.1", port);
    (void)open_silent(SOCK_STREAM, &port, 0);
    fill_queue(port);
    measure_hanging(client, "a peer that does not accept", "127.0.0.1", port);
    (void)open_silent(SOCK_DGRAM, &black_hole_port, 0);
    measure_hanging(client, "a name server that is silent", "orders.black-hole.example", 80);
    msvc_http_client_free(client);
    return 0;
}
