/* SPDX-License-Identifier: MIT */
/* What libcurl is told once for each handle: everything that no request changes. */
#include "http_client/client_internal.h"

#include <stdlib.h>

#include "base/alloc_internal.h"

static void set_limits(const struct msvc_http_client_options *options, CURL *easy)
{
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_timeout_ms);
    (void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* do not wait for a stuck resolver */
    (void)curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)(options->idle_ms + 999) / 1000);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* libcurl would ask the environment */
}

static void set_tls(const struct msvc_http_client_options *options, CURL *easy)
{
    if (options->tls_ca != NULL)
        (void)curl_easy_setopt(easy, CURLOPT_CAINFO, options->tls_ca);
    if (options->tls_certificate != NULL)
        (void)curl_easy_setopt(easy, CURLOPT_SSLCERT, options->tls_certificate);
    if (options->tls_key != NULL)
        (void)curl_easy_setopt(easy, CURLOPT_SSLKEY, options->tls_key);
    if (options->tls_is_unverified) {
        (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
}

struct msvc__handle *msvc__handle_open(const struct msvc_http_client_options *options)
{
    struct msvc__handle *handle = msvc__new(sizeof(*handle));

    if (handle == NULL)
        return NULL;
    handle->easy = curl_easy_init();
    if (handle->easy == NULL) {
        free(handle);
        return NULL;
    }
    (void)curl_easy_setopt(handle->easy, CURLOPT_PRIVATE, handle);
    (void)curl_easy_setopt(handle->easy, CURLOPT_ERRORBUFFER, handle->detail);
    set_limits(options, handle->easy);
    set_tls(options, handle->easy);
    msvc__transfer_receive(handle);
    return handle;
}

void msvc__handle_close(struct msvc__handle *handle)
{
    if (handle == NULL)
        return;
    curl_easy_cleanup(handle->easy);
    msvc_buffer_clear(&handle->url);
    msvc_buffer_clear(&handle->lines);
    msvc_buffer_clear(&handle->body);
    msvc_buffer_clear(&handle->received);
    free(handle->nodes);
    free(handle);
}

struct msvc__handle *msvc__handle_take(struct msvc__handle **idle,
                                       const struct msvc_http_client_options *options)
{
    struct msvc__handle *handle = *idle;

    if (handle == NULL)
        return msvc__handle_open(options);
    *idle = handle->next;
    return handle;
}

void msvc__handle_give(struct msvc__handle **idle, struct msvc__handle *handle)
{
    handle->next = *idle;
    *idle = handle;
}

void msvc__handles_close(struct msvc__handle *idle)
{
    while (idle != NULL) {
        struct msvc__handle *next = idle->next;

        msvc__handle_close(idle);
        idle = next;
    }
}
