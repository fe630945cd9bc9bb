/* SPDX-License-Identifier: MIT */
/**
 * @file random.h
 *
 * Randomness is a parameter, as time is. NULL means msvc_random_system()
 * wherever a source is taken.
 */
#ifndef MSVC_RANDOM_H
#define MSVC_RANDOM_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

/** A source of random bytes. The function fills all of @p out and is called from any thread. */
struct msvc_random {
    void (*fill)(void *user, void *out, size_t length);
    void *user; /**< Passed to fill, never read. */
};

/** The kernel's generator, unpredictable, never repeats after fork. Static. Threading: safe. */
MSVC_API const struct msvc_random *msvc_random_system(void);

/** Fill @p out from @p random (NULL: the system's). */
MSVC_API void msvc_random_fill(const struct msvc_random *random, void *out, size_t length);

/** A number from 0 to @p below - 1, each equally likely; 0 when @p below is 0. */
MSVC_API uint64_t msvc_random_below(const struct msvc_random *random, uint64_t below);

MSVC_END_DECLS

#endif
