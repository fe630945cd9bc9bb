/* SPDX-License-Identifier: MIT */
#include "shop.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include <msvc/error.h>
#include <msvc/header.h>
#include <msvc/http.h>
#include <msvc/message.h>
#include <msvc/service.h>
#include <msvc/store.h>
#include <msvc/uuid.h>

#include "fake_service.h"
#include "test.h"

extern const struct msvc_service_definition user_service;
extern const struct msvc_service_definition inventory_service;
extern const struct msvc_service_definition order_service;
extern const struct msvc_service_definition payment_service;
extern const struct msvc_service_definition notification_service;

extern char **environ;

static void set_environment(void)
{
    (void)setenv("USER_SERVICE_URL", "inproc:user-service", 1);
    (void)setenv("USER_PASSWORD_COST", "1", 1);
    (void)setenv("USER_ADMIN_EMAIL", "staff@example.com", 1);
    (void)setenv("USER_ADMIN_PASSWORD", "staff's password", 1);
    (void)setenv("PAYMENT_LIMIT", "2500", 1);
}

static void forget_answer(struct shop *shop)
{
    json_decref(shop->body);
    msvc_http_answer_free(shop->answer);
    shop->body = NULL;
    shop->answer = NULL;
}

/* Headers that have a value. */
static void list_headers(struct msvc_header out[4], char authorization[2200],
                         const struct shop_request *request)
{
    size_t count = 0;

    if (request->token != NULL) {
        (void)snprintf(authorization, 2200, "Bearer %s", request->token);
        out[count++] = (struct msvc_header){ "Authorization", authorization };
    }
    if (request->if_match != NULL)
        out[count++] = (struct msvc_header){ "If-Match", request->if_match };
    if (request->key != NULL)
        out[count++] = (struct msvc_header){ "Idempotency-Key", request->key };
    out[count] = (struct msvc_header){ NULL, NULL };
}

/* For openapi_test.py: what was answered, a line of JSON each. */
static void record(const struct shop *shop, const struct shop_request *request)
{
    const char *path = getenv("SHOP_RECORD");
    FILE *file = path != NULL ? fopen(path, "a") : NULL;
    json_t *line;

    if (file == NULL)
        return;
    line = json_pack("{s:s, s:s, s:s, s:s?, s:i, s:s, s:O?}", "service",
                     msvc_service_name(shop->services[request->to]), "method", request->method,
                     "target", request->target, "request", request->body, "status", shop->status,
                     "contentType", shop_header(shop, "Content-Type"), "body", shop->body);
    (void)json_dumpf(line, file, JSON_COMPACT);
    (void)fputc('\n', file);
    (void)fclose(file);
    json_decref(line);
}

int shop_send(struct shop *shop, const struct shop_request *request)
{
    struct msvc_header headers[4];
    char authorization[2200];
    struct msvc_error err;
    const char *body;
    size_t length;

    forget_answer(shop);
    list_headers(headers, authorization, request);
    if (msvc_http_call(
            fake_service_transport(shop->services[request->to]),
            MSVC_HTTP_REQUEST(.method = request->method, .target = request->target,
                              .headers = headers, .body = request->body,
                              .body_length = request->body != NULL ? strlen(request->body) : 0,
                              .content_type = request->content_type),
            &shop->answer, &err) < 0)
        fail_msg("%s", err.message);
    body = msvc_http_answer_body(shop->answer, &length);
    shop->body = json_loadb(body, length, 0, NULL);
    shop->status = msvc_http_answer_status(shop->answer);
    record(shop, request);
    return shop->status;
}

int shop_get(struct shop *shop, enum shop_service to, const char *target,
             const struct customer *who)
{
    return SEND(shop, to, "GET", target, .token = who->token);
}

static const json_t *walk(const struct shop *shop, const char *path)
{
    const json_t *at = shop->body;
    char copy[128];
    char *rest = NULL;

    (void)snprintf(copy, sizeof(copy), "%s", path);
    for (char *step = strtok_r(copy, ".", &rest); step != NULL; step = strtok_r(NULL, ".", &rest)) {
        if (json_is_array(at))
            at = json_array_get(at, strtoul(step, NULL, 10));
        else
            at = json_object_get(at, step);
    }
    return at;
}

