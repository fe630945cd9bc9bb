/* SPDX-License-Identifier: MIT */
#include "broker.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/contract_broker.h>
#include <msvc/contract_verify.h>
#include <msvc/http.h>
#include <msvc/http_client.h>
#include <msvc/http_router.h>
#include <msvc/http_server.h>
#include <msvc/json.h>
#include <msvc/status.h>

#define PACTS_MAX 8

struct kept {
    char number[8];
    struct msvc_buffer pact;
    struct msvc_buffer result; /* as published; under the lock */
    struct msvc_contract_report *report;
};

struct broker {
    struct msvc_http_router *router;
    struct msvc_http_server *server;
    struct msvc_http_transport *transport;
    struct kept pacts[PACTS_MAX];
    size_t count;
    pthread_mutex_t lock;
};

static struct kept *find(struct broker *b, const char *number)
{
    for (size_t i = 0; i < b->count; i++) {
        if (strcmp(b->pacts[i].number, number) == 0)
            return &b->pacts[i];
    }
    return NULL;
}

static void serve_index(struct msvc_http_exchange *x, void *user)
{
    static const char index[] = "{\"_links\":{\"pb:provider-pacts-for-verification\":{\"href\":"
                                "\"/for/{provider}\",\"templated\":true}}}";

    (void)user;
    msvc_http_reply(x, 200, "application/hal+json", index, strlen(index));
}

static void serve_list(struct msvc_http_exchange *x, void *user)
{
    struct broker *b = user;
    struct msvc_buffer text = MSVC_BUFFER_INIT;

    msvc_buffer_text(&text, "{\"_embedded\":{\"pacts\":[");
    for (size_t i = 0; i < b->count; i++)
        msvc_buffer_printf(&text,
                           "%s{\"shortDescription\":\"latest\",\"_links\":{\"self\":{\"href\":"
                           "\"/pacts/%s\",\"name\":\"pact %s\"}}}",
                           i > 0 ? "," : "", b->pacts[i].number, b->pacts[i].number);
    msvc_buffer_text(&text, "]}}");
    msvc_http_reply(x, 200, "application/hal+json", text.data, text.length);
    msvc_buffer_clear(&text);
}

static void serve_pact(struct msvc_http_exchange *x, void *user)
{
    struct kept *kept = find(user, msvc_http_param(x, "number"));

    if (kept != NULL)
        msvc_http_reply(x, 200, "application/hal+json", kept->pact.data, kept->pact.length);
    else
        msvc_http_reply_problem(x, 404, NULL, "no such pact");
}

static void take_result(struct msvc_http_exchange *x, void *user)
{
    struct broker *b = user;
    struct kept *kept = find(b, msvc_http_param(x, "number"));
    size_t length = 0;
    const char *body = msvc_http_body(x, &length);

    if (kept == NULL) {
        msvc_http_reply_problem(x, 404, NULL, "no such pact");
        return;
    }
    (void)pthread_mutex_lock(&b->lock);
    msvc_buffer_bytes(&kept->result, body, length);
    (void)pthread_mutex_unlock(&b->lock);
    msvc_http_reply(x, 201, "application/hal+json", "{}", 2);
}

static int add_routes(struct broker *b)
{
    int status = msvc_http_route(b->router, "GET", "/", serve_index, b, NULL);

    if (status == 0)
        status = msvc_http_route(b->router, "POST", "/for/{provider}", serve_list, b, NULL);
    if (status == 0)
        status = msvc_http_route(b->router, "GET", "/pacts/{number}", serve_pact, b, NULL);
    if (status == 0)
        status = msvc_http_route(b->router, "POST", "/results/{number}", take_result, b, NULL);
    return status;
}

struct broker *broker_start(struct world *w)
{
    struct broker *b = calloc(1, sizeof(*b));
    struct msvc_http_client *client = NULL;
    struct msvc_error err;
    char url[128];

    if (b == NULL || pthread_mutex_init(&b->lock, NULL) != 0)
        exit(1);
    if (msvc_http_router_new(&b->router, NULL) < 0 || add_routes(b) < 0)
        world_fail(w, "no router");
    else if (world_ok(w, msvc_http_server_start(&b->server, b->router, NULL, &err), &err) &&
             world_ok(w, msvc_http_client_new(&client, NULL, &err), &err)) {
        (void)snprintf(url, sizeof(url), "http://%s", msvc_http_server_address(b->server));
        (void)world_ok(w, msvc_http_client_transport(&b->transport, client, url, &err), &err);
    }
    msvc_http_client_free(client);
    return b;
}

