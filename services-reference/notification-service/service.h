/* SPDX-License-Identifier: MIT */
/* notification-service: e-mails, SMS and push messages about what happened. */
#ifndef NOTIFICATION_SERVICE_H
#define NOTIFICATION_SERVICE_H

struct msvc_service_definition;

extern const struct msvc_service_definition notification_service;

#endif
