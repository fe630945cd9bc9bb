/* SPDX-License-Identifier: MIT */
/*
 * A call is attempts: each asks the breaker and has a client span around it, so
 * that what the trace shows is what went over the wire.
 */
#include "http_client/call_internal.h"

#include <stdio.h>
#include <string.h>

#include <msvc/cancel.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/telemetry.h>

#include "base/fork_internal.h"

#define SLOW_MS   500
#define NS_PER_MS 1000000

static struct msvc_span *start_span(const struct msvc__call *call, unsigned attempt)
{
    const char *target = call->request->target;

    return msvc_span_start(
        msvc_telemetry_tracer(call->peer->client->options.telemetry), call->request->method,
        MSVC_SPAN_OPTIONS(.kind = MSVC_SPAN_CLIENT, .parent = call->request->parent,
                          .attributes = MSVC_ATTRIBUTES(
                              MSVC_STR("http.request.method", call->request->method),
                              MSVC_STR("server.address", call->peer->host),
                              MSVC_I64("server.port", call->peer->port),
                              MSVC_STRN("url.path", target, strcspn(target, "?")),
                              MSVC_I64("http.request.resend_count", (int64_t)attempt - 1))));
}

static void end_span(struct msvc_span *span, int status, const struct msvc_http_answer *answer)
{
    char code[16];

    if (status == 0) {
        msvc_span_set(span, MSVC_ATTRIBUTES(MSVC_I64("http.response.status_code",
                                                     msvc_http_answer_status(answer))));
        if (msvc_http_answer_status(answer) >= 400) {
            (void)snprintf(code, sizeof(code), "%d", msvc_http_answer_status(answer));
            msvc_span_set(span, MSVC_ATTRIBUTES(MSVC_STR("error.type", code)));
            msvc_span_set_status(span, MSVC_SPAN_ERROR, NULL);
        }
    } else {
        msvc_span_set(span, MSVC_ATTRIBUTES(MSVC_STR("error.type", msvc_status_name(status))));
        msvc_span_set_status(span, MSVC_SPAN_ERROR, msvc_status_text(status));
    }
    msvc_span_end(span);
}

/* The wait that the answer asks for; 0 when it does not. */
static uint64_t retry_after_ms(const struct msvc__call *call)
{
    const char *text = msvc_http_answer_header(call->answer, "Retry-After", 0);
    uint64_t wait_ms = 0;

    if (text != NULL &&
        msvc_retry_after_parse(&wait_ms, text, strlen(text),
                               msvc_clock_wall_ns(call->peer->client->options.clock)) < 0)
        wait_ms = 0;
    return wait_ms;
}

/*
 * How an HTTP status counts for breaker and retries. Whatever it is, the peer
 * has had the request: only what is idempotent may go there again.
 */
static int judge(int http_status, enum msvc_outcome *outcome)
{
    switch (http_status) {
    case 429:
    case 503:
        *outcome = MSVC_OUTCOME_REJECTED;
        return MSVC_ERR_UNKNOWN;
    case 502:
    case 504:
        *outcome = MSVC_OUTCOME_FAILURE;
        return MSVC_ERR_UNKNOWN;
    case 500:
        *outcome = MSVC_OUTCOME_FAILURE;
        return 0;
    default:
        *outcome = MSVC_OUTCOME_SUCCESS;
        return 0;
    }
}

static void warn_if_slow(const struct msvc__call *call, uint64_t took_ns)
{
    if (took_ns / NS_PER_MS >= SLOW_MS)
        msvc_log_warn(msvc_telemetry_log(call->peer->client->options.telemetry), "slow answer",
                      MSVC_STR("http.request.method", call->request->method),
                      MSVC_STR("server.address", call->peer->host),
                      MSVC_I64("server.port", call->peer->port),
                      MSVC_I64("duration_ms", (int64_t)(took_ns / NS_PER_MS)));
}

static uint64_t deadline_of(const struct msvc__peer *peer,
                            const struct msvc_http_request_options *request)
{
    const struct msvc_http_client_options *options = &peer->client->options;

    if (request->deadline_ns != 0)
        return request->deadline_ns;
    return msvc_deadline_in(options->clock, options->timeout_ms);
}

int msvc__call_begin(struct msvc__call *call, struct msvc__peer *peer,
                     const struct msvc_http_request_options *request, struct msvc_error *err)
{
    const struct msvc_http_client_options *options = &peer->client->options;

    if (peer->generation != msvc__fork_generation())
        return msvc_error_set(err, MSVC_ERR_STATE, "http", 0,
                              "the connections belong to the process before the fork");
    *call = (struct msvc__call){ .peer = peer, .request = request, .err = err };
    return msvc_retry_init(&call->retry,
                           MSVC_RETRY_OPTIONS(.attempts = options->attempts,
                                              .is_idempotent = msvc__request_is_idempotent(request),
                                              .budget = peer->client->budget,
                                              .clock = options->clock, .random = options->random),
                           deadline_of(peer, request));
}

static int rejected(struct msvc__call *call)
{
    return msvc_error_set(call->err, MSVC_ERR_REJECTED, "http", 0, "%s:%u: its breaker is open",
                          call->peer->host, (unsigned)call->peer->port);
}

