/* SPDX-License-Identifier: MIT */
/* A span, where it keeps what is set on it, and the two places where spans are: the pool of those
 * that are free and the queue of those that have ended. */
#ifndef MSVC_TELEMETRY_SPAN_INTERNAL_H
#define MSVC_TELEMETRY_SPAN_INTERNAL_H

#include <stdalign.h>
#include <stdatomic.h>

#include <msvc/driver/exporter.h>
#include <msvc/trace.h>

#define MSVC__SPAN_ATTRIBUTE_LIMIT 128
#define MSVC__SPAN_EVENT_LIMIT     128
#define MSVC__SPAN_LINK_LIMIT      8
#define MSVC__SPAN_NAME_LIMIT      255

/* The span's attributes grow from the bottom, everything else from the top. */
struct msvc__span_storage {
    size_t bottom;
    size_t top;
    alignas(max_align_t) unsigned char bytes[MSVC_SPAN_STORAGE_SIZE];
};

struct msvc_span {
    struct msvc_tracer *tracer; /* constant */
    _Atomic uint32_t next;      /* in the pool: its neighbour's place + 1; 0: the last */
    _Atomic bool is_open;       /* started and not ended */
    _Atomic uint64_t ended_ns;  /* monotonic */

    /* The rest belongs to whoever holds the span. */
    unsigned generation; /* of the process that started it */
    bool is_recording;
    uint64_t start_ns; /* monotonic, at data.start_wall_ns */
    struct msvc_span_data data;
    struct msvc_span_event_data *last_event;
    struct msvc_span_link_data *last_link;
    struct msvc__span_storage storage;
};

void msvc__span_storage_clear(struct msvc__span_storage *storage);

/* Aligned for any type of exporter.h; NULL when full. */
void *msvc__span_storage_take(struct msvc__span_storage *storage, size_t size);

/* A copy with a NUL behind, cut to `most` bytes at a character, or to what is left; "" when full.
 */
const char *msvc__span_storage_text(struct msvc__span_storage *storage, const char *text,
                                    size_t most);

/* Set or replace; false when it does not fit. *count attributes are at the bottom. */
bool msvc__span_storage_set(struct msvc__span_storage *storage, size_t *count,
                            const struct msvc_attribute *attribute);

/* An array of copies, from the top; those that do not fit are counted in *dropped. */
const struct msvc_attribute *msvc__span_storage_attributes(struct msvc__span_storage *storage,
                                                           size_t *count, uint32_t *dropped,
                                                           const struct msvc_attribute *attributes);

/* Free spans. Threading: safe, without locks. */
struct msvc__span_pool {
    struct msvc_span *spans; /* constant */
    uint32_t count;          /* constant */
    _Atomic uint32_t used;   /* places from here on were never taken */
    _Atomic uint64_t head;   /* place + 1 of the first returned; above, how often it changed */
};

void msvc__span_pool_put(struct msvc__span_pool *pool, struct msvc_span *span);
/* NULL when none is free. */
struct msvc_span *msvc__span_pool_take(struct msvc__span_pool *pool);

struct msvc__span_queue_cell {
    _Atomic uint64_t turn; /* the position that may be written here; + 1 once it was */
    _Atomic(struct msvc_span *) span;
};

/* Ended spans in order. Threading: any thread pushes; one thread at a time peeks and drops. */
struct msvc__span_queue {
    struct msvc__span_queue_cell *cells; /* constant; a power of two of them */
    uint64_t cell_count;                 /* constant */
    uint64_t limit;                      /* constant */
    _Atomic uint64_t head;               /* position of the oldest */
    _Atomic uint64_t tail;               /* position of the next */
};

int msvc__span_queue_init(struct msvc__span_queue *queue, unsigned limit);
void msvc__span_queue_reset(struct msvc__span_queue *queue);
/* False when full. *waiting is how many are in the queue from the oldest to this one. */
bool msvc__span_queue_push(struct msvc__span_queue *queue, struct msvc_span *span,
                           uint64_t *waiting);
/* The span at `offset` from the oldest; NULL when none is there yet. */
struct msvc_span *msvc__span_queue_peek(struct msvc__span_queue *queue, uint64_t offset);
void msvc__span_queue_drop(struct msvc__span_queue *queue, uint64_t count);
uint64_t msvc__span_queue_length(struct msvc__span_queue *queue);

#endif
