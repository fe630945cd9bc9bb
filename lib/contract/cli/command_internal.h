/* SPDX-License-Identifier: MIT */
/*
 * What the subcommands of msvc-verify have in common. One file for each, one
 * row in main.c; a command reads its own options with getopt_long() and
 * returns what the program exits with.
 */
#ifndef MSVC_CONTRACT_CLI_COMMAND_INTERNAL_H
#define MSVC_CONTRACT_CLI_COMMAND_INTERNAL_H

#include <msvc/base.h>

struct msvc_error;

/* The numbers are documented (docs/msvc-verify.md). Of several the largest counts. */
enum cli_exit {
    CLI_OK = 0,
    CLI_MISMATCH = 1,      /* the answer is no: mismatches, findings of lint, not deployable */
    CLI_USAGE = 2,         /* arguments */
    CLI_NOT_REACHABLE = 3, /* the provider */
    CLI_BAD_PACT = 4,      /* a pact, or another file that is read */
    CLI_NOTHING = 5,       /* no pact, or no interaction that the filters leave */
    CLI_BROKER = 6,        /* not reachable, or it refused */
    CLI_OUTPUT = 7,        /* a report or another file that is written */
    CLI_INTERNAL = 8,      /* no memory, no socket to listen on */
};

struct cli_command {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the command's name */
    const char *summary;               /* one line, lower case, no full stop */
};

int cli_stub(int argc, char **argv);
int cli_compare(int argc, char **argv);
int cli_lint(int argc, char **argv);
int cli_verify(int argc, char **argv);

/* Print what is wrong with the arguments, and how to get help. Returns CLI_USAGE. */
MSVC_PRINTF(2, 3)
int cli_usage(const char *command, const char *format, ...);

/* Print what happened. Returns code. */
int cli_fail(const struct msvc_error *err, enum cli_exit code);

/* Read a whole number from least to most. */
bool cli_number(unsigned long *out, const char *text, unsigned long least, unsigned long most);

#endif
