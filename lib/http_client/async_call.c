/* SPDX-License-Identifier: MIT */
/* What an asynchronous call remembers: its request, in one block with its texts. */
#include "http_client/async_internal.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msvc/cancel.h>
#include <msvc/trace.h>

#include "base/alloc_internal.h"

static size_t size_of(const char *text)
{
    return text != NULL ? strlen(text) + 1 : 0;
}

static size_t count_headers(const struct msvc_header *headers)
{
    size_t count = 0;

    while (headers != NULL && headers[count].name != NULL)
        count++;
    return count;
}

static size_t texts_size(const struct msvc_http_request_options *request, size_t header_count)
{
    size_t size = size_of(request->method) + size_of(request->target) +
                  size_of(request->content_type) + size_of(request->idempotency_key);

    for (size_t i = 0; i < header_count; i++)
        size += size_of(request->headers[i].name) + size_of(request->headers[i].value);
    return size;
}

/* Copies text, NULL for NULL, and moves *at behind it. */
static const char *put(char **at, const char *text)
{
    size_t size = size_of(text);
    char *copy = *at;

    if (text == NULL)
        return NULL;
    memcpy(copy, text, size);
    *at += size;
    return copy;
}

static void copy_request(struct msvc__async_call *call,
                         const struct msvc_http_request_options *request, size_t header_count)
{
    struct msvc_header *headers = (struct msvc_header *)(call + 1);
    char *at = (char *)(headers + header_count + 1);

    for (size_t i = 0; i < header_count; i++) {
        headers[i].name = put(&at, request->headers[i].name);
        headers[i].value = put(&at, request->headers[i].value);
    }
    call->request = *request;
    call->request.headers = headers;
    call->request.method = put(&at, request->method);
    call->request.target = put(&at, request->target);
    call->request.content_type = put(&at, request->content_type);
    call->request.idempotency_key = put(&at, request->idempotency_key);
}

static void copy_parent(struct msvc__async_call *call)
{
    const struct msvc_trace_context *parent =
        call->request.parent != NULL ? call->request.parent : msvc_trace_current();

    call->request.parent = NULL;
    if (parent == NULL)
        return;
    call->parent = *parent;
    call->request.parent = &call->parent;
}

struct msvc__async_call *msvc__async_call_new(const struct msvc_http_request_options *request)
{
    size_t header_count = count_headers(request->headers);
    struct msvc__async_call *call =
        msvc__new(sizeof(*call) + (header_count + 1) * sizeof(struct msvc_header) +
                  texts_size(request, header_count));

    if (call == NULL)
        return NULL;
    call->cancel_fd = -1;
    call->place_fd = -1;
    copy_request(call, request, header_count);
    copy_parent(call);
    if (request->cancel != NULL)
        call->cancel_fd = fcntl(msvc_cancel_fd(request->cancel), F_DUPFD_CLOEXEC, 0);
    return call;
}

void msvc__async_call_free(struct msvc__async_call *call)
{
    if (call->cancel_fd >= 0)
        (void)close(call->cancel_fd);
    free(call);
}

struct msvc__async_call *msvc__async_call_of(struct msvc__call *call)
{
    return (struct msvc__async_call *)(void *)((char *)call -
                                               offsetof(struct msvc__async_call, call));
}

void msvc__async_append(struct msvc__async_list *list, struct msvc__async_call *call)
{
    call->next = NULL;
    call->previous = list->last;
    if (list->last != NULL)
        list->last->next = call;
    else
        list->first = call;
    list->last = call;
}

void msvc__async_take_out(struct msvc__async_list *list, struct msvc__async_call *call)
{
    if (call->previous != NULL)
        call->previous->next = call->next;
    else
        list->first = call->next;
    if (call->next != NULL)
        call->next->previous = call->previous;
    else
        list->last = call->previous;
}
