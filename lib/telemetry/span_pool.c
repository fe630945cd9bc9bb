/* SPDX-License-Identifier: MIT */
/*
 * A stack of places. Its head carries a count of its changes, because a thread
 * that has read the head and its neighbour may find the same head again after
 * others took and returned it, with another neighbour. A place that was never
 * taken is not on the stack: it is handed out only when the stack is empty, so
 * that a tracer uses as many pages as it has spans at once.
 */
#include "telemetry/span_internal.h"

#define PLACE_MASK UINT64_C(0xffffffff)
#define ONE_CHANGE (UINT64_C(1) << 32)

static uint64_t head_after(uint64_t head, uint32_t place)
{
    return ((head & ~PLACE_MASK) + ONE_CHANGE) | place;
}

void msvc__span_pool_put(struct msvc__span_pool *pool, struct msvc_span *span)
{
    uint32_t place = (uint32_t)(span - pool->spans) + 1;
    uint64_t head = atomic_load_explicit(&pool->head, memory_order_relaxed);

    do {
        atomic_store_explicit(&span->next, (uint32_t)(head & PLACE_MASK), memory_order_relaxed);
    } while (!atomic_compare_exchange_weak_explicit(&pool->head, &head, head_after(head, place),
                                                    memory_order_release, memory_order_relaxed));
}

static struct msvc_span *take_unused(struct msvc__span_pool *pool)
{
    uint32_t used = atomic_load_explicit(&pool->used, memory_order_relaxed);

    do {
        if (used == pool->count)
            return NULL;
    } while (!atomic_compare_exchange_weak_explicit(&pool->used, &used, used + 1,
                                                    memory_order_relaxed, memory_order_relaxed));
    return &pool->spans[used];
}

struct msvc_span *msvc__span_pool_take(struct msvc__span_pool *pool)
{
    uint64_t head = atomic_load_explicit(&pool->head, memory_order_acquire);
    struct msvc_span *span;
    uint32_t next;

    do {
        if ((head & PLACE_MASK) == 0)
            return take_unused(pool);
        span = &pool->spans[(head & PLACE_MASK) - 1];
        next = atomic_load_explicit(&span->next, memory_order_relaxed);
    } while (!atomic_compare_exchange_weak_explicit(&pool->head, &head, head_after(head, next),
                                                    memory_order_acquire, memory_order_acquire));
    return span;
}
