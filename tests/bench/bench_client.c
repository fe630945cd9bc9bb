/* SPDX-License-Identifier: MIT */
/*
 * A GET through our client beside plain libcurl whose handle is used again and
 * again. The server is another process, so that the CPU time is the caller's.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>

#include <msvc/error.h>
#include <msvc/http_client.h>

#include "measure.h"
#include "plain_server.h"

#define SLICE_SECONDS 0.1
#define SLICES        40

static pid_t start_server(unsigned *port)
{
    int ports[2];
    pid_t pid;

    if (pipe(ports) != 0)
        exit(1);
    pid = fork();
    if (pid == 0) {
        unsigned own = 0;

        if (plain_server_start(&own) != NULL && write(ports[1], &own, sizeof(own)) == sizeof(own))
            (void)pause();
        _exit(1);
    }
    (void)close(ports[1]);
    if (read(ports[0], port, sizeof(*port)) != sizeof(*port))
        exit(1);
    (void)close(ports[0]);
    return pid;
}

static size_t take(char *bytes, size_t size, size_t count, void *user)
{
    size_t *length = user;

    (void)bytes;
    *length += size * count;
    return size * count;
}

static void call_curl(void *user)
{
    if (curl_easy_perform(user) != CURLE_OK)
        exit(1);
}

static void call_ours(void *user)
{
    struct msvc_http_answer *answer;
    struct msvc_error err;

    if (msvc_http_call(user, MSVC_HTTP_REQUEST(.target = "/orders"), &answer, &err) < 0)
        exit(1);
    msvc_http_answer_free(answer);
}

struct contender {
    const char *name;
    void (*call)(void *user);
    void *user;
    long count;
    double cpu_ms;
    double seconds;
};

static void run_slice(struct contender *c)
{
    double began = seconds_now();
    double cpu_ms = own_cpu_ms();
    double now;

    do {
        for (int i = 0; i < 50; i++)
            c->call(c->user);
        c->count += 50;
        now = seconds_now();
    } while (now - began < SLICE_SECONDS);
    c->seconds += now - began;
    c->cpu_ms += own_cpu_ms() - cpu_ms;
}

/* In turns, so that what else the machine does falls on all of them. */
static void measure(struct contender *contenders, int count)
{
    for (int slice = 0; slice < SLICES; slice++) {
        for (int i = 0; i < count; i++)
            run_slice(&contenders[i]);
    }
    for (int i = 0; i < count; i++) {
        const struct contender *c = &contenders[i];
        double floor_us = contenders[0].cpu_ms * 1e3 / (double)contenders[0].count;
        double each_us = c->cpu_ms * 1e3 / (double)c->count;

        (void)printf("%-44s %10.0f %12.1f us %6.2f x\n", c->name, (double)c->count / c->seconds,
                     each_us, each_us / floor_us);
    }
}

static CURL *make_curl(const char *url, size_t *length)
{
    CURL *curl = curl_easy_init();

    if (curl == NULL)
        exit(1);
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, length);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    return curl;
}

/* For valgrind --tool=callgrind and perf stat: so many calls of one contender and nothing else. */
static bool ran_alone(int argc, char **argv, struct contender *contenders, int count)
{
    for (int i = 0; argc == 3 && i < count; i++) {
        if (strncmp(contenders[i].name, argv[1], strlen(argv[1])) != 0)
            continue;
        for (long left = strtol(argv[2], NULL, 10); left > 0; left--)
            contenders[i].call(contenders[i].user);
        return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    struct msvc_http_transport *transport;
    struct msvc_http_client *client;
    struct msvc_error err;
    size_t length = 0;
    char url[64], base[48];
    unsigned port = 0;
    pid_t server = start_server(&port);
    CURL *curl;

    (void)snprintf(base, sizeof(base), "http://127.0.0.1:%u", port);
    (void)snprintf(url, sizeof(url), "%s/orders", base);
    curl = make_curl(url, &length);
    if (msvc_http_client_new(&client, NULL, &err) < 0 ||
        msvc_http_client_transport(&transport, client, base, &err) < 0)
        return 1;
    struct contender contenders[] = {
        { .name = "floor: libcurl, one handle", .call = call_curl, .user = curl },
        { .name = "ours: deadline, breaker, retries, answer",
          .call = call_ours,
          .user = transport },
    };
    if (!ran_alone(argc, argv, contenders, 2)) {
        print_machine();
        (void)printf("%-44s %10s %15s\n", "GET, one caller", "per second", "CPU each");
        measure(contenders, 2);
    }
    curl_easy_cleanup(curl);
    msvc_http_transport_free(transport);
    msvc_http_client_free(client);
    (void)kill(server, SIGKILL);
    (void)waitpid(server, NULL, 0);
    return 0;
}
