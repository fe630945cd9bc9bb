/* SPDX-License-Identifier: MIT */
/**
 * @file breaker_registry.h
 *
 * Breakers by name, one for each host that you happen to talk to: made when
 * somebody first asks, gone when nobody has asked for long. There are never more
 * than `max_count`, whatever names come in.
 *
 *     status = msvc_breaker_registry_get(registry, "orders.example", &breaker);
 *     if (status < 0)
 *         return status;
 *     status = call_the_dependency();
 *     msvc_breaker_registry_put(registry, breaker, 0);
 *
 * Who holds a breaker for longer saves the lookup.
 */
#ifndef MSVC_BREAKER_REGISTRY_H
#define MSVC_BREAKER_REGISTRY_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_breaker;
struct msvc_breaker_options;

/** Longest name in bytes. */
#define MSVC_BREAKER_NAME_MAX 255
/** Most breakers of a registry. */
#define MSVC_BREAKER_REGISTRY_MAX 1048576

/** A bounded set of named breakers. Threading: safe, share it between threads. */
struct msvc_breaker_registry;

/**
 * Called for a name that has no breaker, on the thread that asked, with no lock
 * held, to change a copy of the registry's options for it. Two threads that ask
 * at once may both be here; the breaker of one is kept.
 *
 * @return 0, or a negative status, which msvc_breaker_registry_get() returns.
 */
typedef int msvc_breaker_configure_fn(const char *name, struct msvc_breaker_options *options,
                                      void *user);

/** Called for each breaker, with no lock held; it stays until this returns. */
typedef void msvc_breaker_visit_fn(const char *name, struct msvc_breaker *breaker, void *user);

/** Start from #MSVC_BREAKER_REGISTRY_OPTIONS; in every field 0 means the default. */
struct msvc_breaker_registry_options {
    size_t size;        /**< Set by #MSVC_BREAKER_REGISTRY_OPTIONS. */
    unsigned max_count; /**< Default 1024, at most #MSVC_BREAKER_REGISTRY_MAX. From 256 on names are
                           spread over sixteen parts, each with a sixteenth of it. */
    unsigned idle_ms;   /**< Which ones msvc_breaker_registry_sweep() removes. Default 600000. */
    const struct msvc_breaker_options *breaker; /**< What each is made with; copied, what it points
                                                   to is borrowed. Default: the defaults. */
    msvc_breaker_configure_fn *configure;       /**< Optional. */
    void *user;                                 /**< Passed to configure, never read. */
};

/** `MSVC_BREAKER_REGISTRY_OPTIONS(.max_count = 50)`: options that live to the end of the block. */
#define MSVC_BREAKER_REGISTRY_OPTIONS(...) \
    MSVC_OPTIONS_OF(struct msvc_breaker_registry_options, __VA_ARGS__)

/**
 * Create an empty registry.
 *
 * @param[out] out  Owned by the caller; untouched on failure.
 * @param options   Copied; NULL for the defaults.
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_UNSUPPORTED or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_breaker_registry_new(
    struct msvc_breaker_registry **out, const struct msvc_breaker_registry_options *options);

/** Destroy it and all its breakers; nobody may hold one. NULL is ignored. */
MSVC_API void msvc_breaker_registry_free(struct msvc_breaker_registry *registry);

/**
 * The breaker of that name; made now if there is none. If there is no room the
 * one goes that nobody has held for longest; none goes that is held, open,
 * probing, or in a state that was set by hand.
 *
 * @param name      1 to #MSVC_BREAKER_NAME_MAX bytes; copied.
 * @param[out] out  Borrowed until msvc_breaker_registry_put(); untouched on failure.
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_LIMIT when nothing can make room, #MSVC_ERR_NOMEM,
 *         what msvc_breaker_new() says about the options, or what configure returned.
 */
MSVC_API MSVC_MUST_USE int msvc_breaker_registry_get(struct msvc_breaker_registry *registry,
                                                     const char *name, struct msvc_breaker **out);

/**
 * Give back what msvc_breaker_registry_get() gave, once for each time. NULL is
 * ignored.
 *
 * @param now_ns  Now by the breakers' clock if you know it; 0: it reads the clock.
 */
MSVC_API void msvc_breaker_registry_put(struct msvc_breaker_registry *registry,
                                        struct msvc_breaker *breaker, uint64_t now_ns);

/**
 * Remove what nobody has held for idle_ms, open or not unless its opening is
 * still on or it was set by hand. Call it now and then; nothing else does.
 *
 * @return How many are gone.
 */
MSVC_API size_t msvc_breaker_registry_sweep(struct msvc_breaker_registry *registry,
                                            uint64_t now_ns);

/** How many there are. */
MSVC_API size_t msvc_breaker_registry_count(struct msvc_breaker_registry *registry);

/**
 * Visit all breakers, for a health page or metrics, in no order. What is made
 * or removed meanwhile may be missed.
 *
 * @return 0, #MSVC_ERR_INVALID or #MSVC_ERR_NOMEM: then some were visited, or none.
 */
MSVC_API int msvc_breaker_registry_each(struct msvc_breaker_registry *registry,
                                        msvc_breaker_visit_fn *visit, void *user);

MSVC_END_DECLS

#endif
