/* SPDX-License-Identifier: MIT */
/*
 * What other services need of user-service. The key set is fetched through the
 * same transport as everything else and kept by the verifier, so that a call
 * is checked without asking user-service each time.
 */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/http_router.h>
#include <msvc/json.h>
#include <msvc/jwt.h>

#define ISSUER      "user-service"
#define AUDIENCE    "msvc-reference"
#define TOKEN_LIMIT (MSVC_JWT_TOKEN_MAX + 8)

struct user_client {
    struct msvc_http_transport *transport;
    struct msvc_jwt_verifier *verifier;
};

/* Kept with the exchange. */
struct session {
    struct user_caller caller;
    json_t *claims; /* holds the caller's strings */
};

static int fetch_keys(struct msvc_buffer *out, void *user, struct msvc_error *err)
{
    struct user_client *client = user;
    struct msvc_http_answer *answer;
    const char *body;
    size_t length;
    int status = msvc_http_call(
        client->transport, MSVC_HTTP_REQUEST(.target = "/.well-known/jwks.json"), &answer, err);

    if (status < 0)
        return status;
    if (msvc_http_answer_status(answer) == 200) {
        body = msvc_http_answer_body(answer, &length);
        msvc_buffer_bytes(out, body, length);
        status = msvc_buffer_status(out);
    } else {
        status = msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "user-client",
                                msvc_http_answer_status(answer), "user-service answered %d",
                                msvc_http_answer_status(answer));
    }
    msvc_http_answer_free(answer);
    return status;
}

int user_client_new(struct user_client **out, struct msvc_http_transport *transport,
                    const struct msvc_telemetry *telemetry, struct msvc_error *err)
{
    struct user_client *client = calloc(1, sizeof(*client));
    int status;

    (void)telemetry;
    if (client == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "user-client", 0, "no memory");
    status = msvc_jwt_verifier_new(&client->verifier,
                                   MSVC_JWT_VERIFIER_OPTIONS(.algorithm = MSVC_JWT_ES256,
                                                             .issuer = ISSUER, .audience = AUDIENCE,
                                                             .fetch = fetch_keys, .user = client),
                                   err);
    if (status < 0) {
        free(client);
        return status;
    }
    client->transport = transport;
    *out = client;
    return 0;
}

void user_client_free(struct user_client *client)
{
    if (client == NULL)
        return;
    msvc_jwt_verifier_free(client->verifier);
    msvc_http_transport_free(client->transport);
    free(client);
}

static bool copy_text(char *out, size_t size, const struct msvc_json *root, const char *name)
{
    const char *text = msvc_json_string(msvc_json_member(root, name), NULL);

    return text != NULL && (size_t)snprintf(out, size, "%s", text) < size;
}

static int read_profile(struct user_profile *out, const struct msvc_http_answer *answer,
                        struct msvc_error *err)
{
    struct user_profile profile;
    struct msvc_json_document *document;
    const struct msvc_json *root;
    size_t length;
    const char *body = msvc_http_answer_body(answer, &length);
    int status = msvc_json_parse(&document, body, length, NULL, err);

    if (status < 0)
        return status;
    root = msvc_json_root(document);
    if (copy_text(profile.id, sizeof(profile.id), root, "id") &&
        copy_text(profile.email, sizeof(profile.email), root, "email") &&
        copy_text(profile.name, sizeof(profile.name), root, "name"))
        *out = profile;
    else
        status = msvc_error_set(err, MSVC_ERR_MALFORMED, "user-client", 0,
                                "expected a user with the texts id, email and name");
    msvc_json_free(document);
    return status;
}

static int judge(struct user_profile *out, const struct msvc_http_answer *answer,
                 struct msvc_error *err)
{
    int code = msvc_http_answer_status(answer);

    switch (code) {
    case 200:
        return read_profile(out, answer, err);
    case 401:
    case 403:
        return msvc_error_set(err, MSVC_ERR_AUTH, "user-client", code, "user-service answered %d",
                              code);
    case 404:
        return msvc_error_set(err, MSVC_ERR_NOT_FOUND, "user-client", code, "no such user");
    default:
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "user-client", code,
                              "user-service answered %d", code);
    }
}

