/* SPDX-License-Identifier: MIT */
/*
 * Leases last in the database, the cursor only in memory: what must survive is
 * that a row is there. So the relay's own writes need no fsync; a removal that
 * a crash undoes is one more duplicate. Every write is fenced by the epoch of
 * the lease, which no later holder has.
 */
#include "drivers/postgres/outbox_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "drivers/postgres/message_internal.h"

int msvc__postgres_outbox_open(void **out, const struct msvc_store_target *target,
                               const char *owner, struct msvc_error *err)
{
    struct msvc__postgres_session *s = msvc__new(sizeof(*s));
    int status;

    if (s == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "postgres", 0, "no memory for a relay session");
    s->clock = target->clock;
    s->timeout_ms = target->timeout_ms;
    s->owner = msvc__copy_text(owner);
    status = msvc__postgres_conninfo(&s->conninfo, target->url, NULL, "msvc relay", err);
    if (status == 0 && s->owner == NULL)
        status =
            msvc_error_set(err, MSVC_ERR_NOMEM, "postgres", 0, "no memory for a relay session");
    if (status < 0) {
        msvc__postgres_outbox_close(s);
        return status;
    }
    *out = s;
    return 0;
}

void msvc__postgres_outbox_close(void *session)
{
    struct msvc__postgres_session *s = session;

    if (s == NULL)
        return;
    msvc__postgres_outbox_rewind(s);
    msvc__postgres_disconnect(s->pg);
    free(s->delayed);
    free(s->owner);
    free(s->conninfo);
    free(s);
}

int msvc__postgres_outbox_connect(struct msvc__postgres_session *s, struct msvc_error *err)
{
    uint64_t deadline_ns;
    int status;

    if (s->pg != NULL && msvc__postgres_is_usable(s->pg))
        return 0;
    msvc__postgres_disconnect(s->pg);
    s->pg = NULL;
    msvc__postgres_outbox_rewind(s);
    deadline_ns = msvc_deadline_in(s->clock, s->timeout_ms);
    status = msvc__postgres_connect(&s->pg, s->conninfo, s->clock, s->timeout_ms, deadline_ns, err);
    if (status == 0)
        status = msvc__postgres_script(s->pg, "SET synchronous_commit = off", deadline_ns, err);
    return status;
}

int msvc__postgres_outbox_run(PGresult **out, struct msvc__postgres_session *s, const char *sql,
                              const struct msvc_value *values, size_t count, struct msvc_error *err)
{
    int status = msvc__postgres_outbox_connect(s, err);

    if (status < 0)
        return status;
    return msvc__postgres_run(out, s->pg, sql, values, count, true, msvc__postgres_deadline(s->pg),
                              err);
}

static int draw_epoch(struct msvc__postgres_session *s, struct msvc_error *err)
{
    PGresult *result;
    int status;

    if (s->epoch != 0)
        return 0;
    status = msvc__postgres_outbox_run(&result, s, "SELECT nextval('outbox_epoch')", NULL, 0, err);
    if (status < 0)
        return status;
    s->epoch = (uint64_t)msvc__postgres_int(result, 0, 0);
    PQclear(result);
    return 0;
}

int msvc__postgres_outbox_lease(void *session, unsigned lease_ms, uint64_t *shards, uint64_t *epoch,
                                struct msvc_error *err)
{
    struct msvc__postgres_session *s = session;
    int status = draw_epoch(s, err);
    struct msvc_value values[] = {
        msvc_value_text(s->owner),
        msvc_value_int((int64_t)s->epoch),
        msvc_value_int(lease_ms),
    };
    PGresult *result;

    if (status == 0)
        status = msvc__postgres_outbox_run(&result, s, "SELECT outbox_lease($1, $2, $3)", values, 3,
                                           err);
    if (status < 0)
        return status;
    *shards = (uint64_t)msvc__postgres_int(result, 0, 0);
    *epoch = s->epoch;
    PQclear(result);
    return 0;
}

int msvc__postgres_outbox_release(void *session, uint64_t epoch, struct msvc_error *err)
{
    struct msvc_value values[] = { msvc_value_int((int64_t)epoch) };

    return msvc__postgres_outbox_run(NULL, session,
                                     "WITH gone AS (DELETE FROM outbox_relays WHERE epoch = $1) "
                                     "UPDATE outbox_leases SET owner = '', until = '-infinity' "
                                     "WHERE epoch = $1",
                                     values, 1, err);
}

