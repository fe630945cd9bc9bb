/* SPDX-License-Identifier: MIT */
/* can-i-deploy: whether versions go with what is at the target. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <msvc/contract_deploy.h>
#include <msvc/error.h>

#include "contract/cli/broker_internal.h"
#include "contract/cli/command_internal.h"

#define VERSIONS_MAX 32

static const char help[] =
    "usage: msvc-verify can-i-deploy --pacticipant NAME --version V --to-environment NAME\n"
    "which versions (after each --pacticipant)\n"
    "  --version V               --branch BRANCH    --main-branch\n"
    "  --latest                  only the latest    --tag TAG\n"
    "with what\n"
    "  --to-environment NAME     what is deployed or released there\n"
    "  --to-branch BRANCH        --to-main-branch   --to TAG: the latest of the others\n"
    "  --ignore NAME[:VERSION]   its results do not count\n"
    "how\n"
    "  --retry-while-unknown N   ask again, up to N times, while results are missing\n"
    "  --retry-interval SECONDS  default 10\n"
    "  --dry-run                 say it, and exit with 0\n" CLI_BROKER_HELP CLI_BROKER_MORE_HELP;

enum {
    PACTICIPANT = 256,
    VERSION,
    BRANCH,
    MAIN_BRANCH,
    LATEST,
    TAG,
    TO_ENVIRONMENT,
    TO_BRANCH,
    TO_MAIN_BRANCH,
    TO_TAG,
    IGNORE,
    RETRY,
    INTERVAL,
    DRY_RUN,
    HELP,
};

static const struct option options[] = {
    CLI_BROKER_ROWS,
    CLI_BROKER_MORE_ROWS,
    { "pacticipant", required_argument, NULL, PACTICIPANT },
    { "version", required_argument, NULL, VERSION },
    { "branch", required_argument, NULL, BRANCH },
    { "main-branch", no_argument, NULL, MAIN_BRANCH },
    { "latest", no_argument, NULL, LATEST },
    { "tag", required_argument, NULL, TAG },
    { "to-environment", required_argument, NULL, TO_ENVIRONMENT },
    { "to-branch", required_argument, NULL, TO_BRANCH },
    { "to-main-branch", no_argument, NULL, TO_MAIN_BRANCH },
    { "to", required_argument, NULL, TO_TAG },
    { "ignore", required_argument, NULL, IGNORE },
    { "retry-while-unknown", required_argument, NULL, RETRY },
    { "retry-interval", required_argument, NULL, INTERVAL },
    { "dry-run", no_argument, NULL, DRY_RUN },
    { "help", no_argument, NULL, HELP },
    { NULL, 0, NULL, 0 },
};

struct question {
    struct cli_broker b;
    struct msvc_pact_version versions[VERSIONS_MAX + 1];
    size_t count;
    struct msvc_pact_version ignored[VERSIONS_MAX + 1];
    size_t ignored_count;
    const char *to_environment, *to_branch, *to_tag;
    bool to_main_branch;
    unsigned long tries, interval_s;
    bool is_dry;
};

/* A participant, or (NAME:VERSION) one to ignore. */
static int add(struct msvc_pact_version *list, size_t *count, char *name)
{
    if (*count == VERSIONS_MAX)
        return cli_usage("can-i-deploy", "expected at most %d participants", VERSIONS_MAX);
    list[(*count)++].pacticipant = name;
    return -1;
}

static int add_ignored(struct question *q, char *text)
{
    char *colon = strchr(text, ':');
    int code = add(q->ignored, &q->ignored_count, text);

    if (code < 0 && colon != NULL) {
        *colon = '\0';
        q->ignored[q->ignored_count - 1].version = colon + 1;
    }
    return code;
}

/* Those that belong to the participant before them. */
static int take_version(struct question *q, int option, const char *value)
{
    struct msvc_pact_version *last = q->count > 0 ? &q->versions[q->count - 1] : NULL;

    if (last == NULL)
        return cli_usage("can-i-deploy", "expected --pacticipant first");
    if (option == VERSION)
        last->version = value;
    else if (option == BRANCH)
        last->branch = value;
    else if (option == TAG)
        last->tag = value;
    else if (option == LATEST)
        last->is_latest = true;
    else
        last->is_main_branch = last->is_latest = true;
    return -1;
}

