/* SPDX-License-Identifier: MIT */
/*
 * A call is attempts: each asks the breaker and has a client span around it, so
 * that what the trace shows is what went over the wire.
 */
#include "http_client/call_internal.h"

#include <stdio.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/telemetry.h>

#include "base/fork_internal.h"
#include "http_client/endpoint_internal.h"

#define SLOW_MS   500
#define NS_PER_MS 1000000

static const struct msvc_http_client_options *options_of(const struct msvc__call *call)
{
    return &call->peer->client->options;
}

static struct msvc_span *start_span(const struct msvc__attempt *attempt)
{
    const struct msvc__call *call = attempt->call;
    const char *target = call->request->target;

    if (options_of(call)->telemetry == NULL)
        return NULL;
    return msvc_span_start(
        msvc_telemetry_tracer(options_of(call)->telemetry), call->request->method,
        MSVC_SPAN_OPTIONS(.kind = MSVC_SPAN_CLIENT, .parent = call->request->parent,
                          .attributes = MSVC_ATTRIBUTES(
                              MSVC_STR("http.request.method", call->request->method),
                              MSVC_STR("server.address", attempt->endpoint->host->name),
                              MSVC_I64("server.port", attempt->endpoint->host->port),
                              MSVC_STRN("url.path", target, strcspn(target, "?")),
                              MSVC_I64("http.request.resend_count",
                                       (int64_t)attempt->run->number - 1))));
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
static uint64_t retry_after_ms(const struct msvc__call *call, const struct msvc_http_answer *answer)
{
    const char *text = msvc_http_answer_header(answer, "Retry-After", 0);
    uint64_t wait_ms = 0;

    if (text != NULL && msvc_retry_after_parse(&wait_ms, text, strlen(text),
                                               msvc_clock_wall_ns(options_of(call)->clock)) < 0)
        wait_ms = 0;
    return wait_ms;
}

/*
 * How an HTTP status counts for breaker and retries. Whatever it is, the peer
 * has had the request: only what is idempotent may go there again.
 */
int msvc__http_judge(int http_status, enum msvc_outcome *outcome)
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

static void warn_if_slow(const struct msvc__attempt *attempt, uint64_t took_ns)
{
    const struct msvc__call *call = attempt->call;

    if (took_ns / NS_PER_MS >= SLOW_MS)
        msvc_log_warn(msvc_telemetry_log(options_of(call)->telemetry), "slow answer",
                      MSVC_STR("http.request.method", call->request->method),
                      MSVC_STR("server.address", attempt->endpoint->host->name),
                      MSVC_I64("server.port", attempt->endpoint->host->port),
                      MSVC_I64("duration_ms", (int64_t)(took_ns / NS_PER_MS)));
}

static uint64_t deadline_of(const struct msvc__peer *peer,
                            const struct msvc_http_request_options *request)
{
    const struct msvc_http_client_options *options = &peer->client->options;

    uint64_t own_ns = request->deadline_ns != 0
                          ? request->deadline_ns
                          : msvc_deadline_in(options->clock, options->timeout_ms);

    return msvc_deadline_earlier(own_ns, msvc_deadline_current());
}

int msvc__call_begin(struct msvc__call *call, struct msvc__peer *peer,
                     const struct msvc_http_request_options *request, struct msvc_error *err)
{
    const struct msvc_http_client *client = peer->client;

    if (peer->generation != msvc__fork_generation())
        return msvc_error_set(err, MSVC_ERR_STATE, "http", 0,
                              "the connections belong to the process before the fork");
    call->peer = peer;
    call->request = request;
    call->err = err;
    call->noted = 0;
    call->answer = NULL;
    call->has_final = false;
    call->last_id = 0;
    for (int i = 0; i < MSVC_RUN_AT_ONCE_MAX; i++)
        call->attempts[i].run = NULL;
    return msvc_run_begin(&call->run,
                          client->options.policy != NULL ? client->options.policy : client->policy,
                          MSVC_CALL_OPTIONS(.deadline_ns = deadline_of(peer, request),
                                            .is_idempotent = msvc__request_is_idempotent(request),
                                            .cancel = request->cancel),
                          NULL);
}

/* Only one endpoint: its name is worth telling. */
static const struct msvc__host *host_of(const struct msvc__call *call)
{
    return &call->peer->hosts[0];
}

static void keep_error(struct msvc__call *call, int status, const char *why)
{
    call->noted = status;
    (void)msvc_error_set(call->err, status, "http", 0, "%s:%u: %s", host_of(call)->name,
                         (unsigned)host_of(call)->port, why);
}

/* The place of an attempt of the run; that of NULL is a free one. */
static struct msvc__attempt *place_of(struct msvc__call *call, const struct msvc_attempt *run)
{
    struct msvc__attempt *attempt = call->attempts;

