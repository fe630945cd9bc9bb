/* SPDX-License-Identifier: MIT */
/* What the files of user-service share. */
#ifndef USERS_H
#define USERS_H

#include <stdbool.h>
#include <stdint.h>

#include "client.h"

struct json_t;
struct msvc_buffer;
struct msvc_error;
struct msvc_http_exchange;
struct msvc_jwt_key;
struct msvc_jwt_verifier;
struct msvc_service;
struct msvc_store;
struct msvc_tx;

#define USER_HASH_SIZE 384
#define USER_AUDIENCE  "msvc-reference"

/* The service's state. */
struct users {
    struct msvc_service *service;
    struct msvc_store *store;
    struct msvc_jwt_key *key;
    struct msvc_jwt_verifier *verifier; /* of our own tokens */
    char absent_hash[USER_HASH_SIZE];   /* of no password: what unknown users are compared with */
};

/* A row of table users. */
struct user {
    char id[USER_ID_SIZE];
    char email[USER_EMAIL_SIZE];
    char name[USER_NAME_SIZE];
    char role[16];
    char hash[USER_HASH_SIZE];
    int64_t version;
    int64_t created_ms;
};

/* store.c: rows. Statuses are those of store.h; MSVC_ERR_NOT_FOUND when there is no such user. */
int user_insert(struct msvc_tx *tx, const struct user *user, struct msvc_error *err);
int user_find_by_id(struct user *out, struct msvc_tx *tx, const char *id, struct msvc_error *err);
int user_find_by_email(struct user *out, struct msvc_tx *tx, const char *email,
                       struct msvc_error *err);
/* MSVC_ERR_CONFLICT when it has another version by now; user->version is the old one, and counts
 * up. */
int user_update(struct msvc_tx *tx, struct user *user, struct msvc_error *err);
/* user.registered or user.updated, in the transaction of the change. */
int user_publish(struct msvc_tx *tx, const char *type, const struct user *user,
                 struct msvc_error *err);

/* password.c: yescrypt. The hash is empty when crypt could not. */
int password_hash(char out[USER_HASH_SIZE], const char *password, int64_t cost,
                  struct msvc_error *err);
bool password_matches(const char *password, const char *hash);

/* token.c: keys and tokens. */
int token_open(struct users *users, struct msvc_error *err);
void token_close(struct users *users);
int token_issue(struct msvc_buffer *out, const struct users *users, const struct user *user,
                struct msvc_error *err);
/* Who calls; false when it was answered with 401. */
bool token_caller(struct msvc_http_exchange *exchange, struct users *users, char id[USER_ID_SIZE],
                  char role[16]);

/* Handlers. */
void handle_register(struct msvc_http_exchange *exchange, void *users);
void handle_login(struct msvc_http_exchange *exchange, void *users);
void handle_key_set(struct msvc_http_exchange *exchange, void *users);
void handle_show(struct msvc_http_exchange *exchange, void *users);
void handle_change(struct msvc_http_exchange *exchange, void *users);

/* profile.c: what a user looks like outside. NULL when out of memory. */
struct json_t *user_to_json(const struct user *user);
/* Lower case, one @ with something on both sides and a dot behind it; false for anything else. */
bool email_normalise(char out[USER_EMAIL_SIZE], const char *email);

#endif
