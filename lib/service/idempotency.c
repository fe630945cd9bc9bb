/* SPDX-License-Identifier: MIT */
/*
 * A key is claimed in a transaction of its own, so that others can see it
 * running, and completed in the transaction of the effect, so that effect and
 * answer are there together or not at all. A claim is a lease: it ends by
 * itself when its process dies. The token tells a claim from a later one.
 */
#include <msvc/idempotency.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>

#include <msvc/buffer.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/http_server.h>
#include <msvc/store.h>
#include <msvc/uuid.h>

#include "base/alloc_internal.h"

#define LEASE_MS       60000
#define LEASE_LEAST_MS 1000
#define KEEP_MS        (24 * 3600 * 1000LL)
#define NS_PER_MS      1000000

/* SHA-256 in hexadecimal, and a NUL. */
#define DIGEST_SIZE 65

struct msvc_idempotency {
    struct msvc_store *store;
    char *scope;
    char *key;
    char token[MSVC_UUID_SIZE];
    int lease_ms;
    bool is_finished;
};

/* One script for both dialects. */
static const struct msvc_migration migrations[] = {
    { "0001_idempotency",
      "CREATE TABLE idempotency_keys ("
      " scope TEXT NOT NULL,"
      " key TEXT NOT NULL,"
      " request TEXT NOT NULL," /* its digest: a body may hold a password */
      " token TEXT NOT NULL,"
      " lease_until_ms BIGINT NOT NULL,"
      " created_ms BIGINT NOT NULL,"
      " status INTEGER," /* NULL: still running */
      " headers TEXT,"   /* a line each */
      " answer TEXT,"
      " PRIMARY KEY (scope, key));"
      "CREATE INDEX idempotency_keys_created ON idempotency_keys (created_ms);" },
    { NULL, NULL },
};

int msvc_idempotency_migrate(struct msvc_store *store, struct msvc_error *err)
{
    int status = msvc_store_migrate(store, "idempotency", migrations, err);

    return status < 0 ? status : 0;
}

static int64_t now_ms(void)
{
    return msvc_clock_wall_ns(NULL) / NS_PER_MS;
}

/* What begin() found out about a key. */
enum finding {
    CLAIMED,
    RUNNING_ELSEWHERE,
    OTHER_REQUEST,
    ANSWERED,
};

struct claim {
    const struct msvc_idempotency *run;
    char request[DIGEST_SIZE];
    enum finding finding;
    int status;
    char *headers;
    char *answer;
};

static void forget_answer(struct claim *claim)
{
    free(claim->headers);
    free(claim->answer);
    claim->headers = claim->answer = NULL;
}

static int insert(struct msvc_tx *tx, const struct claim *claim, struct msvc_error *err)
{
    int64_t now = now_ms();

    return msvc_tx_exec(tx,
                        "INSERT INTO idempotency_keys"
                        " (scope, key, request, token, lease_until_ms, created_ms)"
                        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
                        MSVC_VALUES(MSVC_TEXT(claim->run->scope), MSVC_TEXT(claim->run->key),
                                    MSVC_TEXT(claim->request), MSVC_TEXT(claim->run->token),
                                    MSVC_INT(now + claim->run->lease_ms), MSVC_INT(now)),
                        err);
}

/* A lease that has run out is taken over. */
static int take_over(struct msvc_tx *tx, const struct claim *claim, struct msvc_error *err)
{
    int64_t now = now_ms();

    return msvc_tx_exec(
        tx,
        "UPDATE idempotency_keys SET token = $1, lease_until_ms = $2"
        " WHERE scope = $3 AND key = $4 AND status IS NULL AND lease_until_ms < $5",
        MSVC_VALUES(MSVC_TEXT(claim->run->token), MSVC_INT(now + claim->run->lease_ms),
                    MSVC_TEXT(claim->run->scope), MSVC_TEXT(claim->run->key), MSVC_INT(now)),
        err);
}

static int read_known(struct claim *claim, struct msvc_tx *tx, struct msvc_error *err)
{
    struct msvc_rows *rows;
    int status =
        msvc_tx_query(&rows, tx,
                      "SELECT request, status, headers, answer FROM idempotency_keys"
                      " WHERE scope = $1 AND key = $2",
                      MSVC_VALUES(MSVC_TEXT(claim->run->scope), MSVC_TEXT(claim->run->key)), err);

    if (status < 0)
        return status;
    if (!msvc_rows_next(rows)) {
        status = msvc_error_set(err, MSVC_ERR_CONFLICT, "idempotency", 0,
                                "the key was given up just now");
    } else if (strcmp(msvc_rows_text(rows, 0), claim->request) != 0) {
        claim->finding = OTHER_REQUEST;
    } else if (msvc_rows_is_null(rows, 1)) {
        claim->finding = RUNNING_ELSEWHERE;
    } else {
        claim->finding = ANSWERED;
        claim->status = (int)msvc_rows_int(rows, 1);
        claim->headers = msvc__copy_text(msvc_rows_text(rows, 2));
        claim->answer = msvc__copy_text(msvc_rows_text(rows, 3));
        if (claim->headers == NULL || claim->answer == NULL)
            status = msvc_error_set(err, MSVC_ERR_NOMEM, "idempotency", 0, "no memory");
    }
    msvc_rows_free(rows);
    return status;
}

