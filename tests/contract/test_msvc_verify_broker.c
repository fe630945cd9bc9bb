/* SPDX-License-Identifier: MIT */
/*
 * The program from publishing to deploying, over a folder and over HTTP:
 * test_msvc_verify_broker PROGRAM.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <msvc/contract.h>
#include <msvc/contract_folder.h>
#include <msvc/http_router.h>
#include <msvc/http_server.h>

#include "test.h"

static const char *program;

struct fixture {
    struct msvc_http_router *router;
    struct msvc_http_server *provider;
    struct msvc_pact_folder *folder;
    struct msvc_http_server *broker; /* the folder for others */
    char path[64];
    char pact[128];
    char where[256]; /* --broker … or --contracts … */
    char output[8192];
};

static void show_user(struct msvc_http_exchange *exchange, void *user)
{
    static const char body[] = "{\"name\":\"Bob\"}";

    (void)user;
    msvc_http_reply(exchange, 200, "application/json", body, strlen(body));
}

static void write_pact(struct fixture *f)
{
    struct msvc_pact *pact = NULL;

    assert_int_equal(msvc_pact_new(&pact, "order", "user", NULL, NULL), 0);
    assert_int_equal(
        msvc_pact_add(pact,
                      MSVC_PACT_INTERACTION(
                              .description = "a user", .request = { .path = "/users/1" },
                              .response = { .body = MSVC_PACT_OBJECT(
                                                { "name", msvc_pact_like(msvc_pact_text("A")) }) }),
                      NULL),
        0);
    assert_int_equal(msvc_pact_write(pact, f->path, NULL, NULL), 0);
    msvc_pact_free(pact);
    (void)snprintf(f->pact, sizeof(f->pact), "%s/order-user.json", f->path);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    char path[128];

    assert_non_null(f);
    strcpy(f->path, "/tmp/msvc-verify-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    write_pact(f);
    assert_int_equal(msvc_http_router_new(&f->router, NULL), 0);
    assert_int_equal(msvc_http_route(f->router, "GET", "/users/1", show_user, f, NULL), 0);
    assert_int_equal(msvc_http_server_start(&f->provider, f->router, NULL, NULL), 0);
    (void)snprintf(path, sizeof(path), "%s/broker", f->path);
    assert_int_equal(msvc_pact_folder_open(&f->folder, path, NULL, NULL), 0);
    assert_int_equal(
        msvc_http_server_start(&f->broker, msvc_pact_folder_router(f->folder), NULL, NULL), 0);
    (void)snprintf(f->where, sizeof(f->where), "--contracts %s", path);
    *state = f;
    return 0;
}

static int setup_http(void **state)
{
    int status = setup(state);
    struct fixture *f = *state;

    (void)snprintf(f->where, sizeof(f->where), "--broker http://%s",
                   msvc_http_server_address(f->broker));
    return status;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];

    msvc_http_server_free(f->broker);
    msvc_pact_folder_close(f->folder);
    msvc_http_server_free(f->provider);
    msvc_http_router_free(f->router);
    (void)snprintf(command, sizeof(command), "rm -r %s", f->path);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

/* What it exits with. */
static int run(struct fixture *f, const char *command, const char *arguments)
{
    char line[1024];
    FILE *pipe;
    size_t length;
    int status;

    (void)snprintf(line, sizeof(line), "'%s' %s %s %s 2>&1", program, command, f->where, arguments);
    pipe = popen(line, "r");
    assert_non_null(pipe);
    length = fread(f->output, 1, sizeof(f->output) - 1, pipe);
    f->output[length] = '\0';
    status = pclose(pipe);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int verify(struct fixture *f, const char *more)
{
    char arguments[512];

    (void)snprintf(arguments, sizeof(arguments),
                   "--provider-url http://%s --provider user --provider-version 7 "
                   "--provider-branch main %s",
                   msvc_http_server_address(f->provider), more);
    return run(f, "verify", arguments);
}

static void publish(struct fixture *f)
{
    char arguments[256];

    (void)snprintf(arguments, sizeof(arguments), "--version 1.0 --branch feat/x --tag dev %s",
                   f->pact);
    assert_int_equal(run(f, "publish", arguments), 0);
}

#define QUESTION "--pacticipant order --version 1.0 --to-environment production"

static void goes_from_publishing_to_deploying(void **state)
{
    struct fixture *f = *state;

    publish(f);
    assert_int_equal(run(f, "create-environment", "--name production --production"), 0);
    assert_int_equal(run(f, "can-i-deploy", QUESTION), 1);
    assert_non_null(strstr(f->output, "unknown: no version of user is there"));
    assert_int_equal(verify(f, "--selector branch=feat/x --publish-results"), 0);
    assert_non_null(strstr(f->output, "1 of 1 interactions kept"));
    assert_int_equal(
        run(f, "record-deployment", "--pacticipant user --version 7 --environment production"), 0);
    assert_int_equal(run(f, "can-i-deploy", QUESTION), 0);
    assert_non_null(strstr(f->output, "yes  order 1.0  <->  user 7"));
    assert_int_equal(run(f, "record-undeployment", "--pacticipant user --environment production"),
                     0);
    assert_int_equal(run(f, "can-i-deploy", QUESTION " --dry-run"), 0);
    assert_int_equal(run(f, "can-i-deploy", QUESTION " --retry-while-unknown 2 --retry-interval 0"),
                     1);
}

static void answers_as_json_when_asked(void **state)
{
    struct fixture *f = *state;

    publish(f);
    assert_int_equal(run(f, "create-environment", "--name production"), 0);
    assert_int_equal(run(f, "can-i-deploy", QUESTION " --output json"), 1);
    assert_non_null(strstr(f->output, "\"deployable\":null"));
}

static void lists_what_is_there(void **state)
{
    struct fixture *f = *state;

    publish(f);
    assert_int_equal(run(f, "list-pacticipants", ""), 0);
    assert_string_equal(f->output, "order\nuser\n");
    assert_int_equal(run(f, "list-branches", "--pacticipant order"), 0);
    assert_string_equal(f->output, "feat/x\n");
    assert_int_equal(run(f, "describe-version", "--pacticipant order --tag dev"), 0);
    assert_string_equal(f->output, "1.0\n");
    assert_int_equal(run(f, "list-latest-pact-versions", ""), 0);
    assert_string_equal(f->output, "order\n");
}

static void fails_where_the_broker_says_no(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(run(f, "describe-pacticipant", "--name nobody"), 6);
    assert_non_null(strstr(f->output, "no participant \"nobody\""));
    assert_int_equal(run(f, "list-webhooks", ""), 6);
    assert_int_equal(verify(f, ""), 5);
}

static void fails_where_there_is_no_broker(void **state)
{
    struct fixture *f = *state;

    strcpy(f->where, "--broker http://127.0.0.1:1");
    assert_int_equal(run(f, "list-pacticipants", ""), 6);
    strcpy(f->where, "");
    assert_int_equal(run(f, "list-pacticipants", ""), 2);
    assert_non_null(strstr(f->output, "expected --broker URL or --contracts DIR"));
}

static void refuses_wrong_arguments(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(run(f, "record-deployment", "--pacticipant user --version 7"), 2);
    assert_non_null(strstr(f->output, "expected --environment"));
    assert_int_equal(run(f, "list-pacticipants", "--name x"), 2);
    assert_int_equal(run(f, "publish", f->pact), 2);
    assert_int_equal(run(f, "can-i-deploy", "--version 1"), 2);
    assert_int_equal(verify(f, "--selector nonsense"), 2);
    assert_int_equal(verify(f, "--publish-results --filter-state x"), 2);
}

static void reads_the_broker_from_the_environment(void **state)
{
    struct fixture *f = *state;
    char url[128];

    (void)snprintf(url, sizeof(url), "http://user:secret@%s", msvc_http_server_address(f->broker));
    publish(f);
    strcpy(f->where, "");
    assert_int_equal(setenv("PACT_BROKER_BASE_URL", url, 1), 0);
    assert_int_equal(run(f, "list-pacticipants", ""), 0);
    assert_int_equal(run(f, "describe-pacticipant", "--name nobody"), 6);
    assert_int_equal(unsetenv("PACT_BROKER_BASE_URL"), 0);
    assert_null(strstr(f->output, "secret"));
}

static void explains_every_command(void **state)
{
    static const char *const commands[] = { "publish", "can-i-deploy", "record-release",
                                            "create-or-update-webhook" };
    struct fixture *f = *state;
    char name[64];

    strcpy(f->where, "");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        (void)snprintf(name, sizeof(name), "help %s", commands[i]);
        assert_int_equal(run(f, name, ""), 0);
        assert_non_null(strstr(f->output, "--contracts DIR"));
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(goes_from_publishing_to_deploying),
        { "goes from publishing to deploying over HTTP", goes_from_publishing_to_deploying,
          setup_http, teardown, NULL },
        { "lists what is there over HTTP", lists_what_is_there, setup_http, teardown, NULL },
        TEST(answers_as_json_when_asked),
        TEST(lists_what_is_there),
        TEST(fails_where_the_broker_says_no),
        TEST(fails_where_there_is_no_broker),
        TEST(refuses_wrong_arguments),
        TEST(reads_the_broker_from_the_environment),
        TEST(explains_every_command),
    };

    program = argc > 1 ? argv[1] : "msvc-verify";
    return cmocka_run_group_tests_name("msvc-verify and brokers", tests, NULL, NULL);
}
