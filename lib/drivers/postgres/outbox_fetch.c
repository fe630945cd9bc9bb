/* SPDX-License-Identifier: MIT */
/*
 * What is new is what this snapshot sees and the one before did not: exact,
 * whatever the order in which transactions drew their ids and committed, and
 * no transaction that stays open holds it up. A page too long for one look is
 * read in several, all about the same snapshot, by seq. Nobody who waited for
 * another's commit can come before it: either it is in a later snapshot or it
 * drew its seq later.
 *
 * What a snapshot sees may still be lost, when its writer did not wait for the
 * disk. So nothing is handed over before the log up to there is flushed.
 */
#include "drivers/postgres/outbox_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/message.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "drivers/postgres/message_internal.h"

#define SHARD_COUNT   64
#define NS_PER_US     1000
#define ROW_COLUMN    3 /* the first after those of the snapshot */
#define FIRST_DELAYED 16

/* A page: one row with NULLs when it is empty, so that the snapshot always comes. */
#define PAGE_BEGIN                                                                         \
    "WITH now AS MATERIALIZED (SELECT pg_current_snapshot()::text AS snapshot, "           \
    "pg_current_wal_insert_lsn() AS lsn) "                                                 \
    "SELECT now.snapshot, now.lsn::text, pg_current_wal_flush_lsn() >= now.lsn, page.* "   \
    "FROM now LEFT JOIN LATERAL (SELECT m.seq, m.shard, "                                  \
    "(extract(epoch FROM m.created_at) * 1000000)::bigint, " MSVC__POSTGRES_MESSAGE_SELECT \
    " FROM outbox_events m WHERE m.shard = ANY ($1::smallint[]) AND "
#define PAGE_NEXT "m.not_before IS NULL AND m.seq > $2 "
#define PAGE_END  "ORDER BY m.seq LIMIT $3) page ON true ORDER BY page.seq"

/* Not seen before; what "not pg_visible_in_snapshot(xid, $4)" says in a way that finds the index.
 */
#define PAGE_NEW                                       \
    "AND (m.xid >= pg_snapshot_xmax($4::pg_snapshot) " \
    "OR m.xid = ANY (ARRAY(SELECT pg_snapshot_xip($4::pg_snapshot)))) "

static const char catch_up[] = PAGE_BEGIN PAGE_NEXT PAGE_END;
static const char catch_up_more[] =
    PAGE_BEGIN PAGE_NEXT "AND pg_visible_in_snapshot(m.xid, $4::pg_snapshot) " PAGE_END;
static const char tail[] = PAGE_BEGIN PAGE_NEXT PAGE_NEW PAGE_END;
static const char tail_more[] =
    PAGE_BEGIN PAGE_NEXT PAGE_NEW "AND pg_visible_in_snapshot(m.xid, $5::pg_snapshot) " PAGE_END;
static const char due[] =
    PAGE_BEGIN "m.not_before <= clock_timestamp() AND m.seq <> ALL ($2::bigint[]) "
               "ORDER BY m.not_before, m.seq LIMIT $3) page ON true";

/* What one fetch is about. */
struct fetch {
    struct msvc__postgres_session *s;
    char shards[SHARD_COUNT * 3 + 3]; /* as an array of SQL */
    msvc_outbox_row_fn *fn;
    void *user;
    struct msvc_error *err;
    size_t handed; /* rows that fn took */
};

void msvc__postgres_outbox_rewind(void *session)
{
    struct msvc__postgres_session *s = session;

    free(s->previous);
    free(s->current);
    s->previous = NULL;
    s->current = NULL;
    s->last_seq = 0;
    s->is_durable = false;
    s->delayed_count = 0;
}

static void list_shards(char *out, uint64_t shards)
{
    char *at = out;

    *at++ = '{';
    for (unsigned i = 0; i < SHARD_COUNT; i++) {
        if ((shards >> i & 1) == 0)
            continue;
        if (at > out + 1)
            *at++ = ',';
        if (i >= 10)
            *at++ = (char)('0' + i / 10);
        *at++ = (char)('0' + i % 10);
    }
    *at++ = '}';
    *at = '\0';
}

