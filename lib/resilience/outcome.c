/* SPDX-License-Identifier: MIT */
/*
 * A status tells the caller what to do; an outcome tells the breaker how the
 * dependency is. A peer that answers "no such user" is well.
 */
#include <msvc/breaker.h>

#include <msvc/status.h>

enum msvc_outcome msvc_outcome_of(int status)
{
    switch (status) {
    case MSVC_ERR_UNAVAILABLE:
    case MSVC_ERR_TIMEOUT:
    case MSVC_ERR_UNKNOWN:
    case MSVC_ERR_MALFORMED:
    case MSVC_ERR_INTERNAL:
        return MSVC_OUTCOME_FAILURE;
    case MSVC_ERR_REJECTED:
        return MSVC_OUTCOME_REJECTED;
    case MSVC_ERR_CANCELLED:
        return MSVC_OUTCOME_CANCELLED;
    case MSVC_ERR_INVALID:
    case MSVC_ERR_NOMEM:
    case MSVC_ERR_STATE:
    case MSVC_ERR_UNSUPPORTED:
        return MSVC_OUTCOME_IGNORED;
    default:
        return MSVC_OUTCOME_SUCCESS;
    }
}
