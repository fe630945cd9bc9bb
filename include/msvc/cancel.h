/* SPDX-License-Identifier: MIT */
/**
 * @file cancel.h
 *
 * A token by which one thread asks work on another to stop. C cannot stop a
 * running function: what waits looks at the token, and returns
 * #MSVC_ERR_CANCELLED at its next chance.
 */
#ifndef MSVC_CANCEL_H
#define MSVC_CANCEL_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

/** A cancellation token. Must outlive the calls it is given to. Threading: safe. */
struct msvc_cancel;

/**
 * @param[out] out  Owned by the caller; untouched on failure.
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_NOMEM, or #MSVC_ERR_UNAVAILABLE when no descriptor is
 * left.
 */
MSVC_API MSVC_MUST_USE int msvc_cancel_new(struct msvc_cancel **out);

/** Destroy @p cancel. NULL is ignored. No call may be using it. */
MSVC_API void msvc_cancel_free(struct msvc_cancel *cancel);

/** Ask. NULL is ignored. Repeating it changes nothing. Safe in a signal handler. */
MSVC_API void msvc_cancel_request(struct msvc_cancel *cancel);

/** Whether it was asked; false for NULL. */
MSVC_API bool msvc_cancel_is_requested(const struct msvc_cancel *cancel);

/** A descriptor that is readable once it was asked, for poll(); −1 for NULL. Borrowed: do not read
 * or close. */
MSVC_API int msvc_cancel_fd(const struct msvc_cancel *cancel);

MSVC_END_DECLS

#endif
