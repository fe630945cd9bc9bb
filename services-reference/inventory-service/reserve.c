/* SPDX-License-Identifier: MIT */
/*
 * order.created: reserve every item of the order, or nothing. Rows are locked
 * in the order of their SKUs, so that two orders never wait for each other.
 */
#include "inventory.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <msvc/error.h>
#include <msvc/message.h>
#include <msvc/store.h>

#define ITEM_LIMIT 100

struct item {
    const char *sku;
    int64_t quantity;
};

static int by_sku(const void *a, const void *b)
{
    const struct item *left = a;
    const struct item *right = b;

    return strcmp(left->sku, right->sku);
}

static int malformed(struct msvc_error *err, const char *expected)
{
    return msvc_error_set(err, MSVC_ERR_MALFORMED, "inventory", 0, "order.created: expected %s",
                          expected);
}

/* How many, sorted by SKU. */
static int read_items(struct item items[ITEM_LIMIT], const json_t *event, struct msvc_error *err)
{
    const json_t *list = json_object_get(event, "items");
    size_t count = json_array_size(list);

    if (count == 0 || count > ITEM_LIMIT)
        return malformed(err, "1 to 100 items");
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);

        items[i].sku = json_string_value(json_object_get(item, "sku"));
        items[i].quantity = json_integer_value(json_object_get(item, "quantity"));
        if (items[i].sku == NULL || items[i].quantity < 1 || items[i].quantity > QUANTITY_MAX)
            return malformed(err, "items with sku and quantity");
    }
    qsort(items, count, sizeof(items[0]), by_sku);
    return (int)count;
}

/* 1: taken, 0: there is not enough. */
static int take(struct msvc_tx *tx, const struct item *item, struct msvc_error *err)
{
    return msvc_tx_exec(tx,
                        "UPDATE stock SET free = free - $1, reserved = reserved + $1,"
                        " version = version + 1 WHERE sku = $2 AND free >= $1",
                        MSVC_VALUES(MSVC_INT(item->quantity), MSVC_TEXT(item->sku)), err);
}

static int give_back(struct msvc_tx *tx, const struct item *item, struct msvc_error *err)
{
    return msvc_tx_exec(tx,
                        "UPDATE stock SET free = free + $1, reserved = reserved - $1,"
                        " version = version + 1 WHERE sku = $2",
                        MSVC_VALUES(MSVC_INT(item->quantity), MSVC_TEXT(item->sku)), err);
}

/* The SKU that lacks, NULL when all were taken. What was taken before is given back. */
static int take_all(const char **lacking, struct msvc_tx *tx, const struct item *items, int count,
                    struct msvc_error *err)
{
    int taken = 0;
    int status = 1;

    while (taken < count && (status = take(tx, &items[taken], err)) == 1)
        taken++;
    if (status < 0)
        return status;
    *lacking = taken < count ? items[taken].sku : NULL;
    while (*lacking != NULL && taken > 0) {
        status = give_back(tx, &items[--taken], err);
        if (status < 0)
            return status;
    }
    return 0;
}

static int remember(struct msvc_tx *tx, const char *order_id, const struct item *items, int count,
                    struct msvc_error *err)
{
    for (int i = 0; i < count; i++) {
        int status = msvc_tx_exec(
            tx,
            "INSERT INTO reservations (order_id, sku, quantity) VALUES ($1, $2, $3)"
            " ON CONFLICT (order_id, sku)"
            " DO UPDATE SET quantity = reservations.quantity + excluded.quantity",
            MSVC_VALUES(MSVC_TEXT(order_id), MSVC_TEXT(items[i].sku), MSVC_INT(items[i].quantity)),
            err);

        if (status < 0)
            return status;
    }
    return 0;
}

static int reserve(struct msvc_tx *tx, const json_t *event, const char *order_id,
                   const char *user_id, struct msvc_error *err)
{
    struct item items[ITEM_LIMIT];
    const char *lacking;
    char *total;
    int count = read_items(items, event, err);
    int status = count < 0 ? count : take_all(&lacking, tx, items, count, err);

    if (status < 0)
        return status;
    if (lacking != NULL)
        return publish_rejected(tx, order_id, lacking, "out of stock", err);
    status = remember(tx, order_id, items, count, err);
    if (status < 0)
        return status;
    total = json_dumps(json_object_get(event, "total"), JSON_COMPACT);
    if (total == NULL)
        return malformed(err, "an object \"total\"");
    status = publish_reserved(tx, order_id, user_id, total, err);
    free(total);
    return status;
}

int reserve_for_order(struct msvc_tx *tx, const struct msvc_message *message, void *inventory,
                      struct msvc_error *err)
{
    json_t *event = json_loadb(message->payload, message->payload_length, 0, NULL);
    const char *order_id = json_string_value(json_object_get(event, "orderId"));
    const char *user_id = json_string_value(json_object_get(event, "userId"));
    int status;

    (void)inventory;
    if (order_id == NULL || user_id == NULL)
        status = malformed(err, "the texts orderId and userId");
    else
        status = reserve(tx, event, order_id, user_id, err);
    json_decref(event);
    return status;
}
