/* SPDX-License-Identifier: MIT */
/* The pacts that the arguments name. */
#ifndef MSVC_CONTRACT_CLI_PACTS_INTERNAL_H
#define MSVC_CONTRACT_CLI_PACTS_INTERNAL_H

#include <msvc/base.h>

struct msvc_http_client;
struct msvc_pact;

struct cli_pact {
    struct msvc_pact *pact;
    char *source;    /* the file or URL */
    bool is_pending; /* as a whole */
};

/* In the order of the arguments, those of a folder by name. */
struct cli_pacts {
    struct cli_pact *items;
    size_t count;
};

/*
 * Read a file, every *.json of a folder, or (with a client) what a URL
 * answers. Prints what is wrong with each and goes on. Returns CLI_OK or the
 * worst.
 */
int cli_pacts_add(struct cli_pacts *pacts, const char *source, struct msvc_http_client *client);
/* Append one; taken on success. Returns CLI_OK or CLI_INTERNAL. */
int cli_pacts_append(struct cli_pacts *pacts, struct msvc_pact *pact, const char *source);
void cli_pacts_clear(struct cli_pacts *pacts);

#endif
