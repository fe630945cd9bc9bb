/* SPDX-License-Identifier: MIT */
/*
 * A page is read in one snapshot. Before it is handed over its bytes are
 * forced to the disk, whatever synchronous mode the writers use: what was
 * published must not be lost. The snapshot stays open meanwhile, so that
 * nobody starts the log anew under it.
 */
#include "drivers/sqlite/outbox_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/message.h>
#include <msvc/outbox.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/os_internal.h"

/* A page ends early when its payloads have this many bytes. */
#define PAGE_BYTES_MAX ((size_t)32 << 20)

#define COLUMNS                                                                      \
    "SELECT seq, id, type, topic, \"key\", source, subject, content_type, headers, " \
    "traceparent, tracestate, time_ns, created_at, payload FROM outbox_events WHERE "

static const char at_once[] = COLUMNS "seq > $1 AND not_before IS NULL ORDER BY seq LIMIT $2";
static const char delayed[] =
    COLUMNS "not_before IS NOT NULL AND not_before <= $1 AND seq <= $2 AND seq > $3 AND "
            "(not_before > $4 OR seq > $5) ORDER BY seq LIMIT $6";

enum column {
    COLUMN_SEQ,
    COLUMN_ID,
    COLUMN_TYPE,
    COLUMN_TOPIC,
    COLUMN_KEY,
    COLUMN_SOURCE,
    COLUMN_SUBJECT,
    COLUMN_CONTENT_TYPE,
    COLUMN_HEADERS,
    COLUMN_TRACEPARENT,
    COLUMN_TRACESTATE,
    COLUMN_TIME_NS,
    COLUMN_CREATED_AT,
    COLUMN_PAYLOAD,
};

struct page_row {
    struct msvc_outbox_row row;
    char *problem;
    bool is_delayed;
};

struct page {
    struct page_row *rows;
    size_t limit;
    size_t count;
    size_t bytes;
    int64_t newest_seq;  /* of the snapshot, ever given out */
    bool is_all_at_once; /* every row without delay was read */
    bool is_all_delayed; /* and every delayed one that is due */
};

static const char *text(struct sqlite3_stmt *row, enum column column)
{
    return (const char *)sqlite3_column_text(row, (int)column);
}

static struct msvc_message columns_of(struct sqlite3_stmt *row)
{
    return (struct msvc_message){
        .size = sizeof(struct msvc_message),
        .id = text(row, COLUMN_ID),
        .type = text(row, COLUMN_TYPE),
        .topic = text(row, COLUMN_TOPIC),
        .key = text(row, COLUMN_KEY),
        .source = text(row, COLUMN_SOURCE),
        .subject = text(row, COLUMN_SUBJECT),
        .content_type = text(row, COLUMN_CONTENT_TYPE),
        .traceparent = text(row, COLUMN_TRACEPARENT),
        .tracestate = text(row, COLUMN_TRACESTATE),
        .time_ns = sqlite3_column_int64(row, COLUMN_TIME_NS),
        .payload = sqlite3_column_blob(row, COLUMN_PAYLOAD),
        .payload_length = (size_t)sqlite3_column_bytes(row, COLUMN_PAYLOAD),
    };
}

static int take_row(struct page *page, struct sqlite3_stmt *row, bool is_delayed,
                    struct msvc_error *err)
{
    struct page_row *r = &page->rows[page->count];
    struct msvc_message columns = columns_of(row);
    struct msvc_error problem;
    int status =
        msvc_outbox_row_message(&r->row.message, &columns, text(row, COLUMN_HEADERS), &problem);

    r->row.seq = (uint64_t)sqlite3_column_int64(row, COLUMN_SEQ);
    r->row.shard = msvc_outbox_shard(msvc_message_topic(&columns), columns.key);
    r->row.created_wall_ns = sqlite3_column_int64(row, COLUMN_CREATED_AT);
    r->is_delayed = is_delayed;
    if (status < 0 && status != MSVC_ERR_NOMEM)
        r->problem = msvc__copy_text(problem.message);
    if (status < 0 && r->problem == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "sqlite", 0, "no memory for a row");
    r->row.problem = r->problem;
    page->bytes += columns.payload_length;
    page->count++;
    return 0;
}

/* *all tells whether the statement had no more rows than fitted. */
static int read_page(struct page *page, struct msvc__sqlite *c, const char *sql,
                     const struct msvc_value *values, size_t value_count, bool *all,
                     struct msvc_error *err)
{
    bool is_delayed = sql == delayed;
    struct sqlite3_stmt *row;
    int status = msvc__sqlite_prepare(&row, c, sql, values, value_count, err);
    int code = SQLITE_ROW;

    if (status < 0)
        return status;
    while (status == 0 && page->count < page->limit && page->bytes < PAGE_BYTES_MAX &&
           (code = sqlite3_step(row)) == SQLITE_ROW)
        status = take_row(page, row, is_delayed, err);
    if (status == 0 && code != SQLITE_ROW && code != SQLITE_DONE)
        status = msvc__sqlite_error(c, code, err);
    *all = code == SQLITE_DONE;
    msvc__sqlite_done(c, row);
    return status;
}

