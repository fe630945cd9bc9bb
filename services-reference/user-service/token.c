/* SPDX-License-Identifier: MIT */
/*
 * The signing key comes from a file, or is made once and kept in the
 * database, where every instance of the service finds the same one.
 */
#include "users.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include <msvc/buffer.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/http_router.h>
#include <msvc/jwt.h>
#include <msvc/service.h>
#include <msvc/store.h>
#include <msvc/uuid.h>

#define KEY_FILE_MAX 16384

static int read_key_file(struct users *users, const char *path, struct msvc_error *err)
{
    char pem[KEY_FILE_MAX];
    FILE *file = fopen(path, "r");
    size_t length;

    if (file == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "users", 0,
                              "SIGNING_KEY_FILE %s cannot be read", path);
    length = fread(pem, 1, sizeof(pem), file);
    (void)fclose(file);
    return msvc_jwt_key_from_pem(&users->key, pem, length, err);
}

static int read_kept_key(struct users *users, struct msvc_tx *tx, struct msvc_error *err)
{
    struct msvc_rows *rows;
    int status = msvc_tx_query(
        &rows, tx, "SELECT pem FROM signing_keys ORDER BY created_ms LIMIT 1", NULL, err);

    if (status < 0)
        return status;
    if (msvc_rows_next(rows)) {
        const char *pem = msvc_rows_text(rows, 0);

        status = msvc_jwt_key_from_pem(&users->key, pem, strlen(pem), err);
    } else {
        status = MSVC_ERR_NOT_FOUND;
    }
    msvc_rows_free(rows);
    return status;
}

/* Of several instances that start at once the first one's key is kept. */
static int make_and_keep_key(struct msvc_tx *tx, struct msvc_error *err)
{
    struct msvc_buffer pem = MSVC_BUFFER_INIT;
    struct msvc_jwt_key *key;
    int status = msvc_jwt_key_generate(&key, MSVC_JWT_ES256, err);

    if (status < 0)
        return status;
    status = msvc_jwt_key_to_pem(&pem, key, err);
    if (status == 0)
        status = msvc_tx_exec(
            tx,
            "INSERT INTO signing_keys (slot, pem, created_ms) VALUES (1, $1, $2)"
            " ON CONFLICT DO NOTHING",
            MSVC_VALUES(MSVC_TEXT(pem.data), MSVC_INT(msvc_clock_wall_ns(NULL) / 1000000)), err);
    msvc_buffer_clear(&pem);
    msvc_jwt_key_free(key);
    return status < 0 ? status : 0;
}

static int find_or_make_key(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct users *users = user;
    int status = read_kept_key(users, tx, err);

    if (status != MSVC_ERR_NOT_FOUND)
        return status;
    status = make_and_keep_key(tx, err);
    return status < 0 ? status : read_kept_key(users, tx, err);
}

static int own_key_set(struct msvc_buffer *out, void *user, struct msvc_error *err)
{
    const struct users *users = user;
    const struct msvc_jwt_key *const keys[] = { users->key, NULL };

    return msvc_jwt_key_set(out, keys, err);
}

int token_open(struct users *users, struct msvc_error *err)
{
    const char *path = msvc_service_text(users->service, "SIGNING_KEY_FILE");
    int status;

    if (path[0] != '\0')
        status = read_key_file(users, path, err);
    else
        status = msvc_store_transact(users->store, NULL, find_or_make_key, users, err);
    if (status < 0)
        return status;
    return msvc_jwt_verifier_new(
        &users->verifier,
        MSVC_JWT_VERIFIER_OPTIONS(.algorithm = MSVC_JWT_ES256,
                                  .issuer = msvc_service_text(users->service, "TOKEN_ISSUER"),
                                  .audience = USER_AUDIENCE, .fetch = own_key_set, .user = users),
        err);
}

void token_close(struct users *users)
{
    msvc_jwt_verifier_free(users->verifier);
    msvc_jwt_key_free(users->key);
}

int token_issue(struct msvc_buffer *out, const struct users *users, const struct user *user,
                struct msvc_error *err)
{
    json_int_t now = msvc_clock_wall_ns(NULL) / 1000000000;
    char id[MSVC_UUID_SIZE];
    json_t *claims;
    int status;

    msvc_uuid_new(id, NULL, NULL);
    claims = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:s}", "iss",
                       msvc_service_text(users->service, "TOKEN_ISSUER"), "aud", USER_AUDIENCE,
                       "sub", user->id, "role", user->role, "iat", now, "exp",
                       now + (json_int_t)msvc_service_number(users->service, "TOKEN_SECONDS"),
                       "jti", id);
    if (claims == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "users", 0, "no memory for a token");
    status = msvc_jwt_sign(out, users->key, claims, err);
    json_decref(claims);
    return status;
}

static bool read_claims(const json_t *claims, char id[USER_ID_SIZE], char role[16])
{
    const char *subject = json_string_value(json_object_get(claims, "sub"));
    const char *named = json_string_value(json_object_get(claims, "role"));

    return subject != NULL && named != NULL &&
           snprintf(id, USER_ID_SIZE, "%s", subject) < USER_ID_SIZE &&
           snprintf(role, 16, "%s", named) < 16;
}

bool token_caller(struct msvc_http_exchange *exchange, struct users *users, char id[USER_ID_SIZE],
                  char role[16])
{
    const char *header = msvc_http_header(exchange, "Authorization", 0);
    json_t *claims = NULL;
    bool ok =
        header != NULL && strncasecmp(header, "Bearer ", 7) == 0 &&
        msvc_jwt_verify(&claims, users->verifier, header + 7, strlen(header + 7), NULL) == 0 &&
        read_claims(claims, id, role);

    json_decref(claims);
    if (!ok) {
        msvc_http_reply_header(exchange, "WWW-Authenticate", "Bearer");
        msvc_http_reply_problem(exchange, 401, NULL, "expected a valid bearer token");
    }
    return ok;
}

void handle_key_set(struct msvc_http_exchange *exchange, void *user)
{
    struct msvc_buffer set = MSVC_BUFFER_INIT;
    struct msvc_error err;

    if (own_key_set(&set, user, &err) == 0) {
        msvc_http_reply_header(exchange, "Cache-Control", "public, max-age=300");
        msvc_http_reply(exchange, 200, "application/json", set.data, set.length);
    } else {
        msvc_http_reply_error(exchange, &err);
    }
    msvc_buffer_clear(&set);
}
