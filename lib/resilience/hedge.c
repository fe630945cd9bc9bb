/* SPDX-License-Identifier: MIT */
#include "resilience/hedge_internal.h"

#include <stdlib.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"

#define NS_PER_MS 1000000

static void fill_in(struct msvc_hedge_options *o)
{
    if (o->percentile == 0)
        o->percentile = 98;
    if (o->minimum_ms == 0)
        o->minimum_ms = 1;
    if (o->minimum_calls == 0)
        o->minimum_calls = 100;
    if (o->hedges == 0)
        o->hedges = 1;
}

static bool is_valid(const struct msvc_hedge_options *o)
{
    return o->percentile >= 50 && o->percentile <= 99 && o->hedges <= MSVC_HEDGE_MAX &&
           (o->executor == NULL || o->executor->submit != NULL);
}

int msvc_hedge_new(struct msvc_hedge **out, const struct msvc_hedge_options *options)
{
    struct msvc_hedge_options filled;
    struct msvc_hedge *hedge;
    int status;

    if (out == NULL)
        return MSVC_ERR_INVALID;
    status = msvc__options_copy(&filled, sizeof(filled), options);
    if (status < 0)
        return status;
    fill_in(&filled);
    if (!is_valid(&filled))
        return MSVC_ERR_INVALID;

    hedge = msvc__new(sizeof(*hedge));
    if (hedge == NULL)
        return MSVC_ERR_NOMEM;
    hedge->latency.percent = filled.percentile;
    hedge->latency.minimum = filled.minimum_calls;
    hedge->minimum_ns = (uint64_t)filled.minimum_ms * NS_PER_MS;
    hedge->fixed_ns = (uint64_t)filled.delay_ms * NS_PER_MS;
    hedge->hedges = filled.hedges;
    if (filled.executor != NULL)
        hedge->executor = *filled.executor;
    *out = hedge;
    return 0;
}

void msvc_hedge_free(struct msvc_hedge *hedge)
{
    free(hedge);
}

uint64_t msvc_hedge_delay_ns(const struct msvc_hedge *hedge)
{
    uint64_t estimate_ns;

    if (hedge == NULL)
        return 0;
    if (hedge->fixed_ns != 0)
        return hedge->fixed_ns;
    estimate_ns = atomic_load_explicit(&hedge->latency.estimate_ns, memory_order_relaxed);
    if (estimate_ns != 0 && estimate_ns < hedge->minimum_ns)
        return hedge->minimum_ns;
    return estimate_ns;
}

void msvc_hedge_record(struct msvc_hedge *hedge, uint64_t latency_ns)
{
    if (hedge != NULL && hedge->fixed_ns == 0)
        msvc__latency_record(&hedge->latency, latency_ns);
}
