/* SPDX-License-Identifier: MIT */
/*
 * The rows a relay holds: in which order they may be sent, and what became of
 * each. Knows neither database nor broker. Bounded: what does not fit stays in
 * the database.
 */
#ifndef MSVC_OUTBOX_WINDOW_INTERNAL_H
#define MSVC_OUTBOX_WINDOW_INTERNAL_H

#include <msvc/driver/outbox.h>

struct msvc_random;
struct msvc_relay;
struct msvc_span;

/* Payload bytes held at most. */
#define MSVC__WINDOW_BYTES_MAX ((size_t)64 << 20)

enum msvc__row_state {
    MSVC__ROW_READY,     /* may be sent */
    MSVC__ROW_WAITING,   /* behind another of its key; in no list */
    MSVC__ROW_SENT,      /* no outcome yet */
    MSVC__ROW_RESTING,   /* refused; sent again when due */
    MSVC__ROW_CONFIRMED, /* to be removed */
    MSVC__ROW_PARKING,   /* to be parked */
    MSVC__ROW_STATES,
};

struct msvc__key;

struct msvc__row {
    struct msvc_relay *relay; /* NULL: the relay was freed, the outcome frees the row */
    uint64_t seq;
    unsigned shard;
    int64_t created_wall_ns;
    struct msvc_message *message; /* NULL: cannot be a message, is to be parked */
    char *reason;                 /* why it is to be parked */
    unsigned sends;
    unsigned refusals;
    uint64_t due_ns; /* while resting */
    struct msvc_span *span;

    enum msvc__row_state state;
    struct msvc__key *key;            /* NULL: no order, or its turn is over */
    struct msvc__row *behind;         /* the next of its key */
    struct msvc__row *in_bucket;      /* the next of its bucket, by seq */
    struct msvc__row *before, *after; /* in the list of its state */
};

struct msvc__row_list {
    struct msvc__row *first, *last;
    size_t count;
};

/* Messages of one (topic, key): the head has its turn, the others wait. */
struct msvc__key {
    struct msvc__row *head, *tail;
    struct msvc__key *in_bucket;
};

/*
 * Keys of which rows were passed over since the last rewind: all later ones
 * must be passed over as well, or they would overtake. A bit may stand for
 * several keys, whose rows then wait for the next rewind too; another salt
 * each time keeps two keys from meeting again.
 */
#define MSVC__PASSED_BITS 8192
struct msvc__passed {
    uint8_t bits[MSVC__PASSED_BITS / 8];
    uint64_t salt;
    bool is_empty;
};

struct msvc__window {
    size_t limit; /* rows held at most */
    size_t count;
    size_t bytes;
    size_t bucket_mask;
    struct msvc__row **rows; /* buckets by seq */
    struct msvc__key **keys; /* buckets by (topic, key) */
    struct msvc__row_list lists[MSVC__ROW_STATES];
    struct msvc__passed passed;
};

/* Returns 0 or MSVC_ERR_NOMEM. */
int msvc__window_init(struct msvc__window *window, size_t limit);
/* Frees all rows but those sent, which lose their relay. */
void msvc__window_clear(struct msvc__window *window);

bool msvc__window_is_full(const struct msvc__window *window);
struct msvc__row *msvc__window_find(const struct msvc__window *window, uint64_t seq);
struct msvc__key *msvc__window_key(const struct msvc__window *window, const char *topic,
                                   const char *key);

/* Hold a row; takes its message on success. Returns 0, MSVC_ERR_LIMIT when full, or NOMEM. */
int msvc__window_add(struct msvc__window *window, struct msvc_relay *relay,
                     const struct msvc_outbox_row *from);

/* Put a row into the list of another state; READY in order of seq. */
void msvc__window_move(struct msvc__window *window, struct msvc__row *row,
                       enum msvc__row_state state);

/* Its turn is over: the next of its key is ready. The row stays held. */
void msvc__window_pass_turn(struct msvc__window *window, struct msvc__row *row);

/* Forget the rows behind it, as if they had been passed over. */
void msvc__window_pass_over_behind(struct msvc__window *window, struct msvc__row *row);

/* Hold it no longer, and free it. */
void msvc__window_drop(struct msvc__window *window, struct msvc__row *row);

void msvc__row_free(struct msvc__row *row);

void msvc__passed_clear(struct msvc__passed *passed, const struct msvc_random *random);
void msvc__passed_add(struct msvc__passed *passed, const struct msvc_message *message);
bool msvc__passed_has(const struct msvc__passed *passed, const struct msvc_message *message);

#endif
