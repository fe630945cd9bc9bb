/* SPDX-License-Identifier: MIT */
/* One table from result codes to statuses; extended codes are looked up before their primary. */
#include "drivers/sqlite/sqlite_internal.h"

#include <msvc/error.h>
#include <msvc/status.h>

#define PRIMARY_MASK 0xff

static const struct {
    int code;
    int status;
} known[] = {
    { SQLITE_CONSTRAINT_UNIQUE, MSVC_ERR_EXISTS },
    { SQLITE_CONSTRAINT_PRIMARYKEY, MSVC_ERR_EXISTS },
    { SQLITE_CONSTRAINT_ROWID, MSVC_ERR_EXISTS },
    { SQLITE_CONSTRAINT, MSVC_ERR_REFUSED },
    { SQLITE_READONLY, MSVC_ERR_REFUSED },
    { SQLITE_BUSY, MSVC_ERR_CONFLICT },
    { SQLITE_LOCKED, MSVC_ERR_CONFLICT },
    { SQLITE_PROTOCOL, MSVC_ERR_CONFLICT },
    { SQLITE_INTERRUPT, MSVC_ERR_TIMEOUT },
    { SQLITE_NOMEM, MSVC_ERR_NOMEM },
    { SQLITE_PERM, MSVC_ERR_AUTH },
    { SQLITE_AUTH, MSVC_ERR_AUTH },
    { SQLITE_CANTOPEN, MSVC_ERR_UNAVAILABLE },
    { SQLITE_IOERR, MSVC_ERR_UNAVAILABLE },
    { SQLITE_FULL, MSVC_ERR_UNAVAILABLE },
    { SQLITE_ERROR, MSVC_ERR_INVALID },
    { SQLITE_MISUSE, MSVC_ERR_INVALID },
    { SQLITE_MISMATCH, MSVC_ERR_INVALID },
    { SQLITE_RANGE, MSVC_ERR_INVALID },
    { SQLITE_TOOBIG, MSVC_ERR_LIMIT },
};

static int look_up(int code)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].code == code)
            return known[i].status;
    }
    return 0;
}

int msvc__sqlite_status(int code)
{
    int status = look_up(code);

    if (status == 0)
        status = look_up(code & PRIMARY_MASK);
    return status < 0 ? status : MSVC_ERR_INTERNAL;
}

int msvc__sqlite_error(struct msvc__sqlite *connection, int code, struct msvc_error *err)
{
    int primary = code & PRIMARY_MASK;
    int status = msvc__sqlite_status(code);

    if (primary == SQLITE_IOERR || primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB)
        connection->is_broken = true;
    if (primary == SQLITE_INTERRUPT && connection->deadline_ns == 0)
        status = MSVC_ERR_CANCELLED;
    return msvc_error_set(err, status, "sqlite", code, "%s", sqlite3_errmsg(connection->database));
}
