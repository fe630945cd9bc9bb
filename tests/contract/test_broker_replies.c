/* SPDX-License-Identifier: MIT */
/*
 * Bodies that a Pact Broker really answers, each given to every verb: what
 * fits is taken, what does not is refused with a reason, nothing crashes.
 *
 *     test_broker_replies FOLDER
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/contract_broker.h>
#include <msvc/contract_broker_admin.h>
#include <msvc/contract_deploy.h>
#include <msvc/contract_webhook.h>
#include <msvc/error.h>
#include <msvc/json.h>

#include "contract/canonical_internal.h"
#include "contract/pact_internal.h"

#include "broker_support.h"
#include "test.h"

#define FILES_MAX 200

static struct CMUnitTest tests[FILES_MAX];
static size_t count;

/* A recorded answer, or the body alone. */
struct recorded {
    struct msvc_json_document *document;
    struct msvc_buffer body;
    int status;
};

static void load(struct recorded *r, const char *path)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    const struct msvc_json *response;
    int64_t status = 200;

    memset(r, 0, sizeof(*r));
    assert_int_equal(msvc__pact_load(&text, path, NULL), 0);
    assert_int_equal(msvc__pact_document(&r->document, text.data, text.length, NULL), 0);
    response = msvc_json_member(msvc_json_root(r->document), "response");
    if (msvc_json_get_int(&status, msvc_json_member(response, "status")) < 0)
        response = NULL;
    r->status = (int)status;
    if (response == NULL)
        msvc_buffer_bytes(&r->body, text.data, text.length);
    else if (msvc_json_member(response, "body") != NULL)
        assert_int_equal(msvc__canonical(&r->body, msvc_json_member(response, "body")), 0);
    msvc_buffer_clear(&text);
}

static void unload(struct recorded *r)
{
    msvc_json_free(r->document);
    msvc_buffer_clear(&r->body);
}

typedef int verb_fn(struct msvc_pact_broker *broker, struct msvc_pact_broker_reply **out,
                    struct msvc_error *err);

#define VERB(name)                                                                        \
    static int name(struct msvc_pact_broker *broker, struct msvc_pact_broker_reply **out, \
                    struct msvc_error *err)
#define DEPLOYMENT MSVC_PACT_DEPLOYMENT(.pacticipant = "Foo", .version = "1", .environment = "test")
#define PACT       "{\"consumer\":{\"name\":\"Foo\"},\"provider\":{\"name\":\"Bar\"}}"
VERB(participants)
{
    return msvc_pact_broker_participants(broker, out, err);
}

VERB(participant)
{
    return msvc_pact_broker_participant(broker, "foo", out, err);
}

VERB(put_participant)
{
    return msvc_pact_broker_put_participant(broker, MSVC_PACT_PARTICIPANT(.name = "foo"), out, err);
}

VERB(branches)
{
    return msvc_pact_broker_branches(broker, "Foo", out, err);
}

VERB(version)
{
    return msvc_pact_broker_version(broker, "Foo", "1", NULL, out, err);
}

VERB(environments)
{
    return msvc_pact_broker_environments(broker, out, err);
}

VERB(environment)
{
    return msvc_pact_broker_environment(broker, "test", out, err);
}

VERB(deploy)
{
    return msvc_pact_broker_record(broker, MSVC_PACT_DEPLOYED, DEPLOYMENT, out, err);
}

VERB(release)
{
    return msvc_pact_broker_record(broker, MSVC_PACT_RELEASED, DEPLOYMENT, out, err);
}

VERB(undeploy)
{
    return msvc_pact_broker_record(broker, MSVC_PACT_UNDEPLOYED, DEPLOYMENT, out, err);
}

VERB(end_support)
{
    return msvc_pact_broker_record(broker, MSVC_PACT_SUPPORT_ENDED, DEPLOYMENT, out, err);
}

VERB(webhooks)
{
    return msvc_pact_broker_webhooks(broker, out, err);
}

VERB(webhook)
{
    return msvc_pact_broker_webhook(broker, "u", out, err);
}

VERB(test_webhook)
{
    return msvc_pact_broker_test_webhook(broker, "u", out, err);
}

VERB(put_webhook)
{
    return msvc_pact_broker_put_webhook(
        broker, MSVC_PACT_WEBHOOK(.events = MSVC_PACT_NAMES("test"), .url = "http://x"), out, err);
}

VERB(pact)
{
    return msvc_pact_broker_pact(broker, "Foo", "Bar", NULL, NULL, out, err);
}

VERB(latest_pacts)
{
    return msvc_pact_broker_latest_pacts(broker, NULL, NULL, out, err);
}

VERB(publish)
{
    return msvc_pact_broker_publish(
        broker,
        MSVC_PACT_PUBLICATION(.version = "1",
                              .contracts = MSVC_PACT_TEXTS({ PACT, sizeof(PACT) - 1 })),
        out, err);
}

static int fetch(struct msvc_pact_broker *broker, struct msvc_pact_broker_reply **out,
                 struct msvc_error *err)
{
    struct msvc_pact_list *list = NULL;
    int status =
        msvc_pact_broker_fetch(broker, MSVC_PACT_SELECTION(.provider = "Provider"), &list, err);

    (void)out;
    for (size_t i = 0; i < msvc_pact_list_count(list); i++)
        assert_non_null(msvc_pact_list_at(list, i)->text);
    msvc_pact_list_free(list);
    return status;
}

static int ask_matrix(struct msvc_pact_broker *broker, struct msvc_pact_broker_reply **out,
                      struct msvc_error *err)
{
    struct msvc_pact_matrix *matrix = NULL;
    int status = msvc_pact_broker_can_i_deploy(
        broker,
        MSVC_PACT_DEPLOYMENT_QUERY(.versions = MSVC_PACT_VERSIONS({ .pacticipant = "Foo" })),
        &matrix, err);

