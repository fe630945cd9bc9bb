/* SPDX-License-Identifier: MIT */
/* Pacts of any size, and the provider that keeps them. */
#ifndef CONTRACT_PACTS_H
#define CONTRACT_PACTS_H

#include <stddef.h>
#include <sys/types.h>

#include <msvc/buffer.h>

/* What the provider answers to everything: about 300 bytes. */
#define CONTRACT_BODY                                                                       \
    "{\"id\":4711,\"name\":\"Bob Example\",\"email\":\"bob@example.org\",\"active\":true,"  \
    "\"score\":12.5,\"address\":{\"street\":\"Elm Street 7\",\"city\":\"Springfield\","     \
    "\"zip\":\"12345\"},\"tags\":[\"a\",\"b\",\"c\"],\"created\":\"2024-02-29T12:00:00Z\"," \
    "\"note\":\"a text that is there so that a body has the size that bodies have in practice\"}"

/* Version 3, five rules each; what they expect differs from the body in all values. */
void contract_pact_write(struct msvc_buffer *out, size_t interactions);
/* One interaction whose body has so many rows, four rules for each. */
void contract_rows_write(struct msvc_buffer *out, size_t rows);
/* The body alone. */
void contract_rows_body(struct msvc_buffer *out, size_t rows, const char *text);

/* Plain libmicrohttpd in a process of its own. Exits the program when it cannot. */
pid_t contract_provider_start(unsigned *port);

#endif
