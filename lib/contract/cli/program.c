/* SPDX-License-Identifier: MIT */
/* How every command says what is wrong. */
#include "contract/cli/command_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <msvc/error.h>

int cli_usage(const char *command, const char *format, ...)
{
    va_list arguments;

    fputs("msvc-verify: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\nsee msvc-verify %s%s--help\n", command, command[0] != '\0' ? " " : "");
    return CLI_USAGE;
}

int cli_fail(const struct msvc_error *err, enum cli_exit code)
{
    fprintf(stderr, "msvc-verify: %s\n", err->message);
    return code;
}

bool cli_number(unsigned long *out, const char *text, unsigned long least, unsigned long most)
{
    char *end;
    unsigned long number;

    if (*text < '0' || *text > '9')
        return false;
    number = strtoul(text, &end, 10);
    if (*end != '\0' || number < least || number > most)
        return false;
    *out = number;
    return true;
}
