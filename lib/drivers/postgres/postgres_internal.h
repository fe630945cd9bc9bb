/* SPDX-License-Identifier: MIT */
/* What the files of this driver share: a connection that never waits past a deadline. */
#ifndef MSVC_POSTGRES_INTERNAL_H
#define MSVC_POSTGRES_INTERNAL_H

#include <libpq-fe.h>

#include <msvc/base.h>
#include <msvc/driver/inbox.h>
#include <msvc/driver/outbox.h>
#include <msvc/driver/store.h>
#include <msvc/store.h>

struct msvc_clock;
struct msvc_error;
struct msvc_url;

/* Types of the catalogue (pg_type.dat); libpq's headers do not name them. */
enum {
    MSVC__PG_BOOL = 16,
    MSVC__PG_BYTEA = 17,
    MSVC__PG_INT8 = 20,
    MSVC__PG_INT2 = 21,
    MSVC__PG_INT4 = 23,
    MSVC__PG_OID = 26,
    MSVC__PG_FLOAT4 = 700,
    MSVC__PG_FLOAT8 = 701,
};

/* One connection, ours or (enlisted) the user's. */
struct msvc__postgres {
    PGconn *conn;
    const struct msvc_clock *clock; /* NULL: the system's */
    unsigned timeout_ms; /* for statements without a deadline; statement_timeout of the session */
    int64_t limit_ms;    /* statement_timeout in force now; 0: none */
    bool is_enlisted;    /* the user's: no settings are changed, nothing is closed */
    bool is_lost;        /* broken, or an answer is outstanding that nobody waits for */
};

/* errors.c: what an SQLSTATE means, and the five characters as a number in base 36. */
int msvc__postgres_status(const char *sqlstate);
int msvc__postgres_native(const char *sqlstate);
/* Fill err from a result, NULL: from the connection, which is lost then. Returns the status. */
int msvc__postgres_error(struct msvc__postgres *pg, const PGresult *result, struct msvc_error *err);
/* As above for a connection that never came to be. */
int msvc__postgres_connect_error(const PGconn *conn, struct msvc_error *err);

/* connect.c: whether libpq knows every query key that is not in own_keys (ended by NULL; or NULL).
 */
int msvc__postgres_check(const struct msvc_url *url, const char *const *own_keys,
                         struct msvc_error *err);
/* The URL as libpq takes it, with `name` as application_name unless the URL has one. free() it. */
int msvc__postgres_conninfo(char **out, const struct msvc_url *url, const char *const *own_keys,
                            const char *name, struct msvc_error *err);
int msvc__postgres_connect(struct msvc__postgres **out, const char *conninfo,
                           const struct msvc_clock *clock, unsigned timeout_ms,
                           uint64_t deadline_ns, struct msvc_error *err);
void msvc__postgres_disconnect(struct msvc__postgres *pg);
void msvc__postgres_abandon(struct msvc__postgres *pg);
bool msvc__postgres_is_usable(const struct msvc__postgres *pg);

/* wire.c: parameters as libpq takes them. */
struct msvc__postgres_params {
    int count;
    Oid types[64];
    const char *values[64];
    int lengths[64];
    int formats[64];
    char *text; /* the numbers and texts, each with its NUL */
};

int msvc__postgres_params(struct msvc__postgres_params *out, const struct msvc_value *values,
                          size_t count, struct msvc_error *err);
void msvc__postgres_params_clear(struct msvc__postgres_params *params);

/* The instant at which a statement that was given no deadline ends. */
uint64_t msvc__postgres_deadline(const struct msvc__postgres *pg);

/* Send one statement; its results come with next(). Columns are bytes, not text, if `is_binary`. */
int msvc__postgres_send(struct msvc__postgres *pg, const char *sql, const struct msvc_value *values,
                        size_t count, bool is_binary, struct msvc_error *err);

/* Wait for the next result; *out is NULL after the last. */
int msvc__postgres_next(PGresult **out, struct msvc__postgres *pg, uint64_t deadline_ns,
                        struct msvc_error *err);

/* What a result that is not a success means. */
int msvc__postgres_failure(struct msvc__postgres *pg, const PGresult *result,
                           struct msvc_error *err);

/* Send and wait for everything; *out (optional) is the last result, PQclear() it. */
int msvc__postgres_run(PGresult **out, struct msvc__postgres *pg, const char *sql,
                       const struct msvc_value *values, size_t count, bool is_binary,
                       uint64_t deadline_ns, struct msvc_error *err);

/* The same without parameters; several statements are allowed. */
int msvc__postgres_script(struct msvc__postgres *pg, const char *sql, uint64_t deadline_ns,
                          struct msvc_error *err);

/* Columns of a binary result. */
int64_t msvc__postgres_int(const PGresult *result, int row, int column);
const char *msvc__postgres_text(const PGresult *result, int row, int column); /* NULL: SQL's NULL */

/* Rows changed, at most INT_MAX. */
int msvc__postgres_changed(const PGresult *result);

/* store.c: the driver's connection under a transaction. */
extern const struct msvc_outbox_driver msvc__postgres_outbox;
extern const struct msvc_inbox_driver msvc__postgres_inbox;

#endif
