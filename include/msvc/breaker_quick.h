/* SPDX-License-Identifier: MIT */
/**
 * @file breaker_quick.h
 *
 * The short cut of msvc_breaker_begin(): where one load decides, it is made in
 * place, since the call of a shared library costs more than all the rest.
 * Included by breaker.h.
 */
#ifndef MSVC_BREAKER_QUICK_H
#define MSVC_BREAKER_QUICK_H

#include <msvc/breaker.h>
#include <msvc/status.h>

#if defined(__GNUC__)
MSVC_BEGIN_DECLS

/** Private: the beginning of a breaker, part of the ABI. */
struct msvc__breaker_front {
    uint64_t epoch; /* state in bits 0 to 2; in bits 24 to 63 milliseconds until an opening ends */
    uint64_t made_ns; /* those milliseconds count from here */
};

/* msvc_breaker_begin() without a call where one load decides. */
MSVC_MUST_USE static inline int msvc__breaker_begin(struct msvc_breaker *breaker, uint64_t now_ns,
                                                    struct msvc_permit *permit)
{
    const struct msvc__breaker_front *front =
        (const struct msvc__breaker_front *)(const void *)breaker;
    uint64_t epoch;

    if (breaker == NULL || permit == NULL)
        return MSVC_ERR_INVALID;
    epoch = __atomic_load_n(&front->epoch, __ATOMIC_ACQUIRE);
    if ((epoch & 7) == MSVC_BREAKER_CLOSED) {
        permit->generation = epoch;
        permit->deadline_ns = 0;
        return 0;
    }
    if ((epoch & 7) == MSVC_BREAKER_OPEN && now_ns != 0 &&
        now_ns < front->made_ns + (epoch >> 24) * 1000000)
        return MSVC_ERR_REJECTED;
    return msvc_breaker_begin(breaker, now_ns, permit);
}
/** The function of this name is there as well, for other languages and for its address. */
#define msvc_breaker_begin(breaker, now_ns, permit) msvc__breaker_begin(breaker, now_ns, permit)

MSVC_END_DECLS
#endif

#endif
