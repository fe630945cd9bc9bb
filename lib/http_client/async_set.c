/* SPDX-License-Identifier: MIT */
/* A set of calls: made, filled, destroyed. async.c runs it. */
#include "http_client/async_internal.h"

#include <stdlib.h>
#include <unistd.h>

#include <msvc/clock.h>

#include "base/alloc_internal.h"
#include "base/fork_internal.h"
#include "base/options_internal.h"
#include "base/os_internal.h"
#include "http/request_internal.h"

#define DEFAULT_CALL_LIMIT 1024

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user)
{
    struct msvc_http_async *a = user;

    (void)easy, (void)socket_user;
    if (what == CURL_POLL_REMOVE) {
        msvc__pollset_remove(a->set, fd);
        return 0;
    }
    return msvc__pollset_watch(a->set, fd, (what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0);
}

static int on_timer(CURLM *multi, long timeout_ms, void *user)
{
    struct msvc_http_async *a = user;

    (void)multi;
    a->due_ns = timeout_ms == 0 ? MSVC__ASYNC_NOW : msvc_deadline_in(NULL, timeout_ms);
    return 0;
}

static int open_set(struct msvc_http_async *a, struct msvc_http_client *client)
{
    a->set = msvc__pollset_open();
    if (a->set < 0)
        return MSVC_ERR_UNAVAILABLE;
    a->multi = curl_multi_init();
    if (a->multi == NULL) {
        (void)close(a->set);
        return MSVC_ERR_NOMEM;
    }
    a->client = client;
    msvc__http_client_ref(client);
    a->generation = msvc__fork_generation();
    (void)curl_multi_setopt(a->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    (void)curl_multi_setopt(a->multi, CURLMOPT_SOCKETDATA, a);
    (void)curl_multi_setopt(a->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    (void)curl_multi_setopt(a->multi, CURLMOPT_TIMERDATA, a);
    (void)curl_multi_setopt(a->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                            (long)client->options.connection_limit);
    return 0;
}

int msvc_http_async_new(struct msvc_http_async **out, struct msvc_http_client *client,
                        const struct msvc_http_async_options *options, struct msvc_error *err)
{
    struct msvc_http_async_options taken;
    struct msvc_http_async *a;
    int status;

    if (out == NULL || client == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0, "expected a client");
    status = msvc__options_copy(&taken, sizeof(taken), options);
    if (status < 0)
        return msvc_error_set(err, status, "http", 0, "options of a newer version");
    a = msvc__new(sizeof(*a));
    status = a != NULL ? open_set(a, client) : MSVC_ERR_NOMEM;
    if (status < 0) {
        free(a);
        return msvc_error_set(err, status, "http", 0, "calls: %s", msvc_status_text(status));
    }
    a->call_limit = taken.call_limit > 0 ? taken.call_limit : DEFAULT_CALL_LIMIT;
    *out = a;
    return 0;
}

static void cancel_all(struct msvc_http_async *a)
{
    a->is_closing = true;
    while (a->open.first != NULL)
        msvc__async_cancel(a, a->open.first);
    (void)msvc__async_deliver(a);
}

void msvc_http_async_free(struct msvc_http_async *a)
{
    if (a == NULL)
        return;
    if (a->generation == msvc__fork_generation()) {
        cancel_all(a);
        (void)curl_multi_cleanup(a->multi);
        msvc__handles_close(a->idle);
    }
    (void)close(a->set);
    msvc__http_client_unref(a->client);
    free(a);
}

size_t msvc_http_async_count(const struct msvc_http_async *a)
{
    return a != NULL ? a->count : 0;
}

static int check_start(const struct msvc_http_async *a, struct msvc_http_transport *transport,
                       struct msvc_error *err)
{
    if (a->generation != msvc__fork_generation())
        return msvc_error_set(err, MSVC_ERR_STATE, "http", 0,
                              "the connections belong to the process before the fork");
    if (a->is_closing)
        return msvc_error_set(err, MSVC_ERR_STATE, "http", 0, "the set is being closed");
    if (a->count >= a->call_limit)
        return msvc_error_set(err, MSVC_ERR_LIMIT, "http", 0, "%u calls are in flight already",
                              a->count);
    if (transport->ops->call == msvc__peer_call &&
        ((struct msvc__peer *)transport)->client != a->client)
        return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0, "a transport of another client");
    return 0;
}

static int fill_in(struct msvc__async_call *call, struct msvc_http_transport *transport)
{
    call->transport = transport;
    if (transport->ops->call != msvc__peer_call)
        return 0;
    return msvc__call_begin(&call->call, (struct msvc__peer *)transport, &call->request,
                            &call->err);
}

/* Where a token cannot be watched, it is looked at whenever the set runs. */
static void add(struct msvc_http_async *a, struct msvc__async_call *call)
{
    call->id = ++a->last_id;
    a->count++;
    a->watch_count += call->request.cancel != NULL;
    if (call->cancel_fd >= 0)
        (void)!msvc__pollset_put(a->set, call->cancel_fd);
    call->until_ns = MSVC__ASYNC_NOW;
    msvc__async_append(&a->open, call);
    a->wake_ns = MSVC__ASYNC_NOW;
}

int msvc_http_async_start(struct msvc_http_async *a, struct msvc_http_transport *transport,
                          const struct msvc_http_request_options *request, msvc_http_done_fn *done,
                          void *user, uint64_t *id, struct msvc_error *err)
{
    struct msvc_http_request_options taken;
    struct msvc__async_call *call;
    int status;

    if (a == NULL || transport == NULL || request == NULL || done == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0,
                              "expected a set, a transport, a request and a callback");
    status = msvc__http_request_take(&taken, request, err);
    if (status == 0)
        status = check_start(a, transport, err);
    if (status < 0)
        return status;
    call = msvc__async_call_new(&taken);
    if (call == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "http", 0, "no memory for a call");
    status = fill_in(call, transport);
    if (status < 0) {
        msvc__async_call_free(call);
        return msvc_error_set(err, status, "http", 0, "%s", msvc_status_text(status));
    }
    call->done = done;
    call->user = user;
    add(a, call);
    if (id != NULL)
        *id = call->id;
    return 0;
}

static struct msvc__async_call *find(const struct msvc__async_list *list, uint64_t id)
{
    struct msvc__async_call *call = list->first;

    while (call != NULL && call->id != id)
        call = call->next;
    return call;
}

int msvc_http_async_cancel(struct msvc_http_async *a, uint64_t id)
{
    struct msvc__async_call *call;

    if (a == NULL)
        return MSVC_ERR_INVALID;
    call = find(&a->open, id);
    if (call == NULL)
        return MSVC_ERR_NOT_FOUND;
    msvc__async_cancel(a, call);
    return 0;
}
