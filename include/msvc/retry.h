/* SPDX-License-Identifier: MIT */
/**
 * @file retry.h
 *
 * Try again, later and later, at random moments, and not for ever: exponential
 * backoff with full jitter, bounded by attempts, by one deadline and by a
 * budget that all callers share. It decides and computes; you call.
 *
 *     struct msvc_retry retry;
 *
 *     if (msvc_retry_init(&retry, MSVC_RETRY_OPTIONS(.attempts = 4), deadline_ns) < 0)
 *         return MSVC_ERR_INVALID;
 *     do {
 *         status = call_the_dependency(msvc_retry_attempt_deadline(&retry));
 *     } while (msvc_retry_again(&retry, status, 0) && msvc_retry_wait(&retry, NULL) == 0);
 */
#ifndef MSVC_RETRY_H
#define MSVC_RETRY_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_cancel;
struct msvc_clock;
struct msvc_random;

/** Longest wait that msvc_retry_after_parse() gives: one day. */
#define MSVC_RETRY_AFTER_MAX_MS 86400000

/** Limits retries to a share of the calls, over all callers: when everything fails, the dependency
 * sees little more than the calls themselves. Threading: safe. */
struct msvc_retry_budget;

/** Start from #MSVC_RETRY_BUDGET_OPTIONS; 0 means the default. */
struct msvc_retry_budget_options {
    size_t size;         /**< Set by #MSVC_RETRY_BUDGET_OPTIONS. */
    unsigned percent;    /**< Retries allowed per 100 calls, 1 to 1000. Default 10. */
    unsigned per_second; /**< Retries allowed besides, for callers with little traffic. Default
                            1; #MSVC_RETRY_BUDGET_NONE for none. */
    unsigned burst;      /**< Most that may be saved up, 1 to 10000; where it starts. Default 10. */
    const struct msvc_clock *clock; /**< Borrowed; must outlive it. Default: the system's. */
};

/** For per_second: none. */
#define MSVC_RETRY_BUDGET_NONE 0xffffffffu

#define MSVC_RETRY_BUDGET_OPTIONS(...) \
    MSVC_OPTIONS_OF(struct msvc_retry_budget_options, __VA_ARGS__)

/**
 * @param[out] out  Owned by the caller; untouched on failure.
 * @param options   Copied; NULL for the defaults.
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_UNSUPPORTED or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_retry_budget_new(struct msvc_retry_budget **out,
                                                 const struct msvc_retry_budget_options *options);

/** Destroy @p budget. NULL is ignored. No call may be using it. */
MSVC_API void msvc_retry_budget_free(struct msvc_retry_budget *budget);

/** Count one call, not a retry. msvc_retry_init() does it. NULL is ignored. */
MSVC_API void msvc_retry_budget_deposit(struct msvc_retry_budget *budget);

/** Take the right to one retry or hedge. True for NULL. */
MSVC_API MSVC_MUST_USE bool msvc_retry_budget_take(struct msvc_retry_budget *budget);

/** Give an unused right back. NULL is ignored. */
MSVC_API void msvc_retry_budget_give_back(struct msvc_retry_budget *budget);

/**
 * Wait until @p until_ns by the retry's clock, or until @p cancel asks.
 *
 * @return 0 or #MSVC_ERR_CANCELLED.
 */
typedef int msvc_retry_wait_fn(uint64_t until_ns, struct msvc_cancel *cancel, void *user);

/** How to retry. Start from #MSVC_RETRY_OPTIONS; in every field 0 means the default. */
struct msvc_retry_options {
    size_t size;       /**< Set by #MSVC_RETRY_OPTIONS. */
    unsigned attempts; /**< At most so many calls in all, the first included. Default 3. */
    unsigned base_ms;  /**< The first wait is random up to this, each next up to twice as much.
                          Default 100. */
    unsigned max_ms;   /**< Longest wait of our own choice. Default 10000. */
    unsigned retry_after_ms; /**< A peer that asks for a longer wait is not called again. Default
                                60000. */
    unsigned attempt_ms;     /**< Time for one attempt. Default: what is left of the deadline. */
    bool is_idempotent;      /**< Repeating what may have happened is harmless. Default false. */
    bool waits_for_policies; /**< Wait and try again when a policy of ours rejected (nothing was
                                attempted). Spends no attempt if there is a deadline. Default
                                false: a rejection is final. */
    struct msvc_retry_budget *budget; /**< Optional. Borrowed until the last call on the retry. */
    const struct msvc_clock *clock;   /**< Borrowed likewise. Default: the system's. */
    const struct msvc_random *random; /**< Borrowed likewise. Default: the system's. */
    msvc_retry_wait_fn *wait; /**< How msvc_retry_wait() waits, for event loops and tests. Default:
                                 poll(). */
    void *user;               /**< Passed to wait, never read. */
};