    while (attempt->run != run)
        attempt++;
    return attempt;
}

static void fill_transfer(struct msvc__attempt *attempt)
{
    struct msvc__call *call = attempt->call;
    const struct msvc_http_request_options *request = call->request;

    attempt->transfer = (struct msvc__transfer){
        .peer = call->peer,
        .endpoint = attempt->endpoint,
        .request = request,
        .context = attempt->span != NULL ? msvc_span_context(attempt->span) : request->parent,
        .idempotency_key = request->idempotency_key,
        .deadline_ns = attempt->run->deadline_ns,
        .user = attempt,
    };
    if (attempt->transfer.context == NULL)
        attempt->transfer.context = msvc_trace_current();
}

/* Choose where the run's attempt goes. False: nowhere, and the run knows. */
static bool set_up(struct msvc__call *call, struct msvc__attempt *attempt)
{
    uint64_t now_ns = msvc_clock_monotonic_ns(options_of(call)->clock);

    msvc__resolver_step(call->peer, now_ns);
    attempt->call = call;
    attempt->run = call->run.attempt;
    attempt->handle = NULL;
    attempt->began_ns = now_ns;
    if (msvc__endpoint_choose(call->peer, call->last_id, now_ns, &attempt->endpoint,
                              &attempt->permit) < 0) {
        keep_error(call, MSVC_ERR_REJECTED, "its breaker is open");
        attempt->run->has_outcome = true;
        attempt->run->outcome = MSVC_OUTCOME_IGNORED;
        (void)msvc_run_report(&call->run, attempt->run, MSVC_ERR_STATE, now_ns);
        attempt->run = NULL;
        return false;
    }
    call->last_id = attempt->endpoint->id;
    attempt->span = start_span(attempt);
    fill_transfer(attempt);
    return true;
}

enum msvc_run_step msvc__call_next(struct msvc__call *call, struct msvc__attempt **out)
{
    for (;;) {
        enum msvc_run_step step = msvc_run_next(&call->run, 0);

        if (step == MSVC_RUN_ATTEMPT) {
            *out = place_of(call, NULL);
            if (!set_up(call, *out))
                continue;
        } else if (step == MSVC_RUN_STOP) {
            *out = place_of(call, call->run.attempt);
        }
        return step;
    }
}

/* Of several answers the one that the run took is the call's; else the last one. */
static void keep_answer(struct msvc__call *call, struct msvc_http_answer *answer, bool is_result)
{
    if (answer == NULL)
        return;
    if (call->has_final) {
        msvc_http_answer_free(answer);
        return;
    }
    msvc_http_answer_free(call->answer);
    call->answer = answer;
    call->has_final = is_result;
}

static void attempt_ended(struct msvc__attempt *attempt, int status, enum msvc_outcome outcome,
                          struct msvc_http_answer *answer)
{
    struct msvc__call *call = attempt->call;
    uint64_t now_ns = msvc_clock_monotonic_ns(options_of(call)->clock);
    uint64_t took_ns = now_ns - attempt->began_ns;
    struct msvc_attempt *run = attempt->run;