static int too_late(struct msvc__call *call)
{
    return msvc_error_set(call->err, MSVC_ERR_TIMEOUT, "http", 0, "%s:%u: no answer in time",
                          call->peer->host, (unsigned)call->peer->port);
}

int msvc__call_attempt(struct msvc__call *call)
{
    const struct msvc_http_client_options *options = &call->peer->client->options;
    uint64_t now_ns = msvc_clock_monotonic_ns(options->clock);

    call->retry.holds_budget = false;
    if (msvc_cancel_is_requested(call->request->cancel))
        return MSVC_ERR_CANCELLED;
    if (now_ns >= call->retry.deadline_ns)
        return too_late(call);
    if (call->peer->breaker != NULL &&
        msvc_breaker_begin(call->peer->breaker, now_ns, &call->permit) < 0)
        return rejected(call);
    call->began_ns = now_ns;
    call->span = options->telemetry != NULL ? start_span(call, call->retry.attempt) : NULL;
    call->transfer = (struct msvc__transfer){
        .peer = call->peer,
        .request = call->request,
        .context = call->span != NULL ? msvc_span_context(call->span) : call->request->parent,
        .idempotency_key = call->request->idempotency_key,
        .deadline_ns = call->retry.deadline_ns,
        .now_ns = now_ns,
    };
    if (call->transfer.context == NULL)
        call->transfer.context = msvc_trace_current();
    return 0;
}

static void report(struct msvc__call *call, enum msvc_outcome outcome, uint64_t asked_ms,
                   uint64_t now_ns)
{
    struct msvc_breaker *breaker = call->peer->breaker;

    if (breaker == NULL)
        return;
    msvc_breaker_end(breaker, &call->permit, outcome, now_ns - call->began_ns, now_ns);
    if (outcome == MSVC_OUTCOME_REJECTED)
        msvc_breaker_open_for(breaker, asked_ms, now_ns);
}

int msvc__call_attempted(struct msvc__call *call, int status, struct msvc_http_answer *answer)
{
    uint64_t now_ns = msvc_clock_monotonic_ns(call->peer->client->options.clock);
    enum msvc_outcome outcome = msvc_outcome_of(status);

    if (call->span != NULL)
        end_span(call->span, status, answer);
    warn_if_slow(call, now_ns - call->began_ns);
    call->asked_ms = 0;
    if (status == 0) {
        msvc_http_answer_free(call->answer);
        call->answer = answer;
        status = judge(msvc_http_answer_status(answer), &outcome);
        if (outcome == MSVC_OUTCOME_REJECTED)
            call->asked_ms = retry_after_ms(call);
    }
    report(call, outcome, call->asked_ms, now_ns);
    return status;
}

/* A millisecond more than was asked for: the breaker that opened for as long rounds up. */
bool msvc__call_again(struct msvc__call *call, int status)
{
    uint64_t asked_ms = call->asked_ms;

    call->asked_ms = 0;
    return msvc_retry_again(&call->retry, status, asked_ms > 0 ? asked_ms + 1 : 0);
}

int msvc__call_give_up(struct msvc__call *call)
{
    if (call->retry.holds_budget)
        msvc_retry_budget_give_back(call->retry.options.budget);
    call->retry.holds_budget = false;
    return MSVC_ERR_CANCELLED;
}

/* An answer is an answer, whatever the policies thought of it. */
int msvc__call_end(struct msvc__call *call, int status, struct msvc_http_answer **out)
{
    if (call->answer != NULL && status != MSVC_ERR_CANCELLED) {
        *out = call->answer;
        return 0;
    }
    msvc_http_answer_free(call->answer);
    return status;
}

static int run_attempt(struct msvc__call *call)
{
    struct msvc__peer *peer = call->peer;
    struct msvc_cancel *cancel = call->request->cancel;
    struct msvc_http_answer *answer = NULL;
    struct msvc__connection *connection;
    int status = msvc__pool_take(&peer->pool, &peer->client->options, call->retry.deadline_ns,
                                 cancel, &connection);

    if (status < 0)
        return msvc_error_set(call->err, status == MSVC_ERR_TIMEOUT ? MSVC_ERR_UNAVAILABLE : status,
                              "http", 0, "%s:%u: no connection came free in time", peer->host,
                              (unsigned)peer->port);
    status = msvc__transfer_begin(&call->transfer, connection->handle, call->err);
    if (status == 0)
        status = msvc__transfer_end(connection->handle, msvc__connection_run(connection, cancel),
                                    &answer, call->err);
    msvc__pool_give(&peer->pool, connection, status == MSVC_ERR_CANCELLED);
    return msvc__call_attempted(call, status, answer);
}

int msvc__peer_call(struct msvc_http_transport *self,
                    const struct msvc_http_request_options *request, struct msvc_http_answer **out,
                    struct msvc_error *err)
{
    struct msvc_error ignored;
    struct msvc__call call;
    int status =
        msvc__call_begin(&call, (struct msvc__peer *)self, request, err != NULL ? err : &ignored);

    if (status < 0)
        return status;
    for (;;) {
        status = msvc__call_attempt(&call);
        if (status == 0)
            status = run_attempt(&call);
        if (!msvc__call_again(&call, status))
            break;
        status = msvc_retry_wait(&call.retry, request->cancel);
        if (status < 0)
            break;
    }
    return msvc__call_end(&call, status, out);
}
