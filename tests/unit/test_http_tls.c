/* SPDX-License-Identifier: MIT */
/* TLS and client certificates, with libcurl as the client. */
#include <msvc/http_server.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "http_probe.h"
#include "http_routes.h"
#include "test.h"

static struct msvc_http_router *router;
static char folder[] = "/tmp/msvc-tls-XXXXXX";

static const char *file(const char *name)
{
    static char paths[8][128];
    static unsigned next;
    char *path = paths[next++ % 8];

    (void)snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static int make_certificates(void)
{
    char command[512];

    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(command, sizeof(command), "sh %s %s", MSVC_TEST_CERTIFICATES, folder);
    return system(command);
}

static int setup(void **state)
{
    (void)state;
    assert_int_equal(curl_global_init(CURL_GLOBAL_DEFAULT), 0);
    assert_int_equal(make_certificates(), 0);
    assert_int_equal(msvc_http_router_new(&router, NULL), 0);
    assert_int_equal(test_routes_add(router), 0);
    return 0;
}

static int teardown(void **state)
{
    static const char *const names[] = { "ca.key",      "ca.pem",     "ca.srl",     "client.csr",
                                         "client.ext",  "client.key", "client.pem", "server.csr",
                                         "server.ext",  "server.key", "server.pem", "stranger.key",
                                         "stranger.pem" };

    (void)state;
    msvc_http_router_free(router);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        (void)unlink(file(names[i]));
    (void)rmdir(folder);
    curl_global_cleanup();
    return 0;
}

static size_t drop(char *data, size_t size, size_t count, void *user)
{
    (void)data;
    (void)user;
    return size * count;
}

/* The status, or minus libcurl's code. certificate NULL: none. */
static long get(struct msvc_http_server *server, const char *certificate, const char *key)
{
    CURL *curl = curl_easy_init();
    CURLcode code;
    char url[128];
    long status = 0;

    (void)snprintf(url, sizeof(url), "https://%s/hello", msvc_http_server_address(server));
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_CAINFO, file("ca.pem"));
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, 5L);
    (void)curl_easy_setopt(curl, CURLOPT_SSLCERT, certificate);
    (void)curl_easy_setopt(curl, CURLOPT_SSLKEY, key);
    code = curl_easy_perform(curl);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    return code == CURLE_OK ? status : -(long)code;
}

static struct msvc_http_server *start(const char *client_ca)
{
    struct msvc_http_server *server = NULL;
    struct msvc_error err;

    if (msvc_http_server_start(&server, router,
                               MSVC_HTTP_SERVER_OPTIONS(.tls_certificate = file("server.pem"),
                                                        .tls_key = file("server.key"),
                                                        .tls_client_ca = client_ca,
                                                        .header_timeout_ms = 1000),
                               &err) < 0)
        fail_msg("%s", err.message);
    return server;
}

static void answers_over_tls(void **state)
{
    struct msvc_http_server *server = start(NULL);

    (void)state;
    assert_int_equal(get(server, NULL, NULL), 200);
    msvc_http_server_free(server);
}

static void takes_clients_with_a_trusted_certificate_only(void **state)
{
    struct msvc_http_server *server = start(file("ca.pem"));

    (void)state;
    assert_int_equal(get(server, file("client.pem"), file("client.key")), 200);
    assert_int_equal(get(server, NULL, NULL), 403);
    assert_int_equal(get(server, file("stranger.pem"), file("stranger.key")), 403);
    msvc_http_server_free(server);
}

static void refuses_certificate_files_it_cannot_use(void **state)
{
    struct msvc_http_server *server = NULL;
    struct msvc_error err;

    (void)state;
    assert_int_equal(
        msvc_http_server_start(&server, router,
                               MSVC_HTTP_SERVER_OPTIONS(.tls_certificate = file("none.pem"),
                                                        .tls_key = file("server.key")),
                               &err),
        MSVC_ERR_AUTH);
    assert_int_equal(
        msvc_http_server_start(&server, router,
                               MSVC_HTTP_SERVER_OPTIONS(.tls_certificate = file("server.key"),
                                                        .tls_key = file("server.key")),
                               &err),
        MSVC_ERR_AUTH);
    assert_int_equal(msvc_http_server_start(&server, router,
                                            MSVC_HTTP_SERVER_OPTIONS(.tls_key = file("server.key")),
                                            &err),
                     MSVC_ERR_INVALID);
    assert_null(server);
}

static double cpu_seconds(void)
{
    struct timespec used;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

/* The first bytes of a ClientHello, and then nothing. With epoll the loop would spin. */
static void spends_nothing_on_a_hello_that_stops(void **state)
{
    static const char hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    static struct probe_reply reply;
    struct msvc_http_server *server = start(NULL);
    int fd = probe_connect(msvc_http_server_address(server));
    double before;

    (void)state;
    assert_true(fd >= 0);
    assert_true(probe_send(fd, hello, sizeof(hello) - 1));
    before = cpu_seconds();
    probe_read(&reply, fd, 500);
    assert_true(cpu_seconds() - before < 0.1);
    probe_read(&reply, fd, 4000);
    assert_true(reply.is_closed);
    (void)close(fd);
    msvc_http_server_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_over_tls),
        cmocka_unit_test(takes_clients_with_a_trusted_certificate_only),
        cmocka_unit_test(refuses_certificate_files_it_cannot_use),
        cmocka_unit_test(spends_nothing_on_a_hello_that_stops),
    };

    return cmocka_run_group_tests_name("http_tls", tests, setup, teardown);
}
