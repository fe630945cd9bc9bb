/* SPDX-License-Identifier: MIT */
/*
 * A TCP proxy with one thread: it passes bytes between one client at a time
 * and the broker until it is told to cut, and then takes the next client.
 */
#include "rabbitmq_support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <msvc/url.h>

struct proxy {
    pthread_t thread;
    int listener;
    unsigned short target;
    atomic_bool is_cut;
    atomic_bool is_over;
};

static int dial(unsigned short port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

static bool pass(int from, int to)
{
    char bytes[4096];
    ssize_t length = read(from, bytes, sizeof(bytes));

    return length > 0 && send(to, bytes, (size_t)length, MSG_NOSIGNAL) == length;
}

static void serve(struct proxy *p, int client, int broker)
{
    bool is_up = broker >= 0;

    while (is_up && !atomic_load(&p->is_over) && !atomic_exchange(&p->is_cut, false)) {
        struct pollfd fds[2] = { { .fd = client, .events = POLLIN },
                                 { .fd = broker, .events = POLLIN } };

        (void)poll(fds, 2, 10);
        if (fds[0].revents != 0)
            is_up = pass(client, broker);
        if (is_up && fds[1].revents != 0)
            is_up = pass(broker, client);
    }
    (void)close(client);
    if (broker >= 0)
        (void)close(broker);
}

static void *run(void *user)
{
    struct proxy *p = user;

    while (!atomic_load(&p->is_over)) {
        struct pollfd listener = { .fd = p->listener, .events = POLLIN };

        if (poll(&listener, 1, 10) > 0)
            serve(p, accept(p->listener, NULL, NULL), dial(p->target));
    }
    return NULL;
}

struct proxy *proxy_start(unsigned short *port)
{
    struct proxy *p = calloc(1, sizeof(*p));
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t size = sizeof(at);
    struct msvc_url *url = NULL;

    assert_int_equal(msvc_url_parse(&url, getenv("RABBITMQ_URL"), NULL), 0);
    p->target = msvc_url_host(url, 0)->port;
    msvc_url_free(url);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    p->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(p->listener, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(p->listener, 8), 0);
    assert_int_equal(getsockname(p->listener, (struct sockaddr *)&at, &size), 0);
    *port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&p->thread, NULL, run, p), 0);
    return p;
}

void proxy_cut(struct proxy *proxy)
{
    atomic_store(&proxy->is_cut, true);
}

void proxy_stop(struct proxy *proxy)
{
    atomic_store(&proxy->is_over, true);
    (void)pthread_join(proxy->thread, NULL);
    (void)close(proxy->listener);
    free(proxy);
}
