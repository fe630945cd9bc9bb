/* SPDX-License-Identifier: MIT */
/**
 * @file bus.h
 *
 * Publish and subscribe over a real broker, chosen by URL from the drivers
 * that the program linked.
 *
 *     msvc_bus_open(&bus, "rabbitmq://127.0.0.1/events",
 *                   MSVC_BUS_DRIVERS(msvc_bus_rabbitmq(), msvc_bus_memory()), NULL, &err);
 *     msvc_bus_subscribe(bus, MSVC_SUBSCRIPTION(.group = "notification-service",
 *                                               .topics = MSVC_TOPICS("orders"),
 *                                               .handler = on_order, .user = self), &err);
 *     for (;;)
 *         msvc_bus_run_once(bus, 1000, &err);
 *
 * Delivery is at least once: a handler may see a message again, with the same
 * id (inbox.h makes its effect happen once). Every group gets every message of
 * its topics; within a group each message goes to one member. A group starts
 * with what is published after it first subscribed, and keeps its place while
 * nobody is there. Topics that members of a group name add up.
 *
 * A broker that is away is UNAVAILABLE, not an error to give up on:
 * msvc_bus_run_once() connects again by itself.
 */
#ifndef MSVC_BUS_H
#define MSVC_BUS_H

#include <msvc/base.h>
#include <msvc/delivery.h>
#include <msvc/message.h>

MSVC_BEGIN_DECLS

struct msvc_bus_driver;
struct msvc_clock;
struct msvc_error;
struct msvc_random;
struct msvc_telemetry;

/** A connection to a broker. Threading: one thread at a time, but for msvc_delivery_settle()
 * and msvc_bus_was_connected(). */
struct msvc_bus;

/** How a publish ended. */
enum msvc_publish_outcome {
    MSVC_PUBLISH_CONFIRMED, /**< The broker has it, as durably as it can. */
    MSVC_PUBLISH_REFUSED,   /**< The broker does not have it and said so. */
    MSVC_PUBLISH_UNKNOWN,   /**< The connection broke: it may have it. Same id again. */
};

/** What order a group asks for. */
enum msvc_bus_order {
    MSVC_ORDER_NONE, /**< Up to max_in_flight at once, in any order. */
    MSVC_ORDER_KEY,  /**< Messages of one (topic, key) one by one, in the order published. */
};

/** A publish that ended; borrowed until the callback returns. */
struct msvc_publish_result {
    enum msvc_publish_outcome outcome;
    bool is_permanent;  /**< For REFUSED: trying again will be refused again. */
    const char *reason; /**< "" when confirmed. */
};

/** Called from msvc_bus_run_once() or msvc_bus_drain(), once for each accepted publish. */
typedef void msvc_published_fn(const struct msvc_publish_result *result, void *user);

/** Called from msvc_bus_run_once(), the span of the delivery entered. A handler that waits holds up
 * everything else on this bus: answer LATER instead. */
typedef enum msvc_disposition msvc_delivery_fn(struct msvc_delivery *delivery, void *user);

/** How to open. Start from #MSVC_BUS_OPTIONS; 0 means the default. */
struct msvc_bus_options {
    size_t size;        /**< Set by #MSVC_BUS_OPTIONS. */
    const char *source; /**< CloudEvents source of messages without one. Default "/". Copied. */
    const char *client_name; /**< How the broker shows us. Optional. Copied. */
    unsigned window;         /**< Publishes that may wait for their outcome. Default 1024. */
    unsigned timeout_ms; /**< To connect, and for an outcome before it is UNKNOWN. Default 10000. */
    const struct msvc_clock *clock;         /**< Borrowed. Default: the system's. */
    const struct msvc_random *random;       /**< Borrowed. Default: the system's. */
    const struct msvc_telemetry *telemetry; /**< Borrowed. Optional. */
};

#define MSVC_BUS_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_bus_options, __VA_ARGS__)

/** The drivers that a URL may choose from. */
#define MSVC_BUS_DRIVERS(...) MSVC_LIST_OF(const struct msvc_bus_driver *, __VA_ARGS__)

/**
 * Open a bus. The broker need not be there: the first msvc_bus_run_once() connects.
 *
 * @param[out] out  Owned by the caller; untouched on failure.
 * @param options   Copied; NULL for the defaults.
 * @return 0, #MSVC_ERR_INVALID or #MSVC_ERR_MALFORMED (the URL), #MSVC_ERR_UNSUPPORTED (no driver
 *         for its scheme), #MSVC_ERR_UNAVAILABLE (a local file that cannot be opened, or no
 *         descriptor is left) or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_bus_open(struct msvc_bus **out, const char *url,
                                         const struct msvc_bus_driver *const *drivers,
                                         const struct msvc_bus_options *options,
                                         struct msvc_error *err);

/** Close at once: unsettled deliveries come again, publishes without an outcome end UNKNOWN. NULL
 * is ignored. */
MSVC_API void msvc_bus_close(struct msvc_bus *bus);

/**
 * Queue a message. The outcome comes from msvc_bus_run_once().
 *
 * @param message  Copied.
 * @param fn       Optional.
 * @return 0, #MSVC_ERR_REJECTED while the window is full, #MSVC_ERR_INVALID or #MSVC_ERR_LIMIT (the
 *         message), #MSVC_ERR_STATE after a fork, #MSVC_ERR_NOMEM. When it fails, fn is not called.
 */
MSVC_API MSVC_MUST_USE int msvc_bus_publish(struct msvc_bus *bus,
                                            const struct msvc_message *message,
                                            msvc_published_fn *fn, void *user,
                                            struct msvc_error *err);