#define MSVC_RETRY_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_retry_options, __VA_ARGS__)

/** Why there is no further attempt. */
enum msvc_retry_end {
    MSVC_RETRY_GOES_ON,   /**< There may be one. */
    MSVC_RETRY_DONE,      /**< It succeeded. */
    MSVC_RETRY_POINTLESS, /**< The status says never, or only if it were idempotent. */
    MSVC_RETRY_SPENT,     /**< All attempts were made. */
    MSVC_RETRY_TOO_LATE,  /**< The wait would pass the deadline. */
    MSVC_RETRY_TOO_LONG,  /**< The peer asked for a longer wait than we accept. */
    MSVC_RETRY_NO_BUDGET, /**< The budget is used up. */
};

/** One call with its retries. A value that needs no clearing. Threading: one thread at a time. */
struct msvc_retry {
    unsigned attempt;                  /**< Attempts made or being made, from 1. */
    enum msvc_retry_end end;           /**< Why it ended. */
    uint64_t delay_ms;                 /**< The wait before the next attempt. */
    uint64_t deadline_ns;              /**< Of everything together; 0: none. */
    uint64_t next_ns;                  /**< When the next attempt is due. */
    unsigned waits;                    /**< Private. */
    bool holds_budget;                 /**< Private. */
    struct msvc_retry_options options; /**< Private. */
};

/**
 * Begin a call.
 *
 * @param[out] out     Untouched on failure.
 * @param options      Copied; NULL for the defaults.
 * @param deadline_ns  Of all attempts and waits together; 0: none.
 * @return 0, #MSVC_ERR_INVALID or #MSVC_ERR_UNSUPPORTED.
 */
MSVC_API MSVC_MUST_USE int msvc_retry_init(struct msvc_retry *out,
                                           const struct msvc_retry_options *options,
                                           uint64_t deadline_ns);

/** The deadline of an attempt that starts now; 0: none. */
MSVC_API uint64_t msvc_retry_attempt_deadline(const struct msvc_retry *retry);

/**
 * Decide after an attempt that ended with @p status. A true answer reserved the
 * attempt and a place in the budget, and set delay_ms and next_ns.
 *
 * #MSVC_ERR_REJECTED without a wait that was asked for is taken for a policy's
 * of ours: nothing was attempted. With one, it is the peer's.
 *
 * @param asked_ms  The wait that the peer asked for (Retry-After); 0: none.
 * @return Whether to try again. If not, `retry->end` says why.
 */
MSVC_API MSVC_MUST_USE bool msvc_retry_again(struct msvc_retry *retry, int status,
                                             uint64_t asked_ms);

/**
 * Wait until the next attempt is due.
 *
 * @param cancel  Ends the wait; NULL for none.
 * @return 0, #MSVC_ERR_CANCELLED: the place in the budget was given back, or #MSVC_ERR_INVALID.
 */
MSVC_API MSVC_MUST_USE int msvc_retry_wait(struct msvc_retry *retry, struct msvc_cancel *cancel);

/**
 * Read a Retry-After field (RFC 9110 section 10.2.3): seconds, or a date in any of
 * the three forms that HTTP has.
 *
 * @param[out] out_ms  At most #MSVC_RETRY_AFTER_MAX_MS; 0 for a date that has passed. Untouched on
 *                     failure.
 * @param wall_ns      Now, nanoseconds since 1970, to compare a date with.
 * @return 0 or #MSVC_ERR_MALFORMED.
 */
MSVC_API MSVC_MUST_USE int msvc_retry_after_parse(uint64_t *out_ms, const char *text, size_t length,
                                                  int64_t wall_ns);

MSVC_END_DECLS

#endif
