/* SPDX-License-Identifier: MIT */
/*
 * libcurl says which descriptors it waits for and when it wants to look by
 * itself; an epoll set makes one descriptor of them. A call goes from waiting
 * (for its first attempt or the next) to running to ended, and the callback
 * comes last, when nothing of ours is half done.
 */
#include "http_client/async_internal.h"

#include <msvc/cancel.h>
#include <msvc/clock.h>

#include "base/fork_internal.h"
#include "base/os_internal.h"

#define READY_AT_ONCE 64

static uint64_t earlier(uint64_t a, uint64_t b)
{
    if (a == 0 || b == 0)
        return a + b;
    return a < b ? a : b;
}

static struct msvc__async_list *list_of(struct msvc_http_async *a, enum msvc__async_state state)
{
    if (state == MSVC__ASYNC_WAITING)
        return &a->waiting;
    return state == MSVC__ASYNC_RUNNING ? &a->running : &a->ended;
}

static void move(struct msvc_http_async *a, struct msvc__async_call *call,
                 enum msvc__async_state state)
{
    msvc__async_take_out(list_of(a, call->state), call);
    call->state = state;
    msvc__async_append(list_of(a, state), call);
}

static void end(struct msvc_http_async *a, struct msvc__async_call *call, int status)
{
    if (call->transport->ops->call == msvc__peer_call)
        status = msvc__call_end(&call->call, status, &call->answer);
    if (status < 0 && call->err.status != status)
        (void)msvc_error_set(&call->err, status, "http", 0, "%s", msvc_status_text(status));
    call->status = status;
    a->token_count -= call->request.cancel != NULL;
    move(a, call, MSVC__ASYNC_ENDED);
}

/* An attempt is over: another one later, or the end. */
static void attempted(struct msvc_http_async *a, struct msvc__async_call *call, int status)
{
    if (!msvc__call_again(&call->call, status)) {
        end(a, call, status);
        return;
    }
    move(a, call, MSVC__ASYNC_WAITING);
    a->wake_ns = earlier(a->wake_ns, call->call.retry.next_ns);
}

static struct msvc__handle *take_handle(struct msvc_http_async *a)
{
    struct msvc__handle *handle = a->idle;

    if (handle == NULL)
        return msvc__handle_open(&a->client->options);
    a->idle = handle->next;
    return handle;
}

static void give_handle(struct msvc_http_async *a, struct msvc__async_call *call)
{
    call->handle->next = a->idle;
    a->idle = call->handle;
    call->handle = NULL;
}

/* Put the attempt into the multi handle. 0, or why it is over before it began. */
static int run(struct msvc_http_async *a, struct msvc__async_call *call)
{
    int status;

    call->handle = take_handle(a);
    if (call->handle == NULL)
        return msvc_error_set(&call->err, MSVC_ERR_NOMEM, "http", 0, "no memory for a transfer");
    call->handle->user = call;
    status = msvc__transfer_begin(&call->call.transfer, call->handle, &call->err);
    if (status == 0 && curl_multi_add_handle(a->multi, call->handle->easy) != CURLM_OK)
        status = MSVC_ERR_NOMEM;
    if (status < 0)
        give_handle(a, call);
    return status;
}

static void attempt(struct msvc_http_async *a, struct msvc__async_call *call)
{
    int status = msvc__call_attempt(&call->call);

    if (status < 0) {
        attempted(a, call, status);
        return;
    }
    status = run(a, call);
    if (status < 0)
        attempted(a, call, msvc__call_attempted(&call->call, status, NULL));
    else
        move(a, call, MSVC__ASYNC_RUNNING);
}

/* A transport that is none of ours is called here, and waits here. */
static void begin(struct msvc_http_async *a, struct msvc__async_call *call)
{
    if (call->transport->ops->call == msvc__peer_call)
        attempt(a, call);
    else
        end(a, call,
            call->transport->ops->call(call->transport, &call->request, &call->answer, &call->err));
}

static void begin_due(struct msvc_http_async *a)
{
    uint64_t now_ns;
    struct msvc__async_call *next;

    if (a->waiting.first == NULL)
        return;
    now_ns = msvc_clock_monotonic_ns(a->client->options.clock);
    if (a->wake_ns > now_ns)
        return;
    a->wake_ns = 0;
    for (struct msvc__async_call *call = a->waiting.first; call != NULL; call = next) {
        next = call->next;
        if (call->state != MSVC__ASYNC_WAITING)
            continue; /* a handler in this process cancelled it */
        if (call->call.retry.next_ns <= now_ns)
            begin(a, call);
        else
            a->wake_ns = earlier(a->wake_ns, call->call.retry.next_ns);
    }
}

static void stop_running(struct msvc_http_async *a, struct msvc__async_call *call, CURLcode code)
{
    struct msvc_http_answer *answer = NULL;
    int status;

    (void)curl_multi_remove_handle(a->multi, call->handle->easy);
    status = msvc__transfer_end(call->handle, code, &answer, &call->err);
    give_handle(a, call);
    attempted(a, call, msvc__call_attempted(&call->call, status, answer));
}

