/* SPDX-License-Identifier: MIT */
/**
 * @file tracer_env.h
 *
 * The OTEL_* variables of the specification that say how to trace. The program
 * passes its environment, the library never looks at it by itself.
 *
 *     struct msvc_tracer_options options = { .size = sizeof(options) };
 *
 *     msvc_tracer_env_read(&env, environ, "ORDER_", &err);
 *     msvc_tracer_env_apply(env, &options);
 *     msvc_tracer_new(&tracer, &options);
 *     msvc_tracer_env_free(env);
 *
 * Read are OTEL_SDK_DISABLED, OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES,
 * OTEL_TRACES_EXPORTER, OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG and
 * OTEL_BSP_{SCHEDULE_DELAY,EXPORT_TIMEOUT,MAX_QUEUE_SIZE,MAX_EXPORT_BATCH_SIZE}.
 * An empty value counts as unset. Where to export is otlp.h's.
 */
#ifndef MSVC_TRACER_ENV_H
#define MSVC_TRACER_ENV_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_error;
struct msvc_tracer_options;

/** What the environment said. Immutable. Threading: safe. */
struct msvc_tracer_env;

/** What OTEL_TRACES_EXPORTER names. */
enum msvc_traces_exporter {
    MSVC_TRACES_OTLP,    /**< "otlp", the default. */
    MSVC_TRACES_CONSOLE, /**< "console": msvc_span_exporter_file() with "-". */
    MSVC_TRACES_NONE,    /**< "none". */
};

/**
 * Read the environment. Every value is copied.
 *
 * @param[out] out     Owned by the caller; untouched on failure.
 * @param environment  As environ.
 * @param prefix       "ORDER_": ORDER_OTEL_SERVICE_NAME wins over OTEL_SERVICE_NAME. NULL for none.
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_NOMEM, or with the name of the variable
 *         #MSVC_ERR_MALFORMED or, for a sampler or exporter that is not known,
 *         #MSVC_ERR_UNSUPPORTED.
 */
MSVC_API MSVC_MUST_USE int msvc_tracer_env_read(struct msvc_tracer_env **out,
                                                char *const *environment, const char *prefix,
                                                struct msvc_error *err);

/** Destroy @p env. NULL is ignored. */
MSVC_API void msvc_tracer_env_free(struct msvc_tracer_env *env);

/** Whether OTEL_SDK_DISABLED is "true", in any case; false for NULL. */
MSVC_API bool msvc_tracer_env_is_disabled(const struct msvc_tracer_env *env);

/** Which exporter to make; #MSVC_TRACES_OTLP for NULL. */
MSVC_API enum msvc_traces_exporter msvc_tracer_env_exporter(const struct msvc_tracer_env *env);

/**
 * Set the fields of @p options that the environment has something to say
 * about, and leave the others alone. What it sets is borrowed until
 * msvc_tracer_env_free(). A batch limit above the queue limit becomes the queue limit.
 */
MSVC_API void msvc_tracer_env_apply(const struct msvc_tracer_env *env,
                                    struct msvc_tracer_options *options);

MSVC_END_DECLS

#endif
