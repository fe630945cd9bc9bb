/* SPDX-License-Identifier: MIT */
/*
 * A whole service on the chassis: one route, its data in SQLite. Health, logs,
 * configuration, migration and drain come with it.
 *
 *     cc service.c $(pkg-config --cflags --libs libmsvc-service libmsvc-sqlite jansson) -o service
 *     STORE_URL=sqlite:visits.db BUS_URL=sqlite:bus.db ./service &
 *     curl http://127.0.0.1:8080/api/v1/visits http://127.0.0.1:8080/api/v1/visits
 *
 * prints {"visits":1}{"visits":2}, and log lines. `./service --help` lists the settings.
 */
#include <jansson.h>

#include <msvc/bus/sqlite.h>
#include <msvc/error.h>
#include <msvc/http_router.h>
#include <msvc/service.h>
#include <msvc/store.h>
#include <msvc/store/sqlite.h>

extern char **environ;

static int count(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct msvc_rows *rows;
    int status =
        msvc_tx_query(&rows, tx, "UPDATE visits SET count = count + 1 RETURNING count", NULL, err);

    if (status < 0)
        return status;
    *(json_int_t *)user = msvc_rows_next(rows) ? msvc_rows_int(rows, 0) : 0;
    msvc_rows_free(rows);
    return 0;
}

static void visit(struct msvc_http_exchange *exchange, void *user)
{
    json_int_t visits;
    struct msvc_error err;

    if (msvc_store_transact(msvc_service_store(user), NULL, count, &visits, &err) < 0)
        msvc_http_reply_error(exchange, &err);
    else
        msvc_http_reply_json(exchange, 200, json_pack("{s:I}", "visits", visits));
}

static const struct msvc_migration *migrations(const char *dialect)
{
    static const struct msvc_migration steps[] = {
        { "0001_visits", "CREATE TABLE visits (count INTEGER); INSERT INTO visits VALUES (0);" },
        { NULL, NULL },
    };

    (void)dialect;
    return steps;
}

static int start(struct msvc_service *service, void **state, struct msvc_error *err)
{
    int status = msvc_http_route(msvc_service_router(service), "GET", "/api/v1/visits", visit,
                                 service, NULL);

    *state = NULL;
    return status < 0 ? msvc_error_set(err, status, "visits", 0, "no route") : 0;
}

int main(int argc, char **argv)
{
    static const struct msvc_service_definition visits = { .size = sizeof(visits),
                                                           .name = "visits",
                                                           .prefix = "VISITS_",
                                                           .migrations = migrations,
                                                           .start = start };

    return msvc_process_main(argc, argv, environ, MSVC_SERVICES(&visits),
                             MSVC_PROCESS_OPTIONS(.stores = MSVC_STORE_DRIVERS(msvc_store_sqlite()),
                                                  .buses = MSVC_BUS_DRIVERS(msvc_bus_sqlite())));
}
