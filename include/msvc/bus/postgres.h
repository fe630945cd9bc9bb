/* SPDX-License-Identifier: MIT */
/**
 * @file bus/postgres.h
 *
 * A bus in a PostgreSQL database (13 and later): for who has one already and
 * needs no broker beside it. `postgres://user:password@host:port/database`, or
 * `postgresql://`. The tables (bus_messages and others) are created when they
 * are not there. Query keys: those of libpq's connection URIs, and
 *
 * - `lease_ms`: how long the deliveries of a member that died stay with it.
 *   Default 30000. A handler that blocks for longer sees its messages again.
 * - `poll_ms`: longest pause between looks at the tables while no notification
 *   comes. Default 1000.
 */
#ifndef MSVC_BUS_POSTGRES_H
#define MSVC_BUS_POSTGRES_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_bus_driver;

/** The driver behind `postgres:` and `postgresql:`. Static. */
MSVC_API const struct msvc_bus_driver *msvc_bus_postgres(void);

MSVC_END_DECLS

#endif
