/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <msvc/bus/sqlite.h>

#include "bus_suite.h"

static char folder[] = "/tmp/msvc-bus-XXXXXX";

static const char *path_of(const char *suffix)
{
    static char path[sizeof(folder) + 32];

    (void)snprintf(path, sizeof(path), "%s/bus.db%s", folder, suffix);
    return path;
}

int main(void)
{
    const struct msvc_bus_driver *const drivers[] = { msvc_bus_sqlite(), NULL };
    struct bus_engine engine = {
        .name = "bus: sqlite",
        .drivers = drivers,
        .crosses_processes = true,
    };
    int failed;

    if (mkdtemp(folder) == NULL)
        return 1;
    (void)snprintf(engine.url, sizeof(engine.url), "sqlite:%s", path_of(""));
    failed = bus_suite(&engine);
    (void)unlink(path_of(""));
    (void)unlink(path_of("-wal"));
    (void)unlink(path_of("-shm"));
    (void)rmdir(folder);
    return failed;
}
