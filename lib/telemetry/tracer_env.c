/* SPDX-License-Identifier: MIT */
/*
 * A value that is wrong is an error here, where the specification would have
 * it ignored with a warning: a service that starts with another configuration
 * than the one written down is found out too late.
 */
#include <msvc/tracer_env.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <msvc/error.h>
#include <msvc/status.h>
#include <msvc/trace.h>

#include "base/alloc_internal.h"
#include "base/env_internal.h"

struct msvc_tracer_env {
    bool is_disabled;
    enum msvc_traces_exporter exporter;
    char *service_name;              /* NULL: not said */
    struct msvc__env_pair *pairs;    /* what resource refers to */
    struct msvc_attribute *resource; /* NULL: not said */
    bool has_sampler;
    enum msvc_sampler sampler;
    bool ignores_parent;
    double ratio;
    unsigned delay_ms; /* 0: not said, and below */
    unsigned export_timeout_ms;
    unsigned queue_limit;
    unsigned batch_limit;
};

struct reader {
    char *const *environment;
    const char *prefix;
    struct msvc_tracer_env *env;
    struct msvc_error *err;
};

/* What the prefixed name says, or else the bare one. *used_prefix is for messages. */
static const char *look_up(const struct reader *r, const char **used_prefix, const char *name)
{
    const char *value = NULL;

    *used_prefix = r->prefix;
    if (r->prefix[0] != '\0')
        value = msvc__env_get(r->environment, r->prefix, name);
    if (value == NULL) {
        *used_prefix = "";
        value = msvc__env_get(r->environment, NULL, name);
    }
    return value;
}

static int refuse(const struct reader *r, int status, const char *prefix, const char *name,
                  const char *value, const char *expected)
{
    return msvc_error_set(r->err, status, "trace", 0, "%s%s is \"%s\", expected %s", prefix, name,
                          value, expected);
}

static int no_memory(const struct reader *r)
{
    return msvc_error_set(r->err, MSVC_ERR_NOMEM, "trace", 0, "no memory for the environment");
}

static int read_disabled(const struct reader *r)
{
    const char *prefix;
    const char *value = look_up(r, &prefix, "OTEL_SDK_DISABLED");

    r->env->is_disabled = value != NULL && strcasecmp(value, "true") == 0;
    return 0;
}

static int read_exporter(const struct reader *r)
{
    static const char *const names[] = {
        [MSVC_TRACES_OTLP] = "otlp", [MSVC_TRACES_CONSOLE] = "console", [MSVC_TRACES_NONE] = "none"
    };
    const char *prefix;
    const char *value = look_up(r, &prefix, "OTEL_TRACES_EXPORTER");

    if (value == NULL)
        return 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value, names[i]) == 0) {
            r->env->exporter = (enum msvc_traces_exporter)i;
            return 0;
        }
    }
    return refuse(r, MSVC_ERR_UNSUPPORTED, prefix, "OTEL_TRACES_EXPORTER", value,
                  "otlp, console or none");
}

static int read_service_name(const struct reader *r)
{
    const char *prefix;
    const char *value = look_up(r, &prefix, "OTEL_SERVICE_NAME");

    if (value == NULL)
        return 0;
    r->env->service_name = msvc__copy_text(value);
    return r->env->service_name != NULL ? 0 : no_memory(r);
}

static int read_resource(const struct reader *r)
{
    const char *prefix;
    const char *value = look_up(r, &prefix, "OTEL_RESOURCE_ATTRIBUTES");
    size_t count = 0;
    int status;

    if (value == NULL)
        return 0;
    status = msvc__env_pairs(&r->env->pairs, value);
    if (status == MSVC_ERR_MALFORMED)
        return refuse(r, status, prefix, "OTEL_RESOURCE_ATTRIBUTES", value,
                      "key=value pairs with commas between");
    if (status < 0)
        return no_memory(r);
    while (r->env->pairs[count].key != NULL)
        count++;
    r->env->resource = msvc__new_array(count + 1, sizeof(r->env->resource[0]));
    if (r->env->resource == NULL)
        return no_memory(r);
    for (size_t i = 0; i < count; i++)
        r->env->resource[i] = MSVC_STR(r->env->pairs[i].key, r->env->pairs[i].value);
    return 0;
}

struct sampler_name {
    const char *name;
    enum msvc_sampler sampler;
    bool ignores_parent;
};

static int read_sampler(const struct reader *r)
{
    static const struct sampler_name names[] = {
        { "always_on", MSVC_SAMPLER_ALWAYS_ON, true },
        { "always_off", MSVC_SAMPLER_ALWAYS_OFF, true },
        { "traceidratio", MSVC_SAMPLER_RATIO, true },
        { "parentbased_always_on", MSVC_SAMPLER_ALWAYS_ON, false },
        { "parentbased_always_off", MSVC_SAMPLER_ALWAYS_OFF, false },
        { "parentbased_traceidratio", MSVC_SAMPLER_RATIO, false },
    };
    const char *prefix;
    const char *value = look_up(r, &prefix, "OTEL_TRACES_SAMPLER");

    if (value == NULL)
        return 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value, names[i].name) == 0) {
            r->env->has_sampler = true;
            r->env->sampler = names[i].sampler;
            r->env->ignores_parent = names[i].ignores_parent;
            return 0;
        }
    }
    return refuse(r, MSVC_ERR_UNSUPPORTED, prefix, "OTEL_TRACES_SAMPLER", value,
                  "always_on, always_off or traceidratio, or one with parentbased_ before it");
}

