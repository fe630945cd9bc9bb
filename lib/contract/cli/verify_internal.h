/* SPDX-License-Identifier: MIT */
/* What the arguments of verify say. */
#ifndef MSVC_CONTRACT_CLI_VERIFY_INTERNAL_H
#define MSVC_CONTRACT_CLI_VERIFY_INTERNAL_H

#include <msvc/contract_verify.h>

#include "contract/cli/fetch_internal.h"
#include "contract/cli/outputs_internal.h"

#define CLI_HEADERS_MAX 64

struct cli_verify_options {
    const char *provider_url;
    const char *state_url;
    const char *state_command;
    bool tears_down;
    const char *message_url;
    struct msvc_header headers[CLI_HEADERS_MAX + 1];
    size_t header_count;
    unsigned timeout_ms;

    const char *tls_ca;
    const char *tls_certificate;
    const char *tls_key;
    bool takes_any_certificate;

    const char *consumer;
    const char *description;
    const char *state;
    bool without_state;
    const char *earlier; /* a report: only what failed there */

    unsigned workers;
    bool ends_at_first_failure;
    bool is_pending;
    bool may_be_nothing;
    bool is_quiet;
    const char *provider_version;
    const char *provider_branch;
    struct cli_outputs outputs;

    struct cli_fetch fetch; /* pacts of a broker */
    char **sources;         /* pacts: files, folders, URLs */
    size_t source_count;
};

/* Returns -1 to go on, or what to exit with. */
int cli_verify_options_read(struct cli_verify_options *out, int argc, char **argv);

#endif
