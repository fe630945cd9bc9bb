/* SPDX-License-Identifier: MIT */
/*
 * The client of a broker as the consumer of the pact that the makers of Pact
 * keep between their own client and their broker: each verb against a mock of
 * the interactions that it needs.
 *
 *     test_broker_pact PACT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/contract.h>
#include <msvc/contract_broker.h>
#include <msvc/contract_broker_admin.h>
#include <msvc/contract_deploy.h>
#include <msvc/contract_mock.h>
#include <msvc/contract_webhook.h>
#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "contract/canonical_internal.h"
#include "contract/pact_internal.h"

#include "broker_support.h"
#include "test.h"

#define INTERACTIONS_MAX 256
#define SHA              "5556b8149bf8bac76bc30f50a8a2dd4c22c85f30"

static struct msvc_json_document *pact;
static bool is_covered[INTERACTIONS_MAX];

/* A question to the matrix and its answer. */
struct ask {
    enum msvc_pact_deployable answer;
    struct msvc_pact_deployment_query query;
};

typedef int verb_fn(struct msvc_pact_broker *broker, struct msvc_pact_broker_reply **out,
                    struct msvc_error *err);

/* Part of a description and part of its provider state; NULL: has none. */
struct wanted {
    const char *description;
    const char *state;
};

struct example {
    const char *name;
    verb_fn *verb;
    int status;
    struct wanted interactions[5]; /* that are used, and no others */
    const char *more;              /* others that are needed, made here: JSON after a comma */
    const struct ask *ask;         /* instead of a verb */
};

static int ask_matrix(struct msvc_pact_broker *broker, const struct ask *ask,
                      struct msvc_error *err)
{
    struct msvc_pact_matrix *matrix = NULL;
    int status = msvc_pact_broker_can_i_deploy(broker, &ask->query, &matrix, err);

    if (status == 0)
        assert_int_equal(msvc_pact_matrix_answer(matrix), ask->answer);
    msvc_pact_matrix_free(matrix);
    return status;
}

#define QUERY(name, wanted, ...)                                                               \
    static const struct ask name = {                                                           \
        MSVC_PACT_##wanted, { .size = sizeof(struct msvc_pact_deployment_query), __VA_ARGS__ } \
    }

#define VERB(name)                                                                        \
    static int name(struct msvc_pact_broker *broker, struct msvc_pact_broker_reply **out, \
                    struct msvc_error *err)

#define FOO_AND_BAR(foo, bar)                                                \
    .versions = MSVC_PACT_VERSIONS({ .pacticipant = "Foo", .version = foo }, \
                                   { .pacticipant = "Bar", .version = bar })

QUERY(bar_with_prod_foo, DEPLOYABLE,
      .versions = MSVC_PACT_VERSIONS({ .pacticipant = "Bar", .version = "4.5.6" },
                                     { .pacticipant = "Foo", .tag = "prod" }),
      .ignored = MSVC_PACT_VERSIONS({ .pacticipant = "Foo", .version = "3.4.5" }));
QUERY(foo_and_bar, DEPLOYABLE, FOO_AND_BAR("1.2.3", "4.5.6"));
QUERY(foo_thing_and_bar, DEPLOYABLE,
      .versions = MSVC_PACT_VERSIONS({ .pacticipant = "Foo Thing", .version = "1.2.3" },
                                     { .pacticipant = "Bar", .version = "4.5.6" }));
QUERY(only_foo, DEPLOYABLE,
      .versions = MSVC_PACT_VERSIONS({ .pacticipant = "Foo", .version = "1.2.3" }));
QUERY(a_version_that_is_not_there, UNKNOWN, FOO_AND_BAR("1.2.3", "9.9.9"));
QUERY(a_participant_that_is_not_there, UNKNOWN,
      .versions = MSVC_PACT_VERSIONS({ .pacticipant = "Wiffle", .version = "1.2.3" },
                                     { .pacticipant = "Meep", .version = "9.9.9" }));
QUERY(all_versions, UNKNOWN, FOO_AND_BAR(NULL, NULL));
QUERY(all_successes, DEPLOYABLE, FOO_AND_BAR(NULL, NULL), .only_successes = true);
QUERY(latest_prod_bar, DEPLOYABLE,
      .versions = MSVC_PACT_VERSIONS({ .pacticipant = "Foo", .version = "1.2.3" },
                                     { .pacticipant = "Bar", .is_latest = true, .tag = "prod" }));
