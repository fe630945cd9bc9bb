/* SPDX-License-Identifier: MIT */
/**
 * @file telemetry.h
 *
 * What every options struct borrows as `telemetry`: where a block logs and
 * traces. NULL, or a NULL in it, is off and costs nothing.
 */
#ifndef MSVC_TELEMETRY_H
#define MSVC_TELEMETRY_H

#include <msvc/base.h>
#include <msvc/log.h>
#include <msvc/trace.h>

MSVC_BEGIN_DECLS

/** Start from #MSVC_TELEMETRY. */
struct msvc_telemetry {
    size_t size;                /**< Set by #MSVC_TELEMETRY. */
    struct msvc_log *log;       /**< Borrowed. */
    struct msvc_tracer *tracer; /**< Borrowed. */
};

#define MSVC_TELEMETRY(...) MSVC_OPTIONS_OF(struct msvc_telemetry, __VA_ARGS__)

/** The logger of @p telemetry; NULL for NULL. */
MSVC_API struct msvc_log *msvc_telemetry_log(const struct msvc_telemetry *telemetry);

/** The tracer of @p telemetry; NULL for NULL. */
MSVC_API struct msvc_tracer *msvc_telemetry_tracer(const struct msvc_telemetry *telemetry);

MSVC_END_DECLS

#endif
