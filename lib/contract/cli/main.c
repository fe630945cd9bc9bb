/* SPDX-License-Identifier: MIT */
/* msvc-verify: which command, and help. Without the name of one it verifies. */
#include "contract/cli/command_internal.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define COUNT (sizeof(commands) / sizeof(commands[0]))

static const struct cli_command commands[] = {
    { "verify", cli_verify, "hold a provider to pacts (the default)" },
    { "stub", cli_stub, "answer as pacts say" },
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
        printf("  %-22s %s\n", commands[i].name, commands[i].summary);
    printf("  %-22s %s\n", "help [command]", "this, or the options of a command");
    printf("  %-22s %s\n\n", "--version", "the version");
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