    if (status < 0)
        call->noted = status;
    if (attempt->span != NULL)
        end_span(attempt->span, status, answer);
    warn_if_slow(attempt, took_ns);
    if (answer != NULL) {
        status = msvc__http_judge(msvc_http_answer_status(answer), &outcome);
        if (outcome == MSVC_OUTCOME_REJECTED)
            run->retry_after_ms = retry_after_ms(call, answer);
    }
    run->has_outcome = true;
    run->outcome = outcome;
    msvc__endpoint_done(call->peer, attempt->endpoint, &attempt->permit, outcome,
                        run->retry_after_ms, took_ns, now_ns);
    attempt->run = NULL;
    keep_answer(call, answer, msvc_run_report(&call->run, run, status, now_ns));
}

void msvc__call_failed(struct msvc__attempt *attempt, int status)
{
    attempt_ended(attempt, status, MSVC_OUTCOME_IGNORED, NULL);
}

int msvc__call_launch(struct msvc__attempt *attempt, CURLM *multi, struct msvc__handle **idle)
{
    struct msvc__handle *handle = msvc__handle_take(idle, options_of(attempt->call));
    int status = MSVC_ERR_NOMEM;

    if (handle != NULL) {
        status = msvc__transfer_begin(&attempt->transfer, handle, attempt->call->err);
        if (status == 0 && curl_multi_add_handle(multi, handle->easy) != CURLM_OK)
            status = MSVC_ERR_NOMEM;
        if (status < 0)
            msvc__handle_give(idle, handle);
    }
    if (status < 0) {
        if (status == MSVC_ERR_NOMEM)
            keep_error(attempt->call, status, "no memory for a transfer");
        msvc__call_failed(attempt, status);
        return status;
    }
    attempt->handle = handle;
    return 0;
}

/* A call by name tells which of a name's addresses can be reached. */
static void note_address(const struct msvc__attempt *attempt)
{
    char *address = NULL;

    if (attempt->call->peer->resolver == NULL || attempt->endpoint->address[0] != '\0')
        return;
    if (curl_easy_getinfo(attempt->handle->easy, CURLINFO_PRIMARY_IP, &address) == CURLE_OK &&
        address != NULL && address[0] != '\0')
        msvc__resolver_reached(attempt->call->peer, attempt->endpoint, address);
}

void msvc__call_landed(struct msvc__attempt *attempt, CURLM *multi, struct msvc__handle **idle,
                       CURLcode code)
{
    struct msvc_http_answer *answer = NULL;
    int status;

    (void)curl_multi_remove_handle(multi, attempt->handle->easy);
    status = msvc__transfer_end(attempt->handle, code, &answer, attempt->call->err);
    if (status == 0)
        note_address(attempt);
    msvc__handle_give(idle, attempt->handle);
    attempt_ended(attempt, status, msvc_outcome_of(status), answer);
}

void msvc__call_stop(struct msvc__attempt *attempt, CURLM *multi, struct msvc__handle **idle)
{
    bool is_late =
        attempt->run->deadline_ns != 0 &&
        msvc_clock_monotonic_ns(options_of(attempt->call)->clock) >= attempt->run->deadline_ns;

    msvc__call_landed(attempt, multi, idle,
                      is_late ? CURLE_OPERATION_TIMEDOUT : CURLE_ABORTED_BY_CALLBACK);
}

int msvc__call_collect(CURLM *multi, struct msvc__handle **idle)
{
    CURLMsg *message;
    int queued;
    int count = 0;

    while ((message = curl_multi_info_read(multi, &queued)) != NULL) {
        CURLcode code = message->data.result;
        char *handle = NULL;

        if (message->msg != CURLMSG_DONE ||
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &handle) != CURLE_OK)
            continue;
        msvc__call_landed(((struct msvc__handle *)(void *)handle)->transfer->user, multi, idle,
                          code);
        count++;
    }
    return count;
}

/* An answer is an answer, whatever the policies thought of it. */
int msvc__call_end(struct msvc__call *call, struct msvc_http_answer **out)
{
    int status = call->run.status;

    if (call->answer != NULL && (status >= 0 || status != MSVC_ERR_CANCELLED)) {
        *out = call->answer;
        return 0;
    }
    msvc_http_answer_free(call->answer);
    if (status == MSVC_ERR_STATE) /* no endpoint would have it */
        return MSVC_ERR_REJECTED;
    if (call->noted == status)
        return status;
    keep_error(call, status,
               status == MSVC_ERR_TIMEOUT    ? "no answer in time"
               : status == MSVC_ERR_REJECTED ? "a policy did not allow it"
                                             : msvc_status_text(status));
    return status;
}
