/* SPDX-License-Identifier: MIT */
/**
 * @file breaker_saved.h
 *
 * What a breaker knows as a plain value, so that a program that starts again, or
 * another instance of it, need not find out anew that a dependency is down.
 *
 *     struct msvc_breaker_saved saved;
 *
 *     msvc_breaker_save(breaker, 0, &saved);
 *     status = msvc_breaker_restore(breaker, &saved, 1500, 0);
 *
 * where the second is done 1.5 s later, to a breaker that nobody uses yet.
 */
#ifndef MSVC_BREAKER_SAVED_H
#define MSVC_BREAKER_SAVED_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_breaker;

/** Parts of a window, the oldest first. */
#define MSVC_BREAKER_SAVED_PARTS 16

/** Results of one part of a window. */
struct msvc_breaker_saved_part {
    uint32_t calls;
    uint32_t failures; /**< Of those, failures. */
    uint32_t slow;     /**< Of those, slow. */
};

/** No pointers, no times of any clock, nothing secret: write its bytes or its fields anywhere. */
struct msvc_breaker_saved {
    uint32_t version;      /**< 1. */
    uint32_t state;        /**< An enum msvc_breaker_state. */
    uint32_t openings;     /**< In a row, for open_max_ms. */
    uint32_t streak;       /**< Failures in a row. */
    uint64_t open_left_ms; /**< While open: how long it would have stayed so. */
    uint64_t part_ns; /**< Length of a part of a time window; 0: parts are of a count window. */
    struct msvc_breaker_saved_part parts[MSVC_BREAKER_SAVED_PARTS];
    uint32_t reserved[8]; /**< Zero. */
};

/**
 * Save what @p breaker knows. Probes that are out are not saved.
 *
 * @param now_ns    As in msvc_breaker_begin().
 * @param[out] out  Untouched when a pointer is NULL.
 */
MSVC_API void msvc_breaker_save(const struct msvc_breaker *breaker, uint64_t now_ns,
                                struct msvc_breaker_saved *out);

/**
 * Make @p breaker know what was saved; before other threads use it. It may have
 * other options than the one that was saved: an opening keeps its end, counts
 * are laid into its window as they fit, the rates are looked at with the next
 * result. Within one of sixteen parts the order of results is lost. A ramp
 * starts over.
 *
 * @param saved    Not trusted.
 * @param gone_ms  How long ago it was saved, by a clock that went on meanwhile.
 * @return 0, or #MSVC_ERR_INVALID: then nothing changes.
 */
MSVC_API MSVC_MUST_USE int msvc_breaker_restore(struct msvc_breaker *breaker,
                                                const struct msvc_breaker_saved *saved,
                                                uint64_t gone_ms, uint64_t now_ns);

MSVC_END_DECLS

#endif
