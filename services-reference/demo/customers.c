/* SPDX-License-Identifier: MIT */
/*
 * Customers who place orders all the time. A call that has no clear answer is
 * made again with the same key, as often as it takes: that is all a client
 * needs to do while services come and go.
 */
#include "chaos.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/uuid.h>

#define PAUSE_MS 40

/* One after the other: confirmed, and what may happen instead. */
static const struct wish wishes[] = {
    { "apple", 1, false, false },
    { "apple", 2, false, true }, /* one that comes twice */
    { "apple", 3, true, false }, /* cancelled by the customer */
    { "apple", 1, false, false },
    { "watch", 2, false, false }, /* more than may be paid */
    { "apple", 2, false, false },
    { "apple", INT64_C(5) * CHAOS_RESTOCK, false, false }, /* not in stock */
};

/* Nobody knows what became of it, or it may go better next time. */
static bool is_unclear(int status)
{
    return status < 0 || status == 409 || status == 429 || status >= 500;
}

/* Whether to try again, after a pause. */
static bool try_again(struct crowd *crowd)
{
    bool is_on;

    (void)poll(NULL, 0, PAUSE_MS);
    (void)pthread_mutex_lock(&crowd->lock);
    crowd->unclear++;
    is_on = crowd->status == 0 && !crowd_is_late(crowd);
    (void)pthread_mutex_unlock(&crowd->lock);
    return is_on;
}

static void count_replayed(struct crowd *crowd, bool is_replayed)
{
    (void)pthread_mutex_lock(&crowd->lock);
    crowd->replayed += is_replayed;
    (void)pthread_mutex_unlock(&crowd->lock);
}

/* An HTTP status, or negative when nothing came. */
static int post(json_t **answer, struct crowd *crowd, const char *target, const char *key,
                const json_t *body)
{
    bool is_replayed = false;
    int status = api_try(answer, crowd->demo,
                         &(struct call){ .service = ORDERS,
                                         .method = "POST",
                                         .target = target,
                                         .token = crowd->demo->customer_token,
                                         .body = body,
                                         .idempotency_key = key,
                                         .timeout_ms = CROWD_CALL_TIMEOUT_MS,
                                         .is_replayed = &is_replayed,
                                         .is_silent = true },
                         NULL);

    count_replayed(crowd, is_replayed);
    return status;
}

/* The order's id is the answer's, the first time; after that it must stay the same. */
static void note_accepted(struct crowd *crowd, struct placed_order *order, const char *id)
{
    bool is_other;

    (void)pthread_mutex_lock(&crowd->lock);
    is_other = order->id[0] != '\0' && strcmp(order->id, id) != 0;
    (void)snprintf(order->id, sizeof(order->id), "%s", id);
    (void)pthread_mutex_unlock(&crowd->lock);
    if (is_other)
        crowd_fail(crowd, MSVC_ERR_STATE, order->key, "one key made two orders");
}

static bool place(struct crowd *crowd, struct placed_order *order)
{
    json_t *body = json_pack("{s:[{s:s, s:I}]}", "items", "sku", order->wish.sku, "quantity",
                             (json_int_t)order->wish.quantity);
    json_t *answer = NULL;
    int status = post(&answer, crowd, "/api/v1/orders", order->key, body);

    while (is_unclear(status) && try_again(crowd)) {
        json_decref(answer);
        answer = NULL;
        status = post(&answer, crowd, "/api/v1/orders", order->key, body);
    }
    if (status == 201) {
        note_accepted(crowd, order, json_string_value(json_object_get(answer, "id")));
    } else if (!is_unclear(status)) {
        const char *detail = json_string_value(json_object_get(answer, "detail"));

        crowd_fail(crowd, MSVC_ERR_REFUSED, "an order is refused", detail != NULL ? detail : "");
    }
    json_decref(answer);
    json_decref(body);
    return status == 201;
}

/* 409 is clear when it was cancelled before, as one that cannot be paid is. */
static void cancel(struct crowd *crowd, const struct placed_order *order)
{
    char target[128];
    char state[16] = "";
    int status;

    (void)snprintf(target, sizeof(target), "/api/v1/orders/%s/cancel", order->id);
    do {
        status = post(NULL, crowd, target, order->key, NULL);
        if (status == 409 && crowd_read_state(state, crowd, order->id) &&
            strcmp(state, "cancelled") == 0)
            return;
    } while (is_unclear(status) && try_again(crowd));
}

static struct placed_order *next_order(struct crowd *crowd)
{
    struct placed_order *order = NULL;

    (void)pthread_mutex_lock(&crowd->lock);
    if (!crowd->is_over && crowd->status == 0 && crowd->count < CHAOS_ORDER_LIMIT) {
        order = &crowd->orders[crowd->count];
        order->wish = wishes[crowd->count % (sizeof(wishes) / sizeof(wishes[0]))];
        msvc_uuid_new(order->key, NULL, NULL);
        order->placed_ns = msvc_clock_monotonic_ns(NULL);
        crowd->count++;
    }
    (void)pthread_mutex_unlock(&crowd->lock);
    return order;
}

void *crowd_shop(void *user)
{
    struct crowd *crowd = user;
    struct placed_order *order;

    while ((order = next_order(crowd)) != NULL) {
        if (place(crowd, order)) {
            if (order->wish.is_repeated)
                (void)place(crowd, order);
            if (order->wish.is_cancelled)
                cancel(crowd, order);
        }
        (void)poll(NULL, 0, PAUSE_MS);
    }
    (void)pthread_mutex_lock(&crowd->lock);
    crowd->customers--;
    (void)pthread_mutex_unlock(&crowd->lock);
    return NULL;
}