QUERY(latest_bar, DEPLOYABLE,
      .versions = MSVC_PACT_VERSIONS({ .pacticipant = "Foo", .version = "1.2.4" },
                                     { .pacticipant = "Bar", .is_latest = true }));
QUERY(to_prod, UNKNOWN, .to_tag = "prod",
      .versions = MSVC_PACT_VERSIONS({ .pacticipant = "Foo", .version = "1.2.3" }));
VERB(delete_branch)
{
    return msvc_pact_broker_delete_branch(broker, "Foo", "main", out, err);
}

VERB(list_latest_pacts)
{
    return msvc_pact_broker_latest_pacts(broker, NULL, NULL, out, err);
}

VERB(list_participants)
{
    return msvc_pact_broker_participants(broker, out, err);
}

VERB(get_pricing_service)
{
    return msvc_pact_broker_participant(broker, "Pricing Service", out, err);
}

VERB(prod_pacts_of_provider)
{
    return msvc_pact_broker_latest_pacts(broker, "Pricing Service", "prod", out, err);
}

VERB(pacts_of_provider)
{
    return msvc_pact_broker_latest_pacts(broker, "Pricing Service", NULL, out, err);
}

VERB(pact_of_a_version)
{
    return msvc_pact_broker_pact(broker, "Condor", "Pricing Service", "1.3.0", NULL, out, err);
}

VERB(latest_pact)
{
    return msvc_pact_broker_pact(broker, "Condor", "Pricing Service", NULL, NULL, out, err);
}

VERB(prod_pact)
{
    return msvc_pact_broker_pact(broker, "Condor", "Pricing Service", NULL, "prod", out, err);
}

VERB(tag_condor)
{
    return msvc_pact_broker_tag(broker, "Condor", "1.3.0", "prod", out, err);
}

VERB(latest_version)
{
    return msvc_pact_broker_version(broker, "Condor", NULL, NULL, out, err);
}

VERB(latest_production_version)
{
    return msvc_pact_broker_version(broker, "Condor", NULL, "production", out, err);
}

VERB(put_foo)
{
    return msvc_pact_broker_put_participant(
        broker, MSVC_PACT_PARTICIPANT(.name = "Foo", .repository_url = "http://foo"), out, err);
}

VERB(deploy_to_test)
{
    return msvc_pact_broker_record(broker, MSVC_PACT_DEPLOYED,
                                   MSVC_PACT_DEPLOYMENT(.pacticipant = "Foo", .version = SHA,
                                                        .environment = "test", .instance = "blue"),
                                   out, err);
}

VERB(release_to_test)
{
    return msvc_pact_broker_record(
        broker, MSVC_PACT_RELEASED,
        MSVC_PACT_DEPLOYMENT(.pacticipant = "Foo", .version = SHA, .environment = "test"), out,
        err);
}

VERB(undeploy_from_test)
{
    return msvc_pact_broker_record(
        broker, MSVC_PACT_UNDEPLOYED,
        MSVC_PACT_DEPLOYMENT(.pacticipant = "Foo", .environment = "test", .instance = "customer-1"),
        out, err);
}

#define A_WEBHOOK                                                                      \
    .description = "a webhook", .events = MSVC_PACT_NAMES("contract_content_changed"), \
    .url = "https://webhook", .username = "username", .password = "password",          \
    .headers = (const struct msvc_header[])                                            \
    {                                                                                  \
        { "Foo", "bar" }, { "Bar", "foo" },                                            \
        {                                                                              \
            NULL, NULL                                                                 \
        }                                                                              \
    }
#define JSON_WEBHOOK A_WEBHOOK, .body = "{\"some\":\"body\"}"
#define WEBHOOK(name, ...)                                                                     \
    VERB(name)                                                                                 \
    {                                                                                          \
        return msvc_pact_broker_put_webhook(broker, MSVC_PACT_WEBHOOK(__VA_ARGS__), out, err); \
    }

WEBHOOK(hook_of_a_pair, JSON_WEBHOOK, .consumer = "Condor", .provider = "Pricing Service")
WEBHOOK(
    hook_of_every_event, .description = "a webhook", .url = "https://webhook",
    .username = "username", .password = "password", .body = "{\"some\":\"body\"}",
    .headers = (const struct msvc_header[]){ { "Foo", "bar" }, { "Bar", "foo" }, { NULL, NULL } },
    .events = MSVC_PACT_NAMES("contract_content_changed", "contract_published",
                              "provider_verification_published", "provider_verification_succeeded",
                              "provider_verification_failed"),
    .consumer = "Condor", .provider = "Pricing Service")
