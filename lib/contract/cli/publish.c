/* SPDX-License-Identifier: MIT */
/* publish: pacts of one version to a broker. */
#include <stdio.h>

#include <msvc/error.h>

#include "contract/cli/broker_internal.h"
#include "contract/cli/command_internal.h"
#include "contract/cli/texts_internal.h"

#define TAGS_MAX 32

static const char help[] =
    "usage: msvc-verify publish --version V [option…] PACT…\n"
    "PACT is a file or a folder (every *.json in it). All are of one consumer.\n"
    "  --version V               of the consumer; also --consumer-app-version\n"
    "  --branch BRANCH           --build-url URL\n"
    "  --tag TAG                 may be repeated\n"
    "  --merge                   add to what this version published already\n" CLI_BROKER_HELP
        CLI_BROKER_MORE_HELP;

enum { VERSION = 256, BRANCH, TAG, BUILD_URL, MERGE, HELP };

static const struct option options[] = {
    CLI_BROKER_ROWS,
    CLI_BROKER_MORE_ROWS,
    { "version", required_argument, NULL, VERSION },
    { "consumer-app-version", required_argument, NULL, VERSION },
    { "branch", required_argument, NULL, BRANCH },
    { "tag", required_argument, NULL, TAG },
    { "build-url", required_argument, NULL, BUILD_URL },
    { "merge", no_argument, NULL, MERGE },
    { "help", no_argument, NULL, HELP },
    { NULL, 0, NULL, 0 },
};

struct publication {
    struct cli_broker b;
    const char *version;
    const char *branch;
    const char *build_url;
    const char *tags[TAGS_MAX + 1];
    size_t tag_count;
    bool merges;
    struct cli_texts texts;
};

/* Returns -1 to go on, or what to exit with. */
static int take(struct publication *p, int option, char *value)
{
    int code = cli_broker_take(&p->b, option, value);

    if (code != -2)
        return code;
    switch (option) {
    case VERSION:
        p->version = value;
        return -1;
    case BRANCH:
        p->branch = value;
        return -1;
    case BUILD_URL:
        p->build_url = value;
        return -1;
    case MERGE:
        p->merges = true;
        return -1;
    case TAG:
        if (p->tag_count == TAGS_MAX)
            return cli_usage("publish", "expected at most %d tags", TAGS_MAX);
        p->tags[p->tag_count++] = value;
        return -1;
    case HELP:
        fputs(help, stdout);
        return CLI_OK;
    default:
        return cli_usage("publish", "expected an option that is known, with its value");
    }
}

static int read_arguments(struct publication *p, int argc, char **argv)
{
    int worst = -1;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        int code = take(p, option, optarg);

        if (code >= 0)
            return code;
    }
    if (p->version == NULL)
        return cli_usage("publish", "expected --version");
    for (int i = optind; i < argc; i++) {
        int code = cli_texts_add(&p->texts, argv[i]);

        if (code != CLI_OK)
            worst = code;
    }
    if (worst < 0 && p->texts.count == 0)
        return optind < argc ? CLI_NOTHING : cli_usage("publish", "expected a pact");
    return worst;
}

int cli_publish(int argc, char **argv)
{
    struct publication p = { .version = NULL };
    struct msvc_pact_broker_reply *reply = NULL;
    struct msvc_error err;
    int code = read_arguments(&p, argc, argv);

    if (code < 0)
        code = cli_broker_open(&p.b, "publish");
    if (code == CLI_OK && p.b.broker != NULL) {
        int status = msvc_pact_broker_publish(
            p.b.broker,
            MSVC_PACT_PUBLICATION(.version = p.version, .branch = p.branch,
                                  .tags = p.tag_count > 0 ? p.tags : NULL, .build_url = p.build_url,
                                  .merges = p.merges, .contracts = p.texts.items),
            &reply, &err);

        code = cli_broker_show(&p.b, status, reply, &err);
    }
    cli_texts_clear(&p.texts);
    cli_broker_clear(&p.b);
    return code;
}
