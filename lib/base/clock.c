/* SPDX-License-Identifier: MIT */
#include <msvc/clock.h>

#include <limits.h>
#include <time.h>

#define NS_PER_MS 1000000
#define NS_PER_S  1000000000

static uint64_t system_monotonic_ns(void *user)
{
    struct timespec now;

    (void)user;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec + 1;
}

static int64_t system_wall_ns(void *user)
{
    struct timespec now;

    (void)user;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static const struct msvc_clock system_clock = { system_monotonic_ns, system_wall_ns, NULL };

const struct msvc_clock *msvc_clock_system(void)
{
    return &system_clock;
}

uint64_t msvc_clock_monotonic_ns(const struct msvc_clock *clock)
{
    return clock != NULL ? clock->monotonic_ns(clock->user) : system_monotonic_ns(NULL);
}

int64_t msvc_clock_wall_ns(const struct msvc_clock *clock)
{
    return clock != NULL ? clock->wall_ns(clock->user) : system_wall_ns(NULL);
}

uint64_t msvc_deadline_in(const struct msvc_clock *clock, int64_t timeout_ms)
{
    uint64_t now;

    if (timeout_ms < 0)
        return 0;
    now = msvc_clock_monotonic_ns(clock);
    if ((uint64_t)timeout_ms > (UINT64_MAX - now) / NS_PER_MS)
        return UINT64_MAX;
    return now + (uint64_t)timeout_ms * NS_PER_MS;
}

int msvc_deadline_left_ms(const struct msvc_clock *clock, uint64_t deadline_ns, int most_ms)
{
    uint64_t now;
    uint64_t left_ms;

    if (deadline_ns == 0)
        return most_ms;
    now = msvc_clock_monotonic_ns(clock);
    if (now >= deadline_ns)
        return 0;
    left_ms = (deadline_ns - now - 1) / NS_PER_MS + 1;
    return left_ms < (uint64_t)(most_ms < 0 ? INT_MAX : most_ms) ? (int)left_ms : most_ms;
}

static _Thread_local uint64_t current;

uint64_t msvc_deadline_earlier(uint64_t a_ns, uint64_t b_ns)
{
    if (a_ns == 0 || b_ns == 0)
        return a_ns + b_ns;
    return a_ns < b_ns ? a_ns : b_ns;
}

uint64_t msvc_deadline_current(void)
{
    return current;
}

uint64_t msvc_deadline_enter(uint64_t deadline_ns)
{
    uint64_t previous = current;

    current = msvc_deadline_earlier(previous, deadline_ns);
    return previous;
}

void msvc_deadline_leave(uint64_t previous)
{
    current = previous;
}
