/* SPDX-License-Identifier: MIT */
/* Memory for one batch's tree, given back all at once and kept for the next. */
#ifndef MSVC_OTLP_ARENA_INTERNAL_H
#define MSVC_OTLP_ARENA_INTERNAL_H

#include <msvc/base.h>

struct msvc__arena_chunk;

/* Zero it before use. Once an allocation failed all do, until the reset. */
struct msvc__arena {
    struct msvc__arena_chunk *chunks;
    struct msvc__arena_chunk *current;
    bool has_failed;
};

/* Not zeroed; NULL when out of memory. */
void *msvc__arena_take(struct msvc__arena *arena, size_t count, size_t size);
void msvc__arena_reset(struct msvc__arena *arena);
void msvc__arena_clear(struct msvc__arena *arena);

#endif
