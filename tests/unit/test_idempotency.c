/* SPDX-License-Identifier: MIT */
#include <msvc/idempotency.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/http_router.h>
#include <msvc/http_server.h>
#include <msvc/status.h>
#include <msvc/store.h>
#include <msvc/store/sqlite.h>

#include "test.h"

/* What the handler of POST /orders does with a request that goes on. */
enum mode {
    COMMIT, /* insert, remember the answer, commit */
    FAIL,   /* give up without an answer to remember */
    HOLD,   /* still running: the test lets go */
};

struct fixture {
    char folder[32];
    uint64_t deadline_ns; /* of what is posted; 0: none */
    struct msvc_store *store;
    struct msvc_http_router *router;
    struct msvc_http_transport *transport;
    struct msvc_http_answer *answer;
    enum mode mode;
    struct msvc_idempotency *held;
};

static int insert(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct fixture *f = user;
    int status = msvc_tx_exec(tx, "INSERT INTO orders DEFAULT VALUES", NULL, err);

    return status < 0 ? status
                      : msvc_idempotency_finish(
                            f->held, tx, 201,
                            MSVC_HEADERS({ "Location", "/orders/7" }, { "ETag", "\"1\"" }),
                            "{\"order\":7}", err);
}

static void commit(struct fixture *f, struct msvc_http_exchange *exchange)
{
    struct msvc_error err;

    if (msvc_store_transact(f->store, NULL, insert, f, &err) < 0)
        msvc_http_reply_error(exchange, &err);
    else
        msvc_http_reply(exchange, 201, "application/json", "{\"order\":7}", 11);
}

static void handle(struct msvc_http_exchange *exchange, void *user)
{
    struct fixture *f = user;
    const char *scope = msvc_http_header(exchange, "X-User", 0);
    struct msvc_idempotency *run;

    if (!msvc_idempotency_begin(&run, exchange, f->store, scope != NULL ? scope : "ann"))
        return;
    f->held = run;
    if (f->mode == COMMIT)
        commit(f, exchange);
    else
        msvc_http_reply_problem(exchange, 503, NULL, "not now");
    if (f->mode == HOLD)
        return;
    f->held = NULL;
    msvc_idempotency_free(run);
}

static void execute(struct fixture *f, const char *sql)
{
    struct msvc_tx *tx;

    assert_int_equal(msvc_tx_begin(&tx, f->store, NULL, NULL), 0);
    assert_true(msvc_tx_exec(tx, sql, NULL, NULL) >= 0);
    assert_int_equal(msvc_tx_commit(tx, NULL), 0);
}

static int64_t count(struct fixture *f, const char *sql)
{
    struct msvc_rows *rows;
    struct msvc_tx *tx;
    int64_t value;

    assert_int_equal(msvc_tx_begin(&tx, f->store, NULL, NULL), 0);
    assert_int_equal(msvc_tx_query(&rows, tx, sql, NULL, NULL), 0);
    assert_true(msvc_rows_next(rows));
    value = msvc_rows_int(rows, 0);
    msvc_rows_free(rows);
    msvc_tx_rollback(tx);
    return value;
}

static int64_t order_count(struct fixture *f)
{
    return count(f, "SELECT COUNT(*) FROM orders");
}

