/* SPDX-License-Identifier: MIT */
/*
 * One statement at a time, sent without waiting and awaited with poll(), so
 * that a server that is gone without a word costs no more than the deadline.
 * The server ends statements by itself (statement_timeout); the wait here is a
 * little longer, so that it can say so. Only when it does not is the
 * connection given up: no cancel request could reach it either.
 */
#include "drivers/postgres/postgres_internal.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/number_internal.h"

#define GRACE_NS UINT64_C(50000000) /* for the answer of a server that ended a statement itself */

_Static_assert(sizeof(((struct msvc__postgres_params *)0)->types) / sizeof(Oid) == 64,
               "as many as the core lets through");

static size_t text_room(const struct msvc_value *values, size_t count)
{
    size_t room = 1;

    for (size_t i = 0; i < count; i++) {
        if (values[i].type == MSVC_VALUE_TEXT)
            room += values[i].length + 1;
        else if (values[i].type == MSVC_VALUE_INT || values[i].type == MSVC_VALUE_DOUBLE)
            room += MSVC__NUMBER_SIZE;
    }
    return room;
}

/* PostgreSQL's names of what has no digits. */
static size_t put_double(char *at, double number)
{
    size_t length = msvc__format_double(at, number);
    const char *name = number != number ? "NaN" : number > 0 ? "Infinity" : "-Infinity";

    if (length > 0)
        return length;
    memcpy(at, name, strlen(name) + 1);
    return strlen(name);
}

/* Write a text or number at `at`; returns its length. */
static size_t put_text(char *at, const struct msvc_value *value)
{
    if (value->type == MSVC_VALUE_INT)
        return msvc__format_int(at, value->integer);
    if (value->type == MSVC_VALUE_DOUBLE)
        return put_double(at, value->number);
    memcpy(at, value->bytes, value->length);
    at[value->length] = '\0';
    return value->length;
}

static bool holds_nul(const struct msvc_value *value)
{
    return value->type == MSVC_VALUE_TEXT && value->length > 0 &&
           memchr(value->bytes, '\0', value->length) != NULL;
}

int msvc__postgres_params(struct msvc__postgres_params *out, const struct msvc_value *values,
                          size_t count, struct msvc_error *err)
{
    char *at;

    out->count = (int)count;
    out->text = msvc__new(text_room(values, count));
    if (out->text == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "postgres", 0, "no memory for parameters");
    at = out->text;
    for (size_t i = 0; i < count; i++) {
        bool is_blob = values[i].type == MSVC_VALUE_BLOB;

        if (holds_nul(&values[i])) {
            msvc__postgres_params_clear(out);
            return msvc_error_set(err, MSVC_ERR_INVALID, "postgres", 0,
                                  "parameter $%zu is text with a NUL, which has no place in "
                                  "PostgreSQL's text",
                                  i + 1);
        }
        out->types[i] = is_blob ? MSVC__PG_BYTEA : 0;
        out->formats[i] = is_blob;
        out->lengths[i] = is_blob ? (int)values[i].length : 0;
        out->values[i] = values[i].type == MSVC_VALUE_NULL ? NULL : at;
        if (is_blob)
            out->values[i] = values[i].bytes;
        else if (values[i].type != MSVC_VALUE_NULL)
            at += put_text(at, &values[i]) + 1;
    }
    return 0;
}

void msvc__postgres_params_clear(struct msvc__postgres_params *params)
{
    free(params->text);
    params->text = NULL;
}

uint64_t msvc__postgres_deadline(const struct msvc__postgres *pg)
{
    return msvc_deadline_in(pg->clock, pg->timeout_ms);
}

int msvc__postgres_send(struct msvc__postgres *pg, const char *sql, const struct msvc_value *values,
                        size_t count, bool is_binary, struct msvc_error *err)
{
    struct msvc__postgres_params params;
    int status = msvc__postgres_params(&params, values, count, err);
    int sent;

    if (status < 0)
        return status;
    sent = PQsendQueryParams(pg->conn, sql, params.count, params.types, params.values,
                             params.lengths, params.formats, is_binary);
    msvc__postgres_params_clear(&params);
    return sent ? 0 : msvc__postgres_error(pg, NULL, err);
}

