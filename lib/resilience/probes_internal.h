/* SPDX-License-Identifier: MIT */
/*
 * The places of a half-open breaker. A probe takes one of them for a while; its
 * result stays in it until the epoch is over, so that what was judged and what
 * is in flight are together never more than there are places.
 */
#ifndef MSVC_RESILIENCE_PROBES_INTERNAL_H
#define MSVC_RESILIENCE_PROBES_INTERNAL_H

#include <stdatomic.h>

#include <msvc/breaker.h>

struct msvc__probes {
    /* deadline in ms << 24 | generation << 8 | serial << 2 | status, see probes.c */
    _Atomic uint64_t places[MSVC_BREAKER_PROBES_MAX];
};

struct msvc__probe {
    unsigned place;
    uint64_t lease;
    uint64_t deadline_ms;
};

/* Who asks for a place, and for how long. */
struct msvc__prober {
    const _Atomic uint64_t *present;
    uint64_t epoch;
    uint64_t now_ms;
    unsigned places;
    unsigned lease_ms;
};

struct msvc__tally {
    unsigned leased;
    unsigned good;
    unsigned bad;
};

/* Take a place; false when none is free, or the epoch is not the present any more. */
bool msvc__probes_take(struct msvc__probes *probes, const struct msvc__prober *prober,
                       struct msvc__probe *out);

/* Write a result into its place, or free the place when it says nothing. False when the lease was
 * lost. */
bool msvc__probes_give(struct msvc__probes *probes, unsigned place, uint64_t lease,
                       enum msvc_outcome outcome);

/* What the places hold in @p epoch. */
void msvc__probes_tally(const struct msvc__probes *probes, uint64_t epoch, uint64_t now_ms,
                        struct msvc__tally *out);

#endif
