/* SPDX-License-Identifier: MIT */
/* A relay's session: its connection, its leases, and where it is in the outbox. */
#ifndef MSVC_POSTGRES_OUTBOX_INTERNAL_H
#define MSVC_POSTGRES_OUTBOX_INTERNAL_H

#include "drivers/postgres/postgres_internal.h"

struct msvc__postgres_session {
    struct msvc__postgres *pg; /* NULL until needed, and after it was lost */
    char *conninfo;
    const struct msvc_clock *clock;
    unsigned timeout_ms;
    char *owner;
    uint64_t epoch; /* 0: none drawn yet */

    /* The cursor (outbox_fetch.c). */
    uint64_t shards;   /* which ones it is about */
    char *previous;    /* the snapshot before; NULL while catching up */
    char *current;     /* the snapshot whose rows are being paged through; NULL between two */
    uint64_t last_seq; /* of the pages of current that were handed over */
    bool is_durable;   /* all that current sees is on disk */
    uint64_t *delayed; /* due rows that were handed over and are not removed yet */
    size_t delayed_count;
    size_t delayed_capacity;
};

int msvc__postgres_outbox_open(void **out, const struct msvc_store_target *target,
                               const char *owner, struct msvc_error *err);
void msvc__postgres_outbox_close(void *session);
int msvc__postgres_outbox_lease(void *session, unsigned lease_ms, uint64_t *shards, uint64_t *epoch,
                                struct msvc_error *err);
int msvc__postgres_outbox_release(void *session, uint64_t epoch, struct msvc_error *err);
int msvc__postgres_outbox_fetch(void *session, uint64_t shards, size_t limit,
                                msvc_outbox_row_fn *fn, void *user, struct msvc_error *err);
void msvc__postgres_outbox_rewind(void *session);
int msvc__postgres_outbox_remove(void *session, const uint64_t *seqs, size_t count, uint64_t epoch,
                                 struct msvc_error *err);
int msvc__postgres_outbox_park(void *session, uint64_t seq, unsigned attempts, const char *reason,
                               bool blocks_key, uint64_t epoch, struct msvc_error *err);
int msvc__postgres_outbox_is_blocked(void *session, const char *topic, const char *key, bool *out,
                                     struct msvc_error *err);
int msvc__postgres_outbox_wake_fd(const void *session);

/* Connect if need be; a new connection may be to another server, so the cursor starts again. */
int msvc__postgres_outbox_connect(struct msvc__postgres_session *session, struct msvc_error *err);

/* Run one statement of the session; *out (optional) holds binary columns. */
int msvc__postgres_outbox_run(PGresult **out, struct msvc__postgres_session *session,
                              const char *sql, const struct msvc_value *values, size_t count,
                              struct msvc_error *err);

#endif