/* Digits with a point, in any locale: strtod() would follow it. */
static bool parse_ratio(double *out, const char *text)
{
    double digits = 0;
    double divisor = 1;
    bool is_fraction = false;

    if (*text < '0' || *text > '9')
        return false;
    for (; (*text >= '0' && *text <= '9') || (*text == '.' && !is_fraction); text++) {
        if (*text == '.') {
            is_fraction = true;
            continue;
        }
        digits = digits * 10 + (*text - '0');
        divisor *= is_fraction ? 10 : 1;
    }
    *out = digits / divisor;
    return *text == '\0' && *out <= 1.0;
}

static int read_ratio(const struct reader *r)
{
    const char *prefix;
    const char *value = look_up(r, &prefix, "OTEL_TRACES_SAMPLER_ARG");

    r->env->ratio = 1.0;
    if (value == NULL || parse_ratio(&r->env->ratio, value))
        return 0;
    return refuse(r, MSVC_ERR_MALFORMED, prefix, "OTEL_TRACES_SAMPLER_ARG", value,
                  "a number from 0 to 1, such as 0.25");
}

static int read_number(const struct reader *r, unsigned *out, const char *name)
{
    const char *prefix;
    const char *value = look_up(r, &prefix, name);
    uint64_t number = 0;

    if (value == NULL)
        return 0;
    if (msvc__env_number(&number, value, INT_MAX) < 0 || number == 0)
        return refuse(r, MSVC_ERR_MALFORMED, prefix, name, value,
                      "a whole number from 1 to 2147483647");
    *out = (unsigned)number;
    return 0;
}

static int read_all(const struct reader *r)
{
    struct msvc_tracer_env *env = r->env;
    int status = read_disabled(r);

    if (status == 0)
        status = read_exporter(r);
    if (status == 0)
        status = read_service_name(r);
    if (status == 0)
        status = read_resource(r);
    if (status == 0)
        status = read_sampler(r);
    if (status == 0)
        status = read_ratio(r);
    if (status == 0)
        status = read_number(r, &env->delay_ms, "OTEL_BSP_SCHEDULE_DELAY");
    if (status == 0)
        status = read_number(r, &env->export_timeout_ms, "OTEL_BSP_EXPORT_TIMEOUT");
    if (status == 0)
        status = read_number(r, &env->queue_limit, "OTEL_BSP_MAX_QUEUE_SIZE");
    if (status == 0)
        status = read_number(r, &env->batch_limit, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE");
    return status;
}

int msvc_tracer_env_read(struct msvc_tracer_env **out, char *const *environment, const char *prefix,
                         struct msvc_error *err)
{
    struct reader r = { environment, prefix != NULL ? prefix : "", NULL, err };
    int status;

    if (out == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "trace", 0, "no place for the environment");
    r.env = msvc__new(sizeof(*r.env));
    if (r.env == NULL)
        return no_memory(&r);
    status = read_all(&r);
    if (status < 0)
        goto fail;
    *out = r.env;
    return 0;

fail:
    msvc_tracer_env_free(r.env);
    return status;
}

void msvc_tracer_env_free(struct msvc_tracer_env *env)
{
    if (env == NULL)
        return;
    free(env->service_name);
    free(env->resource);
    free(env->pairs);
    free(env);
}

bool msvc_tracer_env_is_disabled(const struct msvc_tracer_env *env)
{
    return env != NULL && env->is_disabled;
}

enum msvc_traces_exporter msvc_tracer_env_exporter(const struct msvc_tracer_env *env)
{
    return env != NULL ? env->exporter : MSVC_TRACES_OTLP;
}

static void set(unsigned *field, unsigned said)
{
    if (said > 0)
        *field = said;
}

void msvc_tracer_env_apply(const struct msvc_tracer_env *env, struct msvc_tracer_options *options)
{
    if (env == NULL || options == NULL)
        return;
    if (env->service_name != NULL)
        options->service_name = env->service_name;
    if (env->resource != NULL)
        options->resource = env->resource;
    if (env->has_sampler) {
        options->sampler = env->sampler;
        options->ratio = env->ratio;
        options->ignores_parent = env->ignores_parent;
    }
    set(&options->delay_ms, env->delay_ms);
    set(&options->export_timeout_ms, env->export_timeout_ms);
    set(&options->queue_limit, env->queue_limit);
    set(&options->batch_limit, env->batch_limit);
    if (options->queue_limit > 0 && options->batch_limit > options->queue_limit)
        options->batch_limit = options->queue_limit;
}
