/* SPDX-License-Identifier: MIT */
/* order-service: prices, orders and the order process. */
#ifndef ORDER_SERVICE_H
#define ORDER_SERVICE_H

struct msvc_service_definition;

extern const struct msvc_service_definition order_service;

#endif
