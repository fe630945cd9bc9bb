/* SPDX-License-Identifier: MIT */
/* POST /api/v1/users */
#include "users.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/http_fields.h>
#include <msvc/http_router.h>
#include <msvc/idempotency.h>
#include <msvc/service.h>
#include <msvc/store.h>
#include <msvc/uuid.h>

#include "version.h"

struct registration {
    struct user user;
    struct msvc_idempotency *run;
    char location[USER_ID_SIZE + 32];
    json_t *answer;
};

static int insert_and_publish(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct registration *registration = user;
    int status = user_insert(tx, &registration->user, err);

    if (status == MSVC_ERR_EXISTS)
        return msvc_error_set(err, status, "users", 0, "the e-mail address is registered already");
    if (status == 0)
        status = user_publish(tx, "user.registered", &registration->user, err);
    if (status == 0)
        status = version_remember(registration->run, tx, 201, registration->location,
                                  registration->answer, err);
    return status;
}

static bool prepare(struct registration *registration, struct msvc_http_exchange *exchange,
                    const struct users *users, const char *password)
{
    struct msvc_error err;

    if (password_hash(registration->user.hash, password,
                      msvc_service_number(users->service, "PASSWORD_COST"), &err) < 0) {
        msvc_http_reply_error(exchange, &err);
        return false;
    }
    (void)snprintf(registration->location, sizeof(registration->location), "/api/v1/users/%s",
                   registration->user.id);
    registration->answer = user_to_json(&registration->user);
    return true;
}

static void commit(struct registration *registration, struct msvc_http_exchange *exchange,
                   const struct users *users)
{
    struct msvc_error err;

    if (msvc_store_transact(users->store, NULL, insert_and_publish, registration, &err) < 0) {
        json_decref(registration->answer);
        msvc_http_reply_error(exchange, &err);
        return;
    }
    msvc_http_reply_header(exchange, "Location", registration->location);
    version_reply(exchange, 201, registration->answer);
}

void handle_register(struct msvc_http_exchange *exchange, void *user)
{
    const struct users *users = user;
    struct registration registration = { .user = { .role = "customer", .version = 1 } };
    const char *email;
    const char *name;
    const char *password;
    json_t *body;

    if (!msvc_http_body_fields(exchange, &body,
                               MSVC_FIELDS(MSVC_FIELD_TEXT("email", &email, 3, USER_EMAIL_SIZE - 1),
                                           MSVC_FIELD_TEXT("name", &name, 1, USER_NAME_SIZE - 1),
                                           MSVC_FIELD_TEXT("password", &password, 12, 128))))
        return;
    msvc_uuid_new(registration.user.id, NULL, NULL);
    registration.user.created_ms = msvc_clock_wall_ns(NULL) / 1000000;
    (void)snprintf(registration.user.name, sizeof(registration.user.name), "%s", name);
    if (!email_normalise(registration.user.email, email)) {
        msvc_http_reply_problem(exchange, 422, NULL,
                                "email: expected an address like name@example.com");
    } else if (msvc_idempotency_begin(&registration.run, exchange, users->store, "anybody")) {
        if (prepare(&registration, exchange, users, password))
            commit(&registration, exchange, users);
        msvc_idempotency_free(registration.run);
    }
    json_decref(body);
}
