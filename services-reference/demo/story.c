/* SPDX-License-Identifier: MIT */
/*
 * A customer registers, staff fills the shelves, and three orders are placed:
 * one that goes well, one that cannot be paid, one that cannot be served.
 */
#include "demo.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/trace.h>
#include <msvc/uuid.h>

#define FINAL_TIMEOUT_MS 30000
#define POLL_MS          10

struct story_order story_orders[STORY_ORDERS] = {
    { .title = "an order that goes well",
      .sku = "apple",
      .quantity = 3,
      .expected_state = "confirmed" },
    { .title = "an order whose payment is declined",
      .sku = "watch",
      .quantity = 2,
      .expected_state = "cancelled" },
    { .title = "an order that lacks stock",
      .sku = "apple",
      .quantity = 500,
      .expected_state = "cancelled" },
};

const struct shelf story_shelves[STORY_SHELVES] = {
    { "apple", 100, 120 },
    { "watch", 10, 90000 },
};

static int log_in(char **token, char **user_id, struct demo *demo, const char *email,
                  const char *password, struct msvc_error *err)
{
    json_t *body = json_pack("{s:s, s:s}", "email", email, "password", password);
    json_t *answer = NULL;
    int status = api_call(&answer, demo,
                          &(struct call){ .service = USERS,
                                          .method = "POST",
                                          .target = "/api/v1/sessions",
                                          .body = body,
                                          .expected = 201 },
                          err);

    json_decref(body);
    if (status < 0)
        return status;
    *token = strdup(json_string_value(json_object_get(answer, "token")));
    if (user_id != NULL)
        *user_id = strdup(json_string_value(json_object_get(answer, "userId")));
    json_decref(answer);
    return 0;
}

static int register_customer(struct demo *demo, struct msvc_error *err)
{
    json_t *body = json_pack("{s:s, s:s, s:s}", "email", "alice@example.com", "name", "Alice",
                             "password", "a long enough password");
    int status = api_call(NULL, demo,
                          &(struct call){ .service = USERS,
                                          .method = "POST",
                                          .target = "/api/v1/users",
                                          .body = body,
                                          .idempotency_key = "register-alice",
                                          .expected = 201 },
                          err);

    json_decref(body);
    return status;
}

static int staff_call(struct demo *demo, enum service service, const char *method,
                      const char *target, json_t *body, int expected, struct msvc_error *err)
{
    int status = api_call(NULL, demo,
                          &(struct call){ .service = service,
                                          .method = method,
                                          .target = target,
                                          .body = body,
                                          .token = demo->staff_token,
                                          .expected = expected },
                          err);

    json_decref(body);
    return status;
}

int story_restock(struct demo *demo, const char *sku, int64_t quantity, struct msvc_error *err)
{
    char target[128];

    (void)snprintf(target, sizeof(target), "/api/v1/stock/%s/restock", sku);
    return staff_call(demo, INVENTORY, "POST", target,
                      json_pack("{s:I}", "quantity", (json_int_t)quantity), 200, err);
}

static int fill_shelves(struct demo *demo, struct msvc_error *err)
{
    char target[128];
    int status = 0;

    for (size_t i = 0; status == 0 && i < STORY_SHELVES; i++) {
        const struct shelf *shelf = &story_shelves[i];

        status = story_restock(demo, shelf->sku, shelf->quantity, err);
        if (status < 0)
            break;
        (void)snprintf(target, sizeof(target), "/api/v1/prices/%s", shelf->sku);
        status = staff_call(
            demo, ORDERS, "PUT", target,
            json_pack("{s:I, s:s}", "amount", (json_int_t)shelf->price, "currency", "EUR"), 201,
            err);
    }
    return status;
}

int story_prepare(struct demo *demo, struct msvc_error *err)
{
    int status = register_customer(demo, err);

    if (status == 0)
        status = log_in(&demo->customer_token, &demo->customer_id, demo, "alice@example.com",
                        "a long enough password", err);
    if (status == 0)
        status = log_in(&demo->staff_token, NULL, demo, "admin@example.com",
                        "correct horse battery", err);
    return status < 0 ? status : fill_shelves(demo, err);
}

static int place(struct demo *demo, struct story_order *order, struct msvc_error *err)
{
    json_t *body = json_pack("{s:[{s:s, s:I}]}", "items", "sku", order->sku, "quantity",
                             (json_int_t)order->quantity);
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
                                      .expected = 201 },
                      err);
    json_decref(body);
    if (status < 0)
        return status;
    (void)snprintf(order->id, sizeof(order->id), "%s",
                   json_string_value(json_object_get(answer, "id")));
    json_decref(answer);
    return 0;
}

static int read_state(struct demo *demo, struct story_order *order, struct msvc_error *err)
{
    char target[128];
    json_t *answer = NULL;
    int status;

    (void)snprintf(target, sizeof(target), "/api/v1/orders/%s", order->id);
    status = api_call(&answer, demo,
                      &(struct call){ .service = ORDERS,
                                      .target = target,
                                      .token = demo->customer_token,
                                      .expected = 200,
                                      .is_silent = true },
                      err);
    if (status < 0)
        return status;
    (void)snprintf(order->state, sizeof(order->state), "%s",
                   json_string_value(json_object_get(answer, "status")));
    json_decref(answer);
    return 0;
}

static int wait_until_final(struct demo *demo, struct story_order *order, struct msvc_error *err)
{
    uint64_t deadline = msvc_deadline_in(NULL, FINAL_TIMEOUT_MS);
    int status = 0;

    while (status == 0 && msvc_deadline_left_ms(NULL, deadline, FINAL_TIMEOUT_MS) > 0) {
        status = read_state(demo, order, err);
        if (strcmp(order->state, "confirmed") == 0 || strcmp(order->state, "cancelled") == 0)
            return 0;
        if (is_interrupted())
            return interrupted(err);
        (void)poll(NULL, 0, POLL_MS);
    }
    if (status < 0)
        return status;
    return msvc_error_set(err, MSVC_ERR_TIMEOUT, "demo", 0, "order %s is still %s after %d s",
                          order->id, order->state, FINAL_TIMEOUT_MS / 1000);
}

static int tell_one(struct demo *demo, struct story_order *order, struct msvc_error *err)
{
    struct msvc_span *span = msvc_span_start(demo->tracer, order->title, NULL);
    struct msvc_span_scope scope;
    int status;

    msvc_span_enter(&scope, span);
    msvc_trace_id_text(order->trace_id, msvc_span_context(span));
    status = place(demo, order, err);
    msvc_span_leave(&scope); /* the questions that follow are not part of the story */
    if (status == 0)
        status = wait_until_final(demo, order, err);
    msvc_span_end(span);
    if (status < 0)
        return status;
    (void)printf("  %-40s %s\n", order->title, order->state);
    if (strcmp(order->state, order->expected_state) != 0)
        return msvc_error_set(err, MSVC_ERR_STATE, "demo", 0, "%s: found %s, expected %s",
                              order->title, order->state, order->expected_state);
    return 0;
}

int story_tell(struct demo *demo, struct msvc_error *err)
{
    int status = 0;

    for (size_t i = 0; status == 0 && i < STORY_ORDERS; i++)
        status = tell_one(demo, &story_orders[i], err);
    (void)msvc_tracer_flush(demo->tracer, 5000, NULL);
    return status;
}
