/* SPDX-License-Identifier: MIT */
/* What fragments in documentation take for granted: headers, and objects that "you" have. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <jansson.h>
#include <libpq-fe.h>
#include <sqlite3.h>

#include "every_header.h" /* written by docs_test.py */

#pragma GCC diagnostic ignored "-Wunused"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wstrict-prototypes" /* what is called takes what it is given */

extern char **environ;

struct order;
struct request;
struct service;
struct orders;

extern struct msvc_breaker *breaker;
extern struct msvc_breaker_registry *registry;
extern struct msvc_bulkhead *bulkhead;
extern struct msvc_bus *bus;
extern struct msvc_cancel *cancel;
extern struct msvc_delivery *delivery;
extern struct msvc_error err;
extern struct msvc_health *health;
extern struct msvc_http_exchange *exchange;
extern struct msvc_http_router *router;
extern struct msvc_http_server *server;
extern struct msvc_http_transport *transport;
extern struct msvc_idempotency *idempotency;
extern struct msvc_inbox *inbox;
extern struct msvc_json_document *document;
extern struct msvc_json_writer w;
extern struct msvc_jwt_key *key;
extern struct msvc_jwt_verifier *verifier;
extern struct msvc_message *message;
extern struct msvc_relay *relay;
extern struct msvc_retry_budget *budget;
extern struct msvc_runner *runner;
extern struct msvc_span *span;
extern struct msvc_span_exporter *exporter;
extern struct msvc_store *store;
extern struct msvc_tracer *tracer;
extern struct msvc_tx *tx;

extern const struct msvc_telemetry *telemetry;
extern const struct msvc_service_definition order_service;
extern CURL *curl;
extern PGconn *connection;
extern json_t *claims, *object;
extern struct order *order;
extern struct sqlite3 *database;
extern const char *id, *text, *payload;
extern size_t length;
extern bool stopping, ok;
extern int status, result;
extern int64_t total, number;
extern uint64_t deadline_ns, now_ns;
extern void *self;
extern char request[];

int answer_429();
int apply();
int call_the_dependency();
int complain();
int fetch();
int get_key_set(struct msvc_buffer *out, void *user, struct msvc_error *err);
int ping_mail_server();
int reserve_stock();
int use();
int use_fallback();
json_t *find_order();