const char *shop_text(const struct shop *shop, const char *path)
{
    const char *text = json_string_value(walk(shop, path));

    return text != NULL ? text : "";
}

int64_t shop_number(const struct shop *shop, const char *path)
{
    return json_integer_value(walk(shop, path));
}

const char *shop_header(const struct shop *shop, const char *name)
{
    const char *value = msvc_http_answer_header(shop->answer, name, 0);

    return value != NULL ? value : "";
}

static void log_in(struct customer *out, struct shop *shop, const char *email, const char *password)
{
    char body[256];

    (void)snprintf(body, sizeof(body), "{\"email\":\"%s\",\"password\":\"%s\"}", email, password);
    assert_int_equal(SEND(shop, USERS, "POST", "/api/v1/sessions", body), 201);
    (void)snprintf(out->id, sizeof(out->id), "%s", shop_text(shop, "userId"));
    (void)snprintf(out->token, sizeof(out->token), "%s", shop_text(shop, "token"));
}

static void register_customer(struct customer *out, struct shop *shop, const char *email)
{
    char body[256];

    (void)snprintf(body, sizeof(body),
                   "{\"email\":\"%s\",\"name\":\"Somebody\",\"password\":\"a long password\"}",
                   email);
    assert_int_equal(SEND(shop, USERS, "POST", "/api/v1/users", body), 201);
    log_in(out, shop, email, "a long password");
}

int shop_open(void **state)
{
    static const struct msvc_service_definition *const definitions[SERVICE_COUNT] = {
        [USERS] = &user_service,
        [INVENTORY] = &inventory_service,
        [ORDERS] = &order_service,
        [PAYMENTS] = &payment_service,
        [NOTIFICATIONS] = &notification_service,
    };
    struct shop *shop = calloc(1, sizeof(*shop));

    assert_non_null(shop);
    set_environment();
    (void)snprintf(shop->folder, sizeof(shop->folder), "/tmp/msvc-shop-XXXXXX");
    assert_non_null(mkdtemp(shop->folder));
    (void)setenv("SPOOL_DIR", shop->folder, 1);
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        shop->services[i] = fake_service_start(definitions[i], shop->folder, environ);
    register_customer(&shop->alice, shop, "alice@example.com");
    register_customer(&shop->bob, shop, "bob@example.com");
    log_in(&shop->staff, shop, "staff@example.com", "staff's password");
    *state = shop;
    return 0;
}

static void remove_folder(const char *folder)
{
    DIR *files = opendir(folder);
    const struct dirent *file;
    char path[512];

    while (files != NULL && (file = readdir(files)) != NULL) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, file->d_name);
        (void)unlink(path);
    }
    if (files != NULL)
        (void)closedir(files);
    (void)rmdir(folder);
}

int shop_close(void **state)
{
    struct shop *shop = *state;

    forget_answer(shop);
    for (size_t i = SERVICE_COUNT; i > 0; i--)
        fake_service_stop(shop->services[i - 1]);
    remove_folder(shop->folder);
    free(shop);
    return 0;
}

void shop_sell(struct shop *shop, const char *sku)
{
    char target[128];

    (void)snprintf(target, sizeof(target), "/api/v1/prices/%s", sku);
    assert_int_equal(SEND(shop, ORDERS, "PUT", target, "{\"amount\":500,\"currency\":\"EUR\"}",
                          .token = shop->staff.token),
                     201);
    (void)snprintf(target, sizeof(target), "/api/v1/stock/%s/restock", sku);
    assert_int_equal(
        SEND(shop, INVENTORY, "POST", target, "{\"quantity\":10}", .token = shop->staff.token),
        200);
}

void shop_order(char id[64], struct shop *shop, const struct customer *who, const char *sku,
                int quantity)
{
    char body[256];

    (void)snprintf(body, sizeof(body), "{\"items\":[{\"sku\":\"%s\",\"quantity\":%d}]}", sku,
                   quantity);
    assert_int_equal(SEND(shop, ORDERS, "POST", "/api/v1/orders", body, .token = who->token), 201);
    (void)snprintf(id, 64, "%s", shop_text(shop, "id"));
}

