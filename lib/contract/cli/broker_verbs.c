/* SPDX-License-Identifier: MIT */
/* The small commands of a broker: one row each. */
#include <stdio.h>
#include <string.h>

#include <msvc/contract_broker_admin.h>
#include <msvc/contract_webhook.h>
#include <msvc/error.h>
#include <msvc/header.h>

#include "contract/cli/broker_internal.h"
#include "contract/cli/command_internal.h"

#define LIST_MAX 16

/* What options say, each meaning the same everywhere. */
struct fields {
    const char *pacticipant, *version, *branch, *tag;
    const char *environment, *instance;
    const char *name, *display_name, *main_branch, *repository_url;
    const char *contact_name, *contact_email;
    const char *consumer, *provider;
    const char *uuid, *description, *url, *method, *body, *user, *password;
    bool is_production;
    struct msvc_header headers[LIST_MAX + 1];
    size_t header_count;
    const char *events[LIST_MAX + 1];
    size_t event_count;
};

enum {
    PACTICIPANT = 256,
    VERSION,
    BRANCH,
    TAG,
    ENVIRONMENT,
    INSTANCE,
    NAME,
    DISPLAY_NAME,
    MAIN_BRANCH,
    REPOSITORY,
    PRODUCTION,
    CONTACT_NAME,
    CONTACT_EMAIL,
    CONSUMER,
    PROVIDER,
    UUID,
    DESCRIPTION,
    URL,
    METHOD,
    HEADER,
    BODY,
    USER,
    PASSWORD,
    EVENT,
    HELP,
};

static const struct option options[] = {
    CLI_BROKER_ROWS,
    CLI_BROKER_MORE_ROWS,
    { "pacticipant", required_argument, NULL, PACTICIPANT },
    { "version", required_argument, NULL, VERSION },
    { "branch", required_argument, NULL, BRANCH },
    { "tag", required_argument, NULL, TAG },
    { "environment", required_argument, NULL, ENVIRONMENT },
    { "application-instance", required_argument, NULL, INSTANCE },
    { "name", required_argument, NULL, NAME },
    { "display-name", required_argument, NULL, DISPLAY_NAME },
    { "main-branch", required_argument, NULL, MAIN_BRANCH },
    { "repository-url", required_argument, NULL, REPOSITORY },
    { "production", no_argument, NULL, PRODUCTION },
    { "contact-name", required_argument, NULL, CONTACT_NAME },
    { "contact-email-address", required_argument, NULL, CONTACT_EMAIL },
    { "consumer", required_argument, NULL, CONSUMER },
    { "provider", required_argument, NULL, PROVIDER },
    { "uuid", required_argument, NULL, UUID },
    { "description", required_argument, NULL, DESCRIPTION },
    { "url", required_argument, NULL, URL },
    { "request", required_argument, NULL, METHOD },
    { "header", required_argument, NULL, HEADER },
    { "data", required_argument, NULL, BODY },
    { "user", required_argument, NULL, USER },
    { "event", required_argument, NULL, EVENT },
    { "help", no_argument, NULL, HELP },
    { NULL, 0, NULL, 0 },
};

typedef int verb_fn(struct msvc_pact_broker *broker, const struct fields *f,
                    struct msvc_pact_broker_reply **out, struct msvc_error *err);

#define VERB(name)                                                           \
    static int name(struct msvc_pact_broker *broker, const struct fields *f, \
                    struct msvc_pact_broker_reply **out, struct msvc_error *err)

static int record(struct msvc_pact_broker *broker, enum msvc_pact_record what,
                  const struct fields *f, struct msvc_pact_broker_reply **out,
                  struct msvc_error *err)
{
    return msvc_pact_broker_record(
        broker, what,
        MSVC_PACT_DEPLOYMENT(.pacticipant = f->pacticipant, .version = f->version,
                             .environment = f->environment, .instance = f->instance),
        out, err);
}

VERB(deployment)
{
    return record(broker, MSVC_PACT_DEPLOYED, f, out, err);
}

