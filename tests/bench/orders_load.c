/* SPDX-License-Identifier: MIT */
/*
 * A customer sleeps until told that the order is final. One watcher lists the
 * orders every few milliseconds, from the oldest that may be open, so that
 * finding out costs the service one request each time however many wait. What
 * it adds to a latency is its pause at most.
 */
#include "orders_load.h"

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <msvc/error.h>
#include <msvc/uuid.h>

#include "demo.h"
#include "measure.h"

#define WATCH_MS  5
#define PATIENCE  30 /* seconds for one order */
#define PAGE_SIZE 100

struct customer {
    struct run *run;
    pthread_t thread;
    char id[MSVC_UUID_SIZE];   /* of the open order, "" while there is none */
    char last[MSVC_UUID_SIZE]; /* ids grow: what this customer waits for comes later */
    char state[16];            /* "" until it is final */
};

struct run {
    struct demo *demo;
    struct orders_load *load;
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t news;
    size_t taken;
    size_t done;
    struct customer customers[CUSTOMERS_MOST];
    int status; /* of what went wrong first */
    struct msvc_error err;
};

static void give_up(struct run *run, int status, const struct msvc_error *err)
{
    (void)pthread_mutex_lock(&run->lock);
    if (run->status == 0) {
        run->status = status;
        run->err = *err;
    }
    (void)pthread_cond_broadcast(&run->news);
    (void)pthread_mutex_unlock(&run->lock);
}

/* ---- customers ---- */

static int place(char id[MSVC_UUID_SIZE], struct demo *demo, struct msvc_error *err)
{
    json_t *body = json_pack("{s:[{s:s, s:i}]}", "items", "sku", "apple", "quantity", 1);
    char key[MSVC_UUID_SIZE];
    json_t *answer = NULL;
    int status;

    msvc_uuid_new(key, NULL, NULL);
    status = api_call(&answer, demo,
                      &(struct call){ .service = ORDERS,
                                      .method = "POST",
                                      .target = "/api/v1/orders",
                                      .token = demo->customer_token,
                                      .body = body,
                                      .idempotency_key = key,
                                      .expected = 201,
                                      .is_silent = true },
                      err);
    json_decref(body);
    if (status == 0)
        (void)snprintf(id, MSVC_UUID_SIZE, "%s", json_string_value(json_object_get(answer, "id")));
    json_decref(answer);
    return status;
}

static int wait_until_final(struct customer *customer, const char *id)
{
    struct run *run = customer->run;
    bool is_confirmed;

    (void)pthread_mutex_lock(&run->lock);
    customer->state[0] = '\0';
    memcpy(customer->id, id, MSVC_UUID_SIZE);
    while (customer->state[0] == '\0' && run->status == 0)
        (void)pthread_cond_wait(&run->news, &run->lock);
    memcpy(customer->last, id, MSVC_UUID_SIZE);
    customer->id[0] = '\0';
    is_confirmed = strcmp(customer->state, "confirmed") == 0;
    (void)pthread_mutex_unlock(&run->lock);
    return is_confirmed ? 0 : MSVC_ERR_STATE;
}

static int order_one(struct customer *customer, size_t index, struct msvc_error *err)
{
    struct orders_load *load = customer->run->load;
    double began = seconds_now();
    char id[MSVC_UUID_SIZE];
    int status = place(id, customer->run->demo, err);

    if (status < 0)
        return status;
    load->answer_ms[index] = (seconds_now() - began) * 1e3;
    status = wait_until_final(customer, id);
    load->final_ms[index] = (seconds_now() - began) * 1e3;
    if (status < 0)
        return msvc_error_set(err, status, "bench", 0, "order %s ended as \"%s\"", id,
                              customer->state);
    return 0;
}

static bool take_order(struct run *run, size_t *index)
{
    bool is_taken;

    (void)pthread_mutex_lock(&run->lock);
    is_taken = run->status == 0 && run->taken < run->load->orders;
    if (is_taken)
        *index = run->taken++;
    (void)pthread_mutex_unlock(&run->lock);
    return is_taken;
}

static void *be_a_customer(void *user)
{
    struct customer *customer = user;
    struct run *run = customer->run;
    struct msvc_error err;
    size_t index;

    while (take_order(run, &index)) {
        int status = order_one(customer, index, &err);

        if (status < 0)
            give_up(run, status, &err);
        (void)pthread_mutex_lock(&run->lock);
        run->done++;
        (void)pthread_mutex_unlock(&run->lock);
    }
    return NULL;
}

/* ---- the watcher ---- */

