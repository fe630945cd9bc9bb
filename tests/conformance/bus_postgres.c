/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include <msvc/bus/postgres.h>

#include "bus_suite.h"
#include "postgres_server.h"

static int stop(struct bus_engine *engine)
{
    (void)engine;
    postgres_kill();
    return 0;
}

static int start(struct bus_engine *engine)
{
    (void)engine;
    postgres_start();
    return 0;
}

int main(void)
{
    const struct msvc_bus_driver *drivers[] = { msvc_bus_postgres(), NULL };
    struct bus_engine engine = {
        .name = "bus conformance of postgres",
        .drivers = drivers,
        .stop = stop,
        .start = start,
        .crosses_processes = true,
    };

    (void)snprintf(engine.url, sizeof(engine.url), "%s?poll_ms=200", postgres_url());
    return bus_suite(&engine);
}
