/* SPDX-License-Identifier: MIT */
/* The five services on databases of their own, two customers, a member of
 * staff, and the verbs of a test. */
#ifndef MSVC_TEST_SHOP_H
#define MSVC_TEST_SHOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_t;
struct msvc_http_answer;
struct msvc_service;

enum shop_service { USERS, INVENTORY, ORDERS, PAYMENTS, NOTIFICATIONS, SERVICE_COUNT };

struct customer {
    char id[64];
    char token[2048];
};

struct shop {
    char folder[64];
    struct msvc_service *services[SERVICE_COUNT];
    struct customer alice, bob, staff;

    /* The last answer. */
    int status;
    struct json_t *body; /* NULL when it was no JSON */
    struct msvc_http_answer *answer;
};

struct shop_request {
    enum shop_service to;
    const char *method, *target;
    const char *body;         /* NULL: none */
    const char *content_type; /* default application/json */
    const char *token;        /* NULL: none */
    const char *if_match, *key;
};

/* cmocka's setup and teardown. */
int shop_open(void **state);
int shop_close(void **state);

/* Send, keep the answer in the shop, return its HTTP status. */
int shop_send(struct shop *shop, const struct shop_request *request);
/* SEND(shop, ORDERS, "POST", "/api/v1/orders", body, .token = …) */
#define SEND(shop, service, verb, ...) \
    shop_send((shop),                  \
              &(struct shop_request){ .to = (service), .method = (verb), .target = __VA_ARGS__ })
int shop_get(struct shop *shop, enum shop_service to, const char *target,
             const struct customer *who);

/* A member of the last answer: "total.amount", "items.0.sku". "" or 0 when it is not there. */
const char *shop_text(const struct shop *shop, const char *path);
int64_t shop_number(const struct shop *shop, const char *path);
const char *shop_header(const struct shop *shop, const char *name);

/* Set a price of 500 EUR-cents a piece, put ten pieces into stock. */
void shop_sell(struct shop *shop, const char *sku);
/* Order pieces of a SKU; the order's id. */
void shop_order(char id[64], struct shop *shop, const struct customer *who, const char *sku,
                int quantity);
const char *shop_order_status(struct shop *shop, const char *id);

/* Give an event to a service. As fake_service_deliver(). */
int shop_tell(struct shop *shop, enum shop_service who, const char *type, const char *payload, ...)
    __attribute__((format(printf, 4, 5)));
/* Carry events from outboxes to consumers until there are none. */
void shop_settle(struct shop *shop);
/* Throw away the events that wait in an outbox; how many were of the type. */
int shop_events(struct shop *shop, enum shop_service of, const char *type);
/* One number from a service's database. */
int64_t shop_query(struct shop *shop, enum shop_service of, const char *sql);

#endif
