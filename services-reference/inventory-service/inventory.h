/* SPDX-License-Identifier: MIT */
/* What the files of inventory-service share. */
#ifndef INVENTORY_H
#define INVENTORY_H

#include <stdint.h>

struct json_t;
struct msvc_error;
struct msvc_http_exchange;
struct msvc_message;
struct msvc_rows;
struct msvc_service;
struct msvc_store;
struct msvc_tx;
struct user_client;

#define SKU_MAX      64
#define QUANTITY_MAX 1000000

/* The service's state. */
struct inventory {
    struct msvc_service *service;
    struct msvc_store *store;
    struct user_client *users;
};

/* stock.c: HTTP. */
void handle_list_stock(struct msvc_http_exchange *exchange, void *inventory);
void handle_show_stock(struct msvc_http_exchange *exchange, void *inventory);
void handle_restock(struct msvc_http_exchange *exchange, void *inventory);

/* reserve.c: order.created reserves all items of the order, or none. */
int reserve_for_order(struct msvc_tx *tx, const struct msvc_message *message, void *inventory,
                      struct msvc_error *err);

/* release.c: order.cancelled gives back what was reserved. */
int release_for_order(struct msvc_tx *tx, const struct msvc_message *message, void *inventory,
                      struct msvc_error *err);

/* event.c: what reserve and release publish on topic "stock". */
int publish_reserved(struct msvc_tx *tx, const char *order_id, const char *user_id,
                     const char *total_json, struct msvc_error *err);
int publish_rejected(struct msvc_tx *tx, const char *order_id, const char *sku, const char *reason,
                     struct msvc_error *err);
int publish_released(struct msvc_tx *tx, const char *order_id, struct msvc_error *err);

#endif
