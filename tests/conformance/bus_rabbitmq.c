/* SPDX-License-Identifier: MIT */
#include <msvc/bus/rabbitmq.h>

#include <stdio.h>
#include <stdlib.h>

#include "bus_suite.h"

/* The script that runs the server of this test. */
static int server(const char *command)
{
    char line[1200];

    (void)snprintf(line, sizeof(line), "'%s' %s '%s' >/dev/null", getenv("MSVC_SERVER_RABBITMQ"),
                   command, getenv("MSVC_SERVER_RABBITMQ_DIR"));
    return system(line) == 0 ? 0 : -1;
}

static int stop(struct bus_engine *engine)
{
    (void)engine;
    return server("stop");
}

static int start(struct bus_engine *engine)
{
    (void)engine;
    return server("start");
}

int main(void)
{
    const struct msvc_bus_driver *const drivers[] = { msvc_bus_rabbitmq(), NULL };
    struct bus_engine engine = {
        .name = "bus: rabbitmq",
        .drivers = drivers,
        .stop = stop,
        .start = start,
        .crosses_processes = true,
        .patience_ms = 60000,
    };
    const char *url = getenv("RABBITMQ_URL");

    if (url == NULL) {
        (void)fprintf(stderr, "RABBITMQ_URL is not set: run by tests/support/servers/with\n");
        return 1;
    }
    (void)snprintf(engine.url, sizeof(engine.url), "%s", url);
    return bus_suite(&engine);
}
