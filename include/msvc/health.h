/* SPDX-License-Identifier: MIT */
/**
 * @file health.h
 *
 * One registry of checks, and the answers to probes. Checks run in the
 * background (msvc_health_run_once()), each with its timeout; a probe looks at
 * the last results and never waits on a dependency. Liveness never looks at
 * anything remote.
 *
 *     msvc_health_new(&health, NULL);
 *     msvc_health_add(health, MSVC_HEALTH_CHECK(.name = "database", .run = ping, .user = store));
 *     …
 *     msvc_health_respond(health, "/readyz", NULL, &answer);
 *
 * (struct msvc_health_answer goes out through any HTTP server.)
 */
#ifndef MSVC_HEALTH_H
#define MSVC_HEALTH_H

#include <msvc/base.h>
#include <msvc/buffer.h>

MSVC_BEGIN_DECLS

struct msvc_clock;
struct msvc_error;
struct msvc_telemetry;

/**
 * Checks and their last results. Threading: safe, but for msvc_health_run_once(), which is for
 * one thread at a time.
 */
struct msvc_health;

enum msvc_health_state {
    MSVC_HEALTH_PASS,
    MSVC_HEALTH_WARN, /**< Degraded: still 200. */
    MSVC_HEALTH_FAIL, /**< 503. */
};

/**
 * Looks at one thing. C cannot stop it: it must end by @p deadline_ns, an overrun counts as failed.
 *
 * @return 0, or a status: the check fails with the message of @p err.
 */
typedef int msvc_health_check_fn(void *user, uint64_t deadline_ns, struct msvc_error *err);

/** Start from #MSVC_HEALTH_CHECK; 0 means the default. */
struct msvc_health_check {
    size_t size;                /**< Set by #MSVC_HEALTH_CHECK. */
    const char *name;           /**< "database", or "component:measurement": 1 to 64 letters,
                                   digits and "-._:". Required. Copied. */
    const char *component_type; /**< "datastore", "component" or "system". Optional. Copied. */
    msvc_health_check_fn *run;  /**< Required. */
    void *user;                 /**< Passed to run, never read. */
    bool is_critical;           /**< Its failure is FAIL; else WARN. */
    bool is_startup;            /**< /startupz waits for its first success. */
    bool is_liveness;           /**< /livez looks at it: only for what a restart mends. */
    unsigned interval_ms; /**< Default 5000. A startup check runs at least every 200 ms until it
                             has passed. */
    unsigned timeout_ms;  /**< Default 2000. */
    unsigned failures_to_fail; /**< In a row, against flapping. Default 1. */
};

#define MSVC_HEALTH_CHECK(...) MSVC_OPTIONS_OF(struct msvc_health_check, __VA_ARGS__)

/** Start from #MSVC_HEALTH_OPTIONS; 0 means the default. */
struct msvc_health_options {
    size_t size;                            /**< Set by #MSVC_HEALTH_OPTIONS. */
    const char *service_id;                 /**< Optional. Copied. */
    const char *version;                    /**< Optional. Copied. */
    const char *description;                /**< Optional. Copied. */
    const struct msvc_clock *clock;         /**< Borrowed. Default: the system's. */
    const struct msvc_telemetry *telemetry; /**< Borrowed. Changes of state are logged. Optional. */
};

#define MSVC_HEALTH_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_health_options, __VA_ARGS__)

/** @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_UNSUPPORTED, #MSVC_ERR_NOMEM, or #MSVC_ERR_UNAVAILABLE
 * when no descriptor is left. */
MSVC_API MSVC_MUST_USE int msvc_health_new(struct msvc_health **out,
                                           const struct msvc_health_options *options);
MSVC_API void msvc_health_free(struct msvc_health *health);

/** Add a check; until it has passed once it is failing, "not yet run" at first; but one that did
 * not run yet does not fail /livez. @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_UNSUPPORTED,
 * #MSVC_ERR_EXISTS, #MSVC_ERR_LIMIT above 64, #MSVC_ERR_NOMEM. */
MSVC_API MSVC_MUST_USE int msvc_health_add(struct msvc_health *health,
                                           const struct msvc_health_check *check);

/** Run the checks that are due, waiting at most @p timeout_ms (negative: for ever) for one to be.
 * @return How many ran, or #MSVC_ERR_INVALID. */
MSVC_API int msvc_health_run_once(struct msvc_health *health, int timeout_ms);

/** Readable when msvc_health_run_once() should be called before its timeout: a check was added. */
MSVC_API int msvc_health_fd(const struct msvc_health *health);

/** Milliseconds until the next check is due; −1: none. */
MSVC_API int msvc_health_timeout_ms(const struct msvc_health *health);

/** Whether the service takes work, whatever the checks say; false at first and in a drain. */
MSVC_API void msvc_health_set_ready(struct msvc_health *health, bool is_ready);

/** The worst of all checks. */
MSVC_API enum msvc_health_state msvc_health_state(const struct msvc_health *health);

/** What to send to a probe. */
struct msvc_health_answer {
    int status; /**< 200, 503, or 404 for a path or check that is not there. */
    const char
        *content_type; /**< "application/health+json" or "text/plain; charset=utf-8". Static. */
    const char *cache_control; /**< Static. */
    struct msvc_buffer body;   /**< msvc_buffer_clear() it. Start from zero. */
};

/**
 * Answer a probe: /health (application/health+json), /livez, /readyz, /startupz (text; ?verbose,
 * &exclude=name, /livez/name). Ready is what msvc_health_set_ready() says and no critical check
 * failing. Messages of failures are shown only on /health and only when they hold no secret.
 *
 * @param query  Without '?'; NULL for none.
 * @return 0, #MSVC_ERR_INVALID or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_health_respond(struct msvc_health *health, const char *path,
                                               const char *query, struct msvc_health_answer *out);

MSVC_END_DECLS

#endif
