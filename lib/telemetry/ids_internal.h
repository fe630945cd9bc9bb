/* SPDX-License-Identifier: MIT */
/* Trace and span ids. */
#ifndef MSVC_TELEMETRY_IDS_INTERNAL_H
#define MSVC_TELEMETRY_IDS_INTERNAL_H

#include <stdatomic.h>

#include <msvc/base.h>

struct msvc_random;

/* Threading: safe, but for seeding. */
struct msvc__ids {
    uint64_t seeds[3]; /* constant after seeding */
    _Atomic uint64_t sequence;
};

/* Also starts another sequence; nobody else may be using it. */
void msvc__ids_seed(struct msvc__ids *ids, const struct msvc_random *random);

void msvc__ids_next_trace(struct msvc__ids *ids, uint8_t out[16]);
void msvc__ids_next_span(struct msvc__ids *ids, uint8_t out[8]);

#endif
