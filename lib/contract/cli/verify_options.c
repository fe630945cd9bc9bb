/* SPDX-License-Identifier: MIT */
/* The arguments of verify. */
#include "contract/cli/verify_internal.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "contract/cli/command_internal.h"

#define TIMEOUT_MS 10000

static const char help[] =
    "usage: msvc-verify [verify] --provider-url URL [option…] [PACT…]\n"
    "Sends every request of the pacts to the provider and compares the answers. PACT is\n"
    "a file, a folder of *.json, or a URL.\n"
    "\n"
    "provider\n"
    "  --provider-url URL        where it is, http:// or https://\n"
    "  --header 'N: V'           send this header instead of the pact's; may be repeated\n"
    "  --timeout MS              for each answer and hook, default 10000\n"
    "  --cacert FILE             trust these authorities (PEM)\n"
    "  --cert FILE --key FILE    show this certificate (PEM)\n"
    "  --insecure                trust any certificate\n"
    "  --message-url URL         POST {description, providerStates} there for messages,\n"
    "                            default the provider's URL\n"
    "provider states\n"
    "  --state-url URL           POST {action, params, state} there before a request\n"
    "  --state-exec COMMAND      run it with sh instead; the same on its standard input\n"
    "  --state-teardown          after it too, with the action \"teardown\"\n" CLI_FETCH_HELP
    "which interactions (regexes, found anywhere)\n"
    "  --filter-consumer RE      --filter-description RE\n"
    "  --filter-state RE         --filter-no-state\n"
    "  --failed-in REPORT        only what failed in an earlier --report json\n"
    "how\n"
    "  --workers N               verify N at once, 1 to 64, default 1\n"
    "  --fail-fast               end at the first failure\n"
    "  --pending                 report failures, but do not fail\n"
    "  --allow-nothing           no interaction at all is fine\n"
    "reports\n"
    "  --report FORMAT[=FILE]    text, json, junit, tap, tap13 or github; may be repeated;\n"
    "                            default text, without FILE to standard output\n"
    "  --brief                   text: only what was not kept\n"
    "  --times                   how long each took (no two reports are the same then)\n"
    "  --colour WHEN             auto, always or never; NO_COLOR is obeyed\n"
    "  --quiet                   no progress on the terminal\n"
    "  --provider-version V      --provider-branch B: for the reports\n"
    "  --help\n";

enum {
    PROVIDER_URL = 256,
    HEADER,
    TIMEOUT,
    CA,
    CERTIFICATE,
    KEY,
    INSECURE,
    MESSAGE_URL,
    STATE_URL,
    STATE_EXEC,
    TEARDOWN,
    CONSUMER,
    DESCRIPTION,
    STATE,
    NO_STATE,
    FAILED_IN,
    WORKERS,
    FAIL_FAST,
    PENDING,
    ALLOW_NOTHING,
    REPORT,
    BRIEF,
    TIMES,
    COLOUR,
    QUIET,
    VERSION,
    BRANCH,
    HELP,
};

static const struct option options[] = {
    { "provider-url", required_argument, NULL, PROVIDER_URL },
    { "header", required_argument, NULL, HEADER },
    { "timeout", required_argument, NULL, TIMEOUT },
    { "cacert", required_argument, NULL, CA },
    { "cert", required_argument, NULL, CERTIFICATE },
    { "key", required_argument, NULL, KEY },
    { "insecure", no_argument, NULL, INSECURE },
    { "message-url", required_argument, NULL, MESSAGE_URL },
    { "state-url", required_argument, NULL, STATE_URL },
    { "state-exec", required_argument, NULL, STATE_EXEC },
    { "state-teardown", no_argument, NULL, TEARDOWN },
    { "filter-consumer", required_argument, NULL, CONSUMER },
    { "filter-description", required_argument, NULL, DESCRIPTION },
    { "filter-state", required_argument, NULL, STATE },
    { "filter-no-state", no_argument, NULL, NO_STATE },
    { "failed-in", required_argument, NULL, FAILED_IN },
    { "workers", required_argument, NULL, WORKERS },
    { "fail-fast", no_argument, NULL, FAIL_FAST },
    { "pending", no_argument, NULL, PENDING },
    { "allow-nothing", no_argument, NULL, ALLOW_NOTHING },
    { "report", required_argument, NULL, REPORT },
    { "brief", no_argument, NULL, BRIEF },
    { "times", no_argument, NULL, TIMES },
    { "colour", required_argument, NULL, COLOUR },
    { "color", required_argument, NULL, COLOUR },
    { "quiet", no_argument, NULL, QUIET },
    { "provider-version", required_argument, NULL, VERSION },
    { "provider-branch", required_argument, NULL, BRANCH },
    { "help", no_argument, NULL, HELP },
    CLI_FETCH_ROWS,
    { NULL, 0, NULL, 0 },
};

/* "Name: value" is cut where it stands. */
static bool add_header(struct cli_verify_options *o, char *text)
{
    char *colon = strchr(text, ':');

    if (colon == NULL || colon == text || o->header_count == CLI_HEADERS_MAX)
        return false;
    *colon = '\0';
    o->headers[o->header_count++] =
        (struct msvc_header){ text, colon + 1 + strspn(colon + 1, " \t") };
    return true;
}

