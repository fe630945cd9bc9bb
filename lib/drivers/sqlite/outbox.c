/* SPDX-License-Identifier: MIT */
/*
 * SQLite has one writer at a time, so seq order is commit order, and a cursor
 * "seq > last" misses nothing. For the same reason there is one lease for all
 * shards: one relay saturates the file.
 */
#include "drivers/sqlite/outbox_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msvc/buffer.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/message.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/os_internal.h"

#define NS_PER_MS  1000000
#define ALL_SHARDS UINT64_MAX

static const char insert[] =
    "INSERT INTO outbox_events (id, type, topic, \"key\", source, subject, content_type, headers, "
    "traceparent, tracestate, time_ns, not_before, created_at, payload) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

static int insert_row(struct msvc_tx *tx, const struct msvc_message *m, int64_t not_before_ns,
                      const char *headers, struct msvc_error *err)
{
    const struct msvc__sqlite *c = msvc_tx_connection(tx);
    bool has_payload = m->payload != NULL;

    return msvc_tx_exec(
        tx, insert,
        MSVC_VALUES(MSVC_TEXT(m->id), MSVC_TEXT(m->type), MSVC_TEXT(m->topic), MSVC_TEXT(m->key),
                    MSVC_TEXT(m->source), MSVC_TEXT(m->subject), MSVC_TEXT(m->content_type),
                    MSVC_TEXT(headers), MSVC_TEXT(m->traceparent), MSVC_TEXT(m->tracestate),
                    MSVC_INT(m->time_ns),
                    not_before_ns != 0 ? MSVC_INT(not_before_ns) : MSVC_NULL(),
                    MSVC_INT(msvc_clock_wall_ns(c->clock)),
                    MSVC_BLOB(has_payload ? m->payload : "", has_payload ? m->payload_length : 0)),
        err);
}

/* With one writer, whoever appends holds the lock of every key. */
static int append(struct msvc_tx *tx, const struct msvc_message *m, int64_t not_before_ns,
                  bool lock_key, struct msvc_error *err)
{
    struct msvc_buffer headers = MSVC_BUFFER_INIT;
    int status = 0;

    (void)lock_key;
    if (m->headers != NULL && m->headers[0].name != NULL)
        status = msvc_outbox_headers_write(&headers, m->headers);
    if (status < 0)
        status = msvc_error_set(err, status, "sqlite", 0, "headers: %s", msvc_status_text(status));
    else
        status = insert_row(tx, m, not_before_ns, headers.data, err);
    msvc_buffer_clear(&headers);
    return status < 0 ? status : 0;
}

static void close_session(void *session)
{
    struct msvc__sqlite_outbox *s = session;

    if (s == NULL)
        return;
    if (s->wake_fd >= 0)
        (void)close(s->wake_fd);
    msvc__sqlite_close(s->connection);
    free(s->owner);
    free(s);
}

/* A lost removal is a duplicate, no more: what the relay writes need not wait for the disk. */
static int relax(struct msvc__sqlite *c, struct msvc_error *err)
{
    int status = msvc__sqlite_run(c, "PRAGMA synchronous = NORMAL", NULL, err);

    return status < 0 ? status : 0;
}

static int open_session(void **out, const struct msvc_store_target *target, const char *owner,
                        struct msvc_error *err)
{
    struct msvc__sqlite_outbox *s = msvc__new(sizeof(*s));
    int status;

    if (s == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "sqlite", 0, "no memory for an outbox session");
    s->wake_fd = -1;
    s->owner = msvc__copy_text(owner);
    if (s->owner == NULL)
        status =
            msvc_error_set(err, MSVC_ERR_NOMEM, "sqlite", 0, "no memory for an outbox session");
    else
        status =
            msvc__sqlite_open(&s->connection, target->url, target->timeout_ms, target->clock, err);
    if (status == 0)
        status = relax(s->connection, err);
    if (status < 0) {
        close_session(s);
        return status;
    }
    *out = s;
    return 0;
}

/* Who holds the lease, as the table says. */
struct holder {
    bool is_us;
    int64_t epoch; /* 0: nobody ever did */
    int64_t until_ns;
};

