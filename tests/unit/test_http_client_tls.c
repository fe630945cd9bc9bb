/* SPDX-License-Identifier: MIT */
/* The client over TLS, with our own server behind it. */
#include <msvc/http_client.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <msvc/error.h>
#include <msvc/http_server.h>
#include <msvc/status.h>

#include "http_routes.h"
#include "test.h"

static struct msvc_http_router *router;
static char folder[] = "/tmp/msvc-client-tls-XXXXXX";

static const char *file(const char *name)
{
    static char paths[8][128];
    static unsigned next;
    char *path = paths[next++ % 8];

    (void)snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static int run(const char *program)
{
    char command[512];

    (void)snprintf(command, sizeof(command), "%s %s", program, folder);
    return system(command);
}

static int setup(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(run("sh " MSVC_TEST_CERTIFICATES), 0);
    assert_int_equal(msvc_http_router_new(&router, NULL), 0);
    return test_routes_add(router);
}

static int teardown(void **state)
{
    (void)state;
    msvc_http_router_free(router);
    return run("rm -r --");
}

/* The answer's status, or what the call said. */
static int get(const char *client_ca, const struct msvc_http_client_options *options)
{
    struct msvc_http_server *server = NULL;
    struct msvc_http_client *client = NULL;
    struct msvc_http_transport *transport = NULL;
    struct msvc_http_answer *answer = NULL;
    char url[128];
    int status;

    assert_int_equal(
        msvc_http_server_start(&server, router,
                               MSVC_HTTP_SERVER_OPTIONS(.tls_certificate = file("server.pem"),
                                                        .tls_key = file("server.key"),
                                                        .tls_client_ca = client_ca),
                               NULL),
        0);
    (void)snprintf(url, sizeof(url), "https://%s", msvc_http_server_address(server));
    assert_int_equal(msvc_http_client_new(&client, options, NULL), 0);
    assert_int_equal(msvc_http_client_transport(&transport, client, url, NULL), 0);
    status = msvc_http_call(transport, MSVC_HTTP_REQUEST(.target = "/hello"), &answer, NULL);
    if (status == 0)
        status = msvc_http_answer_status(answer);
    msvc_http_answer_free(answer);
    msvc_http_transport_free(transport);
    msvc_http_client_free(client);
    msvc_http_server_free(server);
    return status;
}

static void trusts_the_authority_it_was_told(void **state)
{
    (void)state;
    assert_int_equal(get(NULL, MSVC_HTTP_CLIENT_OPTIONS(.tls_ca = file("ca.pem"))), 200);
}

static void answers_auth_for_a_server_of_another_authority(void **state)
{
    (void)state;
    assert_int_equal(get(NULL, MSVC_HTTP_CLIENT_OPTIONS(.tls_ca = file("stranger.pem"))),
                     MSVC_ERR_AUTH);
    assert_int_equal(get(NULL, NULL), MSVC_ERR_AUTH);
}

static void answers_auth_for_files_it_cannot_use(void **state)
{
    (void)state;
    assert_int_equal(get(NULL, MSVC_HTTP_CLIENT_OPTIONS(.tls_ca = file("none.pem"))),
                     MSVC_ERR_AUTH);
    assert_int_equal(get(NULL, MSVC_HTTP_CLIENT_OPTIONS(.tls_ca = file("ca.pem"),
                                                        .tls_certificate = file("none.pem"),
                                                        .tls_key = file("client.key"))),
                     MSVC_ERR_AUTH);
}

static void shows_its_certificate(void **state)
{
    (void)state;
    assert_int_equal(
        get(file("ca.pem"), MSVC_HTTP_CLIENT_OPTIONS(.tls_ca = file("ca.pem"),
                                                     .tls_certificate = file("client.pem"),
                                                     .tls_key = file("client.key"))),
        200);
    assert_int_equal(get(file("ca.pem"), MSVC_HTTP_CLIENT_OPTIONS(.tls_ca = file("ca.pem"))), 403);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trusts_the_authority_it_was_told),
        cmocka_unit_test(answers_auth_for_a_server_of_another_authority),
        cmocka_unit_test(answers_auth_for_files_it_cannot_use),
        cmocka_unit_test(shows_its_certificate),
    };

    return cmocka_run_group_tests_name("http_client_tls", tests, setup, teardown);
}
