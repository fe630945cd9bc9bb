/* SPDX-License-Identifier: MIT */
#include "otlp/arena_internal.h"

#include <stdalign.h>
#include <stdlib.h>

#include "base/alloc_internal.h"

#define CHUNK_SIZE ((size_t)64 * 1024)

struct msvc__arena_chunk {
    struct msvc__arena_chunk *next;
    size_t size;
    size_t used;
    alignas(max_align_t) unsigned char bytes[];
};

static struct msvc__arena_chunk *add_chunk(struct msvc__arena *arena, size_t size)
{
    struct msvc__arena_chunk *chunk;

    if (size < CHUNK_SIZE)
        size = CHUNK_SIZE;
    chunk = msvc__new(sizeof(*chunk) + size);
    if (chunk == NULL)
        return NULL;
    chunk->size = size;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    return chunk;
}

static bool has_room(const struct msvc__arena_chunk *chunk, size_t size)
{
    return chunk != NULL && chunk->size - chunk->used >= size;
}

/* After a reset the chunks of the last batch are used up one after the other. */
static struct msvc__arena_chunk *find_chunk(struct msvc__arena *arena, size_t size)
{
    while (arena->current != NULL && !has_room(arena->current, size))
        arena->current = arena->current->next;
    return arena->current != NULL ? arena->current : add_chunk(arena, size);
}

void *msvc__arena_take(struct msvc__arena *arena, size_t count, size_t size)
{
    const size_t unit = alignof(max_align_t);
    struct msvc__arena_chunk *chunk;
    void *taken;

    size = (count * size + unit - 1) / unit * unit;
    if (arena->has_failed)
        return NULL;
    chunk = has_room(arena->chunks, size) && arena->current == NULL ? arena->chunks
                                                                    : find_chunk(arena, size);
    if (chunk == NULL) {
        arena->has_failed = true;
        return NULL;
    }
    taken = chunk->bytes + chunk->used;
    chunk->used += size;
    return taken;
}

void msvc__arena_reset(struct msvc__arena *arena)
{
    for (struct msvc__arena_chunk *chunk = arena->chunks; chunk != NULL; chunk = chunk->next)
        chunk->used = 0;
    arena->current = arena->chunks;
    arena->has_failed = false;
}

void msvc__arena_clear(struct msvc__arena *arena)
{
    while (arena->chunks != NULL) {
        struct msvc__arena_chunk *next = arena->chunks->next;

        free(arena->chunks);
        arena->chunks = next;
    }
    arena->current = NULL;
}
