/* SPDX-License-Identifier: MIT */
/**
 * @file relay.h
 *
 * The relay publishes what is in a store's outbox (outbox.h has the guarantee)
 * and removes each row once the broker confirmed it.
 *
 *     msvc_relay_new(&relay, store, bus, NULL, &err);
 *     for (;;)
 *         msvc_relay_run_once(relay, 1000, &err);
 *
 * A broker that is away costs no attempts: rows wait, and go out in order when
 * it is back. A message that the broker refuses for good is parked in
 * outbox_parked; messages of other keys never wait for it.
 */
#ifndef MSVC_RELAY_H
#define MSVC_RELAY_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_bus;
struct msvc_clock;
struct msvc_error;
struct msvc_random;
struct msvc_store;
struct msvc_telemetry;

/** Publishes one store's outbox. Threading: one thread at a time, but for
 * msvc_relay_oldest_wall_ns(). */
struct msvc_relay;

/** How to relay. Start from #MSVC_RELAY_OPTIONS; 0 means the default. */
struct msvc_relay_options {
    size_t size;           /**< Set by #MSVC_RELAY_OPTIONS. */
    const char *owner;     /**< Names this relay in the lease. Default: a new UUID. Copied. */
    unsigned window;       /**< Messages published and not yet confirmed. Default 512. */
    unsigned page;         /**< Rows fetched at once. Default 256. */
    unsigned poll_most_ms; /**< Longest pause between looks at an idle outbox; doubles from 5.
                              Default 250. */
    unsigned lease_ms;     /**< How long a dead relay's shards stay leased. Default 10000. */
    unsigned refusals_before_park; /**< Of one message, when the broker does not say for good.
                                      Default 10. */
    bool park_blocks_key; /**< Later messages of a parked message's key wait for a person. Default:
                             they flow on. */
    const struct msvc_clock *clock;         /**< Borrowed. Default: the system's. */
    const struct msvc_random *random;       /**< Borrowed. Default: the system's. */
    const struct msvc_telemetry *telemetry; /**< Borrowed. Optional. */
};

#define MSVC_RELAY_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_relay_options, __VA_ARGS__)

/**
 * @param[out] out  Owned by the caller; untouched on failure.
 * @param store     Borrowed; must outlive the relay.
 * @param bus       Borrowed; the relay runs it, nobody else may while the relay lives.
 * @param options   Copied; NULL for the defaults.
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_UNSUPPORTED (a store without outbox) or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_relay_new(struct msvc_relay **out, struct msvc_store *store,
                                          struct msvc_bus *bus,
                                          const struct msvc_relay_options *options,
                                          struct msvc_error *err);

/** Stop: what was not confirmed is published again by the next relay. NULL is ignored. */
MSVC_API void msvc_relay_free(struct msvc_relay *relay);

/**
 * Fetch, publish, take confirmations, remove; wait at most @p timeout_ms for something to do.
 *
 * @return Rows removed or parked, #MSVC_ERR_UNAVAILABLE while store or broker are away (after
 *         waiting; it heals by itself), or a store status.
 */
MSVC_API int msvc_relay_run_once(struct msvc_relay *relay, int timeout_ms, struct msvc_error *err);

/** Readable when there is work for msvc_relay_run_once(); an append committed in this process makes
 * it so. */
MSVC_API int msvc_relay_fd(const struct msvc_relay *relay);

/** Milliseconds until msvc_relay_run_once() wants to look by itself. */
MSVC_API int msvc_relay_timeout_ms(const struct msvc_relay *relay);

/** Run until the outbox holds no row that this relay can publish; rows of shards that another relay
 * leads are that one's. @return 0, #MSVC_ERR_TIMEOUT, or #MSVC_ERR_STATE after a fork. */
MSVC_API MSVC_MUST_USE int msvc_relay_flush(struct msvc_relay *relay, int timeout_ms,
                                            struct msvc_error *err);

struct msvc_relay_counts {
    uint64_t published;     /**< Confirmed and removed. */
    uint64_t parked;        /**< Put aside. */
    uint64_t in_flight;     /**< Published, not yet confirmed, now. */
    uint64_t resent;        /**< Published again after an unknown outcome or refusal. */
    int64_t oldest_wall_ns; /**< When the oldest row known and not yet published was appended; 0:
                               none. */
};

MSVC_API void msvc_relay_counts(const struct msvc_relay *relay, struct msvc_relay_counts *out);

/** Its oldest_wall_ns as msvc_relay_run_once() last left it: for other threads, a health check
 * (checks.h). */
MSVC_API int64_t msvc_relay_oldest_wall_ns(const struct msvc_relay *relay);

MSVC_END_DECLS

#endif