WEBHOOK(hook_with_text, A_WEBHOOK, .body = "<xml></xml>", .consumer = "Condor",
        .provider = "Pricing Service")
WEBHOOK(
    hook_without_url, .description = "a webhook", .username = "username", .password = "password",
    .body = "{\"some\":\"body\"}", .events = MSVC_PACT_NAMES("contract_content_changed"),
    .headers = (const struct msvc_header[]){ { "Foo", "bar" }, { "Bar", "foo" }, { NULL, NULL } },
    .consumer = "Condor", .provider = "Pricing Service")
WEBHOOK(hook_of_consumer, JSON_WEBHOOK, .consumer = "Condor")
WEBHOOK(hook_of_consumer_label, JSON_WEBHOOK, .consumer_label = "consumer_label")
WEBHOOK(hook_of_provider, JSON_WEBHOOK, .provider = "Pricing Service")
WEBHOOK(hook_of_provider_label, JSON_WEBHOOK, .provider_label = "provider_label")
WEBHOOK(hook_of_all, JSON_WEBHOOK, .provider = NULL)
WEBHOOK(hook_with_uuid, JSON_WEBHOOK, .uuid = "696c5f93-1b7f-44bc-8d03-59440fcaa9a0",
        .consumer = "Condor", .provider = "Pricing Service")

static int publish(struct msvc_pact_broker *broker, struct msvc_pact_broker_reply **out,
                   struct msvc_error *err)
{
    static const char text[] =
        "{\"consumer\":{\"name\":\"Foo\"},\"provider\":{\"name\":\"Bar\"},\"interactions\":[{"
        "\"description\":\"an example request\",\"providerState\":\"a provider state\",\"request\":"
        "{\"method\":\"GET\",\"path\":\"/\",\"headers\":{}},\"response\":{\"status\":200,"
        "\"headers\":{\"Content-Type\":\"application/hal+json\"}}}],\"metadata\":{"
        "\"pactSpecification\":{\"version\":\"2.0.0\"}}}";
    int status = msvc_pact_broker_publish(
        broker,
        MSVC_PACT_PUBLICATION(.version = SHA, .branch = "main", .tags = MSVC_PACT_NAMES("dev"),
                              .build_url = "http://build", .merges = true,
                              .contracts = MSVC_PACT_TEXTS({ text, strlen(text) })),
        out, err);

    if (status == 0)
        assert_string_equal(msvc_pact_broker_notice(*out, 0), "some message");
    return status;
}

#define AN_ANSWER(path, body)                                                         \
    ",{\"description\":\"" path "\",\"request\":{\"method\":\"GET\",\"path\":\"" path \
    "\"},\"response\":{\"status\":200,"                                               \
    "\"body\":" body "}}"
#define FOR_FOO_1  "the pact for Foo version 1.2.3 has been "
#define BOTH_EXIST "the 'Pricing Service' and 'Condor' already exist in the pact-broker"
#define WEBHOOK_INDEX                          \
    {                                          \
        "request for the index resource", NULL \
    }

