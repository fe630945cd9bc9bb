/* SPDX-License-Identifier: MIT */
/*
 * Each service is asked for all it has, as staff may; then their books are
 * held against each other and against what customers were told.
 */
#include "chaos.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <msvc/error.h>

/* All of them by the member `key`; the values of a key are an array, so that nothing that comes
 * twice is missed. */
static int read_all(json_t *out, struct demo *demo, enum service service, const char *path,
                    const char *key, struct msvc_error *err)
{
    char cursor[128] = "";
    int status = 0;

    do {
        char target[256];
        json_t *page = NULL;
        json_t *item;
        size_t i;

        (void)snprintf(target, sizeof(target), "%s?limit=100%s%s", path,
                       cursor[0] != '\0' ? "&cursor=" : "", cursor);
        status = api_call(&page, demo,
                          &(struct call){ .service = service,
                                          .target = target,
                                          .token = demo->staff_token,
                                          .expected = 200,
                                          .is_silent = true },
                          err);
        if (status < 0)
            return status;
        json_array_foreach(json_object_get(page, "items"), i, item)
        {
            const char *name = json_string_value(json_object_get(item, key));

            if (json_object_get(out, name) == NULL)
                (void)json_object_set_new(out, name, json_array());
            (void)json_array_append(json_object_get(out, name), item);
        }
        (void)snprintf(cursor, sizeof(cursor), "%s",
                       json_is_string(json_object_get(page, "next"))
                           ? json_string_value(json_object_get(page, "next"))
                           : "");
        json_decref(page);
    } while (cursor[0] != '\0');
    return 0;
}

struct books {
    json_t *orders;   /* by id */
    json_t *payments; /* by orderId */
    json_t *stock;    /* by sku */
    json_t *known;    /* ids that customers were told */
};

static int disagree(struct msvc_error *err, const char *what, const char *id, int64_t found,
                    int64_t expected)
{
    return msvc_error_set(err, MSVC_ERR_STATE, "demo", 0,
                          "%s of %s: found %" JSON_INTEGER_FORMAT
                          ", expected %" JSON_INTEGER_FORMAT,
                          what, id, (json_int_t)found, (json_int_t)expected);
}

static int64_t number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static int64_t amount(const json_t *object, const char *name)
{
    return number(json_object_get(object, name), "amount");
}

static bool is_confirmed(const json_t *order)
{
    return strcmp(json_string_value(json_object_get(order, "status")), "confirmed") == 0;
}

/* What the customer ordered, at the price of the shelf. */
static int compare_contents(const struct placed_order *told, const json_t *order,
                            struct msvc_error *err)
{
    const json_t *item = json_array_get(json_object_get(order, "items"), 0);
    int64_t price = number(json_object_get(item, "price"), "amount");

    if (strcmp(json_string_value(json_object_get(item, "sku")), told->wish.sku) != 0 ||
        number(item, "quantity") != told->wish.quantity)
        return disagree(err, "quantity", told->id, number(item, "quantity"), told->wish.quantity);
    if (amount(order, "total") != price * told->wish.quantity)
        return disagree(err, "total", told->id, amount(order, "total"),
                        price * told->wish.quantity);
    if (strcmp(json_string_value(json_object_get(order, "status")), told->state) != 0)
        return msvc_error_set(err, MSVC_ERR_STATE, "demo", 0, "order %s was %s and is %s", told->id,
                              told->state, json_string_value(json_object_get(order, "status")));
    return 0;
}

/* Each accepted order is there, and no other one. */
static int compare_orders(struct ledger *out, struct books *books, const struct crowd *crowd,
                          struct msvc_error *err)
{
    const char *id;
    const json_t *found;
    int status = 0;

