/* SPDX-License-Identifier: MIT */
#include "postgres_server.h"

#include <stdio.h>
#include <stdlib.h>

#include <msvc/driver/outbox.h>
#include <msvc/driver/store.h>
#include <msvc/error.h>
#include <msvc/store.h>
#include <msvc/store/postgres.h>

static const char *need(const char *name)
{
    const char *value = getenv(name);

    if (value == NULL) {
        fprintf(stderr, "%s is not set: run this through tests/support/servers/with\n", name);
        exit(1);
    }
    return value;
}

const char *postgres_url(void)
{
    return need("POSTGRES_URL");
}

static void server(const char *command)
{
    char line[1024];

    (void)snprintf(line, sizeof(line), "'%s' %s '%s' >/dev/null", need("MSVC_SERVER_POSTGRES"),
                   command, need("MSVC_SERVER_POSTGRES_DIR"));
    if (system(line) != 0)
        exit(1);
}

void postgres_kill(void)
{
    server("kill");
}

void postgres_start(void)
{
    server("start");
}

void psql(const char *sql)
{
    char line[512];
    FILE *pipe;

    (void)snprintf(line, sizeof(line), "psql -qAtX -v ON_ERROR_STOP=1 '%s'", postgres_url());
    pipe = popen(line, "w");
    if (pipe == NULL || fputs(sql, pipe) < 0 || pclose(pipe) != 0)
        exit(1);
}

static void must(int status, const struct msvc_error *err)
{
    if (status >= 0)
        return;
    fprintf(stderr, "%s\n", err->message);
    exit(1);
}

struct msvc_store *postgres_store(void)
{
    const struct msvc_store_driver *driver = msvc_store_postgres();
    struct msvc_store *store;
    struct msvc_error err;

    must(msvc_store_open(&store, postgres_url(), MSVC_STORE_DRIVERS(driver), NULL, &err), &err);
    must(msvc_store_migrate(store, "outbox", driver->outbox->migrations, &err), &err);
    psql("TRUNCATE outbox_events, outbox_parked, outbox_relays, inbox_messages;"
         "UPDATE outbox_leases SET owner = '', epoch = 0, until = '-infinity';");
    return store;
}
