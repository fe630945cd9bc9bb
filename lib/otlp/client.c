/* SPDX-License-Identifier: MIT */
/*
 * A handle of libcurl keeps its connection for the next batch. After fork()
 * that connection belongs to the parent, and ending it properly would end it
 * for the parent too (TLS says good-bye): a child only closes its descriptor
 * and leaves the handle's memory behind.
 */
#include "otlp/client_internal.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <curl/curl.h>

#include <msvc/clock.h>
#include <msvc/retry.h>
#include <msvc/status.h>

#include "base/fork_internal.h"
#include "otlp/encode_internal.h"

#define ORIGIN_AGENT "OTel-OTLP-Exporter-C/" MSVC_VERSION

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void init_curl(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t receive(char *data, size_t size, size_t count, void *user)
{
    struct msvc__otlp_client *client = user;
    size_t length = size * count;

    if (length > MSVC_OTLP_RESPONSE_MAX - client->response.length) {
        client->is_response_too_long = true;
        return 0;
    }
    msvc_buffer_bytes(&client->response, data, length);
    return msvc_buffer_status(&client->response) == 0 ? length : 0;
}

static bool add_header(struct curl_slist **list, const char *text)
{
    struct curl_slist *longer = curl_slist_append(*list, text);

    if (longer != NULL)
        *list = longer;
    return longer != NULL;
}

static bool add_own_header(struct curl_slist **list, const struct msvc_header *header)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    bool is_empty = header->value == NULL || header->value[0] == '\0';
    bool added;

    /* "Name;" is how libcurl is told to send a header without a value. */
    msvc_buffer_printf(&text, is_empty ? "%s;%s" : "%s: %s", header->name,
                       is_empty ? "" : header->value);
    added = msvc_buffer_status(&text) == 0 && add_header(list, text.data);
    msvc_buffer_clear(&text);
    return added;
}

/* An empty Expect: libcurl would wait a second for "100 Continue" before a large body. */
static bool add_headers(struct curl_slist **list, const struct msvc_otlp_options *o)
{
    bool added = add_header(list, "Content-Type: application/x-protobuf") &&
                 add_header(list, "Accept: application/x-protobuf") && add_header(list, "Expect:");

    if (o->compression == MSVC_OTLP_GZIP)
        added = added && add_header(list, "Content-Encoding: gzip");
    for (const struct msvc_header *h = o->headers; h != NULL && h->name != NULL; h++)
        added = added && add_own_header(list, h);
    return added;
}

static void set_tls(CURL *curl, const struct msvc_otlp_options *o)
{
    if (o->ca_file != NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_CAINFO, o->ca_file);
        (void)curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    }
    if (o->certificate_file != NULL)
        (void)curl_easy_setopt(curl, CURLOPT_SSLCERT, o->certificate_file);
    if (o->key_file != NULL)
        (void)curl_easy_setopt(curl, CURLOPT_SSLKEY, o->key_file);
}

static int open_curl(struct msvc__otlp_client *client)
{
    const struct msvc_otlp_options *o = client->options;
    CURL *curl = curl_easy_init();

    if (curl == NULL)
        return MSVC_ERR_NOMEM;
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, ORIGIN_AGENT);
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, o->proxy != NULL ? o->proxy : "");
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, client->header_list);
    (void)curl_easy_setopt(curl, CURLOPT_POST, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, client);
    (void)curl_easy_setopt(curl, CURLOPT_MAXCONNECTS, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
    (void)curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L); /* no waiting for a stuck resolver */
#endif
    set_tls(curl, o);
    if (curl_easy_setopt(curl, CURLOPT_URL, o->endpoint) != CURLE_OK) {
        curl_easy_cleanup(curl);
        return MSVC_ERR_NOMEM;
    }
    client->curl = curl;
    client->generation = msvc__fork_generation();
    return 0;
}

static void close_curl(struct msvc__otlp_client *client)
{
    curl_socket_t inherited = CURL_SOCKET_BAD;

    if (client->curl == NULL)
        return;
    if (client->generation == msvc__fork_generation()) {
        curl_easy_cleanup(client->curl);
    } else {
        (void)curl_easy_getinfo(client->curl, CURLINFO_ACTIVESOCKET, &inherited);
        if (inherited != CURL_SOCKET_BAD)
            (void)close(inherited);
    }
    client->curl = NULL;
}

int msvc__otlp_client_open(struct msvc__otlp_client *client,
                           const struct msvc_otlp_options *options)
{
    struct curl_slist *headers = NULL;
    int status = MSVC_ERR_NOMEM;

    (void)pthread_once(&once, init_curl);
    client->options = options;
    if (add_headers(&headers, options)) {
        client->header_list = headers;
        status = open_curl(client);
    }
    if (status < 0) {
        curl_slist_free_all(headers);
        client->header_list = NULL;
    }
    return status;
}

