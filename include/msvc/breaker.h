/* SPDX-License-Identifier: MIT */
/**
 * @file breaker.h
 *
 * Circuit breaker: stop calling a dependency that keeps failing, and find out
 * cheaply when it is well again.
 *
 * A breaker is *closed* while calls go well. When too many of the last calls
 * failed or were slow it *opens*: calls are rejected at once. After `open_ms`
 * it is *half-open*: a few probes pass, and their results close it or open it
 * again. Who may call holds a permit, which is a lease: a probe that never
 * reports loses its place to another one, and a result that comes back after
 * the state changed says nothing about the dependency as it is now: it is ignored.
 *
 *     struct msvc_permit permit;
 *
 *     if (msvc_breaker_begin(breaker, 0, &permit) < 0)
 *         return use_fallback();
 *     status = call_the_dependency();
 *     msvc_breaker_end(breaker, &permit, msvc_outcome_of(status), 0, 0);
 */
#ifndef MSVC_BREAKER_H
#define MSVC_BREAKER_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_clock;
struct msvc_random;

/** Most probes of one half-open state. */
#define MSVC_BREAKER_PROBES_MAX 16
/** Most calls in a count window. */
#define MSVC_BREAKER_WINDOW_CALLS_MAX 65536
/** For failure_percent: the failure rate never opens it. */
#define MSVC_BREAKER_OFF 1000

/** One dependency's breaker, 4 KiB and half a byte per call of a count window above 6000.
 * Threading: safe, share it between threads. */
struct msvc_breaker;

enum msvc_breaker_state {
    MSVC_BREAKER_CLOSED,
    MSVC_BREAKER_OPEN,
    MSVC_BREAKER_HALF_OPEN,
    MSVC_BREAKER_RAMPING,      /**< Probes were good: admits a growing share of the calls. */
    MSVC_BREAKER_FORCED_OPEN,  /**< Rejects until told otherwise. */
    MSVC_BREAKER_DISABLED,     /**< Admits and records nothing until told otherwise. */
    MSVC_BREAKER_METRICS_ONLY, /**< Admits and records, never opens, until told otherwise. */
};

/** How a call ended, as the breaker sees it. */
enum msvc_outcome {
    MSVC_OUTCOME_SUCCESS,
    MSVC_OUTCOME_FAILURE,
    MSVC_OUTCOME_SLOW,      /**< A success that counts as slow whatever its duration. */
    MSVC_OUTCOME_IGNORED,   /**< Says nothing about the dependency. */
    MSVC_OUTCOME_CANCELLED, /**< We gave up; as ignored. */
    MSVC_OUTCOME_REJECTED,  /**< The peer turned us away (429, 503): counts as a failure. */
};

/** The right to make one call. A value: copy it, keep it anywhere. The fields are private. */
struct msvc_permit {
    uint64_t generation;
    uint64_t lease;
    uint64_t deadline_ns; /**< Of a probe: when its place goes to another one; else 0. Read it. */
    uint32_t slot;
    uint32_t reserved;
};

/**
 * Called after a change of state, on the thread whose call caused it, with no
 * lock held: calling the breaker from here is fine. With several threads the
 * announcements of two changes may come in either order.
 */
typedef void msvc_breaker_change_fn(struct msvc_breaker *breaker, enum msvc_breaker_state from,
                                    enum msvc_breaker_state to, void *user);

/** How a breaker behaves. Start from #MSVC_BREAKER_OPTIONS; in every field 0 means the default. */
struct msvc_breaker_options {
    size_t size; /**< Set by #MSVC_BREAKER_OPTIONS. */

    unsigned failure_percent; /**< Opens when at least so many of the window's calls failed, 1 to
                                 100. Default 50. */
    unsigned slow_ms;         /**< A call that lasted at least so long is slow. Default: none is. */
    unsigned slow_percent;    /**< Opens when at least so many were slow, 1 to 100. Default 100. */
    unsigned failure_streak;  /**< Opens after so many failures in a row. Default: off. */
    unsigned minimum_calls;   /**< Rates say nothing before so many results. Default 5, at most
                                 window_calls. */
    unsigned window_ms;       /**< Length of the window, give or take an eighth. Default 10000. */
    unsigned window_calls;    /**< Instead of window_ms: exactly the last so many results, at most
                                 #MSVC_BREAKER_WINDOW_CALLS_MAX. */

