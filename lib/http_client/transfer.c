/* SPDX-License-Identifier: MIT */
/* One attempt: receive its answer, and say truthfully how far the request got. */
#include "http_client/client_internal.h"

#include <ctype.h>
#include <string.h>

#include <msvc/error.h>

#define HEADERS_LIMIT      ((size_t)256 << 10)
#define HEADER_COUNT_LIMIT 256
#define KEPT_BYTES         ((size_t)64 << 10)

static size_t write_body(char *data, size_t size, size_t count, void *user)
{
    struct msvc__handle *h = user;

    msvc_buffer_bytes(&h->body, data, size * count);
    h->transfer->is_too_long = msvc_buffer_status(&h->body) == MSVC_ERR_LIMIT;
    return msvc_buffer_status(&h->body) == 0 ? size * count : 0;
}

static char *put(char *at, const char *text, size_t length)
{
    memcpy(at, text, length);
    at[length] = '\0';
    return at + length + 1;
}

static void add_header(struct msvc__handle *h, const char *line, const char *colon, const char *end)
{
    const char *value = colon + 1;
    char *room = msvc_buffer_reserve(&h->received, (size_t)(end - line) + 2);
    char *at = room;

    if (room == NULL)
        return;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && isspace((unsigned char)end[-1]))
        end--;
    at = put(at, line, (size_t)(colon - line));
    at = put(at, value, (size_t)(end - value));
    msvc_buffer_added(&h->received, (size_t)(at - room));
    h->received_count++;
}

/* A new status line starts over: only the headers of the final answer count. */
static size_t write_header(char *line, size_t size, size_t count, void *user)
{
    struct msvc__handle *h = user;
    size_t length = size * count;
    const char *colon = memchr(line, ':', length);
    bool is_too_long;

    if (length >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        msvc_buffer_truncate(&h->received, 0);
        h->received_count = 0;
    } else if (colon != NULL) {
        add_header(h, line, colon, line + length);
    }
    is_too_long = h->received_count > HEADER_COUNT_LIMIT ||
                  msvc_buffer_status(&h->received) == MSVC_ERR_LIMIT;
    h->transfer->is_too_long = h->transfer->is_too_long || is_too_long;
    return msvc_buffer_status(&h->received) == 0 && !is_too_long ? length : 0;
}

void msvc__transfer_receive(struct msvc__handle *h)
{
    (void)curl_easy_setopt(h->easy, CURLOPT_WRITEFUNCTION, write_body);
    (void)curl_easy_setopt(h->easy, CURLOPT_WRITEDATA, h);
    (void)curl_easy_setopt(h->easy, CURLOPT_HEADERFUNCTION, write_header);
    (void)curl_easy_setopt(h->easy, CURLOPT_HEADERDATA, h);
}

/* Whether bytes of the request may have reached the peer. */
static bool may_have_arrived(CURL *easy)
{
    long sent = 0;

    (void)curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &sent);
    return sent > 0;
}

int msvc__transfer_status(CURLcode code, CURL *easy)
{
    switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
        return MSVC_ERR_CANCELLED;
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

static int make_answer(const struct msvc__handle *h, struct msvc_http_answer **out)
{
    struct msvc_header headers[HEADER_COUNT_LIMIT + 1];
    size_t count = 0;
    const char *at = h->received.data;
    long status = 0;

    for (; count < h->received_count; count++) {
        headers[count].name = at;
        headers[count].value = at + strlen(at) + 1;
        at = headers[count].value + strlen(headers[count].value) + 1;
    }
    headers[count] = (struct msvc_header){ NULL, NULL };
    (void)curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
    return msvc_http_answer_new(out, (int)status, headers, h->body.data, h->body.length);
}

/* Empty it; memory that one long answer needed is not kept for all others. */
static void reuse(struct msvc_buffer *buffer, size_t limit)
{
    if (buffer->capacity > KEPT_BYTES || msvc_buffer_status(buffer) < 0)
        msvc_buffer_clear(buffer);
    msvc_buffer_truncate(buffer, 0);
    buffer->limit = limit;
}

int msvc__transfer_begin(struct msvc__transfer *t, struct msvc__handle *h, struct msvc_error *err)
{
    int status = msvc__request_set_up(t, h);

    if (status < 0)
        return msvc_error_set(err, status, "http", 0,
                              status == MSVC_ERR_NOMEM ? "no memory for a request"
                                                       : "the request's headers are too long");
    h->transfer = t;
    h->received_count = 0;
    h->detail[0] = '\0';
    reuse(&h->body, t->request->answer_limit);
    reuse(&h->received, HEADERS_LIMIT);
    return 0;
}

int msvc__transfer_end(struct msvc__handle *h, CURLcode code, struct msvc_http_answer **out,
                       struct msvc_error *err)
{
    struct msvc__transfer *t = h->transfer;
    int status;

    if (code == CURLE_OK)
        status = make_answer(h, out);
    else
        status = t->is_too_long ? MSVC_ERR_LIMIT : msvc__transfer_status(code, h->easy);
    h->transfer = NULL;
    if (status < 0)
        (void)msvc_error_set(err, status, "http", (int)code, "%s %s:%u: %s", t->request->method,
                             t->endpoint->host->name, (unsigned)t->endpoint->host->port,
                             h->detail[0] != '\0' ? h->detail : msvc_status_text(status));
    return status;
}
