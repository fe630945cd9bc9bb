/* SPDX-License-Identifier: MIT */
/**
 * @file status.h
 *
 * Every fallible function returns 0 (or a count) or one of these, negative.
 * A status says what to *do*: msvc_status_retry() tells what trying again means.
 */
#ifndef MSVC_STATUS_H
#define MSVC_STATUS_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

/** One list: name, value, what trying again means, text. Values are frozen; append only. */
#define MSVC_STATUS_MAP(X)                                                 \
    X(INVALID, -1, NEVER, "invalid argument")                              \
    X(NOMEM, -2, NEVER, "out of memory")                                   \
    X(STATE, -3, NEVER, "not possible in this state")                      \
    X(REJECTED, -4, LATER, "rejected by a policy, not attempted")          \
    X(TIMEOUT, -5, IF_IDEMPOTENT, "deadline passed before an answer came") \
    X(UNAVAILABLE, -6, AGAIN, "peer not reachable")                        \
    X(CONFLICT, -7, AGAIN, "lost a race with somebody else")               \
    X(MALFORMED, -8, NEVER, "input does not follow its grammar")           \
    X(AUTH, -9, NEVER, "not authenticated or not allowed")                 \
    X(UNSUPPORTED, -10, NEVER, "not supported here")                       \
    X(REFUSED, -11, NEVER, "peer understood and refused")                  \
    X(UNKNOWN, -12, IF_IDEMPOTENT, "it may have happened")                 \
    X(NOT_FOUND, -13, NEVER, "no such thing")                              \
    X(EXISTS, -14, NEVER, "exists already")                                \
    X(LIMIT, -15, NEVER, "over a documented limit")                        \
    X(CANCELLED, -16, NEVER, "cancelled by the caller")                    \
    X(INTERNAL, -17, NEVER, "a defect in this library or in something it relies on")

enum msvc_status {
    MSVC_OK = 0,
#define MSVC_STATUS_ENUMERATOR(name, value, retry, text) MSVC_ERR_##name = (value),
    MSVC_STATUS_MAP(MSVC_STATUS_ENUMERATOR)
#undef MSVC_STATUS_ENUMERATOR
};

/** What trying the same thing again means. */
enum msvc_retry_advice {
    MSVC_RETRY_NEVER,         /**< The same call fails the same way. */
    MSVC_RETRY_AGAIN,         /**< Nothing happened; another attempt may succeed. */
    MSVC_RETRY_LATER,         /**< Nothing was attempted; a later call costs no attempt. */
    MSVC_RETRY_IF_IDEMPOTENT, /**< It may have happened; only an idempotent call may be repeated. */
};

/** Describe @p status in a few words; "success" for 0 and counts. Static. */
MSVC_API const char *msvc_status_text(int status);

/** Name @p status: "TIMEOUT" for #MSVC_ERR_TIMEOUT, "OK" for 0 and counts. Static. */
MSVC_API const char *msvc_status_name(int status);

/** Say what trying again means. A status that is not known is #MSVC_RETRY_NEVER. */
MSVC_API enum msvc_retry_advice msvc_status_retry(int status);

MSVC_END_DECLS

#endif