static int read_holder(struct holder *out, struct msvc__sqlite_outbox *s, struct msvc_error *err)
{
    struct sqlite3_stmt *row;
    int status = msvc__sqlite_prepare(
        &row, s->connection,
        "SELECT owner = $1, epoch, \"until\" FROM outbox_lease WHERE shard = 0",
        MSVC_VALUES(MSVC_TEXT(s->owner)), 1, err);
    int code;

    if (status < 0)
        return status;
    *out = (struct holder){ false, 0, 0 };
    code = sqlite3_step(row);
    if (code == SQLITE_ROW)
        *out = (struct holder){ sqlite3_column_int(row, 0) != 0, sqlite3_column_int64(row, 1),
                                sqlite3_column_int64(row, 2) };
    else if (code != SQLITE_DONE)
        status = msvc__sqlite_error(s->connection, code, err);
    msvc__sqlite_done(s->connection, row);
    return status;
}

static int write_holder(struct msvc__sqlite_outbox *s, int64_t epoch, int64_t until_ns,
                        struct msvc_error *err)
{
    int status = msvc__sqlite_run(
        s->connection,
        "INSERT INTO outbox_lease (shard, owner, epoch, \"until\") VALUES (0, $1, $2, $3) "
        "ON CONFLICT (shard) DO UPDATE SET owner = excluded.owner, epoch = excluded.epoch, "
        "\"until\" = excluded.\"until\"",
        MSVC_VALUES(MSVC_TEXT(s->owner), MSVC_INT(epoch), MSVC_INT(until_ns)), err);

    return status < 0 ? status : 0;
}

/*
 * Renewing keeps the epoch; taking over, from whoever, starts another. A
 * relay that comes back under its own name takes over at once.
 */
static int take_lease(struct msvc__sqlite_outbox *s, int64_t now_ns, unsigned lease_ms,
                      bool *is_held, struct msvc_error *err)
{
    struct holder holder;
    int status = read_holder(&holder, s, err);
    bool is_renewal;

    if (status < 0)
        return status;
    is_renewal = holder.is_us && holder.epoch == s->epoch;
    *is_held = holder.is_us || holder.until_ns <= now_ns;
    if (!*is_held)
        return 0;
    if (!is_renewal)
        holder.epoch++;
    status = write_holder(s, holder.epoch, now_ns + (int64_t)lease_ms * NS_PER_MS, err);
    if (status == 0)
        s->epoch = holder.epoch;
    return status;
}

static int lease(void *session, unsigned lease_ms, uint64_t *shards, uint64_t *epoch,
                 struct msvc_error *err)
{
    struct msvc__sqlite_outbox *s = session;
    bool is_held = false;
    int status = msvc__sqlite_begin(s->connection, err);

    if (status < 0)
        return status;
    status = take_lease(s, msvc_clock_wall_ns(s->connection->clock), lease_ms, &is_held, err);
    if (status == 0)
        status = msvc__sqlite_commit(s->connection, err);
    if (status < 0) {
        msvc__sqlite_rollback(s->connection);
        return status;
    }
    *shards = is_held ? ALL_SHARDS : 0;
    *epoch = is_held ? (uint64_t)s->epoch : 0;
    return 0;
}

static int release(void *session, uint64_t epoch, struct msvc_error *err)
{
    struct msvc__sqlite_outbox *s = session;
    int status;

    msvc__sqlite_limit(s->connection, 0);
    status = msvc__sqlite_run(
        s->connection,
        "UPDATE outbox_lease SET \"until\" = 0 WHERE shard = 0 AND owner = $1 AND epoch = $2",
        MSVC_VALUES(MSVC_TEXT(s->owner), MSVC_INT((int64_t)epoch)), err);
    return status < 0 ? status : 0;
}

static void rewind_session(void *session)
{
    struct msvc__sqlite_outbox *s = session;

    s->last_seq = 0;
    s->delayed = (struct msvc__sqlite_delayed){ 0 };
}

/* In the transaction: 1 when epoch holds the lease, 0 when it does not. */
static int holds_lease(struct msvc__sqlite_outbox *s, uint64_t epoch, struct msvc_error *err)
{
    struct holder holder;
    int status = read_holder(&holder, s, err);

    if (status < 0)
        return status;
    return holder.is_us && holder.epoch == (int64_t)epoch;
}

static int remove_each(struct msvc__sqlite_outbox *s, const uint64_t *seqs, size_t count,
                       struct msvc_error *err)
{
    int removed = 0;

