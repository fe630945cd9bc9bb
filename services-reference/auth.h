/* SPDX-License-Identifier: MIT */
/* How every service but user-service knows its callers: the setting, and the filter in front of its
 * routes. */
#ifndef REFERENCE_AUTH_H
#define REFERENCE_AUTH_H

struct msvc_error;
struct msvc_service;
struct user_client;

/* For the list of settings. */
#define AUTH_SETTING                                                             \
    {                                                                            \
        .name = "USER_SERVICE_URL", .kind = MSVC_SETTING_URL,                    \
        .help = "where user-service is: http://host:port or inproc:user-service" \
    }

/* Make a client of user-service and put its filter in front of the router. */
int auth_open(struct user_client **out, struct msvc_service *service, struct msvc_error *err);

#endif
