/* SPDX-License-Identifier: MIT */
#ifndef MSVC_RESILIENCE_HEDGE_INTERNAL_H
#define MSVC_RESILIENCE_HEDGE_INTERNAL_H

#include <msvc/call.h>
#include <msvc/hedge.h>

#include "resilience/latency_internal.h"

struct msvc_hedge {
    struct msvc__latency latency;
    struct msvc_executor executor; /* constant, as all below; without submit: none */
    uint64_t minimum_ns;
    uint64_t fixed_ns; /* 0: measured */
    unsigned hedges;
};

struct msvc_run;

/* msvc_call() when the policy hedges. */
int msvc__call_hedged(struct msvc_run *run, msvc_call_fn *call);

#endif
