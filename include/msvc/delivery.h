/* SPDX-License-Identifier: MIT */
/**
 * @file delivery.h
 *
 * One message on its way through a handler of a bus (bus.h). The handler
 * answers what becomes of it, or LATER, and then somebody else settles it:
 *
 *     static enum msvc_disposition take(struct msvc_delivery *delivery, void *queue)
 *     {
 *         return put(queue, delivery) ? MSVC_DELIVERY_LATER : MSVC_DELIVERY_RETRY;
 *     }
 *
 *     …
 *     msvc_delivery_settle(delivery, work(msvc_delivery_message(delivery)));
 */
#ifndef MSVC_DELIVERY_H
#define MSVC_DELIVERY_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_message;
struct msvc_trace_context;

/** One message in a handler. Threading: the thread of the handler's, and after LATER one thread at
 * a time until it is settled. */
struct msvc_delivery;

/** What becomes of a delivery. */
enum msvc_disposition {
    MSVC_DELIVERY_ACK,   /**< Done: the group never sees it again. */
    MSVC_DELIVERY_RETRY, /**< Deliver it again after a delay; with order by key, the key waits. */
    MSVC_DELIVERY_PARK,  /**< Put it aside for a person, with a reason. */
    MSVC_DELIVERY_DROP,  /**< Not wanted: as ACK, but counted apart. */
    MSVC_DELIVERY_LATER, /**< Not decided yet: somebody calls msvc_delivery_settle(). */
};

/** The message; borrowed until the delivery is settled. */
MSVC_API const struct msvc_message *msvc_delivery_message(const struct msvc_delivery *delivery);

/** Which delivery of this message to the group: 1 for the first, as far as the engine knows. */
MSVC_API unsigned msvc_delivery_attempt(const struct msvc_delivery *delivery);

/**
 * The trace that its handler runs in. After LATER make it the current one where the work goes on:
 *
 *     msvc_trace_enter(&scope, msvc_delivery_context(delivery));
 *
 * @return NULL outside of any trace. Borrowed until the delivery is settled.
 */
MSVC_API const struct msvc_trace_context *msvc_delivery_context(
    const struct msvc_delivery *delivery);

/** Set the delay and return #MSVC_DELIVERY_RETRY. Without it the subscription says how long. */
MSVC_API enum msvc_disposition msvc_delivery_retry_in(struct msvc_delivery *delivery,
                                                      unsigned delay_ms);

/** Set the reason and return #MSVC_DELIVERY_PARK. */
MSVC_API enum msvc_disposition msvc_delivery_park(struct msvc_delivery *delivery,
                                                  const char *reason);

/** Decide a delivery that answered LATER, from any thread, once, even after the bus was closed;
 * @p delivery is gone. */
MSVC_API void msvc_delivery_settle(struct msvc_delivery *delivery,
                                   enum msvc_disposition disposition);

MSVC_END_DECLS

#endif