void broker_free(struct broker *b)
{
    if (b == NULL)
        return;
    msvc_http_transport_free(b->transport);
    msvc_http_server_free(b->server);
    msvc_http_router_free(b->router);
    for (size_t i = 0; i < b->count; i++) {
        msvc_buffer_clear(&b->pacts[i].pact);
        msvc_buffer_clear(&b->pacts[i].result);
        msvc_contract_report_free(b->pacts[i].report);
    }
    (void)pthread_mutex_destroy(&b->lock);
    free(b);
}

void broker_add(struct broker *b, const char *number, const char *pact)
{
    struct kept *kept = &b->pacts[b->count];

    if (b->count == PACTS_MAX)
        return;
    (void)snprintf(kept->number, sizeof(kept->number), "%s", number);
    msvc_buffer_printf(&kept->pact,
                       "{\"_links\":{\"self\":{\"href\":\"/pacts/%s\"},"
                       "\"pb:publish-verification-results\":{\"href\":\"/results/%s\"}},%s",
                       number, number, pact + 1);
    b->count++;
}

static void verify_fetched(struct broker *b, struct world *w, struct msvc_pact_broker *client,
                           const struct msvc_pact_list *list, size_t index, verify_fn *verify,
                           bool publishes)
{
    const struct msvc_pact_fetched *fetched = msvc_pact_list_at(list, index);
    struct msvc_pact_broker_reply *reply = NULL;
    struct msvc_contract_report **report = &b->pacts[index].report;
    struct msvc_error err;

    verify(w, fetched->text, fetched->length, report);
    if (publishes && *report != NULL)
        (void)world_ok(w,
                       msvc_pact_broker_report(
                           client, list, index,
                           MSVC_PACT_OUTCOME(.version = "1.0.0", .report = *report), &reply, &err),
                       &err);
    msvc_pact_broker_reply_free(reply);
}

void broker_verify(struct broker *b, struct world *w, verify_fn *verify, bool publishes)
{
    struct msvc_pact_broker *client = NULL;
    struct msvc_pact_list *list = NULL;
    struct msvc_error err;

    if (world_ok(w, msvc_pact_broker_new(&client, b->transport, NULL, &err), &err) &&
        world_ok(w,
                 msvc_pact_broker_fetch(client, MSVC_PACT_SELECTION(.provider = "p"), &list, &err),
                 &err)) {
        if (msvc_pact_list_count(list) != b->count)
            world_fail(w, "fetched %zu pacts of %zu", msvc_pact_list_count(list), b->count);
        for (size_t i = 0; i < msvc_pact_list_count(list) && w->why[0] == '\0'; i++)
            verify_fetched(b, w, client, list, i, verify, publishes);
    }
    msvc_pact_list_free(list);
    msvc_pact_broker_free(client);
}

size_t broker_failed_count(const struct broker *b)
{
    size_t count = 0;

    for (size_t i = 0; i < b->count; i++)
        count += msvc_contract_failed_count(b->pacts[i].report);
    return count;
}

void broker_expect_result(struct broker *b, struct world *w, const char *number, bool is_success)
{
    const struct kept *kept = find(b, number);
    struct msvc_json_document *document = NULL;
    struct msvc_error err;

    if (kept == NULL || kept->result.length == 0) {
        world_fail(w, "nothing was published for %s", number);
        return;
    }
    if (!world_ok(w, msvc_json_parse(&document, kept->result.data, kept->result.length, NULL, &err),
                  &err))
        return;
    if (msvc_json_type(msvc_json_member(msvc_json_root(document), "success")) !=
        (is_success ? MSVC_JSON_TRUE : MSVC_JSON_FALSE))
        world_fail(w, "published was %.*s", (int)kept->result.length, kept->result.data);
    msvc_json_free(document);
}

void broker_expect_no_result(struct broker *b, struct world *w)
{
    for (size_t i = 0; i < b->count; i++) {
        if (b->pacts[i].result.length > 0)
            world_fail(w, "published was %.*s", (int)b->pacts[i].result.length,
                       b->pacts[i].result.data);
    }
}
