/* SPDX-License-Identifier: MIT */
/* msvc-verify: which command, and help. Without the name of one it verifies. */
#include "contract/cli/command_internal.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "contract/cli/broker_internal.h"

#define COUNT (sizeof(commands) / sizeof(commands[0]))

static const struct cli_command commands[] = {
    { "verify", cli_verify, "hold a provider to pacts (the default)" },
    { "stub", cli_stub, "answer as pacts say" },
    { "compare", cli_compare, "pacts against an OpenAPI document" },
    { "lint", cli_lint, "what in pacts cannot be meant" },
    { "publish", cli_publish, "pacts of a version to a broker" },
    { "can-i-deploy", cli_can_i_deploy, "whether versions go together" },
    { "record-deployment", cli_broker_verb, "a version is in an environment now" },
    { "record-undeployment", cli_broker_verb, "it is not any more" },
    { "record-release", cli_broker_verb, "a version was released to an environment" },
    { "record-support-ended", cli_broker_verb, "and is not supported any more" },
    { "list-environments", cli_broker_verb, "their names" },
    { "describe-environment", cli_broker_verb, "one of them" },
    { "create-environment", cli_broker_verb, "a new one" },
    { "update-environment", cli_broker_verb, "change one" },
    { "delete-environment", cli_broker_verb, "take one away" },
    { "list-pacticipants", cli_broker_verb, "who takes part" },
    { "describe-pacticipant", cli_broker_verb, "one of them" },
    { "create-or-update-pacticipant", cli_broker_verb, "a new one, or change one" },
    { "delete-pacticipant", cli_broker_verb, "take one away" },
    { "describe-version", cli_broker_verb, "a version, or the latest" },
    { "list-branches", cli_broker_verb, "of a participant" },
    { "create-or-update-version", cli_broker_verb, "put a version on a branch" },
    { "delete-branch", cli_broker_verb, "take a branch away" },
    { "create-version-tag", cli_broker_verb, "tag a version" },
    { "delete-version-tag", cli_broker_verb, "take a tag off" },
    { "list-latest-pact-versions", cli_broker_verb, "the latest pacts" },
    { "get-pact", cli_broker_verb, "one pact" },
    { "list-webhooks", cli_broker_verb, "what the broker calls" },
    { "describe-webhook", cli_broker_verb, "one of them" },
    { "create-or-update-webhook", cli_broker_verb, "a new one, or change one" },
    { "delete-webhook", cli_broker_verb, "take one away" },
    { "test-webhook", cli_broker_verb, "let the broker call it" },
};

static const char exits[] =
    "exit: 0 kept, 1 not kept, 2 usage, 3 provider not reachable, 4 a file cannot be read,\n"
    "      5 nothing to do, 6 broker, 7 a file cannot be written, 8 internal\n";

static const struct cli_command *find(const char *name)
{
    for (size_t i = 0; name != NULL && i < COUNT; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

static int print_help(void)
{
    puts("usage: msvc-verify [command] [option…] [file…]\n\ncommands:");
    for (size_t i = 0; i < COUNT; i++)
        printf("  %-29s %s\n", commands[i].name, commands[i].summary);
    printf("  %-29s %s\n", "help [command]", "this, or the options of a command");
    printf("  %-29s %s\n\n", "--version", "the version");
    fputs(exits, stdout);
    return CLI_OK;
}

static int help(const char *name)
{
    char option[] = "--help";
    char *arguments[] = { NULL, option, NULL };
    const struct cli_command *command = find(name);
    char spelled[32];

    if (name == NULL)
        return print_help();
    if (command == NULL)
        return cli_usage("", "no command named \"%s\"", name);
    (void)snprintf(spelled, sizeof(spelled), "%s", command->name);
    arguments[0] = spelled;
    return command->run(2, arguments);
}

int main(int argc, char **argv)
{
    const char *first = argc > 1 ? argv[1] : NULL;
    const struct cli_command *command = find(first);

    (void)signal(SIGPIPE, SIG_IGN); /* a hook may not want to read */
    if (command != NULL)
        return command->run(argc - 1, argv + 1);
    if (first == NULL)
        return cli_usage("", "expected a command or a pact file");
    if (strcmp(first, "--help") == 0)
        return print_help();
    if (strcmp(first, "help") == 0)
        return help(argc > 2 ? argv[2] : NULL);
    if (strcmp(first, "--version") == 0) {
        printf("msvc-verify %s\n", msvc_version());
        return CLI_OK;
    }
    return cli_verify(argc, argv);
}
