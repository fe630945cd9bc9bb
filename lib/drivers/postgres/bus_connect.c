/* SPDX-License-Identifier: MIT */
/*
 * A group stands once its patterns are in bus_bindings: every publish that
 * begins after that commit makes a delivery for it, whoever is there.
 * Bindings and the creation of the tables are serialised by one lock.
 */
#include "drivers/postgres/bus_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/status.h>

#define CONNECT_LEAST_MS 1000 /* a connection is not begun for less */
#define LOCK             "SELECT pg_advisory_xact_lock(7886777541865334529)"

extern const struct msvc_migration msvc__postgres_bus_migrations[];

static int script(struct msvc__postgres_bus *bus, const char *sql, struct msvc_error *err)
{
    return msvc__postgres_script(bus->pg, sql, msvc__postgres_deadline(bus->pg), err);
}

static int has_tables(bool *out, struct msvc__postgres_bus *bus, struct msvc_error *err)
{
    PGresult *result;
    int status = msvc__postgres_bus_run(&result, bus, "SELECT count(to_regclass('bus_deliveries'))",
                                        NULL, 0, err);

    if (status < 0)
        return status;
    *out = msvc__postgres_int(result, 0, 0) > 0;
    PQclear(result);
    return 0;
}

static int create_tables(struct msvc__postgres_bus *bus, struct msvc_error *err)
{
    bool is_there = false;
    int status = has_tables(&is_there, bus, err);

    if (status < 0 || is_there)
        return status;
    status = script(bus, "BEGIN; " LOCK, err);
    if (status == 0)
        status = has_tables(&is_there, bus, err);
    for (const struct msvc_migration *m = msvc__postgres_bus_migrations;
         status == 0 && !is_there && m->name != NULL; m++)
        status = script(bus, m->sql, err);
    if (status < 0) {
        (void)script(bus, "ROLLBACK", NULL);
        return status;
    }
    return script(bus, "COMMIT", err);
}

/* CONFIRMED promises that a crash cannot undo it, whatever the database's default. */
static int prepare_session(struct msvc__postgres_bus *bus, struct msvc_error *err)
{
    int status = script(bus,
                        "SELECT set_config('synchronous_commit', 'on', false) "
                        "WHERE current_setting('synchronous_commit') = 'off'; LISTEN msvc_bus",
                        err);

    if (status == 0)
        status = create_tables(bus, err);
    if (status == 0)
        status = msvc__postgres_bus_prepare(bus, err);
    if (status == 0)
        status = msvc__postgres_bus_unclaim(bus, err);
    return status;
}

int msvc__postgres_bus_connect(struct msvc__postgres_bus *bus, int timeout_ms,
                               struct msvc_error *err)
{
    unsigned most_ms = bus->host->timeout_ms;
    uint64_t deadline_ns;
    int status;

    if (bus->pg != NULL)
        return 0;
    if (timeout_ms >= 0 && (unsigned)timeout_ms < most_ms)
        most_ms = timeout_ms > CONNECT_LEAST_MS ? (unsigned)timeout_ms : CONNECT_LEAST_MS;
    deadline_ns = msvc_deadline_in(bus->host->clock, most_ms);
    status = msvc__postgres_connect(&bus->pg, bus->conninfo, bus->host->clock,
                                    bus->host->timeout_ms, deadline_ns, err);
    return status < 0 ? status : prepare_session(bus, err);
}

static void put_literal(struct msvc_buffer *out, char byte)
{
    bool is_plain =
        isalnum((unsigned char)byte) || (byte & 0x80) != 0 || byte == '_' || byte == '-';

    if (!is_plain)
        msvc_buffer_byte(out, '\\');
    msvc_buffer_byte(out, byte);
}

static void put_word(struct msvc_buffer *out, const char *word, size_t length)
{
    if (length == 1 && *word == '#') {
        msvc_buffer_text(out, "([^.]*\\.)*");
        return;
    }
    if (length == 1 && *word == '*') {
        msvc_buffer_text(out, "[^.]*");
    } else {
        for (size_t i = 0; i < length; i++)
            put_literal(out, word[i]);
    }
    msvc_buffer_text(out, "\\.");
}

int msvc__postgres_bus_expression(char **out, const char *pattern)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    const char *word = pattern;

    msvc_buffer_byte(&text, '^');
    for (;;) {
        size_t length = strcspn(word, ".");

        put_word(&text, word, length);
        if (word[length] == '\0')
            break;
        word += length + 1;
    }
    msvc_buffer_byte(&text, '$');
    *out = msvc_buffer_steal(&text);
    msvc_buffer_clear(&text);
    return *out != NULL ? 0 : MSVC_ERR_NOMEM;
}

static int bind_pattern(struct msvc__postgres_bus *bus, const char *group, const char *pattern,
                        struct msvc_error *err)
{
    char *expression;
    int status = msvc__postgres_bus_expression(&expression, pattern);
    struct msvc_value values[] = {
        msvc_value_text(group),
        msvc_value_text(pattern),
        msvc_value_null(),
    };

    if (status < 0)
        return msvc_error_set(err, status, "postgres", 0, "no memory for a pattern");
    values[2] = msvc_value_text(expression);
    status = msvc__postgres_bus_run(NULL, bus,
                                    "INSERT INTO bus_bindings (group_name, pattern, expression) "
                                    "VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                                    values, 3, err);
    free(expression);
    return status;
}

static int bind_member(struct msvc__postgres_bus *bus, struct msvc__postgres_member *member,
                       struct msvc_error *err)
{
    struct msvc_value group = msvc_value_text(member->wanted->group);
    int status = script(bus, "BEGIN; " LOCK, err);

    if (status == 0)
        status = msvc__postgres_bus_run(NULL, bus, "DELETE FROM bus_bindings WHERE group_name = $1",
                                        &group, 1, err);
    for (const char *const *at = member->wanted->topics; status == 0 && *at != NULL; at++)
        status = bind_pattern(bus, member->wanted->group, *at, err);
    if (status < 0) {
        (void)script(bus, "ROLLBACK", NULL);
        return status;
    }
    status = script(bus, "COMMIT", err);
    member->is_bound = status == 0;
    member->may_claim = true;
    return status;
}

int msvc__postgres_bus_bind(struct msvc__postgres_bus *bus, struct msvc_error *err)
{
    int status = 0;

    for (struct msvc__postgres_member *m = bus->members; status == 0 && m != NULL; m = m->next) {
        if (!m->is_bound)
            status = bind_member(bus, m, err);
    }
    return status;
}