    for (size_t i = 0; i < STORY_ORDERS; i++)
        (void)json_object_set_new(books->known, story_orders[i].id, json_true());
    for (size_t i = 0; i < crowd->count; i++) {
        const json_t *order = json_object_get(books->orders, crowd->orders[i].id);

        (void)json_object_set_new(books->known, crowd->orders[i].id, json_true());
        if (order == NULL)
            out->lost++;
        else if (status == 0)
            status = compare_contents(&crowd->orders[i], json_array_get(order, 0), err);
    }
    json_object_foreach(books->orders, id, found)
    {
        if (json_object_get(books->known, id) == NULL || json_array_size(found) != 1)
            out->duplicated++;
    }
    if (out->lost > 0 || out->duplicated > 0)
        return msvc_error_set(err, MSVC_ERR_STATE, "demo", 0,
                              "%zu orders are lost, %zu are there that nobody was told of",
                              out->lost, out->duplicated);
    if (json_object_size(books->known) != crowd->count + STORY_ORDERS)
        return disagree(err, "number of orders", "all customers",
                        (int64_t)json_object_size(books->known),
                        (int64_t)crowd->count + STORY_ORDERS);
    return status;
}

/* A confirmed order is charged once, one that is not confirmed holds no money. */
static int compare_payments(struct ledger *out, const struct books *books, struct msvc_error *err)
{
    const char *id;
    json_t *found;

    json_object_foreach(books->orders, id, found)
    {
        const json_t *order = json_array_get(found, 0);
        const json_t *payments = json_object_get(books->payments, id);
        int64_t expected = is_confirmed(order) ? amount(order, "total") : 0;
        int64_t balance = 0;
        const json_t *payment;
        size_t i;

        json_array_foreach(payments, i, payment) balance += amount(payment, "balance");
        if (balance != expected)
            return disagree(err, "money held for order", id, balance, expected);
        if (json_array_size(payments) > 1)
            return disagree(err, "number of payments", id, (int64_t)json_array_size(payments), 1);
        out->charged += balance;
        out->confirmed += is_confirmed(order);
        out->cancelled += !is_confirmed(order);
    }
    json_object_foreach(books->payments, id, found)
    {
        if (json_object_get(books->orders, id) == NULL)
            return disagree(err, "payments for an order that is not there", id, 1, 0);
    }
    return 0;
}

static int64_t ordered(const struct books *books, const char *sku)
{
    const char *id;
    json_t *found;
    int64_t sum = 0;

    json_object_foreach(books->orders, id, found)
    {
        const json_t *item = json_array_get(json_object_get(json_array_get(found, 0), "items"), 0);

        if (is_confirmed(json_array_get(found, 0)) &&
            strcmp(json_string_value(json_object_get(item, "sku")), sku) == 0)
            sum += number(item, "quantity");
    }
    return sum;
}

/* Nothing appears or vanishes; what is reserved is what confirmed orders hold. */
static int compare_stock(const struct books *books, struct msvc_error *err)
{
    for (size_t i = 0; i < STORY_SHELVES; i++) {
        const struct shelf *shelf = &story_shelves[i];
        const json_t *stock = json_array_get(json_object_get(books->stock, shelf->sku), 0);
        int64_t all = number(stock, "free") + number(stock, "reserved");

        if (all != shelf->quantity + CHAOS_RESTOCK)
            return disagree(err, "free and reserved stock", shelf->sku, all,
                            shelf->quantity + CHAOS_RESTOCK);
        if (number(stock, "reserved") != ordered(books, shelf->sku))
            return disagree(err, "reserved stock", shelf->sku, number(stock, "reserved"),
                            ordered(books, shelf->sku));
    }
    return 0;
}

int ledger_compare(struct ledger *out, const struct crowd *crowd, struct msvc_error *err)
{
    struct books books = { json_object(), json_object(), json_object(), json_object() };
    struct demo *demo = crowd->demo;
    int status = read_all(books.orders, demo, ORDERS, "/api/v1/orders", "id", err);

    *out = (struct ledger){ 0 };
    if (status == 0)
        status = read_all(books.payments, demo, PAYMENTS, "/api/v1/payments", "orderId", err);
    if (status == 0)
        status = read_all(books.stock, demo, INVENTORY, "/api/v1/stock", "sku", err);
    if (status == 0)
        status = compare_orders(out, &books, crowd, err);
    if (status == 0)
        status = compare_payments(out, &books, err);
    if (status == 0)
        status = compare_stock(&books, err);
    json_decref(books.orders);
    json_decref(books.payments);
    json_decref(books.stock);
    json_decref(books.known);
    return status;
}