static void collect(struct msvc_http_async *a)
{
    int queued;
    CURLMsg *message;

    while ((message = curl_multi_info_read(a->multi, &queued)) != NULL) {
        CURLcode code = message->data.result;
        struct msvc__handle *handle = NULL;

        if (message->msg == CURLMSG_DONE &&
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&handle) == CURLE_OK)
            stop_running(a, handle->user, code);
    }
}

void msvc__async_cancel(struct msvc_http_async *a, struct msvc__async_call *call)
{
    if (call->state == MSVC__ASYNC_RUNNING)
        stop_running(a, call, CURLE_ABORTED_BY_CALLBACK);
    else
        end(a, call, msvc__call_give_up(&call->call));
}

static void cancel_asked(struct msvc_http_async *a, struct msvc__async_list *list)
{
    struct msvc__async_call *next;

    for (struct msvc__async_call *call = list->first; call != NULL; call = next) {
        next = call->next;
        if (msvc_cancel_is_requested(call->request.cancel))
            msvc__async_cancel(a, call);
    }
}

/* A callback may start and cancel calls. */
int msvc__async_deliver(struct msvc_http_async *a)
{
    struct msvc__async_call *call;
    int count = 0;

    while ((call = a->ended.first) != NULL) {
        msvc__async_take_out(&a->ended, call);
        a->count--;
        count++;
        call->done(call->status, call->answer, call->status < 0 ? &call->err : NULL, call->user);
        msvc__async_call_free(call);
    }
    return count;
}

static bool act(struct msvc_http_async *a, curl_socket_t fd, int what)
{
    int running;

    return curl_multi_socket_action(a->multi, fd, what, &running) == CURLM_OK;
}

/* Let libcurl work on what is ready. */
static bool wait_and_act(struct msvc_http_async *a, int timeout_ms)
{
    struct msvc__ready ready[READY_AT_ONCE];
    int count = msvc__pollset_wait(a->set, ready, READY_AT_ONCE, timeout_ms);
    bool works = true;

    for (int i = 0; i < count; i++)
        works = act(a, ready[i].fd,
                    (ready[i].can_read ? CURL_CSELECT_IN : 0) |
                        (ready[i].can_write ? CURL_CSELECT_OUT : 0) |
                        (ready[i].has_failed ? CURL_CSELECT_ERR : 0)) &&
                works;
    if (a->due_ns != 0 && a->due_ns <= msvc_clock_monotonic_ns(NULL)) {
        a->due_ns = 0;
        works = act(a, CURL_SOCKET_TIMEOUT, 0) && works;
    }
    return works;
}

static int run_once(struct msvc_http_async *a, int timeout_ms, struct msvc_error *err)
{
    int own_ms;
    bool works;

    begin_due(a);
    own_ms = msvc_http_async_timeout_ms(a);
    if (timeout_ms < 0 || (own_ms >= 0 && own_ms < timeout_ms))
        timeout_ms = own_ms;
    works = wait_and_act(a, timeout_ms);
    collect(a);
    if (a->token_count > 0) {
        cancel_asked(a, &a->waiting);
        cancel_asked(a, &a->running);
    }
    begin_due(a);
    return works ? msvc__async_deliver(a)
                 : msvc_error_set(err, MSVC_ERR_NOMEM, "http", 0, "libcurl is out of memory");
}

int msvc_http_async_run_once(struct msvc_http_async *a, int timeout_ms, struct msvc_error *err)
{
    int result;

    if (a == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0, "expected a set of calls");
    if (a->generation != msvc__fork_generation())
        return msvc_error_set(err, MSVC_ERR_STATE, "http", 0,
                              "the connections belong to the process before the fork");
    if (a->is_running)
        return msvc_error_set(err, MSVC_ERR_STATE, "http", 0, "not from a callback");
    a->is_running = true;
    result = run_once(a, timeout_ms, err);
    a->is_running = false;
    return result;
}

int msvc_http_async_fd(const struct msvc_http_async *a)
{
    return a != NULL ? a->set : -1;
}

int msvc_http_async_timeout_ms(const struct msvc_http_async *a)
{
    uint64_t now_ns;
    int left_ms;

    if (a == NULL)
        return -1;
    now_ns = msvc_clock_monotonic_ns(a->client->options.clock);
    if (a->ended.first != NULL || (a->waiting.first != NULL && a->wake_ns <= now_ns))
        return 0;
    left_ms = msvc_deadline_left_ms(NULL, a->due_ns, INT32_MAX);
    if (a->wake_ns != 0)
        left_ms = msvc_deadline_left_ms(a->client->options.clock, a->wake_ns, left_ms);
    return a->due_ns != 0 || a->wake_ns != 0 ? left_ms : -1;
}
