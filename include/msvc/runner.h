/* SPDX-License-Identifier: MIT */
/**
 * @file runner.h
 *
 * Threads for those who want them: one for each pump that you add, and none
 * otherwise. A pump is the trio that everything in this library has that waits:
 * run once, a descriptor, a timeout.
 *
 *     msvc_runner_new(&runner, NULL);
 *     msvc_runner_add(runner, "relay", msvc_pump_relay(relay), &err);
 *     …
 *     msvc_runner_stop(runner);
 */
#ifndef MSVC_RUNNER_H
#define MSVC_RUNNER_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_bus;
struct msvc_error;
struct msvc_health;
struct msvc_relay;
struct msvc_telemetry;
struct msvc_tracer;

/** Something that wants to be run. A plain value. */
struct msvc_pump {
    /** Do what is due without waiting longer than @p timeout_ms. @return A count or a status. */
    int (*run_once)(void *object, int timeout_ms, struct msvc_error *err);
    /** Readable when there is work; −1: none. */
    int (*fd)(void *object);
    /** Milliseconds until there is work even if the descriptor stays quiet; −1: never. */
    int (*timeout_ms)(void *object);
    void *object; /**< Borrowed; must outlive the runner's thread. */
};

MSVC_API struct msvc_pump msvc_pump_bus(struct msvc_bus *bus);
MSVC_API struct msvc_pump msvc_pump_health(struct msvc_health *health);
MSVC_API struct msvc_pump msvc_pump_relay(struct msvc_relay *relay);
MSVC_API struct msvc_pump msvc_pump_tracer(struct msvc_tracer *tracer);

/** Threads that run pumps. Threading: one thread at a time. */
struct msvc_runner;

/** Start from #MSVC_RUNNER_OPTIONS; 0 means the default. */
struct msvc_runner_options {
    size_t size; /**< Set by #MSVC_RUNNER_OPTIONS. */
    const struct msvc_telemetry
        *telemetry; /**< Borrowed. A pump that begins or ceases to fail is logged. Optional. */
};

#define MSVC_RUNNER_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_runner_options, __VA_ARGS__)

/** @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_UNSUPPORTED, #MSVC_ERR_UNAVAILABLE when no descriptor
 * is left, or #MSVC_ERR_NOMEM. */
MSVC_API MSVC_MUST_USE int msvc_runner_new(struct msvc_runner **out,
                                           const struct msvc_runner_options *options);

/** Stop, and destroy. NULL is ignored. */
MSVC_API void msvc_runner_free(struct msvc_runner *runner);

/**
 * Start a thread that runs @p pump until the runner stops. All signals are blocked on it.
 *
 * @param name  For logs, and the thread's name; copied.
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_STATE after a stop, #MSVC_ERR_LIMIT above 64 pumps,
 *         #MSVC_ERR_UNAVAILABLE when no thread is left, #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_runner_add(struct msvc_runner *runner, const char *name,
                                           struct msvc_pump pump, struct msvc_error *err);

/** Let every thread finish its run_once() and join it. Pumps belong to the caller again. */
MSVC_API void msvc_runner_stop(struct msvc_runner *runner);

MSVC_END_DECLS

#endif
