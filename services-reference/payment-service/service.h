/* SPDX-License-Identifier: MIT */
/* payment-service: payments, refunds and invoices. */
#ifndef PAYMENT_SERVICE_H
#define PAYMENT_SERVICE_H

struct msvc_service_definition;

extern const struct msvc_service_definition payment_service;

#endif
