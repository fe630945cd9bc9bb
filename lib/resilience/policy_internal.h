/* SPDX-License-Identifier: MIT */
#ifndef MSVC_RESILIENCE_POLICY_INTERNAL_H
#define MSVC_RESILIENCE_POLICY_INTERNAL_H

#include <msvc/policy.h>
#include <msvc/retry.h>

#define MSVC__NS_PER_MS 1000000

struct msvc_policy {
    struct msvc_policy_options options; /* constant, without zeros where there is a default */
    struct msvc_retry_options retry;    /* with the policy's budget, clock and random */
};

/* The earlier deadline; 0 is none. */
static inline uint64_t msvc__earlier(uint64_t a, uint64_t b)
{
    if (a == 0 || b == 0)
        return a + b;
    return a < b ? a : b;
}

/* What NULL stands for. */
extern const struct msvc_policy msvc__policy_default;

#endif
