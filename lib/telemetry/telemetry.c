/* SPDX-License-Identifier: MIT */
#include <msvc/telemetry.h>

struct msvc_log *msvc_telemetry_log(const struct msvc_telemetry *telemetry)
{
    return telemetry != NULL ? telemetry->log : NULL;
}

struct msvc_tracer *msvc_telemetry_tracer(const struct msvc_telemetry *telemetry)
{
    return telemetry != NULL ? telemetry->tracer : NULL;
}
