/* SPDX-License-Identifier: MIT */
/*
 * Customers who place orders all the time. A call that has no clear answer is
 * made again with the same key, as often as it takes: that is all a client
 * needs to do while services come and go.
 */
#include "chaos.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/uuid.h>

#define CALL_TIMEOUT_MS 2000
#define PAUSE_MS        40
#define WATCH_PAUSE_MS  10
#define END_TIMEOUT_MS  40000

/* One after the other: confirmed, and what may happen instead. */
static const struct wish wishes[] = {
    { "apple", 1, false, false }, { "apple", 2, false, true },  /* one that comes twice */
    { "apple", 3, true, false },                                /* cancelled by the customer */
    { "apple", 1, false, false }, { "watch", 2, false, false }, /* more than may be paid */
    { "apple", 2, false, false }, { "apple", 5 * CHAOS_RESTOCK, false, false }, /* not in stock */
};

static void fail(struct crowd *crowd, int status, const char *what, const char *message)
{
    (void)pthread_mutex_lock(&crowd->lock);
    if (crowd->status == 0) {
        crowd->status = status;
        (void)snprintf(crowd->message, sizeof(crowd->message), "%s: %s", what, message);
    }
    (void)pthread_mutex_unlock(&crowd->lock);
}

static bool is_late(const struct crowd *crowd)
{
    return crowd->deadline_ns != 0 && msvc_clock_monotonic_ns(NULL) >= crowd->deadline_ns;
}

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
    is_on = crowd->status == 0 && !is_late(crowd);
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
                                         .timeout_ms = CALL_TIMEOUT_MS,
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
        fail(crowd, MSVC_ERR_STATE, order->key, "one key made two orders");
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

        fail(crowd, MSVC_ERR_REFUSED, "an order is refused", detail != NULL ? detail : "");
    }
    json_decref(answer);
    json_decref(body);
    return status == 201;
}

/* Whether its state could be read. */
static bool read_state(char state[16], struct crowd *crowd, const char *id)
{
    char target[128];
    json_t *answer = NULL;
    int status;

    (void)snprintf(target, sizeof(target), "/api/v1/orders/%s", id);
    status = api_try(&answer, crowd->demo,
                     &(struct call){ .service = ORDERS,
                                     .target = target,
                                     .token = crowd->demo->customer_token,
                                     .timeout_ms = CALL_TIMEOUT_MS,
                                     .is_silent = true },
                     NULL);
    if (status == 200)
        (void)snprintf(state, 16, "%s", json_string_value(json_object_get(answer, "status")));
    else if (status == 404)
        fail(crowd, MSVC_ERR_NOT_FOUND, id, "an accepted order is not there");
    json_decref(answer);
    return status == 200;
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
        if (status == 409 && read_state(state, crowd, order->id) && strcmp(state, "cancelled") == 0)
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

static void *shop(void *user)
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

/* What is left to wait for. */
static bool is_open(struct crowd *crowd, size_t index, char id[64])
{
    const struct placed_order *order = &crowd->orders[index];
    bool is_open;

    (void)pthread_mutex_lock(&crowd->lock);
    is_open = order->final_ns == 0;
    (void)snprintf(id, 64, "%s", order->id);
    (void)pthread_mutex_unlock(&crowd->lock);
    return is_open;
}

static void note_state(struct crowd *crowd, size_t index, const char *state)
{
    struct placed_order *order = &crowd->orders[index];

    (void)pthread_mutex_lock(&crowd->lock);
    (void)snprintf(order->state, sizeof(order->state), "%s", state);
    if (strcmp(state, "cancelled") == 0 ||
        (strcmp(state, "confirmed") == 0 && !order->wish.is_cancelled))
        order->final_ns = msvc_clock_monotonic_ns(NULL);
    (void)pthread_mutex_unlock(&crowd->lock);
}

/* How many are not final; those that are accepted are looked at. */
static size_t look_at_orders(struct crowd *crowd, size_t count)
{
    size_t open = 0;
    char state[16];
    char id[64];

    for (size_t i = 0; i < count; i++) {
        if (!is_open(crowd, i, id))
            continue;
        open++;
        if (id[0] != '\0' && read_state(state, crowd, id))
            note_state(crowd, i, state);
    }
    return open;
}

static void *watch(void *user)
{
    struct crowd *crowd = user;
    bool is_on = true;

    while (is_on) {
        size_t count;
        bool may_grow;

        (void)pthread_mutex_lock(&crowd->lock);
        count = crowd->count;
        may_grow = crowd->customers > 0;
        is_on = crowd->status == 0 && !is_late(crowd);
        (void)pthread_mutex_unlock(&crowd->lock);
        if (look_at_orders(crowd, count) == 0 && !may_grow)
            is_on = false;
        (void)poll(NULL, 0, WATCH_PAUSE_MS);
    }
    return NULL;
}

int crowd_start(struct crowd *crowd, struct demo *demo, struct msvc_error *err)
{
    *crowd = (struct crowd){ .demo = demo, .customers = CHAOS_CUSTOMERS };
    crowd->orders = calloc(CHAOS_ORDER_LIMIT, sizeof(*crowd->orders));
    if (crowd->orders == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "demo", 0, "no memory for orders");
    (void)pthread_mutex_init(&crowd->lock, NULL);
    for (; crowd->started <= CHAOS_CUSTOMERS; crowd->started++) {
        if (pthread_create(&crowd->threads[crowd->started], NULL,
                           crowd->started == CHAOS_CUSTOMERS ? watch : shop, crowd) != 0)
            return msvc_error_set(err, MSVC_ERR_NOMEM, "demo", 0, "no thread for a customer");
    }
    return 0;
}

/* The first one that is not where it should be. */
static int check_states(const struct crowd *crowd, struct msvc_error *err)
{
    for (size_t i = 0; i < crowd->count; i++) {
        const struct placed_order *order = &crowd->orders[i];

        if (order->id[0] == '\0')
            return msvc_error_set(err, MSVC_ERR_TIMEOUT, "demo", 0,
                                  "the order with key %s was not accepted within %d s", order->key,
                                  END_TIMEOUT_MS / 1000);
        if (order->final_ns == 0)
            return msvc_error_set(err, MSVC_ERR_TIMEOUT, "demo", 0,
                                  "order %s is still %s after %d s", order->id, order->state,
                                  END_TIMEOUT_MS / 1000);
    }
    return 0;
}

int crowd_end(struct crowd *crowd, struct msvc_error *err)
{
    (void)pthread_mutex_lock(&crowd->lock);
    crowd->is_over = true;
    crowd->deadline_ns = msvc_deadline_in(NULL, END_TIMEOUT_MS);
    (void)pthread_mutex_unlock(&crowd->lock);
    while (crowd->started > 0)
        (void)pthread_join(crowd->threads[--crowd->started], NULL);
    if (crowd->status < 0)
        return msvc_error_set(err, crowd->status, "demo", 0, "%s", crowd->message);
    return check_states(crowd, err);
}

void crowd_clear(struct crowd *crowd)
{
    if (crowd->orders == NULL)
        return;
    (void)pthread_mutex_destroy(&crowd->lock);
    free(crowd->orders);
    crowd->orders = NULL;
}
