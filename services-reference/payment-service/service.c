/* SPDX-License-Identifier: MIT */
#include "service.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/http_router.h>
#include <msvc/service.h>
#include <msvc/store.h>

#include "auth.h"
#include "payments.h"

extern const struct msvc_migration payment_schema_sqlite[];
extern const struct msvc_migration payment_schema_postgres[];

static const struct msvc_setting settings[] = {
    AUTH_SETTING,
    { .name = "LIMIT",
      .kind = MSVC_SETTING_NUMBER,
      .fallback = "100000",
      .help = "largest total that is authorized, in minor units",
      .least = 1,
      .most = MONEY_MAX },
    { .name = NULL },
};

static const struct msvc_consumer consumers[] = {
    { "stock", "stock.reserved", charge_order },
    { "orders", "order.cancelled", refund_cancelled_order },
    { NULL, NULL, NULL },
};

static const struct msvc_migration *migrations(const char *dialect)
{
    return strcmp(dialect, "sqlite") == 0 ? payment_schema_sqlite : payment_schema_postgres;
}

static int add_routes(struct payments *payments, struct msvc_error *err)
{
    struct msvc_http_router *router = msvc_service_router(payments->service);
    static const struct {
        const char *method;
        const char *path;
        msvc_http_handler_fn *handler;
    } routes[] = {
        { "GET", "/api/v1/payments", handle_list_payments },
        { "GET", "/api/v1/payments/{id}", handle_show_payment },
        { "POST", "/api/v1/payments/{id}/refunds", handle_refund },
        { "GET", "/api/v1/payments/{id}/invoice", handle_show_invoice },
    };

    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        int status = msvc_http_route(router, routes[i].method, routes[i].path, routes[i].handler,
                                     payments, NULL);

        if (status < 0)
            return msvc_error_set(err, status, "payments", 0, "route %s: %s", routes[i].path,
                                  msvc_status_text(status));
    }
    return 0;
}

static void stop(void *state)
{
    struct payments *payments = state;

    user_client_free(payments->users);
    free(payments);
}

static int start(struct msvc_service *service, void **state, struct msvc_error *err)
{
    struct payments *payments = calloc(1, sizeof(*payments));
    int status;

    if (payments == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "payments", 0, "no memory");
    payments->service = service;
    payments->store = msvc_service_store(service);
    status = auth_open(&payments->users, service, err);
    if (status == 0)
        status = add_routes(payments, err);
    if (status < 0) {
        stop(payments);
        return status;
    }
    *state = payments;
    return 0;
}

const struct msvc_service_definition payment_service = {
    .size = sizeof(payment_service),
    .name = "payment-service",
    .prefix = "PAYMENT_",
    .version = "0.1.0",
    .help = "payments, refunds and invoices",
    .settings = settings,
    .consumers = consumers,
    .migrations = migrations,
    .start = start,
    .stop = stop,
};