/* Have the server write its log to the disk: a commit that waits for that, after all the others. */
static int flush_log(struct msvc__postgres_session *s, struct msvc_error *err)
{
    return msvc__postgres_script(s->pg,
                                 "BEGIN; SET LOCAL synchronous_commit = on; "
                                 "SELECT pg_logical_emit_message(true, 'msvc', ''); COMMIT",
                                 msvc__postgres_deadline(s->pg), err);
}

static bool read_bool(const PGresult *result, int row, int column)
{
    return PQgetvalue(result, row, column)[0] != 0;
}

/* Text that came from elsewhere than our append() may be no message: the taker is told why. */
static int hand_over(struct fetch *f, const PGresult *result, int row)
{
    struct msvc_error why;
    struct msvc_message columns;
    struct msvc_outbox_row out = {
        .seq = (uint64_t)msvc__postgres_int(result, row, ROW_COLUMN),
        .shard = (unsigned)msvc__postgres_int(result, row, ROW_COLUMN + 1),
        .created_wall_ns = msvc__postgres_int(result, row, ROW_COLUMN + 2) * NS_PER_US,
    };
    const char *headers = msvc__postgres_message_read(&columns, result, row, ROW_COLUMN + 3);
    int status = msvc_outbox_row_message(&out.message, &columns, headers, &why);

    if (status == MSVC_ERR_NOMEM)
        return msvc_error_set(f->err, status, "postgres", 0, "no memory for a row");
    if (status < 0)
        out.problem = why.message;
    status = f->fn(&out, f->user);
    if (status < 0) {
        msvc_message_free(out.message);
        return msvc_error_set(f->err, status, "postgres", 0, "row %llu was not taken",
                              (unsigned long long)out.seq);
    }
    f->handed++;
    return 0;
}

static bool is_empty(const PGresult *result)
{
    return PQntuples(result) == 0 || PQgetisnull(result, 0, ROW_COLUMN);
}

/* Run the page that the cursor is at. */
static int read_page(PGresult **out, struct fetch *f, size_t limit)
{
    struct msvc__postgres_session *s = f->s;
    struct msvc_value values[] = {
        msvc_value_text(f->shards),
        msvc_value_int((int64_t)s->last_seq),
        msvc_value_int((int64_t)limit),
        msvc_value_text(s->previous != NULL ? s->previous : s->current),
        msvc_value_text(s->current),
    };
    size_t count = 3u + (s->previous != NULL) + (s->current != NULL);
    const char *sql = s->previous == NULL ? catch_up : tail;

    if (s->current != NULL)
        sql = s->previous == NULL ? catch_up_more : tail_more;
    return msvc__postgres_outbox_run(out, s, sql, values, count, f->err);
}

static int secure(struct fetch *f, const PGresult *result)
{
    if (f->s->is_durable || read_bool(result, 0, 2))
        return 0;
    return flush_log(f->s, f->err);
}

/* What was handed over of the page is behind us. */
static int note_handed(struct msvc__postgres_session *s, const PGresult *result, int count,
                       struct msvc_error *err)
{
    if (s->current == NULL) {
        s->current = msvc__copy_text(PQgetvalue(result, 0, 0));
        if (s->current == NULL)
            return msvc_error_set(err, MSVC_ERR_NOMEM, "postgres", 0, "no memory for a snapshot");
        s->is_durable = count > 0;
    }
    if (count > 0)
        s->last_seq = (uint64_t)msvc__postgres_int(result, count - 1, ROW_COLUMN);
    return 0;
}

/* There is no more of this snapshot: the next page is about what the next one adds. */
static void end_snapshot(struct msvc__postgres_session *s)
{
    free(s->previous);
    s->previous = s->current;
    s->current = NULL;
    s->last_seq = 0;
    s->is_durable = false;
}

