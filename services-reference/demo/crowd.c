/* SPDX-License-Identifier: MIT */
/* The customers as threads, and one more that watches what becomes of their orders. */
#include "chaos.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <msvc/clock.h>
#include <msvc/error.h>

#define WATCH_PAUSE_MS 10
#define END_TIMEOUT_MS 40000

void crowd_fail(struct crowd *crowd, int status, const char *what, const char *message)
{
    (void)pthread_mutex_lock(&crowd->lock);
    if (crowd->status == 0) {
        crowd->status = status;
        (void)snprintf(crowd->message, sizeof(crowd->message), "%s: %s", what, message);
    }
    (void)pthread_mutex_unlock(&crowd->lock);
}

bool crowd_is_late(const struct crowd *crowd)
{
    return is_interrupted() ||
           (crowd->deadline_ns != 0 && msvc_clock_monotonic_ns(NULL) >= crowd->deadline_ns);
}

/* Whether its state could be read. */
bool crowd_read_state(char state[16], struct crowd *crowd, const char *id)
{
    char target[128];
    json_t *answer = NULL;
    int status;

    (void)snprintf(target, sizeof(target), "/api/v1/orders/%s", id);
    status = api_try(&answer, crowd->demo,
                     &(struct call){ .service = ORDERS,
                                     .target = target,
                                     .token = crowd->demo->customer_token,
                                     .timeout_ms = CROWD_CALL_TIMEOUT_MS,
                                     .is_silent = true },
                     NULL);
    if (status == 200)
        (void)snprintf(state, 16, "%s", json_string_value(json_object_get(answer, "status")));
    else if (status == 404)
        crowd_fail(crowd, MSVC_ERR_NOT_FOUND, id, "an accepted order is not there");
    json_decref(answer);
    return status == 200;
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
        if (id[0] != '\0' && crowd_read_state(state, crowd, id))
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
        is_on = crowd->status == 0 && !crowd_is_late(crowd);
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
                           crowd->started == CHAOS_CUSTOMERS ? watch : crowd_shop, crowd) != 0)
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
    if (is_interrupted())
        return interrupted(err);
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