const char *shop_order_status(struct shop *shop, const char *id)
{
    char target[128];

    (void)snprintf(target, sizeof(target), "/api/v1/orders/%s", id);
    assert_int_equal(shop_get(shop, ORDERS, target, &shop->staff), 200);
    return shop_text(shop, "status");
}

/* "stock.reserved" goes to topic "stock", "payment.declined" to "payments". */
static const char *topic_of(const char *type)
{
    if (strncmp(type, "stock.", 6) == 0)
        return "stock";
    return strncmp(type, "order.", 6) == 0 ? "orders" : "payments";
}

int shop_tell(struct shop *shop, enum shop_service who, const char *type, const char *payload, ...)
{
    char id[MSVC_UUID_SIZE];
    char text[512];
    va_list arguments;

    va_start(arguments, payload);
    (void)vsnprintf(text, sizeof(text), payload, arguments);
    va_end(arguments);
    msvc_uuid_new(id, NULL, NULL);
    return fake_service_deliver(shop->services[who],
                                MSVC_MESSAGE(.id = id, .source = "test", .type = type,
                                             .topic = topic_of(type), .payload = text,
                                             .payload_length = strlen(text)));
}

static struct msvc_rows *query(struct shop *shop, enum shop_service of, const char *sql)
{
    struct msvc_rows *rows = NULL;
    struct msvc_error err;
    struct msvc_tx *tx;

    if (msvc_tx_begin(&tx, msvc_service_store(shop->services[of]), NULL, &err) < 0 ||
        msvc_tx_query(&rows, tx, sql, NULL, &err) < 0)
        fail_msg("%s", err.message);
    assert_int_equal(msvc_tx_commit(tx, NULL), 0);
    return rows;
}

static void clear_outbox(struct shop *shop, enum shop_service of)
{
    struct msvc_tx *tx;

    assert_int_equal(msvc_tx_begin(&tx, msvc_service_store(shop->services[of]), NULL, NULL), 0);
    assert_true(msvc_tx_exec(tx, "DELETE FROM outbox_events", NULL, NULL) >= 0);
    assert_int_equal(msvc_tx_commit(tx, NULL), 0);
}

#define EVENTS "SELECT id, source, type, topic, \"key\", payload FROM outbox_events ORDER BY seq"

static void carry(struct shop *shop, const struct msvc_rows *row)
{
    size_t length;
    const void *payload = msvc_rows_blob(row, 5, &length);

    for (size_t i = 0; i < SERVICE_COUNT; i++) {
        int status = fake_service_deliver(
            shop->services[i],
            MSVC_MESSAGE(.id = msvc_rows_text(row, 0), .source = msvc_rows_text(row, 1),
                         .type = msvc_rows_text(row, 2), .topic = msvc_rows_text(row, 3),
                         .key = msvc_rows_text(row, 4), .payload = payload,
                         .payload_length = length));

        assert_true(status == 0 || status == MSVC_ERR_NOT_FOUND);
    }
}

void shop_settle(struct shop *shop)
{
    size_t carried;

    do {
        carried = 0;
        for (size_t i = 0; i < SERVICE_COUNT; i++) {
            struct msvc_rows *rows = query(shop, i, EVENTS);

            clear_outbox(shop, i);
            for (; msvc_rows_next(rows); carried++)
                carry(shop, rows);
            msvc_rows_free(rows);
        }
    } while (carried > 0);
}

int shop_events(struct shop *shop, enum shop_service of, const char *type)
{
    struct msvc_rows *rows = query(shop, of, EVENTS);
    int count = 0;

    while (msvc_rows_next(rows))
        count += strcmp(msvc_rows_text(rows, 2), type) == 0;
    msvc_rows_free(rows);
    clear_outbox(shop, of);
    return count;
}

int64_t shop_query(struct shop *shop, enum shop_service of, const char *sql)
{
    struct msvc_rows *rows = query(shop, of, sql);
    int64_t number = msvc_rows_next(rows) ? msvc_rows_int(rows, 0) : -1;

    msvc_rows_free(rows);
    return number;
}