static const struct example examples[] = {
    { "deletes a branch",
      delete_branch,
      0,
      { { "index resource", "pb:pacticipant-branch" }, { "delete a pacticipant branch", "main" } },
      NULL,
      NULL },
    { "lists the latest pacts",
      list_latest_pacts,
      0,
      { { "list the latest pacts", "" } },
      NULL,
      NULL },
    { "lists participants", list_participants, 0, { { "list pacticipants", "" } }, NULL, NULL },
    { "gets a participant",
      get_pricing_service,
      0,
      { { "get the Pricing Service", "already exists" } },
      NULL,
      NULL },
    { "does not find a participant",
      get_pricing_service,
      MSVC_ERR_NOT_FOUND,
      { { "get the Pricing Service", "does not exist" } },
      NULL,
      NULL },
    { "ignores a version",
      NULL,
      0,
      { { "if Bar can be deployed", "" } },
      NULL,
      &bar_with_prod_foo },
    { "asks for two versions",
      NULL,
      0,
      { { "matrix for Foo version 1.2.3 and Bar version 4.5.6",
          FOR_FOO_1 "verified by Bar version 4.5.6" } },
      NULL,
      &foo_and_bar },
    { "encodes names",
      NULL,
      0,
      { { "matrix for Foo version 1.2.3 and Bar version 4.5.6", "Foo Thing" } },
      NULL,
      &foo_thing_and_bar },
    { "asks for one version", NULL, 0, { { "only the version of Foo", "" } }, NULL, &only_foo },
    { "takes an answer without a verdict",
      NULL,
      0,
      { { "one or more versions does not exist", "" } },
      NULL,
      &a_version_that_is_not_there },
    { "is refused a participant that is not there",
      NULL,
      MSVC_ERR_REFUSED,
      { { "a pacticipant that does not exist", NULL } },
      NULL,
      &a_participant_that_is_not_there },
    { "asks for all versions",
      NULL,
      0,
      { { "the compatibility matrix for all versions", "" } },
      NULL,
      &all_versions },
    { "asks for successes", NULL, 0, { { "the successful rows", "" } }, NULL, &all_successes },
    { "asks for the latest of a tag",
      NULL,
      0,
      { { "the latest prod version of Bar", "" } },
      NULL,
      &latest_prod_bar },
    { "asks for the latest", NULL, 0, { { "the latest version of Bar", "" } }, NULL, &latest_bar },
    { "asks for a tag of all others",
      NULL,
      0,
      { { "latest prod versions of all other", "" } },
      NULL,
      &to_prod },
    { "lists tagged pacts of a provider",
      prod_pacts_of_provider,
      0,
      { { "the latest prod pacts from all consumers", "" } },
      NULL,
      NULL },
    { "lists pacts of a provider",
      pacts_of_provider,
      0,
      { { "the latest pacts from all consumers", "" } },
      NULL,
      NULL },
    { "gets a pact of a version",
      pact_of_a_version,
      0,
      { { "a pact for a specific version", "" } },
      NULL,
      NULL },
    { "gets the latest pact",
      latest_pact,
      0,
      { { "the latest pact between Condor", "a pact between" } },
      NULL,
      NULL },
    { "does not find a pact",
      latest_pact,
      MSVC_ERR_NOT_FOUND,
      { { "the latest pact between Condor", "no pact between" } },
      NULL,
      NULL },
    { "gets a tagged pact", prod_pact, 0, { { "production verison", "" } }, NULL, NULL },
    { "tags a version",
      tag_condor,
      0,
      { { "to tag the production", "'Condor' exists in the pact-broker" } },
      NULL,
      NULL },
    { "tags a version of a new participant",
      tag_condor,
      0,
      { { "to tag the production", "does not exist" } },
      NULL,
      NULL },
    { "tags a version again",
      tag_condor,
      0,
      { { "to tag the production", "tagged with 'prod'" } },
      NULL,
      NULL },
    { "finds the latest version",
      latest_version,
      0,
      { { "index resource", "pb:latest-version" }, { "the latest version of Condor", "" } },
      NULL,
      NULL },
    { "finds the latest version of a tag",
      latest_production_version,
      0,
      { { "index resource", "pb:latest-tagged-version" }, { "latest 'production' version", "" } },
      NULL,
      NULL },
    { "creates a participant",
      put_foo,
      0,
      { { "index resource", "pacticipant relations" },
        { "to retrieve a pacticipant", NULL },
        { "to create a pacticipant", NULL } },
      NULL,
      NULL },
    { "changes a participant",
      put_foo,
      0,
      { { "index resource", "pacticipant relations" },
        { "to retrieve a pacticipant", "name Foo exists" },
        { "to update a pacticipant", "" } },
      NULL,
      NULL },
    { "publishes a pact",
      publish,
      0,
      { { "index resource", "pb:publish-contracts" }, { "to publish contracts", NULL } },
      NULL,
      NULL },
    { "records a deployment",
      deploy_to_test,
      0,
      { { "index resource", "pb:pacticipant-version and" },
        { "a pacticipant version", "a test environment available for deployment" },
        { "to record a deployment", "" } },
      NULL,
      NULL },
    { "does not find the environment in a version",
      deploy_to_test,
      MSVC_ERR_NOT_FOUND,
      { { "index resource", "pb:pacticipant-version and" },
        { "a pacticipant version", "2 environments that aren't test" },
        { "for the environments", "" } },
      NULL,
      NULL },
    { "records a release",
      release_to_test,
      0,
      { { "index resource", "pb:pacticipant-version and" },
        { "a pacticipant version", "available for release" },
        { "to record a release", "" } },
      NULL,
      NULL },
    { "records an undeployment",
      undeploy_from_test,
      0,
      { { "for an environment", "" },
        { "to list the versions deployed", "" },
        { "as not currently deploye", "" } },
      AN_ANSWER("/environments",
                "{\"_links\":{\"pb:environments\":[{\"name\":\"test\",\"href\":\"http://localhost:"
                "1234/HAL-REL-PLACEHOLDER-PB-ENVIRONMENT-16926ef3-590f-4e3f-838e-719717aa88c9\"}]}"
                "}"),
      NULL },
    { "creates a webhook of two participants",
      hook_of_a_pair,
      0,
      { { "JSON body for a consumer and provider", BOTH_EXIST } },
      NULL,
      NULL },
    { "creates a webhook of every event",
      hook_of_every_event,
      0,
      { { "every possible event", "" } },
      NULL,
      NULL },
    { "creates a webhook with a text", hook_with_text, 0, { { "non-JSON body", "" } }, NULL, NULL },
    { "is refused a webhook without URL",
      hook_without_url,
      MSVC_ERR_REFUSED,
      { { "an invalid request", "" } },
      NULL,
      NULL },
    { "does not find the participant of a webhook",
      hook_of_a_pair,
      MSVC_ERR_NOT_FOUND,
      { { "create a webhook for a consumer and provider", "does not exist" } },
      NULL,
      NULL },
    { "creates a webhook of a consumer",
      hook_of_consumer,
      0,
      { WEBHOOK_INDEX, { "with a JSON body for a consumer", BOTH_EXIST } },
      NULL,
      NULL },
    { "creates a webhook of labelled consumers",
      hook_of_consumer_label,
      0,
      { WEBHOOK_INDEX, { "a consumer specified by a label", NULL } },
      NULL,
      NULL },
    { "does not find the consumer of a webhook",
      hook_of_consumer,
      MSVC_ERR_REFUSED,
      { WEBHOOK_INDEX, { "a consumer that does not exist", NULL } },
      NULL,
      NULL },
    { "creates a webhook of a provider",
      hook_of_provider,
      0,
      { WEBHOOK_INDEX, { "with a JSON body for a provider", "" } },
      NULL,
      NULL },
    { "creates a webhook of labelled providers",
      hook_of_provider_label,
      0,
      { WEBHOOK_INDEX, { "a provider specified by a label", NULL } },
      NULL,
      NULL },
    { "creates a webhook of all",
      hook_of_all,
      0,
      { WEBHOOK_INDEX, { "a global webhook", NULL } },
      NULL,
      NULL },
    { "creates a webhook under an id",
      hook_with_uuid,
      0,
      { { "with the webhook relation", NULL }, { "JSON body and a uuid", BOTH_EXIST } },
      NULL,
      NULL },
    { "replaces a webhook",
      hook_with_uuid,
      0,
      { { "with the webhook relation", NULL }, { "to update a webhook", "696c5f93" } },
      NULL,
      NULL },
};

