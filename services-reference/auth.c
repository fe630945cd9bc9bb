/* SPDX-License-Identifier: MIT */
#include "auth.h"

#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/http_router.h>
#include <msvc/service.h>

#include "client.h"

int auth_open(struct user_client **out, struct msvc_service *service, struct msvc_error *err)
{
    struct msvc_http_transport *transport;
    struct user_client *client;
    int status = msvc_service_transport(&transport, service, "USER_SERVICE_URL", err);

    if (status < 0)
        return status;
    status = user_client_new(&client, transport, msvc_service_telemetry(service), err);
    if (status < 0) {
        msvc_http_transport_free(transport);
        return status;
    }
    status =
        msvc_http_router_filter(msvc_service_router(service), user_client_authenticate, client);
    if (status < 0) {
        user_client_free(client);
        return msvc_error_set(err, status, "auth", 0, "filter: %s", msvc_status_text(status));
    }
    *out = client;
    return 0;
}
