/* SPDX-License-Identifier: MIT */
/**
 * @file clock.h
 *
 * Time is a parameter: whatever waits or measures takes a clock, so that tests
 * never sleep. NULL means msvc_clock_system() wherever a clock is taken.
 *
 * Deadlines are instants of the monotonic clock in nanoseconds; 0 is "no deadline".
 */
#ifndef MSVC_CLOCK_H
#define MSVC_CLOCK_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

/** A source of time. Both functions must be callable from any thread. */
struct msvc_clock {
    /** Nanoseconds since some fixed instant; never goes back. Never 0. */
    uint64_t (*monotonic_ns)(void *user);
    /** Nanoseconds since 1970-01-01T00:00:00Z; may be set back by an administrator. */
    int64_t (*wall_ns)(void *user);
    void *user; /**< Passed to both, never read. */
};

/** The machine's clocks: CLOCK_MONOTONIC and CLOCK_REALTIME. Static. Threading: safe. */
MSVC_API const struct msvc_clock *msvc_clock_system(void);

/** Read @p clock (NULL: the system's): monotonic nanoseconds. */
MSVC_API uint64_t msvc_clock_monotonic_ns(const struct msvc_clock *clock);

/** Read @p clock (NULL: the system's): nanoseconds since 1970. */
MSVC_API int64_t msvc_clock_wall_ns(const struct msvc_clock *clock);

/** The instant @p timeout_ms from now, never 0; a negative timeout means none and gives 0. */
MSVC_API uint64_t msvc_deadline_in(const struct msvc_clock *clock, int64_t timeout_ms);

/**
 * Milliseconds left until @p deadline_ns, rounded up, 0 when it has passed;
 * @p most_ms when there is no deadline or it is further away than that.
 */
MSVC_API int msvc_deadline_left_ms(const struct msvc_clock *clock, uint64_t deadline_ns,
                                   int most_ms);

/** The earlier of two deadlines, 0 being none. */
MSVC_API uint64_t msvc_deadline_earlier(uint64_t a_ns, uint64_t b_ns);

/**
 * The deadline of what this thread does now; 0: none. HTTP servers enter their caller's around a
 * handler. Clients and stores never go beyond it, so that a deadline shrinks from hop to hop and
 * reaches the database without anybody passing it on.
 */
MSVC_API uint64_t msvc_deadline_current(void);

/**
 * Let this thread work under a deadline too: the earlier one of it and the current one.
 *
 * @return What msvc_deadline_leave() wants, in reverse order.
 */
MSVC_API MSVC_MUST_USE uint64_t msvc_deadline_enter(uint64_t deadline_ns);

/** @param previous  As msvc_deadline_enter() returned it. */
MSVC_API void msvc_deadline_leave(uint64_t previous);

/** Bytes that msvc_time_format() writes, with the final NUL. */
#define MSVC_TIME_SIZE 31

/** Write @p wall_ns as RFC 3339 in UTC with nanoseconds: "2026-11-22T10:13:00.000000001Z". Years
 * 1678 to 2261. */
MSVC_API void msvc_time_format(char out[MSVC_TIME_SIZE], int64_t wall_ns);

/**
 * Read an RFC 3339 timestamp (section 5.6; any offset, up to nine fraction digits, more are cut).
 * A leap second counts as the second after it.
 *
 * @param[out] wall_ns  Nanoseconds since 1970; untouched on failure.
 * @return 0, #MSVC_ERR_MALFORMED, or #MSVC_ERR_LIMIT outside the years 1678 to 2261.
 */
MSVC_API MSVC_MUST_USE int msvc_time_parse(int64_t *wall_ns, const char *text, size_t length);

MSVC_END_DECLS

#endif
