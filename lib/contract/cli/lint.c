/* SPDX-License-Identifier: MIT */
/* lint: what in pact files cannot mean what their authors meant. */
#include <getopt.h>
#include <stdio.h>

#include <msvc/buffer.h>
#include <msvc/contract_lint.h>
#include <msvc/error.h>

#include "contract/cli/command_internal.h"
#include "contract/cli/texts_internal.h"

static const char help[] =
    "usage: msvc-verify lint [--json] PACT…\n"
    "PACT is a file or a folder (every *.json in it).\n"
    "finds: dead-rule, tied-rules, unknown-matcher, broken-example, duplicate, unreadable,\n"
    "       schema\n"
    "  --json                    one object for each file\n"
    "  --help\n";

static int show(const struct msvc_pact_lint *lint, const char *name, bool is_json)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    int status =
        is_json ? msvc_pact_lint_json(lint, name, &text) : msvc_pact_lint_text(lint, name, &text);

    if (status == 0 && text.length > 0)
        (void)fwrite(text.data, 1, text.length, stdout);
    if (status == 0 && is_json)
        (void)putchar('\n');
    msvc_buffer_clear(&text);
    if (status < 0)
        return CLI_INTERNAL;
    return msvc_pact_lint_count(lint) > 0 ? CLI_MISMATCH : CLI_OK;
}

static int look_at(const struct msvc_pact_text *text, const char *name, bool is_json)
{
    struct msvc_pact_lint *lint = NULL;
    struct msvc_error err;
    int code;

    if (msvc_pact_lint(&lint, text->text, text->length, &err) < 0) {
        msvc_error_prefix(&err, "%s", name);
        return cli_fail(&err, CLI_BAD_PACT);
    }
    code = show(lint, name, is_json);
    msvc_pact_lint_free(lint);
    return code;
}

int cli_lint(int argc, char **argv)
{
    static const struct option options[] = {
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    struct cli_texts texts = { .items = NULL };
    bool is_json = false;
    int worst = CLI_OK;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return CLI_OK;
        }
        if (option != 'j')
            return cli_usage("lint", "expected an option that is known");
        is_json = true;
    }
    if (optind == argc)
        return cli_usage("lint", "expected a pact");
    for (int i = optind; i < argc; i++) {
        int code = cli_texts_add(&texts, argv[i]);

        worst = code > worst ? code : worst;
    }
    if (texts.count == 0 && worst == CLI_OK)
        worst = CLI_NOTHING;
    for (size_t i = 0; i < texts.count; i++) {
        int code = look_at(&texts.items[i], texts.names[i], is_json);

        worst = code > worst ? code : worst;
    }
    cli_texts_clear(&texts);
    return worst;
}
