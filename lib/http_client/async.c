/* SPDX-License-Identifier: MIT */
/*
 * libcurl says which descriptors it waits for and when it wants to look by
 * itself; an epoll set makes one descriptor of them. Each call is led on when a
 * transfer of it ends and when its time has come; its callback comes last, when
 * nothing of ours is half done.
 */
#include "http_client/async_internal.h"

#include <fcntl.h>
#include <unistd.h>

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

static bool is_ours(const struct msvc__async_call *call)
{
    return call->transport->ops->call == msvc__peer_call;
}

static void end(struct msvc_http_async *a, struct msvc__async_call *call, int status)
{
    a->watch_count -= call->request.cancel != NULL;
    call->status = status;
    call->has_ended = true;
    msvc__async_take_out(&a->open, call);
    msvc__async_append(&a->ended, call);
}

/* A place in the bulkhead is waited for by a copy of its descriptor. */
static void watch_place(struct msvc_http_async *a, struct msvc__async_call *call, int fd)
{
    if (call->place_fd >= 0) {
        (void)close(call->place_fd);
        a->watch_count--;
    }
    call->place_fd = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (call->place_fd >= 0) {
        a->watch_count++;
        (void)!msvc__pollset_put(a->set, call->place_fd);
    }
}

/* Do what the call wants until it waits or is over. */
static void advance(struct msvc_http_async *a, struct msvc__async_call *call)
{
    struct msvc__attempt *attempt;

    for (;;) {
        switch (msvc__call_next(&call->call, &attempt)) {
        case MSVC_RUN_ATTEMPT:
            (void)msvc__call_launch(attempt, a->multi, &a->idle);
            break;
        case MSVC_RUN_STOP:
            msvc__call_stop(attempt, a->multi, &a->idle);
            break;
        case MSVC_RUN_WAIT:
            call->until_ns = call->call.run.until_ns;
            a->wake_ns = earlier(a->wake_ns, call->until_ns);
            watch_place(a, call, call->call.run.fd);
            return;
        case MSVC_RUN_DONE:
            watch_place(a, call, -1);
            end(a, call, msvc__call_end(&call->call, &call->answer));
            return;
        }
    }
}

/* A transport that is none of ours is called here, and waits here. */
static void go_on(struct msvc_http_async *a, struct msvc__async_call *call)
{
    if (is_ours(call))
        advance(a, call);
    else
        end(a, call,
            call->transport->ops->call(call->transport, &call->request, &call->answer, &call->err));
}

static bool is_watched(const struct msvc__async_call *call)
{
    return call->place_fd >= 0 || msvc_cancel_is_requested(call->request.cancel);
}

/* Lead on every call whose time has come, or whose descriptor may have. */
static void go_on_with_due(struct msvc_http_async *a)
{
    uint64_t now_ns = msvc_clock_monotonic_ns(a->client->options.clock);
    struct msvc__async_call *next;

    if (a->watch_count == 0 && (a->wake_ns == 0 || a->wake_ns > now_ns))
        return;
    a->wake_ns = 0;
    for (struct msvc__async_call *call = a->open.first; call != NULL; call = next) {
        next = call->next;
        if (call->has_ended) {
            a->wake_ns = MSVC__ASYNC_NOW; /* a handler in this process cancelled it: look again */
            break;
        }
        if ((call->until_ns != 0 && call->until_ns <= now_ns) || is_watched(call))
            go_on(a, call);
        else
            a->wake_ns = earlier(a->wake_ns, call->until_ns);
    }
}

void msvc__async_cancel(struct msvc_http_async *a, struct msvc__async_call *call)
{
    struct msvc__call *c = &call->call;

    if (!is_ours(call)) {
        (void)msvc_error_set(&call->err, MSVC_ERR_CANCELLED, "http", 0, "%s",
                             msvc_status_text(MSVC_ERR_CANCELLED));
        end(a, call, MSVC_ERR_CANCELLED);
        return;
    }
    for (int i = 0; i < MSVC_RUN_AT_ONCE_MAX; i++) {
        if (c->attempts[i].run != NULL)
            msvc__call_landed(&c->attempts[i], a->multi, &a->idle, CURLE_ABORTED_BY_CALLBACK);
    }
    msvc_run_abandon(&c->run);
    watch_place(a, call, -1);
    end(a, call, msvc__call_end(c, &call->answer));
}

/*
 * libcurl's transfers that ended, and then the calls that they belong to: a
 * call may have ended by then for another one's answer.
 */
static void collect(struct msvc_http_async *a)
{
    CURLMsg *message;
    int queued;

    while ((message = curl_multi_info_read(a->multi, &queued)) != NULL) {
        CURLcode code = message->data.result;
        char *handle = NULL;
        struct msvc__attempt *attempt;

        if (message->msg != CURLMSG_DONE ||
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &handle) != CURLE_OK)
            continue;
        attempt = ((struct msvc__handle *)(void *)handle)->transfer->user;
        msvc__call_landed(attempt, a->multi, &a->idle, code);
        advance(a, msvc__async_call_of(attempt->call));
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

    go_on_with_due(a);
    own_ms = msvc_http_async_timeout_ms(a);
    if (timeout_ms < 0 || (own_ms >= 0 && own_ms < timeout_ms))
        timeout_ms = own_ms;
    works = wait_and_act(a, timeout_ms);
    collect(a);
    go_on_with_due(a);
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
    if (a->ended.first != NULL || (a->wake_ns != 0 && a->wake_ns <= now_ns))
        return 0;
    left_ms = msvc_deadline_left_ms(NULL, a->due_ns, INT32_MAX);
    if (a->wake_ns != 0)
        left_ms = msvc_deadline_left_ms(a->client->options.clock, a->wake_ns, left_ms);
    return a->due_ns != 0 || a->wake_ns != 0 ? left_ms : -1;
}
