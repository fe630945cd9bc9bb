/* SPDX-License-Identifier: MIT */
/* What failed in an earlier run, by its JSON report. */
#ifndef MSVC_CONTRACT_CLI_EARLIER_INTERNAL_H
#define MSVC_CONTRACT_CLI_EARLIER_INTERNAL_H

#include <msvc/base.h>

struct msvc_json_document;

struct cli_earlier {
    struct msvc_json_document *report; /* NULL: everything is wanted */
};

/* Read a file. Returns CLI_OK or CLI_BAD_PACT. */
int cli_earlier_open(struct cli_earlier *out, const char *path);
bool cli_earlier_failed(const struct cli_earlier *earlier, const char *consumer,
                        const char *description, const char *states);
void cli_earlier_clear(struct cli_earlier *earlier);

#endif
