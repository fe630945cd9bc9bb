/* SPDX-License-Identifier: MIT */
#include "restarts_load.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"

#define PROBE_PAUSE_MS 20
#define ANSWER_TIMEOUT 30.0 /* seconds */
#define UNSERVED_AFTER 30.0
#define ANSWER_SIZE    4096

static int connect_to(unsigned port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

/* ---- one request ---- */

struct answer {
    char text[ANSWER_SIZE];
    size_t length;
    int status;
    bool closes;
};

/* What follows name at the beginning of a line of the head; NULL when no line begins so. */
static const char *find(const struct answer *a, const char *name)
{
    for (const char *line = strchr(a->text, '\n'); line != NULL; line = strchr(line + 1, '\n')) {
        if (line[1] == '\r')
            return NULL;
        if (strncasecmp(line + 1, name, strlen(name)) == 0)
            return line + 1 + strlen(name);
    }
    return NULL;
}

static bool is_whole(struct answer *a)
{
    const char *end = strstr(a->text, "\r\n\r\n");
    const char *length = end != NULL ? find(a, "Content-Length:") : NULL;

    if (end == NULL)
        return false;
    a->status = atoi(a->text + strlen("HTTP/1.1 "));
    a->closes = find(a, "Connection: close") != NULL;
    return length != NULL && strlen(end + 4) >= strtoul(length, NULL, 10);
}

/* What went wrong, NULL when an answer came. */
static const char *exchange(struct answer *a, int fd, const char *path)
{
    char request[256];
    int size = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
    double until = seconds_now() + ANSWER_TIMEOUT;
    struct pollfd wait = { .fd = fd, .events = POLLIN };

    *a = (struct answer){ .length = 0 };
    if (send(fd, request, (size_t)size, MSG_NOSIGNAL) != size)
        return strerror(errno);
    while (!is_whole(a)) {
        ssize_t got;

        if (seconds_now() > until || poll(&wait, 1, 1000) < 0)
            return "no answer in time";
        if (wait.revents == 0)
            continue;
        got = recv(fd, a->text + a->length, sizeof(a->text) - 1 - a->length, 0);
        if (got <= 0)
            return got == 0 ? "closed without a whole answer" : strerror(errno);
        a->length += (size_t)got;
        a->text[a->length] = '\0';
    }
    return NULL;
}

/* ---- the balancer ---- */

static void probe(struct replica *r)
{
    double began = seconds_now();
    struct answer answer = { .status = 0 };
    unsigned port = atomic_load(&r->port);
    int fd = port != 0 ? connect_to(port) : -1;
    bool is_ready = fd >= 0 && exchange(&answer, fd, "/readyz") == NULL && answer.status == 200;

    if (fd >= 0)
        (void)close(fd);
    if (is_ready)
        atomic_store(&r->probed_at, began);
    atomic_store(&r->is_ready, is_ready);
}

static void *balance(void *user)
{
    struct restarts_load *load = user;

    while (!load->must_end) {
        for (size_t i = 0; i < REPLICAS; i++)
            probe(&load->replicas[i]);
        (void)poll(NULL, 0, PROBE_PAUSE_MS);
    }
    return NULL;
}

static bool is_trusted(const struct restarts_load *load, const struct replica *r)
{
    return atomic_load(&r->is_ready) && seconds_now() - atomic_load(&r->probed_at) < load->trust;
}

/* ---- a client ---- */

static void hang_up(struct client *c, size_t i)
{
    if (c->fds[i] >= 0)
        (void)close(c->fds[i]);
    c->fds[i] = -1;
}

/* The replica whose turn it is, of those that are ready; negative when none is for too long. */
static int choose(struct client *c)
{
    double until = seconds_now() + UNSERVED_AFTER;

    while (seconds_now() < until) {
        for (size_t tries = 0; tries < REPLICAS; tries++) {
            size_t i = c->next++ % REPLICAS;

            if (is_trusted(c->load, &c->load->replicas[i]))
                return (int)i;
            hang_up(c, i);
        }
        (void)poll(NULL, 0, 1);
    }
    return -1;
}

static bool has_connection(struct client *c, size_t i)
{
    const struct replica *r = &c->load->replicas[i];
    unsigned starts = atomic_load(&r->starts);

    if (c->starts[i] != starts)
        hang_up(c, i);
    c->starts[i] = starts;
    if (c->fds[i] < 0)
        c->fds[i] = connect_to(atomic_load(&r->port));
    return c->fds[i] >= 0;
}

static void lose(struct client *c, size_t replica, bool was_kept, const char *why)
{
    if (atomic_fetch_add(&c->load->lost, 1) == 0)
        (void)snprintf(c->load->problem, sizeof(c->load->problem),
                       "replica %zu, %s connection: %.200s", replica, was_kept ? "a kept" : "a new",
                       why);
    hang_up(c, replica);
}

static void ask(struct client *c)
{
    double began = seconds_now();
    int replica = choose(c);
    struct answer answer;
    const char *problem;
    bool was_kept;

    if (replica < 0) {
        c->load->unserved++;
        return;
    }
    was_kept = c->fds[replica] >= 0;
    if (!has_connection(c, (size_t)replica)) {
        lose(c, (size_t)replica, false, strerror(errno));
        return;
    }
    problem = exchange(&answer, c->fds[replica], c->load->path);
    if (problem != NULL || answer.status != 200) {
        lose(c, (size_t)replica, was_kept, problem != NULL ? problem : answer.text);
        return;
    }
    c->load->answered++;
    if (answer.closes)
        hang_up(c, (size_t)replica);
    if (c->count < c->room)
        c->answer_ms[c->count++] = (seconds_now() - began) * 1e3;
}

/* At fixed instants: one that is late is followed by the next at once. */
static void *be_client(void *user)
{
    struct client *c = user;
    double pause = (double)c->load->client_count / c->load->rate;
    double next = seconds_now();

    while (!c->load->must_end) {
        double left = next - seconds_now();

        if (left > 0)
            (void)poll(NULL, 0, (int)(left * 1e3) + 1);
        ask(c);
        next += pause;
    }
    for (size_t i = 0; i < REPLICAS; i++)
        hang_up(c, i);
    return NULL;
}

int restarts_load_balance(struct restarts_load *load)
{
    return pthread_create(&load->balancer, NULL, balance, load);
}

int restarts_load_start(struct restarts_load *load)
{
    for (size_t i = 0; i < load->client_count; i++) {
        struct client *c = &load->clients[i];

        *c = (struct client){ .load = load, .fds = { -1, -1 }, .next = i, .room = 200000 };
        c->answer_ms = malloc(c->room * sizeof(*c->answer_ms));
        c->is_running = c->answer_ms != NULL && pthread_create(&c->thread, NULL, be_client, c) == 0;
        if (!c->is_running)
            return -1;
    }
    return 0;
}

void restarts_load_stop(struct restarts_load *load)
{
    load->must_end = true;
    for (size_t i = 0; i < load->client_count; i++)
        if (load->clients[i].is_running)
            (void)pthread_join(load->clients[i].thread, NULL);
    (void)pthread_join(load->balancer, NULL);
}

double *restarts_load_times(const struct restarts_load *load, size_t *count)
{
    double *all = NULL;

    *count = 0;
    for (size_t i = 0; i < load->client_count; i++)
        *count += load->clients[i].count;
    all = malloc((*count + 1) * sizeof(*all));
    *count = 0;
    for (size_t i = 0; all != NULL && i < load->client_count; i++) {
        memcpy(all + *count, load->clients[i].answer_ms, load->clients[i].count * sizeof(*all));
        *count += load->clients[i].count;
    }
    return all;
}

void restarts_load_clear(struct restarts_load *load)
{
    for (size_t i = 0; i < load->client_count; i++)
        free(load->clients[i].answer_ms);
}
