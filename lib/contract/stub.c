/* SPDX-License-Identifier: MIT */
/*
 * A router that takes every path and asks the pacts. It remembers nothing: the
 * same request gets the same interaction, whatever came before.
 */
#include <msvc/contract_stub.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/http_router.h>
#include <msvc/http_server.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"
#include "contract/generate_internal.h"
#include "contract/search_internal.h"
#include "contract/verify_internal.h"

#define BODY_LIMIT ((size_t)16 << 20)

static const char *const methods[] = { "DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT" };

/* Constant once it answers. */
struct msvc_pact_stub {
    struct msvc_pact **pacts;
    size_t count;
    struct msvc__regex *state; /* NULL: any */
    char *state_header;        /* NULL: none */
    bool has_cors;
    struct msvc_http_router *router;
    struct msvc_http_server *server; /* NULL without a listener */
    char url[128];
};

static bool has_state(const struct msvc__interaction *one, const char *name)
{
    for (size_t i = 0; i < one->state_count; i++) {
        if (strcmp(one->states[i].name, name) == 0)
            return true;
    }
    return false;
}

static bool is_offered(const struct msvc_pact_stub *stub, const struct msvc__interaction *one,
                       const char *state)
{
    if (one->kind != MSVC_PACT_KIND_HTTP || (state != NULL && !has_state(one, state)))
        return false;
    return stub->state == NULL || msvc__filter_has_state(stub->state, one);
}

static int search(struct msvc__search *s, const struct msvc_pact_stub *stub, const char *state,
                  const struct msvc__part *request)
{
    int status = 0;

    for (size_t i = 0; i < stub->count; i++) {
        const struct msvc_pact *pact = stub->pacts[i];

        for (size_t k = 0; status == 0 && s->found == NULL && k < pact->count; k++) {
            if (is_offered(stub, pact->interactions[k], state))
                status = msvc__search_try(s, pact->interactions[k], k, false, request);
        }
    }
    return status;
}

/* Values that are to be made anew are made for each answer. */
static void reply(struct msvc_http_exchange *x, const struct msvc_pact_stub *stub,
                  const struct msvc__part *response)
{
    const struct msvc__generate_context context = { .mock_url = stub->url };
    struct msvc__part made = { .is_request = false };
    struct msvc_error err;

    if (response->generators.count == 0) {
        msvc__exchange_reply(x, response);
        return;
    }
    if (msvc__generators_apply(&made, response, MSVC__GENERATE_FOR_CONSUMER, &context, &err) == 0)
        msvc__exchange_reply(x, &made);
    else
        msvc_http_reply_problem(x, 500, NULL, err.message);
    msvc__part_clear(&made);
}

static void handle(struct msvc_http_exchange *x, void *user)
{
    const struct msvc_pact_stub *stub = user;
    const char *state =
        stub->state_header != NULL ? msvc_http_header(x, stub->state_header, 0) : NULL;
    struct msvc__part request = { .is_request = true };
    struct msvc__search s = { .found = NULL };
    int status = msvc__exchange_read(&request, x);

    if (status == 0)
        status = search(&s, stub, state, &request);
    if (stub->has_cors)
        msvc_http_reply_header(x, "Access-Control-Allow-Origin", "*");
    if (status < 0)
        msvc_http_reply_problem(x, 500, NULL, "out of memory");
    else if (s.found != NULL)
        reply(x, stub, &s.found->responses[0]);
    else if (stub->has_cors && strcmp(request.method, "OPTIONS") == 0)
        msvc__exchange_reply_preflight(x);
    else
        msvc__exchange_refuse(x, 404, &s);
    msvc__mismatches_clear(&s.differences);
    msvc__part_clear(&request);
}

static int listen(struct msvc_pact_stub *stub, const struct msvc_pact_stub_options *o,
                  struct msvc_error *err)
{
    int status = msvc_http_server_start(
        &stub->server, stub->router,
        MSVC_HTTP_SERVER_OPTIONS(.address = o->address, .worker_count = 2,
                                 .tls_certificate = o->tls_certificate, .tls_key = o->tls_key),
        err);

    if (status == 0)
        (void)snprintf(stub->url, sizeof(stub->url), "%s://%s",
                       o->tls_certificate != NULL ? "https" : "http",
                       msvc_http_server_address(stub->server));
    return status;
}

static int make_router(struct msvc_pact_stub *stub)
{
    int status =
        msvc_http_router_new(&stub->router, MSVC_HTTP_ROUTER_OPTIONS(.body_limit = BODY_LIMIT));

    for (size_t i = 0; status == 0 && i < sizeof(methods) / sizeof(methods[0]); i++)
        status = msvc_http_route(stub->router, methods[i], "/{path...}", handle, stub, NULL);
    return status;
}

static int start(struct msvc_pact_stub *stub, struct msvc_pact *const *pacts,
                 const struct msvc_pact_stub_options *o, struct msvc_error *err)
{
    int status;

    stub->has_cors = o->has_cors;
    stub->pacts = msvc__new_array(stub->count + 1, sizeof(struct msvc_pact *));
    stub->state_header = msvc__copy_text(o->state_header);
    if (stub->pacts == NULL || (o->state_header != NULL && stub->state_header == NULL))
        return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
    for (size_t i = 0; i < stub->count; i++)
        stub->pacts[i] = pacts[i];
    status = msvc__filter_regex(&stub->state, o->state, "state", err);
    if (status < 0)
        return status;
    status = make_router(stub);
    if (status < 0)
        return msvc_error_set(err, status, MSVC__CONTRACT, 0, "%s", msvc_status_text(status));
    return o->has_no_listener ? 0 : listen(stub, o, err);
}

int msvc_pact_stub_start(struct msvc_pact_stub **out, struct msvc_pact *const *pacts, size_t count,
                         const struct msvc_pact_stub_options *options, struct msvc_error *err)
{
    struct msvc_pact_stub_options o;
    struct msvc_pact_stub *stub;
    bool is_whole = out != NULL && (pacts != NULL || count == 0);
    int status;

    for (size_t i = 0; is_whole && i < count; i++)
        is_whole = pacts[i] != NULL;
    status = is_whole ? msvc__options_copy(&o, sizeof(o), options) : MSVC_ERR_INVALID;
    if (status < 0)
        return msvc_error_set(err, status, MSVC__CONTRACT, 0, "%s", msvc_status_text(status));
    stub = msvc__new(sizeof(*stub));
    if (stub == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
    stub->count = count;
    status = start(stub, pacts, &o, err);
    if (status < 0)
        msvc_pact_stub_free(stub);
    else
        *out = stub;
    return status;
}

void msvc_pact_stub_free(struct msvc_pact_stub *stub)
{
    if (stub == NULL)
        return;
    msvc_http_server_free(stub->server);
    msvc_http_router_free(stub->router);
    msvc__regex_free(stub->state);
    free(stub->state_header);
    free(stub->pacts);
    free(stub);
}

const char *msvc_pact_stub_url(const struct msvc_pact_stub *stub)
{
    return stub != NULL ? stub->url : "";
}

int msvc_pact_stub_transport(struct msvc_http_transport **out, struct msvc_pact_stub *stub)
{
    return out != NULL && stub != NULL ? msvc_http_router_transport(out, stub->router)
                                       : MSVC_ERR_INVALID;
}
