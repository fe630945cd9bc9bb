/* SPDX-License-Identifier: MIT */
/* A program on the chassis for test_service: one service that counts orders, one that calls it. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msvc/bus/sqlite.h>
#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/http_router.h>
#include <msvc/outbox.h>
#include <msvc/service.h>
#include <msvc/store.h>
#include <msvc/store/sqlite.h>

extern char **environ;

static const struct msvc_setting counter_settings[] = {
    { .name = "GATE", .help = "file that GET /slow waits for" },
    { .name = NULL },
};

static const struct msvc_migration *counter_migrations(const char *dialect)
{
    static const struct msvc_migration migrations[] = {
        { "0001_seen", "CREATE TABLE seen (type TEXT NOT NULL);" },
        { NULL, NULL },
    };

    (void)dialect;
    return migrations;
}

static int note(struct msvc_tx *tx, const struct msvc_message *message, struct msvc_error *err)
{
    return msvc_tx_exec(tx, "INSERT INTO seen (type) VALUES ($1)",
                        MSVC_VALUES(MSVC_TEXT(message->type)), err);
}

/* An order is counted, and another event says so. */
static int count_order(struct msvc_tx *tx, const struct msvc_message *message, void *state,
                       struct msvc_error *err)
{
    int status = note(tx, message, err);

    (void)state;
    if (status < 0)
        return status;
    return msvc_outbox_append(tx, MSVC_MESSAGE(.type = "order.counted", .topic = "counted"), NULL,
                              err);
}

static int hear_own_event(struct msvc_tx *tx, const struct msvc_message *message, void *state,
                          struct msvc_error *err)
{
    (void)state;
    return note(tx, message, err);
}

static const struct msvc_consumer counter_consumers[] = {
    { "orders", "order.created", count_order },
    { "counted", NULL, hear_own_event },
    { NULL, NULL, NULL },
};

static int read_counts(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    char *text = user;
    struct msvc_rows *rows;
    int status = msvc_tx_query(&rows, tx,
                               "SELECT (SELECT COUNT(*) FROM seen WHERE type = 'order.created'),"
                               " (SELECT COUNT(*) FROM seen WHERE type = 'order.counted')",
                               NULL, err);

    if (status < 0)
        return status;
    if (msvc_rows_next(rows))
        (void)snprintf(text, 64, "%d created, %d counted", (int)msvc_rows_int(rows, 0),
                       (int)msvc_rows_int(rows, 1));
    msvc_rows_free(rows);
    return 0;
}

static void reply_text(struct msvc_http_exchange *exchange, const char *text)
{
    msvc_http_reply(exchange, 200, "text/plain", text, strlen(text));
}

static void show_counts(struct msvc_http_exchange *exchange, void *service)
{
    struct msvc_error err;
    char text[64] = "";

    if (msvc_store_transact(msvc_service_store(service), NULL, read_counts, text, &err) < 0)
        msvc_http_reply_error(exchange, &err);
    else
        reply_text(exchange, text);
}

static void answer_slowly(struct msvc_http_exchange *exchange, void *service)
{
    while (access(msvc_service_text(service, "GATE"), F_OK) != 0)
        (void)poll(NULL, 0, 5);
    reply_text(exchange, "done");
}

static void show_trace(struct msvc_http_exchange *exchange, void *service)
{
    const char *traceparent = msvc_http_header(exchange, "traceparent", 0);

    (void)service;
    reply_text(exchange, traceparent != NULL ? traceparent : "none");
}

static int start_counter(struct msvc_service *service, void **state, struct msvc_error *err)
{
    struct msvc_http_router *router = msvc_service_router(service);

    *state = service;
    if (msvc_http_route(router, "GET", "/counts", show_counts, service, NULL) < 0 ||
        msvc_http_route(router, "GET", "/slow", answer_slowly, service, NULL) < 0 ||
        msvc_http_route(router, "GET", "/trace", show_trace, service, NULL) < 0)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "counter", 0, "routes");
    return 0;
}

static const struct msvc_service_definition counter = {
    .size = sizeof(counter),
    .name = "counter-service",
    .prefix = "COUNTER_",
    .version = "1.2.3",
    .help = "counts orders",
    .settings = counter_settings,
    .consumers = counter_consumers,
    .migrations = counter_migrations,
    .start = start_counter,
};

/* Hands on what the counter answers. */
static void call_through(struct msvc_http_exchange *exchange, void *transport)
{
    struct msvc_http_answer *answer;
    struct msvc_error err;

    if (msvc_http_call(transport, MSVC_HTTP_REQUEST(.target = "/trace"), &answer, &err) < 0) {
        msvc_http_reply_error(exchange, &err);
        return;
    }
    reply_text(exchange, msvc_http_answer_body(answer, NULL));
    msvc_http_answer_free(answer);
}

static int start_front(struct msvc_service *service, void **state, struct msvc_error *err)
{
    struct msvc_http_transport *transport;
    int status = msvc_service_transport(&transport, service, "COUNTER_URL", err);

    if (status < 0)
        return status;
    *state = transport;
    return msvc_http_route(msvc_service_router(service), "GET", "/through", call_through, transport,
                           NULL);
}

static void stop_front(void *transport)
{
    msvc_http_transport_free(transport);
}

static const struct msvc_setting front_settings[] = {
    { .name = "COUNTER_URL", .kind = MSVC_SETTING_URL, .help = "where the counter is" },
    { .name = NULL },
};

static const struct msvc_service_definition front = {
    .size = sizeof(front),
    .name = "front-service",
    .prefix = "FRONT_",
    .settings = front_settings,
    .start = start_front,
    .stop = stop_front,
};

int main(int argc, char **argv)
{
    bool has_front = getenv("WITH_FRONT") != NULL;

    return msvc_process_main(argc, argv, environ,
                             has_front ? MSVC_SERVICES(&front, &counter) : MSVC_SERVICES(&counter),
                             MSVC_PROCESS_OPTIONS(.stores = MSVC_STORE_DRIVERS(msvc_store_sqlite()),
                                                  .buses = MSVC_BUS_DRIVERS(msvc_bus_sqlite())));
}
