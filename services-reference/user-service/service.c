/* SPDX-License-Identifier: MIT */
#include "service.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/http_router.h>
#include <msvc/service.h>
#include <msvc/store.h>
#include <msvc/uuid.h>

#include "users.h"

extern const struct msvc_migration user_schema_sqlite[];
extern const struct msvc_migration user_schema_postgres[];

static const struct msvc_setting settings[] = {
    { .name = "TOKEN_ISSUER", .fallback = "user-service", .help = "iss of the tokens" },
    { .name = "TOKEN_SECONDS",
      .kind = MSVC_SETTING_NUMBER,
      .fallback = "900",
      .help = "how long a token is valid",
      .least = 10,
      .most = 86400 },
    { .name = "SIGNING_KEY_FILE",
      .fallback = "",
      .help =
          "PEM file with a P-256 private key; without it a key is made and kept in the database" },
    { .name = "PASSWORD_COST",
      .kind = MSVC_SETTING_NUMBER,
      .fallback = "5",
      .help = "work for each password hash, as crypt_gensalt(3) counts it",
      .least = 1,
      .most = 11 },
    { .name = "ADMIN_EMAIL",
      .fallback = "",
      .help = "makes an account with role staff at the start" },
    { .name = "ADMIN_PASSWORD", .fallback = "", .help = "its password", .is_secret = true },
    { .name = NULL },
};

static const struct msvc_migration *migrations(const char *dialect)
{
    return strcmp(dialect, "sqlite") == 0 ? user_schema_sqlite : user_schema_postgres;
}

static int add_routes(struct users *users, struct msvc_error *err)
{
    struct msvc_http_router *router = msvc_service_router(users->service);
    static const struct {
        const char *method;
        const char *path;
        msvc_http_handler_fn *handler;
    } routes[] = {
        { "POST", "/api/v1/users", handle_register },
        { "GET", "/api/v1/users/{id}", handle_show },
        { "PATCH", "/api/v1/users/{id}", handle_change },
        { "POST", "/api/v1/sessions", handle_login },
        { "GET", "/.well-known/jwks.json", handle_key_set },
    };

    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        int status = msvc_http_route(router, routes[i].method, routes[i].path, routes[i].handler,
                                     users, NULL);

        if (status < 0)
            return msvc_error_set(err, status, "users", 0, "route %s: %s", routes[i].path,
                                  msvc_status_text(status));
    }
    return 0;
}

static int insert_administrator(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    const struct users *users = user;
    struct user administrator = { .role = "staff", .name = "Administrator", .version = 1 };
    int status;

    if (!email_normalise(administrator.email, msvc_service_text(users->service, "ADMIN_EMAIL")))
        return msvc_error_set(err, MSVC_ERR_INVALID, "users", 0,
                              "ADMIN_EMAIL is no e-mail address");
    status = user_find_by_email(&administrator, tx, administrator.email, err);
    if (status != MSVC_ERR_NOT_FOUND)
        return status;
    msvc_uuid_new(administrator.id, NULL, NULL);
    administrator.created_ms = msvc_clock_wall_ns(NULL) / 1000000;
    status = password_hash(administrator.hash, msvc_service_text(users->service, "ADMIN_PASSWORD"),
                           msvc_service_number(users->service, "PASSWORD_COST"), err);
    return status < 0 ? status : user_insert(tx, &administrator, err);
}

static int make_administrator(struct users *users, struct msvc_error *err)
{
    size_t length = strlen(msvc_service_text(users->service, "ADMIN_PASSWORD"));

    if (msvc_service_text(users->service, "ADMIN_EMAIL")[0] == '\0')
        return 0;
    if (length < 12 || length > 128)
        return msvc_error_set(err, MSVC_ERR_INVALID, "users", 0,
                              "ADMIN_PASSWORD has %zu characters, expected 12 to 128", length);
    return msvc_store_transact(users->store, NULL, insert_administrator, users, err);
}

static void stop(void *state)
{
    struct users *users = state;

    token_close(users);
    free(users);
}

static int start(struct msvc_service *service, void **state, struct msvc_error *err)
{
    struct users *users = calloc(1, sizeof(*users));
    int status;

    if (users == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "users", 0, "no memory");
    users->service = service;
    users->store = msvc_service_store(service);
    status = password_hash(users->absent_hash, "nobody has this password",
                           msvc_service_number(service, "PASSWORD_COST"), err);
    if (status == 0)
        status = token_open(users, err);
    if (status == 0)
        status = make_administrator(users, err);
    if (status >= 0)
        status = add_routes(users, err);
    if (status < 0) {
        stop(users);
        return status;
    }
    *state = users;
    return 0;
}

const struct msvc_service_definition user_service = {
    .size = sizeof(user_service),
    .name = "user-service",
    .prefix = "USER_",
    .version = "0.1.0",
    .help = "registration, authentication, profiles",
    .settings = settings,
    .migrations = migrations,
    .start = start,
    .stop = stop,
};
