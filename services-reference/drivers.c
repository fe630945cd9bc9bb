/* SPDX-License-Identifier: MIT */
/*
 * A program passes the drivers it links; URLs choose among them. These
 * programs link all that were built, so that one binary runs on every stack.
 */
#include "drivers.h"

#include <stddef.h>

#include <msvc/http_client.h>
#include <msvc/service.h>
#ifdef HAVE_OTLP
#include <msvc/otlp.h>
#endif
#ifdef HAVE_POSTGRES
#include <msvc/bus/postgres.h>
#include <msvc/store/postgres.h>
#endif
#ifdef HAVE_RABBITMQ
#include <msvc/bus/rabbitmq.h>
#endif
#include <msvc/bus/sqlite.h>
#include <msvc/store/sqlite.h>

#define DRIVER_LIMIT 4

const struct msvc_process_options *linked_drivers(void)
{
    static const struct msvc_store_driver *stores[DRIVER_LIMIT];
    static const struct msvc_bus_driver *buses[DRIVER_LIMIT];
    static const struct msvc_http_transport_driver *transports[DRIVER_LIMIT];
    static msvc_exporter_from_env_fn *exporters[DRIVER_LIMIT];
    static const struct msvc_process_options options = {
        .size = sizeof(options),
        .stores = stores,
        .buses = buses,
        .transports = transports,
        .exporters = exporters,
    };
    size_t store = 0;
    size_t bus = 0;

    stores[store++] = msvc_store_sqlite();
    buses[bus++] = msvc_bus_sqlite();
    transports[0] = msvc_http_client_driver();
#ifdef HAVE_POSTGRES
    stores[store++] = msvc_store_postgres();
    buses[bus++] = msvc_bus_postgres();
#endif
#ifdef HAVE_RABBITMQ
    buses[bus++] = msvc_bus_rabbitmq();
#endif
#ifdef HAVE_OTLP
    exporters[0] = msvc_span_exporter_otlp_from_env;
#endif
    stores[store] = NULL;
    buses[bus] = NULL;
    return &options;
}
