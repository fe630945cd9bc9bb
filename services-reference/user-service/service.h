/* SPDX-License-Identifier: MIT */
/* user-service: registration, authentication, profiles. */
#ifndef USER_SERVICE_H
#define USER_SERVICE_H

struct msvc_service_definition;

extern const struct msvc_service_definition user_service;

#endif
