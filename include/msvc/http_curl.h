/* SPDX-License-Identifier: MIT */
/**
 * @file http_curl.h
 *
 * The HTTP client's policies around a CURL handle of your own, set up as you
 * like it: a deadline over everything, retries and whatever else a policy has,
 * trace and timeout headers, statuses instead of libcurl's codes, and no
 * request that libcurl sends twice by itself.
 *
 *     curl = curl_easy_init();
 *     curl_easy_setopt(curl, CURLOPT_URL, "http://127.0.0.1:8081/api/v1/users/123");
 *     curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
 *     curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
 *     status = msvc_http_curl_perform(curl, policy, MSVC_HTTP_CURL_OPTIONS(.is_idempotent = true),
 *                                     &http_status, &err);
 *
 * It changes CURLOPT_TIMEOUT_MS, CURLOPT_NOSIGNAL, CURLOPT_QUICK_EXIT,
 * CURLOPT_FRESH_CONNECT, CURLOPT_ERRORBUFFER and CURLOPT_HTTPHEADER of the
 * handle, and leaves them as libcurl has them without being told, the headers
 * as the options say.
 */
#ifndef MSVC_HTTP_CURL_H
#define MSVC_HTTP_CURL_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct curl_slist;
struct msvc_cancel;
struct msvc_error;
struct msvc_policy;
struct msvc_trace_context;

/** Start from #MSVC_HTTP_CURL_OPTIONS; 0 means the default. */
struct msvc_http_curl_options {
    size_t size;          /**< Set by #MSVC_HTTP_CURL_OPTIONS. */
    unsigned timeout_ms;  /**< For everything, retries included. Default 3000. */
    uint64_t deadline_ns; /**< Instead, by the system's clock; never later than
                             msvc_deadline_current(). */
    bool is_idempotent;   /**< The request may be sent again. Default false: a connection of its own
                             keeps libcurl from doing that, too. */
    struct curl_slist *headers; /**< What CURLOPT_HTTPHEADER is, and will be again. Borrowed. */
    struct msvc_cancel *cancel; /**< Ends waits between attempts. Borrowed. Optional. */
    const struct msvc_trace_context *parent; /**< Default: the thread's current context. */
    void (*restart)(
        void *user); /**< Before a further attempt: forget what was received. Optional. */
    void *user;      /**< Passed to restart, never read. */
};

#define MSVC_HTTP_CURL_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_http_curl_options, __VA_ARGS__)

/**
 * Perform the transfer of @p curl, a `CURL *`, under @p policy. Any HTTP status is a success; what
 * counts as a failure for breaker and retries is that of http_client.h. The handle must be in no
 * multi handle.
 *
 * @param policy            NULL for one attempt. Not one that hedges: there is only one handle.
 * @param options           NULL for the defaults.
 * @param[out] http_status  Optional; untouched on failure.
 * @return 0, or as msvc_http_call().
 */
MSVC_API MSVC_MUST_USE int msvc_http_curl_perform(void *curl, const struct msvc_policy *policy,
                                                  const struct msvc_http_curl_options *options,
                                                  int *http_status, struct msvc_error *err);

MSVC_END_DECLS

#endif
