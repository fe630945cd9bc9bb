/* SPDX-License-Identifier: MIT */
#include "service.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/http_router.h>
#include <msvc/runner.h>
#include <msvc/service.h>
#include <msvc/store.h>

#include "auth.h"
#include "client.h"
#include "notifications.h"

extern const struct msvc_migration notification_schema_sqlite[];
extern const struct msvc_migration notification_schema_postgres[];

static const struct msvc_setting settings[] = {
    AUTH_SETTING,
    { .name = "FROM", .fallback = "shop@example.com", .help = "sender of e-mails" },
    { .name = "SMTP_URL",
      .fallback = "",
      .help = "server for e-mails: smtp://host:port or smtps://host:port" },
    { .name = "SMTP_USER", .fallback = "", .help = "account on that server" },
    { .name = "SMTP_PASSWORD", .fallback = "", .help = "its password", .is_secret = true },
    { .name = "SMTP_STARTTLS",
      .kind = MSVC_SETTING_FLAG,
      .fallback = "false",
      .help = "refuse to send without TLS" },
    { .name = "SPOOL_DIR",
      .fallback = "spool",
      .help = "folder for e-mails as .eml files when there is no SMTP_URL" },
    { .name = "SMS_WEBHOOK",
      .kind = MSVC_SETTING_URL,
      .fallback = "",
      .help = "where SMS are posted as JSON; none without it" },
    { .name = "PUSH_WEBHOOK",
      .kind = MSVC_SETTING_URL,
      .fallback = "",
      .help = "where push messages are posted as JSON; none without it" },
    { .name = "SEND_ATTEMPTS",
      .kind = MSVC_SETTING_NUMBER,
      .fallback = "10",
      .help = "how often sending is tried",
      .least = 1,
      .most = 1000 },
    { .name = NULL },
};

static const struct msvc_consumer consumers[] = {
    { "users", NULL, remember_user },
    { "orders", NULL, notify_about },
    { "payments", NULL, notify_about },
    { NULL, NULL, NULL },
};

static const struct msvc_migration *migrations(const char *dialect)
{
    return strcmp(dialect, "sqlite") == 0 ? notification_schema_sqlite
                                          : notification_schema_postgres;
}

static void stop(void *state)
{
    struct notifications *notifications = state;

    msvc_runner_free(notifications->runner);
    msvc_http_transport_free(notifications->sms);
    msvc_http_transport_free(notifications->push);
    user_client_free(notifications->users);
    free(notifications);
}

static int open_webhook(struct msvc_http_transport **out, struct msvc_service *service,
                        const char *setting, struct msvc_error *err)
{
    if (msvc_service_text(service, setting)[0] == '\0')
        return 0;
    return msvc_service_transport(out, service, setting, err);
}

static int start(struct msvc_service *service, void **state, struct msvc_error *err)
{
    struct notifications *notifications = calloc(1, sizeof(*notifications));
    int status;

    if (notifications == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "notifications", 0, "no memory");
    notifications->service = service;
    notifications->store = msvc_service_store(service);
    status = auth_open(&notifications->users, service, err);
    if (status == 0)
        status = open_webhook(&notifications->sms, service, "SMS_WEBHOOK", err);
    if (status == 0)
        status = open_webhook(&notifications->push, service, "PUSH_WEBHOOK", err);
    if (status == 0) {
        status = msvc_http_route(msvc_service_router(service), "GET", "/api/v1/notifications",
                                 handle_list, notifications, NULL);
        if (status < 0)
            (void)msvc_error_set(err, status, "notifications", 0, "route: %s",
                                 msvc_status_text(status));
    }
    if (status == 0)
        status = deliver_start(notifications, err);
    if (status < 0) {
        stop(notifications);
        return status;
    }
    *state = notifications;
    return 0;
}

const struct msvc_service_definition notification_service = {
    .size = sizeof(notification_service),
    .name = "notification-service",
    .prefix = "NOTIFICATION_",
    .version = "0.1.0",
    .help = "e-mails, SMS and push messages about what happened",
    .settings = settings,
    .consumers = consumers,
    .migrations = migrations,
    .start = start,
    .stop = stop,
};