static int take_how(struct question *q, int option, char *value)
{
    switch (option) {
    case RETRY:
        return cli_number(&q->tries, value, 0, 10000)
                   ? -1
                   : cli_usage("can-i-deploy", "expected 0 to 10000, found \"%s\"", value);
    case INTERVAL:
        return cli_number(&q->interval_s, value, 0, 3600)
                   ? -1
                   : cli_usage("can-i-deploy", "expected seconds, found \"%s\"", value);
    case DRY_RUN:
        q->is_dry = true;
        return -1;
    case HELP:
        fputs(help, stdout);
        return CLI_OK;
    default:
        return cli_usage("can-i-deploy", "expected an option that is known, with its value");
    }
}

/* Returns -1 to go on, or what to exit with. */
static int take(struct question *q, int option, char *value)
{
    int code = cli_broker_take(&q->b, option, value);

    if (code != -2)
        return code;
    switch (option) {
    case PACTICIPANT:
        return add(q->versions, &q->count, value);
    case IGNORE:
        return add_ignored(q, value);
    case TO_ENVIRONMENT:
        q->to_environment = value;
        return -1;
    case TO_BRANCH:
        q->to_branch = value;
        return -1;
    case TO_TAG:
        q->to_tag = value;
        return -1;
    case TO_MAIN_BRANCH:
        q->to_main_branch = true;
        return -1;
    default:
        return option >= VERSION && option <= TAG ? take_version(q, option, value)
                                                  : take_how(q, option, value);
    }
}

static int read_arguments(struct question *q, int argc, char **argv)
{
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        int code = take(q, option, optarg);

        if (code >= 0)
            return code;
    }
    if (optind < argc)
        return cli_usage("can-i-deploy", "expected options, found \"%s\"", argv[optind]);
    return q->count > 0 ? -1 : cli_usage("can-i-deploy", "expected --pacticipant");
}

static void show_row(const struct msvc_pact_matrix_row *row)
{
    static const char *const words[] = { "?", "yes", "no" };

    printf("  %-3s  %s %s  <->  %s %s%s\n", words[row->result], row->consumer,
           row->consumer_version, row->provider, row->provider_version,
           row->is_ignored ? "  (ignored)" : "");
}

static void show(const struct question *q, const struct msvc_pact_matrix *matrix)
{
    static const char *const words[] = { "unknown", "yes", "no" };

    if (q->b.is_json) {
        printf("%s\n", msvc_pact_broker_reply_json(msvc_pact_matrix_reply(matrix)));
        return;
    }
    for (size_t i = 0; i < msvc_pact_matrix_count(matrix); i++)
        show_row(msvc_pact_matrix_row(matrix, i));
    printf("%s: %s\n", words[msvc_pact_matrix_answer(matrix)], msvc_pact_matrix_reason(matrix));
}

static int ask_once(const struct question *q, struct msvc_pact_matrix **out, struct msvc_error *err)
{
    return msvc_pact_broker_can_i_deploy(
        q->b.broker,
        MSVC_PACT_DEPLOYMENT_QUERY(.versions = q->versions, .to_environment = q->to_environment,
                                   .to_branch = q->to_branch, .to_tag = q->to_tag,
                                   .to_main_branch = q->to_main_branch,
                                   .ignored = q->ignored_count > 0 ? q->ignored : NULL),
        out, err);
}

static int ask(struct question *q)
{
    struct msvc_pact_matrix *matrix = NULL;
    struct msvc_error err;
    int code;

    if (ask_once(q, &matrix, &err) < 0)
        return cli_broker_fail(&err);
    while (msvc_pact_matrix_answer(matrix) == MSVC_PACT_UNKNOWN && q->tries > 0) {
        q->tries--;
        msvc_pact_matrix_free(matrix);
        matrix = NULL;
        (void)nanosleep(&(struct timespec){ .tv_sec = (time_t)q->interval_s }, NULL);
        if (ask_once(q, &matrix, &err) < 0)
            return cli_broker_fail(&err);
    }
    show(q, matrix);
    code = msvc_pact_matrix_answer(matrix) == MSVC_PACT_DEPLOYABLE || q->is_dry ? CLI_OK
                                                                                : CLI_MISMATCH;
    msvc_pact_matrix_free(matrix);
    return code;
}

int cli_can_i_deploy(int argc, char **argv)
{
    struct question q = { .interval_s = 10 };
    int code = read_arguments(&q, argc, argv);

    if (code < 0)
        code = cli_broker_open(&q.b, "can-i-deploy");
    if (code == CLI_OK && q.b.broker != NULL)
        code = ask(&q);
    cli_broker_clear(&q.b);
    return code;
}
