/* SPDX-License-Identifier: MIT */
/* The broker in a folder, through the client that also talks to real ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <msvc/clock.h>
#include <msvc/contract.h>
#include <msvc/contract_broker.h>
#include <msvc/contract_broker_admin.h>
#include <msvc/contract_deploy.h>
#include <msvc/contract_folder.h>
#include <msvc/contract_verify.h>
#include <msvc/contract_webhook.h>
#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/http_router.h>

#include "fake_clock.h"
#include "test.h"

#define PROCESSES 4
#define EACH      8

struct fixture {
    char path[64];
    struct fake_clock clock;
    struct msvc_pact_folder *folder;
    struct msvc_http_transport *transport;
    struct msvc_pact_broker *broker;
    struct msvc_pact_broker_reply *reply;
    struct msvc_http_router *provider; /* answers /a with 200, everything else with 404 */
    struct msvc_http_transport *to_provider;
    struct msvc_error err;
};

static void answer(struct msvc_http_exchange *exchange, void *user)
{
    (void)user;
    msvc_http_reply(exchange, 200, NULL, NULL, 0);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    strcpy(f->path, "/tmp/msvc-folder-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    fake_clock_init(&f->clock);
    assert_int_equal(msvc_pact_folder_open(&f->folder, f->path,
                                           MSVC_PACT_FOLDER_OPTIONS(.clock = &f->clock.clock),
                                           &f->err),
                     0);
    assert_int_equal(msvc_pact_folder_transport(&f->transport, f->folder), 0);
    assert_int_equal(msvc_pact_broker_new(&f->broker, f->transport, NULL, &f->err), 0);
    assert_int_equal(msvc_http_router_new(&f->provider, NULL), 0);
    assert_int_equal(msvc_http_route(f->provider, "GET", "/a", answer, f, NULL), 0);
    assert_int_equal(msvc_http_router_transport(&f->to_provider, f->provider), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];

    msvc_pact_broker_reply_free(f->reply);
    msvc_pact_broker_free(f->broker);
    msvc_http_transport_free(f->transport);
    msvc_pact_folder_close(f->folder);
    msvc_http_transport_free(f->to_provider);
    msvc_http_router_free(f->provider);
    (void)snprintf(command, sizeof(command), "rm -r %s", f->path);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static void done(struct fixture *f, int status)
{
    if (status < 0)
        print_message("# %s\n", f->err.message);
    assert_int_equal(status, 0);
    msvc_pact_broker_reply_free(f->reply);
    f->reply = NULL;
}

/* A pact that is kept asks for /a; path makes another one. */
static int try_to_publish(struct fixture *f, const char *consumer, const char *version,
                          const char *provider, const char *path, const char *branch)
{
    char text[512];

    (void)snprintf(
        text, sizeof(text),
        "{\"consumer\":{\"name\":\"%s\"},\"provider\":{\"name\":\"%s\"},\"interactions\":"
        "[{\"description\":\"asks\",\"request\":{\"method\":\"GET\",\"path\":\"%s\"},"
        "\"response\":{\"status\":200}}],\"metadata\":{\"pactSpecification\":{"
        "\"version\":\"3.0.0\"}}}",
        consumer, provider, path);
    return msvc_pact_broker_publish(
        f->broker,
        MSVC_PACT_PUBLICATION(.version = version, .branch = branch,
                              .contracts = MSVC_PACT_TEXTS({ text, strlen(text) })),
        &f->reply, &f->err);
}

static void publish(struct fixture *f, const char *consumer, const char *version,
                    const char *provider)
{
    done(f, try_to_publish(f, consumer, version, provider, "/a", NULL));
}

static struct msvc_pact_list *fetch(struct fixture *f, const char *provider,
                                    const struct msvc_pact_selector *selector)
{
    struct msvc_pact_list *list = NULL;

    assert_int_equal(msvc_pact_broker_fetch(
                         f->broker,
                         MSVC_PACT_SELECTION(.provider = provider, .selectors = selector,
                                             .selector_count = selector != NULL,
                                             .includes_pending = true, .provider_branch = "main"),
                         &list, &f->err),
                     0);
    return list;
}

/* Verify everything that is fetched, and report it. Returns how many pacts were kept. */
static size_t verify(struct fixture *f, const char *provider, const char *version,
                     const struct msvc_pact_selector *selector)
{
    struct msvc_pact_list *list = fetch(f, provider, selector);
    size_t kept = 0;

    for (size_t i = 0; i < msvc_pact_list_count(list); i++) {
        const struct msvc_pact_fetched *one = msvc_pact_list_at(list, i);
        struct msvc_contract_report *report = NULL;
        struct msvc_pact *pact = NULL;

        assert_int_equal(msvc_pact_parse(&pact, one->text, one->length, &f->err), 0);
        assert_int_equal(msvc_contract_verify(&report, pact, f->to_provider, NULL, &f->err), 0);
        kept += msvc_contract_failed_count(report) == 0;
        done(f, msvc_pact_broker_report(
                    f->broker, list, i,
                    MSVC_PACT_OUTCOME(.version = version, .branch = "main", .report = report),
                    &f->reply, &f->err));
        msvc_contract_report_free(report);
        msvc_pact_free(pact);
    }
    msvc_pact_list_free(list);
    return kept;
}

static void add_environment(struct fixture *f, const char *name)
{
    done(f, msvc_pact_broker_create_environment(f->broker, MSVC_PACT_ENVIRONMENT(.name = name),
                                                &f->reply, &f->err));
}

static int record(struct fixture *f, enum msvc_pact_record what, const char *participant,
                  const char *version, const char *instance)
{
    return msvc_pact_broker_record(
        f->broker, what,
        MSVC_PACT_DEPLOYMENT(.pacticipant = participant, .version = version,
                             .environment = "production", .instance = instance),
        &f->reply, &f->err);
}

static void deploy(struct fixture *f, const char *participant, const char *version)
{
    done(f, record(f, MSVC_PACT_DEPLOYED, participant, version, NULL));
}

/* A version of the provider, which has verified nothing. */
static void know(struct fixture *f, const char *participant, const char *version)
{
    done(f, msvc_pact_broker_add_to_branch(f->broker, participant, "main", version, &f->reply,
                                           &f->err));
}

static enum msvc_pact_deployable ask(struct fixture *f, const struct msvc_pact_deployment_query *q)
{
    struct msvc_pact_matrix *matrix = NULL;
    enum msvc_pact_deployable deployable;
    int status = msvc_pact_broker_can_i_deploy(f->broker, q, &matrix, &f->err);

    if (status < 0)
        print_message("# %s\n", f->err.message);
    assert_int_equal(status, 0);
    deployable = msvc_pact_matrix_answer(matrix);
    msvc_pact_matrix_free(matrix);
    return deployable;
}

static enum msvc_pact_deployable can_deploy(struct fixture *f, const char *participant,
                                            const char *version)
{
    return ask(f,
               MSVC_PACT_DEPLOYMENT_QUERY(.versions = MSVC_PACT_VERSIONS(
                                              { .pacticipant = participant, .version = version }),
                                          .to_environment = "production"));
}

static void goes_from_consumer_to_provider_to_deployment(void **state)
{
    struct fixture *f = *state;

    add_environment(f, "production");
    publish(f, "order", "1", "user");
    assert_int_equal(verify(f, "user", "7", NULL), 1);
    deploy(f, "user", "7");
    assert_int_equal(can_deploy(f, "order", "1"), MSVC_PACT_DEPLOYABLE);
    deploy(f, "order", "1");
    assert_int_equal(can_deploy(f, "user", "7"), MSVC_PACT_DEPLOYABLE);
}

static void says_no_when_the_pact_is_not_kept(void **state)
{
    struct fixture *f = *state;

    add_environment(f, "production");
    done(f, try_to_publish(f, "order", "1", "user", "/nowhere", NULL));
    assert_int_equal(verify(f, "user", "7", NULL), 0);
    deploy(f, "user", "7");
    assert_int_equal(can_deploy(f, "order", "1"), MSVC_PACT_NOT_DEPLOYABLE);
}

static void does_not_know_before_the_provider_is_deployed(void **state)
{
    struct fixture *f = *state;
    struct msvc_pact_matrix *matrix = NULL;

    add_environment(f, "production");
    publish(f, "order", "1", "user");
    assert_int_equal(msvc_pact_broker_can_i_deploy(
                         f->broker,
                         MSVC_PACT_DEPLOYMENT_QUERY(.versions = MSVC_PACT_VERSIONS(
                                                        { .pacticipant = "order", .version = "1" }),
                                                    .to_environment = "production"),
                         &matrix, &f->err),
                     0);
    assert_int_equal(msvc_pact_matrix_answer(matrix), MSVC_PACT_UNKNOWN);
    assert_string_equal(msvc_pact_matrix_reason(matrix),
                        "no version of user is there to keep the pact of order 1");
    assert_int_equal(msvc_pact_matrix_count(matrix), 1);
    assert_string_equal(msvc_pact_matrix_row(matrix, 0)->provider, "user");
    msvc_pact_matrix_free(matrix);
}

static void a_provider_may_go_first(void **state)
{
    struct fixture *f = *state;

    add_environment(f, "production");
    publish(f, "order", "1", "user");
    know(f, "user", "7");
    assert_int_equal(can_deploy(f, "user", "7"), MSVC_PACT_DEPLOYABLE);
}

static void every_deployed_version_of_a_consumer_counts(void **state)
{
    struct fixture *f = *state;

    add_environment(f, "production");
    publish(f, "order", "1", "user");
    assert_int_equal(verify(f, "user", "7", NULL), 1);
    done(f, try_to_publish(f, "order", "2", "user", "/other", NULL));
    done(f, record(f, MSVC_PACT_RELEASED, "order", "1", NULL));
    assert_int_equal(can_deploy(f, "user", "7"), MSVC_PACT_DEPLOYABLE);
    done(f, record(f, MSVC_PACT_RELEASED, "order", "2", NULL));
    assert_int_equal(can_deploy(f, "user", "7"), MSVC_PACT_UNKNOWN);
    done(f, record(f, MSVC_PACT_SUPPORT_ENDED, "order", "2", NULL));
    assert_int_equal(can_deploy(f, "user", "7"), MSVC_PACT_DEPLOYABLE);
}

static void every_instance_of_a_provider_counts(void **state)
{
    struct fixture *f = *state;

    add_environment(f, "production");
    publish(f, "order", "1", "user");
    assert_int_equal(verify(f, "user", "7", NULL), 1);
    know(f, "user", "8");
    done(f, record(f, MSVC_PACT_DEPLOYED, "user", "7", "blue"));
    done(f, record(f, MSVC_PACT_DEPLOYED, "user", "8", "green"));
    assert_int_equal(can_deploy(f, "order", "1"), MSVC_PACT_UNKNOWN);
    done(f, record(f, MSVC_PACT_UNDEPLOYED, "user", NULL, "green"));
    assert_int_equal(can_deploy(f, "order", "1"), MSVC_PACT_DEPLOYABLE);
}

static void a_deployment_takes_the_place_of_the_one_before(void **state)
{
    struct fixture *f = *state;

    add_environment(f, "production");
    publish(f, "order", "1", "user");
    assert_int_equal(verify(f, "user", "7", NULL), 1);
    know(f, "user", "8");
    deploy(f, "user", "8");
    assert_int_equal(can_deploy(f, "order", "1"), MSVC_PACT_UNKNOWN);
    deploy(f, "user", "7");
    assert_int_equal(can_deploy(f, "order", "1"), MSVC_PACT_DEPLOYABLE);
}

static void a_result_counts_for_every_version_with_the_same_contents(void **state)
{
    struct fixture *f = *state;

    add_environment(f, "production");
    publish(f, "order", "1", "user");
    assert_int_equal(verify(f, "user", "7", NULL), 1);
    deploy(f, "user", "7");
    publish(f, "order", "2", "user");
    assert_int_equal(can_deploy(f, "order", "2"), MSVC_PACT_DEPLOYABLE);
}

static void what_is_ignored_does_not_count(void **state)
{
    struct fixture *f = *state;

    add_environment(f, "production");
    publish(f, "order", "1", "user");
    publish(f, "order", "1", "audit");
    assert_int_equal(verify(f, "user", "7", NULL), 1);
    deploy(f, "user", "7");
    assert_int_equal(can_deploy(f, "order", "1"), MSVC_PACT_UNKNOWN);
    assert_int_equal(
        ask(f, MSVC_PACT_DEPLOYMENT_QUERY(.versions = MSVC_PACT_VERSIONS(
                                              { .pacticipant = "order", .version = "1" }),
                                          .ignored = MSVC_PACT_VERSIONS({ .pacticipant = "audit" }),
                                          .to_environment = "production")),
        MSVC_PACT_DEPLOYABLE);
}

static void asks_about_branches_and_the_latest(void **state)
{
    struct fixture *f = *state;

    done(f, try_to_publish(f, "order", "1", "user", "/a", "feat/x"));
    assert_int_equal(verify(f, "user", "7", NULL), 1);
    assert_int_equal(
        ask(f, MSVC_PACT_DEPLOYMENT_QUERY(.versions = MSVC_PACT_VERSIONS({ .pacticipant = "order",
                                                                           .branch = "feat/x",
                                                                           .is_latest = true }),
                                          .to_branch = "main")),
        MSVC_PACT_DEPLOYABLE);
    assert_int_equal(
        ask(f, MSVC_PACT_DEPLOYMENT_QUERY(.versions = MSVC_PACT_VERSIONS(
                                              { .pacticipant = "order", .version = "1" }))),
        MSVC_PACT_DEPLOYABLE);
    know(f, "user", "8");
    assert_int_equal(
        ask(f, MSVC_PACT_DEPLOYMENT_QUERY(.versions = MSVC_PACT_VERSIONS(
                                              { .pacticipant = "order", .version = "1" }))),
        MSVC_PACT_UNKNOWN);
    assert_int_equal(
        ask(f, MSVC_PACT_DEPLOYMENT_QUERY(.versions = MSVC_PACT_VERSIONS(
                                              { .pacticipant = "order", .version = "1" },
                                              { .pacticipant = "user", .version = "7" }))),
        MSVC_PACT_DEPLOYABLE);
}

static void does_not_know_a_version_that_is_not_there(void **state)
{
    struct fixture *f = *state;

    add_environment(f, "production");
    publish(f, "order", "1", "user");
    assert_int_equal(can_deploy(f, "order", "99"), MSVC_PACT_UNKNOWN);
    assert_int_equal(record(f, MSVC_PACT_DEPLOYED, "order", "99", NULL), MSVC_ERR_NOT_FOUND);
}

static size_t count_of(struct fixture *f, const struct msvc_pact_selector *selector)
{
    struct msvc_pact_list *list = fetch(f, "user", selector);
    size_t count = msvc_pact_list_count(list);

    msvc_pact_list_free(list);
    return count;
}

static void selects_by_branch_tag_and_environment(void **state)
{
    struct fixture *f = *state;

    add_environment(f, "production");
    done(f, try_to_publish(f, "order", "1", "user", "/1", "main"));
    done(f, try_to_publish(f, "order", "2", "user", "/2", "feat/x"));
    done(f, try_to_publish(f, "shop", "1", "user", "/3", "main"));
    done(f, msvc_pact_broker_tag(f->broker, "order", "1", "prod", &f->reply, &f->err));
    deploy(f, "shop", "1");

    assert_int_equal(count_of(f, NULL), 2);
    assert_int_equal(count_of(f, &(struct msvc_pact_selector){ .is_main_branch = true }), 2);
    assert_int_equal(count_of(f, &(struct msvc_pact_selector){ .is_matching_branch = true }), 2);
    assert_int_equal(count_of(f, &(struct msvc_pact_selector){ .branch = "feat/x" }), 1);
    assert_int_equal(
        count_of(f, &(struct msvc_pact_selector){ .branch = "feat/x", .fallback_branch = "main" }),
        2);
    assert_int_equal(count_of(f, &(struct msvc_pact_selector){ .tag = "prod" }), 1);
    assert_int_equal(count_of(f, &(struct msvc_pact_selector){ .is_deployed = true }), 1);
    assert_int_equal(count_of(f, &(struct msvc_pact_selector){ .environment = "production" }), 1);
    assert_int_equal(count_of(f, &(struct msvc_pact_selector){ .is_released = true }), 0);
    assert_int_equal(
        count_of(f, &(struct msvc_pact_selector){ .consumer = "shop", .is_latest = true }), 1);
}

static void a_pact_is_pending_until_it_was_kept_once(void **state)
{
    struct fixture *f = *state;
    struct msvc_pact_list *list;

    publish(f, "order", "1", "user");
    list = fetch(f, "user", NULL);
    assert_true(msvc_pact_list_at(list, 0)->is_pending);
    assert_string_equal(msvc_pact_list_at(list, 0)->why, "latest");
    msvc_pact_list_free(list);
    assert_int_equal(verify(f, "user", "7", NULL), 1);
    list = fetch(f, "user", NULL);
    assert_false(msvc_pact_list_at(list, 0)->is_pending);
    msvc_pact_list_free(list);
}

static void finds_pacts_in_work(void **state)
{
    static const struct msvc_pact_selector mainline = { .is_main_branch = true };
    struct fixture *f = *state;
    struct msvc_pact_list *list = NULL;

    done(f, try_to_publish(f, "order", "1", "user", "/a", "main"));
    done(f, try_to_publish(f, "order", "2", "user", "/new", "feat/new"));
    assert_int_equal(msvc_pact_broker_fetch(
                         f->broker,
                         MSVC_PACT_SELECTION(.provider = "user", .selectors = &mainline,
                                             .selector_count = 1, .includes_pending = true,
                                             .provider_branch = "main", .wip_since = "1970-01-01"),
                         &list, &f->err),
                     0);
    assert_int_equal(msvc_pact_list_count(list), 2);
    assert_false(msvc_pact_list_at(list, 0)->is_wip);
    assert_true(msvc_pact_list_at(list, 1)->is_wip);
    assert_true(msvc_pact_list_at(list, 1)->is_pending);
    msvc_pact_list_free(list);
}

static void keeps_numbers_of_any_length(void **state)
{
    static const char text[] =
        "{\"consumer\":{\"name\":\"a\"},\"provider\":{\"name\":\"b\"},\"interactions\":[{"
        "\"description\":\"d\",\"request\":{\"method\":\"GET\",\"path\":\"/\"},\"response\":{"
        "\"status\":200,\"body\":{\"n\":123456789012345678901234567890.10}}}]}";
    struct fixture *f = *state;
    struct msvc_pact_list *list;

    done(f, msvc_pact_broker_publish(
                f->broker,
                MSVC_PACT_PUBLICATION(.version = "1",
                                      .contracts = MSVC_PACT_TEXTS({ text, sizeof(text) - 1 })),
                &f->reply, &f->err));
    list = fetch(f, "b", NULL);
    assert_non_null(strstr(msvc_pact_list_at(list, 0)->text, "123456789012345678901234567890.10"));
    msvc_pact_list_free(list);
}

static void manages_participants_branches_and_tags(void **state)
{
    struct fixture *f = *state;

    done(f, msvc_pact_broker_put_participant(
                f->broker, MSVC_PACT_PARTICIPANT(.name = "order", .main_branch = "trunk"),
                &f->reply, &f->err));
    know(f, "order", "1");
    done(f, msvc_pact_broker_add_to_branch(f->broker, "order", "feat/x", "2", &f->reply, &f->err));
    assert_int_equal(msvc_pact_broker_branches(f->broker, "order", &f->reply, &f->err), 0);
    assert_non_null(strstr(msvc_pact_broker_reply_json(f->reply), "feat/x"));
    done(f, 0);
    done(f, msvc_pact_broker_delete_branch(f->broker, "order", "feat/x", &f->reply, &f->err));
    assert_int_equal(
        msvc_pact_broker_delete_branch(f->broker, "order", "feat/x", &f->reply, &f->err),
        MSVC_ERR_NOT_FOUND);
    done(f, msvc_pact_broker_tag(f->broker, "order", "1", "prod/eu", &f->reply, &f->err));
    assert_int_equal(
        msvc_pact_broker_version(f->broker, "order", NULL, "prod/eu", &f->reply, &f->err), 0);
    assert_non_null(strstr(msvc_pact_broker_reply_json(f->reply), "\"number\":\"1\""));
    done(f, 0);
    done(f, msvc_pact_broker_delete_tag(f->broker, "order", "1", "prod/eu", &f->reply, &f->err));
    done(f, msvc_pact_broker_participants(f->broker, &f->reply, &f->err));
    done(f, msvc_pact_broker_delete_participant(f->broker, "order", &f->reply, &f->err));
    assert_int_equal(msvc_pact_broker_participant(f->broker, "order", &f->reply, &f->err),
                     MSVC_ERR_NOT_FOUND);
}

static void manages_environments(void **state)
{
    struct fixture *f = *state;

    add_environment(f, "production");
    assert_int_equal(
        msvc_pact_broker_create_environment(f->broker, MSVC_PACT_ENVIRONMENT(.name = "production"),
                                            &f->reply, &f->err),
        MSVC_ERR_EXISTS);
    done(f, msvc_pact_broker_update_environment(f->broker,
                                                MSVC_PACT_ENVIRONMENT(.name = "production",
                                                                      .display_name = "Production",
                                                                      .is_production = true),
                                                &f->reply, &f->err));
    assert_int_equal(msvc_pact_broker_environment(f->broker, "production", &f->reply, &f->err), 0);
    assert_non_null(
        strstr(msvc_pact_broker_reply_json(f->reply), "\"displayName\":\"Production\""));
    done(f, 0);
    done(f, msvc_pact_broker_delete_environment(f->broker, "production", &f->reply, &f->err));
    assert_int_equal(msvc_pact_broker_environment(f->broker, "production", &f->reply, &f->err),
                     MSVC_ERR_NOT_FOUND);
}

static void has_no_webhooks(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_pact_broker_webhooks(f->broker, &f->reply, &f->err),
                     MSVC_ERR_UNSUPPORTED);
}

static void names_cannot_leave_the_folder(void **state)
{
    struct fixture *f = *state;

    publish(f, "..", "..", ".hidden");
    assert_int_equal(count_of(f, NULL), 0);
    assert_int_equal(access("/tmp/pacticipants", F_OK), -1);
    assert_int_equal(try_to_publish(f, "a/b", "1", "user", "/a", NULL), MSVC_ERR_REFUSED);
    assert_int_equal(try_to_publish(f, "order", "1/2", "user", "/a", NULL), MSVC_ERR_REFUSED);
}

static void says_which_file_is_broken(void **state)
{
    struct fixture *f = *state;
    char path[128];
    FILE *file;

    publish(f, "order", "1", "user");
    (void)snprintf(path, sizeof(path), "%s/pacticipants/order.json", f->path);
    file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs("{", file);
    (void)fclose(file);
    assert_int_equal(msvc_pact_broker_participant(f->broker, "order", &f->reply, &f->err),
                     MSVC_ERR_UNAVAILABLE);
    assert_non_null(strstr(f->err.message, "order.json, line 1: expected a JSON object"));
}

static void publish_as_a_process(struct fixture *f, int process)
{
    char version[16];

    for (int i = 0; i < EACH; i++) {
        (void)snprintf(version, sizeof(version), "%d.%d", process, i);
        if (try_to_publish(f, "order", version, "user", "/a", "main") < 0)
            _exit(1);
        msvc_pact_broker_reply_free(f->reply);
        f->reply = NULL;
    }
    _exit(0);
}

static void several_processes_may_write_at_the_same_time(void **state)
{
    struct fixture *f = *state;
    char version[16];

    for (int process = 0; process < PROCESSES; process++) {
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0)
            publish_as_a_process(f, process);
    }
    for (int process = 0; process < PROCESSES; process++) {
        int status = -1;

        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    for (int process = 0; process < PROCESSES; process++) {
        for (int i = 0; i < EACH; i++) {
            (void)snprintf(version, sizeof(version), "%d.%d", process, i);
            done(f,
                 msvc_pact_broker_version(f->broker, "order", version, NULL, &f->reply, &f->err));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(goes_from_consumer_to_provider_to_deployment),
        TEST(says_no_when_the_pact_is_not_kept),
        TEST(does_not_know_before_the_provider_is_deployed),
        TEST(a_provider_may_go_first),
        TEST(every_deployed_version_of_a_consumer_counts),
        TEST(every_instance_of_a_provider_counts),
        TEST(a_deployment_takes_the_place_of_the_one_before),
        TEST(a_result_counts_for_every_version_with_the_same_contents),
        TEST(what_is_ignored_does_not_count),
        TEST(asks_about_branches_and_the_latest),
        TEST(does_not_know_a_version_that_is_not_there),
        TEST(selects_by_branch_tag_and_environment),
        TEST(a_pact_is_pending_until_it_was_kept_once),
        TEST(finds_pacts_in_work),
        TEST(keeps_numbers_of_any_length),
        TEST(manages_participants_branches_and_tags),
        TEST(manages_environments),
        TEST(has_no_webhooks),
        TEST(names_cannot_leave_the_folder),
        TEST(says_which_file_is_broken),
        TEST(several_processes_may_write_at_the_same_time),
    };

    return cmocka_run_group_tests_name("folder", tests, NULL, NULL);
}