static int read_at_once(struct page *page, struct msvc__sqlite_outbox *s, struct msvc_error *err)
{
    const struct msvc_value values[] = { msvc_value_int(s->last_seq),
                                         msvc_value_int((int64_t)page->limit + 1) };

    return read_page(page, s->connection, at_once, values, 2, &page->is_all_at_once, err);
}

static int read_delayed(struct page *page, struct msvc__sqlite_outbox *s, struct msvc_error *err)
{
    struct msvc__sqlite_delayed *d = &s->delayed;
    int64_t now = msvc_clock_wall_ns(s->connection->clock);

    if (d->scan_ns == 0)
        *d = (struct msvc__sqlite_delayed){ d->seen_ns, d->seen_seq,
                                            now > d->seen_ns ? now : d->seen_ns, page->newest_seq,
                                            0 };
    {
        const struct msvc_value values[] = {
            msvc_value_int(d->scan_ns),  msvc_value_int(d->scan_seq),
            msvc_value_int(d->last_seq), msvc_value_int(d->seen_ns),
            msvc_value_int(d->seen_seq), msvc_value_int((int64_t)page->limit + 1),
        };

        return read_page(page, s->connection, delayed, values, 6, &page->is_all_delayed, err);
    }
}

static int sync_file(struct msvc__sqlite *c, int which, struct msvc_error *err)
{
    struct sqlite3_file *file = NULL;
    int code = sqlite3_file_control(c->database, "main", which, &file);

    if (code == SQLITE_OK && file != NULL && file->pMethods != NULL)
        code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
    if (code != SQLITE_OK)
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "sqlite", code,
                              "the log could not be forced to the disk");
    return 0;
}

/* Writers without synchronous=FULL leave the log to the system, those with OFF the file as well. */
static int make_durable(struct msvc__sqlite *c, struct msvc_error *err)
{
    int status = sync_file(c, SQLITE_FCNTL_JOURNAL_POINTER, err);

    return status < 0 ? status : sync_file(c, SQLITE_FCNTL_FILE_POINTER, err);
}

static int read_all(struct page *page, struct msvc__sqlite_outbox *s, struct msvc_error *err)
{
    int status = msvc__sqlite_number(&page->newest_seq, s->connection,
                                     "SELECT seq FROM sqlite_sequence WHERE name = 'outbox_events'",
                                     NULL, 0, err);

    if (status == 0 && page->newest_seq < s->last_seq)
        msvc__sqlite_outbox.rewind(s); /* the file went back in time */
    if (status == 0)
        status = read_at_once(page, s, err);
    if (status == 0)
        status = read_delayed(page, s, err);
    if (status == 0 && page->count > 0)
        status = make_durable(s->connection, err);
    return status;
}

static int read_snapshot(struct page *page, struct msvc__sqlite_outbox *s, struct msvc_error *err)
{
    int status;

    msvc__sqlite_limit(s->connection, 0);
    status = msvc__sqlite_run(s->connection, "BEGIN", NULL, err);
    if (status < 0)
        return status;
    status = read_all(page, s, err);
    msvc__sqlite_rollback(s->connection);
    return status;
}

static int hand_over(struct page *page, struct msvc__sqlite_outbox *s, msvc_outbox_row_fn *fn,
                     void *user)
{
    struct msvc__sqlite_delayed *d = &s->delayed;

    for (size_t i = 0; i < page->count; i++) {
        struct page_row *r = &page->rows[i];
        int64_t *cursor = r->is_delayed ? &d->last_seq : &s->last_seq;
        int status = fn(&r->row, user);

        if (status < 0)
            return status;
        r->row.message = NULL;
        *cursor = (int64_t)r->row.seq;
    }
    if (page->is_all_at_once)
        s->last_seq = page->newest_seq;
    if (page->is_all_delayed)
        *d = (struct msvc__sqlite_delayed){ d->scan_ns, d->scan_seq, 0, 0, 0 };
    return (int)page->count;
}

static void clear(struct page *page)
{
    for (size_t i = 0; page->rows != NULL && i < page->limit; i++) {
        msvc_message_free(page->rows[i].row.message);
        free(page->rows[i].problem);
    }
    free(page->rows);
}

/* The log is there once something was read or written. */
static void watch_log(struct msvc__sqlite_outbox *s)
{
    const char *name = sqlite3_db_filename(s->connection->database, "main");

    if (s->wake_fd < 0)
        s->wake_fd = msvc__watch_open(sqlite3_filename_wal(name));
    else
        msvc__watch_clear(s->wake_fd);
}

int msvc__sqlite_outbox_fetch(void *session, uint64_t shards, size_t limit, msvc_outbox_row_fn *fn,
                              void *user, struct msvc_error *err)
{
    struct msvc__sqlite_outbox *s = session;
    struct page page = { .limit = limit };
    int status;

    if (shards == 0 || limit == 0)
        return 0;
    watch_log(s); /* before looking: what comes later wakes again */
    page.rows = msvc__new_array(limit, sizeof(*page.rows));
    if (page.rows == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "sqlite", 0, "no memory for a page");
    status = read_snapshot(&page, s, err);
    if (status == 0)
        status = hand_over(&page, s, fn, user);
    clear(&page);
    return status;
}