/* Wait until libpq can go on; a connection whose answer nobody awaits is lost. */
static int wait_ready(struct msvc__postgres *pg, bool wants_write, uint64_t deadline_ns,
                      struct msvc_error *err)
{
    struct pollfd p = { .fd = PQsocket(pg->conn), .events = POLLIN };
    int left_ms = -1;
    int ready;

    if (wants_write)
        p.events |= POLLOUT;
    if (deadline_ns != 0)
        left_ms = msvc_deadline_left_ms(pg->clock, deadline_ns + GRACE_NS, INT_MAX);
    ready = poll(&p, 1, left_ms);
    if (ready > 0 || (ready < 0 && errno == EINTR))
        return 0;
    pg->is_lost = true;
    return msvc_error_set(err, MSVC_ERR_TIMEOUT, "postgres", 0,
                          "no answer from the server before the deadline");
}

int msvc__postgres_next(PGresult **out, struct msvc__postgres *pg, uint64_t deadline_ns,
                        struct msvc_error *err)
{
    for (;;) {
        int unsent = PQflush(pg->conn);
        int status;

        if (PQstatus(pg->conn) == CONNECTION_BAD || (unsent == 0 && !PQisBusy(pg->conn)))
            break;
        status = wait_ready(pg, unsent > 0, deadline_ns, err);
        if (status < 0)
            return status;
        if (!PQconsumeInput(pg->conn))
            break;
    }
    *out = PQgetResult(pg->conn);
    return 0;
}

static bool is_failure(const PGresult *result)
{
    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
    case PGRES_EMPTY_QUERY:
        return false;
    default:
        return true;
    }
}

/* COPY would go on for ever. */
int msvc__postgres_failure(struct msvc__postgres *pg, const PGresult *result,
                           struct msvc_error *err)
{
    ExecStatusType type = PQresultStatus(result);

    if (type == PGRES_COPY_IN || type == PGRES_COPY_OUT || type == PGRES_COPY_BOTH) {
        pg->is_lost = true;
        return msvc_error_set(err, MSVC_ERR_INVALID, "postgres", 0, "COPY is not a statement here");
    }
    return msvc__postgres_error(pg, result, err);
}

/* Read all results, keep the last one, report the first failure. */
static int collect(PGresult **out, struct msvc__postgres *pg, uint64_t deadline_ns,
                   struct msvc_error *err)
{
    PGresult *last = NULL;
    PGresult *result;
    int status = 0;

    for (;;) {
        int waited = msvc__postgres_next(&result, pg, deadline_ns, status < 0 ? NULL : err);

        if (waited < 0) {
            PQclear(last);
            return status < 0 ? status : waited;
        }
        if (result == NULL)
            break;
        if (status == 0 && is_failure(result))
            status = msvc__postgres_failure(pg, result, err);
        PQclear(last);
        last = result;
        if (pg->is_lost)
            break;
    }
    if (status == 0 && out != NULL)
        *out = last;
    else
        PQclear(last);
    return status;
}

int msvc__postgres_run(PGresult **out, struct msvc__postgres *pg, const char *sql,
                       const struct msvc_value *values, size_t count, bool is_binary,
                       uint64_t deadline_ns, struct msvc_error *err)
{
    int status = msvc__postgres_send(pg, sql, values, count, is_binary, err);

    return status < 0 ? status : collect(out, pg, deadline_ns, err);
}

int msvc__postgres_script(struct msvc__postgres *pg, const char *sql, uint64_t deadline_ns,
                          struct msvc_error *err)
{
    if (!PQsendQuery(pg->conn, sql))
        return msvc__postgres_error(pg, NULL, err);
    return collect(NULL, pg, deadline_ns, err);
}

int64_t msvc__postgres_int(const PGresult *result, int row, int column)
{
    const unsigned char *bytes = (const unsigned char *)PQgetvalue(result, row, column);
    int length = PQgetlength(result, row, column);
    uint64_t number = length > 0 && (bytes[0] & 0x80) != 0 ? UINT64_MAX : 0;

    for (int i = 0; i < length && i < 8; i++)
        number = number << 8 | bytes[i];
    return (int64_t)number;
}

const char *msvc__postgres_text(const PGresult *result, int row, int column)
{
    return PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

int msvc__postgres_changed(const PGresult *result)
{
    long long count = strtoll(PQcmdTuples((PGresult *)(uintptr_t)result), NULL, 10);

    return count > INT_MAX ? INT_MAX : (int)count;
}
