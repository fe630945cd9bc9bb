/* SPDX-License-Identifier: MIT */
/**
 * @file bus/memory.h
 *
 * The in-process bus: `memory:` is private to the bus that opens it,
 * `memory:name` is shared by all buses of the process that open the same name,
 * and gone when the last one closes. Nothing survives the process. All members
 * of a group ask for the same order. Parked messages are counted and gone.
 *
 * Query keys: `limit`, deliveries that may wait, all groups together (1 to
 * 2147483647, default 1000000; the first bus of a name says); what does not
 * fit is REFUSED, not for good.
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
