/* SPDX-License-Identifier: MIT */
/* stub: answer as the pacts say, until a signal comes. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <msvc/contract_stub.h>
#include <msvc/error.h>
#include <msvc/http_client.h>

#include "base/alloc_internal.h"
#include "contract/cli/command_internal.h"
#include "contract/cli/pacts_internal.h"

static const char help[] =
    "usage: msvc-verify stub [option…] PACT…\n"
    "Answers requests of the pacts (files, folders, URLs) until SIGTERM or SIGINT. Prints\n"
    "its URL on the first line.\n"
    "  --address HOST:PORT   default 127.0.0.1:0: any port that is free\n"
    "  --cors                let pages of any origin in\n"
    "  --filter-state RE     only interactions with a state that has it in its name\n"
    "  --state-header NAME   this header of a request names the state it wants\n"
    "  --cert FILE --key FILE  speak HTTPS (PEM)\n"
    "  --help\n"
    "What no interaction wants gets 404 and how the nearest one differs, as JSON.\n";

enum { ADDRESS = 256, CORS, STATE, STATE_HEADER, CERTIFICATE, KEY, HELP };

static const struct option options[] = {
    { "address", required_argument, NULL, ADDRESS },
    { "cors", no_argument, NULL, CORS },
    { "filter-state", required_argument, NULL, STATE },
    { "state-header", required_argument, NULL, STATE_HEADER },
    { "cert", required_argument, NULL, CERTIFICATE },
    { "key", required_argument, NULL, KEY },
    { "help", no_argument, NULL, HELP },
    { NULL, 0, NULL, 0 },
};

/* Returns -1 to go on, or what to exit with. */
static int take(struct msvc_pact_stub_options *o, int option, const char *value)
{
    switch (option) {
    case ADDRESS:
        o->address = value;
        return -1;
    case CORS:
        o->has_cors = true;
        return -1;
    case STATE:
        o->state = value;
        return -1;
    case STATE_HEADER:
        o->state_header = value;
        return -1;
    case CERTIFICATE:
        o->tls_certificate = value;
        return -1;
    case KEY:
        o->tls_key = value;
        return -1;
    case HELP:
        fputs(help, stdout);
        return CLI_OK;
    default:
        return cli_usage("stub", "expected an option that is known, with its value");
    }
}

static int load(struct cli_pacts *pacts, int argc, char **argv)
{
    struct msvc_http_client *client = NULL;
    struct msvc_error err;
    int worst = CLI_OK;

    if (msvc_http_client_new(&client, MSVC_HTTP_CLIENT_OPTIONS(.timeout_ms = 10000), &err) < 0)
        return cli_fail(&err, CLI_INTERNAL);
    for (int i = optind; i < argc; i++) {
        int code = cli_pacts_add(pacts, argv[i], client);

        worst = code > worst ? code : worst;
    }
    msvc_http_client_free(client);
    if (worst == CLI_OK && pacts->count == 0) {
        fputs("msvc-verify: no pact\n", stderr);
        return CLI_NOTHING;
    }
    return worst;
}

/* Both signals are blocked already: in threads of the stub too. */
static void wait_for(const sigset_t *signals)
{
    int which;

    (void)sigwait(signals, &which);
}

static int serve(const struct cli_pacts *pacts, const struct msvc_pact_stub_options *o)
{
    struct msvc_pact **list = msvc__new_array(pacts->count, sizeof(struct msvc_pact *));
    struct msvc_pact_stub *stub = NULL;
    struct msvc_error err;
    sigset_t signals;
    int code = CLI_OK;

    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    for (size_t i = 0; list != NULL && i < pacts->count; i++)
        list[i] = pacts->items[i].pact;
    if (list == NULL) {
        code = CLI_INTERNAL;
    } else if (msvc_pact_stub_start(&stub, list, pacts->count, o, &err) < 0) {
        code = cli_fail(&err, CLI_INTERNAL);
    } else if (puts(msvc_pact_stub_url(stub)) < 0 || fflush(stdout) != 0) {
        code = CLI_OUTPUT;
    } else {
        wait_for(&signals);
    }
    msvc_pact_stub_free(stub);
    free(list);
    return code;
}

int cli_stub(int argc, char **argv)
{
    struct msvc_pact_stub_options o = { .size = sizeof(o) };
    struct cli_pacts pacts = { .count = 0 };
    int option;
    int code;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        code = take(&o, option, optarg);
        if (code >= 0)
            return code;
    }
    if (optind == argc)
        return cli_usage("stub", "expected a pact");
    code = load(&pacts, argc, argv);
    if (code == CLI_OK)
        code = serve(&pacts, &o);
    cli_pacts_clear(&pacts);
    return code;
}
