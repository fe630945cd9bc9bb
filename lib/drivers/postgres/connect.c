/* SPDX-License-Identifier: MIT */
/*
 * libpq never sees the URL: its messages would quote it, password and all, and
 * it knows no keys but its own. It is given keywords and values. Connecting is
 * polled, so that a server that accepts and says nothing costs no more than
 * the deadline. Only resolving a name waits in libpq itself.
 */
#include "drivers/postgres/postgres_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msvc/buffer.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/status.h>
#include <msvc/url.h>

#include "base/alloc_internal.h"

static bool is_in(const char *const *list, const char *key)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
        if (strcmp(list[i], key) == 0)
            return true;
    }
    return false;
}

/* keyword='value', quotes and backslashes escaped; the last of a keyword counts. */
static void put(struct msvc_buffer *out, const char *keyword, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    msvc_buffer_printf(out, "%s='", keyword);
    for (; *value != '\0'; value++) {
        if (*value == '\'' || *value == '\\')
            msvc_buffer_byte(out, '\\');
        msvc_buffer_byte(out, *value);
    }
    msvc_buffer_text(out, "' ");
}

static void put_hosts(struct msvc_buffer *out, const struct msvc_url *url)
{
    struct msvc_buffer names = MSVC_BUFFER_INIT;
    struct msvc_buffer ports = MSVC_BUFFER_INIT;

    for (size_t i = 0; i < msvc_url_host_count(url); i++) {
        const struct msvc_url_host *host = msvc_url_host(url, i);

        msvc_buffer_printf(&names, "%s%s", i > 0 ? "," : "", host->name);
        if (i > 0)
            msvc_buffer_byte(&ports, ',');
        if (host->port != 0)
            msvc_buffer_printf(&ports, "%u", (unsigned)host->port);
    }
    put(out, "host", names.data);
    put(out, "port", ports.data);
    if (out->status == 0)
        out->status = msvc_buffer_status(&names) < 0 ? msvc_buffer_status(&names)
                                                     : msvc_buffer_status(&ports);
    msvc_buffer_clear(&names);
    msvc_buffer_clear(&ports);
}

int msvc__postgres_conninfo(char **out, const struct msvc_url *url, const char *const *own_keys,
                            const char *name, struct msvc_error *err)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    const char *path = msvc_url_path(url);
    char *conninfo;

    put(&text, "fallback_application_name", name);
    put_hosts(&text, url);
    put(&text, "user", msvc_url_user(url));
    put(&text, "password", msvc_url_password(url));
    put(&text, "dbname", path[0] == '/' ? path + 1 : path);
    for (size_t i = 0; i < msvc_url_query_count(url); i++) {
        const struct msvc_url_pair *pair = msvc_url_query_at(url, i);

        if (!is_in(own_keys, pair->key))
            put(&text, pair->key, pair->value);
    }
    put(&text, "client_encoding", "UTF8");
    conninfo = msvc_buffer_steal(&text);
    msvc_buffer_clear(&text);
    if (conninfo == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "postgres", 0, "no memory to connect");
    *out = conninfo;
    return 0;
}

static bool is_keyword(const PQconninfoOption *known, const char *key)
{
    for (; known->keyword != NULL; known++) {
        if (strcmp(known->keyword, key) == 0)
            return true;
    }
    return false;
}

int msvc__postgres_check(const struct msvc_url *url, const char *const *own_keys,
                         struct msvc_error *err)
{
    PQconninfoOption *known = PQconndefaults();
    int status = 0;

    if (known == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "postgres", 0, "no memory for the settings");
    for (size_t i = 0; status == 0 && i < msvc_url_query_count(url); i++) {
        const char *key = msvc_url_query_at(url, i)->key;

        if (!is_keyword(known, key) && !is_in(own_keys, key))
            status = msvc_error_set(err, MSVC_ERR_INVALID, "postgres", 0,
                                    "query key '%s' is not a parameter of a libpq connection", key);
    }
    PQconninfoFree(known);
    return status;
}

