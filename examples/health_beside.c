/* SPDX-License-Identifier: MIT */
/*
 * Health endpoints beside a server that exists already: whatever it is, it has
 * a path and can send a body. Here it is a toy that takes one connection after
 * the other, and the program probes itself.
 *
 *     cc health_beside.c $(pkg-config --cflags --libs libmsvc-core) -lpthread && ./a.out
 *
 * prints
 *
 *     /livez: 200 ok
 *     /readyz: 503 [-]ready failed: reason withheld
 *     /readyz: 200 ok
 *     /health: 200 {"status":"pass","serviceId":"toy","checks":{}}
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <msvc/health.h>

struct toy {
    struct msvc_health *health;
    int listener;
};

/* The part that is ours: one call, and what it says goes out. */
static void answer_probe(struct toy *toy, int fd, const char *path)
{
    struct msvc_health_answer answer;

    if (msvc_health_respond(toy->health, path, NULL, &answer) < 0)
        return;
    (void)dprintf(fd, "HTTP/1.1 %d Health\r\nContent-Type: %s\r\nCache-Control: %s\r\n\r\n%s",
                  answer.status, answer.content_type, answer.cache_control, answer.body.data);
    msvc_buffer_clear(&answer.body);
}

/* Somebody else's server: reads "GET /path HTTP/1.1", answers, closes. */
static void *serve(void *user)
{
    struct toy *toy = user;
    char request[512];
    char path[256];
    int fd;

    while ((fd = accept(toy->listener, NULL, NULL)) >= 0) {
        ssize_t length = read(fd, request, sizeof(request) - 1);

        request[length > 0 ? length : 0] = '\0';
        if (sscanf(request, "GET %255s", path) == 1)
            answer_probe(toy, fd, path);
        (void)close(fd);
    }
    return NULL;
}

/* Asks for path and prints the status and the first line of the body. */
static void probe(const struct sockaddr_in *address, const char *path)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char answer[1024];
    size_t length = 0;
    ssize_t got = 0;
    char *body;

    if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0) {
        (void)dprintf(fd, "GET %s HTTP/1.1\r\nHost: toy\r\n\r\n", path);
        while ((got = read(fd, answer + length, sizeof(answer) - 1 - length)) > 0)
            length += (size_t)got;
    }
    (void)close(fd);
    answer[length] = '\0';
    body = strstr(answer, "\r\n\r\n");
    if (body != NULL)
        printf("%s: %.3s %.*s\n", path, answer + strlen("HTTP/1.1 "), (int)strcspn(body + 4, "\n"),
               body + 4);
}

int main(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof(address);
    struct toy toy = { .listener = socket(AF_INET, SOCK_STREAM, 0) };
    pthread_t thread;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (msvc_health_new(&toy.health, MSVC_HEALTH_OPTIONS(.service_id = "toy")) < 0 ||
        bind(toy.listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(toy.listener, 8) < 0 ||
        getsockname(toy.listener, (struct sockaddr *)&address, &size) < 0 ||
        pthread_create(&thread, NULL, serve, &toy) != 0)
        return 1;

    probe(&address, "/livez");
    probe(&address, "/readyz");
    msvc_health_set_ready(toy.health, true);
    probe(&address, "/readyz");
    probe(&address, "/health");

    (void)shutdown(toy.listener, SHUT_RDWR); /* ends accept() */
    (void)pthread_join(thread, NULL);
    (void)close(toy.listener);
    msvc_health_free(toy.health);
    return 0;
}
