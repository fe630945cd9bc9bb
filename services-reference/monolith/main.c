/* SPDX-License-Identifier: MIT */
/* The five services in one process: what differs is this list, and the configuration. */
#include <msvc/service.h>

#include "drivers.h"

extern const struct msvc_service_definition user_service;
extern const struct msvc_service_definition inventory_service;
extern const struct msvc_service_definition order_service;
extern const struct msvc_service_definition payment_service;
extern const struct msvc_service_definition notification_service;

extern char **environ;

int main(int argc, char **argv)
{
    return msvc_process_main(argc, argv, environ,
                             MSVC_SERVICES(&user_service, &inventory_service, &order_service,
                                           &payment_service, &notification_service),
                             linked_drivers());
}