    unsigned open_ms;        /**< How long it stays open. Default 30000. */
    unsigned open_max_ms;    /**< Each opening after failed probes lasts twice as long as the one
                                before, up to this. Default open_ms: all the same. */
    unsigned jitter_percent; /**< An opening is shortened at random by up to so much. Default 0. */

    unsigned probes; /**< Results that a half-open state is judged by, and so the most probes in
                        flight. Default 1, at most #MSVC_BREAKER_PROBES_MAX. */
    unsigned probe_successes; /**< So many of them close it. Default: all. */
    unsigned lease_ms;        /**< A probe that did not report for so long loses its place. Longer
                                 than a call may take. Default 30000. */
    unsigned ramp_ms;         /**< After good probes it admits a tenth of the calls, and over so
                                 long ever more until all. Default: all at once. */

    const struct msvc_clock *clock;    /**< Borrowed; must outlive it. Default: the system's. */
    const struct msvc_random *random;  /**< Borrowed; must outlive it. Default: the system's. */
    msvc_breaker_change_fn *on_change; /**< Optional. */
    void *user;                        /**< Passed to on_change, never read. */
};

/** `MSVC_BREAKER_OPTIONS(.open_ms = 500)`: options that live to the end of the block. */
#define MSVC_BREAKER_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_breaker_options, __VA_ARGS__)

/** Breakers of elsewhere; how close each comes is in docs/breaker.md. */
enum msvc_breaker_preset {
    MSVC_BREAKER_PRESET_OPOSSUM,      /**< Node's. */
    MSVC_BREAKER_PRESET_RESILIENCE4J, /**< Java's, as it is without configuration. */
    MSVC_BREAKER_PRESET_HYSTRIX,      /**< Netflix's. */
    MSVC_BREAKER_PRESET_MICROPROFILE, /**< A bare `@CircuitBreaker` of Fault Tolerance. */
};

/**
 * Set all numbers of @p options to the defaults of another breaker, then change
 * the ones you like. Clock, random and on_change stay as they are.
 *
 *     struct msvc_breaker_options options = { .size = sizeof(options) };
 *
 *     status = msvc_breaker_options_fill(&options, MSVC_BREAKER_PRESET_HYSTRIX);
 *
 * @param[out] options  Its size must be set; untouched on failure.
 * @return 0 or #MSVC_ERR_INVALID.
 */
MSVC_API int msvc_breaker_options_fill(struct msvc_breaker_options *options,
                                       enum msvc_breaker_preset preset);

/**
 * Create a closed breaker. Nothing is allocated afterwards.
 *
 * @param[out] out  Owned by the caller; untouched on failure.
 * @param options   Copied; NULL for the defaults.
 * @return 0, #MSVC_ERR_INVALID for a number outside of its range or both windows at once,
 *         #MSVC_ERR_UNSUPPORTED or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_breaker_new(struct msvc_breaker **out,
                                            const struct msvc_breaker_options *options);

/** Destroy @p breaker. NULL is ignored. No call may be in flight. */
MSVC_API void msvc_breaker_free(struct msvc_breaker *breaker);

/**
 * Ask to make one call, and follow with one msvc_breaker_end().
 *
 * @param now_ns       Now by the breaker's clock if you know it; 0: it reads the clock if it must.
 * @param[out] permit  Untouched on failure.
 * @return 0, #MSVC_ERR_REJECTED: do not make the call, or #MSVC_ERR_INVALID.
 */
MSVC_API MSVC_MUST_USE int msvc_breaker_begin(struct msvc_breaker *breaker, uint64_t now_ns,
                                              struct msvc_permit *permit);

