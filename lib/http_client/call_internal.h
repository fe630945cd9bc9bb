/* SPDX-License-Identifier: MIT */
/*
 * One call as a machine on top of a run (msvc/run.h): whoever drives it makes
 * the attempts, tells how they ended, and waits or stops as it says. The
 * blocking and the asynchronous form are two ways to drive it.
 */
#ifndef MSVC_HTTP_CLIENT_CALL_INTERNAL_H
#define MSVC_HTTP_CLIENT_CALL_INTERNAL_H

#include <msvc/run.h>

#include "http_client/client_internal.h"

struct msvc_span;
struct msvc__call;

/* One attempt in flight. */
struct msvc__attempt {
    struct msvc__call *call;
    struct msvc_attempt *run; /* NULL: this place is free */
    struct msvc__endpoint *endpoint;
    struct msvc_permit permit;
    struct msvc_span *span;
    uint64_t began_ns;
    struct msvc__transfer transfer;
    struct msvc__handle *handle; /* NULL: it has not come so far */
};

struct msvc__call {
    struct msvc__peer *peer;
    const struct msvc_http_request_options *request; /* as msvc__http_request_take() left it */
    struct msvc_error *err;                          /* of the last failure; never NULL */
    int noted;                                       /* the status that err tells about; or 0 */
    struct msvc_http_answer *answer;                 /* the best so far */
    bool has_final;                                  /* it is the run's result */
    struct msvc_run run;
    uint64_t last_id; /* the endpoint of the last attempt */
    struct msvc__attempt attempts[MSVC_RUN_AT_ONCE_MAX];
};

/* Fill in a call; it must stay where it is. 0, or STATE after a fork. */
int msvc__call_begin(struct msvc__call *call, struct msvc__peer *peer,
                     const struct msvc_http_request_options *request, struct msvc_error *err);
/* What to do next; for MSVC_RUN_ATTEMPT and MSVC_RUN_STOP with that attempt. */
enum msvc_run_step msvc__call_next(struct msvc__call *call, struct msvc__attempt **out);
/* Put an attempt into a multi handle. 0, or why that is not possible: it has ended. */
int msvc__call_launch(struct msvc__attempt *attempt, CURLM *multi, struct msvc__handle **idle);
/* Its transfer ended so, or is to be ended so. */
void msvc__call_landed(struct msvc__attempt *attempt, CURLM *multi, struct msvc__handle **idle,
                       CURLcode code);
/* As msvc__call_landed() for MSVC_RUN_STOP. */
void msvc__call_stop(struct msvc__attempt *attempt, CURLM *multi, struct msvc__handle **idle);
/* It ended before it began, for a reason that is not the peer's. */
void msvc__call_failed(struct msvc__attempt *attempt, int status);
/* All transfers of this multi handle that have ended. Returns how many. */
int msvc__call_collect(CURLM *multi, struct msvc__handle **idle);
/* What an HTTP status means for retries, and for breakers. */
int msvc__http_judge(int http_status, enum msvc_outcome *outcome);
/* After MSVC_RUN_DONE: 0 and an answer, or the call's status. */
int msvc__call_end(struct msvc__call *call, struct msvc_http_answer **out);

#endif
