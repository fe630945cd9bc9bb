/* SPDX-License-Identifier: MIT */
#include "service.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/http_router.h>
#include <msvc/service.h>
#include <msvc/store.h>

#include "auth.h"
#include "orders.h"

extern const struct msvc_migration order_schema_sqlite[];
extern const struct msvc_migration order_schema_postgres[];

static const struct msvc_setting settings[] = { AUTH_SETTING, { .name = NULL } };

static const struct msvc_consumer consumers[] = {
    { "stock", "stock.reserved", follow_event },
    { "stock", "stock.rejected", follow_event },
    { "payments", "payment.authorized", follow_event },
    { "payments", "payment.declined", follow_event },
    { NULL, NULL, NULL },
};

static const struct msvc_migration *migrations(const char *dialect)
{
    return strcmp(dialect, "sqlite") == 0 ? order_schema_sqlite : order_schema_postgres;
}

static int add_routes(struct orders *orders, struct msvc_error *err)
{
    struct msvc_http_router *router = msvc_service_router(orders->service);
    static const struct {
        const char *method;
        const char *path;
        msvc_http_handler_fn *handler;
    } routes[] = {
        { "GET", "/api/v1/prices", handle_list_prices },
        { "PUT", "/api/v1/prices/{sku}", handle_set_price },
        { "POST", "/api/v1/orders", handle_place_order },
        { "GET", "/api/v1/orders", handle_list_orders },
        { "GET", "/api/v1/orders/{id}", handle_show_order },
        { "POST", "/api/v1/orders/{id}/cancel", handle_cancel_order },
    };

    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        int status = msvc_http_route(router, routes[i].method, routes[i].path, routes[i].handler,
                                     orders, NULL);

        if (status < 0)
            return msvc_error_set(err, status, "orders", 0, "route %s: %s", routes[i].path,
                                  msvc_status_text(status));
    }
    return 0;
}

static void stop(void *state)
{
    struct orders *orders = state;

    user_client_free(orders->users);
    free(orders);
}

static int start(struct msvc_service *service, void **state, struct msvc_error *err)
{
    struct orders *orders = calloc(1, sizeof(*orders));
    int status;

    if (orders == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "orders", 0, "no memory");
    orders->service = service;
    orders->store = msvc_service_store(service);
    status = auth_open(&orders->users, service, err);
    if (status == 0)
        status = add_routes(orders, err);
    if (status < 0) {
        stop(orders);
        return status;
    }
    *state = orders;
    return 0;
}

const struct msvc_service_definition order_service = {
    .size = sizeof(order_service),
    .name = "order-service",
    .prefix = "ORDER_",
    .version = "0.1.0",
    .help = "prices, orders and the order process",
    .settings = settings,
    .consumers = consumers,
    .migrations = migrations,
    .start = start,
    .stop = stop,
};
