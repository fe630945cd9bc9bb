/* SPDX-License-Identifier: MIT */
/*
 * POST /api/v1/sessions
 *
 * An unknown address costs the same hash as a wrong password and gets the same
 * answer, so that nobody learns who is registered.
 */
#include "users.h"

#include <jansson.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/http_fields.h>
#include <msvc/http_router.h>
#include <msvc/service.h>
#include <msvc/store.h>

struct login {
    const char *email;
    struct user user;
    bool is_known;
};

static int look_up(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct login *login = user;
    int status = user_find_by_email(&login->user, tx, login->email, err);

    login->is_known = status == 0;
    return status == MSVC_ERR_NOT_FOUND ? 0 : status;
}

static void answer(struct msvc_http_exchange *exchange, const struct users *users,
                   const struct user *user)
{
    struct msvc_buffer token = MSVC_BUFFER_INIT;
    struct msvc_error err;

    if (token_issue(&token, users, user, &err) < 0) {
        msvc_http_reply_error(exchange, &err);
    } else {
        msvc_http_reply_header(exchange, "Cache-Control", "no-store");
        msvc_http_reply_json(
            exchange, 201,
            json_pack("{s:s, s:s, s:I, s:s}", "token", token.data, "tokenType", "Bearer",
                      "expiresIn", (json_int_t)msvc_service_number(users->service, "TOKEN_SECONDS"),
                      "userId", user->id));
    }
    msvc_buffer_clear(&token);
}

static void log_in(struct msvc_http_exchange *exchange, const struct users *users,
                   const char *email, const char *password)
{
    char normal[USER_EMAIL_SIZE];
    struct login login = { .email = normal };
    struct msvc_error err;
    bool is_address = email_normalise(normal, email);
    bool matches;

    if (is_address && msvc_store_transact(users->store, MSVC_TX_OPTIONS(.is_read_only = true),
                                          look_up, &login, &err) < 0) {
        msvc_http_reply_error(exchange, &err);
        return;
    }
    matches = password_matches(password, login.is_known ? login.user.hash : users->absent_hash);
    if (login.is_known && matches)
        answer(exchange, users, &login.user);
    else
        msvc_http_reply_problem(exchange, 401, NULL, "no account with this address and password");
}

void handle_login(struct msvc_http_exchange *exchange, void *user)
{
    const char *email;
    const char *password;
    json_t *body;

    if (!msvc_http_body_fields(exchange, &body,
                               MSVC_FIELDS(MSVC_FIELD_TEXT("email", &email, 1, 254),
                                           MSVC_FIELD_TEXT("password", &password, 1, 128))))
        return;
    log_in(exchange, user, email, password);
    json_decref(body);
}
