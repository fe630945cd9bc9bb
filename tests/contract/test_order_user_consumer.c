/* SPDX-License-Identifier: MIT */
/*
 * What order-service expects of user-service, held against the client module
 * that it really uses. The file in services-reference/order-service/contracts
 * is what this test writes; to change it:
 *
 *     UPDATE_CONTRACTS=1 build/tests/contract/test_order_user_consumer FOLDER
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msvc/buffer.h>
#include <msvc/contract.h>
#include <msvc/contract_mock.h>
#include <msvc/error.h>
#include <msvc/http_client.h>

#include "client.h"

#include "test.h"

#define FILE_NAME "order-service-user-service.json"

static const char *contracts;

static struct msvc_pact *describe(void)
{
    struct msvc_pact *pact = NULL;

    assert_int_equal(msvc_pact_new(&pact, "order-service", "user-service", NULL, NULL), 0);
    assert_int_equal(
        msvc_pact_add(
            pact,
            MSVC_PACT_INTERACTION(
                    .description = "a request for user profile",
                    .states = MSVC_PACT_STATES({ "user 123 exists", NULL }),
                    .request = { .path = "/api/v1/users/123",
                                 .headers = MSVC_PACT_MEMBERS(
                                     { "Authorization",
                                       msvc_pact_like(msvc_pact_text("Bearer token")) }) },
                    .response = { .status = 200,
                                  .body = MSVC_PACT_OBJECT(
                                      { "id", msvc_pact_text("123") },
                                      { "email",
                                        msvc_pact_like(msvc_pact_text("user@example.com")) },
                                      { "name", msvc_pact_like(msvc_pact_text("Alice")) }) }),
            NULL),
        0);
    return pact;
}

static struct user_client *connect_to(const char *url)
{
    struct msvc_http_client *client = NULL;
    struct msvc_http_transport *transport = NULL;
    struct user_client *users = NULL;

    assert_int_equal(msvc_http_client_new(&client, NULL, NULL), 0);
    assert_int_equal(msvc_http_client_transport(&transport, client, url, NULL), 0);
    msvc_http_client_free(client);
    assert_int_equal(user_client_new(&users, transport, NULL, NULL), 0);
    return users;
}

static void asks_user_service_for_a_profile(void **state)
{
    struct msvc_pact *pact = describe();
    struct msvc_pact_mock *mock = NULL;
    struct user_profile profile;
    struct user_client *users;
    struct msvc_error err;

    (void)state;
    assert_int_equal(msvc_pact_mock_start(&mock, pact, NULL, &err), 0);
    users = connect_to(msvc_pact_mock_url(mock));
    assert_int_equal(user_client_get(users, "123", "token", 0, &profile, &err), 0);
    assert_string_equal(profile.email, "user@example.com");
    assert_string_equal(profile.name, "Alice");
    user_client_free(users);
    assert_int_equal(msvc_pact_mock_check(mock, &err), 0);
    msvc_pact_mock_free(mock);
    msvc_pact_free(pact);
}

static char *read_text(const char *folder)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    char path[1024];
    FILE *file;
    int byte;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, FILE_NAME);
    file = fopen(path, "r");
    assert_non_null(file);
    while ((byte = fgetc(file)) != EOF)
        msvc_buffer_byte(&text, (char)byte);
    (void)fclose(file);
    return msvc_buffer_steal(&text);
}

static void writes_the_contract_that_is_in_the_tree(void **state)
{
    struct msvc_pact *pact = describe();
    char folder[] = "/tmp/msvc-contract-XXXXXX";
    char path[128];
    char *written;
    char *kept;

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(msvc_pact_write(pact, folder, NULL, NULL), 0);
    if (getenv("UPDATE_CONTRACTS") != NULL)
        assert_int_equal(
            msvc_pact_write(pact, contracts, MSVC_PACT_WRITE_OPTIONS(.replaces_file = true), NULL),
            0);
    written = read_text(folder);
    kept = read_text(contracts);
    assert_string_equal(written, kept);
    (void)snprintf(path, sizeof(path), "%s/%s", folder, FILE_NAME);
    (void)unlink(path);
    (void)rmdir(folder);
    free(written);
    free(kept);
    msvc_pact_free(pact);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_user_service_for_a_profile),
        cmocka_unit_test(writes_the_contract_that_is_in_the_tree),
    };

    contracts = argc > 1 ? argv[1] : ".";
    return cmocka_run_group_tests_name("order-service expects of user-service", tests, NULL, NULL);
}
