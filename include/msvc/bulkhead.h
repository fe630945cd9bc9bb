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

/** A place in a bulkhead or in its queue, in the caller's memory; do not move it while it is used.
 * Threading: one thread at a time. */
struct msvc_bulkhead_place {
    int fd; /**< While it waits: readable when its turn has come; do not read or close. Else −1. */
    bool has_entered;                 /**< Private. */
    struct msvc_bulkhead_place *next; /**< Private. */
};

/**
 * Enter or queue up without waiting: msvc_bulkhead_enter() for event loops. Follow with one
 * msvc_bulkhead_quit().
 *
 * @param[out] place  Untouched on failure.
 * @return 1 when inside, 0 when queued; #MSVC_ERR_REJECTED when full; #MSVC_ERR_UNAVAILABLE when no
 *         descriptor is left to wait with; #MSVC_ERR_INVALID.
 */
MSVC_API MSVC_MUST_USE int msvc_bulkhead_queue(struct msvc_bulkhead *bulkhead,
                                               struct msvc_bulkhead_place *place);

/** Whether the turn of @p place has come: it is inside. Ask when its `fd` is readable, which is
 * closed then. */
MSVC_API bool msvc_bulkhead_has_entered(struct msvc_bulkhead *bulkhead,
                                        struct msvc_bulkhead_place *place);

/** Leave the bulkhead or its queue, wherever @p place is. A second time does nothing. */
MSVC_API void msvc_bulkhead_quit(struct msvc_bulkhead *bulkhead, struct msvc_bulkhead_place *place);

/** Leave; whoever waits longest enters. NULL is ignored. */
MSVC_API void msvc_bulkhead_leave(struct msvc_bulkhead *bulkhead);

/** Calls inside; 0 for NULL. */
MSVC_API unsigned msvc_bulkhead_calls(struct msvc_bulkhead *bulkhead);

/** Callers waiting; 0 for NULL. */
MSVC_API unsigned msvc_bulkhead_waiting(struct msvc_bulkhead *bulkhead);

MSVC_END_DECLS

#endif
