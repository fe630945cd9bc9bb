/* SPDX-License-Identifier: MIT */
/* compare: pacts against an OpenAPI document. */
#include <getopt.h>
#include <stdio.h>

#include <msvc/buffer.h>
#include <msvc/contract.h>
#include <msvc/contract_openapi.h>
#include <msvc/error.h>

#include "contract/cli/command_internal.h"
#include "contract/cli/pacts_internal.h"
#include "contract/cli/texts_internal.h"

static const char help[] = "usage: msvc-verify compare --openapi FILE [--json] PACT…\n"
                           "PACT is a file or a folder (every *.json in it).\n"
                           "  --openapi FILE            OpenAPI 3.0 or 3.1, JSON or YAML\n"
                           "  --json                    one object for each pact\n"
                           "  --help\n";

struct program {
    const char *document;
    bool is_json;
    struct msvc_openapi *openapi;
    struct cli_pacts pacts;
};

static int show(const struct program *p, const struct msvc_openapi_comparison *comparison,
                const char *name)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    int status = p->is_json ? msvc_openapi_json(comparison, name, &text)
                            : msvc_openapi_text(comparison, name, &text);

    if (status == 0 && !p->is_json)
        msvc_buffer_printf(&text, "%s: %zu interactions compared, %zu findings\n", name,
                           msvc_openapi_compared(comparison),
                           msvc_openapi_finding_count(comparison));
    if (status == 0)
        (void)fwrite(text.data, 1, text.length, stdout);
    if (status == 0 && p->is_json)
        (void)putchar('\n');
    msvc_buffer_clear(&text);
    if (status < 0)
        return CLI_INTERNAL;
    return msvc_openapi_finding_count(comparison) > 0 ? CLI_MISMATCH : CLI_OK;
}

static int compare(const struct program *p, const struct cli_pact *pact)
{
    struct msvc_openapi_comparison *comparison = NULL;
    struct msvc_error err;
    int code;

    if (msvc_openapi_compare(&comparison, p->openapi, pact->pact, &err) < 0)
        return cli_fail(&err, CLI_INTERNAL);
    code = show(p, comparison, pact->source);
    msvc_openapi_comparison_free(comparison);
    return code;
}

static int load(struct program *p)
{
    struct cli_texts texts = { .items = NULL };
    struct msvc_error err;
    int code = cli_texts_add(&texts, p->document);

    if (code == CLI_OK && texts.count == 1 &&
        msvc_openapi_parse(&p->openapi, texts.items[0].text, texts.items[0].length, &err) < 0) {
        msvc_error_prefix(&err, "%s", p->document);
        code = cli_fail(&err, CLI_BAD_PACT);
    }
    cli_texts_clear(&texts);
    return code == CLI_OK && p->openapi == NULL
               ? cli_usage("compare", "expected --openapi to name one file")
               : code;
}

/* Returns -1 to go on, or what to exit with. */
static int read_arguments(struct program *p, int argc, char **argv)
{
    static const struct option options[] = {
        { "openapi", required_argument, NULL, 'o' },
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return CLI_OK;
        }
        if (option == 'o')
            p->document = optarg;
        else if (option == 'j')
            p->is_json = true;
        else
            return cli_usage("compare", "expected an option that is known, with its value");
    }
    if (p->document == NULL)
        return cli_usage("compare", "expected --openapi");
    return optind < argc ? -1 : cli_usage("compare", "expected a pact");
}

int cli_compare(int argc, char **argv)
{
    struct program p = { .document = NULL };
    int worst = read_arguments(&p, argc, argv);
    int code = worst < 0 ? load(&p) : CLI_OK;

    if (worst < 0)
        worst = code;
    for (int i = optind; p.openapi != NULL && i < argc; i++) {
        code = cli_pacts_add(&p.pacts, argv[i], NULL);
        worst = code > worst ? code : worst;
    }
    if (p.openapi != NULL && p.pacts.count == 0 && worst == CLI_OK)
        worst = CLI_NOTHING;
    for (size_t i = 0; i < p.pacts.count; i++) {
        code = compare(&p, &p.pacts.items[i]);
        worst = code > worst ? code : worst;
    }
    cli_pacts_clear(&p.pacts);
    msvc_openapi_free(p.openapi);
    return worst;
}
