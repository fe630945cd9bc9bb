/* SPDX-License-Identifier: MIT */
#include "service.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/http_router.h>
#include <msvc/service.h>
#include <msvc/store.h>

#include "auth.h"
#include "client.h"
#include "inventory.h"

#ifndef INVENTORY_VERSION /* the demonstration deploys another one */
#define INVENTORY_VERSION "0.1.0"
#endif

extern const struct msvc_migration inventory_schema_sqlite[];
extern const struct msvc_migration inventory_schema_postgres[];

static const struct msvc_setting settings[] = { AUTH_SETTING, { .name = NULL } };

static const struct msvc_consumer consumers[] = {
    { "orders", "order.created", reserve_for_order },
    { "orders", "order.cancelled", release_for_order },
    { NULL, NULL, NULL },
};

static const struct msvc_migration *migrations(const char *dialect)
{
    return strcmp(dialect, "sqlite") == 0 ? inventory_schema_sqlite : inventory_schema_postgres;
}

static void stop(void *state)
{
    struct inventory *inventory = state;

    user_client_free(inventory->users);
    free(inventory);
}

static int start(struct msvc_service *service, void **state, struct msvc_error *err)
{
    struct inventory *inventory = calloc(1, sizeof(*inventory));
    struct msvc_http_router *router = msvc_service_router(service);
    int status;

    if (inventory == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "inventory", 0, "no memory");
    inventory->service = service;
    inventory->store = msvc_service_store(service);
    status = auth_open(&inventory->users, service, err);
    if (status == 0 && ((status = msvc_http_route(router, "GET", "/api/v1/stock", handle_list_stock,
                                                  inventory, NULL)) < 0 ||
                        (status = msvc_http_route(router, "GET", "/api/v1/stock/{sku}",
                                                  handle_show_stock, inventory, NULL)) < 0 ||
                        (status = msvc_http_route(router, "POST", "/api/v1/stock/{sku}/restock",
                                                  handle_restock, inventory, NULL)) < 0))
        (void)msvc_error_set(err, status, "inventory", 0, "routes: %s", msvc_status_text(status));
    if (status < 0) {
        stop(inventory);
        return status;
    }
    *state = inventory;
    return 0;
}

const struct msvc_service_definition inventory_service = {
    .size = sizeof(inventory_service),
    .name = "inventory-service",
    .prefix = "INVENTORY_",
    .version = INVENTORY_VERSION,
    .help = "stock and reservations",
    .settings = settings,
    .consumers = consumers,
    .migrations = migrations,
    .start = start,
    .stop = stop,
};
