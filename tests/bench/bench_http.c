/* SPDX-License-Identifier: MIT */
/*
 * A GET through our server, inline and on workers, beside plain libmicrohttpd.
 * The client is another process with bare sockets, so that the CPU time of
 * this one is the server's.
 */
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <microhttpd.h>

#include <msvc/error.h>
#include <msvc/http_server.h>

#include "measure.h"
#include "plain_server.h"

#define CONNECTIONS 16
#define SECONDS     2.0
#define ROUNDS      2

static const char request[] = "GET /orders HTTP/1.1\r\nHost: localhost\r\n\r\n";

/* ---- the client ---- */

struct connection {
    char answer[4096];
    size_t length;
};

static int connect_to(unsigned port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        _exit(1);
    return fd;
}

/* All answers have the same body. */
static bool is_whole(const struct connection *c)
{
    const char *end = strstr(c->answer, "\r\n\r\n");

    return end != NULL && strlen(end + 4) >= strlen(PLAIN_BODY);
}

static void ask(int fd, struct connection *c)
{
    c->length = 0;
    if (write(fd, request, sizeof(request) - 1) != (ssize_t)sizeof(request) - 1)
        _exit(1);
}

static bool take(int fd, struct connection *c)
{
    ssize_t got = read(fd, c->answer + c->length, sizeof(c->answer) - 1 - c->length);

    if (got <= 0)
        _exit(1);
    c->length += (size_t)got;
    c->answer[c->length] = '\0';
    return is_whole(c);
}

static long be_clients(unsigned port)
{
    static struct connection connections[CONNECTIONS];
    struct pollfd fds[CONNECTIONS];
    double until = seconds_now() + SECONDS;
    long count = 0;

    for (int i = 0; i < CONNECTIONS; i++) {
        fds[i] = (struct pollfd){ .fd = connect_to(port), .events = POLLIN };
        ask(fds[i].fd, &connections[i]);
    }
    while (seconds_now() < until) {
        (void)poll(fds, CONNECTIONS, 1000);
        for (int i = 0; i < CONNECTIONS; i++) {
            if (fds[i].revents == 0 || !take(fds[i].fd, &connections[i]))
                continue;
            count++;
            ask(fds[i].fd, &connections[i]);
        }
    }
    return count;
}

/* ---- the servers ---- */

struct round {
    double per_second;
    double cpu_us;
    double switches; /* context switches of the server, each */
};

/* The child is made before the server has threads, and told the port when it stands. */
struct client {
    pid_t pid;
    int port_fd, count_fd;
};

static struct client start_client(void)
{
    struct client client = { 0, -1, -1 };
    int ports[2], counts[2];

    if (pipe(ports) != 0 || pipe(counts) != 0)
        exit(1);
    client.pid = fork();
    if (client.pid == 0) {
        unsigned port;
        long count;

        if (read(ports[0], &port, sizeof(port)) != sizeof(port))
            _exit(1);
        count = be_clients(port);
        _exit(write(counts[1], &count, sizeof(count)) == sizeof(count) ? 0 : 1);
    }
    (void)close(ports[0]);
    (void)close(counts[1]);
    client.port_fd = ports[1];
    client.count_fd = counts[0];
    return client;
}

static double own_switches(void)
{
    struct rusage use;

    (void)getrusage(RUSAGE_SELF, &use);
    return (double)(use.ru_nvcsw + use.ru_nivcsw);
}

static struct round finish(const struct client *client, unsigned port)
{
    struct round round = { 0, 0, 0 };
    double switches_before = own_switches();
    double before = own_cpu_ms();
    long count = 0;

    if (write(client->port_fd, &port, sizeof(port)) != sizeof(port) ||
        read(client->count_fd, &count, sizeof(count)) != sizeof(count) || count == 0) {
        (void)fprintf(stderr, "bench_http: the client met an error\n");
        exit(1);
    }
    round.per_second = (double)count / SECONDS;
    round.cpu_us = (own_cpu_ms() - before) * 1e3 / (double)count;
    round.switches = (own_switches() - switches_before) / (double)count;
    (void)waitpid(client->pid, NULL, 0);
    (void)close(client->port_fd);
    (void)close(client->count_fd);
    return round;
}

static struct round serve_plain(void)
{
    struct client client = start_client();
    unsigned port = 0;
    struct MHD_Daemon *daemon = plain_server_start(&port);
    struct round round = finish(&client, port);

    MHD_stop_daemon(daemon);
    return round;
}

static void answer(struct msvc_http_exchange *exchange, void *user)
{
    (void)user;
    msvc_http_reply(exchange, 200, "application/json", PLAIN_BODY, strlen(PLAIN_BODY));
}

static struct round serve_ours(bool is_inline)
{
    struct client client = start_client();
    struct msvc_http_router *router;
    struct msvc_http_server *server;
    struct msvc_error err;
    struct round round;

    if (msvc_http_router_new(&router, NULL) < 0 ||
        msvc_http_route(router, "GET", "/orders", answer, NULL,
                        MSVC_HTTP_ROUTE_OPTIONS(.is_inline = is_inline)) < 0 ||
        msvc_http_server_start(&server, router, NULL, &err) < 0)
        exit(1);
    round = finish(&client,
                   (unsigned)strtoul(strchr(msvc_http_server_address(server), ':') + 1, NULL, 10));
    msvc_http_server_free(server);
    msvc_http_router_free(router);
    return round;
}

static struct round better(struct round a, struct round b)
{
    return a.cpu_us < b.cpu_us ? a : b;
}

static void print_round(const char *name, const struct round *round, const struct round *floor)
{
    (void)printf("%-28s %12.0f %15.1f us %10.2f %8.1f x\n", name, round->per_second, round->cpu_us,
                 round->switches, round->cpu_us / floor->cpu_us);
}

/* One of them alone, for a profiler: bench_http workers. */
static int run_one(const char *name)
{
    struct round round =
        strcmp(name, "plain") == 0 ? serve_plain() : serve_ours(strcmp(name, "inline") == 0);

    (void)printf("%s: %.0f per second, %.1f us, %.2f switches of the server each\n", name,
                 round.per_second, round.cpu_us, round.switches);
    return 0;
}

int main(int argc, char **argv)
{
    struct round plain = { 0, 1e9, 0 }, on_loop = plain, on_workers = plain;

    if (argc > 1)
        return run_one(argv[1]);
    print_machine();
    for (int i = 0; i < ROUNDS; i++) {
        plain = better(serve_plain(), plain);
        on_loop = better(serve_ours(true), on_loop);
        on_workers = better(serve_ours(false), on_workers);
    }
    (void)printf("%-28s %12s %18s %10s %10s\n", "GET, 16 connections", "per second",
                 "server CPU each", "switches", "");
    print_round("floor: libmicrohttpd", &plain, &plain);
    print_round("ours, inline", &on_loop, &plain);
    print_round("ours, on workers", &on_workers, &plain);
    return 0;
}
