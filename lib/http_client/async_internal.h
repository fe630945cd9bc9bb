/* SPDX-License-Identifier: MIT */
/* Calls in flight on one thread. */
#ifndef MSVC_HTTP_CLIENT_ASYNC_INTERNAL_H
#define MSVC_HTTP_CLIENT_ASYNC_INTERNAL_H

#include <msvc/error.h>
#include <msvc/http_async.h>
#include <msvc/trace_context.h>

#include "http_client/call_internal.h"

struct msvc__async_call {
    struct msvc__async_call *next; /* in the open ones, or the ended ones */
    struct msvc__async_call *previous;
    bool has_ended;
    uint64_t until_ns; /* when to go on at the latest; 0: when something lands */
    uint64_t id;
    struct msvc_http_transport *transport;
    msvc_http_done_fn *done;
    void *user;

    struct msvc_http_request_options request; /* its texts stand behind this struct */
    struct msvc_trace_context parent;
    struct msvc__call call; /* unused when the transport is none of ours */
    int cancel_fd;          /* a copy, so that one token may end many calls; -1: none */
    int place_fd;           /* of a place in the bulkhead, likewise */

    int status; /* once ended */
    struct msvc_http_answer *answer;
    struct msvc_error err;
};

struct msvc__async_list {
    struct msvc__async_call *first;
    struct msvc__async_call *last;
};

struct msvc_http_async {
    struct msvc_http_client *client;
    unsigned call_limit;
    unsigned generation; /* of forks */
    CURLM *multi;
    int set;
    uint64_t due_ns;  /* when libcurl wants to look by itself; 0: never */
    uint64_t wake_ns; /* not after the first until_ns of a call; 0: there is none */
    uint64_t last_id;
    unsigned count;
    unsigned watch_count; /* calls with a cancel token, or in front of a bulkhead */
    bool is_running;      /* run_once() is below us */
    bool is_closing;      /* free() is below us */
    struct msvc__async_list open;
    struct msvc__async_list ended; /* their callbacks are due */
    struct msvc__handle *idle;
};

/* For due_ns and wake_ns; no clock shows it any more. */
#define MSVC__ASYNC_NOW 1

/* Copies everything of a request, as msvc__http_request_take() left it, that is not borrowed. NULL
 * when out of memory. */
struct msvc__async_call *msvc__async_call_new(const struct msvc_http_request_options *request);
void msvc__async_call_free(struct msvc__async_call *call);

struct msvc__async_call *msvc__async_call_of(struct msvc__call *call);

void msvc__async_append(struct msvc__async_list *list, struct msvc__async_call *call);
void msvc__async_take_out(struct msvc__async_list *list, struct msvc__async_call *call);

/* End an open call, with CANCELLED. */
void msvc__async_cancel(struct msvc_http_async *async, struct msvc__async_call *call);
/* Call the callbacks that are due. Returns how many. */
int msvc__async_deliver(struct msvc_http_async *async);

#endif