/* Every open order is newer than this one. */
static void oldest_open(char cursor[MSVC_UUID_SIZE], struct run *run)
{
    (void)pthread_mutex_lock(&run->lock);
    memcpy(cursor, run->customers[0].last, MSVC_UUID_SIZE);
    for (size_t i = 1; i < run->load->customers; i++) {
        if (strcmp(run->customers[i].last, cursor) < 0)
            memcpy(cursor, run->customers[i].last, MSVC_UUID_SIZE);
    }
    (void)pthread_mutex_unlock(&run->lock);
}

static void tell(struct run *run, const char *id, const char *state)
{
    if (strcmp(state, "confirmed") != 0 && strcmp(state, "cancelled") != 0)
        return;
    (void)pthread_mutex_lock(&run->lock);
    for (size_t i = 0; i < run->load->customers; i++) {
        struct customer *customer = &run->customers[i];

        if (strcmp(customer->id, id) == 0)
            (void)snprintf(customer->state, sizeof(customer->state), "%s", state);
    }
    (void)pthread_cond_broadcast(&run->news);
    (void)pthread_mutex_unlock(&run->lock);
}

/* Moves the cursor; *is_last tells whether that was the last page. */
static int look_at_page(struct run *run, char cursor[MSVC_UUID_SIZE], bool *is_last,
                        struct msvc_error *err)
{
    char target[128];
    json_t *answer = NULL;
    const json_t *items;
    const char *next;
    int status;

    (void)snprintf(target, sizeof(target), "/api/v1/orders?limit=%d%s%s", PAGE_SIZE,
                   cursor[0] != '\0' ? "&cursor=" : "", cursor);
    run->load->questions++;
    status = api_call(&answer, run->demo,
                      &(struct call){ .service = ORDERS,
                                      .target = target,
                                      .token = run->demo->customer_token,
                                      .expected = 200,
                                      .is_silent = true },
                      err);
    if (status < 0)
        return status;
    items = json_object_get(answer, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *order = json_array_get(items, i);

        tell(run, json_string_value(json_object_get(order, "id")),
             json_string_value(json_object_get(order, "status")));
    }
    next = json_string_value(json_object_get(answer, "next"));
    *is_last = next == NULL;
    if (next != NULL)
        (void)snprintf(cursor, MSVC_UUID_SIZE, "%s", next);
    json_decref(answer);
    return 0;
}

static bool is_over(struct run *run)
{
    bool is_over;

    (void)pthread_mutex_lock(&run->lock);
    is_over = run->status < 0 || run->done == run->load->orders;
    (void)pthread_mutex_unlock(&run->lock);
    return is_over;
}

static void watch(struct run *run)
{
    double last_news = seconds_now();
    size_t done_before = 0;
    struct msvc_error err;

    while (!is_over(run)) {
        char cursor[MSVC_UUID_SIZE];
        bool is_last = false;
        int status = 0;

        oldest_open(cursor, run);
        while (status == 0 && !is_last)
            status = look_at_page(run, cursor, &is_last, &err);
        if (run->done != done_before)
            last_news = seconds_now();
        done_before = run->done;
        if (status == 0 && seconds_now() - last_news > PATIENCE)
            status = msvc_error_set(&err, MSVC_ERR_TIMEOUT, "bench", 0,
                                    "no order became final for %d s", PATIENCE);
        if (status < 0)
            give_up(run, status, &err);
        (void)poll(NULL, 0, WATCH_MS);
    }
}

/* ---- */

static void start_and_watch(struct run *run)
{
    size_t started = 0;

    while (started < run->load->customers) {
        struct customer *customer = &run->customers[started];

        customer->run = run;
        if (pthread_create(&customer->thread, NULL, be_a_customer, customer) != 0)
            break;
        started++;
    }
    if (started == run->load->customers)
        watch(run);
    else
        give_up(run, MSVC_ERR_UNAVAILABLE, &(struct msvc_error){ .message = "no thread left" });
    while (started > 0)
        (void)pthread_join(run->customers[--started].thread, NULL);
}

int orders_load_run(struct orders_load *load, struct demo *demo, struct msvc_error *err)
{
    struct run *run = calloc(1, sizeof(*run));
    double began;
    int status;

    load->answer_ms = calloc(load->orders, sizeof(double));
    load->final_ms = calloc(load->orders, sizeof(double));
    if (run == NULL || load->answer_ms == NULL || load->final_ms == NULL) {
        free(run);
        return msvc_error_set(err, MSVC_ERR_NOMEM, "bench", 0, "no memory");
    }
    run->demo = demo;
    run->load = load;
    (void)pthread_mutex_init(&run->lock, NULL);
    (void)pthread_cond_init(&run->news, NULL);
    began = seconds_now();
    start_and_watch(run);
    load->seconds = seconds_now() - began;
    status = run->status;
    if (status < 0)
        *err = run->err;
    (void)pthread_mutex_destroy(&run->lock);
    (void)pthread_cond_destroy(&run->news);
    free(run);
    return status;
}