    for (size_t i = 0; i < count; i++) {
        int status = msvc__sqlite_run(s->connection, "DELETE FROM outbox_events WHERE seq = $1",
                                      MSVC_VALUES(MSVC_INT((int64_t)seqs[i])), err);

        if (status < 0)
            return status;
        removed += status;
    }
    return removed;
}

/* Commit what gave `result`, or undo it. */
static int conclude(struct msvc__sqlite_outbox *s, int result, struct msvc_error *err)
{
    int status = result > 0 ? msvc__sqlite_commit(s->connection, err) : 0;

    if (result <= 0 || status < 0)
        msvc__sqlite_rollback(s->connection);
    return status < 0 ? status : result;
}

static int remove_rows(void *session, const uint64_t *seqs, size_t count, uint64_t epoch,
                       struct msvc_error *err)
{
    struct msvc__sqlite_outbox *s = session;
    int result = msvc__sqlite_begin(s->connection, err);

    if (result < 0)
        return result;
    result = holds_lease(s, epoch, err);
    if (result > 0)
        result = remove_each(s, seqs, count, err);
    return conclude(s, result, err);
}

static const char copy_to_parked[] =
    "INSERT OR REPLACE INTO outbox_parked (seq, id, type, topic, \"key\", source, subject, "
    "content_type, headers, traceparent, tracestate, time_ns, not_before, created_at, payload, "
    "attempts, reason, blocks_key, parked_at) SELECT seq, id, type, topic, \"key\", source, "
    "subject, content_type, headers, traceparent, tracestate, time_ns, not_before, created_at, "
    "payload, $2, $3, $4, $5 FROM outbox_events WHERE seq = $1";

static int park_row(struct msvc__sqlite_outbox *s, uint64_t seq, unsigned attempts,
                    const char *reason, bool blocks_key, struct msvc_error *err)
{
    int status = msvc__sqlite_run(s->connection, copy_to_parked,
                                  MSVC_VALUES(MSVC_INT((int64_t)seq), MSVC_INT(attempts),
                                              MSVC_TEXT(reason), MSVC_INT(blocks_key),
                                              MSVC_INT(msvc_clock_wall_ns(s->connection->clock))),
                                  err);

    return status <= 0 ? status : remove_each(s, &seq, 1, err);
}

static int park(void *session, uint64_t seq, unsigned attempts, const char *reason, bool blocks_key,
                uint64_t epoch, struct msvc_error *err)
{
    struct msvc__sqlite_outbox *s = session;
    int result = msvc__sqlite_begin(s->connection, err);

    if (result < 0)
        return result;
    result = holds_lease(s, epoch, err);
    if (result > 0)
        result = park_row(s, seq, attempts, reason, blocks_key, err);
    return conclude(s, result, err);
}

static int is_blocked(void *session, const char *topic, const char *key, bool *out,
                      struct msvc_error *err)
{
    struct msvc__sqlite_outbox *s = session;
    int64_t found;
    int status;

    msvc__sqlite_limit(s->connection, 0);
    if (topic == NULL)
        status = msvc__sqlite_number(&found, s->connection,
                                     "SELECT 1 FROM outbox_parked WHERE blocks_key AND "
                                     "\"key\" IS NOT NULL LIMIT 1",
                                     NULL, 0, err);
    else
        status =
            msvc__sqlite_number(&found, s->connection,
                                "SELECT 1 FROM outbox_parked WHERE blocks_key AND \"key\" = $2 "
                                "AND coalesce(topic, type) = $1 LIMIT 1",
                                MSVC_VALUES(MSVC_TEXT(topic), MSVC_TEXT(key)), 0, err);
    if (status == 0)
        *out = found != 0;
    return status;
}

static int wake_fd(const void *session)
{
    const struct msvc__sqlite_outbox *s = session;

    return s->wake_fd;
}

const struct msvc_outbox_driver msvc__sqlite_outbox = {
    .size = sizeof(msvc__sqlite_outbox),
    .migrations = msvc__sqlite_schema,
    .append = append,
    .open = open_session,
    .close = close_session,
    .lease = lease,
    .release = release,
    .fetch = msvc__sqlite_outbox_fetch,
    .rewind = rewind_session,
    .remove = remove_rows,
    .park = park,
    .is_blocked = is_blocked,
    .wake_fd = wake_fd,
};
