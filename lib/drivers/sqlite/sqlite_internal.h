/* SPDX-License-Identifier: MIT */
/* What the files of the SQLite drivers share. */
#ifndef MSVC_SQLITE_INTERNAL_H
#define MSVC_SQLITE_INTERNAL_H

#include <sqlite3.h>

#include <msvc/base.h>
#include <msvc/driver/inbox.h>
#include <msvc/driver/outbox.h>
#include <msvc/driver/store.h>

struct msvc_clock;
struct msvc_error;
struct msvc_url;

/* Prepared statements that a connection keeps. */
#define MSVC__SQLITE_STATEMENTS 32

struct msvc__sqlite {
    struct sqlite3 *database;
    const struct msvc_clock *clock; /* of deadlines */
    uint64_t busy_ms;               /* longest wait for another writer */
    uint64_t busy_until_ns;         /* of the machine's monotonic clock */
    uint64_t deadline_ns;           /* of the statement that runs; 0: none */
    bool is_borrowed;               /* the user's own: its settings stay as they are */
    bool is_broken;
    bool is_read_only; /* the open transaction */

    struct sqlite3_stmt *statements[MSVC__SQLITE_STATEMENTS];
    uint64_t used[MSVC__SQLITE_STATEMENTS]; /* when, in statements run */
    uint64_t run_count;
};

/* The library's own tables. */
extern const struct msvc_migration msvc__sqlite_schema[];

extern const struct msvc_outbox_driver msvc__sqlite_outbox;
extern const struct msvc_inbox_driver msvc__sqlite_inbox;

/* Map a result code of SQLite. */
int msvc__sqlite_status(int code);
/* Fill err from the connection's last error and return its status. */
int msvc__sqlite_error(struct msvc__sqlite *connection, int code, struct msvc_error *err);

/* Open in WAL mode. timeout_ms is the longest wait for another writer unless the URL says. */
int msvc__sqlite_check_url(const struct msvc_url *url, unsigned timeout_ms, struct msvc_error *err);
int msvc__sqlite_open(struct msvc__sqlite **out, const struct msvc_url *url, unsigned timeout_ms,
                      const struct msvc_clock *clock, struct msvc_error *err);
void msvc__sqlite_close(struct msvc__sqlite *connection);

/* Start the clocks of one statement: how long it may run and wait for others. */
void msvc__sqlite_limit(struct msvc__sqlite *connection, uint64_t deadline_ns);

/*
 * Give a statement with its parameters bound, from the connection's cache.
 * Steps are sqlite3_step(); end it with msvc__sqlite_done().
 */
int msvc__sqlite_prepare(struct sqlite3_stmt **out, struct msvc__sqlite *connection,
                         const char *sql, const struct msvc_value *values, size_t count,
                         struct msvc_error *err);
void msvc__sqlite_done(struct msvc__sqlite *connection, struct sqlite3_stmt *statement);

/* Run one statement to its end. Rows changed or a status. */
int msvc__sqlite_exec(struct msvc__sqlite *connection, const char *sql,
                      const struct msvc_value *values, size_t count, struct msvc_error *err);
/* The same with a list of values that ends itself. */
int msvc__sqlite_run(struct msvc__sqlite *connection, const char *sql,
                     const struct msvc_value *values, struct msvc_error *err);

/* The first column of the first row as a number; fallback when there is no row or it is NULL. */
int msvc__sqlite_number(int64_t *out, struct msvc__sqlite *connection, const char *sql,
                        const struct msvc_value *values, int64_t fallback, struct msvc_error *err);

/* Begin a transaction that may write; undo it without a word. */
int msvc__sqlite_begin(struct msvc__sqlite *connection, struct msvc_error *err);
void msvc__sqlite_rollback(struct msvc__sqlite *connection);
int msvc__sqlite_commit(struct msvc__sqlite *connection, struct msvc_error *err);

#endif
