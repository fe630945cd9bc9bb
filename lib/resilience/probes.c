/* SPDX-License-Identifier: MIT */
/*
 * A place is one word that names the lease exactly: when it ends, in which
 * generation it began, and a serial number that tells two leases of one
 * millisecond apart. Whoever takes, returns or judges swaps the whole word, so
 * that a lease which was lost cannot be spoken for.
 *
 * A result never leaves its place within its epoch. Two threads that finish
 * the last two probes at once both write, then both count; the operations are
 * sequentially consistent, so that at least one of them sees both results.
 */
#include "resilience/probes_internal.h"

#include "resilience/epoch_internal.h"

#define DEADLINE_SHIFT 24
#define SERIAL_MASK    63u

enum status {
    FREE,
    LEASED,
    GOOD,
    BAD,
};

static enum status status_of(uint64_t place)
{
    return (enum status)(place & 3);
}

/* A place left by an epoch before is free: its lease ended before this one began, or its
 * generation differs. */
static bool is_of(uint64_t place, uint64_t epoch)
{
    return (place >> 8 & 0xffff) == msvc__epoch_generation(epoch) &&
           place >> DEADLINE_SHIFT > msvc__epoch_time_ms(epoch);
}

static bool is_taken(uint64_t place, uint64_t epoch, uint64_t now_ms)
{
    if (status_of(place) == FREE || !is_of(place, epoch))
        return false;
    return status_of(place) != LEASED || place >> DEADLINE_SHIFT > now_ms;
}

static uint64_t lease_after(uint64_t place, uint64_t epoch, uint64_t deadline_ms)
{
    uint64_t serial = ((place >> 2) + 1) & SERIAL_MASK;

    return deadline_ms << DEADLINE_SHIFT | msvc__epoch_generation(epoch) << 8 | serial << 2 |
           LEASED;
}

/* A clock that is behind the one which began the epoch must not make leases that end before it. */
static uint64_t lease_end(const struct msvc__prober *prober)
{
    uint64_t began = msvc__epoch_time_ms(prober->epoch);
    uint64_t end = (prober->now_ms > began ? prober->now_ms : began) + prober->lease_ms;

    return end < MSVC__EPOCH_TIME_MAX ? end : MSVC__EPOCH_TIME_MAX;
}

/*
 * A place of another epoch is an older one's, and so ours to take, only if ours
 * is still the present after we read it: a thread that slept through two
 * changes must not take the place of a probe that is out now.
 */
bool msvc__probes_take(struct msvc__probes *probes, const struct msvc__prober *prober,
                       struct msvc__probe *out)
{
    uint64_t deadline_ms = lease_end(prober);
    uint64_t epoch = prober->epoch;

    for (unsigned i = 0; i < prober->places; i++) {
        uint64_t seen = atomic_load(&probes->places[i]);

        while (!is_taken(seen, epoch, prober->now_ms)) {
            uint64_t lease = lease_after(seen, epoch, deadline_ms);

            if (!is_of(seen, epoch) && atomic_load(prober->present) != epoch)
                return false;
            if (atomic_compare_exchange_weak(&probes->places[i], &seen, lease)) {
                *out = (struct msvc__probe){ i, lease, deadline_ms };
                return true;
            }
        }
    }
    return false;
}

bool msvc__probes_give(struct msvc__probes *probes, unsigned place, uint64_t lease,
                       enum msvc_outcome outcome)
{
    enum status status = FREE;

    if (place >= MSVC_BREAKER_PROBES_MAX)
        return false;
    if (outcome == MSVC_OUTCOME_SUCCESS)
        status = GOOD;
    else if (outcome != MSVC_OUTCOME_IGNORED && outcome != MSVC_OUTCOME_CANCELLED)
        status = BAD;
    return atomic_compare_exchange_strong(&probes->places[place], &lease,
                                          (lease & ~(uint64_t)3) | status);
}

void msvc__probes_tally(const struct msvc__probes *probes, uint64_t epoch, uint64_t now_ms,
                        struct msvc__tally *out)
{
    struct msvc__tally tally = { 0, 0, 0 };

    for (unsigned i = 0; i < MSVC_BREAKER_PROBES_MAX; i++) {
        uint64_t place = atomic_load(&probes->places[i]);

        if (!is_taken(place, epoch, now_ms))
            continue;
        tally.leased += status_of(place) == LEASED;
        tally.good += status_of(place) == GOOD;
        tally.bad += status_of(place) == BAD;
    }
    *out = tally;
}