/* Rows that are removed or parked cannot come again. */
static void forget_delayed(struct msvc__postgres_session *s, const uint64_t *seqs, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->delayed_count; i++) {
        bool is_gone = false;

        for (size_t k = 0; k < count && !is_gone; k++)
            is_gone = s->delayed[i] == seqs[k];
        if (!is_gone)
            s->delayed[kept++] = s->delayed[i];
    }
    s->delayed_count = kept;
}

static int list_seqs(struct msvc_buffer *out, const uint64_t *seqs, size_t count,
                     struct msvc_error *err)
{
    msvc_buffer_byte(out, '{');
    for (size_t i = 0; i < count; i++)
        msvc_buffer_printf(out, "%s%llu", i > 0 ? "," : "", (unsigned long long)seqs[i]);
    msvc_buffer_byte(out, '}');
    if (msvc_buffer_status(out) < 0)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "postgres", 0, "no memory for a list of rows");
    return 0;
}

int msvc__postgres_outbox_remove(void *session, const uint64_t *seqs, size_t count, uint64_t epoch,
                                 struct msvc_error *err)
{
    struct msvc__postgres_session *s = session;
    struct msvc_buffer list = MSVC_BUFFER_INIT;
    PGresult *result = NULL;
    int status = list_seqs(&list, seqs, count, err);

    if (status == 0) {
        struct msvc_value values[] = { msvc_value_text(list.data), msvc_value_int((int64_t)epoch) };

        status = msvc__postgres_outbox_run(&result, s,
                                           "DELETE FROM outbox_events e USING outbox_leases l "
                                           "WHERE e.seq = ANY ($1::bigint[]) "
                                           "AND l.shard = e.shard AND l.epoch = $2",
                                           values, 2, err);
    }
    msvc_buffer_clear(&list);
    if (status < 0)
        return status;
    status = msvc__postgres_changed(result);
    PQclear(result);
    forget_delayed(s, seqs, count);
    return status;
}

int msvc__postgres_outbox_park(void *session, uint64_t seq, unsigned attempts, const char *reason,
                               bool blocks_key, uint64_t epoch, struct msvc_error *err)
{
    struct msvc_value values[] = {
        msvc_value_int((int64_t)seq), msvc_value_int((int64_t)epoch), msvc_value_int(attempts),
        msvc_value_text(reason),      msvc_value_int(blocks_key),
    };
    PGresult *result;
    int status;

    status = msvc__postgres_outbox_run(
        &result, session,
        "WITH gone AS (DELETE FROM outbox_events e USING outbox_leases l WHERE e.seq = $1 AND "
        "l.shard = e.shard AND l.epoch = $2 RETURNING e.*) "
        "INSERT INTO outbox_parked (seq, created_at, " MSVC__POSTGRES_MESSAGE_NAMES
        ", attempts, reason, blocks_key) "
        "SELECT seq, created_at, " MSVC__POSTGRES_MESSAGE_NAMES
        ", $3::integer, $4::text, $5::integer <> 0 FROM gone",
        values, 5, err);
    if (status < 0)
        return status;
    status = msvc__postgres_changed(result);
    PQclear(result);
    forget_delayed(session, &seq, 1);
    return status;
}

int msvc__postgres_outbox_is_blocked(void *session, const char *topic, const char *key, bool *out,
                                     struct msvc_error *err)
{
    struct msvc_value values[] = { msvc_value_text(topic), msvc_value_text(key) };
    PGresult *result;
    int status;

    if (topic == NULL)
        status = msvc__postgres_outbox_run(
            &result, session, "SELECT count(*) FROM outbox_parked WHERE blocks_key", NULL, 0, err);
    else
        status = msvc__postgres_outbox_run(&result, session,
                                           "SELECT count(*) FROM outbox_parked WHERE blocks_key "
                                           "AND key = $2 AND coalesce(topic, type) = $1",
                                           values, 2, err);
    if (status < 0)
        return status;
    *out = msvc__postgres_int(result, 0, 0) > 0;
    PQclear(result);
    return 0;
}

/* Writers never NOTIFY: it would cost each of them a global lock. */
int msvc__postgres_outbox_wake_fd(const void *session)
{
    (void)session;
    return -1;
}
