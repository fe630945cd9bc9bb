/* SPDX-License-Identifier: MIT */
/*
 * A call is attempts under the policies (call.h), with a client span around
 * each attempt: what the trace shows is what went over the wire.
 */
#include "http_client/call_internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <msvc/call.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/telemetry.h>

#define SLOW_MS   500
#define NS_PER_MS 1000000

struct call {
    struct msvc__peer *peer;
    const struct msvc_http_request_options *request;
    struct msvc_http_answer *answer; /* of the last attempt that had one */
    struct msvc_error *err;
};

static const char *method_of(const struct call *call)
{
    return call->request->method != NULL ? call->request->method : "GET";
}

static struct msvc_span *start_span(const struct call *call, unsigned attempt)
{
    const char *target = call->request->target;

    return msvc_span_start(
        msvc_telemetry_tracer(call->peer->client->options.telemetry), method_of(call),
        MSVC_SPAN_OPTIONS(.kind = MSVC_SPAN_CLIENT, .parent = call->request->parent,
                          .attributes = MSVC_ATTRIBUTES(
                              MSVC_STR("http.request.method", method_of(call)),
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
static uint64_t retry_after_ms(const struct call *call)
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
static int judge(struct call *call, struct msvc_attempt *attempt)
{
    switch (msvc_http_answer_status(call->answer)) {
    case 429:
    case 503:
        attempt->retry_after_ms = retry_after_ms(call);
        attempt->has_outcome = true;
        attempt->outcome = MSVC_OUTCOME_REJECTED;
        return MSVC_ERR_UNKNOWN;
    case 502:
    case 504:
        return MSVC_ERR_UNKNOWN;
    case 500:
        attempt->has_outcome = true;
        attempt->outcome = MSVC_OUTCOME_FAILURE;
        return 0;
    default:
        return 0;
    }
}

static void warn_if_slow(const struct call *call, uint64_t began_ns)
{
    uint64_t now_ns = msvc_clock_monotonic_ns(call->peer->client->options.clock);
    uint64_t took_ms = (now_ns - began_ns) / NS_PER_MS;

    if (took_ms >= SLOW_MS)
        msvc_log_warn(msvc_telemetry_log(call->peer->client->options.telemetry), "slow answer",
                      MSVC_STR("http.request.method", method_of(call)),
                      MSVC_STR("server.address", call->peer->host),
                      MSVC_I64("server.port", call->peer->port),
                      MSVC_I64("duration_ms", (int64_t)took_ms));
}

static int attempt_call(struct msvc_attempt *attempt, void *user)
{
    struct call *call = user;
    struct msvc__transfer transfer = {
        .peer = call->peer,
        .request = call->request,
        .deadline_ns = attempt->deadline_ns,
    };
    struct msvc_span *span = start_span(call, attempt->number);
    struct msvc_http_answer *answer = NULL;
    uint64_t began_ns = msvc_clock_monotonic_ns(call->peer->client->options.clock);
    int status;

    transfer.context = span != NULL ? msvc_span_context(span) : call->request->parent;
    if (transfer.context == NULL)
        transfer.context = msvc_trace_current();
    status = msvc__transfer_run(&transfer, &answer, call->err);
    end_span(span, status, answer);
    warn_if_slow(call, began_ns);
    if (status < 0)
        return status;
    msvc_http_answer_free(call->answer);
    call->answer = answer;
    return judge(call, attempt);
}

static uint64_t deadline_of(const struct call *call)
{
    const struct msvc_http_client_options *options = &call->peer->client->options;

    if (call->request->deadline_ns != 0)
        return call->request->deadline_ns;
    return msvc_deadline_in(options->clock, options->timeout_ms);
}

/* An answer is an answer, whatever the policies thought of it. */
static int finish(struct call *call, int status, struct msvc_http_answer **out)
{
    if (call->answer != NULL && status != MSVC_ERR_CANCELLED) {
        *out = call->answer;
        return 0;
    }
    msvc_http_answer_free(call->answer);
    if (status == MSVC_ERR_REJECTED)
        return msvc_error_set(call->err, status, "http", 0, "%s:%u: its breaker is open",
                              call->peer->host, (unsigned)call->peer->port);
    if (status == MSVC_ERR_TIMEOUT)
        return msvc_error_set(call->err, status, "http", 0, "%s:%u: no answer in time",
                              call->peer->host, (unsigned)call->peer->port);
    return status;
}

int msvc__peer_call(struct msvc_http_transport *self,
                    const struct msvc_http_request_options *request, struct msvc_http_answer **out,
                    struct msvc_error *err)
{
    struct msvc__peer *peer = (struct msvc__peer *)self;
    struct msvc_error ignored;
    struct call call = { peer, request, NULL, err != NULL ? err : &ignored };
    int status;

    if (peer->pid != getpid())
        return msvc_error_set(err, MSVC_ERR_STATE, "http", 0,
                              "the connections belong to the process before the fork");
    status = msvc_call(peer->policy, attempt_call, &call,
                       MSVC_CALL_OPTIONS(.deadline_ns = deadline_of(&call),
                                         .is_idempotent = msvc__request_is_idempotent(request),
                                         .cancel = request->cancel));
    return finish(&call, status, out);
}
