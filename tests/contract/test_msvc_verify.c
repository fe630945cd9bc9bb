/* SPDX-License-Identifier: MIT */
/* The program against a provider on a socket: test_msvc_verify PROGRAM. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <msvc/contract.h>
#include <msvc/error.h>
#include <msvc/http_router.h>
#include <msvc/http_server.h>
#include <msvc/json.h>

#include "test.h"

static const char *program;

struct fixture {
    struct msvc_http_router *router;
    struct msvc_http_server *server;
    char folder[64];
    char pact[128];
    const char *name;    /* what the provider answers */
    const char *message; /* what it makes */
    char state[256];     /* what it was asked to set up */
    char output[8192];
};

static void show_user(struct msvc_http_exchange *exchange, void *user)
{
    struct fixture *f = user;
    const char *token = msvc_http_header(exchange, "Authorization", 0);

    if (token == NULL || strcmp(token, "Bearer real") != 0)
        msvc_http_reply_problem(exchange, 401, NULL, NULL);
    else
        msvc_http_reply(exchange, 200, "application/json", f->name, strlen(f->name));
}

static void take_state(struct msvc_http_exchange *exchange, void *user)
{
    struct fixture *f = user;

    (void)snprintf(f->state, sizeof(f->state), "%s", msvc_http_body(exchange, NULL));
    msvc_http_reply(exchange, 200, NULL, NULL, 0);
}

static void serve_pact(struct msvc_http_exchange *exchange, void *user)
{
    struct fixture *f = user;
    char text[4096];
    FILE *file = fopen(f->pact, "r");
    size_t length = fread(text, 1, sizeof(text), file);

    (void)fclose(file);
    msvc_http_reply(exchange, 200, "application/json", text, length);
}

static void make_message(struct msvc_http_exchange *exchange, void *user)
{
    struct fixture *f = user;

    if (strstr(msvc_http_body(exchange, NULL), "\"description\":\"made\"") == NULL)
        msvc_http_reply_problem(exchange, 404, NULL, NULL);
    else
        msvc_http_reply(exchange, 200, "application/json", f->message, strlen(f->message));
}

