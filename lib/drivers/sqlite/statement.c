/* SPDX-License-Identifier: MIT */
/*
 * To SQLite $1 is a name like any other, numbered by where it first appears;
 * here its number is its number, as on PostgreSQL.
 */
#include "drivers/sqlite/sqlite_internal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/status.h>

static int bind_one(struct sqlite3_stmt *statement, int at, const struct msvc_value *value)
{
    switch (value->type) {
    case MSVC_VALUE_INT:
        return sqlite3_bind_int64(statement, at, value->integer);
    case MSVC_VALUE_DOUBLE:
        return sqlite3_bind_double(statement, at, value->number);
    case MSVC_VALUE_TEXT:
        return sqlite3_bind_text64(statement, at, value->bytes, value->length, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case MSVC_VALUE_BLOB:
        return sqlite3_bind_blob64(statement, at, value->bytes, value->length, SQLITE_STATIC);
    case MSVC_VALUE_NULL:
    case MSVC_VALUE_END:
        break;
    }
    return sqlite3_bind_null(statement, at);
}

/* 0 when it is no number. */
static size_t parameter_number(const char *name)
{
    char *end;
    unsigned long number;

    if (name == NULL || name[0] != '$' || name[1] < '0' || name[1] > '9')
        return 0;
    number = strtoul(name + 1, &end, 10);
    return *end == '\0' ? number : 0;
}

static int bind_all(struct msvc__sqlite *c, struct sqlite3_stmt *statement,
                    const struct msvc_value *values, size_t count, struct msvc_error *err)
{
    int wanted = sqlite3_bind_parameter_count(statement);
    size_t highest = 0;

    for (int at = 1; at <= wanted; at++) {
        const char *name = sqlite3_bind_parameter_name(statement, at);
        size_t number = parameter_number(name);
        int code;

        if (number == 0)
            return msvc_error_set(err, MSVC_ERR_INVALID, "sqlite", 0,
                                  "found the parameter \"%s\", expected $1, $2 and so on",
                                  name != NULL ? name : "?");
        highest = number > highest ? number : highest;
        if (number > count)
            break;
        code = bind_one(statement, at, &values[number - 1]);
        if (code != SQLITE_OK)
            return msvc__sqlite_error(c, code, err);
    }
    if (highest != count)
        return msvc_error_set(err, MSVC_ERR_INVALID, "sqlite", 0,
                              "found %zu parameters for a statement that has %zu", count, highest);
    return 0;
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n;")] == '\0';
}

static int compile(struct sqlite3_stmt **out, struct msvc__sqlite *c, const char *sql,
                   struct msvc_error *err)
{
    struct sqlite3_stmt *statement = NULL;
    const char *rest;
    int code = sqlite3_prepare_v2(c->database, sql, -1, &statement, &rest);

    if (code != SQLITE_OK)
        return msvc__sqlite_error(c, code, err);
    if (statement == NULL || !is_blank(rest)) {
        (void)sqlite3_finalize(statement);
        return msvc_error_set(err, MSVC_ERR_INVALID, "sqlite", 0,
                              "found %s, expected one statement",
                              statement == NULL ? "none" : "several");
    }
    *out = statement;
    return 0;
}

/* The place of sql in the cache, or the place to keep it: a free one, or the longest unused. */
static size_t find_place(const struct msvc__sqlite *c, const char *sql)
{
    size_t place = 0;

    for (size_t i = 0; i < MSVC__SQLITE_STATEMENTS; i++) {
        if (c->statements[i] == NULL)
            return i;
        if (strcmp(sqlite3_sql(c->statements[i]), sql) == 0)
            return i;
        if (c->used[i] < c->used[place])
            place = i;
    }
    return place;
}

static int look_up(struct sqlite3_stmt **out, struct msvc__sqlite *c, const char *sql,
                   struct msvc_error *err)
{
    size_t place = find_place(c, sql);
    struct sqlite3_stmt *kept = c->statements[place];
    int status;

    c->used[place] = ++c->run_count;
    if (kept != NULL && strcmp(sqlite3_sql(kept), sql) == 0 && !sqlite3_stmt_busy(kept)) {
        *out = kept;
        return 0;
    }
    status = compile(out, c, sql, err);
    if (status == 0 && (kept == NULL || !sqlite3_stmt_busy(kept))) {
        (void)sqlite3_finalize(kept);
        c->statements[place] = *out;
    }
    return status;
}

void msvc__sqlite_done(struct msvc__sqlite *c, struct sqlite3_stmt *statement)
{
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    for (size_t i = 0; i < MSVC__SQLITE_STATEMENTS; i++) {
        if (c->statements[i] == statement)
            return;
    }
    (void)sqlite3_finalize(statement);
}

int msvc__sqlite_prepare(struct sqlite3_stmt **out, struct msvc__sqlite *c, const char *sql,
                         const struct msvc_value *values, size_t count, struct msvc_error *err)
{
    struct sqlite3_stmt *statement = NULL;
    int status = look_up(&statement, c, sql, err);

    if (status < 0)
        return status;
    status = bind_all(c, statement, values, count, err);
    if (status < 0) {
        msvc__sqlite_done(c, statement);
        return status;
    }
    *out = statement;
    return 0;
}

static size_t count_values(const struct msvc_value *values)
{
    size_t count = 0;

    while (values != NULL && values[count].type != MSVC_VALUE_END)
        count++;
    return count;
}

int msvc__sqlite_exec(struct msvc__sqlite *c, const char *sql, const struct msvc_value *values,
                      size_t count, struct msvc_error *err)
{
    sqlite3_int64 before = sqlite3_total_changes64(c->database);
    sqlite3_int64 changed = 0;
    struct sqlite3_stmt *statement;
    int status = msvc__sqlite_prepare(&statement, c, sql, values, count, err);
    int code;

    if (status < 0)
        return status;
    do {
        code = sqlite3_step(statement);
    } while (code == SQLITE_ROW);
    if (code != SQLITE_DONE)
        status = msvc__sqlite_error(c, code, err);
    else if (sqlite3_total_changes64(c->database) != before)
        changed = sqlite3_changes64(c->database); /* which other statements leave as it was */
    msvc__sqlite_done(c, statement);
    if (status < 0)
        return status;
    return changed < INT_MAX ? (int)changed : INT_MAX;
}

int msvc__sqlite_run(struct msvc__sqlite *c, const char *sql, const struct msvc_value *values,
                     struct msvc_error *err)
{
    return msvc__sqlite_exec(c, sql, values, count_values(values), err);
}

int msvc__sqlite_number(int64_t *out, struct msvc__sqlite *c, const char *sql,
                        const struct msvc_value *values, int64_t fallback, struct msvc_error *err)
{
    struct sqlite3_stmt *statement;
    int status = msvc__sqlite_prepare(&statement, c, sql, values, count_values(values), err);
    int code;

    if (status < 0)
        return status;
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL)
        *out = sqlite3_column_int64(statement, 0);
    else if (code == SQLITE_ROW || code == SQLITE_DONE)
        *out = fallback;
    else
        status = msvc__sqlite_error(c, code, err);
    msvc__sqlite_done(c, statement);
    return status;
}

int msvc__sqlite_begin(struct msvc__sqlite *c, struct msvc_error *err)
{
    msvc__sqlite_limit(c, 0);
    return msvc__sqlite_run(c, "BEGIN IMMEDIATE", NULL, err);
}

void msvc__sqlite_rollback(struct msvc__sqlite *c)
{
    if (sqlite3_get_autocommit(c->database) == 0)
        (void)msvc__sqlite_run(c, "ROLLBACK", NULL, NULL);
}

/* An I/O error leaves open whether the commit is in the log. */
int msvc__sqlite_commit(struct msvc__sqlite *c, struct msvc_error *err)
{
    int status;

    msvc__sqlite_limit(c, 0);
    status = msvc__sqlite_run(c, "COMMIT", NULL, err);
    if (status == MSVC_ERR_UNAVAILABLE && c->is_broken) {
        status = MSVC_ERR_UNKNOWN;
        if (err != NULL)
            err->status = status;
    }
    return status < 0 ? status : 0;
}