    (void)out;
    for (size_t i = 0; i < msvc_pact_matrix_count(matrix); i++)
        assert_non_null(msvc_pact_matrix_row(matrix, i)->consumer);
    msvc_pact_matrix_free(matrix);
    return status;
}

static const struct {
    const char *name;
    verb_fn *verb;
} verbs[] = {
    { "participants", participants },
    { "participant", participant },
    { "put_participant", put_participant },
    { "branches", branches },
    { "version", version },
    { "environments", environments },
    { "environment", environment },
    { "deploy", deploy },
    { "release", release },
    { "undeploy", undeploy },
    { "end_support", end_support },
    { "webhooks", webhooks },
    { "webhook", webhook },
    { "test_webhook", test_webhook },
    { "put_webhook", put_webhook },
    { "pact", pact },
    { "latest_pacts", latest_pacts },
    { "publish", publish },
    { "fetch", fetch },
    { "matrix", ask_matrix },
};

/* Which verb a file is the answer to: that one must take it. */
static const struct {
    const char *file;
    verb_fn *verb;
    int status;
} meant_for[] = {
    { "pacticipants_pacticipant_get", participant, 0 },
    { "pacticipants_pacticipant_put", put_participant, 0 },
    { "pacticipants_pacticipant_patch", put_participant, 0 },
    { "executing_a_saved_webhook_post", put_webhook, 0 },
    { "executing_an_unsaved_webhook_post", put_webhook, 0 },
    { "webhooks_webhook_get", test_webhook, 0 }, /* which follows its link */
    { "webhooks_webhook_put", put_webhook, 0 },
    { "webhooks_webhooks_post", put_webhook, 0 },
    { "_webhooks_get", webhooks, 0 },
    { "webhooks_status_get", webhooks, 0 },
    { "webhooks_for_", webhooks, 0 },
    { "_spec.approved", ask_matrix, 0 },
    { "matrix_full_body", ask_matrix, 0 },
    { "pacticipant_branches", participants, 0 },
    { "publish_contract_with_validation_error", publish, MSVC_ERR_REFUSED },
    { "publish_contract", publish, 0 },
};

static void must_take(const char *path, struct msvc_pact_broker *broker)
{
    for (size_t i = 0; i < sizeof(meant_for) / sizeof(meant_for[0]); i++) {
        struct msvc_pact_broker_reply *reply = NULL;
        struct msvc_error err = { .message = "" };
        int status;

        if (strstr(path, meant_for[i].file) == NULL || strstr(path, "_options") != NULL)
            continue;
        status = meant_for[i].verb(broker, &reply, &err);
        if (status != meant_for[i].status)
            print_message("# %s\n", err.message);
        assert_int_equal(status, meant_for[i].status);
        msvc_pact_broker_reply_free(reply);
        return;
    }
}

static void is_taken_by_every_verb(void **state)
{
    const char *path = *state;
    struct scripted script;
    struct recorded r;

    load(&r, path);
    scripted_init(&script, r.status, r.body.data != NULL ? r.body.data : "");
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        struct msvc_pact_broker *broker = NULL;
        struct msvc_pact_broker_reply *reply = NULL;
        struct msvc_error err = { .message = "" };
        int status;

        assert_int_equal(msvc_pact_broker_new(&broker, &script.transport, NULL, NULL), 0);
        status = verbs[i].verb(broker, &reply, &err);
        assert_true(status == 0 || err.message[0] != '\0');
        msvc_pact_broker_reply_free(reply);
        if (i == 0)
            must_take(path, broker);
        msvc_pact_broker_free(broker);
    }
    unload(&r);
}

/* The same bodies as the index. */
static void is_taken_as_the_index(void **state)
{
    struct scripted script;
    struct recorded r;

    load(&r, *state);
    scripted_init(&script, 200, "{}");
    script.index = r.body.data != NULL ? r.body.data : "";
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        struct msvc_pact_broker *broker = NULL;
        struct msvc_pact_broker_reply *reply = NULL;
        struct msvc_error err = { .message = "" };

        assert_int_equal(msvc_pact_broker_new(&broker, &script.transport, NULL, NULL), 0);
        assert_true(verbs[i].verb(broker, &reply, &err) == 0 || err.message[0] != '\0');
        msvc_pact_broker_reply_free(reply);
        msvc_pact_broker_free(broker);
    }
    unload(&r);
}

static int is_reply(const struct dirent *entry)
{
    return strstr(entry->d_name, ".json") != NULL;
}

static void add(const char *folder, const char *name)
{
    static char paths[FILES_MAX][512];
    char *path = paths[count / 2];

    (void)snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    tests[count++] = (struct CMUnitTest){ .name = strrchr(path, '/') + 1,
                                          .test_func = is_taken_by_every_verb,
                                          .initial_state = path };
    tests[count++] = (struct CMUnitTest){ .name = strrchr(path, '/') + 1,
                                          .test_func = is_taken_as_the_index,
                                          .initial_state = path };
}

int main(int argc, char **argv)
{
    struct dirent **entries = NULL;
    int found = argc > 1 ? scandir(argv[1], &entries, is_reply, alphasort) : 0;

    for (int i = 0; i < found; i++) {
        if (count + 2 <= FILES_MAX)
            add(argv[1], entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    if (count == 0) {
        puts("1..0 # SKIP no replies of a broker in the folder named");
        return getenv("CI") != NULL && strcmp(getenv("CI"), "true") == 0 ? 1 : 0;
    }
    return _cmocka_run_group_tests("broker replies", tests, count, NULL, NULL);
}
