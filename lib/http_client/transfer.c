/* SPDX-License-Identifier: MIT */
/*
 * One attempt: drive libcurl's multi handle ourselves, so that a cancel token
 * ends the wait at once, and say truthfully how far the request got.
 */
#include "http_client/client_internal.h"

#include <ctype.h>
#include <string.h>

#include <msvc/cancel.h>
#include <msvc/clock.h>
#include <msvc/error.h>

#define DEFAULT_ANSWER_LIMIT ((size_t)16 << 20)
#define HEADERS_LIMIT        ((size_t)256 << 10)
#define HEADER_COUNT_LIMIT   256
#define POLL_MOST_MS         1000

static size_t write_body(char *data, size_t size, size_t count, void *user)
{
    struct msvc__transfer *t = user;

    msvc_buffer_bytes(&t->body, data, size * count);
    t->is_too_long = t->is_too_long || msvc_buffer_status(&t->body) == MSVC_ERR_LIMIT;
    return msvc_buffer_status(&t->body) == 0 ? size * count : 0;
}

/* A new status line starts over: only the headers of the final answer count. */
static size_t write_header(char *line, size_t size, size_t count, void *user)
{
    struct msvc__transfer *t = user;
    size_t length = size * count;
    const char *colon = memchr(line, ':', length);
    const char *value;
    const char *end = line + length;

    if (length >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        msvc_buffer_truncate(&t->received, 0);
        t->received_count = 0;
    } else if (colon != NULL) {
        for (value = colon + 1; value < end && (*value == ' ' || *value == '\t'); value++)
            ;
        while (end > value && isspace((unsigned char)end[-1]))
            end--;
        msvc_buffer_bytes(&t->received, line, (size_t)(colon - line));
        msvc_buffer_byte(&t->received, '\0');
        msvc_buffer_bytes(&t->received, value, (size_t)(end - value));
        msvc_buffer_byte(&t->received, '\0');
        t->received_count++;
    }
    t->is_too_long = t->is_too_long || t->received_count > HEADER_COUNT_LIMIT ||
                     msvc_buffer_status(&t->received) == MSVC_ERR_LIMIT;
    return msvc_buffer_status(&t->received) == 0 && !t->is_too_long ? length : 0;
}

static CURLcode drive(struct msvc__transfer *t, struct msvc__connection *connection)
{
    struct curl_waitfd cancel = { .fd = msvc_cancel_fd(t->request->cancel),
                                  .events = CURL_WAIT_POLLIN };
    unsigned extra = t->request->cancel != NULL ? 1 : 0;
    int running = 1;
    int queued;
    CURLMsg *message;

    while (curl_multi_perform(connection->multi, &running) == CURLM_OK && running > 0) {
        if (curl_multi_poll(connection->multi, &cancel, extra, POLL_MOST_MS, NULL) != CURLM_OK)
            return CURLE_OUT_OF_MEMORY;
        if (msvc_cancel_is_requested(t->request->cancel)) {
            t->was_cancelled = true;
            return CURLE_ABORTED_BY_CALLBACK;
        }
    }
    message = curl_multi_info_read(connection->multi, &queued);
    return message != NULL && message->msg == CURLMSG_DONE ? message->data.result
                                                           : CURLE_OUT_OF_MEMORY;
}

/* Whether bytes of the request may have reached the peer. */
static bool may_have_arrived(CURL *easy)
{
    long sent = 0;

    (void)curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &sent);
    return sent > 0;
}

