/* SPDX-License-Identifier: MIT */
/* Where reports go: any number, each in a format and to a file or standard output. */
#ifndef MSVC_CONTRACT_CLI_OUTPUTS_INTERNAL_H
#define MSVC_CONTRACT_CLI_OUTPUTS_INTERNAL_H

#include <msvc/contract_report.h>

#define CLI_OUTPUTS_MAX 16

struct cli_output {
    enum msvc_contract_format format;
    const char *path; /* NULL: standard output */
};

struct cli_outputs {
    struct cli_output items[CLI_OUTPUTS_MAX];
    size_t count; /* 0: text to standard output */
    bool has_times;
    bool is_brief;
    const char *colour; /* "auto", "always", "never"; NULL: auto */
};

/* "junit=report.xml", "text". False: not understood. */
bool cli_outputs_add(struct cli_outputs *outputs, const char *text);
/* Returns CLI_OK, CLI_OUTPUT or CLI_INTERNAL. */
int cli_outputs_write(const struct cli_outputs *outputs,
                      struct msvc_contract_report *const *reports, size_t count);

#endif