VERB(undeployment)
{
    return record(broker, MSVC_PACT_UNDEPLOYED, f, out, err);
}

VERB(release)
{
    return record(broker, MSVC_PACT_RELEASED, f, out, err);
}

VERB(support_ended)
{
    return record(broker, MSVC_PACT_SUPPORT_ENDED, f, out, err);
}

VERB(list_environments)
{
    (void)f;
    return msvc_pact_broker_environments(broker, out, err);
}

VERB(describe_environment)
{
    return msvc_pact_broker_environment(broker, f->name, out, err);
}

#define ENVIRONMENT_OF(f)                                                                         \
    MSVC_PACT_ENVIRONMENT(.name = (f)->name, .display_name = (f)->display_name,                   \
                          .contact_name = (f)->contact_name, .contact_email = (f)->contact_email, \
                          .is_production = (f)->is_production)

VERB(create_environment)
{
    return msvc_pact_broker_create_environment(broker, ENVIRONMENT_OF(f), out, err);
}

VERB(update_environment)
{
    return msvc_pact_broker_update_environment(broker, ENVIRONMENT_OF(f), out, err);
}

VERB(delete_environment)
{
    return msvc_pact_broker_delete_environment(broker, f->name, out, err);
}

VERB(list_pacticipants)
{
    (void)f;
    return msvc_pact_broker_participants(broker, out, err);
}

VERB(describe_pacticipant)
{
    return msvc_pact_broker_participant(broker, f->name, out, err);
}

VERB(put_pacticipant)
{
    return msvc_pact_broker_put_participant(
        broker,
        MSVC_PACT_PARTICIPANT(.name = f->name, .display_name = f->display_name,
                              .main_branch = f->main_branch, .repository_url = f->repository_url),
        out, err);
}

VERB(delete_pacticipant)
{
    return msvc_pact_broker_delete_participant(broker, f->name, out, err);
}

VERB(describe_version)
{
    return msvc_pact_broker_version(broker, f->pacticipant, f->version, f->tag, out, err);
}

VERB(list_branches)
{
    return msvc_pact_broker_branches(broker, f->pacticipant, out, err);
}

VERB(add_to_branch)
{
    return msvc_pact_broker_add_to_branch(broker, f->pacticipant, f->branch, f->version, out, err);
}

VERB(delete_branch)
{
    return msvc_pact_broker_delete_branch(broker, f->pacticipant, f->branch, out, err);
}

VERB(create_tag)
{
    return msvc_pact_broker_tag(broker, f->pacticipant, f->version, f->tag, out, err);
}

VERB(delete_tag)
{
    return msvc_pact_broker_delete_tag(broker, f->pacticipant, f->version, f->tag, out, err);
}

VERB(list_pacts)
{
    return msvc_pact_broker_latest_pacts(broker, f->provider, f->tag, out, err);
}

VERB(get_pact)
{
    return msvc_pact_broker_pact(broker, f->consumer, f->provider, f->version, f->tag, out, err);
}

VERB(list_webhooks)
{
    (void)f;
    return msvc_pact_broker_webhooks(broker, out, err);
}

VERB(describe_webhook)
{
    return msvc_pact_broker_webhook(broker, f->uuid, out, err);
}

VERB(put_webhook)
{
    return msvc_pact_broker_put_webhook(
        broker,
        MSVC_PACT_WEBHOOK(.uuid = f->uuid, .description = f->description,
                          .events = f->event_count > 0
                                        ? f->events
                                        : MSVC_PACT_NAMES("contract_content_changed"),
                          .url = f->url, .method = f->method,
                          .headers = f->header_count > 0 ? f->headers : NULL, .body = f->body,
                          .username = f->user, .password = f->password, .consumer = f->consumer,
                          .provider = f->provider),
        out, err);
}

VERB(delete_webhook)
{
    return msvc_pact_broker_delete_webhook(broker, f->uuid, out, err);
}

