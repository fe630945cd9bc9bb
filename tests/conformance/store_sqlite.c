/* SPDX-License-Identifier: MIT */
/* SQLite under the store suites: each database is a file in a folder of its own. */
#include "store_suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msvc/store/sqlite.h>

#define FILE_NAME "/test.db"

static int create(char url[STORE_URL_SIZE])
{
    char folder[] = "/tmp/msvc-store-XXXXXX";

    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(url, STORE_URL_SIZE, "sqlite:%s" FILE_NAME, folder);
    return 0;
}

static int destroy(const char *url)
{
    static const char *const suffixes[] = { "-wal", "-shm", "" };
    char path[STORE_URL_SIZE];

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s%s", strchr(url, '/'), suffixes[i]);
        (void)unlink(path);
    }
    *strstr(path, FILE_NAME) = '\0';
    return rmdir(path);
}

int main(int argc, char **argv)
{
    const struct store_subject subject = { "sqlite", msvc_store_sqlite(), create, destroy };

    return run_store_suite(&subject, argc, argv);
}
