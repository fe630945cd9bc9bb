/* SPDX-License-Identifier: MIT */
/*
 * What PostgreSQL says (Appendix A of its manual) as what to do about it. The
 * table goes from the particular to the general: whole codes, then classes.
 */
#include "drivers/postgres/postgres_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/status.h>

struct rule {
    const char *prefix;
    int status;
};

static const struct rule rules[] = {
    { "08007", MSVC_ERR_UNKNOWN },     /* transaction_resolution_unknown */
    { "08P01", MSVC_ERR_INVALID },     /* protocol_violation: too few parameters, as a rule */
    { "23505", MSVC_ERR_EXISTS },      /* unique_violation */
    { "25006", MSVC_ERR_REFUSED },     /* read_only_sql_transaction */
    { "25P03", MSVC_ERR_UNAVAILABLE }, /* idle_in_transaction_session_timeout: it hung up */
    { "3D000", MSVC_ERR_UNAVAILABLE }, /* the database is not there: it need not be there yet */
    { "40002", MSVC_ERR_REFUSED },     /* transaction_integrity_constraint_violation */
    { "40003", MSVC_ERR_UNKNOWN },     /* statement_completion_unknown */
    { "42501", MSVC_ERR_AUTH },        /* insufficient_privilege */
    { "55006", MSVC_ERR_CONFLICT },    /* object_in_use */
    { "55P03", MSVC_ERR_CONFLICT },    /* lock_not_available */
    { "57014", MSVC_ERR_TIMEOUT },     /* query_canceled, by statement_timeout as a rule */
    { "57P04", MSVC_ERR_UNAVAILABLE }, /* database_dropped */
    { "08", MSVC_ERR_UNAVAILABLE },    /* connection exception */
    { "0A", MSVC_ERR_INVALID },        /* feature not supported */
    { "21", MSVC_ERR_INVALID },        /* cardinality violation */
    { "22", MSVC_ERR_INVALID },        /* data exception */
    { "23", MSVC_ERR_REFUSED },        /* integrity constraint violation */
    { "25", MSVC_ERR_STATE },          /* invalid transaction state */
    { "26", MSVC_ERR_STATE },          /* invalid statement name */
    { "28", MSVC_ERR_AUTH },           /* invalid authorization */
    { "2D", MSVC_ERR_STATE },          /* invalid transaction termination */
    { "3", MSVC_ERR_INVALID },         /* routines, cursors, savepoints, schemas */
    { "40", MSVC_ERR_CONFLICT },       /* transaction rollback: serialization, deadlock */
    { "42", MSVC_ERR_INVALID },        /* syntax error or access rule violation */
    { "44", MSVC_ERR_REFUSED },        /* WITH CHECK OPTION */
    { "53", MSVC_ERR_UNAVAILABLE },    /* insufficient resources, of the server */
    { "54", MSVC_ERR_LIMIT },          /* program limit exceeded */
    { "55", MSVC_ERR_STATE },          /* object not in prerequisite state */
    { "57", MSVC_ERR_UNAVAILABLE },    /* operator intervention: shutting down, starting up */
    { "58", MSVC_ERR_UNAVAILABLE },    /* system error, of the server */
    { "72", MSVC_ERR_CONFLICT },       /* snapshot too old */
    { "P0", MSVC_ERR_REFUSED },        /* raised by a function or trigger */
    { "XX", MSVC_ERR_INTERNAL },       /* internal error */
    { "0", MSVC_ERR_INVALID },         { "2", MSVC_ERR_INVALID },
};

int msvc__postgres_status(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (strncmp(sqlstate, rules[i].prefix, strlen(rules[i].prefix)) == 0)
            return rules[i].status;
    }
    return MSVC_ERR_INTERNAL;
}

int msvc__postgres_native(const char *sqlstate)
{
    return (int)strtol(sqlstate, NULL, 36);
}

int msvc__postgres_error(struct msvc__postgres *pg, const PGresult *result, struct msvc_error *err)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    if (PQstatus(pg->conn) == CONNECTION_BAD)
        pg->is_lost = true;
    if (sqlstate == NULL) {
        pg->is_lost = true;
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "postgres", 0, "the connection broke: %s",
                              PQerrorMessage(pg->conn));
    }
    return msvc_error_set(err, msvc__postgres_status(sqlstate), "postgres",
                          msvc__postgres_native(sqlstate), "%s: %s", sqlstate,
                          message != NULL ? message : "no message");
}

/* While connecting libpq keeps the code only in its text: "FATAL:  28P01: …", made verbose. */
static bool find_sqlstate(char out[6], const char *text)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const char *at = text;

    while ((at = strstr(at, ":  ")) != NULL) {
        at += 3;
        if (strspn(at, digits) == 5 && at[5] == ':') {
            memcpy(out, at, 5);
            out[5] = '\0';
            return true;
        }
    }
    return false;
}

int msvc__postgres_connect_error(const PGconn *conn, struct msvc_error *err)
{
    const char *text = PQerrorMessage(conn);
    char sqlstate[6];

    if (find_sqlstate(sqlstate, text))
        return msvc_error_set(err, msvc__postgres_status(sqlstate), "postgres",
                              msvc__postgres_native(sqlstate), "%s", text);
    return msvc_error_set(err,
                          PQconnectionNeedsPassword(conn) ? MSVC_ERR_AUTH : MSVC_ERR_UNAVAILABLE,
                          "postgres", 0, "%s", text);
}