VERB(test_webhook)
{
    return msvc_pact_broker_test_webhook(broker, f->uuid, out, err);
}

/* Options in order; those in brackets may be left out. */
static const struct verb {
    const char *name;
    verb_fn *run;
    const char *usage;
} verbs[] = {
#define DEPLOYMENT "--pacticipant NAME --version V --environment NAME"
    { "record-deployment", deployment, DEPLOYMENT " [--application-instance NAME]" },
    { "record-undeployment", undeployment,
      "--pacticipant NAME --environment NAME [--version V] [--application-instance NAME]" },
    { "record-release", release, DEPLOYMENT },
    { "record-support-ended", support_ended, DEPLOYMENT },
#define ENVIRONMENT_USAGE                                                     \
    "--name NAME [--display-name TEXT] [--production] [--contact-name TEXT] " \
    "[--contact-email-address TEXT]"
    { "list-environments", list_environments, "" },
    { "describe-environment", describe_environment, "--name NAME" },
    { "create-environment", create_environment, ENVIRONMENT_USAGE },
    { "update-environment", update_environment, ENVIRONMENT_USAGE },
    { "delete-environment", delete_environment, "--name NAME" },
    { "list-pacticipants", list_pacticipants, "" },
    { "describe-pacticipant", describe_pacticipant, "--name NAME" },
    { "create-or-update-pacticipant", put_pacticipant,
      "--name NAME [--display-name TEXT] [--main-branch BRANCH] [--repository-url URL]" },
    { "delete-pacticipant", delete_pacticipant, "--name NAME" },
    { "describe-version", describe_version, "--pacticipant NAME [--version V] [--tag TAG]" },
    { "list-branches", list_branches, "--pacticipant NAME" },
    { "create-or-update-version", add_to_branch, "--pacticipant NAME --version V --branch BRANCH" },
    { "delete-branch", delete_branch, "--pacticipant NAME --branch BRANCH" },
    { "create-version-tag", create_tag, "--pacticipant NAME --version V --tag TAG" },
    { "delete-version-tag", delete_tag, "--pacticipant NAME --version V --tag TAG" },
    { "list-latest-pact-versions", list_pacts, "[--provider NAME] [--tag TAG]" },
    { "get-pact", get_pact, "--consumer NAME --provider NAME [--version V] [--tag TAG]" },
    { "list-webhooks", list_webhooks, "" },
    { "describe-webhook", describe_webhook, "--uuid ID" },
    { "create-or-update-webhook", put_webhook,
      "--url URL [--uuid ID] [--description TEXT] [--event NAME…] [--request METHOD] "
      "[--header 'N: V'…] [--data TEXT] [--user USER:PASSWORD] [--consumer NAME] "
      "[--provider NAME]" },
    { "delete-webhook", delete_webhook, "--uuid ID" },
    { "test-webhook", test_webhook, "--uuid ID" },
};

static const char **text_of(struct fields *f, int option)
{
    const char **const texts[] = {
        &f->pacticipant,
        &f->version,
        &f->branch,
        &f->tag,
        &f->environment,
        &f->instance,
        &f->name,
        &f->display_name,
        &f->main_branch,
        &f->repository_url,
        NULL,
        &f->contact_name,
        &f->contact_email,
        &f->consumer,
        &f->provider,
        &f->uuid,
        &f->description,
        &f->url,
        &f->method,
        NULL,
        &f->body,
    };

    return option >= PACTICIPANT && option <= BODY ? texts[option - PACTICIPANT] : NULL;
}

static bool add_header(struct fields *f, char *text)
{
    char *colon = strchr(text, ':');

    if (colon == NULL || colon == text || f->header_count == LIST_MAX)
        return false;
    *colon = '\0';
    f->headers[f->header_count++] =
        (struct msvc_header){ text, colon + 1 + strspn(colon + 1, " \t") };
    return true;
}

static bool set_user(struct fields *f, char *text)
{
    char *colon = strchr(text, ':');

    if (colon == NULL)
        return false;
    *colon = '\0';
    f->user = text;
    f->password = colon + 1;
    return true;
}