/**
 * Publish and wait for the outcome, running the bus meanwhile.
 *
 * @return 0, #MSVC_ERR_REFUSED, #MSVC_ERR_UNKNOWN, #MSVC_ERR_TIMEOUT (it may still arrive),
 * #MSVC_ERR_STATE inside of a callback too, or as msvc_bus_publish().
 */
MSVC_API MSVC_MUST_USE int msvc_bus_publish_wait(struct msvc_bus *bus,
                                                 const struct msvc_message *message, int timeout_ms,
                                                 struct msvc_error *err);

/** A list of topic patterns that lives to the end of the block. */
#define MSVC_TOPICS(...) MSVC_LIST_OF(const char *, __VA_ARGS__)

/** Most topics of a subscription, and the most that its max_in_flight may be. */
#define MSVC_SUBSCRIPTION_TOPICS_MAX    32
#define MSVC_SUBSCRIPTION_IN_FLIGHT_MAX 65536

/** What a group wants. Start from #MSVC_SUBSCRIPTION; 0 means the default. */
struct msvc_subscription {
    size_t size;       /**< Set by #MSVC_SUBSCRIPTION. */
    const char *group; /**< Who the messages are for; durable. Required. Copied. */
    const char *const
        *topics; /**< Patterns (message.h), ended by NULL. Required, at most 32. Copied. */
    enum msvc_bus_order order; /**< Default: none. */
    unsigned max_in_flight;    /**< Deliveries without a disposition. Default 16. */
    unsigned max_attempts;     /**< Deliveries of one message before it is parked. Default 20. */
    unsigned retry_least_ms;   /**< Delay after the first failure, doubling. Default 100. */
    unsigned retry_most_ms;    /**< Longest delay. Default 30000. */
    msvc_delivery_fn *handler; /**< Required. */
    void *user;                /**< Passed to handler, never read. */
};

#define MSVC_SUBSCRIPTION(...) MSVC_OPTIONS_OF(struct msvc_subscription, __VA_ARGS__)

/** @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_UNSUPPORTED when the engine cannot do what is asked,
 * #MSVC_ERR_EXISTS (the group, on this bus), #MSVC_ERR_NOMEM. */
MSVC_API MSVC_MUST_USE int msvc_bus_subscribe(struct msvc_bus *bus,
                                              const struct msvc_subscription *subscription,
                                              struct msvc_error *err);

/** Whether every subscription stands at the broker. */
MSVC_API bool msvc_bus_is_connected(const struct msvc_bus *bus);

/** The same, as msvc_bus_run_once() last left it: for other threads, a health check (checks.h). */
MSVC_API bool msvc_bus_was_connected(const struct msvc_bus *bus);

/**
 * Wait at most @p timeout_ms for something to happen and handle it.
 *
 * @return How many outcomes and deliveries were handled, #MSVC_ERR_UNAVAILABLE while the broker is
 *         away (after waiting), #MSVC_ERR_AUTH, #MSVC_ERR_STATE after a fork or inside of a
 *         callback, #MSVC_ERR_NOMEM.
 */
MSVC_API int msvc_bus_run_once(struct msvc_bus *bus, int timeout_ms, struct msvc_error *err);

/** Readable when there is work for msvc_bus_run_once(). Changes never. */
MSVC_API int msvc_bus_fd(const struct msvc_bus *bus);

/** Milliseconds until there is work even if the descriptor stays quiet; −1: never. */
MSVC_API int msvc_bus_timeout_ms(const struct msvc_bus *bus);

/**
 * Take no more deliveries, wait for LATER ones to be settled, for what was settled to be with the
 * broker, and for the outcomes of publishes.
 *
 * @return 0, #MSVC_ERR_TIMEOUT when something is still open, or as msvc_bus_run_once().
 */
MSVC_API MSVC_MUST_USE int msvc_bus_drain(struct msvc_bus *bus, int timeout_ms,
                                          struct msvc_error *err);

/** Counted since msvc_bus_open(). */
struct msvc_bus_counts {
    uint64_t confirmed, refused, unknown;                  /**< Publishes, by outcome. */
    uint64_t acked, retried, parked, dropped, redelivered; /**< Deliveries. */
    uint64_t in_flight; /**< Deliveries without a disposition, now. */
    uint64_t waiting;   /**< Publishes without an outcome, now. */
};

MSVC_API void msvc_bus_counts(const struct msvc_bus *bus, struct msvc_bus_counts *out);

/** What an engine does natively; proven by the conformance suite. */
struct msvc_bus_capabilities {
    bool is_durable;         /**< CONFIRMED survives a crash of the broker. */
    bool has_groups;         /**< Groups keep their place while nobody is there. */
    bool has_key_order;      /**< #MSVC_ORDER_KEY with several members of a group. */
    bool has_delay;          /**< A RETRY delay that outlives the process. */
    bool has_replay;         /**< A group can start in the past. */
    bool refuses_unroutable; /**< A message no group wants is REFUSED. */
    size_t payload_most;     /**< Bytes. */
};

/** What the engine behind @p bus can do. Borrowed until msvc_bus_close(). */
MSVC_API const struct msvc_bus_capabilities *msvc_bus_capabilities(const struct msvc_bus *bus);

/** @return 0, or #MSVC_ERR_UNSUPPORTED with a message that lists every need that is not met. */
MSVC_API MSVC_MUST_USE int msvc_bus_require(const struct msvc_bus *bus,
                                            const struct msvc_bus_capabilities *needs,
                                            struct msvc_error *err);

MSVC_END_DECLS

#endif
