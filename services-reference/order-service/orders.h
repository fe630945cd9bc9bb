/* SPDX-License-Identifier: MIT */
/* What the files of order-service share. */
#ifndef ORDERS_H
#define ORDERS_H

#include <stddef.h>
#include <stdint.h>

#include "client.h"
#include "money.h"

struct json_t;
struct msvc_error;
struct msvc_http_exchange;
struct msvc_message;
struct msvc_service;
struct msvc_store;
struct msvc_tx;
struct user_client;

#define ORDER_ID_SIZE 64
#define SKU_MAX       64
#define QUANTITY_MAX  1000000
#define LINE_LIMIT    100

/* The service's state. */
struct orders {
    struct msvc_service *service;
    struct msvc_store *store;
    struct user_client *users;
};

/* Bits, so that a set of them is a number. */
enum order_status {
    ORDER_PENDING = 1,   /* nobody has answered yet */
    ORDER_RESERVED = 2,  /* inventory-service holds the goods */
    ORDER_CONFIRMED = 4, /* paid */
    ORDER_CANCELLED = 8, /* for good */
};

/* A row of table orders. */
struct order {
    char id[ORDER_ID_SIZE];
    char user_id[USER_ID_SIZE];
    enum order_status status;
    int64_t amount; /* the total */
    char currency[CURRENCY_SIZE];
    int64_t version;
    int64_t created_ms;
};

/* A row of table order_items. */
struct line {
    const char *sku;
    int64_t quantity;
    int64_t amount; /* of one */
};

/* store.c: rows. Statuses are those of store.h; MSVC_ERR_NOT_FOUND when there is no such order. */
const char *order_status_name(enum order_status status);
int order_insert(struct msvc_tx *tx, const struct order *order, const struct line *lines,
                 size_t count, struct msvc_error *err);
int order_find(struct order *out, struct msvc_tx *tx, const char *id, struct msvc_error *err);
/* Change the status and publish what that means to others. MSVC_ERR_CONFLICT when it has another
 * version by now; order->version is the old one, and counts up. */
int order_move(struct msvc_tx *tx, struct order *order, enum order_status to, const char *reason,
               struct msvc_error *err);

/* show.c: what an order looks like outside. out: owned by the caller. */
int order_read_json(struct json_t **out, struct msvc_tx *tx, const char *id,
                    struct msvc_error *err);

/* event.c: what is published on topic "orders". */
int publish_created(struct msvc_tx *tx, const struct order *order, const struct line *lines,
                    size_t count, struct msvc_error *err);
int publish_confirmed(struct msvc_tx *tx, const struct order *order, struct msvc_error *err);
int publish_cancelled(struct msvc_tx *tx, const struct order *order, const char *reason,
                      struct msvc_error *err);

/* process.c: what the events of stock and payments do to an order. */
int follow_event(struct msvc_tx *tx, const struct msvc_message *message, void *orders,
                 struct msvc_error *err);

/* Handlers. */
void handle_set_price(struct msvc_http_exchange *exchange, void *orders);
void handle_list_prices(struct msvc_http_exchange *exchange, void *orders);
void handle_place_order(struct msvc_http_exchange *exchange, void *orders);
void handle_show_order(struct msvc_http_exchange *exchange, void *orders);
void handle_list_orders(struct msvc_http_exchange *exchange, void *orders);
void handle_cancel_order(struct msvc_http_exchange *exchange, void *orders);

#endif
