/* SPDX-License-Identifier: MIT */
/* What the files of notification-service share. */
#ifndef NOTIFICATIONS_H
#define NOTIFICATIONS_H

#include <stdbool.h>
#include <stdint.h>

struct msvc_buffer;
struct msvc_error;
struct msvc_http_exchange;
struct msvc_http_transport;
struct msvc_message;
struct msvc_runner;
struct msvc_service;
struct msvc_store;
struct msvc_tx;
struct user_client;

/* The service's state. */
struct notifications {
    struct msvc_service *service;
    struct msvc_store *store;
    struct user_client *users;
    struct msvc_http_transport *sms;  /* NULL: not configured */
    struct msvc_http_transport *push; /* NULL: not configured */
    struct msvc_runner *runner;       /* the thread that sends */
};

/* One that is to be sent; the strings are borrowed from the rows it came from. */
struct notification {
    const char *id;
    const char *user_id;
    const char *channel; /* "email", "sms" or "push" */
    const char *kind;    /* the type of the event it tells about */
    const char *subject;
    const char *body;
    const char *email;
    const char *name;
    int64_t attempts;
    int64_t created_ms;
};

/* events.c: inbox functions. */
int remember_user(struct msvc_tx *tx, const struct msvc_message *message, void *notifications,
                  struct msvc_error *err);
int notify_about(struct msvc_tx *tx, const struct msvc_message *message, void *notifications,
                 struct msvc_error *err);

/* compose.c: what is said. false for a kind nobody is told about. */
bool compose(struct msvc_buffer *subject, struct msvc_buffer *body,
             const struct msvc_message *message);

/* deliver.c: the pump that sends what is pending. */
int deliver_start(struct notifications *notifications, struct msvc_error *err);

/* email.c, webhook.c: 0, or a status; trying again means what msvc_status_retry() says. */
int send_email(const struct notifications *notifications, const struct notification *notification,
               struct msvc_error *err);
int send_webhook(struct msvc_http_transport *transport, const struct notification *notification,
                 struct msvc_error *err);

/* list.c: HTTP. */
void handle_list(struct msvc_http_exchange *exchange, void *notifications);

#endif