void msvc__otlp_client_close(struct msvc__otlp_client *client)
{
    close_curl(client);
    curl_slist_free_all(client->header_list);
    client->header_list = NULL;
    msvc_buffer_clear(&client->response);
}

static bool is_retryable(long http_status)
{
    return http_status == 429 || http_status == 502 || http_status == 503 || http_status == 504;
}

static int status_of_http(long http_status)
{
    if (http_status >= 200 && http_status < 300)
        return 0;
    if (is_retryable(http_status))
        return MSVC_ERR_UNAVAILABLE;
    return http_status == 401 || http_status == 403 ? MSVC_ERR_AUTH : MSVC_ERR_REFUSED;
}

/* Nothing was answered: the collector never had the batch, or it went away with it. */
static bool is_connection_lost(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
        return true;
    default:
        return false;
    }
}

static int status_of_curl(CURLcode code)
{
    if (is_connection_lost(code))
        return MSVC_ERR_UNAVAILABLE;
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        return MSVC_ERR_TIMEOUT;
    case CURLE_OUT_OF_MEMORY:
        return MSVC_ERR_NOMEM;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
        return MSVC_ERR_AUTH;
    default:
        return MSVC_ERR_UNKNOWN;
    }
}

static void read_retry_after(struct msvc__otlp_client *client, struct msvc__otlp_answer *answer)
{
    struct curl_header *header;
    int64_t now_ns = msvc_clock_wall_ns(client->options->clock);

    if (curl_easy_header(client->curl, "Retry-After", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return;
    if (msvc_retry_after_parse(&answer->retry_after_ms, header->value, strlen(header->value),
                               now_ns) < 0)
        answer->retry_after_ms = 0;
}

static void read_type(struct msvc__otlp_client *client, struct msvc__otlp_answer *answer)
{
    static const char expected[] = "application/x-protobuf";
    const char *type = NULL;

    (void)curl_easy_getinfo(client->curl, CURLINFO_CONTENT_TYPE, &type);
    answer->is_protobuf = type != NULL && strncasecmp(type, expected, sizeof(expected) - 1) == 0;
}

/* The collector's own words, when it sends them as the protocol says. */
static void describe(struct msvc__otlp_client *client, struct msvc__otlp_answer *answer)
{
    char words[160] = "";

    if (answer->is_protobuf)
        msvc__otlp_decode_error(words, sizeof(words), client->response.data,
                                client->response.length);
    (void)snprintf(answer->text, sizeof(answer->text), "answered %d%s%s", answer->http_status,
                   words[0] != '\0' ? ": " : "", words);
}

static void read_answer(struct msvc__otlp_client *client, struct msvc__otlp_answer *answer)
{
    long http_status = 0;

    (void)curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &http_status);
    answer->http_status = (int)http_status;
    answer->status = status_of_http(http_status);
    answer->may_retry = is_retryable(http_status);
    read_type(client, answer);
    read_retry_after(client, answer);
    describe(client, answer);
}

static void explain(struct msvc__otlp_client *client, struct msvc__otlp_answer *answer,
                    CURLcode code, const char *detail)
{
    answer->status = status_of_curl(code);
    answer->may_retry = is_connection_lost(code);
    (void)snprintf(answer->text, sizeof(answer->text), "%s",
                   detail[0] != '\0' ? detail : curl_easy_strerror(code));
    if (client->is_response_too_long) {
        answer->status = MSVC_ERR_LIMIT;
        (void)snprintf(answer->text, sizeof(answer->text), "answered more than %zu bytes",
                       MSVC_OTLP_RESPONSE_MAX);
    }
}

void msvc__otlp_client_post(struct msvc__otlp_client *client, struct msvc__otlp_answer *answer,
                            const struct msvc_buffer *body, int timeout_ms)
{
    char detail[CURL_ERROR_SIZE] = "";
    CURLcode code;

    memset(answer, 0, sizeof(*answer));
    if (client->generation != msvc__fork_generation())
        close_curl(client);
    if (client->curl == NULL && open_curl(client) < 0) {
        answer->status = MSVC_ERR_NOMEM;
        return;
    }
    msvc_buffer_clear(&client->response);
    client->is_response_too_long = false;
    (void)curl_easy_setopt(client->curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    (void)curl_easy_setopt(client->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->length);
    (void)curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, body->data);
    (void)curl_easy_setopt(client->curl, CURLOPT_ERRORBUFFER, detail);
    code = curl_easy_perform(client->curl);
    (void)curl_easy_setopt(client->curl, CURLOPT_ERRORBUFFER, NULL);
    if (code == CURLE_OK)
        read_answer(client, answer);
    else
        explain(client, answer, code, detail);
}