static bool take_formed(struct fields *f, int option, char *value)
{
    switch (option) {
    case PRODUCTION:
        return f->is_production = true;
    case HEADER:
        return add_header(f, value);
    case USER:
        return set_user(f, value);
    case EVENT:
        if (f->event_count == LIST_MAX)
            return false;
        f->events[f->event_count++] = value;
        return true;
    default:
        return false;
    }
}

/* Whether the verb's usage has the option. */
static bool knows(const struct verb *verb, const char *option)
{
    size_t length = strlen(option);

    for (const char *at = strstr(verb->usage, "--"); at != NULL; at = strstr(at + 2, "--")) {
        if (strncmp(at + 2, option, length) == 0 && strchr(" ]", at[2 + length]) != NULL)
            return true;
    }
    return false;
}

/* Returns -1 to go on, or what to exit with. */
static int take(struct cli_broker *b, struct fields *f, const struct verb *verb, int option,
                int index, char *value)
{
    int code = cli_broker_take(b, option, value);
    const char **text = text_of(f, option);

    if (code != -2)
        return code;
    if (option == HELP) {
        printf("usage: msvc-verify %s %s\n" CLI_BROKER_HELP CLI_BROKER_MORE_HELP, verb->name,
               verb->usage);
        return CLI_OK;
    }
    if (option == '?')
        return cli_usage(verb->name, "expected an option that is known, with its value");
    if (!knows(verb, options[index].name))
        return cli_usage(verb->name, "%s does not take --%s", verb->name, options[index].name);
    if (text != NULL) {
        *text = value;
        return -1;
    }
    return take_formed(f, option, value)
               ? -1
               : cli_usage(verb->name, "--%s cannot be \"%s\"", options[index].name, value);
}

/* The first option of the usage that is not in brackets and was not given; NULL when all were. */
static const char *missing(const struct verb *verb, struct fields *f)
{
    static char name[32];

    for (const char *at = verb->usage; strncmp(at, "--", 2) == 0;) {
        size_t length = strcspn(at + 2, " ");

        (void)snprintf(name, sizeof(name), "%.*s", (int)length, at + 2);
        for (const struct option *o = options; o->name != NULL; o++) {
            const char **text = text_of(f, o->val);

            if (strcmp(o->name, name) == 0 && text != NULL && *text == NULL)
                return name;
        }
        at += 2 + length;
        at += strcspn(at, "-["); /* past the value */
    }
    return NULL;
}

static const struct verb *find(const char *name)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    }
    return NULL;
}

static int read_arguments(struct cli_broker *b, struct fields *f, const struct verb *verb, int argc,
                          char **argv)
{
    int index = 0;
    int option;

    while ((option = getopt_long(argc, argv, "", options, &index)) != -1) {
        int code = take(b, f, verb, option, index, optarg);

        if (code >= 0)
            return code;
    }
    if (optind < argc)
        return cli_usage(verb->name, "expected options, found \"%s\"", argv[optind]);
    return missing(verb, f) != NULL ? cli_usage(verb->name, "expected --%s", missing(verb, f)) : -1;
}

int cli_broker_verb(int argc, char **argv)
{
    const struct verb *verb = find(argv[0]);
    struct cli_broker b = { .url = NULL };
    struct fields f = { .name = NULL };
    struct msvc_pact_broker_reply *reply = NULL;
    struct msvc_error err;
    int code;

    if (verb == NULL)
        return cli_usage("", "no command named \"%s\"", argv[0]);
    code = read_arguments(&b, &f, verb, argc, argv);
    if (code < 0)
        code = cli_broker_open(&b, verb->name);
    if (code == CLI_OK && b.broker != NULL) {
        int status = verb->run(b.broker, &f, &reply, &err);

        code = cli_broker_show(&b, status, reply, &err);
    }
    cli_broker_clear(&b);
    return code;
}
