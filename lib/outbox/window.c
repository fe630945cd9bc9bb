/* SPDX-License-Identifier: MIT */
#include "outbox/window_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/message.h>
#include <msvc/random.h>
#include <msvc/status.h>
#include <msvc/trace.h>

#include "base/alloc_internal.h"

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * FNV_PRIME;
    return hash * FNV_PRIME; /* the zero byte */
}

static uint64_t hash_key(uint64_t salt, const char *topic, const char *key)
{
    uint64_t hash = hash_text(hash_text(FNV_BASIS ^ salt, topic), key);

    return hash ^ hash >> 32;
}

static size_t passed_bit(const struct msvc__passed *passed, const struct msvc_message *m)
{
    return hash_key(passed->salt, m->topic, m->key) % MSVC__PASSED_BITS;
}

void msvc__passed_clear(struct msvc__passed *passed, const struct msvc_random *random)
{
    memset(passed, 0, sizeof(*passed));
    passed->is_empty = true;
    msvc_random_fill(random, &passed->salt, sizeof(passed->salt));
}

void msvc__passed_add(struct msvc__passed *passed, const struct msvc_message *m)
{
    size_t bit = passed_bit(passed, m);

    passed->bits[bit / 8] |= (uint8_t)(1u << bit % 8);
    passed->is_empty = false;
}

bool msvc__passed_has(const struct msvc__passed *passed, const struct msvc_message *m)
{
    size_t bit;

    if (passed->is_empty)
        return false;
    bit = passed_bit(passed, m);
    return (passed->bits[bit / 8] >> bit % 8 & 1) != 0;
}

int msvc__window_init(struct msvc__window *w, size_t limit)
{
    size_t buckets = 64;

    while (buckets < limit)
        buckets *= 2;
    w->limit = limit;
    w->bucket_mask = buckets - 1;
    w->rows = msvc__new_array(buckets, sizeof(struct msvc__row *));
    w->keys = msvc__new_array(buckets, sizeof(struct msvc__key *));
    return w->rows != NULL && w->keys != NULL ? 0 : MSVC_ERR_NOMEM;
}

void msvc__row_free(struct msvc__row *row)
{
    msvc_span_end(row->span);
    msvc_message_free(row->message);
    free(row->reason);
    free(row);
}

static void clear_bucket(struct msvc__row *row)
{
    while (row != NULL) {
        struct msvc__row *next = row->in_bucket;

        row->relay = NULL;
        if (row->state != MSVC__ROW_SENT)
            msvc__row_free(row);
        row = next;
    }
}

void msvc__window_clear(struct msvc__window *w)
{
    for (size_t i = 0; i <= w->bucket_mask; i++) {
        struct msvc__key *key = w->keys != NULL ? w->keys[i] : NULL;

        while (key != NULL) {
            struct msvc__key *next = key->in_bucket;

            free(key);
            key = next;
        }
        if (w->rows != NULL)
            clear_bucket(w->rows[i]);
    }
    free(w->rows);
    free(w->keys);
}

bool msvc__window_is_full(const struct msvc__window *w)
{
    return w->count >= w->limit || w->bytes >= MSVC__WINDOW_BYTES_MAX;
}

struct msvc__row *msvc__window_find(const struct msvc__window *w, uint64_t seq)
{
    struct msvc__row *row = w->rows[seq & w->bucket_mask];

    while (row != NULL && row->seq != seq)
        row = row->in_bucket;
    return row;
}

static struct msvc__key **key_bucket(const struct msvc__window *w, const char *topic,
                                     const char *key)
{
    return &w->keys[hash_key(0, topic, key) & w->bucket_mask];
}

static bool is_of(const struct msvc__key *k, const char *topic, const char *key)
{
    const struct msvc_message *m = k->head->message;

    return strcmp(m->key, key) == 0 && strcmp(m->topic, topic) == 0;
}

struct msvc__key *msvc__window_key(const struct msvc__window *w, const char *topic, const char *key)
{
    struct msvc__key *k = *key_bucket(w, topic, key);

    while (k != NULL && !is_of(k, topic, key))
        k = k->in_bucket;
    return k;
}

static void list_remove(struct msvc__row_list *list, struct msvc__row *row)
{
    if (row->before != NULL)
        row->before->after = row->after;
    else
        list->first = row->after;
    if (row->after != NULL)
        row->after->before = row->before;
    else
        list->last = row->before;
    list->count--;
}

/* Behind `before`, or first when that is NULL. */
static void list_insert(struct msvc__row_list *list, struct msvc__row *before,
                        struct msvc__row *row)
{
    row->before = before;
    row->after = before != NULL ? before->after : list->first;
    if (row->after != NULL)
        row->after->before = row;
    else
        list->last = row;
    if (before != NULL)
        before->after = row;
    else
        list->first = row;
    list->count++;
}

