/* SPDX-License-Identifier: MIT */
#include <msvc/runner.h>

#include <msvc/bus.h>

static int run_once(void *object, int timeout_ms, struct msvc_error *err)
{
    return msvc_bus_run_once(object, timeout_ms, err);
}

static int fd(void *object)
{
    return msvc_bus_fd(object);
}

static int timeout_ms(void *object)
{
    return msvc_bus_timeout_ms(object);
}

struct msvc_pump msvc_pump_bus(struct msvc_bus *bus)
{
    return (struct msvc_pump){ run_once, fd, timeout_ms, bus };
}
