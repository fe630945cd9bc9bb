/* SPDX-License-Identifier: MIT */
/**
 * @file health.h
 *
 * One registry of checks, and the answers to probes. Checks run in the
 * background (msvc_health_run_once()), each with its timeout; a probe looks at
 * the last results and never waits on a dependency. Liveness never looks at
 * anything remote. checks.h has checks for stores, buses, relays, breakers,
 * disks and memory.
 *
 *     msvc_health_new(&health, NULL);
 *     msvc_health_add(health, MSVC_HEALTH_CHECK(.name = "database", .run = msvc_check_store,
 *                                               .user = store));
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
 * Checks and their last results. Threading: safe; what a check looks at must allow the thread that
 * runs it.
 */
struct msvc_health;

enum msvc_health_state {
    MSVC_HEALTH_PASS,
    MSVC_HEALTH_WARN, /**< Degraded: still 200. */
    MSVC_HEALTH_FAIL, /**< 503. */
};

/** One run of a check: what it is told, and what it may tell besides its verdict. */
struct msvc_health_run {
    uint64_t deadline_ns; /**< Monotonic: when it must have ended. */
    bool has_value;       /**< Set it with value: what was measured. */
    double value;         /**< The draft's observedValue; without one, how long the run took. */
    const char *unit;     /**< The draft's observedUnit, "percent". Optional. Static. */
};

/**
 * Looks at one thing. C cannot stop it: it must end by @p run's deadline, an overrun counts as
 * failed.
 *
 * @return #MSVC_HEALTH_PASS, #MSVC_HEALTH_WARN (degraded, with the message of @p err), or a status:
 * the check fails with the message of @p err.
 */
typedef int msvc_health_check_fn(void *user, struct msvc_health_run *run, struct msvc_error *err);

/** "runbook" and where it is. */
struct msvc_health_link {
    const char *name; /**< NULL ends a list. */
    const char *uri;
};

/** Start from #MSVC_HEALTH_CHECK; 0 means the default. Texts and lists are copied. */
struct msvc_health_check {
    size_t size;                /**< Set by #MSVC_HEALTH_CHECK. */
    const char *name;           /**< "database", or "component:measurement": 1 to 64 letters,
                                   digits and "-._:". Required. */
    const char *component_id;   /**< Which one of several, a UUID. Optional. */
    const char *component_type; /**< "datastore", "component", "system" or a URI. Optional. */
    msvc_health_check_fn *run;  /**< Required. checks.h has ready-made ones. */
    void *user;                 /**< Passed to run, never read. */
    bool is_critical;           /**< Its failure is FAIL; else WARN. */
    bool is_startup;            /**< /startupz waits for its first success. */
    bool is_liveness;           /**< /livez looks at it: only for what a restart mends. */
    unsigned interval_ms;       /**< How long a result is kept before it is looked again. Default
                                   5000. A startup check runs at least every 200 ms until it has
                                   passed. */
    unsigned timeout_ms;        /**< Default 2000. */
    unsigned failures_to_fail;  /**< In a row, against flapping. Default 1. */
    unsigned successes_to_pass; /**< In a row, after it has failed. Default 1. */
    const char *const *affected_endpoints; /**< URI templates of what its failure breaks, told
                                              while it fails. Ended by NULL. Optional. */
    const struct msvc_health_link *links;  /**< Ended by a NULL name. Optional. */
};

#define MSVC_HEALTH_CHECK(...) MSVC_OPTIONS_OF(struct msvc_health_check, __VA_ARGS__)

/** How the JSON answers look. */
enum msvc_health_shape {
    MSVC_HEALTH_DRAFT,        /**< draft-inadarei-api-health-check-06. */
    MSVC_HEALTH_MICROPROFILE, /**< MicroProfile Health 4.0. */
};

/** Start from #MSVC_HEALTH_OPTIONS; 0 means the default. Texts and lists are copied. */
struct msvc_health_options {
    size_t size;                            /**< Set by #MSVC_HEALTH_OPTIONS. */
    enum msvc_health_shape shape;           /**< Default #MSVC_HEALTH_DRAFT. */
    const char *service_id;                 /**< Optional. */
    const char *version;                    /**< Of the API. Optional. */
    const char *release_id;                 /**< Of the program. Optional. */
    const char *description;                /**< Optional. */
    const char *const *notes;               /**< Ended by NULL. Optional. */
    const struct msvc_health_link *links;   /**< Ended by a NULL name. Optional. */
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

/**
 * Run the checks that are due, waiting at most @p timeout_ms (negative: for ever) for one to be.
 * Several threads may be in here: each takes other checks, so that one that hangs holds up only
 * its own thread.
 *
 * @return How many ran, or #MSVC_ERR_INVALID.
 */
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
    int status;                /**< 200, 503, or 404 for a path or check that is not there. */
    const char *content_type;  /**< Of body. Static. */
    const char *cache_control; /**< Static. */
    struct msvc_buffer body;   /**< msvc_buffer_clear() it. Start from zero. */
};

/**
 * Answer a probe. /livez, /readyz and /startupz in words (?verbose, &exclude=name, /livez/name);
 * /health, /health/live, /health/ready and /health/started as JSON of the shape that was chosen.
 * Ready is what msvc_health_set_ready() says and no critical check failing. Messages of failures
 * are shown only in JSON, and only when they hold no secret.
 *
 * @param path   As sent, percent-encoded.
 * @param query  As sent, without '?'; NULL for none.
 * @return 0, #MSVC_ERR_INVALID or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_health_respond(struct msvc_health *health, const char *path,
                                               const char *query, struct msvc_health_answer *out);

MSVC_END_DECLS

#endif