/**
 * Report how the call of @p permit ended. A result from before the last change
 * of state, or of a probe that lost its place, is ignored.
 *
 * @param permit       Spent: ending it again does nothing.
 * @param duration_ns  How long the call took, compared with slow_ms; 0 when not measured.
 * @param now_ns       As in msvc_breaker_begin().
 */
MSVC_API void msvc_breaker_end(struct msvc_breaker *breaker, struct msvc_permit *permit,
                               enum msvc_outcome outcome, uint64_t duration_ns, uint64_t now_ns);

/**
 * Open for @p wait_ms from now, or stay open for that long if it is open
 * already: what an answer's Retry-After asks for. Never shortens an opening.
 * Nothing happens in the three states that wait to be told otherwise.
 *
 * @param wait_ms  At most one day is honoured; 0 does nothing.
 */
MSVC_API void msvc_breaker_open_for(struct msvc_breaker *breaker, uint64_t wait_ms,
                                    uint64_t now_ns);

/**
 * Put it into @p state by hand. Results of calls in flight are ignored, counts
 * start again: #MSVC_BREAKER_CLOSED is a reset.
 *
 * @return 0 or #MSVC_ERR_INVALID.
 */
MSVC_API int msvc_breaker_set(struct msvc_breaker *breaker, enum msvc_breaker_state state,
                              uint64_t now_ns);

/**
 * Give it other numbers while it is in use. State, counts, the end of an opening
 * and probes that are out stay as they are; the rates are looked at again with
 * the next result.
 *
 * @param options  As for msvc_breaker_new(), 0 means the default. The window cannot change: leave
 *                 both of its fields 0, or as they were. Likewise clock, random, on_change, user.
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_UNSUPPORTED, or #MSVC_ERR_CONFLICT when another thread is
 *         doing the same at this moment; on failure nothing changes.
 */
MSVC_API MSVC_MUST_USE int msvc_breaker_reconfigure(struct msvc_breaker *breaker,
                                                    const struct msvc_breaker_options *options);

/** The state at this moment, as the next msvc_breaker_begin() finds it: an opening that is over is
 * still #MSVC_BREAKER_OPEN until somebody calls. #MSVC_BREAKER_DISABLED for NULL. */
MSVC_API enum msvc_breaker_state msvc_breaker_state(const struct msvc_breaker *breaker);

/** "closed", "open", "half-open", "ramping", "forced-open", "disabled", "metrics-only". Static. */
MSVC_API const char *msvc_breaker_state_name(enum msvc_breaker_state state);

/** What a breaker knows, for health pages and metrics. */
struct msvc_breaker_snapshot {
    enum msvc_breaker_state state;
    unsigned streak;        /**< Failures in a row; 0 when failure_streak is off. */
    uint64_t calls;         /**< Results in the window. */
    uint64_t failures;      /**< Of those, failures. */
    uint64_t slow;          /**< Of those, slow. */
    uint64_t open_until_ns; /**< While open: when probes may pass; else 0. */
    unsigned probes_leased; /**< While half-open: probes in flight. */
    unsigned probes_good;   /**< While half-open: probes that succeeded. */
    unsigned probes_bad;    /**< While half-open: probes that failed. */
    unsigned reserved[9];   /**< Zero. */
};

/** Read all of it; while others report, numbers may be of slightly different moments. */
MSVC_API void msvc_breaker_snapshot(const struct msvc_breaker *breaker, uint64_t now_ns,
                                    struct msvc_breaker_snapshot *out);

/**
 * How a status counts. 0 and counts: success. UNAVAILABLE, TIMEOUT, UNKNOWN,
 * MALFORMED, INTERNAL: failure. REJECTED: rejected. CANCELLED: cancelled.
 * INVALID, NOMEM, STATE, UNSUPPORTED: ignored, they are ours. What the peer answered
 * in good health (AUTH, REFUSED, NOT_FOUND, EXISTS, CONFLICT, LIMIT): success.
 */
MSVC_API enum msvc_outcome msvc_outcome_of(int status);

MSVC_END_DECLS

#include <msvc/breaker_quick.h>

#endif
