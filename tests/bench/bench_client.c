/* SPDX-License-Identifier: MIT */
/*
 * A GET through our client beside plain libcurl whose handle is used again and
 * again. The server is another process, so that the CPU time is the caller's.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>

#include <msvc/error.h>
#include <msvc/http_client.h>

#include "measure.h"
#include "plain_server.h"

#define SECONDS 2.0

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

/* CPU microseconds of one. */
static double measure(const char *name, void (*call)(void *user), void *user, double floor_us)
{
    double began = seconds_now();
    double cpu_ms = own_cpu_ms();
    long count = 0;
    double each;

    while (seconds_now() - began < SECONDS) {
        call(user);
        count++;
    }
    each = (own_cpu_ms() - cpu_ms) * 1e3 / (double)count;
    (void)printf("%-44s %10.0f %12.1f us %6.2f x\n", name, (double)count / SECONDS, each,
                 floor_us > 0 ? each / floor_us : 1.0);
    return each;
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

int main(void)
{
    struct msvc_http_transport *transport;
    struct msvc_http_client *client;
    struct msvc_error err;
    size_t length = 0;
    char url[64], base[48];
    unsigned port = 0;
    pid_t server = start_server(&port);
    double floor_us;
    CURL *curl;

    print_machine();
    (void)snprintf(base, sizeof(base), "http://127.0.0.1:%u", port);
    (void)snprintf(url, sizeof(url), "%s/orders", base);
    curl = make_curl(url, &length);
    if (msvc_http_client_new(&client, NULL, &err) < 0 ||
        msvc_http_client_transport(&transport, client, base, &err) < 0)
        return 1;
    (void)printf("%-44s %10s %15s\n", "GET, one caller", "per second", "CPU each");
    floor_us = measure("floor: libcurl, one handle", call_curl, curl, 0);
    (void)measure("ours: deadline, breaker, retries, answer", call_ours, transport, floor_us);
    curl_easy_cleanup(curl);
    msvc_http_transport_free(transport);
    msvc_http_client_free(client);
    (void)kill(server, SIGKILL);
    (void)waitpid(server, NULL, 0);
    return 0;
}