static bool read_number(unsigned *out, const char *text, unsigned long most)
{
    unsigned long number = 0;

    if (!cli_number(&number, text, 1, most))
        return false;
    *out = (unsigned)number;
    return true;
}

static bool read_colour(struct cli_verify_options *o, const char *text)
{
    o->outputs.colour = text;
    return strcmp(text, "auto") == 0 || strcmp(text, "always") == 0 || strcmp(text, "never") == 0;
}

static const char **text_of(struct cli_verify_options *o, int option)
{
    switch (option) {
    case PROVIDER_URL:
        return &o->provider_url;
    case CA:
        return &o->tls_ca;
    case CERTIFICATE:
        return &o->tls_certificate;
    case KEY:
        return &o->tls_key;
    case MESSAGE_URL:
        return &o->message_url;
    case STATE_URL:
        return &o->state_url;
    case STATE_EXEC:
        return &o->state_command;
    case CONSUMER:
        return &o->consumer;
    case DESCRIPTION:
        return &o->description;
    case STATE:
        return &o->state;
    case FAILED_IN:
        return &o->earlier;
    case VERSION:
        return &o->provider_version;
    case BRANCH:
        return &o->provider_branch;
    default:
        return NULL;
    }
}

static bool *flag_of(struct cli_verify_options *o, int option)
{
    switch (option) {
    case INSECURE:
        return &o->takes_any_certificate;
    case TEARDOWN:
        return &o->tears_down;
    case NO_STATE:
        return &o->without_state;
    case FAIL_FAST:
        return &o->ends_at_first_failure;
    case PENDING:
        return &o->is_pending;
    case ALLOW_NOTHING:
        return &o->may_be_nothing;
    case BRIEF:
        return &o->outputs.is_brief;
    case TIMES:
        return &o->outputs.has_times;
    case QUIET:
        return &o->is_quiet;
    default:
        return NULL;
    }
}

/* Those whose value has a form. What was expected instead; NULL: it is fine. */
static const char *read_formed(struct cli_verify_options *o, int option, char *value)
{
    switch (option) {
    case HEADER:
        return add_header(o, value) ? NULL : "'Name: value'";
    case TIMEOUT:
        return read_number(&o->timeout_ms, value, 3600000) ? NULL : "milliseconds";
    case WORKERS:
        return read_number(&o->workers, value, MSVC_CONTRACT_WORKERS_MAX) ? NULL : "1 to 64";
    case REPORT:
        return cli_outputs_add(&o->outputs, value)
                   ? NULL
                   : "text, json, junit, tap, tap13 or github, and =FILE";
    case COLOUR:
        return read_colour(o, value) ? NULL : "auto, always or never";
    default:
        return "an option that is known";
    }
}

/* Returns -1 to go on, or what to exit with. */
static int take(struct cli_verify_options *o, int option, char *value)
{
    const char **text = text_of(o, option);
    bool *flag = flag_of(o, option);
    const char *expected;
    int code = cli_fetch_take(&o->fetch, option, value);

    if (code != -2)
        return code;
    if (option == HELP) {
        fputs(help, stdout);
        return CLI_OK;
    }
    if (option == '?' || option == ':')
        return cli_usage("verify", "expected an option that is known, with its value");
    if (text != NULL) {
        *text = value;
        return -1;
    }
    if (flag != NULL) {
        *flag = true;
        return -1;
    }
    expected = read_formed(o, option, value);
    return expected == NULL ? -1
                            : cli_usage("verify", "expected %s, found \"%s\"", expected, value);
}

/* Half of a pact's result would pass for all of it. */
static int check_fetch(const struct cli_verify_options *o)
{
    bool has_filter = o->consumer != NULL || o->description != NULL || o->state != NULL ||
                      o->without_state || o->earlier != NULL || o->ends_at_first_failure;

    if (o->fetch.provider == NULL && (cli_broker_is_named(&o->fetch.broker) || o->fetch.publishes))
        return cli_usage("verify", "expected --provider with a broker");
    if (o->fetch.publishes && o->provider_version == NULL)
        return cli_usage("verify", "expected --provider-version with --publish-results");
    if (o->fetch.publishes && has_filter)
        return cli_usage("verify", "expected whole pacts with --publish-results, found a filter");
    return -1;
}

static int check(const struct cli_verify_options *o)
{
    if (o->provider_url == NULL && o->message_url == NULL)
        return cli_usage("verify", "expected --provider-url");
    if (o->state_url != NULL && o->state_command != NULL)
        return cli_usage("verify", "expected one of --state-url and --state-exec, found both");
    if (o->ends_at_first_failure && o->workers > 1)
        return cli_usage("verify", "expected --fail-fast or --workers, found both");
    if (o->source_count == 0 && o->fetch.provider == NULL)
        return cli_usage("verify", "expected a pact, or --provider of a broker");
    return check_fetch(o);
}

int cli_verify_options_read(struct cli_verify_options *o, int argc, char **argv)
{
    int option;

    *o = (struct cli_verify_options){ .timeout_ms = TIMEOUT_MS };
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        int code = take(o, option, optarg);

        if (code >= 0)
            return code;
    }
    o->fetch.version = o->provider_version;
    o->fetch.branch = o->provider_branch;
    o->fetch.broker.ca = o->tls_ca;
    o->fetch.broker.takes_any_certificate = o->takes_any_certificate;
    o->sources = argv + optind;
    o->source_count = (size_t)(argc - optind);
    return check(o);
}