static int fetch_page(struct fetch *f, size_t limit)
{
    PGresult *result;
    int status = read_page(&result, f, limit);
    int noted;
    int count;
    int row = 0;

    if (status < 0)
        return status;
    count = is_empty(result) ? 0 : PQntuples(result);
    if (count > 0)
        status = secure(f, result);
    while (status == 0 && row < count) {
        status = hand_over(f, result, row);
        row += status == 0;
    }
    noted = status == 0 || row > 0 ? note_handed(f->s, result, row, f->err) : 0;
    if (status == 0 && noted == 0 && (size_t)count < limit)
        end_snapshot(f->s);
    PQclear(result);
    return status < 0 ? status : noted;
}

/* Room first: what is handed over must be remembered. */
static int make_room(struct msvc__postgres_session *s, size_t more, struct msvc_error *err)
{
    size_t capacity = s->delayed_capacity > 0 ? s->delayed_capacity : FIRST_DELAYED;
    uint64_t *grown;

    while (capacity < s->delayed_count + more)
        capacity *= 2;
    if (capacity == s->delayed_capacity)
        return 0;
    grown = msvc__grow(s->delayed, capacity * sizeof(*grown));
    if (grown == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "postgres", 0, "no memory for delayed rows");
    s->delayed = grown;
    s->delayed_capacity = capacity;
    return 0;
}

static int list_delayed(struct msvc_buffer *out, const struct msvc__postgres_session *s,
                        struct msvc_error *err)
{
    msvc_buffer_byte(out, '{');
    for (size_t i = 0; i < s->delayed_count; i++)
        msvc_buffer_printf(out, "%s%llu", i > 0 ? "," : "", (unsigned long long)s->delayed[i]);
    msvc_buffer_byte(out, '}');
    if (msvc_buffer_status(out) < 0)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "postgres", 0, "no memory for delayed rows");
    return 0;
}

/* Delayed rows have no place in the order; which ones are under way is remembered one by one. */
static int fetch_due(struct fetch *f, size_t limit)
{
    struct msvc_buffer list = MSVC_BUFFER_INIT;
    PGresult *result = NULL;
    int status = list_delayed(&list, f->s, f->err);

    if (status == 0) {
        struct msvc_value values[] = {
            msvc_value_text(f->shards),
            msvc_value_text(list.data),
            msvc_value_int((int64_t)limit),
        };

        status = msvc__postgres_outbox_run(&result, f->s, due, values, 3, f->err);
    }
    msvc_buffer_clear(&list);
    if (status == 0 && !is_empty(result)) {
        if (!read_bool(result, 0, 2))
            status = flush_log(f->s, f->err);
        if (status == 0)
            status = make_room(f->s, (size_t)PQntuples(result), f->err);
        for (int row = 0; status == 0 && row < PQntuples(result); row++) {
            status = hand_over(f, result, row);
            if (status == 0)
                f->s->delayed[f->s->delayed_count++] =
                    (uint64_t)msvc__postgres_int(result, row, ROW_COLUMN);
        }
    }
    PQclear(result);
    return status;
}

int msvc__postgres_outbox_fetch(void *session, uint64_t shards, size_t limit,
                                msvc_outbox_row_fn *fn, void *user, struct msvc_error *err)
{
    struct msvc__postgres_session *s = session;
    struct fetch f = { .s = s, .fn = fn, .user = user, .err = err };
    int status = msvc__postgres_outbox_connect(s, err);

    if (status < 0 || shards == 0 || limit == 0)
        return status;
    if ((shards & ~s->shards) != 0)
        msvc__postgres_outbox_rewind(s);
    s->shards = shards;
    list_shards(f.shards, shards);
    status = fetch_page(&f, limit);
    if (status == 0 && f.handed < limit)
        status = fetch_due(&f, limit - f.handed);
    if (status < 0 && !msvc__postgres_is_usable(s->pg))
        msvc__postgres_outbox_rewind(s);
    return status < 0 ? status : (int)f.handed;
}
