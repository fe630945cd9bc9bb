/* SPDX-License-Identifier: MIT */
/* A handle of the user's own keeps its connections: it is performed as it is, not in a multi handle
 * of ours. */
#include <msvc/http_curl.h>

#include <string.h>

#include <msvc/call.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/trace.h>

#include "base/number_internal.h"
#include "base/options_internal.h"
#include "http_client/call_internal.h"

#define DEFAULT_TIMEOUT_MS 3000
#define NS_PER_MS          1000000
#define TIMEOUT_MOST_MS    INT32_MAX
#define HEADERS            3

struct perform {
    CURL *curl;
    struct msvc_http_curl_options options;
    struct msvc_error *err; /* never NULL */
    bool has_answer;        /* of the last attempt */
    long http_status;
    char detail[CURL_ERROR_SIZE];
    struct msvc_buffer lines;
    struct curl_slist nodes[HEADERS]; /* in front of the user's */
};

static void add_line(struct perform *p, const char *name, const char *value)
{
    msvc_buffer_text(&p->lines, name);
    msvc_buffer_text(&p->lines, ": ");
    msvc_buffer_bytes(&p->lines, value, strlen(value) + 1);
}

static int set_headers(struct perform *p, uint64_t left_ns)
{
    const struct msvc_trace_context *context =
        p->options.parent != NULL ? p->options.parent : msvc_trace_current();
    char traceparent[MSVC_TRACEPARENT_SIZE];
    char number[MSVC__NUMBER_SIZE];
    size_t count = 0;

    msvc_buffer_truncate(&p->lines, 0);
    (void)msvc__format_uint(number, left_ns / NS_PER_MS);
    add_line(p, MSVC_HTTP_TIMEOUT_HEADER, number);
    if (msvc_trace_context_is_valid(context)) {
        msvc_trace_context_traceparent(traceparent, context);
        add_line(p, "traceparent", traceparent);
        if (context->tracestate[0] != '\0')
            add_line(p, "tracestate", context->tracestate);
    }
    if (msvc_buffer_status(&p->lines) < 0)
        return MSVC_ERR_NOMEM;
    for (char *at = p->lines.data; at < p->lines.data + p->lines.length; at += strlen(at) + 1) {
        p->nodes[count] = (struct curl_slist){ at, p->options.headers };
        if (count > 0)
            p->nodes[count - 1].next = &p->nodes[count];
        count++;
    }
    (void)curl_easy_setopt(p->curl, CURLOPT_HTTPHEADER, p->nodes);
    return 0;
}

static void set_limits(const struct perform *p, uint64_t left_ns)
{
    uint64_t left_ms = left_ns / NS_PER_MS + 1;

    (void)curl_easy_setopt(p->curl, CURLOPT_TIMEOUT_MS,
                           left_ms < TIMEOUT_MOST_MS ? (long)left_ms : (long)TIMEOUT_MOST_MS);
    (void)curl_easy_setopt(p->curl, CURLOPT_QUICK_EXIT, 1L);
    (void)curl_easy_setopt(p->curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(p->curl, CURLOPT_FRESH_CONNECT, p->options.is_idempotent ? 0L : 1L);
}

/* What the status of an answer means for the policies. */
static int judge_answer(struct perform *p, struct msvc_attempt *attempt)
{
    curl_off_t asked_s = 0;
    int status;

    p->has_answer = true;
    (void)curl_easy_getinfo(p->curl, CURLINFO_RESPONSE_CODE, &p->http_status);
    attempt->has_outcome = true;
    status = msvc__http_judge((int)p->http_status, &attempt->outcome);
    if (attempt->outcome == MSVC_OUTCOME_REJECTED &&
        curl_easy_getinfo(p->curl, CURLINFO_RETRY_AFTER, &asked_s) == CURLE_OK && asked_s > 0)
        attempt->retry_after_ms = (uint64_t)asked_s * 1000;
    return status;
}

static int attempt_once(struct msvc_attempt *attempt, void *user)
{
    struct perform *p = user;
    uint64_t now_ns = msvc_clock_monotonic_ns(NULL);
    uint64_t left_ns = attempt->deadline_ns > now_ns ? attempt->deadline_ns - now_ns : 0;
    CURLcode code;
    int status;

    if (attempt->number > 1 && p->options.restart != NULL)
        p->options.restart(p->options.user);
    p->has_answer = false;
    if (set_headers(p, left_ns) < 0)
        return msvc_error_set(p->err, MSVC_ERR_NOMEM, "http", 0, "no memory for headers");
    set_limits(p, left_ns);
    p->detail[0] = '\0';
    code = curl_easy_perform(p->curl);
    if (code == CURLE_OK)
        return judge_answer(p, attempt);
    status = msvc__transfer_status(code, p->curl);
    return msvc_error_set(p->err, status, "http", (int)code, "%s",
                          p->detail[0] != '\0' ? p->detail : curl_easy_strerror(code));
}

static void restore(struct perform *p)
{
    (void)curl_easy_setopt(p->curl, CURLOPT_HTTPHEADER, p->options.headers);
    (void)curl_easy_setopt(p->curl, CURLOPT_ERRORBUFFER, NULL);
    (void)curl_easy_setopt(p->curl, CURLOPT_TIMEOUT_MS, 0L);
    (void)curl_easy_setopt(p->curl, CURLOPT_QUICK_EXIT, 0L);
    (void)curl_easy_setopt(p->curl, CURLOPT_NOSIGNAL, 0L);
    (void)curl_easy_setopt(p->curl, CURLOPT_FRESH_CONNECT, 0L);
    msvc_buffer_clear(&p->lines);
}

static uint64_t deadline_of(const struct msvc_http_curl_options *options)
{
    unsigned timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : DEFAULT_TIMEOUT_MS;
    uint64_t own_ns =
        options->deadline_ns != 0 ? options->deadline_ns : msvc_deadline_in(NULL, timeout_ms);

    return msvc_deadline_earlier(own_ns, msvc_deadline_current());
}

int msvc_http_curl_perform(void *curl, const struct msvc_policy *policy,
                           const struct msvc_http_curl_options *options, int *http_status,
                           struct msvc_error *err)
{
    struct perform p = { .curl = curl };
    struct msvc_error own = { .status = 0 };
    int status;

    if (curl == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0, "expected a handle");
    status = msvc__options_copy(&p.options, sizeof(p.options), options);
    if (status < 0)
        return msvc_error_set(err, status, "http", 0, "options of a newer version");
    p.err = &own;
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, p.detail);
    status = msvc_call(policy, attempt_once, &p,
                       MSVC_CALL_OPTIONS(.deadline_ns = deadline_of(&p.options),
                                         .is_idempotent = p.options.is_idempotent,
                                         .cancel = p.options.cancel));
    restore(&p);
    if (p.has_answer && status != MSVC_ERR_CANCELLED) {
        if (http_status != NULL)
            *http_status = (int)p.http_status;
        return 0;
    }
    if (own.status == status && err != NULL)
        *err = own;
    return own.status == status
               ? status
               : msvc_error_set(err, status, "http", 0, "%s", msvc_status_text(status));
}