static int status_of(const struct msvc__transfer *t, CURLcode code, CURL *easy)
{
    if (t->was_cancelled)
        return MSVC_ERR_CANCELLED;
    if (t->is_too_long)
        return MSVC_ERR_LIMIT;
    switch (code) {
    case CURLE_OUT_OF_MEMORY:
        return MSVC_ERR_NOMEM;
    case CURLE_URL_MALFORMAT:
        return MSVC_ERR_INVALID;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
        return MSVC_ERR_UNAVAILABLE;
    case CURLE_OPERATION_TIMEDOUT:
        return may_have_arrived(easy) ? MSVC_ERR_TIMEOUT : MSVC_ERR_UNAVAILABLE;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
        return MSVC_ERR_AUTH;
    case CURLE_UNSUPPORTED_PROTOCOL: /* an answer without a status line */
    case CURLE_WEIRD_SERVER_REPLY:
        return MSVC_ERR_MALFORMED;
    default:
        return may_have_arrived(easy) ? MSVC_ERR_UNKNOWN : MSVC_ERR_UNAVAILABLE;
    }
}

static int make_answer(struct msvc__transfer *t, CURL *easy, struct msvc_http_answer **out)
{
    struct msvc_header headers[HEADER_COUNT_LIMIT + 1];
    size_t count = 0;
    const char *at = t->received.data;
    long status = 0;

    for (; count < t->received_count; count++) {
        headers[count].name = at;
        headers[count].value = at + strlen(at) + 1;
        at = headers[count].value + strlen(headers[count].value) + 1;
    }
    headers[count] = (struct msvc_header){ NULL, NULL };
    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return msvc_http_answer_new(out, (int)status, headers, t->body.data, t->body.length);
}

static int run_on(struct msvc__transfer *t, struct msvc__connection *connection,
                  struct msvc_http_answer **out, struct msvc_error *err)
{
    char detail[CURL_ERROR_SIZE] = "";
    CURLcode code;
    int status;

    (void)curl_easy_setopt(connection->easy, CURLOPT_ERRORBUFFER, detail);
    (void)curl_easy_setopt(connection->easy, CURLOPT_WRITEFUNCTION, write_body);
    (void)curl_easy_setopt(connection->easy, CURLOPT_WRITEDATA, t);
    (void)curl_easy_setopt(connection->easy, CURLOPT_HEADERFUNCTION, write_header);
    (void)curl_easy_setopt(connection->easy, CURLOPT_HEADERDATA, t);
    if (curl_multi_add_handle(connection->multi, connection->easy) != CURLM_OK)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "http", 0, "no memory for a transfer");
    code = drive(t, connection);
    if (code == CURLE_OK)
        status = make_answer(t, connection->easy, out);
    else
        status = status_of(t, code, connection->easy);
    (void)curl_multi_remove_handle(connection->multi, connection->easy);
    if (status < 0)
        (void)msvc_error_set(err, status, "http", (int)code, "%s %s:%u: %s",
                             t->request->method != NULL ? t->request->method : "GET", t->peer->host,
                             (unsigned)t->peer->port,
                             detail[0] != '\0' ? detail : msvc_status_text(status));
    return status;
}

int msvc__transfer_run(struct msvc__transfer *t, struct msvc_http_answer **out,
                       struct msvc_error *err)
{
    struct msvc__connection *connection;
    int status = msvc__pool_take(&t->peer->pool, t->deadline_ns, t->request->cancel, &connection);

    if (status < 0)
        return msvc_error_set(err, status == MSVC_ERR_TIMEOUT ? MSVC_ERR_UNAVAILABLE : status,
                              "http", 0, "%s:%u: no connection came free in time", t->peer->host,
                              (unsigned)t->peer->port);
    t->body.limit = t->request->answer_limit > 0 ? t->request->answer_limit : DEFAULT_ANSWER_LIMIT;
    t->received.limit = HEADERS_LIMIT;
    status = msvc__request_set_up(t, connection->easy);
    if (status == 0)
        status = run_on(t, connection, out, err);
    else
        (void)msvc_error_set(err, status, "http", 0, "no memory for a request");
    curl_easy_reset(connection->easy);
    msvc__pool_give(&t->peer->pool, connection, status == MSVC_ERR_CANCELLED);
    curl_slist_free_all(t->headers);
    msvc_buffer_clear(&t->body);
    msvc_buffer_clear(&t->received);
    return status;
}
