/* SPDX-License-Identifier: MIT */
/**
 * @file driver/bus.h
 *
 * For people who write bus drivers. The core owns subscriptions, windows,
 * retries, spans and counts; a driver moves messages and reports honestly.
 * All functions of one handle run on one thread at a time, never twice at
 * once, and report back only from inside run_once().
 *
 * This tier is less stable than the rest: it may change in a minor version.
 */
#ifndef MSVC_DRIVER_BUS_H
#define MSVC_DRIVER_BUS_H

#include <msvc/base.h>
#include <msvc/bus.h>

MSVC_BEGIN_DECLS

struct msvc_url;

/** What the core lends a driver. Outlives the driver's handle. */
struct msvc_bus_host {
    size_t size;
    const char *client_name; /**< "" when there is none. */
    unsigned timeout_ms;
    const struct msvc_clock *clock;
    const struct msvc_random *random;
    int wake_fd; /**< Wait on it too; when it is readable return from run_once(), do not read it. */

    /** A publish ended; each must, once, before disconnected() as UNKNOWN at the latest.
     * @param publish  What was given to publish(). */
    void (*published)(struct msvc_bus_host *host, void *publish,
                      const struct msvc_publish_result *result);

    /**
     * A message came. Settled later through settle() with the same @p tag.
     *
     * @param subscription  What was given to subscribe().
     * @param message       Borrowed until it returns; the core copies.
     * @param tag           The driver's name for this delivery, unique while it is open.
     * @param attempt       1 for the first delivery to the group, as far as the engine knows.
     */
    void (*delivered)(struct msvc_bus_host *host, void *subscription,
                      const struct msvc_message *message, uint64_t tag, unsigned attempt);

    /** The connection is lost: open tags mean nothing any more, the engine delivers them again. */
    void (*disconnected)(struct msvc_bus_host *host);

    bool is_inherited; /**< This is a child of fork(): close() lets go of descriptors and memory and
                          tells nobody. */
};

struct msvc_bus_driver {
    size_t size;
    const char *const *schemes; /**< Ended by NULL. */
    const char *origin;         /**< For errors: "rabbitmq". */

    /** @param url  Borrowed until open() returns. Refuses query keys it does not know. */
    int (*open)(void **out, const struct msvc_url *url, struct msvc_bus_host *host,
                struct msvc_error *err);
    void (*close)(void *handle); /**< Sends what was settled if that is quick; reports nothing. */
    const struct msvc_bus_capabilities *(*capabilities)(const void *handle);

    /**
     * Called while is_connected(). What can be batched waits for run_once(); timeout_ms() is then
     * 0.
     *
     * @param message  With all defaults filled in; borrowed until the outcome was reported.
     * @return 0; #MSVC_ERR_UNAVAILABLE: the core keeps it and tries again; anything else: refused.
     */
    int (*publish)(void *handle, const struct msvc_message *message, void *publish,
                   struct msvc_error *err);

    /** Remember it; run_once() takes it to the broker.
     * @param wanted  Borrowed until close(). Delivers at most max_in_flight unsettled at once. */
    int (*subscribe)(void *handle, const struct msvc_subscription *wanted, void *subscription,
                     struct msvc_error *err);

    /** Take no more deliveries. */
    void (*stop)(void *handle);

    /**
     * ACK, RETRY, PARK or DROP. Best effort: what does not arrive leads to another delivery.
     *
     * @param attempt  The delivery's, so that an engine that does not count can.
     */
    int (*settle)(void *handle, void *subscription, uint64_t tag, enum msvc_disposition disposition,
                  unsigned delay_ms, const char *reason, struct msvc_error *err);

    /** How many settled deliveries are not yet with the broker as was decided: msvc_bus_drain()
     * waits for them, run_once() returns when there are fewer. NULL: settle() does it at once. */
    unsigned (*settling)(const void *handle);

    /** Connect if need be, wait, report. @return 0 or more, or a status such as UNAVAILABLE. */
    int (*run_once)(void *handle, int timeout_ms, struct msvc_error *err);
    bool (*is_connected)(const void *handle);
    int (*fd)(const void *handle); /**< −1: none yet; the core asks again after run_once(). */
    int (*timeout_ms)(const void *handle); /**< −1: no timer. */

    /**
     * With #MSVC_ORDER_KEY the engine itself holds back the rest of a key while one of its messages
     * is open or waits for its retry. If not, it must deliver a group's messages in order to one
     * member at a time; the core then holds back, and retries without settle() in between.
     */
    bool holds_keys;
};

MSVC_END_DECLS

#endif
