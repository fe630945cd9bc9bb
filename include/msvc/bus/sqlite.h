/* SPDX-License-Identifier: MIT */
/**
 * @file bus/sqlite.h
 *
 * A durable bus in a file: `sqlite:path/to/events.db`. Several processes of
 * one machine may have it open. WAL mode, synchronous=FULL: CONFIRMED is said
 * after the commit. All that waits at a msvc_bus_run_once(), publishes,
 * settlements and new deliveries alike, goes into one commit.
 *
 * A publish wakes the other processes by inotify on the WAL file; once in a
 * second, or every 100 ms where inotify is not to be had, each looks by
 * itself. A delivery is leased: when its process dies, another member gets it
 * once the lease has run out. Leases are renewed in msvc_bus_run_once(), by
 * the wall clock.
 *
 * A message that no group wants is confirmed and not kept. Parked messages
 * stay in the table `bus_parked`, with the reason, until somebody removes them.
 *
 * Query keys: `lease_ms` (1000 to 3600000, default 30000), `busy_ms` (longest
 * wait for another writer; default: the bus's timeout).
 */
#ifndef MSVC_BUS_SQLITE_H
#define MSVC_BUS_SQLITE_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_bus_driver;

/** The driver behind `sqlite:`. Static. */
MSVC_API const struct msvc_bus_driver *msvc_bus_sqlite(void);

MSVC_END_DECLS

#endif