static const char *text_of(const struct msvc_json *object, const char *name)
{
    return msvc_json_string(msvc_json_member(object, name), NULL);
}

static bool has_suffix(const char *text, const char *end)
{
    size_t length = strlen(text);

    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

/* The description ends with the words, or has them in it; the state has its words in it. */
static bool is_wanted(const struct msvc_json *interaction, const struct wanted *w, bool at_end)
{
    const char *description = text_of(interaction, "description");
    const char *state = text_of(interaction, "providerState");

    if (at_end ? !has_suffix(description, w->description)
               : strstr(description, w->description) == NULL)
        return false;
    if (w->state == NULL || state == NULL)
        return (w->state == NULL) == (state == NULL);
    return strstr(state, w->state) != NULL;
}

static const struct msvc_json *find(const struct wanted *w, bool at_end)
{
    const struct msvc_json *list = msvc_json_member(msvc_json_root(pact), "interactions");
    size_t index = 0;

    for (const struct msvc_json *one = msvc_json_first(list); one != NULL;
         one = msvc_json_next(one), index++) {
        if (is_wanted(one, w, at_end)) {
            is_covered[index] = true;
            return one;
        }
    }
    return NULL;
}

/* The example's part of the pact, with an index where the pact leaves that out. */
static struct msvc_pact *cut(const struct example *e)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_pact *part = NULL;
    bool has_index = strstr(e->interactions[0].description, "index resource") != NULL ||
                     strstr(e->interactions[0].description, "webhook relation") != NULL;

    msvc_buffer_text(&text, "{\"consumer\":{\"name\":\"a\"},\"provider\":{\"name\":\"b\"},"
                            "\"metadata\":{\"pactSpecification\":{\"version\":\"2.0.0\"}},"
                            "\"interactions\":[");
    for (size_t i = 0; e->interactions[i].description != NULL; i++) {
        const struct msvc_json *found = find(&e->interactions[i], true);

        if (found == NULL)
            found = find(&e->interactions[i], false);
        if (found == NULL)
            fail_msg("no interaction \"%s\"", e->interactions[i].description);
        msvc_buffer_text(&text, i > 0 ? "," : "");
        assert_int_equal(msvc__canonical(&text, found), 0);
    }
    if (!has_index)
        msvc_buffer_printf(&text,
                           ",{\"description\":\"index\",\"request\":{\"method\":\"GET\",\"path\":"
                           "\"/\"},\"response\":{\"status\":200,\"body\":%s}}",
                           broker_index);
    msvc_buffer_printf(&text, "%s]}", e->more != NULL ? e->more : "");
    assert_int_equal(msvc_pact_parse(&part, text.data, text.length, NULL), 0);
    msvc_buffer_clear(&text);
    return part;
}

