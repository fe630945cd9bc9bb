/* SPDX-License-Identifier: MIT */
/* A shell command that is given a text and answers one. */
#ifndef MSVC_CONTRACT_CLI_SPAWN_INTERNAL_H
#define MSVC_CONTRACT_CLI_SPAWN_INTERNAL_H

#include <msvc/base.h>

struct msvc_buffer;
struct msvc_error;

/*
 * Run `sh -c command`, write `input` to it and append what it writes. Returns
 * what it exits with (128 and the signal when one ended it), MSVC_ERR_TIMEOUT
 * (its process group is killed then), MSVC_ERR_UNAVAILABLE when it cannot be
 * started. Threading: safe.
 */
int cli_spawn(const char *command, const char *input, size_t length, unsigned timeout_ms,
              struct msvc_buffer *output, struct msvc_error *err);

#endif