static void enlist(struct msvc__window *w, struct msvc__row *row, enum msvc__row_state state)
{
    struct msvc__row_list *list = &w->lists[state];
    struct msvc__row *before = list->last;

    row->state = state;
    if (state == MSVC__ROW_WAITING)
        return;
    while (state == MSVC__ROW_READY && before != NULL && before->seq > row->seq)
        before = before->before;
    list_insert(list, before, row);
}

void msvc__window_move(struct msvc__window *w, struct msvc__row *row, enum msvc__row_state state)
{
    if (row->state != MSVC__ROW_WAITING)
        list_remove(&w->lists[row->state], row);
    enlist(w, row, state);
}

/* Give the row its place among those of its key. Returns the state it starts in, or a status. */
static int join_key(struct msvc__window *w, struct msvc__row *row)
{
    const struct msvc_message *m = row->message;
    struct msvc__key *key = msvc__window_key(w, m->topic, m->key);
    struct msvc__key **bucket;

    if (key != NULL) {
        key->tail->behind = row;
        key->tail = row;
        row->key = key;
        return MSVC__ROW_WAITING;
    }
    key = msvc__new(sizeof(*key));
    if (key == NULL)
        return MSVC_ERR_NOMEM;
    key->head = row;
    key->tail = row;
    bucket = key_bucket(w, m->topic, m->key);
    key->in_bucket = *bucket;
    *bucket = key;
    row->key = key;
    return MSVC__ROW_READY;
}

static int place(struct msvc__window *w, struct msvc__row *row)
{
    if (row->message == NULL)
        return MSVC__ROW_PARKING;
    return row->message->key != NULL ? join_key(w, row) : MSVC__ROW_READY;
}

static int fill(struct msvc__row *row, const struct msvc_outbox_row *from)
{
    row->seq = from->seq;
    row->shard = from->shard;
    row->created_wall_ns = from->created_wall_ns;
    row->message = from->message;
    if (from->message != NULL)
        return 0;
    row->reason = msvc__copy_text(from->problem != NULL ? from->problem : "not a message");
    return row->reason != NULL ? 0 : MSVC_ERR_NOMEM;
}

int msvc__window_add(struct msvc__window *w, struct msvc_relay *relay,
                     const struct msvc_outbox_row *from)
{
    struct msvc__row **bucket = &w->rows[from->seq & w->bucket_mask];
    struct msvc__row *row;
    int state;

    if (msvc__window_is_full(w))
        return MSVC_ERR_LIMIT;
    row = msvc__new(sizeof(*row));
    if (row == NULL)
        return MSVC_ERR_NOMEM;
    row->relay = relay;
    state = fill(row, from);
    if (state == 0)
        state = place(w, row);
    if (state < 0) {
        row->message = NULL; /* not taken */
        msvc__row_free(row);
        return state;
    }
    row->in_bucket = *bucket;
    *bucket = row;
    w->count++;
    w->bytes += row->message != NULL ? row->message->payload_length : 0;
    enlist(w, row, (enum msvc__row_state)state);
    return 0;
}

static void free_key(struct msvc__window *w, struct msvc__key *key, const struct msvc_message *m)
{
    struct msvc__key **at = key_bucket(w, m->topic, m->key);

    while (*at != key)
        at = &(*at)->in_bucket;
    *at = key->in_bucket;
    free(key);
}

void msvc__window_pass_turn(struct msvc__window *w, struct msvc__row *row)
{
    struct msvc__key *key = row->key;

    if (key == NULL)
        return;
    row->key = NULL;
    if (row->behind == NULL) {
        free_key(w, key, row->message);
        return;
    }
    key->head = row->behind;
    row->behind = NULL;
    msvc__window_move(w, key->head, MSVC__ROW_READY);
}

static void forget(struct msvc__window *w, struct msvc__row *row)
{
    struct msvc__row **at = &w->rows[row->seq & w->bucket_mask];

    while (*at != row)
        at = &(*at)->in_bucket;
    *at = row->in_bucket;
    w->count--;
    w->bytes -= row->message != NULL ? row->message->payload_length : 0;
}

void msvc__window_pass_over_behind(struct msvc__window *w, struct msvc__row *row)
{
    struct msvc__row *next = row->behind;

    if (row->key == NULL)
        return;
    if (next != NULL)
        msvc__passed_add(&w->passed, row->message);
    row->behind = NULL;
    row->key->tail = row;
    while (next != NULL) {
        struct msvc__row *gone = next;

        next = gone->behind;
        forget(w, gone);
        msvc__row_free(gone);
    }
}

void msvc__window_drop(struct msvc__window *w, struct msvc__row *row)
{
    msvc__window_pass_turn(w, row);
    if (row->state != MSVC__ROW_WAITING)
        list_remove(&w->lists[row->state], row);
    forget(w, row);
    msvc__row_free(row);
}
