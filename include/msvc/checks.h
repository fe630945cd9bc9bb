/* SPDX-License-Identifier: MIT */
/**
 * @file checks.h
 *
 * Health checks that come with the blocks, one line each:
 *
 *     msvc_health_add(health, MSVC_HEALTH_CHECK(.name = "database", .run = msvc_check_store,
 *                                               .user = store));
 *     msvc_health_add(health, MSVC_HEALTH_CHECK(.name = "memory", .run = msvc_check_memory));
 *
 * What `user` points to is borrowed until the registry is freed. None waits
 * beyond its deadline, and none but msvc_check_store() waits at all.
 */
#ifndef MSVC_CHECKS_H
#define MSVC_CHECKS_H

#include <msvc/base.h>
#include <msvc/health.h>

MSVC_BEGIN_DECLS

struct msvc_clock;
struct msvc_error;
struct msvc_relay;

/** Whether the database answers. @param user  `struct msvc_store *`. @return 0 or a store status.
 */
MSVC_API int msvc_check_store(void *user, struct msvc_health_run *run, struct msvc_error *err);

/** Whether every subscription stood at the broker when msvc_bus_run_once() last ended.
 * @param user  `struct msvc_bus *`. @return 0 or #MSVC_ERR_UNAVAILABLE. */
MSVC_API int msvc_check_bus(void *user, struct msvc_health_run *run, struct msvc_error *err);

/** Whether a breaker admits calls: half-open is a warning. @param user  `struct msvc_breaker *`.
 * @return 0, #MSVC_HEALTH_WARN or #MSVC_ERR_REJECTED. */
MSVC_API int msvc_check_breaker(void *user, struct msvc_health_run *run, struct msvc_error *err);

/** A relay, and how long a row may wait in its outbox. */
struct msvc_relay_watch {
    const struct msvc_relay *relay;
    unsigned fail_ms;               /**< Default 60000. */
    const struct msvc_clock *clock; /**< Default: the system's. */
};

/** How long the oldest row has been waiting, in seconds. @param user  `struct msvc_relay_watch *`.
 * @return 0 or #MSVC_ERR_UNAVAILABLE. */
MSVC_API int msvc_check_relay(void *user, struct msvc_health_run *run, struct msvc_error *err);

/** A file system, and how full it may be. */
struct msvc_disk_watch {
    const char *path;      /**< Any path on it. */
    unsigned warn_percent; /**< Default 80. */
    unsigned fail_percent; /**< Default 90. */
};

/** How full a file system is for a program without privileges, in percent.
 * @param user  `struct msvc_disk_watch *`.
 * @return 0, #MSVC_HEALTH_WARN, #MSVC_ERR_LIMIT or #MSVC_ERR_UNAVAILABLE (no such path). */
MSVC_API int msvc_check_disk(void *user, struct msvc_health_run *run, struct msvc_error *err);

/** How much of the memory may be used. */
struct msvc_memory_watch {
    unsigned warn_percent; /**< Default 80. */
    unsigned fail_percent; /**< Default 95. */
};

/**
 * How much of the memory is used, in percent: of the tightest limit of a control group (version 2)
 * that this process is in, without page cache that can be dropped; without such a limit, of the
 * machine.
 *
 * @param user  `struct msvc_memory_watch *`; NULL for the defaults.
 * @return 0, #MSVC_HEALTH_WARN, #MSVC_ERR_LIMIT or #MSVC_ERR_UNSUPPORTED (the system does not
 * tell).
 */
MSVC_API int msvc_check_memory(void *user, struct msvc_health_run *run, struct msvc_error *err);

MSVC_END_DECLS

#endif
