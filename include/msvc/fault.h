/* SPDX-License-Identifier: MIT */
/**
 * @file fault.h
 *
 * Faults on purpose: some attempts of a policy take longer or fail, to see what
 * the callers make of it. Three things must come together, and none of them by chance: an
 * object that is made with a sentence of consent, a policy that has it, and a
 * time for which it is armed, after which it is off by itself.
 *
 *     msvc_fault_new(&fault, MSVC_FAULT_OPTIONS(.consent = MSVC_FAULT_CONSENT, .percent = 5,
 *                                               .status = MSVC_ERR_UNAVAILABLE));
 *     msvc_policy_new(&policy, MSVC_POLICY_OPTIONS(.breaker = breaker, .fault = fault));
 *     msvc_fault_arm(fault, 60000);
 */
#ifndef MSVC_FAULT_H
#define MSVC_FAULT_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_clock;
struct msvc_random;

/** What msvc_fault_options has to say before anything fails. */
#define MSVC_FAULT_CONSENT "calls shall fail on purpose"

/** Longest latency that is added, and longest time to be armed for: one minute and one day. */
#define MSVC_FAULT_LATENCY_MAX_MS 60000
#define MSVC_FAULT_ARMED_MAX_MS   86400000

/** Faults for the attempts of policies. Off until it is armed. Threading: safe. */
struct msvc_fault;

/** What happens to one attempt. */
struct msvc_fault_effect {
    unsigned latency_ms; /**< It waits for so long before it is made or fails. */
    int status;          /**< It is not made and ends with this one; 0: it is made. */
};

/** Which faults. Start from #MSVC_FAULT_OPTIONS; in every field 0 means the default. */
struct msvc_fault_options {
    size_t size;         /**< Set by #MSVC_FAULT_OPTIONS. */
    const char *consent; /**< #MSVC_FAULT_CONSENT, word for word. No default. */
    unsigned percent;    /**< So many of the attempts, 0 to 100. Default none. */
    unsigned latency_ms; /**< What happens to them. Default 0. */
    int status;          /**< Likewise; negative, default 0: they are made, but later. */
    bool takes_orders; /**< Calls may ask for an effect of their own: the `fault` of their options,
                          such as comes with a request's header. Default false. */
    const struct msvc_clock *clock;   /**< Borrowed; must outlive it. Default: the system's. */
    const struct msvc_random *random; /**< Borrowed; must outlive it. Default: the system's. */
};

#define MSVC_FAULT_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_fault_options, __VA_ARGS__)

/**
 * @param[out] out  Owned by the caller; untouched on failure.
 * @param options   Copied.
 * @return 0, #MSVC_ERR_INVALID without consent or for a number outside of its range,
 *         #MSVC_ERR_UNSUPPORTED or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_fault_new(struct msvc_fault **out,
                                          const struct msvc_fault_options *options);

/** Destroy @p fault. NULL is ignored. No policy may have it any more. */
MSVC_API void msvc_fault_free(struct msvc_fault *fault);

/** Arm it from now on for @p for_ms, at most #MSVC_FAULT_ARMED_MAX_MS; 0 turns it off. */
MSVC_API void msvc_fault_arm(struct msvc_fault *fault, unsigned for_ms);

/** Whether it is armed; false for NULL. */
MSVC_API bool msvc_fault_is_armed(const struct msvc_fault *fault);

/**
 * Decide about one attempt. A policy does it by itself.
 *
 * @param order     What the call asks for, or NULL. Counts only if the fault takes orders and this
 *                  one can be read.
 * @param[out] out  Untouched when nothing happens.
 * @return Whether something happens.
 */
MSVC_API MSVC_MUST_USE bool msvc_fault_draw(const struct msvc_fault *fault, const char *order,
                                            struct msvc_fault_effect *out);

/**
 * Read an order: `latency=250`, `status=TIMEOUT` (a name as msvc_status_name() gives it), or both
 * with a semicolon between.
 *
 * @param[out] out  Untouched on failure.
 * @return 0 or #MSVC_ERR_MALFORMED.
 */
MSVC_API MSVC_MUST_USE int msvc_fault_parse(struct msvc_fault_effect *out, const char *text,
                                            size_t length);

MSVC_END_DECLS

#endif