static void ignore_notice(void *user, const PGresult *notice)
{
    (void)user;
    (void)notice;
}

static int poll_once(PGconn *conn, PostgresPollingStatusType wanted, int left_ms)
{
    struct pollfd p = {
        .fd = PQsocket(conn),
        .events = wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT,
    };
    int ready = poll(&p, 1, left_ms);

    return ready < 0 && errno == EINTR ? 1 : ready;
}

static int finish_connecting(PGconn *conn, const struct msvc_clock *clock, uint64_t deadline_ns,
                             struct msvc_error *err)
{
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;

    if (PQstatus(conn) == CONNECTION_BAD)
        return msvc__postgres_connect_error(conn, err);
    while (state != PGRES_POLLING_OK) {
        int left_ms = deadline_ns != 0 ? msvc_deadline_left_ms(clock, deadline_ns, INT_MAX) : -1;

        if (poll_once(conn, state, left_ms) == 0)
            return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "postgres", 0,
                                  "no connection to %s before the deadline", PQhost(conn));
        state = PQconnectPoll(conn);
        if (state == PGRES_POLLING_FAILED)
            return msvc__postgres_connect_error(conn, err);
    }
    return 0;
}

/* Whatever a role or database was configured with, results must read the same. */
static int prepare_session(struct msvc__postgres *pg, uint64_t deadline_ns, struct msvc_error *err)
{
    char sql[256];

    pg->limit_ms = pg->timeout_ms;
    (void)snprintf(sql, sizeof(sql),
                   "SET statement_timeout = %u; SET bytea_output = hex; SET datestyle = ISO; "
                   "SET extra_float_digits = 1; SET default_transaction_isolation = "
                   "'read committed'",
                   pg->timeout_ms);
    return msvc__postgres_script(pg, sql, deadline_ns, err);
}

static int start(struct msvc__postgres *pg, const char *conninfo, uint64_t deadline_ns,
                 struct msvc_error *err)
{
    int status;

    pg->conn = PQconnectStart(conninfo);
    if (pg->conn == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "postgres", 0, "no memory to connect");
    (void)PQsetErrorVerbosity(pg->conn, PQERRORS_VERBOSE);
    (void)PQsetNoticeReceiver(pg->conn, ignore_notice, NULL);
    status = finish_connecting(pg->conn, pg->clock, deadline_ns, err);
    if (status == 0 && PQsetnonblocking(pg->conn, 1) != 0)
        status =
            msvc_error_set(err, MSVC_ERR_INTERNAL, "postgres", 0, "%s", PQerrorMessage(pg->conn));
    return status < 0 ? status : prepare_session(pg, deadline_ns, err);
}

int msvc__postgres_connect(struct msvc__postgres **out, const char *conninfo,
                           const struct msvc_clock *clock, unsigned timeout_ms,
                           uint64_t deadline_ns, struct msvc_error *err)
{
    struct msvc__postgres *pg = msvc__new(sizeof(*pg));
    int status;

    if (pg == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "postgres", 0, "no memory for a connection");
    pg->clock = clock;
    pg->timeout_ms = timeout_ms;
    status = start(pg, conninfo, deadline_ns, err);
    if (status < 0) {
        msvc__postgres_disconnect(pg);
        return status;
    }
    *out = pg;
    return 0;
}

void msvc__postgres_disconnect(struct msvc__postgres *pg)
{
    if (pg == NULL)
        return;
    PQfinish(pg->conn);
    free(pg);
}

/* libpq says goodbye when it closes; here it says it to nobody. */
void msvc__postgres_abandon(struct msvc__postgres *pg)
{
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (nowhere >= 0 && PQsocket(pg->conn) >= 0)
        (void)dup2(nowhere, PQsocket(pg->conn));
    if (nowhere >= 0) {
        (void)close(nowhere);
        PQfinish(pg->conn);
    }
    free(pg);
}

bool msvc__postgres_is_usable(const struct msvc__postgres *pg)
{
    return !pg->is_lost && PQstatus(pg->conn) == CONNECTION_OK;
}