static int setup(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;
    char url[64];

    *f = (struct fixture){ .folder = "/tmp/msvc-idempotency-XXXXXX" };
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(url, sizeof(url), "sqlite:%s/db", f->folder);
    assert_int_equal(
        msvc_store_open(&f->store, url, MSVC_STORE_DRIVERS(msvc_store_sqlite()), NULL, NULL), 0);
    assert_int_equal(msvc_idempotency_migrate(f->store, NULL), 0);
    execute(f, "CREATE TABLE orders (id INTEGER PRIMARY KEY)");
    assert_int_equal(msvc_http_router_new(&f->router, NULL), 0);
    assert_int_equal(msvc_http_route(f->router, "POST", "/orders", handle, f, NULL), 0);
    assert_int_equal(msvc_http_route(f->router, "POST", "/others", handle, f, NULL), 0);
    assert_int_equal(msvc_http_router_transport(&f->transport, f->router), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[64];

    msvc_idempotency_free(f->held);
    msvc_http_answer_free(f->answer);
    msvc_http_transport_free(f->transport);
    msvc_http_router_free(f->router);
    msvc_store_close(f->store);
    (void)snprintf(command, sizeof(command), "rm -r %s", f->folder);
    return system(command);
}

/* The answer's status. */
static int post_to(struct fixture *f, const char *target, const char *user, const char *key,
                   const char *body)
{
    const struct msvc_header headers[] = { { "X-User", user }, { NULL, NULL } };

    msvc_http_answer_free(f->answer);
    f->answer = NULL;
    assert_int_equal(
        msvc_http_call(f->transport,
                       MSVC_HTTP_REQUEST(.method = "POST", .target = target, .headers = headers,
                                         .body = body, .body_length = strlen(body),
                                         .idempotency_key = key, .deadline_ns = f->deadline_ns),
                       &f->answer, NULL),
        0);
    return msvc_http_answer_status(f->answer);
}

static int post(struct fixture *f, const char *key, const char *body)
{
    return post_to(f, "/orders", "ann", key, body);
}

static const char *header(const struct fixture *f, const char *name)
{
    return msvc_http_answer_header(f->answer, name, 0);
}

static void gives_the_first_answer_again(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(post(f, "key-1", "{}"), 201);
    assert_null(header(f, "Idempotent-Replayed"));
    assert_int_equal(post(f, "key-1", "{}"), 201);
    assert_string_equal(header(f, "Idempotent-Replayed"), "true");
    assert_string_equal(header(f, "Content-Type"), "application/json");
    assert_string_equal(header(f, "Location"), "/orders/7");
    assert_string_equal(header(f, "ETag"), "\"1\"");
    assert_string_equal(msvc_http_answer_body(f->answer, NULL), "{\"order\":7}");
    assert_int_equal(order_count(f), 1);
}

static void runs_requests_without_a_key_each_time(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(post(f, NULL, "{}"), 201);
    assert_int_equal(post(f, NULL, "{}"), 201);
    assert_int_equal(order_count(f), 2);
}

static void takes_requests_without_a_body(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(post(f, "key-1", ""), 201);
    assert_int_equal(post(f, "key-1", ""), 201);
    assert_int_equal(order_count(f), 1);
}

static void refuses_a_key_with_another_body(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(post(f, "key-1", "{\"a\":1}"), 201);
    assert_int_equal(post(f, "key-1", "{\"a\":2}"), 422);
    assert_int_equal(order_count(f), 1);
}

static void keeps_no_body(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(post(f, "key-1", "{\"password\":\"hunter2 hunter2\"}"), 201);
    assert_int_equal(
        count(f, "SELECT COUNT(*) FROM idempotency_keys WHERE request LIKE '%hunter2%'"), 0);
    assert_int_equal(count(f, "SELECT COUNT(*) FROM idempotency_keys WHERE LENGTH(request) = 64"),
                     1);
}

static void keeps_the_keys_of_users_and_paths_apart(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(post_to(f, "/orders", "ann", "key-1", "{}"), 201);
    assert_int_equal(post_to(f, "/orders", "bob", "key-1", "{}"), 201);
    assert_null(header(f, "Idempotent-Replayed"));
    assert_int_equal(post_to(f, "/others", "ann", "key-1", "{\"a\":2}"), 201);
    assert_int_equal(order_count(f), 3);
}

static void turns_away_a_repetition_while_the_first_runs(void **state)
{
    struct fixture *f = *state;

    f->mode = HOLD;
    (void)post(f, "key-1", "{}");
    assert_int_equal(post(f, "key-1", "{}"), 409);
    assert_string_equal(header(f, "Retry-After"), "1");
}

static void lets_a_failed_request_be_repeated(void **state)
{
    struct fixture *f = *state;

    f->mode = FAIL;
    assert_int_equal(post(f, "key-1", "{}"), 503);
    f->mode = COMMIT;
    assert_int_equal(post(f, "key-1", "{}"), 201);
    assert_null(header(f, "Idempotent-Replayed"));
    assert_int_equal(order_count(f), 1);
}

static void takes_over_a_request_whose_process_died(void **state)
{
    struct fixture *f = *state;
    struct msvc_idempotency *dead;

    f->mode = HOLD;
    (void)post(f, "key-1", "{}");
    dead = f->held;
    execute(f, "UPDATE idempotency_keys SET lease_until_ms = 1");
    f->mode = COMMIT;
    assert_int_equal(post(f, "key-1", "{}"), 201);
    assert_int_equal(order_count(f), 1);

    f->held = dead; /* it was only slow, and comes too late */
    assert_int_equal(msvc_store_transact(f->store, NULL, insert, f, NULL), MSVC_ERR_CONFLICT);
    assert_int_equal(order_count(f), 1);
    assert_int_equal(post(f, "key-1", "{}"), 201);
    assert_string_equal(header(f, "Idempotent-Replayed"), "true");
}

static void keeps_a_key_until_its_callers_deadline(void **state)
{
    struct fixture *f = *state;
    int64_t lease_ms;

    f->mode = HOLD;
    f->deadline_ns = msvc_deadline_in(NULL, 2500);
    (void)post(f, "key-1", "{}");
    lease_ms = count(f, "SELECT lease_until_ms - created_ms FROM idempotency_keys");
    assert_in_range(lease_ms, 1000, 2500);
}

static void leaves_the_key_of_a_later_run_alone(void **state)
{
    struct fixture *f = *state;
    struct msvc_idempotency *dead;

    f->mode = HOLD;
    (void)post(f, "key-1", "{}");
    dead = f->held;
    execute(f, "UPDATE idempotency_keys SET lease_until_ms = 1");
    (void)post(f, "key-1", "{}");
    msvc_idempotency_free(dead);
    assert_int_equal(count(f, "SELECT COUNT(*) FROM idempotency_keys"), 1);
}

static void refuses_keys_that_are_none(void **state)
{
    struct fixture *f = *state;
    char key[MSVC_IDEMPOTENCY_KEY_MAX + 2];

    memset(key, 'k', sizeof(key));
    key[MSVC_IDEMPOTENCY_KEY_MAX + 1] = '\0';
    assert_int_equal(post(f, key, "{}"), 400);
    assert_int_equal(post(f, "", "{}"), 400);
    assert_int_equal(post(f, "two words", "{}"), 400);
    assert_int_equal(post(f, "k\xc3\xa9y", "{}"), 400);
    key[MSVC_IDEMPOTENCY_KEY_MAX] = '\0';
    assert_int_equal(post(f, key, "{}"), 201);
    assert_int_equal(order_count(f), 1);
}

static void forgets_keys_after_a_day(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(post(f, "key-1", "{}"), 201);
    assert_int_equal(post(f, "key-2", "{}"), 201);
    assert_int_equal(msvc_idempotency_prune(f->store, NULL), 0);
    execute(f, "UPDATE idempotency_keys SET created_ms = created_ms - 86400001"
               " WHERE key = 'key-1'");
    assert_int_equal(msvc_idempotency_prune(f->store, NULL), 1);
    assert_int_equal(post(f, "key-2", "{}"), 201);
    assert_int_equal(post(f, "key-1", "{}"), 201);
    assert_int_equal(order_count(f), 3);
}

static void answers_with_the_problem_of_the_store(void **state)
{
    struct fixture *f = *state;

    execute(f, "DROP TABLE idempotency_keys");
    assert_in_range(post(f, "key-1", "{}"), 400, 599); /* which one, the store's status says */
    assert_int_equal(order_count(f), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(gives_the_first_answer_again),
        TEST(runs_requests_without_a_key_each_time),
        TEST(takes_requests_without_a_body),
        TEST(refuses_a_key_with_another_body),
        TEST(keeps_no_body),
        TEST(keeps_the_keys_of_users_and_paths_apart),
        TEST(turns_away_a_repetition_while_the_first_runs),
        TEST(lets_a_failed_request_be_repeated),
        TEST(takes_over_a_request_whose_process_died),
        TEST(keeps_a_key_until_its_callers_deadline),
        TEST(leaves_the_key_of_a_later_run_alone),
        TEST(refuses_keys_that_are_none),
        TEST(forgets_keys_after_a_day),
        TEST(answers_with_the_problem_of_the_store),
    };

    return cmocka_run_group_tests_name("idempotency", tests, NULL, NULL);
}