static void run(void **state)
{
    const struct example *e = *state;
    struct msvc_pact *part = cut(e);
    struct msvc_pact_mock *mock = NULL;
    struct msvc_http_transport *transport = NULL;
    struct msvc_pact_broker *broker = NULL;
    struct msvc_pact_broker_reply *reply = NULL;
    struct msvc_error err = { .message = "" };
    int status;

    assert_int_equal(
        msvc_pact_mock_start(&mock, part, MSVC_PACT_MOCK_OPTIONS(.has_no_listener = true), NULL),
        0);
    assert_int_equal(msvc_pact_mock_transport(&transport, mock), 0);
    assert_int_equal(msvc_pact_broker_new(&broker, transport, NULL, NULL), 0);
    status = e->ask != NULL ? ask_matrix(broker, e->ask, &err) : e->verb(broker, &reply, &err);
    if (status != e->status)
        print_message("# %s\n", err.message);
    assert_int_equal(status, e->status);
    status = msvc_pact_mock_check(mock, &err);
    if (status < 0 && strcmp(msvc_pact_mock_report(mock), "not used: \"index\"\n") != 0)
        fail_msg("%s", msvc_pact_mock_report(mock));
    msvc_pact_broker_reply_free(reply);
    msvc_pact_broker_free(broker);
    msvc_http_transport_free(transport);
    msvc_pact_mock_free(mock);
    msvc_pact_free(part);
}

/* An older spelling of a participant's repository, in requests that no broker has needed since. */
static bool is_obsolete(const struct msvc_json *interaction)
{
    return strstr(text_of(interaction, "description"), "register the repository URL") != NULL;
}

/* The last test: by now every interaction was used. */
static void every_interaction_of_the_pact_was_used(void **state)
{
    const struct msvc_json *list = msvc_json_member(msvc_json_root(pact), "interactions");
    size_t index = 0;
    size_t unused = 0;

    (void)state;
    for (const struct msvc_json *one = msvc_json_first(list); one != NULL;
         one = msvc_json_next(one), index++) {
        if (is_covered[index] || is_obsolete(one))
            continue;
        print_message("# %s (%s)\n", text_of(one, "description"), text_of(one, "providerState"));
        unused++;
    }
    assert_int_equal(unused, 0);
}

static int load(const char *path)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    int status = msvc__pact_load(&text, path, NULL);

    if (status == 0)
        status = msvc__pact_document(&pact, text.data, text.length, NULL);
    msvc_buffer_clear(&text);
    return status;
}

int main(int argc, char **argv)
{
    enum { count = sizeof(examples) / sizeof(examples[0]) };
    static struct CMUnitTest tests[count + 1];
    static struct example cases[count];
    int failed;

    if (argc < 2 || load(argv[1]) < 0) {
        puts("1..0 # SKIP no pact of a broker's client in the file named");
        return getenv("CI") != NULL && strcmp(getenv("CI"), "true") == 0 ? 1 : 0;
    }
    for (size_t i = 0; i < count; i++) {
        cases[i] = examples[i];
        tests[i] = (struct CMUnitTest){ .name = cases[i].name,
                                        .test_func = run,
                                        .initial_state = &cases[i] };
    }
    tests[count] = (struct CMUnitTest)cmocka_unit_test(every_interaction_of_the_pact_was_used);
    failed = _cmocka_run_group_tests("broker's pact", tests, count + 1, NULL, NULL);
    msvc_json_free(pact);
    return failed;
}
