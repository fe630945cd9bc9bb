/* SPDX-License-Identifier: MIT */
/**
 * @file bulkhead.h
 *
 * Bulkhead: at most so many calls at once, and at most so many that wait. A
 * dependency that becomes slow then holds a few threads, not all of them.
 *
 *     if (msvc_bulkhead_enter(bulkhead, deadline_ns, NULL) < 0)
 *         return use_fallback();
 *     status = call_the_dependency();
 *     msvc_bulkhead_leave(bulkhead);
 */
#ifndef MSVC_BULKHEAD_H
#define MSVC_BULKHEAD_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_cancel;
struct msvc_clock;

/** One dependency's bulkhead. Threading: safe, share it between threads. */
struct msvc_bulkhead;

/** Start from #MSVC_BULKHEAD_OPTIONS; in every field 0 means the default. */
struct msvc_bulkhead_options {
    size_t size;                    /**< Set by #MSVC_BULKHEAD_OPTIONS. */
    unsigned calls;                 /**< At once. Default 25. */
    unsigned waiting;               /**< May wait for their turn, first come first served. Default
                                       none: who finds it full is rejected. */
    const struct msvc_clock *clock; /**< Borrowed; must outlive it. Default: the system's. */
};

#define MSVC_BULKHEAD_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_bulkhead_options, __VA_ARGS__)

/**
 * @param[out] out  Owned by the caller; untouched on failure.
 * @param options   Copied; NULL for the defaults.
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_UNSUPPORTED or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_bulkhead_new(struct msvc_bulkhead **out,
                                             const struct msvc_bulkhead_options *options);

/** Destroy @p bulkhead. NULL is ignored. Nobody may be in it or wait. */
MSVC_API void msvc_bulkhead_free(struct msvc_bulkhead *bulkhead);

/**
 * Enter, and follow with one msvc_bulkhead_leave(). Waiting uses one
 * descriptor; nobody who comes later gets in before.
 *
 * @param deadline_ns  Waits no longer; 0: as long as it takes.
 * @param cancel       Ends the wait; NULL for none.
 * @return 0; #MSVC_ERR_REJECTED when full, or its turn did not come before the deadline;
 *         #MSVC_ERR_CANCELLED; #MSVC_ERR_UNAVAILABLE when no descriptor is left to wait with;
 *         #MSVC_ERR_INVALID.
 */
MSVC_API MSVC_MUST_USE int msvc_bulkhead_enter(struct msvc_bulkhead *bulkhead, uint64_t deadline_ns,
                                               struct msvc_cancel *cancel);

/** Leave; whoever waits longest enters. NULL is ignored. */
MSVC_API void msvc_bulkhead_leave(struct msvc_bulkhead *bulkhead);

/** Calls inside; 0 for NULL. */
MSVC_API unsigned msvc_bulkhead_calls(struct msvc_bulkhead *bulkhead);

/** Callers waiting; 0 for NULL. */
MSVC_API unsigned msvc_bulkhead_waiting(struct msvc_bulkhead *bulkhead);

MSVC_END_DECLS

#endif
