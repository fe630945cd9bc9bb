/* SPDX-License-Identifier: MIT */
/* GET and PATCH /api/v1/users/{id}: for the user itself, and for staff. */
#include "users.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/http_fields.h>
#include <msvc/http_router.h>
#include <msvc/store.h>

#include "version.h"

json_t *user_to_json(const struct user *user)
{
    char created[MSVC_TIME_SIZE];

    msvc_time_format(created, user->created_ms * 1000000);
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "id", user->id, "email", user->email, "name",
                     user->name, "role", user->role, "version", (json_int_t)user->version,
                     "createdAt", created);
}

bool email_normalise(char out[USER_EMAIL_SIZE], const char *email)
{
    const char *at = strchr(email, '@');
    const char *dot = at != NULL ? strrchr(at, '.') : NULL;
    size_t length = strlen(email);

    if (length >= USER_EMAIL_SIZE || at == NULL || at == email || dot == NULL || dot == at + 1 ||
        dot[1] == '\0' || strchr(at + 1, '@') != NULL)
        return false;
    for (size_t i = 0; i <= length; i++) {
        unsigned char c = (unsigned char)email[i];

        if (c != '\0' && (c <= ' ' || c == 0x7f || strchr("<>\"(),:;[]\\", c) != NULL))
            return false;
        out[i] = (char)tolower(c);
    }
    return true;
}

struct request {
    const char *id;
    struct user user;
    const char *name;  /* NULL: stays */
    const char *email; /* NULL: stays */
    int64_t version;   /* expected */
};

static int read_user(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct request *request = user;

    return user_find_by_id(&request->user, tx, request->id, err);
}

/* Another user's profile is not there. */
static bool may_see(struct msvc_http_exchange *exchange, struct users *users)
{
    char id[USER_ID_SIZE];
    char role[16];

    if (!token_caller(exchange, users, id, role))
        return false;
    if (strcmp(id, msvc_http_param(exchange, "id")) == 0 || strcmp(role, "staff") == 0)
        return true;
    msvc_http_reply_problem(exchange, 404, NULL, "no such user");
    return false;
}

void handle_show(struct msvc_http_exchange *exchange, void *user)
{
    struct users *users = user;
    struct request request = { .id = msvc_http_param(exchange, "id") };
    struct msvc_error err;

    if (!may_see(exchange, users))
        return;
    if (msvc_store_transact(users->store, MSVC_TX_OPTIONS(.is_read_only = true), read_user,
                            &request, &err) < 0)
        msvc_http_reply_error(exchange, &err);
    else
        version_reply(exchange, 200, user_to_json(&request.user));
}

static int change_user(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct request *request = user;
    int status = user_find_by_id(&request->user, tx, request->id, err);

    if (status < 0)
        return status;
    if (request->user.version != request->version)
        return msvc_error_set(err, MSVC_ERR_STATE, "users", 0, "the user has version %" PRId64,
                              request->user.version);
    if (request->name != NULL)
        (void)snprintf(request->user.name, sizeof(request->user.name), "%s", request->name);
    if (request->email != NULL)
        (void)snprintf(request->user.email, sizeof(request->user.email), "%s", request->email);
    status = user_update(tx, &request->user, err);
    return status < 0 ? status : user_publish(tx, "user.updated", &request->user, err);
}

/* If-Match holds one version in quotes (RFC 9110 section 13.1.1). */
static bool read_version(struct msvc_http_exchange *exchange, int64_t *out)
{
    const char *tag = msvc_http_header(exchange, "If-Match", 0);
    int end = 0;

    if (tag == NULL) {
        msvc_http_reply_problem(exchange, 428, NULL,
                                "expected If-Match with the version to change");
        return false;
    }
    if (sscanf(tag, "\"%" SCNd64 "\"%n", out, &end) == 1 && end > 0 && tag[end] == '\0')
        return true;
    msvc_http_reply_problem(exchange, 412, NULL, "If-Match names no version of this user");
    return false;
}

static void change(struct msvc_http_exchange *exchange, struct users *users,
                   struct request *request)
{
    char email[USER_EMAIL_SIZE];
    struct msvc_error err;
    int status;

    if (request->email != NULL && !email_normalise(email, request->email)) {
        msvc_http_reply_problem(exchange, 422, NULL,
                                "email: expected an address like name@example.com");
        return;
    }
    request->email = request->email != NULL ? email : NULL;
    status = msvc_store_transact(users->store, NULL, change_user, request, &err);
    if (status == MSVC_ERR_STATE)
        msvc_http_reply_problem(exchange, 412, NULL, err.message);
    else if (status < 0)
        msvc_http_reply_error(exchange, &err);
    else
        version_reply(exchange, 200, user_to_json(&request->user));
}

void handle_change(struct msvc_http_exchange *exchange, void *user)
{
    struct users *users = user;
    struct request request = { .id = msvc_http_param(exchange, "id") };
    json_t *body;

    if (!may_see(exchange, users) || !read_version(exchange, &request.version))
        return;
    if (!msvc_http_body_fields(
            exchange, &body,
            MSVC_FIELDS(MSVC_FIELD_OPTIONAL_TEXT("name", &request.name, 1, USER_NAME_SIZE - 1),
                        MSVC_FIELD_OPTIONAL_TEXT("email", &request.email, 3, USER_EMAIL_SIZE - 1))))
        return;
    change(exchange, users, &request);
    json_decref(body);
}
