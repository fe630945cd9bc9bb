/* SPDX-License-Identifier: MIT */
/* A router that takes every path and asks the pact. */
#include <msvc/contract_mock.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/http_router.h>
#include <msvc/http_server.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"
#include "contract/mock_internal.h"

#define BODY_LIMIT ((size_t)16 << 20)

static const char *const methods[] = { "DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT" };

static int add_routes(struct msvc_pact_mock *mock)
{
    int status = 0;

    for (size_t i = 0; status == 0 && i < sizeof(methods) / sizeof(methods[0]); i++)
        status =
            msvc_http_route(mock->router, methods[i], "/{path...}", msvc__mock_handle, mock, NULL);
    return status;
}

static int listen(struct msvc_pact_mock *mock, const struct msvc_pact_mock_options *options,
                  struct msvc_error *err)
{
    int status = msvc_http_server_start(
        &mock->server, mock->router,
        MSVC_HTTP_SERVER_OPTIONS(.address = options->address, .worker_count = 2,
                                 .tls_certificate = options->tls_certificate,
                                 .tls_key = options->tls_key),
        err);

    if (status == 0)
        (void)snprintf(mock->url, sizeof(mock->url), "%s://%s",
                       options->tls_certificate != NULL ? "https" : "http",
                       msvc_http_server_address(mock->server));
    return status;
}

/* A pact of messages needs no socket; an empty one refuses what comes. */
static bool has_requests(const struct msvc_pact *pact)
{
    for (size_t i = 0; i < pact->count; i++) {
        if (pact->interactions[i]->kind == MSVC_PACT_KIND_HTTP)
            return true;
    }
    return pact->count == 0;
}

static int start(struct msvc_pact_mock *mock, const struct msvc_pact_mock_options *options,
                 struct msvc_error *err)
{
    int status;

    mock->uses = msvc__new_array(mock->pact->count + 1, sizeof(*mock->uses));
    status = mock->uses != NULL
                 ? msvc_http_router_new(&mock->router,
                                        MSVC_HTTP_ROUTER_OPTIONS(.body_limit = BODY_LIMIT))
                 : MSVC_ERR_NOMEM;
    if (status == 0)
        status = add_routes(mock);
    if (status < 0)
        return msvc_error_set(err, status, MSVC__CONTRACT, 0, "%s", msvc_status_text(status));
    return options->has_no_listener || !has_requests(mock->pact) ? 0 : listen(mock, options, err);
}

int msvc_pact_mock_start(struct msvc_pact_mock **out, const struct msvc_pact *pact,
                         const struct msvc_pact_mock_options *options, struct msvc_error *err)
{
    struct msvc_pact_mock_options o;
    struct msvc_pact_mock *mock;
    int status =
        out != NULL && pact != NULL ? msvc__options_copy(&o, sizeof(o), options) : MSVC_ERR_INVALID;

    if (status < 0)
        return msvc_error_set(err, status, MSVC__CONTRACT, 0, "%s", msvc_status_text(status));
    mock = msvc__new(sizeof(*mock));
    if (mock == NULL || pthread_mutex_init(&mock->lock, NULL) != 0) {
        free(mock);
        return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
    }
    mock->pact = pact;
    mock->has_cors = o.has_cors;
    mock->random = o.random;
    mock->clock = o.clock;
    status = start(mock, &o, err);
    if (status < 0)
        msvc_pact_mock_free(mock);
    else
        *out = mock;
    return status;
}

void msvc_pact_mock_free(struct msvc_pact_mock *mock)
{
    if (mock == NULL)
        return;
    msvc_http_server_free(mock->server);
    msvc_http_router_free(mock->router);
    msvc__mock_clear_findings(mock);
    msvc_buffer_clear(&mock->report);
    (void)pthread_mutex_destroy(&mock->lock);
    free(mock->uses);
    free(mock);
}

int msvc__mock_generate(struct msvc__part *out, const struct msvc_pact_mock *mock,
                        const struct msvc__part *part, struct msvc_error *err)
{
    return msvc__generators_apply(out, part, MSVC__GENERATE_FOR_CONSUMER,
                                  &(struct msvc__generate_context){
                                      .random = mock->random,
                                      .clock = mock->clock,
                                      .mock_url = mock->url[0] != '\0' ? mock->url : NULL,
                                  },
                                  err);
}

const char *msvc_pact_mock_url(const struct msvc_pact_mock *mock)
{
    return mock != NULL ? mock->url : "";
}

int msvc_pact_mock_transport(struct msvc_http_transport **out, struct msvc_pact_mock *mock)
{
    return out != NULL && mock != NULL ? msvc_http_router_transport(out, mock->router)
                                       : MSVC_ERR_INVALID;
}

/* The first finding in one line. */
static int refuse(const struct msvc__finding *finding, struct msvc_error *err)
{
    const struct msvc_contract_mismatch *first = finding->mismatches.items;

    if (finding->shown.kind == MSVC_PACT_FINDING_UNUSED)
        return msvc_error_set(err, MSVC_ERR_NOT_FOUND, MSVC__CONTRACT, 0,
                              "the interaction \"%s\" was not used", finding->description);
    if (first == NULL)
        return msvc_error_set(err, MSVC_ERR_REFUSED, MSVC__CONTRACT, 0,
                              "unexpected %s %s; the pact is empty", finding->method,
                              finding->target);
    return msvc_error_set(err, MSVC_ERR_REFUSED, MSVC__CONTRACT, 0,
                          "unexpected %s %s; nearest is \"%s\", but %s %s: %s (expected %s, found "
                          "%s)",
                          finding->method, finding->target, finding->description, first->part,
                          first->path, first->message, first->expected, first->actual);
}

/* Under the lock. */
static int judge(struct msvc_pact_mock *mock, struct msvc_error *err)
{
    size_t unexpected = 0;

    msvc__mock_note_unused(mock);
    msvc_buffer_clear(&mock->report);
    for (size_t i = 0; i < mock->finding_count; i++) {
        msvc__mock_write_finding(&mock->report, &mock->findings[i]);
        unexpected += mock->findings[i].shown.kind != MSVC_PACT_FINDING_UNUSED;
    }
    if (mock->unexpected_count > unexpected)
        msvc_buffer_printf(&mock->report, "and %zu more requests that were not expected\n",
                           mock->unexpected_count - unexpected);
    if (mock->is_short || msvc_buffer_status(&mock->report) < 0)
        return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
    return mock->finding_count > 0 ? refuse(&mock->findings[0], err) : 0;
}

int msvc_pact_mock_check(struct msvc_pact_mock *mock, struct msvc_error *err)
{
    int status;

    if (mock == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0,
                              "expected a mock, found NULL");
    (void)pthread_mutex_lock(&mock->lock);
    status = judge(mock, err);
    (void)pthread_mutex_unlock(&mock->lock);
    return status;
}

const char *msvc_pact_mock_report(const struct msvc_pact_mock *mock)
{
    return mock != NULL && mock->report.data != NULL ? mock->report.data : "";
}

size_t msvc_pact_mock_finding_count(const struct msvc_pact_mock *mock)
{
    return mock != NULL ? mock->finding_count : 0;
}

const struct msvc_pact_finding *msvc_pact_mock_finding(const struct msvc_pact_mock *mock,
                                                       size_t index)
{
    return index < msvc_pact_mock_finding_count(mock) ? &mock->findings[index].shown : NULL;
}
