/* SPDX-License-Identifier: MIT */
/* inventory-service: stock and reservations. */
#ifndef INVENTORY_SERVICE_H
#define INVENTORY_SERVICE_H

struct msvc_service_definition;

extern const struct msvc_service_definition inventory_service;

#endif
