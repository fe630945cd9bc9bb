/* SPDX-License-Identifier: MIT */
/**
 * @file bus/memory.h
 *
 * The in-process bus: `memory:` is private to the bus that opens it,
 * `memory:name` is shared by all buses of the process that open the same name,
 * and gone when the last one closes. Nothing survives the process.
 */
#ifndef MSVC_BUS_MEMORY_H
#define MSVC_BUS_MEMORY_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_bus_driver;

/** The driver behind `memory:`. Static. */
MSVC_API const struct msvc_bus_driver *msvc_bus_memory(void);

MSVC_END_DECLS

#endif