static int claim_key(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct claim *claim = user;
    int status = insert(tx, claim, err);

    forget_answer(claim);
    claim->finding = CLAIMED;
    if (status != 0)
        return status < 0 ? status : 0;
    status = read_known(claim, tx, err);
    if (status < 0 || claim->finding != RUNNING_ELSEWHERE)
        return status;
    status = take_over(tx, claim, err);
    if (status > 0)
        claim->finding = CLAIMED;
    return status < 0 ? status : 0;
}

/* Salted with whose key it is. False when out of memory. */
static bool digest(char out[DIGEST_SIZE], const struct msvc_idempotency *run,
                   const struct msvc_http_exchange *exchange)
{
    unsigned char bytes[(DIGEST_SIZE - 1) / 2];
    gnutls_hash_hd_t hash;
    size_t length;
    const char *body = msvc_http_body(exchange, &length);

    if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) < 0)
        return false;
    (void)gnutls_hash(hash, run->scope, strlen(run->scope) + 1);
    (void)gnutls_hash(hash, run->key, strlen(run->key) + 1);
    (void)gnutls_hash(hash, body, length);
    gnutls_hash_deinit(hash, bytes);
    for (size_t i = 0; i < sizeof(bytes); i++)
        (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

static bool is_key(const char *key)
{
    size_t length = strlen(key);

    if (length == 0 || length > MSVC_IDEMPOTENCY_KEY_MAX)
        return false;
    for (; *key != '\0'; key++) {
        if (*key < 0x21 || *key > 0x7e)
            return false;
    }
    return true;
}

/* Nobody waits for the answer after the caller's deadline. One who took longer than that finds out
 * in finish(). */
static int lease_for(const struct msvc_http_exchange *exchange)
{
    int left_ms = msvc_deadline_left_ms(NULL, msvc_http_deadline_ns(exchange), LEASE_MS);

    return left_ms > LEASE_LEAST_MS ? left_ms : LEASE_LEAST_MS;
}

static void discard(struct msvc_idempotency *run)
{
    if (run == NULL)
        return;
    free(run->scope);
    free(run->key);
    free(run);
}

static struct msvc_idempotency *new_run(struct msvc_http_exchange *exchange,
                                        struct msvc_store *store, const char *scope,
                                        const char *key)
{
    struct msvc_idempotency *run = msvc__new(sizeof(*run));
    size_t size =
        strlen(scope) + strlen(msvc_http_method(exchange)) + strlen(msvc_http_path(exchange)) + 3;

    if (run == NULL)
        return NULL;
    run->store = store;
    run->lease_ms = lease_for(exchange);
    run->key = msvc__copy_text(key);
    run->scope = msvc__new(size);
    if (run->key == NULL || run->scope == NULL) {
        discard(run);
        return NULL;
    }
    (void)snprintf(run->scope, size, "%s %s %s", scope, msvc_http_method(exchange),
                   msvc_http_path(exchange));
    msvc_uuid_new(run->token, NULL, NULL);
    return run;
}

/* "Location: /orders/7", one a line; takes the text apart. */
static void reply_headers(struct msvc_http_exchange *exchange, char *lines)
{
    char *rest = NULL;

    for (char *line = strtok_r(lines, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        char *colon = strstr(line, ": ");

        if (colon == NULL)
            continue;
        *colon = '\0';
        msvc_http_reply_header(exchange, line, colon + 2);
    }
}

/* Whether to go on. */
static bool answer_known(struct msvc_http_exchange *exchange, const struct claim *claim)
{
    switch (claim->finding) {
    case CLAIMED:
        return true;
    case RUNNING_ELSEWHERE:
        msvc_http_reply_header(exchange, "Retry-After", "1");
        msvc_http_reply_problem(exchange, 409, NULL,
                                "a request with this Idempotency-Key is still running");
        return false;
    case OTHER_REQUEST:
        msvc_http_reply_problem(exchange, 422, NULL,
                                "this Idempotency-Key was used with another body");
        return false;
    case ANSWERED:
        reply_headers(exchange, claim->headers);
        msvc_http_reply_header(exchange, "Idempotent-Replayed", "true");
        msvc_http_reply(exchange, claim->status, "application/json", claim->answer,
                        strlen(claim->answer));
        return false;
    }
    return true;
}

bool msvc_idempotency_begin(struct msvc_idempotency **out, struct msvc_http_exchange *exchange,
                            struct msvc_store *store, const char *scope)
{
    const char *key = msvc_http_header(exchange, "Idempotency-Key", 0);
    struct claim claim = { .run = NULL };
    struct msvc_idempotency *run;
    struct msvc_error err;
    bool goes_on = false;

    if (key == NULL) {
        *out = NULL;
        return true;
    }
    if (!is_key(key)) {
        msvc_http_reply_problem(exchange, 400, NULL,
                                "Idempotency-Key: expected 1 to 255 visible ASCII characters");
        return false;
    }
    run = new_run(exchange, store, scope, key);
    if (run == NULL || !digest(claim.request, run, exchange)) {
        msvc_http_reply_problem(exchange, 500, NULL, NULL);
        discard(run);
        return false;
    }
    claim.run = run;
    if (msvc_store_transact(store, NULL, claim_key, &claim, &err) < 0)
        msvc_http_reply_error(exchange, &err);
    else
        goes_on = answer_known(exchange, &claim);
    forget_answer(&claim);
    if (goes_on)
        *out = run;
    else
        discard(run);
    return goes_on;
}

static int write_headers(struct msvc_buffer *out, const struct msvc_header *headers,
                         struct msvc_error *err)
{
    for (; headers != NULL && headers->name != NULL; headers++) {
        if (strpbrk(headers->name, ":\r\n") != NULL || strpbrk(headers->value, "\r\n") != NULL)
            return msvc_error_set(err, MSVC_ERR_INVALID, "idempotency", 0,
                                  "a header that is no header cannot be remembered");
        msvc_buffer_printf(out, "%s: %s\n", headers->name, headers->value);
    }
    msvc_buffer_byte(out, '\0');
    if (msvc_buffer_status(out) == 0)
        return 0;
    return msvc_error_set(err, MSVC_ERR_NOMEM, "idempotency", 0, "no memory for an answer");
}

static int finish(const struct msvc_idempotency *run, struct msvc_tx *tx, int http_status,
                  const char *headers, const char *json, struct msvc_error *err)
{
    return msvc_tx_exec(tx,
                        "UPDATE idempotency_keys SET status = $1, headers = $2, answer = $3"
                        " WHERE scope = $4 AND key = $5 AND token = $6 AND status IS NULL",
                        MSVC_VALUES(MSVC_INT(http_status), MSVC_TEXT(headers), MSVC_TEXT(json),
                                    MSVC_TEXT(run->scope), MSVC_TEXT(run->key),
                                    MSVC_TEXT(run->token)),
                        err);
}

int msvc_idempotency_finish(struct msvc_idempotency *run, struct msvc_tx *tx, int http_status,
                            const struct msvc_header *headers, const char *json,
                            struct msvc_error *err)
{
    struct msvc_buffer lines = MSVC_BUFFER_INIT;
    int status;

    if (run == NULL)
        return 0;
    status = write_headers(&lines, headers, err);
    if (status == 0) {
        status = finish(run, tx, http_status, lines.data, json, err);
        if (status == 0)
            status = msvc_error_set(err, MSVC_ERR_CONFLICT, "idempotency", 0,
                                    "the request was begun again elsewhere");
    }
    msvc_buffer_clear(&lines);
    if (status < 0)
        return status;
    run->is_finished = true;
    return 0;
}

static int give_up(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    const struct msvc_idempotency *run = user;

    return msvc_tx_exec(
        tx,
        "DELETE FROM idempotency_keys"
        " WHERE scope = $1 AND key = $2 AND token = $3 AND status IS NULL",
        MSVC_VALUES(MSVC_TEXT(run->scope), MSVC_TEXT(run->key), MSVC_TEXT(run->token)), err);
}

/* When the store is away the lease runs out by itself. */
void msvc_idempotency_free(struct msvc_idempotency *run)
{
    if (run == NULL)
        return;
    if (!run->is_finished) {
        int ignored = msvc_store_transact(run->store, NULL, give_up, run, NULL);

        (void)ignored;
    }
    discard(run);
}

static int forget(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    (void)user;
    return msvc_tx_exec(tx, "DELETE FROM idempotency_keys WHERE created_ms < $1",
                        MSVC_VALUES(MSVC_INT(now_ms() - KEEP_MS)), err);
}

int msvc_idempotency_prune(struct msvc_store *store, struct msvc_error *err)
{
    return msvc_store_transact(store, NULL, forget, NULL, err);
}
