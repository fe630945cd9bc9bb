/* SPDX-License-Identifier: MIT */
/* Each subject is a database of its own on the test's private server. */
#include <stdio.h>
#include <string.h>

#include <msvc/store/postgres.h>

#include "postgres_server.h"
#include "store_suite.h"

static int create(char url[STORE_URL_SIZE])
{
    static unsigned count;
    char sql[64];
    int server = (int)(strrchr(postgres_url(), '/') - postgres_url());

    (void)snprintf(sql, sizeof(sql), "CREATE DATABASE subject%u;", ++count);
    psql(sql);
    (void)snprintf(url, STORE_URL_SIZE, "%.*s/subject%u", server, postgres_url(), count);
    return 0;
}

static int destroy(const char *url)
{
    char sql[96];

    (void)snprintf(sql, sizeof(sql), "DROP DATABASE %s WITH (FORCE);", strrchr(url, '/') + 1);
    psql(sql);
    return 0;
}

int main(int argc, char **argv)
{
    const struct store_subject subject = {
        .name = "postgres",
        .driver = msvc_store_postgres(),
        .create = create,
        .destroy = destroy,
    };

    return run_store_suite(&subject, argc, argv);
}