/* The id becomes one path segment, whatever is in it. */
static void write_target(struct msvc_buffer *out, const char *id)
{
    msvc_buffer_text(out, "/api/v1/users/");
    for (; *id != '\0'; id++) {
        if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_~", *id) !=
            NULL)
            msvc_buffer_byte(out, *id);
        else
            msvc_buffer_printf(out, "%%%02X", (unsigned char)*id);
    }
}

int user_client_get(struct user_client *client, const char *id, const char *token,
                    uint64_t deadline_ns, struct user_profile *out, struct msvc_error *err)
{
    char authorization[TOKEN_LIMIT];
    struct msvc_buffer target = MSVC_BUFFER_INIT;
    struct msvc_http_answer *answer;
    int status;

    write_target(&target, id);
    if (msvc_buffer_status(&target) < 0 ||
        snprintf(authorization, sizeof(authorization), "Bearer %s", token) >= TOKEN_LIMIT) {
        msvc_buffer_clear(&target);
        return msvc_error_set(err, MSVC_ERR_INVALID, "user-client", 0,
                              "the id or token is too long");
    }
    status = msvc_http_call(
        client->transport,
        MSVC_HTTP_REQUEST(.target = target.data, .deadline_ns = deadline_ns,
                          .headers = MSVC_HEADERS({ "Authorization", authorization })),
        &answer, err);
    msvc_buffer_clear(&target);
    if (status < 0)
        return status;
    status = judge(out, answer, err);
    msvc_http_answer_free(answer);
    return status;
}

static void end_session(void *user)
{
    struct session *session = user;

    json_decref(session->claims);
    free(session);
}

/* NULL when the claims are not those of a user, or out of memory. Takes the claims on success. */
static struct session *begin_session(json_t *claims, const char *token)
{
    struct session *session = calloc(1, sizeof(*session));

    if (session == NULL)
        return NULL;
    session->caller.id = json_string_value(json_object_get(claims, "sub"));
    session->caller.role = json_string_value(json_object_get(claims, "role"));
    session->caller.token = token;
    if (session->caller.id == NULL || session->caller.role == NULL) {
        free(session);
        return NULL;
    }
    session->claims = claims;
    return session;
}

static bool refuse(struct msvc_http_exchange *exchange, const char *detail)
{
    msvc_http_reply_header(exchange, "WWW-Authenticate", "Bearer");
    msvc_http_reply_problem(exchange, 401, NULL, detail);
    return false;
}

bool user_client_authenticate(struct msvc_http_exchange *exchange, void *user)
{
    struct user_client *client = user;
    const char *header = msvc_http_header(exchange, "Authorization", 0);
    struct session *session;
    struct msvc_error err;
    json_t *claims;
    int status;

    if (header == NULL || strncasecmp(header, "Bearer ", 7) != 0)
        return refuse(exchange, "expected an Authorization header with a bearer token");
    status = msvc_jwt_verify(&claims, client->verifier, header + 7, strlen(header + 7), &err);
    if (status == MSVC_ERR_UNAVAILABLE || status == MSVC_ERR_NOMEM) {
        msvc_http_reply_error(exchange, &err);
        return false;
    }
    if (status < 0)
        return refuse(exchange, err.message);
    session = begin_session(claims, header + 7);
    if (session == NULL) {
        json_decref(claims);
        return refuse(exchange, "the token names no user");
    }
    msvc_http_set_user(exchange, session, end_session);
    return true;
}

const struct user_caller *user_client_caller(const struct msvc_http_exchange *exchange)
{
    const struct session *session = msvc_http_user(exchange);

    return session != NULL ? &session->caller : NULL;
}

bool user_client_require_staff(struct msvc_http_exchange *exchange)
{
    const struct user_caller *caller = user_client_caller(exchange);

    if (caller != NULL && strcmp(caller->role, "staff") == 0)
        return true;
    msvc_http_reply_problem(exchange, 403, NULL, "only staff may do this");
    return false;
}
