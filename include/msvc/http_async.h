/* SPDX-License-Identifier: MIT */
/**
 * @file http_async.h
 *
 * HTTP calls that do not wait, for programs with a loop of their own: start a
 * call, run the set when its descriptor is readable or its time has come, and
 * get the outcome in a callback. Deadlines, breakers, retries, headers and
 * limits are those of msvc_http_call().
 *
 *     msvc_http_async_new(&calls, client, NULL, &err);
 *     msvc_http_async_start(calls, users, MSVC_HTTP_REQUEST(.target = "/api/v1/users/123"),
 *                           on_user, self, NULL, &err);
 *     while (msvc_http_async_count(calls) > 0)
 *         msvc_http_async_run_once(calls, 1000, &err);
 *
 *     static void on_user(int status, struct msvc_http_answer *answer,
 *                         const struct msvc_error *err, void *user)
 *     {
 *         …
 *         msvc_http_answer_free(answer);
 *     }
 */
#ifndef MSVC_HTTP_ASYNC_H
#define MSVC_HTTP_ASYNC_H

#include <msvc/base.h>
#include <msvc/http.h>

MSVC_BEGIN_DECLS

struct msvc_error;
struct msvc_http_client;

/** Calls in flight, with connections of their own. Threading: owner thread only; breakers and
 * budget are shared with whoever else uses the client. */
struct msvc_http_async;

/** Start from #MSVC_HTTP_ASYNC_OPTIONS; 0 means the default. */
struct msvc_http_async_options {
    size_t size;         /**< Set by #MSVC_HTTP_ASYNC_OPTIONS. */
    unsigned call_limit; /**< Calls at once; more are refused. Default 1024. */
};

#define MSVC_HTTP_ASYNC_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_http_async_options, __VA_ARGS__)

/**
 * Called once for each call that was started, from msvc_http_async_run_once() or
 * msvc_http_async_free(). Starting and cancelling calls in it is fine.
 *
 * @param status  0, or as msvc_http_call().
 * @param answer  Owned by the callback: free it. NULL on failure.
 * @param err     Why it failed; NULL on success.
 */
typedef void msvc_http_done_fn(int status, struct msvc_http_answer *answer,
                               const struct msvc_error *err, void *user);

/**
 * @param[out] out  Owned by the caller; untouched on failure.
 * @param client    The set keeps what it needs of it.
 * @param options   Copied; NULL for the defaults.
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_UNSUPPORTED, #MSVC_ERR_UNAVAILABLE when no descriptor is
 * left, or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_http_async_new(struct msvc_http_async **out,
                                               struct msvc_http_client *client,
                                               const struct msvc_http_async_options *options,
                                               struct msvc_error *err);

/** Cancel what is in flight, with its callbacks, and destroy. Not from a callback. NULL is ignored.
 * In a child of fork() connections are left alone and callbacks are not called. */
MSVC_API void msvc_http_async_free(struct msvc_http_async *async);

/**
 * Start a call. Nothing is sent before msvc_http_async_run_once().
 *
 * @param transport  Of the same client, and must outlive the call. A transport that is not
 *                   libcurl's (a router in the process) is called from run_once and waits there.
 * @param request    Copied, but for the body and the cancel token, which are borrowed until the
 *                   callback. Without `parent` the trace context is the thread's at this moment.
 * @param user       Passed to @p done, never read.
 * @param[out] id    Names the call for msvc_http_async_cancel(); never 0. Optional.
 * @return 0, #MSVC_ERR_INVALID (the request, or a transport of another client), #MSVC_ERR_LIMIT,
 * #MSVC_ERR_STATE after a fork, or #MSVC_ERR_NOMEM. On failure @p done is not called.
 */
MSVC_API MSVC_MUST_USE int msvc_http_async_start(struct msvc_http_async *async,
                                                 struct msvc_http_transport *transport,
                                                 const struct msvc_http_request_options *request,
                                                 msvc_http_done_fn *done, void *user, uint64_t *id,
                                                 struct msvc_error *err);

/** End a call with #MSVC_ERR_CANCELLED; its callback comes from the next run. @return 0, or
 * #MSVC_ERR_NOT_FOUND when it has ended already. */
MSVC_API int msvc_http_async_cancel(struct msvc_http_async *async, uint64_t id);

/** Calls whose callback is still to come. */
MSVC_API size_t msvc_http_async_count(const struct msvc_http_async *async);

/**
 * Do what is due, and wait at most @p timeout_ms for something to do; negative: as long as it
 * takes.
 *
 * @return Calls that ended, #MSVC_ERR_STATE after a fork or from a callback, #MSVC_ERR_INVALID or
 * #MSVC_ERR_NOMEM.
 */
MSVC_API int msvc_http_async_run_once(struct msvc_http_async *async, int timeout_ms,
                                      struct msvc_error *err);

/** Readable when there is work for msvc_http_async_run_once(). Changes never. */
MSVC_API int msvc_http_async_fd(const struct msvc_http_async *async);

/** Milliseconds until there is work even if the descriptor stays quiet; −1: never. Ask before each
 * wait. */
MSVC_API int msvc_http_async_timeout_ms(const struct msvc_http_async *async);

MSVC_END_DECLS

#endif
