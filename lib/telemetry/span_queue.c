/* SPDX-License-Identifier: MIT */
/*
 * Positions count up for ever; a cell belongs to one position at a time and
 * its turn says to which, and whether it was written. A thread that claimed a
 * position and is slow to write holds up those behind it, but nobody waits:
 * the reader comes again when that thread signals.
 *
 * The order of "write the cell, read the head" here and "move the head, read
 * the cell" there must be one that both agree on, or both could think that the
 * other one will act: those four are sequentially consistent.
 */
#include "telemetry/span_internal.h"

#include <msvc/status.h>

#include "base/alloc_internal.h"

static struct msvc__span_queue_cell *cell_at(struct msvc__span_queue *queue, uint64_t position)
{
    return &queue->cells[position & (queue->cell_count - 1)];
}

int msvc__span_queue_init(struct msvc__span_queue *queue, unsigned limit)
{
    queue->limit = limit;
    queue->cell_count = 1;
    while (queue->cell_count < limit)
        queue->cell_count *= 2;
    queue->cells = msvc__new_array((size_t)queue->cell_count, sizeof(queue->cells[0]));
    if (queue->cells == NULL)
        return MSVC_ERR_NOMEM;
    msvc__span_queue_reset(queue);
    return 0;
}

void msvc__span_queue_reset(struct msvc__span_queue *queue)
{
    for (uint64_t i = 0; i < queue->cell_count; i++)
        atomic_store(&queue->cells[i].turn, i);
    atomic_store(&queue->head, 0);
    atomic_store(&queue->tail, 0);
}

bool msvc__span_queue_push(struct msvc__span_queue *queue, struct msvc_span *span,
                           uint64_t *waiting)
{
    uint64_t position = atomic_load_explicit(&queue->tail, memory_order_relaxed);
    struct msvc__span_queue_cell *cell;

    for (;;) {
        uint64_t turn;

        cell = cell_at(queue, position);
        turn = atomic_load_explicit(&cell->turn, memory_order_acquire);
        if (turn < position || position - atomic_load(&queue->head) >= queue->limit) {
            uint64_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);

            if (tail == position)
                return false;
            position = tail;
        } else if (turn > position) {
            position = atomic_load_explicit(&queue->tail, memory_order_relaxed);
        } else if (atomic_compare_exchange_weak_explicit(&queue->tail, &position, position + 1,
                                                         memory_order_relaxed,
                                                         memory_order_relaxed)) {
            break;
        }
    }
    atomic_store_explicit(&cell->span, span, memory_order_relaxed);
    atomic_store(&cell->turn, position + 1);
    *waiting = position + 1 - atomic_load(&queue->head);
    return true;
}

struct msvc_span *msvc__span_queue_peek(struct msvc__span_queue *queue, uint64_t offset)
{
    uint64_t position = atomic_load(&queue->head) + offset;
    struct msvc__span_queue_cell *cell = cell_at(queue, position);

    if (offset >= queue->cell_count || atomic_load(&cell->turn) != position + 1)
        return NULL;
    return atomic_load_explicit(&cell->span, memory_order_relaxed);
}

void msvc__span_queue_drop(struct msvc__span_queue *queue, uint64_t count)
{
    uint64_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);

    for (uint64_t position = head; position < head + count; position++)
        atomic_store_explicit(&cell_at(queue, position)->turn, position + queue->cell_count,
                              memory_order_release);
    atomic_store(&queue->head, head + count);
}

uint64_t msvc__span_queue_length(struct msvc__span_queue *queue)
{
    uint64_t head = atomic_load(&queue->head);

    return atomic_load(&queue->tail) - head;
}
