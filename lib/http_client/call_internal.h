/* SPDX-License-Identifier: MIT */
/*
 * One call as a machine: whoever drives it makes an attempt, reports how it
 * ended, and waits or stops as it says. The blocking and the asynchronous form
 * are two ways to drive it.
 */
#ifndef MSVC_HTTP_CLIENT_CALL_INTERNAL_H
#define MSVC_HTTP_CLIENT_CALL_INTERNAL_H

#include "http_client/client_internal.h"

struct msvc_span;

struct msvc__call {
    struct msvc__peer *peer;
    const struct msvc_http_request_options *request; /* as msvc_http_call() checked it */
    struct msvc_error *err;                          /* of the last failure; never NULL */
    struct msvc_http_answer *answer;                 /* of the last attempt that had one */
    struct msvc_retry retry;                         /* its next_ns is when to try again */
    struct msvc__transfer transfer;
    struct msvc_permit permit;
    struct msvc_span *span;
    uint64_t began_ns; /* this attempt */
    uint64_t asked_ms; /* the wait that its answer asked for; 0: none */
};

/* Fill in a call. 0, or STATE after a fork. */
int msvc__call_begin(struct msvc__call *call, struct msvc__peer *peer,
                     const struct msvc_http_request_options *request, struct msvc_error *err);
/* Ask for an attempt: 0, and call->transfer is to be run, or why not. */
int msvc__call_attempt(struct msvc__call *call);
/* The attempt ended so, with an answer (taken) if the status is 0. Returns what that means. */
int msvc__call_attempted(struct msvc__call *call, int status, struct msvc_http_answer *answer);
/* Whether to try again at call->retry.next_ns. */
bool msvc__call_again(struct msvc__call *call, int status);
/* Stop waiting for another attempt. Returns CANCELLED. */
int msvc__call_give_up(struct msvc__call *call);
/* The end: 0 and an answer, or the call's status. */
int msvc__call_end(struct msvc__call *call, int status, struct msvc_http_answer **out);

#endif
