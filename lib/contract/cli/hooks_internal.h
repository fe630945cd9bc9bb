/* SPDX-License-Identifier: MIT */
/* How the provider of msvc-verify sets states up and makes messages: behind URLs, or by a command.
 */
#ifndef MSVC_CONTRACT_CLI_HOOKS_INTERNAL_H
#define MSVC_CONTRACT_CLI_HOOKS_INTERNAL_H

#include <msvc/contract_verify.h>

#include "contract/cli/peer_internal.h"

struct cli_hooks {
    struct cli_peer states;    /* POST {"action","params","state"} */
    const char *state_command; /* the same on its standard input; NULL */
    struct cli_peer messages;  /* POST {"description","providerStates"} */
    unsigned timeout_ms;
};

/* As callbacks of a verification. */
int cli_hooks_state(const struct cli_hooks *hooks, const struct msvc_contract_state *state,
                    struct msvc_buffer *values, struct msvc_error *err);
int cli_hooks_message(const struct cli_hooks *hooks, const struct msvc_contract_message *wanted,
                      struct msvc_error *err);

#endif
