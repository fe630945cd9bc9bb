/* SPDX-License-Identifier: MIT */
/*
 * Probes over a socket while nothing else moves: every check hangs, every
 * worker hangs, the queue of requests is full. Beside it the same probes of a
 * healthy service, so that what the machine adds can be seen.
 */
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <msvc/error.h>
#include <msvc/health.h>
#include <msvc/http_server.h>
#include <msvc/runner.h>

#include "measure.h"

#define CHECKS  8
#define WORKERS 4
#define PROBES  20000

static const char *const paths[] = { "/readyz", "/livez", "/health" };

#define PATHS (sizeof(paths) / sizeof(paths[0]))

/* ---- the service ---- */

static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER; /* held while things hang */

static void wait_at_door(void)
{
    (void)pthread_mutex_lock(&door);
    (void)pthread_mutex_unlock(&door);
}

static int check(void *user, struct msvc_health_run *run, struct msvc_error *err)
{
    (void)user;
    (void)run;
    (void)err;
    wait_at_door();
    return MSVC_HEALTH_PASS;
}

static void handle(struct msvc_http_exchange *exchange, void *user)
{
    (void)user;
    wait_at_door();
    msvc_http_reply(exchange, 204, NULL, NULL, 0);
}

struct service {
    struct msvc_health *health;
    struct msvc_runner *runner;
    struct msvc_http_router *router;
    struct msvc_http_server *server;
};

static int start(struct service *s)
{
    struct msvc_error err;
    int status = msvc_health_new(&s->health, NULL);

    for (char name[] = "a"; status == 0 && name[0] < 'a' + CHECKS; name[0]++)
        status =
            msvc_health_add(s->health, MSVC_HEALTH_CHECK(.name = name, .run = check,
                                                         .is_critical = true, .interval_ms = 10));
    if (status == 0)
        status = msvc_runner_new(&s->runner, NULL);
    for (int i = 0; status == 0 && i < CHECKS; i++)
        status = msvc_runner_add(s->runner, "health", msvc_pump_health(s->health), &err);
    if (status == 0)
        status = msvc_http_router_new(&s->router, NULL);
    if (status == 0)
        status = msvc_http_route_health(s->router, s->health);
    if (status == 0)
        status = msvc_http_route(s->router, "GET", "/hang", handle, NULL, NULL);
    if (status == 0)
        status = msvc_http_server_start(
            &s->server, s->router,
            MSVC_HTTP_SERVER_OPTIONS(.worker_count = WORKERS, .queue_limit = WORKERS), &err);
    msvc_health_set_ready(s->health, true);
    return status;
}

static void stop(struct service *s)
{
    msvc_http_server_free(s->server);
    msvc_http_router_free(s->router);
    msvc_runner_free(s->runner);
    msvc_health_free(s->health);
}

/* ---- the prober ---- */

static int connect_to(const struct service *s)
{
    const char *port = strrchr(msvc_http_server_address(s->server), ':') + 1;
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)atoi(port)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        exit(1);
    return fd;
}

static void ask(int fd, const char *path)
{
    char request[128];
    int length =
        snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);

    if (write(fd, request, (size_t)length) != length)
        exit(1);
}

/* Head and body come in one piece: they are small. */
static double probe_us(int fd, const char *path)
{
    char answer[8192];
    double began = seconds_now();

    ask(fd, path);
    if (read(fd, answer, sizeof(answer)) <= 0)
        exit(1);
    return (seconds_now() - began) * 1e6;
}

static void measure(const struct service *s, const char *label)
{
    static double values[PROBES];
    int fd = connect_to(s);

    for (size_t path = 0; path < PATHS; path++) {
        for (int i = 0; i < PROBES; i++)
            values[i] = probe_us(fd, paths[path]);
        (void)printf("%-10s %-10s %10.0f us %10.0f us %10.0f us\n", label, paths[path],
                     percentile(values, PROBES, 0.5), percentile(values, PROBES, 0.99),
                     percentile(values, PROBES, 1));
    }
    (void)close(fd);
}

/* One request for each worker and for each place in the queue. */
static void hang_everything(const struct service *s, int fds[2 * WORKERS])
{
    (void)pthread_mutex_lock(&door);
    for (int i = 0; i < 2 * WORKERS; i++) {
        fds[i] = connect_to(s);
        ask(fds[i], "/hang");
    }
    (void)poll(NULL, 0, 500); /* every check is due every 10 ms */
}

int main(void)
{
    struct service service = { NULL, NULL, NULL, NULL };
    int fds[2 * WORKERS];

    print_machine();
    if (start(&service) < 0)
        return 1;
    (void)printf("%-10s %-10s %13s %13s %13s\n", "", "probe", "median", "99th", "slowest");
    measure(&service, "healthy");
    hang_everything(&service, fds);
    measure(&service, "all hangs");
    (void)pthread_mutex_unlock(&door);
    for (int i = 0; i < 2 * WORKERS; i++)
        (void)close(fds[i]);
    stop(&service);
    return 0;
}
