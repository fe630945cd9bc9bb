/* SPDX-License-Identifier: MIT */
#include "http_client_support.h"

#include <stdio.h>

#include <msvc/clock.h>

void client_to_port(struct client_fixture *f, int port, struct msvc_http_client_options options)
{
    char url[64];

    options.size = sizeof(options);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d", port);
    assert_int_equal(msvc_http_client_new(&f->client, &options, &f->err), 0);
    assert_int_equal(msvc_http_client_transport(&f->transport, f->client, url, &f->err), 0);
}

void client_start(struct client_fixture *f, const struct http_peer_answer *answers,
                  struct msvc_http_client_options options)
{
    memset(f, 0, sizeof(*f));
    assert_int_equal(http_peer_start(&f->peer, answers), 0);
    client_to_port(f, f->peer.port, options);
}

void client_stop(struct client_fixture *f)
{
    msvc_http_answer_free(f->answer);
    msvc_http_transport_free(f->transport);
    msvc_http_client_free(f->client);
    if (f->peer.port != 0)
        http_peer_stop(&f->peer);
}

int client_call(struct client_fixture *f, const struct msvc_http_request_options *request)
{
    msvc_http_answer_free(f->answer);
    f->answer = NULL;
    return msvc_http_call(f->transport, request, &f->answer, &f->err);
}

int client_get(struct client_fixture *f)
{
    return client_call(f, MSVC_HTTP_REQUEST(.target = "/a"));
}

int client_post(struct client_fixture *f, const char *body, const char *idempotency_key)
{
    return client_call(f, MSVC_HTTP_REQUEST(.method = "POST", .target = "/a", .body = body,
                                            .body_length = strlen(body),
                                            .idempotency_key = idempotency_key));
}

int client_answer(const struct client_fixture *f)
{
    return msvc_http_answer_status(f->answer);
}

uint64_t client_now_ms(void)
{
    return msvc_clock_monotonic_ns(NULL) / 1000000;
}
