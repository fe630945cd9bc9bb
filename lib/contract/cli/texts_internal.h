/* SPDX-License-Identifier: MIT */
/* Files as they are, for who does not need them understood. */
#ifndef MSVC_CONTRACT_CLI_TEXTS_INTERNAL_H
#define MSVC_CONTRACT_CLI_TEXTS_INTERNAL_H

#include <msvc/contract_broker.h>

struct cli_texts {
    struct msvc_pact_text *items; /* ended by one without text, once there is one */
    char **names;                 /* of the files */
    size_t count;
};

/* Read a file, or every *.json of a folder by name. Prints what is wrong. Returns CLI_OK or what to
 * exit with. */
int cli_texts_add(struct cli_texts *texts, const char *path);
void cli_texts_clear(struct cli_texts *texts);

#endif