static void write_pact(struct fixture *f)
{
    struct msvc_pact *pact = NULL;

    assert_int_equal(msvc_pact_new(&pact, "a", "b", NULL, NULL), 0);
    assert_int_equal(
        msvc_pact_add(pact,
                      MSVC_PACT_INTERACTION(
                              .description = "a user",
                              .states = MSVC_PACT_STATES({ "it exists", "{\"id\":1}" }),
                              .request = { .path = "/users/1",
                                           .headers = MSVC_PACT_MEMBERS(
                                               { "Authorization",
                                                 msvc_pact_like(msvc_pact_text("Bearer x")) }) },
                              .response = { .body = MSVC_PACT_OBJECT(
                                                { "name", msvc_pact_like(msvc_pact_text("A")) }) }),
                      NULL),
        0);
    assert_int_equal(msvc_pact_write(pact, f->folder, NULL, NULL), 0);
    msvc_pact_free(pact);
    (void)snprintf(f->pact, sizeof(f->pact), "%s/a-b.json", f->folder);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    strcpy(f->folder, "/tmp/msvc-verify-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->name = "{\"name\":\"Bob\"}";
    write_pact(f);
    assert_int_equal(msvc_http_router_new(&f->router, NULL), 0);
    assert_int_equal(msvc_http_route(f->router, "GET", "/users/1", show_user, f, NULL), 0);
    assert_int_equal(msvc_http_route(f->router, "POST", "/test/states", take_state, f, NULL), 0);
    assert_int_equal(msvc_http_route(f->router, "GET", "/pacts/1", serve_pact, f, NULL), 0);
    assert_int_equal(msvc_http_route(f->router, "POST", "/", make_message, f, NULL), 0);
    assert_int_equal(msvc_http_server_start(&f->server, f->router, NULL, NULL), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_http_server_free(f->server);
    msvc_http_router_free(f->router);
    (void)unlink(f->pact);
    (void)rmdir(f->folder);
    free(f);
    return 0;
}

/* What it exits with. */
static int run_plain(struct fixture *f, const char *arguments)
{
    char command[2048];
    FILE *pipe;
    size_t length;
    int status;

    (void)snprintf(command, sizeof(command), "'%s' %s 2>&1", program, arguments);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    length = fread(f->output, 1, sizeof(f->output) - 1, pipe);
    f->output[length] = '\0';
    status = pclose(pipe);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* `more` goes before the file. */
static int run(struct fixture *f, const char *more, const char *file)
{
    char arguments[900];

    (void)snprintf(arguments, sizeof(arguments),
                   "--provider-url http://%s --header 'Authorization: Bearer real' %s '%s'",
                   msvc_http_server_address(f->server), more, file);
    return run_plain(f, arguments);
}

static void exits_with_0_when_the_contract_is_kept(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(run(f, "", f->pact), 0);
    assert_non_null(strstr(f->output, "1 of 1 interactions kept"));
}

static void exits_with_1_and_says_where_when_it_is_not(void **state)
{
    struct fixture *f = *state;

    f->name = "{\"name\":null}";
    assert_int_equal(run(f, "", f->pact), 1);
    assert_non_null(strstr(f->output, "body $.name: Expected null (Null) to be the same type as "));
    assert_non_null(strstr(f->output, "curl -i -X GET 'http://127.0.0.1:"));
}

static void exits_with_2_for_wrong_arguments(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(run(f, "--nonsense", f->pact), 2);
    assert_int_equal(run(f, "--header nocolon", f->pact), 2);
    assert_int_equal(run(f, "--timeout soon", f->pact), 2);
    assert_int_equal(run(f, "--provider-url nonsense", f->pact), 2);
}

static void exits_with_3_when_the_provider_is_not_there(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(run(f, "--provider-url http://127.0.0.1:1", f->pact), 3);
}

static void exits_with_4_when_a_file_is_no_pact(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(run(f, "", "/nowhere/pact.json"), 4);
    assert_int_equal(run(f, "", program), 4);
}

static void dispatches_by_the_first_word(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(run_plain(f, "--version"), 0);
    assert_non_null(strstr(f->output, msvc_version()));
    assert_int_equal(run_plain(f, "help"), 0);
    assert_non_null(strstr(f->output, "commands:"));
    assert_int_equal(run_plain(f, "help verify"), 0);
    assert_non_null(strstr(f->output, "--provider-url"));
    assert_int_equal(run_plain(f, "help nonsense"), 2);
    assert_int_equal(run_plain(f, ""), 2);
}

static void asks_the_state_url_first(void **state)
{
    struct fixture *f = *state;
    char option[256];

    (void)snprintf(option, sizeof(option), "--state-url http://%s/test/states",
                   msvc_http_server_address(f->server));
    assert_int_equal(run(f, option, f->pact), 0);
    assert_string_equal(f->state,
                        "{\"action\":\"setup\",\"params\":{\"id\":1},\"state\":\"it exists\"}");
}

static void fails_when_the_state_url_does_not_know_a_state(void **state)
{
    struct fixture *f = *state;
    char option[256];

    (void)snprintf(option, sizeof(option), "--state-url http://%s/none",
                   msvc_http_server_address(f->server));
    assert_int_equal(run(f, option, f->pact), 1);
    assert_non_null(strstr(f->output, "state it exists: the provider does not know this state"));
}

static void takes_down_when_asked(void **state)
{
    struct fixture *f = *state;
    char option[256];

    (void)snprintf(option, sizeof(option), "--state-url http://%s/test/states --state-teardown",
                   msvc_http_server_address(f->server));
    assert_int_equal(run(f, option, f->pact), 0);
    assert_string_equal(f->state,
                        "{\"action\":\"teardown\",\"params\":{\"id\":1},\"state\":\"it exists\"}");
}

static void runs_a_command_for_states(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(run(f, "--state-exec 'grep -q \"it exists\"'", f->pact), 0);
    assert_int_equal(run(f, "--state-exec 'exit 2'", f->pact), 1);
    assert_non_null(strstr(f->output, "the provider does not know this state"));
    assert_int_equal(run(f, "--state-exec 'exit 7'", f->pact), 1);
    assert_non_null(strstr(f->output, "the state command exited with 7"));
}

static void ends_a_command_that_hangs(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(run(f, "--timeout 100 --state-exec 'cat; sleep 3600 & wait'", f->pact), 1);
    assert_non_null(strstr(f->output, "no end of"));
}

static void filters_interactions(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(run(f, "--filter-description '^a u' --filter-state exists", f->pact), 0);
    assert_int_equal(run(f, "--filter-consumer '^a$'", f->pact), 0);
    assert_int_equal(run(f, "--filter-consumer x", f->pact), 5);
    assert_int_equal(run(f, "--filter-no-state", f->pact), 5);
    assert_int_equal(run(f, "--filter-no-state --allow-nothing", f->pact), 0);
    assert_int_equal(run(f, "--filter-description '('", f->pact), 2);
}

static void reads_folders_and_urls(void **state)
{
    struct fixture *f = *state;
    char url[128];

    assert_int_equal(run(f, "", f->folder), 0);
    (void)snprintf(url, sizeof(url), "http://%s/pacts/1", msvc_http_server_address(f->server));
    assert_int_equal(run(f, "", url), 0);
    (void)snprintf(url, sizeof(url), "http://%s/none", msvc_http_server_address(f->server));
    assert_int_equal(run(f, "", url), 4);
}

static void writes_several_reports_at_once(void **state)
{
    struct fixture *f = *state;
    char options[512];
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/report.xml", f->folder);
    (void)snprintf(options, sizeof(options), "--report junit='%s' --report tap", path);
    assert_int_equal(run(f, options, f->pact), 0);
    assert_non_null(strstr(f->output, "TAP version 14\n1..1\nok 1 - a: a user (given it exists"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(run(f, "--report junit=/nowhere/report.xml", f->pact), 7);
    assert_int_equal(run(f, "--report paper", f->pact), 2);
}

static void runs_again_only_what_had_failed(void **state)
{
    struct fixture *f = *state;
    char options[512];
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/earlier", f->folder);
    (void)snprintf(options, sizeof(options), "--report json='%s'", path);
    f->name = "{}";
    assert_int_equal(run(f, options, f->pact), 1);
    (void)snprintf(options, sizeof(options), "--failed-in '%s' --report json='%s'", path, path);
    f->name = "{\"name\":\"B\"}";
    assert_int_equal(run(f, options, f->pact), 0);
    f->name = "{}"; /* nobody looks */
    assert_int_equal(run(f, options, f->pact), 0);
    assert_int_equal(unlink(path), 0);
}

static void does_not_fail_for_what_is_pending(void **state)
{
    struct fixture *f = *state;

    f->name = "{}";
    assert_int_equal(run(f, "--pending", f->pact), 0);
    assert_non_null(strstr(f->output, "0 of 1 interactions kept, 1 pending"));
}

static void asks_for_messages_over_http(void **state)
{
    struct fixture *f = *state;
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/messages", f->folder);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs("{\"consumer\":{\"name\":\"a\"},\"provider\":{\"name\":\"b\"},\"messages\":["
                      "{\"description\":\"made\",\"contents\":{\"n\":1}}],\"metadata\":"
                      "{\"pactSpecification\":{\"version\":\"3.0.0\"}}}",
                      file) >= 0);
    assert_int_equal(fclose(file), 0);
    f->message = "{\"n\":1}";
    assert_int_equal(run(f, "", path), 0);
    f->message = "{\"n\":2}";
    assert_int_equal(run(f, "", path), 1);
    assert_non_null(strstr(f->output, "body $.n"));
    assert_int_equal(unlink(path), 0);
}

static void plays_a_provider_that_keeps_the_pact(void **state)
{
    struct fixture *f = *state;
    char script[1024];

    (void)snprintf(script, sizeof(script),
                   "help >/dev/null; d='%s'; mkfifo $d/url && { '%s' stub $d/a-b.json >$d/url & "
                   "p=$!; read url <$d/url; '%s' --provider-url $url $d/a-b.json; c=$?; "
                   "kill $p; wait $p; c=$c$?; rm $d/url; test $c = 00; }",
                   f->folder, program, program);
    assert_int_equal(run_plain(f, script), 0);
    assert_non_null(strstr(f->output, "1 of 1 interactions kept"));
    assert_int_equal(run_plain(f, "stub"), 2);
    assert_int_equal(run_plain(f, "stub /nowhere"), 4);
}

static void reports_as_json_when_asked(void **state)
{
    struct fixture *f = *state;
    struct msvc_json_document *document = NULL;

    assert_int_equal(run(f, "--report json", f->pact), 0);
    assert_int_equal(msvc_json_parse(&document, f->output, strlen(f->output), NULL, NULL), 0);
    assert_int_equal(msvc_json_type(msvc_json_member(msvc_json_root(document), "success")),
                     MSVC_JSON_TRUE);
    msvc_json_free(document);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(exits_with_0_when_the_contract_is_kept),
        TEST(exits_with_1_and_says_where_when_it_is_not),
        TEST(exits_with_2_for_wrong_arguments),
        TEST(exits_with_3_when_the_provider_is_not_there),
        TEST(exits_with_4_when_a_file_is_no_pact),
        TEST(dispatches_by_the_first_word),
        TEST(asks_the_state_url_first),
        TEST(fails_when_the_state_url_does_not_know_a_state),
        TEST(takes_down_when_asked),
        TEST(runs_a_command_for_states),
        TEST(ends_a_command_that_hangs),
        TEST(filters_interactions),
        TEST(reads_folders_and_urls),
        TEST(writes_several_reports_at_once),
        TEST(runs_again_only_what_had_failed),
        TEST(does_not_fail_for_what_is_pending),
        TEST(asks_for_messages_over_http),
        TEST(plays_a_provider_that_keeps_the_pact),
        TEST(reports_as_json_when_asked),
    };

    program = argc > 1 ? argv[1] : "msvc-verify";
    return cmocka_run_group_tests_name("msvc-verify", tests, NULL, NULL);
}
