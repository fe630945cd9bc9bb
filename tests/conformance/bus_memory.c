/* SPDX-License-Identifier: MIT */
#include <msvc/bus/memory.h>

#include "bus_suite.h"

int main(void)
{
    const struct msvc_bus_driver *const drivers[] = { msvc_bus_memory(), NULL };
    struct bus_engine engine = {
        .name = "bus: memory",
        .drivers = drivers,
        .url = "memory:conformance",
    };

    return bus_suite(&engine);
}
